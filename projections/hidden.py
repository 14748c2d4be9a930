"""Who is hidden: a figure that stands for fewer than five homes is not told (domain.md, 6, f).

It holds wherever figures leave the house: where a cell has homes at all, they are five or more,
or nothing of the cell is said. A hidden cell must not follow from the sums beside it either: in
a breakdown no cell is hidden alone, and in a table that is summed along rows and columns each
hidden cell stands in a ring of others, so that all of them may be more or less by as much. The
smallest of the others are hidden with it until that is so.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from heapq import heappop, heappush
from typing import Final, TypeAlias, TypeVar

from projections.figures import Figure, figure
from projections.points import Points, points_text
from projections.views import Condition, Found, Query, ViewReader

Homes: TypeAlias = Mapping[str, str]
"""Of which home or person a key is: an object's, or that of an inspection of it."""

Cell: TypeAlias = tuple[str, str]
"""Row and column of a table."""

Ends: TypeAlias = tuple[str, str]
_NO_SUM: Final = ""
K = TypeVar("K", str, Cell)

FEW: Final = 5
"""Fewer homes than these are hidden."""

SMALL: Final = "<5"
"""What a figure reads that is hidden because it is small."""

WITH_IT: Final = "hidden"
"""What one reads that is hidden for the sake of another."""

_HOME: Final = points_text(Points(home=True))


class KnownHomes:
    """The homes of views that are folded on: only what later entries touched is read again."""

    def __init__(self) -> None:
        self._position = 0
        self._of: dict[str, str] = {}

    def copy(self) -> "KnownHomes":
        """Return the same, to be followed elsewhere."""
        made = KnownHomes()
        made._position, made._of = self._position, dict(self._of)
        return made

    def of(self, views: ViewReader) -> Homes:
        """Return the objects that are homes or persons, and of which of them inspections were."""
        position = views.position()
        if not 0 < self._position <= position or not self._followed(views):
            self._of = _home_objects(views)
            self._of |= _visits_of(views, [*self._of])
        self._position = position
        return self._of

    def _followed(self, views: ViewReader) -> bool:
        """Read what was touched since. False: a home is none any more, so all is read anew."""
        objects = self._touched(views, "objects", "points")
        if any(row.key in self._of and row.values[0] != _HOME for row in objects):
            return False
        fresh = [row.key for row in objects if row.values[0] == _HOME and row.key not in self._of]
        self._of |= {key: key for key in fresh}
        for row in self._touched(views, "inspections", "object", "started_on"):
            home, started_on = map(str, row.values)
            self._of.pop(row.key, None)
            if started_on and home in self._of:
                self._of[row.key] = home
        self._of |= _visits_of(views, fresh)
        return True

    def _touched(self, views: ViewReader, view: str, *columns: str) -> list[Found]:
        since: Condition = ("position", ">", self._position)
        return views.select(Query(view, columns=columns, where=(since,), order=("position",)))


def homes_of(views: ViewReader) -> Homes:
    """Return the objects that are homes or persons, and of which of them inspections were."""
    return KnownHomes().of(views)


def _home_objects(views: ViewReader) -> dict[str, str]:
    found = views.select(Query("objects", where=(("points", "=", _HOME),)))
    return {row.key: row.key for row in found}


def _visits_of(views: ViewReader, homes: Collection[str]) -> dict[str, str]:
    if not homes:
        return {}
    where: tuple[Condition, ...] = (("object", "in", list(homes)), ("started_on", "!=", ""))
    rows = views.select(Query("inspections", columns=("object",), where=where))
    return {row.key: str(row.values[0]) for row in rows}


def is_hidden(one: Figure, homes: Homes) -> bool:
    """Tell whether a figure stands for some homes, but for fewer than five, however often."""
    keys = (key for part in one.parts for key in part.key.split("|"))
    return 0 < len({homes[key] for key in keys if key in homes}) < FEW


def hidden_of(by: Mapping[str, Figure], homes: Homes) -> dict[str, str]:
    """Return which cells of a breakdown are hidden, never one alone, and what they read."""
    small = [name for name, one in by.items() if is_hidden(one, homes)]
    return _with_others(small, _sizes(by), _in_one_line)


def hidden_across(cells: Mapping[Cell, Figure], homes: Homes) -> dict[Cell, str]:
    """Return which cells of a table of rows and columns are hidden, and what they read.

    Its margins, where they are told as well, are cells of it.
    """
    small = [cell for cell, one in cells.items() if is_hidden(one, homes)]
    return _with_others(small, _sizes(cells), _in_row_and_column)


def hidden_counts(by: Mapping[str, int | None]) -> dict[str, str]:
    """Return which counts of persons, one beside the other, are hidden, and what they read."""
    sizes = {name: count for name, count in by.items() if count}
    return _with_others([name for name in sizes if sizes[name] < FEW], sizes, _in_one_line)


def hidden_counted(by: Mapping[str, Collection[str]], homes: Homes) -> dict[str, str]:
    """Return which counts of a breakdown are hidden, of rows by their keys, and what they read."""
    return hidden_of({name: figure(keys, ()) for name, keys in by.items()}, homes)


_COUNT: Final = "inspections."


def told_numbers(
    numbers: Mapping[str, float | None], by: Mapping[str, Collection[str]], homes: Homes
) -> Mapping[str, float | None]:
    """Return the numbers of a breadth, those None that are hidden; `by`: inspections by domain.

    Where one count is hidden, whatever was computed from all of them is.
    """
    hidden = hidden_counted(by, homes)
    if not hidden:
        return numbers
    return {
        name: count if name.startswith(_COUNT) and name[len(_COUNT) :] not in hidden else None
        for name, count in numbers.items()
    }


def _sizes(cells: Mapping[K, Figure]) -> dict[K, int]:
    return {cell: len(one.parts) for cell, one in cells.items() if one.parts}


# ── what the sums would tell ───────────────────────────────────────────────────────


def _in_one_line(_name: str) -> Ends:
    return "sum", _NO_SUM


def _in_row_and_column(cell: Cell) -> Ends:
    return f"row {cell[0]}", f"column {cell[1]}"


def _with_others(
    small: Collection[K], sizes: Mapping[K, int], ends: Callable[[K], Ends]
) -> dict[K, str]:
    """Hide cells with those that keep the sums from telling them.

    A cell joins the two sums it is part of (`ends`). It follows from them unless other hidden
    cells lead from the one to the other: then those go with it that do so with the least said
    less. Where none lead there, the smallest beside it does, which is all that helps.
    """
    hidden = dict.fromkeys(sorted(small), SMALL)
    lines = Counter(end for cell in sizes for end in ends(cell))
    table = {cell: _summed(ends(cell), lines) for cell in sizes}
    for cell in [*hidden]:
        others = {other: pair for other, pair in table.items() if other != cell}
        costs = {other: 0 if other in hidden else size for other, size in sizes.items()}
        first, last = table[cell]
        ring = _cheapest(first, last, others, costs)
        if ring is None:
            beside = [other for other, pair in others.items() if {*pair} & {first, last}]
            ring = sorted(beside, key=lambda other: (sizes[other], other))[:1]
        for other in ring:
            hidden.setdefault(other, WITH_IT)
    return hidden


def _summed(pair: Ends, lines: Mapping[str, int]) -> Ends:
    """Return the sums that a cell is a part of; of a line of its own there is none."""
    one, other = (end if lines[end] > 1 else _NO_SUM for end in pair)
    return one, other


def _cheapest(
    first: str, last: str, cells: Mapping[K, Ends], costs: Mapping[K, int]
) -> tuple[K, ...] | None:
    """Return the cells that lead from one sum to another and are least in sum (Dijkstra)."""
    waiting: list[tuple[int, str, tuple[K, ...]]] = [(0, first, ())]
    seen = set[str]()
    while waiting:
        cost, at, way = heappop(waiting)
        if at == last:
            return way
        if at in seen:
            continue
        seen.add(at)
        for cell, (one, other) in cells.items():
            if at in (one, other):
                to = other if at == one else one
                heappush(waiting, (cost + costs[cell], to, (*way, cell)))
    return None


def reads(one: Figure, homes: Homes) -> str | None:
    """Return what a figure that stands alone reads if it is hidden, else None."""
    return SMALL if is_hidden(one, homes) else None
