"""A read feed by OData v4, so that Excel and Power BI connect.

Small and strict: the service document, `$metadata`, and four sets with server-driven paging.
What OData knows beyond that is refused with 501, in the form that clients understand. A page
says at which record of the history it stands; pages that were read while records came in can
stand at several, and whoever needs one takes a file.

Whoever reads is signed in as everywhere (`backend.people`): by a session, or, as Excel and
Power BI do, by an app key that they send with each request as HTTP Basic (`backend.people.by_key`).
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, SkipValidation

from backend.exports.odata_filter import (
    OFFERED,
    ODataError,
    read_filter,
    read_flag,
    read_order,
    read_select,
    read_top,
    unoffered,
    wrong,
)
from backend.exports.odata_sets import SETS, EntitySet, Wanted
from backend.measuring import Measuring
from backend.people.reader import Reader
from backend.problems import ProblemError, on_problem
from backend.readings import MOST, Reading, Table, cursor_text, query_of, read_cursor
from projections.question import Filters
from projections.views import CursorError, ViewStore

PATH: Final = "/odata"
NAMESPACE: Final = "Xunji"
_JSON: Final = "application/json;odata.metadata=minimal;charset=utf-8"
_BROKEN: Final = 500
_HEADERS: Final = {"odata-version": "4.0"}
_KEPT: Final = ("www-authenticate", "retry-after")  # of a problem: how to go on
_PAGE_SIZE: Final = re.compile(r"(?:^|[,;\s])(?:odata\.)?maxpagesize=(\d{1,6})(?:$|[,;\s])")
_OPT: Final[dict[str, Any]] = {"right": "export", "narrows": True}


@get("/", include_in_schema=False, sync_to_thread=False, opt=_OPT)
def service(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say which sets there are."""
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in SETS]
    return _answer({"@odata.context": f"{_root(request)}/$metadata", "value": sets})


@get("/$metadata", include_in_schema=False, sync_to_thread=False, opt=_OPT)
def metadata() -> Response[bytes]:
    """Say what the members of sets are."""
    return Response(
        described().encode(), media_type="application/xml; charset=utf-8", headers=_HEADERS
    )


@get("/{name:str}", include_in_schema=False, sync_to_thread=True, opt=_OPT)
def entities(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
) -> Response[bytes]:
    """Answer with a page of a set."""
    of = _set(name)
    asked = _asked(request)
    left = read_top(asked.get("$top", ""))
    size = _page_size(request)
    wanted = _wanted(asked, of, reader, reading, size if left is None else min(size, left))
    chosen = read_select(asked.get("$select", ""), of)
    with reading.held() as views:
        table = _table(of, views, measuring, wanted)
        said: dict[str, Any] = {"@odata.context": _context(request, of, chosen, asked)}
        if read_flag("$count", asked.get("$count", "")):
            said["@odata.count"] = _count(of, views, measuring, wanted)
        as_of = reading.as_of(query_of(request), wanted.today, views)
    said["@xunji.position"] = as_of.position
    said["@xunji.today"] = as_of.today
    said["value"] = [{one: row[one] for one in chosen} for row in table.rows]
    left = None if left is None else left - len(table.rows)
    if table.after is not None and left != 0:
        said["@odata.nextLink"] = _next(request, asked, cursor_text(table.after), left)
    return _answer(said)


@get("/{name:str}/$count", include_in_schema=False, sync_to_thread=True, opt=_OPT)
def how_many(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
) -> Response[bytes]:
    """Answer with how many rows a set has; programs ask so before they read."""
    of = _set(name)
    wanted = _wanted(_asked(request), of, reader, reading, 0)
    with reading.held() as views:
        said = str(_count(of, views, measuring, wanted))
    return Response(said.encode(), media_type="text/plain; charset=utf-8", headers=_HEADERS)


def _set(name: str) -> EntitySet:
    if name in SETS:
        return SETS[name]
    if name.partition("(")[0] in SETS:
        raise unoffered("an entity by its key")
    raise ODataError(404, "not-found", f"there is no {name[:80]}")


def _asked(request: Request[Any, Any, Any]) -> Mapping[str, str]:
    """Return the options of a question, each at most once."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name.startswith("$") and name not in OFFERED:
            raise unoffered(name[:80])
        if name in found:
            raise wrong(f"{name[:80]} is said twice")
        found[name] = str(value)
    if found.get("$format", "json").partition(";")[0] not in ("json", "application/json"):
        raise unoffered("another $format than json")
    return found


def _wanted(
    asked: Mapping[str, str], of: EntitySet, reader: Reader, reading: Reading, most: int
) -> Wanted:
    order, falling = read_order(asked.get("$orderby", ""), of)
    filters = read_filter(asked.get("$filter", ""), of)
    if (reader.townships and "township" not in of.scoped) or (
        reader.domains and "domain" not in of.scoped
    ):
        raise reader.beyond()
    own = reader.narrow(Filters(filters.get(("township", "eq")), filters.get(("domain", "eq"))))
    for name, value in (("township", own.township), ("domain", own.domain)):
        if value is not None:
            filters[name, "eq"] = value
    try:
        after = read_cursor(asked.get("$skiptoken", ""))
    except ProblemError as foreign:
        raise wrong("$skiptoken is not of this feed") from foreign
    return Wanted(reading.today(), filters, order, falling, after, most)


def _table(of: EntitySet, views: ViewStore, measuring: Measuring, wanted: Wanted) -> Table:
    if wanted.most == 0:
        return Table(())
    try:
        return of.rows(views, measuring, wanted)
    except (CursorError, IndexError) as foreign:
        raise wrong(f"$skiptoken is not of {of.name}") from foreign


def _count(of: EntitySet, views: ViewStore, measuring: Measuring, wanted: Wanted) -> int:
    if of.count is None:
        raise unoffered(f"$count of {of.name}")
    return of.count(views, measuring, wanted)


def _page_size(request: Request[Any, Any, Any]) -> int:
    found = _PAGE_SIZE.search(request.headers.get("prefer", ""))
    return min(MOST, max(1, int(found[1]))) if found else MOST


def _next(
    request: Request[Any, Any, Any], asked: Mapping[str, str], token: str, left: int | None
) -> str:
    said = {**asked, "$skiptoken": token}
    if left is not None:
        said["$top"] = str(left)
    return f"{_root(request)}/{request.path_params['name']}?{urlencode(said)}"


def _root(request: Request[Any, Any, Any]) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{PATH}"


def _context(
    request: Request[Any, Any, Any],
    of: EntitySet,
    chosen: tuple[str, ...],
    asked: Mapping[str, str],
) -> str:
    picked = f"({','.join(chosen)})" if asked.get("$select") else ""
    return f"{_root(request)}/$metadata#{of.name}{picked}"


def _answer(said: Mapping[str, Any], status: int = 200) -> Response[bytes]:
    return Response(
        msgspec.json.encode(said), media_type=_JSON, headers=_HEADERS, status_code=status
    )


def described() -> str:
    """Return the description of the sets (CSDL)."""
    types = "".join(_type(one) for one in SETS.values())
    sets = "".join(
        f'<EntitySet Name="{one.name}" EntityType="{NAMESPACE}.{one.kind}"/>'
        for one in SETS.values()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        "<edmx:DataServices>"
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{types}<EntityContainer Name="Container">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _type(one: EntitySet) -> str:
    keys = "".join(f"<PropertyRef Name={quoteattr(name)}/>" for name in one.key)
    members = "".join(
        f"<Property Name={quoteattr(name)} Type={quoteattr(kind)} "
        f"Nullable={quoteattr(str(name not in one.key).lower())}/>"
        for name, kind in one.members.items()
    )
    return f'<EntityType Name="{one.kind}"><Key>{keys}</Key>{members}</EntityType>'


# ── refusals ───────────────────────────────────────────────────────────────────────


def on_odata(_request: Request[Any, Any, Any], refusal: ODataError) -> Response[bytes]:
    """Answer with a refusal as OData has it."""
    return _refused(refusal.status, refusal.code, refusal.message)


def on_problem_here(request: Request[Any, Any, Any], problem: ProblemError) -> Response[bytes]:
    """Answer with a problem of ours, in the form of OData."""
    ours = on_problem(request, problem)
    said = msgspec.json.decode(ours.content)
    status = ours.status_code or _BROKEN
    answer = _refused(status, problem.code, f"{said['title']}: {said['detail']}")
    answer.headers.update({name: ours.headers[name] for name in _KEPT if name in ours.headers})
    return answer


def on_http_here(_request: Request[Any, Any, Any], failure: HTTPException) -> Response[bytes]:
    """Answer with what the framework refuses, in the form of OData."""
    return _refused(failure.status_code, "bad-request", failure.detail)


def _refused(status: int, code: str, message: str) -> Response[bytes]:
    return _answer({"error": {"code": code, "message": message}}, status)


def feed() -> Router:
    """Return the routes of the feed."""
    return Router(
        PATH,
        route_handlers=[service, metadata, entities, how_many],
        exception_handlers={
            ODataError: on_odata,
            ProblemError: on_problem_here,
            HTTPException: on_http_here,
        },
    )
