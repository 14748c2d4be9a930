"""The managers' pages in a real browser: what they say, with script and without one."""

import os
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from httpx import Client
from playwright.sync_api import Browser, expect

from backend.people.rights import Role
from events.clock import SetClock, SystemClock
from events.inspections import FindingRaised
from events.orders import RectificationOrdered
from events.register import CertificateIssued, OfficerListed, OfficerPosted
from tests.browser import Watched, watching
from tests.server import (
    NOON,
    TODAY,
    Tablet,
    an_item,
    an_object,
    cookies,
    found,
    new_id,
    serving,
    signed_in,
    site,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo bureau: 60 cemeteries in one township, one in another where nobody was."""
    path = tmp_path_factory.mktemp("monday") / "data"
    found(path, SetClock(NOON), demo=True)
    with site(path) as here:
        objects = [an_object(name=f"坡头墓园{number:02}") for number in range(60)]
        here.tell(*objects, an_object(name="麻斜公墓", township="440804002"), an_item())
        for name, ends in (("陈东", date(2028, 12, 31)), ("李海", date(2026, 6, 30))):
            officer = new_id()
            since = date(2026, 1, 1)
            here.tell(
                OfficerListed(officer=officer, name=name, role="officer", valid_from=since),
                OfficerPosted(officer=officer, valid_from=since),
                CertificateIssued(
                    certificate=new_id(), officer=officer, number=f"GD{name}", valid_from=since,
                    valid_to=ends,
                ),
            )  # fmt: skip
        tablet = Tablet(here)
        tablet.enrol()
        for one in objects[:55]:
            visit = tablet.inspect(one.object)
            tablet.writer.record(
                RectificationOrdered(visit=visit, order=new_id(), deadline=date(2026, 5, 29))
            )
        tablet.writer.record(
            FindingRaised(
                visit=visit, finding=new_id(), question="GE-1", rule=0, item="MZ-FU-01",
                severity="critical",
            )
        )  # fmt: skip
        while tablet.held < tablet.store.size():
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


def test_monday_answers_the_five_questions(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/monday?today={TODAY}")
    panels = {one.split("\n")[0]: one for one in watched.page.locator(".panel").all_inner_texts()}

    assert "1 / 2" in next(text for name, text in panels.items() if name.startswith("本月未覆盖"))
    assert "麻斜公墓" in panels["其中等待最久"]
    assert "整改复查" in panels["本周到期与逾期"]
    officers = next(text for name, text in panels.items() if name.startswith("本季度"))
    assert "陈东 + 李海" in officers
    assert "剩 33 天" in officers
    assert "重大问题" in next(text for name, text in panels.items() if "以来" in name)


def test_who_has_a_township_sees_only_that(browser: Browser, path: Path, address: str) -> None:
    session = signed_in(path, Role.TOWNSHIP, townships=("440804002",))
    with browser.new_context(locale="zh-CN") as context:
        context.add_cookies(cookies(session, address))
        page = context.new_page()
        page.goto(f"{address}/monday?today={TODAY}")

        text = page.inner_text("main")
        page.goto(f"{address}/follow-ups")
        assert "没有处于此状态的事项" in page.inner_text("main")

    assert "坡头墓园" not in text
    assert "麻斜公墓" in text


def test_filters_and_pages_change_the_list_without_reloading(
    watched: Watched, address: str
) -> None:
    watched.page.goto(f"{address}/follow-ups")
    watched.page.evaluate("window.kept = true")
    rows = watched.page.locator("tbody tr")
    expect(rows).to_have_count(50)

    watched.page.get_by_role("link", name="下一页").click()
    expect(rows).to_have_count(5)
    watched.page.select_option("#what", "task")
    expect(watched.page.locator(".empty")).to_contain_text("没有处于此状态的事项")
    watched.page.wait_for_url("**/follow-ups?**what=task**")

    assert watched.page.evaluate("window.kept") is True


def test_without_script_filters_are_a_form_and_pages_are_links(
    browser: Browser, address: str, session: dict[str, str]
) -> None:
    with browser.new_context(locale="zh-CN", java_script_enabled=False) as context:
        context.add_cookies(cookies(session, address))
        page = context.new_page()
        page.goto(f"{address}/follow-ups")
        page.get_by_role("link", name="下一页").click()
        assert page.locator("tbody tr").count() == 5

        page.select_option("#what", "order")
        page.get_by_role("button", name="显示").click()
        assert page.locator("tbody tr").count() == 50


@pytest.mark.parametrize("page", ["/officers", "/faces", "/follow-ups", "/faults", "/due", "/caps"])
def test_what_is_shown_can_be_had_as_files(
    address: str, session: dict[str, str], page: str
) -> None:
    with Client(base_url=address, cookies=session) as client:
        text = client.get(f"{page}?township=440804001", headers={"accept": "text/html"}).text
        said = text.partition('class="as-files"')[2].partition("</p>")[0]
        links = [unescape(link) for link in re.findall(r'href="([^"]+)"', said)]
        answers = [client.get(link) for link in links]

    assert [one.status_code for one in answers] == [200, 200]
    assert all("township=440804001" in link for link in links)
    assert answers[0].headers["content-type"].startswith("text/csv")
    assert "rows" in answers[1].json()


def test_new_records_change_the_quiet_line_and_are_offered(
    watched: Watched, address: str, path: Path
) -> None:
    from backend.folder import DataFolder
    from backend.office import Office

    watched.page.goto(f"{address}/follow-ups")
    line = watched.page.locator("#standing [data-live=position]")
    before = line.inner_text()
    watched.page.wait_for_function(
        "performance.getEntriesByName(location.origin + '/live') !== null"
    )
    with Office(DataFolder.open(path), "console", SystemClock(), os.urandom) as console:
        console.record(an_object(name="新墓园"), ())

    expect(line).not_to_have_text(before)
    offer = watched.page.get_by_role("link", name="有新记录")
    expect(offer).to_be_visible()
    offer.click()
    expect(offer).to_be_hidden()
