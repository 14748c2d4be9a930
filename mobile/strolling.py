"""Patrols that a simulated tablet walks: a receiver that errs as receivers do.

The way is taken along the line on the ellipsoid; each fix then lies a few metres off, in any
direction. The same dice walk the same way.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate, pairwise
from random import Random
from typing import TYPE_CHECKING, Final

from events.coordinates import Degrees, GeoPoint
from events.tracks import Hotspot, Patrolled

if TYPE_CHECKING:
    from pyproj import Geod

EVERY: Final = 5_000_000  # µs between fixes
_SECOND: Final = 1_000_000
_ON_FOOT: Final = (1.1, 1.6)  # metres a second
_TOO_FAST: Final = (11.0, 15.0)
_PAST_M: Final = 80.0  # from where somebody comes to a hotspot, and to where they leave
_HARDLY: Final = 0.2
_IN_THE_OPEN: Final = (3.0, 8.0)  # metres, 68 %
_BETWEEN_HOUSES: Final = (14.0, 34.0)
_NARROW: Final = 0.15  # of streets
_AIMED: Final = 0.5  # of the accuracy a receiver states, what it mostly errs


def stroll(
    place: Patrolled, dice: Random, part: float, since: int, *, drove: bool = False
) -> Iterator[GeoPoint]:
    """Yield a fix every 5 s from `since` (µs) on: `part` of a segment, or of five minutes' stay."""
    speed = dice.uniform(*(_TOO_FAST if drove else _ON_FOOT))
    accuracy = dice.uniform(*(_BETWEEN_HOUSES if dice.random() < _NARROW else _IN_THE_OPEN))
    for turn, at in enumerate(_way(place, dice, part, speed)):
        yield _measured(at, dice, accuracy, since + turn * EVERY)


def _way(place: Patrolled, dice: Random, part: float, speed: float) -> Iterator[Degrees]:
    step = speed * EVERY / _SECOND
    if not isinstance(place, Hotspot):
        line = place.line if dice.random() < 0.5 else place.line[::-1]  # noqa: PLR2004  either way
        yield from _along(line, step, part)
        return
    bearing = dice.uniform(0, 360)
    before, after = (_moved(place.at, bearing + turn, _PAST_M) for turn in (180, 0))
    if part < _HARDLY:  # seen from the corner
        yield from _along((_moved(before, bearing + 180, _PAST_M), before), step, 1)
        return
    yield from _along((before, place.at), step, 1)
    for _ in range(round(part * 300 * _SECOND / EVERY)):
        yield place.at
    yield from _along((place.at, after), step, 1)


def _along(line: Sequence[Degrees], step: float, part: float) -> Iterator[Degrees]:
    """Yield points `step` metres apart on the first `part` of the line."""
    legs = [_geod().inv(*one, *other) for one, other in pairwise(line)]
    ends = list(accumulate(metres for _, _, metres in legs))
    for turn in range(int(ends[-1] * part / step) + 1):
        gone = turn * step
        leg = next(number for number, end in enumerate(ends) if gone <= end)
        yield _moved(line[leg], legs[leg][0], gone - (ends[leg] - legs[leg][2]))


def _measured(at: Degrees, dice: Random, accuracy: float, when: int) -> GeoPoint:
    lon, lat = _moved(at, dice.uniform(0, 360), abs(dice.gauss(0, accuracy * _AIMED)))
    return GeoPoint(
        lon=round(lon, 6),
        lat=round(lat, 6),
        datum="WGS84",
        accuracy_m=round(accuracy * dice.uniform(0.8, 1.2), 1),
        fixed_at=datetime.fromtimestamp(when / _SECOND, UTC),
    )


def _moved(at: Degrees, bearing: float, metres: float) -> Degrees:
    lon, lat, _back = _geod().fwd(*at, bearing, metres)
    return float(lon), float(lat)


@cache
def _geod() -> "Geod":
    from pyproj import Geod  # noqa: PLC0415  a tablet that walks nowhere does not need it

    return Geod(ellps="GRS80")
