"""The tree over the history: RFC 9162, section 2.1, kept as its frontier only.

A frontier holds the roots of the complete subtrees that make up the leaves so far, largest
first: as many as the size has bits set. Adding a leaf is a pure step; the root is a fold.
"""

from struct import Struct as Layout

from msgspec import Struct

from events.envelope import Record
from events.header import digest

_LEAF = Layout(">BBQq")  # RFC 9162's 00, our version, position, received_at


class Frontier(Struct, frozen=True):
    """`size` leaves; `peaks` are 32 bytes each."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()


def leaf_hash(record: Record) -> bytes:
    """Return the hash of a record's leaf (docs/format.md, section 8)."""
    entry = record.entry
    start = _LEAF.pack(0, 1, record.position, record.received_at)
    return digest(start + entry.header_bytes + entry.signature)


def add(frontier: Frontier, leaf: bytes) -> Frontier:
    """Return the frontier with one leaf hash more."""
    peaks = frontier.peaks
    size = frontier.size
    while size & 1:
        leaf = digest(b"\1" + peaks[-1] + leaf)
        peaks = peaks[:-1]
        size >>= 1
    return Frontier(frontier.size + 1, (*peaks, leaf))


def root(frontier: Frontier) -> bytes:
    """Return the root over all leaves: the head hash of the history."""
    if not frontier.peaks:
        return digest(b"")
    result = frontier.peaks[-1]
    for peak in reversed(frontier.peaks[:-1]):
        result = digest(b"\1" + peak + result)
    return result
