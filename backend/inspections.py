"""Inspections: which were made where and when, whether each counts, and why not."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.geojson import MapFormat, list_map, wants_geojson
from backend.readings import (
    MOST,
    After,
    Asked,
    Code,
    From,
    Limit,
    Reading,
    Table,
    Today,
    Until,
    period_of,
)
from projections.chosen import condition
from projections.spans import Span
from projections.views import Condition, Cursor, Query, ViewStore

_COLUMNS: Final = (
    "started_on",
    "completed_on",
    "kind",
    "nature",
    "object",
    "object_type",
    "domain",
    "township",
    "village",
    "items",
    "outcome",
    "effective",
    "reasons",
    "desk",
    "voided",
    "cancelled",
    "officers",
    "assignment",
)
_LISTS: Final = frozenset(("items", "reasons", "officers"))
_FLAGS: Final = frozenset(("effective", "desk", "voided"))


@get("/views/inspections", tags=["views"], summary="检查 · inspections", sync_to_thread=True)
def inspections(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    kind: Code = None,
    officer: Code = None,
    object_: Annotated[str | None, QueryParameter(name="object", max_length=26)] = None,
    effective: Annotated[bool | None, QueryParameter(description="whether it counts")] = None,
    first: From = None,
    last: Until = None,
    today: Today = None,
    after: After = "",
    limit: Limit = 100,
    format: MapFormat = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List inspections started between `from` and `to`, the newest first."""
    day = today or reading.today()
    period = period_of(first, last, day)
    named = {
        "township": township, "village": village, "domain": domain, "kind": kind,
        "object": object_,
    }  # fmt: skip
    where: list[Condition] = []
    for name, value in named.items():
        if value is not None:
            where.append(condition(name, value))
    if effective is not None:
        where.append(("effective", "=", int(effective)))

    def rows(views: ViewStore, start: Cursor | None, most: int) -> Table:
        return table(views, period, where, start, most, officer)

    if wants_geojson(request, format):
        about = ("inspections", "inspection")
        return list_map(reading, request, about, rows, day, _started_on)
    page = Asked(after, limit, format, by_pages=True)
    return reading.list(request, "inspections", rows, day, page)


def table(
    views: ViewStore,
    period: Span,
    where: Sequence[Condition] = (),
    start: Cursor | None = None,
    most: int = MOST,
    officer: str | None = None,
) -> Table:
    """Return inspections as rows, the newest first; of an officer those he was in the crew of."""
    started: tuple[Condition, ...] = (
        ("started_on", ">=", period.start.isoformat()),
        ("started_on", "<=", period.end.isoformat()),
    )
    crew: tuple[Condition, ...] = (("officers", "has", officer),) if officer else ()
    query = Query(
        "inspections",
        columns=_COLUMNS,
        where=(*started, *where, *crew),
        order=("started_on",),
        falling=True,
        after=start,
        limit=most + 1,
    )
    found = views.select(query)
    shown = found[:most]
    end = (shown[-1].values[0], shown[-1].key) if len(found) > most else None
    return Table([_row(one.key, one.values) for one in shown], end)


def _started_on(row: Mapping[str, Any]) -> date:
    return date.fromisoformat(row["started_on"])


def _row(key: str, values: tuple[str | int | float, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {"inspection": key}
    for name, value in zip(_COLUMNS, values, strict=True):
        if name in _LISTS:
            row[name] = str(value).split()
        elif name in _FLAGS:
            row[name] = bool(value)
        else:
            row[name] = value or None
    return row
