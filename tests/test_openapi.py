"""The API's description, and its page in a real browser: nothing leaves this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.server import cookies, serving, signed_in, site
from tests.test_overview_page import ARGUMENTS, Watched

PICTURES = os.environ.get("XUNJI_PICTURES")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


def test_the_page_draws_all_of_the_description_without_reaching_outside(
    browser: Browser, tmp_path: Path
) -> None:
    with site(tmp_path / "data") as here:
        described = here.client.get("/api/openapi.json").json()["paths"]
    with serving(tmp_path / "data") as served, browser.new_context() as context:
        context.add_cookies(cookies(signed_in(tmp_path / "data"), served.address))
        watched = Watched(context.new_page())
        watched.page.goto(f"{served.address}/api", wait_until="networkidle")
        watched.page.wait_for_selector(".opblock")
        operations = watched.page.locator(".opblock-summary-path").count()
        if PICTURES:
            watched.page.screenshot(path=Path(PICTURES) / "api.png")
        watched.page.locator(".opblock-summary").nth(1).click()
        watched.page.wait_for_selector(".opblock-body")
        watched.page.wait_for_load_state("networkidle")

    assert operations == len(described) > 10
    assert all(url.startswith((f"{served.address}/", "data:")) for url in watched.requests), (
        watched.requests
    )
    assert watched.complaints == []


def test_each_operation_says_what_it_does(tmp_path: Path) -> None:
    with site(tmp_path / "data") as here:
        paths = here.client.get("/api/openapi.json").json()["paths"]

    for path, operations in paths.items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["tags"], path
    assert "application/vnd.xunji.batch" in paths["/sync/log"]["post"]["requestBody"]["content"]
