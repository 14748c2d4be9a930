"""Accounts, passwords, second factors, sessions: what holds, and what stops holding."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.people import demonstration, passwords, second_factor, sessions, throttle
from backend.people.accounts import LINK_SECONDS, Account, AccountError
from backend.people.people import FILE, People, SignedIn, Waiting
from backend.people.rights import SECOND_FACTOR, Role
from events.clock import SetClock
from events.memory_store import MemoryStore
from tests.server import NOON

GOOD = "七只白鹭飞过湖面 1204"
SECOND = 1_000_000


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def people(tmp_path: Path, clock: SetClock) -> Iterator[People]:
    with closing(People.open(tmp_path, clock, demo=False)) as opened:
        yield opened


def member(people: People, role: Role = Role.MANAGER, name: str = "li.ming") -> Account:
    account = people.accounts.open(name, "李明", role)
    return people.accounts.join(people.accounts.link(account.account), GOOD)


def later(clock: SetClock, seconds: int) -> None:
    clock.at += seconds * SECOND


# ── passwords ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("kurz", "short"),
        ("x" * 129, "long"),
        ("aaaaaaaaaaaaaa", "monotonous"),
        ("012345678901", "common"),
        ("Password2026!", "common"),
        ("qwertyuiop12", "common"),
        ("my li.ming is here", "named"),
        (GOOD, None),
        ("correct horse battery", None),
    ],
)
def test_a_password_is_refused_for_what_makes_it_guessable(
    password: str, fault: str | None
) -> None:
    assert passwords.fault_of(password, "li.ming", "李明") == fault


def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    one, two = passwords.kept(GOOD), passwords.kept(GOOD)

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != two
    assert passwords.agrees(GOOD, one)
    assert passwords.agrees(GOOD, two)
    assert not passwords.agrees(GOOD + "x", one)


def test_nobody_has_no_password() -> None:
    assert not passwords.agrees(GOOD, None)


# ── the second factor ──────────────────────────────────────────────────────────────


def test_the_digits_are_those_of_rfc_6238() -> None:
    secret = b"12345678901234567890"

    shown = {at: second_factor.digits_at(secret, at // 30) for at in (59, 1_111_111_109)}

    assert shown == {59: b"287082", 1_111_111_109: b"081804"}


@given(st.integers(-4, 4))
def test_a_code_holds_one_step_around_its_time_and_never_twice(off: int) -> None:
    secret, step = bytes(range(20)), 60_000_000
    code = second_factor.digits_at(secret, step + off).decode()

    found = second_factor.step_of(code, secret, step * 30 * SECOND, 0)

    assert (found == step + off) == (abs(off) <= 1)
    if found is not None:
        assert second_factor.step_of(code, secret, step * 30 * SECOND, found) is None


def test_a_recovery_code_is_read_as_it_is_copied_by_hand() -> None:
    (code, *_rest) = second_factor.new_recovery_codes(os.urandom)
    sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert second_factor.recovery_hash(sloppy) == second_factor.recovery_hash(code)


def test_a_code_of_the_authenticator_is_spent_by_using_it(people: People, clock: SetClock) -> None:
    account = member(people)
    secret = second_factor.new_secret(os.urandom)
    now = clock.now().at // SECOND // 30
    recovery = people.accounts.set_second_factor(
        account.account, secret, second_factor.digits_at(secret, now).decode()
    )

    assert not people.accounts.second_checked(
        account.account, second_factor.digits_at(secret, now).decode()
    )
    later(clock, 30)
    fresh = second_factor.digits_at(secret, now + 1).decode()
    assert [people.accounts.second_checked(account.account, fresh) for _ in "12"] == [True, False]
    assert [people.accounts.second_checked(account.account, recovery[0]) for _ in "12"] == [
        True,
        False,
    ]
    assert people.accounts.recovery_codes_left(account.account) == 9


def test_an_authenticator_is_taken_up_only_with_a_code_it_shows(people: People) -> None:
    account = member(people)

    with pytest.raises(AccountError, match="code"):
        people.accounts.set_second_factor(account.account, bytes(20), "000000")

    assert not people.accounts.by_id(account.account).has_second_factor  # type: ignore[union-attr]


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR))
def test_who_administers_or_audits_cannot_do_without(people: People, role: Role) -> None:
    account = member(people, role)
    signed = people.sign_in(account.name, GOOD)

    assert isinstance(signed, SignedIn)
    assert signed.stage == "enrol"
    with pytest.raises(AccountError, match="required"):
        people.accounts.drop_second_factor(account)


# ── signing in ─────────────────────────────────────────────────────────────────────


def test_the_right_password_begins_a_session_of_that_account(people: People) -> None:
    account = member(people)

    signed = people.sign_in(" LI.ming", GOOD)

    assert isinstance(signed, SignedIn)
    session = people.sessions.of(signed.token)
    assert session
    assert (session.account, session.stage) == (account.account, "whole")
    reader = people.reader(session)
    assert reader
    assert (reader.name, reader.role) == ("李明", Role.MANAGER)


def test_nobody_learns_whether_a_name_exists(people: People) -> None:
    member(people)

    known = [people.sign_in("li.ming", "wrong") for _ in range(7)]
    unknown = [people.sign_in("no.body", "wrong") for _ in range(7)]

    assert known == unknown
    assert known[:5] == [None] * 5
    assert isinstance(known[5], Waiting)


def test_failures_of_a_name_cost_more_each_time_and_a_success_forgets_them(
    people: People, clock: SetClock
) -> None:
    member(people)
    waits: list[int] = []
    for _ in range(14):
        people.sign_in("li.ming", "wrong")
        waits.append(people.throttle.wait("li.ming", ""))
        later(clock, waits[-1])

    assert waits[:8] == [0, 0, 0, 0, 60, 120, 240, 480]
    assert waits[-1] == throttle.LONGEST_SECONDS
    assert isinstance(people.sign_in("li.ming", GOOD, "10.0.0.2"), SignedIn)
    assert people.throttle.wait("li.ming", "10.0.0.2") == 0


def test_whoever_guesses_from_elsewhere_does_not_keep_the_owner_out(
    people: People, clock: SetClock
) -> None:
    account = people.accounts.open("li.ming", "李明", Role.SECURITY_ADMIN)
    people.join(people.accounts.link(account.account), GOOD, "10.0.0.2")
    for _ in range(20):
        people.sign_in("li.ming", "wrong", "10.0.0.9")
        later(clock, people.throttle.wait("li.ming", "10.0.0.9"))
    people.sign_in("li.ming", "wrong", "10.0.0.9")

    assert people.throttle.wait("li.ming", "10.0.0.9") == throttle.LONGEST_SECONDS
    assert isinstance(people.sign_in("li.ming", GOOD, "10.0.0.8"), Waiting)
    assert isinstance(people.sign_in("li.ming", GOOD, "10.0.0.2"), SignedIn)


def test_where_one_signed_in_guessing_is_slow_all_the_same(people: People) -> None:
    account = people.accounts.open("li.ming", "李明", Role.MANAGER)
    people.join(people.accounts.link(account.account), GOOD, "10.0.0.2")
    tries = [people.sign_in("li.ming", "wrong", "10.0.0.2") for _ in range(6)]

    assert isinstance(tries[-1], Waiting)
    assert people.throttle.wait("li.ming", "10.0.0.3") == 0


def test_while_one_waits_the_right_password_does_not_help_either(people: People) -> None:
    member(people)
    for _ in range(5):
        people.sign_in("li.ming", "wrong")

    assert isinstance(people.sign_in("li.ming", GOOD), Waiting)


def test_an_address_that_tries_many_names_waits_for_all_of_them(people: People) -> None:
    member(people)
    for n in range(throttle.FREE["address"]):
        people.throttle.failed(f"name {n}", "10.0.0.9")

    assert isinstance(people.sign_in("li.ming", GOOD, "10.0.0.9"), Waiting)
    assert isinstance(people.sign_in("li.ming", GOOD, "10.0.0.8"), SignedIn)


@pytest.mark.parametrize("how", ["locked", "until", "no password"])
def test_an_account_that_does_not_hold_is_like_a_wrong_password(
    people: People, clock: SetClock, how: str
) -> None:
    account = member(people, Role.INSPECTOR)
    token = people.sessions.begin(account.account)
    if how == "locked":
        people.accounts.lock(account.account)
    elif how == "until":
        from msgspec import structs

        people.accounts.change(structs.replace(account, until=date(2026, 1, 1)))
    else:
        people.accounts.link(account.account)

    assert people.sign_in(account.name, GOOD) is None
    assert people.sessions.of(token) is None


def test_a_wrong_second_factor_counts_like_a_wrong_password(
    people: People, clock: SetClock
) -> None:
    account = member(people)
    secret = bytes(range(20))
    shown = second_factor.digits_at(secret, clock.now().at // SECOND // 30).decode()
    people.accounts.set_second_factor(account.account, secret, shown)
    signed = people.sign_in(account.name, GOOD)
    assert isinstance(signed, SignedIn)
    session = people.sessions.of(signed.token)
    assert session
    assert session.stage == "second"

    tries = [people.second(session, "000000") for _ in range(6)]

    assert tries[:5] == [None] * 5
    assert isinstance(tries[5], Waiting)
    assert people.sessions.of(signed.token) is None  # the password is asked for again


# ── links ──────────────────────────────────────────────────────────────────────────


def test_a_link_serves_once_and_for_a_while(people: People, clock: SetClock) -> None:
    account = people.accounts.open("wang", "王芳", Role.MANAGER)
    old = people.accounts.link(account.account)
    new = people.accounts.link(account.account)

    assert people.accounts.behind(old) is None
    assert people.accounts.behind(new)
    people.accounts.join(new, GOOD)
    assert people.accounts.behind(new) is None
    stale = people.accounts.link(account.account)
    later(clock, LINK_SECONDS + 1)
    assert people.accounts.behind(stale) is None


@pytest.mark.parametrize("token", ["", "zz", "00" * 32])
def test_no_link_is_guessed(people: People, token: str) -> None:
    assert people.accounts.behind(token) is None
    with pytest.raises(AccountError, match="link"):
        people.accounts.join(token, GOOD)


def test_a_new_password_ends_all_sessions(people: People) -> None:
    account = member(people)
    tokens = [people.sessions.begin(account.account) for _ in range(3)]

    people.accounts.set_password(account, GOOD + "!")

    assert [people.sessions.of(token) for token in tokens] == [None] * 3


# ── accounts ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "lacking"),
    [
        (Role.SECTION_CHIEF, "domains"),
        (Role.TOWNSHIP, "townships"),
        (Role.SUPERVISOR, "until"),
    ],
)
def test_a_role_that_is_limited_is_given_its_limit(
    people: People, role: Role, lacking: str
) -> None:
    with pytest.raises(AccountError, match=lacking):
        people.accounts.open("zhang", "张伟", role)


def test_two_accounts_do_not_share_a_name(people: People) -> None:
    member(people)

    with pytest.raises(AccountError, match="taken"):
        people.accounts.open("LI.MING", "another", Role.MANAGER)


# ── sessions ───────────────────────────────────────────────────────────────────────


def test_a_session_ends_when_it_rests_and_when_it_is_old(people: People, clock: SetClock) -> None:
    account = member(people)
    resting, used = (people.sessions.begin(account.account) for _ in "12")
    for _ in range(sessions.LONGEST_SECONDS // 1200):
        later(clock, 1200)
        assert people.sessions.of(used)
    later(clock, 1)

    assert people.sessions.of(resting) is None
    assert people.sessions.of(used) is None


def test_the_file_holds_no_token_and_no_password(people: People, tmp_path: Path) -> None:
    account = member(people)
    token = people.sessions.begin(account.account)
    link = people.accounts.link(account.account)
    raw = (tmp_path / FILE).read_bytes()

    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    for secret in (token, bytes.fromhex(token), link, bytes.fromhex(link), GOOD):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in raw


# ── the demonstration ──────────────────────────────────────────────────────────────


def test_a_demonstration_has_a_sign_in_for_every_role(tmp_path: Path, clock: SetClock) -> None:
    with closing(People.open(tmp_path, clock, demo=True)) as people:
        demonstration.open_accounts(people, MemoryStore())
        demonstration.open_accounts(people, MemoryStore())
        found = {one.role for one in people.accounts.all()}
        signed = people.sign_in("security", demonstration.PASSWORD)

    assert found == set(Role)
    assert isinstance(signed, SignedIn)
    assert signed.stage == "whole"


def test_known_passwords_are_for_demonstrations_only(people: People) -> None:
    with pytest.raises(ValueError, match="demonstrations"):
        demonstration.open_accounts(people, MemoryStore())
