"""From the facts of a case to what follows from it: the fold behind `projections.followed`.

What is told of one order, task or ledger is read in the order in which it happened: a tablet
that hands in late changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar

from msgspec import Struct, convert
from msgspec.structs import replace

from events.clock import microseconds
from events.inspections import FindingRaised, FollowUpDone, FollowUpOpened, ReliefRefused
from events.orders import (
    BenefitDecided,
    BenefitProposed,
    CaseClosed,
    CaseOpened,
    CaseTransferred,
    MismatchCauseEstablished,
    RecoveryClosed,
    RecoveryReceived,
    RecoveryRemitted,
    RecoveryStarted,
    RectificationClosed,
    RectificationExtended,
    RectificationOrdered,
    ReinspectionCompleted,
)
from events.vocabulary import tag_of
from projections.case_rows import Noted
from projections.documents import Counting, Row
from projections.followed import (
    REVISIT,
    Benefit,
    Case,
    Cause,
    Extension,
    Finding,
    Follow,
    Look,
    Order,
    Payment,
    Recovery,
    Task,
)
from projections.visits import local_day

T = TypeVar("T", bound=Struct)
_About = Mapping[str, list[Noted]]


def follow(rows: Iterable[Counting[Row]]) -> Follow:
    """Put the facts that count together, by what they are about, in the order of their time."""
    of: dict[str, list[Noted]] = {}
    for held in rows:
        row = held.row
        if isinstance(row, Noted) and row.tag in _READ:
            of.setdefault(row.tag, []).append(row)
    if not of:
        return _NOTHING
    for held_rows in of.values():
        held_rows.sort(key=lambda row: (row.at, row.position))
    tasks = _built(of, _TASK_STEPS, Task)
    return Follow(
        tuple(_finding(row) for row in of.get(_FINDING, ())),
        _built(of, _ORDER_STEPS, Order),
        tasks,
        _built(of, _CASE_STEPS, Case),
        _built(of, _BENEFIT_STEPS, Benefit),
        tuple(_cause(row) for row in of.get(_CAUSE, ())),
        _built(of, _RECOVERY_STEPS, Recovery),
        _refusals(of, tasks),
    )


def _built(of: _About, steps: Mapping[str, Callable[[T, Noted], T]], new: type[T]) -> tuple[T, ...]:
    """Fold facts that share an id into one struct each, type by type, in order of time."""
    found: dict[str, T] = {}
    for tag, step in steps.items():
        for row in of.get(tag, ()):
            one = found.get(row.subject)
            found[row.subject] = step(new(row.subject) if one is None else one, row)
    return tuple(found.values())


def _day(row: Noted) -> date:
    return local_day(row.at, row.offset)


def _finding(row: Noted) -> Finding:
    item, severity, question = (row.detail.get(n, "") for n in ("item", "severity", "question"))
    return Finding(row.subject, row.position, item, severity, question, _day(row))


def _cause(row: Noted) -> Cause:
    told = row.detail
    return Cause(
        row.subject, row.position, _day(row), told.get("follow_up", ""), told.get("proposal", "")
    )


# ── orders ─────────────────────────────────────────────────────────────────────────


def _ordered(one: Order, row: Noted) -> Order:
    deadline, findings = convert(row.detail["deadline"], date), row.detail.get("findings", ())
    return replace(
        one,
        position=row.position, ordered_on=_day(row), deadline=deadline, findings=tuple(findings),
    )  # fmt: skip


def _extended(one: Order, row: Noted) -> Order:
    further = Extension(_day(row), convert(row.detail["deadline"], date))
    return replace(one, extensions=(*one.extensions, further))


def _reinspected(one: Order, row: Noted) -> Order:
    told = row.detail
    officers = tuple(told.get("officers", ()))
    look = Look(_day(row), told.get("result", ""), told.get("by", ""), officers)
    return replace(one, looks=(*one.looks, look))


def _order_closed(one: Order, row: Noted) -> Order:
    if one.closed_on:
        return one
    return replace(one, closed_on=_day(row), closed=row.detail.get("result", ""))


# ── tasks ──────────────────────────────────────────────────────────────────────────


def _opened(one: Task, row: Noted) -> Task:
    told = row.detail
    follow_up, person, finding = (told.get(n, "") for n in ("follow_up", "person", "finding"))
    return replace(
        one,
        position=row.position, opened_on=_day(row), follow_up=follow_up,
        due_at=_moment(told.get("due_at")), person=person, finding=finding,
    )  # fmt: skip


def _done(one: Task, row: Noted) -> Task:
    if one.done_at is not None:
        return one
    return replace(one, done_at=row.at, done_on=_day(row), result=row.detail.get("result", ""))


def _moment(text: Any) -> int | None:  # noqa: ANN401  a member of a fact as a document keeps it
    return microseconds(datetime.fromisoformat(text)) if isinstance(text, str) and text else None


def _refusals(of: _About, tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Return revisits that were promised when help was refused and that no task stands for."""
    tasked = {task.person for task in tasks if task.follow_up.startswith(REVISIT)}
    return tuple(
        Task(
            row.subject, row.position, _day(row), REVISIT,
            _moment(row.detail.get("revisit_by")), row.subject,
        )
        for row in {row.subject: row for row in of.get(_REFUSED, ())}.values()
        if row.subject not in tasked
    )  # fmt: skip


# ── cases, benefits, money ─────────────────────────────────────────────────────────


def _case_closed(one: Case, row: Noted) -> Case:
    return replace(one, closed_on=_day(row), result=row.detail.get("result", ""))


def _decided(one: Benefit, row: Noted) -> Benefit:
    told = row.detail
    effective = told.get("effective_from")
    return replace(
        one,
        decided_on=_day(row), rights_told=bool(told.get("rights_told", False)),
        effective_from=convert(effective, date) if effective else None,
    )  # fmt: skip


def _started(one: Recovery, row: Noted) -> Recovery:
    told = row.detail
    return replace(
        one,
        position=row.position, started_on=_day(row), starts=one.starts + 1,
        months=told.get("months", 0), due_fen=told.get("amount_fen"),
    )  # fmt: skip


def _paid(row: Noted) -> Payment:
    return Payment(_day(row), row.detail.get("amount_fen", 0))


def _recovery_closed(one: Recovery, row: Noted) -> Recovery:
    return replace(one, closed_on=_day(row), result=row.detail.get("result", ""))


_FINDING, _REFUSED, _CAUSE = map(tag_of, (FindingRaised, ReliefRefused, MismatchCauseEstablished))
_ORDER_STEPS: Final[Mapping[str, Callable[[Order, Noted], Order]]] = {
    tag_of(RectificationOrdered): _ordered,
    tag_of(RectificationExtended): _extended,
    tag_of(ReinspectionCompleted): _reinspected,
    tag_of(RectificationClosed): _order_closed,
}
_TASK_STEPS: Final[Mapping[str, Callable[[Task, Noted], Task]]] = {
    tag_of(FollowUpOpened): _opened,
    tag_of(FollowUpDone): _done,
}
_CASE_STEPS: Final[Mapping[str, Callable[[Case, Noted], Case]]] = {
    tag_of(CaseOpened): lambda one, row: replace(one, position=row.position, opened_on=_day(row)),
    tag_of(CaseTransferred): lambda one, row: replace(
        one, transferred_on=_day(row), to=row.detail.get("to", "")
    ),
    tag_of(CaseClosed): _case_closed,
}
_BENEFIT_STEPS: Final[Mapping[str, Callable[[Benefit, Noted], Benefit]]] = {
    tag_of(BenefitProposed): lambda one, row: replace(
        one, position=row.position, proposed_on=_day(row)
    ),
    tag_of(BenefitDecided): _decided,
}
_RECOVERY_STEPS: Final[Mapping[str, Callable[[Recovery, Noted], Recovery]]] = {
    tag_of(RecoveryStarted): _started,
    tag_of(RecoveryReceived): lambda one, row: replace(one, received=(*one.received, _paid(row))),
    tag_of(RecoveryRemitted): lambda one, row: replace(one, remitted=(*one.remitted, _paid(row))),
    tag_of(RecoveryClosed): _recovery_closed,
}
_READ: Final = frozenset(
    {
        _FINDING, _REFUSED, _CAUSE, *_ORDER_STEPS, *_TASK_STEPS, *_CASE_STEPS, *_BENEFIT_STEPS,
        *_RECOVERY_STEPS,
    }
)  # fmt: skip
_NOTHING: Final = Follow()
