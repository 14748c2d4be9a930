"""Who is on duty: a PIN guessed at five times and no more, whatever is killed, set or torn out."""

import json
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Raw

from events.clock import SetClock
from events.errors import StorageError
from events.pull import Document
from mobile import officers_file
from mobile.duty import IDLE_MINUTES, MOST, ON_DUTY, Duty, NewPinError, PinError
from mobile.officers_file import Kept, OfficersFile
from mobile.pins import SlowPins, fault_of
from mobile.register import Register
from mobile.tablet_folder import TabletFolder
from tests.tablets import (
    ASSISTANT,
    BUREAU,
    DAY,
    LEAD,
    MORNING,
    PIN,
    QUICK,
    SECOND,
    Bench,
    believed,
    bench,
)

WRONG = "314159"
MINUTE = 60 * SECOND


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path / "tablet") as found:
        yield found


def duty(tablet: Bench) -> Duty:
    return Duty(tablet.folder, Register(tablet.folder.reference), tablet.log.now, QUICK)


def known(tablet: Bench, *officers: str) -> Duty:
    """A tablet started anew, on which officers signed in before."""
    before = duty(tablet)
    for officer in officers or (LEAD,):
        before.trust("chen", believed(officer, at=tablet.clock.at), PIN)
    return started_again(tablet)


def started_again(tablet: Bench) -> Duty:
    tablet.folder.officers = OfficersFile(
        tablet.folder.path / "officers.json", tablet.folder.officers._write
    )
    return duty(tablet)


def told(tablet: Bench, officer: str, **members: object) -> None:
    raw = Raw(msgspec.json.encode({"officer": officer, "name": "陈志明", **members}))
    tablet.folder.reference.take([Document("officers", officer, tablet.clock.at, raw)])


def card(until: str) -> dict[str, object]:
    return {"certificates": [{"certificate": LEAD, "number": "演示1", "valid": [None, until]}]}


# ── PINs ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("12345", "digits"),
        ("1234567", "digits"),
        ("27182a", "digits"),
        ("27182８", "digits"),
        ("000000", "few"),
        ("121212", "few"),
        ("112211", "few"),
        ("123456", "walk"),
        ("567890", "walk"),
        ("654321", "walk"),
        ("098765", "walk"),
        ("158158", "twice"),
        ("803120", "named"),
        ("271828", None),
        ("135790", None),
    ],
)
def test_a_pin_is_refused_for_what_makes_it_the_first_that_is_tried(
    pin: str, fault: str | None
) -> None:
    assert fault_of(pin, "19080312007", "") == fault


def test_most_pins_are_free_to_choose() -> None:
    refused = sum(fault_of(f"{pin:06}") is not None for pin in range(1_000_000))
    assert refused < 5_000


def test_a_pin_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    slow = SlowPins()
    one, two = slow.kept(PIN), slow.kept(PIN)
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != two
    assert slow.agrees(PIN, one)
    assert not slow.agrees(WRONG, one)


def test_a_weak_pin_is_not_taken_and_nobody_is_known_by_it(tablet: Bench) -> None:
    here = duty(tablet)
    with pytest.raises(NewPinError, match="walk"):
        here.trust("chen", believed(LEAD), "123456")
    assert here.known == ()
    assert here.locked


# ── who holds the tablet ───────────────────────────────────────────────────────────


def test_a_tablet_that_starts_is_locked_and_the_pin_opens_it(tablet: Bench) -> None:
    here = known(tablet)
    assert here.locked
    here.enter(LEAD, PIN)
    assert (here.holder, here.on_duty) == (LEAD, (LEAD,))


def test_the_second_officer_joins_and_the_first_goes_on_holding_it(tablet: Bench) -> None:
    here = known(tablet, LEAD, ASSISTANT)
    here.leave(LEAD)
    here.leave(ASSISTANT)
    here.enter(ASSISTANT, PIN)
    tablet.clock.at += MINUTE
    here.enter(LEAD, PIN)
    assert (here.holder, here.on_duty) == (ASSISTANT, (ASSISTANT, LEAD))


def test_whoever_unlocks_it_holds_it_and_nobody_went_off_duty(tablet: Bench) -> None:
    here = known(tablet, LEAD, ASSISTANT)
    here.enter(LEAD, PIN)
    here.enter(ASSISTANT, PIN)
    here.lock()
    assert set(here.on_duty) == {LEAD, ASSISTANT}
    here.enter(ASSISTANT, PIN)
    assert (here.holder, here.on_duty) == (ASSISTANT, (ASSISTANT, LEAD))


def test_who_held_it_and_leaves_locks_it(tablet: Bench) -> None:
    here = known(tablet, LEAD, ASSISTANT)
    here.enter(LEAD, PIN)
    here.leave(ASSISTANT)
    assert here.holder == LEAD
    here.leave(LEAD)
    assert (here.locked, here.on_duty) == (True, ())


@pytest.mark.parametrize("minutes", IDLE_MINUTES)
def test_it_locks_when_nobody_used_it_for_a_while(tablet: Bench, minutes: int) -> None:
    tablet.folder.keep(lock_after=minutes)
    here = known(tablet)
    here.enter(LEAD, PIN)
    for _ in range(3):
        tablet.clock.at += minutes * MINUTE - SECOND
        here.beat()
        assert not here.locked
        here.touch()
    tablet.clock.at += minutes * MINUTE
    here.beat()
    assert here.locked
    assert here.on_duty == (LEAD,)


def test_a_working_day_ends(tablet: Bench) -> None:
    here = known(tablet)
    here.leave(LEAD)
    here.enter(LEAD, PIN)
    tablet.clock.at += ON_DUTY - 1
    here.touch()
    here.beat()
    assert not here.locked
    tablet.clock.at += 1
    here.touch()
    here.beat()
    assert (here.locked, here.on_duty) == (True, ())


# ── what keeps somebody out ────────────────────────────────────────────────────────


def refusal(here: Duty, pin: str = PIN, officer: str = LEAD) -> tuple[str, int]:
    with pytest.raises(PinError) as refused:
        here.enter(officer, pin)
    return refused.value.why, refused.value.left


def test_a_wrong_pin_says_how_many_are_left_and_the_last_locks_it(tablet: Bench) -> None:
    here = known(tablet)
    said = [refusal(here, WRONG) for _ in range(MOST)]
    assert said == [("wrong", 4), ("wrong", 3), ("wrong", 2), ("wrong", 1), ("locked", 0)]
    assert refusal(here) == ("locked", 0)
    assert refusal(started_again(tablet)) == ("locked", 0)


def test_a_right_pin_gives_all_tries_back_and_so_does_the_office(tablet: Bench) -> None:
    here = known(tablet)
    for _ in range(MOST - 1):
        refusal(here, WRONG)
    here.enter(LEAD, PIN)
    assert refusal(here, WRONG) == ("wrong", MOST - 1)
    for _ in range(MOST - 1):
        refusal(here, WRONG)
    here.trust("chen", believed(LEAD, at=tablet.clock.at), WRONG)
    here.lock()
    here.enter(LEAD, WRONG)
    assert here.holder == LEAD


def test_ones_wrong_pins_are_not_the_others(tablet: Bench) -> None:
    here = known(tablet, LEAD, ASSISTANT)
    for _ in range(MOST):
        refusal(here, WRONG)
    here.enter(ASSISTANT, PIN)
    assert here.holder == ASSISTANT


def test_nobody_unknown_gets_in(tablet: Bench) -> None:
    assert refusal(known(tablet), officer=ASSISTANT) == ("unknown", 0)


def test_trust_ends_and_a_clock_that_is_set_back_does_not_bring_it_again(tablet: Bench) -> None:
    here = known(tablet)
    tablet.clock.at += 30 * DAY - 1
    here.enter(LEAD, PIN)
    here.lock()
    tablet.clock.at += 1
    assert refusal(here)[0] == "trust"
    tablet.clock.at -= 40 * DAY
    assert refusal(started_again(tablet))[0] == "trust"


def test_the_latest_time_that_was_seen_counts_where_the_clock_goes_back(tablet: Bench) -> None:
    here = known(tablet)
    tablet.clock.at += 29 * DAY
    here.enter(LEAD, PIN)
    tablet.clock.at -= 20 * DAY
    (one,) = here.known
    assert here.standing(one).days == 1


def test_an_ended_certificate_keeps_from_duty_and_a_renewed_one_brings_back(tablet: Bench) -> None:
    here = known(tablet)
    told(tablet, LEAD, **card("2026-03-02"))
    here.enter(LEAD, PIN)
    tablet.clock.at += DAY
    here.touch()
    here.beat()
    assert here.locked
    assert refusal(here)[0] == "certificate"
    told(tablet, LEAD, **card("2028-03-02"))
    here.enter(LEAD, PIN)
    assert here.standing(here.known[0]).until == date(2028, 3, 2)


def test_who_left_the_list_may_not_inspect(tablet: Bench) -> None:
    here = known(tablet)
    told(tablet, LEAD, listed=[["2026-01-01", "2026-03-02"]], **card("2028-01-01"))
    here.enter(LEAD, PIN)
    tablet.clock.at += DAY
    here.beat()
    assert here.locked
    assert refusal(here)[0] == "list"


def test_a_certificate_is_judged_by_what_the_office_said_at_sign_in_until_it_says_more(
    tablet: Bench,
) -> None:
    here = duty(tablet)
    said = believed(LEAD)
    ends = msgspec.structs.replace(said, certificate="演示9", certificate_until=date(2026, 3, 2))
    here.trust("chen", ends, PIN)
    here.lock()
    tablet.clock.at += DAY
    assert refusal(here)[0] == "certificate"
    told(tablet, LEAD, **card("2028-01-01"))
    here.enter(LEAD, PIN)


# ── what a pull says ───────────────────────────────────────────────────────────────


def test_whom_the_office_forgets_is_off_duty_at_once(tablet: Bench) -> None:
    here = known(tablet, LEAD, ASSISTANT)
    here.enter(LEAD, PIN)
    asked = tablet.folder.officers.sign_ins()
    stays = next(one.sign_in for one in here.known if one.officer == ASSISTANT)
    tablet.folder.officers.settle(asked, [stays], tablet.clock.at)
    here.beat()
    assert here.locked
    assert [one.officer for one in here.known] == [ASSISTANT]
    assert refusal(here)[0] == "unknown"


def test_who_signs_in_while_a_pull_is_under_way_is_not_forgotten_by_it(tablet: Bench) -> None:
    here = known(tablet)
    asked = tablet.folder.officers.sign_ins()
    here.trust("wu", believed(ASSISTANT), PIN)
    tablet.folder.officers.settle(asked, [], tablet.clock.at)
    assert [one.officer for one in here.known] == [ASSISTANT]


def test_a_time_that_the_office_believed_is_the_latest(tablet: Bench) -> None:
    """A clock that stood years ahead for an hour locks nobody out for years."""
    here = known(tablet)
    tablet.clock.at += 3_000 * DAY
    assert refusal(here)[0] == "trust"
    tablet.clock.at -= 3_000 * DAY
    assert refusal(here)[0] == "trust"
    asked = tablet.folder.officers.sign_ins()
    tablet.folder.officers.settle(asked, list(asked), tablet.clock.at)
    here.enter(LEAD, PIN)


def test_a_pull_that_changes_nothing_writes_nothing(tablet: Bench) -> None:
    known(tablet)
    file = tablet.folder.path / "officers.json"
    before = file.stat().st_ino
    asked = tablet.folder.officers.sign_ins()
    tablet.folder.officers.settle(asked, list(asked), tablet.clock.at + MINUTE)
    assert file.stat().st_ino == before


# ── the file ───────────────────────────────────────────────────────────────────────


def test_the_file_is_for_this_user_alone_and_holds_no_pin(tablet: Bench) -> None:
    known(tablet)
    file = tablet.folder.path / "officers.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PIN not in file.read_text()
    assert json.loads(file.read_text())["officers"][0]["pin"].startswith("$argon2id$")


@pytest.mark.parametrize("torn", [b"", b"{", b'{"officers":[{"officer":"x"}]}'])
def test_a_torn_file_knows_nobody(tablet: Bench, torn: bytes) -> None:
    known(tablet)
    (tablet.folder.path / "officers.json").write_bytes(torn)
    assert started_again(tablet).known == ()


def test_what_cannot_be_counted_is_not_tried(tablet: Bench) -> None:
    here = known(tablet)

    def full(_file: Path, _content: bytes) -> None:
        raise StorageError("No space left on device")

    tablet.folder.officers._write = full
    with pytest.raises(StorageError):
        here.enter(LEAD, PIN)
    assert here.locked


def test_nothing_that_is_shown_by_name_shows_a_hash(tablet: Bench) -> None:
    here = known(tablet)
    assert "argon2" not in repr(here.known)
    assert "argon2" not in repr(Kept(0, here.known))
    assert "argon2" not in str(officers_file)


# ── the law ────────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """The process ends here."""


class Counting(SlowPins):
    """Counts how often a PIN is really compared; may be killed before or after."""

    def __init__(self) -> None:
        super().__init__(memory=8, passes=1)
        self.compared = 0
        self.kill = ""

    def agrees(self, pin: str, stored: str) -> bool:
        if self.kill == "before":
            raise Killed
        self.compared += 1
        found = super().agrees(pin, stored)
        if self.kill == "after":
            raise Killed
        return found


class Guessing(RuleBasedStateMachine):
    """Somebody with the tablet in hand, who knows every trick but the PIN."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        path = Path(self.stack.enter_context(TemporaryDirectory())) / "tablet"
        self.clock = SetClock(MORNING)
        self.folder = TabletFolder.begin(path, BUREAU)
        self.stack.callback(self.folder.close)
        self.pins = Counting()
        self.start()
        self.duty.trust("chen", believed(LEAD), PIN)
        self.duty.lock()

    def teardown(self) -> None:
        self.stack.close()

    @rule()
    def start(self) -> None:
        self.folder.officers = OfficersFile(
            self.folder.path / "officers.json", self.folder.officers._write
        )
        self.duty = Duty(self.folder, Register(self.folder.reference), self.clock.now, self.pins)

    @rule(pin=st.sampled_from([WRONG, "918273", "000000", ""]), kill=st.sampled_from(
        ["", "before", "after"]
    ))  # fmt: skip
    def guess(self, pin: str, kill: str) -> None:
        self.pins.kill = kill
        try:
            self.duty.enter(LEAD, pin)
        except PinError:
            pass
        except Killed:
            self.start()
        self.pins.kill = ""

    @rule(by=st.integers(-400, 400))
    def set_the_clock(self, by: int) -> None:
        self.clock.at += by * DAY
        self.duty.beat()

    @rule()
    def pull(self) -> None:
        asked = self.folder.officers.sign_ins()
        self.folder.officers.settle(asked, list(asked), self.clock.at)

    @precondition(lambda self: self.pins.compared < MOST)
    @rule()
    def touch(self) -> None:
        self.duty.touch()
        self.duty.lock()

    @invariant()
    def no_more_guesses_than_allowed_and_none_gets_in(self) -> None:
        assert self.pins.compared <= MOST
        assert self.duty.locked


Guessing.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestGuessing = Guessing.TestCase


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["wrong", "right", "again"]), max_size=24))
def test_every_wrong_pin_counts_until_a_right_one(steps: list[str]) -> None:
    """A model of one number beside it: how many may still be tried."""
    with TemporaryDirectory() as path, bench(Path(path) / "t") as tablet:
        here = known(tablet)
        left = MOST
        for step in steps:
            if step == "again":
                here = started_again(tablet)
            elif left == 0:
                assert refusal(here)[0] == "locked"
            elif step == "right":
                here.enter(LEAD, PIN)
                left = MOST
            else:
                left -= 1
                assert refusal(here, WRONG) == ("wrong" if left else "locked", left)
