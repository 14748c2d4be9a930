"""A patrol's track on the tablet: kept while the form is open, sealed with its completion."""

import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import Raw, json, structs
from pyproj import Geod

from events.answers import Slot
from events.coordinates import Degrees, GeoPoint, wgs84_to_gcj02
from events.errors import StorageError
from events.facts import SealedPart, Visit
from events.inspections import CorrectionRecorded, InspectionCompleted, SegmentCovered
from events.patrol_matching import PASSED, VERSIONS, matched
from events.pull import Document
from events.tracks import Hotspot, Segment, TrackPoint, walk_of
from mobile import words
from mobile.desk import Desk, Machine
from mobile.fakes import FakeCamera, FakeGps
from mobile.inspection import Inspection
from mobile.tablet_folder import TabletFolder
from mobile.track import MOST_POINTS, Track, measured, to_cover
from tests.screen_driver import Driver, catalogues, part, speak
from tests.tablets import (
    ASSISTANT,
    LEAD,
    MORNING,
    PIN,
    PLACES,
    QUICK,
    SECOND,
    STREET,
    Bench,
    bench,
    on_duty,
)

WEST, EAST = (110.45, 21.24), (110.456, 21.24)  # 623 m
LINE = Segment((WEST, EAST))
EARTH = Geod(ellps="GRS80")
ON_THE_STREET = structs.replace(
    PLACES["street_patrol"], fields={"line": [list(WEST), list(EAST)]}, at=WEST
)


def fix(at: Degrees, seconds: float, **more: object) -> GeoPoint:
    lon, lat = at
    told: dict[str, Any] = {"lon": lon, "lat": lat, "datum": "WGS84", "accuracy_m": 6.0, **more}
    when = datetime.fromtimestamp(MORNING / SECOND + seconds, UTC)
    return GeoPoint(fixed_at=when, **told)


def fixes(metres: float = 623, every: float = 5, speed: float = 1.3) -> Iterator[GeoPoint]:
    """Once in `every` seconds, walking east from the western end."""
    for turn in range(int(metres / (speed * every)) + 2):
        gone = min(metres, turn * every * speed)
        yield fix(EARTH.fwd(*WEST, 90, gone)[:2], turn * every)


def walked(track: Track, metres: float = 623) -> Track:
    for one in fixes(metres):
        track.take(one)
    return track


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tracks" / "patrol"


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path / "tablet") as found:
        yield found


# ── what is kept ───────────────────────────────────────────────────────────────────


def test_a_fix_is_kept_every_ten_seconds_or_ten_metres(file: Path) -> None:
    slow, fast = Track(file, LINE), Track(file.with_name("other"), LINE)
    for second in range(61):
        slow.take(fix(EARTH.fwd(*WEST, 90, second * 0.2)[:2], second))
        fast.take(fix(EARTH.fwd(*WEST, 90, second * 4)[:2], second))

    assert [(one.at - MORNING) // SECOND for one in slow.points] == [1, 11, 21, 31, 41, 51]
    assert [(one.at - MORNING) // SECOND for one in fast.points][:4] == [1, 6, 11, 16]


def test_where_we_were_before_the_form_was_opened_is_not_kept(file: Path) -> None:
    track = Track(file, LINE)
    old = fix((110.3, 21.1), -3600)

    track.take(old)
    track.take(old)
    track.take(fix(WEST, 1))

    assert [one.at for one in track.points] == [MORNING + SECOND]


@pytest.mark.parametrize(
    "what",
    [
        {"is_mock": True}, {"provider": "manual"}, {"accuracy_m": 51.0}, {"accuracy_m": None},
        {"accuracy_m": math.nan}, {"lon": math.nan}, {"lat": math.inf}, {"lat": 110.45},
    ],
)  # fmt: skip
def test_what_proves_no_presence_is_not_kept(file: Path, what: dict[str, Any]) -> None:
    track = Track(file, LINE)
    for second in range(60):
        track.take(fix(WEST, second, **what))
        track.take(None)

    assert not track.points
    assert not file.exists()


def test_points_are_kept_in_the_datum_of_the_register(file: Path) -> None:
    track = Track(file, LINE)
    for second in (0, 20):
        track.take(fix(wgs84_to_gcj02(WEST), second, datum="GCJ02"))

    (point,) = track.points
    assert EARTH.inv(point.lon, point.lat, *WEST)[2] < 0.2


def test_a_clock_set_back_does_not_end_the_track(file: Path) -> None:
    track = Track(file, LINE)
    for second in (0, 100_000, 20, 40):
        track.take(fix(WEST, second))

    assert [(one.at - MORNING) // SECOND for one in track.points] == [100_000, 20, 40]


def test_a_track_is_bounded(file: Path) -> None:
    track = Track(file, LINE)
    for turn in range(MOST_POINTS + 50):
        track.take(fix(WEST, turn * 10))

    assert len(track.points) == MOST_POINTS
    assert file.stat().st_size == MOST_POINTS * 18


def test_the_file_is_for_its_user_alone_and_gone_when_forgotten(file: Path) -> None:
    track = walked(Track(file, LINE))

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    track.forget()
    track.forget()
    assert not file.exists()


def test_a_disk_that_refuses_is_said(file: Path) -> None:
    file.parent.write_text("no folder")

    with pytest.raises(StorageError):
        walked(Track(file.parent / "patrol", LINE))


def test_a_record_cut_short_is_taken_off_and_the_rest_stands(file: Path) -> None:
    before = walked(Track(file, LINE)).points
    with file.open("ab") as torn:
        torn.write(b"cut sho")

    again = Track(file, LINE)

    assert list(again.points) == list(before)
    again.take(fix(EAST, 5000))
    again.take(fix(EAST, 5020))
    assert [one.at for one in Track(file, LINE).points[len(before) :]] == [MORNING + 5020 * SECOND]


def test_a_track_survives_the_kill_of_the_program(tmp_path: Path) -> None:
    walk = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from mobile.track import Track\n"
        "from tests.test_track import LINE, walked\n"
        f"print(len(walked(Track(Path({str(tmp_path / 'patrol')!r}), LINE)).points), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", walk], capture_output=True, text=True, check=False,
        env={**os.environ, "KIVY_NO_ARGS": "1"},
    )  # fmt: skip

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    found = Track(tmp_path / "patrol", LINE)
    assert len(found.points) == int(killed.stdout.split()[-1]) > 40
    assert found.fraction() == 1.0


def test_how_much_is_covered_grows_while_walking(file: Path) -> None:
    track = Track(file, LINE)
    seen = []
    for one in fixes():
        track.take(one)
        seen.append(track.fraction() or 0.0)

    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] > PASSED


# ── what completion says ───────────────────────────────────────────────────────────


def completed(tablet: Bench, metres: float = 623, word: str = "full") -> Inspection:
    begun = tablet.start("street_patrol", place=ON_THE_STREET)
    tablet.fill(begun, SP_06=word)
    track = walked(Track(tablet.folder.tracks / begun.id, LINE), metres)
    begun.complete(points=track.points)
    return begun


def covered(tablet: Bench) -> list[tuple[SegmentCovered, tuple[bytes | None, ...]]]:
    found = tablet.logged()
    return [(one.fact, one.texts) for one in found if isinstance(one.fact, SegmentCovered)]


def test_a_walked_segment_says_how_much_and_seals_the_track(tablet: Bench) -> None:
    begun = completed(tablet, 300)

    ((fact, (text,)),) = covered(tablet)
    assert text is not None
    assert fact.sealed == (SealedPart("track", begun.id),)
    assert fact.matching == "pm-1"
    assert fact.fraction == pytest.approx(336 / 623, abs=0.01)
    assert fact.walked == "full"  # the officer's own word stays
    walk = walk_of(text)
    assert walk.place == LINE
    assert VERSIONS[fact.matching](walk.place, walk.points) == fact.fraction


def test_a_track_too_long_is_judged_by_what_was_sealed_of_it() -> None:
    there_and_back = [EARTH.fwd(*WEST, 90, abs(turn % 14 - 7) * 89)[:2] for turn in range(8_000)]
    driven = [
        TrackPoint(MORNING + turn * 12 * SECOND, *at, 6.0) for turn, at in enumerate(there_and_back)
    ]
    visit = Visit(
        inspection=STREET, kind="street_patrol", nature="service", object=STREET,
        object_type="street_segment", domain="social_assistance", township="440804001",
        started_on=date(2026, 3, 2),
    )  # fmt: skip
    said = SegmentCovered(visit=visit, segment=STREET, walked="full")

    fact, (text,) = measured(said, LINE, driven)

    assert matched(LINE, driven).fraction == 1.0
    assert len(walk_of(text).points) < len(driven)
    assert fact.fraction == matched(LINE, walk_of(text).points).fraction < 1.0


def test_a_tablet_built_without_what_measures_seals_the_track_alone(
    tablet: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shapely", None)

    begun = completed(tablet)

    ((fact, (text,)),) = covered(tablet)
    assert (fact.fraction, fact.matching) == (None, None)
    assert fact.sealed == (SealedPart("track", begun.id),)
    assert text is not None
    assert len(walk_of(text).points) > 20


def test_nothing_of_the_track_stands_in_clear(tablet: Bench) -> None:
    completed(tablet)

    ((fact, _texts),) = covered(tablet)
    assert b"110.4" not in json.encode(fact)


@pytest.mark.parametrize("what", ["no track", "no line"])
def test_without_a_track_or_a_line_nothing_is_measured(tablet: Bench, what: str) -> None:
    place = PLACES["street_patrol"] if what == "no line" else ON_THE_STREET
    begun = tablet.start("street_patrol", place=place)
    tablet.fill(begun)
    track = walked(Track(tablet.folder.tracks / begun.id, LINE))
    begun.complete(points=() if what == "no track" else track.points)

    ((fact, texts),) = covered(tablet)
    assert (fact.fraction, fact.matching, fact.sealed, texts) == (None, None, (), ())


def test_only_a_patrol_is_followed() -> None:
    spot = structs.replace(ON_THE_STREET, object_type="hotspot", fields={})

    assert to_cover(ON_THE_STREET, "service") == LINE
    assert to_cover(spot, "service") == Hotspot(WEST)
    assert to_cover(ON_THE_STREET, "administrative") is None
    assert to_cover(PLACES["low_income_recheck"], "eligibility") is None


def test_a_correction_changes_the_word_and_keeps_the_track(tablet: Bench) -> None:
    begun = completed(tablet, 300)
    ((before, texts),) = covered(tablet)

    begun.correct(Slot("SP-06"), "part", "wrong_entry")

    corrections = [one for one in tablet.logged() if isinstance(one.fact, CorrectionRecorded)]
    (told,) = [one for one in corrections if one.fact.tag.startswith("segment")]  # type: ignore[union-attr]
    after = json.decode(told.fact.fact, type=dict)  # type: ignore[union-attr]
    assert (after["walked"], after["fraction"]) == ("part", before.fraction)
    assert told.texts == texts


def test_a_correction_of_something_else_says_nothing_of_the_segment(tablet: Bench) -> None:
    begun = completed(tablet)

    begun.correct(Slot("SP-01"), ["joint"], "wrong_entry")

    tags = [one.fact.tag for one in tablet.logged() if isinstance(one.fact, CorrectionRecorded)]
    assert tags
    assert not [tag for tag in tags if tag.startswith("segment")]


# ── the tablet in use ──────────────────────────────────────────────────────────────


class Patrol:
    """A desk on which the patrol of a street lies, and a receiver that can be moved."""

    def __init__(self, found: Bench) -> None:
        street = {
            "object": STREET, "object_type": "street_segment", "domain": "social_assistance",
            "township": "440804001", "name": "海景路3段", "lon": WEST[0], "lat": WEST[1],
            "attributes": {"line": [WEST, EAST]}, "active": [[None, None]],
        }  # fmt: skip
        work = {
            "assignment": LEAD, "object": STREET, "object_type": "street_segment",
            "kind": "street_patrol", "domain": "social_assistance", "township": "440804001",
            "due_on": "2026-03-02", "officers": [LEAD, ASSISTANT],
        }  # fmt: skip
        found.folder.reference.take(
            [
                Document("objects", STREET, 1, Raw(json.encode(street))),
                Document("assignments", LEAD, 1, Raw(json.encode(work))),
            ]
        )
        self.bench = found
        self.gps = FakeGps()
        self.desk = Desk(found.folder, found.log, Machine(self.gps, FakeCamera()), QUICK)
        on_duty(self.desk, LEAD)

    def begin(self) -> Inspection:
        (row,) = self.desk.today_state().rows
        self.desk.start(row.work)
        assert self.desk.inspection
        return self.desk.inspection

    def walk(self, metres: float = 623) -> None:
        for one in fixes(metres):
            self.gps.point = one
            self.desk.beat()

    def words(self) -> str:
        state = self.desk.inspection_state()
        assert state
        return state.track


@pytest.fixture
def patrol(tablet: Bench) -> Patrol:
    return Patrol(tablet)


def test_the_screen_says_how_far_the_patrol_is(patrol: Patrol) -> None:
    patrol.begin()
    seen = [patrol.words()]
    patrol.walk(300)
    seen.append(patrol.words())

    assert seen[0] == "Recording the track: no position yet"
    percent = int(seen[1].removeprefix("Recording the track: ").removesuffix(" % covered"))
    assert 45 <= percent <= 56
    patrol.walk()
    assert patrol.words() == "Recording the track: 100 % covered"


def test_the_screen_says_it_in_chinese(patrol: Patrol) -> None:
    words.use("zh", catalogues())
    try:
        patrol.begin()
        assert patrol.words() == "正在记录轨迹：尚未定位"
        patrol.walk()
        assert patrol.words() == "正在记录轨迹：已覆盖 100%"
    finally:
        words.use("en", catalogues())


def test_the_screen_says_no_figure_where_none_can_be_had(
    patrol: Patrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shapely", None)
    patrol.begin()
    patrol.walk()

    assert patrol.words() == "Recording the track"


def test_the_words_stand_in_the_head_of_the_form(patrol: Patrol) -> None:
    from mobile.screens.shell import Shell
    from mobile.screens.widgets import Text

    speak("en")
    patrol.begin()
    patrol.walk()
    shell = Shell()
    driver = Driver(shell)
    try:
        shell.go("inspection")
        shell.show("inspection", patrol.desk.inspection_state())
        driver.pump(4)
        assert part(driver.root, Text, text="Recording the track: 100 % covered")
    finally:
        driver.close()


def test_completion_seals_the_track_and_deletes_its_file(patrol: Patrol) -> None:
    begun = patrol.begin()
    patrol.walk()
    patrol.bench.fill(begun)
    file = patrol.bench.folder.tracks / begun.id
    assert file.exists()

    patrol.desk.complete()

    ((fact, _texts),) = covered(patrol.bench)
    assert fact.fraction == 1.0
    assert not file.exists()
    assert patrol.desk.track is None


def test_who_leaves_the_form_is_not_followed_and_goes_on_where_they_were(patrol: Patrol) -> None:
    begun = patrol.begin()
    patrol.walk(300)
    kept = len(patrol.desk.track.points) if patrol.desk.track else 0
    patrol.desk.leave()
    patrol.walk()

    patrol.desk.open(begun.id)

    assert patrol.desk.track
    assert len(patrol.desk.track.points) == kept > 20


def test_a_tablet_that_starts_again_goes_on_with_open_patrols_and_sweeps_the_rest(
    patrol: Patrol,
) -> None:
    begun = patrol.begin()
    patrol.walk(300)
    folder: TabletFolder = patrol.bench.folder
    (folder.tracks / "left-behind").write_bytes(b"x")

    again = Desk(folder, patrol.bench.log, Machine(FakeGps(), FakeCamera()), QUICK)
    again.duty.enter(LEAD, PIN)

    assert [one.name for one in folder.tracks.iterdir()] == [begun.id]
    again.open(begun.id)
    assert again.track
    assert len(again.track.points) > 20


def test_a_full_disk_is_said_and_the_patrol_goes_on(patrol: Patrol) -> None:
    begun = patrol.begin()
    (patrol.bench.folder.tracks).write_text("no folder")
    patrol.walk(100)

    assert patrol.words() == "The track cannot be stored"
    patrol.bench.fill(begun)
    patrol.desk.complete()
    assert [one for one in patrol.bench.facts() if isinstance(one, InspectionCompleted)]


def test_a_tablet_without_a_receiver_says_nothing_of_tracks(tablet: Bench) -> None:
    patrol = Patrol(tablet)
    patrol.gps = FakeGps(reception="off")
    patrol.desk = Desk(tablet.folder, tablet.log, Machine(patrol.gps, FakeCamera()), QUICK)
    patrol.desk.duty.enter(LEAD, PIN)
    patrol.begin()
    patrol.desk.beat()

    assert patrol.words() == ""


def test_a_hotspot_asks_for_a_minute(tablet: Bench, file: Path) -> None:
    from mobile.form_view import track_words

    track = Track(file, Hotspot(WEST))
    dice = Random(1)
    said = []
    for second in range(0, 90, 10):
        track.take(fix(EARTH.fwd(*WEST, dice.random() * 360, 10)[:2], second))
        said.append(track_words(track))

    assert said[1] == "Recording the track: not a minute here yet"
    assert said[-1] == "Recording the track: stayed a minute"
