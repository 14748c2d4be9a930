"""Plans of inspection (检查计划), each by its id, and published frequency caps (频次上限)."""

from typing import Any

from events.inspections import InspectionFact
from events.office import (
    AssignmentFact,
    CalendarFact,
    LogFact,
    OfficeFact,
    PersonFact,
    PlanAdopted,
    SupervisionRecorded,
)
from events.orders import OrderFact
from events.register import (
    AreaFact,
    ChecklistPublished,
    FrequencyCapPublished,
    ImportFact,
    ItemFact,
    ObjectFact,
    OfficerFact,
    RegisterFact,
)
from projections.filed import FiledDocument, filed, in_order
from projections.spans import OPEN
from projections.view import Keep, Value, View, of_facts, under


def plan(document: FiledDocument) -> PlanAdopted | None:
    """Return the plan as it was last adopted."""
    held: list[Any] = in_order(document)
    return next((fact for fact in reversed(held) if isinstance(fact, PlanAdopted)), None)


def _extract_plan(_key: str, document: FiledDocument) -> tuple[Value, ...]:
    newest = plan(document)
    if newest is None:
        return ("", "", "")
    return (newest.name, newest.valid_from.isoformat(), newest.valid_to.isoformat())


PLANS: View = of_facts(
    name="plans",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={PlanAdopted: Keep(filed, under("plan"), register=True)},
    ignores=(
        InspectionFact,
        OrderFact,
        RegisterFact,
        LogFact,
        AssignmentFact,
        CalendarFact,
        SupervisionRecorded,
        PersonFact,
    ),
    columns={"name": "text", "valid_from": "text", "valid_to": "text"},
    extract=_extract_plan,
    indexes=(("valid_from",),),
)


def cap(document: FiledDocument) -> FrequencyCapPublished | None:
    """Return the cap as it was last published."""
    held: list[Any] = in_order(document)
    return next((fact for fact in reversed(held) if isinstance(fact, FrequencyCapPublished)), None)


def _extract_cap(_key: str, document: FiledDocument) -> tuple[Value, ...]:
    newest = cap(document)
    if newest is None:
        return ("", "", 0, "", "")
    return (
        newest.object_type,
        newest.object or "",
        newest.per_year,
        newest.valid_from.isoformat(),
        (newest.valid_to or OPEN).isoformat(),
    )


CAPS: View = of_facts(
    name="caps",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={FrequencyCapPublished: Keep(filed, under("cap"), register=True)},
    ignores=(
        InspectionFact,
        OrderFact,
        OfficeFact,
        ItemFact,
        ObjectFact,
        AreaFact,
        OfficerFact,
        ChecklistPublished,
        ImportFact,
    ),
    columns={
        "object_type": "text",
        "object": "text",
        "per_year": "integer",
        "valid_from": "text",
        "valid_to": "text",
    },
    extract=_extract_cap,
    indexes=(("object_type",), ("object",)),
)
