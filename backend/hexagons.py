"""Cells of H3: the one place that knows the library, which says latitude first."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final, cast

import h3  # pyright: ignore[reportMissingTypeStubs]  it has none

from backend.schematic import Ring
from events.coordinates import Degrees

_h3: Final = cast("Any", h3)


@cache
def cell_at(resolution: int) -> Callable[[Degrees], str]:
    """Return what finds the cell of a point, in hex as the library spells it."""

    @lru_cache(maxsize=200_000)
    def cell(here: Degrees) -> str:
        lon, lat = here
        return str(_h3.latlng_to_cell(lat, lon, resolution))

    return cell


def resolution(cell: str) -> int | None:
    """Return how fine a cell is; None where a text names none."""
    return int(_h3.get_resolution(cell)) if _h3.is_valid_cell(cell) else None


@lru_cache(maxsize=200_000)
def corners(cell: str) -> Ring:
    """Return the corners of a cell, counter-clockwise, six or (of twelve cells on earth) five."""
    said: tuple[tuple[float, float], ...] = _h3.cell_to_boundary(cell)
    ring = tuple([(round(lon, 6), round(lat, 6)) for lat, lon in said])
    return (*ring, ring[0])
