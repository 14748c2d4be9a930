"""Makes the pictures of the README: `python -m tests.pictures docs/pictures [ADDRESS]`.

Those of the tablet; and those of the managers' pages, where the address of a served demo is given.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from backend.people.demonstration import PASSWORD
from tests import screen_samples as samples
from tests.machine import find_chromium
from tests.screen_driver import LANDSCAPE, Driver, speak

# isort: split
from mobile.screens.shell import Shell


def main(folder: Path) -> None:
    """Draw a patrol under way and a day's list, both in Chinese."""
    speak("zh")
    shell = Shell()
    shell.wait(3)
    driver = Driver(shell, LANDSCAPE)

    shell.go("inspection")
    shell.show("inspection", samples.patrol("zh"))
    driver.settle()
    shell.screens["inspection"].list.scroll_y = 0.55
    driver.picture(folder / "patrol.png")

    shell.go("today")
    shell.show("today", samples.today("zh"))
    driver.settle()
    driver.picture(folder / "today.png")


PAGES = {"monday": "/monday", "map": "/map?grid=h3-8", "measures": "/measures"}
SOFTWARE_GL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


def managers(folder: Path, address: str) -> None:
    """Take pictures of what a manager sees, in Chinese, signed in as the demo allows."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", *SOFTWARE_GL]
        )
        page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="zh-CN")
        page.goto(f"{address}/sign-in")
        page.fill("input[name=name]", "manager")
        page.fill("input[type=password]", PASSWORD)
        page.click("button[type=submit]")
        for name, path in PAGES.items():
            page.goto(f"{address}{path}")
            page.wait_for_load_state("networkidle" if name == "map" else "load")
            page.wait_for_timeout(3_000 if name == "map" else 0)
            page.screenshot(path=folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    for served in sys.argv[2:]:
        managers(Path(sys.argv[1]), served.rstrip("/"))
