"""A record as projections read it: decoded once, for all views.

An adopted entry is unwrapped: it counts as if it had arrived at the adoption's position. So
one entry can be delivered twice, by adoption and later by its own tablet; wherever a view
keeps it under its `ref`, the delivery with the lower position counts.
"""

from msgspec import Struct

from events import envelope, vocabulary
from events.errors import Refusal
from events.facts import Fact
from events.ids import NOBODY, EntryRef
from events.office import EntryAdopted
from events.store import Stored
from events.vocabulary import Unknown

LOG_DIGITS = 16
ADOPTED = vocabulary.tag_of(EntryAdopted)


class Carrier(Struct, frozen=True, gc=False):
    """The adoption that brought an entry: where it stands in its own log, and when it was made."""

    log: str
    sequence: int
    happened_at: int


class Recorded(Struct, frozen=True, gc=False):
    """One entry, where the history holds it. Times are microseconds since 1970 UTC.

    `boot` names the tablet's run and `uptime` its milliseconds, whatever its clock was set to.
    `ref` is the short name of the entry inside documents. `carrier` is
    the adoption that brought it, if one did. Facts hold no cycles, hence `gc=False`.
    """

    position: int
    received_at: int
    log: str
    sequence: int
    happened_at: int
    utc_offset: int
    actor: bytes
    tag: str
    event: Fact | Unknown
    ref: str
    boot: bytes = NOBODY
    uptime: int = 0
    carrier: Carrier | None = None


def short(log: str, sequence: int) -> str:
    """Return the short reference of an entry: enough of the log to be unique in a bureau."""
    return f"{log[:LOG_DIGITS]}:{sequence}"


def short_ref(entry: EntryRef) -> str:
    return short(entry.log, entry.sequence)


def read(stored: Stored) -> Recorded:
    """Decode what a store handed over. It was verified before it was stored."""
    position, log, sequence, tag, state = stored
    front = envelope.front(state)
    recorded = Recorded(
        position,
        front.received_at,
        log,
        sequence,
        front.happened_at,
        front.utc_offset,
        front.actor,
        tag,
        vocabulary.decode(tag, front.body),
        f"{log[:LOG_DIGITS]}:{sequence}",
        front.boot,
        front.uptime,
    )
    return unwrapped(recorded) if tag == ADOPTED else recorded


def unwrapped(carrier: Recorded) -> Recorded:
    """Return what an adoption brought, or the adoption itself where that cannot be read."""
    adoption = carrier.event
    if not isinstance(adoption, EntryAdopted):
        return carrier
    try:
        original = envelope.decode(bytes.fromhex(adoption.envelope))
    except (Refusal, ValueError):
        return carrier
    header = original.header
    recorded = Recorded(
        carrier.position,
        carrier.received_at,
        adoption.log,
        header.sequence,
        header.happened_at,
        header.utc_offset,
        header.actor,
        header.tag,
        vocabulary.decode(header.tag, original.body),
        short(adoption.log, header.sequence),
        header.boot,
        header.uptime,
        carrier.carrier or Carrier(carrier.log, carrier.sequence, carrier.happened_at),
    )
    return unwrapped(recorded)
