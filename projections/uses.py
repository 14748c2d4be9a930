"""When each object was effectively inspected with each item: one pass over an index.

Days are ISO texts, as the column holds them: they compare like dates, and a history of a
million inspections need not be turned into dates of which few are asked for.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from msgspec import Struct

from projections.spans import Span
from projections.views import Condition, Query, ViewReader

_BY_DAY: Final = (
    "completed_on",
    "kind",
    "object",
    "domain",
    "township",
    "village",
    "items",
    "effective",
    "reasons",
    "desk",
    "officers",
)  # fmt: skip  as the index has them: nothing is to be sorted
_BY_OBJECT: Final = ("object", "completed_on", "effective", "items", "officers")  # likewise


class Uses(Struct, frozen=True):
    """Effective inspections by object: day and items of each, in the order of days."""

    by_object: dict[str, list[tuple[str, str]]]

    def days(self, objects: Iterable[str], item: str) -> list[str]:
        """Return the days of inspections with an item, of an object by all its names."""
        found = [
            day
            for key in objects
            for day, items in self.by_object.get(key, ())
            if item in _codes(items)
        ]
        return sorted(found)


@lru_cache(maxsize=4_096)
def _codes(items: str) -> frozenset[str]:
    return frozenset(items.split())


def within(days: Sequence[str], span: Span) -> int:
    """Return how many of `days`, which are in order, lie in a span."""
    return bisect_right(days, span.end.isoformat()) - bisect_left(days, span.start.isoformat())


def used_between(views: ViewReader, span: Span, officer: str | None = None) -> Uses:
    """Return what was effectively inspected in a span of days, by whom it may be."""
    where: tuple[Condition, ...] = (
        ("completed_on", ">=", span.start.isoformat()),
        ("completed_on", "<=", span.end.isoformat()),
    )
    return _uses(views, where, _BY_DAY, officer)


def used_by(
    views: ViewReader,
    objects: Iterable[str],
    until: date,
    officer: str | None = None,
    since: date | None = None,
) -> Uses:
    """Return what was ever effectively inspected of some objects, from a day on up to a day."""
    where: tuple[Condition, ...] = (
        ("object", "in", sorted(objects)),
        ("completed_on", ">=", since.isoformat()) if since else ("completed_on", "!=", ""),
        ("completed_on", "<=", until.isoformat()),
    )
    return _uses(views, where, _BY_OBJECT, officer)


def _uses(
    views: ViewReader, where: tuple[Condition, ...], order: tuple[str, ...], officer: str | None
) -> Uses:
    rows = views.select(
        Query(
            "inspections",
            columns=("object", "completed_on", "items", "officers"),
            where=(*where, ("effective", "=", 1)),
            order=order,
        )
    )
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for _, (key, day, items, officers), _ in rows:
        if officer is None or officer in str(officers).split():
            found[str(key)].append((str(day), str(items)))
    return Uses(found)
