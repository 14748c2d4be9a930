"""One conversation from the tablet to the page, the same wherever the office keeps its history."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from backend.codes import Codes
from backend.folder import DataFolder
from backend.migrating import move
from backend.office import Office
from backend.verification import verify
from events import batch
from events.batch import CONTENT_TYPE, Batch
from events.clock import SystemClock
from events.memory_store import MemoryStore
from events.sqlite_store import SQLiteStore
from events.statements import Receipt
from events.writer import Said
from mobile import enrolling
from mobile.sync_client import SyncClient
from projections.catalogue import VIEWS
from projections.views import MemoryViews
from tests.mongodb import standin
from tests.server import (
    a_visit,
    an_item,
    an_object,
    found,
    inspected,
    serving,
    signed_in,
    site,
)

CLOCK = SystemClock()
TODAY = CLOCK.now().local().date()


class KeptInMemory(MemoryViews):
    """Views as long as the process lives: they serve from the first."""

    serves = True

    def take_over(self) -> None:
        """They do already."""


@pytest.fixture(params=["memory", "sqlite", "mongodb"])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, httpx.Client]]:
    """A bureau at work on each of the stores: its folder, and a line to its server."""
    path = tmp_path / "office"
    with ExitStack() as stack:
        if request.param == "mongodb":
            uri = request.getfixturevalue("mongodb")
            name = stack.enter_context(standin.database(uri))
            monkeypatch.setenv("XUNJI_MONGODB", standin.uri_of(uri, name))
        found(path, CLOCK)
        if request.param == "memory":
            keep_in_memory(path, monkeypatch)
            yield path, stack.enter_context(site(path, clock=CLOCK)).stranger()
        else:
            address = stack.enter_context(serving(path)).address
            yield path, stack.enter_context(httpx.Client(base_url=address, timeout=60))
    assert any(path.glob("history*")) == (request.param == "sqlite")


def keep_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Move a bureau's history into memory; all that opens the folder here shares it."""
    store, views = MemoryStore(), KeptInMemory(VIEWS)
    with closing(SQLiteStore(path / "history.sqlite")) as file:
        move(file, store, lambda *_: None)
    for one in path.glob("history.sqlite*"):
        one.unlink()
    monkeypatch.setattr(DataFolder, "history", lambda *_: store)
    monkeypatch.setattr(DataFolder, "views", lambda *_: views)


@contextmanager
def console(path: Path) -> Iterator[Office]:
    with Office(DataFolder.open(path), "console", CLOCK, os.urandom) as office:
        yield office


def code(path: Path) -> str:
    with closing(Codes(DataFolder.open(path).codes_file, CLOCK, os.urandom)) as codes:
        return codes.issue("平板 01", (), (), 3600)


def folded(http: httpx.Client, size: int) -> None:
    until = monotonic() + 60
    while http.get("/ready").json()["folded"] < size:
        assert monotonic() < until, "the projector does not come after"
        sleep(0.01)


def test_what_a_tablet_records_is_held_fetched_counted_and_shown(
    office: tuple[Path, httpx.Client], tmp_path: Path
) -> None:
    path, http = office
    year = TODAY.replace(month=1, day=1)
    here, there = (an_object(name=name, valid_from=year) for name in "甲乙")
    visit = a_visit(here.object, started_on=TODAY)
    with console(path) as office_log:
        office_log.record_all([Said(here), Said(there), Said(an_item())])
        told = office_log.store.size()
    folded(http, told)

    folder = enrolling.prepare(tmp_path / "tablet", http, code(path), CLOCK, os.urandom)
    log = folder.device_log(CLOCK)
    client = SyncClient(folder, log, CLOCK, http)
    fetched = client.pull()
    log.record_all([Said(one) for one in inspected(visit, CLOCK.now())])
    held = client.push_all()
    client.outbox = type(client.outbox)(0)  # as if no answer had come: all is sent again
    again = client.push_all()
    gap = Batch(log.log, 9, (log.store.read_log(log.log, 1, 1)[0].state[8:],))
    refused = http.post(
        "/sync/log", content=batch.encode(gap), headers={"content-type": CONTENT_TYPE}
    )

    assert fetched >= 3
    assert held == again == log.held.sequence == 3
    assert (refused.status_code, refused.json()["held"]) == (409, held)
    receipt = Receipt.decode(folder.reference.receipts(log.log)[-1][1])
    assert (receipt.sequence, receipt.hash) == (held, log.held.hash)
    assert receipt.position == told + 3 + 1  # the office recorded that it enrolled the tablet

    folded(http, receipt.position)
    reader = httpx.Cookies(signed_in(path))
    http.cookies.update(reader)
    figure = http.get("/views/coverage", params={"from": str(TODAY), "to": str(TODAY)}).json()
    assert (figure["objects"]["done"], figure["objects"]["of"]) == (1, 2)
    page = http.get("/", follow_redirects=True, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "坡头区民政局" in page.text
    assert verify(DataFolder.open(path)).fault is None
    folder.close()
