"""The coverage map in a real browser: by WebGL, by canvas, without a script, by keyboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.people.rights import Role
from backend.settings import Settings
from backend.tianditu import HOSTS, Tianditu
from events.clock import SetClock
from events.register import AreaListed
from tests.accessible import complaints
from tests.browser import NO_WEBGL, OVERFLOW, WEBGL, Watched, launched, picture, watching
from tests.server import (
    NOON,
    Site,
    Tablet,
    an_item,
    an_object,
    found,
    new_id,
    serving,
    signed_in,
    site,
)

NORTH, SOUTH = "440804101", "440804001"
VILLAGE = f"{SOUTH}001"
DRAWN = "[data-ready]"


def an_area(code: str, name: str, english: str, **other: Any) -> AreaListed:  # noqa: ANN401  as areas have it
    return AreaListed(
        area=code, name_zh=name, name_en=english, level="township", valid_from=date(2026, 1, 1),
        **other,
    )  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two townships: in the south three of four cemeteries were inspected, in the north none."""
    path = tmp_path_factory.mktemp("map") / "data"
    found(path, SetClock(NOON), demo=True)
    with site(path) as here:
        fill(here)
    return path


def fill(here: Site) -> None:
    areas = [
        an_area(SOUTH, "南调街道", "Nandiao Subdistrict", lon=110.44, lat=21.25, tile=(1, 0)),
        an_area(NORTH, "坡头镇", "Potou Town", lon=110.52, lat=21.36, tile=(0, 1)),
    ]
    south = [
        an_object(name=f"南墓 {n}", township=SOUTH, village=VILLAGE, lon=110.43 + n / 50, lat=21.25)
        for n in range(4)
    ]
    north = [
        an_object(name=f"北墓 {n}", township=NORTH, lon=110.50 + n / 50, lat=21.36)
        for n in range(3)
    ]
    homes = [
        an_object(
            object_type="low_income_household", name=None, person=new_id(), township=NORTH,
            lon=110.6, lat=21.4,
        )
        for _ in range(5)
    ]  # fmt: skip
    street = an_object(
        object_type="street_segment", name="人民路", township=SOUTH, lon=110.45, lat=21.26,
        attributes={"level": "other", "line": [[110.45, 21.26], [110.455, 21.262]]},
    )  # fmt: skip
    here.tell(*areas, *south, *north, *homes, street, an_item())
    tablet = Tablet(here)
    tablet.enrol()
    for one in south[:3]:
        tablet.inspect(one.object, township=SOUTH, village=VILLAGE)
    assert tablet.push().status_code == 200
    here.folded()


@pytest.fixture(scope="module")
def address(path: Path) -> Iterator[str]:
    with serving(path) as served:
        yield served.address


@pytest.fixture(scope="module")
def session(path: Path) -> dict[str, str]:
    return signed_in(path, Role.MANAGER)


@pytest.fixture(scope="module")
def browsers(chromium: str) -> Iterator[dict[str, Browser]]:
    """One that draws by WebGL on the processor, and one that has no WebGL."""
    with launched(chromium, WEBGL, NO_WEBGL) as (webgl, canvas):
        yield {"webgl": webgl, "canvas": canvas}


@contextmanager
def opened(
    browsers: dict[str, Browser],
    address: str,
    session: dict[str, str],
    query: str = "",
    by: str = "webgl",
    **options: Any,  # noqa: ANN401  Playwright's
) -> Iterator[Watched]:
    """Open the map; ready when it is drawn."""
    with watching(browsers[by], address, session, **options) as watched:
        watched.page.goto(f"{address}/map?{query}")
        if options.get("java_script_enabled", True):
            watched.page.wait_for_selector(DRAWN)
        yield watched


def colours(page: Page) -> set[str]:
    """Return the colours of which the drawn map has more than a few pixels."""
    return set(
        page.evaluate(
            """async () => {
                const drawn = await coverageMap.painter.picture();
                const pen = drawn.getContext("2d");
                const { data } = pen.getImageData(0, 0, drawn.width, drawn.height);
                const seen = new Map();
                for (let at = 0; at < data.length; at += 4) {
                    const hex = "#" + [...data.slice(at, at + 3)]
                        .map((one) => one.toString(16).padStart(2, "0")).join("");
                    seen.set(hex, (seen.get(hex) ?? 0) + 1);
                }
                return [...seen].filter(([, count]) => count > 30).map(([hex]) => hex);
            }"""
        )
    )


def colour(page: Page, look: str) -> str:
    return page.evaluate(
        "look => getComputedStyle(document.documentElement).getPropertyValue(`--map-${look}`)", look
    ).strip()


# ── drawn ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("by", ["webgl", "canvas"])
def test_cells_are_drawn_in_the_colours_of_their_states(
    browsers: dict[str, Browser], address: str, session: dict[str, str], by: str
) -> None:
    with opened(browsers, address, session, "grid=h3-7", by) as watched:
        page = watched.page
        page.wait_for_load_state("networkidle")
        seen = colours(page)
        drawn_by = page.get_attribute("#map-page", "data-ready")
        picture(page, f"map-{by}")

        assert drawn_by == by
        assert {colour(page, "nothing_found"), colour(page, "never")} <= seen
        assert colour(page, "overdue") not in seen


def test_the_slider_goes_back_to_before_the_first_inspection(
    browsers: dict[str, Browser], address: str, session: dict[str, str]
) -> None:
    with opened(browsers, address, session, "grid=h3-7&at=2026-05-31") as watched:
        page = watched.page
        before = colours(page)
        page.focus("[data-slider]")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#table-title")).to_contain_text("2026-04")  # words follow
        after = colours(page)

        assert colour(page, "nothing_found") in before
        assert colour(page, "nothing_found") not in after
        assert "at=2026-04-01" in page.url
        assert "从未检查" in (page.locator("[data-tile]").first.text_content() or "")


def test_a_cell_is_chosen_by_keyboard_and_leads_to_what_lies_in_it(
    browsers: dict[str, Browser], address: str, session: dict[str, str]
) -> None:
    with opened(browsers, address, session, "grid=township") as watched:
        page = watched.page
        page.focus("[data-map]")
        page.keyboard.press("ArrowRight")
        chosen = page.inner_text("[data-readout] strong")
        page.keyboard.press("ArrowRight" if chosen == "南调街道" else "ArrowLeft")
        other = page.inner_text("[data-readout] strong")
        page.keyboard.press("ArrowLeft" if other == "坡头镇" else "ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_url("**/map/cell?**")

        assert {chosen, other} == {"南调街道", "坡头镇"}
        assert page.inner_text("h1") == chosen


def test_what_is_chosen_stands_in_the_address_and_changes_the_map(
    browsers: dict[str, Browser], address: str, session: dict[str, str]
) -> None:
    with opened(browsers, address, session) as watched:
        page = watched.page
        page.select_option("[name=grid]", "township")
        expect(page.locator("[data-table] tbody tr")).to_have_count(2)
        page.select_option("[name=measure]", "object_coverage")
        expect(page.locator("[data-table]")).to_contain_text("60 %")
        page.reload()
        page.wait_for_selector(DRAWN)

        assert "grid=township" in page.url
        assert page.input_value("[name=measure]") == "object_coverage"


def test_layers_are_objects_without_homes_and_streets(
    browsers: dict[str, Browser], address: str, session: dict[str, str]
) -> None:
    with opened(browsers, address, session) as watched:
        page = watched.page
        for name in ("objects", "segments"):
            with page.expect_response(f"**/map/{name}?**") as answer:
                page.check(f"[data-layer={name}]")
            assert answer.value.ok
        page.wait_for_function("coverageMap.painter.layers.size === 2")


def test_the_map_is_kept_as_a_picture_with_its_legend(
    browsers: dict[str, Browser], address: str, session: dict[str, str], tmp_path: Path
) -> None:
    with opened(browsers, address, session, "at=2026-05-31") as watched:
        with watched.page.expect_download() as kept:
            watched.page.click("[data-png]")
        kept.value.save_as(tmp_path / "map.png")

    content = (tmp_path / "map.png").read_bytes()
    assert kept.value.suggested_filename == "xunji-map-2026-05.png"
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[20:24]) > 500  # as high as the map and its legend


# ── for everybody ──────────────────────────────────────────────────────────────────


def test_drawn_by_webgl_it_fits_a_phone_and_axe_finds_nothing(
    browsers: dict[str, Browser], address: str, session: dict[str, str]
) -> None:
    options: dict[str, Any] = {"size": "phone", "dark": True}
    with opened(browsers, address, session, "at=2026-05-31", **options) as watched:
        overflow = watched.page.evaluate(OVERFLOW)
        found = complaints(watched.page)
        picture(watched.page, "map-phone-webgl")

    assert overflow <= 0
    assert found == []


def test_without_a_script_tiles_and_table_say_the_same_and_steps_are_links(
    browsers: dict[str, Browser], address: str, session: dict[str, str]
) -> None:
    query = "grid=township&at=2026-05-31&lang=en"
    with opened(browsers, address, session, query, java_script_enabled=False) as watched:
        page = watched.page
        tiles = [one.get_attribute("aria-label") for one in page.locator("[data-tile]").all()]
        rows = page.locator("[data-table] tbody tr").all_inner_texts()
        page.click("[data-by='-1']")
        earlier = page.locator("[data-table] tbody tr").all_inner_texts()

    assert tiles == ["Nandiao Subdistrict: inspected, nothing found", "Potou Town: never inspected"]
    assert [one.split("\t ") for one in rows] == [
        ["Potou Town", "never inspected"],
        ["Nandiao Subdistrict", "inspected, nothing found"],
    ]
    assert [one.split("\t ")[1] for one in earlier] == ["never inspected", "never inspected"]


def test_printed_it_has_the_map_its_legend_and_the_record_but_no_controls(
    browsers: dict[str, Browser], address: str, session: dict[str, str]
) -> None:
    with opened(browsers, address, session, "at=2026-05-31") as watched:
        watched.page.emulate_media(media="print")
        text = watched.page.inner_text("main")
        picture(watched.page, "map-print")

    assert "从未检查" in text
    assert "统计到第" in text
    assert "存为 PNG" not in text


# ── what the server says ───────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("map-here") / "data") as running:
        fill(running)
        yield running


def test_behind_a_cell_are_its_objects_those_never_inspected_first(here: Site) -> None:
    page = here.client.get(f"/map/cell?grid=township&cell={SOUTH}&lang=en").text
    names = [page.find(name) for name in ("南墓 3", "南墓 0")]

    assert "5 objects lie here" in page
    assert -1 < names[0] < names[1]


def test_a_home_lies_in_its_township_without_a_name_and_in_no_hexagon(here: Site) -> None:
    township = here.client.get(f"/map/cell?grid=township&cell={NORTH}&lang=en").text
    hexagon = here.client.get("/map/cell?grid=h3-7&cell=87411c6c9ffffff&lang=en").text

    assert "name sealed" in township
    assert "name sealed" not in hexagon


def test_a_hexagon_is_called_after_where_most_of_it_lies(here: Site) -> None:
    named = here.client.get("/map/names?grid=h3-7&lang=en").json()

    assert set(named) == {"Nandiao Subdistrict", "Potou Town"}


def test_who_sees_one_township_is_offered_no_other(here: Site) -> None:
    client = here.sign_in(Role.TOWNSHIP, townships=(NORTH,))
    page = client.get("/map?grid=township&lang=en").text

    assert f'<option value="{NORTH}" selected>' in page
    assert f'<option value="{SOUTH}"' not in page
    assert client.get(f"/map?township={SOUTH}").status_code == 403


def test_a_street_is_a_line_with_its_passes_and_of_the_objects_too(here: Site) -> None:
    def lines(path: str) -> list[Any]:
        features = here.client.get(path).json()["features"]
        drawn = [one["geometry"] for one in features if one["geometry"]]
        return [one["coordinates"] for one in drawn if one["type"] == "LineString"]

    street = [[110.45, 21.26], [110.455, 21.262]]
    assert lines("/views/objects?format=geojson") == [street]
    assert lines("/views/segments") == []  # no item asks for it


@pytest.mark.parametrize(
    "wrong",
    ["grid=h3-4", "measure=luck", "step=day&from=2020-01-01&to=2022-12-31", "from=2026-02-30"],
)
def test_what_cannot_be_shown_is_refused(here: Site, wrong: str) -> None:
    assert here.client.get(f"/map?{wrong}").status_code == 400


def test_no_base_map_is_named_unless_the_bureau_has_one(here: Site, tmp_path: Path) -> None:
    base = Tianditu("0123456789abcdef", "GS（2024）0650号")
    plain = here.client.get("/map")
    with site(tmp_path / "data", settings=Settings(tmp_path / "data", tianditu=base)) as other:
        with_base = other.client.get("/map")
        elsewhere = other.client.get("/health")

    assert "tianditu" not in plain.text + plain.headers["content-security-policy"]
    assert "GS（2024）0650号" in with_base.text
    assert f"connect-src {' '.join(HOSTS)} 'self'" in with_base.headers["content-security-policy"]
    assert "tianditu" not in elsewhere.headers["content-security-policy"]


@pytest.mark.parametrize(("key", "review"), [("", "GS"), ("abc", ""), ("a&b", "GS")])
def test_a_base_map_needs_key_and_review(key: str, review: str) -> None:
    with pytest.raises(ValueError, match="审图号"):
        Tianditu(key, review)
