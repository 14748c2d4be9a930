"""Group commit: what threads append at the same time goes out together.

Whoever finds nobody at it leads: it records all that wait, then hands the lead to the first of
those who came meanwhile. Nobody waits longer than for the group before its own.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Final

from eventsourcing.persistence import OperationalError

from backend.mongodb.persistence.commits import MOST_EVENTS, Append

_MOST_APPENDS: Final = 256


class Groups:
    """Calls `record` with groups of appends, by one thread at a time."""

    def __init__(self, record: Callable[[Sequence[Append]], None]) -> None:
        self._record = record
        self._lock = Lock()
        self._led = False
        self._waiting: deque[tuple[Append, Event]] = deque()

    def record(self, append: Append) -> None:
        """Return when the append is recorded, or has its error."""
        woken = Event()
        with self._lock:
            self._waiting.append((append, woken))
            leads, self._led = not self._led, True
        if not leads:
            woken.wait()  # for its end, or for the lead
        if not append.done:
            self._lead()

    def _lead(self) -> None:
        with self._lock:
            group = self._next_group()
        try:
            self._record([append for append, _woken in group])
        finally:
            self._hand_over(group)

    def _next_group(self) -> list[tuple[Append, Event]]:
        group: list[tuple[Append, Event]] = []
        events = 0
        while self._waiting and len(group) < _MOST_APPENDS:
            events += len(self._waiting[0][0].events)
            if group and events > MOST_EVENTS:
                break
            group.append(self._waiting.popleft())
        return group

    def _hand_over(self, group: Sequence[tuple[Append, Event]]) -> None:
        with self._lock:
            successor = self._waiting[0][1] if self._waiting else None
            self._led = successor is not None
        for append, woken in group:
            if not append.done:  # the leader was interrupted
                append.error = OperationalError("interrupted: the outcome is unknown")
            woken.set()
        if successor is not None:
            successor.set()
