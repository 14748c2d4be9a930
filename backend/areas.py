"""Figures by area, as a map: townships and villages as schematic tiles."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from litestar import Request
from litestar.response import Stream
from msgspec import Struct

from backend.geojson import Feature, as_geojson, polygon
from backend.grids import GridName, areas_of, grid_of
from backend.readings import Reading, query_of
from backend.schematic import tiles
from backend.telling import FigureOut, told
from events.register import AreaListed
from projections.cells import Asked, Counted, counted
from projections.figures import NO_OBJECTS, Figure
from projections.points import on_map
from projections.question import Filters
from projections.runs import listed
from projections.spans import Span
from projections.views import ViewReader

LEVELS: Final[tuple[GridName, ...]] = ("township", "village")
_NO_BOUNDARY: Final = "示意图块，不是界线 · a schematic tile, no boundary"


class AreaFigures(Struct, frozen=True):
    """An area as it is listed, if it is, and its object coverage."""

    code: str
    level: str
    listing: AreaListed | None
    counted: Counted


def area_figures(
    views: ViewReader, period: Span, today: date, filters: Filters
) -> list[AreaFigures]:
    """Return the object coverage of each township and village."""
    register, areas = listed(views), areas_of(views)
    named = {one.area: one for one in areas}
    asked = Asked((period,), today, filters)
    return [
        AreaFigures(code, level, named.get(code), figures)
        for level in LEVELS
        for code, figures in counted(
            views, register, grid_of(level, register, areas, filters), asked
        ).items()
    ]


def coverage_map(
    reading: Reading, request: Request[Any, Any, Any], period: Span, today: date, filters: Filters
) -> Stream:
    """Answer with the object coverage of all areas."""
    with reading.held() as views:
        found = area_figures(views, period, today, filters)
        as_of = reading.as_of(query_of(request), today, views)
    return as_geojson("coverage", features(found), as_of)


def features(figures: list[AreaFigures]) -> Iterator[Feature]:
    """Yield the areas as polygons that are no boundaries, with their figures."""
    drawn = tiles([one.listing for one in figures if one.listing])
    for one in figures:
        yield Feature(polygon(drawn.get(one.code, ())), _properties(one), one.code)


def measured(views: ViewReader, by: Mapping[str, Sequence[FigureOut]]) -> Iterator[Feature]:
    """Yield areas with the figures of a measure; those it does not name have nothing to cover."""
    named = {one.area: one for one in areas_of(views)}
    drawn = tiles(list(named.values()))
    for level in (level for level in LEVELS if level in by):
        figures = {one.key: one for one in by[level]}
        own = {code for code, one in named.items() if one.level == level}
        for code in sorted(own | figures.keys()):
            one = figures.get(code) or told(code, "", Figure(), None)
            figure = {"hidden": one.of is None, "done": one.done, "of": one.of}
            figure |= {"rate": one.rate, "words": one.words}
            area = _area(code, level, named.get(code))
            yield Feature(polygon(drawn.get(code, ())), area | figure, code)


def _area(code: str, level: str, listing: AreaListed | None) -> dict[str, Any]:
    return {
        "area": code,
        "level": level,
        "name_zh": listing.name_zh if listing else None,
        "name_en": listing.name_en if listing else None,
        "within": listing.within if listing else None,
        "point": on_map(listing.lon, listing.lat) if listing else None,
        "xunji:schematic": True,
        "xunji:boundary": _NO_BOUNDARY,
    }


def _properties(one: AreaFigures) -> dict[str, Any]:
    done, of = one.counted.done, one.counted.of
    rate = done / of if done is not None and of else None
    return {
        **_area(one.code, one.level, one.listing),
        "hidden": of is None,
        "done": done,
        "of": of,
        "rate": rate,
        "words": one.counted.hidden or (NO_OBJECTS if rate is None else f"{rate:.1%}"),
    }
