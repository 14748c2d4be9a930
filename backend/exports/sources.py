"""Which routes give rows that can be exported."""

from collections.abc import Sequence
from typing import Final

from litestar.types import ControllerRouterHandler

from backend import (
    caps,
    causes,
    cells,
    coverage,
    devices,
    due,
    follow_ups,
    goals,
    inspections,
    items,
    measures,
    measures_compared,
    objects,
    procedure,
    recoveries,
)

ROUTES: Final[Sequence[ControllerRouterHandler]] = (
    objects.objects,
    items.items,
    inspections.inspections,
    due.due,
    follow_ups.follow_ups_view,
    procedure.procedure,
    measures.measures,
    measures.measure,
    measures_compared.comparison,
    measures_compared.series,
    coverage.coverage_view,
    cells.cells_view,
    goals.goals_view,
    causes.causes_view,
    recoveries.recoveries_view,
    caps.caps,
    caps.joint,
    devices.devices,
)
