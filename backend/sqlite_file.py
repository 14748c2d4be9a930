"""A small SQLite file of the office's own, beside the history: durable, for several processes."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import Any

from events.errors import StorageError

__all__ = ["Connection", "SQLiteFile"]


class SQLiteFile:
    """Tables by `layout` in one file. A transaction takes the write lock first."""

    def __init__(self, file: Path, layout: str) -> None:
        self._file = file
        self._lock = Lock()
        try:
            self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._db.executescript("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;" + layout)
        except sqlite3.Error as failure:
            raise self._storage(failure) from failure

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Open a transaction that commits at the end, whole or not at all."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                finally:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
            except sqlite3.Error as failure:
                raise self._storage(failure) from failure

    def rows(self, statement: str, *values: bytes | float | str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._lock:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as failure:
                raise self._storage(failure) from failure

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _storage(self, failure: Exception) -> StorageError:
        return StorageError(f"{self._file.name} failed: {failure}")
