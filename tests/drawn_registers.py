"""Registers drawn by Hypothesis: objects of all types that come, move, merge and end, inspected.

Homes carry a position by mistake, now and then a point is swapped: nothing here is well-behaved.
"""

from datetime import date, timedelta

from hypothesis import strategies as st

from events.facts import HOMES, SealedPart
from events.inspections import InspectionStarted
from events.register import (
    ObjectClosed,
    ObjectExempted,
    ObjectListed,
    ObjectMerged,
    ObjectRevised,
)
from tests.histories import History, a_completion, a_visit, an_id, local

NEW_YEAR = date(2026, 1, 1)
NAMES = [f"thing {number}" for number in range(6)]
TOWNSHIPS = ["440804001", "440804002"]
TYPES = ["social_association", "funeral_agent", "low_income_household", *sorted(HOMES)[:3]]
DAYS = st.integers(-40, 120).map(lambda number: NEW_YEAR + timedelta(days=number))
DEGREES = st.sampled_from([(110.45, 21.25), (110.55, 21.15), (21.25, 110.45), (None, None)])


@st.composite
def listings(draw: st.DrawFn, name: str) -> ObjectListed:
    make = draw(st.sampled_from([ObjectListed, ObjectListed, ObjectRevised]))
    township = draw(st.sampled_from(TOWNSHIPS))
    lon, lat = draw(DEGREES)
    person = an_id(f"person {name}") if draw(st.integers(0, 5)) == 0 else None
    return make(
        object=an_id(name),
        object_type=draw(st.sampled_from(TYPES)),
        domain=draw(st.sampled_from(["funeral", "charity"])),
        township=township,
        village=f"{township}{draw(st.integers(201, 202))}",
        valid_from=draw(DAYS),
        person=person,
        lon=lon,
        lat=lat,
        sealed=(SealedPart("card", an_id(name)),) if draw(st.integers(0, 9)) == 0 else (),
    )


@st.composite
def registers(draw: st.DrawFn) -> History:
    """Draw a register and what was inspected of it."""
    history = History()
    for name in NAMES:
        for _ in range(draw(st.integers(1, 2))):
            history.record(draw(listings(name)))
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        history.record(ObjectClosed(object=an_id(name), valid_to=draw(DAYS), reason="ended"))
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        until = draw(st.none() | DAYS)
        history.record(
            ObjectExempted(object=an_id(name), reason="x", valid_from=draw(DAYS), valid_to=until)
        )
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        into = an_id(draw(st.sampled_from(NAMES)))
        history.record(ObjectMerged(object=an_id(name), into=into, valid_from=draw(DAYS)))
    for number in range(draw(st.integers(0, 8))):
        _inspected(history, number, draw(st.sampled_from(NAMES)), draw(DAYS))
    return history


def _inspected(history: History, number: int, name: str, day: date) -> None:
    visit = a_visit(f"visit {number}", name, str(day), object_type="funeral_agent")
    started = InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
    history.record(started, local(str(day), "09:00"), f"tablet {number}")
    history.record(a_completion(visit), local(str(day)), f"tablet {number}")
