"""What the recorder promises beyond the library's cases."""

import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, Event, Thread
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    StoredEvent,
    Tracking,
)
from hypothesis import given
from hypothesis import strategies as st

from backend.mongodb.persistence import (
    MongoApplicationRecorder,
    MongoDatastore,
    MongoProcessRecorder,
)
from backend.mongodb.persistence.claims import Claims
from backend.mongodb.persistence.commits import Recorded, Tail, append_of
from tests.mongodb.lossy_line import LossyLine
from tests.mongodb.standin import dropped, new_database

Opened = Callable[..., MongoApplicationRecorder]


@pytest.fixture
def opened(mongodb: str) -> Generator[Opened]:
    """Open recorders of one history, each with a client of its own."""
    name = new_database()
    datastores: list[MongoDatastore] = []

    def open_one(
        kind: type[MongoApplicationRecorder] = MongoApplicationRecorder,
        uri: str = mongodb,
        **options: float,
    ) -> MongoApplicationRecorder:
        datastores.append(MongoDatastore(uri, name))
        recorder = kind(datastores[-1], **options)
        recorder.create_table()
        return recorder

    yield open_one
    for datastore in datastores:
        datastore.close()
    dropped(mongodb, name)


def events(count: int, of: UUID | str | None = None, first: int = 1) -> list[StoredEvent]:
    of = of or uuid4()
    return [StoredEvent(of, first + n, f"topic{n % 3}", b"state %d" % n) for n in range(count)]


def positions(recorder: MongoApplicationRecorder) -> list[int]:
    return [one.position for one in recorder.select_recorded(1, 100_000)]


def all_at_once(work: Sequence[Callable[[], object]]) -> None:
    barrier = Barrier(len(work))

    def one(doing: Callable[[], object]) -> None:
        barrier.wait()
        doing()

    with ThreadPoolExecutor(len(work)) as threads:
        for done in [threads.submit(one, doing) for doing in work]:
            done.result()


def test_many_writers_leave_no_gap_and_a_reader_sees_all_in_order(opened: Opened) -> None:
    writers = [opened() for _ in range(3)]
    reader, seen, over = opened(), list[int](), Event()

    def write(writer: MongoApplicationRecorder) -> None:
        for number in range(20):
            taken = writer.insert_events(events(1 + number % 4)) or []
            assert list(taken) == list(range(taken[0], taken[0] + 1 + number % 4))

    def read() -> None:
        while not over.is_set() or len(seen) < reader.max_notification_id():  # type: ignore[operator]
            after = seen[-1] if seen else 0
            seen.extend(one.id for one in reader.select_notifications(after + 1, 7))

    watching = Thread(target=read)
    watching.start()
    all_at_once([lambda writer=writer: write(writer) for writer in writers * 2])
    over.set()
    watching.join()

    assert seen == list(range(1, 6 * 50 + 1))
    assert sum(writer.claims.conflicts for writer in writers) > 0, "they never met"


def test_a_conflict_in_a_group_refuses_only_its_own_append(opened: Opened) -> None:
    recorder, taken = opened(), uuid4()
    recorder.insert_events(events(1, taken))
    refused: list[int] = []
    recorded: list[int] = []

    def append(number: int) -> None:
        try:
            recorded.extend(
                recorder.insert_events(events(1, taken if number % 3 == 0 else None)) or ()
            )
        except IntegrityError:
            refused.append(number)

    all_at_once([lambda number=number: append(number) for number in range(9)])

    assert sorted(refused) == [0, 3, 6]
    assert sorted(recorded) == list(range(2, 8)) == positions(recorder)[1:]


def test_appends_of_many_threads_go_out_together(opened: Opened) -> None:
    recorder = opened()
    groups: list[int] = []
    record = recorder.claims.record

    def counting(group: Sequence[object]) -> None:
        groups.append(len(group))
        record(group)  # type: ignore[arg-type]

    recorder._groups._record = counting  # type: ignore[union-attr]
    all_at_once([lambda: recorder.insert_events(events(1))] * 16)

    assert sum(groups) == 16
    assert len(groups) < 16


@pytest.mark.parametrize("lost", [1, 3])
def test_a_lost_answer_does_not_lose_or_double_what_it_answered(
    opened: Opened, mongodb: str, lost: int
) -> None:
    plain = opened()
    plain.insert_events(events(2))
    with LossyLine(urlsplit(mongodb).port or 27017) as line:
        over_it = opened(uri=line.uri)
        line.lose(lost)

        assert over_it.insert_events(events(3)) == [3, 4, 5]
        assert line.lost == 1, "the id told that the first was recorded"
        assert over_it.insert_events(events(1)) == [6]
        over_it.datastore.close()

    assert positions(plain) == [1, 2, 3, 4, 5, 6]


def test_where_nobody_answers_the_outcome_is_said_to_be_unknown(opened: Opened) -> None:
    recorder = opened(
        uri="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50", patience=0.1, kind=Unmade
    )

    with pytest.raises(OperationalError):
        recorder.insert_events(events(1))


class Unmade(MongoApplicationRecorder):
    def create_table(self) -> None:
        pass


class Lagging(Claims):
    """Sees the newest commit late, as where a majority does not hold it yet."""

    unseen = 3

    def tail(self, known: int = 0) -> Tail | None:
        if self.unseen:
            self.unseen -= 1
            return None
        return super().tail(known)


def test_a_position_is_not_claimed_behind_what_no_majority_holds(opened: Opened) -> None:
    one, other = opened(), opened()
    one.insert_events(events(1))
    lagging = Lagging(other.events)
    lagging.recorded_elsewhere(Tail(1))
    other.claims = lagging
    other._groups._record = lagging.record  # type: ignore[union-attr]

    assert other.insert_events(events(1)) == [2]
    assert lagging.unseen == 0
    assert positions(one) == [1, 2]


def test_a_commit_that_is_never_settled_is_waited_for_only_so_long(opened: Opened) -> None:
    one, other = opened(), opened()
    one.insert_events(events(1))
    lagging = Lagging(other.events, patience=0.05)
    lagging.unseen = sys.maxsize
    lagging.recorded_elsewhere(Tail(1))
    other._groups._record = lagging.record  # type: ignore[union-attr]

    with pytest.raises(OperationalError, match="majority"):
        other.insert_events(events(1))


def test_the_same_commit_id_is_the_same_append(opened: Opened) -> None:
    recorder, upload = opened(), uuid4()
    mine = events(3)
    first = recorder.insert_events(mine, commit_id=upload)
    recorder.insert_events(events(2))

    assert recorder.insert_events(mine, commit_id=upload) == first == [1, 2, 3]
    with pytest.raises(IntegrityError, match="commit id"):
        recorder.insert_events(events(3), commit_id=upload)
    assert positions(recorder) == [1, 2, 3, 4, 5]
    assert recorder.insert_events(events(1)) == [6]


def test_time_of_record_and_epoch_are_kept_and_never_decrease(opened: Opened) -> None:
    one, other = opened(), opened()
    one.insert_events(events(2), received_at=50, epoch=1)
    other.insert_events(events(1), received_at=40)
    one.insert_events(events(1), received_at=60, epoch=2)
    other.insert_events(events(1), received_at=10, epoch=1)

    kept = one.select_recorded(1, 10)

    assert [(one.received_at, one.epoch) for one in kept] == [
        (50, 1), (50, 1), (50, 1), (60, 2), (60, 2),
    ]  # fmt: skip
    assert [one.commit for one in kept[:2]] == [kept[0].commit] * 2
    assert len({one.commit for one in kept}) == 4


def test_an_append_is_whole_or_not_at_all(opened: Opened) -> None:
    recorder, of = opened(), uuid4()
    recorder.insert_events(events(1, of, first=3))

    with pytest.raises(IntegrityError):
        recorder.insert_events(events(4, of))
    with pytest.raises(IntegrityError, match="twice"):
        recorder.insert_events([*events(2), *events(1, of, 9), *events(1, of, 9)])
    with pytest.raises(DataError, match="at most 5000"):
        recorder.insert_events(events(5_001))
    with pytest.raises(DataError, match="bytes"):
        recorder.insert_events([StoredEvent(uuid4(), 1, "t", bytes(16_000_000))])
    with pytest.raises(DataError):
        recorder.insert_events([StoredEvent(uuid4(), 2**70, "t", b"")])

    assert positions(recorder) == [1]


def test_an_append_that_cannot_be_encoded_takes_no_other_with_it(opened: Opened) -> None:
    recorder = opened()
    appends = [append_of(events(1), 1), append_of([StoredEvent("x", 2**70, "t", b"")], 1)]
    appends.append(append_of(events(1), 1))

    recorder.claims.record(appends)

    assert [one.positions() for one in (appends[0], appends[2])] == [[1], [2]]
    with pytest.raises(DataError):
        appends[1].positions()


def test_the_largest_append_there_may_be_is_recorded(opened: Opened) -> None:
    recorder = opened()
    recorder.insert_events(events(5_000))
    recorder.insert_events(events(1))

    assert [one.position for one in recorder.select_recorded(4_999, 9)] == [4_999, 5_000, 5_001]


def test_a_reader_stops_before_a_hole(opened: Opened) -> None:
    recorder = opened()
    recorder.insert_events(events(2))
    recorder.insert_events(events(2))
    recorder.insert_events(events(2))
    recorder.events.delete_one({"p": 3})

    assert positions(opened()) == [1, 2]
    assert opened().select_recorded(3, 10) == []
    assert [one.position for one in opened().select_recorded(5, 10)] == [5, 6]
    assert [one.position for one in opened().select_recorded(1, 9, topics=["topic1"])] == [2]


@pytest.fixture(scope="module")
def long(mongodb: str) -> Generator[tuple[MongoApplicationRecorder, list[Recorded]]]:
    name = new_database()
    with closing(MongoDatastore(mongodb, name)) as datastore:
        recorder = MongoApplicationRecorder(datastore)
        recorder.create_table()
        for size in (1, 7, 2, 30, 1, 1, 12, 3):
            recorder.insert_events(events(size), received_at=1)
        yield recorder, recorder.select_recorded(1, 1_000)
    dropped(mongodb, name)


@given(
    first=st.integers(1, 60),
    limit=st.integers(1, 60),
    last=st.none() | st.integers(1, 70),
    topics=st.lists(st.sampled_from(["topic0", "topic1", "none"]), max_size=2, unique=True),
)
def test_any_page_is_that_part_of_the_whole(
    long: tuple[MongoApplicationRecorder, list[Recorded]],
    first: int,
    limit: int,
    last: int | None,
    topics: list[str],
) -> None:
    recorder, whole = long
    expected = [
        one
        for one in whole
        if one.position >= first
        and (last is None or one.position <= last)
        and (not topics or one.topic in topics)
    ]

    assert recorder.select_recorded(first, limit, last, topics) == expected[:limit]


def test_a_subscriber_is_woken_by_another_process(opened: Opened) -> None:
    reader, writer = opened(), opened()
    with reader.subscribe(gt=0) as subscription:
        Thread(target=lambda: writer.insert_events(events(2))).start()

        assert [next(subscription).id, next(subscription).id] == [1, 2]


def test_events_and_tracking_are_recorded_together_or_not_at_all(opened: Opened) -> None:
    recorder = opened(kind=MongoProcessRecorder)
    assert isinstance(recorder, MongoProcessRecorder)
    recorder.insert_events(events(2), tracking=Tracking("upstream", 5))

    with pytest.raises(IntegrityError):
        recorder.insert_events(events(1), tracking=Tracking("upstream", 5))
    taken = events(1)
    recorder.insert_events(taken)
    with pytest.raises(IntegrityError):
        recorder.insert_events(taken, tracking=Tracking("upstream", 6))

    assert positions(recorder) == [1, 2, 3]
    assert recorder.max_tracking_id("upstream") == 5


def test_processes_that_track_take_their_turn_with_those_that_do_not(opened: Opened) -> None:
    tracking, plain = opened(kind=MongoProcessRecorder), opened()

    def track() -> None:
        for number in range(1, 11):
            tracking.insert_events(events(2), tracking=Tracking("upstream", number))

    def append() -> None:
        for _ in range(10):
            plain.insert_events(events(1))

    all_at_once([track, append])

    assert positions(plain) == list(range(1, 31))


@pytest.mark.parametrize(
    "uri", ["no uri", "mongodb://", "mongodb://h/?w=x&ssl=perhaps", "http://h/"]
)
def test_a_wrong_uri_is_refused_before_anything_is_asked(uri: str) -> None:
    with pytest.raises(InterfaceError):
        MongoDatastore(uri, "name")


def test_a_wrong_name_of_a_database_is_refused(mongodb: str) -> None:
    with pytest.raises(InterfaceError):
        MongoDatastore(mongodb, "a/b")
