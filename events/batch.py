"""A push on the wire: docs/format.md, section 11."""

from collections.abc import Sequence
from struct import Struct as Layout
from struct import error as CutShort  # noqa: N812  it is what happened
from typing import Final

from msgspec import Struct

from events import envelope
from events.envelope import Entry
from events.errors import MalformedError, TooLargeError
from events.sealing import WrappedKey

MAX_ENTRIES: Final = 1_000
MAX_BYTES: Final = 4_194_304
CONTENT_TYPE: Final = "application/vnd.xunji.batch"

_START = Layout(">2sB32sQH")
_KEY = Layout(">16s16sI80s")
_COUNT = Layout(">H")
_LENGTH = Layout(">I")


class Batch(Struct, frozen=True):
    """What follows entry `after` of `log` (32 bytes), and the wrapped keys that go with it."""

    log: bytes
    after: int
    envelopes: tuple[bytes, ...]
    keys: tuple[WrappedKey, ...] = ()

    def entries(self) -> list[Entry]:
        """Read the envelopes; `MalformedError` or `TooLargeError` for the first that is not one."""
        return [envelope.decode(raw) for raw in self.envelopes]


def encode(batch: Batch) -> bytes:
    """Return the bytes of a push."""
    pieces = [_START.pack(b"XB", 1, batch.log, batch.after, len(batch.keys))]
    pieces += [_KEY.pack(key.id, key.subject, key.serial, key.wrapped) for key in batch.keys]
    pieces.append(_COUNT.pack(len(batch.envelopes)))
    for raw in batch.envelopes:
        pieces += (_LENGTH.pack(len(raw)), raw)
    return b"".join(pieces)


def decode(raw: bytes) -> Batch:
    """Read a push; refuses anything that `encode` would not have written."""
    if len(raw) > MAX_BYTES:
        msg = f"a push has at most {MAX_BYTES} bytes"
        raise TooLargeError(msg)
    try:
        return _decode(raw)
    except CutShort as cut:
        msg = "push is cut short"
        raise MalformedError(msg) from cut


def _decode(raw: bytes) -> Batch:
    magic, version, log, after, key_count = _START.unpack_from(raw)
    if magic != b"XB" or version != 1:
        msg = "not a push of version 1"
        raise MalformedError(msg)
    at = _START.size
    keys = tuple(
        WrappedKey(*_KEY.unpack_from(raw, at + _KEY.size * index)) for index in range(key_count)
    )
    at += _KEY.size * key_count
    (count,) = _COUNT.unpack_from(raw, at)
    if count > MAX_ENTRIES or key_count > MAX_ENTRIES:
        msg = f"a push has at most {MAX_ENTRIES} entries and as many keys"
        raise TooLargeError(msg)
    return Batch(log, after, _envelopes(raw, at + _COUNT.size, count), keys)


def _envelopes(raw: bytes, at: int, count: int) -> tuple[bytes, ...]:
    result: list[bytes] = []
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size + length
        result.append(raw[at - length : at])
    if at != len(raw):
        msg = "push has another length than its entries"
        raise MalformedError(msg)
    return tuple(result)


def cut(envelopes: Sequence[bytes], most: int = MAX_ENTRIES, size: int = MAX_BYTES // 2) -> int:
    """Return how many of `envelopes` fit one push: one at least, at most `most` and `size`."""
    total = 0
    for index, raw in enumerate(envelopes[:most]):
        total += _LENGTH.size + len(raw)
        if total > size and index:
            return index
    return min(len(envelopes), most)
