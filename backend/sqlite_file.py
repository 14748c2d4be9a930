"""A small SQLite file of the office's own, beside the history: durable, for several processes."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from typing import Any

from events.errors import StorageError

__all__ = ["Connection", "SQLiteFile", "copy_database"]


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


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, whoever writes it meanwhile, for its owner alone.

    `StorageError` where it cannot be read, or is damaged; `OSError` where `target` is there.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as here:
            there.backup(here)
            (found,) = here.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as failure:
        raise StorageError(f"{source.name} failed: {failure}") from failure
    if found != "ok":
        raise StorageError(f"{source.name} is damaged: {found}")
