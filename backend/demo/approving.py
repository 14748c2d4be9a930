"""What the office of the demo approves of what it assigns: nearly all, and before it is begun."""

from collections.abc import Collection
from typing import Final

from backend.demo.chance import Dice
from backend.demo.irregular import ADMINISTRATIVE
from events.office import AssignmentApproved, InspectionAssigned

_NOT_BEFOREHAND: Final = frozenset({"approval_missing", "emergency"})
_WAITS: Final = 0.3


def approved(
    work: InspectionAssigned, manager: str, wrong: Collection[str] | None = None
) -> tuple[AssignmentApproved, ...]:
    """Return the approval of what is assigned, if it needs one and gets it.

    `wrong` is what its officers will get wrong, None where nobody has gone there: of that a part
    still waits.
    """
    if work.kind not in ADMINISTRATIVE:
        return ()
    if wrong is None:
        waits = Dice(f"xunji demo waits {work.assignment}").happens(_WAITS)
    else:
        waits = not _NOT_BEFOREHAND.isdisjoint(wrong)
    return () if waits else (AssignmentApproved(work.assignment, manager),)
