"""频次占用 and 综合查一次: enterprises against their caps, and visits that can be made one."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.measuring import Asked as What
from backend.measuring import Measuring
from backend.readings import MOST, After, Asked, Code, Format, Limit, Reading, Table, Today
from projections.cap_use import CapCount, enterprise_years, may_plan, planned
from projections.joint_visits import Joint, joint_visits
from projections.question import Filters
from projections.spans import Span
from projections.views import Cursor, CursorError, ViewStore

NEAR: Final = frozenset({"near", "full", "exceeded"})
_Until = Annotated[date | None, QueryParameter(description="last day; default 30 on")]


@get("/views/caps", tags=["views"], summary="频次占用 · use of caps", sync_to_thread=True)
def caps(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    year: Annotated[int | None, QueryParameter(ge=1900, le=9998)] = None,
    show: Annotated[Literal["all", "near"], QueryParameter(description="only near a cap")] = "all",
    exception: Annotated[str, QueryParameter(max_length=64, description="to plan under")] = "",
    today: Today = None,
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List enterprises with what was counted in a year, and whether one more may be planned."""
    day = today or reading.today()
    whole = Span(date(year or day.year, 1, 1), date(year or day.year, 12, 31))

    def rows(_: ViewStore, start: Cursor | None, most: int) -> Table:
        chosen = Filters(township=township, domain=domain, village=village)
        question = measuring.question(What(whole, day, chosen))
        waiting = question.once(planned) if whole.end.year == day.year else Counter[str]()
        found = question.once(enterprise_years).values()
        kept = [one for one in found if show == "all" or one.status in NEAR]
        return caps_table(kept, waiting, exception, start, most)

    return reading.list(request, "caps", rows, day, Asked(after, limit, format))


@get("/views/joint-visits", tags=["views"], summary="综合查一次 · joint", sync_to_thread=True)
def joint(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    until: _Until = None,
    today: Today = None,
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List enterprises of which several items are due, or several visits assigned."""
    day = today or reading.today()

    def rows(_: ViewStore, start: Cursor | None, most: int) -> Table:
        chosen = Filters(township=township, domain=domain, village=village)
        question = measuring.question(What(Span(day, day), day, chosen))
        return joint_table(question.once(joint_visits, until), start, most)

    return reading.list(request, "joint-visits", rows, day, Asked(after, limit, format))


def caps_table(
    found: Iterable[CapCount],
    waiting: Counter[str],
    exception: str = "",
    start: Cursor | None = None,
    most: int = MOST,
) -> Table:
    """Return enterprises as rows, by credit code; `waiting` are visits planned at objects."""
    edge = _edge(start)
    rows = [
        _row(one, sum(waiting[key] for key in one.objects), exception)
        for one in sorted(found, key=lambda one: one.enterprise)
        if one.enterprise > edge
    ]
    return _page(rows, most)


def joint_table(found: Iterable[Joint], start: Cursor | None = None, most: int = MOST) -> Table:
    """Return suggestions as rows, by credit code."""
    edge = _edge(start)
    ordered = sorted(found, key=lambda one: one.enterprise)
    return _page([_joint(one) for one in ordered if one.enterprise > edge], most)


def _edge(start: Cursor | None) -> str:
    """Return behind which enterprise a page begins; `CursorError` for another list's cursor."""
    if start is None:
        return ""
    if len(start) != 1 or not isinstance(start[0], str):
        raise CursorError("caps")
    return start[0]


def _page(found: list[dict[str, Any]], most: int) -> Table:
    shown = found[:most]
    return Table(shown, (str(shown[-1]["enterprise"]),) if len(found) > most else None)


def _row(one: CapCount, waiting: int, exception: str) -> dict[str, Any]:
    decision = may_plan(one, exception, waiting)
    held = len(one.counted)
    return {
        "enterprise": one.enterprise,
        "year": one.year,
        "objects": one.objects,
        "townships": one.townships,
        "cap": one.cap,
        "counted": held,
        "watched": len(one.watched),
        "planned": waiting,
        "use": held / one.cap if one.cap else None,
        "status": one.status,
        "may_plan": decision.allowed,
        "reason": decision.reason,
    }


def _joint(one: Joint) -> dict[str, Any]:
    return {
        "enterprise": one.enterprise,
        "objects": one.objects,
        "townships": one.townships,
        "items": one.items,
        "due_on": one.due_on,
        "planned": one.planned,
    }
