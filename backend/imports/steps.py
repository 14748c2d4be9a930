"""What a file would do, row by row: the same for every list."""

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from backend.imports.cells import Fault, refusing
from projections.spans import Span, after

Change: TypeAlias = Literal["new", "revised", "closed", "reopened", "unchanged"]
CHANGES: Final[tuple[Change, ...]] = ("new", "revised", "closed", "reopened", "unchanged")
REASON: Final = "import"
"""Why something ended, where an import ended it."""


class Step(Struct, frozen=True):
    """What a row does. `members` are those that change; `key` None: to be made.

    `wish` and `kept` are as the list has them: what the row says, and what the register said.
    """

    row: int
    change: Change
    wish: Any
    key: str | None
    members: tuple[str, ...] = ()
    kept: Any = None

    @property
    def ends(self) -> bool:
        """Whether it takes the row off the list."""
        return self.change == "closed"


class Plan(Struct, frozen=True):
    """What a file would do, all of it or nothing."""

    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]

    def counts(self) -> Mapping[Change, int]:
        """Return how many rows do what."""
        return {one: sum(step.change == one for step in self.steps) for one in CHANGES}

    @property
    def may_be_recorded(self) -> bool:
        """True where no row is at fault and something changes."""
        changes = any(step.change != "unchanged" for step in self.steps)
        return changes and not any(refusing(self.faults))

    @property
    def digest(self) -> str:
        """Name what it does: what was shown is what is recorded, or nothing is."""
        told = [(one.row, one.change, one.key, one.members) for one in self.steps]
        return sha256(msgspec.json.encode((told, self.faults))).hexdigest()


def ordered(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return faults as they stand in the file."""
    return tuple(sorted(faults, key=lambda one: (one.row, one.column)))


def may_end(active: Iterable[Span], first: date, last: date) -> bool:
    """Tell whether what reads as it does from `first` on may end with `last`.

    The day before will do, where it was on the list then: it was listed again meanwhile.
    """
    was = any(span.start <= last <= span.end for span in active)
    return last >= first or (was and after(last) == first)
