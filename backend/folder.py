"""The data folder of one bureau: everything that must be kept, under one path.

xunji.json          which bureau this is, and which database keeps its history, if one does
logs.json           the office's own logs: which is written now, with which key
keys/               private keys, for their owner's eyes only
history.sqlite      the history
vault.sqlite        the wrapped keys of persons; back it up apart, and briefly
views-….sqlite      what one version of the program folded; may be deleted, is then folded again
quarantine.sqlite   what was refused
codes.sqlite        codes for enrolling tablets
people.sqlite       who may use the pages, and who is signed in
pictures/           what tablets photographed, sealed (`backend.picture_folder`)
checkpoints.bin     the heads of the history that were signed
locks/              who is writing

Where a database keeps history and views, neither file is here; `xunji.json` names the database,
and whoever opens the folder says where it is (`backend.mongodb.bureau`). All else stays here.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Struct, structs

from backend import durable
from backend.certifying import Root, open_log
from backend.kept_views import KeptViews
from backend.keys import KeyFolder
from backend.mongodb.bureau import BureauDatabase, database_in, name_for
from backend.mongodb.store import first_epoch
from backend.mongodb.views import set_name
from backend.picture_folder import PictureFolder
from backend.words import _
from events.clock import Clock, Entropy, moment
from events.command import MONGODB
from events.errors import BusyError, FolderError
from events.ids import HashText, id_text
from events.office import KeyCertified, LogOpened
from events.sealing import DataKey
from events.sqlite_store import SQLiteStore
from events.sqlite_vault import SQLiteVault
from events.statements import Certificate, Role, bureau_of
from events.store import EventStore
from events.writer import LogWriter, Said
from projections.catalogue import VIEWS
from projections.sqlite_views import SQLiteViews, file_name

LAYOUT: Final = 1
ROOT: Final = "root"

LogName = Literal["server", "console", "access"]
"""The running server; the command line; who looked at what."""

_FIRST_SERIALS: Final[Mapping[LogName, int]] = {"server": 1, "console": 2, "access": 3}
_CHECKPOINT_SERIAL: Final = 4
_SEALING_SERIAL: Final = 5
_PATIENCE: Final = 0.02  # seconds between two tries for a lock


class About(Struct, frozen=True):
    """What `xunji.json` says. `bureau` and `first_root` are hex."""

    layout: int
    bureau: HashText
    name: str
    first_root: HashText
    demo: bool
    created_at: datetime
    database: str = ""  # where the history is kept, if not in the folder


class OwnLog(Struct, frozen=True):
    """A log that the office writes here, and the serial of its key's certificate."""

    log: HashText
    serial: int


class DataFolder:
    """A data folder that was found to be whole."""

    def __init__(self, path: Path, about: About, database: BureauDatabase | None = None) -> None:
        self.path = path
        self.about = about
        self.database = database
        self.bureau = bytes.fromhex(about.bureau)
        self.first_root = bytes.fromhex(about.first_root)
        self.keys = KeyFolder(path / "keys")

    @classmethod
    def create(
        cls, path: Path, bureau_name: str, entropy: Entropy, clock: Clock, *, demo: bool = False
    ) -> Self:
        """Found a bureau in a new folder: whole or not at all.

        `FolderError` where the path is taken, or the database that the environment names. The
        root key then belongs elsewhere: move `keys/root.key` to offline storage.
        """
        _require_free(path)
        staging = path.absolute().with_name(f".{path.name}.{os.getpid()}.new")
        try:
            _found(staging, bureau_name, entropy, clock, demo=demo)
            staging.rename(path)
            durable.flush_folder(path.absolute().parent)
        except OSError as failure:
            raise FolderError(f"{path}: {failure.strerror}") from failure
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a folder; `FolderError` says what is wrong with it."""
        about = _read_about(path)
        return cls._whole(path, about, _database(path, about))

    @classmethod
    def open_to_move(cls, path: Path) -> Self:
        """Open a folder whose history is to be kept elsewhere, wherever it is now."""
        return cls._whole(path, _read_about(path), None)

    @classmethod
    def _whole(cls, path: Path, about: About, database: BureauDatabase | None) -> Self:
        folder = cls(path, about, database)
        if bureau_of(folder.first_root) != folder.bureau:
            raise FolderError(_("{path}: the root is not this bureau's").format(path=path))
        folder.keys.check()
        if folder.keys.holds(ROOT) and _public(folder.keys.signing(ROOT)) != folder.first_root:
            said = _("{path} is the root key of another bureau")
            raise FolderError(said.format(path=folder.keys.file(ROOT)))
        return folder

    def kept_in(self, database: str) -> None:
        """From now on the history is in this database; in the folder, where it is ""."""
        self.about = structs.replace(self.about, database=database)
        durable.write(self.path / "xunji.json", _pretty(self.about))

    @property
    def history_file(self) -> Path:
        return self.path / "history.sqlite"

    @property
    def views_file(self) -> Path:
        """The file, or by its name the set, of the views that this version folds."""
        return self.path / (set_name(VIEWS) if self.database else file_name(VIEWS))

    @property
    def quarantine_file(self) -> Path:
        return self.path / "quarantine.sqlite"

    @property
    def codes_file(self) -> Path:
        return self.path / "codes.sqlite"

    @property
    def checkpoints_file(self) -> Path:
        return self.path / "checkpoints.bin"

    def history(self, epoch: Callable[[], int] | None = None) -> EventStore:
        """Open the history. Whoever appends says in which `epoch`; without, it is only read."""
        if self.database is not None:
            self.database.require(writing=epoch is not None)
            return self.database.history(epoch or first_epoch)
        file = self.history_file
        if not file.is_file():
            raise FolderError(_("{path} is missing").format(path=file))
        return SQLiteStore(file)

    def views(self, use: Literal["fold", "read"] = "fold") -> KeptViews:
        """Open the views of this version; to `read`, they have to be there."""
        if self.database is not None:
            return self.database.views(VIEWS, use)
        return SQLiteViews(self.views_file, VIEWS, use)

    def vault(self) -> SQLiteVault:
        """Open the vault. An empty one in its place would take back what was erased."""
        file = self.path / "vault.sqlite"
        if not file.is_file():
            said = _("{path} is missing: restore it from its backup")
            raise FolderError(said.format(path=file))
        return SQLiteVault(file)

    def pictures(self) -> PictureFolder:
        """Return where pictures are."""
        return PictureFolder(self.path / "pictures")

    def own_log(self, name: LogName) -> OwnLog:
        """Return the log that this kind of process writes."""
        try:
            return _read_logs(self.path)[name]
        except (OSError, KeyError, msgspec.MsgspecError) as broken:
            said = _("{path} does not name the log “{name}”")
            raise FolderError(said.format(path=self.path / "logs.json", name=name)) from broken

    def continue_in(self, name: LogName, own: OwnLog) -> None:
        """From now on this kind of process writes another log."""
        _write_logs(self.path, {**_read_logs(self.path), name: own})

    def own_key(self, name: LogName) -> Ed25519PrivateKey:
        """Return the key with which the log is signed."""
        return self.keys.signing(f"{name}-{self.own_log(name).serial}")

    def checkpoint_key(self, serial: int) -> Ed25519PrivateKey:
        """Return the key that signs checkpoints and receipts, by its certificate's serial."""
        return self.keys.signing(f"checkpoint-{serial}")

    def sealing_key(self, serial: int) -> X25519PrivateKey:
        """Return the key that opens data keys wrapped for certificate `serial`."""
        return self.keys.sealing(f"sealing-{serial}")

    @contextmanager
    def locked(self, name: str, wait: float = 0) -> Generator[None]:
        """Be the only process that writes `name`; `BusyError` names the one that is.

        The system lets go of the lock when the process ends, however it ends.
        """
        file = self.path / "locks" / name
        try:
            file.parent.mkdir(exist_ok=True)  # copies of a folder may lack empty ones
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as failure:
            raise FolderError(f"{file}: {failure.strerror}") from failure
        try:
            _lock(descriptor, name, time.monotonic() + wait)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int, name: str, until: float) -> None:
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() >= until:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
            said = _("process {holder} is writing the log “{name}”")
            raise BusyError(said.format(holder=holder, name=name))
        time.sleep(_PATIENCE)


# ── founding ───────────────────────────────────────────────────────────────────────


def _require_free(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        said = _("{path} exists already; a new bureau needs a new or empty folder")
        raise FolderError(said.format(path=path))


def _found(path: Path, name: str, entropy: Entropy, clock: Clock, *, demo: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700)
    (path / "locks").mkdir()
    keys = KeyFolder(path / "keys")
    keys.make()
    key = Ed25519PrivateKey.from_private_bytes(entropy(32))
    keys.put(ROOT, key)
    root = Root(bureau_of(_public(key)), key)
    uri = os.environ.get(MONGODB, "")
    database = name_for(uri, root.bureau) if uri else ""
    store = _new_history(path, uri, database, root.bureau)
    try:
        logs = _open_logs(store, keys, root, clock, entropy)
    finally:
        store.close()
    SQLiteVault(path / "vault.sqlite").close()
    _write_logs(path, logs)
    created_at = moment(clock.now().at)
    about = About(LAYOUT, root.bureau.hex(), name, _public(key).hex(), demo, created_at, database)
    durable.write(path / "xunji.json", _pretty(about))


def _new_history(path: Path, uri: str, database: str, bureau: bytes) -> EventStore:
    if not uri:
        return SQLiteStore(path / "history.sqlite")
    founded = BureauDatabase(uri, database, bureau)
    founded.found()
    return founded.history()


def _open_logs(
    store: EventStore, keys: KeyFolder, root: Root, clock: Clock, entropy: Entropy
) -> dict[LogName, OwnLog]:
    at = clock.now().at
    logs: dict[LogName, OwnLog] = {}
    certificates: list[Certificate] = []
    for name, serial in _FIRST_SERIALS.items():
        key = Ed25519PrivateKey.from_private_bytes(entropy(32))
        role = Role.ACCESS if name == "access" else Role.OFFICE
        certificates.append(root.certify(key, role, serial, at))
        keys.put(f"{name}-{serial}", key)
        opening = opened(root.bureau, certificates[-1], id_text(entropy(16)))
        logs[name] = OwnLog(open_log(store, key, opening, clock, entropy).hex(), serial)
    checkpoint = Ed25519PrivateKey.from_private_bytes(entropy(32))
    keys.put(f"checkpoint-{_CHECKPOINT_SERIAL}", checkpoint)
    certificates.append(root.certify(checkpoint, Role.CHECKPOINT, _CHECKPOINT_SERIAL, at))
    sealing = X25519PrivateKey.from_private_bytes(entropy(32))
    keys.put(f"sealing-{_SEALING_SERIAL}", sealing)
    certificates.append(root.certify(sealing, Role.SEALING, _SEALING_SERIAL, at))
    console = logs["console"]
    key = keys.signing(f"console-{console.serial}")
    writer = LogWriter(store, bytes.fromhex(console.log), key, clock, entropy, _SealsNothing())
    writer.record_all([Said(certified(one)) for one in certificates])
    return logs


def opened(bureau: bytes, certificate: Certificate, device: str) -> LogOpened:
    """Return how a log of the office opens that is signed with the certified key."""
    return LogOpened(
        bureau=bureau.hex(),
        role="access" if certificate.role == Role.ACCESS else "office",
        device=device,
        signing_key=certificate.key.hex(),
        certificate=certificate.encode().hex(),
    )


def certified(certificate: Certificate) -> KeyCertified:
    """Return the fact that publishes a certificate."""
    return KeyCertified(certificate=certificate.encode().hex(), serial=certificate.serial)


class _SealsNothing:
    """The keyring while a bureau is founded, when nothing is personal yet."""

    def for_subject(self, subject: bytes) -> DataKey:
        """See `events.writer.Keyring`."""
        msg = f"there is no key for {len(subject)} bytes of anybody yet"
        raise LookupError(msg)


# ── the two JSON files ─────────────────────────────────────────────────────────────


def _read_about(path: Path) -> About:
    try:
        raw = (path / "xunji.json").read_bytes()
    except OSError as missing:
        said = _("{path} is not a data folder; make one: xunji init --data {path} --bureau NAME")
        raise FolderError(said.format(path=path)) from missing
    try:
        layout = msgspec.json.decode(raw, type=_Layout).layout
        if layout != LAYOUT:
            said = _("{path} has layout {layout}; this program knows layout {known}")
            raise FolderError(said.format(path=path, layout=layout, known=LAYOUT))
        return msgspec.json.decode(raw, type=About)
    except msgspec.MsgspecError as broken:
        said = _("{path} is damaged").format(path=path / "xunji.json")
        raise FolderError(said) from broken


def _database(path: Path, about: About) -> BureauDatabase | None:
    """Return the database that the folder names, where the environment says that it is."""
    uri = os.environ.get(MONGODB, "")
    if not about.database:
        if uri:
            said = _("the history of {path} is in the folder; to move it: xunji migrate")
            raise FolderError(said.format(path=path))
        return None
    if not uri:
        said = _(
            "the history of {path} is in the MongoDB database {name}; say where that is: "
            "--mongodb URI"
        )
        raise FolderError(said.format(path=path, name=about.database))
    bureau = bytes.fromhex(about.bureau)
    if database_in(uri) not in ("", about.database):
        said = _("the history of {path} is in the database {name}, and the URI names another")
        raise FolderError(said.format(path=path, name=about.database))
    return BureauDatabase(uri, about.database, bureau)


class _Layout(Struct):
    layout: int


def _read_logs(path: Path) -> dict[LogName, OwnLog]:
    return msgspec.json.decode((path / "logs.json").read_bytes(), type=dict[LogName, OwnLog])


def _write_logs(path: Path, logs: Mapping[LogName, OwnLog]) -> None:
    durable.write(path / "logs.json", _pretty(logs))


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
