"""The one guard before every route: who asks, whether they may, and how far they may look.

A reader with a scope has their question narrowed here, before any handler sees it: the query
that is answered, quoted and linked to is the narrowed one. What cannot be narrowed is refused.
"""

import hmac
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from anyio import to_thread
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.response import Redirect
from litestar.types import Scope
from msgspec import Struct

from backend.people.by_key import KeyVisit, visit_by_key
from backend.people.people import People
from backend.people.reader import Reader
from backend.people.rights import OPEN, SCOPED, SIGNING_IN, right_of
from backend.people.sessions import Session, Stage, csrf_of
from backend.problems import ProblemError, on_problem

Connection = ASGIConnection[Any, Any, Any, Any]

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"
UNATTENDED: Final = "x-xunji-unattended"
"""A header by which a page says that nobody asks for this: it looks after itself."""
_STAGES: Final[dict[str, Stage]] = {"/sign-in/second": "second", "/sign-in/set-up": "enrol"}


class Visit(Struct, frozen=True):
    """A signed-in request: its session, the token behind it, and who reads."""

    token: str
    session: Session
    reader: Reader

    @property
    def csrf(self) -> str:
        """What a form of this session has to bring."""
        return csrf_of(self.token)


class NotSignedInError(ProblemError):
    """Nobody is signed in, or not any more: a browser is led to where one can."""

    def __init__(self) -> None:
        super().__init__("not-signed-in")


async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let a request through to `handler`, or refuse it."""
    path = connection.scope["path_template"]
    if path in OPEN:
        if path not in SIGNING_IN:
            return
        require_same_origin(connection)
        return
    nobody_asks = bool(handler.opt.get("unattended")) or is_unattended(connection)
    stage = _STAGES.get(path, "whole")
    visit = await to_thread.run_sync(partial(visit_of, connection, stage, peek=nobody_asks))
    if visit is None:
        visit = await to_thread.run_sync(visit_by_key, connection, path)
    if visit is None:
        raise NotSignedInError
    connection.scope["user"] = visit.reader
    connection.scope["auth"] = visit
    right = right_of(path, handler.opt)
    if right is None or not visit.reader.may(right):
        raise ProblemError("no-right", role=visit.reader.role.value)
    if _method(connection) not in SAFE:
        if isinstance(visit, KeyVisit):
            raise ProblemError("no-right", role=visit.reader.role.value)
        require_same_origin(connection)
        await _require_csrf(connection, visit)
    if right in SCOPED and visit.reader.is_scoped and not handler.opt.get("narrows"):
        _narrow(connection, handler, visit.reader)


def visit_of(connection: Connection, stage: Stage = "whole", *, peek: bool = False) -> Visit | None:
    """Return who is signed in on a connection, at this stage; to `peek` is no use of a session."""
    people: People = connection.app.state["people"]
    token = connection.cookies.get(cookie_name(connection), "")
    look = people.sessions.peek if peek else people.sessions.of
    session = look(token) if token else None
    if session is None or session.stage != stage:
        return None
    reader = people.reader(session)
    return Visit(token, session, reader) if reader else None


def is_unattended(connection: Connection) -> bool:
    """Tell whether a page asks by itself: a tab that nobody looks at keeps no session alive."""
    return UNATTENDED in connection.headers and _method(connection) in SAFE


def cookie_name(connection: Connection) -> str:
    """Return the name of the cookie: over TLS one that no other host can set."""
    return "__Host-xunji" if is_secure(connection) else "xunji"


def is_secure(connection: Connection) -> bool:
    """True over TLS, ours or that of a proxy we trust."""
    return connection.scope["scheme"] == "https"


def _method(connection: Connection) -> str:
    return connection.method if isinstance(connection, Request) else "GET"


def require_same_origin(connection: Connection) -> None:
    """Refuse what a page of another origin sends, session or not.

    Browsers say which site asks; one that does not still names the origin.
    """
    if _method(connection) in SAFE:
        return
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    host = connection.headers.get("host", "").lower()
    if site is not None:
        own = site in ("same-origin", "none")
    else:
        own = origin is None or urlsplit(origin).netloc.lower() == host
    if not own:
        raise ProblemError("cross-site")


async def _require_csrf(connection: Connection, visit: Visit) -> None:
    said = connection.headers.get(CSRF_HEADER, "")
    if not said and isinstance(connection, Request):
        form = await connection.form()
        said = str(form.get(CSRF_FIELD, ""))
        if not hmac.compare_digest(said.encode(), visit.csrf.encode()):
            await form.close()  # a file that nobody will read
    if not hmac.compare_digest(said.encode(), visit.csrf.encode()):
        raise ProblemError("cross-site")


# ── scope ──────────────────────────────────────────────────────────────────────────


def _narrow(connection: Connection, handler: BaseRouteHandler, reader: Reader) -> None:
    """Rewrite the question so that it asks for nothing beyond the reader's scope."""
    if not may_open(reader, connection.scope["path_template"], handler):
        raise reader.beyond()
    # A connection of its own reads the query as Litestar will, and leaves nothing cached here.
    asked = ASGIConnection[Any, Any, Any, Any](_fresh(connection.scope)).query_params
    narrowed = reader.narrowed([(name, str(value)) for name, value in asked.multi_items()])
    connection.scope["query_string"] = urlencode(narrowed).encode()


def _fresh(scope: Scope) -> Scope:
    """Return the same request, of which nothing was read yet."""
    copied = scope.copy()
    copied["state"] = {}
    return copied


def may_open(reader: Reader, path: str, handler: BaseRouteHandler) -> bool:
    """Tell whether a reader is let through to a route, asking for no more than their scope."""
    if path in OPEN:
        return True
    right = right_of(path, handler.opt)
    if right is None or not reader.may(right):
        return False
    if right not in SCOPED or handler.opt.get("narrows"):
        return True
    known = narrowed_by(handler)
    return (not reader.domains or "domain" in known) and (
        not reader.townships or "township" in known
    )


def narrowed_by(handler: BaseRouteHandler) -> frozenset[str]:
    """Return the parameters by which what a route shows can be cut down to a scope.

    None of those that show the whole whatever is asked (`opt={"whole": True}`).
    """
    return frozenset() if handler.opt.get("whole") else parameters_of(handler)


def parameters_of(handler: BaseRouteHandler) -> frozenset[str]:
    """Return the names that a handler and what it depends on are given."""
    known = handler.opt.get("parameters")
    if known is None:
        provided = handler.resolve_dependencies()
        names = set(handler.parsed_fn_signature.parameters)
        waiting = list(names)
        while waiting:
            provider = provided.get(waiting.pop())
            if provider is not None:
                fresh = set(provider.parsed_fn_signature.parameters) - names
                names |= fresh
                waiting += fresh
        known = handler.opt["parameters"] = frozenset(names)
    return known


# ── answers ────────────────────────────────────────────────────────────────────────


def on_nobody(request: Request[Any, Any, Any], refusal: NotSignedInError) -> Response[Any]:
    """Lead a browser to the sign-in and back; tell a program what is wrong."""
    target = sign_in_address(request)
    if is_unattended(request):
        return on_problem(request, refusal)  # the page stays, with what was typed into it
    if request.headers.get("hx-request"):
        answer = on_problem(request, refusal)
        answer.headers["hx-redirect"] = target
        return answer
    if wants_page(request):
        return Redirect(target, status_code=303)
    return on_problem(request, refusal)


def sign_in_address(request: Request[Any, Any, Any]) -> str:
    """Return where to sign in, and to come back from: only what was read is gone back to."""
    if request.method not in SAFE or request.headers.get("hx-request"):
        return "/sign-in"
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if back == "/" else f"/sign-in?next={quote(back, safe='/')}"


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a browser asks for something to look at."""
    return "text/html" in request.headers.get("accept", "")


def reader_of(request: Request[Any, Any, Any]) -> Reader:
    """Return who reads: the dependency `reader` of every route that is not open."""
    visit: object = request.scope.get("auth")  # pyright: ignore[reportUnknownMemberType]
    if not isinstance(visit, Visit | KeyVisit):
        raise NotSignedInError
    return visit.reader


def visit_in(request: Request[Any, Any, Any]) -> Visit:
    """Return the signed-in request: the dependency `visit`."""
    visit: object = request.scope.get("auth")  # pyright: ignore[reportUnknownMemberType]
    if not isinstance(visit, Visit):
        raise NotSignedInError
    return visit
