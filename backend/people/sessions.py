"""Sessions: kept by the server, ended by it. The browser holds a random token and nothing else."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Literal

from msgspec import Struct

from backend.sqlite_file import SQLiteFile
from events.clock import Clock, Entropy

IDLE_SECONDS: Final = 30 * 60
LONGEST_SECONDS: Final = 12 * 3600
HALFWAY_SECONDS: Final = 5 * 60  # between password and second factor
TOUCH_SECONDS: Final = 60  # how exactly it is known when a session was last used
TABLES: Final = """
CREATE TABLE IF NOT EXISTS sessions (
    hash BLOB PRIMARY KEY, account TEXT NOT NULL, stage TEXT NOT NULL, began INTEGER NOT NULL,
    seen INTEGER NOT NULL, address TEXT NOT NULL, browser TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_account ON sessions (account);
"""
_SECOND: Final = 1_000_000

Stage = Literal["whole", "second", "enrol"]
"""Signed in; the second factor is still asked for; one has to be set up first."""


class Session(Struct, frozen=True):
    """A session as it is kept. `hash` names it; who has only that cannot use it."""

    hash: bytes
    account: str
    stage: Stage
    began: int
    seen: int
    address: str
    browser: str


class Sessions:
    """The sessions in the file of the people."""

    def __init__(self, db: SQLiteFile, clock: Clock, entropy: Entropy) -> None:
        self._db = db
        self._clock = clock
        self._entropy = entropy

    def begin(
        self, account: str, stage: Stage = "whole", address: str = "", browser: str = ""
    ) -> str:
        """Begin a session and return its token, which only the browser keeps."""
        token = self._entropy(32).hex()
        now = self._clock.now().at
        with self._db.writing() as db:
            db.execute(
                "DELETE FROM sessions WHERE began<? OR seen<?",
                (now - LONGEST_SECONDS * _SECOND, now - IDLE_SECONDS * _SECOND),
            )
            db.execute(
                "INSERT INTO sessions VALUES (?,?,?,?,?,?,?)",
                (_hash(token), account, stage, now, now, address[:64], browser[:200]),
            )
        return token

    def of(self, token: str) -> Session | None:
        """Return the session of a token while it holds, and note that it is used."""
        hash_ = _hash(token)
        rows = self._db.rows("SELECT * FROM sessions WHERE hash=?", hash_)
        if not rows:
            return None
        found = Session(*rows[0])
        now = self._clock.now().at
        if not _holds(found, now):
            self.end(found.hash)
            return None
        if now - found.seen > TOUCH_SECONDS * _SECOND:
            with self._db.writing() as db:
                db.execute("UPDATE sessions SET seen=? WHERE hash=?", (now, hash_))
        return found

    def peek(self, token: str) -> Session | None:
        """Return the session of a token while it holds; this is no use of it."""
        rows = self._db.rows("SELECT * FROM sessions WHERE hash=?", _hash(token))
        return found if rows and _holds(found := Session(*rows[0]), self._clock.now().at) else None

    def of_account(self, account: str) -> Sequence[Session]:
        """Return where an account is signed in, the newest first."""
        rows = self._db.rows(
            "SELECT * FROM sessions WHERE account=? AND stage='whole' ORDER BY began DESC", account
        )
        now = self._clock.now().at
        return [found for row in rows if _holds(found := Session(*row), now)]

    def end(self, hash_: bytes) -> None:
        """End one session."""
        with self._db.writing() as db:
            db.execute("DELETE FROM sessions WHERE hash=?", (hash_,))

    def end_all(self, account: str) -> None:
        """Sign an account out everywhere."""
        with self._db.writing() as db:
            db.execute("DELETE FROM sessions WHERE account=?", (account,))


def csrf_of(token: str) -> str:
    """Return what a form of this session has to bring: no other page can know it."""
    return hmac.digest(token.encode(), b"xunji csrf", "sha256").hex()


def _holds(session: Session, now: int) -> bool:
    longest = LONGEST_SECONDS if session.stage == "whole" else HALFWAY_SECONDS
    return now - session.began <= longest * _SECOND and now - session.seen <= IDLE_SECONDS * _SECOND


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
