"""The thirteen measures (domain.md, section 6): one registry, one way to ask.

    measured = MEASURES["object_coverage"].compute(Question(views, period, today, filters))

A measure has a version of its own: it rises whenever the same documents would give another
figure. Published versions stay runnable (`projections.published`).
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from projections import (
    cap_use,
    coverage,
    participation,
    procedure_faults,
    rechecks,
    rectification,
    requirements,
    slots,
    supervision_faces,
    weather,
)
from projections.figures import Measured
from projections.question import Question


class Measure(Struct, frozen=True):
    """A measure: what it is called, how it is computed, and from which views."""

    name: str
    version: int
    compute: Callable[[Question], Measured]
    views: tuple[str, ...]


_COVERED: Final = ("objects", "inspections", "items", "checklists")
_RULED: Final = (*_COVERED, "plans", "calendar")

MEASURES: Final[Mapping[str, Measure]] = {
    one.name: one
    for one in (
        Measure("object_coverage", 1, coverage.object_coverage, _COVERED),
        Measure("item_coverage", 1, coverage.item_coverage, _COVERED),
        Measure("requirement_coverage", 1, requirements.requirement_coverage, _RULED),
        Measure("domain_breadth", 1, coverage.domain_breadth, _COVERED),
        Measure("area_coverage", 1, coverage.area_coverage, _COVERED),
        Measure("slot_coverage", 1, slots.slot_coverage, _RULED),
        Measure("weather_response", 1, weather.weather_response, _RULED),
        Measure(
            "officer_participation",
            1,
            participation.officer_participation,
            ("officers", "inspections"),
        ),
        Measure(
            "supervision_faces",
            1,
            supervision_faces.supervision_faces,
            ("objects", "inspections", "supervision", "items", "checklists"),
        ),
        Measure("recheck_on_time", 1, rechecks.recheck_on_time, (*_COVERED, "plans", "calendar")),
        Measure(
            "rectification_closure",
            1,
            rectification.rectification_closure,
            ("inspections", "calendar"),
        ),
        Measure(
            "procedure_completeness", 1, procedure_faults.procedure_completeness, ("inspections",)
        ),
        Measure("cap_use", 1, cap_use.cap_use, (*_COVERED, "caps")),
    )
}
