"""What follows from an inspection, as its document tells it: the column `follow`.

Orders with their extensions, re-inspections and closing; tasks with their deadlines, among them
the revisit of somebody who refused help; cases; what was proposed for a household and what was
decided, kept apart; causes of a mismatch; and what is paid back. All of it are facts, each with
its day, so that what stood on a day can be told on any later one; whether something is due or
overdue is asked on a day (`projections.follow_ups`).
"""

from collections.abc import Iterator
from datetime import date
from enum import IntFlag
from itertools import chain
from typing import Final, Literal, TypeAlias

from msgspec import Struct, json
from msgspec.structs import replace

from events.clock import CHINA
from projections.visits import local_day

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


_NOTHING: Final = Follow()
_write = json.Encoder().encode
read_follow = json.Decoder(Follow).decode


def follow_text(found: Follow) -> str:
    """Return the column `follow`: "" where nothing follows."""
    return "" if found == _NOTHING else _write(found).decode()
