"""The page of exports in a real browser: every link leads to a file of its kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client
from playwright.sync_api import Browser

from backend.people.rights import Role
from events.clock import SetClock
from tests.browser import Watched, watching
from tests.server import (
    NOON,
    Tablet,
    an_item,
    an_object,
    cookies,
    found,
    serving,
    signed_in,
    site,
)

T1, T2 = "440804001", "440804002"
STARTS = {
    "csv": b"\xef\xbb\xbf",
    "xlsx": b"PK",
    "jsonl": b"{",
    "geojson": b"{",
    "pdf": b"%PDF-",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cemeteries in one township, one of them inspected; one in another."""
    path = tmp_path_factory.mktemp("exports-page") / "data"
    found(path, SetClock(NOON), demo=True)
    with site(path) as here:
        objects = [an_object(name=f"坡头墓园{number}") for number in range(3)]
        here.tell(*objects, an_object(name="麻斜公墓", township=T2), an_item())
        tablet = Tablet(here)
        tablet.enrol()
        tablet.inspect(objects[0].object)
        assert tablet.push().status_code == 200
        here.folded()
    return path


@pytest.fixture(scope="module")
def address(path: Path) -> Iterator[str]:
    with serving(path) as served:
        yield served.address


@pytest.fixture(scope="module")
def session(path: Path) -> dict[str, str]:
    return signed_in(path, Role.MANAGER)


@pytest.fixture
def watched(browser: Browser, address: str, session: dict[str, str]) -> Iterator[Watched]:
    with watching(browser, address, session) as watched:
        yield watched


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_link_leads_to_a_file_of_its_kind(
    watched: Watched, address: str, session: dict[str, str], lang: str
) -> None:
    watched.page.goto(f"{address}/exports?lang={lang}")
    links = {
        one.get_attribute("href") or "" for one in watched.page.query_selector_all("a[download]")
    }

    with Client(base_url=address, cookies=session, timeout=30) as client:
        answers = {link: client.get(link) for link in sorted(links)}

    wrong = {}
    for link, answer in answers.items():
        kind = "pdf" if "report.pdf" in link else link.partition("format=")[2].partition("&")[0]
        begins = answer.content.startswith(STARTS[kind]) or not answer.content
        attached = f'.{kind}"' in answer.headers.get("content-disposition", "")
        if answer.status_code != 200 or not begins or not attached:
            wrong[link] = answer.status_code, answer.headers.get("content-disposition")
    assert len(links) > 50
    assert wrong == {}


@pytest.mark.parametrize(("lang", "name"), [("zh", "中文"), ("en", "English")])
def test_a_report_is_downloaded_by_a_click(
    watched: Watched, address: str, lang: str, name: str
) -> None:
    watched.page.goto(f"{address}/exports?lang={lang}")
    reports = watched.page.locator("section[aria-labelledby=reports]")

    with watched.page.expect_download() as downloading:
        reports.get_by_text(name, exact=True).nth(1).click()

    file = downloading.value
    assert file.suggested_filename.startswith("xunji-report-")
    assert file.suggested_filename.endswith(f"-{lang}.pdf")
    assert Path(file.path()).read_bytes().startswith(b"%PDF-")


def test_what_is_chosen_goes_into_the_links(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/exports")
    watched.page.fill("#from", "2026-05-01")
    watched.page.fill("#to", "2026-05-31")
    watched.page.select_option("#domain", "funeral")
    watched.page.locator("form.filters button").click()
    watched.page.wait_for_url("**domain=funeral**")

    with watched.page.expect_download() as downloading:
        watched.page.locator("a[download][href^='/views/inspections?'][href*='format=csv']").click()

    url = downloading.value.url
    assert {"from=2026-05-01", "to=2026-05-31", "domain=funeral"} <= set(
        url.split("?")[1].split("&")
    )
    assert Path(downloading.value.path()).read_text("utf-8-sig").count("\n") == 2


def test_who_has_a_township_is_offered_only_that(
    browser: Browser, path: Path, address: str
) -> None:
    session = signed_in(path, Role.TOWNSHIP, townships=(T2,))
    with browser.new_context(locale="zh-CN") as context:
        context.add_cookies(cookies(session, address))
        watched = Watched(context.new_page())
        watched.page.goto(f"{address}/exports")
        options = watched.page.locator("#township option")
        values = [one.get_attribute("value") for one in options.all()]
        with watched.page.expect_download() as downloading:
            watched.page.locator("a[download][href^='/views/objects?'][href*='format=csv']").click()
        text = Path(downloading.value.path()).read_text("utf-8-sig")

    assert T1 not in values
    assert "麻斜公墓" in text
    assert "坡头墓园" not in text
    assert watched.complaints == []


def test_without_script_the_filters_are_a_form(
    browser: Browser, address: str, session: dict[str, str]
) -> None:
    with browser.new_context(locale="zh-CN", java_script_enabled=False) as context:
        context.add_cookies(cookies(session, address))
        page = context.new_page()
        page.goto(f"{address}/exports")
        page.select_option("#domain", "funeral")
        page.locator("form.filters button").click()

        assert "domain=funeral" in page.url
        assert page.locator("#domain").input_value() == "funeral"
