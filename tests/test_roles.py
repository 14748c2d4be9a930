"""Who may do what: the table of the docs, held against the server, whole; and every scope."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.people.demonstration import ACCOUNTS
from backend.people.guard import CSRF_HEADER, narrowed_by
from backend.people.rights import GRANTS, OPEN, Right, Role, right_of
from backend.people.role_table import routes_of, written
from backend.people.sessions import csrf_of
from tests.server import Site, Tablet, an_item, an_object, site

PAGE = Path(__file__).parents[1] / "docs" / "roles.md"
ROLES = tuple(one.role for one in (sorted(ACCOUNTS, key=lambda one: list(Role).index(one.role))))
DOMAINS = ("funeral", "elderly_care", "social_organization")
TOWNSHIPS = ("440804001", "440804002", "440804003")
SCOPE: dict[Role, dict[str, Any]] = {
    Role.SECTION_CHIEF: {"domains": DOMAINS[:1]},
    Role.TOWNSHIP: {"townships": TOWNSHIPS[:1]},
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bureau with two objects in each domain and township; one of them was inspected."""
    with site(tmp_path_factory.mktemp("roles") / "data") as running:
        objects = [
            an_object(domain=domain, township=township, name=f"秘{domain}{township}{n}")
            for domain in DOMAINS
            for township in TOWNSHIPS
            for n in range(2)
        ]
        running.tell(*objects, *(an_item(item=f"I-{one}", domain=one) for one in DOMAINS))
        tablet = Tablet(running)
        tablet.enrol()
        for one in objects[::2]:
            tablet.inspect(
                one.object,
                domain=one.domain,
                township=one.township,
                object_type=one.object_type,
                items=(f"I-{one.domain}",),
            )
        assert tablet.push().status_code == 200
        running.folded()
        yield running


def table() -> dict[str, dict[Role, str]]:
    """Return the table of routes as the page has it."""
    lines = PAGE.read_text().partition("## Routes")[2].partition("\n## ")[0].splitlines()
    rows = [line[1:].split("|") for line in lines if line.startswith("| `")]
    return {
        row[0].strip(" `"): {
            role: mark.strip() for role, mark in zip(ROLES, row[1:-1], strict=True)
        }
        for row in rows
    }


def code_of(answer: Response) -> str:
    """Return the code of a refusal, as a problem or as OData has it; "" of what is none."""
    if answer.status_code < 400 or "json" not in answer.headers["content-type"]:
        return ""
    said = answer.json()
    return (said.get("error") or said)["code"]


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", "coverage", path)


def test_the_page_is_what_the_code_says(here: Site) -> None:
    assert PAGE.read_text() == written(here.client.app), "xunji people roles > docs/roles.md"


def test_every_route_is_open_by_name_or_says_its_right(here: Site) -> None:
    neither = [
        path
        for path, _method, handler in routes_of(here.client.app)
        if path not in OPEN and right_of(path, handler.opt) is None
    ]

    assert neither == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_to_what_the_table_gives_it_and_to_nothing_else(
    here: Site, role: Role
) -> None:
    found: dict[str, bool] = {}
    for route in table():
        method, _, path = route.partition(" ")
        if path.startswith("/sign-in/") or path in ("/live", "/sign-out"):
            continue  # of another stage of signing in; endless; ends the session
        client = here.sign_in(role, **SCOPE.get(role, {}))
        token = client.cookies["xunji"]
        answer = client.request(
            method, filled(path), headers={CSRF_HEADER: csrf_of(token)}, follow_redirects=False
        )
        code = code_of(answer)
        assert code not in ("not-signed-in", "cross-site", "internal"), (route, answer.text)
        found[route] = code not in ("no-right", "scope")

    expected = {route: bool(marks[role]) for route, marks in table().items() if route in found}
    assert found == expected


def test_nobody_gets_to_anything_that_is_not_open(here: Site) -> None:
    stranger = here.stranger()
    for route in table():
        method, _, path = route.partition(" ")
        program = stranger.request(method, filled(path), follow_redirects=False)
        browser = stranger.request(
            method, filled(path), headers={"accept": "text/html"}, follow_redirects=False
        )

        assert program.status_code == 401, route
        assert program.headers["content-type"] == "application/problem+json"
        assert program.json()["code"] == "not-signed-in"
        assert browser.status_code == 303, route
        assert browser.headers["location"].startswith("/sign-in")


# ── scope ──────────────────────────────────────────────────────────────────────────


READERS = tuple(role for role in ROLES if Right.READ_VIEWS in GRANTS[role])
PATHS = {"{name}": "object_coverage", "{view}": "object_coverage", "{grid}": "township"}
NEEDED = {"/map/cell": "grid=township&cell=440804003", "/replay/{view}/changes": "at=1"}
FILES = ("csv", "xlsx", "jsonl")
KINDS = tuple(f"format={kind}" for kind in (*FILES, "geojson"))
ASKS = ("", "rows=true", "limit=1000", "limit=1001", "never=true", *KINDS)


def read_routes() -> list[str]:
    """Return what shows data of the district, but for single things, endless and slow answers."""
    return sorted(
        path
        for route, marks in table().items()
        if (path := route.removeprefix("GET ")) != route and {*marks.values()} & {"◐", "○"}
        if not re.search(r"\{(key|code|named)\}|^/odata/\{|^/import|report|/live$", path)
    )


def expected(
    here: Site, path: str, role: Role, scope: dict[str, Any], asks: str
) -> tuple[int, str]:
    """Return the status and the code of the one answer that is right."""
    found = next(
        one for at, method, one in routes_of(here.client.app) if (at, method) == (path, "GET")
    )
    right, known = right_of(path, found.opt), narrowed_by(found)
    assert right is not None
    described = here.client.get("/api/openapi.json").json()["paths"].get(path, {})
    takes = {one["name"]: one["schema"] for one in described.get("get", {}).get("parameters", ())}
    formats = re.findall(r"\w+", str(takes.get("format", {})).partition("pattern")[2])
    name, _, value = asks.partition("=")
    if right not in GRANTS[role]:
        return 403, "no-right"
    if not found.opt.get("narrows") and (
        (scope["domains"] and "domain" not in known)
        or (scope["townships"] and "township" not in known)
    ):
        return 403, "scope"
    if asks == "limit=1001" and "limit" in takes:
        return 400, "bad-request"
    if name == "format" and formats and value not in formats:
        return 400, "bad-request"
    if name == "format" and value in formats:  # all of them are files
        return (200, "") if Right.EXPORT in GRANTS[role] else (403, "no-right")
    return 200, ""


scopes = st.fixed_dictionaries(
    {
        "domains": st.lists(st.sampled_from(DOMAINS), unique=True).map(tuple),
        "townships": st.lists(st.sampled_from(TOWNSHIPS), unique=True).map(tuple),
    }
)


@pytest.mark.parametrize("path", read_routes())
@settings(max_examples=6)
@given(scope=scopes, role=st.sampled_from(READERS))
def test_no_row_and_no_name_outside_the_scope_is_shown(
    here: Site, path: str, scope: dict[str, tuple[str, ...]], role: Role
) -> None:
    scope = scope | {name: scope[name] or own for name, own in SCOPE.get(role, {}).items()}
    rows = here.client.get("/views/objects?limit=1000").json()["rows"]
    foreign = [row for row in rows if not _within(row, scope)]
    client = here.sign_in(role, **scope)
    filled_in = re.sub(r"\{\w+\}", lambda said: PATHS[said[0]], path)
    for asks in ASKS:
        answer = client.get(f"{filled_in}?{'&'.join((NEEDED.get(path, ''), asks)).strip('&')}")

        wanted = expected(here, path, role, scope, asks)
        assert (answer.status_code, code_of(answer)) == wanted, answer.text
        kind = answer.headers["content-type"].partition(";")[0]
        shown = _opened(answer) if "spreadsheet" in kind else answer.text
        assert not [row for row in foreign if row["object"] in shown or row["name"] in shown]
        if kind == "application/json":
            assert all(_within(row, scope) for row in _objects(answer.json()))
        assert "public" not in answer.headers["cache-control"]


def _objects(said: object) -> Iterator[dict[str, Any]]:
    """Give every JSON object of an answer that names a domain or a township, however deep."""
    if isinstance(said, dict):
        if isinstance(said.get("domain"), str) or isinstance(said.get("township"), str):
            yield said
        for one in said.values():
            yield from _objects(one)
    elif isinstance(said, list):
        for one in said:
            yield from _objects(one)


def _opened(answer: Response) -> str:
    """Return all that stands in a workbook."""
    with ZipFile(BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def _within(row: dict[str, Any], scope: dict[str, tuple[str, ...]]) -> bool:
    return all(
        not own or row.get(name) is None or {*row[name].split(",")} <= {*own}
        for name, own in (("domain", scope["domains"]), ("township", scope["townships"]))
    )


@pytest.mark.parametrize(
    "query",
    [
        "domain=elderly_care",
        "domain=funeral&domain=elderly_care",
        "dom%61in=elderly_care",
        "domain=elderly_care&township=440804001",
    ],
)
def test_who_asks_beyond_their_scope_is_told_so(here: Site, query: str) -> None:
    client = here.sign_in(Role.SECTION_CHIEF, domains=("funeral",))
    answer = client.get(f"/views/objects?{query}", headers={"accept-language": "en"})

    assert answer.status_code in (400, 403)
    if answer.status_code == 403:
        assert answer.json()["domains"] == ["funeral"]
        assert "Ask within your own scope" in answer.json()["next"]
    assert "秘" not in answer.text


def test_who_asks_for_nothing_gets_their_own_and_the_answer_says_so(here: Site) -> None:
    client = here.sign_in(Role.TOWNSHIP, townships=("440804002",))
    said = client.get("/views/objects").json()

    assert {row["township"] for row in said["rows"]} == {"440804002"}
    assert said["as_of"]["query"]["township"] == "440804002"


def test_a_cursor_of_somebody_else_leads_no_further(here: Site) -> None:
    foreign = here.client.get("/views/objects?limit=1").json()["next"]
    client = here.sign_in(Role.TOWNSHIP, townships=("440804002",))
    said = client.get(foreign).json()

    assert {row["township"] for row in said["rows"]} <= {"440804002"}


def test_who_administers_the_system_sees_no_case(here: Site) -> None:
    client = here.sign_in(Role.SYSTEM_ADMIN)
    answers = [
        client.get(filled(route.partition(" ")[2]))
        for route in table()
        if route.startswith("GET /") and "/live" not in route
    ]

    assert all("秘" not in one.text for one in answers)


def test_rights_are_words_of_one_list(here: Site) -> None:
    said = {handler.opt.get("right") for _path, _method, handler in routes_of(here.client.app)}

    assert {one for one in said if one is not None} <= {*Right}


def test_the_description_of_the_interface_needs_a_session(here: Site) -> None:
    assert here.stranger().get("/api/openapi.json").status_code == 401
    assert json.loads(here.client.get("/api/openapi.json").text)["openapi"]


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_done_without_the_token_of_the_session(here: Site, role: Role) -> None:
    client = here.sign_in(role, **SCOPE.get(role, {}))
    posts = [route.removeprefix("POST ") for route in table() if route.startswith("POST ")]
    for path in (filled(one) for one in posts if not one.startswith("/sign-in/")):
        answers = [
            client.post(path),
            client.post(path, headers={"hx-request": "true"}),
            client.post(path, files={"file": ("a.xlsx", b"x")}, data={"csrf": "0" * 64}),
        ]
        assert {code_of(one) for one in answers} <= {"cross-site", "no-right"}, path
