"""What follows from an inspection, as its document tells it: the column `follow`.

Orders with their extension, re-inspection and closing; tasks with their deadlines, among them
the revisit of somebody who refused help; cases; what was proposed for a household and what was
decided, kept apart; causes of a mismatch; and what is paid back. All of it are facts; whether
something is due or overdue is asked on a day (`projections.due_lists`).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar

from msgspec import Struct, convert, json
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
from projections.visits import local_day

T = TypeVar("T", bound=Struct)


class Finding(Struct, array_like=True, frozen=True, gc=False):
    """A finding: by which rule of which question, of which item, how severe."""

    finding: str
    position: int
    item: str
    severity: str
    question: str
    on: date


class Order(Struct, array_like=True, frozen=True, gc=False):
    """责令整改: `deadline` as it was first, `extended` as it is now. Days are local.

    `by` is the inspection that looked again, `officers` who did.
    """

    order: str
    position: int = 0
    ordered_on: date | None = None
    deadline: date | None = None
    extended: date | None = None
    extensions: int = 0
    reinspected_on: date | None = None
    result: str = ""
    by: str = ""
    officers: tuple[str, ...] = ()
    closed_on: date | None = None
    closed: str = ""
    findings: tuple[str, ...] = ()

    @property
    def due(self) -> date | None:
        """The deadline that holds."""
        return self.extended or self.deadline


class Task(Struct, array_like=True, frozen=True, gc=False):
    """后续事项: due at a moment (µs, None without deadline), done or not."""

    task: str
    position: int = 0
    follow_up: str = ""
    due_at: int | None = None
    person: str = ""
    finding: str = ""
    done_at: int | None = None
    result: str = ""


class Case(Struct, array_like=True, frozen=True, gc=False):
    """案件: opened, transferred, closed."""

    case: str
    position: int = 0
    opened_on: date | None = None
    transferred_on: date | None = None
    to: str = ""
    closed_on: date | None = None
    result: str = ""


class Benefit(Struct, array_like=True, frozen=True, gc=False):
    """What the township proposed and what the bureau decided: two facts, never one."""

    proposal: str
    position: int = 0
    proposed_on: date | None = None
    decided_on: date | None = None
    effective_from: date | None = None
    rights_told: bool | None = None


class Cause(Struct, array_like=True, frozen=True, gc=False):
    """不符合条件的原因 and what followed from it."""

    cause: str
    position: int
    on: date
    follow_up: str = ""


class Recovery(Struct, array_like=True, frozen=True, gc=False):
    """追缴 as a ledger, in fen: due = received + remitted + balance, always.

    `due_fen` None: the amount is sealed.
    """

    recovery: str
    position: int = 0
    started_on: date | None = None
    months: int = 0
    due_fen: int | None = None
    received_fen: int = 0
    remitted_fen: int = 0
    closed_on: date | None = None
    result: str = ""

    @property
    def balance_fen(self) -> int | None:
        """What is still due; below zero where more came in than was asked."""
        if self.due_fen is None:
            return None
        return self.due_fen - self.received_fen - self.remitted_fen


class Follow(Struct, array_like=True, frozen=True):
    """All that follows from one inspection."""

    findings: tuple[Finding, ...] = ()
    orders: tuple[Order, ...] = ()
    tasks: tuple[Task, ...] = ()
    cases: tuple[Case, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    causes: tuple[Cause, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    refusals: tuple[Task, ...] = ()

    def __bool__(self) -> bool:
        return any((self.findings, self.orders, self.tasks, self.cases, self.benefits,
                    self.causes, self.recoveries, self.refusals))  # fmt: skip

    @property
    def due_on(self) -> date | None:
        """The earliest local deadline that is still open."""
        days = [order.due for order in self.orders if order.closed_on is None]
        days += [
            local_day(task.due_at, _CHINA)
            for task in (*self.tasks, *self.refusals)
            if task.due_at is not None and task.done_at is None
        ]
        return min((day for day in days if day), default=None)


_CHINA: Final = 480
_About = Mapping[str, list[Noted]]


def follow(rows: Iterable[Counting[Row]]) -> Follow:
    """Put the facts that count together, by what they are about, in the order of position."""
    of: dict[str, list[Noted]] = {}
    for held in rows:
        row = held.row
        if isinstance(row, Noted) and row.tag in _READ:
            of.setdefault(row.tag, []).append(row)
    if not of:
        return _NOTHING
    for held_rows in of.values():
        held_rows.sort(key=lambda row: row.position)
    tasks = _tasks(of)
    return Follow(
        tuple(_finding(row) for row in of.get(_FINDING, ())),
        _orders(of),
        tasks,
        _cases(of),
        _benefits(of),
        tuple(_cause(row) for row in of.get(_CAUSE, ())),
        _recoveries(of),
        _refusals(of, tasks),
    )


def _day(row: Noted) -> date:
    return local_day(row.at, row.offset)


def _finding(row: Noted) -> Finding:
    told = row.detail
    return Finding(
        row.subject, row.position, told.get("item", ""), told.get("severity", ""),
        told.get("question", ""), _day(row),
    )  # fmt: skip


def _cause(row: Noted) -> Cause:
    return Cause(row.subject, row.position, _day(row), row.detail.get("follow_up", ""))


def _built(of: _About, steps: Mapping[str, Callable[[T, Noted], T]], new: type[T]) -> tuple[T, ...]:
    """Fold facts that share an id into one struct each, type by type, in order of position."""
    found: dict[str, T] = {}
    for tag, step in steps.items():
        for row in of.get(tag, ()):
            one = found.get(row.subject)
            if one is None:
                one = new(row.subject)
            found[row.subject] = step(one, row)
    return tuple(found.values())


def _orders(of: _About) -> tuple[Order, ...]:
    return _built(of, _ORDER_STEPS, Order)


def _ordered(one: Order, row: Noted) -> Order:
    return replace(
        one,
        position=row.position,
        ordered_on=_day(row),
        deadline=convert(row.detail["deadline"], date),
        findings=tuple(row.detail.get("findings", ())),
    )


def _extended(one: Order, row: Noted) -> Order:
    deadline = convert(row.detail["deadline"], date)
    return replace(one, extended=deadline, extensions=one.extensions + 1)


def _reinspected(one: Order, row: Noted) -> Order:
    told = row.detail
    return replace(
        one, reinspected_on=_day(row), result=told.get("result", ""), by=told.get("by", ""),
        officers=tuple(told.get("officers", ())),
    )  # fmt: skip


def _order_closed(one: Order, row: Noted) -> Order:
    return replace(one, closed_on=_day(row), closed=row.detail.get("result", ""))


def _tasks(of: _About) -> tuple[Task, ...]:
    return _built(of, _TASK_STEPS, Task)


def _opened(one: Task, row: Noted) -> Task:
    told = row.detail
    return replace(
        one, position=row.position, follow_up=told.get("follow_up", ""),
        due_at=_moment(told.get("due_at")), person=told.get("person", ""),
        finding=told.get("finding", ""),
    )  # fmt: skip


def _done(one: Task, row: Noted) -> Task:
    return replace(one, done_at=row.at, result=row.detail.get("result", ""))


def _moment(text: Any) -> int | None:  # noqa: ANN401  a member of a fact as a document keeps it
    return microseconds(datetime.fromisoformat(text)) if isinstance(text, str) and text else None


def _refusals(of: _About, tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Return revisits that were promised when help was refused and that no task stands for."""
    tasked = {task.person for task in tasks if task.follow_up.startswith("revisit")}
    return tuple(
        Task(row.subject, row.position, "revisit", _moment(row.detail.get("revisit_by")),
             row.subject)
        for row in of.get(_REFUSED, ())
        if row.subject not in tasked
    )  # fmt: skip


def _cases(of: _About) -> tuple[Case, ...]:
    return _built(of, _CASE_STEPS, Case)


def _benefits(of: _About) -> tuple[Benefit, ...]:
    return _built(of, _BENEFIT_STEPS, Benefit)


def _decided(one: Benefit, row: Noted) -> Benefit:
    told = row.detail
    effective = told.get("effective_from")
    return replace(
        one,
        decided_on=_day(row),
        effective_from=convert(effective, date) if effective else None,
        rights_told=bool(told.get("rights_told", False)),
    )


def _recoveries(of: _About) -> tuple[Recovery, ...]:
    return _built(of, _RECOVERY_STEPS, Recovery)


def _started(one: Recovery, row: Noted) -> Recovery:
    told = row.detail
    return replace(
        one, position=row.position, started_on=_day(row), months=told.get("months", 0),
        due_fen=told.get("amount_fen"),
    )  # fmt: skip


_FINDING, _REFUSED, _CAUSE = (
    tag_of(FindingRaised), tag_of(ReliefRefused), tag_of(MismatchCauseEstablished),
)  # fmt: skip
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
    tag_of(CaseClosed): lambda one, row: replace(
        one, closed_on=_day(row), result=row.detail.get("result", "")
    ),
}
_BENEFIT_STEPS: Final[Mapping[str, Callable[[Benefit, Noted], Benefit]]] = {
    tag_of(BenefitProposed): lambda one, row: replace(
        one, position=row.position, proposed_on=_day(row)
    ),
    tag_of(BenefitDecided): _decided,
}
_RECOVERY_STEPS: Final[Mapping[str, Callable[[Recovery, Noted], Recovery]]] = {
    tag_of(RecoveryStarted): _started,
    tag_of(RecoveryReceived): lambda one, row: replace(
        one, received_fen=one.received_fen + row.detail.get("amount_fen", 0)
    ),
    tag_of(RecoveryRemitted): lambda one, row: replace(
        one, remitted_fen=one.remitted_fen + row.detail.get("amount_fen", 0)
    ),
    tag_of(RecoveryClosed): lambda one, row: replace(
        one, closed_on=_day(row), result=row.detail.get("result", "")
    ),
}
_READ: Final = frozenset(
    {
        _FINDING, _REFUSED, _CAUSE, *_ORDER_STEPS, *_TASK_STEPS, *_CASE_STEPS, *_BENEFIT_STEPS,
        *_RECOVERY_STEPS,
    }
)  # fmt: skip
_NOTHING: Final = Follow()
_write = json.Encoder().encode
read_follow = json.Decoder(Follow).decode


def follow_text(found: Follow) -> str:
    """Return the column `follow`: "" where nothing follows."""
    return _write(found).decode() if found else ""
