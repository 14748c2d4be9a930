"""What every store promises, asked of each."""

import multiprocessing
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.mongodb.persistence import MongoDatastore
from backend.mongodb.store import MongoStore, make
from events.envelope import Entry
from events.errors import ConflictError, ForkedError, StorageError
from events.memory_store import MemoryStore
from events.sqlite_store import SQLiteStore
from events.store import EventStore, Held
from tests.bureau import NOON, Tablet

BUREAU = b"b" * 32


def log_of(count: int, seed: int = 7) -> tuple[bytes, list[Entry]]:
    tablet = Tablet(BUREAU, seed=seed)
    tablet.record(count - 1)
    return tablet.log, tablet.entries()


LOG, RUN = log_of(6)
OTHER, OTHER_RUN = log_of(4, seed=8)


Opened = Callable[[], EventStore]


def opener(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    if kind == "sqlite":
        return lambda: SQLiteStore(tmp_path / "h.sqlite")
    database: Callable[[], MongoDatastore] = request.getfixturevalue("database")
    make(database())
    return lambda: MongoStore(database())


@pytest.fixture(params=["memory", "sqlite", "mongodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[EventStore]:
    memory = request.param == "memory"
    made = MemoryStore() if memory else opener(request.param, request, tmp_path)()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "mongodb"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same history again and again."""
    return opener(request.param, request, tmp_path)


def contents(store: EventStore) -> list[tuple[int, str, int, int]]:
    return [
        (one.position, one.log, one.sequence, one.record().received_at)
        for one in store.read(0, 10_000)
    ]


def test_an_empty_store_holds_nothing(store: EventStore) -> None:
    assert isinstance(store, EventStore)
    assert store.held(LOG) == Held()
    assert store.size() == 0
    assert list(store.read(0, 10)) == []
    assert list(store.read_log(LOG, 0, 10)) == []


def test_bytes_come_back_as_they_went_in(store: EventStore) -> None:
    held = store.append(LOG, 0, RUN, NOON)

    assert held == Held(6, RUN[-1].hash, 6, NOON) == store.held(LOG)
    assert [one.record().entry.raw for one in store.read_log(LOG, 0, 10)] == [e.raw for e in RUN]
    assert [one.tag for one in store.read(0, 10)] == [entry.header.tag for entry in RUN]


def test_positions_count_without_gaps_in_the_order_of_arrival(store: EventStore) -> None:
    store.append(LOG, 0, RUN[:2], NOON)
    store.append(OTHER, 0, OTHER_RUN[:3], NOON + 1)
    store.append(LOG, 2, RUN[2:3], NOON + 2)

    assert contents(store) == [
        (1, LOG.hex(), 1, NOON),
        (2, LOG.hex(), 2, NOON),
        (3, OTHER.hex(), 1, NOON + 1),
        (4, OTHER.hex(), 2, NOON + 1),
        (5, OTHER.hex(), 3, NOON + 1),
        (6, LOG.hex(), 3, NOON + 2),
    ]


def test_received_at_never_decreases_though_the_clock_does(store: EventStore) -> None:
    store.append(LOG, 0, RUN[:1], NOON)
    assert store.append(LOG, 1, RUN[1:2], NOON - 50).received_at == NOON
    store.append(OTHER, 0, OTHER_RUN[:1], NOON - 99)
    store.append(LOG, 2, RUN[2:3], NOON + 1)

    assert [one[3] for one in contents(store)] == [NOON, NOON, NOON, NOON + 1]


def test_appending_what_is_held_changes_nothing(store: EventStore) -> None:
    first = store.append(LOG, 0, RUN[:3], NOON)

    assert store.append(LOG, 0, RUN[:3], NOON + 5) == first
    assert store.append(LOG, 1, RUN[1:2], NOON + 5) == first
    assert store.append(LOG, 0, (), NOON + 5) == first
    assert store.append(LOG, 1, RUN[1:5], NOON + 5) == Held(5, RUN[4].hash, 5, NOON + 5)
    assert [one[2] for one in contents(store)] == [1, 2, 3, 4, 5]


def test_a_gap_is_a_conflict_that_says_what_is_held(store: EventStore) -> None:
    store.append(LOG, 0, RUN[:2], NOON)

    with pytest.raises(ConflictError) as conflict:
        store.append(LOG, 3, RUN[3:], NOON)

    assert (conflict.value.held, conflict.value.held_hash) == (2, RUN[1].hash)
    with pytest.raises(ConflictError):
        store.append(OTHER, 2**64 - 1, OTHER_RUN, NOON)
    assert store.size() == 2


def test_a_fork_is_named_by_its_first_entry_and_nothing_is_stored(store: EventStore) -> None:
    store.append(LOG, 0, RUN[:3], NOON)
    twin = Tablet(BUREAU)
    twin.entropy(1)
    twin.record(4)

    with pytest.raises(ForkedError) as fork:
        store.append(LOG, 0, [*RUN[:1], *twin.entries()[1:]], NOON)

    assert fork.value.sequence == 2
    assert store.size() == 3


def test_reading_goes_on_behind_a_position_and_may_ask_for_tags(store: EventStore) -> None:
    store.append(LOG, 0, RUN[:2], NOON)
    store.append(OTHER, 0, OTHER_RUN, NOON)

    assert [one.position for one in store.read(2, 3)] == [3, 4, 5]
    assert [one.position for one in store.read(0, 9, ["log-opened.v1"])] == [1, 3]
    assert [one.position for one in store.read(1, 9, ["log-opened.v1", "object-closed.v1"])] == [
        2, 3, 4, 5, 6,
    ]  # fmt: skip
    assert [one.position for one in store.read(0, 1, ["object-closed.v1"])] == [2]
    assert [one.sequence for one in store.read_log(OTHER, 1, 2)] == [2, 3]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_any_overlapping_appends_make_two_whole_logs(
    calls: list[tuple[bool, int, int]],
) -> None:
    store = MemoryStore()
    for mine, after, end in calls:
        log, run = (LOG, RUN) if mine else (OTHER, OTHER_RUN)
        before = store.held(log)
        part = run[after : max(after, end)]
        if after > before.sequence:
            with pytest.raises(ConflictError):
                store.append(log, after, part, NOON)
            continue
        held = store.append(log, after, part, NOON)
        assert held.sequence == max(before.sequence, after + len(part))
        assert held == store.held(log)

    assert [one[0] for one in contents(store)] == list(range(1, store.size() + 1))
    for log, run in ((LOG, RUN), (OTHER, OTHER_RUN)):
        held_run = [one.record().entry.raw for one in store.read_log(log, 0, 99)]
        assert held_run == [one.raw for one in run[: len(held_run)]]


# ── where several open it ──────────────────────────────────────────────────────────


def append_one_by_one(place: Path | tuple[str, str], log: bytes, run: list[bytes]) -> None:
    from events import envelope

    store: EventStore = (
        SQLiteStore(place) if isinstance(place, Path) else MongoStore(MongoDatastore(*place))
    )
    for index, raw in enumerate(run):
        store.append(log, index, [envelope.decode(raw)], NOON + index)
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "mongodb"])
def test_several_processes_append_side_by_side(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    logs = [log_of(40, seed) for seed in (11, 12, 13)]
    start: Callable[..., multiprocessing.process.BaseProcess]
    start = multiprocessing.get_context("spawn").Process
    store = opener(kind, request, tmp_path)()
    place: Path | tuple[str, str] = tmp_path / "h.sqlite"
    if isinstance(store, MongoStore):
        place = request.getfixturevalue("mongodb"), store._datastore.database.name
    writers = [
        start(target=append_one_by_one, args=(place, log, [one.raw for one in run]))
        for log, run in logs
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    found = contents(store)
    assert [one[0] for one in found] == list(range(1, 121))
    assert [one[3] for one in found] == sorted(one[3] for one in found)
    for log, run in logs:
        assert [one.record().entry.raw for one in store.read_log(log, 0, 99)] == [
            e.raw for e in run
        ]
    store.close()


def test_a_race_for_the_same_log_is_a_conflict_for_the_loser(opened: Opened) -> None:
    one, two = opened(), opened()
    one.append(LOG, 0, RUN[:2], NOON)
    raced = two.held

    def held_then_overtaken(log: bytes) -> Held:
        held = raced(log)
        two.held = raced  # type: ignore[method-assign]
        one.append(LOG, 2, RUN[2:4], NOON)
        return held

    two.held = held_then_overtaken  # type: ignore[method-assign]
    with pytest.raises(ConflictError) as conflict:
        two.append(LOG, 2, RUN[2:], NOON)

    assert conflict.value.held == 4
    assert two.append(LOG, 4, RUN[4:], NOON).sequence == 6
    one.close()
    two.close()


def test_what_was_appended_is_there_after_opening_again(opened: Opened) -> None:
    store = opened()
    held = store.append(LOG, 0, RUN, NOON)
    store.close()

    again = opened()

    assert again.held(LOG) == held
    again.close()


def test_another_process_s_appends_are_seen(opened: Opened) -> None:
    one, two = opened(), opened()
    one.append(LOG, 0, RUN[:2], NOON)
    assert two.held(LOG) == one.held(LOG)
    two.append(LOG, 2, RUN[2:4], NOON)

    assert one.held(LOG) == two.held(LOG)
    assert one.size() == 4
    assert one.append(OTHER, 0, OTHER_RUN, NOON).position == 8
    assert [row[0] for row in contents(two)] == list(range(1, 9))
    one.close()
    two.close()


# ── in a file ──────────────────────────────────────────────────────────────────────


def test_a_full_store_keeps_whole_appends_only(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "h.sqlite")
    store.append(LOG, 0, RUN[:1], NOON)
    with store._datastore.transaction(commit=True) as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count={cursor.fetchone()[0] + 2}")
    log, run = log_of(200, seed=9)

    with pytest.raises(StorageError):
        store.append(log, 0, run, NOON)

    assert store.held(log) == Held()
    assert store.size() == 1
    store.close()
    roomy = SQLiteStore(tmp_path / "h.sqlite")
    assert roomy.append(log, 0, run, NOON).position == 201
    roomy.close()


def test_every_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "h.sqlite")
    with store._datastore.transaction(commit=True) as cursor:
        cursor.execute("PRAGMA synchronous")
        synchronous = cursor.fetchone()[0]
        cursor.execute("PRAGMA journal_mode")
        journal = cursor.fetchone()[0]
    store.close()

    assert (synchronous, journal) == (2, "wal")


def test_a_file_that_is_no_store_is_a_failure_of_storage(tmp_path: Path) -> None:
    (tmp_path / "h.sqlite").write_bytes(b"no database at all" * 300)

    with pytest.raises(StorageError):
        SQLiteStore(tmp_path / "h.sqlite")


def test_a_damaged_page_is_a_failure_of_storage(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    store = SQLiteStore(file)
    log, run = log_of(300, seed=10)
    store.append(log, 0, run, NOON)
    store.close()
    with sqlite3.connect(file) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name='history'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    with file.open("r+b") as raw:
        raw.seek((root - 1) * size)
        raw.write(b"\xff" * 200)

    broken = SQLiteStore(file)
    with pytest.raises(StorageError):
        broken.read(0, 1_000)
    with pytest.raises(StorageError):
        broken.size()
    broken.close()
