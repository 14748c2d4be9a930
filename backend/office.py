"""A process of the office: it writes a log of its own, and seals what is personal."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import RLock
from typing import Final, Literal, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from backend.checkpoints import CheckpointFile
from backend.enrolments import Enrolments
from backend.folder import DataFolder
from backend.words import _
from events import vocabulary
from events.clock import Clock, Entropy
from events.envelope import Entry
from events.errors import ErasedError, FolderError, UnverifiedError
from events.facts import Fact
from events.ids import NOBODY, id_text
from events.office import SensitiveDataViewed
from events.sealing import DataKey, unwrap, wrap
from events.sqlite_vault import SQLiteVault
from events.statements import Certificate, Role
from events.store import EventStore
from events.vault import Vault
from events.writer import LogWriter, Said, Seen

PATIENCE: Final = 5.0  # seconds that a command waits for another to be done


class OfficeKeyring:
    """Data keys for what the office seals itself, such as a household's card.

    A key is in the vault before anything is sealed with it.
    """

    def __init__(
        self,
        folder: DataFolder,
        vault: Vault,
        entropy: Entropy,
        sealing: Callable[[], Certificate],
    ) -> None:
        self._sealing = sealing
        self._folder = folder
        self._vault = vault
        self._entropy = entropy
        self._opened: dict[bytes, DataKey] = {}

    def for_subject(self, subject: bytes) -> DataKey:
        """See `Keyring.for_subject`. `ErasedError` once the subject's data was erased."""
        known = self._opened.get(subject)
        if known and self._vault.get(known.id):  # raises where it was destroyed meanwhile
            return known
        key = self._kept(subject) or self._made(subject)
        self._opened[subject] = key
        return key

    def _kept(self, subject: bytes) -> DataKey | None:
        for wrapped in self._vault.of_subject(subject):
            try:
                private = self._folder.sealing_key(wrapped.serial)
                return unwrap(wrapped, self._folder.bureau, private)
            except (FolderError, UnverifiedError):
                continue  # not for us to open: then we make one of our own
        return None

    def _made(self, subject: bytes) -> DataKey:
        key = DataKey(self._entropy(16), subject, self._entropy(32))
        newest = self._sealing()
        to = X25519PublicKey.from_public_bytes(newest.key)
        self._vault.put([wrap(key, self._folder.bureau, newest.serial, to)])
        if self._vault.get(key.id) is None:
            msg = "the data of this subject was erased"
            raise ErasedError(msg)
        return key


class Office:
    """The office at work in a folder, as its server or at its console. Thread-safe.

    While it is open no other process writes the same log. It owns `store`, `vault` and
    `enrolments`, which may be used directly.
    """

    def __init__(
        self,
        folder: DataFolder,
        name: Literal["server", "console"],
        clock: Clock,
        entropy: Entropy,
        wait: float = 0,
    ) -> None:
        self.folder = folder
        self.name: Literal["server", "console"] = name
        self.clock = clock
        self.entropy = entropy
        self._lock = RLock()
        with ExitStack() as opened:
            opened.enter_context(folder.locked(name, wait))
            self.store: EventStore = folder.history(lambda: self.enrolments.roll().epoch)
            opened.callback(self.store.close)
            self.vault: SQLiteVault = folder.vault()
            opened.callback(self.vault.close)
            self.enrolments = Enrolments(self.store, folder.bureau, folder.first_root)
            self._checkpoints = CheckpointFile(folder.checkpoints_file)
            self._keyring = OfficeKeyring(folder, self.vault, entropy, self.sealing_certificate)
            self.reopen_log()
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the log and of the files."""
        self._opened.close()

    @property
    def log(self) -> bytes:
        """The log that this process writes."""
        return self._writer.log

    def record(self, fact: Fact, texts: Sequence[bytes] = (), actor: bytes = NOBODY) -> Entry:
        """Record one fact, durably; `texts` are those of its sealed parts, in their order."""
        return self.record_all([Said(fact, tuple(texts), actor)])[0]

    def record_all(self, gesture: Sequence[Said]) -> list[Entry]:
        """Record what one gesture decided: whole or not at all."""
        with self._lock:
            self._writer.seen = self._seen()
            return self._writer.record_all(gesture)

    def viewed(self, viewer: str, subjects: Sequence[bytes], purpose: str) -> Entry:
        """Record, in the log of who looked at what, that personal data is being looked at.

        The same look at the same instant is the same request, asked again: recorded once.
        """
        fact = SensitiveDataViewed(
            viewer=viewer, subjects=tuple(id_text(one) for one in subjects), purpose=purpose
        )
        with self._lock, self.folder.locked("access", PATIENCE):
            writer = self._writer_of("access")
            (last,) = self.store.read_log(writer.log, writer.held.sequence - 1, 1)
            entry = last.record().entry
            again = entry.header.happened_at == self.clock.now().at
            if again and vocabulary.decode(last.tag, entry.body) == fact:
                return entry
            return writer.record(fact)

    def sealing_certificate(self) -> Certificate:
        """Return the certificate of the key for which data keys are wrapped now."""
        return self.enrolments.trust().current(Role.SEALING, self.clock.now().at)

    def reopen_log(self) -> None:
        """Write the log that the folder names for this process: after a new key, a new one."""
        self._writer = self._writer_of(self.name)

    def _writer_of(self, name: Literal["server", "console", "access"]) -> LogWriter:
        log = bytes.fromhex(self.folder.own_log(name).log)
        key = self.folder.own_key(name)
        if not self.store.held(log).sequence:
            said = _("the history does not hold the log “{name}”: it was cut short or replaced")
            raise FolderError(said.format(name=name))
        writer = LogWriter(self.store, log, key, self.clock, self.entropy, self._keyring)
        writer.seen = self._seen()
        return writer

    def _seen(self) -> Seen:
        newest = self._checkpoints.latest()
        return Seen(newest.size, newest.root) if newest else Seen()
