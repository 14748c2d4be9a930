"""Drawn tracks whose answer is known by hand, and what holds for any track."""

import math
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from events.coordinates import Datum, GeoPoint, canonical, converted
from events.patrol_matching import CURRENT, PASSED, VERSIONS, length_m, matched
from events.tracks import (
    MOST_BYTES,
    Hotspot,
    Patrolled,
    Segment,
    TrackPoint,
    UnreadableTrackError,
    patrolled,
    text_of,
    walk_of,
)

EARTH = Geod(ellps="GRS80")
SECOND = 1_000_000
WEST, EAST = (110.45, 21.24), (110.46, 21.24)
STREET = Segment((WEST, EAST))  # 1,038 m from west to east
SPOT = Hotspot(WEST)
SEVEN = 7.0  # seconds between fixes
ON_FOOT = 1.3  # metres a second


def moved(at: tuple[float, float], north: float = 0, east: float = 0) -> tuple[float, float]:
    lon, lat, _ = EARTH.fwd(*at, 0, north)
    return EARTH.fwd(lon, lat, 90, east)[:2]


def walked(
    start: float = 0,
    end: float = 1038,
    *,
    aside: float = 0,
    speed: float = ON_FOOT,
    accuracy: float = 5,
    since: float = 0,
    every: float = SEVEN,
) -> list[TrackPoint]:
    """Along the street from `start` to `end` metres, `aside` metres north of it."""
    steps = math.ceil(abs(end - start) / (speed * every))
    return [
        TrackPoint(
            int((since + turn * every) * SECOND),
            *moved(WEST, aside, start + (end - start) * turn / steps),
            accuracy,
        )
        for turn in range(steps + 1)
    ]


def stood(seconds: Sequence[float], away: float = 20, accuracy: float = 5) -> list[TrackPoint]:
    return [TrackPoint(int(at * SECOND), *moved(WEST, away), accuracy) for at in seconds]


def fraction(track: Sequence[TrackPoint], place: Patrolled = STREET) -> float:
    return matched(place, track).fraction


# ── segments ───────────────────────────────────────────────────────────────────────


def test_the_street_walked_from_end_to_end_is_covered() -> None:
    found = matched(STREET, walked())

    assert found.fraction == 1.0
    assert found.version == CURRENT == "pm-1"


def test_half_a_walk_covers_half_and_the_buffer_ahead() -> None:
    # 519 m walked, and 35 m that the buffer reaches beyond: 554 of 1,038.
    assert fraction(walked(0, 519)) == pytest.approx(554 / 1038, abs=0.002)
    assert fraction(walked(0, 519)) < PASSED


@pytest.mark.parametrize(
    ("aside", "accuracy", "covered"),
    [
        (25, 5, 1.0),  # the buffer is 30 + 5
        (45, 5, 0.0),
        (80, 5, 0.0),
        (25, 40, 1.0),  # 30 + 30 at most
        (45, 40, 1.0),
        (80, 40, 0.0),
        (34.5, 5, 1.0),
        (35.5, 5, 0.0),
        (59.5, 50, 1.0),
        (60.5, 50, 0.0),
    ],
)
def test_a_parallel_street_counts_as_far_as_the_fix_can_be_wrong(
    aside: float, accuracy: float, covered: float
) -> None:
    assert fraction(walked(aside=aside, accuracy=accuracy)) == covered


def test_fixes_worse_than_50_m_say_nothing() -> None:
    assert fraction(walked(accuracy=50)) == 1.0
    assert fraction(walked(accuracy=50.1)) == 0.0


def test_a_zigzag_between_the_pavements_covers_the_street() -> None:
    there = [
        TrackPoint(turn * 8 * SECOND, *moved(WEST, 12 * (-1) ** turn, turn * 9), 8)
        for turn in range(116)
    ]

    assert fraction(there) == 1.0


def test_driving_counts_up_to_30_kilometres_an_hour() -> None:
    assert fraction(walked(speed=29 / 3.6, every=6)) == 1.0
    assert fraction(walked(speed=60 / 3.6, every=6)) == 0.0


def test_back_and_forth_counts_once() -> None:
    back = walked(519, 0, since=600)

    assert fraction([*walked(0, 519), *back]) == fraction(walked(0, 519))


def test_what_lies_in_a_gap_was_not_seen() -> None:
    before, after = walked(0, 300), walked(700, 1038, since=600)

    # 300 + 35 and 338 + 35: the 330 m between are not interpolated.
    assert fraction([*before, *after]) == pytest.approx(708 / 1038, abs=0.002)


def test_a_minute_without_a_fix_is_bridged_and_no_more() -> None:
    assert fraction(walked(0, 480, every=60)) > 0.4
    assert fraction(walked(0, 480, every=61)) == 0.0


def test_a_jump_is_not_taken_as_walked_however_long_it_took() -> None:
    ends = [TrackPoint(0, *WEST, 5), TrackPoint(60 * SECOND, *moved(WEST, 0, 151), 5)]
    near = [ends[0], TrackPoint(60 * SECOND, *moved(WEST, 0, 149), 5)]

    assert fraction(ends) == 0.0
    assert fraction(near) > 0.15


def test_noise_between_close_fixes_is_no_speed() -> None:
    dice = random.Random(7)
    there = [
        one._replace(
            lon=one.lon + dice.gauss(0, 5) / 104_000, lat=one.lat + dice.gauss(0, 5) / 110_750
        )
        for one in walked(every=1)
    ]

    assert fraction(there) >= 0.95


def test_a_fix_within_five_seconds_of_the_last_is_passed_over() -> None:
    def at(second: float, metres: float) -> TrackPoint:
        return TrackPoint(int(second * SECOND), *moved(WEST, 0, metres), 5)

    assert fraction([at(0, 0), at(4.9, 10), at(61, 60)]) == 0.0  # the second would bridge the gap
    assert fraction([at(0, 0), at(5.0, 10), at(61, 60)]) > 0.05


def test_a_street_that_comes_back_on_itself_is_covered_whole() -> None:
    there_and_back = Segment((WEST, EAST, WEST))

    assert fraction(walked(), there_and_back) == 1.0
    assert fraction(walked(0, 519), there_and_back) == pytest.approx(554 / 1038, abs=0.002)


def test_a_bent_street_is_measured_along_its_bends() -> None:
    corner = moved(EAST, 1038)
    bent = Segment((WEST, EAST, corner))

    # Half of it, and 35 m around the corner.
    assert fraction(walked(), bent) == pytest.approx(0.5 + 35 / 2076, abs=0.002)
    assert length_m(bent.line) == pytest.approx(2076, abs=1)


# ── hotspots ───────────────────────────────────────────────────────────────────────


def test_a_stay_of_sixty_seconds_passes_a_hotspot_and_59_do_not() -> None:
    assert fraction(stood((0, 12, 31, 47, 60)), SPOT) == 1.0
    assert fraction(stood((0, 12, 31, 47, 59)), SPOT) == 0.0


def test_a_stay_counts_within_50_metres_only() -> None:
    assert fraction(stood((0, 30, 60), away=49.5), SPOT) == 1.0
    assert fraction(stood((0, 30, 60), away=50.5), SPOT) == 0.0


def test_driving_through_is_no_stay_and_walking_through_is_one() -> None:
    assert fraction(walked(-200, 200, speed=25 / 3.6, every=2), SPOT) == 0.0  # 100 m take 14 s
    assert fraction(walked(-200, 200), SPOT) == 1.0  # and 77 on foot: the rule asks no more


def test_two_half_stays_are_none() -> None:
    away = stood((40,), away=90)

    assert fraction([*stood((0, 35)), *away, *stood((45, 80))], SPOT) == 0.0
    assert fraction(stood((0, 35, 96, 131)), SPOT) == 0.0  # a gap of 61 s


# ── what hostile and broken receivers send ─────────────────────────────────────────


@pytest.mark.parametrize("place", [STREET, SPOT])
@pytest.mark.parametrize(
    "track",
    [
        [],
        [TrackPoint(0, *WEST, 5)],
        [TrackPoint(0, *WEST, 5)] * 50,
        [TrackPoint(0, *moved(WEST, 0, turn), 5) for turn in range(50)],
        [TrackPoint(turn * 7 * SECOND, math.nan, 21.24, 5) for turn in range(50)],
        [TrackPoint(turn * 7 * SECOND, 110.45, math.inf, 5) for turn in range(50)],
        [TrackPoint(turn * 7 * SECOND, *WEST, math.nan) for turn in range(50)],
        [TrackPoint(turn * 7 * SECOND, *WEST, -1) for turn in range(50)],
        [TrackPoint(turn * 7 * SECOND, 21.24, 110.45, 5) for turn in range(50)],
        [TrackPoint(turn * 7 * SECOND, -69.55, -21.24, 5) for turn in range(50)],
        [TrackPoint(turn * 7 * SECOND, 2.35 + turn * 1e-5, 48.85, 5) for turn in range(50)],
        [TrackPoint(turn * 2**80, *WEST, 5) for turn in range(-25, 25)],
    ],
    ids=[
        "empty", "one", "one again and again", "all at once", "no longitude", "no latitude",
        "no accuracy", "negative accuracy", "swapped", "antipode", "Paris", "aeons",
    ],
)  # fmt: skip
def test_what_cannot_have_covered_anything_gives_nothing(
    place: Patrolled, track: list[TrackPoint]
) -> None:
    assert fraction(track, place) == 0.0


@pytest.mark.parametrize("lon", [math.nan, math.inf, -math.inf, 1e308, 500.0])
def test_nowhere_is_never_covered(lon: float) -> None:
    assert fraction(walked(), Hotspot((lon, 21.24))) == 0.0
    assert fraction(walked(), Hotspot((110.45, lon))) == 0.0
    assert fraction(walked(), Segment((WEST, (lon, 21.24)))) == 0.0
    assert fraction(walked(), Segment((WEST, (110.46, lon)))) == 0.0


def test_a_segment_without_length_is_never_covered() -> None:
    assert fraction(walked(), Segment((WEST, WEST))) == 0.0
    assert fraction(walked(), Segment((WEST,))) == 0.0
    assert fraction(walked(), Segment(())) == 0.0


def test_a_hundred_thousand_fixes_are_bounded_work() -> None:
    ten_hz = walked(every=0.1, speed=1038 / 10_000)

    assert len(ten_hz) > 99_000
    assert fraction(ten_hz) == 1.0
    for_a_week = [
        TrackPoint(turn * 6 * SECOND, *(WEST if turn % 2 else EAST), 5) for turn in range(100_000)
    ]
    assert fraction(for_a_week) == 0.0


# ── laws ───────────────────────────────────────────────────────────────────────────

near = st.builds(
    lambda at, east, north, accuracy: TrackPoint(
        at * SECOND // 10, *moved(WEST, north, east), accuracy
    ),
    st.integers(0, 9_000),
    st.floats(-200, 1300),
    st.floats(-90, 90),
    st.floats(0, 60),
)
strides = st.lists(
    st.tuples(st.floats(1, 80), st.floats(-60, 90), st.floats(-25, 25), st.floats(0, 60)),
    max_size=40,
)
ambles = st.lists(  # never near 30 km/h, 150 m or the edge of a buffer
    st.tuples(st.floats(10, 55), st.floats(-50, 60), st.floats(-25, 25), st.floats(0, 49)),
    max_size=40,
)
places = st.sampled_from([STREET, Segment((WEST, EAST, moved(EAST, 400))), SPOT])


def strolled(steps: list[tuple[float, float, float, float]]) -> list[TrackPoint]:
    at, east, found = 0.0, 0.0, []
    for seconds, further, aside, accuracy in steps:
        at, east = at + seconds, east + further
        found.append(TrackPoint(int(at * SECOND), *moved(WEST, aside, east), accuracy))
    return found


@given(places, st.lists(near, max_size=40))
def test_a_fraction_lies_between_none_and_all(place: Patrolled, track: list[TrackPoint]) -> None:
    assert 0.0 <= fraction(track, place) <= 1.0


@given(places, strides)
def test_walking_on_never_covers_less(
    place: Patrolled, steps: list[tuple[float, float, float, float]]
) -> None:
    track = strolled(steps)
    covered = [fraction(track[:upto], place) for upto in range(0, len(track) + 1, 5)]

    # One unit of the last decimal: GEOS joins other buffers each time.
    assert all(later >= before - 0.001 for before, later in pairwise(covered))


@given(places, strides, st.randoms())
def test_the_order_in_which_points_came_does_not_matter(
    place: Patrolled, steps: list[tuple[float, float, float, float]], dice: random.Random
) -> None:
    track = strolled(steps)

    assert fraction(dice.sample(track, len(track)), place) == fraction(track, place)


@given(ambles, st.sampled_from(["GCJ02", "BD09"]))
def test_a_map_s_shift_there_and_back_changes_two_thousandths_at_most(
    steps: list[tuple[float, float, float, float]], datum: Datum
) -> None:
    track = strolled(steps)
    when = datetime(2026, 3, 2, tzinfo=UTC)
    shifted = []
    for one in track:
        point = GeoPoint(lon=one.lon, lat=one.lat, datum="WGS84", accuracy_m=5, fixed_at=when)
        lon, lat = canonical(converted(point, datum))
        shifted.append(one._replace(lon=lon, lat=lat))

    assert fraction(shifted) == pytest.approx(fraction(track), abs=0.002)


# ── versions, places and the sealed text ───────────────────────────────────────────


def test_the_version_in_force_is_one_of_those_that_stay_runnable() -> None:
    assert CURRENT in VERSIONS
    assert VERSIONS["pm-1"](STREET, walked(0, 519)) == fraction(walked(0, 519))


def test_pm_1_gives_what_it_always_gave() -> None:
    dice = random.Random("pm-1")
    track = [
        one._replace(lon=one.lon + dice.gauss(0, 1e-4), lat=one.lat + dice.gauss(0, 1e-4))
        for one in walked(100, 800, accuracy=9)
    ]

    assert VERSIONS["pm-1"](STREET, track) == pytest.approx(0.748, abs=0.002)


def test_the_register_says_what_is_to_be_walked() -> None:
    line = [list(WEST), list(EAST)]

    assert patrolled("street_segment", {"line": line}, None) == STREET
    assert patrolled("hotspot", {}, WEST) == SPOT


@pytest.mark.parametrize(
    "line",
    [
        None, [], "line", [list(WEST)], [list(WEST), list(WEST)], [[110.45], [110.46]],
        [[110.45, 21.24], [math.nan, 21.24]], [[110.45, 21.24], [111.45, 21.24]],
        [[21.24, 110.45], [21.25, 110.45]], [list(WEST), list(EAST)] * 300,
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_measured_is_none(line: object) -> None:
    assert patrolled("street_segment", {"line": line}, WEST) is None
    assert patrolled("charity", {"line": [list(WEST), list(EAST)]}, WEST) is None
    assert patrolled("hotspot", {}, None) is None
    assert patrolled("hotspot", {}, (math.nan, 21.0)) is None


def test_the_sealed_text_gives_back_what_was_matched() -> None:
    track = walked(0, 519, accuracy=6.5)
    held = walk_of(text_of(STREET, track))

    assert held.place == STREET
    assert len(held.points) == len(track)
    assert all(
        abs(one.at - other.at) < SECOND and abs(one.lon - other.lon) < 1e-6
        for one, other in zip(held.points, track, strict=True)
    )
    assert walk_of(text_of(held.place, held.points)) == held


def test_a_track_too_long_for_a_part_is_thinned_not_cut() -> None:
    long = [
        one._replace(at=turn * 8 * SECOND)
        for turn, one in enumerate(walked(every=0.1, speed=1038 / 800))
    ]
    text = text_of(STREET, long)

    assert len(long) > 7_000
    assert len(text) <= MOST_BYTES
    assert walk_of(text).points[-1].at > long[-9].at


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{}", b"[]", b"null", b'{"place":{"type":"segment","line":[]},"at":[1]}',
        b'{"place":{"type":"moon","at":[1,2]}}',
        b'{"place":{"type":"hotspot","at":[1,200]}}',
        b'{"place":{"type":"segment","line":[[110.45,21.24],[110.45,21.24]]}}',
        b'{"place":{"type":"segment","line":[[110,21],[111,21]]}}',
        b'{"place":{"type":"hotspot","at":[1,2]},"at":[99999999999999999999],"lon":[1],"lat":[1],"accuracy":[1]}',
    ],
)  # fmt: skip
def test_what_is_no_track_is_refused(text: bytes) -> None:
    with pytest.raises(UnreadableTrackError):
        walk_of(text)


# ── what it costs those who do not match ───────────────────────────────────────────


@pytest.mark.parametrize(
    "module", ["events.command", "backend.commands", "mobile.commands", "mobile.desk"]
)
def test_nobody_waits_for_proj_and_geos_before_they_measure(module: str) -> None:
    loaded = "[one for one in ('pyproj', 'shapely', 'numpy') if one in sys.modules]"
    asked = f"import sys, {module}; print({loaded})"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
