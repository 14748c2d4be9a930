"""The page of the measures, in a real browser: two languages, two sizes of screen."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client
from playwright.sync_api import Browser, Page, sync_playwright

from backend.overview_figures import PAGES
from projections.measures import MEASURES
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

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = os.environ.get("XUNJI_PICTURES")
SIZES = {"desk": (1366, 768), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


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


class Watched:
    """A page whose requests and complaints are kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def watched(browser: Browser, address: str, session: dict[str, str]) -> Iterator[Watched]:
    with browser.new_context(locale="zh-CN") as context:
        context.add_cookies(cookies(session, address))
        yield Watched(context.new_page())


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
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / "overview-print.png", full_page=True)

    assert "17 / 24" in shown
    assert "English" not in shown


def test_nothing_is_asked_of_any_other_host_and_nothing_complains(
    watched: Watched, address: str
) -> None:
    watched.page.goto(f"{address}/measures", wait_until="networkidle")

    assert watched.requests
    assert all(url.startswith(f"{address}/") for url in watched.requests)
    assert watched.complaints == []


def test_every_link_leads_somewhere(
    watched: Watched, address: str, session: dict[str, str]
) -> None:
    watched.page.goto(f"{address}/measures")
    links = {a.get_attribute("href") or "" for a in watched.page.query_selector_all("a")}

    with Client(base_url=address, cookies=session, follow_redirects=True) as client:
        answers = {
            link: client.get(link if link[0] == "/" else f"/{link}").status_code for link in links
        }

    assert len(links) > 12
    assert set(answers.values()) == {200}, answers


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_the_screen(
    browser: Browser, address: str, session: dict[str, str], size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    with browser.new_context(
        locale="zh-CN",
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    ) as context:
        context.add_cookies(cookies(session, address))
        page = context.new_page()
        page.goto(f"{address}/measures")

        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"overview-{size}-{scheme}.png", full_page=True)

    assert overflow <= 0
