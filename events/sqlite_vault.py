"""The vault in one SQLite file.

`secure_delete` overwrites what is freed; no write-ahead log, so no older page stays behind;
the rollback journal holds only pages from before and is removed with each commit; VACUUM after
an erasure leaves no free page.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from events.errors import ErasedError, StorageError
from events.sealing import WrappedKey

_LAYOUT = """
CREATE TABLE IF NOT EXISTS keys (
    id BLOB PRIMARY KEY, subject BLOB NOT NULL, serial INTEGER NOT NULL, wrapped BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_of_subject ON keys (subject);
CREATE TABLE IF NOT EXISTS erased (id BLOB PRIMARY KEY, subject BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS erased_subjects ON erased (subject);
"""
_KEYS = "SELECT id, subject, serial, wrapped FROM keys"


class SQLiteVault:
    """A `Vault` in the file at `file`."""

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        try:
            self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._db.executescript(
                "PRAGMA secure_delete=ON; PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;"
                + _LAYOUT
            )
        except sqlite3.Error as failure:
            raise _storage(failure) from failure

    def put(self, keys: Sequence[WrappedKey]) -> None:
        """See `Vault.put`."""
        if not keys:
            return
        with self._writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO erased SELECT ?1,?2 "
                "WHERE EXISTS (SELECT 1 FROM erased WHERE subject=?2) "
                "AND NOT EXISTS (SELECT 1 FROM keys WHERE id=?1)",
                [(key.id, key.subject) for key in keys],
            )
            db.executemany(
                "INSERT OR IGNORE INTO keys SELECT ?1,?2,?3,?4 "
                "WHERE NOT EXISTS (SELECT 1 FROM erased WHERE subject=?2 OR id=?1)",
                [(key.id, key.subject, key.serial, key.wrapped) for key in keys],
            )

    def get(self, key: bytes) -> WrappedKey | None:
        """See `Vault.get`."""
        found = self._select(f"{_KEYS} WHERE id=?", key)
        if not found and self._select("SELECT 1 FROM erased WHERE id=?", key):
            msg = "the key was destroyed"
            raise ErasedError(msg)
        return WrappedKey(*found[0]) if found else None

    def of_subject(self, subject: bytes) -> Sequence[WrappedKey]:
        """See `Vault.of_subject`."""
        return [WrappedKey(*row) for row in self._select(f"{_KEYS} WHERE subject=?", subject)]

    def erase(self, subject: bytes) -> Sequence[bytes]:
        """See `Vault.erase`."""
        with self._writing() as db:
            gone = [row[0] for row in db.execute("SELECT id FROM keys WHERE subject=?", (subject,))]
            db.executemany(
                "INSERT OR IGNORE INTO erased VALUES (?,?)",
                [(key, subject) for key in (*gone, subject)],
            )
            db.execute("DELETE FROM keys WHERE subject=?", (subject,))
            ids = db.execute("SELECT id FROM erased WHERE subject=?1 AND id<>?1", (subject,))
            result = [row[0] for row in ids]
        self._vacuum()
        return result

    def replace(self, keys: Sequence[WrappedKey]) -> None:
        """See `Vault.replace`."""
        with self._writing() as db:
            db.executemany(
                "UPDATE keys SET serial=?, wrapped=? WHERE id=? AND subject=?",
                [(key.serial, key.wrapped, key.id, key.subject) for key in keys],
            )
        self._vacuum()

    def wrapped_before(self, serial: int) -> Sequence[WrappedKey]:
        """See `Vault.wrapped_before`."""
        return [WrappedKey(*row) for row in self._select(f"{_KEYS} WHERE serial<?", serial)]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _select(self, statement: str, value: bytes | int) -> list[tuple[bytes, bytes, int, bytes]]:
        with self._lock:
            try:
                return self._db.execute(statement, (value,)).fetchall()
            except sqlite3.Error as failure:
                raise _storage(failure) from failure

    def _vacuum(self) -> None:
        with self._lock:
            try:
                self._db.execute("VACUUM")
            except sqlite3.Error as failure:
                raise _storage(failure) from failure

    def _writing(self) -> "_Writing":
        return _Writing(self._db, self._lock)


class _Writing:
    """A write transaction under the vault's lock."""

    def __init__(self, db: sqlite3.Connection, lock: Lock) -> None:
        self._db = db
        self._lock = lock

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as failure:
            self._lock.release()
            raise _storage(failure) from failure
        return self._db

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._db.execute("ROLLBACK" if kind else "COMMIT")
        except sqlite3.Error as failure:
            raise _storage(failure) from failure
        finally:
            self._lock.release()


def _storage(failure: Exception) -> StorageError:
    return StorageError(f"the vault failed: {failure}")
