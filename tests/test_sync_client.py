"""Two real ends: the tablet's folder and client, the office's application; and a bad line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic, sleep
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.office import Office
from backend.rotating import root_of, rotate
from events.clock import SetClock
from events.facts import SealedPart
from events.ids import id_bytes, id_text
from events.office import DeviceRevoked, InspectionAssigned, PersonalDataErased
from events.public_keys import signing_key
from events.register import ObjectListed
from events.statements import Receipt
from events.store import Held
from events.sync import Turn
from mobile import enrolling, line, sync_client
from mobile.device_log import DeviceLog
from mobile.line import LineError, RefusedError
from mobile.outbox import advice
from mobile.register import Register
from mobile.scenery import draw
from mobile.sync_client import Backoff, Status, SyncClient, SyncLoop
from mobile.tablet_folder import TabletFolder, opened
from tests.server import NOON, Site, an_object, site
from tests.tablets import HOME, HOUSEHOLD
from tests.test_device_log import said


class Field:
    """An enrolled tablet and its office."""

    def __init__(self, here: Site, path: Path) -> None:
        self.here = here
        self.clock = SetClock(NOON)
        self.path = path
        self.http: httpx.Client = here.client
        self.folder = self.prepare(here.code())
        self.open()

    def prepare(self, code: str = "") -> TabletFolder:
        return enrolling.prepare(self.path, self.http, code, self.clock, Random(7).randbytes)

    def open(self) -> None:
        self.log: DeviceLog = self.folder.device_log(self.clock)
        self.client = SyncClient(self.folder, self.log, self.clock, self.http)

    def again(self, code: str = "") -> None:
        """Start the program anew."""
        self.folder.close()
        self.folder = self.prepare(code)
        self.open()


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    with site(tmp_path / "office", clock=SetClock(NOON)) as here:
        found = Field(here, tmp_path / "tablet")
        yield found
        found.folder.close()


class Line(httpx.Client):
    """A line to the office that does what it is told, once for each request."""

    def __init__(self, to: httpx.Client, *doing: str) -> None:
        super().__init__(base_url=to.base_url)
        self._to = to
        self._doing = list(doing)
        self.requests = 0

    def request(self, method: str, url: Any, **how: Any) -> httpx.Response:  # type: ignore[override]  # noqa: ANN401
        self.requests += 1
        match self._doing.pop(0) if self._doing else "":
            case "down":
                raise httpx.ConnectError("no route")
            case "lost":
                self._to.request(method, url, **how)
                raise httpx.ReadTimeout("no answer")
            case "busy":
                return httpx.Response(503, headers={"retry-after": "17"})
            case "portal":
                return httpx.Response(200, text="<html>Please log in</html>")
            case _:
                return self._to.request(method, url, **how)


def through(field: Field, *doing: str) -> SyncClient:
    return SyncClient(field.folder, field.log, field.clock, Line(field.http, *doing))


# ── enrolling ──────────────────────────────────────────────────────────────────────


def test_an_enrolled_tablet_knows_its_bureau(field: Field) -> None:
    tablet = field.folder.tablet
    assert field.folder.enrolled
    assert tablet.bureau == field.here.folder.about.bureau
    assert tablet.bureau_name == "坡头区民政局"
    assert tablet.sealing
    assert len(tablet.certificates) >= 3


def test_a_wrong_code_is_refused_in_words_and_can_be_tried_again(tmp_path: Path) -> None:
    with site(tmp_path / "office") as here:
        path, clock = tmp_path / "tablet", SetClock(NOON)
        with pytest.raises(RefusedError) as refused:
            enrolling.prepare(path, here.client, "AAAA-AAAA-AAAA", clock, Random(1).randbytes)
        assert refused.value.code == "enrolment-code"
        assert refused.value.todo
        with opened(path) as folder:
            made = folder.current.log
        again = enrolling.prepare(path, here.client, here.code(), clock, Random(1).randbytes)
        assert again.current.log == made  # the genesis that was kept
        again.close()


def test_a_lost_answer_to_an_enrolment_costs_nothing(tmp_path: Path) -> None:
    with site(tmp_path / "office") as here:
        path, clock, code = tmp_path / "tablet", SetClock(NOON), here.code()
        with pytest.raises(LineError):
            enrolling.prepare(path, Line(here.client, "", "lost"), code, clock, Random(1).randbytes)
        folder = enrolling.prepare(path, here.client, code, clock, Random(2).randbytes)
        assert folder.enrolled
        assert len(folder.tablet.logs) == 1
        folder.close()


def test_a_server_that_pretends_to_be_our_bureau_is_not_believed(
    field: Field, tmp_path: Path
) -> None:
    root = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()

    def pretend(request: httpx.Request) -> httpx.Response:
        answer = field.http.request(
            request.method, request.url.raw_path.decode(), content=request.content,
            headers={"content-type": "application/json"},
        )  # fmt: skip
        told = answer.json()
        if "first_root" in told:
            told["first_root"] = root
        return httpx.Response(answer.status_code, json=told)

    liar = httpx.Client(transport=httpx.MockTransport(pretend), base_url=field.http.base_url)
    with pytest.raises(RefusedError, match="foreign"):
        enrolling.prepare(
            tmp_path / "t2", liar, field.here.code(), field.clock, Random(3).randbytes
        )


def test_without_a_code_nothing_is_sent(tmp_path: Path) -> None:
    with site(tmp_path / "office") as here, pytest.raises(RefusedError, match="not-enrolled"):
        enrolling.prepare(tmp_path / "t", here.client, "", SetClock(NOON), Random(1).randbytes)


# ── handing in ─────────────────────────────────────────────────────────────────────


def test_what_was_recorded_is_held_there_with_a_receipt(field: Field) -> None:
    for _ in range(3):
        field.log.record_all([said("a"), said("b", HOME), said()])

    assert field.client.push_all() == field.log.held.sequence

    (sequence, raw) = field.folder.reference.receipts(field.log.log)[-1]
    receipt = Receipt.decode(raw)
    assert sequence == receipt.sequence == field.log.held.sequence
    assert receipt.hash == field.log.held.hash
    assert field.here.parts.intake.store.held(field.log.log).hash == receipt.hash
    vault = field.here.parts.intake.vault
    assert len(vault.of_subject(id_bytes(HOUSEHOLD))) == 1
    assert field.client.push() is Turn.REST


def test_a_log_of_any_length_goes_in_parts(field: Field) -> None:
    field.log.record_all([said() for _ in range(1_100)])
    assert field.client.push() is Turn.PUSH
    assert field.client.push() is Turn.REST
    assert field.client.outbox.held == 1_101


def test_how_far_it_is_held_survives_a_start(field: Field) -> None:
    field.log.record(said())
    field.client.push_all()
    line = Line(field.http)
    field.again()
    client = SyncClient(field.folder, field.log, field.clock, line)
    assert client.outbox.held == field.log.held.sequence
    client.push_all()
    assert line.requests == 0


@pytest.mark.parametrize("trouble", ["down", "lost", "busy", "portal"])
def test_trouble_on_the_line_loses_and_doubles_nothing(field: Field, trouble: str) -> None:
    field.log.record_all([said("a"), said("b")])
    client = through(field, trouble)
    with pytest.raises(LineError) as failure:
        client.push()
    assert failure.value.after == (17 if trouble == "busy" else 0)
    assert client.stopped() is None
    client.push_all()
    store = field.here.parts.intake.store
    assert store.held(field.log.log).sequence == field.log.held.sequence == 3


def rotated(field: Field, *, revoke: bool = False) -> bytes:
    """Give the office a new key for receipts, from its console; return the public half."""
    folder = field.here.folder
    with Office(folder, "console", field.clock, Random(11).randbytes) as console:
        (done,) = rotate(console, "checkpoint", root_of(folder, None), revoke=revoke)
    return done.certificate.key


def newest_receipt(field: Field) -> Receipt:
    return Receipt.decode(field.folder.reference.receipts(field.log.log)[-1][1])


@pytest.mark.parametrize("revoke", [False, True])
def test_a_receipt_under_a_new_key_of_the_office_is_kept(field: Field, revoke: bool) -> None:
    field.log.record(said())
    field.client.push_all()
    field.clock.at += 1
    key = rotated(field, revoke=revoke)
    field.clock.at += 1
    field.log.record(said())
    line = Line(field.http)
    client = SyncClient(field.folder, field.log, field.clock, line)

    assert client.push() is Turn.REST

    assert client.stopped() is None
    assert client.outbox.held == newest_receipt(field).sequence == 3
    assert newest_receipt(field).is_signed_by(signing_key(key))
    assert line.requests == 2  # handed in, asked for the certificates; never sent twice
    field.log.record(said())
    assert client.push_all() == 4
    assert line.requests == 3


def test_a_new_key_is_asked_for_again_where_the_line_breaks(field: Field) -> None:
    field.clock.at += 1
    rotated(field)
    field.clock.at += 1
    field.log.record(said())
    heard: list[Status] = []
    loop = SyncLoop(through(field, "", "down"), heard.append)

    loop._once()
    assert heard[-1].offline
    loop._once()

    assert not heard[-1].failure
    assert sync_client.held_by_office(field.folder, field.log.log) == 2


def test_what_comes_with_the_new_key_is_fetched_as_ever(field: Field) -> None:
    field.client.pull()
    field.clock.at += 1
    rotated(field)
    field.here.tell(homes(), texts=(CARD,))
    field.here.tell(assigned(field))
    field.here.folded()
    field.log.record(said())
    heard: list[Status] = []

    SyncLoop(field.client, heard.append)._once()

    assert heard[-1].pulled >= 2
    assert field.client.outbox.held == 2


def test_a_receipt_that_nobody_certified_stops_until_a_person_asks(field: Field) -> None:
    field.log.record(said())
    key = Ed25519PrivateKey.generate()

    def forge(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            target = request.url.raw_path.decode()
            signed = {"authorization": request.headers["authorization"]}
            return httpx.Response(200, content=field.http.get(target, headers=signed).content)
        receipt = Receipt(
            field.here.folder.bureau, 1, field.log.log, 2, field.log.held.hash, 9, NOON
        ).sign(key)
        return httpx.Response(200, json={"receipt": receipt.encode().hex(), "held": 2})

    liar = httpx.Client(transport=httpx.MockTransport(forge), base_url="http://x")
    client = SyncClient(field.folder, field.log, field.clock, liar)
    assert client.push() is Turn.STOP
    why = client.stopped()
    assert why
    assert why.code == "uncertified"
    assert "somebody else answers" in advice(why)
    assert client.outbox.held == 0
    assert not field.folder.reference.receipts(field.log.log)

    again = SyncClient(field.folder, field.log, field.clock, field.http)
    assert again.push() is Turn.STOP
    loop = SyncLoop(again, lambda _status: None)
    loop.ask()
    loop._once()
    assert again.stopped() is None
    assert again.outbox.held == 2


def test_a_revoked_tablet_stops_and_says_what_to_do(field: Field) -> None:
    field.log.record(said())
    field.client.push_all()
    tablet = field.folder.tablet
    field.here.tell(
        DeviceRevoked(device=tablet.device, log=field.log.log.hex(), last_trusted=2, reason="lost")
    )
    field.log.record(said())

    assert field.client.push() is Turn.STOP

    why = field.client.stopped()
    assert why
    assert why.code == "revoked"
    assert why.todo
    assert field.client.push() is Turn.STOP
    field.again()
    assert sync_client.stopped(field.folder, field.log.log) == why


def test_a_revoked_tablet_that_has_nothing_to_send_hears_of_it_and_keeps_what_is_its_own(
    field: Field,
) -> None:
    field.here.tell(homes(), texts=(CARD,))
    field.here.tell(assigned(field))
    field.here.folded()
    field.log.record(said("mine"))
    loop = SyncLoop(field.client, lambda _status: None)
    loop._once()
    assert field.folder.reference.card(HOME, NOON)
    tablet = field.folder.tablet
    field.here.tell(
        DeviceRevoked(device=tablet.device, log=field.log.log.hex(), last_trusted=2, reason="lost")
    )

    loop._once()

    why = field.client.stopped()
    assert why
    assert why.code == "revoked"
    assert "administrator" in advice(why)
    assert field.folder.reference.card(HOME, NOON) is None  # names and addresses of others
    assert [one.texts for one in field.log.read()][-1] == (b"mine",)
    loop.ask()  # a person tries again: the answer is the same
    loop._once()
    assert field.client.stopped() == why
    field.again(field.here.code())  # the administrator gave a code: a new log goes on
    assert field.client.stopped() is None
    field.client.pull()
    assert field.folder.reference.card(HOME, NOON)  # and with it what there is to do


def test_a_new_code_opens_a_log_that_goes_on(field: Field) -> None:
    field.log.record(said("a"))
    field.client.push_all()
    old = field.log.log
    field.log.record(said("never handed in"))

    field.again(field.here.code())

    assert field.log.log != old
    opening: Any = next(iter(field.log.read())).fact
    assert (opening.continues.log, opening.continues.sequence) == (old.hex(), 2)
    field.log.record(said("b"))
    assert field.client.push_all() == 2


def test_a_tablet_restored_from_a_backup_stops_until_a_new_log(field: Field) -> None:
    field.log.record_all([said(), said()])
    field.client.push_all()
    with_all = field.here.parts.intake.store.held(field.log.log)

    class Shorter:
        """The tablet's store as it was in the backup."""

        def held(self, _log: bytes) -> Held:
            return msgspec.structs.replace(with_all, sequence=1)

    problem = line.Problem("conflict", held=3, held_hash=with_all.hash.hex())
    log = field.client._log
    monkey = log.store
    log.store = Shorter()  # type: ignore[assignment]
    field.client._rewind(problem)
    log.store = monkey
    why = field.client.stopped()
    assert why
    assert why.code == "restored"


def test_a_forked_log_stops(field: Field, tmp_path: Path) -> None:
    import shutil

    field.folder.close()
    shutil.copytree(field.path, tmp_path / "copy")
    copy = TabletFolder.open(tmp_path / "copy", Random(9).randbytes)
    other = copy.device_log(field.clock)
    other.record(said())
    SyncClient(copy, other, field.clock, field.http).push_all()
    copy.close()
    field.folder = field.prepare()
    field.open()
    field.log.record_all([said(), said()])

    assert field.client.push_all() == 0

    why = field.client.stopped()
    assert why
    assert why.code == "forked"


# ── fetching ───────────────────────────────────────────────────────────────────────


def homes(home: str = HOME, person: str = HOUSEHOLD) -> ObjectListed:
    return an_object(
        object=home,
        object_type="low_income_household",
        domain="social_assistance",
        name=None,
        person=person,
        sealed=(SealedPart("card", person),),
    )


def assigned(field: Field, home: str = HOME) -> InspectionAssigned:
    return InspectionAssigned(
        assignment=id_text(id_bytes(home)[::-1]),
        object=home,
        object_type="low_income_household",
        kind="low_income_recheck",
        domain="social_assistance",
        township="440804001",
        device=field.folder.tablet.device,
        officers=(),
        due_on=field.clock.now().local().date(),
    )


CARD = '{"name":"林水娣","address":"海滨巷1号"}'.encode()


def test_work_and_the_doorstep_card_arrive(field: Field) -> None:
    field.here.tell(homes(), texts=(CARD,))
    field.here.tell(assigned(field))
    field.here.folded()

    assert field.client.pull() >= 2

    register = Register(field.folder.reference, field.folder.open_card)
    assert [one.object for one in register.assignments()] == [HOME]
    card = register.card(HOME, NOON)
    assert card
    assert (card.name, card.address) == ("林水娣", "海滨巷1号")
    place = register.place(HOME)
    assert place
    assert (place.person, place.at) == (HOUSEHOLD, None)
    assert field.client.pull() == 0


def test_what_the_office_erased_is_erased_here(field: Field) -> None:
    other, neighbour = id_text(b"o" * 16), id_text(b"n" * 16)
    field.here.tell(homes(), homes(other, neighbour), texts=(CARD,))
    field.here.tell(assigned(field), assigned(field, other))
    field.here.folded()
    field.client.pull()
    field.log.record(said("secret"))
    card = field.folder.reference.card(HOME, NOON)
    assert card
    assert card.subject == HOUSEHOLD

    pictures = field.folder.pictures
    name = pictures.keep(draw(Random(1)), os.urandom).name
    field.client.pull()
    assert pictures.look(name).is_file()

    field.here.tell(PersonalDataErased(subject=HOUSEHOLD, keys=(), basis="request"))
    field.here.folded()
    field.client.pull()

    assert list(field.log.read())[-1].texts == (None,)
    assert not pictures.look(name).exists()  # who is on it is not known here
    assert pictures.waiting() == [name]
    register = Register(field.folder.reference, field.folder.open_card)
    assert register.card(HOME, NOON) is None
    assert register.card(other, NOON)
    assert card.sealed not in kept_bytes(field)


def test_a_card_whose_time_is_over_goes_also_without_network(field: Field) -> None:
    field.here.tell(homes(), texts=(CARD,))
    field.here.tell(assigned(field))
    field.here.folded()
    field.client.pull()
    card = field.folder.reference.card(HOME, NOON)
    assert card
    field.log.record(said("what waits"))
    field.clock.at = card.expires
    heard: list[Status] = []

    loop = SyncLoop(through(field, "down"), heard.append)
    assert loop._once() > 0

    assert heard[-1].failure
    assert field.folder.reference.card(HOME, NOON) is None
    assert card.sealed not in kept_bytes(field)


def kept_bytes(field: Field) -> bytes:
    return b"".join(one.read_bytes() for one in field.path.glob("reference*"))


def test_a_wrong_clock_is_said(field: Field) -> None:
    field.clock.at += 3_600_000_000
    with pytest.raises(RefusedError) as refused:
        field.client.pull()
    assert refused.value.code == "unsigned"
    assert refused.value.todo


# ── for ever ───────────────────────────────────────────────────────────────────────


def test_waiting_doubles_with_jitter_up_to_a_limit() -> None:
    backoff = Backoff(Random(1), least=1, most=8)
    waits = [backoff.failed() for _ in range(6)]
    for wait, most in zip(waits, (1, 2, 4, 8, 8, 8), strict=True):
        assert most / 2 <= wait <= most
    assert backoff.failed(asked=60) == 60
    backoff.worked()
    assert backoff.failed() <= 1


class _Stub:
    """A client whose line is down for a while."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.tries = 0

    def push_all(self) -> int:
        self.tries += 1
        if self.tries <= self.failures:
            raise LineError("no route")
        return 0

    def pull(self) -> int:
        return 0

    def send_pictures(self, enough: Callable[[], bool]) -> int:
        assert not enough()
        return 0

    def forget_expired(self) -> int:
        return 0


def test_the_loop_goes_on_until_it_works_and_ends_when_told() -> None:
    worked = Event()
    heard: list[Status] = []

    def hear(status: Status) -> None:
        heard.append(status)
        if not status.syncing and not status.failure:
            worked.set()

    loop = SyncLoop(
        _Stub(4),  # type: ignore[arg-type]
        hear,
        backoff=Backoff(Random(1), least=0.001, most=0.002),
        rest=60,
    )
    loop.start()
    assert worked.wait(10)
    assert [one.failure for one in heard if one.failure] == ["no route"] * 4
    started = monotonic()
    loop.stop()
    assert monotonic() - started < 2


def test_a_new_record_wakes_the_loop() -> None:
    stub = _Stub(0)
    done = _counting(stub)
    loop = SyncLoop(stub, done, rest=60)  # type: ignore[arg-type]
    loop.start()
    _until(lambda: stub.tries == 1)
    sleep(0.05)
    loop.wake()
    _until(lambda: stub.tries == 2)
    loop.stop()


def _counting(_stub: _Stub) -> Callable[[Status], None]:
    return lambda _status: None


def _until(true: Callable[[], bool]) -> None:
    end = monotonic() + 10
    while not true():
        assert monotonic() < end
        sleep(0.005)
