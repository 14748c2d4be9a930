"""What is known of each cell of a map: how many objects it holds in each step, and what of them.

Steps are bits of a number. Most objects count in all steps, and most cells were inspected in
none of them: those cost next to nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias

from msgspec import Struct

from events.coordinates import Degrees
from projections.hidden import FEW
from projections.objects import Place
from projections.question import Filters, Question
from projections.runs import Listed, bits, runs, same_as
from projections.spans import Span
from projections.views import ViewReader
from projections.visited_steps import Visited, inspected_before, visited

Measure: TypeAlias = Literal["object_coverage", "state", "overdue"]
"""The share of objects inspected, in which state a cell is, the share of objects overdue."""

Overdue: TypeAlias = Mapping[str, Sequence[Span]]
"""On which days an object waits for an inspection that was due."""


class Grid(Struct, frozen=True):
    """Cells in a fixed order, and in which of them an object lies: by its keys, by its point.

    `group` tells of which whole, whose sum is told elsewhere, a cell is a part.
    """

    cells: tuple[str, ...]
    locate: Callable[[Place, Degrees | None], str | None]
    group: Callable[[str], str] = lambda _: ""


class Asked(Struct, frozen=True):
    """What to count: in which steps, as of which day, of which objects and inspections."""

    steps: tuple[Span, ...]
    today: date
    filters: Filters = Filters()

    @property
    def past(self) -> list[Span]:
        """The steps that have begun, the last of them up to today."""
        whole = Span(date.min, self.today)
        return [cut for step in self.steps if (cut := step.within(whole))]


class Sum:
    """How many in each step: most are in all of them, the others have masks."""

    __slots__ = ("parts", "whole")

    def __init__(self) -> None:
        self.whole = 0
        self.parts: list[int] = []

    def __bool__(self) -> bool:
        return bool(self.whole or self.parts)

    def add(self, mask: int, every: int) -> None:
        if mask == every:
            self.whole += 1
        else:
            self.parts.append(mask)

    def any(self, every: int) -> int:
        """Return the steps in which there is one."""
        found = every if self.whole else 0
        for mask in self.parts:
            found |= mask
        return found

    def each(self, steps: int) -> list[int]:
        found = [self.whole] * steps
        for mask in self.parts:
            for at in bits(mask):
                found[at] += 1
        return found


class Cell:
    """Sums and masks: objects `overdue` at the end of a step, `ever` inspected up to it.

    `small` is hidden for its own sake, `with_it` for that of another.
    """

    __slots__ = (
        "done", "ever", "findings", "homes", "objects", "overdue", "small", "with_it",
    )  # fmt: skip

    def __init__(self) -> None:
        self.objects = Sum()
        self.homes = Sum()
        self.done = Sum()
        self.overdue = Sum()
        self.ever = self.findings = self.small = self.with_it = 0


def cells_of(
    views: ViewReader,
    objects: Sequence[Listed],
    grid: Grid,
    asked: Asked,
    measure: Measure,
    overdue: Overdue,
) -> list[Cell]:
    """Count, for each cell of the grid, what the measure needs; some step must have begun."""
    past = asked.past
    every = (1 << len(past)) - 1
    question = Question(views, Span(past[0].start, past[-1].end), asked.today, asked.filters)
    found = [Cell() for _ in grid.cells]
    into = same_as(objects, past)
    lying = _laid(objects, past, into, grid, question.chooses, found)
    _add(lying, {key: _ends_in(spans, past) for key, spans in overdue.items()}, "overdue", every)
    if measure == "overdue":
        return found
    seen = visited(views, asked.filters, past, into, with_findings=measure == "state")
    _add(lying, seen.done, "done", every)
    if measure == "state":
        earlier = inspected_before(views, asked.filters, past[0].start, into[0])
        _remember(lying, seen, earlier)
    return found


_Lying: TypeAlias = dict[str, list[tuple[Cell, int]]]
"""In which cell an object lies in which steps."""


def _laid(
    objects: Sequence[Listed],
    past: Sequence[Span],
    into: Sequence[Mapping[str, str]],
    grid: Grid,
    chooses: Callable[[Place], bool],
    found: Sequence[Cell],
) -> _Lying:
    """Lay the objects into their cells."""
    every = (1 << len(past)) - 1
    named = dict(zip(grid.cells, found, strict=True))
    lying: _Lying = {}
    for row, at, mine in runs(objects, past, into):
        for mask, place, here in mine:
            if chooses(place) and (name := grid.locate(place, here)) is not None:
                cell = named[name]
                cell.objects.add(mask, every)
                if at.home:
                    cell.homes.add(mask, every)
                lying.setdefault(row.object, []).append((cell, mask))
    return lying


def _add(
    lying: _Lying, masks: Mapping[str, int], name: Literal["done", "overdue"], every: int
) -> None:
    """Add objects to a sum of their cells, in the steps in which they count there."""
    for key, mask in masks.items():
        for cell, here in lying.get(key, ()):
            if both := mask & here:
                getattr(cell, name).add(both, every)


def _remember(lying: _Lying, seen: Visited, earlier: Iterable[str]) -> None:
    """Tell the cells since when they were inspected, and when with findings."""
    for key, mask in seen.done.items():
        since = -(mask & -mask)  # the first step and all after it
        for cell, here in lying.get(key, ()):
            cell.ever |= here & since
            cell.findings |= here & seen.findings.get(key, 0)
    for key in earlier:
        for cell, here in lying.get(key, ()):
            cell.ever |= here


def _ends_in(spans: Iterable[Span], past: Sequence[Span]) -> int:
    """Return the steps on whose last day one of the spans holds."""
    held = list(spans)
    found = 0
    for number, step in enumerate(past):
        if any(span.start <= step.end <= span.end for span in held):
            found |= 1 << number
    return found


# ── who is hidden ──────────────────────────────────────────────────────────────────


def hide(grid: Grid, found: Sequence[Cell], steps: int) -> None:
    """Mark what would show people, and what would give it away."""
    groups: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in found:
        if cell.homes:
            for at, homes in enumerate(cell.homes.each(steps)):
                cell.small |= (0 < homes < FEW) << at
    if any(cell.small for cell in found):
        for name, cell in zip(grid.cells, found, strict=True):
            groups[grid.group(name)].append(cell)
    for group in groups.values():
        _hide_another(group, steps)


def _hide_another(group: Sequence[Cell], steps: int) -> None:
    """Where one of a group is hidden alone, hide the smallest of the others with it."""
    alone = several = 0
    for cell in group:
        several |= alone & cell.small
        alone |= cell.small
    alone &= ~several
    if not alone:
        return
    sizes = [cell.objects.each(steps) for cell in group]
    for at in bits(alone):
        others = [
            (size[at], number)
            for number, (cell, size) in enumerate(zip(group, sizes, strict=True))
            if size[at] and not cell.small >> at & 1
        ]
        if others:
            group[min(others)[1]].with_it |= 1 << at
