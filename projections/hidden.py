"""Who is hidden: a figure that stands for fewer than five homes is not told (domain.md, 6, f).

It holds wherever figures leave the house: where a cell has homes at all, they are five or more,
or nothing of the cell is said. If a single cell of a breakdown were hidden, the sum would give
it away; then the smallest of the others is hidden with it.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from projections.figures import Figure
from projections.points import Points, points_text
from projections.views import Query, ViewReader

Homes: TypeAlias = Mapping[str, str]
"""Of which home or person a key is: an object's, or that of an inspection of it."""

FEW: Final = 5
"""Fewer homes than these are hidden."""

SMALL: Final = "<5"
"""What a figure reads that is hidden because it is small."""

WITH_IT: Final = "hidden"
"""What one reads that is hidden for the sake of another."""

_HOME: Final = points_text(Points(home=True))


def homes_of(views: ViewReader) -> Homes:
    """Return the objects that are homes or persons, and of which of them inspections were."""
    found = views.select(Query("objects", where=(("points", "=", _HOME),)))
    homes = {row.key: row.key for row in found}
    visits = views.select(
        Query("inspections", columns=("object",), where=(("started_on", "!=", ""),))
    )
    of = {row.key: str(row.values[0]) for row in visits}
    return homes | {visit: home for visit, home in of.items() if home in homes}


def is_hidden(figure: Figure, homes: Homes) -> bool:
    """Tell whether a figure stands for some homes, but for fewer than five, however often."""
    keys = (key for part in figure.parts for key in part.key.split("|"))
    return 0 < len({homes[key] for key in keys if key in homes}) < FEW


def hidden_of(by: Mapping[str, Figure], homes: Homes) -> dict[str, str]:
    """Return which cells of a breakdown are hidden, never one alone, and what they read."""
    hidden = {name: SMALL for name, figure in by.items() if is_hidden(figure, homes)}
    others = [name for name, figure in by.items() if figure.parts and name not in hidden]
    if len(hidden) == 1 and others:
        hidden[min(others, key=lambda name: (len(by[name].parts), name))] = WITH_IT
    return hidden


def reads(figure: Figure, homes: Homes) -> str | None:
    """Return what a figure that stands alone reads if it is hidden, else None."""
    return SMALL if is_hidden(figure, homes) else None
