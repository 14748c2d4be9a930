"""Backups of a data folder, made while its server runs: whole and verified, or not there.

Each is a folder of its own, `backup-<UTC time>`, that is laid out as a data folder is, with
`backup.json` beside: when it was made, up to which record, and the SHA-256 of each file. It is
copied beside, flushed to the disk, verified record by record, and only then given its name.

What is copied when, so that the copies fit together while tablets push:

- the heads that were signed, before the history: none of them covers more than is there;
- the history before the vault: a key is in the vault before its entry is in the history;
- and the console waits meanwhile, so that no key is turned and nothing erased in between.

Pictures never change: they are kept once for all backups, in `pictures` beside them, and those
that came since the last backup are added.

Not copied: views (they are folded again), codes for tablets (they hold for minutes), locks.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from backend import durable
from backend.folder import DataFolder
from backend.office import PATIENCE
from backend.picture_folder import Copied, PictureFolder
from backend.sqlite_file import copy_database
from backend.verification import Progress, verify
from backend.words import _
from events.clock import Clock, moment
from events.errors import FolderError, StorageError, UnverifiedError

MANIFEST: Final = "backup.json"
PICTURES: Final = "pictures"
_NAME: Final = "backup-"
_DATABASES: Final = ("history.sqlite", "vault.sqlite", "people.sqlite", "quarantine.sqlite")
_FILES: Final = ("logs.json", "xunji.json")
_DAY: Final = 86_400


class Manifest(Struct, frozen=True):
    """What `backup.json` says. `head` in hex; `files` by their path within the folder."""

    bureau: str
    name: str
    made_at: datetime
    size: int
    head: str
    files: dict[str, str]


class BackedUp(Struct, frozen=True):
    """A backup that was made, and those that were old enough to go."""

    path: Path
    manifest: Manifest
    dropped: Sequence[Path]
    pictures: Copied
    fault: str = ""  # why not all pictures were copied


def back_up(
    folder: DataFolder, to: Path, clock: Clock, keep_days: int, progress: Progress | None = None
) -> BackedUp:
    """Back a folder up into a new folder in `to`; then delete backups older than `keep_days`.

    `FolderError` where its history is in a database, `UnverifiedError` where the copy does not
    verify, `BusyError` where the console is at work. Nothing is deleted unless this one is whole.
    """
    if folder.database is not None:
        said = _("the history of {path} is in a database: back it up with the database's own tools")
        raise FolderError(said.format(path=folder.path))
    made_at = moment(clock.now().at).astimezone(UTC)
    path = to / f"{_NAME}{made_at:%Y-%m-%dT%H%M%SZ}"
    staging = to / f".{path.name}.new"
    try:
        with folder.locked("console", PATIENCE):
            _begin(to, path, staging)
            _copy(folder.path, staging)
        manifest = _verified(staging, made_at, progress)
        durable.write(staging / MANIFEST, _pretty(manifest), 0o600)
        flush_tree(staging)
        staging.rename(path)
        durable.flush_folder(to)
        dropped = _drop_older(to, made_at, keep_days)
        return BackedUp(path, manifest, dropped, *_pictures(folder, to))
    except OSError as failure:
        said = _("the backup failed: {why}")
        raise StorageError(said.format(why=failure)) from failure
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def read_manifest(path: Path) -> Manifest:
    """Read what a backup says of itself; `FolderError` where it is none."""
    try:
        return msgspec.json.decode((path / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as none:
        raise FolderError(_("{path} is not a backup of Xunji").format(path=path)) from none


def damaged(path: Path, manifest: Manifest) -> list[str]:
    """Return which files of a backup are not as they were written."""
    return [
        name
        for name, digest in manifest.files.items()
        if not (path / name).is_file() or _digest(path / name) != digest
    ]


def flush_tree(path: Path) -> None:
    """Make all files below a folder durable, and their names."""
    for below, folders, files in os.walk(path):
        for name in files:
            with (Path(below) / name).open("rb") as file:
                os.fsync(file.fileno())
        for name in (*folders, "."):
            durable.flush_folder(Path(below) / name)


# ── copying ────────────────────────────────────────────────────────────────────────


def _begin(to: Path, path: Path, staging: Path) -> None:
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    for dead in to.glob(f".{_NAME}*.new"):  # whoever made it is not at it: we hold the lock
        shutil.rmtree(dead)
    if path.exists():
        raise FolderError(_("{path} exists already").format(path=path))
    staging.mkdir(mode=0o700)


def _copy(source: Path, target: Path) -> None:
    _copy_file(source / "checkpoints.bin", target / "checkpoints.bin")
    for name in _DATABASES:
        if (source / name).is_file():
            copy_database(source / name, target / name)
    (target / "keys").mkdir(mode=0o700)
    for file in sorted((source / "keys").glob("*.key")):
        _copy_file(file, target / "keys" / file.name)
    for name in _FILES:
        _copy_file(source / name, target / name)


def _copy_file(source: Path, target: Path) -> None:
    if source.is_file():
        durable.write(target, source.read_bytes(), 0o600)


def _pictures(folder: DataFolder, to: Path) -> tuple[Copied, str]:
    """Copy pictures, once the history is safe; what hinders it does not undo that."""
    try:
        return folder.pictures().copy_to(PictureFolder(to / PICTURES)), ""
    except StorageError as failure:
        return Copied(0), str(failure)


# ── proving ────────────────────────────────────────────────────────────────────────


def _verified(staging: Path, made_at: datetime, progress: Progress | None) -> Manifest:
    """Read the copy from its first record to its last, as a stranger would."""
    copy = DataFolder.open(staging)
    report = verify(copy, progress)
    if report.fault:
        said = f"{report.fault.code} {report.fault.detail}".strip()
        raise UnverifiedError(report.fault.position, said)
    with closing(copy.history()) as history:
        for name in ("server", "console", "access"):
            if not history.held(bytes.fromhex(copy.own_log(name).log)).sequence:
                said = _("the history does not hold the log “{name}”: it was cut short or replaced")
                raise FolderError(said.format(name=name))
    shutil.rmtree(staging / "locks", ignore_errors=True)
    files = sorted(one for one in staging.rglob("*") if one.is_file())
    return Manifest(
        bureau=copy.about.bureau,
        name=copy.about.name,
        made_at=made_at,
        size=report.size,
        head=report.head,
        files={str(one.relative_to(staging)): _digest(one) for one in files},
    )


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _pretty(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


# ── rotating ───────────────────────────────────────────────────────────────────────


def _drop_older(to: Path, now: datetime, days: int) -> list[Path]:
    """Delete the backups that are older; what does not say that it is one is left alone."""
    dropped: list[Path] = []
    for path in sorted(to.glob(f"{_NAME}*")):
        try:
            age = now - read_manifest(path).made_at
        except FolderError:
            continue
        if age.total_seconds() > days * _DAY:
            shutil.rmtree(path)
            dropped.append(path)
    return dropped
