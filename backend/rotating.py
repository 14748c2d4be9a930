"""New keys for old: each certified by a root, published, and the old one revoked where asked.

What an old key did stays good. An office log continues in a new log that names the old; old
sealing keys are kept, as tablets may still send data keys that were wrapped for them.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from msgspec import Struct, structs

from backend.certifying import Root, open_log
from backend.folder import ROOT, DataFolder, LogName, OwnLog, certified, opened
from backend.keys import read_signing
from backend.office import PATIENCE, Office
from backend.words import _
from events import vocabulary
from events.clock import moment
from events.errors import FolderError, UnverifiedError
from events.ids import EntryRef
from events.office import KeyRevoked, LogOpened
from events.sealing import WrappedKey, unwrap, wrap
from events.statements import Certificate, Role, trusted
from events.store import EventStore, Held

Rotatable = Literal["office", "access", "checkpoint", "sealing", "root"]

_LOGS: Final[dict[Rotatable, tuple[LogName, ...]]] = {
    "office": ("console", "server"),
    "access": ("access",),
}


class Rotated(Struct, frozen=True):
    """A new certificate, where its private key is kept, and the serial it follows (0: none)."""

    certificate: Certificate
    file: Path
    old: int


class Rewrapped(Struct, frozen=True):
    """How many data keys were wrapped anew, and how many could not be opened."""

    keys: int
    left: int


def root_of(folder: DataFolder, file: Path | None) -> Root:
    """Return the root key at work: from `file`, else the newest in the folder."""
    if file is None:
        found = [one for one in folder.keys.path.glob("root*.key") if one.stem != ROOT]
        newest = max(found, key=lambda one: int(one.stem.rpartition("-")[2]), default=None)
        file = newest or folder.keys.file(ROOT)
        if not file.is_file():
            said = _("the root key is not in {path}; name it: --root-key FILE")
            raise FolderError(said.format(path=folder.keys.path))
    return Root(folder.bureau, read_signing(file))


def rotate(office: Office, role: Rotatable, root: Root, *, revoke: bool = False) -> list[Rotated]:
    """Make, certify and publish a new key; several for `office`, which has two logs.

    `FolderError` where the root is not ours, or where keys in use would be revoked with the
    root that certified them; `BusyError` where another process writes a log
    that is to end: stop it first.
    """
    if revoke and role == "root":
        _require_others_stand(office, root)
    match role:
        case "office" | "access":
            done = _new_logs(office, _LOGS[role], root)
        case "checkpoint" | "root":
            done = [_signing_key(office, role, root)]
        case "sealing":
            done = [_sealing_key(office, root)]
    if revoke:
        at = max(office.clock.now().at, _last_received(office)) + 1
        for one in done:
            if one.old:  # the first root is what the bureau is named by: it has no serial
                fact = KeyRevoked(serial=one.old, at=moment(at), reason="rotated")
                office.record(fact)
    return done


def _require_others_stand(office: Office, root: Root) -> None:
    """Refuse to revoke a root while the next one, or any key in use, hangs on it."""
    old = _serial_of(office, Role.ROOT)
    if not old:
        return  # the first root cannot be revoked: the bureau is named by it
    trust, now = office.enrolments.trust(), office.clock.now().at
    left = trusted(
        trust.certificates.values(),
        {**trust.revoked, old: now},
        trust.bureau,
        trust.first_root,
        now,
    )
    used = {office.folder.own_log(name).serial for names in _LOGS.values() for name in names}
    used |= {_serial_of(office, role) for role in (Role.CHECKPOINT, Role.SEALING)}
    roots = {trust.first_root, *(one.key for one in left.values() if one.role == Role.ROOT)}
    if root.key.public_key().public_bytes_raw() not in roots or not used <= left.keys():
        said = _(
            "the keys in use, or the new root, would be revoked with root {serial}, which "
            "certified them; first rotate office, access, checkpoint and sealing with an older "
            "root, then the root itself: --root-key FILE"
        )
        raise FolderError(said.format(serial=old))


def rewrap(office: Office) -> Rewrapped:
    """Wrap every data key for the newest sealing key, so that the old one opens nothing here."""
    newest = office.sealing_certificate()
    to = X25519PublicKey.from_public_bytes(newest.key)
    waiting = office.vault.wrapped_before(newest.serial)
    keys = [new for old in waiting if (new := _rewrapped(office, old, newest.serial, to))]
    office.vault.replace(keys)
    return Rewrapped(len(keys), len(waiting) - len(keys))


def _rewrapped(
    office: Office, old: WrappedKey, serial: int, to: X25519PublicKey
) -> WrappedKey | None:
    bureau = office.folder.bureau
    try:
        key = unwrap(old, bureau, office.folder.sealing_key(old.serial))
    except (FolderError, UnverifiedError):
        return None
    return wrap(key, bureau, serial, to)


def _new_logs(office: Office, names: Sequence[LogName], root: Root) -> list[Rotated]:
    """End the old logs and begin new ones: all or, where somebody is writing one, none."""
    with ExitStack() as held:
        for name in names:
            if name != office.name:
                held.enter_context(office.folder.locked(name, PATIENCE if name == "access" else 0))
        return [_new_log(office, name, root) for name in names]


def _new_log(office: Office, name: LogName, root: Root) -> Rotated:
    folder = office.folder
    old = folder.own_log(name)
    held = office.store.held(bytes.fromhex(old.log))
    key = Ed25519PrivateKey.from_private_bytes(office.entropy(32))
    role = Role.ACCESS if name == "access" else Role.OFFICE
    certificate = _certificate(office, root, key, role)
    file = folder.keys.put(f"{name}-{certificate.serial}", key)
    opening = structs.replace(
        opened(folder.bureau, certificate, device_of(office.store, old)),
        continues=EntryRef(old.log, held.sequence),
        continues_hash=held.hash.hex(),
        reason="new_key",
    )
    log = open_log(office.store, key, opening, office.clock, office.entropy)
    folder.continue_in(name, OwnLog(log.hex(), certificate.serial))
    if name == office.name:
        office.reopen_log()
    office.record(certified(certificate))
    return Rotated(certificate, file, old.serial)


def device_of(store: EventStore, old: OwnLog) -> str:
    """Return the device that a log of the office says it is written on."""
    (genesis,) = store.read_log(bytes.fromhex(old.log), 0, 1)
    fact = vocabulary.decode(genesis.tag, genesis.record().entry.body)
    if not isinstance(fact, LogOpened):
        raise UnverifiedError(1, "a log begins with its genesis")
    return fact.device


def _signing_key(office: Office, role: Literal["checkpoint", "root"], root: Root) -> Rotated:
    key = Ed25519PrivateKey.from_private_bytes(office.entropy(32))
    return _published(office, root, key, Role[role.upper()])


def _sealing_key(office: Office, root: Root) -> Rotated:
    key = X25519PrivateKey.from_private_bytes(office.entropy(32))
    return _published(office, root, key, Role.SEALING)


def _published(
    office: Office, root: Root, key: Ed25519PrivateKey | X25519PrivateKey, role: Role
) -> Rotated:
    """Keep a key before the history names it."""
    old = _serial_of(office, role)
    certificate = _certificate(office, root, key, role)
    file = office.folder.keys.put(f"{role.name.lower()}-{certificate.serial}", key)
    office.record(certified(certificate))
    return Rotated(certificate, file, old)


def _certificate(
    office: Office, root: Root, key: Ed25519PrivateKey | X25519PrivateKey, role: Role
) -> Certificate:
    trust = office.enrolments.trust()
    certificate = root.certify(key, role, trust.next_serial(), office.clock.now().at)
    if not trust.is_ours(certificate):
        raise FolderError(_("this is not a root key of this bureau"))
    return certificate


def _serial_of(office: Office, role: Role) -> int:
    try:
        return office.enrolments.trust().current(role, office.clock.now().at).serial
    except UnverifiedError:
        return 0


def _last_received(office: Office) -> int:
    logs: Sequence[bytes] = list(office.enrolments.trust().logs)
    return max((office.store.held(log).received_at for log in logs), default=Held().received_at)
