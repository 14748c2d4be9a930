"""How long a manager waits for a list, where a million inspections are in the history.

A real server over `lists_city`, a signed-in session, one list after the other: its first page, a
later one by its cursor, its filters, sorts and searches, as data and as a page. Each is asked once
when nothing was asked before (`first`), once as soon as a tablet handed in an inspection, while
the server works out what to show of it (`moved`), and then again and again: `p50` and `p95`. `cpu`
is the server's own time for one of the latter. `list_shown_s` is how long it takes from a push
until all answers that were asked lately count it.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec

from backend.bench import lists_city
from backend.bench.pushing import enrolled
from backend.bench.rounds import Measured, Numbers, latencies, short
from backend.bench.server import Line, Server, running
from backend.bench.workshop import Workshop
from backend.codes import Codes
from backend.folder import DataFolder
from backend.people import demonstration
from backend.people.people import People
from events.clock import SystemClock

LIMIT_MS: Final = 50
INSPECTIONS: Final = 1_000_000
QUICK: Final = 100_000
_LATER: Final = 3  # pages on
_PATIENCE: Final = 60  # seconds
_TOWNSHIP: Final = "440804100"

DATA: Final[Mapping[str, str]] = {
    "objects": "/views/objects",
    "objects, of a township": f"/views/objects?township={_TOWNSHIP}",
    "objects, of a domain": "/views/objects?domain=social_assistance",
    "objects, of a type": "/views/objects?object_type=street_segment",
    "objects, of all these": f"/views/objects?township={_TOWNSHIP}&domain=social_organization",
    "objects, never inspected": "/views/objects?never=true",
    "objects, open findings": "/views/objects?open_findings=true",
    "objects, ended ones too": "/views/objects?closed=true",
    "objects, overdue": "/views/objects?due=overdue",
    "objects, due this week": "/views/objects?due=week",
    "objects, by name": "/views/objects?order=name",
    "objects, by findings": "/views/objects?order=open_findings&direction=falling",
    "objects, by deadline": "/views/objects?order=order_due_on",
    "objects, search in Chinese": f"/views/objects?q={quote('协会')}",
    "objects, search by pinyin": "/views/objects?q=xh",
    "inspections": "/views/inspections",
    "inspections, of a township": f"/views/inspections?township={_TOWNSHIP}",
    "inspections, of a kind": "/views/inspections?kind=general_inspection",
    "inspections, that do not count": "/views/inspections?effective=false",
    "inspections, of an officer": "/views/inspections?officer={officer}",
    "inspections, of an object": "/views/inspections?object={object}",
    "items": "/views/items",
    "items, unused": "/views/items?unused=true",
    "officers": "/views/officers",
    "officers, not yet": "/views/officers?show=not_yet",
    "officers, by certificate": "/views/officers?sort=certificate",
    "faces": "/views/faces",
    "follow-ups": "/views/follow-ups",
    "faults": "/views/procedure",
    "due": "/views/due",
    "due, overdue": "/views/due?overdue=true",
    "due, of a township": f"/views/due?township={_TOWNSHIP}",
    "caps": "/views/caps",
    "joint visits": "/views/joint-visits",
    "devices": "/views/devices",
    "goals": "/views/goals",
    "causes": "/views/causes",
    "recoveries": "/views/recoveries",
}
PAGES: Final[Mapping[str, str]] = {
    "objects": "/objects",
    "objects, search by pinyin": "/objects?q=xh",
    "objects, overdue": "/objects?due=overdue",
    "object": "/objects/{object}",
    "items": "/items",
    "items, search by pinyin": "/items?q=jc",
    "item": "/items/{item}",
    "inspection": "/inspections/{inspection}",
    "officers": "/officers",
    "faces": "/faces",
    "follow-ups": "/follow-ups",
    "faults": "/faults",
    "due": "/due",
    "caps": "/caps",
    "devices": "/tablets",
    "monday": "/monday",
}
LATER: Final[Mapping[str, str]] = {
    "objects": "/objects",
    "objects, by name": "",
    "inspections": "",
    "officers": "/officers",
    "follow-ups": "/follow-ups",
    "faults": "/faults",
    "due": "/due",
}
"""What is asked for a later page, and where the page of it is."""


def measure(shop: Workshop) -> Measured:
    """Ask each list, and say which one is the slowest."""
    city = lists_city.build(shop.folder / "city", QUICK if shop.quick else INSPECTIONS, shop.tell)
    return ask(city, shop)


def ask(city: lists_city.City, shop: Workshop) -> Measured:
    """Ask each list of a city that was built."""
    rounds = shop.times(30, 10)
    _open_accounts(city)
    with running(str(city.folder)) as server, _tablet(server, city) as push:
        asking = _Asking(server, city)
        asked = dict(asking.questions())
        shop.tell("lists, for the first time")
        first = {name: asking.once(path) for name, path in asked.items()}
        asked |= dict(asking.later(asked))
        moved: dict[str, float] = {}
        for name, path in asked.items():
            shop.tell(f"lists, after a push: {name}")
            push()
            moved[name] = asking.once(path)
        server.account()
        start = time.perf_counter()
        push()
        server.account()
        shown = time.perf_counter() - start
        found: dict[str, Numbers] = {}
        for name, path in asked.items():
            shop.tell(f"lists: {name}")
            also = {"first": first.get(name), "moved": moved[name]}
            found[name] = asking.often(path, rounds) | also
    worst = dict(sorted(found.items(), key=lambda one: -one[1]["p95"]))
    return Measured(
        {
            "list_p95_ms": max(one["p95"] for one in found.values()),
            "list_moved_ms": max(moved.values()),
            "list_shown_s": short(shown),
        },
        {
            "limit_ms": LIMIT_MS,
            "inspections": city.inspections,
            "objects": city.objects,
            "officers": city.officers,
            "lists": worst,
        },
    )


class _Asking:
    """A signed-in manager's requests."""

    def __init__(self, server: Server, city: lists_city.City) -> None:
        self._server = server
        self._cookie = _sign_in(server)
        self._named = {
            "object": city.an_object,
            "inspection": city.an_inspection,
            "officer": city.an_officer,
            "item": city.an_item,
        }

    def questions(self) -> Iterator[tuple[str, str]]:
        """Yield every list as data and as a page."""
        for name, path in DATA.items():
            yield name, path.format_map(self._named)
        for name, path in PAGES.items():
            yield f"page: {name}", path.format_map(self._named)

    def later(self, asked: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield a later page of those lists that have one, and the same as a page."""
        for name, page in LATER.items():
            path = asked[name]
            for _ in range(_LATER):
                path = msgspec.json.decode(self._get(path))["next"] or path
            cursor = parse_qs(urlsplit(path).query).get("after")
            if cursor:
                yield f"{name}, a later page", path
                if page:
                    yield f"page: {name}, a later page", f"{page}?{urlencode({'after': cursor[0]})}"

    def once(self, path: str) -> float:
        """Return how many milliseconds an answer took."""
        start = time.perf_counter()
        self._get(path)
        return short((time.perf_counter() - start) * 1000)

    def often(self, path: str, rounds: int) -> Numbers:
        """Ask many times over one line."""
        self._get(path)
        before, seconds = self._used(), list[float]()
        with Line(self._server.port) as line:
            for _ in range(rounds):
                start = time.perf_counter()
                line.send(self._request(path))
                seconds.append(time.perf_counter() - start)
        cpu = (self._used() - before) / rounds * 1000
        return latencies(seconds) | {"cpu": short(cpu)}

    def _used(self) -> float:
        account = self._server.account()
        return account.process - sum(account.workers.values())

    def _get(self, path: str) -> bytes:
        with Line(self._server.port) as line:
            return line.send(self._request(path))

    def _request(self, path: str) -> bytes:
        lines = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {self._cookie}", "", "")
        return "\r\n".join(lines).encode()


def _open_accounts(city: lists_city.City) -> None:
    store = DataFolder.open(city.folder).history()
    people = People.open(city.folder, SystemClock(), demo=True)
    try:
        demonstration.open_accounts(people, store)
    finally:
        people.close()
        store.close()


def _sign_in(server: Server) -> str:
    """Return the cookie of a manager's session."""
    form = urlencode({"name": "manager", "password": demonstration.PASSWORD}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    line = HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE)
    try:
        line.request("POST", "/sign-in", form, kind)
        answer = line.getresponse()
        cookie = answer.getheader("set-cookie")
    finally:
        line.close()
    if answer.status != HTTPStatus.SEE_OTHER or cookie is None:
        msg = f"signing in gave {answer.status}"
        raise RuntimeError(msg)
    return cookie.partition(";")[0]


@contextmanager
def _tablet(server: Server, city: lists_city.City) -> Generator[Callable[[], None]]:
    """Give what hands in one more inspection, and waits for its receipt."""
    folder = DataFolder.open(city.folder)
    codes = Codes(folder.codes_file, SystemClock(), os.urandom)
    try:
        tablet = enrolled(server, folder, codes, 1)
    finally:
        codes.close()

    def push() -> None:
        with Line(server.port) as line:
            line.send(tablet.inspection()[0])

    yield push
