"""Restoring a bureau from a backup: a new epoch of its history begins.

The backup is copied beside, compared with what it said of its files, and verified; only then
does the new folder get its name. In it

- the office's logs end, and each continues in a new one that names it: entries of the old ones
  behind the backup may be held elsewhere, and no log may say two things under one number;
- the epoch is opened, by a fact that says what was lost as far as it is known. Tablets see the
  new epoch at their next contact, and push again what this history lacks;
- nobody is signed in any more, and no one-time link holds.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from backend import durable
from backend.backing_up import MANIFEST, PICTURES, Manifest, damaged, flush_tree, read_manifest
from backend.certifying import open_log
from backend.checkpoints import CheckpointFile, Checkpoints
from backend.enrolments import Enrolments
from backend.folder import DataFolder, LogName, OwnLog, opened
from backend.office import Office
from backend.people import accounts, people, sessions
from backend.picture_folder import PictureFolder
from backend.rotating import device_of
from backend.sqlite_file import SQLiteFile
from backend.trust import Trust
from backend.verification import Progress, Report, verify
from backend.words import _
from events.clock import Clock, Entropy, moment
from events.envelope import received_at_of
from events.errors import FolderError, MalformedError, StorageError, UnverifiedError
from events.ids import EntryRef
from events.office import EpochOpened
from events.public_keys import signing_key
from events.statements import Checkpoint, Role

_LOGS: Final[Sequence[LogName]] = ("console", "server", "access")


class Restored(Struct, frozen=True):
    """What the new folder holds: `size` records, the last of them received at `until`.

    `lost` is how many more there are known to have been; `missing` of the `pictures` that
    records name are not here.
    """

    size: int
    until: datetime
    epoch: int
    lost: int
    pictures: int = 0
    missing: int = 0


def restore(
    source: Path,
    target: Path,
    old: Path | None,
    clock: Clock,
    entropy: Entropy,
    progress: Progress | None = None,
) -> Restored:
    """Restore the backup at `source` into the new folder `target`: whole or not at all.

    `old` is the folder that was lost, if anything of it can be read: its checkpoints say how
    much is missing. `FolderError` where the target is taken or there is no backup,
    `UnverifiedError` where it is not what it was.
    """
    _require_free(target)
    manifest = read_manifest(source)
    staging = target.absolute().with_name(f".{target.name}.{os.getpid()}.new")
    try:
        _copy(source, staging, manifest)
        folder = DataFolder.open(staging)
        PictureFolder(source.absolute().parent / PICTURES).copy_to(folder.pictures())
        report = _whole(folder, manifest, progress)
        _sign_everyone_out(staging / people.FILE)
        done = _open_epoch(folder, report, _newest(old, folder), clock, entropy)
        shutil.rmtree(staging / "locks", ignore_errors=True)
        flush_tree(staging)
        staging.rename(target)
        durable.flush_folder(target.absolute().parent)
    except OSError as failure:
        raise StorageError(f"{target}: {failure.strerror}") from failure
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return done


def _require_free(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        said = _("{path} exists already; restore into a new or empty folder")
        raise FolderError(said.format(path=path))


def _copy(source: Path, staging: Path, manifest: Manifest) -> None:
    """Copy what the backup names, for its owner's eyes only."""
    wrong = damaged(source, manifest)
    if wrong:
        said = _("the backup is damaged: {files}; take an older one")
        raise FolderError(said.format(files=", ".join(wrong)))
    staging.parent.mkdir(parents=True, exist_ok=True)
    staging.mkdir(mode=0o700)
    for name in manifest.files:
        if name == MANIFEST or Path(name).is_absolute() or ".." in Path(name).parts:
            raise FolderError(_("{path} is not a backup of Xunji").format(path=source))
        file = staging / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(source / name, file)
        file.chmod(0o600)


def _whole(folder: DataFolder, manifest: Manifest, progress: Progress | None) -> Report:
    report = verify(folder, progress)
    if report.fault:
        said = f"{report.fault.code} {report.fault.detail}".strip()
        raise UnverifiedError(report.fault.position, said)
    if (report.bureau, report.size, report.head) != (manifest.bureau, manifest.size, manifest.head):
        raise UnverifiedError(report.size, _("the backup holds another history than it says"))
    return report


def _sign_everyone_out(file: Path) -> None:
    if not file.is_file():
        return
    tables = accounts.TABLES + sessions.TABLES
    with closing(SQLiteFile(file, tables)) as found, found.writing() as db:
        db.execute("DELETE FROM sessions")
        db.execute("DELETE FROM links")


# ── the new epoch ──────────────────────────────────────────────────────────────────


def _open_epoch(
    folder: DataFolder, report: Report, newest: Checkpoint | None, clock: Clock, entropy: Entropy
) -> Restored:
    until = _continue_logs(folder, clock, entropy)
    with Office(folder, "console", clock, entropy) as office:
        fact = _epoch(report, newest)
        office.record(fact)
        Checkpoints(folder, office.store, office.enrolments, clock).make()
    lost = fact.size - report.size
    at = moment(until).astimezone(UTC)
    return Restored(report.size, at, fact.epoch, lost, report.pictures, report.waiting)


def _epoch(report: Report, newest: Checkpoint | None) -> EpochOpened:
    """Say what was lost: up to the newest head that was signed, where one is left."""
    is_behind = newest is not None and newest.size >= report.size
    return EpochOpened(
        epoch=max(report.epoch, newest.epoch if newest else 0) + 1,
        size=newest.size if newest and is_behind else report.size,
        root=newest.root.hex() if newest and is_behind else report.head,
        reason="restored",
        restored=report.size,
        at_least=newest is None,
    )


def _newest(old: Path | None, folder: DataFolder) -> Checkpoint | None:
    """Return the newest head that the bureau signed, by what is left of the lost folder."""
    if old is None:
        return None
    file = old / "checkpoints.bin"
    try:
        found = CheckpointFile(file).all()
    except (MalformedError, OSError) as broken:
        said = _("{path} cannot be read; leave --old away")
        raise FolderError(said.format(path=file)) from broken
    with closing(folder.history()) as store:
        trust = Enrolments(store, folder.bureau, folder.first_root).trust()
    ours = [one for one in found if _is_ours(one, trust)]
    if not ours:
        said = _("{path} holds no head that this bureau signed; leave --old away")
        raise FolderError(said.format(path=file))
    return max(ours, key=lambda one: (one.epoch, one.size))


def _is_ours(head: Checkpoint, trust: Trust) -> bool:
    keys = (one.key for one in trust.at(head.made_at).values() if one.role == Role.CHECKPOINT)
    return head.bureau == trust.bureau and any(head.is_signed_by(signing_key(key)) for key in keys)


def _continue_logs(folder: DataFolder, clock: Clock, entropy: Entropy) -> int:
    """Have each log of the office continue in a new one, with its key; when the last record came.

    No root is needed for it: the key and its certificate stay.
    """
    with closing(folder.history()) as store:
        last = store.read(store.size() - 1, 1)
        trust = Enrolments(store, folder.bureau, folder.first_root).trust()
        serials = {one.serial: one for one in trust.certificates.values()}
        for name in _LOGS:
            old = folder.own_log(name)
            held = store.held(bytes.fromhex(old.log))
            opening = structs.replace(
                opened(folder.bureau, serials[old.serial], device_of(store, old)),
                continues=EntryRef(old.log, held.sequence),
                continues_hash=held.hash.hex(),
                reason="restore",
            )
            log = open_log(store, folder.own_key(name), opening, clock, entropy)
            folder.continue_in(name, OwnLog(log.hex(), old.serial))
    return received_at_of(last[0].state)
