"""What the tablet was sent: documents, doorstep cards, receipts, and how far each went.

One SQLite file. Documents can be pulled again; receipts cannot, so every commit is an fsync.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from msgspec import Struct, structs

from events.errors import StorageError
from events.pull import Document

_LAYOUT = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
PRAGMA secure_delete=ON;
CREATE TABLE IF NOT EXISTS documents (
    view TEXT NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (view, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (
    object TEXT PRIMARY KEY, subject TEXT NOT NULL, log BLOB NOT NULL, sealed BLOB NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipts (
    log BLOB NOT NULL, sequence INTEGER NOT NULL, position INTEGER NOT NULL, raw BLOB NOT NULL,
    PRIMARY KEY (log, sequence)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class Card(Struct, frozen=True):
    """Name and address of the household `object`, sealed for our `log` until `expires` (µs)."""

    object: str
    subject: str
    log: bytes
    sealed: bytes
    expires: int


class SQLiteReference:
    """The file `reference.sqlite`. Safe for several threads."""

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        try:
            self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._db.executescript(_LAYOUT)
        except sqlite3.Error as failure:
            raise _storage(failure) from failure

    # ── documents and cards ────────────────────────────────────────────────────────

    def take(
        self,
        documents: Sequence[Document] = (),
        cards: Sequence[Card] = (),
        *,
        kept: dict[str, bytes] | None = None,
        erased: Sequence[str] = (),
        reset: bool = False,
    ) -> None:
        """Keep one page of a pull: whole or not at all. `reset` forgets all that was before.

        The cards of `erased` subjects are destroyed: no byte of them stays in the files.
        """
        with self._writing() as db:
            if reset:
                db.execute("DELETE FROM documents")
                db.execute("DELETE FROM cards")
            db.executemany(
                "INSERT INTO documents VALUES (?,?,?,?) ON CONFLICT (view, key) DO UPDATE SET "
                "position=excluded.position, document=excluded.document "
                "WHERE excluded.position >= position",
                [(d.view, d.key, d.position, bytes(d.document)) for d in documents if not d.gone],
            )
            db.executemany(
                "DELETE FROM documents WHERE view=? AND key=? AND position<=?",
                [(d.view, d.key, d.position) for d in documents if d.gone],
            )
            db.executemany(
                "INSERT OR REPLACE INTO cards VALUES (?,?,?,?,?)",
                [structs.astuple(card) for card in cards],
            )
            db.executemany("DELETE FROM cards WHERE subject=?", [(one,) for one in erased])
            db.executemany("INSERT OR REPLACE INTO kept VALUES (?,?)", (kept or {}).items())
        if erased or reset:
            self._scrub()

    def document(self, view: str, key: str) -> bytes | None:
        found = self._select("SELECT document FROM documents WHERE view=? AND key=?", view, key)
        return found[0][0] if found else None

    def documents(self, view: str) -> list[tuple[str, bytes]]:
        """Return all documents of a view with their keys, by key."""
        return self._select("SELECT key, document FROM documents WHERE view=? ORDER BY key", view)

    def card(self, key: str, now: int) -> Card | None:
        """Return the card of an object; None where there is none or its time is over."""
        found = self._select(
            "SELECT object, subject, log, sealed, expires FROM cards WHERE object=? AND expires>?",
            key,
            now,
        )
        return Card(*found[0]) if found else None

    def drop_expired(self, now: int) -> int:
        """Destroy the cards whose time is over; return how many."""
        with self._writing() as db:
            gone = db.execute("DELETE FROM cards WHERE expires<=?", (now,)).rowcount
        if gone:
            self._scrub()
        return gone

    # ── receipts, and whatever else must not be lost ───────────────────────────────

    def keep_receipt(
        self, log: bytes, sequence: int, position: int, raw: bytes, kept: dict[str, bytes]
    ) -> None:
        """Keep a receipt together with what follows from it."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO receipts VALUES (?,?,?,?)", (log, sequence, position, raw)
            )
            db.executemany("INSERT OR REPLACE INTO kept VALUES (?,?)", kept.items())

    def receipts(self, log: bytes) -> list[tuple[int, bytes]]:
        """Return the receipts of a log with the sequence each reaches, in order."""
        return self._select("SELECT sequence, raw FROM receipts WHERE log=? ORDER BY sequence", log)

    def covering(self, log: bytes, sequence: int) -> bytes | None:
        """Return the first receipt that covers an entry of a log."""
        found = self._select(
            "SELECT raw FROM receipts WHERE log=? AND sequence>=? ORDER BY sequence LIMIT 1",
            log,
            sequence,
        )
        return found[0][0] if found else None

    def kept(self, name: str) -> bytes | None:
        found = self._select("SELECT value FROM kept WHERE name=?", name)
        return found[0][0] if found else None

    def keep(self, values: dict[str, bytes]) -> None:
        """Keep values under their names."""
        with self._writing() as db:
            db.executemany("INSERT OR REPLACE INTO kept VALUES (?,?)", values.items())

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _scrub(self) -> None:
        """Have what was deleted leave the write-ahead log too."""
        self._select("PRAGMA wal_checkpoint(TRUNCATE)")

    def _select(self, statement: str, *values: str | bytes | int) -> list[tuple]:
        with self._lock:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as failure:
                raise _storage(failure) from failure

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as failure:
                raise _storage(failure) from failure


def _storage(failure: Exception) -> StorageError:
    return StorageError(f"the tablet's store failed: {failure}")
