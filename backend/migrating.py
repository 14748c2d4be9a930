"""Moving a history from one store to another, and proving that it arrived whole.

Records go over in their order, an append of the same time of record at a time, so positions and
times come out as they were. What was moved before is not moved again: whoever was interrupted
starts again and goes on. Then both are read from the first record to the last and compared byte
for byte; only after that does the folder name the new place. The old one is left as it is.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from backend.enrolments import Enrolments
from backend.folder import DataFolder
from backend.mongodb.bureau import BureauDatabase, name_for
from backend.words import _
from events import merkle
from events.command import MONGODB
from events.errors import FolderError, StorageError
from events.merkle import Frontier
from events.sqlite_store import SQLiteStore
from events.store import EventStore, Stored

Kind: TypeAlias = Literal["sqlite", "mongodb"]
Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is done (`moved` or `compared`), how many records, of how many."""

_STEP: Final = 2_000
_MOST: Final = 1_000  # records of an append
_MOST_BYTES: Final = 8_000_000


class Moved(Struct, frozen=True):
    """What is held in both places now: all of it, the same. `head` in hex; `moved` this time."""

    size: int
    head: str
    moved: int
    place: str


class DifferentError(StorageError):
    """The two places hold different histories."""

    code = "different"


def migrate(folder: DataFolder, source: Kind, target: Kind, progress: Progress) -> Moved:
    """Move the history of a folder that nobody uses; `BusyError` where somebody does."""
    _require(folder, source, target)
    with ExitStack() as stack:
        for name in ("server", "console", "access"):
            stack.enter_context(folder.locked(name))
        place = "" if target == "sqlite" else name_for(_uri(), folder.bureau)
        old = stack.enter_context(_opened(folder, source, folder.about.database, new=False))
        new = stack.enter_context(_opened(folder, target, place, new=True))
        moved = move(old, new, progress)
        size, head = prove(old, new, progress)
        folder.kept_in(place)
    return Moved(size, head, moved, place or str(folder.history_file))


def move(source: EventStore, target: EventStore, progress: Progress) -> int:
    """Append to `target` what it lacks; return how much that was."""
    size, begun = source.size(), target.size()
    at = begun
    last = [list(store.read(begun - 1, 1)) if begun else [] for store in (source, target)]
    if begun > size or last[0] != last[1]:
        raise DifferentError(_("the new place holds another history; nothing was moved"))
    while page := source.read(at, _STEP):
        for run in _runs(page):
            entries = [one.record().entry for one in run]
            first = run[0]
            target.append(
                bytes.fromhex(first.log), first.sequence - 1, entries, first.record().received_at
            )
        at = page[-1].position
        progress("moved", at, size)
    return at - begun


def prove(source: EventStore, target: EventStore, progress: Progress) -> tuple[int, str]:
    """Return size and head of two histories that are the same; `DifferentError` if they are not."""
    tree, size = Frontier(), source.size()
    if target.size() != size:
        raise DifferentError(_different(min(size, target.size()) + 1))
    while tree.size < size:
        here, there = source.read(tree.size, _STEP), target.read(tree.size, _STEP)
        if list(here) != list(there):
            differs = (one for one, other in zip(here, there, strict=False) if one != other)
            first = next(differs, None)
            raise DifferentError(_different(first.position if first else tree.size + 1))
        for one in here:
            tree = merkle.add(tree, merkle.leaf_hash(one.record()))
        progress("compared", tree.size, size)
    return size, merkle.root(tree).hex()


def _runs(page: Sequence[Stored]) -> Iterator[list[Stored]]:
    """Cut a page into appends: of one log, with one time of record, not too large."""
    for _key, group in groupby(page, lambda one: (one.log, one.record().received_at)):
        run: list[Stored] = []
        size = 0
        for one in group:
            if run and (len(run) == _MOST or size + len(one.state) > _MOST_BYTES):
                yield run
                run, size = [], 0
            run.append(one)
            size += len(one.state)
        yield run


@contextmanager
def _opened(folder: DataFolder, kind: Kind, database: str, *, new: bool) -> Generator[EventStore]:
    store = _in_database(folder, database, new=new) if kind == "mongodb" else _in_file(folder, new)
    try:
        yield store
    finally:
        store.close()


def _in_database(folder: DataFolder, name: str, *, new: bool) -> EventStore:
    database = BureauDatabase(_uri(), name, folder.bureau)
    if new:
        database.found(again=True)
    database.require(writing=new)
    store: EventStore = database.history(
        lambda: Enrolments(store, folder.bureau, folder.first_root).roll().epoch
    )
    return store


def _in_file(folder: DataFolder, new: bool) -> EventStore:  # noqa: FBT001
    if not new and not folder.history_file.is_file():
        raise FolderError(_("{path} is missing").format(path=folder.history_file))
    return SQLiteStore(folder.history_file)


def _require(folder: DataFolder, source: Kind, target: Kind) -> None:
    held: Kind = "mongodb" if folder.about.database else "sqlite"
    if source != held:
        said = _("the history of {path} is kept in {held}")
        raise FolderError(said.format(path=folder.path, held=held))
    if source == target:
        raise FolderError(_("--from and --to are the same"))
    _uri()


def _uri() -> str:
    uri = os.environ.get(MONGODB, "")
    if not uri:
        raise FolderError(_("say where the database is: --mongodb URI"))
    return uri


def _different(position: int) -> str:
    said = _("the two histories differ at record {position}; the folder stays with the old one")
    return said.format(position=position)
