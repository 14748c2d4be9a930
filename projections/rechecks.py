"""复核及时率: rechecks of low-income households done by their due date ÷ rechecks that fell due.

When they fall due is the rule of `projections.due_dates`. A recheck is an effective inspection of
that kind. Households that were found to be one are one, with the rechecks of all. An officer
chosen by the filters chooses no household: it is due whoever goes there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from projections.asked import Rules
from projections.due_dates import Classes, Due, due_dates
from projections.figures import Figure, Measured, Part, summed
from projections.frequency import ByClass
from projections.garbage import no_collection
from projections.objects import Place
from projections.question import Question
from projections.registered import Registered
from projections.spans import Span
from projections.views import Condition, Query

HOUSEHOLD: Final = "low_income_household"
RECHECK: Final = "low_income_recheck"


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
    rules = Rules(question.items, question.plans).of_kind(ByClass, HOUSEHOLD)
    classes = Classes(rules, question.calendar)
    homes = [one for one in question.registered if one.ever(_HOUSEHOLDS)]
    days = _done(question, homes, classes.reach(question.period.start))
    for one in homes:
        done = {day for member in one.members for day in days.get(member, ())}
        for due in due_dates(one, done, classes, question.today):
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
