"""Sign-ins of a demonstration: one for each role, with a password that the page tells.

They exist only in folders made for demonstration, and such a folder is served to this machine
alone. They are not part of its history: the same seed gives the same head.
"""

from datetime import date
from typing import Final

from msgspec import Struct

from backend.people.people import People
from backend.people.rights import Role

PASSWORD: Final = "xunji-demo-2026"  # noqa: S105  told on the page


class DemoAccount(Struct, frozen=True):
    """Name and role of a demonstration's account."""

    name: str
    person: str
    role: Role
    domains: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()
    until: date | None = None


ACCOUNTS: Final = (
    DemoAccount("manager", "演示局长", Role.MANAGER),
    DemoAccount("chief", "演示殡葬股长", Role.SECTION_CHIEF, domains=("funeral",)),
    DemoAccount("township", "演示镇街", Role.TOWNSHIP, townships=("440804001",)),
    DemoAccount("inspector", "演示执法员", Role.INSPECTOR),
    DemoAccount("auditor", "演示审计员", Role.AUDITOR),
    DemoAccount("supervisor", "演示司法监督", Role.SUPERVISOR, until=date(2099, 12, 31)),
    DemoAccount("system", "演示系统管理员", Role.SYSTEM_ADMIN),
    DemoAccount("security", "演示安全管理员", Role.SECURITY_ADMIN),
)


def open_accounts(people: People) -> None:
    """Open what is missing of the demonstration's accounts."""
    if not people.demo:
        msg = "known passwords are for demonstrations"
        raise ValueError(msg)
    for one in ACCOUNTS:
        if people.accounts.by_name(one.name) is None:
            made = people.accounts.open(
                one.name, one.person, one.role, one.domains, one.townships, one.until
            )
            people.accounts.set_known_password(made, PASSWORD)
