"""The page of the measures, in a real browser: what it says, in which language, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from backend.overview_figures import PAGES
from projections.measures import MEASURES
from tests.browser import Watched, picture, watching
from tests.server import NOON as AT
from tests.server import (
    Tablet,
    an_item,
    an_object,
    cookies,
    found,
    serving,
    signed_in,
    site,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo bureau with some inspections."""
    path = tmp_path_factory.mktemp("overview") / "data"
    from events.clock import SetClock

    found(path, SetClock(AT), demo=True)
    with site(path) as here:
        objects = [an_object(village=f"44080400{n % 5}001", name=f"公墓 {n}") for n in range(24)]
        here.tell(*objects, an_item(), an_item(item="MZ-FU-02"), an_item(item="MZ-SO-01"))
        tablet = Tablet(here)
        tablet.enrol()
        for one in objects[:17]:
            tablet.inspect(one.object, village=one.village)
        assert tablet.push().status_code == 200
        here.folded()
    return path


@pytest.fixture(scope="module")
def address(path: Path) -> Iterator[str]:
    """The same, served by a process of its own."""
    with serving(path) as served:
        yield served.address


@pytest.fixture(scope="module")
def session(path: Path) -> dict[str, str]:
    return signed_in(path)


@pytest.fixture
def watched(browser: Browser, address: str, session: dict[str, str]) -> Iterator[Watched]:
    with watching(browser, address, session) as watched:
        yield watched


def test_it_says_what_runs_and_how_much_it_holds(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/measures")

    text = watched.page.inner_text("body")

    assert "坡头区民政局" in text
    assert "演示数据" in text
    assert "17 / 24" in text
    assert "70.8%" in text
    assert watched.page.title() == "坡头区民政局 · 巡记"


def test_all_measures_are_shown_each_with_the_way_to_its_rows(
    watched: Watched, address: str
) -> None:
    watched.page.goto(f"{address}/measures")

    links = watched.page.locator(".measures .name a")
    names = dict(zip(links.all_inner_texts(), MEASURES, strict=True))

    assert names["对象覆盖率"] == "object_coverage"
    assert names["面面有监督"] == "supervision_faces"
    assert [one.get_attribute("href") for one in links.all()] == [
        PAGES.get(name, f"/views/measures/{name}?rows=true") for name in MEASURES
    ]


def test_inspections_are_told_by_quarter_and_domain_and_goals_beside_counts(
    watched: Watched, address: str
) -> None:
    watched.page.goto(f"{address}/measures")

    share = watched.page.locator("section[aria-labelledby=share] tr").all_inner_texts()
    zeros = watched.page.locator("section[aria-labelledby=zeros] tr").all_inner_texts()

    assert share[0].split() == ["领域", "第1季度", "第2季度"]  # the others have not begun
    assert "殡葬\t0\t17" in share
    assert share[-1].split() == ["社会组织占比", "—", "0.0%"]
    assert zeros[1].split() == ["乞讨", "0", "—", "0"]  # nobody patrolled: no count
    assert "没有巡查" in watched.page.inner_text("section[aria-labelledby=zeros]")


def test_printed_it_shows_figures_and_no_controls(
    browser: Browser, address: str, session: dict[str, str]
) -> None:
    with browser.new_context(locale="zh-CN", viewport={"width": 794, "height": 1123}) as context:
        context.add_cookies(cookies(session, address))
        page = context.new_page()
        page.goto(f"{address}/measures")
        page.emulate_media(media="print")

        shown = page.inner_text("body")
        picture(page, "overview-print")

    assert "17 / 24" in shown
    assert "English" not in shown


def test_english_is_spoken_to_who_asks_for_it(
    browser: Browser, address: str, session: dict[str, str]
) -> None:
    with browser.new_context(locale="en-GB") as context:
        context.add_cookies(cookies(session, address))
        page = context.new_page()
        page.goto(f"{address}/measures")
        by_header = page.inner_text("main")
        page.goto(f"{address}/measures?lang=zh")
        by_query = page.inner_text("main")

    assert "Object coverage" in by_header
    assert "对象覆盖率" in by_query


def test_a_figure_without_anything_to_cover_says_so(tmp_path: Path, browser: Browser) -> None:
    with site(tmp_path / "new") as here:
        answer = here.client.get("/measures", headers={"accept-language": "zh"})

    assert "没有对象" in answer.text
    assert "100" not in answer.text.partition("度量")[2].partition("运行情况")[0]
