"""A peer: the `eventsourcing` library's bare SQLite recorder, appending the same bytes.

It verifies nothing, signs nothing and keeps no chain: what is left is SQLite, the library and
the disk. Batches of 500, as tablets push them, with the library's own durability.
"""

from random import Random

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from backend.bench import visits
from backend.bench.pen import UNSIGNED, Pen
from backend.bench.rounds import Measured, Spent, rates, timed
from backend.bench.workshop import Workshop
from events import envelope
from events.chain import Head
from events.envelope import Entry

_BATCH = 500
_ENTRIES = 10_000


def measure(shop: Workshop) -> Measured:
    """Append batches of 500 to a new file."""
    datastore = SQLiteDatastore(str(shop.folder / "peer.sqlite"), originator_id_type="text")
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    pen = Pen(bytes(range(32)), Head(), UNSIGNED, Random(3))
    spent: list[Spent] = []
    try:
        for number in range(shop.times(5, 3)):
            shop.tell(f"the library's recorder: round {number + 1}")
            events = _events(pen)
            spent.append(timed(lambda now=events: _append(recorder, now)))
    finally:
        datastore.close()
    by_cpu = rates([_ENTRIES / one.cpu for one in spent])
    by_wall = rates([_ENTRIES / one.wall for one in spent])
    return Measured({"recorder_events_per_s": by_cpu["median"]}, {"cpu": by_cpu, "wall": by_wall})


def _append(recorder: SQLiteApplicationRecorder, events: list[StoredEvent]) -> None:
    for at in range(0, len(events), _BATCH):
        recorder.insert_events(events[at : at + _BATCH])


def _events(pen: Pen) -> list[StoredEvent]:
    dice = Random(pen.head.sequence)
    entries: list[Entry] = []
    while len(entries) < _ENTRIES:
        entries += pen.write(visits.inspection(dice, visits.YEAR.start))[0]
    return [
        StoredEvent(
            pen.log.hex(), one.header.sequence, one.header.tag, envelope.encode_stored(0, one.raw)
        )
        for one in entries
    ][:_ENTRIES]
