"""Approving beforehand what was assigned (检查审批): the head approves, then one may go.

What is judged later is the fact in the history (`projections.procedure_faults`); here is what
the office may still say: who waits for an approval, and that somebody may approve it.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from backend.office import Office
from events import vocabulary
from events.envelope import front
from events.errors import Refusal
from events.facts import Fact
from events.ids import NOBODY
from events.office import AssignmentApproved, AssignmentWithdrawn, InspectionAssigned
from events.register import OfficerListed
from events.writer import Said

_TAGS = tuple(
    vocabulary.tag_of(kind)
    for kind in (InspectionAssigned, AssignmentWithdrawn, AssignmentApproved, OfficerListed)
)
_STEP = 1_000


class NotAssignedError(Refusal):
    """No such assignment stands: it was never given, or was taken back."""

    code = "not-assigned"

    def __init__(self, assignment: str) -> None:
        super().__init__(f"nothing is assigned under {assignment}, or it was taken back")
        self.assignment = assignment


class NoApproverError(Refusal):
    """Nobody on the list of officers has this id."""

    code = "no-approver"

    def __init__(self, approver: str) -> None:
        super().__init__(f"nobody on the list of officers has the id {approver}")
        self.approver = approver


class Work(Struct):
    """What stands assigned, and whose approval each has; `people` are those on the list."""

    given: dict[str, InspectionAssigned]
    approved: dict[str, str]
    people: set[str]

    @property
    def waiting(self) -> list[InspectionAssigned]:
        """What stands assigned without approval, the soonest first."""
        left = [one for key, one in self.given.items() if key not in self.approved]
        return sorted(left, key=lambda one: (one.due_on, one.assignment))


def work(office: Office) -> Work:
    """Read what is assigned from the history, in the order of its records."""
    found = Work({}, {}, set())
    for fact in _facts(office):
        match fact:
            case InspectionAssigned():
                found.given[fact.assignment] = fact
                found.approved.pop(fact.assignment, None)
            case AssignmentWithdrawn():
                found.given.pop(fact.assignment, None)
            case AssignmentApproved():
                found.approved[fact.assignment] = fact.approver
            case OfficerListed():
                found.people.add(fact.officer)
            case _:  # a body that cannot be read says nothing
                pass
    return found


def approve(
    office: Office,
    assignments: Iterable[str],
    approver: str,
    document: str | None = None,
    actor: bytes = NOBODY,
) -> list[AssignmentApproved]:
    """Record the approval of all or of none; of what is approved already, nothing again.

    `actor` is the account that records it, where one does.

    Raises `NotAssignedError` or `NoApproverError` before anything is recorded.
    """
    known = work(office)
    if approver not in known.people:
        raise NoApproverError(approver)
    facts: list[AssignmentApproved] = []
    for assignment in dict.fromkeys(assignments):
        if assignment not in known.given:
            raise NotAssignedError(assignment)
        if assignment not in known.approved:
            facts.append(AssignmentApproved(assignment, approver, document))
    if facts:
        office.record_all([Said(fact, actor=actor) for fact in facts])
    return facts


def take_back(
    office: Office, assignments: Iterable[str], reason: str, actor: bytes = NOBODY
) -> list[AssignmentWithdrawn]:
    """Refuse an approval: what was assigned is taken back, all of it or none.

    What is approved already is taken back as well. Raises `NotAssignedError`.
    """
    known = work(office)
    facts: list[AssignmentWithdrawn] = []
    for assignment in dict.fromkeys(assignments):
        if assignment not in known.given:
            raise NotAssignedError(assignment)
        device = known.given[assignment].device
        facts.append(AssignmentWithdrawn(assignment, device, reason))
    if facts:
        office.record_all([Said(fact, actor=actor) for fact in facts])
    return facts


def _facts(office: Office) -> Iterator[Fact]:
    at = 0
    while found := office.store.read(at, _STEP, _TAGS):
        for stored in found:
            fact = vocabulary.decode(stored.tag, front(stored.state).body)
            if isinstance(fact, Fact):
                yield fact
        at = found[-1].position
