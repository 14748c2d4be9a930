"""Signing in as a person does, in a browser and without: what is shown, asked and refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client, Response
from playwright.sync_api import Browser, Page

from backend.people import demonstration, second_factor
from backend.people.accounts import Account
from backend.people.first_start import first_link
from backend.people.guard import CSRF_HEADER
from backend.people.people import People
from backend.people.rights import Role
from backend.people.sessions import csrf_of
from backend.people.signing_in import own_path
from events.clock import SetClock
from events.office import AccountChanged, AccountOpened, DeviceRevoked
from tests.server import NOON, Site, Tablet, found, serving, signed_in, site

GOOD = "七只白鹭飞过湖面 1204"
HTML = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "data") as running:
        yield running


@pytest.fixture
def people(here: Site) -> People:
    return here.parts.people


def member(people: People, role: Role = Role.MANAGER) -> Account:
    account = people.accounts.open("li.ming", "李明", role)
    return people.accounts.join(people.accounts.link(account.account), GOOD)


def digits(secret: bytes, here: Site) -> str:
    return second_factor.digits_at(secret, here.clock.now().at // 30_000_000).decode()


def post(client: Client, path: str, **said: str) -> Response:
    """Send a form as our own page does."""
    token = client.cookies.get("xunji", "")
    return client.post(path, data={"csrf": csrf_of(token), **said}, headers=HTML)


def facts(here: Site) -> list[object]:
    from events import vocabulary

    records = here.parts.intake.store.read(0, 1_000)
    return [vocabulary.decode(one.tag, one.record().entry.body) for one in records]


# ── signing in ─────────────────────────────────────────────────────────────────────


def test_one_signs_in_with_a_form_and_is_led_back(here: Site, people: People) -> None:
    member(people)
    client = here.stranger()
    asked = client.get("/views/objects?limit=5", headers=HTML)
    page = client.get(asked.headers["location"], headers=HTML)
    back = re.search(r'name="next" value="([^"]+)"', page.text)
    assert back
    answer = post(client, "/sign-in", name="li.ming", password=GOOD, next=back[1])

    assert answer.status_code == 303
    assert answer.headers["location"] == "/views/objects?limit=5"
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert client.get("/views/objects?limit=5").status_code == 200


@pytest.mark.parametrize(
    ("path", "led"),
    [
        ("/views/objects?a=1", "/views/objects?a=1"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\nb", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_nobody_is_led_elsewhere(path: str, led: str) -> None:
    assert own_path(path) == led


def test_a_session_from_before_signing_in_is_not_gone_on_with(here: Site, people: People) -> None:
    account = member(people)
    client = here.stranger()
    planted = people.sessions.begin(account.account)
    client.cookies.set("xunji", planted, domain="127.0.0.1")

    answer = post(client, "/sign-in", name="li.ming", password=GOOD)

    fresh = re.search(r"xunji=(\w+)", answer.headers["set-cookie"])
    assert fresh
    assert fresh[1] != planted
    assert people.sessions.of(planted) is None


def test_a_wrong_password_and_an_unknown_name_look_the_same(here: Site, people: People) -> None:
    member(people)
    client = here.stranger()

    known = post(client, "/sign-in", name="li.ming", password="wrong")
    unknown = post(client, "/sign-in", name="no.body", password="wrong")

    assert (known.status_code, unknown.status_code) == (422, 422)
    assert known.text.replace("li.ming", "") == unknown.text.replace("no.body", "")


def test_who_tries_too_often_is_told_to_wait(here: Site, people: People) -> None:
    member(people)
    client = here.stranger()
    answers = [post(client, "/sign-in", name="li.ming", password="wrong") for _ in range(6)]

    assert [one.status_code for one in answers] == [422] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    assert "in a minute" in answers[-1].text


def test_the_second_factor_is_asked_for_and_gives_another_session(
    here: Site, people: People
) -> None:
    account = member(people)
    secret = bytes(range(20))
    people.accounts.set_second_factor(account.account, secret, digits(secret, here))
    assert isinstance(here.clock, SetClock)
    here.clock.at += 30_000_000
    client = here.stranger()
    first = post(client, "/sign-in", name="li.ming", password=GOOD, next="/account")
    halfway = client.cookies["xunji"]

    assert first.headers["location"] == "/sign-in/second?next=/account"
    assert client.get("/account").status_code == 401
    assert post(client, "/sign-in/second", code="000000").status_code == 422
    done = post(client, "/sign-in/second", code=digits(secret, here), next="/account")
    assert done.headers["location"] == "/account"
    assert client.cookies["xunji"] != halfway
    assert people.sessions.of(halfway) is None
    assert client.get("/account").status_code == 200


def test_who_administers_sets_up_a_second_factor_before_anything_else(
    here: Site, people: People
) -> None:
    member(people, Role.SECURITY_ADMIN)
    client = here.stranger()
    first = post(client, "/sign-in", name="li.ming", password=GOOD)
    page = client.get(first.headers["location"], headers=HTML)
    shown = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)
    assert shown
    from base64 import b32decode

    secret = b32decode(shown[1].replace(" ", ""))

    assert client.get("/accounts").status_code == 401
    assert post(client, "/sign-in/set-up", code="000000").status_code == 422
    done = post(client, "/sign-in/set-up", code=digits(secret, here))
    assert len(re.findall(r"<li><code>([0-9A-Z-]{19})<", done.text)) == 10
    assert client.get("/accounts").status_code == 200


def test_signing_out_ends_the_session_for_whoever_holds_its_token(
    here: Site, people: People
) -> None:
    client = here.sign_in()
    token = client.cookies["xunji"]

    answer = post(client, "/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert people.sessions.of(token) is None


def test_signing_out_everywhere_ends_all_sessions(here: Site, people: People) -> None:
    account = member(people)
    tokens = [people.sessions.begin(account.account) for _ in range(3)]
    client = here.stranger()
    client.cookies.set("xunji", tokens[0], domain="127.0.0.1")

    post(client, "/account/sign-out-everywhere")

    assert [people.sessions.of(token) for token in tokens] == [None] * 3


# ── forms of others ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {CSRF_HEADER: "0" * 64},
        {CSRF_HEADER: "own", "origin": "https://evil.example"},
        {CSRF_HEADER: "own", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_form_that_is_not_of_this_session_does_nothing(
    here: Site, people: People, headers: dict[str, str]
) -> None:
    client = here.sign_in(Role.SECURITY_ADMIN)
    token = client.cookies["xunji"]
    if headers.get(CSRF_HEADER) == "own":
        headers = headers | {CSRF_HEADER: csrf_of(token)}
    before = len(people.accounts.all())

    said = {"name": "evil", "person": "x", "role": "manager"}
    answer = client.post("/accounts", data=said, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
    assert len(people.accounts.all()) == before


@pytest.mark.parametrize("site_said", ["cross-site", "same-site"])
def test_nobody_is_signed_in_by_another_page(here: Site, site_said: str) -> None:
    answer = here.stranger().post(
        "/sign-in", data={"name": "a", "password": "b"}, headers={"sec-fetch-site": site_said}
    )

    assert answer.json()["code"] == "cross-site"


# ── accounts ───────────────────────────────────────────────────────────────────────


def test_the_first_administrator_comes_in_by_a_link(here: Site, people: People) -> None:
    link = first_link(people, here.parts.office)
    again = first_link(people, here.parts.office)
    client = here.stranger()

    assert "does not hold" in client.get(f"/join?link={link}", headers=HTML).text
    assert "Set a password" in client.get(f"/join?link={again}", headers=HTML).text
    answer = post(client, "/join", link=again, password=GOOD, again=GOOD)
    assert answer.headers["location"].startswith("/sign-in")
    assert first_link(people, here.parts.office) == ""
    assert [type(one) for one in facts(here)].count(AccountOpened) == 1


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [("short", "short", "at least 12"), (GOOD, GOOD + "x", "differ")],
)
def test_a_bad_password_does_not_spend_the_link(
    here: Site, people: People, password: str, again: str, said: str
) -> None:
    link = first_link(people, here.parts.office)
    client = here.stranger()

    refused = post(client, "/join", link=link, password=password, again=again)

    assert refused.status_code == 422
    assert said in refused.text
    assert people.accounts.behind(link)


def test_accounts_are_opened_changed_and_locked_and_all_of_it_is_recorded(
    here: Site, people: People
) -> None:
    client = here.sign_in(Role.SECURITY_ADMIN)
    opened = post(
        client, "/accounts", name="wang", person="王芳", role="section_chief", domains="funeral"
    )
    account = people.accounts.by_name("wang")
    assert account
    link = re.search(r"/join\?link=(\w+)", opened.text)
    assert link
    assert people.accounts.behind(link[1]) == account
    post(client, f"/accounts/{account.account}", role="township", townships="440804001，440804002")
    post(client, f"/accounts/{account.account}/act", act="lock")

    recorded = [one for one in facts(here) if isinstance(one, AccountOpened | AccountChanged)]
    assert [getattr(one, "change", "opened") for one in recorded] == ["opened", "scope", "locked"]
    assert recorded[1].townships == ("440804001", "440804002")
    assert "王芳" not in str(recorded)
    assert people.accounts.by_name("wang").locked  # type: ignore[union-attr]


def test_nobody_changes_their_own_account(here: Site, people: People) -> None:
    client = here.sign_in(Role.SECURITY_ADMIN)
    session = people.sessions.of(client.cookies["xunji"])
    assert session

    answers = [
        post(client, f"/accounts/{session.account}", role="manager"),
        post(client, f"/accounts/{session.account}/act", act="lock"),
    ]

    assert [one.status_code for one in answers] == [422, 422]
    assert people.accounts.by_id(session.account).role == Role.SECURITY_ADMIN  # type: ignore[union-attr]


def test_another_password_needs_the_old_one_and_signs_out_everywhere(
    here: Site, people: People
) -> None:
    account = member(people)
    client = here.stranger()
    client.cookies.set("xunji", people.sessions.begin(account.account), domain="127.0.0.1")
    new = "八月的稻田 与 灯塔 3391"

    wrong = post(client, "/account/password", old="wrong", password=new, again=new)
    right = post(client, "/account/password", old=GOOD, password=new, again=new)

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert client.get("/account").status_code == 401
    assert people.accounts.checked(account, new)


# ── tablets and the access log ─────────────────────────────────────────────────────


def test_a_code_from_the_page_enrols_a_tablet_and_the_page_revokes_it(here: Site) -> None:
    client = here.sign_in(Role.SYSTEM_ADMIN)
    page = post(client, "/tablets/code", name="T-07", domains="funeral")
    code = re.search(r'class="secret">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})<', page.text)
    assert code
    tablet = Tablet(here)
    assert tablet.enrol(code[1]).status_code == 200
    here.folded()

    assert "T-07" in client.get("/tablets", headers=HTML).text
    means = client.get(f"/tablets/{tablet.device}/revoke", headers=HTML)
    assert "goes on counting" in means.text
    unsure = post(client, f"/tablets/{tablet.device}/revoke", reason="lost")
    assert unsure.status_code == 422
    post(client, f"/tablets/{tablet.device}/revoke", reason="lost", meant="yes")
    assert tablet.push().status_code == 403 or tablet.pull().status_code == 403
    assert [one.reason for one in facts(here) if isinstance(one, DeviceRevoked)] == ["lost"]


def test_a_code_dies_after_a_quarter_of_an_hour(here: Site) -> None:
    client = here.sign_in(Role.SYSTEM_ADMIN)
    page = post(client, "/tablets/code", name="T-07")
    code = re.search(r'class="secret">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})<', page.text)
    assert code
    tablet = Tablet(here)
    assert isinstance(here.clock, SetClock)
    here.clock.at += 16 * 60_000_000

    assert tablet.enrol(code[1]).status_code == 403


def test_the_auditor_sees_who_looked_at_what_and_who_changed_accounts(
    here: Site, people: People
) -> None:
    account = member(people)
    here.parts.office.viewed(f"account:{account.account}", [bytes(range(16))], "recheck")
    post(
        here.sign_in(Role.SECURITY_ADMIN), "/accounts", name="zhang", person="张伟", role="manager"
    )

    page = here.sign_in(Role.AUDITOR).get("/access-log", headers=HTML).text

    assert "李明 (li.ming)" in page
    assert "recheck" in page
    assert "张伟 (zhang)" in page


def test_refusals_are_pages_for_who_looks_at_pages(here: Site) -> None:
    answer = here.sign_in(Role.SYSTEM_ADMIN).get("/access-log", headers=HTML)

    assert answer.status_code == 403
    assert "Not among your rights" in answer.text


# ── in a browser ───────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("people") / "data"
    found(path, SetClock(NOON), demo=True)
    with site(path) as running:
        tablet = Tablet(running)
        tablet.enrol()
    with serving(path) as served:
        yield served.address


def _signed(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#name", name)
    page.fill("#password", demonstration.PASSWORD)
    page.click("button[type=submit]")


def test_the_demonstration_tells_its_sign_ins(browser: Browser, address: str) -> None:
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        text = page.inner_text("main")
        _signed(page, address, "manager")
        page.wait_for_url(lambda url: "/sign-in" not in url)

    assert demonstration.PASSWORD in text
    assert all(one.name in text for one in demonstration.ACCOUNTS)


def test_a_process_prints_a_link_for_the_first_administrator(tmp_path: Path) -> None:
    from events.clock import SystemClock

    found(tmp_path / "data", SystemClock())
    with serving(tmp_path / "data") as served:
        assert served.process.stdout is not None
        lines = [served.process.stdout.readline() for _ in range(2)]
        link = lines[1].strip()
        with Client(cookies=signed_in(tmp_path / "data")) as client:
            page = client.get(link, headers=HTML)
            known = client.get(f"{served.address}/account", headers=HTML)

    assert link.startswith(f"{served.address}/join?link=")
    assert "Set a password" in page.text
    assert known.status_code == 200
