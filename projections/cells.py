"""What the cells of a map show, step by step: one byte for each cell and step.

A pure query over views, in one pass over the register and one over the inspections of the
period. Each step divides by the register as of its own days, so that its figures are those
that `projections.coverage` gives for that step. What lies after `today` has not happened.

Which cells there are, and in which of them an object lies, the caller says (`Grid`): this
knows no map. People are hidden: a cell of fewer than five homes shows nothing of that step
(domain.md, section 6 f), whatever else lies in it; and if that were the only hidden one of its
group, whose sum is told elsewhere, the smallest of the others is hidden with it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from projections.cell_codes import (
    AHEAD,
    EARLIER,
    FINDINGS,
    HIDDEN,
    NEVER,
    NO_OBJECTS,
    NOTHING_FOUND,
    OVERDUE,
    percent,
)
from projections.cell_counts import Asked, Cell, Grid, Measure, Overdue, Sum, cells_of, hide
from projections.garbage import no_collection
from projections.hidden import SMALL, WITH_IT
from projections.runs import Listed, bits
from projections.views import ViewReader

__all__ = ["Asked", "Counted", "Grid", "Measure", "Overdue", "counted", "states"]


class Counted(Struct, frozen=True):
    """A cell over a period: objects inspected, of how many; None where hidden, and what it reads.

    `hidden` is one of `projections.hidden`, or None.
    """

    done: int | None
    of: int | None
    hidden: str | None = None


def states(
    views: ViewReader,
    objects: Sequence[Listed],
    grid: Grid,
    asked: Asked,
    measure: Measure,
    overdue: Overdue | None = None,
) -> bytes:
    """Return a byte for each cell and step: all cells of the first step, then of the second."""
    past = asked.past
    with no_collection():
        found = cells_of(views, objects, grid, asked, measure, overdue or {}) if past else []
        hide(grid, found, len(past))
        rows = b"".join([_ROWS[measure](cell, len(past)) for cell in found])
    by_step = b"".join([rows[at :: len(past)] for at in range(len(past))])
    return by_step + bytes([AHEAD]) * len(grid.cells) * (len(asked.steps) - len(past))


def counted(
    views: ViewReader, objects: Sequence[Listed], grid: Grid, asked: Asked
) -> dict[str, Counted]:
    """Return the figures of each cell over a period of one step."""
    if not asked.past:
        return dict.fromkeys(grid.cells, Counted(0, 0))
    with no_collection():
        found = cells_of(views, objects, grid, asked, "object_coverage", {})
        hide(grid, found, 1)
    return {name: _figures(cell) for name, cell in zip(grid.cells, found, strict=True)}


# ── what is shown of it ────────────────────────────────────────────────────────────


def _figures(cell: Cell) -> Counted:
    if cell.small or cell.with_it:
        return Counted(None, None, SMALL if cell.small else WITH_IT)
    (of,), (done,) = cell.objects.each(1), cell.done.each(1)
    return Counted(done, of)


def _inspected(cell: Cell, steps: int) -> bytes:
    return _rates(cell, cell.done, steps)


def _late(cell: Cell, steps: int) -> bytes:
    return _rates(cell, cell.overdue, steps)


def _rates(cell: Cell, part: Sum, steps: int) -> bytes:
    of = cell.objects.each(steps)
    found = bytearray([0 if number else NO_OBJECTS for number in of])
    if part:
        for at, number in enumerate(part.each(steps)):
            if number:
                found[at] = percent(number, of[at])
    return _shown(cell, found)


def _states(cell: Cell, steps: int) -> bytes:
    every = (1 << steps) - 1
    layers = (
        (cell.ever, EARLIER),
        (cell.done.any(every), NOTHING_FOUND),
        (cell.findings, FINDINGS),
        (cell.overdue.any(every), OVERDUE),
    )
    found = bytearray([NEVER]) * steps
    for mask, code in layers:  # what comes later asks more of a reader
        if mask == every:
            found = bytearray([code]) * steps
        else:
            for at in bits(mask):
                found[at] = code
    if cell.objects.parts or not cell.objects.whole:
        for at, number in enumerate(cell.objects.each(steps)):
            if not number:
                found[at] = NO_OBJECTS
    return _shown(cell, found)


def _shown(cell: Cell, found: bytearray) -> bytes:
    for at in bits(cell.small | cell.with_it):
        found[at] = HIDDEN
    return bytes(found)


_ROWS: Final[Mapping[Measure, Callable[[Cell, int], bytes]]] = {
    "object_coverage": _inspected,
    "state": _states,
    "overdue": _late,
}
