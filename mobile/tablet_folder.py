"""The tablet's folder: who it is, what it recorded, what it was sent.

    tablet.json        which log is written, for which bureau, with which of the keys
    officers.json      who may sign in with a PIN: its hash, and until when; for this user alone
    keys-<n>.key       the keys of the n-th log; for this user alone
    log.sqlite         our logs, entry by entry
    keys.sqlite        data keys of what we sealed, wrapped for ourselves
    reference.sqlite   documents, doorstep cards, receipts, how far we are with the office
    pictures/          waiting for the office, sent, and open (`mobile.picture_folder`)
    tracks/            where patrols that are still open went, under the inspection's id

Keys and genesis are durable before the office hears of them: an answer that is lost costs
nothing, asking again does. A new key means a new log that names the old one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct, structs

from events import envelope
from events.clock import Clock, Entropy
from events.envelope import Entry
from events.errors import BusyError, FolderError
from events.ids import EntryRef, id_text
from events.office import LogOpened
from events.pull import card_purpose
from events.sealing import open_from
from events.sqlite_store import SQLiteStore
from events.sqlite_vault import SQLiteVault
from events.store import Held
from events.writer import genesis
from mobile import device_key, durable
from mobile.device_key import DeviceKeys
from mobile.device_log import DeviceLog, TabletKeyring
from mobile.durable import on_disk
from mobile.officers_file import OfficersFile
from mobile.picture_folder import PictureFolder
from mobile.sqlite_reference import Card, SQLiteReference
from mobile.words import _

LAYOUT: Final = 1
_FILE: Final = "tablet.json"
_OFFICE: Final = "xunji.json"

Reason: TypeAlias = Literal["first", "new_key", "reinstall", "fork", "restore"]


class Sealing(Struct, frozen=True):
    """For whom data keys are wrapped: serial of the certificate, X25519 key in hex."""

    serial: int
    key: str


class Opened(Struct, frozen=True):
    """A log that this tablet opened: its id, the number of its keys, whether it is enrolled."""

    log: str
    number: int
    reason: Reason = "first"
    enrolled: bool = False


class Tablet(Struct, frozen=True, kw_only=True):
    """What `tablet.json` holds. The last of `logs` is the one being written."""

    layout: int = LAYOUT
    device: str
    bureau: str
    first_root: str = ""
    logs: tuple[Opened, ...] = ()
    server: str = ""
    name: str = ""
    bureau_name: str = ""
    townships: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    sealing: Sealing | None = None
    language: str = ""
    lock_after: int = 10  # minutes without a touch


class TabletFolder:
    """An open folder; only one process has it at a time."""

    def __init__(self, path: Path, tablet: Tablet, lock: int, entropy: Entropy) -> None:
        self.path = path
        self.tablet = tablet
        self.store = SQLiteStore(path / "log.sqlite")
        self.vault = SQLiteVault(path / "keys.sqlite")
        self.reference = SQLiteReference(path / "reference.sqlite")
        self.officers = OfficersFile(path / "officers.json", durable.write)
        self.pictures = PictureFolder(path / "pictures")
        self._lock = lock
        self.entropy = entropy

    # ── opening ────────────────────────────────────────────────────────────────────

    @classmethod
    def exists(cls, path: Path) -> bool:
        """Tell whether a tablet was begun here."""
        return (path / _FILE).is_file()

    @classmethod
    def begin(cls, path: Path, bureau: bytes, entropy: Entropy = os.urandom) -> "TabletFolder":
        """Make the folder of a new tablet; it has no log yet."""
        require_own(path)
        with on_disk(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if cls.exists(path):
            raise FolderError(_("{path}: a tablet was begun here before").format(path=path))
        lock = _locked(path)
        tablet = Tablet(device=id_text(entropy(16)), bureau=bureau.hex())
        durable.write(path / _FILE, msgspec.json.encode(tablet))
        return cls(path, tablet, lock, entropy)

    @classmethod
    def open(cls, path: Path, entropy: Entropy = os.urandom) -> "TabletFolder":
        """Open a folder; `FolderError` where there is none, `BusyError` where it is in use."""
        tablet = _read(path)
        return cls(path, tablet, _locked(path), entropy)

    def close(self) -> None:
        self.store.close()
        self.vault.close()
        self.reference.close()
        os.close(self._lock)

    def keep(self, **changes: object) -> None:
        """Change `tablet.json`, durably."""
        tablet = structs.replace(self.tablet, **changes)
        durable.write(self.path / _FILE, msgspec.json.encode(tablet))
        self.tablet = tablet

    # ── logs ───────────────────────────────────────────────────────────────────────

    @property
    def current(self) -> Opened:
        """The log being written; `FolderError` where none was opened yet."""
        if not self.tablet.logs:
            raise FolderError(_("This tablet has not opened a log yet"))
        return self.tablet.logs[-1]

    @property
    def enrolled(self) -> bool:
        return bool(self.tablet.logs) and self.tablet.logs[-1].enrolled

    def keys(self, number: int) -> DeviceKeys:
        """Return the keys of one of our logs."""
        return device_key.read(self._key_file(number))

    def open_log(
        self, clock: Clock, *, reason: Reason = "first", trusted: Held | None = None
    ) -> Entry:
        """Open a log with new keys; return its genesis. All of it is durable.

        It names the log before, up to `trusted`: the last entry of it that the office has in
        common with us (by default: all that we have).
        """
        number = len(self.tablet.logs) + 1
        keys = self._fresh_keys(number)
        before = self.tablet.logs[-1] if self.tablet.logs else None
        held = trusted or (self.store.held(bytes.fromhex(before.log)) if before else Held())
        fact = LogOpened(
            bureau=self.tablet.bureau,
            role="tablet",
            device=self.tablet.device,
            signing_key=keys.signing_public.hex(),
            sealing_key=keys.sealing_public.hex(),
            continues=EntryRef(before.log, held.sequence) if before and held.sequence else None,
            continues_hash=held.hash.hex() if before and held.sequence else None,
            reason=reason,
        )
        first = genesis(fact, keys.signing, clock.now(), self.entropy(16))
        self.store.append(first.hash, 0, [first], clock.now().at)
        opened = Opened(first.hash.hex(), number, reason)
        self.keep(logs=(*self.tablet.logs, opened))
        return first

    def genesis(self) -> Entry:
        """Return the first entry of the log being written."""
        (first,) = self.store.read_log(bytes.fromhex(self.current.log), 0, 1)
        return envelope.decode_stored(0, first.state).entry

    def device_log(self, clock: Clock) -> DeviceLog:
        """Return the writer of the log being written."""
        keys = self.keys(self.current.number)
        log = bytes.fromhex(self.current.log)
        return DeviceLog(self.store, log, keys.signing, clock, self.entropy, self.keyring())

    def keyring(self) -> TabletKeyring:
        """Return the data keys, those of earlier logs with them."""
        own = [self.keys(one.number).sealing for one in reversed(self.tablet.logs)]
        return TabletKeyring(self.vault, bytes.fromhex(self.tablet.bureau), own, self.entropy)

    def open_card(self, card: Card) -> bytes:
        """Open a doorstep card with the key it was sealed for; `UnverifiedError` if not ours."""
        number = next((one.number for one in self.tablet.logs if one.log == card.log.hex()), 0)
        bureau = bytes.fromhex(self.tablet.bureau)
        purpose = card_purpose(bureau, card.log, card.object, card.expires)
        return open_from(card.sealed, self.keys(number).sealing, purpose)

    def _fresh_keys(self, number: int) -> DeviceKeys:
        """Return new keys, durably kept; those of an opening that did not finish are reused."""
        file = self._key_file(number)
        if file.exists():
            return device_key.read(file)
        keys = device_key.make(self.entropy)
        with on_disk(file):
            device_key.keep(file, keys)
        return keys

    def _key_file(self, number: int) -> Path:
        return self.path / f"keys-{number}.key"

    # ── files ──────────────────────────────────────────────────────────────────────

    @property
    def tracks(self) -> Path:
        return self.path / "tracks"


def require_own(path: Path) -> None:
    """Raise `FolderError` where the folder is an office's: no tablet lives there."""
    with on_disk(path):
        is_office = (path / _OFFICE).exists()
    if is_office:
        said = _("{path} is an office's data folder; a tablet needs a folder of its own")
        raise FolderError(said.format(path=path))


def _read(path: Path) -> Tablet:
    try:
        tablet = msgspec.json.decode((path / _FILE).read_bytes(), type=Tablet)
    except OSError as missing:
        raise FolderError(_("{path} is not a tablet's folder").format(path=path)) from missing
    except msgspec.MsgspecError as broken:
        raise FolderError(_("{path} cannot be read").format(path=path / _FILE)) from broken
    if tablet.layout != LAYOUT:
        said = _("{path} has layout {layout}; this program knows layout {known}")
        raise FolderError(said.format(path=path, layout=tablet.layout, known=LAYOUT))
    return tablet


def _locked(path: Path) -> int:
    """Take the folder for this process, until it ends."""
    import fcntl  # noqa: PLC0415  not on Windows, where no tablet runs

    with on_disk(path):
        handle = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        os.close(handle)
        raise BusyError(_("Another process has {path} open").format(path=path)) from taken
    return handle


@contextmanager
def opened(path: Path, entropy: Entropy = os.urandom) -> Iterator[TabletFolder]:
    """Open a folder for a while."""
    folder = TabletFolder.open(path, entropy)
    try:
        yield folder
    finally:
        folder.close()
