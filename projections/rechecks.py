"""复核及时率: rechecks of low-income households done by their due date ÷ rechecks that fell due.

Due dates roll. A family that is stable is rechecked within a year, one with unfixed income and
members able to work within half a year (as the item in force says, by 最低生活保障审核确认办法
art. 31), counted from its last effective recheck; before there was one, from what the register
says (`last_recheck_on`, `confirmed_on`), else from the day it was listed. The class is that of
the due day; a term that ends on a day off ends with the next working day. One recheck is due at a
time: an early one moves the date, a late one closes it late, and the next is counted from it.

On a day on which a household does not count (ended, exempt) nothing is due, and its time runs
anew from the day it counts again. What the register says of a recheck that is not on record
moves the date, or ends late what was missing, and is never counted as done. Households that
were found to be one are one, with the rechecks of all. An officer chosen by the filters chooses
no household: it is due whoever goes there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct

from projections.asked import Rules
from projections.figures import Figure, Measured, Part, summed
from projections.frequency import ByClass, household_class, later
from projections.garbage import no_collection
from projections.objects import Place
from projections.question import Question
from projections.registered import Registered
from projections.spans import OPEN, Span, before
from projections.views import Condition, Query
from projections.working_calendar import Calendar

HOUSEHOLD: Final = "low_income_household"
RECHECK: Final = "low_income_recheck"
_TOLD: Final = ("last_recheck_on", "confirmed_on")


class Due(Struct, frozen=True, gc=False):
    """A recheck that fell due, or will. `ended_on` None: it is open to this day.

    `recorded` says that a recheck ended it, not the word of the register alone. `place` are the
    keys of the household on the due day, None where it did not count yet.
    """

    object: str
    due_on: date
    ended_on: date | None
    recorded: bool
    place: Place | None

    @property
    def in_time(self) -> bool:
        return self.recorded and self.ended_on is not None and self.ended_on <= self.due_on


def recheck_on_time(question: Question) -> Measured:
    """复核及时率. `overdue` are households of which one is missing today, whenever it fell due."""
    past = question.past
    if past is None:
        return Measured({"rechecks": Figure()})
    today = question.today
    ahead = Span(today, question.period.end)
    with no_collection():
        found = list(rechecks(question))
        active = {one.object for one in question.registered if one.place(today)}
    fell_due = [one for one in found if one.place and past.start <= one.due_on <= past.end]
    waiting = [one for one in found if one.ended_on is None and one.object in active]
    overdue = _objects(one for one in waiting if one.due_on < today)
    return Measured(
        {"rechecks": _figure(fell_due)},
        by={name: _by(name, fell_due) for name in ("township", "village")},
        numbers={"overdue": len(overdue)},
        lists={
            "overdue": overdue,
            "late": _objects(one for one in fell_due if one.ended_on and not one.in_time),
            "due": _objects(one for one in waiting if ahead.start <= one.due_on <= ahead.end),
        },
    )


def rechecks(question: Question) -> Iterator[Due]:
    """Yield of each chosen household what fell due since the period began, and what is open."""
    classes = _Classes(question)
    homes = [one for one in question.registered if one.ever(_HOUSEHOLDS)]
    days = _done(question, homes, classes.reach(question.period.start))
    for one in homes:
        done = {day for member in one.members for day in days.get(member, ())}
        for due in _chain(one, done, classes, question.today):
            if due.ended_on and due.due_on < question.period.start:
                continue
            at = due.place or one.place(question.today) or _first_place(one)
            if at and at.object_type == HOUSEHOLD and question.chooses(at):
                yield due


def _first_place(one: Registered) -> Place | None:
    return next(iter(one.columns[0][0].places), None)


_HOUSEHOLDS: Final = frozenset({HOUSEHOLD})


def _done(question: Question, homes: Iterable[Registered], since: date) -> Mapping[str, list[date]]:
    """Return the days of effective rechecks from a day on; of who had none, those before.

    What is due from the period's first day on is counted from a recheck that `since` reaches,
    or, of a household that is overdue, from the last one: so that ten years are not read for one.
    """
    found: defaultdict[str, list[date]] = defaultdict(list)
    recent = ("completed_on", ">=", since.isoformat())
    for key, day in _rechecks(question, ("completed_on", "kind", "object"), recent):
        found[key].append(day)
    silent = [
        member
        for one in homes
        if not any(member in found for member in one.members)
        for member in one.members
    ]
    before_that = ("completed_on", "<", since.isoformat())
    theirs = ("object", "in", silent)
    for key, day in _rechecks(question, ("object", "completed_on"), before_that, theirs):
        found[key].append(day)
    return found


def _rechecks(
    question: Question, order: tuple[str, ...], *more: Condition
) -> Iterator[tuple[str, date]]:
    counted: tuple[Condition, ...] = (
        *more,
        ("completed_on", "!=", ""),
        ("completed_on", "<=", question.today.isoformat()),
        ("kind", "=", RECHECK),
        ("effective", "=", 1),
    )
    rows = question.views.select(
        Query("inspections", columns=("object", "completed_on"), where=counted, order=order)
    )
    for _, (key, day), _ in rows:
        yield str(key), date.fromisoformat(str(day))


def _chain(one: Registered, done: set[date], classes: "_Classes", today: date) -> Iterator[Due]:
    """Yield what falls due of a household, one after the other."""
    since = one.since
    if since is None:
        return
    first, *_ = *_told(one.terms[:1]), since
    told = {day for day in _told(one.terms) if day <= today}
    ends = iter(sorted(day for day in done | told if day > first))
    last, end = first, next(ends, None)
    while (due_on := classes.due(one, last)) < OPEN:
        while end is not None and end <= last:
            end = next(ends, None)
        place = one.place(due_on)
        is_excused = due_on >= since and (place is None or classes.exempt(one, due_on))
        is_moved = end is not None and end <= due_on and end not in done
        if not is_excused and not is_moved:
            yield Due(one.object, due_on, end, end in done, place)
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
    return sorted({day for value in held if (day := _day(value))}, reverse=True)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


_SOME_DAYS: Final = timedelta(days=60)
"""No row of days off is longer, no two months differ by more."""


class _Classes:
    """When a recheck falls due by the class that a household has on that day."""

    def __init__(self, question: Question) -> None:
        rules = Rules(question.items, question.plans).of_kind(ByClass, HOUSEHOLD)
        stretches = sorted(rules, key=lambda held: (held[0].days, held[0].item))
        self._rules = [
            (date.min if not at else held.days.start, held.days.end, held.item, rule)
            for at, (held, rule) in enumerate(stretches)
        ]
        self._calendar: Calendar = question.calendar

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

    def due(self, one: Registered, last: date) -> date:
        """Return the first day on which the class then asks for it; `OPEN` where none does."""
        found = OPEN
        terms = one.terms
        for place, term in enumerate(terms):
            starts = term.valid_from if place else date.min
            ends = before(terms[place + 1].valid_from) if place + 1 < len(terms) else OPEN
            group = household_class(term.attributes)
            for first, final, _, rule in self._rules:
                each = rule.classes.get(group)
                if each is not None:
                    day = max(later(last, each.per, each.count), starts, first)
                    if day <= min(ends, final):
                        found = min(found, day)
        return found if found == OPEN else self._calendar.on_or_after(found)

    def exempt(self, one: Registered, day: date) -> bool:
        """Tell whether a household is exempt of all items that ask for it."""
        asking = {item for first, final, item, _ in self._rules if first <= day <= final}
        return asking <= one.exempted(day)


def _objects(found: Iterable[Due]) -> tuple[str, ...]:
    return tuple(sorted({one.object for one in found}))


def _figure(found: Iterable[Due]) -> Figure:
    """Return the figure by household: of one with several due dates, how many were kept."""
    of: defaultdict[str, list[bool]] = defaultdict(list)
    for one in found:
        of[one.object].append(one.in_time)
    return summed(Part(key, sum(kept), len(kept)) for key, kept in of.items())


def _by(name: str, found: Iterable[Due]) -> dict[str, Figure]:
    of: defaultdict[str, list[Due]] = defaultdict(list)
    for one in found:
        of[getattr(one.place, name)].append(one)
    return {value: _figure(held) for value, held in sorted(of.items()) if value}
