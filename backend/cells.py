"""What a map shows, in bytes: one for each cell of a grid and each step of a period.

The grid is fetched once (`backend.grids`), each period's states after it: a slider needs no
more. The same as JSON and CSV, for people.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from struct import Struct as Layout
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend import measuring
from backend.exports.sending import as_table
from backend.grids import (
    Drawn,
    GridName,
    address_of,
    areas_of,
    drawn,
    grid_named,
    grid_of,
    is_known,
)
from backend.problems import ProblemError
from backend.readings import (
    MOST_ON_A_MAP,
    AsOf,
    Reading,
    query_of,
    wants_table,
)
from projections.cell_codes import CODES, CellCode, code_of, table
from projections.cells import Asked, Measure, Overdue, states
from projections.measures import MEASURES as REGISTRY
from projections.overdue import overdue
from projections.question import Filters
from projections.runs import listed
from projections.spans import Span
from projections.steps import MOST_STEPS, Step, TooManyStepsError, steps_of
from projections.views import ViewReader

MEDIA_TYPE: Final = "application/octet-stream"
MAGIC: Final = b"XJMC"
VERSION: Final = 1
HEADER: Final = Layout("<4sBBHII32s")
"""Magic, version, measure, 0, cells, steps, SHA-256 of the grid: 48 bytes, little-endian."""

MEASURES: Final[tuple[Measure, ...]] = ("object_coverage", "state", "overdue")
"""By the number that stands in the header."""

_VERSIONS: Final[Mapping[Measure, int]] = {
    "object_coverage": REGISTRY["object_coverage"].version,
    "state": 1,
    "overdue": 1,
}

_LAYOUT: Final = (
    "按格、按时段的状态:先是 48 字节的头，然后每格每段一个字节。 "
    "States by cell and step: a header of 48 bytes, then one byte for each cell and step, "
    "all cells of the first step first. The header, little-endian: `XJMC`, version (u8), "
    "measure (u8: 0 object_coverage, 1 state, 2 overdue), 0 (u16), cells (u32), steps (u32), "
    "SHA-256 of the grid they belong to (32 bytes): `/grids/{grid}/{hash}`. "
    "`format=json` and `format=csv` say the same for people."
)

StepName = Annotated[Step, QueryParameter(description="how long a step is")]
MeasureName = Annotated[Measure, QueryParameter(description="rates, or states")]
CellFormat = Annotated[
    str,
    QueryParameter(
        pattern="^(bytes|json|csv|xlsx|jsonl)?$", description="bytes, json, csv, xlsx or jsonl"
    ),
]


class States(Struct, frozen=True):
    """States as they were computed: for which grid, of which steps."""

    grid: Drawn
    measure: Measure
    steps: tuple[Span, ...]
    raw: bytes

    @property
    def encoded(self) -> bytes:
        """Header and states."""
        cells, steps = len(self.grid.cells), len(self.steps)
        number = MEASURES.index(self.measure)
        head = HEADER.pack(MAGIC, VERSION, number, 0, cells, steps, self.grid.digest)
        return head + self.raw

    def of(self, cell: int) -> bytes:
        """Return the states of one cell, step by step."""
        return self.raw[cell :: len(self.grid.cells)]


class CellsOut(Struct, frozen=True):
    """States for people. `cells`: by cell a byte for each step; `codes` says what bytes say."""

    as_of: AsOf
    grid: str
    hash: str
    href: str
    measure: Measure
    steps: Sequence[Span]
    codes: Sequence[CellCode]
    cells: Mapping[str, Sequence[int]]


@get(
    "/views/cells",
    tags=["views"],
    summary="地图 · states of a map's cells",
    dependencies=measuring.ASKED_BY_ITEM,
    description="\n".join((_LAYOUT, "", *table())),
    sync_to_thread=True,
)
def cells_view(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    asked: NamedDependency[SkipValidation[measuring.Asked]],
    grid: Annotated[str, QueryParameter(max_length=16)] = "township",
    measure: MeasureName = "object_coverage",
    step: StepName = "month",
    format: CellFormat = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Compute the states of all cells of a grid, between `from` and `to`."""
    name, steps = grid_named(grid), steps_named(asked.period, step)
    with reading.held() as views:
        found = computed(views, name, Asked(steps, asked.today, asked.filters), measure)
        as_of = reading.as_of(query_of(request), asked.today, views, {measure: _VERSIONS[measure]})
    return _answered(request, found, as_of, asked.filters, format)


def computed(views: ViewReader, name: GridName, asked: Asked, measure: Measure) -> States:
    """Compute states from the views as they stand."""
    register, areas = listed(views), areas_of(views)
    grid = grid_of(name, register, areas, asked.filters)
    waits: Overdue | None = None
    if measure != "object_coverage" and (past := asked.past):
        days = Span(past[0].start, past[-1].end)
        waits = overdue(views, days, asked.today, asked.filters)
    raw = states(views, register, grid, asked, measure, waits)
    return States(drawn(name, grid, areas), measure, asked.steps, raw)


def steps_named(period: Span, step: Step) -> tuple[Span, ...]:
    """Cut a period into steps; a `ProblemError` where they are too many."""
    try:
        return steps_of(period, step)
    except TooManyStepsError as many:
        reason = f"more than {MOST_STEPS} steps"
        raise ProblemError("bad-request", parameters=[{"name": "step", "reason": reason}]) from many


def _answered(
    request: Request[Any, Any, Any], found: States, as_of: AsOf, filters: Filters, named: str
) -> Response[Any]:
    if named == "bytes" or (not named and MEDIA_TYPE in request.headers.get("accept", "")):
        return _in_bytes(request, found, as_of)
    if len(found.raw) > MOST_ON_A_MAP:
        reason = f"more than {MOST_ON_A_MAP} states: ask for bytes, or for fewer steps"
        raise ProblemError("bad-request", parameters=[{"name": "format", "reason": reason}])
    if wants_table(request, named):
        return as_table(request, "cells", lines(found), as_of)
    return Response(shown(found, as_of, filters))


def _in_bytes(request: Request[Any, Any, Any], found: States, as_of: AsOf) -> Response[bytes]:
    content = found.encoded
    headers = {
        "etag": f'"{sha256(content).hexdigest()}"',
        "cache-control": "private, no-cache",
        "vary": "accept",
        "xunji-as-of": as_of.header,
    }
    if is_known(request, headers["etag"]):
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def shown(found: States, as_of: AsOf, filters: Filters) -> CellsOut:
    """Return states as JSON says them."""
    return CellsOut(
        as_of,
        found.grid.name,
        found.grid.digest.hex(),
        address_of(found.grid, filters),
        found.measure,
        found.steps,
        CODES,
        {cell: list(found.of(number)) for number, cell in enumerate(found.grid.cells)},
    )


def lines(found: States) -> Iterator[Mapping[str, Any]]:
    """Return states as rows of a table."""
    for number, cell in enumerate(found.grid.cells):
        for step, byte in zip(found.steps, found.of(number), strict=True):
            yield {
                "cell": cell,
                "from": step.start,
                "to": step.end,
                "byte": byte,
                "state": code_of(byte).name,
            }
