"""What roles and refusals are called, in the words of one language."""

from collections.abc import Callable

from backend.people.rights import Role

Gettext = Callable[[str], str]


def role_name(role: Role, _: Gettext) -> str:
    """Return what a role is called. A role is also its own word, as the history has it."""
    return {
        Role.SYSTEM_ADMIN: _("System administrator"),
        Role.SECURITY_ADMIN: _("Security administrator"),
        Role.AUDITOR: _("Auditor"),
        Role.MANAGER: _("Manager"),
        Role.SECTION_CHIEF: _("Section chief"),
        Role.TOWNSHIP: _("Township"),
        Role.INSPECTOR: _("Inspector"),
        Role.SUPERVISOR: _("Supervisor from outside"),
    }[role]


def account_fault(reason: str, _: Gettext) -> str:
    """Say which rule was broken, and what to do."""
    return {
        "short": _("The password is too short: at least 12 characters."),
        "long": _("The password is too long: at most 128 characters."),
        "common": _("Everybody tries this password first. Choose another."),
        "named": _("The password contains the account's name. Choose another."),
        "monotonous": _("The password repeats too few characters. Choose another."),
        "unequal": _("The two new passwords differ. Type them again."),
        "wrong": _("The present password is not right."),
        "waiting": _("Too many failed attempts. Wait some minutes, then try again."),
        "code": _("The telephone shows other digits. Check its clock, then type the next ones."),
        "required": _("Your role does not get in without a second factor."),
        "link": _("The link does not hold any more. Ask for another."),
        "taken": _("There is an account of this name already. Choose another name."),
        "name": _("The account's name has 2 to 64 characters."),
        "person": _("Say whose account it is, in at most 64 characters."),
        "domains": _("A section chief needs at least one domain."),
        "townships": _("A township account needs at least one township."),
        "until": _("A supervisor from outside needs a last day."),
        "key-purpose": _("Say what the key is for, in at most 100 characters."),
        "key-uses": _("Choose what the key is to read."),
        "key-until": _("A key ends within a year, and not after its account."),
        "key-many": _("An account has at most 20 keys. Revoke one first."),
        "certificate": _("Nobody on the list of officers holds a certificate of this number."),
        "officer_role": _("An account of this role cannot name an officer: it may not inspect."),
        "own": _("Your own account is changed by another security administrator."),
    }.get(reason, _("This was refused."))


def browser_name(agent: str) -> str:
    """Name a browser by what it sends, as far as one can."""
    marks = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chromium", "Safari/": "Safari"}
    return next((name for mark, name in marks.items() if mark in agent), agent[:32])
