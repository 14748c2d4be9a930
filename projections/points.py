"""Where objects lie, day by day; never where a person or a home does.

What the register says of an object's place stands in a column of the view `objects`, so that
a map reads no documents. Of homes the column says only that they are homes: no query that
reads it can put one on a map, even where an entry carries its position by mistake.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Final

from msgspec import Struct, json

from events.coordinates import Box, Degrees, placement
from events.facts import HOMES

_MAINLAND: Final = Box(73.0, 3.0, 136.0, 54.0)
"""A latitude here is never a longitude here: two that were swapped show."""


class Point(Struct, array_like=True, frozen=True, gc=False):
    """Where an object lies from a day on: longitude, latitude, in canonical degrees."""

    valid_from: date
    lon: float
    lat: float


class Points(Struct, array_like=True, frozen=True, gc=False):
    """Where an object lies, the earliest first; `home`: it is a person or a home, and hidden."""

    home: bool = False
    known: tuple[Point, ...] = ()

    def on(self, day: date) -> Degrees | None:
        """Return where it lies on `day`; before its first point, where it will lie first."""
        reached = [point for point in self.known if point.valid_from <= day]
        found = reached[-1] if reached else next(iter(self.known), None)
        return None if found is None else (found.lon, found.lat)


NOWHERE: Final = Points()


def is_home(object_type: str, person: str | None, sealed: Iterable[str]) -> bool:
    """Whether an object is a person or a home: by type, by whom it stands for, by its card."""
    return object_type in HOMES or person is not None or "card" in sealed


def on_map(lon: float | None, lat: float | None) -> Degrees | None:
    """Return a point that may be shown; None where it is unknown, abroad, or swapped.

    What is swapped is refused, never repaired: its source has to be found.
    """
    if lon is None or lat is None or placement((lon, lat), _MAINLAND, 0) != "inside":
        return None
    return round(lon, 6), round(lat, 6)


def points_text(points: Points) -> str:
    """Return the column `points`: "" where nothing is known."""
    return "" if points == NOWHERE else _write(points).decode()


@lru_cache(maxsize=50_000)
def points(text: str) -> Points:
    """Read the column `points`."""
    return _read(text) if text else NOWHERE


_write = json.Encoder().encode
_read = json.Decoder(Points).decode
