"""Version 1 of the view `assignments`: before assignments were approved at the office.

Its documents are still those of today, without approvals.
"""

from typing import Any, Final

from msgspec import structs

from events.office import AssignmentWithdrawn, InspectionAssigned
from projections.lists import ASSIGNMENTS
from projections.view import Value, View

_COLUMNS: Final = (
    "object",
    "kind",
    "domain",
    "township",
    "device",
    "officers",
    "due_on",
    "withdrawn",
)
_READ: Final = (InspectionAssigned, AssignmentWithdrawn)


def _extract(key: str, document: Any) -> tuple[Value, ...]:  # noqa: ANN401  as of any view
    values = dict(zip(ASSIGNMENTS.columns, ASSIGNMENTS.extract(key, document), strict=True))
    return tuple(values[name] for name in _COLUMNS)


ASSIGNMENTS_1: Final[View] = structs.replace(
    ASSIGNMENTS,
    version=1,
    keys={kind: keys for kind, keys in ASSIGNMENTS.keys.items() if kind in _READ},
    columns={name: ASSIGNMENTS.columns[name] for name in _COLUMNS},
    extract=_extract,
    indexes=(("device", "due_on"), ("due_on",), ("object",)),
)
