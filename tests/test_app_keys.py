"""App keys: what they open, whole; what ends them; and how they are kept."""

import asyncio
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from httpx import Response
from odata import ODataService

from backend.exports.odata_sets import SETS
from backend.people import app_keys, throttle
from backend.people.accounts import Account, AccountError
from backend.people.app_keys import MOST, ROUTES, AppKey, Use
from backend.people.by_key import CHALLENGE, LONGEST
from backend.people.people import FILE, People
from backend.people.rights import GRANTS, NEEDS_UNTIL, OPEN, Right, Role
from backend.people.role_table import routes_of
from backend.people.sessions import csrf_of
from events import vocabulary
from events.clock import SetClock, SystemClock
from events.office import AccountChanged, SensitiveDataViewed
from tests.server import BASE, NOON, TODAY, Site, Tablet, an_item, an_object, new_id, serving, site
from tests.test_roles import ROLES, SCOPE, code_of, table

GOOD = "七只白鹭飞过湖面 1204"
T1, T2 = "440804001", "440804002"
DAY = 24 * 3600 * 1_000_000
BOTH = tuple(Use)
SECRET = "0" * 64


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three cemeteries in one township, one in another; two were inspected."""
    with site(tmp_path_factory.mktemp("keys") / "data") as running:
        objects = [an_object(name=f"墓园 {n}") for n in range(3)]
        running.tell(*objects, an_object(name="远山", township=T2), an_item())
        tablet = Tablet(running)
        tablet.enrol()
        for one in objects[:2]:
            tablet.inspect(one.object)
        tablet.push()
        running.folded()
        yield running


@pytest.fixture
def people(here: Site) -> Iterator[People]:
    """The accounts of the bureau; what was counted against anybody is forgotten."""
    found = here.parts.people
    found._db.rows("DELETE FROM failures")
    found._db.rows("DELETE FROM familiar")
    yield found
    here.clock.at = NOON  # type: ignore[attr-defined]  a clock that is set


def owner(people: People, role: Role = Role.MANAGER, **scope: Any) -> Account:  # noqa: ANN401  as accounts have it
    if role in NEEDS_UNTIL:
        scope.setdefault("until", TODAY + timedelta(days=100))
    made = people.accounts.open(f"{role}-{new_id()}", "李明", role, **(SCOPE.get(role, {}) | scope))
    people.accounts.set_known_password(made, GOOD)
    return made


def a_key(
    people: People, account: Account, uses: tuple[Use, ...] = BOTH, days: int = 30
) -> tuple[AppKey, str]:
    return people.app_keys.make(account, "月报", uses, TODAY + timedelta(days=days))


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def asked(here: Site, path: str, headers: dict[str, str], method: str = "GET") -> Response:
    return here.stranger().request(method, path, headers=headers, follow_redirects=False)


def read(here: Site, path: str, key: AppKey, text: str) -> Response:
    return asked(here, path, basic(key.key, text))


# ── what a key opens ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("role", ROLES)
def test_a_key_gets_to_what_the_table_gives_its_owner_and_its_use_and_to_nothing_else(
    here: Site, people: People, role: Role, use: Use
) -> None:
    marks = table()
    key, text = a_key(people, owner(people, role), (use,))
    found: dict[str, str] = {}
    expected: dict[str, str] = {}
    for path, method, _ in routes_of(here.client.app):
        if path in OPEN or path == "/live":
            continue
        route = f"{method} {path}"
        filled = re.sub(r"\{\w+\}", "Objects" if "odata" in path else "goals", path)
        answer = asked(here, f"{filled}?month=x", basic(key.key, text), method)
        found[route] = code_of(answer)
        if path not in ROUTES[Use.ODATA] | ROUTES[Use.LISTS]:
            expected[route] = "not-signed-in"  # no key is even looked at
        elif path not in ROUTES[use] or Right.EXPORT not in GRANTS[role]:
            expected[route] = "no-right"
        else:
            expected[route] = "" if marks[route][role] else "scope"

    assert found.keys() == marks.keys() - {"GET /live"}
    wrong = {
        route: code
        for route, code in found.items()
        if code != expected[route]
        and not (expected[route] == "" and code in ("bad-request", "not-implemented", "not-found"))
    }
    assert wrong == {}


def test_every_route_that_keys_read_is_there_and_reads_only(here: Site) -> None:
    served = {(path, method) for path, method, _ in routes_of(here.client.app)}
    named = ROUTES[Use.ODATA] | ROUTES[Use.LISTS]

    assert {(path, "GET") for path in named} <= served
    assert not ROUTES[Use.ODATA] & ROUTES[Use.LISTS]
    assert not [path for path in named if re.search("account|key|officer|history|replay", path)]


def test_a_key_lets_its_owner_do_nothing_by_it(here: Site, people: People) -> None:
    reader = here.parts.people.reader(
        people.sessions.of(people.sessions.begin(owner(people).account))  # type: ignore[arg-type]
    )
    assert reader is not None
    assert reader.may(Right.READ_PEOPLE_SEALED)
    by_key = type(reader)(**{**_members(reader), "by_key": True})

    assert {one for one in Right if by_key.may(one)} == {Right.READ_VIEWS, Right.EXPORT}


def _members(struct: Any) -> dict[str, Any]:  # noqa: ANN401  any struct
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_the_scope_of_the_account_holds_also_when_it_changes(here: Site, people: People) -> None:
    account = owner(people, Role.TOWNSHIP, townships=(T1,))
    key, text = a_key(people, account)

    def names() -> set[str]:
        said = read(here, "/odata/Objects", key, text).json()["value"]
        listed = read(here, "/views/objects", key, text).json()["rows"]
        assert [one["object"] for one in said] == [one["object"] for one in listed]
        return {one["name"] for one in said}

    assert names() == {f"墓园 {n}" for n in range(3)}
    assert read(here, f"/views/objects?township={T2}", key, text).status_code == 403
    people.accounts.change(_changed(account, townships=(T2,)))
    assert names() == {"远山"}
    people.accounts.change(_changed(account, role=Role.INSPECTOR, townships=()))
    assert code_of(read(here, "/odata/Objects", key, text)) == "no-right"


def _changed(account: Account, **other: Any) -> Account:  # noqa: ANN401  as accounts have it
    return Account(**{**_members(account), **other})


def test_files_and_json_are_those_of_a_session(here: Site, people: People) -> None:
    account = owner(people)
    key, text = a_key(people, account)
    session = here.stranger()
    session.cookies.set("xunji", people.sessions.begin(account.account))
    for path in ("/views/inspections", "/views/inspections?format=csv", "/odata/Inspections"):
        by_key, signed_in = read(here, path, key, text), session.get(path)
        assert (by_key.status_code, by_key.content) == (200, signed_in.content)


# ── what ends a key ────────────────────────────────────────────────────────────────


def refused(here: Site, key: AppKey, text: str) -> str:
    """Return why a key does not hold; nothing else of its answer is told."""
    answer = read(here, "/views/goals", key, text)
    assert (answer.status_code, code_of(answer)) == (401, "app-key"), answer.text
    assert answer.headers["www-authenticate"] == CHALLENGE
    return answer.json()["reason"]


def test_a_key_ends_with_its_last_day(here: Site, people: People) -> None:
    key, text = a_key(people, owner(people), days=1)
    here.clock.at = NOON + DAY  # type: ignore[attr-defined]
    assert read(here, "/odata", key, text).status_code == 200

    here.clock.at = NOON + 2 * DAY  # type: ignore[attr-defined]
    assert refused(here, key, text) == "ended"


def test_who_goes_on_with_an_ended_key_is_no_guesser(here: Site, people: People) -> None:
    key, text = a_key(people, owner(people), days=0)
    here.clock.at = NOON + DAY  # type: ignore[attr-defined]

    assert {refused(here, key, text) for _ in range(50)} == {"ended"}


def test_a_revoked_key_ends_at_once(here: Site, people: People) -> None:
    key, text = a_key(people, owner(people))
    other, of_other = a_key(people, owner(people))
    assert read(here, "/views/goals", key, text).status_code == 200

    assert people.app_keys.revoke(key.key)
    assert refused(here, key, text) == "wrong"
    assert not people.app_keys.revoke(key.key)
    assert read(here, "/views/goals", other, of_other).status_code == 200


def test_a_key_ends_for_good_when_its_account_is_locked_or_reset(
    here: Site, people: People
) -> None:
    for end in ("lock", "link"):
        account = owner(people)
        key, text = a_key(people, account)
        getattr(people.accounts, end)(account.account)
        assert refused(here, key, text) == "wrong"
        if end == "lock":
            people.accounts.lock(account.account, locked=False)
        else:
            people.accounts.set_known_password(account, GOOD)
        assert refused(here, key, text) == "wrong"


def test_the_last_day_of_a_supervisor_is_that_of_their_keys(here: Site, people: People) -> None:
    account = owner(people, Role.SUPERVISOR, until=TODAY + timedelta(days=5))
    with pytest.raises(AccountError, match="key-until"):
        a_key(people, account, days=6)
    key, text = a_key(people, account, days=5)
    assert read(here, "/odata", key, text).status_code == 200
    people.accounts.change(_changed(account, until=TODAY))

    here.clock.at = NOON + DAY  # type: ignore[attr-defined]
    assert refused(here, key, text) == "account"


# ── what is no key ─────────────────────────────────────────────────────────────────

BROKEN = {
    "nothing": "Basic ",
    "no base64": "Basic ???",
    "cut base64": "Basic YWJj=YQ",
    "no text": "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
    "no colon": "Basic " + b64encode(b"xunji").decode(),
    "nobody": "Basic " + b64encode(b":").decode(),
    "a null": "Basic " + b64encode(b"a\x00b:c\x00").decode(),
    "long": "Basic " + "QQ" * LONGEST,
    "very long": "basic " + b64encode(b"u:" + b"x" * 40_000).decode(),
    "a form": "BASIC " + b64encode(b"u:xunji_0000000000000000_" + b"0" * 63 + b"g").decode(),
    "a line feed": "Basic " + b64encode(b"u:xunji_0000000000000000_" + b"0" * 64 + b"\n").decode(),
    "full width": "Basic " + b64encode(f"u:xunji_{'０' * 16}_{SECRET}".encode()).decode(),
    "unknown": "Basic " + b64encode(f"u:xunji_{'0' * 16}_{SECRET}".encode()).decode(),
    "sql": "Basic " + b64encode(b"' OR 1=1 --:' OR 1=1 --").decode(),
}  # fmt: skip


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("path", ["/odata/Objects", "/views/objects"])
@pytest.mark.usefixtures("people")
def test_what_is_no_key_opens_nothing(here: Site, path: str, said: str) -> None:
    answer = asked(here, path, {"authorization": said})

    assert (answer.status_code, code_of(answer)) == (401, "app-key")
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert "墓园" not in answer.text


@pytest.mark.parametrize("said", ["Bearer x", "Basic", "Negotiate YWJj", "", "Digest a=b"])
@pytest.mark.usefixtures("people")
def test_another_way_of_signing_in_is_none(here: Site, said: str) -> None:
    answer = asked(here, "/odata/Objects", {"authorization": said})

    assert (answer.status_code, code_of(answer)) == (401, "not-signed-in")
    assert answer.headers["www-authenticate"] == CHALLENGE


def test_two_headers_are_none_of_a_client_of_ours(here: Site, people: People) -> None:
    key, text = a_key(people, owner(people))
    said = basic(key.key, text)["authorization"]
    both = [("authorization", said), ("authorization", said)]

    assert here.stranger().get("/odata", headers=both).status_code == 401


def test_user_name_and_key_have_to_go_together(here: Site, people: People) -> None:
    mine, yours = owner(people), owner(people)
    key, text = a_key(people, mine)
    other, _ = a_key(people, yours)
    changed = text[:-1] + ("0" if text[-1] != "0" else "1")

    right = [(key.key, text), (mine.name, text), (f" {mine.name.upper()} ", text)]
    wrong = [
        (yours.name, text), (other.key, text), ("", text), (mine.account, text),
        (key.key, changed), (key.key, text.upper()), (key.key, text[:-1]), (key.key, text + "0"),
        (key.key, text.replace(key.key, other.key)), (key.key, text.removeprefix("xunji_")),
        (mine.name, GOOD), (key.key, ""),
    ]  # fmt: skip
    for user, password in right:
        assert asked(here, "/odata", basic(user, password)).status_code == 200, user
    for user, password in wrong:
        people._db.rows("DELETE FROM failures")
        people._db.rows("DELETE FROM familiar")
        assert asked(here, "/odata", basic(user, password)).status_code == 401, (user, password)


def test_guessing_is_slowed_down_where_it_comes_from_and_signing_in_is_not(
    here: Site, people: People
) -> None:
    account = owner(people)
    key, text = a_key(people, account)
    held, of_held = a_key(people, account)
    assert read(here, "/odata", held, of_held).status_code == 200
    wrong = [
        read(here, "/odata", key, text[:-64] + SECRET).status_code
        for _ in range(throttle.FREE["name"])
    ]
    waiting = read(here, "/odata", key, text)

    assert set(wrong) == {401}
    assert (waiting.status_code, code_of(waiting)) == (429, "too-many")
    assert int(waiting.headers["retry-after"]) == 60
    assert "www-authenticate" not in waiting.headers
    for n in range(throttle.FREE["address"]):
        asked(here, "/odata", basic("u", f"xunji_{n:016x}_{SECRET}"))
    assert code_of(asked(here, "/odata", basic("u", f"xunji_{'a' * 16}_{SECRET}"))) == "too-many"
    assert read(here, "/odata", held, of_held).status_code == 200  # it was used here before
    assert people.throttle.wait(account.name, "testclient") == 0
    here.clock.at = NOON + 61_000_000  # type: ignore[attr-defined]
    assert read(here, "/odata", held, of_held).status_code == 200


def test_a_key_travels_encrypted_or_not_at_all(here: Site, people: People) -> None:
    key, text = a_key(people, owner(people))

    async def ask(scheme: str, address: str) -> Response:
        through = httpx.ASGITransport(here.client.app, client=(address, 5))
        async with httpx.AsyncClient(transport=through, base_url=f"{scheme}://127.0.0.1") as client:
            return await client.get("/odata", headers=basic(key.key, text))

    plain, own, encrypted = (
        asyncio.run(ask(*one))
        for one in (("http", "192.0.2.7"), ("http", "127.0.0.1"), ("https", "192.0.2.7"))
    )
    assert (plain.status_code, code_of(plain)) == (421, "insecure")
    assert (own.status_code, encrypted.status_code) == (200, 200)


# ── programs are asked for a key, browsers are not ─────────────────────────────────


@pytest.mark.usefixtures("people")
def test_only_where_keys_are_read_and_only_programs_are_asked_for_one(here: Site) -> None:
    scripts: list[dict[str, str]] = [
        {"sec-fetch-site": "same-origin"}, {"sec-fetch-mode": "cors"}, {"hx-request": "true"},
    ]  # fmt: skip
    for route in table():
        method, _, path = route.partition(" ")
        filled = re.sub(r"\{\w+\}", "Objects", path)
        program = asked(here, filled, {}, method)
        own = path in ROUTES[Use.ODATA] | ROUTES[Use.LISTS]
        assert program.headers["www-authenticate"] == (CHALLENGE if own else "Session"), route
        for headers in scripts:
            answer = asked(here, filled, headers, method)
            assert answer.headers["www-authenticate"] == "Session", route


def test_who_is_signed_in_needs_no_key(here: Site) -> None:
    answer = here.sign_in().get("/odata/Objects", headers=basic("u", f"xunji_{'0' * 16}_{SECRET}"))

    assert answer.status_code == 200


# ── what is written down ───────────────────────────────────────────────────────────


def looks(here: Site) -> list[SensitiveDataViewed]:
    log = bytes.fromhex(here.folder.own_log("access").log)
    store = here.parts.intake.store
    facts = [
        vocabulary.decode(one.tag, one.record().entry.body)
        for one in store.read_log(log, 0, store.held(log).sequence)
    ]
    return [one for one in facts if isinstance(one, SensitiveDataViewed)]


def test_what_a_key_reads_goes_into_the_access_log_once_an_hour(here: Site, people: People) -> None:
    account = owner(people)
    key, text = a_key(people, account)
    before = len(looks(here))
    for path in ("Objects", "Objects", "Objects?$top=1", "Items", "$metadata"):
        assert read(here, f"/odata/{path}", key, text).status_code == 200
    here.clock.at = NOON + 3_601_000_000  # type: ignore[attr-defined]
    read(here, "/odata/Objects", key, text)
    said = looks(here)[before:]

    assert [one.purpose for one in said] == [
        f"app key {key.key} /odata/{path}" for path in ("{name}", "$metadata", "{name}")
    ]
    assert {one.viewer for one in said} == {f"account:{account.account}"}
    page = here.sign_in().get("/access-log").text
    assert account.name in page
    assert f"app key {key.key}" in page


def test_what_is_refused_is_no_reading(here: Site, people: People) -> None:
    key, text = a_key(people, owner(people), (Use.LISTS,))
    before = len(looks(here))
    assert read(here, "/odata/Objects", key, text).status_code == 403

    assert len(looks(here)) == before
    found = people.app_keys.by_id(key.key)
    assert found is not None
    assert found.used is None


# ── the page of the account ────────────────────────────────────────────────────────


def signed_in(here: Site, people: People, account: Account) -> tuple[Any, str]:
    client = here.stranger()
    client.cookies.set("xunji", people.sessions.begin(account.account))
    return client, csrf_of(client.cookies["xunji"])


def form(token: str, **other: object) -> dict[str, object]:
    until = (TODAY + timedelta(days=30)).isoformat()
    about = {"purpose": "月报", "until": until, "uses": ["odata", "lists"], "password": GOOD}
    return {"csrf": token, **about, **other}


def test_one_makes_a_key_sees_it_once_and_revokes_it(here: Site, people: People) -> None:
    account = owner(people)
    client, token = signed_in(here, people, account)
    page = client.post("/account/keys", data=form(token))
    found = re.search(r"xunji_[0-9a-f]{16}_[0-9a-f]{64}", page.text)
    assert (page.status_code, found is not None) == (201, True), page.text
    assert found is not None
    (key,) = people.app_keys.of_account(account.account)

    assert (key.purpose, key.uses, key.until) == ("月报", BOTH, TODAY + timedelta(days=30))
    assert page.headers["cache-control"] == "no-store"
    assert read(here, "/odata", key, found[0]).status_code == 200
    again = client.get("/account", headers={"accept-language": "zh"}).text
    assert found[0] not in again
    assert key.key in again
    assert "testclient" in again  # from where it was used
    gone = client.post(f"/account/keys/{key.key}/revoke", data={"csrf": token})
    assert gone.headers["location"] == "/account#keys"
    assert refused(here, key, found[0]) == "wrong"
    changes = [one.change for one in _changes(here, account)]
    assert changes == ["key-made", "key-revoked"]
    assert {one.key for one in _changes(here, account)} == {key.key}
    assert key.key in here.sign_in().get("/access-log").text


def _changes(here: Site, account: Account) -> list[AccountChanged]:
    tags = (vocabulary.tag_of(AccountChanged),)
    found = [
        vocabulary.decode(one.tag, one.record().entry.body)
        for one in here.parts.intake.store.read(0, 1_000, tags)
    ]
    return [
        one for one in found if isinstance(one, AccountChanged) and one.account == account.account
    ]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "wrong"}, "The present password is not right."),
        ({"purpose": " "}, "Say what the key is for"),
        ({"purpose": "x" * 101}, "Say what the key is for"),
        ({"purpose": "a\nb"}, "Say what the key is for"),
        ({"uses": []}, "Choose what the key is to read."),
        ({"uses": "people"}, "Choose what the key is to read."),
        ({"until": ""}, "A key ends within a year"),
        ({"until": "tomorrow"}, "A key ends within a year"),
        ({"until": (TODAY - timedelta(days=1)).isoformat()}, "A key ends within a year"),
        ({"until": (TODAY + timedelta(days=366)).isoformat()}, "A key ends within a year"),
    ],
)
def test_what_makes_no_key_is_said(
    here: Site, people: People, typed: dict[str, Any], said: str
) -> None:
    account = owner(people)
    client, token = signed_in(here, people, account)
    page = client.post(
        "/account/keys", data=form(token, **typed), headers={"accept-language": "en"}
    )

    assert page.status_code == 422
    assert said in page.text
    assert people.app_keys.of_account(account.account) == []


def test_an_account_has_so_many_keys_and_a_year_is_the_longest(people: People) -> None:
    account = owner(people)
    for _ in range(MOST):
        a_key(people, account, days=app_keys.LONGEST_DAYS - 1)

    with pytest.raises(AccountError, match="key-many"):
        a_key(people, account)


def test_nobody_makes_a_key_who_may_not_export(here: Site, people: People) -> None:
    for role in (one for one in Role if Right.EXPORT not in GRANTS[one]):
        client, token = signed_in(here, people, owner(people, role))
        assert client.post("/account/keys", data=form(token)).status_code == 403
        assert "/account/keys" not in client.get("/account").text


def test_a_key_is_revoked_by_its_owner_or_the_security_administrator(
    here: Site, people: People
) -> None:
    account = owner(people)
    key, text = a_key(people, account)
    for role in (one for one in Role if one != Role.SECURITY_ADMIN):
        client, token = signed_in(here, people, owner(people, role))
        own = client.post(f"/account/keys/{key.key}/revoke", data={"csrf": token})
        everybodys = client.post(f"/accounts/keys/{key.key}/revoke", data={"csrf": token})
        assert (own.status_code, everybodys.status_code) == (404, 403)
    auditor, _ = signed_in(here, people, owner(people, Role.AUDITOR))
    security, token = signed_in(here, people, owner(people, Role.SECURITY_ADMIN))

    seen = auditor.get("/accounts").text
    assert key.key in seen
    assert f"keys/{key.key}/revoke" not in seen
    assert f"keys/{key.key}/revoke" in security.get("/accounts").text
    assert read(here, "/views/goals", key, text).status_code == 200
    done = security.post(f"/accounts/keys/{key.key}/revoke", data={"csrf": token})
    assert done.headers["location"] == "/accounts#keys"
    assert refused(here, key, text) == "wrong"
    assert key.key not in security.get("/accounts").text
    missing = security.post(f"/accounts/keys/{key.key}/revoke", data={"csrf": token})
    assert missing.status_code == 404


# ── how it is kept ─────────────────────────────────────────────────────────────────


def test_the_file_holds_no_key(tmp_path: Path) -> None:
    with closing(People.open(tmp_path, SetClock(NOON), demo=False)) as people:
        key, text = a_key(people, owner(people))
        raw = b"".join(one.read_bytes() for one in tmp_path.glob(f"{FILE}*"))

        assert key.key.encode() in raw
        assert text[-64:].encode() not in raw
        assert bytes.fromhex(text[-64:]) not in raw
        assert people.app_keys.checked(text) == key
        assert len({a_key(people, owner(people))[1] for _ in range(20)}) == 20


def xunji(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from events.command import main; main()", "people", "keys",
         words[0], "--data", str(path), *words[1:]],
        env=os.environ | {"XUNJI_LANG": "en", "COLUMNS": "200"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


# ── a real server, and a real client ───────────────────────────────────────────────


def test_a_client_of_odata_reads_by_a_key_until_the_console_revokes_it(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with site(path, clock=SystemClock()) as running:
        running.tell(*(an_object(name=f"墓园 {n}") for n in range(5)), an_item())
        tablet = Tablet(running)
        tablet.enrol()
        tablet.inspect(new_id())
        tablet.push()
        running.folded()
        people = running.parts.people
        account = people.accounts.open("li.ming", "李明", Role.MANAGER)
        people.accounts.set_known_password(account, GOOD)
        key, text = people.app_keys.make(
            account, "Excel", (Use.ODATA,), people.app_keys.today + timedelta(days=9)
        )
    with serving(path) as server, requests.Session() as session:
        session.trust_env = False
        nobody = session.get(f"{server.address}/odata/")
        session.auth = (key.key, text)
        service = ODataService(
            f"{server.address}/odata/", session=session, reflect_entities=True, quiet_progress=True
        )
        objects = service.query(service.entities["Objects"])
        names = sorted(one.name for one in objects if one.name)

        assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, CHALLENGE)
        assert set(service.entities) == set(SETS)
        assert names == [f"墓园 {n}" for n in range(5)]
        _conforms(session, f"{server.address}/odata")
        listed = xunji(path, "list", "LI.MING")
        assert (listed.returncode, key.key in listed.stdout) == (0, True), listed.stderr
        assert text not in listed.stdout
        assert xunji(path, "list", "nobody").returncode == 1
        assert xunji(path, "revoke", "0" * 16).returncode == 1
        assert xunji(path, "revoke", key.key).returncode == 0
        assert session.get(f"{server.address}/odata/").status_code == 401
        assert key.key not in xunji(path, "list").stdout


def _conforms(session: requests.Session, root: str) -> None:
    """Hold the feed against what Excel asks: the forms of OData 4.0 with minimal metadata."""
    excel = {
        "accept": "application/json;odata.metadata=minimal;q=1.0,application/json;"
        "odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/xml;q=0.7",
        "odata-maxversion": "4.0",
        "odata-version": "4.0",
    }
    for at in (root, f"{root}/"):
        said = session.get(at, headers=excel)
        assert said.headers["odata-version"] == "4.0"
        assert said.headers["content-type"].startswith("application/json;odata.metadata=minimal")
        assert said.json()["@odata.context"] == f"{root}/$metadata"
        assert {one["url"] for one in said.json()["value"]} == set(SETS)
    described = session.get(f"{root}/$metadata", headers={"accept": "application/xml"})
    assert described.headers["content-type"].startswith("application/xml")
    assert 'Version="4.0"' in described.text
    paged = {**excel, "prefer": "odata.maxpagesize=2"}
    rows: list[str] = []
    link: str | None = f"{root}/Objects?$filter=domain eq 'funeral'&$select=object"
    while link:
        page = session.get(link, headers=paged)
        assert page.headers["odata-version"] == "4.0"
        rows += [one["object"] for one in page.json()["value"]]
        link = page.json().get("@odata.nextLink")
        assert link is None or link.startswith(root)
    assert len(set(rows)) == len(rows) == 5
    day = date(2000, 1, 1).isoformat()
    filtered = f"$filter=started_on ge {day}"
    counted = session.get(f"{root}/Inspections?{filtered}&$count=true&$top=0", headers=excel)
    alone = session.get(f"{root}/Inspections/$count?{filtered}")
    assert (counted.json()["@odata.count"], counted.json()["value"]) == (1, [])
    assert (alone.headers["content-type"].partition(";")[0], alone.text) == ("text/plain", "1")
    assert session.get(f"{root}/Objects/$count").status_code == 501


def test_the_address_of_the_server_is_what_links_lead_to(here: Site) -> None:
    assert here.sign_in().get("/odata").json()["@odata.context"].startswith(BASE)
