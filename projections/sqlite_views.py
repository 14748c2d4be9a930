"""Views in SQLite, in a file of their own, over the library's tracking recorder.

The library moves the tracked position forward only; that alone would let a stale runner
overwrite newer documents. So the position a save starts from is compared inside the
transaction, which begins IMMEDIATE: a deferred one would fail as soon as two runners read
before they write. Views can be folded again, hence `synchronous = NORMAL`: after a power cut
the file may be a little behind, never torn.
"""

import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from eventsourcing.persistence import PersistenceError, Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore, SQLiteTrackingRecorder

from events.errors import StorageError
from projections.catalogue import stamp
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

LAYOUT: Final = 1
_NAME: Final = "views"
_INFINITE: Final = -1


class SQLiteViews(SQLiteTrackingRecorder):
    """One table for each view: key, position that touched it last, document, columns.

    Opening raises `DamagedViewsError` where the file is none of SQLite's or damaged, and
    `StorageError` where it cannot be written. Without `rebuild` it is only read, and
    `OtherViewsError` says that other versions folded it: otherwise it is emptied then.
    """

    def __init__(self, path: str | Path, views: Sequence[View], *, rebuild: bool = True) -> None:
        super().__init__(SQLiteDatastore(str(path), pool_size=2))
        self.views = tuple(views)
        self._stamp = f"{LAYOUT} {stamp(views)}"
        self._upserts = {view.name: _upsert(view) for view in views}
        try:
            self._open() if rebuild else self._require_same()
        except (PersistenceError, sqlite3.Error) as failure:
            self.close()
            kind = DamagedViewsError if type(failure) is sqlite3.DatabaseError else StorageError
            raise kind(f"{Path(path).name} failed: {failure}") from failure

    def _open(self) -> None:
        self.create_table()
        with self._writing() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS made_with (stamp TEXT)")
            cursor.execute("SELECT stamp FROM made_with")
            row = cursor.fetchone()
            if row is None or row["stamp"] != self._stamp:
                self._empty(cursor)

    def _require_same(self) -> None:
        """Raise `OtherViewsError` rather than empty what another version folded."""
        with self._reading() as cursor:
            cursor.execute("SELECT stamp FROM made_with")
            row = cursor.fetchone()
        if row is None or row["stamp"] != self._stamp:
            self.close()
            raise OtherViewsError("the views were folded by another version")

    def position(self) -> int:
        return self.max_tracking_id(_NAME) or 0

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        wanted = msgspec.json.encode(list(keys)).decode()
        with self._reading() as cursor:
            cursor.execute(
                f"SELECT key, document FROM {_table(view)} "  # noqa: S608  names are ours
                "WHERE key IN (SELECT value FROM json_each(?))",
                (wanted,),
            )
            return {row[0]: row[1] for row in cursor.fetchall()}

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        with self._writing() as cursor:
            held = self._max_tracking_id(_NAME, cursor) or 0
            if held != after:
                raise StaleError(held, after)
            for view, rows in documents.items():
                if rows:
                    cursor.executemany(
                        self._upserts[view],
                        [(row.key, row.position, row.document, *row.columns) for row in rows],
                    )
            if position != after:
                self._insert_tracking(cursor, Tracking(_NAME, position))

    def select(self, query: Query) -> list[Found]:
        statement, values = _select(query)
        width = len(query.columns) + 1
        with self._reading() as cursor:
            cursor.execute(statement, values)
            rows = cursor.fetchall()
        if query.document:
            return [Found(row[0], tuple(row[1:width]), row[width]) for row in rows]
        return [Found(row[0], tuple(row[1:])) for row in rows]

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        clause, values = _where(where)
        with self._reading() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {_table(view)}{clause}", values)  # noqa: S608
            return int(cursor.fetchone()[0])

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
        cursor.execute("DELETE FROM made_with")
        cursor.execute("INSERT INTO made_with VALUES (?)", (self._stamp,))

    @contextmanager
    def _writing(self) -> Generator[SQLiteCursor]:
        with self.datastore.get_connection(commit=True) as connection:
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
        with self.datastore.transaction(commit=False) as cursor:
            yield cursor


def _table(view: str) -> str:
    return f"view_{view}"


def _tables(view: View) -> Iterable[str]:
    table = _table(view.name)
    columns = "".join(f", {name} {kind.upper()} NOT NULL" for name, kind in view.columns.items())
    yield (
        f"CREATE TABLE {table} (key TEXT PRIMARY KEY NOT NULL, position INTEGER NOT NULL"
        f"{columns}, document BLOB NOT NULL)"
    )
    yield f"CREATE INDEX {table}_position ON {table} (position, key)"
    for number, names in enumerate(view.indexes):
        yield f"CREATE INDEX {table}_{number} ON {table} ({', '.join(names)}, key)"


def _upsert(view: View) -> str:
    names = ("key", "position", "document", *view.columns)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    return (
        f"INSERT INTO {_table(view.name)} ({', '.join(names)}) "  # noqa: S608  names are ours
        f"VALUES ({', '.join('?' * len(names))}) ON CONFLICT (key) DO UPDATE SET {changes}"
    )


def _where(where: Sequence[Condition]) -> tuple[str, list[Any]]:
    terms: list[str] = []
    values: list[Any] = []
    for name, operator, value in where:
        if operator == "in":
            terms.append(f"{name} IN (SELECT value FROM json_each(?))")  # noqa: S608  our name
            values.append(msgspec.json.encode(list(value)).decode())
        else:
            terms.append(f"{name} {operator} ?")
            values.append(value)
    return (f" WHERE {' AND '.join(terms)}" if terms else ""), values


def _select(query: Query) -> tuple[str, list[Any]]:
    order = (*query.order, "key")
    clause, values = _where(query.where)
    if query.after is not None:
        edge = (
            f"({', '.join(order)}) {'<' if query.falling else '>'} ({', '.join('?' * len(order))})"
        )
        clause = f"{clause} AND {edge}" if clause else f" WHERE {edge}"
        values += query.after
    names = ("key", *query.columns, *(("document",) if query.document else ()))
    direction = " DESC" if query.falling else ""
    ranked = ", ".join(f"{name}{direction}" for name in order)
    values.append(_INFINITE if query.limit is None else query.limit)
    statement = (
        f"SELECT {', '.join(names)} FROM {_table(query.view)}{clause} "  # noqa: S608  names are ours
        f"ORDER BY {ranked} LIMIT ?"
    )
    return statement, values
