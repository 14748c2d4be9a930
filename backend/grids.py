"""Grids: which cells a map has, in a fixed order, and how they look. Sent once, kept for ever.

Cells are those of H3 in which something of the register lies, or the areas that the office
listed. Where a township or a domain is asked for, and whoever has a scope always asks so, those
of H3 are only where its own lies: a cell tells that there is something. Order and shapes of
cells go into the hash that names them; states name the grid that they belong to by it. Homes
have no point, so they lie in no cell of H3: they count in their village.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Struct

from backend.exports.formats import require_export
from backend.geojson import MEDIA_TYPE, Feature, polygon, whole
from backend.hexagons import cell_at, corners
from backend.problems import ProblemError
from backend.readings import Code, Reading
from backend.schematic import Ring, tiles
from events.coordinates import Degrees
from events.register import AreaListed
from projections import lists, objects
from projections.cells import Grid
from projections.chosen import takes
from projections.objects import Place
from projections.points import Point, points
from projections.question import Filters
from projections.runs import Listed, listed
from projections.views import Query, ViewReader, view_of

GridName: TypeAlias = Literal["h3-7", "h3-8", "h3-9", "village", "township"]
GRIDS: Final[tuple[GridName, ...]] = get_args(GridName)
_ALL: Final = Filters()
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


def grid_of(
    name: GridName,
    register: Iterable[Listed],
    areas: Iterable[AreaListed],
    filters: Filters = _ALL,
) -> Grid:
    """Return the cells of a grid and how an object finds its own.

    Of `filters`, township and domain say whose cells there are.
    """
    if name in _RESOLUTIONS:
        cell = cell_at(_RESOLUTIONS[name])
        cells = _points_in(register, cell, filters)
        return Grid(cells, lambda _, here: cell(here) if here else None)
    by: Callable[[Place], str] = _village if name == "village" else _township
    used = {
        code
        for text in {row.counts for row in register if row.counts}
        for place in objects.counts(text).places
        if chosen(place, filters) and (code := by(place))
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


def _points_in(
    register: Iterable[Listed], cell: Callable[[Degrees], str], filters: Filters
) -> tuple[str, ...]:
    whole = filters.township is None and filters.domain is None
    lying = (
        points(row.points).known if whole else _own_points(row, filters)
        for row in register
        if row.points
    )
    return tuple(sorted({cell((one.lon, one.lat)) for known in lying for one in known}))


def _own_points(row: Listed, filters: Filters) -> list[Point]:
    """Return where an object lies on days on which it is of the township and domain asked for."""
    known = points(row.points).known
    places = objects.counts(row.counts).places if row.counts else ()
    own = [
        days
        for place, days in zip(places, _lasting([one.valid_from for one in places]), strict=True)
        if chosen(place, filters)
    ]
    lasting = zip(known, _lasting([one.valid_from for one in known]), strict=True)
    return [point for point, days in lasting if any(_meet(days, one) for one in own)]


def _lasting(since: Sequence[date]) -> list[tuple[date, date]]:
    """Return from when, and until before when, each of several holds: the first from always."""
    return list(pairwise([date.min, *since[1:], date.max])) if since else []


def _meet(one: tuple[date, date], other: tuple[date, date]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def chosen(place: Place, filters: Filters) -> bool:
    """Tell whether keys are of the township and the domain asked for."""
    return takes(filters.township, place.township) and takes(filters.domain, place.domain)


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
    township: Code = None,
    domain: Code = None,
    format: GridFormat = "",  # noqa: A002  the query's word
) -> Response[bytes]:
    """Send the cells of a grid as the register has them now; `etag` is its hash.

    Of H3, with `township` or `domain`: those in which something of it lies.
    """
    filters = Filters(township=township, domain=domain)
    return _sent(request, _read(reading, grid, filters), filters, format, _ASK)


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
    township: Code = None,
    domain: Code = None,
    format: GridFormat = "",  # noqa: A002  the query's word
) -> Response[bytes]:
    """Send the cells of the grid of this hash, to be kept for ever; 404 once there is another."""
    filters = Filters(township=township, domain=domain)
    found = _read(reading, grid, filters)
    if found.digest.hex() != named:
        raise ProblemError("not-found")
    return _sent(request, found, filters, format, _FOREVER)


def _read(reading: Reading, grid: str, filters: Filters) -> Drawn:
    name = grid_named(grid)
    with reading.held() as views:
        register, areas = listed(views), areas_of(views)
    return drawn(name, grid_of(name, register, areas, filters), areas)


def address_of(found: Drawn, filters: Filters) -> str:
    """Return where a grid is kept for ever; with what was asked, as another has other cells."""
    said = {"township": filters.township, "domain": filters.domain}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"/grids/{found.name}/{found.digest.hex()}{'?' if query else ''}{query}"


def _sent(
    request: Request[Any, Any, Any], found: Drawn, filters: Filters, named: str, keep: str
) -> Response[bytes]:
    as_geojson = named == "geojson" or (not named and MEDIA_TYPE in _accepted(request))
    if as_geojson:
        require_export(request)
    tag = f'"{found.digest.hex()}{"-geojson" if as_geojson else ""}"'
    headers = {
        "cache-control": keep,
        "etag": tag,
        "vary": "accept",
        "content-location": address_of(found, filters),
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
