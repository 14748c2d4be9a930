"""The office's calendar: working days, sensitive periods, weather warnings, as data.

One document a year for days, one for each period and each warning; all are few.
"""

from datetime import date
from typing import Any, Final

from events.inspections import InspectionFact
from events.office import (
    AssignmentFact,
    CalendarDayDeclared,
    LogFact,
    PersonFact,
    PlanAdopted,
    SensitivePeriodDeclared,
    SupervisionRecorded,
    WeatherWarningIssued,
    WeatherWarningLifted,
)
from events.orders import OrderFact
from events.register import RegisterFact
from projections.filed import FiledDocument, filed, in_order
from projections.view import Keep, Value, View, of_facts, under

DAYS: Final = "days|"
"""Keys of documents that hold the declared days of a year begin so; the year follows."""


def _year(fact: CalendarDayDeclared) -> tuple[str, ...]:
    return (f"{DAYS}{fact.day.year}",)


def _extract(key: str, document: FiledDocument) -> tuple[Value, ...]:
    facts: list[Any] = in_order(document)
    if key.startswith(DAYS):
        year = key.removeprefix(DAYS)
        return ("days", f"{year}-01-01", f"{year}-12-31")
    periods = [fact for fact in facts if isinstance(fact, SensitivePeriodDeclared)]
    if periods:
        newest = periods[-1]
        return ("period", newest.valid_from.isoformat(), newest.valid_to.isoformat())
    issued = [fact for fact in facts if isinstance(fact, WeatherWarningIssued)]
    if not issued:  # lifted, and not yet issued
        return ("warning", "", "")
    lifted = [fact.lifted_at for fact in facts if isinstance(fact, WeatherWarningLifted)]
    last = min(lifted).date() if lifted else date.max
    return ("warning", issued[-1].issued_at.date().isoformat(), last.isoformat())


CALENDAR: View = of_facts(
    name="calendar",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={
        CalendarDayDeclared: Keep(filed, _year, register=True),
        SensitivePeriodDeclared: Keep(filed, under("period"), register=True),
        WeatherWarningIssued: Keep(filed, under("warning"), register=True),
        WeatherWarningLifted: Keep(filed, under("warning"), register=True),
    },
    ignores=(
        InspectionFact,
        OrderFact,
        RegisterFact,
        LogFact,
        PlanAdopted,
        AssignmentFact,
        SupervisionRecorded,
        PersonFact,
    ),
    columns={"kind": "text", "valid_from": "text", "valid_to": "text"},
    extract=_extract,
    indexes=(("kind", "valid_from"),),
)
