"""What follows from an inspection, as its document tells it: the column `follow`.

Orders with their extensions, re-inspections and closing; tasks with their deadlines, among them
the revisit of somebody who refused help; cases; what was proposed for a household and what was
decided, kept apart; causes of a mismatch; and what is paid back. All of it are facts, each with
its day, so that what stood on a day can be told on any later one; whether something is due or
overdue is asked on a day (`projections.follow_ups`).

What is told of one order, task or ledger is read in the order in which it happened: a tablet
that hands in late changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import IntFlag
from itertools import chain
from typing import Any, Final, Literal, TypeAlias, TypeVar

from msgspec import Struct, convert, json
from msgspec.structs import replace

from events.clock import CHINA, microseconds
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
Kind: TypeAlias = Literal["order", "task", "revisit", "decision", "case", "recovery"]

REVISIT: Final = "revisit"
"""Codes of follow-ups that revisit somebody begin so."""


class Followed(IntFlag):
    """The column `followed`: what there is, and whether any of it is still open."""

    OPEN = 1
    ORDER = 2
    TASK = 4
    CASE = 8
    BENEFIT = 16
    CAUSE = 32
    RECOVERY = 64
    FINDING = 128

    @property
    def having(self) -> tuple[int, ...]:
        """All values of the column that have one of these flags: for a condition with `in`."""
        return tuple(value for value in range(2 * max(Followed)) if value & self)


class Finding(Struct, array_like=True, frozen=True, gc=False):
    """A finding: by which rule of which question, of which item, how severe."""

    finding: str
    position: int
    item: str
    severity: str
    question: str
    on: date


class Extension(Struct, array_like=True, frozen=True, gc=False):
    """整改延期: granted on a day, to another one."""

    on: date
    deadline: date


class Look(Struct, array_like=True, frozen=True, gc=False):
    """复查: `by` is the inspection that looked again, `officers` who did."""

    on: date
    result: str
    by: str
    officers: tuple[str, ...] = ()


class Order(Struct, array_like=True, frozen=True, gc=False):
    """责令整改. Days are local; `ordered_on` None: what follows came without an order."""

    order: str
    position: int = 0
    ordered_on: date | None = None
    deadline: date | None = None
    findings: tuple[str, ...] = ()
    extensions: tuple[Extension, ...] = ()
    looks: tuple[Look, ...] = ()
    closed_on: date | None = None
    closed: str = ""

    @property
    def due(self) -> date | None:
        """The deadline that holds: it may be extended once, more moves nothing."""
        return self.extensions[0].deadline if self.extensions else self.deadline

    def on(self, day: date) -> "Order":
        """Return the order as it stood on a day."""
        is_closed = self.closed_on is not None and self.closed_on <= day
        return replace(
            self,
            extensions=tuple(one for one in self.extensions if one.on <= day),
            looks=tuple(one for one in self.looks if one.on <= day),
            closed_on=self.closed_on if is_closed else None,
            closed=self.closed if is_closed else "",
        )


class Task(Struct, array_like=True, frozen=True, gc=False):
    """后续事项: due and done at moments (µs, None without deadline), days local.

    `opened_on` None: it was reported done and never opened.
    """

    task: str
    position: int = 0
    opened_on: date | None = None
    follow_up: str = ""
    due_at: int | None = None
    person: str = ""
    finding: str = ""
    done_at: int | None = None
    done_on: date | None = None
    result: str = ""

    @property
    def due(self) -> date | None:
        return None if self.due_at is None else local_day(self.due_at, CHINA)


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
    """不符合条件的原因, and the code of what follows from it."""

    cause: str
    position: int
    on: date
    follow_up: str = ""
    proposal: str = ""


class Payment(Struct, array_like=True, frozen=True, gc=False):
    """An amount on a day, in fen."""

    on: date
    fen: int


class Recovery(Struct, array_like=True, frozen=True, gc=False):
    """追缴, in fen. `due_fen` None: the amount is sealed, or it was never started.

    `starts` counts how often it was started: once.
    """

    recovery: str
    position: int = 0
    started_on: date | None = None
    starts: int = 0
    months: int = 0
    due_fen: int | None = None
    received: tuple[Payment, ...] = ()
    remitted: tuple[Payment, ...] = ()
    closed_on: date | None = None
    result: str = ""


class Obligation(Struct, frozen=True, gc=False):
    """Something to be done that follows: opened, due (None: no deadline is told), ended."""

    kind: Kind
    id: str
    position: int
    opened_on: date | None
    due: date | None
    ended_on: date | None
    result: str = ""
    follow_up: str = ""
    person: str = ""
    finding: str = ""
    due_at: int | None = None
    done_at: int | None = None


class Follow(Struct, array_like=True, frozen=True):
    """All that follows from one inspection. `refusals` are revisits that no task stands for."""

    findings: tuple[Finding, ...] = ()
    orders: tuple[Order, ...] = ()
    tasks: tuple[Task, ...] = ()
    cases: tuple[Case, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    causes: tuple[Cause, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    refusals: tuple[Task, ...] = ()

    def flags(self, *, voided: bool) -> Followed:
        """Return what there is. Of a voided inspection nothing is to be done any more."""
        has: tuple[tuple[object, Followed], ...] = (
            (self.findings, Followed.FINDING),
            (self.orders, Followed.ORDER),
            (self.tasks or self.refusals, Followed.TASK),
            (self.cases, Followed.CASE),
            (self.benefits, Followed.BENEFIT),
            (self.causes, Followed.CAUSE),
            (self.recoveries, Followed.RECOVERY),
        )
        found = Followed(sum(flag for held, flag in has if held))
        is_open = not voided and any(one.ended_on is None for one in self.obligations())
        return found | Followed.OPEN if is_open else found

    @property
    def due_on(self) -> date | None:
        """The earliest local deadline that is still open."""
        of = self.obligations()
        return min((one.due for one in of if one.due and one.ended_on is None), default=None)

    @property
    def ended_on(self) -> date | None:
        """The latest local day on which any of it ended."""
        return max((one.ended_on for one in self.obligations() if one.ended_on), default=None)

    def obligations(self, day: date = date.max) -> Iterator["Obligation"]:
        """Return all that was to be done, as it stood on a day."""
        orders = (one.on(day) for one in self.orders)
        made = chain(
            (
                Obligation("order", o.order, o.position, o.ordered_on, o.due, o.closed_on, o.closed)
                for o in orders
            ),
            (
                Obligation(
                    "revisit" if t.follow_up.startswith(REVISIT) else "task",
                    t.task, t.position, t.opened_on, t.due, t.done_on, t.result,
                    t.follow_up, t.person, t.finding, t.due_at, t.done_at,
                )
                for t in (*self.tasks, *self.refusals)
            ),
            (
                Obligation("decision", b.proposal, b.position, b.proposed_on, None, b.decided_on)
                for b in self.benefits
            ),
            (
                Obligation("case", c.case, c.position, c.opened_on, None, c.closed_on, c.result)
                for c in self.cases
            ),
            (
                Obligation("recovery", r.recovery, r.position, r.started_on, None, r.closed_on,
                           r.result)
                for r in self.recoveries
            ),
        )  # fmt: skip
        for one in made:
            if one.opened_on is not None and one.opened_on <= day:
                is_told = one.ended_on is None or one.ended_on <= day
                yield one if is_told else replace(one, ended_on=None, result="", done_at=None)


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
_write = json.Encoder().encode
read_follow = json.Decoder(Follow).decode


def follow_text(found: Follow) -> str:
    """Return the column `follow`: "" where nothing follows."""
    return "" if found == _NOTHING else _write(found).decode()
