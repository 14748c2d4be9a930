"""One's own account: joining by a link, password, second factor, where one is signed in."""

import hmac
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import segno
from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from backend.pages import Pages
from backend.people import second_factor
from backend.people.accounts import Account, AccountError
from backend.people.app_key_list import own_keys
from backend.people.domain_words import domain_names
from backend.people.guard import Visit
from backend.people.people import People
from backend.people.rights import SECOND_FACTOR, Right
from backend.people.signing_in import (
    Given,
    Rendering,
    Signed,
    end_session,
    go_on,
    own_path,
    signed_out,
    who,
)
from backend.problems import ProblemError


class JoinForm(Struct, frozen=True):
    """A one-time link and the password it is spent on."""

    link: str = ""
    password: str = ""
    again: str = ""


class PasswordForm(Struct, frozen=True):
    """The old password and a new one."""

    old: str = ""
    password: str = ""
    again: str = ""
    csrf: str = ""


class FactorForm(Struct, frozen=True):
    """The password, and what the authenticator shows."""

    password: str = ""
    code: str = ""
    next: str = ""
    csrf: str = ""


# ── joining ────────────────────────────────────────────────────────────────────────


@get("/join", include_in_schema=False, sync_to_thread=True)
def join_page(
    request: Request[Any, Any, Any], people: Given, pages: Rendering, link: FromQuery[str] = ""
) -> Response[Any]:
    """Ask for the password of an account that was opened or reset."""
    return _join(request, people, pages, link, "")


@post("/join", include_in_schema=False)
async def join(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[JoinForm],
    people: Given,
    pages: Rendering,
) -> Response[Any]:
    """Spend the link on a password, then lead to the sign-in."""

    def spend() -> Response[Any]:
        _require_equal(data.password, data.again)
        people.join(data.link, data.password, who(request)[0])
        end_session(request, people)
        return Redirect("/sign-in?joined=yes", status_code=303)

    return await tried(spend, partial(_join, request, people, pages, data.link))


def _join(
    request: Request[Any, Any, Any], people: People, pages: Pages, link: str, fault: str
) -> Response[Any]:
    account = people.accounts.behind(link)
    return pages.render(
        request, "join.html", account=account, link=link if account else "", fault=fault
    )


# ── the second factor that a role asks for ─────────────────────────────────────────


@get(
    "/sign-in/set-up", include_in_schema=False, sync_to_thread=True, opt={"right": Right.SIGNED_IN}
)
def set_up_page(
    request: Request[Any, Any, Any], people: Given, pages: Rendering, visit: Signed
) -> Response[Any]:
    """Show the secret to an authenticator, before the first whole session."""
    return _set_up(request, people, pages, visit, "/sign-in/set-up", "")


@post("/sign-in/set-up", include_in_schema=False, opt={"right": Right.SIGNED_IN})
async def set_up(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[FactorForm],
    people: Given,
    pages: Rendering,
    visit: Signed,
) -> Response[Any]:
    """Take up the authenticator, begin a whole session, show the recovery codes once."""

    def take_up() -> Response[Any]:
        codes = _taken_up(people, visit, data.code)
        found = people.renewed(visit.session, *who(request))
        shown = _codes(request, pages, codes, own_path(data.next))
        for cookie in go_on(request, found, "/").cookies:
            shown.set_cookie(cookie)
        return shown

    again = partial(_set_up, request, people, pages, visit, "/sign-in/set-up")
    return await tried(take_up, again)


# ── the page ───────────────────────────────────────────────────────────────────────


@get("/account", include_in_schema=False, sync_to_thread=True, opt={"right": Right.SIGNED_IN})
def account_page(
    request: Request[Any, Any, Any], people: Given, pages: Rendering, visit: Signed
) -> Response[Any]:
    """Show one's own account."""
    return own_page(request, people, pages, visit)


@post("/account/password", include_in_schema=False, opt={"right": Right.SIGNED_IN})
async def change_password(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[PasswordForm],
    people: Given,
    pages: Rendering,
    visit: Signed,
) -> Response[Any]:
    """Give oneself another password: every session ends, this one too."""

    def change() -> Response[Any]:
        account = proven(people, visit, data.old, request)
        _require_equal(data.password, data.again)
        people.accounts.set_password(account, data.password)
        return signed_out(request)

    def again(fault: str) -> Response[Any]:
        return own_page(request, people, pages, visit, password_fault=fault)

    return await tried(change, again)


@get(
    "/account/second-factor",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.SIGNED_IN},
)
def factor_page(
    request: Request[Any, Any, Any], people: Given, pages: Rendering, visit: Signed
) -> Response[Any]:
    """Show a new secret to an authenticator."""
    return _set_up(request, people, pages, visit, "/account/second-factor", "")


@post("/account/second-factor", include_in_schema=False, opt={"right": Right.SIGNED_IN})
async def set_factor(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[FactorForm],
    people: Given,
    pages: Rendering,
    visit: Signed,
) -> Response[Any]:
    """Take up an authenticator, in place of an older one."""

    def take_up() -> Response[Any]:
        proven(people, visit, data.password, request)
        return _codes(request, pages, _taken_up(people, visit, data.code), "/account")

    again = partial(_set_up, request, people, pages, visit, "/account/second-factor")
    return await tried(take_up, again)


@post("/account/second-factor/drop", include_in_schema=False, opt={"right": Right.SIGNED_IN})
async def drop_factor(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[FactorForm],
    people: Given,
    pages: Rendering,
    visit: Signed,
) -> Response[Any]:
    """Do without a second factor again."""

    def drop() -> Response[Any]:
        people.accounts.drop_second_factor(proven(people, visit, data.password, request))
        return Redirect("/account", status_code=303)

    def again(fault: str) -> Response[Any]:
        return own_page(request, people, pages, visit, factor_fault=fault)

    return await tried(drop, again)


@post(
    "/account/sign-out-everywhere",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.SIGNED_IN},
)
def sign_out_everywhere(
    request: Request[Any, Any, Any], people: Given, visit: Signed
) -> Response[Any]:
    """End all sessions of the account."""
    people.sessions.end_all(visit.reader.account)
    people.on_tablets.end_all(visit.reader.account)
    return signed_out(request)


# ── what they share ────────────────────────────────────────────────────────────────


async def tried(
    act: Callable[[], Response[Any]], again: Callable[[str], Response[Any]]
) -> Response[Any]:
    """Do what a form asks; where a rule refuses it, show its page `again`, which says the rule.

    Passwords take their time to check: none of it is done in the loop of the server.
    """

    def attempt() -> Response[Any]:
        try:
            return act()
        except AccountError as refused:
            page = again(refused.reason)
            page.status_code = 422
            return page

    return await to_thread.run_sync(attempt)


def _require_equal(password: str, again: str) -> None:
    if password != again:
        raise AccountError("unequal")


def proven(people: People, visit: Visit, password: str, request: Request[Any, Any, Any]) -> Account:
    """Return the account once its password was typed again; wrong ones count as at sign-in."""
    account = people.accounts.by_id(visit.reader.account)
    if account is None:
        raise ProblemError("not-signed-in")
    address, _browser = who(request)
    if people.throttle.wait(account.name, address):
        raise AccountError("waiting")
    if not people.accounts.checked(account, password):
        people.throttle.failed(account.name, address)
        raise AccountError("wrong")
    return account


def _secret(visit: Visit) -> bytes:
    """Return the secret that this session offers: nothing is kept until it is taken up."""
    return hmac.digest(visit.token.encode(), b"xunji second factor", "sha256")[:20]


def _taken_up(people: People, visit: Visit, code: str) -> list[str]:
    return people.accounts.set_second_factor(visit.reader.account, _secret(visit), code)


def qr(text: str) -> str:
    """Return a QR code as an SVG path: its commands, drawn on the server."""
    matrix = segno.make(text, error="m", micro=False).matrix
    return "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    )


def qr_size(text: str) -> int:
    """Return how many modules a side of the code has."""
    return len(segno.make(text, error="m", micro=False).matrix)


def _set_up(
    request: Request[Any, Any, Any],
    people: People,
    pages: Pages,
    visit: Visit,
    action: str,
    fault: str,
) -> Response[Any]:
    account = people.accounts.by_id(visit.reader.account)
    name = account.name if account else ""
    secret = _secret(visit)
    scanned = second_factor.address(secret, name, "Xunji")
    return pages.render(
        request,
        "second_factor_set_up.html",
        action=action,
        fault=fault,
        name=name,
        secret=" ".join(_fours(second_factor.spelt(secret))),
        qr=qr(scanned),
        qr_size=qr_size(scanned),
        back=own_path(request.query_params.get("next", "")),
        asks_password=action != "/sign-in/set-up",
    )


def _fours(text: str) -> list[str]:
    return [text[at : at + 4] for at in range(0, len(text), 4)]


def _codes(
    request: Request[Any, Any, Any], pages: Pages, codes: list[str], back: str
) -> Response[Any]:
    return pages.render(request, "recovery_codes.html", codes=codes, back=back)


def own_page(
    request: Request[Any, Any, Any],
    people: People,
    pages: Pages,
    visit: Visit,
    *,
    password_fault: str = "",
    factor_fault: str = "",
    about_keys: Mapping[str, object] = MappingProxyType({}),
) -> Response[Any]:
    """Show one's own account; `about_keys`: what was done about app keys (`own_keys`)."""
    account = people.accounts.by_id(visit.reader.account)
    return pages.render(
        request,
        "account.html",
        account=account,
        domain_name=domain_names(request),
        sessions=people.sessions.of_account(visit.reader.account),
        tablets=people.on_tablets.of_account(visit.reader.account),
        this=visit.session.hash,
        codes_left=people.accounts.recovery_codes_left(visit.reader.account),
        required=visit.reader.role in SECOND_FACTOR,
        password_fault=password_fault,
        factor_fault=factor_fault,
        **{**own_keys(people, visit.reader, account), **about_keys},
    )
