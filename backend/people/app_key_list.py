"""App keys as a page shows them: one's own, and everybody's."""

from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct

from backend.people.accounts import Account
from backend.people.app_keys import AppKey, Use
from backend.people.people import People
from backend.people.reader import Reader
from backend.people.rights import Right

_USUAL: Final = 90  # days


class KeyForm(Struct, frozen=True):
    """What an app key is made from."""

    purpose: str = ""
    until: str = ""
    uses: str | list[str] = ""
    password: str = ""
    csrf: str = ""


class KeyLine(Struct, frozen=True):
    """A key in a list. `whose` is empty in one's own."""

    key: AppKey
    holds: bool
    whose: str = ""


def own_keys(people: People, reader: Reader, account: Account | None) -> dict[str, Any]:
    """Return what the page of an account says of its keys."""
    keys = people.app_keys
    today = keys.today
    latest = keys.latest(account) if account else today
    usual = min(latest, today + timedelta(days=_USUAL))
    return {
        "keys": [KeyLine(one, keys.holds(one)) for one in keys.of_account(reader.account)],
        "may_make_keys": reader.may(Right.EXPORT),
        "key_days": (today, latest),
        "key_uses": list(Use),
        "typed": KeyForm(until=usual.isoformat(), uses=[Use.ODATA]),
        "made": None,
        "made_text": "",
        "key_fault": "",
    }


def all_keys(people: People) -> list[KeyLine]:
    """Return everybody's keys; of an account that holds no more, none holds."""
    accounts = {one.account: one for one in people.accounts.all()}
    found: list[KeyLine] = []
    for key in people.app_keys.all():
        account = accounts.get(key.account)
        holds = (
            people.app_keys.holds(key) and account is not None and people.accounts.holds(account)
        )
        found.append(KeyLine(key, holds, f"{account.person} ({account.name})" if account else "—"))
    return found


def day_in(text: str) -> date:
    """Read a last day; one long past where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
