"""The office's desk in the demo: it goes through what came in, and answers as an office does."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import msgspec

from backend.demo.chance import Dice
from backend.erasing import erase
from backend.office import Office
from events import vocabulary
from events.clock import moment
from events.envelope import front
from events.facts import Fact, SealedPart, Visit
from events.inspections import (
    InspectionApproved,
    InspectionCompleted,
    InspectionStarted,
    PersonEncountered,
)
from events.office import AssignmentApproved
from events.orders import (
    BenefitDecided,
    BenefitProposed,
    CaseOpened,
    RectificationClosed,
    RectificationExtended,
    RectificationOrdered,
    ReinspectionCompleted,
)
from events.writer import Said

_TAGS: Final = tuple(
    vocabulary.tag_of(kind)
    for kind in (
        AssignmentApproved, BenefitProposed, RectificationOrdered, InspectionApproved,
        InspectionStarted, InspectionCompleted, PersonEncountered,
    )
)  # fmt: skip
_PAGE: Final = 2_000
_MOST_ERASED: Final = 2


class Desk:
    """What lies on the desk: orders that wait for their re-inspection."""

    def __init__(
        self, office: Office, seed: int, reinspected: dict[str, str], manager: str
    ) -> None:
        self._office = office
        self._dice = Dice.for_purpose(seed, "desk")
        self._reinspected = reinspected
        self._manager = manager
        self._read_up_to = 0
        self._orders: dict[str, RectificationOrdered] = {}
        self._approved: set[str] = set()
        self._unapproved: dict[str, Visit] = {}
        self._met: list[str] = []
        self._erased = 0

    def review(self) -> None:
        """Go through what came in since last time, and record what the office decides."""
        said = [answer for fact in self._new() for answer in self._answers(fact)]
        said += self._extensions()
        said += self._approvals()
        if said:
            self._office.record_all(said)
        if self._erased < _MOST_ERASED and len(self._met) > 20 * (self._erased + 1):
            erase(self._office, self._dice.choice(self._met), "on-request")
            self._erased += 1

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

    def _answers(self, fact: Fact) -> Iterator[Said]:
        match fact:
            case PersonEncountered():
                if fact.person not in self._met:  # it is said anew whenever a flag changes
                    self._met.append(fact.person)
            case RectificationOrdered():
                if fact.visit.inspection in self._reinspected:
                    self._orders[self._reinspected[fact.visit.inspection]] = fact
            case AssignmentApproved() | InspectionStarted() | InspectionApproved():
                self._approve(fact)
            case InspectionCompleted():
                self._noticed(fact)
                order = self._orders.pop(fact.visit.inspection, None)
                if order:
                    yield from self._closed(order, fact)
            case BenefitProposed():
                yield from self._decided(fact)
            case _:
                return

    def _closed(self, order: RectificationOrdered, again: InspectionCompleted) -> Iterator[Said]:
        """Mostly all is well at the second look; where it is not, a case is opened."""
        officers = tuple(member.officer for member in again.crew)
        dice = Dice(f"xunji demo looked again {order.order}")
        passed = not dice.happens(0.15)
        yield Said(
            ReinspectionCompleted(
                visit=order.visit, order=order.order, result="passed" if passed else "failed",
                by=again.visit.inspection, officers=officers,
            )
        )  # fmt: skip
        if passed:
            end = RectificationClosed(visit=order.visit, order=order.order, result="rectified")
            yield Said(end)
        elif dice.happens(0.6):
            case = CaseOpened(visit=order.visit, case=dice.new_id(), findings=order.findings)
            yield Said(case)
            yield Said(RectificationClosed(visit=order.visit, order=order.order, result="case"))

    def _decided(self, fact: BenefitProposed) -> Iterator[Said]:
        """A few proposals stay on the desk, and of a few decisions nobody told the rights."""
        dice = Dice(f"xunji demo decided {fact.proposal}")
        if dice.happens(0.03):
            return
        subject = fact.sealed[0].subject if fact.sealed else fact.visit.inspection
        now = self._office.clock.now()
        first = (moment(now.at, now.utc_offset).date().replace(day=1) + timedelta(days=32)).replace(
            day=1
        )
        yield Said(
            BenefitDecided(
                visit=fact.visit, proposal=fact.proposal, decided_by=self._manager,
                effective_from=first, rights_told=not dice.happens(0.02),
                sealed=(SealedPart("decision", subject),),
            ),
            (msgspec.json.encode({"decision": "as proposed", "label": "演示数据"}),),
        )  # fmt: skip

    def _approve(self, fact: AssignmentApproved | InspectionStarted | InspectionApproved) -> None:
        """Remember what was approved: an assignment, and with it the inspection that follows."""
        match fact:
            case AssignmentApproved():
                self._approved.add(fact.assignment)
            case InspectionStarted() if fact.assignment in self._approved:
                self._approved.add(fact.visit.inspection)
            case InspectionApproved():
                self._approved.add(fact.visit.inspection)
                self._unapproved.pop(fact.visit.inspection, None)
            case _:  # begun, and nobody approved it at the office
                pass

    def _noticed(self, done: InspectionCompleted) -> None:
        visit = done.visit
        if visit.nature == "administrative" and visit.inspection not in self._approved:
            self._unapproved[visit.inspection] = visit

    def _approvals(self) -> Iterator[Said]:
        """Half of what nobody approved is approved now, too late; the rest stays as it is."""
        for visit in self._unapproved.values():
            if Dice(f"xunji demo filed {visit.inspection}").happens(0.5):
                yield Said(InspectionApproved(visit=visit, approver=self._manager))
        self._unapproved.clear()

    def _extensions(self) -> Iterator[Said]:
        """Once in a while an order is extended, with reasons."""
        if not self._orders or not self._dice.happens(0.1):
            return
        order = self._orders[self._dice.choice(sorted(self._orders))]
        yield Said(
            RectificationExtended(
                visit=order.visit, order=order.order, deadline=order.deadline + timedelta(days=15),
                approver=self._manager,
            )
        )  # fmt: skip
