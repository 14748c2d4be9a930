"""A tab that nobody looks at: it keeps no session alive, says so, and keeps what was typed."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from httpx import Client
from playwright.sync_api import Browser, expect

from backend.folder import DataFolder
from backend.office import Office
from backend.people.guard import UNATTENDED
from backend.people.people import People
from backend.people.rights import Role
from backend.people.sessions import IDLE_SECONDS, Session
from events.clock import SetClock, SystemClock
from events.facts import SealedPart
from events.ids import id_text
from tests.browser import Watched
from tests.server import (
    NOON,
    Site,
    an_object,
    cookies,
    found,
    new_id,
    serving,
    session_of,
    signed_in,
    site,
)

HOME = id_text(b"h" * 16)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bureau with a home whose name is opened by saying what for."""
    path = tmp_path_factory.mktemp("forgotten") / "data"
    found(path, SetClock(NOON))
    with site(path) as here:
        home = an_object(
            object=HOME, object_type="low_income_household", name=None, person=new_id(),
            sealed=(SealedPart("card", HOME),),
        )  # fmt: skip
        here.tell(home, texts=(b'{"name":"x"}',))
        here.folded()
    return path


@pytest.fixture(scope="module")
def address(path: Path) -> Iterator[str]:
    with serving(path) as served:
        yield served.address


def spent(path: Path, session: dict[str, str], seconds: int) -> Session:
    """Let a session be unused for longer, and return it."""
    with closing(People.open(path, SystemClock(), demo=False)) as people:
        held = people.sessions.peek(session["xunji"])
        assert held
        with people._db.writing() as db:
            earlier = (seconds * 1_000_000, held.hash)
            db.execute("UPDATE sessions SET seen=seen-? WHERE hash=?", earlier)
        return held


def new_record(path: Path) -> None:
    with Office(DataFolder.open(path), "console", SystemClock(), os.urandom) as console:
        console.record(an_object(), ())


@pytest.mark.parametrize("page", ["/monday", "/account"])
def test_what_a_page_asks_by_itself_is_no_use_of_the_session(tmp_path: Path, page: str) -> None:
    clock = SetClock(NOON)
    with site(tmp_path / "data", clock=clock) as here:
        client = here.sign_in(Role.MANAGER)
        later(here, IDLE_SECONDS - 60)
        assert client.get(page, headers={UNATTENDED: "1"}).status_code == 200
        later(here, 120)

        assert client.get(page, headers={UNATTENDED: "1"}).status_code == 401
        assert client.get(page).status_code == 401


def test_what_somebody_asks_is_use_of_it_and_what_they_send_always_is(tmp_path: Path) -> None:
    clock = SetClock(NOON)
    with site(tmp_path / "data", clock=clock) as here:
        client = here.sign_in(Role.MANAGER)
        for _ in range(3):
            later(here, IDLE_SECONDS - 60)
            assert client.get("/monday").status_code == 200
        later(here, IDLE_SECONDS - 60)
        assert client.post("/import", headers={UNATTENDED: "1"}).status_code == 403  # no token
        later(here, 120)

        assert client.get("/monday").status_code == 200


def later(here: Site, seconds: int) -> None:
    assert isinstance(here.clock, SetClock)
    here.clock.at += seconds * 1_000_000


def test_who_refreshes_by_itself_is_led_nowhere(tmp_path: Path) -> None:
    with site(tmp_path / "data") as here:
        by_itself = {UNATTENDED: "1", "hx-request": "true", "accept": "text/html"}
        answer = here.stranger().get("/monday", headers=by_itself)

    assert answer.status_code == 401
    assert not {"location", "hx-redirect"} & {*answer.headers}


def test_to_listen_is_no_use_of_the_session(path: Path, address: str) -> None:
    session = signed_in(path, Role.MANAGER)
    before = spent(path, session, IDLE_SECONDS - 300)
    with (
        Client(base_url=address, cookies=session) as client,
        client.stream("GET", "/live", timeout=20) as answer,
    ):
        assert next(answer.iter_lines())

    assert spent(path, session, 0).seen == before.seen - (IDLE_SECONDS - 300) * 1_000_000


def test_a_page_says_that_its_session_ended_keeps_what_was_typed_and_goes_on(
    browser: Browser, path: Path, address: str
) -> None:
    with closing(People.open(path, SystemClock(), demo=False)) as people:
        session = session_of(people, Role.MANAGER)
        held = people.sessions.peek(session["xunji"])
        assert held
        with browser.new_context(locale="zh-CN") as context:
            context.add_cookies(cookies(session, address))
            watched = Watched(context.new_page())
            page = watched.page
            with page.expect_request("**/live"):
                page.goto(f"{address}/objects/{HOME}/card")
            page.get_by_label("用途").fill("周一入户")
            spent(path, session, IDLE_SECONDS + 1)
            new_record(path)
            notice = page.locator("#session-ended")
            expect(notice).to_be_visible(timeout=30_000)
            expect(notice).to_contain_text("登录已结束")
            page.get_by_role("button", name="打开").click()
            page.get_by_role("button", name="在这里继续").click()
            expect(notice).to_contain_text("还没有人登录")
            again = {"xunji": people.sessions.begin(held.account)}
            context.add_cookies(cookies(again, address))
            page.get_by_role("button", name="在这里继续").click()
            expect(notice).to_be_hidden()
            assert page.get_by_label("用途").input_value() == "周一入户"
            page.get_by_role("button", name="打开").click()
            expect(page.locator(".card-open strong")).to_have_text("x")

    assert all("401" in one for one in watched.complaints), watched.complaints
