"""Sign-ins of a demonstration: one for each role, with a password that the page tells.

They exist only in folders made for demonstration, and such a folder is served to this machine
alone. They are not part of its history: the same seed gives the same head.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from msgspec import Struct, structs

from backend.people.certificates import holders
from backend.people.people import People
from backend.people.rights import Role
from events.store import EventStore

PASSWORD: Final = "xunji-demo-2026"  # noqa: S105  told on the page


class DemoAccount(Struct, frozen=True):
    """Name and role of a demonstration's account. `officer`: it signs in on tablets as one."""

    name: str
    person: str
    role: Role
    domains: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    until: date | None = None
    officer: bool = False


ACCOUNTS: Final = (
    DemoAccount("manager", "演示局长", Role.MANAGER),
    DemoAccount("chief", "演示殡葬股长", Role.SECTION_CHIEF, domains=("funeral",)),
    DemoAccount("township", "演示镇街", Role.TOWNSHIP, townships=("440804001",)),
    DemoAccount("inspector", "演示执法员", Role.INSPECTOR, officer=True),
    DemoAccount("auditor", "演示审计员", Role.AUDITOR),
    DemoAccount("supervisor", "演示司法监督", Role.SUPERVISOR, until=date(2099, 12, 31)),
    DemoAccount("system", "演示系统管理员", Role.SYSTEM_ADMIN),
    DemoAccount("security", "演示安全管理员", Role.SECURITY_ADMIN),
)
SECOND: Final = DemoAccount("inspector2", "演示执法员二", Role.INSPECTOR, officer=True)
"""The second officer of an inspection: only for the tablet."""


def on_tablets() -> str:
    """Return the names of the accounts that sign in on tablets."""
    return ", ".join(one.name for one in (*ACCOUNTS, SECOND) if one.officer)


def open_accounts(people: People, store: EventStore) -> None:
    """Open what is missing of the demonstration's accounts; name their officers."""
    if not people.demo:
        msg = "known passwords are for demonstrations"
        raise ValueError(msg)
    officers = _officers(store)
    for one in (*ACCOUNTS, SECOND):
        account = people.accounts.by_name(one.name)
        if account is None:
            account = people.accounts.open(
                one.name, one.person, one.role, one.domains, one.townships, one.until
            )
            people.accounts.set_known_password(account, PASSWORD)
        officer = next(officers, None) if one.officer else None
        if officer is not None and account.officer is None:
            people.accounts.change(structs.replace(account, officer=officer))


def _officers(store: EventStore) -> Iterator[str]:
    """Yield the officers whose certificates last longest, the first listed first."""
    found = [one for one in holders(store).values() if one.role == "officer"]
    yield from (one.officer for one in sorted(found, key=lambda one: one.until, reverse=True))
