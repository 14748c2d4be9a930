"""The one writer of a log, over a database that fails and does not say what became of it."""

from collections.abc import Sequence

import pytest

from events.envelope import Entry
from events.errors import BusyError, ConflictError, DatabaseFailedError
from events.store import Held
from tests.bureau import Tablet, closed


class Unsure:
    """A store whose next append gets no answer; `recorded` when: `now`, `later` or `never`."""

    def __init__(self, tablet: Tablet) -> None:
        self._store = tablet.store
        self._tablet = tablet
        self.recorded = ""
        self._waits: list[tuple[bytes, int, Sequence[Entry], int]] = []
        tablet.writer._store = self  # type: ignore[assignment]

    def held(self, log: bytes) -> Held:
        return self._store.held(log)

    def settle(self) -> None:
        """A majority has it at last."""
        self._store.append(*self._waits.pop())

    def append(self, log: bytes, after: int, run: Sequence[Entry], received_at: int) -> Held:
        if self._waits:  # its number is taken, though nobody sees it yet
            held = self.held(log)
            raise ConflictError(held.sequence, held.hash)
        what, self.recorded = self.recorded, ""
        if what == "now":
            self._store.append(log, after, run, received_at)
        if what == "later":
            self._waits.append((log, after, run, received_at))
        if what:
            raise DatabaseFailedError("no majority in time")
        return self._store.append(log, after, run, received_at)


@pytest.fixture
def tablet() -> Tablet:
    return Tablet(b"b" * 32)


@pytest.fixture
def store(tablet: Tablet) -> Unsure:
    return Unsure(tablet)


@pytest.mark.parametrize(("recorded", "held"), [("now", 4), ("never", 2)])
def test_the_next_entry_stands_behind_what_was_recorded_without_an_answer(
    tablet: Tablet, store: Unsure, recorded: str, held: int
) -> None:
    for _ in range(2):
        store.recorded = recorded
        with pytest.raises(DatabaseFailedError):
            tablet.record(1)

    tablet.record(1)

    assert tablet.writer.held == tablet.store.held(tablet.log)
    assert [one.header.sequence for one in tablet.entries()] == list(range(1, held + 1))


def test_what_no_majority_holds_yet_is_waited_for_and_then_stood_behind(
    tablet: Tablet, store: Unsure
) -> None:
    store.recorded = "later"
    with pytest.raises(DatabaseFailedError, match="majority"):
        tablet.writer.record(closed(7))
    for _ in range(2):
        with pytest.raises(DatabaseFailedError, match="not settled"):
            tablet.writer.record(closed(8))

    store.settle()
    tablet.writer.record(closed(9))

    assert len(tablet.entries()) == 3


def test_what_another_process_wrote_is_not_taken_for_ours(tablet: Tablet, store: Unsure) -> None:
    other = Tablet(b"b" * 32)
    assert other.log == tablet.log
    tablet.store.append(tablet.log, 1, other.record(1), 0)

    with pytest.raises(BusyError):
        tablet.writer.record(closed(7))
