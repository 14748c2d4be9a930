"""Terms that run from a date of an object: rechecks of households, and deadlines.

A recheck is due within so long of the last one, by the class that the household has on the due
day; before there was one, from what the register tells, else from the day it was listed. A
deadline is counted from a date in the register. Both end with a working day (民法典 art. 203),
and what is done up to then is in time.

A recheck that was done moves the next: it is counted from then. One that was missed stays
missed, and after as long again the rule falls due again; done late, it moves the next and stays
missed. So of a household that nobody visits something falls due in each year.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

from msgspec import Struct

from projections.asked import Basis, Rules, Stretch
from projections.frequency import ByClass, Deadline, Each, household_class, later
from projections.registered import Registered
from projections.spans import OPEN, Span, before
from projections.uses import within
from projections.working_calendar import Calendar

_KNOWN: Final = ("last_recheck_on", "confirmed_on")
"""Attributes that tell of a recheck, or the first assessment, before there were records."""

Told: TypeAlias = tuple[Span, int, Basis]


def with_terms(rules: Rules, one: Registered) -> list[Stretch]:
    """Return the items that ask an object for rechecks, or state a deadline for it."""
    kinds = {object_type for object_type, _ in one.types}
    return [
        stretch
        for stretch in rules.stretches
        if isinstance(stretch.rule, ByClass | Deadline) and not kinds.isdisjoint(stretch.types)
    ]


def settled(one: Registered, stretch: Stretch, days: Sequence[str], window: Span) -> bool:
    """Tell whether something since a window began ended what was missing in it."""
    known = _dates(one, _KNOWN) if isinstance(stretch.rule, ByClass) else ()
    start = window.start
    return any(day >= start.isoformat() for day in days) or any(day >= start for day in known)


def of_terms(
    one: Registered, stretch: Stretch, days: Sequence[str], calendar: Calendar, today: date
) -> Iterator[Told]:
    """Yield the windows of a recheck or a deadline, what was done in each, and why."""
    match stretch.rule:
        case ByClass():
            yield from _rechecks(one, stretch, stretch.rule, days, calendar, today)
        case Deadline():
            yield from _deadlines(one, stretch, stretch.rule, days, calendar)
        case _:
            return


def _deadlines(
    one: Registered, stretch: Stretch, rule: Deadline, days: Sequence[str], calendar: Calendar
) -> Iterator[Told]:
    basis = Basis("deadline", rule.days, "working_day" if rule.working else "day", stretch.text)
    for start in sorted(set(_dates(one, (rule.attribute,)))):
        due = (
            calendar.add_working_days(start, rule.days)
            if rule.working
            else calendar.on_or_after(_plus(start, rule.days))
        )
        window = Span(start, due)
        yield window, within(days, window), basis


def _rechecks(
    one: Registered,
    stretch: Stretch,
    rule: ByClass,
    days: Sequence[str],
    calendar: Calendar,
    today: date,
) -> Iterator[Told]:
    """Yield each recheck that fell due, and the first that is open and not yet due."""
    done = {date.fromisoformat(day) for day in days}
    known = _dates(one, _KNOWN)
    last = _begins(one)
    if last is None:
        return
    for day in sorted(done | {day for day in known if last < day <= today}):
        missed = False
        while (due := _due(one, rule, last, calendar)).on < day:
            yield Span(_plus(last, 1), due.on), 0, due.basis(stretch)
            last, missed = due.on, True
        if day in done and day > last and not missed:
            yield Span(_plus(last, 1), due.on), 1, due.basis(stretch)
        last = day
    missed = False
    while (due := _due(one, rule, last, calendar)).on < today:
        yield Span(_plus(last, 1), due.on), 0, due.basis(stretch)
        last, missed = due.on, True
    if not missed and due.on < OPEN:
        yield Span(_plus(last, 1), due.on), 0, due.basis(stretch)


def _begins(one: Registered) -> date | None:
    """Return from when rechecks are counted: what the first listing tells, else its day."""
    first = one.terms[:1]
    told = [day for term in first for day in map(_day, map(term.attributes.get, _KNOWN)) if day]
    return max(told, default=one.since)


class _Due(Struct, frozen=True):
    on: date
    each: Each = Each(1, "year")
    group: str = ""

    def basis(self, stretch: Stretch) -> Basis:
        return Basis("min_by_class", self.each.count, self.each.per, stretch.text, "", self.group)


def _due(one: Registered, rule: ByClass, last: date, calendar: Calendar) -> _Due:
    """Return when the recheck after `last` falls due, by the class the household has then.

    Where a class that is to be rechecked sooner begins after that day, it is due at once.
    """
    terms = one.terms
    for place, term in enumerate(terms):
        ends = before(terms[place + 1].valid_from) if place + 1 < len(terms) else OPEN
        group = household_class(term.attributes)
        each = rule.classes.get(group)
        if each is None:
            continue
        day = later(last, each.per, each.count)
        if day <= ends:
            begins = term.valid_from if place else date.min
            return _Due(calendar.on_or_after(max(day, begins)), each, group)
    return _Due(OPEN)


def _dates(one: Registered, names: Iterable[str]) -> list[date]:
    held = [term.attributes.get(name) for term in one.terms for name in names]
    return sorted({day for value in held if (day := _day(value)) is not None})


def _day(value: Any) -> date | None:  # noqa: ANN401  an attribute
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _plus(day: date, days: int) -> date:
    return day + timedelta(days=days) if OPEN - day > timedelta(days=days) else OPEN
