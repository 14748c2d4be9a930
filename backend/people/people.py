"""The file of the people, and signing in over it."""

import os
from pathlib import Path
from typing import Final, Literal, Self

from msgspec import Struct

from backend.people import accounts, app_keys, sessions, tablet_sign_ins, throttle
from backend.people.accounts import Account, Accounts
from backend.people.app_keys import AppKeys
from backend.people.reader import Reader
from backend.people.rights import SECOND_FACTOR
from backend.people.sessions import Session, Sessions, Stage
from backend.people.tablet_sign_ins import TabletSignIns
from backend.people.throttle import Throttle
from backend.sqlite_file import SQLiteFile
from events.clock import Clock, Entropy

FILE: Final = "people.sqlite"
_TABLES: Final = (
    accounts.TABLES + sessions.TABLES + tablet_sign_ins.TABLES + throttle.TABLES + app_keys.TABLES
)


class SignedIn(Struct, frozen=True):
    """A password held: the session's token, and what is still to do."""

    token: str
    stage: Stage


class Waiting(Struct, frozen=True):
    """Nothing was tried: too many failures before. For so many seconds."""

    seconds: int


class People:
    """Accounts, sessions and failures of one bureau. In a demonstration one factor is enough."""

    def __init__(self, db: SQLiteFile, clock: Clock, entropy: Entropy, *, demo: bool) -> None:
        self._db = db
        self.demo = demo
        self.clock = clock
        self.entropy = entropy
        self.accounts = Accounts(db, clock, entropy)
        self.sessions = Sessions(db, clock, entropy)
        self.on_tablets = TabletSignIns(db, clock, entropy)
        self.throttle = Throttle(db, clock)
        self.app_keys = AppKeys(db, clock, entropy)

    @classmethod
    def open(cls, folder: Path, clock: Clock, *, demo: bool, entropy: Entropy = os.urandom) -> Self:
        """Open the file in a data folder, made if there is none; nobody else may read it."""
        file = folder / FILE
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        db = SQLiteFile(file, _TABLES)
        accounts.migrate(db)
        return cls(db, clock, entropy, demo=demo)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ── signing in ─────────────────────────────────────────────────────────────────

    def sign_in(
        self, name: str, password: str, address: str = "", browser: str = ""
    ) -> SignedIn | Waiting | None:
        """Begin a session; None where name and password do not go together, or hold no more.

        It takes as long for a name that nobody has.
        """
        account = self._with_password(name, password, address)
        if not isinstance(account, Account):
            return account
        stage = self._stage(account)
        if stage != "second":
            self.throttle.succeeded(name, address)
        return SignedIn(self.sessions.begin(account.account, stage, address, browser), stage)

    def proven(
        self, name: str, password: str, code: str, address: str = ""
    ) -> Account | Waiting | Literal["code"] | None:
        """Return whose name, password and second factor these are, all at once: for a tablet.

        No session begins. "code": the password holds, and the second factor is still asked for.
        """
        account = self._with_password(name, password, address)
        if not isinstance(account, Account):
            return account
        if account.has_second_factor:
            if not code:
                return "code"
            if not self.accounts.second_checked(account.account, code):
                self.throttle.failed(name, address)
                return None
        self.throttle.succeeded(name, address)
        return account

    def _with_password(self, name: str, password: str, address: str) -> Account | Waiting | None:
        wait = self.throttle.wait(name, address)
        if wait:
            return Waiting(wait)
        account = self.accounts.by_name(name)
        right = self.accounts.checked(account, password)
        if account is None or not right or not self.accounts.holds(account):
            self.throttle.failed(name, address)
            return None
        return account

    def join(self, token: str, password: str, address: str = "") -> Account:
        """Spend a one-time link on a password. Who has the link is no guesser."""
        account = self.accounts.join(token, password)
        self.throttle.succeeded(account.name, address)
        return account

    def second(
        self, session: Session, code: str, address: str = "", browser: str = ""
    ) -> SignedIn | Waiting | None:
        """Prove the second factor of a session that waits for it: a new session replaces it."""
        account = self.accounts.by_id(session.account)
        if account is None or session.stage != "second" or not self.accounts.holds(account):
            return None
        wait = self.throttle.wait(account.name, address)
        if wait:
            self.sessions.end(session.hash)
            return Waiting(wait)
        if not self.accounts.second_checked(account.account, code):
            self.throttle.failed(account.name, address)
            return None
        self.throttle.succeeded(account.name, address)
        return self.renewed(session, address, browser)

    def renewed(self, session: Session, address: str = "", browser: str = "") -> SignedIn:
        """Replace a session by a whole one with another token."""
        self.sessions.end(session.hash)
        return SignedIn(self.sessions.begin(session.account, "whole", address, browser), "whole")

    def _stage(self, account: Account) -> Stage:
        if account.has_second_factor:
            return "second"
        return "enrol" if account.role in SECOND_FACTOR and not self.demo else "whole"

    def reader(self, session: Session) -> Reader | None:
        """Return who a session is, while the account holds."""
        account = self.accounts.by_id(session.account)
        if account is None or not self.accounts.holds(account):
            return None
        return reader_of(account)


def reader_of(account: Account) -> Reader:
    """Return an account as whoever reads."""
    return Reader(
        account=account.account,
        name=account.person,
        role=account.role,
        domains=account.domains,
        townships=account.townships,
        until=account.until,
    )
