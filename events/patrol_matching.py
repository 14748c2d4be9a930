"""How much of a street a patrol covered, and whether it stayed at a hotspot (路段覆盖认定).

Pure and versioned: a fact names the version that made its fraction, a published version never
changes, and all stay runnable, so that anybody who opens a track can recompute what was said of
it. The rule, its figures and the reasons: docs/patrol-matching.md.

Lengths are geodesic, on GRS80, the ellipsoid of CGCS2000; buffers are drawn in metres around the
segment (azimuthal equidistant, centred on it). PROJ and GEOS are imported on first use: neither
`xunji --help` nor a tablet that starts has to wait for them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, assert_never

from msgspec import Struct

from events.coordinates import Degrees
from events.tracks import Hotspot, Patrolled, Segment, TrackPoint, on_earth

if TYPE_CHECKING:
    from pyproj import Geod

CURRENT: Final = "pm-1"
PASSED: Final = 0.8
"""The least fraction at which a segment counts as passed."""

# All of pm-1. A change of any is a new version beside this one.
_SECOND: Final = 1_000_000
_BUFFER_M: Final = 30.0
_WORST_ACCURACY_M: Final = 50.0
_STEP: Final = 5 * _SECOND
_GAP: Final = 60 * _SECOND
_LEG_M: Final = 150.0
_SPEED_MPS: Final = 30 / 3.6
_MOST_POINTS: Final = 20_000
_STAY: Final = 60 * _SECOND
_STAY_M: Final = 50.0
_DECIMALS: Final = 3
_ROUNDNESS: Final = 16  # corners to a quarter circle: a buffer is at most 0.15 m too narrow


class Matched(Struct, frozen=True):
    """The part of the place that was covered, 0 to 1, by the rule `version`."""

    fraction: float
    version: str


class _Leg(Struct, frozen=True):
    """From one fix to the next, taken as a straight line. `radius` is what it covers."""

    ends: tuple[TrackPoint, TrackPoint]
    radius: float


def matched(place: Patrolled, track: Iterable[TrackPoint]) -> Matched:
    """Match a track by the rule in force. Any numbers are taken; those that are none count 0."""
    return Matched(VERSIONS[CURRENT](place, track), CURRENT)


class Stretch(Struct, frozen=True):
    """Of a track, from one fix to the next: whether it counts as walked, and covers the place."""

    ends: tuple[TrackPoint, TrackPoint]
    counts: bool
    covers: bool


def stretches(place: Patrolled, track: Iterable[TrackPoint]) -> list[Stretch]:
    """Return what the rule in force makes of a track, for people to look at."""
    points = _thinned(sorted(filter(_is_usable, track), key=_order))
    reach = {leg.ends: leg.radius for leg in _legs(points)}
    ends = list(pairwise(points))
    return [
        Stretch(pair, counts=pair in reach, covers=metres <= _within(place, reach.get(pair, -1.0)))
        for pair, metres in zip(ends, _from_place(place, ends), strict=True)
    ]


def length_m(line: Sequence[Degrees]) -> float:
    """Return the geodesic length of a line of canonical degrees."""
    return float(_geod().line_length([lon for lon, _ in line], [lat for _, lat in line]))


# ── pm-1 ───────────────────────────────────────────────────────────────────────────


def _pm_1(place: Patrolled, track: Iterable[TrackPoint]) -> float:
    points = sorted(filter(_is_usable, track), key=_order)
    match place:
        case Segment(line=line):
            return _covered(line, points)
        case Hotspot(at=at):
            return 1.0 if _stayed(at, points) else 0.0
        case _:
            assert_never(place)


def _is_usable(point: TrackPoint) -> bool:
    return on_earth(_at(point)) and 0 <= point.accuracy_m <= _WORST_ACCURACY_M


def _order(point: TrackPoint) -> tuple[int, float, float, float]:
    """By time; of several at one time the most accurate first, so that no order is left open."""
    return point.at, point.accuracy_m, point.lon, point.lat


def _covered(line: Sequence[Degrees], points: Sequence[TrackPoint]) -> float:
    whole = length_m(line) if all(on_earth(corner) for corner in line) else 0.0
    if not whole > 0:
        return 0.0
    legs = list(_legs(_thinned(points)))
    return round(min(1.0, _covered_m(line, legs) / whole), _DECIMALS) if legs else 0.0


def _thinned(points: Sequence[TrackPoint]) -> list[TrackPoint]:
    """Keep what is 5 s behind the last kept: closer fixes say more of their noise than of speed."""
    kept: list[TrackPoint] = []
    for point in points:
        if not kept or point.at - kept[-1].at >= _STEP:
            kept.append(point)
        if len(kept) == _MOST_POINTS:
            break
    return kept


def _legs(points: Sequence[TrackPoint]) -> Iterator[_Leg]:
    """Yield what may be taken as walked in between: no gap, no jump, not too fast."""
    for ends, metres in zip(pairwise(points), _apart(points[:-1], points[1:]), strict=True):
        took = ends[1].at - ends[0].at
        if took <= _GAP and metres <= min(_LEG_M, _SPEED_MPS * took / _SECOND):
            worse = max(end.accuracy_m for end in ends)
            yield _Leg(ends, _BUFFER_M + min(worse, _BUFFER_M))


def _covered_m(line: Sequence[Degrees], legs: Sequence[_Leg]) -> float:
    """Return how many metres of the line lie in the buffers around the legs."""
    import shapely
    from pyproj import Proj

    lon, lat = line[len(line) // 2]
    local = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="GRS80")

    def drawn(pairs: Iterable[tuple[Degrees, Degrees]]) -> list[list[Degrees]]:
        return [[local(*one), local(*other)] for one, other in pairs]

    # Leg by leg: a line that comes back on itself counts each time, as its length does.
    street = shapely.linestrings(drawn(pairwise(line)))
    walked = shapely.linestrings(drawn((_at(leg.ends[0]), _at(leg.ends[1])) for leg in legs))
    radii = [leg.radius for leg in legs]
    buffers = shapely.buffer(walked, radii, quad_segs=_ROUNDNESS)
    return sum(
        length_m([local(*corner, inverse=True) for corner in part.coords])
        for part in shapely.get_parts(shapely.intersection(street, shapely.union_all(buffers)))
        if part.geom_type == "LineString"
    )


def _within(place: Patrolled, radius: float) -> float:
    """Return from how far a leg of this radius covers the place; of none, which is -1, never."""
    return min(radius, _STAY_M) if isinstance(place, Hotspot) else radius


def _from_place(place: Patrolled, legs: Sequence[tuple[TrackPoint, TrackPoint]]) -> Sequence[float]:
    """Return how many metres each leg is away from the place."""
    if not legs:
        return ()
    import shapely
    from pyproj import Proj

    corners = place.line if isinstance(place, Segment) else (place.at, place.at)
    lon, lat = corners[len(corners) // 2]
    local = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="GRS80")
    here = shapely.linestrings([local(*corner) for corner in corners])
    walked = shapely.linestrings([[local(*_at(end)) for end in ends] for ends in legs])
    return [float(one.distance(here)) for one in walked]


def _at(point: TrackPoint) -> Degrees:
    return point.lon, point.lat


def _stayed(at: Degrees, points: Sequence[TrackPoint]) -> bool:
    """Whether somebody stayed within 50 m for 60 s, with no gap in between."""
    here = TrackPoint(0, *at, 0)
    since = before = None
    for point, metres in zip(points, _apart(points, [here] * len(points)), strict=True):
        if not metres <= _STAY_M:  # of what is no number neither
            since = None
        elif since is None or before is None or point.at - before > _GAP:
            since = point.at
        elif point.at - since >= _STAY:
            return True
        before = point.at
    return False


def _apart(ones: Sequence[TrackPoint], others: Sequence[TrackPoint]) -> list[float]:
    """Return the geodesic metres between the points of each pair."""
    columns = (
        [one.lon for one in ones],
        [one.lat for one in ones],
        [other.lon for other in others],
        [other.lat for other in others],
    )
    return list(_geod().inv(*columns)[2])


@cache
def _geod() -> "Geod":
    from pyproj import Geod

    return Geod(ellps="GRS80")


VERSIONS: Final[Mapping[str, Callable[[Patrolled, Iterable[TrackPoint]], float]]] = {
    CURRENT: _pm_1,
}
"""Every rule that was ever in force, by the name that facts give."""
