"""`GET /sync/pull`: what reaches which tablet, and what does not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from backend.pull import Cursor
from events import pull, sealing, vocabulary
from events.facts import SealedPart
from events.ids import id_bytes
from events.office import (
    AssignmentWithdrawn,
    DeviceRevoked,
    EpochOpened,
    InspectionAssigned,
    PersonalDataErased,
    SensitiveDataViewed,
)
from events.pull import MalformedError, authorization, card_purpose, read_authorization
from events.register import ObjectListed, ObjectRevised
from tests.server import NOON, TODAY, Site, Tablet, an_item, an_object, new_id, site

HERE, ELSEWHERE = "440804001", "440804002"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "data") as running:
        yield running


def enrolled(here: Site, **scope: tuple[str, ...]) -> Tablet:
    tablet = Tablet(here, **scope)
    assert tablet.enrol().status_code == 200
    return tablet


def documents(pages: list[Any], view: str) -> dict[str, Any]:
    """Return what a tablet holds of a view after these pages."""
    held: dict[str, Any] = {}
    for page in pages:
        for one in page["documents"]:
            if one["view"] == view:
                held[one["key"]] = "gone" if one.get("gone") else one["document"]
    return held


def a_home(**changed: Any) -> ObjectListed:  # noqa: ANN401  any field
    person = new_id()
    return an_object(
        object_type="low_income_household",
        domain="social_assistance",
        name=None,
        person=person,
        sealed=(SealedPart("card", person),),
        **changed,
    )


def assigned(home: ObjectListed, tablet: Tablet, **changed: Any) -> InspectionAssigned:  # noqa: ANN401
    about: dict[str, Any] = {
        "assignment": new_id(),
        "object": home.object,
        "object_type": home.object_type,
        "kind": "low_income",
        "domain": home.domain,
        "township": home.township,
        "device": tablet.device,
        "officers": (new_id(),),
        "due_on": TODAY,
    }
    return InspectionAssigned(**(about | changed))


def test_a_new_tablet_gets_what_lies_in_its_scope_and_no_more(here: Site) -> None:
    near, far = an_object(township=HERE), an_object(township=ELSEWHERE)
    other = an_object(township=HERE, domain="charity")
    here.tell(near, far, other, an_item(), an_item(item="X", domain="charity"))
    tablet = enrolled(here, townships=(HERE,), domains=("funeral",))
    here.folded()

    pages, _ = tablet.pull_all()

    assert pages[0]["reset"]
    assert set(documents(pages, "objects")) == {near.object}
    assert set(documents(pages, "items")) == {"MZ-FU-01"}
    assert documents(pages, "objects")[near.object]["name"] == near.name


def test_an_empty_scope_is_the_whole_bureau(here: Site) -> None:
    listed = [an_object(township=HERE), an_object(township=ELSEWHERE)]
    here.tell(*listed)
    tablet = enrolled(here)
    here.folded()

    assert set(documents(tablet.pull_all()[0], "objects")) == {one.object for one in listed}


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_of_any_size_bring_the_same(here: Site, limit: int) -> None:
    here.tell(*(an_object() for _ in range(8)), an_item())
    tablet = enrolled(here)
    here.folded()

    whole, _ = tablet.pull_all()
    pages, _ = tablet.pull_all(limit=limit)

    assert all(len(page["documents"]) <= limit for page in pages)
    assert documents(pages, "objects") == documents(whole, "objects")
    assert documents(pages, "items") == documents(whole, "items")


def test_the_next_pull_brings_what_was_touched_since(here: Site) -> None:
    first, second = an_object(), an_object()
    here.tell(first, second)
    tablet = enrolled(here)
    here.folded()
    _, cursor = tablet.pull_all()
    tablet.inspect(second.object)
    tablet.push()
    here.folded()

    pages, cursor = tablet.pull_all(cursor)
    nothing, _ = tablet.pull_all(cursor)

    assert set(documents(pages, "objects")) == {second.object}
    assert documents(pages, "objects")[second.object]["last_inspected_on"] == str(TODAY)
    assert not pages[0]["reset"]
    assert nothing[0]["documents"] == []


def test_what_left_the_scope_is_gone_and_what_was_never_in_it_is_not_named(here: Site) -> None:
    moving, far = an_object(township=HERE), an_object(township=ELSEWHERE)
    here.tell(moving, far)
    tablet = enrolled(here, townships=(HERE,))
    here.folded()
    _, cursor = tablet.pull_all()
    moved = ObjectRevised(**(structs.asdict(moving) | {"township": ELSEWHERE}))
    changed = ObjectRevised(**(structs.asdict(far) | {"name": "另一处"}))
    here.tell(moved, changed)
    here.folded()

    pages, _ = tablet.pull_all(cursor)

    assert documents(pages, "objects") == {moving.object: "gone"}


def test_a_new_scope_starts_over(here: Site) -> None:
    here.tell(an_object(township=HERE), an_object(township=ELSEWHERE))
    tablet = enrolled(here, townships=(HERE,))
    here.folded()
    _, cursor = tablet.pull_all()
    known = here.parts.puller.office.enrolments.tablet(tablet.log)
    assert known
    here.tell(structs.replace(known.fact, townships=()))
    here.folded()

    pages, _ = tablet.pull_all(cursor)

    assert pages[0]["reset"]
    assert len(documents(pages, "objects")) == 2


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "%00"])
def test_a_cursor_that_is_none_of_ours_starts_over(here: Site, cursor: str) -> None:
    tablet = enrolled(here)
    here.folded()

    assert tablet.pull(cursor).json()["reset"]


@pytest.mark.parametrize("hostile", [{"base": 2**64 - 1}, {"view": -9, "target": 1}])
def test_a_cursor_that_counts_beyond_all_bounds_starts_over(
    here: Site, hostile: dict[str, int]
) -> None:
    tablet = enrolled(here)
    here.folded()
    ours = Cursor.read(tablet.pull().json()["cursor"])
    assert ours

    assert tablet.pull(structs.replace(ours, **hostile).text()).json()["reset"]


def test_a_new_epoch_starts_over(here: Site) -> None:
    tablet = enrolled(here)
    here.folded()
    _, cursor = tablet.pull_all()
    here.tell(EpochOpened(epoch=2, size=1, root="0" * 64, reason="restore"))
    here.folded()

    page = tablet.pull(cursor).json()

    assert (page["reset"], page["epoch"]) == (True, 2)


def test_assignments_reach_their_tablet_with_their_object_wherever_it_lies(here: Site) -> None:
    far = an_object(township=ELSEWHERE)
    mine, other = enrolled(here, townships=(HERE,)), enrolled(here, townships=(HERE,))
    task = assigned(far, mine)
    here.tell(far, task)
    here.folded()

    pages, cursor = mine.pull_all()
    others, _ = other.pull_all()
    here.tell(AssignmentWithdrawn(assignment=task.assignment, device=mine.device, reason="done"))
    here.folded()
    later, _ = mine.pull_all(cursor)

    assert set(documents(pages, "assignments")) == {task.assignment}
    assert set(documents(pages, "objects")) == {far.object}
    assert documents(others, "assignments") == documents(others, "objects") == {}
    assert documents(later, "assignments") == {task.assignment: "gone"}


def test_the_card_of_an_assigned_home_opens_on_its_tablet_only(here: Site) -> None:
    home, unassigned = a_home(), a_home()
    mine, other = enrolled(here), enrolled(here)
    text = msgspec.json.encode({"name": "陈某"})
    here.tell(home, unassigned, texts=(text,))
    here.tell(assigned(home, mine))
    here.folded()

    pages, _ = mine.pull_all()
    others, _ = other.pull_all()

    (card,) = [card for page in pages for card in page["cards"]]
    purpose = card_purpose(here.folder.bureau, mine.log, home.object, card["expires"])
    sealed = bytes.fromhex(card["sealed"])
    assert sealing.open_from(sealed, mine.sealing, purpose) == text
    assert card["subject"] == home.person
    assert not [card for page in others for card in page["cards"]]
    later = card_purpose(here.folder.bureau, mine.log, home.object, card["expires"] + 1)
    with pytest.raises(Exception, match="does not open"):
        sealing.open_from(sealed, mine.sealing, later)


def test_that_cards_were_opened_is_recorded_once_a_pull(here: Site) -> None:
    homes = [a_home() for _ in range(3)]
    tablet = enrolled(here)
    here.tell(*homes, texts=(b"{}",))
    here.tell(*(assigned(home, tablet) for home in homes))
    here.folded()

    tablet.pull_all()
    here.folded()

    tag = vocabulary.tag_of(SensitiveDataViewed)
    (seen,) = here.parts.intake.store.read(0, 10, (tag,))
    fact = vocabulary.decode(tag, seen.record().entry.body)
    assert isinstance(fact, SensitiveDataViewed)
    assert set(fact.subjects) == {home.person for home in homes}
    assert fact.viewer == f"tablet:{tablet.device}"
    assert seen.log == here.folder.own_log("access").log


@pytest.mark.parametrize(("late", "cards"), [(14, 1), (15, 0)])
def test_a_card_has_its_time(here: Site, late: int, cards: int) -> None:
    home, tablet = a_home(), enrolled(here)
    here.tell(home, texts=(b"{}",))
    here.tell(assigned(home, tablet, due_on=TODAY - timedelta(days=late)))
    here.folded()

    pages, _ = tablet.pull_all()

    assert sum(len(page["cards"]) for page in pages) == cards


def test_an_erased_person_has_no_card_and_is_named_so_that_old_ones_go(here: Site) -> None:
    home, tablet = a_home(), enrolled(here)
    here.tell(home, texts=(b"{}",))
    here.folded()
    _, cursor = tablet.pull_all()
    assert home.person
    subject = id_bytes(home.person)
    gone = here.parts.intake.vault.erase(subject)
    assert gone
    here.tell(PersonalDataErased(subject=home.person, keys=(), basis="request"))
    here.tell(assigned(home, tablet))
    here.folded()

    pages, _ = tablet.pull_all(cursor)

    assert pages[0]["erased"] == [home.person]
    assert not [card for page in pages for card in page["cards"]]


def test_only_the_log_s_own_key_may_fetch(here: Site) -> None:
    tablet, stranger = enrolled(here), Tablet(here)

    forged = tablet.pull(key=Ed25519PrivateKey.generate())
    unknown = stranger.pull()
    without = here.client.get("/sync/pull")

    assert (forged.status_code, forged.json()["code"]) == (401, "unsigned")
    assert (unknown.status_code, unknown.json()["code"]) == (403, "not-enrolled")
    assert without.status_code == 401
    assert without.headers["www-authenticate"] == "Xunji"


def test_a_signature_holds_for_one_request_and_a_short_time(here: Site) -> None:
    tablet = enrolled(here)
    said = authorization(
        tablet.key, here.folder.bureau, tablet.log, NOON, "GET", "/sync/pull?limit=5"
    )

    other = here.client.get("/sync/pull?limit=6", headers={"authorization": said})
    same = here.client.get("/sync/pull?limit=5", headers={"authorization": said})
    late = tablet.pull(at=NOON - 11 * 60_000_000)

    assert (other.status_code, same.status_code) == (401, 200)
    assert (late.json()["reason"], late.json()["now"]) == ("time", NOON)


def test_a_revoked_tablet_fetches_nothing(here: Site) -> None:
    tablet = enrolled(here)
    here.tell(
        DeviceRevoked(device=tablet.device, log=tablet.log.hex(), last_trusted=1, reason="lost")
    )

    refused = tablet.pull()
    assert (refused.status_code, refused.json()["code"]) == (403, "revoked")
    forged = tablet.pull(key=Ed25519PrivateKey.generate())  # who has not the key learns nothing
    assert (forged.status_code, forged.json()["code"]) == (401, "unsigned")


@pytest.mark.parametrize(
    "value", ["", "Bearer x", "Xunji log=00, at=1, signature=00", "Xunji " + "x" * 400]
)
def test_another_authorization_is_malformed(value: str) -> None:
    with pytest.raises(MalformedError):
        read_authorization(value)


def test_an_authorization_reads_as_it_was_written() -> None:
    key = Ed25519PrivateKey.generate()
    said = read_authorization(authorization(key, bytes(32), bytes(32), -5, "GET", "/x?y=1"))

    assert said.is_by(key.public_key(), bytes(32), "GET", "/x?y=1")
    assert not said.is_by(key.public_key(), bytes(32), "POST", "/x?y=1")
    assert pull.SignedRequest(said.log, said.at, said.signature) == said
