"""The library's recorders over commit documents."""

import math
import time
from collections.abc import Sequence
from threading import Event
from typing import Any
from uuid import UUID

from bson.int64 import Int64
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Notification,
    OperationalError,
    ProcessRecorder,
    Recorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from backend.mongodb.persistence.claims import PATIENCE, TAIL, Claims
from backend.mongodb.persistence.commits import (
    Append,
    Recorded,
    append_of,
    encoded,
    events_of,
    stored_event,
    tail_of,
)
from backend.mongodb.persistence.datastore import Document, MongoDatastore
from backend.mongodb.persistence.errors import translated
from backend.mongodb.persistence.groups import Groups
from backend.mongodb.persistence.reading import (
    NEWEST,
    POSITION,
    VERSION,
    Positions,
    of_originator,
)


def now() -> int:
    """Return this machine's time in microseconds."""
    return time.time_ns() // 1_000


class MongoRecorder(Recorder):
    """What all of them share: the database, and collections made when asked for."""

    def __init__(self, datastore: MongoDatastore, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.datastore = datastore

    def create_table(self) -> None:
        """Make collections and indexes, as far as there are none."""


class MongoAggregateRecorder(MongoRecorder, AggregateRecorder):
    """Events by originator, without positions: for snapshots."""

    indexes: tuple[IndexModel, ...] = (VERSION,)

    def __init__(
        self,
        datastore: MongoDatastore,
        events_table_name: str = "stored_events",
        **kwargs: Any,  # noqa: ANN401  as the library passes them on
    ) -> None:
        super().__init__(datastore, **kwargs)
        self.events: Collection[Document] = datastore.collection(events_table_name)

    def create_table(self) -> None:
        super().create_table()
        with translated():
            self.events.create_indexes(list(self.indexes))

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401  the library's
    ) -> Sequence[int] | None:
        """Record events, all or none."""
        del kwargs
        if stored_events:
            commit = {"n": len(stored_events), "e": encoded(stored_events)}
            with translated():
                self.events.insert_one(commit)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of an originator in the order of versions."""
        least = -math.inf if gt is None else gt
        most = math.inf if lte is None else lte
        with translated():
            found = [
                stored_event(one)
                for commit in self.events.find(of_originator(originator_id, gt, lte))
                for one in commit["e"]
                if one["s"] == originator_id and least < one["v"] <= most
            ]
        found.sort(key=lambda one: one.originator_version, reverse=desc)
        return found if limit is None else found[:limit]


class MongoApplicationRecorder(MongoAggregateRecorder, ApplicationRecorder):
    """Events by originator and by position: gapless, in the order of commit."""

    indexes = (VERSION, POSITION, NEWEST)

    def __init__(
        self,
        datastore: MongoDatastore,
        events_table_name: str = "stored_events",
        *,
        group_commit: bool = True,
        patience: float = PATIENCE,
        **kwargs: Any,  # noqa: ANN401  as the library passes them on
    ) -> None:
        super().__init__(datastore, events_table_name, **kwargs)
        self.claims = Claims(self.events, patience)
        self.positions = Positions(self.events)
        self._groups = Groups(self.claims.record) if group_commit else None
        self._patience = patience
        self._listeners: set[Event] = set()

    # ── appending ──────────────────────────────────────────────────────────────────

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401  the library's
    ) -> Sequence[int] | None:
        """Record events, all or none, and return their positions.

        `received_at` (microseconds; else this machine's time) and `epoch` (0) are kept with the
        commit, but never less than those of the commit before. `commit_id` makes a repetition
        harmless: where it was recorded, with the same versions, its positions are returned.
        `OperationalError`: the outcome is unknown; repeat it with the same id.
        """
        if not stored_events:
            return []
        append = append_of(
            stored_events,
            kwargs.get("received_at") or now(),
            kwargs.get("epoch") or 0,
            kwargs.get("commit_id"),
        )
        self.record(append)
        return append.positions()

    def record(self, append: Append) -> None:
        """Record an append, with what other threads append meanwhile; or set its error."""
        if self._groups is not None:
            self._groups.record(append)
        else:
            Claims(self.events, self._patience).record([append])
        if append.recorded is not None:
            self.wake()

    # ── reading ────────────────────────────────────────────────────────────────────

    def select_recorded(
        self, first: int, limit: int, last: int | None = None, topics: Sequence[str] = ()
    ) -> list[Recorded]:
        """Return events from position `first` on, with what is kept of their commits."""
        with translated():
            return self.positions.read(first, limit, last, topics)

    def select_recorded_of(self, originator_id: UUID | str, gt: int, lte: int) -> list[Recorded]:
        """Return some versions of an originator, with what is kept of their commits."""
        with translated():
            found = [
                one
                for commit in self.events.find(of_originator(originator_id, gt, lte))
                for one in events_of(commit)
                if one.originator_id == originator_id and gt < one.version <= lte
            ]
        return sorted(found, key=lambda one: one.version)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return events by position."""
        first = 1 if start is None else max(1, start if inclusive_of_start else start + 1)
        return [
            Notification(one.originator_id, one.version, one.topic, one.state, one.position)
            for one in self.select_recorded(first, limit, stop, topics)
        ]

    def max_notification_id(self) -> int | None:
        """Return the newest position, None if there is none."""
        with translated():
            tail = self.claims.tail()
        return tail.next - 1 if tail else None

    # ── subscribing ────────────────────────────────────────────────────────────────

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return events as they are recorded, by this process or by others."""
        from backend.mongodb.persistence.subscription import MongoSubscription  # noqa: PLC0415

        return MongoSubscription(self, gt, topics)

    def listen(self, woken: Event) -> None:
        """From now on set `woken` after each append of this recorder."""
        self._listeners.add(woken)

    def unlisten(self, woken: Event) -> None:
        """Leave `woken` alone."""
        self._listeners.discard(woken)

    def wake(self) -> None:
        """Tell those who listen that something was recorded."""
        for woken in tuple(self._listeners):
            woken.set()


class MongoTrackingRecorder(MongoRecorder, TrackingRecorder):
    """How far each upstream application was processed: one document each."""

    def __init__(
        self,
        datastore: MongoDatastore,
        tracking_table_name: str = "tracking",
        **kwargs: Any,  # noqa: ANN401  as the library passes them on
    ) -> None:
        super().__init__(datastore, **kwargs)
        self.tracking: Collection[Document] = datastore.collection(tracking_table_name)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move on; `IntegrityError` where that position, or a later one, is reached already."""
        with translated():
            self.track(tracking)

    def track(self, tracking: Tracking, session: ClientSession | None = None) -> None:
        """Move on, in a transaction if there is a `session`; raises the driver's errors."""
        # A later position does not match, so a second document is tried: its id is taken.
        self.tracking.update_one(
            {"_id": tracking.application_name, "n": {"$lt": tracking.notification_id}},
            {"$set": {"n": Int64(tracking.notification_id)}},
            upsert=True,
            session=session,
        )

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return how far an application was processed."""
        with translated():
            found = self.tracking.find_one({"_id": application_name})
        return int(found["n"]) if found else None


class MongoProcessRecorder(MongoTrackingRecorder, MongoApplicationRecorder, ProcessRecorder):
    """Events and tracking in one transaction: it needs a replica set or a sharded cluster."""

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401  the library's
    ) -> Sequence[int] | None:
        """Record events and, with them, the `tracking` that is given."""
        tracking: Tracking | None = kwargs.pop("tracking", None)
        if tracking is None:
            return super().insert_events(stored_events, **kwargs)
        if not stored_events:
            self.insert_tracking(tracking)
            return []
        append = append_of(
            stored_events, kwargs.get("received_at") or now(), kwargs.get("epoch") or 0
        )
        self._record_tracked(append, tracking)
        self.wake()
        return append.positions()

    def _record_tracked(self, append: Append, tracking: Tracking) -> None:
        def work(session: ClientSession) -> Document:
            with_majority = self.claims.tail()
            document, _behind = append.claim(with_majority or tail_of(None))
            self.track(tracking, session)
            self.events.insert_one(document, session=session)
            return document

        while append.recorded is None:
            try:
                append.recorded = self.datastore.in_transaction(work)
            except OperationalError:
                append.recorded = self._recorded(append)  # the answer may have been lost
                if append.recorded is None:
                    raise
            except IntegrityError as conflict:
                if not _of_position(conflict):
                    raise
        self.claims.recorded_elsewhere(tail_of(append.recorded))

    def _recorded(self, append: Append) -> Document | None:
        with translated():
            return self.events.find_one({"_id": append.id}, TAIL)


def _of_position(conflict: IntegrityError) -> bool:
    """Tell whether another writer took the position: then the transaction is tried again."""
    cause = conflict.__cause__
    if not isinstance(cause, DuplicateKeyError):
        return False
    return "p" in ((cause.details or {}).get("keyPattern") or {})
