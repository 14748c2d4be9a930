"""The port behind which a history, or one tablet's log, is kept.

What every store promises, and `tests/test_store_contract.py` asks of each:

- positions count 1, 2, 3 … without gaps, in the order of commit; `received_at` never decreases;
- an append is durable when it returns, and happens whole or not at all;
- appending what is held already changes nothing and says where it stands;
- bytes come back as they went in.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from events import envelope
from events.chain import Head
from events.envelope import Entry, Record
from events.errors import ConflictError, ForkedError
from events.ids import NO_HASH


class Held(Struct, frozen=True):
    """How far a store holds a log: zeros where it holds nothing. Times in microseconds."""

    sequence: int = 0
    hash: bytes = NO_HASH
    position: int = 0
    received_at: int = 0

    @property
    def head(self) -> Head:
        """Where the log stands, for `events.chain.verify`."""
        return Head(self.sequence, self.hash)


class Stored(NamedTuple):
    """A record as a store hands it to a fold: `state` is docs/format.md's stored record."""

    position: int
    log: str
    sequence: int
    tag: str
    state: bytes

    def record(self) -> Record:
        """Read it whole."""
        return envelope.decode_stored(self.position, self.state)


@runtime_checkable
class EventStore(Protocol):
    """A history. `log` is 32 bytes; `after` and `limit` count entries."""

    def held(self, log: bytes) -> Held:
        """Return how far `log` is held."""
        ...

    def append(self, log: bytes, after: int, run: Sequence[Entry], received_at: int) -> Held:
        """Record `run`, which was verified, right behind entry `after` of `log`; durably.

        What of it is held already is compared and passed over. Raises `ConflictError` where
        `after` is beyond what is held, `ForkedError` where something else is held,
        `StorageError` where it could not be made durable: then nothing of it is recorded.
        """
        ...

    def read(self, after: int, limit: int, tags: Sequence[str] = ()) -> Sequence[Stored]:
        """Return at most `limit` records behind position `after`, of `tags` only if given."""
        ...

    def read_log(self, log: bytes, after: int, limit: int) -> Sequence[Stored]:
        """Return at most `limit` records of `log` behind its entry `after`."""
        ...

    def size(self) -> int:
        """Return the last position, 0 if there is none."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


def fresh(
    store: EventStore, log: bytes, after: int, run: Sequence[Entry], held: Held | None = None
) -> Sequence[Entry]:
    """Return what of `run` is not held yet, after comparing the part that is.

    `held`: how far the log is held, if that was just asked.
    Raises `ConflictError` where `run` leaves a gap, `ForkedError` at the first entry that
    differs from what is held under its number.
    """
    held = held or store.held(log)
    if after > held.sequence:
        raise ConflictError(held.sequence, held.hash)
    known = store.read_log(log, after, len(run)) if after < held.sequence else ()
    for stored, entry in zip(known, run, strict=False):
        if stored.record().entry.hash != entry.hash:
            raise ForkedError(entry.header.sequence)
    return run[len(known) :]
