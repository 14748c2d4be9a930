"""One-time codes for enrolling tablets: spoken on the telephone, typed once, soon worthless.

A code is twelve letters: four name it, eight are secret. Only a slow hash of the secret is
kept. Five wrong secrets, or its time, and the code is dead. A code serves one log: asked again
for the same log it answers the same, so that a lost answer costs nothing.
"""

import hmac
import re
from collections.abc import Sequence
from hashlib import scrypt
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from backend.sqlite_file import SQLiteFile
from backend.words import _
from events.clock import Clock, Entropy
from events.errors import NotEnrolledError

ATTEMPTS: Final = 5
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_MISREAD: Final = str.maketrans("OIL", "011")
_NAMED: Final = 4
_LETTERS: Final = 12
_TABLES = """
CREATE TABLE IF NOT EXISTS codes (
    name TEXT PRIMARY KEY, salt BLOB NOT NULL, secret BLOB NOT NULL, expires INTEGER NOT NULL,
    invitation BLOB NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, log BLOB
) WITHOUT ROWID;
"""


class Invitation(Struct, frozen=True):
    """What the tablet that brings the code may be told: its name and scope."""

    name: str
    townships: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class Codes:
    """The codes of one bureau, in one SQLite file."""

    def __init__(self, file: Path, clock: Clock, entropy: Entropy) -> None:
        self._db = SQLiteFile(file, _TABLES)
        self._clock = clock
        self._entropy = entropy

    def issue(
        self, name: str, townships: Sequence[str], domains: Sequence[str], valid_for: int
    ) -> str:
        """Return a new code that holds for `valid_for` seconds."""
        letters = "".join(ALPHABET[byte % 32] for byte in self._entropy(_LETTERS))
        salt = self._entropy(16)
        now = self._clock.now().at
        invitation = msgspec.json.encode(Invitation(name, tuple(townships), tuple(domains)))
        secret = _slow(letters[_NAMED:], salt)
        expires = now + valid_for * 1_000_000
        with self._db.writing() as db:
            db.execute("DELETE FROM codes WHERE expires<?", (now,))
            db.execute(
                "INSERT INTO codes (name, salt, secret, expires, invitation) VALUES (?,?,?,?,?)",
                (letters[:_NAMED], salt, secret, expires, invitation),
            )
        return "-".join(letters[at : at + _NAMED] for at in range(0, _LETTERS, _NAMED))

    def redeem(self, code: str, log: bytes) -> Invitation:
        """Spend a code on `log`; `NotEnrolledError` where it does not hold, or not any more."""
        letters = re.sub(r"[\s-]", "", code).upper().translate(_MISREAD)
        with self._db.writing() as db:
            row = db.execute(
                "SELECT salt, secret, expires, invitation, attempts, log FROM codes WHERE name=?",
                (letters[:_NAMED],),
            ).fetchone()
            refusal = self._refusal(row, letters, log)
            if row and refusal:
                db.execute("UPDATE codes SET attempts=attempts+1 WHERE name=?", (letters[:_NAMED],))
            elif row:
                db.execute("UPDATE codes SET log=? WHERE name=?", (log, letters[:_NAMED]))
        if refusal:
            raise NotEnrolledError(refusal)
        return msgspec.json.decode(row[3], type=Invitation)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _refusal(
        self,
        row: tuple[bytes, bytes, int, bytes, int, bytes | None] | None,
        letters: str,
        log: bytes,
    ) -> str | None:
        if row is None or len(letters) != _LETTERS or row[4] >= ATTEMPTS:
            return _("this code does not hold; ask the office for a new one")
        salt, secret, expires, _invitation, _attempts, spent_on = row
        if not hmac.compare_digest(secret, _slow(letters[_NAMED:], salt)):
            return _("this code does not hold; ask the office for a new one")
        if expires < self._clock.now().at:
            return _("this code has expired; ask the office for a new one")
        if spent_on not in (None, log):
            return _("this code was used already; ask the office for a new one")
        return None


def _slow(secret: str, salt: bytes) -> bytes:
    return scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
