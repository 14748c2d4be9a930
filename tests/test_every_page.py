"""Each page as each role, in both languages, at two widths, light and dark, in a real browser.

Pages are found among the routes of the application, roles in the table of rights: neither can
be forgotten here. What is asked of all pages stands here alone; what one page does, in its own
tests.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import Client, Response, get
from litestar.handlers import HTTPRouteHandler
from playwright.sync_api import Browser

from backend.people.guard import narrowed_by
from backend.people.people import People
from backend.people.rights import GRANTS, OPEN, SCOPED, Role, right_of
from backend.people.role_table import routes_of
from events.clock import SystemClock
from tests.accessible import complaints
from tests.browser import LOCALES, OVERFLOW, SIZES, picture, watching
from tests.server import serving, site

HTML = {"accept": "text/html"}
SCOPE: dict[Role, dict[str, Any]] = {
    Role.SECTION_CHIEF: {"domains": ("elderly_care", "social_assistance")},
    Role.TOWNSHIP: {"townships": ("440804001", "440804002")},
    Role.SUPERVISOR: {"until": date(2099, 12, 31)},
}
MOST = (Role.AUDITOR, Role.MANAGER, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
"""Who may open most, then who may open what is left."""

STAGES = {"/sign-in/second": "second", "/sign-in/set-up": "enrol"}
ENDLESS = ("/live",)
NO_PAGES = ("/static/", "/api/", "/odata", "/exports/report.pdf")
"""Beginnings of addresses that are of no pages, but of files and feeds."""
OF_SOMETHING = {
    "/accounts/{account}": ("/accounts", ""),
    "/inspections/{key}": ("/views/inspections", "inspection"),
    "/items/{code}": ("/items", ""),
    "/join": ("/join", ""),
    "/map/cell": (None, "/map/cell?grid=township&cell=440804001"),
    "/objects/{key}": ("/views/objects", "object"),
    "/objects/{key}/card": ("/views/objects?object_type=low_income_household", "object"),
    "/problems/{code}": (None, "/problems/not-enrolled"),
    "/tablets/{device}/revoke": ("/views/devices", "device"),
}
"""Pages of one thing: from which list it is taken, and by which member of its rows."""


@pytest.fixture(scope="module")
def handlers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HTTPRouteHandler]:
    """What may be a page: all that is opened, but for what is described as data."""
    with site(tmp_path_factory.mktemp("routes") / "data") as here:
        described = here.client.get("/api/openapi.json").json()["paths"]
        return {
            path: one
            for path, method, one in routes_of(here.client.app)
            if method == "GET" and path not in {*described, *ENDLESS}
            if not path.startswith(NO_PAGES)
        }


class House:
    """A served bureau, and a session in it for each role."""

    def __init__(
        self,
        address: str,
        people: People,
        handlers: dict[str, HTTPRouteHandler],
        clients: ExitStack,
    ) -> None:
        self.address = address
        self.people = people
        self.handlers = handlers
        self.newcomer = people.accounts.open("newcomer", "陈东", Role.INSPECTOR).account
        self._pages: dict[Role, dict[str, str]] = {}
        self.accounts = {
            role: people.accounts.open(f"walk-{role}", "李明", role, **SCOPE.get(role, {})).account
            for role in Role
        }
        self.clients = {
            role: clients.enter_context(
                Client(base_url=address, cookies=self.session(role), headers=HTML, timeout=30)
            )
            for role in Role
        }

    def session(self, role: Role, path: str = "/") -> dict[str, str]:
        """Return the cookie of who is signed in as far as a page is for."""
        if path in OPEN:
            return {}
        stage: Any = STAGES.get(path, "whole")
        return {"xunji": self.people.sessions.begin(self.accounts[role], stage)}

    def may_open(self, role: Role, path: str) -> bool:
        """Tell whether the table of rights lets a role open a page."""
        handler = self.handlers[path]
        if path in OPEN:
            return role is MOST[0]
        right = right_of(path, handler.opt)
        if right is None or right not in GRANTS[role]:
            return False
        known, scope = narrowed_by(handler), SCOPE.get(role, {})
        lacking = {"domains": "domain", "townships": "township"}
        return (
            right not in SCOPED
            or bool(handler.opt.get("narrows"))
            or all(lacking[name] in known for name in scope if name in lacking)
        )

    def pages(self, role: Role) -> dict[str, str]:
        """Return the pages that a role may open, each by its route, as an address of something."""
        if role not in self._pages:
            self._pages[role] = dict(self._found(role))
        return self._pages[role]

    def _found(self, role: Role) -> Iterator[tuple[str, str]]:
        for path in self.handlers:
            if self.may_open(role, path):
                address = self.filled(role, path)
                answer = self.look(role, path, address)
                if answer.headers["content-type"].startswith("text/html"):
                    assert answer.status_code == 200, (role, address, answer.text)
                    yield path, address

    def look(self, role: Role, path: str, address: str) -> Response:
        """Return how a page is answered to who is signed in as far as it is for."""
        if path not in {*STAGES, *OPEN}:
            return self.clients[role].get(address)
        return get(self.address + address, headers=HTML, cookies=self.session(role, path))

    def filled(self, role: Role, path: str) -> str:
        """Return the address of a page of something that a role may look at."""
        if path not in OF_SOMETHING:
            assert "{" not in path, f"say of what {path} is to be opened"
            return path
        listed, member = OF_SOMETHING[path]
        if listed is None:
            return member
        if listed == "/join":
            return f"/join?link={self.people.accounts.link(self.newcomer)}"
        if listed == "/accounts":
            return f"/accounts/{self.newcomer}"
        if listed == "/items":  # of a township there is no list as data
            text = self.clients[role].get(listed).text
            return str(re.findall(r'href="(/items/[^"?]+)"', text)[0])
        answer = self.clients[role].get(listed, headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return re.sub(r"\{\w+\}", str(answer.json()["rows"][0][member]), path)


@pytest.fixture(scope="module")
def house(
    built: Path, tmp_path_factory: pytest.TempPathFactory, handlers: dict[str, HTTPRouteHandler]
) -> Iterator[House]:
    """A small demonstration: a year of inspections, patrols, orders, faults and tablets."""
    path = tmp_path_factory.mktemp("pages") / "data"
    shutil.copytree(built, path)
    with (
        serving(path) as served,
        closing(People.open(path, SystemClock(), demo=False)) as people,
        ExitStack() as clients,
    ):
        yield House(served.address, people, handlers, clients)


# ── looked at ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("language", "size", "dark"),
    [
        ("zh", "desk", False),
        ("zh", "phone", True),
        ("en", "desk", True),
        ("en", "phone", False),
    ],
)
def test_each_page_fits_the_screen_and_axe_finds_nothing(
    browser: Browser, house: House, language: str, size: str, dark: bool
) -> None:
    wrong: dict[str, object] = {}
    seen: set[str] = set()
    for role in MOST:
        for path, address in house.pages(role).items():
            if path in seen:
                continue
            seen.add(path)
            with watching(
                browser, house.address, house.session(role, path),
                language=language, size=size, dark=dark,
            ) as watched:  # fmt: skip
                page = watched.page
                page.goto(f"{house.address}{address}")
                if path in READY:
                    page.wait_for_selector(READY[path])
                name = path.strip("/").replace("/", "-").replace("{", "").replace("}", "")
                picture(page, f"{name}-{language}-{size}-{'dark' if dark else 'light'}")
                found = {
                    "axe": [] if path in OF_A_LIBRARY else complaints(page),
                    "wider than the screen": max(page.evaluate(OVERFLOW), 0),
                    "said": [*watched.complaints],
                    "language": page.get_attribute("html", "lang") not in LANG[language],
                    "headings": path not in OF_A_LIBRARY and page.locator("h1").count() != 1,
                }
                watched.complaints.clear()
                if found := {what: one for what, one in found.items() if one}:
                    wrong[address] = found

    assert wrong == {}
    assert len(seen) > 25


OF_A_LIBRARY = ("/api",)  # Swagger UI's own colours
READY = {"/map": "[data-ready]", "/api": ".opblock"}
LANG = {"zh": ("zh-CN",), "en": ("en", "en-GB")}


# ── as each role ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", Role)
def test_each_role_is_offered_nothing_that_it_may_not_open(
    browser: Browser, house: House, role: Role
) -> None:
    offered: dict[str, set[str]] = {}
    turns = [(language, size) for language in LOCALES for size in SIZES]
    for number, (path, address) in enumerate(house.pages(role).items()):
        language, size = turns[number % len(turns)]
        with watching(
            browser, house.address, house.session(role, path), language=language, size=size
        ) as watched:
            watched.page.goto(f"{house.address}{address}")
            if path in READY:
                watched.page.wait_for_selector(READY[path])
            assert watched.page.evaluate(OVERFLOW) <= 0, address
            links = watched.page.eval_on_selector_all("a[href]", HREFS)
            forms = watched.page.eval_on_selector_all(
                "form", "all => all.map(one => [one.method, one.action])"
            )
        offered.setdefault(path, set()).update(
            f"GET {link.partition('#')[0]}" for link in links if link.startswith(house.address)
        )
        offered[path] |= {f"{method.upper()} {action}" for method, action in forms}

    links = {one for found in offered.values() for one in found}
    refused = {one: said for one in sorted(links) if (said := _refused(house, role, one))}
    assert refused == {}, {one: [at for at in offered if one in offered[at]] for one in refused}


HREFS = "all => all.map(one => new URL(one.getAttribute('href'), document.baseURI).href)"


def _refused(house: House, role: Role, offered: str) -> str:
    """Return why a role is refused what a page offers it; "" where it is not."""
    method, _, url = offered.partition(" ")
    asked = urlsplit(url)
    address = f"{asked.path}?{asked.query}"
    if method == "GET":
        answer = house.clients[role].get(address)
        return "" if answer.status_code in (200, 303) else f"{answer.status_code}"
    return ""


def test_what_a_role_may_not_open_is_refused_on_a_page(house: House) -> None:
    wrong: list[tuple[Role, str, int]] = []
    for role in Role:
        for path in house.handlers:
            if house.may_open(role, path) or path in {*OPEN, *STAGES}:
                continue
            answer = house.clients[role].get(re.sub(r"\{\w+\}", "x", path))
            is_page = answer.headers["content-type"].startswith("text/html")
            if answer.status_code != 403 or not is_page:
                wrong.append((role, path, answer.status_code))

    assert wrong == []
