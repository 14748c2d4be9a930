"""Commit documents: how an append becomes one, and one becomes stored events again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from bson.int64 import Int64
from bson.objectid import ObjectId
from eventsourcing.persistence import DataError, IntegrityError, StoredEvent

from backend.mongodb.persistence.datastore import Document

MOST_EVENTS: Final = 5_000
MOST_BYTES: Final = 15_000_000  # a document may have 16 MiB
_FRAME: Final = 64  # bytes around an event, ids and topic aside


class Recorded(NamedTuple):
    """An event as it is recorded; times in microseconds, `commit` the id of its append."""

    position: int
    originator_id: UUID | str
    version: int
    topic: str
    state: bytes
    received_at: int
    epoch: int
    commit: object


class Tail(NamedTuple):
    """What the next commit stands behind: its position, and what must not decrease."""

    next: int = 1
    received_at: int = 0
    epoch: int = 0


@dataclass(slots=True)
class Append:
    """Events on their way: the id stays the same on every attempt."""

    events: list[Document]
    id: object
    received_at: int
    epoch: int = 0
    recorded: Document | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether it is recorded or refused."""
        return self.recorded is not None or self.error is not None

    def claim(self, tail: Tail) -> tuple[Document, Tail]:
        """Return the document that stands behind `tail`, and the tail behind that."""
        received_at = max(self.received_at, tail.received_at)
        epoch = max(self.epoch, tail.epoch)
        document = {
            "_id": self.id,
            "p": Int64(tail.next),
            "n": len(self.events),
            "received_at": Int64(received_at),
            "epoch": Int64(epoch),
            "e": self.events,
        }
        return document, Tail(tail.next + len(self.events), received_at, epoch)

    def positions(self) -> list[int]:
        """Return its positions, once it is recorded; raise what refused it."""
        if self.recorded is None:
            raise self.error or IntegrityError("not recorded")
        first: int = self.recorded["p"]
        return list(range(first, first + len(self.events)))


def append_of(
    stored_events: Sequence[StoredEvent],
    received_at: int,
    epoch: int = 0,
    commit_id: object = None,
) -> Append:
    """Return an append of events; `DataError` if too large, `IntegrityError` if one is double."""
    if len(stored_events) > MOST_EVENTS:
        raise DataError(f"{len(stored_events)} events in one append: at most {MOST_EVENTS}")
    events = encoded(stored_events)
    size = sum(len(one["d"]) + len(one["t"]) + len(str(one["s"])) + _FRAME for one in events)
    if size > MOST_BYTES:
        raise DataError(f"{size} bytes in one append: at most {MOST_BYTES}")
    return Append(events, ObjectId() if commit_id is None else commit_id, received_at, epoch)


def encoded(stored_events: Sequence[StoredEvent]) -> list[Document]:
    """Return events as a commit holds them; a unique index does not look inside a document."""
    if len({(one.originator_id, one.originator_version) for one in stored_events}) < len(
        stored_events
    ):
        raise IntegrityError("an event occurs twice in one append")
    return [
        {"s": one.originator_id, "v": one.originator_version, "t": one.topic, "d": one.state}
        for one in stored_events
    ]


def stored_event(event: Document) -> StoredEvent:
    """Return an event of a commit as the library knows it."""
    return StoredEvent(event["s"], event["v"], event["t"], bytes(event["d"]))


def events_of(commit: Document) -> Iterator[Recorded]:
    """Return the events of a commit, by position. One that was filtered away is None there."""
    received_at, epoch, identity = commit["received_at"], commit["epoch"], commit["_id"]
    for position, event in enumerate(commit["e"], commit["p"]):
        if event is not None:
            yield Recorded(
                position,
                event["s"],
                event["v"],
                event["t"],
                bytes(event["d"]),
                received_at,
                epoch,
                identity,
            )


def tail_of(newest: Document | None) -> Tail:
    """Return what stands behind the newest commit."""
    if newest is None:
        return Tail()
    return Tail(newest["p"] + newest["n"], newest["received_at"], newest["epoch"])


def same(one: Document, append: Append) -> bool:
    """Tell whether a recorded commit holds the versions that `append` would record."""
    held: list[Any] = [(event["s"], event["v"]) for event in one["e"]]
    return held == [(event["s"], event["v"]) for event in append.events]
