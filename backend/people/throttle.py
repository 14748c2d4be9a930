"""Guessing made slow: failures are counted by account and by address, known or not."""

from hashlib import sha256
from typing import Final

from backend.sqlite_file import SQLiteFile
from events.clock import Clock

FREE: Final = {"name": 5, "address": 30}  # failures that cost nothing
FIRST_SECONDS: Final = 60  # then each failure doubles the wait
LONGEST_SECONDS: Final = 3600
FORGOTTEN_SECONDS: Final = 24 * 3600
TABLES: Final = """
CREATE TABLE IF NOT EXISTS failures (
    who BLOB PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;
"""
_SECOND: Final = 1_000_000


class Throttle:
    """Counts failures. A name that nobody has is slowed down like any other."""

    def __init__(self, db: SQLiteFile, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def wait(self, name: str, address: str) -> int:
        """Return for how many seconds nothing is tried for this name or from this address."""
        now = self._clock.now().at
        until = 0
        for who in _both(name, address).values():
            rows = self._db.rows("SELECT until FROM failures WHERE who=?", who)
            until = max(until, rows[0][0] if rows else 0)
        return max(0, -(-(until - now) // _SECOND))

    def failed(self, name: str, address: str) -> None:
        """Count a failure."""
        now = self._clock.now().at
        with self._db.writing() as db:
            db.execute("DELETE FROM failures WHERE last<?", (now - FORGOTTEN_SECONDS * _SECOND,))
            for kind, who in _both(name, address).items():
                row = db.execute("SELECT count FROM failures WHERE who=?", (who,)).fetchone()
                count = (row[0] if row else 0) + 1
                over = count - FREE[kind]
                wait = min(LONGEST_SECONDS, FIRST_SECONDS << min(over, 20)) if over >= 0 else 0
                db.execute(
                    "INSERT OR REPLACE INTO failures VALUES (?,?,?,?)",
                    (who, count, now, now + wait * _SECOND),
                )

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name. Those of an address stay: it may try many names."""
        with self._db.writing() as db:
            db.execute("DELETE FROM failures WHERE who=?", (_who("name", name),))


def _both(name: str, address: str) -> dict[str, bytes]:
    return {"name": _who("name", name), "address": _who("address", address)}


def _who(kind: str, what: str) -> bytes:
    return sha256(f"{kind}\0{what.strip().casefold()}".encode()).digest()
