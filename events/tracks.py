"""Where a patrol was to go and where it went, and the text that a tablet seals of it.

A track is an officer's whereabouts: it is kept with the patrol alone, sealed, and nothing of it
stands in clear but what was made of it (`events.patrol_matching`). The sealed text holds all
that the matching read, the patrolled place too, so that an auditor who opens it gets the same
figure, whatever the register says by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from math import isfinite
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from events.coordinates import Degrees, distance_m

PART: Final = "track"  # the sealed part's name
MOST_BYTES: Final = 60_000  # of the text; a sealed part holds 64 KiB
_MOST_CORNERS: Final = 500
_SHORTEST_M: Final = 1.0
_LONGEST_M: Final = 20_000.0
_DEGREE: Final = 1_000_000  # 0.11 m, as positions are kept everywhere
_TENTH_S: Final = 100_000  # microseconds
_PER_METRE: Final = 10

_Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class TrackPoint(NamedTuple):
    """A fix: when (µs since 1970 UTC), where (canonical degrees), how well (68 % radius)."""

    at: int
    lon: float
    lat: float
    accuracy_m: float


class Segment(Struct, frozen=True, tag="segment"):
    """A street to be walked, as a line of canonical degrees."""

    line: tuple[Degrees, ...]


class Hotspot(Struct, frozen=True, tag="hotspot"):
    """A place to stay at for a while, in canonical degrees."""

    at: Degrees


Patrolled = Segment | Hotspot


class Walk(Struct, frozen=True):
    """A track with the place it is matched against: just what is sealed."""

    place: Patrolled
    points: tuple[TrackPoint, ...]


class UnreadableTrackError(ValueError):
    """A text that is none of a track."""


class _Text(Struct, frozen=True):
    """Columns of whole numbers, each but the first the difference to the one before.

    `at` in tenths of a second, `lon` and `lat` in millionths of a degree. `accuracy` in tenths
    of a metre, as it is.
    """

    place: Patrolled
    at: tuple[_Whole, ...] = ()
    lon: tuple[_Whole, ...] = ()
    lat: tuple[_Whole, ...] = ()
    accuracy: tuple[_Whole, ...] = ()


def patrolled(
    object_type: str, attributes: Mapping[str, Any], at: Degrees | None
) -> Patrolled | None:
    """Return what the register says is to be walked; None where it says nothing measurable.

    A segment has a `line` of 2 to 500 corners that is 1 m to 20 km long, a hotspot a point.
    """
    match object_type:
        case "street_segment":
            return _segment(attributes.get("line"))
        case "hotspot" if at is not None:
            return _hotspot(at)
        case _:
            return None


def _hotspot(at: Degrees) -> Hotspot | None:
    return Hotspot(at) if on_earth(at) else None


def _segment(line: object) -> Segment | None:
    try:
        corners = msgspec.convert(line, tuple[Degrees, ...])
    except msgspec.ValidationError:
        return None
    if len(corners) > _MOST_CORNERS or not all(on_earth(corner) for corner in corners):
        return None
    length = sum(distance_m(one, other) for one, other in pairwise(corners))
    return Segment(corners) if _SHORTEST_M <= length <= _LONGEST_M else None


def on_earth(at: Degrees) -> bool:
    """Whether these are degrees of longitude and latitude, and numbers at all."""
    lon, lat = at
    return isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90  # noqa: PLR2004  degrees


# ── the sealed text ────────────────────────────────────────────────────────────────


def text_of(place: Patrolled, points: Sequence[TrackPoint]) -> bytes:
    """Return the text to seal. Where it would be too long, every second point is left out."""
    text = _encoded(place, points)
    while len(text) > MOST_BYTES and points:
        points = points[::2]
        text = _encoded(place, points)
    return text


def walk_of(text: bytes) -> Walk:
    """Read a sealed text; `UnreadableTrackError` where it is none, or of no such place."""
    try:
        columns = msgspec.json.decode(text, type=_Text)
        rows = zip(
            accumulate(columns.at),
            accumulate(columns.lon),
            accumulate(columns.lat),
            columns.accuracy,
            strict=True,
        )
        points = tuple(
            TrackPoint(at * _TENTH_S, lon / _DEGREE, lat / _DEGREE, accuracy / _PER_METRE)
            for at, lon, lat, accuracy in rows
        )
    except ValueError as broken:  # msgspec's errors too, and columns of several lengths
        raise UnreadableTrackError(str(broken)) from broken
    match columns.place:
        case Segment(line=line):
            place = _segment(line)
        case Hotspot(at=at):
            place = _hotspot(at)
    if place is None:
        msg = "nothing that can be patrolled"
        raise UnreadableTrackError(msg)
    return Walk(place, points)


def _encoded(place: Patrolled, points: Sequence[TrackPoint]) -> bytes:
    return msgspec.json.encode(
        _Text(
            place,
            _steps(one.at // _TENTH_S for one in points),
            _steps(round(one.lon * _DEGREE) for one in points),
            _steps(round(one.lat * _DEGREE) for one in points),
            tuple(round(one.accuracy_m * _PER_METRE) for one in points),
        )
    )


def _steps(values: Iterable[int]) -> tuple[int, ...]:
    before = 0
    steps: list[int] = []
    for value in values:
        steps.append(value - before)
        before = value
    return tuple(steps)
