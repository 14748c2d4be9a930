"""The accounts of one bureau: who has one, with which role and scope, and how they prove it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import Struct

from backend.people import passwords, second_factor
from backend.people.rights import (
    MAY_INSPECT,
    NEEDS_DOMAINS,
    NEEDS_TOWNSHIPS,
    NEEDS_UNTIL,
    SECOND_FACTOR,
    Role,
)
from backend.sqlite_file import Connection, SQLiteFile
from events.clock import CHINA, Clock, Entropy, moment
from events.ids import id_text

LINK_SECONDS: Final = 72 * 3600
TABLES: Final = """
CREATE TABLE IF NOT EXISTS accounts (
    account TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, person TEXT NOT NULL,
    role TEXT NOT NULL, domains TEXT NOT NULL, townships TEXT NOT NULL, until TEXT,
    locked INTEGER NOT NULL DEFAULT 0, password TEXT, secret BLOB, step INTEGER NOT NULL DEFAULT 0,
    officer TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recovery_codes (
    account TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (account, hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (
    hash BLOB PRIMARY KEY, account TEXT NOT NULL UNIQUE, expires INTEGER NOT NULL
) WITHOUT ROWID;
"""
_COLUMNS: Final = (
    "account, name, person, role, domains, townships, until, locked, password, secret, officer"
)


class Account(Struct, frozen=True):
    """An account without its secrets: `name` signs in, `person` is who it is.

    `officer` is the officer of the register as whom it may sign in on a tablet, if any.
    """

    account: str
    name: str
    person: str
    role: Role
    domains: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    until: date | None = None
    locked: bool = False
    has_password: bool = False
    has_second_factor: bool = False
    officer: str | None = None


class AccountError(Exception):
    """What is asked for an account cannot be; `reason` says which rule it breaks."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Accounts:
    """The accounts in the file of the people. Whoever calls has checked who asks."""

    def __init__(self, db: SQLiteFile, clock: Clock, entropy: Entropy) -> None:
        self._db = db
        self._clock = clock
        self._entropy = entropy

    # ── reading ────────────────────────────────────────────────────────────────────

    def all(self) -> list[Account]:
        """Return all accounts, by name."""
        return [_account(row) for row in self._db.rows(_select("ORDER BY name"))]

    def by_id(self, account: str) -> Account | None:
        """Return an account."""
        return self._one("WHERE account=?", account)

    def by_name(self, name: str) -> Account | None:
        """Return the account that signs in as `name`."""
        return self._one("WHERE name=?", name.strip())

    def holds(self, account: Account) -> bool:
        """Tell whether an account may be used today."""
        today = moment(self._clock.now().at, CHINA).date()
        return not account.locked and (account.until is None or today <= account.until)

    def _one(self, where: str, value: str) -> Account | None:
        return next((_account(row) for row in self._db.rows(_select(where), value)), None)

    # ── opening and changing ───────────────────────────────────────────────────────

    def open(
        self,
        name: str,
        person: str,
        role: Role,
        domains: Sequence[str] = (),
        townships: Sequence[str] = (),
        until: date | None = None,
        officer: str | None = None,
    ) -> Account:
        """Open an account that has no password yet; `AccountError` where it cannot be."""
        made = Account(
            id_text(self._entropy(16)), name.strip(), person.strip(), role,
            tuple(dict.fromkeys(domains)), tuple(dict.fromkeys(townships)), until,
            officer=officer,
        )  # fmt: skip
        _require_whole(made)
        with self._db.writing() as db:
            if db.execute("SELECT 1 FROM accounts WHERE name=?", (made.name,)).fetchone():
                raise AccountError("taken")
            db.execute(
                "INSERT INTO accounts "
                "(account, name, person, role, domains, townships, until, officer) "
                "VALUES (?,?,?,?,?,?,?,?)",
                (made.account, made.name, made.person, *_scope(made)),
            )
        return made

    def change(self, changed: Account) -> None:
        """Give an account another role, scope or officer; who uses it now has to sign in again."""
        _require_whole(changed)
        with self._db.writing() as db:
            db.execute(
                "UPDATE accounts SET role=?, domains=?, townships=?, until=?, officer=? "
                "WHERE account=?",
                (*_scope(changed), changed.account),
            )
            _sign_out(db, changed.account)

    def lock(self, account: str, *, locked: bool = True) -> None:
        """Close an account, at once, or open it again; its app keys end for good."""
        with self._db.writing() as db:
            db.execute("UPDATE accounts SET locked=? WHERE account=?", (locked, account))
            _sign_out(db, account)
            _end_keys(db, account)

    # ── passwords ──────────────────────────────────────────────────────────────────

    def link(self, account: str) -> str:
        """Return the secret of a new one-time link; an older one dies, and so do all sessions.

        What the account had as password, second factor and app keys holds no longer.
        """
        token = _text(self._entropy(32))
        expires = self._clock.now().at + LINK_SECONDS * 1_000_000
        with self._db.writing() as db:
            db.execute("DELETE FROM links WHERE account=?", (account,))
            db.execute("INSERT INTO links VALUES (?,?,?)", (_hash(token), account, expires))
            db.execute(
                "UPDATE accounts SET password=NULL, secret=NULL, step=0 WHERE account=?",
                (account,),
            )
            db.execute("DELETE FROM recovery_codes WHERE account=?", (account,))
            _sign_out(db, account)
            _end_keys(db, account)
        return token

    def behind(self, token: str) -> Account | None:
        """Return whose one-time link it is, while it holds."""
        rows = self._db.rows(
            "SELECT account FROM links WHERE hash=? AND expires>?",
            _hash(token),
            self._clock.now().at,
        )
        account = self.by_id(rows[0][0]) if rows else None
        return account if account and self.holds(account) else None

    def join(self, token: str, password: str) -> Account:
        """Spend a one-time link on a password; `AccountError` where link or password fail."""
        account = self.behind(token)
        if account is None:
            raise AccountError("link")
        stored = _new_password(password, account)
        with self._db.writing() as db:
            if not db.execute("DELETE FROM links WHERE hash=?", (_hash(token),)).rowcount:
                raise AccountError("link")
            db.execute("UPDATE accounts SET password=? WHERE account=?", (stored, account.account))
        return account

    def set_password(self, account: Account, password: str) -> None:
        """Give an account another password; all its sessions end."""
        stored = _new_password(password, account)
        with self._db.writing() as db:
            db.execute("UPDATE accounts SET password=? WHERE account=?", (stored, account.account))
            _sign_out(db, account.account)

    def set_known_password(self, account: Account, password: str) -> None:
        """Give an account of a demonstration a password that everybody may know."""
        with self._db.writing() as db:
            stored = passwords.kept(password)
            db.execute("UPDATE accounts SET password=? WHERE account=?", (stored, account.account))

    def checked(self, account: Account | None, password: str) -> bool:
        """Tell whether it is the account's password, in the time it takes for nobody's."""
        stored = self._column("password", account.account) if account else None
        if len(password) > passwords.LONGEST:
            password, stored = "", None
        return passwords.agrees(password, stored)

    # ── the second factor ──────────────────────────────────────────────────────────

    def set_second_factor(self, account: str, secret: bytes, code: str) -> list[str]:
        """Take up an authenticator that shows `code`; return its recovery codes, once."""
        step = second_factor.step_of(code, secret, self._clock.now().at, 0)
        if step is None:
            raise AccountError("code")
        codes = second_factor.new_recovery_codes(self._entropy)
        with self._db.writing() as db:
            db.execute(
                "UPDATE accounts SET secret=?, step=? WHERE account=?", (secret, step, account)
            )
            db.execute("DELETE FROM recovery_codes WHERE account=?", (account,))
            hashes = [(account, second_factor.recovery_hash(one)) for one in codes]
            db.executemany("INSERT INTO recovery_codes VALUES (?,?)", hashes)
        return codes

    def drop_second_factor(self, account: Account) -> None:
        """Do without a second factor, where the role allows it."""
        if account.role in SECOND_FACTOR:
            raise AccountError("required")
        with self._db.writing() as db:
            db.execute(
                "UPDATE accounts SET secret=NULL, step=0 WHERE account=?", (account.account,)
            )
            db.execute("DELETE FROM recovery_codes WHERE account=?", (account.account,))

    def second_checked(self, account: str, code: str) -> bool:
        """Tell whether a code of the authenticator, or a recovery code, holds; it then is spent."""
        with self._db.writing() as db:
            row = db.execute(
                "SELECT secret, step FROM accounts WHERE account=?", (account,)
            ).fetchone()
            if row is None or row[0] is None:
                return False
            step = second_factor.step_of(code, row[0], self._clock.now().at, row[1])
            if step is not None:
                db.execute("UPDATE accounts SET step=? WHERE account=?", (step, account))
                return True
            spent = db.execute(
                "DELETE FROM recovery_codes WHERE account=? AND hash=?",
                (account, second_factor.recovery_hash(code)),
            )
            return spent.rowcount == 1

    def recovery_codes_left(self, account: str) -> int:
        """Return how many recovery codes are not spent."""
        return self._db.rows("SELECT count(*) FROM recovery_codes WHERE account=?", account)[0][0]

    def _column(self, name: str, account: str) -> Any:  # noqa: ANN401  as the column is
        rows = self._db.rows(f"SELECT {name} FROM accounts WHERE account=?", account)  # noqa: S608
        return rows[0][0] if rows else None


def _select(rest: str) -> str:
    return f"SELECT {_COLUMNS} FROM accounts {rest}"  # noqa: S608  all of it is ours


def migrate(db: SQLiteFile) -> None:
    """Give a file of an earlier version the columns that came later."""
    with db.writing() as writing:
        known = {row[1] for row in writing.execute("PRAGMA table_info(accounts)")}
        if "officer" not in known:
            writing.execute("ALTER TABLE accounts ADD COLUMN officer TEXT")


def _account(row: Sequence[Any]) -> Account:
    account, name, person, role, domains, townships, until, locked, password, secret = row[:10]
    return Account(
        account=account,
        name=name,
        person=person,
        role=Role(role),
        domains=tuple(msgspec.json.decode(domains)),
        townships=tuple(msgspec.json.decode(townships)),
        until=date.fromisoformat(until) if until else None,
        locked=bool(locked),
        has_password=password is not None,
        has_second_factor=secret is not None,
        officer=row[10],
    )


def _scope(account: Account) -> tuple[str, str, str, str | None, str | None]:
    return (
        account.role.value,
        msgspec.json.encode(account.domains).decode(),
        msgspec.json.encode(account.townships).decode(),
        account.until.isoformat() if account.until else None,
        account.officer,
    )


def _require_whole(account: Account) -> None:
    """Refuse an account whose role lacks what limits it, or has what it cannot."""
    if not (2 <= len(account.name) <= 64 and account.name.isprintable()):  # noqa: PLR2004
        raise AccountError("name")
    if not account.person or len(account.person) > 64:  # noqa: PLR2004
        raise AccountError("person")
    if account.role in NEEDS_DOMAINS and not account.domains:
        raise AccountError("domains")
    if account.role in NEEDS_TOWNSHIPS and not account.townships:
        raise AccountError("townships")
    if account.role in NEEDS_UNTIL and account.until is None:
        raise AccountError("until")
    if account.officer and account.role not in MAY_INSPECT:
        raise AccountError("officer_role")


def _new_password(password: str, account: Account) -> str:
    fault = passwords.fault_of(password, account.name, account.person)
    if fault:
        raise AccountError(fault)
    return passwords.kept(password)


def _sign_out(db: Connection, account: str) -> None:
    db.execute("DELETE FROM sessions WHERE account=?", (account,))
    db.execute("DELETE FROM tablet_sign_ins WHERE account=?", (account,))


def _end_keys(db: Connection, account: str) -> None:
    db.execute("DELETE FROM app_keys WHERE account=?", (account,))


def _text(raw: bytes) -> str:
    return raw.hex()


def _hash(token: str) -> bytes:
    with suppress(ValueError):
        return sha256(bytes.fromhex(token)).digest()
    return b""
