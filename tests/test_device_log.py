"""What is said to be recorded is durable; what was sealed opens here, and for the bureau."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from events import envelope, sealing
from events.errors import BusyError, ErasedError, StorageError
from events.facts import SealedPart
from events.ids import id_bytes
from events.inspections import AnswerRecorded
from events.sealing import Place
from events.writer import Said
from mobile.device_log import DeviceLog
from tests.tablets import BUREAU, HOME, HOUSEHOLD, Bench, bench


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path / "tablet") as found:
        yield found


def said(text: str = "", subject: str = HOUSEHOLD) -> Said:
    sealed = (SealedPart("value", subject),) if text else ()
    fact = AnswerRecorded(
        inspection=HOME, kind="street_patrol", question="SP-20", status="given", sealed=sealed
    )
    return Said(fact, (text.encode(),) if text else ())


def test_what_was_recorded_is_read_back_opened(tablet: Bench) -> None:
    (logged,) = tablet.log.record_all([said("陈")])

    again = tablet.logged()[-1]
    assert again == logged
    assert again.text("value") == "陈".encode()
    assert again.text("reason") is None


def test_a_gesture_is_one_commit_and_whole_or_not_at_all(tablet: Bench) -> None:
    before = tablet.log.held.sequence
    too_long = Said(said("x").fact, (b"x" * 70_000,))
    with pytest.raises(Exception, match="too many"):
        tablet.log.record_all([said("a"), too_long])
    assert tablet.log.held.sequence == before
    tablet.log.record_all([said("a"), said("b")])
    assert [one.ref.sequence for one in tablet.logged(before)] == [before + 1, before + 2]


def test_a_key_is_durable_before_it_seals(tablet: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    put, append = tablet.folder.vault.put, tablet.folder.store.append
    monkeypatch.setattr(tablet.folder.vault, "put", lambda k: (order.append("key"), put(k))[1])
    monkeypatch.setattr(
        tablet.folder.store, "append", lambda *a: (order.append("entry"), append(*a))[1]
    )
    tablet.log.record_all([said("a"), said("b"), said("c", HOME)])
    assert order == ["key", "entry"]  # one commit for both subjects' keys


def test_a_failing_disk_is_said_and_nothing_is_known(
    tablet: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("no space left")

    before = tablet.log.held
    heard: list[int] = []
    tablet.log.on_recorded(lambda: heard.append(1))
    with monkeypatch.context() as failing:
        failing.setattr(tablet.folder.store, "append", full)
        with pytest.raises(StorageError):
            tablet.log.record(said())
    assert (tablet.log.held, heard) == (before, [])
    tablet.log.record(said())
    assert heard == [1]


def test_a_second_writer_is_refused(tablet: Bench) -> None:
    other: DeviceLog = tablet.folder.device_log(tablet.clock)
    tablet.log.record(said())
    with pytest.raises(BusyError):
        other.record(said())


def test_keys_travel_wrapped_for_the_bureau_once_each(tablet: Bench) -> None:
    office = X25519PrivateKey.generate()
    tablet.log.record_all([said("a"), said("b"), said("c", HOME)])
    rows = tablet.folder.store.read_log(tablet.log.log, 0, 10)
    entries = [envelope.decode_stored(0, one.state).entry for one in rows]

    wrapped = tablet.log.keyring.wrapped_for(entries, 7, office.public_key())

    assert [one.subject for one in wrapped] == [id_bytes(HOUSEHOLD), id_bytes(HOME)]
    key = sealing.unwrap(wrapped[0], BUREAU, office)
    part = entries[-2].sealed[0]
    assert part
    place = Place(tablet.log.log, entries[-2].header.sequence, 0)
    assert sealing.unseal(part, key, place) == b"b"


def test_an_erased_subject_opens_no_more_and_gets_no_new_key(tablet: Bench) -> None:
    tablet.log.record(said("a"))
    tablet.log.record(said("b", HOME))

    tablet.log.keyring.forget(id_bytes(HOUSEHOLD))

    assert [one.texts for one in tablet.logged()[-2:]] == [(None,), (b"b",)]
    with pytest.raises(ErasedError):
        tablet.log.record(said("c"))
    secret = b"".join(one.read_bytes() for one in tablet.folder.path.glob("keys.sqlite*"))
    assert id_bytes(HOME) in secret


_CHILD = """
import os, sys
from pathlib import Path
from tests.tablets import bench
from tests.test_device_log import said
with bench(Path(sys.argv[1])) as tablet:
    while True:
        done = tablet.log.record(said("x" * 40))
        os.write(1, b"%d\\n" % done.ref.sequence)
"""


def test_what_was_said_to_be_recorded_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "tablet"
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(path)], stdout=subprocess.PIPE)
    assert child.stdout
    heard = 0
    while heard < 40:
        heard = int(child.stdout.readline())
    child.kill()
    rest = child.stdout.read().split(b"\n")[:-1]
    child.wait()
    child.stdout.close()
    heard = int(rest[-1]) if rest else heard
    with bench(path, "after") as tablet:
        assert tablet.log.held.sequence >= heard
        assert tablet.logged()[-1].text("value") == b"x" * 40
        tablet.log.record(said("on"))


def test_keys_are_for_this_user_alone(tablet: Bench) -> None:
    assert (tablet.folder.path / "keys-1.key").stat().st_mode & 0o777 == 0o600
