"""Tracks of a shift: who may open them, what for, and what is shown of them."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from time import monotonic
from typing import Any

import pytest
from httpx import Client, Response
from msgspec import structs
from playwright.sync_api import Browser, Page, expect

from backend.map_tracks import Shift, Walked, track
from backend.people.rights import Role
from events.clock import moment
from events.errors import ErasedError, UnverifiedError
from events.facts import SealedPart
from events.ids import id_text
from events.inspections import SegmentCovered
from events.patrol_matching import matched, stretches
from events.register import AreaListed, OfficerListed
from events.tracks import Hotspot, Segment, TrackPoint, text_of
from projections.slots import read_slot
from tests.accessible import complaints
from tests.browser import NO_WEBGL, OVERFLOW, WEBGL, launched, picture, watching
from tests.server import (
    NOON,
    Site,
    a_visit,
    an_object,
    inspected,
    new_id,
    serving,
    signed_in,
    site,
)

OFFICER, OTHER = id_text(b"officer ........"), id_text(b"other officer...")
STREET, SILENT = id_text(b"the street......"), id_text(b"silent street...")
SOUTH = "440804001"
LINE = Segment(((110.45, 21.26), (110.455, 21.262)))
WHY = "核实 5 月 28 日巡查"


def walk(place: Segment, until: float = 1.0) -> list[TrackPoint]:
    """Walk a part of a street, then away from it, then jump."""
    (west, south), (east, north) = place.line
    steps = 80
    start = NOON - 3600 * 1_000_000
    found = [
        TrackPoint(start + at * 8_000_000, west + (east - west) * at / steps,
                   south + (north - south) * at / steps, 6.0 if at < 40 else 20.0)
        for at in range(round(steps * until) + 1)
    ]  # fmt: skip
    last = found[-1]
    away = [
        last._replace(at=last.at + turn * 8_000_000, lat=last.lat + turn * 0.00008)
        for turn in range(1, 20)
    ]
    jump = away[-1]._replace(at=away[-1].at + 8_000_000, lon=away[-1].lon + 0.01)
    return [*found, *away, jump]


def patrolled(here: Site, street: str, text: bytes | None, **changed: object) -> str:
    """Record a patrol of the officer; return its inspection."""
    visit = a_visit(
        street, kind="street_patrol", nature="service", object_type="street_segment",
        domain="social_assistance", township=SOUTH, **changed,
    )  # fmt: skip
    covered = SegmentCovered(visit=visit, segment=street, walked="full")
    if text is not None:
        said = matched(LINE, walk(LINE))
        covered = structs.replace(
            covered,
            fraction=said.fraction,
            matching=said.version,
            sealed=(SealedPart("track", visit.inspection),),
        )
    begun, done = inspected(visit, here.clock.now())
    crew = tuple(
        structs.replace(one, officer=officer)
        for one, officer in zip(done.crew, (OFFICER, new_id()), strict=True)  # type: ignore[attr-defined]
    )
    here.tell(begun)
    here.tell(covered, texts=(text,) if text is not None else ())
    here.tell(structs.replace(done, crew=crew))  # type: ignore[arg-type]
    return visit.inspection


def fill(here: Site) -> None:
    where = {"township": SOUTH, "object_type": "street_segment", "domain": "social_assistance"}
    here.tell(
        AreaListed(area=SOUTH, name_zh="南调街道", name_en="Nandiao", level="township",
                   valid_from=date(2026, 1, 1), lon=110.45, lat=21.26, tile=(0, 0)),
        OfficerListed(OFFICER, "陈大文", "officer", date(2026, 1, 1)),
        OfficerListed(OTHER, "林小明", "officer", date(2026, 1, 1)),
        an_object(object=STREET, name="人民路", lon=110.45, lat=21.26,
                  attributes={"level": "other", "line": LINE.line}, **where),
        an_object(object=SILENT, name="无声路", lon=110.45, lat=21.27, **where),
        an_object(object_type="hotspot", name="车站", township=SOUTH, lon=110.46, lat=21.26,
                  domain="social_assistance",
                  attributes={"key_slots": ["12:00-14:00", "06:00-08:00"]}),
    )  # fmt: skip
    patrolled(here, STREET, text_of(LINE, walk(LINE)))
    here.clock.at += 60_000_000  # type: ignore[attr-defined]
    patrolled(here, SILENT, None)
    here.folded()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("tracks") / "data") as running:
        fill(running)
        yield running


def asked(client: Client, **changed: str) -> Response:
    """Ask for the tracks of the shift, as the form does."""
    form = client.get("/map/tracks?lang=en").text
    (csrf,) = re.findall(r'name="csrf" value="([^"]+)"', form)[:1] or [""]
    said = {"day": DAY, "slot": "", "officer": OFFICER, "purpose": WHY, "csrf": csrf}
    return client.post("/map/tracks?lang=en", data=said | changed)


DAY = str(moment(NOON, 480).date())


def rows(page: str) -> list[list[str]]:
    """Return the words of the table, row by row."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.split(r"</t[dh]>", row)][
            :-1
        ]
        for row in body.split("</tr>")[:-1]
    ]


def looks(here: Site) -> list[str]:
    """Return what for somebody looked, the newest first, as the auditor sees it."""
    page = here.sign_in(Role.AUDITOR).get("/access-log?lang=en").text
    return re.findall(rf"{WHY}[^<]*", page)


# ── who, and what for ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_open_what_is_sealed_opens_tracks(here: Site, role: Role) -> None:
    scope = {
        Role.TOWNSHIP: {"townships": (SOUTH,)},
        Role.SECTION_CHIEF: {"domains": ("social_assistance",)},
    }
    client = here.sign_in(role, **scope.get(role, {}))
    may = role in {Role.AUDITOR, Role.MANAGER, Role.SECTION_CHIEF}
    before = len(looks(here))

    form, answer = client.get("/map/tracks?lang=en"), asked(client)

    assert form.status_code == (200 if may else 403)
    assert ("1 of 2 tracks opened" in answer.text) is may
    assert len(looks(here)) == before + may


def test_nothing_is_opened_or_recorded_without_a_purpose(here: Site) -> None:
    before = len(looks(here))

    answer = asked(here.sign_in(Role.MANAGER), purpose="  ")

    assert answer.status_code == 422
    assert "Say what you need the tracks for" in answer.text
    assert "data-drawn" not in answer.text
    assert len(looks(here)) == before


@pytest.mark.parametrize(
    "wrong", [{"day": "yesterday"}, {"officer": "nobody"}, {"slot": "noon"}, {"day": "9999-12-31"}]
)
def test_a_shift_that_is_none_is_refused_in_words(here: Site, wrong: dict[str, str]) -> None:
    answer = asked(here.sign_in(Role.MANAGER), **wrong)

    assert answer.status_code == 422
    assert "Choose a day, a slot and an officer" in answer.text


def test_a_section_chief_opens_nothing_of_other_domains(here: Site) -> None:
    chief = here.sign_in(Role.SECTION_CHIEF, domains=("funeral",))
    before = len(looks(here))

    answer = asked(chief)

    assert answer.status_code == 200
    assert "Nothing that you may see was walked" in answer.text
    assert len(looks(here)) == before


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ({}, 2),
        ({"slot": "12:00-14:00"}, 2),
        ({"slot": "06:00-08:00"}, 0),
        ({"officer": OTHER}, 0),
        ({"day": "2026-05-27"}, 0),
    ],
)
def test_a_shift_is_an_officer_a_day_and_a_slot(
    here: Site, other: dict[str, str], count: int
) -> None:
    assert len(rows(asked(here.sign_in(Role.MANAGER), **other).text)) == count


def test_a_slot_past_midnight_ends_on_the_next_day() -> None:
    night = Shift(date(2026, 5, 28), OFFICER, read_slot("20:00-02:00"))
    hours = {"2026-05-28T19:59": False, "2026-05-28T20:00": True, "2026-05-29T01:59": True,
             "2026-05-29T02:00": False, "2026-05-28T01:00": False}  # fmt: skip

    assert {text: night.holds(datetime.fromisoformat(text)) for text in hours} == hours


# ── what is shown ──────────────────────────────────────────────────────────────────


def test_the_table_says_what_the_rule_makes_of_the_track_and_where_there_is_none(
    here: Site,
) -> None:
    first, second = rows(asked(here.sign_in(Role.MANAGER)).text)

    assert first[1] == "人民路"
    assert first[3] == "100% · a pass"
    assert first[4].endswith("101 fixes, the worst ± 20 m")
    covers, aside, gap = (int(re.sub(r"\D", "", text)) for text in first[5:])
    assert 560 < covers < 640
    assert 90 < aside < 180
    assert 1_000 < gap < 1_100
    assert second[1] == "无声路"
    assert second[3] == "not measured · a pass"
    assert second[4] == "no track was sealed"


def drawn(page: str) -> list[Any]:
    (text,) = re.findall(r'data-drawn="([^"]+)"', page)
    return json.loads(text.replace("&#34;", '"').replace("&quot;", '"'))["features"]


def test_lines_are_by_what_counts_and_by_accuracy_beside_the_place_itself(here: Site) -> None:
    features = drawn(asked(here.sign_in(Role.MANAGER)).text)
    said = [(one["properties"]["kind"], one["properties"].get("accuracy")) for one in features]

    assert said == [
        ("place", None), ("covers", 1), ("covers", 2), ("aside", 2), ("gap", 2), ("start", None),
    ]  # fmt: skip
    assert features[0]["geometry"]["coordinates"] == [list(corner) for corner in LINE.line]
    assert features[1]["geometry"]["coordinates"][-1] == features[2]["geometry"]["coordinates"][0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "none"),
        (ErasedError("gone"), "erased"),
        (UnverifiedError(1, "no key"), "shut"),
        (b"no track", "unreadable"),
    ],
)
def test_what_does_not_open_says_why(
    text: bytes | ErasedError | UnverifiedError | None, fault: str
) -> None:
    one = Walked("i", STREET, "人民路", moment(NOON, 480), True, None, None)

    told = track(1, one, text)

    assert (told.fault, told.features) == (fault, ())


def test_what_covers_a_hotspot_is_the_stay_at_it() -> None:
    at = (110.46, 21.26)
    here = [TrackPoint(turn * 10_000_000, *at, 5.0) for turn in range(8)]
    away = [
        TrackPoint(70_000_000 + turn * 60_000_000, 110.46, 21.26 + turn * 0.001, 5.0)
        for turn in range(1, 3)
    ]

    told = [(one.counts, one.covers) for one in stretches(Hotspot(at), [*here, *away])]

    assert told == [(True, True)] * 8 + [(True, False)]
    assert stretches(Hotspot(at), here[:1]) == []


# ── on the map ─────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A served bureau, and the session of its manager."""
    path = tmp_path_factory.mktemp("tracks-served") / "data"
    with site(path) as here:
        fill(here)
    with serving(path) as server:
        yield server.address, signed_in(path, Role.MANAGER)


@pytest.fixture(scope="module")
def browsers(chromium: str) -> Iterator[dict[str, Browser]]:
    """One that draws by WebGL on the processor, and one that has no WebGL."""
    with launched(chromium, WEBGL, NO_WEBGL) as (webgl, canvas):
        yield {"webgl": webgl, "canvas": canvas}


def choose(page: Page, address: str) -> None:
    """Open the map, and the tracks of the shift, by keyboard."""
    page.goto(f"{address}/map?at={DAY}&officer={OFFICER}&lang=en")
    page.wait_for_selector("[data-ready]")
    page.focus("[data-tracks]")
    page.keyboard.press("Space")
    expect(page.locator("#tracks [name=officer]")).to_have_value(OFFICER)
    page.fill("#tracks [name=day]", DAY)
    page.focus("#tracks [name=purpose]")
    page.keyboard.type("check of the round")
    page.keyboard.press("Enter")
    expect(page.locator("#tracks tbody tr")).to_have_count(2)


def until(page: Page, holds: str) -> None:
    """Wait until something holds; the page's own policy lets no text be evaluated in it."""
    patience = monotonic() + 20
    while not page.evaluate(holds):
        assert monotonic() < patience, holds
        page.wait_for_timeout(20)


@pytest.mark.parametrize(
    ("by", "size", "dark"), [("webgl", "desk", False), ("canvas", "phone", True)]
)
def test_tracks_lie_on_the_map_and_beside_it_until_they_are_put_away(
    browsers: dict[str, Browser], served: tuple[str, dict[str, str]], by: str, size: str, dark: bool
) -> None:
    address, session = served
    with watching(browsers[by], address, session, size=size, dark=dark) as watched:
        page = watched.page
        choose(page, address)
        until(page, "coverageMap.painter.layers.has('tracks')")
        here = page.evaluate("coverageMap.painter.layers.get('tracks').features.length")
        wide = page.evaluate("coverageMap.painter.metresPerPixel()")
        page.evaluate("scrollTo(0, 0)")
        found, overflow = complaints(page), page.evaluate(OVERFLOW)
        picture(page, f"tracks-{by}-{size}")
        page.uncheck("[data-tracks]")
        until(page, "!coverageMap.painter.layers.has('tracks')")
        left = page.locator("#tracks tbody").count()

    assert here == 6
    assert wide < 20  # as near as the track is long
    assert left == 0
    assert found == []
    assert overflow <= 0


def test_who_may_not_open_tracks_is_told_who_may(here: Site) -> None:
    page = here.sign_in(Role.SUPERVISOR).get("/map?lang=en").text

    assert "Managers, section chiefs and the auditor may open them" in page
    assert "data-tracks" not in page
