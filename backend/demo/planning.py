"""The plan of inspections for the demo year (检查计划): where it asks for more than items do."""

from datetime import date
from typing import Any, Final

from backend.demo.chance import Dice
from backend.demo.district import NEW_YEAR
from events.office import PlanAdopted

_LINES: Final[tuple[dict[str, Any], ...]] = (
    {
        "item": "MZ-FU-JC-03",
        "object_type": "cemetery_public_welfare",
        "required": 1,
        "per": "half_year",
    },
    {"item": "MZ-FU-JC-04", "object_type": "columbarium", "required": 1, "per": "half_year"},
    {
        "item": "MZ-YL-JC-02",
        "object_type": "elderly_care_institution",
        "required": 1,
        "per": "half_year",
    },
    {
        "item": "MZ-YL-JC-03",
        "object_type": "elderly_care_institution",
        "required": 0.3,
        "per": "year",
    },
    {"item": "MZ-SO-JC-07", "object_type": "community_org_record", "required": 12, "per": "year"},
    {
        "item": "MZ-JZ-JC-03",
        "object_type": "low_income_household",
        "required": 1,
        "per": "half_year",
        "township": "440804100",
    },
)


def plan() -> PlanAdopted:
    """Return the plan that the office adopts at the beginning of the year."""
    return PlanAdopted(
        Dice("xunji demo plan").new_id(),
        "2026年度行政检查计划(演示)",
        NEW_YEAR,
        date(2026, 12, 31),
        _LINES,
    )
