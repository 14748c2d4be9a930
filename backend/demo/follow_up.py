"""What the demo's office does about what came in, each morning: tasks, causes, money paid back.

Whether, when and how is drawn by the identity of what it is about, so that nothing here disturbs
any other dice, and whatever the order in which tablets hand in, it is the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Struct, json

from backend.demo.chance import Dice
from backend.office import Office
from events import vocabulary
from events.clock import moment
from events.envelope import front
from events.facts import Fact, SealedPart, Visit
from events.inspections import FollowUpDone, FollowUpOpened
from events.orders import (
    BenefitProposed,
    CaseOpened,
    MismatchCauseEstablished,
    RecoveryClosed,
    RecoveryReceived,
    RecoveryRemitted,
    RecoveryStarted,
)
from events.writer import Said

_TAGS: Final = tuple(vocabulary.tag_of(kind) for kind in (FollowUpOpened, BenefitProposed))
_PAGE: Final = 2_000
_MISMATCHES: Final = 0.09  # of all proposals
_CAUSES: Final = {"change": 46, "error": 20, "death": 16, "fraud": 12, "favour": 6}
_ANSWERS: Final = {
    "error": "correct_and_trace", "favour": "transfer_discipline", "fraud": "transfer_police",
    "death": "recovery",
}  # fmt: skip
_PAID_WRONGLY: Final = ("error", "fraud", "death")
_FEN: Final = 100


class _Later(Struct, frozen=True):
    """Something to be said some days after what it follows from."""

    days: int
    said: Said


class FollowUps:
    """What the office has in mind for the coming mornings."""

    def __init__(self, office: Office, manager: str) -> None:
        self._office = office
        self._manager = manager
        self._read_up_to = 0
        self._planned: defaultdict[date, list[Said]] = defaultdict(list)

    def morning(self) -> None:
        """Read what came in, and record what is due to be recorded by today."""
        now = self._office.clock.now()
        today = moment(now.at, now.utc_offset).date()
        for fact in self._new():
            for later in follows(fact, self._manager):
                self._planned[today + timedelta(days=later.days)].append(later.said)
        for day in sorted(day for day in self._planned if day <= today):
            self._office.record_all(self._planned.pop(day))

    def _new(self) -> Iterator[Fact]:
        store = self._office.store
        until = store.size()
        while found := store.read(self._read_up_to, _PAGE, _TAGS):
            for stored in found:
                fact = vocabulary.decode(stored.tag, front(stored.state).body)
                if isinstance(fact, Fact):
                    yield fact
            self._read_up_to = found[-1].position
        self._read_up_to = until


def follows(fact: Fact, manager: str) -> Iterator[_Later]:
    """Yield what the office says because of a fact, and how many days later."""
    match fact:
        case FollowUpOpened():
            yield from _done(fact)
        case BenefitProposed():
            yield from _looked_into(fact, manager)
        case _:
            return


def _done(task: FollowUpOpened) -> Iterator[_Later]:
    """Most revisits are made the next morning, some late, some never; so are other tasks."""
    dice = Dice(f"xunji demo task {task.task}")
    is_revisit = task.follow_up.startswith("revisit")
    never, late = (0.06, 0.14) if is_revisit else (0.15, 0.25)
    if dice.happens(never):
        return
    usual, slow = ((0, 0), (1, 4)) if is_revisit else ((0, 10), (11, 40))
    days = dice.randint(*(slow if dice.happens(late) else usual))
    results = ("helped", "refused_again", "gone") if is_revisit else ("done",)
    fact = FollowUpDone(visit=task.visit, task=task.task, result=dice.choice(results))
    yield _Later(days, Said(fact))


# ── causes ─────────────────────────────────────────────────────────────────────────


def _looked_into(proposed: BenefitProposed, manager: str) -> Iterator[_Later]:
    """Now and then something did not fit: the bureau says why, and mostly acts on it."""
    dice = Dice(f"xunji demo cause {proposed.proposal}")
    if not dice.happens(_MISMATCHES):
        return
    cause = dice.choices(tuple(_CAUSES), tuple(_CAUSES.values()))[0]
    days = dice.randint(5, 20)
    is_answered = dice.happens(0.85)
    fact = MismatchCauseEstablished(
        visit=proposed.visit,
        cause=cause,  # type: ignore[arg-type]
        established_by=manager,
        proposal=proposed.proposal,
        follow_up=_ANSWERS.get(cause) if is_answered else None,
    )
    yield _Later(days, Said(fact))
    if cause == "fraud" and is_answered:
        yield _Later(days + 1, Said(CaseOpened(visit=proposed.visit, case=dice.new_id())))
    if cause in _PAID_WRONGLY and is_answered:
        yield from _paid_back(dice, proposed, manager, days + dice.randint(1, 7))


# ── money ──────────────────────────────────────────────────────────────────────────


def _paid_back(dice: Dice, proposed: BenefitProposed, manager: str, start: int) -> Iterator[_Later]:
    """A recovery in instalments; some are remitted in part, some stop half-way."""
    visit, recovery = proposed.visit, dice.new_id()
    months = dice.randint(1, 6)
    due = months * dice.randint(300, 700) * _FEN
    subject = proposed.sealed[0].subject if proposed.sealed else visit.inspection
    if dice.happens(0.08):
        yield _Later(start, _sealed(visit, recovery, months, due, subject))
        return
    fact = RecoveryStarted(visit=visit, recovery=recovery, months=months, amount_fen=due)
    yield _Later(start, Said(fact))
    remitted = due // 4 if dice.happens(0.15) else 0
    if remitted:
        forgiven = RecoveryRemitted(
            visit=visit, recovery=recovery, amount_fen=remitted, approver=manager
        )
        yield _Later(start + 10, Said(forgiven))
    parts = _instalments(dice, due - remitted)
    paid = parts[:1] if dice.happens(0.25) else parts
    days = start
    for fen in paid:
        days += dice.randint(14, 45)
        yield _Later(days, Said(RecoveryReceived(visit=visit, recovery=recovery, amount_fen=fen)))
    if sum(paid) >= due - remitted:
        closed = RecoveryClosed(visit=visit, recovery=recovery, result="settled")
        yield _Later(days + 1, Said(closed))


def _instalments(dice: Dice, due: int) -> Sequence[int]:
    """Return the amounts in which it is paid; once in a while the last is a little too much."""
    count = dice.randint(1, 3)
    each = due // count
    last = due - each * (count - 1)
    return [each] * (count - 1) + [last + (_FEN if dice.happens(0.05) else 0)]


def _sealed(visit: Visit, recovery: str, months: int, due: int, subject: str) -> Said:
    """Return a start whose amount is sealed."""
    fact = RecoveryStarted(
        visit=visit, recovery=recovery, months=months, sealed=(SealedPart("amount", subject),)
    )
    return Said(fact, (json.encode({"amount_fen": due, "label": "演示数据"}),))
