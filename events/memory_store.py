"""A store that forgets: for tests and for replaying into memory."""

from collections import defaultdict
from collections.abc import Sequence

from events import envelope
from events.envelope import Entry
from events.store import Held, Stored, fresh


class MemoryStore:
    """Keeps the promises of `EventStore`, durability aside."""

    def __init__(self) -> None:
        self._records: list[Stored] = []
        self._logs: defaultdict[str, list[Stored]] = defaultdict(list)
        self._last_received = 0

    def held(self, log: bytes) -> Held:
        """See `EventStore.held`."""
        records = self._logs.get(log.hex())
        return held_at(records[-1]) if records else Held()

    def append(self, log: bytes, after: int, run: Sequence[Entry], received_at: int) -> Held:
        """See `EventStore.append`."""
        new = fresh(self, log, after, run)
        if new:
            self._last_received = max(self._last_received, received_at)
        for entry in new:
            stored = Stored(
                len(self._records) + 1,
                log.hex(),
                entry.header.sequence,
                entry.header.tag,
                envelope.encode_stored(self._last_received, envelope.encode(entry)),
            )
            self._records.append(stored)
            self._logs[stored.log].append(stored)
        return self.held(log)

    def read(self, after: int, limit: int, tags: Sequence[str] = ()) -> Sequence[Stored]:
        """See `EventStore.read`."""
        wanted = frozenset(tags)
        found = (one for one in self._records[after:] if not wanted or one.tag in wanted)
        return [one for one, _ in zip(found, range(limit), strict=False)]

    def read_log(self, log: bytes, after: int, limit: int) -> Sequence[Stored]:
        """See `EventStore.read_log`."""
        return self._logs.get(log.hex(), [])[after : after + limit]

    def size(self) -> int:
        """See `EventStore.size`."""
        return len(self._records)

    def close(self) -> None:
        """Nothing to let go of."""


def held_at(last: Stored) -> Held:
    """Return how far a log is held whose last record is `last`."""
    record = last.record()
    return Held(last.sequence, record.entry.hash, last.position, record.received_at)
