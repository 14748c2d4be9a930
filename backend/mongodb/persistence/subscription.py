"""Notified of what is recorded, by whatever process.

Change streams only wake: what is delivered is read by position, so nothing is missed, doubled or
early. A slow look of its own goes on where the server has no change streams, or they fail.
"""

from collections.abc import Sequence
from threading import Event, Thread
from typing import Any, Final

from eventsourcing.persistence import ListenNotifySubscription
from pymongo.errors import PyMongoError

from backend.mongodb.persistence.recorders import MongoApplicationRecorder

_LOOK: Final = 5.0  # seconds
_AWAIT: Final = 200  # ms that the server holds a request for changes
_INSERTS: Final[list[dict[str, Any]]] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {"_id": 1}},
]


class MongoSubscription(ListenNotifySubscription[MongoApplicationRecorder]):
    """An iterator of notifications that waits for more. Stop it: its threads outlive it."""

    def __init__(
        self, recorder: MongoApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._stopped = Event()
        recorder.listen(self._has_been_notified)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """Stop delivering."""
        super().stop()
        self._stopped.set()
        self._recorder.unlisten(self._has_been_notified)

    def __exit__(self, *args: object, **kwargs: Any) -> None:  # noqa: ANN401
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listener.join()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                self._watch()
            except PyMongoError:
                self._has_been_notified.set()
                self._stopped.wait(_LOOK)

    def _watch(self) -> None:
        with self._recorder.events.watch(_INSERTS, max_await_time_ms=_AWAIT) as changes:
            self._has_been_notified.set()  # for what came between the last read and this watch
            while not self._stopped.is_set() and changes.alive:
                if changes.try_next() is not None:
                    self._has_been_notified.set()
