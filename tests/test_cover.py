"""What covers the tablet: step by step, in words, and nothing typed stays behind."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from msgspec import json, structs

from events.errors import StorageError
from events.public_keys import signing_key
from events.pull import read_authorization
from mobile import words
from mobile.cover import Answer, Cover
from mobile.desk import Desk, Machine
from mobile.duty import MOST
from mobile.fakes import FakeCamera, FakeGps
from mobile.inspection import NotNowError
from mobile.line import LineError, RefusedError
from mobile.main import asked
from mobile.signing_in import Typed
from mobile.view_state import CoverState
from tests.tablets import (
    ASSISTANT,
    BUREAU,
    DAY,
    HOME,
    LEAD,
    PIN,
    QUICK,
    SECOND,
    STREET,
    Bench,
    believed,
    bench,
    on_duty,
)
from tests.test_today import an_object, assign, rows, tell

PASSWORD = "七只白鹭飞过湖面 1204"
WRONG = "314159"


class Office:
    """An office that answers when it is told to."""

    def __init__(self) -> None:
        self.typed: list[Typed] = []
        self._hear: Callable[[Answer], None] = lambda _answer: None

    def __call__(self, typed: Typed, hear: Callable[[Answer], None]) -> None:
        self.typed.append(typed)
        self._hear = hear

    def answers(self, answer: Answer) -> None:
        self._hear(answer)


class Front:
    """A tablet's cover, and the hands before it."""

    def __init__(self, tablet: Bench) -> None:
        self.bench = tablet
        self.office = Office()
        self.desk = Desk(tablet.folder, tablet.log, Machine(FakeGps(), FakeCamera()), QUICK)
        self.joined: list[str] = []
        self.cover = Cover(self.desk.duty, self.office, self._join)

    def _join(self, officer: str) -> None:
        self.joined.append(officer)
        self.desk.joined(officer)

    @property
    def state(self) -> CoverState:
        found = self.cover.state("平板 01")
        assert found
        return found

    def type(self, pin: str) -> None:
        for digit in pin:
            self.cover.press(digit)

    def first_time(self, officer: str = LEAD, name: str = "陈志明") -> None:
        """Sign in with the password, and choose a PIN."""
        if self.state.step == "choose":
            self.cover.other()
        self.cover.submit(Typed("chen", PASSWORD))
        self.office.answers(believed(officer, name, self.bench.clock.at))
        self.type(PIN)
        self.type(PIN)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    words._Speaker.language = "en"
    with bench(tmp_path / "tablet") as found:
        for officer, name in ((LEAD, "陈志明"), (ASSISTANT, "吴晓岚")):
            card = {"certificate": officer, "number": "演示1", "valid": [None, "2028-12-31"]}
            tell(found, "officers", officer, officer=officer, name=name, certificates=[card])
        an_object(found, STREET, "street_segment", name="海景路3段", lon=110.45, lat=21.24)
        an_object(found, HOME, "low_income_household", person=LEAD)
        assign(found, HOME, "2026-03-02")
        yield Front(found)


def started(front: Front) -> Front:
    """The app of the same tablet, started again."""
    return Front(front.bench)


# ── the first time ─────────────────────────────────────────────────────────────────


def test_a_tablet_without_officers_says_what_to_do(front: Front) -> None:
    state = front.state
    assert (state.step, state.back) == ("account", "")
    assert state.title == "No officer has signed in on this tablet yet"
    assert "security administrator" in state.text
    with pytest.raises(NotNowError, match="Sign in first"):
        front.desk.start(rows(front.desk)[0].work)


def test_password_then_pin_twice_and_the_tablet_is_open(front: Front) -> None:
    front.cover.submit(Typed(" chen ", PASSWORD))
    assert front.state.waiting
    front.office.answers(believed(LEAD))
    assert (front.state.step, front.state.title) == ("new", "Choose a PIN, 陈志明")
    front.type(PIN)
    assert (front.state.step, front.state.digits) == ("again", 0)
    front.type(PIN)
    assert front.cover.state("") is None
    assert front.joined == [LEAD]
    assert front.office.typed[0].name == "chen"


def test_nothing_is_sent_without_name_and_password(front: Front) -> None:
    front.cover.submit(Typed("chen", ""))
    front.cover.submit(Typed("  ", PASSWORD))
    assert front.office.typed == []
    assert "name of your account" in front.state.problem


def test_one_question_at_a_time_goes_to_the_office(front: Front) -> None:
    for _ in range(3):
        front.cover.submit(Typed("chen", PASSWORD))
    assert len(front.office.typed) == 1


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        (("123456", "123456"), "Digits in a row"),
        (("111111", "111111"), "repeats itself"),
        ((PIN, WRONG), "differ"),
    ],
)
def test_a_pin_that_cannot_be_is_chosen_again(
    front: Front, pins: tuple[str, str], said: str
) -> None:
    front.cover.submit(Typed("chen", PASSWORD))
    front.office.answers(believed(LEAD))
    for pin in pins:
        front.type(pin)
    assert front.state.step == "new"
    assert said in front.state.problem
    assert front.state.todo
    front.type(PIN)
    front.type(PIN)
    assert front.cover.state("") is None


def test_a_digit_too_many_is_rubbed_out(front: Front) -> None:
    front.first_time()
    front.desk.lock()
    front.cover.choose(LEAD)
    front.type("27")
    front.cover.rub()
    assert front.state.digits == 1
    front.type("71828")
    assert front.cover.state("") is None


# ── what goes wrong at the office ──────────────────────────────────────────────────


def test_without_network_it_says_so_and_that_nothing_is_lost(front: Front) -> None:
    front.cover.submit(Typed("chen", PASSWORD))
    front.office.answers(LineError("Connection refused"))
    assert front.state.problem == "The office cannot be reached"
    assert "Nothing that was recorded is lost" in front.state.todo
    assert (front.state.account, front.state.waiting) == ("chen", False)


def test_the_office_refuses_in_its_own_words(front: Front) -> None:
    front.cover.submit(Typed("chen", PASSWORD))
    front.office.answers(RefusedError("no-certificate", "证件无效", "请换证"))
    assert (front.state.problem, front.state.todo) == ("证件无效", "请换证")
    assert not front.state.needs_code


def test_a_second_factor_is_asked_for_where_there_is_one(front: Front) -> None:
    front.cover.submit(Typed("chen", PASSWORD))
    front.office.answers(RefusedError("second-factor", "Code", "Type it"))
    assert front.state.needs_code
    front.cover.submit(Typed("chen", PASSWORD, "135790"))
    front.office.answers(RefusedError("sign-in", "Wrong", "Again"))
    assert front.state.needs_code


def test_an_answer_after_they_went_back_is_not_heard(front: Front) -> None:
    front.first_time()
    front.desk.lock()
    front.cover.other()
    front.cover.submit(Typed("wu", PASSWORD))
    front.cover.back()
    front.office.answers(believed(ASSISTANT))
    assert front.state.step == "choose"


# ── the PIN ────────────────────────────────────────────────────────────────────────


def test_started_again_it_asks_for_the_pin_and_offers_the_names(front: Front) -> None:
    front.first_time()
    again = started(front)
    assert (again.state.step, again.state.title) == ("choose", "Who holds the tablet?")
    assert [(one.name, one.note) for one in again.state.officers] == [("陈志明", "On duty")]
    again.cover.choose(LEAD)
    again.type(PIN)
    assert again.desk.duty.holder == LEAD


def test_wrong_pins_are_counted_down_and_then_the_office_is_asked(front: Front) -> None:
    front.first_time()
    front.desk.lock()
    front.cover.choose(LEAD)
    for left in range(MOST - 1, 0, -1):
        front.type(WRONG)
        tries = "1 more try" if left == 1 else f"{left} more tries"
        assert front.state.problem == f"Wrong PIN: {tries}"
        assert front.state.step == "pin"
    front.type(WRONG)
    assert (front.state.step, front.state.account) == ("account", "chen")
    assert "Locked after 5 wrong PINs" in front.state.problem
    assert "choose a new PIN" in front.state.todo
    front.cover.back()
    assert front.state.officers[0].problem == "Locked after 5 wrong PINs"
    front.cover.choose(LEAD)
    assert front.state.step == "account"
    front.first_time()
    assert front.desk.duty.holder == LEAD


def test_a_forgotten_pin_is_replaced_by_the_password(front: Front) -> None:
    front.first_time()
    front.desk.lock()
    front.cover.choose(LEAD)
    front.cover.forgot()
    assert (front.state.step, front.state.account) == ("account", "chen")
    front.cover.back()
    assert front.state.step == "choose"


@pytest.mark.parametrize(
    ("days", "said", "short"),
    [(31, "too long ago", "Sign in with the account again"), (1_100, "too long ago", "again")],
)
def test_trust_that_ended_is_said(front: Front, days: int, said: str, short: str) -> None:
    front.first_time()
    front.desk.lock()
    front.bench.clock.at += days * DAY
    assert short in front.state.officers[0].problem
    front.cover.choose(LEAD)
    assert said in front.state.problem


def test_an_ended_certificate_is_said_with_its_day(front: Front) -> None:
    front.first_time()
    front.desk.lock()
    card = {"certificate": LEAD, "number": "1", "valid": [None, "2026-03-02"]}
    tell(front.bench, "officers", LEAD, officer=LEAD, name="陈志明", certificates=[card])
    front.bench.clock.at += DAY
    assert front.state.officers[0].problem == "Certificate ended 2026-03-02"
    front.cover.choose(LEAD)
    assert front.state.problem == "Your certificate has ended"


def test_who_was_forgotten_by_a_pull_meanwhile_is_told(front: Front) -> None:
    front.first_time()
    front.desk.lock()
    front.cover.choose(LEAD)
    officers = front.bench.folder.officers
    officers.settle(officers.sign_ins(), [], front.bench.clock.at)
    front.type(PIN)
    assert front.state.step == "account"
    assert "does not know you any more" in front.state.problem


def test_a_full_disk_is_said_and_nothing_is_tried(front: Front) -> None:
    front.first_time()
    front.desk.lock()
    front.cover.choose(LEAD)

    def full(_file: Path, _content: bytes) -> None:
        raise StorageError("No space left on device")

    front.bench.folder.officers._write = full
    front.type(PIN)
    assert "could not write" in front.state.problem
    assert front.desk.duty.locked


# ── the second officer ─────────────────────────────────────────────────────────────


def test_a_second_officer_signs_in_beside_the_first_and_into_what_is_open(front: Front) -> None:
    front.first_time()
    front.desk.start(rows(front.desk)[0].work)
    assert front.desk.today_state().alone
    front.cover.rise()
    assert (front.state.title, front.state.back) == ("Who signs in as well?", "Back to work")
    assert front.state.officers == ()  # who is there is not offered again
    front.first_time(ASSISTANT, "吴晓岚")
    assert front.desk.inspection
    crew = front.desk.inspection.state.crew
    assert [(one.officer, one.role) for one in crew.values()] == [
        (LEAD, "lead"),
        (ASSISTANT, "assisting"),
    ]
    assert front.desk.inspection.officer == LEAD
    today = front.desk.today_state()
    assert (today.officers, today.alone) == (("陈志明", "吴晓岚"), "")
    assert today.trust == "PIN holds for 30 more days"


def test_back_leads_to_work_where_somebody_holds_the_tablet(front: Front) -> None:
    front.first_time()
    front.cover.rise()
    front.cover.other()
    front.cover.back()
    assert front.state.step == "choose"
    front.cover.back()
    assert front.cover.state("") is None
    front.desk.lock()
    front.cover.back()
    assert front.state.back == ""


def test_whoever_unlocks_it_is_whose_hand_it_then_is(front: Front) -> None:
    front.first_time()
    front.cover.rise()
    front.first_time(ASSISTANT, "吴晓岚")
    front.desk.start(next(one.work for one in rows(front.desk)))
    assert front.desk.inspection
    before = front.desk.log.held.sequence
    front.desk.lock()
    front.cover.choose(ASSISTANT)
    front.type(PIN)
    front.desk.leave()
    front.desk.start(rows(front.desk)[0].work)
    front.desk.add_person() if front.desk.inspection.form.repeat else front.desk.complete()
    (first, *_rest) = list(front.desk.log.read(before))
    assert first.actor.hex() == _raw(ASSISTANT)


def _raw(officer: str) -> str:
    from events.ids import id_bytes

    return id_bytes(officer).hex()


def test_a_lock_loses_nothing_of_an_open_inspection(front: Front) -> None:
    front.first_time()
    front.desk.today.query = "海景"
    front.desk.start(next(one.work for one in rows(front.desk) if "海景" in one.title))
    front.desk.answer("SP-06", "full")
    inspection = front.desk.inspection
    front.bench.clock.at += 3_600 * SECOND
    front.desk.beat()
    assert front.cover.is_up
    front.desk.answer("SP-08", "no")  # typed before, settled after
    front.cover.choose(LEAD)
    front.type(PIN)
    assert front.desk.inspection is inspection
    assert len(inspection.answers) == 2  # type: ignore[union-attr]
    actors = {logged.actor.hex() for logged in front.desk.log.read(1)}
    assert actors == {_raw(LEAD)}


def test_the_last_days_of_trust_are_worth_knowing(front: Front) -> None:
    front.first_time()
    assert not front.desk.today_state().trust_ends
    front.desk.duty.leave(LEAD)
    front.bench.clock.at += 26 * DAY
    front.cover.choose(LEAD)
    front.type(PIN)
    today = front.desk.today_state()
    assert (today.trust, today.trust_ends) == ("PIN holds for 4 more days", True)


# ── what it leaves behind ──────────────────────────────────────────────────────────


def test_neither_pin_nor_password_stays_in_the_cover_or_the_folder(front: Front) -> None:
    front.first_time()
    front.desk.start(rows(front.desk)[0].work)
    front.desk.lock()
    front.cover.choose(LEAD)
    front.type(WRONG)
    said = repr(vars(front.cover)) + repr(front.state) + repr(front.office.typed)
    for secret in (PIN, WRONG, PASSWORD, "argon2"):
        assert secret not in said
    hashed = front.bench.folder.officers.kept.officers[0].pin.encode()
    for file in front.bench.folder.path.rglob("*"):
        raw = file.read_bytes() if file.is_file() else b""
        assert PASSWORD.encode() not in raw, file
        assert (PIN.encode() in raw, WRONG.encode() in raw) == (False, False), file
        assert (hashed in raw) == (file.name == "officers.json"), file


# ── the line ───────────────────────────────────────────────────────────────────────


def line(
    status: int, body: object, heard: list[httpx.Request], address: str = "https://office.example"
) -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        raw = body if isinstance(body, bytes) else json.encode(body)
        return httpx.Response(status, content=raw)

    return httpx.Client(base_url=address, transport=httpx.MockTransport(answer))


def test_the_tablet_signs_for_the_question(front: Front) -> None:
    heard: list[httpx.Request] = []
    folder = front.bench.folder
    said = believed(LEAD)
    ends = structs.replace(said, certificate="演示1", certificate_until=date(2028, 12, 31))

    found = asked(folder, line(200, ends, heard), front.bench.clock, Typed("chen", PASSWORD, "1"))

    assert found == ends
    (request,) = heard
    assert json.decode(request.content) == {"name": "chen", "password": PASSWORD, "code": "1"}
    assert PASSWORD not in str(request.url) + str(request.headers)
    signed = read_authorization(request.headers["authorization"])
    key = signing_key(folder.keys(1).signing_public)
    assert signed.is_by(key, BUREAU, "POST", "/sync/sign-in")


@pytest.mark.parametrize(
    ("status", "body", "code", "todo"),
    [
        (403, {"code": "sign-in", "title": "Wrong", "next": "Again"}, "sign-in", "Again"),
        (
            429,
            {"code": "sign-in-waiting", "title": "Wait", "next": "x", "seconds": 61},
            "sign-in-waiting",
            "Wait 2 minutes, then try again.",
        ),
    ],
)
def test_a_refusal_is_told_in_the_offices_words(
    front: Front, status: int, body: object, code: str, todo: str
) -> None:
    found = asked(
        front.bench.folder, line(status, body, []), front.bench.clock, Typed("chen", PASSWORD)
    )
    assert isinstance(found, RefusedError)
    assert (found.code, found.todo) == (code, todo)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>Welcome to our hotel"), (403, b"<html>"), (502, b""),
                         (503, {"code": "busy"})],
)  # fmt: skip
def test_whoever_is_not_the_office_is_no_answer(front: Front, status: int, body: object) -> None:
    found = asked(
        front.bench.folder, line(status, body, []), front.bench.clock, Typed("chen", PASSWORD)
    )
    assert isinstance(found, LineError)


def test_a_password_is_not_said_where_others_can_read_it(front: Front) -> None:
    heard: list[httpx.Request] = []
    open_line = line(200, b"", heard, "http://office.example")

    found = asked(front.bench.folder, open_line, front.bench.clock, Typed("chen", PASSWORD))

    assert isinstance(found, RefusedError)
    assert found.code == "insecure"
    assert heard == []


def test_settings_say_who_is_on_duty_and_when_it_locks(front: Front) -> None:
    front.first_time()
    on_duty(front.desk, ASSISTANT, "吴晓岚")
    front.desk.settings.lock_after("5")
    front.desk.settings.lock_after("7")
    state = front.desk.settings_state()
    assert [(one.name, one.valid) for one in state.officers] == [
        ("陈志明", "Valid until 2028-12-31"),
        ("吴晓岚", "Valid until 2028-12-31"),
    ]
    assert "PIN holds for 30 more days" in state.officers[0].certificate
    assert state.lock_after == "5"
    assert [one.value for one in state.lock_choices] == ["2", "5", "10", "30"]
