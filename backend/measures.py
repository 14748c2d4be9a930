"""The thirteen measures for readers: all at a glance, and each with the rows behind it.

Figures that would tell of fewer than five homes are hidden, in JSON as in CSV, and with them the
numbers and the lengths of lists. Rows are no figures: they are what somebody has to visit, and
name a home by nothing but its id.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Struct

from backend import areas
from backend.exports.sending import as_table
from backend.geojson import Feature, MapFormat, as_geojson, wants_geojson
from backend.links import next_link
from backend.measuring import ASKED, Asked, Measuring
from backend.pages import Pages, language_of
from backend.problems import ProblemError
from backend.readings import (
    After,
    AsOf,
    Format,
    Limit,
    Reading,
    cursor_text,
    query_of,
    read_cursor,
    wants_table,
)
from backend.telling import Both, FigureOut, RowOut, Teller, both, overall, told
from projections.figures import Figure, Measured, Part
from projections.hidden import Homes, reads
from projections.measures import MEASURES
from projections.spans import Span
from projections.views import ViewReader

_Rows = Annotated[bool, QueryParameter(description="with the rows behind the figure")]
_Figure = Annotated[
    str | None, QueryParameter(max_length=64, description="which figure's rows; default the first")
]
_List = Annotated[
    str | None, QueryParameter(name="list", max_length=64, description="rows of this list instead")
]
_By = Annotated[str | None, QueryParameter(max_length=64, description="only this breakdown")]


class MeasureLine(Struct, frozen=True):
    """A measure at a glance. `breakdowns`: how many values each has."""

    measure: str
    version: int
    name: Both
    done: int | None
    of: int | None
    rate: float | None
    words: str
    breakdowns: Mapping[str, int]


class MeasuresOut(Struct, frozen=True):
    """All measures of one period."""

    as_of: AsOf
    period: Span
    measures: Sequence[MeasureLine]


class MeasureOut(Struct, frozen=True):
    """One measure. `lists` tell how long they are; `rows` are one page of what was asked for."""

    as_of: AsOf
    period: Span
    measure: str
    version: int
    name: Both
    figures: Sequence[FigureOut]
    by: Mapping[str, Sequence[FigureOut]]
    numbers: Mapping[str, float | None]
    lists: Mapping[str, int | None]
    rows: Sequence[RowOut] | None
    next: str | None


@get(
    "/views/measures",
    tags=["views"],
    summary="全部度量 · all measures",
    dependencies=ASKED,
    sync_to_thread=True,
)
def measures(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Compute all measures between `from` and `to`; by default of this calendar year."""
    with reading.held() as views:
        found = measuring.all(asked)
        homes = measuring.homes()
        as_of = reading.as_of(query_of(request), asked.today, views, versions())
    if wants_table(request, format):
        words = Pages.words(language_of(request))
        return as_table(request, "measures", overall(found, homes, words), as_of, spoken=words)
    return Response(MeasuresOut(as_of, asked.period, at_a_glance(found, homes)))


@get(
    "/views/measures/{name:str}",
    tags=["views"],
    summary="一项度量 · one measure and the rows behind it",
    dependencies=ASKED,
    sync_to_thread=True,
)
def measure(  # noqa: PLR0913  what may be asked of it
    *,
    request: Request[Any, Any, Any],
    name: FromPath[str],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    by: _By = None,
    rows: _Rows = False,
    figure: _Figure = None,
    listed: _List = None,
    after: After = "",
    limit: Limit = 100,
    format: MapFormat = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Compute one measure; with `rows` or `list`, page by page what is behind it.

    As GeoJSON: townships and villages with their figures, of measures that are broken down so.
    """
    require(name)
    with reading.held() as views:
        found = measuring.measured(name, asked)
        teller = Teller(request, measuring.homes())
        behind = _behind(found, figure, listed) if rows or listed else None
        is_file = wants_table(request, format)
        page = None
        if behind is not None:
            page = _page(behind, after, len(behind) if is_file else limit)
        broken = _broken_down(found, by)
        teller.learn(views, [row.key for row in page or ()], broken)
        drawn = _drawn(views, teller, broken) if wants_geojson(request, format) else None
        as_of = reading.as_of(query_of(request), asked.today, views, versions(name))
    if drawn is not None:
        return as_geojson(name, drawn, as_of)
    if is_file:
        lines = teller.rows(page) if page is not None else teller.lines(found, broken)
        return as_table(request, name, lines, as_of, spoken=teller.words)
    hidden = reads(found.figure, teller.homes) is not None
    more = page and behind and page[-1].key < behind[-1].key
    link = next_link(request, after=cursor_text((page[-1].key,))) if page and more else None
    return Response(
        MeasureOut(
            as_of,
            asked.period,
            name,
            MEASURES[name].version,
            both(name),
            [teller.figure(key, one) for key, one in found.figures.items()],
            {key: teller.breakdown(key, values) for key, values in broken.items()},
            {key: None if hidden else value for key, value in found.numbers.items()},
            {key: None if hidden else len(keys) for key, keys in found.lists.items()},
            None if page is None else [teller.row(one) for one in page],
            link,
        )
    )


# ── what is asked for ──────────────────────────────────────────────────────────────


def require(name: str) -> None:
    """Refuse the name of no measure."""
    if name not in MEASURES:
        raise ProblemError("not-found")


def versions(*names: str) -> dict[str, int]:
    """Return the versions of measures; of all where none is named."""
    return {name: MEASURES[name].version for name in names or MEASURES}


def _broken_down(found: Measured, by: str | None) -> Mapping[str, Mapping[str, Figure]]:
    if by is None:
        return found.by
    if by not in found.by:
        raise _unknown("by", found.by)
    return {by: found.by[by]}


def _drawn(
    views: ViewReader, teller: Teller, by: Mapping[str, Mapping[str, Figure]]
) -> Sequence[Feature]:
    told = {key: teller.breakdown(key, of) for key, of in by.items() if key in areas.LEVELS}
    if not told:
        reason = "this is not broken down by township or village"
        raise ProblemError("bad-request", parameters=[{"name": "format", "reason": reason}])
    return list(areas.measured(views, told))


def _behind(found: Measured, figure: str | None, listed: str | None) -> Sequence[Part]:
    """Return all rows of a figure or of a list, in the order of their keys."""
    if listed is not None:
        if listed not in found.lists:
            raise _unknown("list", found.lists)
        return [Part(key, 0, 0) for key in sorted(set(found.lists[listed]))]
    if figure is None:
        return found.figure.parts
    if figure not in found.figures:
        raise _unknown("figure", found.figures)
    return found.figures[figure].parts


def _page(behind: Sequence[Part], after: str, limit: int) -> Sequence[Part]:
    """Return the page after a cursor. Keys are ordered, so a cursor is a key."""
    cursor = read_cursor(after)
    if cursor is None:
        return behind[:limit]
    match cursor:
        case (str(key),):
            return [one for one in behind if one.key > key][:limit]
        case _:
            raise ProblemError(
                "bad-request", parameters=[{"name": "after", "reason": "not from `next`"}]
            )


def _unknown(parameter: str, known: Iterable[str]) -> ProblemError:
    reason = f"one of: {', '.join(known)}"
    return ProblemError("bad-request", parameters=[{"name": parameter, "reason": reason}])


def at_a_glance(found: Mapping[str, Measured], homes: Homes) -> list[MeasureLine]:
    """Return measures as a list of figures."""
    lines: list[MeasureLine] = []
    for name, one in found.items():
        said = told(name, "", one.figure, reads(one.figure, homes))
        sizes = {key: len(values) for key, values in one.by.items()}
        version = MEASURES[name].version
        lines.append(
            MeasureLine(name, version, both(name), said.done, said.of, said.rate, said.words, sizes)
        )
    return lines
