"""Who is hidden: a figure that stands for fewer than five homes is not told (domain.md, 6, f).

It holds wherever figures leave the house: where a cell has homes at all, they are five or more,
or nothing of the cell is said. If a single cell of a breakdown were hidden, the sum would give
it away; then the smallest of the others is hidden with it.
"""

from collections.abc import Container, Mapping
from typing import Final

from projections.figures import Figure
from projections.points import Points, points_text
from projections.views import Query, ViewReader

FEW: Final = 5
"""Fewer homes than these are hidden."""

HIDDEN: Final = "<5"
"""What a hidden figure reads."""

_HOME: Final = points_text(Points(home=True))


def homes_of(views: ViewReader) -> frozenset[str]:
    """Return the objects that are homes or persons, and the inspections of them."""
    homes = {row.key for row in views.select(Query("objects", where=(("points", "=", _HOME),)))}
    visits = views.select(
        Query("inspections", columns=("object",), where=(("started_on", "!=", ""),))
    )
    return frozenset(homes | {row.key for row in visits if row.values[0] in homes})


def is_hidden(figure: Figure, homes: Container[str]) -> bool:
    """Tell whether a figure stands for some homes, but for fewer than five."""
    keys = (part.key for part in figure.parts)
    return 0 < sum(any(one in homes for one in key.split("|")) for key in keys) < FEW


def hidden_of(by: Mapping[str, Figure], homes: Container[str]) -> frozenset[str]:
    """Return which cells of a breakdown are hidden: never one alone."""
    hidden = {name for name, figure in by.items() if is_hidden(figure, homes)}
    others = [name for name, figure in by.items() if figure.parts and name not in hidden]
    if len(hidden) == 1 and others:
        hidden.add(min(others, key=lambda name: (len(by[name].parts), name)))
    return frozenset(hidden)
