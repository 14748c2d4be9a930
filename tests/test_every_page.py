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
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from httpx import Client, Response, get
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient
from playwright.sync_api import Browser

from backend.people.guard import may_open
from backend.people.people import People, reader_of
from backend.people.rights import OPEN, Role
from backend.people.role_table import routes_of
from events.clock import SystemClock
from tests.accessible import complaints
from tests.browser import OVERFLOW, picture, watching
from tests.server import serving, site

HTML = {"accept": "text/html"}
Routes = list[tuple[str, str, HTTPRouteHandler]]
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
    "/accounts/{account}": (None, "/accounts/{house.newcomer}"),
    "/inspections/{key}": ("/views/inspections", "inspection"),
    "/inspections/{key}/pictures": ("/views/inspections", "inspection"),
    "/items/{code}": ("/items", ""),
    "/join": (None, "/join?link={house.link}"),
    "/import/preview": (None, "/import/preview?token={house.upload}"),
    "/imports/{imported}": (None, "/imports/{house.imported}"),
    "/map/cell": (None, "/map/cell?grid=township&cell=440804001"),
    "/objects/{key}": ("/views/objects", "object"),
    "/objects/{key}/card": ("/views/objects?object_type=low_income_household", "object"),
    "/problems/{code}": (None, "/problems/not-enrolled"),
    "/tablets/{device}/revoke": ("/views/devices", "device"),
}
"""Pages of one thing: the list it is taken from and the member of its rows, or its address."""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    with site(tmp_path_factory.mktemp("routes") / "data") as here:
        yield here.client


@pytest.fixture(scope="module")
def routes(application: TestClient[Litestar]) -> Routes:
    """What may be asked: path, method, and what answers."""
    return routes_of(application.app)


@pytest.fixture(scope="module")
def handlers(application: TestClient[Litestar], routes: Routes) -> dict[str, HTTPRouteHandler]:
    """What may be a page: all that is opened, but for what is described as data."""
    described = application.get("/api/openapi.json").json()["paths"]
    return {
        path: one
        for path, method, one in routes
        if method == "GET" and path not in {*described, *ENDLESS}
        if not path.startswith(NO_PAGES)
    }


class House:
    """A served bureau, and a session in it for each role."""

    def __init__(
        self,
        address: str,
        people: People,
        routes: Routes,
        handlers: dict[str, HTTPRouteHandler],
        clients: ExitStack,
    ) -> None:
        self.address = address
        self.people = people
        self.routes = routes
        self.handlers = handlers
        self.newcomer = people.accounts.open("newcomer", "陈东", Role.INSPECTOR).account
        self._pages: dict[Role, dict[str, str]] = {}
        accounts = {
            role: people.accounts.open(f"walk-{role}", "李明", role, **SCOPE.get(role, {}))
            for role in Role
        }
        self.accounts = {role: one.account for role, one in accounts.items()}
        self.readers = {role: reader_of(one) for role, one in accounts.items()}
        self.clients = {
            role: clients.enter_context(
                Client(base_url=address, cookies=self.session(role), headers=HTML, timeout=30)
            )
            for role in Role
        }
        self.link = people.accounts.link(self.newcomer)
        self.imported, self.upload = self._brought()

    def _brought(self) -> tuple[str, str]:
        """Import a list; return the import, and a file that waits to be confirmed."""
        manager = self.clients[Role.MANAGER]
        csrf = {"csrf": said(manager.get("/import").text, "csrf"), "list": "objects"}
        head = "名称,对象类型,领域,镇街,单位编号\n"
        for number in (1, 2):
            line = f"新公墓{number},cemetery_commercial,funeral,440804001,WALK-{number}\n"
            preview = manager.post(
                "/import", data=csrf, files={"file": (f"{number}.csv", (head + line).encode())}
            )
            assert preview.status_code == 200, preview.text
            if number == 1:
                sent = {one: said(preview.text, one) for one in ("csrf", "token", "digest")}
                assert manager.post("/import/confirm", data=sent).status_code == 200
        (imported,) = re.findall(r'href="/imports/([^"?]+)"', manager.get("/imports").text)
        return imported, said(preview.text, "token")

    def session(self, role: Role, path: str = "/") -> dict[str, str]:
        """Return the cookie of who is signed in as far as a page is for."""
        if path in OPEN:
            return {}
        stage: Any = STAGES.get(path, "whole")
        return {"xunji": self.people.sessions.begin(self.accounts[role], stage)}

    def may_open(self, role: Role, path: str) -> bool:
        """Tell whether the table of rights lets a role open a page."""
        if path in OPEN:
            return role is MOST[0]
        return may_open(self.readers[role], path, self.handlers[path])

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

    def refuses(self, role: Role, offered: str) -> bool:
        """Tell whether a role is refused what a page offers it; a form is judged, not sent."""
        method, _, url = offered.partition(" ")
        asked = urlsplit(url)
        if method == "GET":
            answer = self.clients[role].get(f"{asked.path}?{asked.query}")
            return answer.status_code not in (200, 303)
        (answering,) = [
            (path, one)
            for path, known, one in self.routes
            if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), asked.path)
        ]
        return not may_open(self.readers[role], *answering)

    def filled(self, role: Role, path: str) -> str:
        """Return the address of a page of something that a role may look at."""
        if path not in OF_SOMETHING:
            assert "{" not in path, f"say of what {path} is to be opened"
            return path
        listed, member = OF_SOMETHING[path]
        if listed is None:
            return member.format(house=self)
        if listed == "/items":  # of a township there is no list as data
            text = self.clients[role].get(listed).text
            return str(re.findall(r'href="(/items/[^"?]+)"', text)[0])
        answer = self.clients[role].get(listed, headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return re.sub(r"\{\w+\}", str(answer.json()["rows"][0][member]), path)


def said(page: str, name: str) -> str:
    """Return what the form on a page would send by a name."""
    return str(re.findall(rf'name="{name}" value="([^"]+)"', page)[0])


@pytest.fixture(scope="module")
def house(
    built: Path,
    tmp_path_factory: pytest.TempPathFactory,
    routes: Routes,
    handlers: dict[str, HTTPRouteHandler],
) -> Iterator[House]:
    """A small demonstration: a year of inspections, patrols, orders, faults and tablets."""
    path = tmp_path_factory.mktemp("pages") / "data"
    shutil.copytree(built, path)
    with (
        serving(path) as served,
        closing(People.open(path, SystemClock(), demo=False)) as people,
        ExitStack() as clients,
    ):
        yield House(served.address, people, routes, handlers, clients)


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
def test_each_role_is_offered_nothing_that_it_may_not_open(house: House, role: Role) -> None:
    offered: dict[str, str] = {}
    for path, address in house.pages(role).items():
        text = house.look(role, path, address).text
        for one in offers(text, f"{house.address}{address}"):
            if one.partition(" ")[2].startswith(house.address):
                offered.setdefault(one.partition("#")[0], path)

    assert {one: at for one, at in offered.items() if house.refuses(role, one)} == {}
    assert len(offered) > 2


def offers(text: str, address: str) -> Iterator[str]:
    """Return what a page lets a reader ask: a method and a whole address, of links and forms."""
    for tag in re.findall(r"<(?:a|form|button)\b[^>]*>", text):
        said = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        method = said.get("method", "get").upper() if tag.startswith("<form") else "GET"
        for name, asked in (("href", method), ("action", method), ("hx-get", "GET")):
            if name in said:
                yield f"{asked} {urljoin(address, said[name])}"
        if "formaction" in said:
            yield f"POST {urljoin(address, said['formaction'])}"


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
