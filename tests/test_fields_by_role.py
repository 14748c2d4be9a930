"""What is sealed is shown to nobody unasked; and no role is told a member that its rights hide.

Every route that answers a GET is asked as every role. Members of answers are compared with those
that the auditor, who reads everything, is shown.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from httpx import Client
from msgspec import structs

from backend.cards import Card
from backend.people.guard import CSRF_HEADER
from backend.people.rights import GRANTS, OPEN, Right, Role, right_of
from backend.people.role_table import routes_of
from backend.people.sessions import csrf_of
from events.facts import SealedPart
from events.register import CertificateIssued, OfficerListed, OfficerPosted
from projections.measures import MEASURES
from tests.server import (
    Site,
    Tablet,
    a_visit,
    an_item,
    an_object,
    inspected,
    new_id,
    site,
)

SECRETS = ("王秘密", "秘密路九号", "440881199001011234")
CARD = json.dumps(
    {"name": SECRETS[0], "address": SECRETS[1], "id_number": SECRETS[2]}, ensure_ascii=False
)
OFFICERS = ("欧阳一", "司徒二")
CREW = (new_id(), new_id())
AID = {"domain": "social_assistance", "object_type": "low_income_household"}
SCOPE: dict[Role, dict[str, Any]] = {
    Role.SECTION_CHIEF: {"domains": ("social_assistance",)},
    Role.TOWNSHIP: {"townships": ("440804001",)},
}
ENDLESS = ("/live",)
HTML = {"accept": "text/html"}


class Bureau:
    """A running site, the home in it, and an inspection of that."""

    def __init__(self, running: Site, home: str, inspection: str) -> None:
        self.site = running
        self.home = home
        self.inspection = inspection

    def addresses(self) -> Iterator[tuple[str, Right | None, str]]:
        """Give every route that is read: as it is written, its right, and an address of it."""
        named = {
            "/objects/{key}": self.home,
            "/objects/{key}/card": self.home,
            "/inspections/{key}": self.inspection,
            "/inspections/{key}/pictures": self.inspection,
            "/items/{code}": "I-A",
            "/grids/{grid}": "township",
            "/replay/{view}": "objects",
        }
        for path, method, handler in routes_of(self.site.client.app):
            if method != "GET" or path in ENDLESS:
                continue
            right = right_of(path, handler.opt)
            for name in MEASURES if path.startswith("/views/measures/{name}") else (None,):
                said = name or named.get(path, "Objects")
                yield path, right, re.sub(r"\{\w+\}", said, path)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """A home whose card is sealed, inspected by two officers who have names and certificates."""
    with site(tmp_path_factory.mktemp("fields") / "data") as running:
        person, since = new_id(), date(2026, 1, 1)
        home = an_object(**AID, name=None, person=person, sealed=(SealedPart("card", person),))
        running.tell(home, texts=(CARD.encode(),))
        running.tell(an_object(name="南调公墓"), an_item(item="I-A", domain=AID["domain"]))
        for key, name in zip(CREW, OFFICERS, strict=True):
            running.tell(
                OfficerListed(officer=key, name=name, role="officer", valid_from=since),
                OfficerPosted(officer=key, valid_from=since),
                CertificateIssued(
                    certificate=new_id(), officer=key, number=f"GD-{name}", valid_from=since,
                    valid_to=date(2027, 1, 1),
                ),
            )  # fmt: skip
        tablet = Tablet(running)
        tablet.enrol()
        visit = a_visit(home.object, **AID, items=("I-A",))
        for fact in inspected(visit, running.clock.now(), CREW):
            tablet.writer.record(fact)
        assert tablet.push().status_code == 200
        running.folded()
        yield Bureau(running, home.object, visit.inspection)


def as_role(bureau: Bureau, role: Role) -> Client:
    return bureau.site.sign_in(role, **SCOPE.get(role, {}))


@pytest.mark.parametrize("role", Role)
def test_what_is_sealed_is_in_no_answer(bureau: Bureau, role: Role) -> None:
    client = as_role(bureau, role)
    shown: list[str] = []
    answered = 0
    for _path, _right, address in bureau.addresses():
        for headers in ({}, HTML):
            answer = client.get(address, headers=headers, follow_redirects=False)
            answered += answer.status_code == 200
            shown += [address for one in SECRETS if one.encode() in answer.content]

    assert shown == []
    assert answered > 10


@pytest.mark.parametrize("role", Role)
def test_who_may_open_a_card_is_shown_name_and_address_once_and_nothing_else(
    bureau: Bureau, role: Role
) -> None:
    client = as_role(bureau, role)
    token = {CSRF_HEADER: csrf_of(client.cookies["xunji"])}
    answer = client.post(
        f"/objects/{bureau.home}/card", data={"purpose": "recheck"}, headers=token | HTML
    )
    told = [one for one in SECRETS if one in answer.text]

    may = Right.READ_PEOPLE_SEALED in GRANTS[role]
    assert structs.fields(Card)[0].name == "name"
    assert told == (list(SECRETS[: len(structs.fields(Card))]) if may else [])
    assert answer.status_code == (200 if may else 403)


@pytest.mark.parametrize("role", [one for one in Role if Right.READ_VIEWS not in GRANTS[one]])
def test_who_administers_is_told_of_no_officer_object_or_inspection(
    bureau: Bureau, role: Role
) -> None:
    client = as_role(bureau, role)
    words = (*OFFICERS, *CREW, "南调公墓", bureau.home, bureau.inspection)
    shown = [
        (address, word)
        for path, _right, address in bureau.addresses()
        if path not in OPEN
        for word in words
        if word in client.get(address, headers=HTML).text.replace(address, "")
    ]

    assert shown == []


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.AUDITOR])
def test_no_answer_has_a_member_that_the_auditors_has_not(bureau: Bureau, role: Role) -> None:
    client, auditor = as_role(bureau, role), as_role(bureau, Role.AUDITOR)
    wrong: dict[str, set[str]] = {}
    compared = 0
    for path, right, address in bureau.addresses():
        if right is None or "openapi" in path:
            continue
        own = client.get(address)
        if own.status_code != 200 or "json" not in own.headers["content-type"]:
            continue
        assert right in GRANTS[role], address
        compared += 1
        whole = auditor.get(address)
        if more := members(own.json()) - members(whole.json()):
            wrong[address] = more

    assert wrong == {}
    assert compared > 20 or Right.READ_VIEWS not in GRANTS[role]


def members(said: object, at: str = "") -> set[str]:
    """Return the members of a document by their way from its root; lists are one step."""
    if isinstance(said, dict):
        own = {f"{at}.{name}" for name in said if name not in ("domain", "township")}
        return own.union(*(members(one, f"{at}.{name}") for name, one in said.items()))
    if isinstance(said, list):
        return set[str]().union(*(members(one, f"{at}[]") for one in said))
    return set()
