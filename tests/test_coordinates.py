"""Positions: shifts, distances, and what a fix proves."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.coordinates import (
    Box,
    Datum,
    GeoPoint,
    Provider,
    bd09_to_gcj02,
    canonical,
    converted,
    distance_band,
    distance_m,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    placement,
    presence,
    wgs84_to_gcj02,
)

NOON = datetime(2026, 5, 4, 4, tzinfo=UTC)
DISTRICT = json.loads((files("events") / "data" / "geography.json").read_text(encoding="utf-8"))
BOX = msgspec.convert(DISTRICT["district"]["bbox"], Box)
IN_THE_DISTRICT = st.tuples(
    st.floats(BOX.min_lon, BOX.max_lon), st.floats(BOX.min_lat, BOX.max_lat)
)
TWENTY_POINTS = [
    (
        BOX.min_lon + (BOX.max_lon - BOX.min_lon) * east / 4,
        BOX.min_lat + (BOX.max_lat - BOX.min_lat) * north / 3,
    )
    for east in range(5)
    for north in range(4)
]


def fix(
    lon: float = 110.45,
    lat: float = 21.25,
    datum: Datum = "WGS84",
    *,
    accuracy_m: float | None = 8.0,
    provider: Provider = "gnss",
    is_mock: bool = False,
) -> GeoPoint:
    return GeoPoint(
        lon=lon,
        lat=lat,
        datum=datum,
        accuracy_m=accuracy_m,
        fixed_at=NOON,
        provider=provider,
        is_mock=is_mock,
    )


def test_the_shift_in_the_district_is_the_published_one() -> None:
    lon, lat = wgs84_to_gcj02((110.45, 21.25))

    assert lon - 110.45 == pytest.approx(0.004508, abs=1e-6)
    assert lat - 21.25 == pytest.approx(-0.002396, abs=1e-6)


def test_the_shift_is_540_metres() -> None:
    here = (110.45, 21.25)
    there = wgs84_to_gcj02(here)

    assert distance_m(here, there) == pytest.approx(540, abs=3)
    assert distance_m(here, (there[0], here[1])) == pytest.approx(468, abs=3)
    assert distance_m(here, (here[0], there[1])) == pytest.approx(265, abs=3)


def test_baidu_shifts_once_more() -> None:
    lon, lat = gcj02_to_bd09((110.45, 21.25))

    assert lon - 110.45 == pytest.approx(0.0065, abs=1e-3)
    assert lat - 21.25 == pytest.approx(0.006, abs=1e-3)


@pytest.mark.parametrize("here", TWENTY_POINTS)
def test_there_and_back_again_ends_within_a_metre(here: tuple[float, float]) -> None:
    assert distance_m(gcj02_to_wgs84(wgs84_to_gcj02(here)), here) < 1


@given(IN_THE_DISTRICT)
def test_every_inverse_ends_within_a_millimetre(here: tuple[float, float]) -> None:
    assert distance_m(gcj02_to_wgs84(wgs84_to_gcj02(here)), here) < 0.001
    assert distance_m(bd09_to_gcj02(gcj02_to_bd09(here)), here) < 0.001


@pytest.mark.parametrize("abroad", [(2.35, 48.86), (139.7, 35.7), (110.0, -8.0)])
def test_outside_china_nothing_is_shifted(abroad: tuple[float, float]) -> None:
    assert wgs84_to_gcj02(abroad) == abroad
    assert gcj02_to_wgs84(abroad) == abroad


def test_what_an_index_is_fed_is_never_a_shifted_point() -> None:
    for datum in ("GCJ02", "BD09"):
        shifted = converted(fix(), datum)
        assert (shifted.lon, shifted.lat) != (110.45, 21.25)
        assert distance_m(canonical(shifted), (110.45, 21.25)) < 0.5


def test_the_two_geodetic_datums_count_as_one() -> None:
    assert canonical(fix(datum="CGCS2000")) == canonical(fix(datum="WGS84")) == (110.45, 21.25)


def test_the_canonical_order_is_longitude_first_with_six_decimals() -> None:
    assert canonical(fix(110.123456789, 21.123456789)) == (110.123457, 21.123457)


def test_a_conversion_leaves_the_measured_point_alone() -> None:
    measured = fix()

    shifted = converted(measured, "GCJ02")

    assert measured == fix()
    assert (shifted.datum, shifted.accuracy_m) == ("GCJ02", 8.0)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ((110.0, 21.0), (110.0, 22.0), 111_195),
        ((110.0, 0.0), (111.0, 0.0), 111_195),
        ((110.0, 60.0), (111.0, 60.0), 55_597),
        ((0.0, 0.0), (180.0, 0.0), 20_015_115),
        ((110.45, 21.25), (110.45, 21.25), 0),
    ],
)
def test_distance_is_that_on_the_mean_sphere(
    one: tuple[float, float], other: tuple[float, float], metres: float
) -> None:
    assert distance_m(one, other) == pytest.approx(metres, rel=1e-4)
    assert distance_m(other, one) == distance_m(one, other)


@pytest.mark.parametrize(
    ("metres", "accuracy_m", "band"),
    [
        (50.0, 50.0, "le50"),
        (50.1, 5.0, "le500"),
        (20.0, 100.0, "le500"),
        (500.0, 5.0, "le500"),
        (500.1, 5.0, "more"),
        (20.0, 501.0, "unknown"),
        (None, 5.0, "unknown"),
        (20.0, None, "unknown"),
        (float("nan"), 5.0, "unknown"),
    ],
)
def test_a_band_is_claimed_only_by_a_fix_that_good(
    metres: float | None, accuracy_m: float | None, band: str
) -> None:
    assert distance_band(metres, accuracy_m) == band


@pytest.mark.parametrize(
    ("point", "verdict"),
    [
        (fix(), "present"),
        (fix(accuracy_m=50.0), "present"),
        (fix(accuracy_m=50.1), "inaccurate"),
        (fix(accuracy_m=None), "inaccurate"),
        (fix(is_mock=True), "mock"),
        (fix(provider="manual"), "unmeasured"),
        (fix(provider="exif"), "unmeasured"),
        (fix(provider="manual", is_mock=True), "mock"),
    ],
)
def test_presence_needs_a_measured_accurate_fix(point: GeoPoint, verdict: str) -> None:
    assert presence(point, NOON) == verdict


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(0, "present"), (60, "present"), (61, "stale"), (-5, "present"), (-6, "stale")],
)
def test_presence_needs_a_fresh_fix(seconds: int, verdict: str) -> None:
    assert presence(fix(), NOON + timedelta(seconds=seconds)) == verdict


@pytest.mark.parametrize("township", DISTRICT["townships"], ids=lambda it: it["name_zh"])
def test_every_township_lies_in_the_district(township: dict[str, float]) -> None:
    assert placement((township["lon"], township["lat"]), BOX) == "inside"


@given(IN_THE_DISTRICT)
def test_swapped_longitude_and_latitude_are_refused(here: tuple[float, float]) -> None:
    lon, lat = here

    assert placement((lon, lat), BOX) == "inside"
    assert placement((lat, lon), BOX) == "swapped"


@pytest.mark.parametrize(
    ("metres_north", "where"), [(1990, "inside"), (2010, "outside")], ids=["within", "beyond"]
)
def test_the_district_reaches_two_kilometres_beyond_its_box(
    metres_north: float, where: str
) -> None:
    assert placement((110.5, BOX.max_lat + metres_north / 111_195), BOX) == where
    degrees_east = metres_north / 111_195 / 0.9311  # the cosine of the district's latitude
    assert placement((BOX.max_lon + degrees_east, 21.27), BOX) == where


def test_a_shifted_point_is_another_place() -> None:
    there = wgs84_to_gcj02((110.45, 21.25))

    assert distance_band(distance_m((110.45, 21.25), there), 5.0) == "more"


def test_a_latitude_above_the_pole_is_no_position() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(
            {"lon": 21.25, "lat": 110.45, "datum": "WGS84", "accuracy_m": 5, "fixed_at": NOON},
            GeoPoint,
        )


def test_a_position_without_its_datum_or_zone_is_refused() -> None:
    whole = json.loads(msgspec.json.encode(fix()))

    for change in ({"datum": None}, {"datum": "NAD27"}, {"fixed_at": "2026-05-04T04:00:00"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(whole | change, GeoPoint)
