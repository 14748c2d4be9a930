"""Terms that run from a date of an object: rechecks of households, and deadlines.

Rechecks fall due as `projections.due_dates` says, an item at a time. A deadline is counted from
a date in the register and ends with a working day (民法典 art. 203); what is done up to then is in
time, and what is done later ends what was missing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

from msgspec import Struct

from projections.asked import Basis, Rules, Stretch
from projections.due_dates import Classes, day_of, due_dates
from projections.frequency import ByClass, Deadline
from projections.objects import Place
from projections.registered import Registered
from projections.spans import OPEN, Span
from projections.working_calendar import Calendar


class Term(Struct, frozen=True, gc=False):
    """Something was to be done in a window, and by today was, or not.

    `in_time` is the day on which it was done in time; `ended_on` on which it was done, or the
    register said so, if late. `place` are the keys on the due day; None: it did not count yet.
    """

    window: Span
    in_time: date | None
    ended_on: date | None
    basis: Basis
    place: Place | None


class Termed(Struct, frozen=True):
    """An item that asks for rechecks or states a deadline, with all its days in order."""

    item: str
    stretches: Sequence[Stretch]

    def asks(self, object_type: str, day: date) -> bool:
        """Tell whether it was in force on a day, for objects of a type."""
        return any(
            one.days.start <= day <= one.days.end and object_type in one.types
            for one in self.stretches
        )


def termed(rules: Rules) -> list[Termed]:
    """Return the items that ask for rechecks or state a deadline."""
    held = [one for one in rules.stretches if isinstance(one.rule, ByClass | Deadline)]
    held.sort(key=lambda one: (one.item, one.days))
    return [Termed(item, tuple(of)) for item, of in groupby(held, lambda one: one.item)]


def concerning(items: Iterable[Termed], one: Registered) -> list[Termed]:
    """Return those of some items that ask an object for something."""
    kinds = {object_type for object_type, _ in one.types}
    return [
        item for item in items if any(not kinds.isdisjoint(each.types) for each in item.stretches)
    ]


def terms(
    one: Registered, item: Termed, days: Sequence[str], calendar: Calendar, today: date
) -> Iterator[Term]:
    """Yield what an item asks of an object, whenever it falls due, by what was done by today."""
    done = {date.fromisoformat(day) for day in days}
    rules = [(each, each.rule) for each in item.stretches if isinstance(each.rule, ByClass)]
    if rules:
        yield from _rechecks(one, done, Classes(rules, calendar), today)
    for stretch in item.stretches:
        if isinstance(stretch.rule, Deadline):
            yield from _deadlines(one, stretch, stretch.rule, sorted(done), calendar)


def _rechecks(
    one: Registered, done: Collection[date], classes: Classes, today: date
) -> Iterator[Term]:
    for due in due_dates(one, done, classes, today):
        each = due.why.each
        basis = Basis("min_by_class", each.count, each.per, due.why.text, "", due.why.group)
        window = Span(_plus(due.since, 1), due.due_on)
        yield Term(window, due.ended_on if due.in_time else None, due.ended_on, basis, due.place)


def _deadlines(
    one: Registered, stretch: Stretch, rule: Deadline, done: Sequence[date], calendar: Calendar
) -> Iterator[Term]:
    basis = Basis("deadline", rule.days, "working_day" if rule.working else "day", stretch.text)
    told = (term.attributes.get(rule.attribute) for term in one.terms)
    for start in sorted({day for value in told if (day := day_of(value))}):
        due = (
            calendar.add_working_days(start, rule.days)
            if rule.working
            else calendar.on_or_after(_plus(start, rule.days))
        )
        place = one.place(due)
        if place is None or stretch.item in one.exempted(due):
            continue
        if stretch.days.start <= due <= stretch.days.end:
            ended = next((day for day in done if day >= start), None)
            in_time = ended if ended and ended <= due else None
            yield Term(Span(start, due), in_time, ended, basis, place)


def _plus(day: date, days: int) -> date:
    return day + timedelta(days=days) if OPEN - day > timedelta(days=days) else OPEN
