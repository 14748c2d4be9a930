"""Views in SQLite, in a file of their own, over the library's tracking recorder.

The library moves the tracked position forward only; that alone would let a stale runner
overwrite newer documents. So the position a save starts from is compared inside the
transaction, which begins IMMEDIATE: a deferred one would fail as soon as two runners read
before they write. Views can be folded again, hence `synchronous = NORMAL`: after a power cut
the file may be a little behind, never torn.

A file belongs to one stamp (`file_name`), says so itself with the versions of its views, and is
never emptied for another: what a newer program folds stands in a file beside it. Whether it
`serves` is written in it as well: a file being folded beside another one does not, yet.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec
from eventsourcing.persistence import PersistenceError, Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore, SQLiteTrackingRecorder
from msgspec import Struct

from events.errors import StorageError
from projections import sqlite_rows
from projections.catalogue import stamp
from projections.sqlite_snapshot import SQLiteSnapshot, snapshot
from projections.view import View
from projections.views import (
    Condition,
    DamagedViewsError,
    Found,
    OtherViewsError,
    Query,
    Saved,
    StaleError,
)

LAYOUT: Final = 2
_NAME: Final = "views"
_DIGITS: Final = 12
_MOST_LOG: Final = 64_000_000  # bytes of SQLite's log beside the file

Use: TypeAlias = Literal["fold", "read", "older"]


class Made(Struct, frozen=True):
    """What a file of views says of itself. `versions` are empty where none were written."""

    stamp: str
    versions: Mapping[str, int]
    serves: bool
    position: int


def stamp_of(views: Sequence[View]) -> str:
    """Return what the documents of a file depend on: the views, and how a file lays them out."""
    return sha256(f"{LAYOUT} {stamp(views)}".encode()).hexdigest()


def file_name(views: Sequence[View]) -> str:
    """Return the name of the file in which these views are kept, by this program."""
    return f"views-{stamp_of(views)[:_DIGITS]}.sqlite"


def look(path: Path) -> Made | None:
    """Return what a file says of itself, None where it says nothing; it is only read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            found.row_factory = sqlite3.Row
            row = found.execute("SELECT * FROM made_with").fetchone()
            reached = found.execute(
                "SELECT MAX(notification_id) FROM tracking WHERE application_name = ?", (_NAME,)
            ).fetchone()[0]
    except sqlite3.OperationalError:  # no such table: nobody has begun it
        return None
    except sqlite3.Error as failure:
        raise _failed(path.name, failure) from failure
    if row is None:
        return None
    said = dict(row)
    return Made(said["stamp"], _versions_in(said), bool(said.get("serves", True)), reached or 0)


def _versions_in(said: Mapping[str, Any]) -> dict[str, int]:
    return msgspec.json.decode(said.get("versions", "{}"), type=dict[str, int])


class SQLiteViews(SQLiteTrackingRecorder):
    """One table for each view: key, position that touched it last, document, columns.

    To `fold` is to make the file if there is none, to `read` is not. `older` reads a file that
    another program folded with these views (or some of them), whatever its vocabulary was.
    Opening raises `OtherViewsError` where the file is of another stamp, or has other versions;
    `DamagedViewsError` where it is none of SQLite's or damaged, `StorageError` where it cannot
    be read or written, as does whatever is asked of it later.
    """

    def __init__(self, path: str | Path, views: Sequence[View], use: Use = "fold") -> None:
        if use != "fold" and not Path(path).is_file():
            raise StorageError(f"{Path(path).name} is missing")
        super().__init__(SQLiteDatastore(str(path), pool_size=2))
        self.views = tuple(views)
        self._path = Path(path)
        self._file = Path(path).name
        self._stamp = stamp_of(views)
        self._columns = {view.name: tuple(view.columns) for view in views}
        try:
            if use == "fold":
                self._open()
            self._require(older=use == "older")
        except (PersistenceError, sqlite3.Error) as failure:
            self.close()
            raise _failed(self._file, failure) from failure
        except StorageError:
            self.close()
            raise

    def _open(self) -> None:
        self.create_table()
        with self._writing() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS made_with (stamp TEXT, versions TEXT, serves INTEGER)"
            )
            cursor.execute("SELECT stamp FROM made_with")
            if cursor.fetchone() is None:
                self._empty(cursor)
                cursor.execute(
                    "INSERT INTO made_with VALUES (?, ?, 0)", (self._stamp, self._versions())
                )

    def _require(self, *, older: bool) -> None:
        """Raise `OtherViewsError` rather than read what another version folded."""
        with self._reading() as cursor:
            cursor.execute("SELECT * FROM made_with")
            row = cursor.fetchone()
        said: dict[str, Any] = dict(row) if row else {}
        if older:
            versions = _versions_in(said)
            same = all(versions.get(view.name) == view.version for view in self.views)
        else:
            same = said.get("stamp") == self._stamp
        if not same:
            raise OtherViewsError(f"{self._file} was folded by another version")

    def _versions(self) -> str:
        return msgspec.json.encode({view.name: view.version for view in self.views}).decode()

    @property
    def serves(self) -> bool:
        """Whether answers are read from it, or it still is folded beside another file."""
        with self._reading() as cursor:
            cursor.execute("SELECT serves FROM made_with")
            return bool(cursor.fetchone()["serves"])

    def take_over(self) -> None:
        """From now on it serves."""
        with self._writing() as cursor:
            cursor.execute("UPDATE made_with SET serves = 1")

    def position(self) -> int:
        with self._telling():
            return self.max_tracking_id(_NAME) or 0

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        with self._reading() as cursor:
            return sqlite_rows.load(cursor, view, keys)

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        with self._writing() as cursor:
            held = self._max_tracking_id(_NAME, cursor) or 0
            if held != after:
                raise StaleError(held, after)
            for view, rows in documents.items():
                if rows:
                    self._put(cursor, view, rows)
            if position != after:
                self._insert_tracking(cursor, Tracking(_NAME, position))

    def _put(self, cursor: SQLiteCursor, view: str, rows: Sequence[Saved]) -> None:
        """Insert what is new; of the rest write the columns that changed, and their indexes only.

        An index is written anew for each column that is set, whether or not it has the value.
        """
        names = self._columns[view]
        held = sqlite_rows.columns(cursor, view, names, [row.key for row in rows])
        batches: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows:
            before = held.get(row.key)
            if before is None:
                batches[_insert(view, names)].append(
                    (row.key, row.position, row.document, *row.columns)
                )
            else:
                changed = [at for at, one in enumerate(row.columns) if one != before[at]]
                batches[_update(view, tuple([names[at] for at in changed]))].append(
                    (row.position, row.document, *[row.columns[at] for at in changed], row.key)
                )
        for statement, values in batches.items():
            cursor.executemany(statement, values)

    def select(self, query: Query) -> list[Found]:
        with self._reading() as cursor:
            return sqlite_rows.select(cursor, query)

    def last_of(self, query: Query, by: str, values: Iterable[str]) -> list[Found]:
        with self._reading() as cursor:
            return sqlite_rows.last_of(cursor, query, by, values)

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        with self._reading() as cursor:
            return sqlite_rows.count(cursor, view, where)

    @contextmanager
    def snapshot(self) -> Generator[SQLiteSnapshot | None]:
        """See `Snapshots.snapshot`. A database in memory has none."""
        if not self._path.is_file():
            yield None
            return
        with snapshot(self._path, self.views, _NAME) as views:
            yield views

    @property
    def outgrown(self) -> bool:
        """See `Snapshots.outgrown`: SQLite's log grows for as long as somebody reads from it."""
        log = self._path.with_name(f"{self._file}-wal")
        return log.is_file() and log.stat().st_size > _MOST_LOG

    def settle(self) -> None:
        """See `Snapshots.settle`."""
        with self._telling(), self.datastore.get_connection(commit=False) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def reset(self) -> None:
        with self._writing() as cursor:
            self._empty(cursor)

    def close(self) -> None:
        self.datastore.close()

    def _empty(self, cursor: SQLiteCursor) -> None:
        cursor.execute("SELECT name FROM sqlite_master WHERE type='table' AND name GLOB 'view_*'")
        for row in cursor.fetchall():
            cursor.execute(f"DROP TABLE {row['name']}")
        for view in self.views:
            for statement in _tables(view):
                cursor.execute(statement)
        cursor.execute("DELETE FROM tracking WHERE application_name = ?", (_NAME,))

    @contextmanager
    def _writing(self) -> Generator[SQLiteCursor]:
        with self._telling(), self.datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            with cursor:
                cursor.execute("PRAGMA synchronous = NORMAL")
                cursor.execute("PRAGMA wal_autocheckpoint = 8000")  # pages: 32 MB
                cursor.execute("PRAGMA cache_size = -64000")  # KiB: what a page touches stays held
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    yield cursor
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()

    @contextmanager
    def _reading(self) -> Generator[SQLiteCursor]:
        with self._telling(), self.datastore.transaction(commit=False) as cursor:
            yield cursor

    @contextmanager
    def _telling(self) -> Generator[None]:
        """Say in our words what failed."""
        try:
            yield
        except (PersistenceError, sqlite3.Error) as failure:
            raise _failed(self._file, failure) from failure


def _failed(file: str, failure: Exception) -> StorageError:
    damaged = sqlite3.DatabaseError in (type(failure), type(failure.__cause__))
    return (DamagedViewsError if damaged else StorageError)(f"{file} failed: {failure}")


def _tables(view: View) -> Iterable[str]:
    table = sqlite_rows.table(view.name)
    columns = "".join(f", {name} {kind.upper()} NOT NULL" for name, kind in view.columns.items())
    yield (
        f"CREATE TABLE {table} (key TEXT PRIMARY KEY NOT NULL, position INTEGER NOT NULL"
        f"{columns}, document BLOB NOT NULL)"
    )
    yield f"CREATE INDEX {table}_position ON {table} (position, key)"
    for number, names in enumerate(view.indexes):
        yield f"CREATE INDEX {table}_{number} ON {table} ({', '.join(names)}, key)"


@cache
def _insert(view: str, columns: tuple[str, ...]) -> str:
    names = ("key", "position", "document", *columns)
    return (
        f"INSERT INTO {sqlite_rows.table(view)} ({', '.join(names)}) "  # noqa: S608  names are ours
        f"VALUES ({', '.join('?' * len(names))})"
    )


@cache
def _update(view: str, columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = ?" for name in ("position", "document", *columns))
    return f"UPDATE {sqlite_rows.table(view)} SET {changes} WHERE key = ?"  # noqa: S608  likewise
