"""The files of views in a data folder: one for each version of the program that folded there.

A file is named after its stamp, so a newer program never touches the file of an older one: it
folds its own beside it (`backend.rebuilding`). Of the files that served before, the last one is
kept: with it the program before can be started again at once, and what it showed be compared.
Only one, as each is as large as all answers together.

Where a database keeps the views, a file is a set of collections there; all else is the same.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from backend import durable
from backend.folder import DataFolder
from backend.kept_views import KeptViews
from backend.mongodb.bureau import BureauDatabase
from events.errors import StorageError
from projections.agreement import Comparison
from projections.published import views_of
from projections.sqlite_views import Made, SQLiteViews, look

_PATTERN: Final = "views*.sqlite"


class ViewFile(Struct, frozen=True):
    """A file, and what it says of itself: None where it says nothing or cannot be read."""

    path: Path
    made: Made | None

    @property
    def serves(self) -> bool:
        """Whether answers were read from it."""
        return self.made is not None and self.made.serves

    @property
    def position(self) -> int:
        """How far it was folded."""
        return self.made.position if self.made else 0

    @property
    def versions(self) -> Mapping[str, int]:
        """The versions of its views."""
        return self.made.versions if self.made else {}

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return self.path.stat().st_size

    def open(self) -> KeptViews:
        """Open it as the older file it is, with those of its views that were published."""
        return SQLiteViews(self.path, views_of(self.versions), "older")

    def delete(self) -> None:
        """Delete it with all that belongs to it."""
        for path in (self.path, *(_beside(self.path, one) for one in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
        comparison_file(self.path).unlink(missing_ok=True)


class ViewSet(ViewFile, frozen=True):
    """The same in a database. `path` stands for its name, and for where its comparison is."""

    database: BureauDatabase

    @property
    def size(self) -> int:
        return self.database.size_of(self.path.name)

    def open(self) -> KeptViews:
        return self.database.views(views_of(self.versions), "older", self.path.name)

    def delete(self) -> None:
        self.database.drop(self.path.name)
        comparison_file(self.path).unlink(missing_ok=True)


def own(folder: DataFolder) -> ViewFile | None:
    """Return the file of the views of this program, None where it was never begun."""
    return next((one for one in files(folder) if one.path == folder.views_file), None)


def files(folder: DataFolder) -> list[ViewFile]:
    """Return all files of views, by name."""
    database = folder.database
    if database is not None:
        made = [
            (made, Made(made.stamp, made.versions, made.serves, made.position))
            for made in database.sets()
        ]
        return [ViewSet(folder.path / one.name, said, database) for one, said in made]
    return [ViewFile(path, _look(path)) for path in sorted(folder.path.glob(_PATTERN))]


def older(folder: DataFolder) -> ViewFile | None:
    """Return the file that served before the one of this program: that which came furthest."""
    return max(_replaced(folder), key=lambda one: (one.position, one.path.name), default=None)


def drop_older(folder: DataFolder, keep: Path | None = None) -> Sequence[Path]:
    """Delete the files that served before, but for `keep`; return which.

    One that a newer program still folds served nobody yet, and stays.
    """
    gone = [one for one in _replaced(folder) if one.path != keep]
    for one in gone:
        one.delete()
    return [one.path for one in gone]


def comparison_file(file: Path) -> Path:
    """Return where it is written how a file compared with the one it took over from."""
    return file.with_suffix(".compared.json")


def write_comparison(file: Path, found: Comparison) -> None:
    """Write how a file compares with the one before it."""
    raw = msgspec.json.format(msgspec.json.encode(found), indent=1)
    durable.write(comparison_file(file), raw + b"\n")


def _replaced(folder: DataFolder) -> list[ViewFile]:
    return [one for one in files(folder) if one.serves and one.path != folder.views_file]


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}{suffix}")


def _look(path: Path) -> Made | None:
    try:
        return look(path)
    except StorageError:
        return None
