"""后续事项: what is still to be done because of an inspection, what is overdue, what was done.

Orders to rectify, tasks, revisits of those who refused help, decisions that a proposal waits
for, cases and recoveries; each with the reason and the object. Deadlines are those that the facts
tell: of a revisit the moment that was promised (24 hours, 2 to 6 under a warning), of an order the
day as it was extended, moved to the next working day where it is none. What has no deadline comes
last and shows its age. What a day makes due is asked here and kept nowhere.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

from projections.chosen import where as chosen_where
from projections.followed import Follow, Followed, Kind, Obligation, read_follow
from projections.question import Question
from projections.spans import OPEN
from projections.views import Condition, Cursor, CursorError, Query

State: TypeAlias = Literal["open", "due", "overdue", "done"]
"""`due`: open, and due between today and the end of the period; `done`: ended within it."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_ENDS: Final = Followed.ORDER | Followed.TASK | Followed.BENEFIT | Followed.CASE | Followed.RECOVERY


class Following(Struct, frozen=True, gc=False):
    """An inspection from which something follows, with its keys."""

    inspection: str
    started_on: str
    kind: str
    object: str
    object_type: str
    domain: str
    township: str
    village: str
    officers: tuple[str, ...]
    faults: str
    voided: bool
    follow: Follow


class FollowUp(Struct, frozen=True, gc=False):
    """Something to be done, or done, and what it follows from.

    `reason` is the code of the follow-up, `late` whether it ended after it was due. Findings of
    an order are told by the severest one.
    """

    what: Kind
    id: str
    reason: str
    severity: str
    item: str
    opened_on: date
    due_on: date | None
    ended_on: date | None
    result: str
    late: bool
    due_at: int | None
    position: int
    of: Following

    def age(self, today: date) -> int:
        """Days since it was opened, to the day it ended or to today."""
        return ((self.ended_on or today) - self.opened_on).days

    def overdue(self, today: date) -> int:
        """Days by which it is overdue; 0 where it is not, or has ended."""
        if self.ended_on is not None or self.due_on is None:
            return 0
        return max(0, (today - self.due_on).days)


class FollowUpPage(Struct, frozen=True):
    """A page of follow-ups, and the cursor of the next one."""

    lines: tuple[FollowUp, ...]
    total: int
    next: Cursor | None = None


def follow_ups(
    question: Question,
    state: State = "open",
    kinds: Iterable[Kind] = KINDS,
    *,
    after: Cursor | None = None,
    limit: int | None = None,
) -> FollowUpPage:
    """Return follow-ups in the order in which they are due; what has no deadline comes last."""
    found = question.once(_in_order, state, frozenset(kinds))
    start = 0 if after is None else bisect_right(found, _read(after), key=_place)
    lines = tuple(found[start:] if limit is None else found[start : start + limit])
    is_last = start + len(lines) >= len(found)
    return FollowUpPage(lines, len(found), None if is_last or not lines else _place(lines[-1]))


def _in_order(question: Question, state: State, kinds: frozenset[Kind]) -> list[FollowUp]:
    every = question.once(_in_state, state)
    return sorted((one for one in every if one.what in kinds), key=_place)


def _in_state(question: Question, state: State) -> list[FollowUp]:
    return [one for one in _all(question, state) if _is(question, state, one)]


def following(question: Question, flags: Followed, *more: Condition) -> list[Following]:
    """Return the chosen inspections, whenever they were, from which any of `flags` follows."""
    where: list[Condition] = [("followed", "in", flags.having), *more]
    chosen = question.filters
    where += chosen_where(chosen, "township", "domain", "kind", "village")
    rows = question.views.select(Query("inspections", columns=_COLUMNS, where=tuple(where)))
    found = (_following(row.key, *row.values) for row in rows)
    return [one for one in found if chosen.officer in (None, *one.officers)]


_COLUMNS: Final = (
    "started_on", "kind", "object", "object_type", "domain", "township", "village", "officers",
    "faults", "voided", "follow",
)  # fmt: skip


def _following(key: str, *values: str | float) -> Following:
    started_on, kind, thing, object_type, domain, township, village = map(str, values[:7])
    officers, faults, voided, follow = values[7:]
    return Following(
        key, started_on, kind, thing, object_type, domain, township, village,
        tuple(str(officers).split()), str(faults), bool(voided), read_follow(str(follow)),
    )  # fmt: skip


def _all(question: Question, state: State) -> Iterator[FollowUp]:
    """Yield all that can be in a state: on an earlier day more was open than is now."""
    today = question.today.isoformat()
    if state == "done":
        since = question.period.start.isoformat()
        found = following(question, _ENDS, ("follow_ended_on", ">=", since))
    else:
        found = following(question, Followed.OPEN)
        known = {one.inspection for one in found}
        later = following(question, _ENDS, ("follow_ended_on", ">", today))
        found += [one for one in later if one.inspection not in known]
    for one in found:
        if not one.voided:
            for todo in one.follow.obligations(question.today):
                yield _told(question, one, todo)


_REASONS: Final[Mapping[Kind, str]] = {"order": "rectification", "case": "case_filing"}


def _told(question: Question, of: Following, todo: Obligation) -> FollowUp:
    due = todo.due
    if due is not None and todo.kind == "order":
        due = question.calendar.on_or_after(due)
    item, severity = _severest(of.follow, todo)
    return FollowUp(
        todo.kind, todo.id, todo.follow_up or _REASONS.get(todo.kind, todo.kind), severity, item,
        todo.opened_on or date.min, due, todo.ended_on, todo.result, _late(todo, due),
        todo.due_at, todo.position, of,
    )  # fmt: skip


def _late(todo: Obligation, due: date | None) -> bool:
    """Tell whether it ended too late: to the moment, where it was due at one."""
    if todo.due_at is not None and todo.done_at is not None:
        return todo.done_at > todo.due_at
    return due is not None and todo.ended_on is not None and todo.ended_on > due


_SEVERITIES: Final = ("critical", "major", "minor", "info")


def _severest(follow: Follow, todo: Obligation) -> tuple[str, str]:
    """Return item and severity of the finding behind it, of several the severest."""
    named = {todo.finding}
    named |= {one for order in follow.orders if order.order == todo.id for one in order.findings}
    behind = [one for one in follow.findings if one.finding in named]
    worst = min(behind, key=lambda one: _SEVERITIES.index(one.severity), default=None)
    return (worst.item, worst.severity) if worst else ("", "")


def _is(question: Question, state: State, one: FollowUp) -> bool:
    today, period = question.today, question.period
    match state:
        case "done":
            return one.ended_on is not None and period.start <= one.ended_on <= period.end
        case "open":
            return one.ended_on is None
        case "due":
            return one.ended_on is None and today <= (one.due_on or date.min) <= period.end
        case "overdue":
            return one.overdue(today) > 0


def _place(one: FollowUp) -> tuple[str, str, str]:
    """Where it stands in the list: of what is done by the day it was done."""
    day = one.ended_on or one.due_on or OPEN
    return day.isoformat(), f"{one.opened_on.isoformat()} {one.id}", one.of.inspection


def _read(after: Cursor) -> tuple[str, str, str]:
    match after:
        case (str(day), str(opened), str(inspection)):
            return day, opened, inspection
        case _:
            raise CursorError("follow-ups")
