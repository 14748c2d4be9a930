"""检查审批 as a page: who waits and why, approved or taken back, all that was ticked or nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response
from msgspec import Raw, json

from backend.people.rights import GRANTS, Right, Role
from events import vocabulary
from events.ids import id_text
from events.inspections import InspectionStarted
from events.office import AssignmentApproved, AssignmentWithdrawn, InspectionAssigned
from events.register import ChecklistPublished, OfficerListed
from tests.histories import an_id
from tests.server import Site, Tablet, a_visit, an_object, site

TOWN, OTHER = "440804001", "440804002"
HEAD = an_id("head")
KIND = "funeral_order"


def a_form(kind: str, *, asks: bool) -> ChecklistPublished:
    content = json.encode(
        {"kind": kind, "requires_approval": asks, "nature": "administrative", "items": [],
         "zh": "殡葬秩序检查", "en": "Funeral order"}
    )  # fmt: skip
    digest = sha256(content).hexdigest()
    return ChecklistPublished(kind, kind, 1, date(2026, 1, 1), digest, Raw(content))


def assigned(name: str, object_: str = "", **changed: Any) -> InspectionAssigned:  # noqa: ANN401  as facts have it
    about: dict[str, Any] = {
        "assignment": an_id(name), "object": object_ or an_id(f"object {name}"),
        "object_type": "cemetery", "kind": KIND, "domain": "funeral", "township": TOWN,
        "device": an_id("tablet"), "officers": (an_id("Chen"),), "due_on": date(2026, 12, 1),
    }  # fmt: skip
    return InspectionAssigned(**(about | changed))


@contextmanager
def bureau(path: Path) -> Iterator[Site]:
    with site(path / "data") as here:
        listed = OfficerListed(HEAD, "吴局", "manager", date(2026, 1, 1))
        here.tell(listed, a_form(KIND, asks=True), a_form("street_patrol", asks=False))
        here.tell(
            an_object(object=an_id("object A"), name="甲公墓"), assigned("A"),
            assigned("B", due_on=date(2026, 1, 5)), assigned("P", kind="street_patrol"),
            assigned("O", township=OTHER),
        )  # fmt: skip
        here.folded()
        yield here


def shown(client: Client, query: str = "") -> Response:
    return client.get(f"/approvals{query}", headers={"accept-language": "en"})


def waiting(page: Response) -> list[str]:
    return re.findall(r'name="assignment" value="([^"]+)"', page.text)


def decide(client: Client, *names: str, **changed: str) -> Response:
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get("/approvals").text)[0]
    said = {"csrf": csrf, "act": "approve", "approver": HEAD} | changed
    data: dict[str, Any] = said | {"assignment": [an_id(one) for one in names]}
    return client.post("/approvals", data=data, headers={"accept-language": "en"})


def facts(here: Site, kind: type) -> list[tuple[Any, str]]:
    found = here.parts.intake.store.read(0, 1_000, (vocabulary.tag_of(kind),))
    entries = [one.record().entry for one in found]
    return [
        (vocabulary.decode(one.header.tag, one.body), id_text(one.header.actor)) for one in entries
    ]


def test_what_waits_is_shown_the_soonest_first_with_why(tmp_path: Path) -> None:
    with bureau(tmp_path) as here:
        page = shown(here.sign_in(Role.MANAGER))
        one = shown(here.sign_in(Role.MANAGER), f"?township={OTHER}")

    assert waiting(page) == [an_id("B"), *sorted((an_id("A"), an_id("O")))]
    assert waiting(one) == [an_id("O")]
    assert "甲公墓" in page.text
    assert "Funeral order" in page.text
    assert 'class="late">2026-01-05' in page.text
    assert "吴局" in page.text


def test_several_are_approved_at_once_by_whom_is_named_and_recorded_by_whom(tmp_path: Path) -> None:
    with bureau(tmp_path) as here:
        client = here.sign_in(Role.MANAGER)
        (account,) = [one for one in here.parts.people.accounts.all() if one.role is Role.MANAGER]
        done = decide(client, "A", "B", document="坡民审〔2026〕3号")
        here.folded()
        left = shown(client)
        again = decide(client, "A")
        made = facts(here, AssignmentApproved)

    assert "2 assignments were approved." in done.text
    assert waiting(done) == waiting(left) == [an_id("O")]
    assert {one.assignment for one, _ in made} == {an_id("A"), an_id("B")}
    assert {(one.approver, one.document, actor) for one, actor in made} == {
        (HEAD, "坡民审〔2026〕3号", account.account)
    }
    assert again.status_code == 200


def test_what_is_refused_is_taken_back_with_a_reason(tmp_path: Path) -> None:
    with bureau(tmp_path) as here:
        client = here.sign_in(Role.MANAGER)
        done = decide(client, "A", act="withdraw", reason="cap")
        here.folded()
        left = waiting(shown(client))
        (made,) = facts(here, AssignmentWithdrawn)

    assert "1 assignment was taken back." in done.text
    assert an_id("A") not in left
    assert (made[0].reason, made[0].device) == ("cap", an_id("tablet"))


@pytest.mark.parametrize(
    ("names", "changed", "said"),
    [
        ((), {}, "Nothing was chosen."),
        (("A",), {"approver": ""}, "Say who approves"),
        (("A",), {"approver": an_id("a stranger")}, "Say who approves"),
        (("A",), {"document": "长" * 65}, "too long"),
        (("A", "unknown"), {}, "no longer assigned"),
        (("A",), {"act": "withdraw"}, "Say why"),
        (("A",), {"act": "withdraw", "reason": "because"}, "Say why"),
    ],
)
def test_nothing_is_recorded_where_anything_is_wrong(
    tmp_path: Path, names: tuple[str, ...], changed: dict[str, str], said: str
) -> None:
    with bureau(tmp_path) as here:
        size = here.parts.intake.store.size()
        answer = decide(here.sign_in(Role.MANAGER), *names, **changed)

        assert here.parts.intake.store.size() == size

    assert answer.status_code == 422
    assert said in answer.text


def test_what_lies_outside_the_scope_is_neither_shown_nor_approved(tmp_path: Path) -> None:
    with bureau(tmp_path) as here:
        client = here.sign_in(Role.MANAGER, townships=(TOWN,))
        page = shown(client)
        answer = decide(client, "O")

        assert facts(here, AssignmentApproved) == []

    assert an_id("O") not in waiting(page)
    assert answer.status_code == 404


def test_without_the_form_s_token_nothing_is_approved(tmp_path: Path) -> None:
    with bureau(tmp_path) as here:
        answer = decide(here.sign_in(Role.MANAGER), "A", csrf="forged")

        assert facts(here, AssignmentApproved) == []

    assert answer.status_code == 403


def test_what_was_begun_waits_no_more(tmp_path: Path) -> None:
    with bureau(tmp_path) as here:
        tablet = Tablet(here)
        tablet.enrol()
        visit = a_visit(an_id("object A"), kind=KIND)
        begun = InspectionStarted(visit=visit, checklist=KIND, version=1, assignment=an_id("A"))
        tablet.writer.record(begun)
        assert tablet.push().status_code == 200
        here.folded()
        page = shown(here.sign_in(Role.MANAGER))

    assert an_id("A") not in waiting(page)


def test_monday_and_the_faults_lead_there_for_whom_it_concerns(tmp_path: Path) -> None:
    with bureau(tmp_path) as here:
        manager = here.sign_in(Role.MANAGER)
        chief = here.sign_in(Role.SECTION_CHIEF, domains=("funeral",))
        found = [
            (one.get("/monday", headers={"accept-language": "en"}).text) for one in (manager, chief)
        ]
        refused = chief.get("/approvals").status_code

    assert ["Waiting for your approval" in one for one in found] == [True, False]
    assert ['href="/approvals"' in one for one in found] == [True, False]
    assert refused == 403


def test_when_nothing_waits_the_page_says_so(tmp_path: Path) -> None:
    with site(tmp_path / "data") as here:
        page = shown(here.sign_in(Role.MANAGER))

    assert "Nothing waits for an approval." in page.text


def test_who_approves_is_who_may_do_nothing_of_administration() -> None:
    may = {role for role in Role if Right.MANAGE_ASSIGNMENTS in GRANTS[role]}

    assert may == {Role.MANAGER}
