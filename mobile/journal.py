"""The inspections of this tablet's own log, one line each: for the lists of today and outbox.

A fold without opening anything sealed, so that a year of work is read in a second at the start
and kept up entry by entry.
"""

from collections.abc import Iterable

from msgspec import Struct, structs

from events.facts import Fact, Visit
from events.inspections import (
    EvidenceCaptured,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
)
from mobile.device_log import Logged
from mobile.visit import Stage, inspection_of


class Line(Struct, frozen=True):
    """One inspection: where it stands in our log, and how far it went. Times in microseconds."""

    inspection: str
    visit: Visit
    version: int
    first: int
    last: int
    started_at: int
    last_at: int
    assignment: str | None = None
    stage: Stage = "open"
    photos: tuple[str, ...] = ()  # by the hash they are stored under


class Journal:
    """All inspections of a log, in the order they were started."""

    def __init__(self, entries: Iterable[Logged] = ()) -> None:
        self.lines: dict[str, Line] = {}
        for logged in entries:
            self.take(logged)

    def take(self, logged: Logged) -> None:
        """Take in one of our own facts."""
        fact = logged.fact
        inspection = inspection_of(fact)
        if inspection is None or not isinstance(fact, Fact):
            return
        if isinstance(fact, InspectionStarted):
            self.lines.setdefault(inspection, _begun(fact, logged))
        line = self.lines.get(inspection)
        if line is not None:
            self.lines[inspection] = _next(line, fact, logged)

    def open(self) -> list[Line]:
        """Return the inspections that were started and not ended."""
        return [line for line in self.lines.values() if line.stage == "open"]

    def done_for(self, assignment: str) -> bool:
        """Whether an assignment was carried out here."""
        return any(
            line.assignment == assignment and line.stage == "completed"
            for line in self.lines.values()
        )


def _begun(fact: InspectionStarted, logged: Logged) -> Line:
    at = logged.ref.sequence
    return Line(
        fact.visit.inspection,
        fact.visit,
        fact.version,
        at,
        at,
        logged.at,
        logged.at,
        fact.assignment,
    )


def _next(line: Line, fact: Fact, logged: Logged) -> Line:
    moved = structs.replace(line, last=logged.ref.sequence, last_at=logged.at)
    match fact:
        case InspectionCompleted():
            return structs.replace(moved, stage="completed")
        case InspectionCancelled():
            return structs.replace(moved, stage="cancelled")
        case InspectionVoided():
            return structs.replace(moved, stage="voided")
        case EvidenceCaptured() if fact.sha256 not in line.photos:
            return structs.replace(moved, photos=(*line.photos, fact.sha256))
        case _:
            return moved


__all__ = ["Journal", "Line"]
