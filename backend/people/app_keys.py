"""App keys: by one, a program reads what its owner may take away as files, and nothing else.

A key is a public id and 256 random bits. Of these a hash is kept, SHA-256: nobody guesses 256
random bits, however fast they are tried, so there is nothing that a slow hash would make slower.
Argon2id is for what people choose; here it would cost 19 MiB for each page of a feed.
"""

import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct

from backend.people.accounts import Account, AccountError
from backend.sqlite_file import SQLiteFile
from events.clock import CHINA, Clock, Entropy, moment

LONGEST_DAYS: Final = 366
MOST: Final = 20  # of an account
TOUCH_SECONDS: Final = 60  # how exactly it is known when a key was last used
RECORDED_SECONDS: Final = 3_600  # how often the same reading of a key goes into the access log
TABLES: Final = """
CREATE TABLE IF NOT EXISTS app_keys (
    key TEXT PRIMARY KEY, account TEXT NOT NULL, hash BLOB NOT NULL, purpose TEXT NOT NULL,
    uses TEXT NOT NULL, made INTEGER NOT NULL, until TEXT NOT NULL, used INTEGER,
    address TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS app_keys_account ON app_keys (account);
CREATE TABLE IF NOT EXISTS app_key_looks (
    key TEXT NOT NULL, path TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (key, path)
) WITHOUT ROWID;
"""
_COLUMNS: Final = "key, account, purpose, uses, made, until, used, address"
_SPELT: Final = re.compile(r"xunji_([0-9a-f]{16})_[0-9a-f]{64}", re.ASCII)
_LONGEST: Final = 100  # characters of a purpose
_SECOND: Final = 1_000_000


class Use(StrEnum):
    """What a key is made for."""

    ODATA = "odata"
    """The feed that Excel and Power BI read."""
    LISTS = "lists"
    """Lists and figures as JSON and as files, for scripts."""


ROUTES: Final[Mapping[Use, frozenset[str]]] = {
    Use.ODATA: frozenset({"/odata", "/odata/$metadata", "/odata/{name}", "/odata/{name}/$count"}),
    Use.LISTS: frozenset(
        {
            "/exports/report.pdf",
            "/views/caps",
            "/views/causes",
            "/views/cells",
            "/views/coverage",
            "/views/due",
            "/views/follow-ups",
            "/views/goals",
            "/views/inspections",
            "/views/items",
            "/views/joint-visits",
            "/views/measures",
            "/views/measures/{name}",
            "/views/measures/{name}/comparison",
            "/views/measures/{name}/series",
            "/views/objects",
            "/views/procedure",
            "/views/recoveries",
            "/views/segments",
        }
    ),
}
"""All that is ever read by a key, by name: a route that is added is closed to keys."""


class AppKey(Struct, frozen=True):
    """A key without its secret. `until` is its last day; moments in microseconds."""

    key: str
    account: str
    purpose: str
    uses: tuple[Use, ...]
    made: int
    until: date
    used: int | None = None
    address: str = ""


def use_of(path: str) -> Use | None:
    """Return the use that a route is read for by a key; None where no key opens it."""
    return next((use for use, paths in ROUTES.items() if path in paths), None)


def id_in(text: str) -> str:
    """Return the public id in the text of a key; "" of what is no key."""
    spelt = _SPELT.fullmatch(text)
    return spelt[1] if spelt else ""


class AppKeys:
    """The keys in the file of the people. Whoever calls has checked who asks."""

    def __init__(self, db: SQLiteFile, clock: Clock, entropy: Entropy) -> None:
        self._db = db
        self._clock = clock
        self._entropy = entropy

    @property
    def today(self) -> date:
        """The day on the wall."""
        return moment(self._clock.now().at, CHINA).date()

    def make(
        self, account: Account, purpose: str, uses: Collection[Use], until: date
    ) -> tuple[AppKey, str]:
        """Make a key; its text is told once. `AccountError` where there can be none like it."""
        key = self._entropy(8).hex()
        text = f"xunji_{key}_{self._entropy(32).hex()}"
        now = self._clock.now().at
        chosen = tuple(one for one in Use if one in uses)
        made = AppKey(key, account.account, purpose.strip(), chosen, now, until)
        self._require_whole(made, account)
        with self._db.writing() as db:
            held = "SELECT count(*) FROM app_keys WHERE account=?"
            if db.execute(held, (account.account,)).fetchone()[0] >= MOST:
                raise AccountError("key-many")
            db.execute(
                "INSERT INTO app_keys (key, account, hash, purpose, uses, made, until) "
                "VALUES (?,?,?,?,?,?,?)",
                (key, made.account, _hash(text), made.purpose, " ".join(chosen), now, f"{until}"),
            )
        return made, text

    def _require_whole(self, made: AppKey, account: Account) -> None:
        if not made.purpose or len(made.purpose) > _LONGEST or not made.purpose.isprintable():
            raise AccountError("key-purpose")
        if not made.uses:
            raise AccountError("key-uses")
        last = self.latest(account)
        if not self.today <= made.until <= last:
            raise AccountError("key-until")

    def latest(self, account: Account) -> date:
        """Return the last day that a key of an account can have."""
        year = self.today + timedelta(days=LONGEST_DAYS - 1)
        return min(year, account.until) if account.until else year

    def of_account(self, account: str) -> Sequence[AppKey]:
        """Return the keys of an account, the newest first."""
        return self._read("WHERE account=? ORDER BY made DESC, key", account)

    def all(self) -> Sequence[AppKey]:
        """Return all keys, the newest first."""
        return self._read("ORDER BY made DESC, key")

    def by_id(self, key: str) -> AppKey | None:
        """Return a key by its public id."""
        return next(iter(self._read("WHERE key=?", key)), None)

    def checked(self, text: str) -> AppKey | None:
        """Return the key that a text is; it may have ended. Nobody's takes the same time."""
        key = id_in(text)
        rows = self._db.rows("SELECT hash FROM app_keys WHERE key=?", key)
        kept = rows[0][0] if rows else bytes(32)
        agrees = hmac.compare_digest(kept, _hash(text))
        return self.by_id(key) if agrees else None

    def holds(self, key: AppKey) -> bool:
        """Tell whether a key may be used today."""
        return self.today <= key.until

    def revoke(self, key: str) -> bool:
        """End a key at once; False where there is none."""
        with self._db.writing() as db:
            db.execute("DELETE FROM app_key_looks WHERE key=?", (key,))
            return db.execute("DELETE FROM app_keys WHERE key=?", (key,)).rowcount == 1

    # ── use ────────────────────────────────────────────────────────────────────────

    def touch(self, key: AppKey, address: str) -> bool:
        """Note that a key is used, and from where; False where that was known."""
        now = self._clock.now().at
        fresh = key.used is not None and now - key.used <= TOUCH_SECONDS * _SECOND
        if fresh and key.address == address[:64]:
            return False
        with self._db.writing() as db:
            db.execute(
                "UPDATE app_keys SET used=?, address=? WHERE key=?", (now, address[:64], key.key)
            )
        return True

    def is_recorded(self, key: AppKey, path: str) -> bool:
        """Tell whether this reading was put down within the hour."""
        since = self._clock.now().at - RECORDED_SECONDS * _SECOND
        look = "SELECT 1 FROM app_key_looks WHERE key=? AND path=? AND at>?"
        return bool(self._db.rows(look, key.key, path, since))

    def recorded(self, key: AppKey, path: str) -> None:
        """Note that this reading was put down."""
        with self._db.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO app_key_looks VALUES (?,?,?)",
                (key.key, path, self._clock.now().at),
            )

    def _read(self, rest: str, *values: str) -> list[AppKey]:
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM app_keys {rest}", *values)  # noqa: S608  all of it is ours
        return [_app_key(row) for row in rows]


def _app_key(row: Sequence[Any]) -> AppKey:
    key, account, purpose, uses, made, until, used, address = row
    held = tuple(Use(one) for one in uses.split())
    return AppKey(key, account, purpose, held, made, date.fromisoformat(until), used, address)


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
