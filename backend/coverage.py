"""Coverage: what was inspected of what there was to inspect, each figure with its rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend import areas
from backend.geojson import MapFormat, wants_geojson
from backend.readings import (
    AsOf,
    Code,
    From,
    Reading,
    Today,
    Until,
    as_csv,
    period_of,
    query_of,
    wants_csv,
)
from projections.coverage import Coverage, Figure, Filters, coverage
from projections.spans import Span


class FigureOut(Struct, frozen=True, omit_defaults=True):
    """`done` of `of`; `rate` None and `words` `no objects` where there is nothing to cover."""

    done: int
    of: int
    rate: float | None
    words: str
    covered: Sequence[str] | None = None
    missing: Sequence[str] | None = None


class CoverageOut(Struct, frozen=True):
    """All measures of one period. `not_effective` counts inspections by why they do not count."""

    as_of: AsOf
    period: Span
    objects: FigureOut
    items: FigureOut
    domains: FigureOut
    villages: FigureOut
    townships: Mapping[str, FigureOut]
    inspections: int
    desk: int
    by_domain: Mapping[str, int]
    concentration: float | None
    effective_domains: float | None
    not_effective: Mapping[str, int]


@get("/views/coverage", tags=["views"], summary="覆盖 · coverage", sync_to_thread=True)
def coverage_view(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    township: Code = None,
    domain: Code = None,
    kind: Code = None,
    first: From = None,
    last: Until = None,
    today: Today = None,
    rows: Annotated[bool, QueryParameter(description="with the keys behind each figure")] = False,
    format: MapFormat = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Compute coverage between `from` and `to`; by default of this calendar year."""
    day = today or reading.today()
    period = period_of(first, last, day)
    filters = Filters(township, domain, kind)
    if wants_geojson(request, format):
        return areas.coverage_map(reading, request, period, day, filters)
    with reading.held() as views:
        found = coverage(views, period, day, filters)
        as_of = reading.as_of(query_of(request), day, views)
    if wants_csv(request, format):
        return as_csv("coverage", lines(found), as_of)
    return Response(shown(found, as_of, rows=rows))


def shown(found: Coverage, as_of: AsOf, *, rows: bool = False) -> CoverageOut:
    """Return coverage as it is sent."""
    return CoverageOut(
        as_of=as_of,
        period=found.as_of.period,
        objects=_figure(found.objects, rows=rows),
        items=_figure(found.items, rows=rows),
        domains=_figure(found.breadth.domains, rows=True),
        villages=_figure(found.villages, rows=rows),
        townships={code: _figure(one, rows=rows) for code, one in found.townships.items()},
        inspections=len(found.inspections),
        desk=len(found.desk),
        by_domain=found.breadth.inspections,
        concentration=found.breadth.concentration,
        effective_domains=found.breadth.effective_number,
        not_effective={reason: len(keys) for reason, keys in found.not_effective.items()},
    )


def lines(found: Coverage) -> list[dict[str, Any]]:
    """Return the figures as rows of a table."""
    figures = {
        "objects": found.objects,
        "items": found.items,
        "domains": found.breadth.domains,
        "villages": found.villages,
    }
    measures = [(name, "", figure) for name, figure in figures.items()]
    measures += [("objects", code, figure) for code, figure in found.townships.items()]
    return [
        {
            "measure": name,
            "township": township,
            "done": figure.numerator,
            "of": figure.denominator,
            "rate": figure.rate,
            "words": figure.words,
        }
        for name, township, figure in measures
    ]


def _figure(figure: Figure, *, rows: bool) -> FigureOut:
    return FigureOut(
        figure.numerator,
        figure.denominator,
        figure.rate,
        figure.words,
        figure.covered if rows else None,
        figure.missing if rows else None,
    )
