"""Streets of the demo and the patrols that its tablets walk: plausible, and alike each time."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from msgspec import json, structs

from backend.demo.district import district
from backend.demo.year import Inspection, year
from events.coordinates import distance_m
from events.inspections import SegmentCovered
from events.patrol_matching import PASSED, VERSIONS, length_m
from events.tracks import Hotspot, Segment, patrolled, walk_of
from mobile.simulated import Inspect
from mobile.strolling import EVERY, stroll
from tests.tablets import ASSISTANT, LEAD, MORNING, PLACES
from tests.test_simulated import entries, facts, log_of, played

LINE = ((110.45, 21.24), (110.452, 21.2415), (110.454, 21.241))
PLACE = structs.replace(PLACES["street_patrol"], fields={"line": [list(one) for one in LINE]})


def patrol(part: float | None, *faults: str) -> Inspect:
    return Inspect(
        at=MORNING, kind="street_patrol", object=PLACE.object, place=PLACE, faults=faults,
        officers=(LEAD, ASSISTANT), answers={"SP-06": "full"}, stroll=part,
    )  # fmt: skip


# ── the tablet ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("part", "least", "most"), [(1.0, 0.95, 1.0), (0.5, 0.45, 0.65), (0.1, 0.05, 0.3)]
)
def test_what_is_walked_is_what_matching_finds(
    tmp_path: Path, part: float, least: float, most: float
) -> None:
    simulated = played(tmp_path / "t", patrol(part))

    (fact,) = facts(simulated, SegmentCovered)
    assert fact.walked == "full"
    assert least <= fact.fraction <= most
    assert simulated._folder
    assert not list(simulated._folder.tracks.iterdir())


def test_who_drives_too_fast_covers_nothing(tmp_path: Path) -> None:
    (fact,) = facts(played(tmp_path / "t", patrol(1.0, "drove")), SegmentCovered)

    assert fact.fraction == 0.0
    assert fact.matching == "pm-1"


def test_without_a_receiver_nothing_is_measured(tmp_path: Path) -> None:
    (fact,) = facts(played(tmp_path / "t", patrol(None)), SegmentCovered)

    assert (fact.fraction, fact.sealed) == (None, ())


def test_a_wrong_clock_does_not_spoil_the_track(tmp_path: Path) -> None:
    (fact,) = facts(played(tmp_path / "t", patrol(1.0, "clock_jump")), SegmentCovered)

    assert fact.fraction >= PASSED


def test_the_same_seed_walks_the_same_way(tmp_path: Path) -> None:
    one, two, other = (
        played(tmp_path / name, patrol(1.0), seed=seed)
        for name, seed in (("one", 1), ("two", 1), ("other", 2))
    )

    assert [entry.raw for entry in entries(one)] == [entry.raw for entry in entries(two)]
    tracks = [
        logged.texts for simulated in (one, other) for logged in log_of(simulated).read()
        if isinstance(logged.fact, SegmentCovered)
    ]  # fmt: skip
    assert tracks[0] != tracks[1]


def test_what_is_sealed_gives_what_is_said(tmp_path: Path) -> None:
    simulated = played(tmp_path / "t", patrol(0.7))

    for logged in log_of(simulated).read():
        if isinstance(logged.fact, SegmentCovered):
            text = logged.text("track")
            assert text is not None
            walk = walk_of(text)
            assert walk.place == Segment(LINE)
            assert VERSIONS["pm-1"](walk.place, walk.points) == logged.fact.fraction


def test_a_stroll_takes_the_time_it_takes() -> None:
    fixes = list(stroll(Segment(LINE), Random(1), 1.0, MORNING))
    times = [one.fixed_at.timestamp() for one in fixes]

    assert all(later - before == EVERY / 1e6 for before, later in pairwise(times))
    assert 1.0 < length_m(LINE) / (times[-1] - times[0]) < 1.7


def test_at_a_hotspot_somebody_stays_or_only_looks_from_the_corner() -> None:
    spot = Hotspot(LINE[0])
    stayed, looked = (list(stroll(spot, Random(1), part, MORNING)) for part in (0.5, 0.1))

    assert sum(distance_m((one.lon, one.lat), spot.at) <= 50 for one in stayed) * 5 > 150
    assert all(distance_m((one.lon, one.lat), spot.at) > 50 for one in looked)


# ── the district and its year ──────────────────────────────────────────────────────


def test_every_street_and_hotspot_of_the_demo_can_be_measured() -> None:
    listed = [one.fact for one in district(1, 1.0).objects]
    streets = [one for one in listed if one.object_type == "street_segment"]
    spots = [one for one in listed if one.object_type == "hotspot"]

    assert len(streets) == 120
    assert len(spots) == 30
    for one in (*streets, *spots):
        assert one.lon is not None
        assert one.lat is not None
        place = patrolled(one.object_type, one.attributes, (one.lon, one.lat))
        assert place is not None
        if isinstance(place, Segment):
            assert one.attributes["length_m"] == round(length_m(place.line))
            assert 195 <= one.attributes["length_m"] <= 1_805
            assert place.line[0] == (one.lon, one.lat)
        assert len(json.encode(one)) < 600


def test_what_officers_say_mostly_agrees_with_what_they_walk_and_not_always() -> None:
    plan = year(district(1, 1.0), [f"{'a' * 25}{letter}" for letter in "aeimquy4"], 1, 1.0)
    patrols = [
        one for own in plan.tablets for one in own
        if isinstance(one, Inspection) and one.kind == "street_patrol"
    ]  # fmt: skip
    found = Counter(
        (one.answers["SP-06"], "none" if one.stroll is None else one.stroll >= PASSED)
        for one in patrols
    )

    agreeing = found["full", True] + found["part", False] + found["blocked", False]
    assert 0.85 * len(patrols) < agreeing < 0.97 * len(patrols)
    assert found["full", False]
    assert found["part", True]
    assert found["full", "none"]
    assert any("drove" in one.faults for one in patrols)
    assert all(one.stroll is None for own in plan.tablets for one in own
               if isinstance(one, Inspection) and one.kind != "street_patrol")  # fmt: skip
