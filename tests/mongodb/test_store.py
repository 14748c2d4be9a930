"""What only the history in MongoDB promises, beside the contract of every store."""

from collections.abc import Callable

import pytest

from backend.mongodb.persistence import MongoApplicationRecorder, MongoDatastore
from backend.mongodb.store import HISTORY, MongoStore, first_epoch, make
from events.envelope import Entry
from events.errors import StorageError, TooLargeError
from events.memory_store import MemoryStore
from events.office import EpochOpened
from tests.bureau import NOON, Tablet

Database = Callable[[], MongoDatastore]
BUREAU = b"b" * 32


def history(datastore: MongoDatastore, epoch: Callable[[], int] = first_epoch) -> MongoStore:
    make(datastore)
    return MongoStore(datastore, epoch)


def a_log(count: int, seed: int = 7) -> tuple[bytes, list[Entry]]:
    tablet = Tablet(BUREAU, seed=seed)
    tablet.record(count - 1)
    return tablet.log, tablet.entries()


def test_the_records_are_byte_for_byte_those_of_another_store(database: Database) -> None:
    here, there = history(database()), MemoryStore()
    for seed in (7, 8):
        log, run = a_log(5, seed)
        for store in (here, there):
            store.append(log, 0, run[:3], NOON + seed)
            store.append(log, 3, run[3:], NOON - seed)

    assert list(here.read(0, 99)) == list(there.read(0, 99))


def test_each_commit_keeps_the_epoch_it_was_made_in(database: Database) -> None:
    epochs = iter((1, 2))
    store = history(database(), lambda: next(epochs))
    office = Tablet(BUREAU, seed=1)
    office.say(EpochOpened(epoch=2, size=1, root="0" * 64, reason="restored"))
    opening = office.entries()
    log, run = a_log(3)

    store.append(log, 0, run[:1], NOON)
    store.append(office.log, 0, opening, NOON)
    store.append(log, 1, run[1:], NOON)

    recorder = MongoApplicationRecorder(database(), HISTORY)
    kept = [(one.position, one.epoch) for one in recorder.select_recorded(1, 10)]
    assert [epoch for _position, epoch in kept] == [1] * (1 + len(opening)) + [2, 2]


def test_a_run_that_no_document_can_hold_is_too_large_and_nothing_is_stored(
    database: Database,
) -> None:
    store = history(database())
    log, run = a_log(5_001)

    with pytest.raises(TooLargeError):
        store.append(log, 0, run, NOON)

    assert store.size() == 0
    assert store.append(log, 0, run[:5_000], NOON).position == 5_000


def test_a_log_that_a_restored_backup_cut_short_is_held_as_far_as_it_is(
    database: Database,
) -> None:
    datastore = database()
    store, (log, run) = history(datastore), a_log(4)
    held = store.append(log, 0, run[:2], NOON)
    store.append(log, 2, run[2:], NOON)
    assert store.held(log).sequence == 4

    datastore.collection(HISTORY).delete_one({"p": 3})

    assert store.held(log) == held
    assert store.size() == 2


def test_a_database_that_does_not_answer_is_a_failure_of_storage() -> None:
    nowhere = MongoDatastore("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50", "x")

    store = MongoStore(nowhere)
    for ask in (
        lambda: make(nowhere),
        store.size,
        lambda: store.held(b""),
        lambda: store.read(0, 1),
    ):
        with pytest.raises(StorageError, match="database failed"):
            ask()

    nowhere.close()


@pytest.mark.parametrize(
    "where",
    [
        {"p": {"$gte": 10, "$lte": 20}},
        {"p": {"$gte": 10}},
        {"e.s": "log"},
        {"e.s": "log", "p": {"$gte": 3}},
        {"_id": {"$in": ["one"]}},
    ],
)
def test_an_index_answers_what_is_asked_of_commits(
    database: Database, where: dict[str, object]
) -> None:
    datastore = database()
    store = history(datastore)
    log, run = a_log(3)
    store.append(log, 0, run, NOON)

    plan = datastore.collection(HISTORY).find(where).explain()

    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
