"""Changes of accounts, recorded for the auditor in the office's log.

They are decisions of the office like those about tablets, so they are facts of its history: in
order, signed, and not to be taken back by whoever manages the accounts. They carry ids and
scopes; names, passwords and second factors stay in the file of the people, where they can be
deleted. Who looked at what is another matter and another log (`Office.viewed`).
"""

from typing import Literal

from backend.office import Office
from backend.people.accounts import Account
from backend.people.reader import Reader
from events.ids import NOBODY, id_bytes
from events.office import AccountChanged, AccountOpened

Change = Literal["scope", "locked", "unlocked", "reset", "key-made", "key-revoked"]


def opened(office: Office, account: Account, by: Reader | None) -> None:
    """Record that an account was opened; by nobody where the console did it."""
    fact = AccountOpened(
        account=account.account,
        role=account.role.value,
        domains=account.domains,
        townships=account.townships,
        until=account.until,
        officer=account.officer,
    )
    office.record(fact, actor=_actor(by))


def changed(
    office: Office, account: Account, change: Change, by: Reader | None, key: str | None = None
) -> None:
    """Record what was changed of an account, and what it may from now on; `key`: of an app key."""
    fact = AccountChanged(
        account=account.account,
        change=change,
        role=account.role.value,
        domains=account.domains,
        townships=account.townships,
        until=account.until,
        key=key,
        officer=account.officer,
    )
    office.record(fact, actor=_actor(by))


def _actor(by: Reader | None) -> bytes:
    return id_bytes(by.account) if by else NOBODY
