"""What follows from inspections, recorded in one line each: for tests of what reads it."""

from datetime import date, datetime
from typing import Literal

from events.facts import Fact, Visit
from events.ids import EntryRef
from events.inspections import InspectionStarted, InspectionVoided
from events.orders import (
    RectificationClosed,
    RectificationExtended,
    RectificationOrdered,
    ReinspectionCompleted,
)
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.question import Filters, Question
from projections.spans import Span
from projections.views import MemoryViews
from tests.histories import History, a_completion, a_correction, a_visit, an_id, local

Result = Literal["passed", "failed"]
Closing = Literal["rectified", "transferred", "case", "withdrawn"]

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))
APRIL = Span(date(2026, 4, 1), date(2026, 4, 30))
LATER = date(2026, 12, 31)
NAMES = {an_id(name): name for name in (*"ABCDEFGH", "one", "two", "three", "four")}


def names(ids: object) -> str:
    """The names behind ids that tests gave by name."""
    return " ".join(NAMES[one] for one in ids)  # type: ignore[attr-defined]


class Desk:
    """An office and its inspections, whose follow-ups are recorded."""

    def __init__(self) -> None:
        self.history = History()

    def visit(self, name: str = "one", on: str = "2026-02-02", **keys: object) -> Visit:
        """An inspection that was made and completed."""
        completion = {one: keys.pop(one) for one in ("crew", "sets") if one in keys}
        visit = a_visit(name, str(keys.pop("of", f"object of {name}")), on, **keys)
        self.say(InspectionStarted(visit=visit, checklist="CL-GE-1", version=1), on)
        home = {"home_visit": "in"} if visit.nature == "eligibility" else {}
        self.say(a_completion(visit, **home, **completion), on)
        return visit

    def say(
        self, fact: Fact, on: str, clock: str = "10:00", received: int | None = None
    ) -> EntryRef:
        return self.history.record(fact, local(on, clock), "office", received)

    def order(self, visit: Visit, name: str = "A", deadline: str = "2026-03-06") -> EntryRef:
        fact = RectificationOrdered(
            visit=visit, order=an_id(name), deadline=date.fromisoformat(deadline)
        )
        return self.say(fact, visit.started_on.isoformat())

    def extend(self, visit: Visit, to: str, on: str, name: str = "A") -> EntryRef:
        deadline = date.fromisoformat(to)
        fact = RectificationExtended(
            visit=visit, order=an_id(name), deadline=deadline, approver=an_id("Wu")
        )
        return self.say(fact, on)

    def look(self, visit: Visit, on: str, result: Result = "passed", name: str = "A") -> EntryRef:
        fact = ReinspectionCompleted(
            visit=visit, order=an_id(name), result=result, by=an_id(f"again {on}")
        )
        return self.say(fact, on)

    def close(
        self, visit: Visit, on: str, result: Closing = "rectified", name: str = "A"
    ) -> EntryRef:
        return self.say(RectificationClosed(visit=visit, order=an_id(name), result=result), on)

    def void(self, visit: Visit, on: str = "2026-02-03") -> None:
        self.say(InspectionVoided(visit=visit, reason="twice", approver=an_id("Wu")), on)

    def correct(self, target: EntryRef, fact: Fact | None, visit: Visit, **other: str) -> None:
        self.say(a_correction(target, fact, visit, **other), "2026-04-20")

    def asked(
        self, period: Span = MARCH, today: date = LATER, filters: Filters | None = None
    ) -> Question:
        views = MemoryViews(VIEWS)
        catch_up(self.history.store(), views)
        return Question(views, period, today, filters)


def at(day: str, clock: str = "10:00") -> datetime:
    """A moment on the wall of the district."""
    return datetime.fromisoformat(f"{day}T{clock}:00+08:00")
