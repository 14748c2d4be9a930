"""What was refused: kept as it came for the auditor, within a bound, never part of the history."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from backend.sqlite_file import Connection, SQLiteFile
from events.clock import Clock
from events.sync import Quarantined

MAX_BYTES: Final = 64 * 1024 * 1024

_MOST: Final = 2**63 - 1  # what SQLite counts to; a hostile number may be larger
_LENGTH = Layout(">I")
_TABLES = """
CREATE TABLE IF NOT EXISTS aside (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, log BLOB NOT NULL,
    first INTEGER NOT NULL, reason TEXT NOT NULL, entries INTEGER NOT NULL,
    received_at INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1, content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS dropped (one INTEGER PRIMARY KEY CHECK (one = 1),
    pushes INTEGER NOT NULL, entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT OR IGNORE INTO dropped VALUES (1, 0, 0, 0);
"""
_SUMMARY: Final = "id, log, first, reason, entries, received_at, times, length(content)"


class Aside(Struct, frozen=True):
    """One refused push: `entries` envelopes of `log` (32 bytes) from sequence `first` on.

    `times` tells how often the same was sent; `received_at` is when it first was.
    """

    id: int
    log: bytes
    first: int
    reason: str
    entries: int
    received_at: int
    times: int
    size: int


class Dropped(Struct, frozen=True):
    """What had to go because the quarantine was full."""

    pushes: int
    entries: int
    bytes: int


class QuarantineFile:
    """The quarantine in one SQLite file; the oldest goes when `max_bytes` is exceeded.

    Called with what `events.sync.accept` sets aside.
    """

    def __init__(self, file: Path, clock: Clock, max_bytes: int = MAX_BYTES) -> None:
        self._db = SQLiteFile(file, _TABLES)
        self._clock = clock
        self._max = max_bytes

    def __call__(self, refused: Quarantined) -> None:
        """Set aside, durably. The same again only counts."""
        content = b"".join(_LENGTH.pack(len(one)) + one for one in refused.envelopes)
        digest = sha256(refused.log + refused.reason.encode() + content).digest()
        first = min(refused.first, _MOST)
        row = (digest, refused.log, first, refused.reason, len(refused.envelopes))
        with self._db.writing() as db:
            db.execute(
                "INSERT INTO aside (digest, log, first, reason, entries, received_at, content) "
                "VALUES (?,?,?,?,?,?,?) ON CONFLICT (digest) DO UPDATE SET times = times + 1",
                (*row, self._clock.now().at, content),
            )
            self._make_room(db)

    def list(self) -> Sequence[Aside]:
        """Return what is set aside, oldest first."""
        return [Aside(*row) for row in self._db.rows(f"SELECT {_SUMMARY} FROM aside ORDER BY id")]  # noqa: S608  our own words

    def get(self, number: int) -> Quarantined | None:
        """Return one push as it came, None where there is none of this number."""
        found = self._db.rows("SELECT log, first, reason, content FROM aside WHERE id=?", number)
        if not found:
            return None
        log, first, reason, content = found[0]
        return Quarantined(log, first, reason, _envelopes(content))

    def dropped(self) -> Dropped:
        """Return what had to go."""
        return Dropped(*self._db.rows("SELECT pushes, entries, bytes FROM dropped")[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _make_room(self, db: Connection) -> None:
        (total,) = db.execute("SELECT COALESCE(SUM(length(content)), 0) FROM aside").fetchone()
        while total > self._max:
            oldest, entries, size = db.execute(
                "SELECT id, entries, length(content) FROM aside ORDER BY id LIMIT 1"
            ).fetchone()
            db.execute("DELETE FROM aside WHERE id=?", (oldest,))
            db.execute(
                "UPDATE dropped SET pushes=pushes+1, entries=entries+?, bytes=bytes+?",
                (entries, size),
            )
            total -= size


def _envelopes(content: bytes) -> tuple[bytes, ...]:
    result: list[bytes] = []
    at = 0
    while at < len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size + length
        result.append(content[at - length : at])
    return tuple(result)
