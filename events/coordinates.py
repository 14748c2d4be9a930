"""Positions: what was measured, in which datum, and how to compare two of them.

Store what was measured, with its datum; convert only to look at it. CGCS2000 and WGS-84 agree
within a metre, far below the error of a fix, so they count as one here; the tag is kept.
GCJ-02 and BD-09 are the shifts of Chinese web maps, by the publicly known formulas.
"""

from datetime import datetime, timedelta
from math import asin, atan2, cos, isfinite, pi, radians, sin, sqrt
from typing import Annotated, Final, Literal, NewType, TypeAlias, assert_never

from msgspec import Meta, Struct
from msgspec.structs import replace

Datum: TypeAlias = Literal["WGS84", "CGCS2000", "GCJ02", "BD09"]
Provider: TypeAlias = Literal["gnss", "network", "fused", "manual", "exif"]
DistanceBand: TypeAlias = Literal["le50", "le500", "more", "unknown"]
Presence: TypeAlias = Literal["present", "inaccurate", "stale", "mock", "unmeasured"]
Placement: TypeAlias = Literal["inside", "outside", "swapped"]

Degrees: TypeAlias = tuple[float, float]
"""Longitude, latitude: the order of GeoJSON and MongoDB; EPSG 4326 and 4490 define the other."""

Canonical = NewType("Canonical", tuple[float, float])
"""Longitude, latitude in CGCS2000/WGS-84: the only thing a `2dsphere` index may be fed."""

_EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius of the GRS 80 ellipsoid
_KRASOVSKY_A: Final = 6_378_245.0  # the ellipsoid GCJ-02 was built on
_KRASOVSKY_EE: Final = 0.00669342162296594323
_BD_PI: Final = pi * 3000 / 180
_METRES_PER_DEGREE: Final = 111_195.0  # of latitude, on the mean sphere
_SHIFTED_FROM: Final = (72.004, 0.8293)  # the box of the public algorithm
_SHIFTED_TO: Final = (137.8347, 55.8271)
_ROUNDS: Final = 6
_MAX_ACCURACY_M: Final = 50.0
_AT_THE_OBJECT_M: Final = 50.0
_NEAR_THE_OBJECT_M: Final = 500.0
_MAX_AGE: Final = timedelta(seconds=60)
_MAX_AHEAD: Final = timedelta(seconds=5)  # a fix's clock and the tablet's are two clocks


class GeoPoint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A position as measured. Degrees, metres, metres a second; `raw` is the device's own text."""

    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    datum: Datum
    accuracy_m: Annotated[float, Meta(ge=0)] | None
    fixed_at: Annotated[datetime, Meta(tz=True)]
    provider: Provider = "gnss"
    altitude_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    is_mock: bool = False
    raw: str | None = None


class Box(Struct, frozen=True):
    """Bounds of an area in canonical degrees."""

    min_lon: float
    min_lat: float
    max_lon: float
    max_lat: float


def canonical(point: GeoPoint) -> Canonical:
    """Return the point in CGCS2000/WGS-84, rounded to 6 decimals (0.11 m)."""
    here = (point.lon, point.lat)
    match point.datum:
        case "WGS84" | "CGCS2000":
            lon, lat = here
        case "GCJ02":
            lon, lat = gcj02_to_wgs84(here)
        case "BD09":
            lon, lat = gcj02_to_wgs84(bd09_to_gcj02(here))
        case _:
            assert_never(point.datum)
    return Canonical((round(lon, 6), round(lat, 6)))


def converted(point: GeoPoint, datum: Datum) -> GeoPoint:
    """Return the point in another datum, to be drawn on that datum's map; never to be stored."""
    lon, lat = canonical(point)
    match datum:
        case "WGS84" | "CGCS2000":
            pass
        case "GCJ02":
            lon, lat = wgs84_to_gcj02((lon, lat))
        case "BD09":
            lon, lat = gcj02_to_bd09(wgs84_to_gcj02((lon, lat)))
        case _:
            assert_never(datum)
    return replace(point, lon=round(lon, 6), lat=round(lat, 6), datum=datum)


def wgs84_to_gcj02(here: Degrees) -> Degrees:
    """Shift as Chinese web maps do. Outside the mainland's box nothing is shifted."""
    lon, lat = here
    if not _is_shifted(here):
        return here
    phi = radians(lat)
    magic = 1 - _KRASOVSKY_EE * sin(phi) ** 2
    meridian = _KRASOVSKY_A * (1 - _KRASOVSKY_EE) / (magic * sqrt(magic))
    parallel = _KRASOVSKY_A / sqrt(magic) * cos(phi)
    east, north = _shift_m(lon - 105, lat - 35)
    return lon + east * 180 / (parallel * pi), lat + north * 180 / (meridian * pi)


def gcj02_to_wgs84(there: Degrees) -> Degrees:
    """Undo the shift by iterating it, as it has no closed inverse; the residual is below 1 mm."""
    if not _is_shifted(there):
        return there
    lon, lat = there
    for _ in range(_ROUNDS):
        seen_lon, seen_lat = wgs84_to_gcj02((lon, lat))
        lon, lat = lon + there[0] - seen_lon, lat + there[1] - seen_lat
    return lon, lat


def gcj02_to_bd09(here: Degrees) -> Degrees:
    """Shift once more, as Baidu does."""
    lon, lat = here
    radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BD_PI)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BD_PI)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def bd09_to_gcj02(there: Degrees) -> Degrees:
    """Undo Baidu's shift by iterating it."""
    lon, lat = there[0] - 0.0065, there[1] - 0.006
    for _ in range(_ROUNDS):
        seen_lon, seen_lat = gcj02_to_bd09((lon, lat))
        lon, lat = lon + there[0] - seen_lon, lat + there[1] - seen_lat
    return lon, lat


def distance_m(one: Degrees, other: Degrees) -> float:
    """Return metres between two points of ONE datum, by the haversine on the mean sphere.

    The sphere is up to 0.6 % off the ellipsoid: 3 m in 500, less than a fix is.
    """
    (lon_a, lat_a), (lon_b, lat_b) = one, other
    across = sin(radians(lon_b - lon_a) / 2) ** 2
    along = sin(radians(lat_b - lat_a) / 2) ** 2
    chord = along + cos(radians(lat_a)) * cos(radians(lat_b)) * across
    return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def distance_band(metres: float | None, accuracy_m: float | None) -> DistanceBand:
    """Return what may be said in clear about how far from the object a fix was.

    Only a fix whose own error is no larger claims a band: with 100 m of error, 20 m measured
    reads "le500". Without a distance or an error, nothing is known.
    """
    if metres is None or accuracy_m is None or not (isfinite(metres) and isfinite(accuracy_m)):
        return "unknown"
    if max(metres, accuracy_m) <= _AT_THE_OBJECT_M:
        return "le50"
    if accuracy_m > _NEAR_THE_OBJECT_M:
        return "unknown"
    return "le500" if metres <= _NEAR_THE_OBJECT_M else "more"


def presence(point: GeoPoint, now: datetime) -> Presence:
    """Whether the fix shows that the tablet was there: measured, not mock, fresh, within 50 m.

    Anything but "present" is a weak fix: it is kept, and a photo or a reason asked for.
    """
    if point.is_mock:
        return "mock"
    if point.provider in {"manual", "exif"}:
        return "unmeasured"
    if not -_MAX_AHEAD <= now - point.fixed_at <= _MAX_AGE:
        return "stale"
    if point.accuracy_m is None or point.accuracy_m > _MAX_ACCURACY_M:
        return "inaccurate"
    return "present"


def placement(here: Degrees, box: Box, tolerance_m: float = 2000) -> Placement:
    """Whether a canonical point lies in the box, give or take the tolerance.

    "swapped": it would, were longitude and latitude the other way round. Such a point is
    refused, never repaired: which source swaps them must be found.
    """
    lon, lat = here
    if _within(lon, lat, box, tolerance_m):
        return "inside"
    return "swapped" if _within(lat, lon, box, tolerance_m) else "outside"


def _within(lon: float, lat: float, box: Box, tolerance_m: float) -> bool:
    spare_lat = tolerance_m / _METRES_PER_DEGREE
    spare_lon = spare_lat / cos(radians((box.min_lat + box.max_lat) / 2))
    return (
        box.min_lon - spare_lon <= lon <= box.max_lon + spare_lon
        and box.min_lat - spare_lat <= lat <= box.max_lat + spare_lat
    )


def _is_shifted(here: Degrees) -> bool:
    (west, south), (east, north) = _SHIFTED_FROM, _SHIFTED_TO
    lon, lat = here
    return west <= lon <= east and south <= lat <= north


def _shift_m(x: float, y: float) -> Degrees:
    """Return the shift in metres east and north; x and y are degrees from 105 E, 35 N."""
    ripple = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    return east, north
