"""Coverage: what was inspected of what there was to inspect, each figure with its rows.

Figures that would tell of fewer than five homes are hidden, here as on the map.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend import areas
from backend.exports.sending import as_table
from backend.geojson import MapFormat, wants_geojson
from backend.measuring import ASKED, Asked, Measuring, by_domain
from backend.readings import AsOf, Reading, query_of, wants_table
from projections.coverage import Coverage, Figure, coverage
from projections.hidden import Homes, hidden_counted, hidden_of, reads
from projections.spans import Span

_NO_HOMES: Final[Homes] = {}
_NONE: Final[Mapping[str, Collection[str]]] = {}


class FigureOut(Struct, frozen=True, omit_defaults=True):
    """`done` of `of`; `rate` None and `words` `no objects` where there is nothing to cover.

    Both are None where they are hidden: `words` are then `<5` or `hidden`.
    """

    done: int | None
    of: int | None
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
    by_domain: Mapping[str, int | None]
    concentration: float | None
    effective_domains: float | None
    not_effective: Mapping[str, int]


@get(
    "/views/coverage",
    tags=["views"],
    summary="覆盖 · coverage",
    dependencies=ASKED,
    sync_to_thread=True,
)
def coverage_view(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    rows: Annotated[bool, QueryParameter(description="with the keys behind each figure")] = False,
    format: MapFormat = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Compute coverage between `from` and `to`; by default of this calendar year."""
    period, day, filters = asked.period, asked.today, asked.filters
    if wants_geojson(request, format):
        return areas.coverage_map(reading, request, period, day, filters)
    with reading.held() as views:
        found = coverage(views, period, day, filters)
        homes = measuring.homes()
        by = by_domain(measuring.question(asked))
        as_of = reading.as_of(query_of(request), day, views)
    if wants_table(request, format):
        return as_table(request, "coverage", lines(found, homes), as_of)
    return Response(shown(found, as_of, homes, by, rows=rows))


def shown(
    found: Coverage,
    as_of: AsOf,
    homes: Homes = _NO_HOMES,
    by: Mapping[str, Collection[str]] = _NONE,
    *,
    rows: bool = False,
) -> CoverageOut:
    """Return coverage as it is sent; `by`: the inspections of each domain."""
    hidden = hidden_of(found.townships, homes)
    few = hidden_counted(by, homes)
    breadth = found.breadth
    return CoverageOut(
        as_of=as_of,
        period=found.as_of.period,
        objects=_figure(found.objects, rows=rows, hidden=reads(found.objects, homes)),
        items=_figure(found.items, rows=rows),
        domains=_figure(found.breadth.domains, rows=True),
        villages=_figure(found.villages, rows=rows),
        townships={
            code: _figure(one, rows=rows, hidden=hidden.get(code))
            for code, one in found.townships.items()
        },
        inspections=len(found.inspections),
        desk=len(found.desk),
        by_domain={d: None if d in few else count for d, count in breadth.inspections.items()},
        concentration=None if few else breadth.concentration,
        effective_domains=None if few else breadth.effective_number,
        not_effective={reason: len(keys) for reason, keys in found.not_effective.items()},
    )


def lines(found: Coverage, homes: Homes = _NO_HOMES) -> list[dict[str, Any]]:
    """Return the figures as rows of a table."""
    figures = {
        "objects": found.objects,
        "items": found.items,
        "domains": found.breadth.domains,
        "villages": found.villages,
    }
    hidden = hidden_of(found.townships, homes)
    measures = [(name, "", one, reads(one, homes)) for name, one in figures.items()]
    measures += [("objects", code, one, hidden.get(code)) for code, one in found.townships.items()]
    return [
        {"measure": name, "township": township, **_cells(_figure(one, hidden=unsaid))}
        for name, township, one, unsaid in measures
    ]


def _cells(said: FigureOut) -> dict[str, Any]:
    return {"done": said.done, "of": said.of, "rate": said.rate, "words": said.words}


def _figure(figure: Figure, *, rows: bool = False, hidden: str | None = None) -> FigureOut:
    if hidden is not None:
        return FigureOut(None, None, None, hidden)
    return FigureOut(
        figure.numerator,
        figure.denominator,
        figure.rate,
        figure.words,
        figure.covered if rows else None,
        figure.missing if rows else None,
    )
