"""When objects count, where and as what, step by step: read from the register's columns.

A step is a bit of a number: an object's mask says in which steps it counts. Most objects
count in all of them and lie where they always did, so that most are read once for many.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias

from msgspec import Struct

from events.coordinates import Degrees
from projections import objects as register
from projections.objects import PERSONS, Counts, Place
from projections.points import Points, points
from projections.question import merged
from projections.spans import Span
from projections.views import Query, ViewReader

Run: TypeAlias = tuple[int, Place, Degrees | None]
"""In the steps of a mask an object counts, with these keys, at this point."""


_INDEXED: Final = ("counts", "terms", "points")  # nothing is to be sorted


class Listed(Struct, frozen=True, gc=False):
    """What maps need of an object, as the columns say it."""

    object: str
    counts: str
    points: str


def listed(views: ViewReader) -> list[Listed]:
    """Read the register as maps need it: what counts, and what lies somewhere."""
    rows = views.select(Query("objects", columns=("counts", "points"), order=_INDEXED))
    return [Listed(row.key, str(row.values[0]), str(row.values[1])) for row in rows]


def bits(mask: int) -> Iterator[int]:
    """Yield the steps of a mask."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def same_as(rows: Iterable[Listed], past: Sequence[Span]) -> list[Mapping[str, str]]:
    """Return, for each step, which object others are counted as at its end."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.counts and register.counts(row.counts).merged:
            alike[row.counts].append(row.object)
    return [merged(alike, step.end) for step in past] if alike else [{}] * len(past)


def runs(
    rows: Sequence[Listed], past: Sequence[Span], into: Sequence[Mapping[str, str]]
) -> Iterator[tuple[Listed, Points, list[Run]]]:
    """Yield each object with its runs; `into` as `same_as` gives it."""
    groups = {one for step in into for pair in step.items() for one in pair}
    of_groups = _merged_runs([row for row in rows if row.object in groups], past, into)
    single = _Runs(past)
    for row in rows:
        at = points(row.points)
        grouped = row.object in groups
        yield row, at, of_groups.get(row.object, []) if grouped else single.of(row.counts, at)


class _Runs:
    """Reads when and where objects count that are counted as themselves."""

    def __init__(self, past: Sequence[Span]) -> None:
        self._past = past
        self._starts = [step.start for step in past]
        self._ends = [step.end for step in past]
        self._known: dict[str, list[tuple[int, Place]]] = {}

    def of(self, text: str, at: Points) -> list[Run]:
        if not text:
            return []
        if len(at.known) > 1:
            return self._moving(text, at)
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._places(text)
        here = (at.known[0].lon, at.known[0].lat) if at.known else None
        return [(mask, place, here) for mask, place in found]

    def _places(self, text: str) -> list[tuple[int, Place]]:
        about = register.counts(text)
        if len(about.spans) == 1 == len(about.places):
            (place,) = about.places
            mask = self._between(*about.spans[0])
            return [(mask, place)] if mask and place.object_type not in PERSONS else []
        found: defaultdict[Place, int] = defaultdict(int)
        for number, (_, place) in self._days(about):
            found[place] |= 1 << number
        return [(mask, place) for place, mask in found.items()]

    def _moving(self, text: str, at: Points) -> list[Run]:
        found: defaultdict[tuple[Place, Degrees | None], int] = defaultdict(int)
        for number, (day, place) in self._days(register.counts(text)):
            found[place, at.on(day)] |= 1 << number
        return [(mask, place, here) for (place, here), mask in found.items()]

    def _days(self, about: Counts) -> Iterator[tuple[int, tuple[date, Place]]]:
        for number, step in enumerate(self._past):
            day = about.last_day(step)
            place = None if day is None else about.place(day)
            if day is not None and place is not None and place.object_type not in PERSONS:
                yield number, (day, place)

    def _between(self, start: date, end: date) -> int:
        first, after = bisect_left(self._ends, start), bisect_right(self._starts, end)
        return ((1 << after) - 1) & ~((1 << first) - 1) if first < after else 0


def _merged_runs(
    rows: Sequence[Listed], past: Sequence[Span], into: Sequence[Mapping[str, str]]
) -> dict[str, list[Run]]:
    """Return when and where groups of merged objects count: each as what it was merged into.

    It counts where that object does, or else where the one of the group did that counted last:
    as `projections.question.denominators` has it.
    """
    found: defaultdict[str, defaultdict[tuple[Place, Degrees | None], int]]
    found = defaultdict(lambda: defaultdict(int))
    for number, (step, targets) in enumerate(zip(past, into, strict=True)):
        last: dict[str, tuple[tuple[date, bool, str], Place | None, Degrees | None]] = {}
        for row in rows:
            held = register.last_counted(row.counts, step) if row.counts else None
            if held is not None:
                (day, place), target = held, targets.get(row.object, row.object)
                rank = (day, row.object == target, row.object)
                if target not in last or last[target][0] < rank:
                    last[target] = rank, place, points(row.points).on(day)
        for target, (_, place, here) in last.items():
            if place is not None:
                found[target][place, here] |= 1 << number
    return {
        target: [(mask, place, here) for (place, here), mask in held.items()]
        for target, held in found.items()
    }
