"""Who gets in first: a link for one administrator, or the sign-ins of a demonstration."""

from backend.office import Office
from backend.people import demonstration, recording
from backend.people.accounts import Account
from backend.people.people import People
from backend.people.rights import Role

NAME = "security"


def first_link(people: People, office: Office) -> str:
    """Return a one-time link for the first security administrator; empty once there is one.

    Until somebody used it, each start makes a new one, and the older dies.
    """
    if people.demo:
        demonstration.open_accounts(people, office.store)
        return ""
    known = people.accounts.all()
    if any(one.has_password for one in known):
        return ""
    first = next((one for one in known if one.name == NAME), None) or _open(people, office)
    return people.accounts.link(first.account)


def _open(people: People, office: Office) -> Account:
    made = people.accounts.open(NAME, NAME, Role.SECURITY_ADMIN)
    recording.opened(office, made, None)
    return made
