"""Signing in and out: pages that work without script."""

from functools import partial
from typing import Any, Final
from urllib.parse import quote

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import SkipValidation, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from backend.pages import Pages
from backend.people import demonstration
from backend.people.guard import Visit, cookie_name, is_secure, visit_of
from backend.people.people import People, SignedIn, Waiting
from backend.people.rights import Right

_NEXT_STEP: Final = {"whole": "/", "second": "/sign-in/second", "enrol": "/sign-in/set-up"}
_MOST: Final = 2_000  # characters of an address to go back to

Given = NamedDependency[SkipValidation[People]]
Rendering = NamedDependency[SkipValidation[Pages]]
Signed = NamedDependency[SkipValidation[Visit]]


class SignInForm(Struct, frozen=True):
    """What is typed to sign in. `next`: where to go then."""

    name: str = ""
    password: str = ""
    next: str = ""


class CodeForm(Struct, frozen=True):
    """Six digits, or a recovery code."""

    code: str = ""
    next: str = ""
    csrf: str = ""


@get("/sign-in", include_in_schema=False, sync_to_thread=True)
def sign_in_page(request: Request[Any, Any, Any], people: Given, pages: Rendering) -> Response[Any]:
    """Ask for name and password."""
    back = own_path(request.query_params.get("next", ""))
    if visit_of(request) is not None:
        return Redirect(back, status_code=303)
    return _page(request, people, pages, back)


@post("/sign-in", include_in_schema=False)
async def sign_in(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[SignInForm],
    people: Given,
    pages: Rendering,
) -> Response[Any]:
    """Try name and password."""
    trying = partial(people.sign_in, data.name, data.password, *who(request))
    found = await to_thread.run_sync(trying)
    back = own_path(data.next)
    if isinstance(found, SignedIn):
        await to_thread.run_sync(end_session, request, people)
        step = back if found.stage == "whole" else f"{_NEXT_STEP[found.stage]}{_query(back)}"
        return go_on(request, found, step)
    said = "waiting" if isinstance(found, Waiting) else "wrong"
    seconds = found.seconds if isinstance(found, Waiting) else 0
    page = _page(request, people, pages, back, fault=said, seconds=seconds, typed=data.name[:64])
    page.status_code = 429 if seconds else 422
    if seconds:
        page.headers["retry-after"] = str(seconds)
    return page


@get(
    "/sign-in/second", include_in_schema=False, sync_to_thread=False, opt={"right": Right.SIGNED_IN}
)
def second_page(request: Request[Any, Any, Any], pages: Rendering, visit: Signed) -> Response[Any]:
    """Ask for the second factor."""
    back = own_path(request.query_params.get("next", ""))
    return pages.render(request, "second_factor.html", fault="", back=back, csrf=visit.csrf)


@post("/sign-in/second", include_in_schema=False, opt={"right": Right.SIGNED_IN})
async def second(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[CodeForm],
    people: Given,
    pages: Rendering,
    visit: Signed,
) -> Response[Any]:
    """Try the second factor; the session that waited for it is replaced by another."""
    trying = partial(people.second, visit.session, data.code, *who(request))
    found = await to_thread.run_sync(trying)
    back = own_path(data.next)
    if isinstance(found, SignedIn):
        return go_on(request, found, back)
    if isinstance(found, Waiting):
        page = _page(request, people, pages, back, fault="waiting", seconds=found.seconds)
        page.status_code = 429
        page.headers["retry-after"] = str(found.seconds)
        return page
    page = pages.render(request, "second_factor.html", fault="wrong", back=back, csrf=visit.csrf)
    page.status_code = 422
    return page


@post("/sign-out", include_in_schema=False, sync_to_thread=True, opt={"right": Right.SIGNED_IN})
def sign_out(request: Request[Any, Any, Any], people: Given, visit: Signed) -> Response[Any]:
    """End this session."""
    people.sessions.end(visit.session.hash)
    return signed_out(request)


# ── shared with one's own account ──────────────────────────────────────────────────


def go_on(request: Request[Any, Any, Any], found: SignedIn, to: str) -> Response[Any]:
    """Give the browser its session, and lead on."""
    answer = Redirect(to, status_code=303)
    answer.set_cookie(
        Cookie(
            cookie_name(request), value=found.token, path="/", httponly=True,
            secure=is_secure(request), samesite="strict",
        )
    )  # fmt: skip
    return answer


def signed_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """Take the session from the browser, with all it kept of ours."""
    answer = Redirect("/sign-in", status_code=303, headers={"clear-site-data": '"cache"'})
    answer.set_cookie(
        Cookie(
            cookie_name(request), value="", path="/", httponly=True, max_age=0,
            secure=is_secure(request), samesite="strict",
        )
    )  # fmt: skip
    return answer


def end_session(request: Request[Any, Any, Any], people: People) -> None:
    """End the session that the browser had before: signing in never goes on with an old one."""
    token = request.cookies.get(cookie_name(request), "")
    session = people.sessions.of(token) if token else None
    if session:
        people.sessions.end(session.hash)


def own_path(text: str) -> str:
    """Return a path of ours to go to; whatever might lead elsewhere leads to the first page."""
    plain = text.isprintable() and "\\" not in text and len(text) <= _MOST
    leads_away = not text.startswith("/") or text.startswith("//")
    return text if plain and not leads_away else "/"


def who(request: Request[Any, Any, Any]) -> tuple[str, str]:
    """Return from where and with what a request comes."""
    address = request.client.host if request.client else ""
    return address, request.headers.get("user-agent", "")


def _query(back: str) -> str:
    return "" if back == "/" else f"?next={quote(back, safe='/')}"


def _page(
    request: Request[Any, Any, Any],
    people: People,
    pages: Pages,
    back: str,
    *,
    fault: str = "",
    seconds: int = 0,
    typed: str = "",
) -> Response[Any]:
    return pages.render(
        request,
        "sign_in.html",
        back=back,
        fault=fault,
        minutes=-(-seconds // 60),
        typed=typed,
        demo=demonstration.ACCOUNTS if people.demo else (),
        demo_password=demonstration.PASSWORD if people.demo else "",
    )
