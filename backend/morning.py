"""概览: what a manager asks on a Monday morning (domain.md, section 7), computed at one position.

Each of the five questions is answered by what the pages behind it show; nothing is counted here
that they do not list. `Measuring.once` keeps the answers until the views move on.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal

from msgspec import Struct

from backend.caps import NEAR
from backend.due import DUE_KINDS, DueKind, due_kind
from backend.frame import Silent, silent
from backend.measuring import Asked, Measuring
from projections.approvals import awaiting
from projections.attention import Noticed, attention
from projections.cap_use import CapCount, enterprise_years
from projections.due_lists import due_list, waited_longest
from projections.faces import Face, faces
from projections.figures import Measured
from projections.follow_ups import KINDS, follow_ups
from projections.followed import Kind
from projections.garbage import no_collection
from projections.hidden import Homes
from projections.joint_visits import Joint, joint_visits
from projections.question import Question
from projections.spans import Span, before
from projections.steps import steps_of

WAITING: Final = 6
"""So many objects are named that have waited longest."""


class DueCount(Struct, frozen=True):
    """How many of a kind are overdue, and due until the end of the week."""

    what: DueKind | Kind | Literal["weather"]
    overdue: int
    week: int


class Waited(Struct, frozen=True):
    """An object in a cell without an inspection this month, and its last one, if ever."""

    domain: str
    township: str
    object: str
    last_on: date | None


class Morning(Struct, frozen=True):
    """The answers. `since` begins with the last working day: what happened from then on."""

    today: date
    month: Span
    week: Span
    quarter: Span
    since: Span
    faces: Mapping[tuple[str, str], Face]
    homes: Homes
    waiting: Sequence[Waited]
    due: Sequence[DueCount]
    officers: Measured
    caps: Sequence[CapCount]
    joint: Sequence[Joint]
    noticed: Sequence[Noticed]
    silent: Sequence[Silent]
    unapproved: int


def morning(ask: Measuring, asked: Asked) -> Morning:
    """Compute the answers for the filters and the day that are asked of."""
    today = asked.today
    month, quarter = _step(today, "month"), _step(today, "quarter")
    week, year = week_of(today), Span(date(today.year, 1, 1), date(today.year, 12, 31))
    this_month, this_week = ask.question(asked.over(month)), ask.question(asked.over(week))
    views = this_week.views
    with no_collection():
        cells = ask.measured("supervision_faces", asked.over(month))
        matrix = faces(this_month, cells)
        since = Span(this_week.calendar.on_or_before(before(today)), today)
        return Morning(
            today, month, week, quarter, since,
            matrix,
            ask.homes(),
            _waiting(this_month, matrix),
            _due(this_week, ask.measured("weather_response", asked.over(week))),
            ask.measured("officer_participation", asked.over(quarter)),
            _near(ask.question(asked.over(year))),
            joint_visits(this_week, _in_a_month(today)),
            attention(ask.question(asked.over(since))),
            silent(views, today),
            len(awaiting(views, today, asked.filters)),
        )  # fmt: skip


def week_of(day: date) -> Span:
    """Return the week of a day, Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Span(monday, monday + timedelta(days=6))


def _in_a_month(day: date) -> date:
    return day + timedelta(days=30)


def _step(day: date, step: Literal["month", "quarter"]) -> Span:
    year = Span(date(day.year, 1, 1), date(day.year, 12, 31))
    return next(span for span in steps_of(year, step) if span.start <= day <= span.end)


def _waiting(question: Question, matrix: Mapping[tuple[str, str], Face]) -> Sequence[Waited]:
    found = [
        Waited(*key, one.object, one.last_on)
        for key, waiting in waited_longest(question, WAITING).items()
        if key in matrix and not matrix[key].inspections
        for one in waiting
    ]
    return sorted(found, key=lambda one: (one.last_on or date.min, one.object))[:WAITING]


def _due(question: Question, weather: Measured) -> Sequence[DueCount]:
    listed = due_list(question, question.period.end)
    counts = [
        DueCount(
            what,
            sum(bool(one.overdue_days) for one in listed if due_kind(one) == what),
            sum(not one.overdue_days for one in listed if due_kind(one) == what),
        )
        for what in DUE_KINDS
    ]
    for kind in KINDS:
        late = follow_ups(question, "overdue", (kind,), limit=1).total
        soon = follow_ups(question, "due", (kind,), limit=1).total
        counts.append(DueCount(kind, late, soon))
    counts.append(DueCount("weather", 0, len(weather.figure.missing)))
    return counts


def _near(question: Question) -> Sequence[CapCount]:
    found = [one for one in question.once(enterprise_years).values() if one.status in NEAR]
    return sorted(found, key=lambda one: (one.status != "exceeded", one.enterprise))
