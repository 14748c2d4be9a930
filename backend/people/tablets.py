"""The tablets, for who manages devices: enrolment codes, when each was heard of, revoking."""

from typing import Any, Final

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation, URLEncodedBody
from msgspec import Struct

from backend import revoking
from backend.codes import Codes
from backend.measure_words import DOMAINS
from backend.office import Office
from backend.pages import Pages, wall
from backend.people.domain_words import domain_names
from backend.people.own_account import qr, qr_size
from backend.people.rights import Right
from backend.people.signing_in import Rendering
from backend.problems import ProblemError
from backend.readings import Reading
from events.clock import CHINA, moment
from events.errors import NotEnrolledError
from projections.device_list import DeviceLine, device_list

CODE_SECONDS: Final = 15 * 60
_REASONS: Final = ("lost", "stolen", "broken", "replaced", "left")
_MOST: Final = 10_000
_SILENT_DAYS: Final = 2

Recording = NamedDependency[SkipValidation[Office]]
Views = NamedDependency[SkipValidation[Reading]]
Issuing = NamedDependency[SkipValidation[Codes]]


class CodeForm(Struct, frozen=True):
    """What the tablet that brings the code will be."""

    name: str = ""
    townships: str = ""
    domains: str | list[str] = ""
    csrf: str = ""


class RevokeForm(Struct, frozen=True):
    """Why a tablet is revoked, and that it is meant."""

    reason: str = ""
    meant: str = ""
    csrf: str = ""


class Tablet(Struct, frozen=True):
    """A line of the page. `silent`: whole days since it was heard of, where they are many."""

    device: str
    name: str
    scope: tuple[str, ...]
    heard: str
    silent: int
    entries: int
    trusted: bool
    beyond: int


@get("/tablets", include_in_schema=False, sync_to_thread=True, opt={"right": Right.READ_DEVICES})
def tablets_page(
    request: Request[Any, Any, Any], pages: Rendering, reading: Views
) -> Response[Any]:
    """List the tablets."""
    return _page(request, pages, reading)


@post("/tablets/code", include_in_schema=False, opt={"right": Right.MANAGE_DEVICES})
async def issue_code(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[CodeForm],
    pages: Rendering,
    reading: Views,
    codes: Issuing,
) -> Response[Any]:
    """Show a code that enrols one tablet, for some minutes."""

    def issue() -> Response[Any]:
        if not data.name.strip() or len(data.name) > 200:  # noqa: PLR2004  events.facts.Name
            page = _page(request, pages, reading, fault="name")
            page.status_code = 422
            return page
        domains = data.domains if isinstance(data.domains, list) else data.domains.split()
        townships = data.townships.replace(",", " ").replace("，", " ").split()
        code = codes.issue(data.name.strip(), townships, domains, CODE_SECONDS)
        return _page(request, pages, reading, code=code, named=data.name.strip())

    return await to_thread.run_sync(issue)


@get(
    "/tablets/{device:str}/revoke",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.MANAGE_DEVICES},
)
def revoke_page(
    request: Request[Any, Any, Any], device: FromPath[str], pages: Rendering, reading: Views
) -> Response[Any]:
    """Say what revoking means, before it is done."""
    return _revoke_page(request, pages, reading, device, "")


@post("/tablets/{device:str}/revoke", include_in_schema=False, opt={"right": Right.MANAGE_DEVICES})
async def revoke_tablet(
    request: Request[Any, Any, Any],
    device: FromPath[str],
    data: URLEncodedBody[RevokeForm],
    pages: Rendering,
    reading: Views,
    office: Recording,
) -> Response[Any]:
    """Trust a tablet no further than what it handed in so far."""

    def revoke() -> Response[Any]:
        if data.meant != "yes" or data.reason not in _REASONS:
            page = _revoke_page(request, pages, reading, device, "meant")
            page.status_code = 422
            return page
        try:
            facts = revoking.revoke(office, device, None, data.reason)
        except NotEnrolledError as unknown:
            raise ProblemError("not-found") from unknown
        name = _line(reading, device).name
        return _page(
            request,
            pages,
            reading,
            revoked=name or device,
            gone=device,
            entries=facts[-1].last_trusted,
        )

    return await to_thread.run_sync(revoke)


def _revoke_page(
    request: Request[Any, Any, Any], pages: Pages, reading: Reading, device: str, fault: str
) -> Response[Any]:
    line = _tablet(_line(reading, device), reading)
    return pages.render(request, "tablet_revoke.html", one=line, reasons=_REASONS, fault=fault)


def _line(reading: Reading, device: str) -> DeviceLine:
    with reading.held() as views:
        lines = device_list(views, limit=_MOST).lines
    found = next((one for one in lines if one.device == device), None)
    if found is None:
        raise ProblemError("not-found")
    return found


def _tablet(line: DeviceLine, reading: Reading, *, gone: bool = False) -> Tablet:
    newest = line.logs[0]
    heard = moment(line.received_at, CHINA).date() if line.received_at else None
    days = (reading.today() - heard).days if heard else 0
    return Tablet(
        device=line.device,
        name=line.name,
        scope=(*line.domains, *line.townships),
        heard=wall(line.received_at) if line.received_at else "",
        silent=days if days >= _SILENT_DAYS else 0,
        entries=sum(log.entries for log in line.logs),
        trusted=not gone and any(log.enrolled and log.last_trusted is None for log in line.logs),
        beyond=newest.beyond_trust,
    )


def _page(  # noqa: PLR0913  what it shows
    request: Request[Any, Any, Any],
    pages: Pages,
    reading: Reading,
    *,
    code: str = "",
    named: str = "",
    fault: str = "",
    revoked: str = "",
    gone: str = "",
    entries: int = 0,
) -> Response[Any]:
    """Show all tablets. `gone` was revoked just now: the views may not have heard of it yet."""
    with reading.held() as views:
        lines = device_list(views, limit=_MOST).lines
    server = str(request.base_url).rstrip("/")
    scanned = f"xunji:enrol?server={server}&code={code}"
    return pages.render(
        request,
        "tablets.html",
        tablets=[_tablet(one, reading, gone=one.device == gone) for one in lines],
        domains=list(DOMAINS),
        domain_name=domain_names(request),
        code=code,
        named=named,
        server=server,
        minutes=CODE_SECONDS // 60,
        qr=qr(scanned) if code else "",
        qr_size=qr_size(scanned) if code else 0,
        fault=fault,
        revoked=revoked,
        entries=entries,
    )
