"""When rechecks fall due: the one rule that their figures, lists and maps share.

Due dates roll. A family that is stable is rechecked within a year, one with unfixed income and
members able to work within half a year (as the item in force says, by 最低生活保障审核确认办法
art. 31), counted from its last effective recheck; before there was one, from what the register
says (`last_recheck_on`, `confirmed_on`), else from the day it was listed. The class is that of
the due day; a term that ends on a day off ends with the next working day. One recheck is due at a
time: an early one moves the date, a late one closes it late, and the next is counted from it.

On a day on which a household does not count (ended, exempt) nothing is due, and its time runs
anew from the day it counts again. What the register says of a recheck that is not on record
moves the date, or ends late what was missing, and is never counted as done.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct

from events.checklists import Words
from projections.asked import Stretch
from projections.frequency import ByClass, Each, household_class, later
from projections.objects import Place
from projections.registered import Registered
from projections.spans import OPEN, before
from projections.working_calendar import Calendar

_TOLD: Final = ("last_recheck_on", "confirmed_on")
_SOME_DAYS: Final = timedelta(days=60)
"""No row of days off is longer, no two months differ by more."""


class Why(Struct, frozen=True, gc=False):
    """By which class, and the term that it has."""

    group: str
    each: Each
    text: Words


class Due(Struct, frozen=True, gc=False):
    """A recheck that fell due, or will, counted from `since`. `ended_on` None: it is open.

    `recorded` says that a recheck ended it, not the word of the register alone. `place` are the
    keys of the household on the due day, None where it did not count yet.
    """

    object: str
    since: date
    due_on: date
    ended_on: date | None
    recorded: bool
    place: Place | None
    why: Why

    @property
    def in_time(self) -> bool:
        return self.recorded and self.ended_on is not None and self.ended_on <= self.due_on


class Classes:
    """When a recheck falls due by the class that a household has on that day.

    The first of the rules given holds for all days before it as well.
    """

    def __init__(self, rules: Iterable[tuple[Stretch, ByClass]], calendar: Calendar) -> None:
        stretches = sorted(rules, key=lambda held: (held[0].days, held[0].item))
        self._rules = [
            (date.min if not at else held.days.start, held.days.end, held, rule)
            for at, (held, rule) in enumerate(stretches)
        ]
        self._calendar = calendar

    def reach(self, day: date) -> date:
        """Return a day so early that what was counted from before it fell due before `day`."""
        longest = max(
            (
                later(day, each.per, each.count) - day
                for *_, rule in self._rules
                for each in rule.classes.values()
            ),
            default=_SOME_DAYS,
        )
        return day - longest - _SOME_DAYS if day - date.min > longest + _SOME_DAYS else date.min

    def due(self, one: Registered, last: date) -> tuple[date, Why] | None:
        """Return the first day on which the class then asks for it, and why; None: on no day."""
        found: tuple[date, Why] | None = None
        terms = one.terms
        for place, term in enumerate(terms):
            starts = term.valid_from if place else date.min
            ends = before(terms[place + 1].valid_from) if place + 1 < len(terms) else OPEN
            group = household_class(term.attributes)
            for first, final, held, rule in self._rules:
                each = rule.classes.get(group)
                if each is not None:
                    day = max(later(last, each.per, each.count), starts, first)
                    if day <= min(ends, final) and (found is None or day < found[0]):
                        found = day, Why(group, each, held.text)
        if found is None or found[0] == OPEN:
            return None
        return self._calendar.on_or_after(found[0]), found[1]

    def exempt(self, one: Registered, day: date) -> bool:
        """Tell whether a household is exempt of all items that ask for it."""
        asking = {held.item for first, final, held, _ in self._rules if first <= day <= final}
        return asking <= one.exempted(day)


def due_dates(
    one: Registered, done: Collection[date], classes: Classes, today: date
) -> Iterator[Due]:
    """Yield what falls due of a household, one after the other, with what ended it by today."""
    since = one.since
    if since is None:
        return
    first, *_ = *_told(one.terms[:1]), since
    told = {day for day in _told(one.terms) if day <= today}
    ends = iter(sorted(day for day in {*done, *told} if day > first))
    last, end = first, next(ends, None)
    while (asked := classes.due(one, last)) is not None:
        due_on, why = asked
        while end is not None and end <= last:
            end = next(ends, None)
        place = one.place(due_on)
        is_excused = due_on >= since and (place is None or classes.exempt(one, due_on))
        is_moved = end is not None and end <= due_on and end not in done
        if not is_excused and not is_moved:
            yield Due(one.object, last, due_on, end, end in done, place, why)
        if end is not None and (end <= due_on or not is_excused):
            last = end
        elif is_excused and (again := _again(one, due_on)) and again <= today:
            last = again
        else:
            return


def _again(one: Registered, day: date) -> date | None:
    """Return from when a household counts again; `day` itself where only an item exempts it."""
    starts = [start for about, _ in one.columns for start, _ in about.spans if start > day]
    return day if one.place(day) else min(starts, default=None)


def _told(terms: Iterable[Any]) -> list[date]:
    """Return the days on which the register says that a household was looked at, the last first."""
    held = (term.attributes.get(name) for term in terms for name in _TOLD)
    return sorted({day for value in held if (day := day_of(value))}, reverse=True)


def day_of(value: object) -> date | None:
    """Return the day that an attribute names, None where it names none."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
