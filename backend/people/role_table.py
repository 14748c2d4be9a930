"""The table role × route, written from the code: `docs/roles.md`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from backend.people.app_keys import ROUTES, Use
from backend.people.guard import narrowed_by
from backend.people.rights import (
    GRANTS,
    NEEDS_DOMAINS,
    NEEDS_TOWNSHIPS,
    OPEN,
    SCOPED,
    Right,
    Role,
    right_of,
)

_HEAD: Final = """# Roles and routes · 角色与地址

Written from the code by `xunji people roles`; a test fails where this page is stale.

System administration, security administration and audit are apart (三员分立): whoever manages
tablets sees no case; whoever manages accounts sees neither cases nor tablets, and cannot change
their own account; whoever audits reads everything and changes nothing. A route that is not in
these tables does not exist; a route that names no right is closed to everybody.

"""
_SHORT: Final[Mapping[Role, str]] = {
    Role.SYSTEM_ADMIN: "system",
    Role.SECURITY_ADMIN: "security",
    Role.AUDITOR: "auditor",
    Role.MANAGER: "manager",
    Role.SECTION_CHIEF: "chief",
    Role.TOWNSHIP: "township",
    Role.INSPECTOR: "inspector",
    Role.SUPERVISOR: "supervisor",
}


def routes_of(app: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    """Return all routes: path, method, handler."""
    found: list[tuple[str, str, HTTPRouteHandler]] = []
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                methods = sorted(str(one) for one in handler.http_methods)
                found += [(route.path_format, one, handler) for one in methods if one != "OPTIONS"]
    return sorted(found, key=lambda one: one[:2])


def written(app: Litestar) -> str:
    """Return the page."""
    return _HEAD + _rights() + _routes(routes_of(app)) + _keys()


def _rights() -> str:
    lines = ["## Rights · 权限", ""]
    lines += _table("right", [(right.value, _marks(right)) for right in Right])
    return "\n".join(lines) + "\n\n"


def _routes(found: Iterable[tuple[str, str, HTTPRouteHandler]]) -> str:
    lines = [
        "## Routes · 地址",
        "",
        "● allowed; ◐ allowed, and for readers with domains or townships narrowed to them;",
        "○ allowed, but what it shows cannot be narrowed in both, so a reader limited in the other",
        "is refused. Empty: refused.",
        "",
    ]
    rows: list[tuple[str, list[str]]] = []
    anybody: list[str] = []
    for path, method, handler in found:
        right = right_of(path, handler.opt)
        if path in OPEN:
            anybody.append(f"`{method} {path}`")
        elif right is not None:
            rows.append((f"`{method} {path}`", _marks(right, _narrowing(handler, right))))
    lines += _table("route", rows)
    lines += [
        "",
        "`/api` and what is under it: whoever is signed in.",
        "",
        "Open to anybody (`/sync` has signatures of its own): " + ", ".join(anybody) + ".",
    ]
    return "\n".join(lines) + "\n"


def _keys() -> str:
    """Return what app keys read: the mark says for which use."""
    lines = [
        "",
        "## App keys · 应用密钥",
        "",
        "By an app key a program reads (GET) what is named here, nothing else: with the role and",
        "the scope that its owner has then, only where that role may export, and only what the key",
        "was made for. It ends with its account; a lock or a new link ends it for good.",
        "",
        f"| route | {' | '.join(Use)} |",
        f"|---|{':-:|' * len(Use)}",
    ]
    for path in sorted(path for paths in ROUTES.values() for path in paths):
        marks = ["●" if path in ROUTES[use] else "" for use in Use]
        lines.append(f"| `GET {path}` | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def _narrowing(handler: HTTPRouteHandler, right: Right) -> Callable[[Role], str]:
    """Return the mark of a route for a role that has its right."""
    if right not in SCOPED:
        return lambda _role: "●"
    if handler.opt.get("narrows"):
        return lambda _role: "◐"
    known = narrowed_by(handler)

    def mark(role: Role) -> str:
        lacking = {"domain", "township"} - known
        if (role in NEEDS_DOMAINS and "domain" in lacking) or (
            role in NEEDS_TOWNSHIPS and "township" in lacking
        ):
            return ""
        return "○" if lacking else "◐"

    return mark


def _marks(right: Right, mark: Callable[[Role], str] = lambda _role: "●") -> list[str]:
    return [mark(role) if right in GRANTS[role] else "" for role in _SHORT]


def _table(head: str, rows: Iterable[tuple[str, list[str]]]) -> list[str]:
    return [
        f"| {head} | {' | '.join(_SHORT.values())} |",
        f"|---|{':-:|' * len(_SHORT)}",
        *(f"| {name} | {' | '.join(marks)} |" for name, marks in rows),
    ]
