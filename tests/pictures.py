"""Makes the pictures of the README: `python -m tests.pictures docs/pictures [ADDRESS]`.

Those of the tablet; and that of the server's page, where the address of a served demo is given.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

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


def overview(folder: Path, address: str) -> None:
    """Take a picture of the first page that a server shows, in Chinese."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 800}, locale="zh-CN")
        page.goto(address)
        page.screenshot(path=folder / "overview.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    for served in sys.argv[2:]:
        overview(Path(sys.argv[1]), served)
