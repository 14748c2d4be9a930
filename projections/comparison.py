"""A measure in two periods: what changed, and of which rows.

    then, now = measured(...), measured(...)
    compare(then, now).figures["villages"].came    # not covered then, covered now

A change of rate is told in points of a hundred. A row that did not count in one of the two
periods neither came nor went: it joined or left what there was to cover.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from projections.figures import Figure, Measured
from projections.spans import Span, after

_YEAR: Final = 12


class NothingBeforeError(ValueError):
    """Before this period the calendar has no other of its length."""


class Change(Struct, frozen=True):
    """A figure then and now. `points` None: one of the two had nothing to cover."""

    then: Figure
    now: Figure
    points: float | None
    came: tuple[str, ...]
    went: tuple[str, ...]
    joined: tuple[str, ...]
    left: tuple[str, ...]


class Moved(Struct, frozen=True):
    """A number then and now, such as the share of one domain in all inspections."""

    then: float | None
    now: float | None
    difference: float | None


class Comparison(Struct, frozen=True):
    """What changed of a measure: its figures, its breakdowns and its numbers."""

    figures: Mapping[str, Change]
    by: Mapping[str, Mapping[str, Change]]
    numbers: Mapping[str, Moved]


def compare(then: Measured, now: Measured) -> Comparison:
    """Return what changed from one period to another."""
    return Comparison(
        _changes(then.figures, now.figures),
        {
            name: _changes(then.by.get(name, {}), now.by.get(name, {}))
            for name in _both(then.by, now.by)
        },
        {
            name: _moved(then.numbers.get(name), now.numbers.get(name))
            for name in _both(then.numbers, now.numbers)
        },
    )


def _changes(then: Mapping[str, Figure], now: Mapping[str, Figure]) -> dict[str, Change]:
    nothing = Figure()
    return {
        name: change(then.get(name, nothing), now.get(name, nothing)) for name in _both(then, now)
    }


def _both(some: Mapping[str, object], others: Mapping[str, object]) -> list[str]:
    """Return the names of both, each once, in the order in which they are told."""
    return list(dict.fromkeys((*some, *others)))


def change(then: Figure, now: Figure) -> Change:
    """Return what changed of a figure."""
    covered_then, covered_now = frozenset(then.covered), frozenset(now.covered)
    missing_then, missing_now = frozenset(then.missing), frozenset(now.missing)
    counted_then, counted_now = covered_then | missing_then, covered_now | missing_now
    return Change(
        then,
        now,
        None if then.rate is None or now.rate is None else 100 * (now.rate - then.rate),
        tuple(sorted(missing_then & covered_now)),
        tuple(sorted(covered_then & missing_now)),
        tuple(sorted(counted_now - counted_then)),
        tuple(sorted(counted_then - counted_now)),
    )


def _moved(then: float | None, now: float | None) -> Moved:
    return Moved(then, now, None if then is None or now is None else now - then)


# ── periods ────────────────────────────────────────────────────────────────────────


def before_it(period: Span, today: date) -> Span:
    """Return the period of the same length before, to compare with.

    Whole months are compared with as many months before, other periods with as many days. Of a
    period that is not over, what has passed is compared with as much of the one before.
    `NothingBeforeError` where the calendar begins.
    """
    passed = period.within(Span(date.min, today)) or period
    months = _months(period)
    try:
        if months:
            return Span(_earlier(passed.start, months), _earlier(passed.end, months))
        length = period.end - period.start + timedelta(days=1)
        return Span(passed.start - length, passed.end - length)
    except (OverflowError, ValueError) as early:
        raise NothingBeforeError(f"nothing lies before {period.start}") from early


def _months(period: Span) -> int:
    """Return how many whole months a period is; 0 where it is not made of whole months."""
    if period.start.day != 1 or after(period.end).day != 1:
        return 0
    return _number(period.end) - _number(period.start) + 1


def _number(day: date) -> int:
    return day.year * _YEAR + day.month - 1


def _earlier(day: date, months: int) -> date:
    """Return the same day some months before; the last of a month stays the last."""
    year, month = divmod(_number(day) - months, _YEAR)
    last = monthrange(year, month + 1)[1]
    is_last = after(day).day == 1
    return date(year, month + 1, last if is_last else min(day.day, last))
