"""In which steps each object was inspected: one pass over the inspections of the period."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from projections.chosen import where as chosen_where
from projections.inspections import INSPECTIONS
from projections.question import Filters
from projections.spans import Span, before
from projections.views import Condition, Query, ViewReader

_INDEXED: Final = INSPECTIONS.indexes[0]  # by `completed_on`: nothing is to be sorted


class Visited(Struct, frozen=True):
    """By object, masks of steps: with an effective inspection, and with one that had findings."""

    done: Mapping[str, int]
    findings: Mapping[str, int]


def visited(
    views: ViewReader,
    chosen: Filters,
    past: Sequence[Span],
    into: Sequence[Mapping[str, str]],
    *,
    with_findings: bool,
) -> Visited:
    """Read the inspections step by step; `into` says as what merged objects are counted."""
    done: defaultdict[str, int] = defaultdict(int)
    findings: defaultdict[str, int] = defaultdict(int)
    columns = ("object", "outcome") if with_findings else ("object",)
    for number, (step, targets) in enumerate(zip(past, into, strict=True)):
        bit = 1 << number
        for values in _effective(views, chosen, step, columns):
            key = values[0]
            key = targets.get(key, key) if targets else key
            done[key] |= bit
            if with_findings and values[1] == "findings":
                findings[key] |= bit
    return Visited(done, findings)


def inspected_before(
    views: ViewReader, chosen: Filters, day: date, into: Mapping[str, str]
) -> frozenset[str]:
    """Return the objects with an effective inspection before a day, read year by year."""
    found: set[str] = set()
    first = _first_year(views)
    if first is not None and day > date.min:
        for year in range(first, day.year + 1):
            whole = Span(date(year, 1, 1), date(year, 12, 31))
            span = whole.within(Span(date.min, before(day)))
            if span is not None:
                rows = _effective(views, chosen, span, ("object",))
                found.update(into.get(values[0], values[0]) for values in rows)
    return frozenset(found)


def _effective(
    views: ViewReader, chosen: Filters, span: Span, columns: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    where: list[Condition] = [
        ("completed_on", ">=", span.start.isoformat()),
        ("completed_on", "<=", span.end.isoformat()),
        ("effective", "=", 1),
    ]
    where += chosen_where(chosen, "township", "domain", "kind", "village")
    words = [(name, value) for name, value in _words(chosen) if value is not None]
    asked = (*columns, *(name for name, _ in words))
    query = Query("inspections", columns=asked, where=tuple(where), order=_INDEXED)
    for row in views.select(query):
        held = row.values[len(columns) :]
        if all(value in str(text).split() for (_, value), text in zip(words, held, strict=True)):
            yield row.values  # type: ignore[misc]  these columns are text


def _words(chosen: Filters) -> tuple[tuple[str, str | None], ...]:
    """Return the columns of words in which a filter's own has to be."""
    return ("officers", chosen.officer), ("items", chosen.item)


def _first_year(views: ViewReader) -> int | None:
    query = Query(
        "inspections",
        columns=("completed_on",),
        where=(("completed_on", "!=", ""),),
        order=("completed_on",),
        limit=1,
    )
    rows = views.select(query)
    return date.fromisoformat(str(rows[0].values[0])).year if rows else None
