"""The history in one SQLite file, through the `eventsourcing` library's recorder.

A log is an originator, its sequence the version, the position the notification id (SQLite's
rowid: nothing is ever deleted). WAL with `synchronous=FULL`: a commit is an fsync. Several
processes may append; the write lock is taken first, so none works from a stale head.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor, SQLiteDatastore

from events import envelope
from events.envelope import Entry
from events.errors import ConflictError, StorageError
from events.memory_store import held_at
from events.store import Held, Stored, fresh

FULL: Final = 2
_COLUMNS = "rowid, originator_id, originator_version, topic, state"


class ImmediateDatastore(SQLiteDatastore):
    """The library's datastore, but a writer takes the write lock before it reads."""

    @contextmanager
    def transaction(self, *, commit: bool) -> Generator[SQLiteCursor]:
        """Open a transaction; `commit` says that it will write."""
        with self.get_connection(commit=commit) as connection:
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE" if commit else "BEGIN")
            try:
                yield cursor
            except BaseException:
                connection.rollback()
                raise
            if commit:
                connection.commit()
            else:
                connection.rollback()


class SQLiteStore:
    """An `EventStore` over `SQLiteApplicationRecorder`."""

    def __init__(self, file: Path, *, table: str = "history") -> None:
        self._table = table
        try:
            self._datastore = ImmediateDatastore(str(file), originator_id_type="text")
            self._recorder = _Recorder(self._datastore, table)
            with self._datastore.transaction(commit=False) as cursor:
                _require_full(cursor)
            self._recorder.create_table()
        except (PersistenceError, sqlite3.Error) as failure:
            raise _storage(failure) from failure

    def held(self, log: bytes) -> Held:
        """See `EventStore.held`."""
        last = self._rows(
            "WHERE originator_id=? ORDER BY originator_version DESC LIMIT 1", log.hex()
        )
        return held_at(last[0]) if last else Held()

    def append(self, log: bytes, after: int, run: Sequence[Entry], received_at: int) -> Held:
        """See `EventStore.append`."""
        new = fresh(self, log, after, run)
        if not new:
            return self.held(log)
        try:
            position, received = self._recorder.insert_received(log.hex(), new, received_at)
        except IntegrityError as lost_race:
            held = self.held(log)
            raise ConflictError(held.sequence, held.hash) from lost_race
        except (PersistenceError, sqlite3.Error) as failure:
            raise _storage(failure) from failure
        return Held(new[-1].header.sequence, new[-1].hash, position, received)

    def read(self, after: int, limit: int, tags: Sequence[str] = ()) -> Sequence[Stored]:
        """See `EventStore.read`."""
        some = f"AND topic IN ({','.join('?' * len(tags))}) " if tags else ""
        return self._rows(f"WHERE rowid>? {some}ORDER BY rowid LIMIT ?", after, *tags, limit)

    def read_log(self, log: bytes, after: int, limit: int) -> Sequence[Stored]:
        """See `EventStore.read_log`."""
        return self._rows(
            "WHERE originator_id=? AND originator_version>? ORDER BY originator_version LIMIT ?",
            log.hex(),
            after,
            limit,
        )

    def size(self) -> int:
        """See `EventStore.size`."""
        try:
            return self._recorder.max_notification_id() or 0
        except (PersistenceError, sqlite3.Error) as failure:
            raise _storage(failure) from failure

    def close(self) -> None:
        """Close the file's connections."""
        self._datastore.close()

    def _rows(self, where: str, *values: str | int) -> list[Stored]:
        try:
            with self._datastore.get_connection(commit=False) as connection:
                cursor = connection.cursor()  # one statement sees one state of the file
                cursor.execute(f"SELECT {_COLUMNS} FROM {self._table} {where}", values)  # noqa: S608  our own words
                return list(map(Stored._make, cursor.fetchall()))
        except (PersistenceError, sqlite3.Error) as failure:
            raise _storage(failure) from failure


class _Recorder(SQLiteApplicationRecorder):
    def insert_received(self, log: str, run: Sequence[Entry], received_at: int) -> tuple[int, int]:
        """Insert `run` in one transaction; return its last position and its `received_at`."""
        with self.datastore.transaction(commit=True) as cursor:
            self._require_next(cursor, log, run[0].header.sequence)
            received = max(received_at, self._last_received(cursor))
            positions = self._insert_events(
                cursor,
                [
                    StoredEvent(
                        log,
                        entry.header.sequence,
                        entry.header.tag,
                        envelope.encode_stored(received, envelope.encode(entry)),
                    )
                    for entry in run
                ],
            )
        return (positions or [0])[-1], received

    def _require_next(self, cursor: SQLiteCursor, log: str, sequence: int) -> None:
        cursor.execute(
            f"SELECT MAX(originator_version) FROM {self.events_table_name} WHERE originator_id=?",  # noqa: S608
            (log,),
        )
        if (cursor.fetchone()[0] or 0) + 1 != sequence:
            msg = "another writer was here first"
            raise IntegrityError(msg)

    def _last_received(self, cursor: SQLiteCursor) -> int:
        cursor.execute(
            f"SELECT state FROM {self.events_table_name} ORDER BY rowid DESC LIMIT 1"  # noqa: S608
        )
        last = cursor.fetchone()
        return envelope.received_at_of(last[0]) if last else 0


def _require_full(cursor: SQLiteCursor) -> None:
    cursor.execute("PRAGMA synchronous")
    level = cursor.fetchone()[0]
    if level < FULL:
        msg = f"this SQLite was built with synchronous={level}; a record would not be durable"
        raise StorageError(msg)


def _storage(failure: Exception) -> StorageError:
    return StorageError(f"the store failed: {failure}")
