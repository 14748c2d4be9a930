"""覆盖地图: what is covered where, step by step, as a map, as tiles, and as a table.

The map is drawn by a script from a grid (sent once) and bytes (`/views/cells`); the tiles and
the table carry the same without a script. All that was chosen stands in the address.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct, json, structs

from backend import map_choices
from backend.cells import MeasureName, States, StepName, computed, steps_named
from backend.door import CONTENT_SECURITY_POLICY
from backend.grids import GridName, address_of, areas_of, grid_named, grid_of
from backend.map_cells import behind, names
from backend.map_words import Look, look_of, looks, reads
from backend.measure_words import type_name
from backend.measuring import ASKED_BY_ITEM, Asked
from backend.overview import on_the_wall
from backend.pages import Pages, Words, grouped, language_of
from backend.people.reader import Reader
from backend.readings import Reading, period_of
from backend.schematic import Ring, tiles
from backend.tianditu import Tianditu
from events.coordinates import Degrees
from events.language import Language
from events.register import AreaListed
from projections import cells
from projections.cell_codes import FINDINGS, NEVER, NOTHING_FOUND, OVERDUE
from projections.cells import Measure
from projections.points import on_map
from projections.runs import listed
from projections.spans import Span
from projections.views import ViewStore

MOST_ROWS: Final = 200
_ASKS: Final = (OVERDUE, NEVER, FINDINGS, NOTHING_FOUND)
"""What the table names first, of states."""


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


At = Annotated[date | None, QueryParameter(description="a day of the step to show")]


class Row(Struct, frozen=True):
    """A cell in the table: its number, its name, and how it stands.

    `short` tells hexagons of the same name apart; "" of areas.
    """

    number: int
    name: str
    short: str
    look: str
    words: str
    href: str


class Tile(Struct, frozen=True):
    """A township as a square: column and row of the office's tiles."""

    number: int
    column: int
    row: int
    name: str
    look: str
    words: str
    href: str


class Shown(Struct, frozen=True):
    """What was asked of the page."""

    grid: GridName
    measure: Measure
    asked: Asked
    steps: Sequence[Span]
    at: int
    step: str

    @property
    def now(self) -> Span:
        return self.steps[self.at]

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, as the address says it."""
        filters, period = structs.asdict(self.asked.filters), self.asked.period
        year = period == period_of(None, None, self.asked.today)
        return {
            "grid": self.grid,
            "measure": self.measure,
            **({} if year else {"from": f"{period.start}", "to": f"{period.end}"}),
            "step": self.step,
            "at": self.now.start.isoformat(),
            **{name: value for name, value in filters.items() if value},
        }

    def query(self, **other: str) -> str:
        """Return the query of this page, with something else in it."""
        return urlencode(self.chosen | other)

    def states(self, views: ViewStore, grid: GridName) -> States:
        """Compute the step that is shown, of a grid."""
        asked = cells.Asked((self.now,), self.asked.today, self.asked.filters)
        return computed(views, grid, asked, self.measure)


@get(
    "/map",
    include_in_schema=False,
    dependencies=ASKED_BY_ITEM,
    opt={"right": "read_views"},
    sync_to_thread=True,
)
def map_page(  # noqa: PLR0913  what may be chosen
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    pages: NamedDependency[SkipValidation[Pages]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    tianditu: NamedDependency[SkipValidation[Tianditu | None]],
    grid: Annotated[str, QueryParameter(max_length=16)] = "h3-8",
    measure: MeasureName = "state",
    step: StepName = "month",
    at: At = None,
) -> Response[str]:
    """Show the coverage map."""
    language = language_of(request)
    words = pages.words(language)
    steps = steps_named(asked.period, step)
    shown = Shown(grid_named(grid), measure, asked, steps, _at(steps, at or asked.today), step)
    with reading.held() as views:
        register, areas = listed(views), areas_of(views)
        cells_of = grid_of(shown.grid, register, areas, asked.filters)
        states, townships = shown.states(views, shown.grid), shown.states(views, "township")
        called = names(register, areas, cells_of, language, asked.filters)
        choices = map_choices.choices(views, areas, shown.chosen, reader, language, words)
        position = views.position()
    among = looks(measure, words)
    given = _given(shown, states, townships, among, areas, language, tianditu)
    context = {
        "shown": shown,
        "choices": choices,
        "legend": among,
        "rows": _rows(shown, states, called, among),
        "count": len(called),
        "most": MOST_ROWS,
        "tiles": _tiles(shown, townships, areas, among, language),
        "labels": [map_choices.step_name(one, step) for one in steps],
        "before": shown.query(at=steps[shown.at - 1].start.isoformat()) if shown.at else "",
        "after": _after(shown),
        "as_of": words.gettext(
            "Counts up to record {position}, received {when}; judged on {day}."
        ).format(
            position=grouped(position),
            when=on_the_wall(reading.received_at(position)) or "—",
            day=asked.today.isoformat(),
        ),
        "base": tianditu,
        "told": _told(words),
        "given": json.encode(given).decode(),
        "early": [given[name] for name in ("states", "tileStates", "names", "cells")],
    }
    answer = pages.render(request, "map.html", **context)
    if tianditu is not None:
        answer.headers["content-security-policy"] = tianditu.allowed(CONTENT_SECURITY_POLICY)
    return answer


def _at(steps: Sequence[Span], day: date) -> int:
    """Return the step in which a day lies, else the nearest."""
    return next((number for number, one in enumerate(steps) if day <= one.end), len(steps) - 1)


def _after(shown: Shown) -> str:
    if shown.at + 1 == len(shown.steps):
        return ""
    return shown.query(at=shown.steps[shown.at + 1].start.isoformat())


def _behind(shown: Shown, grid: GridName, cell: str) -> str:
    return f"/map/cell?{shown.query(grid=grid, cell=cell)}"


def _rows(
    shown: Shown, states: States, called: Sequence[str], among: Sequence[Look]
) -> Sequence[Row]:
    """Return the cells that ask most, and how they stand."""
    order = sorted(range(len(called)), key=lambda at: (_rank(shown.measure, states.raw[at]), at))
    return [
        Row(
            at,
            called[at],
            "" if states.grid.schematic else states.grid.cells[at].rstrip("f")[-6:],
            look_of(states.raw[at], among).look,
            reads(states.raw[at], among),
            _behind(shown, shown.grid, states.grid.cells[at]),
        )
        for at in order[:MOST_ROWS]
    ]


def _rank(measure: Measure, byte: int) -> int:
    """Say how late a cell comes in the table."""
    if byte > 100:  # noqa: PLR2004  not a rate
        return _ASKS.index(byte) if byte in _ASKS else byte
    return byte if measure == "object_coverage" else 100 - byte


def _tiles(
    shown: Shown,
    states: States,
    areas: Sequence[AreaListed],
    among: Sequence[Look],
    language: Language,
) -> Sequence[Tile]:
    """Return the townships that have a tile, where the office put them."""
    tiled = {one.area: one for one in areas if one.tile is not None and one.level == "township"}
    found: list[Tile] = []
    for number, cell in enumerate(states.grid.cells):
        one = tiled.get(cell)
        if one is not None and one.tile is not None:
            byte, (row, column) = states.raw[number], one.tile
            found.append(
                Tile(
                    number,
                    column,
                    row,
                    one.name_zh if language == "zh" else one.name_en,
                    look_of(byte, among).look,
                    reads(byte, among),
                    _behind(shown, "township", cell),
                )
            )
    return found


def _given(
    shown: Shown,
    states: States,
    townships: States,
    among: Sequence[Look],
    areas: Sequence[AreaListed],
    language: Language,
    tianditu: Tianditu | None,
) -> Mapping[str, Any]:
    """Return what the script needs to draw the same."""
    asked, digest = shown.query(), states.grid.digest.hex()
    return {
        "grid": shown.grid,
        "hash": digest,
        "cells": address_of(states.grid, shown.asked.filters),
        "townships": townships.grid.digest.hex(),
        "states": f"/views/cells?{asked}&format=bytes",
        "tileStates": f"/views/cells?{shown.query(grid='township')}&format=bytes",
        "names": f"/map/names?{asked}&lang={language}",
        "cell": f"/map/cell?{asked}&lang={language}&cell=",
        "segments": f"/map/segments?{asked}",
        "objects": f"/map/objects?{asked}",
        "looks": among,
        "steps": shown.steps,
        "labels": [map_choices.step_name(one, shown.step) for one in shown.steps],
        "at": shown.at,
        "base": tianditu.sources if tianditu else [],
        "places": _places(shown, areas, language),
    }


def _places(
    shown: Shown, areas: Sequence[AreaListed], language: Language
) -> Sequence[tuple[float, float, str]]:
    """Return where the names of townships are written: on their tiles, where tiles are drawn."""
    tiled = tiles(() if shown.grid.startswith("h3") else areas)
    found: list[tuple[float, float, str]] = []
    for one in areas:
        ring = tiled.get(one.area)
        at = _middle(ring) if ring else on_map(one.lon, one.lat)
        if one.level == "township" and at is not None:
            found.append((*at, one.name_zh if language == "zh" else one.name_en))
    return found


def _middle(ring: Ring) -> Degrees:
    (west, south), _east, (east, north) = ring[:3]
    return (west + east) / 2, (south + north) / 2


def _told(words: Words) -> str:
    """Return the words that the script says."""
    told = {
        "behind": _("The list behind"),
        "play": _("Play"),
        "pause": _("Pause"),
        "north": _("N"),
        "schematic": _("Schematic tiles, no boundaries."),
        "hexagons": _("Hexagons of H3; homes lie in none of them."),
    }
    return json.encode({name: words.gettext(text) for name, text in told.items()}).decode()


# ── names, and what is behind a cell ───────────────────────────────────────────────


@get(
    "/map/names",
    include_in_schema=False,
    dependencies=ASKED_BY_ITEM,
    opt={"right": "read_views"},
    sync_to_thread=True,
)
def map_names(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    asked: NamedDependency[SkipValidation[Asked]],
    grid: Annotated[str, QueryParameter(max_length=16)] = "h3-8",
) -> Response[list[str]]:
    """Return what the cells of a grid are called, in their order."""
    name = grid_named(grid)
    with reading.held() as views:
        register, areas = listed(views), areas_of(views)
        cells_of = grid_of(name, register, areas, asked.filters)
    called = names(register, areas, cells_of, language_of(request), asked.filters)
    return Response(called)


@get(
    "/map/cell",
    include_in_schema=False,
    dependencies=ASKED_BY_ITEM,
    opt={"right": "read_views"},
    sync_to_thread=True,
)
def map_cell(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    pages: NamedDependency[SkipValidation[Pages]],
    asked: NamedDependency[SkipValidation[Asked]],
    cell: Annotated[str, QueryParameter(max_length=32)],
    grid: Annotated[str, QueryParameter(max_length=16)] = "h3-8",
) -> Response[str]:
    """Show the objects that lie in a cell of the map, those longest not inspected first."""
    language = language_of(request)
    name = grid_named(grid)
    with reading.held() as views:
        found = behind(views, name, cell, asked.today, asked.filters)
        register, areas = listed(views), areas_of(views)
        cells_of = grid_of(name, register, areas, asked.filters)
        called = dict(
            zip(
                cells_of.cells,
                names(register, areas, cells_of, language, asked.filters),
                strict=True,
            )
        )
    back = [(key, value) for key, value in request.query_params.multi_items() if key != "cell"]
    return pages.render(
        request,
        "map_cell.html",
        title=called.get(cell, cell),
        cell=cell,
        found=found,
        types={one.object_type: type_name(one.object_type, language) for one in found.rows},
        linked=any(one.startswith("/objects/{key") for one in request.app.route_handler_method_map),
        back=f"/map?{urlencode(back)}",
        today=asked.today,
    )
