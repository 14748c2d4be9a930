"""The accounts: who has one, opening, changing, locking, and one-time links."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation, URLEncodedBody
from msgspec import Struct, structs

from backend.measure_words import DOMAINS
from backend.office import Office
from backend.pages import Pages
from backend.people import recording
from backend.people.accounts import Account, AccountError
from backend.people.app_key_list import all_keys
from backend.people.certificates import holders, officer_with
from backend.people.domain_words import domain_names
from backend.people.people import People
from backend.people.reader import Reader
from backend.people.rights import Right, Role
from backend.people.signing_in import Given, Rendering
from backend.problems import ProblemError

Recording = NamedDependency[SkipValidation[Office]]
Reading = NamedDependency[SkipValidation[Reader]]


class AccountForm(Struct, frozen=True):
    """What an account is given. Lists by spaces or commas."""

    name: str = ""
    person: str = ""
    role: str = ""
    domains: str | list[str] = ""
    townships: str = ""
    until: str = ""
    certificate: str = ""
    csrf: str = ""


class ActForm(Struct, frozen=True):
    """What is to be done with an account: lock, unlock, reset."""

    act: str = ""
    csrf: str = ""


@get("/accounts", include_in_schema=False, sync_to_thread=True, opt={"right": Right.READ_ACCOUNTS})
def accounts_page(
    request: Request[Any, Any, Any], people: Given, pages: Rendering, office: Recording
) -> Response[Any]:
    """List the accounts."""
    return _page(request, people, pages, office)


@post("/accounts", include_in_schema=False, opt={"right": Right.MANAGE_ACCOUNTS})
async def open_account(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[AccountForm],
    people: Given,
    pages: Rendering,
    office: Recording,
    reader: Reading,
) -> Response[Any]:
    """Open an account, and show its one-time link."""

    def open_it() -> Response[Any]:
        officer = officer_with(office.store, data.certificate)
        made = people.accounts.open(data.name, data.person, *_asked(data), officer)
        recording.opened(office, made, reader)
        return _linked(request, people, pages, office, made)

    return await _tried(request, people, pages, office, data, open_it)


@get(
    "/accounts/{account:str}",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.MANAGE_ACCOUNTS},
)
def account_form(
    request: Request[Any, Any, Any],
    account: FromPath[str],
    people: Given,
    pages: Rendering,
    office: Recording,
) -> Response[Any]:
    """Show what an account has, to be changed."""
    return _change_page(request, pages, office, _known(people, account), "")


@post("/accounts/{account:str}", include_in_schema=False, opt={"right": Right.MANAGE_ACCOUNTS})
async def change_account(
    request: Request[Any, Any, Any],
    account: FromPath[str],
    data: URLEncodedBody[AccountForm],
    people: Given,
    pages: Rendering,
    office: Recording,
    reader: Reading,
) -> Response[Any]:
    """Give an account another role or scope."""

    def change() -> Response[Any]:
        known = _known(people, account)
        try:
            _not_own(known, reader)
            role, domains, townships, until = _asked(data)
            changed = structs.replace(
                known,
                role=role,
                domains=domains,
                townships=townships,
                until=until,
                officer=officer_with(office.store, data.certificate),
            )
            people.accounts.change(changed)
        except AccountError as refused:
            page = _change_page(request, pages, office, known, refused.reason)
            page.status_code = 422
            return page
        recording.changed(office, changed, "scope", reader)
        return _page(request, people, pages, office, told="changed", about=changed)

    return await to_thread.run_sync(change)


@post("/accounts/{account:str}/act", include_in_schema=False, opt={"right": Right.MANAGE_ACCOUNTS})
async def act_on_account(
    request: Request[Any, Any, Any],
    account: FromPath[str],
    data: URLEncodedBody[ActForm],
    people: Given,
    pages: Rendering,
    office: Recording,
    reader: Reading,
) -> Response[Any]:
    """Lock an account, unlock it, or reset it to a one-time link."""

    def act() -> Response[Any]:
        known = _known(people, account)
        _not_own(known, reader)
        if data.act == "reset":
            recording.changed(office, known, "reset", reader)
            return _linked(request, people, pages, office, known)
        if data.act not in ("lock", "unlock"):
            raise ProblemError("bad-request")
        locked = data.act == "lock"
        people.accounts.lock(known.account, locked=locked)
        recording.changed(office, known, "locked" if locked else "unlocked", reader)
        return _page(request, people, pages, office, told=data.act, about=known)

    return await _tried(request, people, pages, office, AccountForm(), act)


# ── what they share ────────────────────────────────────────────────────────────────


async def _tried(
    request: Request[Any, Any, Any],
    people: People,
    pages: Pages,
    office: Office,
    data: AccountForm,
    act: Callable[[], Response[Any]],
) -> Response[Any]:
    def tried() -> Response[Any]:
        try:
            return act()
        except AccountError as refused:
            page = _page(request, people, pages, office, fault=refused.reason, typed=data)
            page.status_code = 422
            return page

    return await to_thread.run_sync(tried)


def _known(people: People, account: str) -> Account:
    found = people.accounts.by_id(account)
    if found is None:
        raise ProblemError("not-found")
    return found


def _not_own(account: Account, reader: Reader) -> None:
    """Nobody changes what they may themselves."""
    if account.account == reader.account:
        raise AccountError("own")


def _asked(data: AccountForm) -> tuple[Role, tuple[str, ...], tuple[str, ...], date | None]:
    try:
        role = Role(data.role)
        until = date.fromisoformat(data.until) if data.until else None
    except ValueError as wrong:
        raise ProblemError("bad-request") from wrong
    domains = data.domains if isinstance(data.domains, list) else _words(data.domains)
    return role, tuple(domains), tuple(_words(data.townships)), until


def _words(text: str) -> Sequence[str]:
    return text.replace(",", " ").replace("，", " ").replace("、", " ").split()


def link_to(request: Request[Any, Any, Any], token: str) -> str:
    """Return the address of a one-time link, as the administrator's browser knows us."""
    return f"{request.base_url}join?link={token}"


def _linked(
    request: Request[Any, Any, Any],
    people: People,
    pages: Pages,
    office: Office,
    account: Account,
) -> Response[Any]:
    link = link_to(request, people.accounts.link(account.account))
    return _page(request, people, pages, office, told="link", about=account, link=link)


def _page(  # noqa: PLR0913  what it shows
    request: Request[Any, Any, Any],
    people: People,
    pages: Pages,
    office: Office,
    *,
    told: str = "",
    about: Account | None = None,
    link: str = "",
    fault: str = "",
    typed: AccountForm | None = None,
) -> Response[Any]:
    render = partial(pages.render, request, "accounts.html")
    return render(
        accounts=people.accounts.all(),
        holders=holders(office.store),
        holds=people.accounts.holds,
        roles=list(Role),
        domains=list(DOMAINS),
        domain_name=domain_names(request),
        told=told,
        about=about,
        link=link,
        fault=fault,
        typed=typed or AccountForm(),
        keys=all_keys(people),
    )


def _change_page(
    request: Request[Any, Any, Any], pages: Pages, office: Office, account: Account, fault: str
) -> Response[Any]:
    holder = holders(office.store).get(account.officer or "")
    return pages.render(
        request,
        "account_change.html",
        account=account,
        certificate=holder.number if holder else "",
        roles=list(Role),
        domains=list(DOMAINS),
        domain_name=domain_names(request),
        fault=fault,
    )
