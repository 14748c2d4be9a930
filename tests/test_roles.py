"""Who may do what: the table of the docs, held against the server, whole; and every scope."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.people.demonstration import ACCOUNTS
from backend.people.guard import CSRF_HEADER
from backend.people.rights import OPEN, Right, Role, right_of
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
    lines = PAGE.read_text().partition("## Routes")[2].splitlines()
    rows = [line[1:].split("|") for line in lines if line.startswith("| `")]
    return {
        row[0].strip(" `"): {
            role: mark.strip() for role, mark in zip(ROLES, row[1:-1], strict=True)
        }
        for row in rows
    }


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
        code = answer.json().get("code") if "problem" in answer.headers["content-type"] else ""
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


def narrowed_routes() -> list[str]:
    """Return what a reader limited in both ways may read."""
    return sorted(
        route.removeprefix("GET ")
        for route, marks in table().items()
        if route.startswith("GET ") and marks[Role.INSPECTOR] == "◐"
        if "{" not in route.replace("{name}", "") and not route.endswith("/live")
    )


scopes = st.fixed_dictionaries(
    {
        "domains": st.sampled_from([(), *((one,) for one in DOMAINS)]),
        "townships": st.sampled_from([(), *((one,) for one in TOWNSHIPS)]),
    }
)


@settings(max_examples=40)
@given(
    scope=scopes,
    route=st.sampled_from(narrowed_routes()),
    asks=st.sampled_from(
        ["", "rows=true", "limit=1000", "format=csv", "format=geojson", "never=true"]
    ),
)
def test_no_row_and_no_name_outside_the_scope_is_shown(
    here: Site, scope: dict[str, tuple[str, ...]], route: str, asks: str
) -> None:
    path = route.replace("{name}", "object_coverage")
    hidden = [
        row
        for row in here.client.get("/views/objects?limit=1000").json()["rows"]
        if not _within(row, scope)
    ]

    client = here.sign_in(Role.INSPECTOR, **scope)
    answer = client.get(f"{path}?{asks}")

    assert answer.status_code < 500, answer.text  # refused is fine
    for row in hidden:
        assert row["object"] not in answer.text
        assert row["name"] not in answer.text
    if answer.headers["content-type"].startswith("application/json"):
        said = answer.json()
        for row in (said.get("rows") if isinstance(said, dict) else None) or ():
            assert _within(row, scope)


def _within(row: dict[str, Any], scope: dict[str, tuple[str, ...]]) -> bool:
    return all(
        not own or row.get(name) in (*own, None)
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
