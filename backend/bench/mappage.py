"""How soon the coverage map is drawn in a browser, and how fast it is recoloured.

The page is the product's own, its cells are made here: 2,000 and 50,000 hexagons in the place
of those of a register. Chromium draws on the processor, as on an office machine without a
graphics card. Needs Playwright and an installed Chromium; without them it says so.
"""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import pairwise, product
from math import cos, pi, sin
from random import Random
from statistics import median
from typing import Any, Final

from backend.bench.rounds import Measured, Numbers, costs, short
from backend.bench.server import running
from backend.bench.workshop import Workshop
from backend.cells import HEADER, MAGIC, VERSION
from backend.folder import DataFolder
from backend.people.people import People
from backend.people.rights import Role
from events.clock import SystemClock

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS: Final = (
    "--headless", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)  # fmt: skip
_SIZES: Final = (2_000, 50_000)
_STEPS: Final = 12
_STATES: Final = bytes((200, 201, 202, 203, 204))
_DIGEST: Final = bytes(32)
_READY: Final = """new MutationObserver((_, watching) => {
    if (!document.querySelector("[data-ready=webgl]")) return;
    watching.disconnect();
    const gl = document.querySelector("[data-map] canvas").getContext("webgl2");
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // all is drawn
    window.drawnAt = performance.now();
}).observe(document, { attributes: true, subtree: true })"""
_RECOLOUR: Final = """async (rounds) => {
    const { painter } = coverageMap;
    const gl = painter.map.getCanvas().getContext("webgl2");
    const spent = [];
    for (let round = 0; round < rounds; round += 1) {
        const states = coverageMap.states.of(round % 12);
        const since = performance.now();
        await painter.paint(states);
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // all is drawn
        spent.push(performance.now() - since);
        await new Promise((done) => setTimeout(done, 60));
    }
    return spent;
}"""


def measure(shop: Workshop) -> Measured:
    """Open the map with few and with many cells; tell when it was ready, and how it recolours."""
    missing = _missing()
    if missing:
        return Measured({"mappage_missing": missing}, {})
    numbers: Numbers = {}
    details: Numbers = {}
    with _served(shop) as (address, token), _browser() as open_page:
        _opened(open_page(address, token, 1), address)  # the first visit after a start is nobody's
        for size in _SIZES:
            shop.tell(f"the coverage map: {size:,} cells")
            ready: list[float] = []
            spent: list[float] = []
            for _ in range(shop.times(5, 3)):
                page, sent = open_page(address, token, size)
                ready.append(_opened((page, sent), address))
                spent += page.evaluate(_RECOLOUR, shop.times(12, 5))[1:]
                numbers.setdefault("map_page_kb", short(sum(sent.values()) / 1000))
                page.context.close()
            numbers[f"map_ready_ms_{size}"] = short(median(ready))
            numbers[f"map_recolour_ms_{size}"] = short(median(spent))
            details[str(size)] = {"ready_ms": costs(ready), "recolour_ms": costs(spent)}
    return Measured(numbers, details)


def _opened(opened: tuple[Any, dict[str, int]], address: str) -> float:
    """Open the map; return the milliseconds from its address to all cells drawn."""
    page, _ = opened
    page.add_init_script(_READY)
    page.goto(f"{address}/map")
    page.wait_for_selector("[data-ready=webgl]")
    return float(page.evaluate("drawnAt"))


def _missing() -> str:
    if find_spec("playwright") is None:
        return "Playwright"
    return "" if _chromium() else "Chromium"


def _chromium() -> str | None:
    named = os.environ.get("XUNJI_CHROMIUM")
    return next(filter(None, map(shutil.which, (named,) if named else _NAMES)), None)


@contextmanager
def _served(shop: Workshop) -> Generator[tuple[str, str]]:
    """Serve an empty bureau; yield its address and the token of a session."""
    folder = shop.folder / "map"
    DataFolder.create(folder, "bench", os.urandom, SystemClock(), demo=True)
    with running(str(folder)) as server:
        with closing(People.open(folder, SystemClock(), demo=False)) as people:
            account = people.accounts.open("bench", "bench", Role.MANAGER)
            token = people.sessions.begin(account.account)
        yield f"http://127.0.0.1:{server.port}", token


@contextmanager
def _browser() -> Generator[Callable[[str, str, int], tuple[Any, dict[str, int]]]]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_chromium(), args=_ARGUMENTS)

        def opened(address: str, token: str, size: int) -> tuple[Any, dict[str, int]]:
            context = launched.new_context(viewport={"width": 1366, "height": 768})
            context.add_cookies([{"name": "xunji", "value": token, "url": address}])
            page, sent = context.new_page(), dict[str, int]()
            shape, states = _shape(size), _states(size)
            page.route("**/grids/**", lambda route: route.fulfill(json=shape))
            page.route("**/views/cells?*", lambda route: route.fulfill(body=states))
            page.route("**/map/names?*", lambda route: route.fulfill(json=[]))
            page.on("response", lambda answer: sent.update(_length(answer)))
            return page, sent

        yield opened
        launched.close()


def _length(answer: Any) -> dict[str, int]:  # noqa: ANN401  Playwright's
    """Return the bytes that an answer of the page itself has on the wire, by its address."""
    if any(part in answer.url for part in ("/grids/", "/views/", "/map/", "/live")):
        return {}
    return {answer.url: int(answer.headers.get("content-length", 0))}


def _shape(size: int) -> dict[str, Any]:
    """Return a grid of hexagons side by side, as `/grids` sends it."""
    columns = int(size**0.5)
    middles = [(x, y) for y, x in product(range(size // columns + 1), range(columns))][:size]
    rings = [_ring(x * 1_800 + (y % 2) * 900, y * 1_550) for x, y in middles]
    cells = [f"{number:015x}" for number in range(size)]
    return {
        "grid": "h3-8",
        "hash": _DIGEST.hex(),
        "schematic": False,
        "cells": cells,
        "rings": rings,
    }


def _ring(x: int, y: int) -> list[int]:
    corners = [
        (
            110_400_000 + x + round(1_030 * sin(n * pi / 3)),
            21_200_000 + y + round(1_030 * cos(n * pi / 3)),
        )
        for n in range(6, 0, -1)
    ]
    said = list(corners[0])
    for (west, south), (east, north) in pairwise(corners):
        said += (east - west, north - south)
    return said


def _states(size: int) -> bytes:
    """Return any state for each cell and step."""
    dice = Random(size)
    head = HEADER.pack(MAGIC, VERSION, 1, 0, size, _STEPS, _DIGEST)
    return head + bytes(dice.choices(_STATES, k=size * _STEPS))
