"""The cells of the coverage map by name, and the objects that lie in one: what is behind a click.

A hexagon is called after the place in which most of its objects lie. Homes lie in no hexagon.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from backend.grids import GridName, areas_of, chosen, grid_of
from events.language import Language
from events.register import AreaListed
from projections import objects
from projections.cells import Grid
from projections.due_lists import next_due
from projections.object_inventory import last_inspections
from projections.objects import Place
from projections.points import points
from projections.question import Filters, Question
from projections.runs import Listed, listed
from projections.spans import Span
from projections.views import Query, ViewStore

MOST: Final = 200
"""Objects shown of a cell; all of them are in the list of objects."""


class InCell(Struct, frozen=True):
    """An object in a cell. `name` is "" where it is sealed."""

    object: str
    name: str
    object_type: str
    last_on: date | None
    due_on: date | None
    overdue_days: int


class Behind(Struct, frozen=True):
    """What lies in a cell: how many objects, and the first of them, longest not inspected."""

    count: int
    rows: Sequence[InCell]


def behind(views: ViewStore, name: GridName, cell: str, today: date, filters: Filters) -> Behind:
    """Return the objects that lie in a cell today."""
    register = listed(views)
    grid = grid_of(name, register, areas_of(views), filters)
    question = Question(views, Span(today, today), today, filters)
    found = {
        row.object: place
        for row in register
        if (place := _in(grid, row, cell, today)) is not None and question.chooses(place)
    }
    last = last_inspections(views, list(found))
    keys = sorted(found, key=lambda key: (last[key].on if key in last else date.min, key))[:MOST]
    due = next_due(question, keys)
    names = _names(views, keys)
    return Behind(
        len(found),
        [
            InCell(
                key,
                names.get(key, ""),
                found[key].object_type,
                last[key].on if key in last else None,
                due[key].due_on if key in due else None,
                due[key].overdue_days if key in due else 0,
            )
            for key in keys
        ],
    )


def _in(grid: Grid, row: Listed, cell: str, day: date) -> Place | None:
    """Return the keys of an object if it counts on a day and lies in the cell."""
    about = objects.counts(row.counts) if row.counts else None
    if about is None or about.merged_into(day) is not None:
        return None
    place = about.place(day) if any(start <= day <= end for start, end in about.spans) else None
    if place is None or place.object_type in objects.PERSONS:
        return None
    return place if grid.locate(place, points(row.points).on(day)) == cell else None


def _names(views: ViewStore, keys: Sequence[str]) -> Mapping[str, str]:
    rows = views.select(Query("objects", columns=("name",), where=(("key", "in", list(keys)),)))
    return {row.key: str(row.values[0] or "") for row in rows}


def names(
    register: Iterable[Listed],
    areas: Iterable[AreaListed],
    grid: Grid,
    language: Language,
    filters: Filters = Filters(),  # noqa: B008  frozen
) -> list[str]:
    """Return what each cell of a grid is called; of a hexagon, after where most of it lies."""
    called = {one.area: one.name_zh if language == "zh" else one.name_en for one in areas}
    known = [_area_name(cell, called) for cell in grid.cells]
    if all(known):
        return known
    most = _places(register, grid, filters)
    return [
        name or _area_name(most.get(cell, ""), called) or cell
        for name, cell in zip(known, grid.cells, strict=True)
    ]


def _area_name(code: str, called: Mapping[str, str]) -> str:
    """Return the name of an area, with that of its township before it."""
    own = called.get(code, "")
    within = called.get(code[:9], "") if len(code) > 9 else ""  # noqa: PLR2004  a village's code
    return f"{within} {own}".strip()


def _places(register: Iterable[Listed], grid: Grid, filters: Filters) -> Mapping[str, str]:
    """Return, for each cell, the village (or township) in which most of its objects lie."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in register:
        lying = points(row.points).known
        places = objects.counts(row.counts).places if row.counts else ()
        if lying and places and chosen(places[-1], filters):
            cell = grid.locate(places[-1], (lying[-1].lon, lying[-1].lat))
            if cell is not None:
                found[cell][places[-1].village or places[-1].township] += 1
    return {cell: max(sorted(seen), key=seen.__getitem__) for cell, seen in found.items()}
