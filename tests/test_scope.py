"""What lies outside a reader's scope leaves no trace in any answer: no row, count, figure or link.

Each register is served twice: as it was drawn, and with everything outside the reader's scope
taken out of it. A record that is taken out leaves one behind that says nothing, so that positions
agree, and a reader with the scope must get the same bytes from both.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient
from msgspec import Struct, structs

from backend.app import create_app
from backend.exports.odata_sets import SETS
from backend.measuring import Measuring
from backend.overview import Overview
from backend.people.reader import Reader
from backend.people.rights import Role
from backend.readings import Reading
from backend.replayable import REPLAYABLE
from backend.settings import Settings
from events import vocabulary
from events.facts import Visit
from events.register import AreaListed, ObjectListed, ObjectMerged
from events.store import Stored
from projections.catalogue import VIEWS
from projections.fold import Fold
from projections.measures import MEASURES
from projections.views import MemoryViews
from tests.drawn_registers import registers
from tests.histories import History, Shelf, a_completion, a_visit, an_id, local, stored_record
from tests.server import BASE, Site, an_item, session_of, site
from tests.test_roles import SCOPE as _OF_ROLE
from tests.test_roles import table

DOMAINS = ("funeral", "charity", "social_organization")
TOWNSHIPS = ("440804001", "440804002")
HTML = {"accept": "text/html"}
DAY = date(2026, 1, 1)
UNTIL: dict[Role, Any] = {Role.SUPERVISOR: {"until": date(2099, 1, 1)}}
scopes = st.fixed_dictionaries(
    {
        "domains": st.lists(st.sampled_from(DOMAINS[:2]), unique=True, max_size=2).map(tuple),
        "townships": st.lists(st.sampled_from(TOWNSHIPS), unique=True, max_size=2).map(tuple),
    }
).filter(lambda scope: len(scope["domains"]) == 1 or len(scope["townships"]) == 1)


class Question(Struct, frozen=True):
    """A path, and all that its answers are asked for."""

    path: str
    asks: tuple[str, ...] = ("",)


def questions() -> list[Question]:
    """Return whatever a reader limited in both ways may ask, of the table of routes."""
    found: list[Question] = []
    for route, marks in table().items():
        method, _, path = route.partition(" ")
        if method != "GET" or "◐" not in (marks[Role.MANAGER], marks[Role.SUPERVISOR]):
            continue
        if path.startswith(("/live", "/import", "/exports/report")) or "{named}" in path:
            continue  # endless; templates; slow, and made of these; named by a hash
        names = _NAMED.get(path, ("",)) if "{" in path else ("",)
        found += [
            Question(re.sub(r"\{\w+\}", name, path), _ASKS.get(path, ("", "format=csv")))
            for name in names
        ]
    return found


_NAMED: dict[str, Sequence[str]] = {
    "/views/measures/{name}": tuple(MEASURES),
    "/views/measures/{name}/comparison": ("object_coverage", "domain_breadth"),
    "/views/measures/{name}/series": ("object_coverage", "supervision_faces"),
    "/replay/{view}": tuple(REPLAYABLE),
    "/grids/{grid}": ("h3-9", "village", "township"),
    "/odata/{name}": tuple(SETS),
    "/objects/{key}": tuple(an_id(f"thing {number}") for number in range(6)),
    "/objects/{key}/card": (an_id("thing 0"),),
    "/inspections/{key}": tuple(an_id(f"visit {number}") for number in range(8)),
    "/inspections/{key}/pictures": tuple(an_id(f"visit {number}") for number in range(8)),
    "/items/{code}": ("I-funeral", "I-charity"),
}
_ASKS: dict[str, tuple[str, ...]] = {
    "/views/measures/{name}": ("rows=true", "rows=true&format=csv"),
    "/views/measures/{name}/comparison": ("",),
    "/views/measures/{name}/series": ("",),
    "/replay/{view}": ("",),
    "/grids/{grid}": ("", "format=geojson"),
    "/map/objects": ("",),
    "/map/segments": ("",),
    "/odata": ("",),
    "/odata/$metadata": ("",),
    "/odata/{name}": ("$count=true", "$top=1"),
    "/objects": ("", "q=thing", "due=overdue", "cell=440804002", "cell=440804002201"),
    "/views/objects": ("limit=1", "format=csv", "format=geojson", "q=t", "cell=440804002"),
    "/views/inspections": ("limit=1", "format=csv", "format=geojson"),
    "/views/cells": (
        "grid=h3-9&measure=state",
        "grid=village&measure=state",
        "grid=township&measure=object_coverage",
    ),
    "/map": ("grid=township", "grid=h3-9"),
    "/map/cell": ("grid=township&cell=440804002", "grid=village&cell=440804002201"),
    "/map/names": ("grid=township", "grid=h3-9"),
    "/items": ("", "unused=true"),
    "/objects/{key}": ("",),
    "/objects/{key}/card": ("",),
    "/inspections/{key}": ("",),
    "/inspections/{key}/pictures": ("",),
    "/items/{code}": ("",),
}


# ── two registers, of which one lacks what lies outside ────────────────────────────


def _places(record: Stored) -> tuple[set[str], set[tuple[str, str]], set[str]]:
    """Return which objects a record speaks of, where they lie by it, and its own visit."""
    fact = vocabulary.decode(record.tag, record.record().entry.body)
    match fact:
        case ObjectListed():
            return {fact.object}, {(fact.domain, fact.township)}, set()
        case ObjectMerged():
            return {fact.object, fact.into}, set(), set()
        case _:
            visit: object = getattr(fact, "visit", None)
            if isinstance(visit, Visit):
                return {visit.object}, {(visit.domain, visit.township)}, set()
            named = getattr(fact, "object", None)
            return {named} if named else set(), set(), set()


def _within(reader: Reader, records: Iterable[Stored]) -> set[str]:
    """Return the objects that were ever in scope, and those that are one with them."""
    joined: defaultdict[str, set[str]] = defaultdict(set)
    inside: set[str] = set()
    for record in records:
        objects, places, _ = _places(record)
        for one in objects:
            joined[one] |= objects
        if any(reader.sees(domain=domain, township=township) for domain, township in places):
            inside |= objects
    while more := {other for one in inside for other in joined[one]} - inside:
        inside |= more
    return inside


def _left_out(reader: Reader, records: Sequence[Stored]) -> list[Stored]:
    """Return the history with nothing where it spoke of what lies outside."""
    inside = _within(reader, records)
    return [
        one if not (objects := _places(one)[0]) or objects & inside else _nothing(one)
        for one in records
    ]


def _nothing(record: Stored) -> Stored:
    """Return a record in the place of another, of a kind that no view knows."""
    fact = vocabulary.decode(record.tag, record.record().entry.body)
    header = record.record().entry.header
    return stored_record(
        fact, record.position, record.log, record.sequence, header.happened_at,  # type: ignore[arg-type]
        record.record().received_at, tag="nothing-said.v1",
    )  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("scope") / "data") as running:
        yield running


def served(here: Site, records: Sequence[Stored]) -> TestClient[Any]:
    """Return a server over a history that lies in memory."""
    views, shelf = MemoryViews(VIEWS), Shelf(records)
    Fold(shelf, views).catch_up()
    reading = Reading(views, shelf, here.clock, here.folder.bureau, lambda: 0)
    overview = Overview(
        name="-", bureau=here.folder.bureau, demo=False, reading=reading,
        measuring=Measuring(reading), enrolments=here.parts.office.enrolments,
        checkpoint=lambda: None, rebuilding=lambda: None,
    )  # fmt: skip
    parts = structs.replace(here.parts, reading=reading, overview=overview)
    return TestClient(create_app(Settings(data=here.folder.path), parts), base_url=BASE)


@settings(max_examples=6, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    registers(),
    scopes,
    st.sampled_from([Role.MANAGER, Role.SUPERVISOR, Role.SECTION_CHIEF, Role.TOWNSHIP]),
)
def test_what_lies_outside_the_scope_changes_no_answer(
    here: Site, history: History, scope: dict[str, tuple[str, ...]], role: Role
) -> None:
    for domain in DOMAINS:
        history.record(an_item(item=f"I-{domain}", domain=domain))
    for township in TOWNSHIPS:  # areas are the bureau's own list: grids of them are everybody's
        for area in (township, f"{township}201", f"{township}202"):
            level = "township" if area == township else "village"
            history.record(
                AreaListed(area=area, level=level, name_zh=area, name_en=area, valid_from=DAY)
            )
    for number, (domain, township) in enumerate((d, t) for d in DOMAINS for t in TOWNSHIPS):
        visit = a_visit(
            f"visit {10 + number}", f"thing {number}", "2026-03-02",
            domain=domain, township=township, items=(f"I-{domain}",),
        )  # fmt: skip
        history.record(a_completion(visit), local("2026-03-02"), "tablet 1")
    whole = _of_role(role, scope)
    session = session_of(here.parts.people, role, **whole, **UNTIL.get(role, {}))
    found = here.parts.people.sessions.peek(session["xunji"])
    assert found is not None
    reader = here.parts.people.reader(found)
    assert reader is not None
    among, alone = (
        served(here, records) for records in (history.records, _left_out(reader, history.records))
    )
    for client in (among, alone):
        client.cookies.update(session)
    answered = 0
    for question in questions():
        for asks in question.asks:
            ask = partial(_asked, f"{question.path}?{asks}")
            one, other = ask(among), ask(alone)
            assert one == other, (question, asks, role, scope)
            answered += one[0] == 200
    assert answered > 20


def _of_role(role: Role, scope: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return a scope as a role must have one."""
    needed = _OF_ROLE.get(role, {})
    return {**scope, **{name: scope[name] or needed[name] for name in needed}}


def _asked(path: str, client: TestClient[Any]) -> tuple[int, str, dict[str, str]]:
    page = "/views" not in path and "/replay" not in path and "/odata" not in path
    answer = client.get(path, headers=HTML if page else {}, follow_redirects=False)
    told = {name: answer.headers.get(name, "") for name in ("etag", "xunji-rows", "xunji-as-of")}
    return answer.status_code, answer.text, told
