"""Guessing made slow: failures are counted by account and by address, known or not.

Where an account signed in before, its failures are counted apart: whoever tries its name from
elsewhere, again and again, does not keep its owner out.
"""

from hashlib import sha256
from typing import Final

from backend.sqlite_file import SQLiteFile
from events.clock import Clock

FREE: Final = {"name": 5, "address": 30, "familiar": 5}  # failures that cost nothing
FIRST_SECONDS: Final = 60  # then each failure doubles the wait
LONGEST_SECONDS: Final = 3600
FAMILIAR_SECONDS: Final = 90 * 24 * 3600
FORGOTTEN_SECONDS: Final = 24 * 3600
TABLES: Final = """
CREATE TABLE IF NOT EXISTS failures (
    who BLOB PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS familiar (who BLOB PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
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
        for who in self._counted(name, address).values():
            rows = self._db.rows("SELECT until FROM failures WHERE who=?", who)
            until = max(until, rows[0][0] if rows else 0)
        return max(0, -(-(until - now) // _SECOND))

    def failed(self, name: str, address: str) -> None:
        """Count a failure."""
        now = self._clock.now().at
        counted = self._counted(name, address)
        with self._db.writing() as db:
            db.execute("DELETE FROM failures WHERE last<?", (now - FORGOTTEN_SECONDS * _SECOND,))
            for kind, who in counted.items():
                row = db.execute("SELECT count FROM failures WHERE who=?", (who,)).fetchone()
                count = (row[0] if row else 0) + 1
                over = count - FREE[kind]
                wait = min(LONGEST_SECONDS, FIRST_SECONDS << min(over, 20)) if over >= 0 else 0
                db.execute(
                    "INSERT OR REPLACE INTO failures VALUES (?,?,?,?)",
                    (who, count, now, now + wait * _SECOND),
                )

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of a name, and remember where it signs in.

        Those of an address stay: it may try many names.
        """
        now, pair = self._clock.now().at, _pair(name, address)
        self.forget(name)
        with self._db.writing() as db:
            db.execute("DELETE FROM failures WHERE who=?", (pair,))
            db.execute("DELETE FROM familiar WHERE last<?", (now - FAMILIAR_SECONDS * _SECOND,))
            db.execute("INSERT OR REPLACE INTO familiar VALUES (?,?)", (pair, now))

    def forget(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._db.writing() as db:
            db.execute("DELETE FROM failures WHERE who=?", (_who("name", name),))

    def _counted(self, name: str, address: str) -> dict[str, bytes]:
        """Return what a failure counts for: name and address, or both as one where familiar."""
        pair = _pair(name, address)
        since = self._clock.now().at - FAMILIAR_SECONDS * _SECOND
        if self._db.rows("SELECT 1 FROM familiar WHERE who=? AND last>=?", pair, since):
            return {"familiar": pair}
        return {"name": _who("name", name), "address": _who("address", address)}


def _pair(name: str, address: str) -> bytes:
    return _who("familiar", f"{name.strip()}\0{address}")


def _who(kind: str, what: str) -> bytes:
    return sha256(f"{kind}\0{what.strip().casefold()}".encode()).digest()
