"""Areas as tiles: a schematic picture, no boundary.

Boundaries must follow official drawings (地图管理条例), and this system has none. A township is
drawn as a square in the row and column that the office gave it, a village as a part of its
township's square, in the order of codes. The squares lie about where the district lies, so that
points and tiles fit on one map; who is whose neighbour is all they say.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, cos, radians, sqrt
from typing import Final, TypeAlias

from events.coordinates import Degrees
from events.register import AreaListed
from projections.points import on_map

Ring: TypeAlias = tuple[Degrees, ...]
"""Corners of a polygon, counter-clockwise, the first repeated at the end (RFC 7946)."""

_SMALLEST: Final = 0.02  # degrees of latitude: some 2 km
_GAP: Final = 0.04  # of a tile's side


def tiles(areas: Iterable[AreaListed]) -> Mapping[str, Ring]:
    """Return the ring of each area that can be drawn, by its code."""
    listed = sorted(areas, key=lambda one: one.area)
    tiled = {one.area: one.tile for one in listed if one.tile is not None}
    lying = [point for one in listed if (point := on_map(one.lon, one.lat))]
    if not tiled or not lying:
        return {}
    corners = {code: _square(at, tiled.values(), lying) for code, at in tiled.items()}
    inside: defaultdict[str, list[str]] = defaultdict(list)
    for one in listed:
        if one.tile is None and one.within in corners:
            inside[one.within].append(one.area)
    for whole, parts in inside.items():
        corners |= _parts(corners[whole], parts)
    return {code: _ring(*corner) for code, corner in corners.items()}


_Square: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north."""


def _square(
    at: tuple[int, int], tiled: Iterable[tuple[int, int]], lying: Sequence[Degrees]
) -> _Square:
    """Return where a tile lies: row 0 in the north, column 0 in the west, all about the points."""
    rows, columns = zip(*tiled, strict=True)
    west, east = min(lon for lon, _ in lying), max(lon for lon, _ in lying)
    south, north = min(lat for _, lat in lying), max(lat for _, lat in lying)
    middle_lon, middle_lat = (west + east) / 2, (south + north) / 2
    shrunk = cos(radians(middle_lat))
    side = max(
        (north - south) / (max(rows) - min(rows) or 1),
        (east - west) * shrunk / (max(columns) - min(columns) or 1),
        _SMALLEST,
    )
    row, column = at
    lat = middle_lat - (row - (min(rows) + max(rows)) / 2) * side
    lon = middle_lon + (column - (min(columns) + max(columns)) / 2) * side / shrunk
    half = side * (1 - _GAP) / 2
    return lon - half / shrunk, lat - half, lon + half / shrunk, lat + half


def _parts(whole: _Square, codes: Sequence[str]) -> Mapping[str, _Square]:
    """Divide a square into rows of parts, in the order of codes."""
    west, south, east, north = whole
    columns = ceil(sqrt(len(codes)))
    rows = ceil(len(codes) / columns)
    width, height = (east - west) / columns, (north - south) / rows
    found: dict[str, _Square] = {}
    for number, code in enumerate(codes):
        row, column = divmod(number, columns)
        left, top = west + column * width, north - row * height
        found[code] = (left, top - height, left + width, top)
    return found


def _ring(west: float, south: float, east: float, north: float) -> Ring:
    west, south, east, north = (round(at, 6) for at in (west, south, east, north))
    return (west, south), (east, south), (east, north), (west, north), (west, south)
