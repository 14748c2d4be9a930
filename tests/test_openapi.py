"""The API's description, and its page in a real browser: nothing leaves this machine."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import picture, watching
from tests.server import serving, signed_in, site


def test_the_page_draws_all_of_the_description_without_reaching_outside(
    browser: Browser, tmp_path: Path
) -> None:
    with site(tmp_path / "data") as here:
        described = here.client.get("/api/openapi.json").json()["paths"]
    with (
        serving(tmp_path / "data") as served,
        watching(browser, served.address, signed_in(tmp_path / "data")) as watched,
    ):
        watched.page.goto(f"{served.address}/api", wait_until="networkidle")
        watched.page.wait_for_selector(".opblock")
        operations = watched.page.locator(".opblock-summary-path").count()
        picture(watched.page, "api")
        watched.page.locator(".opblock-summary").nth(1).click()
        watched.page.wait_for_selector(".opblock-body")
        watched.page.wait_for_load_state("networkidle")

    assert operations == sum(map(len, described.values())) > 10


def test_each_operation_says_what_it_does(tmp_path: Path) -> None:
    with site(tmp_path / "data") as here:
        paths = here.client.get("/api/openapi.json").json()["paths"]

    for path, operations in paths.items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["tags"], path
    assert "application/vnd.xunji.batch" in paths["/sync/log"]["post"]["requestBody"]["content"]
