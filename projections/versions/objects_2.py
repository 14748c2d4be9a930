"""Version 2 of the view `objects`: its columns, before `terms` was added.

Its documents are still those of today. Whoever changes them freezes them here as they are now:
`tests/published` says when.
"""

from typing import Any, Final

from msgspec import structs

from projections.objects import OBJECTS
from projections.view import Value, View

_COLUMNS: Final = (
    "name",
    "object_type",
    "domain",
    "township",
    "village",
    "uscc",
    "listed_on",
    "ended_on",
    "merged_into",
    "last_on",
    "open_findings",
    "order_due_on",
    "counts",
)


def _extract(key: str, document: Any) -> tuple[Value, ...]:  # noqa: ANN401  as of any view
    values = dict(zip(OBJECTS.columns, OBJECTS.extract(key, document), strict=True))
    return tuple(values[name] for name in _COLUMNS)


OBJECTS_2: Final[View] = structs.replace(
    OBJECTS,
    version=2,
    columns={name: OBJECTS.columns[name] for name in _COLUMNS},
    extract=_extract,
    indexes=(
        ("last_on",),
        ("name",),
        ("township", "last_on"),
        ("domain", "last_on"),
        ("object_type", "last_on"),
        ("counts",),
    ),
)
