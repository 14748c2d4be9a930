"""The one table: which role may do what, and which routes are open to anybody.

Administration, security and audit are apart (三员分立): who manages devices sees no case, who
manages accounts cannot give themselves a right over cases, who audits changes nothing.
`docs/roles.md` is written from here (`xunji people roles`).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """An account has one. Whoever is two things has two accounts."""

    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"
    MANAGER = "manager"
    SECTION_CHIEF = "section_chief"
    TOWNSHIP = "township"
    INSPECTOR = "inspector"
    SUPERVISOR = "supervisor"


class Right(StrEnum):
    """What a route needs, said in its `opt={"right": …}`."""

    SIGNED_IN = "signed_in"
    """One's own account, the description of the interface."""
    READ_VIEWS = "read_views"
    """Lists and figures."""
    READ_CASES = "read_cases"
    """An object, an inspection, with what was found."""
    READ_PEOPLE_SEALED = "read_people_sealed"
    """Personal data: opened for a purpose, and recorded."""
    READ_HISTORY = "read_history"
    """The records as headers, and replays."""
    READ_ACCESS_LOG = "read_access_log"
    READ_ACCOUNTS = "read_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"
    READ_DEVICES = "read_devices"
    MANAGE_DEVICES = "manage_devices"
    MANAGE_LISTS = "manage_lists"
    """The bureau's lists: what is imported."""
    READ_IMPORTS = "read_imports"
    """Which files the lists came from, what each changed, and which were taken back."""
    MANAGE_ASSIGNMENTS = "manage_assignments"
    """To approve beforehand what was assigned, or take it back."""
    EXPORT = "export"
    SUPERVISE = "supervise"
    """To record an act of supervision."""
    INSPECT = "inspect"
    """To sign in on a tablet, as the officer of the register whom the account names."""


_READING: Final = frozenset({Right.SIGNED_IN, Right.READ_VIEWS, Right.READ_CASES})

GRANTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.SYSTEM_ADMIN: frozenset({Right.SIGNED_IN, Right.READ_DEVICES, Right.MANAGE_DEVICES}),
    Role.SECURITY_ADMIN: frozenset({Right.SIGNED_IN, Right.READ_ACCOUNTS, Right.MANAGE_ACCOUNTS}),
    Role.AUDITOR: _READING
    | {
        Right.READ_PEOPLE_SEALED,
        Right.READ_HISTORY,
        Right.READ_ACCESS_LOG,
        Right.READ_ACCOUNTS,
        Right.READ_DEVICES,
        Right.READ_IMPORTS,
        Right.EXPORT,
    },
    Role.MANAGER: _READING
    | {
        Right.READ_PEOPLE_SEALED,
        Right.READ_HISTORY,
        Right.READ_DEVICES,
        Right.READ_IMPORTS,
        Right.MANAGE_LISTS,
        Right.MANAGE_ASSIGNMENTS,
        Right.EXPORT,
        Right.SUPERVISE,
        Right.INSPECT,
    },
    Role.SECTION_CHIEF: _READING | {Right.READ_PEOPLE_SEALED, Right.EXPORT, Right.INSPECT},
    Role.TOWNSHIP: _READING | {Right.EXPORT},
    Role.INSPECTOR: _READING | {Right.INSPECT},
    Role.SUPERVISOR: _READING | {Right.READ_HISTORY, Right.EXPORT},
}

BY_KEY: Final = frozenset({Right.READ_VIEWS, Right.EXPORT})
"""What an app key leaves of its owner's rights (`backend.people.app_keys`)."""

SECOND_FACTOR: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
"""Roles that do not get in with a password alone."""

MAY_INSPECT: Final = frozenset(role for role, rights in GRANTS.items() if Right.INSPECT in rights)
"""Roles whose accounts may name an officer of the register."""

NEEDS_DOMAINS: Final = frozenset({Role.SECTION_CHIEF})
NEEDS_TOWNSHIPS: Final = frozenset({Role.TOWNSHIP})
NEEDS_UNTIL: Final = frozenset({Role.SUPERVISOR})

SCOPED: Final = frozenset(
    {Right.READ_VIEWS, Right.READ_CASES, Right.READ_PEOPLE_SEALED, Right.READ_HISTORY}
    | {
        Right.READ_IMPORTS,
        Right.MANAGE_LISTS,
        Right.MANAGE_ASSIGNMENTS,
        Right.EXPORT,
        Right.SUPERVISE,
    }
)
"""Rights over the district's data. A reader with a scope gets to a route that needs one only
where it takes `domain` and `township` in its query, or says `opt={"narrows": True}`: then it
asks `Reader.require` or `Reader.narrow` itself. One that takes both and yet shows what they do
not cut down says `opt={"whole": True}`."""

SIGNING_IN: Final = frozenset({"/sign-in", "/join"})
"""Open pages that take forms: those of another origin are refused."""

OPEN: Final = SIGNING_IN | frozenset(
    {
        "/health",
        "/ready",
        "/problems/{code}",
        "/static/{name}",
        "/sync/bureau",
        "/sync/enrol",
        "/sync/log",
        "/sync/pictures",
        "/sync/pictures/{name}",
        "/sync/pull",
        "/sync/sign-in",
    }
)
"""Open to anybody; `/sync` has signatures of its own. A route that is neither here nor says
its right is closed to everybody."""

OF_OTHERS: Final[Mapping[str, Right]] = {"/api": Right.SIGNED_IN}
"""Routes that a library brings, by the beginning of their path."""


def right_of(path: str, opt: Mapping[str, object]) -> Right | None:
    """Return the right that a route needs; None where it says none, or one that is not."""
    said = opt.get("right")
    if isinstance(said, str):
        return Right(said) if said in frozenset(Right) else None
    for beginning, right in OF_OTHERS.items():
        if path == beginning or path.startswith(f"{beginning}/"):
            return right
    return None
