"""Makes the pictures of the tablet for the README: `python -m tests.pictures docs/pictures`."""

import sys
from pathlib import Path

from tests import screen_samples as samples
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
