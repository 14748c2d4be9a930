"""Replaying one case: what the history holds of an inspection or an object, in its order."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from backend.enrolments import Roll
from backend.opening import PartRef
from events import vocabulary
from events.envelope import Record, front
from events.facts import Fact, OfVisit
from events.store import EventStore, Stored
from events.vocabulary import Unknown

_STEP = 1_000


class Replayed(Struct, frozen=True):
    """One record of a case, and the name of the tablet or process that wrote it."""

    record: Record
    log: bytes
    writer: str
    fact: Fact | Unknown

    def parts(self) -> list[PartRef]:
        """Return its sealed parts."""
        entry = self.record.entry
        return [PartRef(self.log, entry, index) for index in range(len(entry.sealed))]


def of_inspection(store: EventStore, roll: Roll, inspection: str) -> list[Replayed]:
    """Return what was recorded of an inspection, by position."""
    return [_replayed(one, roll) for one in _naming(store, [inspection])]


def of_object(store: EventStore, roll: Roll, obj: str) -> list[Replayed]:
    """Return what was recorded of an object and of all its inspections, by position."""
    visits = {
        fact.visit.inspection
        for stored in _naming(store, [obj])
        if isinstance(fact := _fact(stored), OfVisit) and fact.visit.object == obj
    }
    return [_replayed(one, roll) for one in _naming(store, [obj, *sorted(visits)])]


def _naming(store: EventStore, ids: Sequence[str]) -> Iterator[Stored]:
    """Return the records whose body holds one of the ids: they are random, and mean one thing."""
    wanted = [one.encode() for one in ids]
    at = 0
    while found := store.read(at, _STEP):
        for stored in found:
            body = front(stored.state).body
            if body and any(one in body for one in wanted):
                yield stored
        at = found[-1].position


def _fact(stored: Stored) -> Fact | Unknown:
    return vocabulary.decode(stored.tag, front(stored.state).body)


def _replayed(stored: Stored, roll: Roll) -> Replayed:
    log = bytes.fromhex(stored.log)
    tablet = roll.tablets.get(log)
    writer = tablet.fact.name if tablet else "office" if log in roll.trust.logs else "?"
    return Replayed(stored.record(), log, writer, _fact(stored))
