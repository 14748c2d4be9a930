"""Grids: which cells a map has, in a fixed order, and how they look. Sent once, kept for ever.

Cells are those of H3 in which something of the register lies, or the areas that the office
listed. Their order and their shapes go into the hash that names them; states name the grid that
they belong to by it. Homes have no point, so they lie in no cell of H3: they count in
their village.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Struct

from backend.geojson import MEDIA_TYPE, Feature, polygon, whole
from backend.hexagons import cell_at, corners
from backend.problems import ProblemError
from backend.readings import Reading
from backend.schematic import Ring, tiles
from events.coordinates import Degrees
from events.register import AreaListed
from projections import lists, objects
from projections.cells import Grid
from projections.objects import Place
from projections.points import points
from projections.runs import Listed, listed
from projections.views import Query, ViewReader, view_of

GridName: TypeAlias = Literal["h3-7", "h3-8", "h3-9", "village", "township"]
GRIDS: Final[tuple[GridName, ...]] = get_args(GridName)
_FOREVER: Final = "private, max-age=31536000, immutable"
_ASK: Final = "private, no-cache"  # keep it, but ask whether it is still so
_MICRO: Final = 1_000_000


class Shape(Struct, frozen=True):
    """A grid as it is sent: rings in millionths of a degree, the first corner, then differences.

    Each ring is `[lon, lat, dlon, dlat, …]`, open, counter-clockwise; empty where a cell
    has no place on a map. `schematic`: the rings are tiles and no boundaries.
    """

    grid: GridName
    hash: str
    schematic: bool
    cells: tuple[str, ...]
    rings: tuple[tuple[int, ...], ...]


class Drawn(Struct, frozen=True):
    """The cells of a grid, and the tiles they are drawn as where they are areas."""

    name: GridName
    cells: tuple[str, ...]
    tiles: Mapping[str, Ring] = {}

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of name, cells and tiles in their order."""
        tiled = [self.tiles.get(cell, ()) for cell in self.cells] if self.tiles else ()
        return sha256(msgspec.json.encode((self.name, self.cells, tiled))).digest()

    @property
    def schematic(self) -> bool:
        return self.name not in _RESOLUTIONS

    @property
    def rings(self) -> Iterator[Ring]:
        """The corners of each cell; none where nobody knows where it lies."""
        for cell in self.cells:
            yield self.tiles.get(cell, ()) if self.schematic else corners(cell)


def grid_named(name: str) -> GridName:
    """Read the name of a grid; a `ProblemError` where there is none."""
    for one in GRIDS:
        if one == name:
            return one
    reason = f"one of {', '.join(GRIDS)}"
    raise ProblemError("bad-request", parameters=[{"name": "grid", "reason": reason}])


def grid_of(name: GridName, register: Iterable[Listed], areas: Iterable[AreaListed]) -> Grid:
    """Return the cells of a grid and how an object finds its own."""
    if name in _RESOLUTIONS:
        cell = cell_at(_RESOLUTIONS[name])
        return Grid(_points_in(register, cell), lambda _, here: cell(here) if here else None)
    by: Callable[[Place], str] = _village if name == "village" else _township
    used = {
        code
        for text in {row.counts for row in register if row.counts}
        for place in objects.counts(text).places
        if (code := by(place))
    }
    known = {one.area for one in areas if one.level == name}
    cells = tuple(sorted(known | used))
    return Grid(cells, lambda place, _: by(place) or None, _GROUPS[name])


def drawn(name: GridName, grid: Grid, areas: Iterable[AreaListed]) -> Drawn:
    """Return a grid as it is drawn: H3 says how its cells look, the office's list how areas do."""
    return Drawn(name, grid.cells, {} if name in _RESOLUTIONS else tiles(areas))


def areas_of(views: ViewReader) -> list[AreaListed]:
    """Return the areas as they are listed."""
    view = view_of(views.views, "areas")
    rows = views.select(Query("areas", document=True))
    found = [lists.area(row.key, view.decode(row.document)).listing for row in rows]
    return [one for one in found if one is not None]


# ── cells of H3 ────────────────────────────────────────────────────────────────────

_RESOLUTIONS: Final[Mapping[str, int]] = {"h3-7": 7, "h3-8": 8, "h3-9": 9}


def _points_in(register: Iterable[Listed], cell: Callable[[Degrees], str]) -> tuple[str, ...]:
    return tuple(
        sorted(
            {cell((point.lon, point.lat)) for row in register for point in points(row.points).known}
        )
    )


_GROUPS: Final[Mapping[str, Callable[[str], str]]] = {
    "village": lambda code: code[:9],  # those of its township (`events.facts.Visit`)
    "township": lambda _: "",
}


def _village(place: Place) -> str:
    return place.village


def _township(place: Place) -> str:
    return place.township


# ── HTTP ───────────────────────────────────────────────────────────────────────────

GridFormat = Annotated[str, QueryParameter(pattern="^(json|geojson)?$", description="or geojson")]


@get("/grids/{grid:str}", tags=["views"], summary="格网 · a grid of a map", sync_to_thread=True)
def newest_grid(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    grid: FromPath[str],
    format: GridFormat = "",  # noqa: A002  the query's word
) -> Response[bytes]:
    """Send the cells of a grid as the register has them now; `etag` is its hash."""
    return _sent(request, _read(reading, grid), format, _ASK)


@get(
    "/grids/{grid:str}/{named:str}",
    tags=["views"],
    summary="格网 · a grid, by its hash",
    sync_to_thread=True,
)
def grid_by_hash(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    grid: FromPath[str],
    named: FromPath[str],
    format: GridFormat = "",  # noqa: A002  the query's word
) -> Response[bytes]:
    """Send the cells of the grid of this hash, to be kept for ever; 404 once there is another."""
    found = _read(reading, grid)
    if found.digest.hex() != named:
        raise ProblemError("not-found")
    return _sent(request, found, format, _FOREVER)


def _read(reading: Reading, grid: str) -> Drawn:
    name = grid_named(grid)
    with reading.held() as views:
        register, areas = listed(views), areas_of(views)
    return drawn(name, grid_of(name, register, areas), areas)


def _sent(request: Request[Any, Any, Any], found: Drawn, named: str, keep: str) -> Response[bytes]:
    as_geojson = named == "geojson" or (not named and MEDIA_TYPE in _accepted(request))
    tag = f'"{found.digest.hex()}{"-geojson" if as_geojson else ""}"'
    headers = {
        "cache-control": keep,
        "etag": tag,
        "vary": "accept",
        "content-location": f"/grids/{found.name}/{found.digest.hex()}",
    }
    if is_known(request, tag):
        return Response(b"", status_code=304, headers=headers)
    content = whole(features(found)) if as_geojson else msgspec.json.encode(shape(found))
    kind = MEDIA_TYPE if as_geojson else "application/json"
    return Response(content, media_type=kind, headers=headers)


def _accepted(request: Request[Any, Any, Any]) -> str:
    return request.headers.get("accept", "")


def is_known(request: Request[Any, Any, Any], tag: str) -> bool:
    """Tell whether the reader says that he has what a tag names (RFC 9110, 13.1.2)."""
    held = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in held.split(","))


def shape(found: Drawn) -> Shape:
    """Return a grid as it is sent."""
    return Shape(
        found.name,
        found.digest.hex(),
        found.schematic,
        found.cells,
        tuple([_differences(ring) for ring in found.rings]),
    )


def _differences(ring: Sequence[Degrees]) -> tuple[int, ...]:
    said: list[int] = []
    west = south = 0
    for lon, lat in ring[:-1]:
        at = round(lon * _MICRO), round(lat * _MICRO)
        said += at[0] - west, at[1] - south
        west, south = at
    return tuple(said)


def features(found: Drawn) -> Iterable[Feature]:
    """Return the cells as polygons; `id` is the number of the cell, as states count them."""
    schematic = {"xunji:schematic": True} if found.schematic else {}
    for number, (cell, ring) in enumerate(zip(found.cells, found.rings, strict=True)):
        yield Feature(polygon(ring), {"cell": cell, **schematic}, number)
