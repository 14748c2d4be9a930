"""The history in MongoDB: an append is one commit document, its positions claimed when it lands.

A log is an originator, its sequence the version. The time of record stands in the commit, since
it is settled together with the positions; a stored record is put together when it is read, byte
for byte what SQLite would hold. Several processes may append, on several machines.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final

from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    PersistenceError,
    StoredEvent,
)
from pymongo import DESCENDING

from backend.mongodb.persistence import MongoApplicationRecorder, MongoDatastore
from backend.mongodb.persistence.commits import Recorded, append_of, events_of
from backend.mongodb.persistence.datastore import Document
from backend.mongodb.persistence.errors import translated
from backend.mongodb.refusals import failed
from events import envelope, vocabulary
from events.envelope import Entry
from events.errors import ConflictError, TooLargeError
from events.memory_store import held_at
from events.office import EpochOpened
from events.store import Held, Stored, fresh

HISTORY: Final = "history"
_LAST: Final = {"p": 1, "n": 1, "received_at": 1, "epoch": 1, "e": {"$slice": -1}}
_EPOCH_OPENED: Final = vocabulary.tag_of(EpochOpened)


def first_epoch() -> int:
    """Return the epoch of a history that was never restored."""
    return 1


class MongoStore:
    """An `EventStore` over `MongoApplicationRecorder`. Thread-safe.

    `epoch` says in which epoch we are; it is asked once, and again when one was opened.
    """

    def __init__(self, datastore: MongoDatastore, epoch: Callable[[], int] = first_epoch) -> None:
        self._datastore = datastore
        self._recorder = MongoApplicationRecorder(datastore, HISTORY)
        self._epoch_now = epoch
        self._epoch: int | None = None
        self._newest: dict[str, int] = {}  # by log, where a commit of it was seen last

    def held(self, log: bytes) -> Held:
        """See `EventStore.held`."""
        originator = log.hex()
        known = self._newest.get(originator, 1)
        with _failing(), translated():
            commit = self._newest_from(originator, known)
            if commit is None and known > 1:  # the database was restored from a backup
                commit = self._newest_from(originator, 1)
        if commit is None:
            return Held()
        self._newest[originator] = commit["p"]
        commit["p"] += commit["n"] - 1  # where its last event stands, the only one asked for
        (last,) = events_of(commit)
        return held_at(_stored(last))

    def append(self, log: bytes, after: int, run: Sequence[Entry], received_at: int) -> Held:
        """See `EventStore.append`. `TooLargeError`: more than one document can hold."""
        held = self.held(log)
        new = fresh(self, log, after, run, held)
        if not new:
            return held
        try:
            with _failing():
                append = append_of(_events(log, new), received_at, self._current_epoch())
                self._recorder.record(append)
                last = append.positions()[-1]
        except IntegrityError as lost_race:
            held = self.held(log)
            raise ConflictError(held.sequence, held.hash) from lost_race
        except DataError as too_large:
            raise TooLargeError(str(too_large)) from too_large
        if any(entry.header.tag == _EPOCH_OPENED for entry in new):
            self._epoch = None
        received = append.recorded["received_at"] if append.recorded else received_at
        return Held(new[-1].header.sequence, new[-1].hash, last, int(received))

    def read(self, after: int, limit: int, tags: Sequence[str] = ()) -> Sequence[Stored]:
        """See `EventStore.read`."""
        with _failing():
            return [
                _stored(one)
                for one in self._recorder.select_recorded(after + 1, limit, topics=tags)
            ]

    def read_log(self, log: bytes, after: int, limit: int) -> Sequence[Stored]:
        """See `EventStore.read_log`."""
        with _failing():
            return [
                _stored(one)
                for one in self._recorder.select_recorded_of(log.hex(), after, after + limit)
            ]

    def size(self) -> int:
        """See `EventStore.size`."""
        with _failing():
            return self._recorder.max_notification_id() or 0

    def close(self) -> None:
        """Let go of the connections."""
        self._datastore.close()

    def _newest_from(self, originator: str, position: int) -> Document | None:
        """Return the newest commit of a log, with its last event only."""
        where = {"e.s": originator, "p": {"$gte": position}}
        found = self._recorder.events.find(where, _LAST).sort("p", DESCENDING).limit(1)
        return next(iter(found), None)

    def _current_epoch(self) -> int:
        if self._epoch is None:
            self._epoch = self._epoch_now()
        return self._epoch


def make(datastore: MongoDatastore) -> None:
    """Make the collection of a history and the indexes that carry its promises, if need be."""
    with _failing():
        MongoApplicationRecorder(datastore, HISTORY).create_table()


def is_made(datastore: MongoDatastore) -> bool:
    """Tell whether the indexes are there without which nothing may be appended."""
    with _failing(), translated():
        found = datastore.collection(HISTORY).index_information()
    return all(found.get(name, {}).get("unique") for name in ("position", "version"))


def _events(log: bytes, run: Sequence[Entry]) -> list[StoredEvent]:
    return [
        StoredEvent(log.hex(), one.header.sequence, one.header.tag, envelope.encode(one))
        for one in run
    ]


def _stored(one: Recorded) -> Stored:
    state = envelope.encode_stored(one.received_at, one.state)
    return Stored(one.position, str(one.originator_id), one.version, one.topic, state)


@contextmanager
def _failing() -> Generator[None]:
    """Say in our words that the database failed; what refuses an append passes."""
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except PersistenceError as failure:
        raise failed(failure) from failure
