"""The tablet's log: decide, seal, sign, store durably, and only then say that it is recorded.

One gesture is one commit, with one fsync. What was sealed here can be opened here again: the
data keys are kept wrapped for the tablet itself, and travel wrapped for the bureau.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import RLock
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from msgspec import Struct

from events import envelope, sealing, vocabulary
from events.clock import Clock, Entropy, Instant, moment
from events.envelope import Entry
from events.errors import ErasedError, UnverifiedError
from events.facts import Fact, Moment
from events.ids import EntryRef, id_bytes, id_text
from events.sealing import DataKey, Place, WrappedKey
from events.store import EventStore, Held
from events.vault import Vault
from events.vocabulary import Unknown
from events.writer import LogWriter, Said, Seen

OWN_SERIAL: Final = 0  # wrapped for the tablet itself, by no certificate
_PAGE: Final = 500


class Logged(Struct, frozen=True):
    """One of our own facts, opened. `texts` are its sealed parts, None where erased."""

    ref: EntryRef
    at: int
    utc_offset: int
    actor: bytes
    fact: Fact | Unknown
    texts: tuple[bytes | None, ...] = ()

    @property
    def happened_at(self) -> Moment:
        return moment(self.at, self.utc_offset)

    def text(self, name: str) -> bytes | None:
        """Return the sealed part of this name, None where there is none or it was erased."""
        parts = () if isinstance(self.fact, Unknown) else self.fact.sealed
        for part, text in zip(parts, self.texts, strict=False):
            if part.name == name:
                return text
        return None


class TabletKeyring:
    """The data keys of what this tablet seals; durable before they are used.

    `own` are the tablet's sealing keys, the newest first: what earlier ones wrapped still opens.
    """

    def __init__(
        self, vault: Vault, bureau: bytes, own: Sequence[X25519PrivateKey], entropy: Entropy
    ) -> None:
        self._vault = vault
        self._bureau = bureau
        self._own = tuple(own)
        self._to = own[0].public_key()
        self._entropy = entropy
        self._lock = RLock()
        self._by_subject: dict[bytes, DataKey] = {}
        self._by_id: dict[bytes, DataKey] = {}

    def for_subject(self, subject: bytes) -> DataKey:
        """See `events.writer.Keyring`."""
        self.prepare((subject,))
        return self._by_subject[subject]

    def prepare(self, subjects: Iterable[bytes]) -> None:
        """Have the keys of all of `subjects`, with one commit for those that are new.

        Raises `ErasedError` for a subject whose keys were destroyed: they never come back.
        """
        with self._lock:
            wanted = [one for one in dict.fromkeys(subjects) if one not in self._by_subject]
            new = [self._new(one) for one in wanted if not self._known(one)]
            if new:
                self._vault.put(
                    [sealing.wrap(key, self._bureau, OWN_SERIAL, self._to) for key in new]
                )
                for key in new:
                    self._vault.get(key.id)  # raises where the subject was erased
                    self._remember(key)

    def by_id(self, key: bytes) -> DataKey | None:
        """Return a key by its id, None where it is not ours; `ErasedError` once destroyed."""
        with self._lock:
            if key not in self._by_id:
                wrapped = self._vault.get(key)
                if wrapped is None:
                    return None
                self._remember(self._unwrapped(wrapped))
            return self._by_id[key]

    def wrapped_for(
        self, entries: Sequence[Entry], serial: int, to: X25519PublicKey
    ) -> list[WrappedKey]:
        """Return the keys that `entries` were sealed with, wrapped for the bureau."""
        ids = dict.fromkeys(part.key for entry in entries for part in entry.header.parts)
        keys = (self._still(one) for one in ids)
        return [sealing.wrap(key, self._bureau, serial, to) for key in keys if key]

    def forget(self, subject: bytes) -> None:
        """Destroy the keys of a subject, for ever."""
        with self._lock:
            self._vault.erase(subject)
            self._by_subject.pop(subject, None)
            self._by_id = {name: key for name, key in self._by_id.items() if key.subject != subject}

    def _still(self, key: bytes) -> DataKey | None:
        try:
            return self.by_id(key)
        except ErasedError:
            return None

    def _known(self, subject: bytes) -> bool:
        held = self._vault.of_subject(subject)
        if held:
            self._remember(self._unwrapped(held[0]))
        return bool(held)

    def _unwrapped(self, wrapped: WrappedKey) -> DataKey:
        for own in self._own[:-1]:
            try:
                return sealing.unwrap(wrapped, self._bureau, own)
            except UnverifiedError:
                continue  # wrapped for an earlier key of ours
        return sealing.unwrap(wrapped, self._bureau, self._own[-1])

    def _new(self, subject: bytes) -> DataKey:
        return DataKey(self._entropy(16), subject, self._entropy(32))

    def _remember(self, key: DataKey) -> None:
        self._by_subject.setdefault(key.subject, key)
        self._by_id[key.id] = key


class DeviceLog:
    """The one writer of the tablet's log, and its reader. For the thread that owns the screen."""

    def __init__(
        self,
        store: EventStore,
        log: bytes,
        key: Ed25519PrivateKey,
        clock: Clock,
        entropy: Entropy,
        keyring: TabletKeyring,
    ) -> None:
        self.log = log
        self.store = store
        self.keyring = keyring
        self._text = log.hex()
        self._clock = clock
        self._entropy = entropy
        self._writer = LogWriter(store, log, key, clock, entropy, keyring)
        self._heard: list[Callable[[], None]] = []

    @property
    def held(self) -> Held:
        return self._writer.held

    def now(self) -> Instant:
        return self._clock.now()

    def new_id(self) -> str:
        """Return a random identity."""
        return id_text(self._entropy(16))

    def see(self, size: int, root: bytes) -> None:
        """Name this checkpoint in entries from now on, if it is newer than the last."""
        if size > self._writer.seen.size:
            self._writer.seen = Seen(size, root)

    def on_recorded(self, hear: Callable[[], None]) -> None:
        """Have `hear` called after each commit, on the caller's thread."""
        self._heard.append(hear)

    def record(self, said: Said) -> Logged:
        """Record one fact, durably."""
        return self.record_all((said,))[0]

    def record_all(self, gesture: Sequence[Said]) -> list[Logged]:
        """Record what one gesture decided: whole or not at all.

        Returns only once it is durable. Raises `StorageError`, `BusyError`, `ErasedError`.
        """
        self.keyring.prepare(
            id_bytes(part.subject) for said in gesture for part in said.fact.sealed
        )
        entries = self._writer.record_all(gesture)
        for hear in self._heard:
            hear()
        return [
            Logged(
                EntryRef(self._text, entry.header.sequence),
                entry.header.happened_at,
                entry.header.utc_offset,
                said.actor,
                said.fact,
                said.texts,
            )
            for entry, said in zip(entries, gesture, strict=True)
        ]

    def read(self, after: int = 0, *, opened: bool = True) -> Iterator[Logged]:
        """Yield our own facts behind entry `after`; sealed parts only where `opened`."""
        while page := self.store.read_log(self.log, after, _PAGE):
            for stored in page:
                yield self._logged(envelope.decode_stored(0, stored.state).entry, opened=opened)
            after = page[-1].sequence

    def _logged(self, entry: Entry, *, opened: bool) -> Logged:
        header = entry.header
        return Logged(
            EntryRef(self._text, header.sequence),
            header.happened_at,
            header.utc_offset,
            header.actor,
            vocabulary.decode(header.tag, entry.body),
            tuple(self._open(entry, index) for index in range(len(header.parts))) if opened else (),
        )

    def _open(self, entry: Entry, index: int) -> bytes | None:
        content = entry.sealed[index]
        try:
            key = self.keyring.by_id(entry.header.parts[index].key)
        except ErasedError:
            return None
        if key is None or content is None:
            return None
        return sealing.unseal(content, key, Place(self.log, entry.header.sequence, index))
