"""`POST /sync/enrol`: a code and the beginning of a log make a tablet one of ours."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from events import vocabulary
from events.office import DeviceEnrolled
from events.statements import Certificate, bureau_of, trusted
from tests.server import NOON, Site, Tablet, receipt_of, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "data") as running:
        yield running


def enrolments(here: Site) -> list[DeviceEnrolled]:
    tag = vocabulary.tag_of(DeviceEnrolled)
    records = here.parts.intake.store.read(0, 1_000, (tag,))
    facts = [vocabulary.decode(tag, one.record().entry.body) for one in records]
    return [fact for fact in facts if isinstance(fact, DeviceEnrolled)]


def test_the_tablet_learns_all_it_needs_to_trust_the_bureau(here: Site) -> None:
    tablet = Tablet(here, townships=("440804001",), domains=("funeral",))

    answer = tablet.enrol()

    said = answer.json()
    certificates = [Certificate.decode(bytes.fromhex(one)) for one in said["certificates"]]
    bureau, root = bytes.fromhex(said["bureau"]), bytes.fromhex(said["first_root"])
    held = trusted(certificates, {}, bureau, root, NOON)
    assert bureau_of(root) == bureau
    assert held[said["sealing"]["serial"]].key.hex() == said["sealing"]["key"]
    assert (said["townships"], said["domains"]) == (["440804001"], ["funeral"])
    assert (said["device"], said["name"]) == (tablet.device, "坡头区民政局")
    assert receipt_of(answer).hash == tablet.log


def test_the_enrolment_is_a_record_and_the_genesis_follows_it(here: Site) -> None:
    tablet = Tablet(here)
    tablet.enrol()

    (fact,) = enrolments(here)
    store = here.parts.intake.store
    assert fact.log == tablet.log.hex()
    assert store.held(tablet.log).position == store.size()


def test_a_lost_answer_costs_nothing(here: Site) -> None:
    tablet = Tablet(here)

    first, second = tablet.enrol(), tablet.enrol()

    assert first.json() == second.json()
    assert len(enrolments(here)) == 1


def test_a_code_serves_one_tablet(here: Site) -> None:
    first, second = Tablet(here), Tablet(here)
    first.enrol()

    answer = second.enrol(code=first.code)

    assert (answer.status_code, answer.json()["code"]) == (403, "enrolment-code")
    assert len(enrolments(here)) == 1


def test_a_wrong_code_opens_nothing(here: Site) -> None:
    answer = Tablet(here).enrol(code="0000-0000-0000")

    assert (answer.status_code, answer.json()["code"]) == (403, "enrolment-code")
    assert enrolments(here) == []


def test_a_genesis_of_another_bureau_is_foreign(here: Site, tmp_path: Path) -> None:
    with site(tmp_path / "other") as other:
        stranger = Tablet(other)
    tablet = Tablet(here)

    answer = tablet.enrol(genesis=stranger.genesis.raw)

    assert (answer.status_code, answer.json()["code"]) == (422, "foreign")
    assert tablet.enrol().status_code == 200  # the code was not spent


def test_a_bent_genesis_does_not_verify(here: Site) -> None:
    tablet = Tablet(here)
    bent = bytearray(tablet.genesis.raw)
    bent[300] ^= 1

    answer = tablet.enrol(genesis=bytes(bent))

    assert answer.status_code == 422
    assert enrolments(here) == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"code": 1, "genesis": "x"},
        {"code": "x" * 65, "genesis": "x"},
        {"code": "x", "genesis": "x" * 20_000},
    ],
)
def test_a_request_in_another_shape_is_refused(here: Site, said: dict[str, object]) -> None:
    answer = here.client.post("/sync/enrol", json=said)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


@pytest.mark.parametrize("raw", [b'{"code":"\xff"}', b"[" * 60_000, b'{"a":' * 10_000, b"null"])
def test_a_body_that_no_decoder_gets_through_is_refused(here: Site, raw: bytes) -> None:
    answer = here.client.post(
        "/sync/enrol", content=raw, headers={"content-type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


def test_what_is_not_base64_is_malformed(here: Site) -> None:
    answer = here.client.post("/sync/enrol", json={"code": "x", "genesis": "!!"})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_a_page_elsewhere_cannot_enrol_by_a_form(here: Site) -> None:
    tablet = Tablet(here)
    said = f'{{"code":"{tablet.code}","genesis":"{b64encode(tablet.genesis.raw).decode()}"}}'

    answer = here.client.post("/sync/enrol", content=said, headers={"content-type": "text/plain"})

    assert answer.status_code == 415
    assert enrolments(here) == []
