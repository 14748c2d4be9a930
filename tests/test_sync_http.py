"""`POST /sync/log`: what a tablet is answered, whatever it sends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from backend.settings import Settings
from events import batch
from events.batch import Batch
from events.clock import SetClock
from events.errors import StorageError
from events.office import DeviceRevoked
from events.statements import Certificate, Checkpoint, Role
from tests.server import Site, Tablet, an_object, found, receipt_of, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "data") as running:
        yield running


@pytest.fixture
def tablet(here: Site) -> Tablet:
    one = Tablet(here)
    assert one.enrol().status_code == 200
    return one


def inspected(tablet: Tablet, times: int = 1) -> None:
    for _ in range(times):
        tablet.inspect(an_object().object)


def test_a_receipt_is_signed_by_a_certified_key_and_says_what_is_held(
    here: Site, tablet: Tablet
) -> None:
    inspected(tablet)

    answer = tablet.push()

    receipt = receipt_of(answer)
    certified = here.parts.registrar.bureau().certificates
    keys = [Certificate.decode(bytes.fromhex(raw)) for raw in certified]
    (key,) = [one.key for one in keys if one.role == Role.CHECKPOINT]
    assert receipt.is_signed_by(Ed25519PublicKey.from_public_bytes(key))
    assert (receipt.log, receipt.sequence) == (tablet.log, 3)
    assert receipt.hash == tablet.store.held(tablet.log).hash
    assert answer.json()["held"] == 3
    assert answer.json()["position"] == receipt.position == here.parts.intake.store.size()


def test_sending_again_answers_the_same_and_adds_nothing(here: Site, tablet: Tablet) -> None:
    inspected(tablet)
    push = tablet.waiting()

    first, second = tablet.send(push), tablet.send(push)

    assert first.json()["held"] == second.json()["held"] == 3
    assert receipt_of(first) == receipt_of(second)
    assert here.parts.intake.store.size() == first.json()["position"]


def test_a_compressed_push_is_taken(tablet: Tablet) -> None:
    inspected(tablet, 20)
    raw = zstandard.compress(batch.encode(tablet.waiting()))

    answer = tablet.send(raw, **{"content-encoding": "zstd"})

    assert answer.json()["held"] == 41


def test_a_gap_is_a_conflict_with_what_we_hold(tablet: Tablet) -> None:
    inspected(tablet, 2)

    answer = tablet.send(tablet.waiting(after=3))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["held"], answer.json()["held_hash"]) == (1, tablet.log.hex())


def test_what_verifies_before_the_first_that_does_not_is_kept(here: Site, tablet: Tablet) -> None:
    inspected(tablet, 2)
    good = tablet.waiting()
    bent = bytearray(good.envelopes[2])
    bent[-2] ^= 1

    answer = tablet.send(Batch(good.log, 1, (*good.envelopes[:2], bytes(bent))))

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["sequence"]) == ("unverified", 4)
    assert here.parts.intake.store.held(tablet.log).sequence == 3


def test_another_entry_under_a_held_number_is_a_fork(here: Site, tablet: Tablet) -> None:
    twin = Tablet(here, twin_of=tablet)
    inspected(tablet)
    tablet.push()
    inspected(twin)

    answer = twin.send(twin.waiting(after=1))

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["sequence"]) == ("forked", 2)


def test_an_unreadable_envelope_is_malformed_and_set_aside(here: Site, tablet: Tablet) -> None:
    answer = tablet.send(Batch(tablet.log, 1, (b"nonsense",)))

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["sequence"]) == ("malformed", 2)


@pytest.mark.parametrize("raw", [b"", b"XB", b"XB\1" + bytes(40), b"no push at all"])
def test_bytes_that_are_no_push_are_malformed(tablet: Tablet, raw: bytes) -> None:
    answer = tablet.send(raw)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_a_stranger_is_not_enrolled(here: Site) -> None:
    stranger = Tablet(here)

    answer = stranger.send(stranger.waiting(after=0))

    assert (answer.status_code, answer.json()["code"]) == (403, "not-enrolled")


def test_a_revoked_log_is_trusted_no_further(here: Site, tablet: Tablet) -> None:
    inspected(tablet)
    tablet.push()
    here.tell(
        DeviceRevoked(device=tablet.device, log=tablet.log.hex(), last_trusted=3, reason="lost")
    )
    inspected(tablet)

    answer = tablet.push()

    assert (answer.status_code, answer.json()["code"]) == (403, "revoked")
    assert here.parts.intake.store.held(tablet.log).sequence == 3


def test_an_entry_of_another_log_is_foreign(here: Site, tablet: Tablet) -> None:
    other = Tablet(here)
    other.inspect(an_object().object)

    answer = tablet.send(Batch(tablet.log, 1, other.waiting(after=1).envelopes))

    assert (answer.status_code, answer.json()["code"]) == (422, "foreign")
    assert answer.json()["sequence"] == 2


def test_a_body_that_is_too_large_is_refused_before_it_is_read(tablet: Tablet) -> None:
    answer = tablet.send(bytes(4_194_305))

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_bomb_is_refused_at_its_limit(tablet: Tablet) -> None:
    bomb = zstandard.compress(bytes(1_000_000_000))

    answer = tablet.send(bomb, **{"content-encoding": "zstd"})

    assert len(bomb) < 100_000
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_nothing_may_follow_behind_a_compressed_push(tablet: Tablet) -> None:
    once = zstandard.compress(batch.encode(tablet.waiting()))

    answer = tablet.send(once + once, **{"content-encoding": "zstd"})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_a_broken_frame_is_malformed(tablet: Tablet) -> None:
    answer = tablet.send(b"not zstd", **{"content-encoding": "zstd"})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


@pytest.mark.parametrize(
    "headers", [{"content-type": "application/json"}, {"content-encoding": "gzip"}]
)
def test_other_types_and_encodings_are_not_taken(tablet: Tablet, headers: dict[str, str]) -> None:
    answer = tablet.send(tablet.waiting(), **headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "media-type")


def test_a_full_disk_takes_nothing_and_says_to_try_again(
    here: Site, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("disk full")

    inspected(tablet)
    with monkeypatch.context() as broken:
        broken.setattr(here.parts.intake.store, "append", full)
        refused = tablet.push()

    assert (refused.status_code, refused.json()["code"]) == (507, "storage")
    assert int(refused.headers["retry-after"]) > 0
    assert tablet.push().status_code == 200


def test_a_broken_view_store_does_not_keep_a_push_from_its_receipt(
    here: Site, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("views are gone")

    monkeypatch.setattr(here.parts.reading.views, "save", broken)
    inspected(tablet)

    assert tablet.push().status_code == 200


def test_a_checkpoint_comes_with_the_receipt_once_there_is_one(here: Site, tablet: Tablet) -> None:
    assert tablet.push().json()["checkpoint"] is None
    newest = here.parts.checkpoint()

    raw = tablet.push().json()["checkpoint"]

    assert Checkpoint.decode(bytes.fromhex(raw)) == newest


def test_another_host_reaches_nothing(tablet: Tablet) -> None:
    answer = tablet.send(tablet.waiting(), host="xunji.attacker.example")

    assert (answer.status_code, answer.json()["code"]) == (421, "host")


def test_in_a_demo_folder_time_of_arrival_can_come_from_the_request(tmp_path: Path) -> None:
    path = tmp_path / "demo"
    start = 1_780_000_000_000_000
    found(path, SetClock(start), demo=True)
    settings = Settings(data=path, simulated=True, poll_seconds=0.05)
    with site(path, clock=SetClock(start), settings=settings) as here:
        tablet = Tablet(here)
        here.client.headers["xunji-simulated-at"] = str(start + 5)
        tablet.enrol()
        here.client.headers["xunji-simulated-at"] = str(start + 9)
        inspected(tablet)
        answer = tablet.push()
        del here.client.headers["xunji-simulated-at"]
        without = tablet.push()

    assert answer.json()["received_at"] == start + 9
    assert without.status_code == 400
