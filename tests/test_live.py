"""New records are told to pages that listen: bounded, until their session ends."""

import asyncio
import os
from pathlib import Path
from time import monotonic
from types import SimpleNamespace

import msgspec
import pytest
from httpx import Client

from backend import live as module
from backend.folder import DataFolder
from backend.frame import Silent, Standing
from backend.live import Live, told
from backend.office import Office
from backend.people.reader import Reader
from backend.people.rights import Role
from events.clock import SetClock, SystemClock
from tests.server import NOON, an_object, found, serving, signed_in, site

MANAGER = Reader("a", "李明", Role.MANAGER)
NANDIAO = Reader("b", "陈东", Role.TOWNSHIP, townships=("440804001",))
TABLETS = (
    Silent("d1", "南调平板", None, ("440804001",)),
    Silent("d2", "南三平板", None, ("440804003",)),
)


class Fake(SimpleNamespace):
    """How it stands, as a test says."""

    position = 1

    def now(self) -> Standing:
        return Standing(self.position, "2026-05-28 12:00", 0, TABLETS)


def said(message: object) -> dict[str, object]:
    return msgspec.json.decode(message.data)  # type: ignore[attr-defined]


def test_a_page_is_told_at_once_and_whenever_something_moved() -> None:
    async def listen() -> list[object]:
        standings = Fake()
        live = Live(standings)  # type: ignore[arg-type]
        heard = told(live, b"s", lambda: MANAGER)
        first = await anext(heard)
        standings.position = 7
        live.step()
        second = await anext(heard)
        await heard.aclose()
        assert live.listeners == 0
        return [said(first)["position"], said(second)["position"]]

    assert asyncio.run(listen()) == [1, 7]


def test_who_has_a_scope_hears_of_the_tablets_in_it() -> None:
    async def listen(reader: Reader) -> object:
        heard = told(Live(Fake()), b"s", lambda: reader)  # type: ignore[arg-type]
        first = await anext(heard)
        await heard.aclose()
        return said(first)["silent"]

    assert asyncio.run(listen(MANAGER)) == ["南调平板", "南三平板"]
    assert asyncio.run(listen(NANDIAO)) == ["南调平板"]


def test_it_ends_with_the_session_and_beats_meanwhile() -> None:
    async def listen() -> list[str | None]:
        readers = iter([MANAGER, MANAGER, None])
        live = Live(Fake(), heartbeat=0.01)  # type: ignore[arg-type]
        return [one.event or one.comment async for one in told(live, b"s", lambda: next(readers))]

    assert asyncio.run(listen()) == ["standing", "still here", "ended"]


def test_the_server_lets_all_go_before_it_stops() -> None:
    async def listen() -> str | None:
        live = Live(Fake())  # type: ignore[arg-type]
        heard = told(live, b"s", lambda: MANAGER)
        await anext(heard)
        live.end()
        return (await anext(heard)).event

    assert asyncio.run(listen()) == "ended"


def test_only_so_many_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen() -> list[str | None]:
        live = Live(Fake())  # type: ignore[arg-type]
        one, two, three = (told(live, session, lambda: MANAGER) for session in (b"s", b"s", b"t"))
        found = [(await anext(each)).event for each in (one, two, three)]
        for each in (one, two, three):
            await each.aclose()
        return found

    monkeypatch.setattr(module, "MOST_OF_ONE", 1)

    assert asyncio.run(listen()) == ["standing", "ended", "standing"]


def test_a_record_is_told_to_who_listens_and_stopping_waits_for_nobody(tmp_path: Path) -> None:
    path = tmp_path / "data"
    found(path, SetClock(NOON), demo=True)
    session = signed_in(path, Role.MANAGER)
    with serving(path) as served, Client(base_url=served.address, cookies=session) as client:
        with client.stream("GET", "/live", timeout=20) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = (line for line in answer.iter_lines() if line.startswith("data: {"))
            before = msgspec.json.decode(next(lines)[6:])["position"]
            with Office(DataFolder.open(path), "console", SystemClock(), os.urandom) as console:
                console.record(an_object(), ())
            while (after := msgspec.json.decode(next(lines)[6:])["position"]) <= before:
                continue
            begun = monotonic()
            assert served.stop() == 0
        assert after > before
        assert monotonic() - begun < 10


def test_nobody_listens_without_signing_in_or_without_the_right(tmp_path: Path) -> None:
    with site(tmp_path / "data") as here:
        assert here.stranger().get("/live").status_code == 401
        assert here.sign_in(Role.SYSTEM_ADMIN).get("/live").status_code == 403
