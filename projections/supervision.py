"""Supervisory acts, by the cell of domain and township that they looked at (面面有监督)."""

from events.inspections import InspectionFact
from events.office import (
    AssignmentFact,
    CalendarFact,
    LogFact,
    PersonFact,
    PlanAdopted,
    SupervisionRecorded,
)
from events.orders import OrderFact
from events.register import RegisterFact
from projections.documents import Document, Row
from projections.recorded import Recorded
from projections.view import Keep, Value, View, of_facts
from projections.visits import local_day


class Act(Row, frozen=True):
    """A supervisory act: which, by whom, of which inspection if of one, with which result."""

    act: str
    by: str
    inspection: str
    result: str


SupervisionDocument = Document[Act, Row]


def _act(fact: SupervisionRecorded, recorded: Recorded) -> Act:
    return Act(
        recorded.position,
        recorded.happened_at,
        recorded.utc_offset,
        fact.act,
        fact.by,
        fact.inspection or "",
        fact.result or "",
    )


def cell(domain: str, township: str) -> str:
    """Return the key of a cell."""
    return f"{domain}|{township}"


def _extract(key: str, document: SupervisionDocument) -> tuple[Value, ...]:
    domain, _, township = key.partition("|")
    days = sorted(local_day(row.at, row.offset).isoformat() for row in document.register.values())
    return (domain, township, " ".join(days), days[-1] if days else "")


SUPERVISION: View = of_facts(
    name="supervision",
    version=1,
    document=SupervisionDocument,  # type: ignore[arg-type]
    keeps={
        SupervisionRecorded: Keep(
            _act, lambda fact: (cell(fact.domain, fact.township),), register=True
        ),
    },
    ignores=(
        InspectionFact,
        OrderFact,
        RegisterFact,
        LogFact,
        PlanAdopted,
        AssignmentFact,
        CalendarFact,
        PersonFact,
    ),
    columns={"domain": "text", "township": "text", "days": "text", "last_on": "text"},
    extract=_extract,
    indexes=(("domain", "township"),),
)
