"""The thirteen measures (domain.md, section 6): one registry, one way to ask.

    measured = MEASURES["object_coverage"].compute(Question(views, period, today, filters))

A measure has a version of its own: it rises whenever the same documents would give another
figure. Published versions stay runnable (`projections.published`).
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from projections import coverage, participation, procedure_faults, supervision_faces
from projections.figures import Measured
from projections.question import Question


class Measure(Struct, frozen=True):
    """A measure: what it is called, how it is computed, and from which views."""

    name: str
    version: int
    compute: Callable[[Question], Measured]
    views: tuple[str, ...]


_COVERED: Final = ("objects", "inspections", "items", "checklists")

MEASURES: Final[Mapping[str, Measure]] = {
    one.name: one
    for one in (
        Measure("object_coverage", 1, coverage.object_coverage, _COVERED),
        Measure("item_coverage", 1, coverage.item_coverage, _COVERED),
        Measure("domain_breadth", 1, coverage.domain_breadth, _COVERED),
        Measure("area_coverage", 1, coverage.area_coverage, _COVERED),
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
        Measure(
            "procedure_completeness", 1, procedure_faults.procedure_completeness, ("inspections",)
        ),
    )
}
