"""What the cells of a map show, step by step: one byte for each cell and step.

A pure query over views, in one pass over the register and one over the inspections of the
period. Each step divides by the register as of its own days, so that its figures are those
that `projections.coverage` gives for that step. What lies after `today` has not happened.

Which cells there are, and in which of them an object lies, the caller says (`Grid`): this
knows no map. People are hidden: a cell of fewer than five homes shows nothing of that step
(domain.md, section 6 f), whatever else lies in it; and if that were the only hidden one of its
group, whose sum is told elsewhere, the smallest of the others is hidden with it.

Steps are bits of a number. Most objects count in all steps, and most cells were inspected in
none of them: those cost next to nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias

from msgspec import Struct

from events.coordinates import Degrees
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
from projections.garbage import no_collection
from projections.hidden import FEW, SMALL, WITH_IT
from projections.objects import Place
from projections.question import Filters, Question
from projections.runs import Listed, bits, runs, same_as
from projections.spans import Span
from projections.views import ViewReader
from projections.visited_steps import Visited, inspected_before, visited

Measure: TypeAlias = Literal["object_coverage", "state"]
"""A rate in percent, or in which state a cell is."""

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
    row = _rates if measure == "object_coverage" else _states
    with no_collection():
        found = _cells(views, objects, grid, asked, measure, overdue or {}) if past else []
        _hide(grid, found, len(past))
        rows = b"".join([row(cell, len(past)) for cell in found])
    by_step = b"".join([rows[at :: len(past)] for at in range(len(past))])
    return by_step + bytes([AHEAD]) * len(grid.cells) * (len(asked.steps) - len(past))


def counted(
    views: ViewReader, objects: Sequence[Listed], grid: Grid, asked: Asked
) -> dict[str, Counted]:
    """Return the figures of each cell over a period of one step."""
    if not asked.past:
        return dict.fromkeys(grid.cells, Counted(0, 0))
    with no_collection():
        found = _cells(views, objects, grid, asked, "object_coverage", {})
        _hide(grid, found, 1)
    return {name: _figures(cell) for name, cell in zip(grid.cells, found, strict=True)}


# ── what is known of a cell ────────────────────────────────────────────────────────


class _Sum:
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

    def each(self, steps: int) -> list[int]:
        found = [self.whole] * steps
        for mask in self.parts:
            for at in bits(mask):
                found[at] += 1
        return found


class _Cell:
    """Sums and masks: `ever` inspected up to the step, in it with findings, overdue at its end.

    `small` is hidden for its own sake, `with_it` for that of another.
    """

    __slots__ = (
        "done", "ever", "findings", "homes", "objects", "overdue", "small", "with_it",
    )  # fmt: skip

    def __init__(self) -> None:
        self.objects = _Sum()
        self.homes = _Sum()
        self.done = _Sum()
        self.ever = self.findings = self.overdue = self.small = self.with_it = 0


def _cells(
    views: ViewReader,
    objects: Sequence[Listed],
    grid: Grid,
    asked: Asked,
    measure: Measure,
    overdue: Overdue,
) -> list[_Cell]:
    past = asked.past
    every = (1 << len(past)) - 1
    question = Question(views, Span(past[0].start, past[-1].end), asked.today, asked.filters)
    found = [_Cell() for _ in grid.cells]
    into = same_as(objects, past)
    lying = _laid(objects, past, into, grid, _chooses(question), found)
    with_state = measure == "state"
    seen = visited(views, asked.filters, past, into, with_findings=with_state)
    for key, mask in seen.done.items():
        for cell, here in lying.get(key, ()):
            if both := mask & here:
                cell.done.add(both, every)
    if with_state:
        earlier = inspected_before(views, asked.filters, past[0].start, into[0])
        _remember(lying, seen, earlier, {key: _ends_in(overdue[key], past) for key in overdue})
    return found


_Lying: TypeAlias = dict[str, list[tuple[_Cell, int]]]
"""In which cell an object lies in which steps."""


def _laid(
    objects: Sequence[Listed],
    past: Sequence[Span],
    into: Sequence[Mapping[str, str]],
    grid: Grid,
    chooses: Callable[[Place], bool],
    found: Sequence[_Cell],
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


def _chooses(question: Question) -> Callable[[Place], bool]:
    """Tell which objects the filters choose, as `Question.chooses` does."""
    chosen, types = question.filters, question.types

    def chooses(place: Place) -> bool:
        return (
            chosen.township in (None, place.township)
            and chosen.domain in (None, place.domain)
            and chosen.village in (None, place.village)
            and (types is None or place.object_type in types)
        )

    return chooses


def _remember(
    lying: _Lying, seen: Visited, earlier: Iterable[str], overdue: Mapping[str, int]
) -> None:
    """Tell the cells since when they were inspected, with findings when, and when overdue."""
    for key, mask in seen.done.items():
        since = -(mask & -mask)  # the first step and all after it
        for cell, here in lying.get(key, ()):
            cell.ever |= here & since
            cell.findings |= here & seen.findings.get(key, 0)
    for key in earlier:
        for cell, here in lying.get(key, ()):
            cell.ever |= here
    for key, mask in overdue.items():
        for cell, here in lying.get(key, ()):
            cell.overdue |= here & mask


def _ends_in(spans: Iterable[Span], past: Sequence[Span]) -> int:
    """Return the steps on whose last day one of the spans holds."""
    held = list(spans)
    found = 0
    for number, step in enumerate(past):
        if any(span.start <= step.end <= span.end for span in held):
            found |= 1 << number
    return found


# ── what is shown of it ────────────────────────────────────────────────────────────


def _figures(cell: _Cell) -> Counted:
    if cell.small or cell.with_it:
        return Counted(None, None, SMALL if cell.small else WITH_IT)
    (of,), (done,) = cell.objects.each(1), cell.done.each(1)
    return Counted(done, of)


def _rates(cell: _Cell, steps: int) -> bytes:
    of = cell.objects.each(steps)
    found = bytearray([0 if number else NO_OBJECTS for number in of])
    if cell.done:
        for at, number in enumerate(cell.done.each(steps)):
            if number:
                found[at] = percent(number, of[at])
    return _shown(cell, found)


def _states(cell: _Cell, steps: int) -> bytes:
    every = (1 << steps) - 1
    done = every if cell.done.whole else 0
    for mask in cell.done.parts:
        done |= mask
    layers = (
        (cell.ever, EARLIER),
        (done, NOTHING_FOUND),
        (cell.findings, FINDINGS),
        (cell.overdue, OVERDUE),
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


def _shown(cell: _Cell, found: bytearray) -> bytes:
    for at in bits(cell.small | cell.with_it):
        found[at] = HIDDEN
    return bytes(found)


# ── who is hidden ──────────────────────────────────────────────────────────────────


def _hide(grid: Grid, found: Sequence[_Cell], steps: int) -> None:
    """Mark what would show people, and what would give it away."""
    groups: defaultdict[str, list[_Cell]] = defaultdict(list)
    for cell in found:
        if cell.homes:
            for at, homes in enumerate(cell.homes.each(steps)):
                cell.small |= (0 < homes < FEW) << at
    if any(cell.small for cell in found):
        for name, cell in zip(grid.cells, found, strict=True):
            groups[grid.group(name)].append(cell)
    for group in groups.values():
        _hide_another(group, steps)


def _hide_another(group: Sequence[_Cell], steps: int) -> None:
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
