"""A real browser: one way to launch it, to be signed in with it, and to watch what a page does.

Fixtures are offered to all tests by `conftest.py`. A browser lives as long as a module: while
Playwright's one runs, no other loop of asyncio may.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.server import cookies

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
SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WEBGL = [*(one for one in ARGUMENTS if one != "--disable-gpu"), *SOFTWARE_GL]
NO_WEBGL = [*ARGUMENTS, "--disable-3d-apis"]
SIZES = {"desk": (1366, 768), "phone": (390, 844)}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
_OF_THE_DRIVER = "GL Driver Message (OpenGL, Performance"  # of drawing in software, not of a page
_PICTURES = os.environ.get("XUNJI_PICTURES")


@contextmanager
def launched(chromium: str, *arguments: list[str]) -> Iterator[list[Browser]]:
    """Launch a browser for each list of arguments."""
    with sync_playwright() as playwright:
        found = [
            playwright.chromium.launch(executable_path=chromium, args=one) for one in arguments
        ]
        yield found
        for one in found:
            one.close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser of a module's tests."""
    with launched(chromium, ARGUMENTS) as (one,):
        yield one


class Watched:
    """A page whose requests and complaints are kept: errors, the console, what CSP refused."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda said: self._heard(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, said: str) -> None:
        if _OF_THE_DRIVER not in said:
            self.complaints.append(said)

    def foreign(self, *own: str) -> list[str]:
        """Return what was asked of any other host; `own` are beginnings of what is ours."""
        return [url for url in self.requests if not url.startswith(own)]


@contextmanager
def watching(
    browser: Browser,
    address: str,
    session: Mapping[str, str] | None = None,
    *,
    size: str = "desk",
    language: str = "zh",
    dark: bool = False,
    **options: Any,  # noqa: ANN401  Playwright's
) -> Iterator[Watched]:
    """Open a page that complains of nothing and asks nothing of any other host."""
    width, height = SIZES[size]
    said: dict[str, Any] = {
        "locale": LOCALES[language],
        "viewport": {"width": width, "height": height},
        "color_scheme": "dark" if dark else "light",
    }
    with browser.new_context(**(said | options)) as context:
        context.add_cookies(cookies(dict(session or {}), address))
        watched = Watched(context.new_page())
        yield watched
        assert watched.complaints == []
        assert watched.foreign(f"{address}/", "data:", "blob:") == []


def picture(page: Page, name: str) -> None:
    """Keep a picture of a page in $XUNJI_PICTURES, if that is named."""
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES) / f"{name}.png", full_page=True)
