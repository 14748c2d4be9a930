"""Days as spans, both ends included: validity, exemption, periods."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

OPEN: Final = date.max
_DAY = timedelta(days=1)


class Span(Struct, frozen=True, gc=False, order=True):
    """From one day to another, both included."""

    start: date
    end: date = OPEN

    def within(self, other: "Span") -> "Span | None":
        """Return what of it lies in `other`, None if nothing does."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start <= end else None


def after(day: date) -> date:
    return day if day == OPEN else day + _DAY


def before(day: date) -> date:
    return day if day == date.min else day - _DAY


def spans_of(changes: Iterable[tuple[date, int, bool]]) -> list[Span]:
    """Return when something was on. Each change: from which day, its position, on or off.

    Of changes from the same day, the one with the higher position holds.
    """
    found: list[Span] = []
    since: date | None = None
    for day, _, on in sorted(changes):
        if on and since is None:
            since = day
        elif not on and since is not None:
            if since < day:
                found.append(Span(since, before(day)))
            since = None
    return found if since is None else [*found, Span(since)]


def less(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what of `spans` is left without `taken`."""
    left = list(spans)
    for hole in taken:
        left = [piece for span in left for piece in _cut(span, hole)]
    return left


def _cut(span: Span, hole: Span) -> Iterable[Span]:
    if span.within(hole) is None:
        yield span
        return
    if span.start < hole.start:
        yield Span(span.start, before(hole.start))
    if hole.end < span.end:
        yield Span(after(hole.end), span.end)
