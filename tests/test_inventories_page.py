"""The inventories in a real browser: finding, turning pages, opening a name, bringing in a list."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from backend.people.rights import Role
from events.clock import SetClock
from events.facts import SealedPart
from events.ids import id_text
from events.register import AreaListed
from tests.accessible import complaints
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

PERSON, HOME = id_text(b"p" * 16), id_text(b"h" * 16)
SEEN = id_text(b"s" * 16)
LIST = (
    "名称,对象类型,领域,镇街\n"
    "新公墓,经营性公墓,funeral,440804001\n"
)  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A demo bureau, and the addresses of the pages in it."""
    path = tmp_path_factory.mktemp("inventories") / "data"
    found(path, SetClock(NOON), demo=True)
    with site(path) as here:
        town = AreaListed(
            area="440804001", name_zh="南调街道", name_en="Nandiao", level="township",
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
        here.tell(an_object(object=SEEN), an_item(), town)
        here.tell(*(an_object(name=f"坡头墓园{number}") for number in range(60)))
        home = an_object(
            object=HOME, object_type="low_income_household", name=None, person=PERSON,
            sealed=(SealedPart("card", PERSON),),
        )  # fmt: skip
        here.tell(home, texts=('{"name":"王小明","address":"某路1号"}'.encode(),))
        tablet = Tablet(here)
        tablet.enrol()
        visit = tablet.inspect(SEEN)
        assert tablet.push().status_code == 200
        here.folded()
    addresses = [
        "/objects", f"/objects/{SEEN}", f"/inspections/{visit.inspection}", "/items",
        "/items/MZ-FU-01", "/import", f"/objects/{HOME}/card",
    ]  # fmt: skip
    return path, addresses


@pytest.fixture(scope="module")
def address(pages: tuple[Path, list[str]]) -> Iterator[str]:
    with serving(pages[0]) as served:
        yield served.address


@pytest.fixture(scope="module")
def session(pages: tuple[Path, list[str]]) -> dict[str, str]:
    return signed_in(pages[0], Role.MANAGER)


@pytest.fixture
def watched(browser: Browser, address: str, session: dict[str, str]) -> Iterator[Watched]:
    with watching(browser, address, session) as watched:
        yield watched


def test_what_is_typed_is_found_without_reloading_and_stays_in_the_address(
    watched: Watched, address: str
) -> None:
    watched.page.goto(f"{address}/objects")
    watched.page.evaluate("window.kept = true")

    watched.page.fill("#q", "ptmy7")
    expect(watched.page.locator(".count")).to_have_text("1 个对象")
    watched.page.wait_for_url("**/objects?q=ptmy7**")

    assert watched.page.locator("tbody th a").all_inner_texts() == ["坡头墓园7"]
    assert watched.page.evaluate("window.kept") is True


def test_pages_are_turned_without_reloading(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/objects?order=name&domain=funeral")
    first = watched.page.locator("tbody th").all_inner_texts()

    watched.page.get_by_role("link", name="下一页").click()
    expect(watched.page.locator("tbody tr")).to_have_count(12)

    assert not {*watched.page.locator("tbody th").all_inner_texts()} & {*first}


def test_without_a_script_it_is_the_same_list(
    browser: Browser, address: str, session: dict[str, str]
) -> None:
    with browser.new_context(locale="zh-CN", java_script_enabled=False) as context:
        context.add_cookies(cookies(session, address))
        page = context.new_page()
        page.goto(f"{address}/objects")
        page.fill("#q", "ptmy7")
        page.click(".filters button")

        assert page.locator("tbody th a").all_inner_texts() == ["坡头墓园7"]


def test_the_name_of_a_home_is_opened_in_its_place(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/objects?object_type=low_income_household")

    watched.page.click("a.open")
    watched.page.get_by_label("用途").fill("周一入户")
    watched.page.get_by_role("button", name="打开").click()
    expect(watched.page.locator(".card-open strong")).to_have_text("王小明")
    watched.page.reload()

    assert "王小明" not in watched.page.inner_text("body")


def test_a_list_is_brought_in_by_hand(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/import")
    list_of_one = {"name": "清单.csv", "mimeType": "text/csv", "buffer": LIST.encode("gb18030")}
    watched.page.set_input_files("#file", [list_of_one])  # type: ignore[list-item]
    watched.page.click(".upload-form button")
    expect(watched.page.locator("h1")).to_have_text("“清单.csv”会改变什么")
    found = complaints(watched.page)

    watched.page.get_by_role("button", name="全部登记").click()
    expect(watched.page.locator(".told")).to_contain_text("登记了 1 条记录。")

    assert found == []
