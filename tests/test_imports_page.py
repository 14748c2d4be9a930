"""Imports and approvals in a real browser: two languages, two sizes, dark and in print."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from backend.people.rights import Role
from events.clock import SetClock
from events.register import AreaListed, OfficerListed
from tests.accessible import complaints
from tests.browser import OVERFLOW, picture, watching
from tests.server import NOON, an_object, found, new_id, serving, signed_in, site
from tests.test_approvals_page import KIND, a_form, assigned

ITEMS = (
    "事项编码,事项名称,领域,职权类型,可列入计划,检查频次\n"
    "A-1,公墓检查,殡葬,行政检查,是,每年1次\n"
    "A-2,殡仪馆检查,殡葬,行政检查,否,按需\n"
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo bureau in which two visits wait for an approval."""
    path = tmp_path_factory.mktemp("imports") / "data"
    found(path, SetClock(NOON), demo=True)
    with site(path) as here:
        objects = [an_object(name=f"坡头墓园{number}") for number in range(2)]
        town = AreaListed("440804001", "南调街道", "Nandiao", "township", date(2026, 1, 1))
        head = OfficerListed(new_id(), "吴局", "manager", date(2026, 1, 1))
        here.tell(town, head, a_form(KIND, asks=True), *objects)
        here.tell(*(assigned(one.name or "", one.object) for one in objects))
        here.folded()
    return path


@pytest.fixture(scope="module")
def address(path: Path) -> Iterator[str]:
    with serving(path) as served:
        yield served.address


@pytest.fixture(scope="module")
def session(path: Path) -> dict[str, str]:
    return signed_in(path, Role.MANAGER)


def test_a_list_of_items_is_brought_in_known_again_and_taken_back(
    browser: Browser, address: str, session: dict[str, str]
) -> None:
    a_file = {"name": "事项.csv", "mimeType": "text/csv", "buffer": ITEMS.encode("gb18030")}
    with watching(browser, address, session) as watched:
        page = watched.page

        def bring() -> None:
            page.goto(f"{address}/import")
            page.get_by_role("navigation", name="哪种清单").get_by_role("link", name="事项").click()
            page.set_input_files("#file", [a_file])  # type: ignore[list-item]
            page.get_by_role("button", name="显示会改变什么").click()

        bring()
        page.get_by_role("button", name="全部登记").click()
        expect(page.locator(".told")).to_contain_text("登记了 2 条记录。")
        bring()
        expect(page.locator(".told")).to_contain_text("此文件已于")
        page.goto(f"{address}/imports")
        page.get_by_role("link", name="事项.csv").click()
        expect(page.locator("main")).to_contain_text("2 行将恢复到导入前的样子")
        page.get_by_role("button", name="撤回这次导入").click()
        expect(page.locator(".told")).to_contain_text("已撤回")
        page.goto(f"{address}/imports")
        expect(page.locator("tbody")).to_contain_text("已撤回")
        assert complaints(page) == []


def test_one_of_two_that_wait_is_approved(
    browser: Browser, address: str, session: dict[str, str]
) -> None:
    with watching(browser, address, session) as watched:
        page = watched.page
        page.goto(f"{address}/monday")
        page.locator("a[href^='/approvals'].figure").click()
        page.get_by_role("checkbox", name="坡头墓园0").check()
        page.select_option("#approver", label="吴局")
        page.get_by_role("button", name="批准", exact=True).click()
        expect(page.locator(".told")).to_contain_text("已批准 1 项任务。")
        expect(page.locator("tbody th")).to_have_text(["坡头墓园1"])


@pytest.mark.parametrize(
    ("size", "language", "dark", "media"),
    [
        ("desk", "zh", False, "screen"),
        ("phone", "en", True, "screen"),
        ("desk", "en", False, "print"),
    ],
)
def test_each_page_fits_and_axe_finds_nothing(
    browser: Browser, address: str, session: dict[str, str],
    size: str, language: str, dark: bool, media: str,
) -> None:  # fmt: skip
    with watching(browser, address, session, size=size, language=language, dark=dark) as watched:
        watched.page.emulate_media(media=media)  # type: ignore[arg-type]
        for path in ("/import", "/import?list=items", "/imports", "/approvals", "/objects"):
            watched.page.goto(f"{address}{path}")
            picture(watched.page, f"{path.strip('/')[:12]}-{size}-{language}-{media}")
            assert watched.page.evaluate(OVERFLOW) <= 0, path
            assert complaints(watched.page) == [], path
