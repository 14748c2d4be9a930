"""The quarantine: what was refused is kept as it came, within a bound."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.quarantine import Dropped, QuarantineFile
from events.clock import SetClock
from events.errors import StorageError
from events.sync import Quarantined
from tests.bureau import NOON

LOG = b"l" * 32


def refused(*envelopes: bytes, first: int = 3, reason: str = "unverified") -> Quarantined:
    return Quarantined(LOG, first, reason, envelopes)


@pytest.fixture
def quarantine(tmp_path: Path) -> QuarantineFile:
    return QuarantineFile(tmp_path / "q.sqlite", SetClock(NOON), max_bytes=1_000)


def test_what_was_refused_comes_back_as_it_came(quarantine: QuarantineFile) -> None:
    quarantine(refused(b"one", b"", b"three" * 40))

    (aside,) = quarantine.list()

    assert quarantine.get(aside.id) == refused(b"one", b"", b"three" * 40)
    assert (aside.log, aside.first, aside.entries, aside.received_at) == (LOG, 3, 3, NOON)
    assert quarantine.get(aside.id + 1) is None
    quarantine.close()


def test_the_same_again_only_counts(quarantine: QuarantineFile) -> None:
    for _ in range(3):
        quarantine(refused(b"one"))
    quarantine(refused(b"one", reason="forked"))

    assert [(one.times, one.reason) for one in quarantine.list()] == [
        (3, "unverified"),
        (1, "forked"),
    ]
    quarantine.close()


def test_the_oldest_go_when_it_is_full_and_are_counted(quarantine: QuarantineFile) -> None:
    for number in range(10):
        quarantine(refused(bytes([number]) * 146, bytes([number]) * 146))

    kept = quarantine.list()

    assert [quarantine.get(one.id) for one in kept] == [
        refused(bytes([number]) * 146, bytes([number]) * 146) for number in (7, 8, 9)
    ]
    assert quarantine.dropped() == Dropped(7, 14, 7 * 300)
    quarantine.close()


def test_what_is_larger_than_the_bound_is_only_counted(quarantine: QuarantineFile) -> None:
    quarantine(refused(b"x" * 2_000))

    assert quarantine.list() == []
    assert quarantine.dropped().entries == 1
    quarantine.close()


def test_hostile_numbers_do_no_harm(quarantine: QuarantineFile) -> None:
    quarantine(refused(b"x", first=2**64))

    assert quarantine.list()[0].first == 2**63 - 1
    quarantine.close()


def test_it_outlives_the_process(tmp_path: Path) -> None:
    file = tmp_path / "q.sqlite"
    first = QuarantineFile(file, SetClock(NOON))
    first(refused(b"x"))
    first.close()

    again = QuarantineFile(file, SetClock(NOON + 9))
    again(refused(b"x"))

    assert [(one.times, one.received_at) for one in again.list()] == [(2, NOON)]
    again.close()


def test_a_full_disk_is_a_refusal(tmp_path: Path) -> None:
    quarantine = QuarantineFile(tmp_path / "q.sqlite", SetClock(NOON))
    quarantine(refused(b"before"))
    quarantine._db._db.execute("PRAGMA max_page_count=1")

    with pytest.raises(StorageError):
        quarantine(refused(b"x" * 90_000))

    assert [one.size for one in quarantine.list()] == [10]
    quarantine.close()


@given(st.lists(st.lists(st.binary(max_size=300), max_size=4), max_size=12))
def test_it_never_holds_more_than_it_may(pushes: list[list[bytes]]) -> None:
    quarantine = QuarantineFile(Path(":memory:"), SetClock(NOON), max_bytes=700)
    for push in pushes:
        quarantine(refused(*push))

    assert sum(one.size for one in quarantine.list()) <= 700
    quarantine.close()
