"""A bureau's server over a real folder, and a tablet that speaks to it, in one process."""

import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic, sleep
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from httpx import Client, Response
from litestar import Litestar
from litestar.testing import TestClient

from backend.app import Parts, create_app
from backend.codes import Codes
from backend.folder import DataFolder
from backend.office import Office
from backend.people.people import People
from backend.people.rights import NEEDS_UNTIL, Role
from backend.running import opened
from backend.settings import Settings
from events import batch, pull, writer
from events.batch import CONTENT_TYPE, Batch
from events.clock import Clock, Instant, SetClock, SystemClock, microseconds, moment
from events.envelope import Entry
from events.facts import Fact, Visit
from events.ids import id_text
from events.inspections import CrewMember, InspectionCompleted, InspectionStarted
from events.memory_store import MemoryStore
from events.office import LogOpened
from events.register import ItemListed, ObjectListed
from events.sealing import DataKey
from events.statements import Receipt
from events.writer import LogWriter

NOON = microseconds(moment(1_780_000_000_000_000).replace(hour=4))  # 12:00 in China
TODAY = moment(NOON, 480).date()
BASE = "http://127.0.0.1:8420"


def new_id() -> str:
    return id_text(os.urandom(16))


def found(path: Path, clock: Clock, *, demo: bool = False) -> DataFolder:
    return DataFolder.create(path, "坡头区民政局", os.urandom, clock, demo=demo)


class Site:
    """A running application: its client, its parts, and the office's console beside it."""

    def __init__(
        self, folder: DataFolder, clock: Clock, parts: Parts, client: TestClient[Litestar]
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.parts = parts
        self.client = client

    def sign_in(self, role: Role = Role.AUDITOR, **scope: Any) -> Client:  # noqa: ANN401  as accounts have it
        """Return a client with a session of its own, of a new account with this role."""
        client = self.stranger()
        client.cookies.update(session_of(self.parts.people, role, **scope))
        return client

    def stranger(self) -> Client:
        """Return a client that nobody signed in with."""
        return Client(transport=self.client._transport, base_url=BASE)

    def code(self, name: str = "平板 01", **scope: tuple[str, ...]) -> str:
        codes = Codes(self.folder.codes_file, self.clock, os.urandom)
        try:
            return codes.issue(name, scope.get("townships", ()), scope.get("domains", ()), 3600)
        finally:
            codes.close()

    def tell(self, *facts: Fact, texts: tuple[bytes, ...] = ()) -> list[Entry]:
        """Record facts of the office, from another process of it: the console."""
        with Office(self.folder, "console", self.clock, os.urandom) as console:
            return [console.record(fact, texts if fact.sealed else ()) for fact in facts]

    def folded(self) -> None:
        """Wait until all that was recorded is folded."""
        until = monotonic() + 20
        size = self.parts.intake.store.size()
        for worker in self.parts.workers.values():
            worker.wake()
        while self.client.get("/ready").json()["folded"] < size:
            assert monotonic() < until, "the projector does not come after"
            sleep(0.01)


@contextmanager
def site(
    path: Path, *, clock: Clock | None = None, settings: Settings | None = None
) -> Iterator[Site]:
    """Run the application over the folder at `path`, made if there is none."""
    clock = clock or SetClock(NOON)
    folder = DataFolder.open(path) if path.exists() else found(path, clock)
    settings = settings or Settings(data=path, poll_seconds=0.05)
    with (
        opened(settings, clock) as parts,
        TestClient(create_app(settings, parts), base_url=BASE) as client,
    ):
        client.cookies.update(session_of(parts.people))
        yield Site(folder, clock, parts, client)


def session_of(people: People, role: Role = Role.AUDITOR, **scope: Any) -> dict[str, str]:  # noqa: ANN401  as accounts have it
    """Return the cookie of a session as it is after signing in; by default of who reads all."""
    if role in NEEDS_UNTIL:
        scope.setdefault("until", date(2099, 12, 31))
    account = people.accounts.open(f"{role}-{new_id()}", "李明", role, **scope)
    return {"xunji": people.sessions.begin(account.account)}


def signed_in(path: Path, role: Role = Role.AUDITOR, **scope: Any) -> dict[str, str]:  # noqa: ANN401  as accounts have it
    """Return the cookie of a session in the data folder at `path`, served by a real process."""
    with closing(People.open(path, SystemClock(), demo=False)) as people:
        return session_of(people, role, **scope)


class Tablet:
    """A tablet with its own log in memory."""

    def __init__(
        self, here: Site, *, twin_of: "Tablet | None" = None, **scope: tuple[str, ...]
    ) -> None:
        self.here = here
        self.key = twin_of.key if twin_of else Ed25519PrivateKey.generate()
        self.sealing = X25519PrivateKey.generate()
        self.device = new_id()
        self.code = here.code(**scope)
        self.genesis = twin_of.genesis if twin_of else self._genesis()
        self.log = self.genesis.hash
        self.store = MemoryStore()
        self.store.append(self.log, 0, [self.genesis], here.clock.now().at)
        self.writer = LogWriter(self.store, self.log, self.key, here.clock, os.urandom, _Keys())
        self.held = 0

    def _genesis(self) -> Entry:
        opening = LogOpened(
            bureau=self.here.folder.about.bureau,
            role="tablet",
            device=self.device,
            signing_key=self.key.public_key().public_bytes_raw().hex(),
            sealing_key=self.sealing.public_key().public_bytes_raw().hex(),
        )
        return writer.genesis(opening, self.key, self.here.clock.now(), os.urandom(16))

    def enrol(self, code: str | None = None, genesis: bytes | None = None) -> Response:
        said = {
            "code": code or self.code,
            "genesis": b64encode(genesis or self.genesis.raw).decode(),
        }
        answer = self.here.client.post("/sync/enrol", json=said)
        if answer.status_code == 200:
            self.held = max(self.held, 1)
        return answer

    def waiting(self, after: int | None = None) -> Batch:
        at = self.held if after is None else after
        envelopes = tuple(one.state[8:] for one in self.store.read_log(self.log, at, 1_000))
        return Batch(self.log, at, envelopes)

    def send(self, push: Batch | bytes, **headers: str) -> Response:
        raw = push if isinstance(push, bytes) else batch.encode(push)
        said = {"content-type": CONTENT_TYPE, **headers}
        return self.here.client.post("/sync/log", content=raw, headers=said)

    def push(self) -> Response:
        answer = self.send(self.waiting())
        if answer.status_code == 200:
            self.held = answer.json()["held"]
        return answer

    def pull(
        self,
        cursor: str = "",
        limit: int = 500,
        *,
        at: int | None = None,
        key: Ed25519PrivateKey | None = None,
    ) -> Response:
        target = f"/sync/pull?cursor={cursor}&limit={limit}"
        now = self.here.clock.now().at if at is None else at
        said = pull.authorization(
            key or self.key, self.here.folder.bureau, self.log, now, "GET", target
        )
        return self.here.client.get(target, headers={"authorization": said})

    def sign_in(
        self,
        name: str,
        password: str,
        code: str = "",
        *,
        at: int | None = None,
        key: Ed25519PrivateKey | None = None,
    ) -> Response:
        target = "/sync/sign-in"
        now = self.here.clock.now().at if at is None else at
        said = pull.authorization(
            key or self.key, self.here.folder.bureau, self.log, now, "POST", target
        )
        typed = {"name": name, "password": password, "code": code}
        return self.here.client.post(target, json=typed, headers={"authorization": said})

    def pull_all(self, cursor: str = "", limit: int = 500) -> tuple[list[Any], str]:
        """Pull until there is no more; return the pages and the last cursor."""
        pages: list[Any] = []
        while True:
            page = self.pull(cursor, limit)
            assert page.status_code == 200, page.text
            pages.append(page.json())
            cursor = pages[-1]["cursor"]
            if not pages[-1]["more"]:
                return pages, cursor

    def inspect(self, object_: str, **changed: object) -> Visit:
        """Record an effective inspection of `object_`."""
        visit = a_visit(object_, **changed)
        for fact in inspected(visit, self.here.clock.now()):
            self.writer.record(fact)
        return visit


class _Keys:
    def for_subject(self, subject: bytes) -> DataKey:
        raise LookupError(subject)  # nothing here is sealed


def inspected(visit: Visit, now: Instant, officers: Iterable[str] = ()) -> list[Fact]:
    """Return the facts of an effective inspection, by these two officers or by any."""
    crew = tuple(
        CrewMember(officer=officer, role=role, certificate_shown=True)
        for officer, role in zip(
            officers or (new_id(), new_id()), ("lead", "assisting"), strict=True
        )
    )
    completed = InspectionCompleted(
        visit=visit,
        outcome="nothing_found",
        crew=crew,
        started_at=now.local(),
        checklist="c",
        version=1,
        answered=3,
    )
    return [InspectionStarted(visit=visit, checklist="c", version=1), completed]


def a_visit(object_: str, **changed: object) -> Visit:
    about: dict[str, Any] = {
        "inspection": new_id(),
        "kind": "funeral",
        "nature": "administrative",
        "object": object_,
        "object_type": "cemetery",
        "domain": "funeral",
        "township": "440804001",
        "started_on": TODAY,
        "items": ("MZ-FU-01",),
    }
    return Visit(**(about | changed))


def an_object(**changed: object) -> ObjectListed:
    about: dict[str, Any] = {
        "object": new_id(),
        "object_type": "cemetery",
        "domain": "funeral",
        "township": "440804001",
        "valid_from": date(2026, 1, 1),
        "name": "南调公墓",
    }
    return ObjectListed(**(about | changed))


def an_item(**changed: object) -> ItemListed:
    about: dict[str, Any] = {
        "item": "MZ-FU-01",
        "name_zh": "公墓检查",
        "name_en": "Cemetery check",
        "domain": "funeral",
        "kind": "inspection",
        "plannable": True,
        "valid_from": date(2026, 1, 1),
    }
    return ItemListed(**(about | changed))


def receipt_of(answer: Response) -> Receipt:
    return Receipt.decode(bytes.fromhex(answer.json()["receipt"]))


def cookies(session: dict[str, str], address: str) -> list[Any]:
    """Return a session as a browser takes it: `context.add_cookies(cookies(…))`."""
    return [{"name": name, "value": value, "url": address} for name, value in session.items()]


# ── a real process ─────────────────────────────────────────────────────────────────


class Served:
    """A server process, where it listens, and what it says of its work."""

    def __init__(self, process: subprocess.Popen[str], address: str, log: Path) -> None:
        self.process = process
        self.address = address
        self.log = log

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@contextmanager
def serving(path: Path, *options: str) -> Iterator[Served]:
    """Run `xunji serve` over the folder at `path`; killed at the end if it still runs."""
    xunji = Path(sys.executable).with_name("xunji")
    with (
        NamedTemporaryFile() as log,  # a pipe that nobody reads would stop it when full
        subprocess.Popen(
            [xunji, "serve", "--data", path, "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"https?://\S+?(?=/?$)", line.strip())
            if found is None:
                process.wait(timeout=30)
                pytest.fail(f"the server did not start: {Path(log.name).read_text()}")
            yield Served(process, found[0], Path(log.name))
        finally:
            process.kill()
