"""All views there are, and the stamp that says with which of them documents were made."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from events import vocabulary
from projections.calendar import CALENDAR
from projections.devices import DEVICES
from projections.imports import IMPORTS
from projections.inspections import INSPECTIONS
from projections.items import ITEM_USES, ITEMS
from projections.lists import AREAS, ASSIGNMENTS, CHECKLISTS, ERASURES, OFFICERS
from projections.objects import OBJECTS
from projections.plans import CAPS, PLANS
from projections.supervision import SUPERVISION
from projections.view import View

VIEWS: Final[tuple[View, ...]] = (
    OBJECTS,
    INSPECTIONS,
    ITEMS,
    ITEM_USES,
    DEVICES,
    OFFICERS,
    AREAS,
    ASSIGNMENTS,
    CHECKLISTS,
    ERASURES,
    CALENDAR,
    PLANS,
    CAPS,
    SUPERVISION,
    IMPORTS,
)

DOCUMENTS: Final = 1
"""Version of how documents are laid out (`projections.documents`), whatever the view."""


def stamp(views: Sequence[View]) -> str:
    """Return what documents depend on besides the history: vocabulary, versions, columns."""
    parts = [f"documents {DOCUMENTS}", *sorted(vocabulary.types())]
    for view in sorted(views, key=lambda one: one.name):
        columns = ",".join(f"{name} {kind}" for name, kind in view.columns.items())
        indexes = ";".join(",".join(index) for index in view.indexes)
        parts.append(f"{view.name} {view.version} {columns} {indexes}")
    return sha256("\n".join(parts).encode()).hexdigest()
