"""`POST /sync/sign-in`: an officer's name and password, once; and what every pull says of it."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar.testing import TestClient
from msgspec import structs

from backend.officer_sign_in import Asked
from backend.people import second_factor
from backend.people.accounts import Account, AccountError
from backend.people.certificates import holders, officer_with
from backend.people.people import FILE, People
from backend.people.rights import MAY_INSPECT, Role
from backend.people.tablet_sign_ins import TRUST_DAYS
from events import vocabulary
from events.clock import SetClock
from events.facts import Fact
from events.office import AccountChanged, AccountOpened
from events.register import CertificateIssued, CertificateRevoked, OfficerLeft, OfficerListed
from tests.server import BASE, NOON, TODAY, Site, Tablet, new_id, site

PASSWORD = "七只白鹭飞过湖面 1204"
OTHER = "九只白鹭飞过湖面 1204"
SECOND = 1_000_000
DAY = 86_400 * SECOND
YEAR = date(TODAY.year, 1, 1)
END = date(TODAY.year + 2, 6, 30)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def here(tmp_path: Path, clock: SetClock) -> Iterator[Site]:
    with site(tmp_path / "data", clock=clock) as running:
        yield running


@pytest.fixture
def people(here: Site) -> People:
    return here.parts.people


@pytest.fixture
def tablet(here: Site) -> Tablet:
    found = Tablet(here)
    assert found.enrol().status_code == 200
    return found


def officer(here: Site, number: str = "19080312007", **changed: object) -> str:
    """List an officer with a certificate; return the officer's id."""
    key = new_id()
    about: dict[str, Any] = {"name": "陈志明", "role": "officer", "valid_from": YEAR}
    until: Any = changed.pop("until", END)
    here.tell(
        OfficerListed(officer=key, **(about | changed)),
        CertificateIssued(
            certificate=new_id(), officer=key, number=number, valid_from=YEAR, valid_to=until
        ),
    )
    here.folded()
    return key


def member(
    people: People, key: str | None, name: str = "chen", role: Role = Role.INSPECTOR, **more: object
) -> Account:
    scope: Any = more
    account = people.accounts.open(name, "陈志明", role, officer=key, **scope)
    people.accounts.join(people.accounts.link(account.account), PASSWORD)
    return account


def held(tablet: Tablet) -> list[str]:
    return tablet.pull().json()["sign_ins"]


# ── signing in ─────────────────────────────────────────────────────────────────────


def test_the_tablet_learns_who_signed_in_and_how_long_it_may_believe_a_pin(
    here: Site, people: People, tablet: Tablet
) -> None:
    key = officer(here)
    member(people, key)

    said = tablet.sign_in("chen", PASSWORD)

    assert said.status_code == 200, said.text
    assert said.headers["cache-control"] == "no-store"
    sign_in = said.json().pop("sign_in")
    assert {name: value for name, value in said.json().items() if name != "sign_in"} == {
        "officer": key,
        "name": "陈志明",
        "certificate": "19080312007",
        "certificate_until": END.isoformat(),
        "trusted_until": NOON + TRUST_DAYS * DAY,
        "at": NOON,
    }
    assert held(tablet) == [sign_in]


def test_no_session_begins_and_no_cookie_is_set(here: Site, people: People, tablet: Tablet) -> None:
    account = member(people, officer(here))

    said = tablet.sign_in("chen", PASSWORD)

    assert "set-cookie" not in said.headers
    assert people.sessions.of_account(account.account) == []


@pytest.mark.parametrize("role", Role)
def test_only_a_role_that_may_inspect_names_an_officer(
    here: Site, people: People, role: Role
) -> None:
    scope: dict[str, Any] = {"domains": ("funeral",), "townships": ("440804001",), "until": END}
    if role in MAY_INSPECT:
        assert member(people, officer(here), role=role, **scope).officer
    else:
        with pytest.raises(AccountError, match="officer_role"):
            member(people, officer(here), role=role, **scope)
    assert {Role.INSPECTOR, Role.SECTION_CHIEF, Role.MANAGER} == MAY_INSPECT


@pytest.mark.parametrize(
    ("name", "password"),
    [("chen", OTHER), ("nobody", PASSWORD), ("chen", PASSWORD + " "), ("chen", "x" * 256)],
)
def test_a_wrong_word_says_nothing_of_which_it_was(
    here: Site, people: People, tablet: Tablet, name: str, password: str
) -> None:
    member(people, officer(here))

    said = tablet.sign_in(name, password)

    assert (said.status_code, said.json()["code"]) == (403, "sign-in")
    assert held(tablet) == []


def test_an_account_without_an_officer_may_not_inspect(
    here: Site, people: People, tablet: Tablet
) -> None:
    member(people, None)
    assert tablet.sign_in("chen", PASSWORD).json()["code"] == "no-officer"


def test_whoever_lost_the_right_is_refused(here: Site, people: People, tablet: Tablet) -> None:
    account = member(people, officer(here))
    with closing(sqlite3.connect(here.folder.path / FILE)) as file, file:
        file.execute("UPDATE accounts SET role='auditor' WHERE account=?", (account.account,))
    assert tablet.sign_in("chen", PASSWORD).json()["code"] == "no-officer"


def test_an_officer_who_is_not_on_the_list_is_refused(
    here: Site, people: People, tablet: Tablet
) -> None:
    member(people, new_id(), "unknown")
    member(people, gone := officer(here), "gone")
    member(people, officer(here, "2", role="auxiliary"), "auxiliary")
    here.tell(OfficerLeft(officer=gone, valid_to=YEAR))
    here.folded()

    said = {
        name: tablet.sign_in(name, PASSWORD).json()["code"]
        for name in ("unknown", "gone", "auxiliary")
    }

    assert said == dict.fromkeys(said, "no-officer")


def test_an_ended_certificate_is_said(here: Site, people: People, tablet: Tablet) -> None:
    member(people, officer(here, until=YEAR))
    said = tablet.sign_in("chen", PASSWORD)
    assert (said.status_code, said.json()["code"]) == (403, "no-certificate")


# ── the second factor, and guessing ────────────────────────────────────────────────


def test_a_second_factor_is_asked_for_and_spent(
    here: Site, people: People, tablet: Tablet, clock: SetClock
) -> None:
    account = member(people, officer(here))
    secret = second_factor.new_secret(people.entropy)
    step = clock.at // SECOND // 30
    people.accounts.set_second_factor(
        account.account, secret, second_factor.digits_at(secret, step).decode()
    )
    clock.at += 60 * SECOND
    digits = second_factor.digits_at(secret, step + 2).decode()

    assert tablet.sign_in("chen", PASSWORD).json()["code"] == "second-factor"
    assert tablet.sign_in("chen", PASSWORD, "000000").json()["code"] == "sign-in"
    assert tablet.sign_in("chen", PASSWORD, digits).status_code == 200
    assert tablet.sign_in("chen", PASSWORD, digits).json()["code"] == "sign-in"


def test_guessing_waits_as_on_the_page_and_together_with_it(
    here: Site, people: People, tablet: Tablet
) -> None:
    member(people, officer(here))
    guesses = [tablet.sign_in("chen", OTHER).json()["code"] for _ in range(5)]

    waiting = tablet.sign_in("chen", PASSWORD)

    assert guesses == ["sign-in"] * 5
    assert (waiting.status_code, waiting.json()["code"]) == (429, "sign-in-waiting")
    assert waiting.json()["seconds"] == 60
    assert waiting.headers["retry-after"]
    page = here.stranger().post("/sign-in", data={"name": "chen", "password": PASSWORD})
    assert page.status_code == 429


# ── by whom it is asked ────────────────────────────────────────────────────────────


def test_only_an_enrolled_tablet_may_ask(here: Site, people: People, tablet: Tablet) -> None:
    member(people, officer(here))
    stranger = Tablet(here)
    typed = {"name": "chen", "password": PASSWORD}

    said = [
        stranger.sign_in("chen", PASSWORD).json()["code"],
        tablet.sign_in("chen", PASSWORD, key=Ed25519PrivateKey.generate()).json()["code"],
        tablet.sign_in("chen", PASSWORD, at=NOON - 3_600 * SECOND).json()["code"],
        here.client.post("/sync/sign-in", json=typed).json()["code"],
    ]

    assert said == ["not-enrolled", "unsigned", "unsigned", "unsigned"]


def test_a_form_of_another_page_is_none(here: Site, people: People, tablet: Tablet) -> None:
    member(people, officer(here))
    said = here.client.post("/sync/sign-in", data={"name": "chen", "password": PASSWORD})
    assert said.status_code in (400, 415)


def test_a_body_that_is_too_long_or_wrong_is_refused_without_repeating_it(
    here: Site, people: People, tablet: Tablet
) -> None:
    for name, password in (("", PASSWORD), ("chen", "x" * 257)):
        said = tablet.sign_in(name, password)
        assert said.status_code == 400
        assert "xxxx" not in said.text


# ── what ends it ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["lock", "reset", "password", "officer", "role", "everywhere"])
def test_what_ends_the_sessions_of_an_account_ends_its_tablets(
    here: Site, people: People, tablet: Tablet, how: str
) -> None:
    key = officer(here)
    account = member(people, key)
    assert tablet.sign_in("chen", PASSWORD).status_code == 200
    assert len(held(tablet)) == 1
    match how:
        case "lock":
            people.accounts.lock(account.account)
        case "reset":
            people.accounts.link(account.account)
        case "password":
            people.accounts.set_password(account, OTHER)
        case "officer":
            people.accounts.change(structs.replace(account, officer=new_id()))
        case "role":
            people.accounts.change(structs.replace(account, role=Role.MANAGER, officer=None))
        case _:
            people.on_tablets.end_all(account.account)
    assert held(tablet) == []


def test_who_leaves_the_list_or_loses_the_certificate_is_forgotten_at_the_next_pull(
    here: Site, people: People, tablet: Tablet
) -> None:
    left, lost, stays = (officer(here, str(n)) for n in range(3))
    for key, name in ((left, "left"), (lost, "lost"), (stays, "stays")):
        member(people, key, name)
        assert tablet.sign_in(name, PASSWORD).status_code == 200
    assert len(held(tablet)) == 3
    card = next(
        fact for fact in facts(here) if isinstance(fact, CertificateIssued) and fact.officer == lost
    )
    here.tell(
        OfficerLeft(officer=left, valid_to=YEAR),
        CertificateRevoked(certificate=card.certificate, officer=lost, valid_from=TODAY),
    )
    here.folded()

    (one,) = held(tablet)

    assert [row.sign_in for row in people.on_tablets.of_device(tablet.device)
            if row.officer == stays] == [one]  # fmt: skip


def facts(here: Site) -> list[Fact]:
    records = here.parts.intake.store.read(0, 1_000)
    found = [vocabulary.decode(one.tag, one.record().entry.body) for one in records]
    return [fact for fact in found if isinstance(fact, Fact)]


def test_the_trust_of_a_tablet_ends_by_itself(
    here: Site, people: People, tablet: Tablet, clock: SetClock
) -> None:
    member(people, officer(here))
    tablet.sign_in("chen", PASSWORD)
    clock.at += TRUST_DAYS * DAY - 1
    assert len(held(tablet)) == 1
    clock.at += 1
    assert held(tablet) == []


def test_a_sign_in_holds_on_its_own_tablet_and_a_new_one_replaces_it(
    here: Site, people: People, tablet: Tablet
) -> None:
    member(people, officer(here))
    other = Tablet(here)
    other.enrol()

    first = tablet.sign_in("chen", PASSWORD).json()["sign_in"]
    second = tablet.sign_in("chen", PASSWORD).json()["sign_in"]

    assert first != second
    assert held(tablet) == [second]
    assert held(other) == []


def test_views_that_are_being_folded_anew_judge_nobody(
    here: Site, people: People, tablet: Tablet
) -> None:
    account = member(people, officer(here))
    ahead = people.on_tablets.begin(
        account, tablet.device, new_id(), position=here.parts.officers.views.position() + 1
    )
    people.accounts.change(structs.replace(account, officer=ahead.officer))
    again = people.on_tablets.begin(
        account, tablet.device, ahead.officer, position=here.parts.officers.views.position() + 1
    )

    assert held(tablet) == [again.sign_in]


# ── whom an account names ──────────────────────────────────────────────────────────


def test_an_officer_is_named_by_the_number_of_the_certificate(here: Site) -> None:
    key = officer(here)
    store = here.parts.intake.store

    assert officer_with(store, " 19080312007 ") == key
    assert officer_with(store, "  ") is None
    assert holders(store)[key].name == "陈志明"
    with pytest.raises(AccountError, match="certificate"):
        officer_with(store, "1908031200")


def test_the_page_names_the_officer_and_the_history_says_so(here: Site, people: People) -> None:
    key, other = officer(here), officer(here, "19080312015", name="吴晓岚")
    security = here.sign_in(Role.SECURITY_ADMIN)
    token = security.cookies["xunji"]

    def post(path: str, **form: str) -> str:
        from backend.people.sessions import csrf_of

        return security.post(path, data={**form, "csrf": csrf_of(token)}).text

    about = {"name": "chen", "person": "陈志明", "role": "inspector"}
    assert "no certificate" in post("/accounts?lang=en", **about, certificate="7").replace(
        "holds a certificate of this number", "no certificate"
    )
    assert "19080312007" in post("/accounts", **about, certificate="19080312007")
    account = people.accounts.by_name("chen")
    assert account
    assert account.officer == key
    assert "19080312007" in security.get(f"/accounts/{account.account}").text
    post(f"/accounts/{account.account}", role="inspector", certificate="19080312015")
    assert people.accounts.by_name("chen").officer == other  # type: ignore[union-attr]
    named = [one.officer for one in facts(here) if isinstance(one, AccountOpened | AccountChanged)]
    assert named == [key, other]


def test_ones_own_page_says_on_which_tablets_one_is_signed_in(here: Site, people: People) -> None:
    account = member(people, officer(here))
    tablet = Tablet(here)
    tablet.enrol()
    tablet.sign_in("chen", PASSWORD)
    client = here.stranger()
    client.cookies.set("xunji", people.sessions.begin(account.account))

    page = client.get("/account?lang=en").text

    assert "平板 01, since" in page


def test_a_file_of_people_from_before_is_migrated(tmp_path: Path, clock: SetClock) -> None:
    with closing(People.open(tmp_path, clock, demo=False)) as before:
        account = before.accounts.open("li", "李明", Role.MANAGER)
    with closing(sqlite3.connect(tmp_path / FILE)) as file, file:
        file.execute("ALTER TABLE accounts DROP COLUMN officer")
        file.execute("DROP TABLE tablet_sign_ins")

    for _ in range(2):
        with closing(People.open(tmp_path, clock, demo=False)) as again:
            assert again.accounts.by_name("li") == account


# ── what is never said ─────────────────────────────────────────────────────────────


def test_neither_password_nor_code_gets_into_any_log_or_file(
    here: Site, people: People, tablet: Tablet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    member(people, officer(here))
    for password in (OTHER, PASSWORD):
        tablet.sign_in("chen", password, "135790")
    for where in here.folder.path.rglob("*"):
        if where.is_file():
            raw = where.read_bytes()
            assert PASSWORD.encode() not in raw, where
            assert OTHER.encode() not in raw, where
    told = caplog.text + str([record.__dict__ for record in caplog.records])
    assert "/sync/sign-in" in told
    assert PASSWORD not in told
    assert OTHER not in told
    assert "135790" not in told
    assert repr(Asked("chen", PASSWORD, "1")) == "Asked(…)"


def test_the_route_is_described_for_those_who_write_tablets(here: Site) -> None:
    assert isinstance(here.client, TestClient)
    document = here.client.get(f"{BASE}/api/openapi.json").json()
    assert "/sync/sign-in" in document["paths"]
