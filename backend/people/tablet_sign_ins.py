"""Who signed in on which tablet: for how long it may believe a PIN without asking again.

A row stands for one sign-in with name and password. Whatever ends the sessions of an account
ends these too; the tablet learns of it at its next pull.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from backend.people.accounts import Account
from backend.sqlite_file import SQLiteFile
from events.clock import Clock, Entropy
from events.ids import id_text

TRUST_DAYS: Final = 30
TABLES: Final = """
CREATE TABLE IF NOT EXISTS tablet_sign_ins (
    account TEXT NOT NULL, device TEXT NOT NULL, sign_in TEXT NOT NULL, officer TEXT NOT NULL,
    began INTEGER NOT NULL, until INTEGER NOT NULL, position INTEGER NOT NULL, named TEXT NOT NULL,
    PRIMARY KEY (account, device)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tablet_sign_ins_device ON tablet_sign_ins (device);
"""
_COLUMNS: Final = "sign_in, account, device, officer, began, until, position, named"
_DAY: Final = 86_400 * 1_000_000


class TabletSignIn(Struct, frozen=True):
    """A sign-in on a tablet. `sign_in` is its random id, times are in microseconds.

    `position` is how far the register was known then, `named` what the tablet was called.
    """

    sign_in: str
    account: str
    device: str
    officer: str
    began: int
    until: int
    position: int
    named: str


class TabletSignIns:
    """The sign-ins in the file of the people. Whoever calls has checked who asks."""

    def __init__(self, db: SQLiteFile, clock: Clock, entropy: Entropy) -> None:
        self._db = db
        self._clock = clock
        self._entropy = entropy

    def begin(
        self, account: Account, device: str, officer: str, *, position: int = 0, named: str = ""
    ) -> TabletSignIn:
        """Keep that an account signed in on a tablet; an earlier time there is over."""
        now = self._clock.now().at
        until = now + TRUST_DAYS * _DAY
        sign_in = id_text(self._entropy(16))
        made = TabletSignIn(sign_in, account.account, device, officer, now, until, position, named)
        with self._db.writing() as db:
            db.execute("DELETE FROM tablet_sign_ins WHERE until<=?", (now,))
            db.execute(
                f"INSERT OR REPLACE INTO tablet_sign_ins ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)",  # noqa: S608
                structs.astuple(made),
            )
        return made

    def of_device(self, device: str) -> Sequence[TabletSignIn]:
        """Return the sign-ins that hold on a tablet, in the order of their ids."""
        return self._where("device=?", device)

    def of_account(self, account: str) -> Sequence[TabletSignIn]:
        """Return where an account is signed in, the newest last."""
        return sorted(self._where("account=?", account), key=lambda one: one.began)

    def end_all(self, account: str) -> None:
        """Have no tablet believe an account any more."""
        with self._db.writing() as db:
            db.execute("DELETE FROM tablet_sign_ins WHERE account=?", (account,))

    def _where(self, condition: str, value: str) -> list[TabletSignIn]:
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM tablet_sign_ins WHERE {condition} AND until>? "  # noqa: S608  ours
            "ORDER BY sign_in",
            value,
            self._clock.now().at,
        )
        return [TabletSignIn(*row) for row in rows]
