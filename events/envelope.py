"""One entry as it is sent and stored: docs/format.md, section 7.

The bytes are kept as they came. Nothing here trusts them: `events.chain` verifies.
"""

from struct import Struct as Layout
from struct import error as CutShort  # noqa: N812  it is what happened
from typing import Final

from msgspec import Struct

from events import header as headers
from events.errors import MalformedError, TooLargeError
from events.header import Header, digest

MAX_ENVELOPE: Final = 1_048_576
SIGNATURE: Final = 64
_VERSION = 1
_START = Layout(">BH")
_RECEIVED = Layout(">q")


class Entry(Struct, frozen=True, gc=False):
    """An entry: parsed header beside the very bytes that were signed.

    `body` and each of `sealed` is None once erased. `raw` is the envelope it came in.
    """

    header: Header
    header_bytes: bytes
    signature: bytes
    body: bytes | None
    sealed: tuple[bytes | None, ...] = ()
    raw: bytes = b""

    @property
    def hash(self) -> bytes:
        """The 32 bytes that the next entry names as `previous`."""
        return digest(self.header_bytes + self.signature)


def encode(entry: Entry) -> bytes:
    """Return the envelope of an entry: the bytes it came in, if it did.

    `TooLargeError` where body and parts, each within its limit, are too much together.
    """
    if entry.raw:
        return entry.raw
    pieces = [_START.pack(_VERSION, len(entry.header_bytes)), entry.header_bytes, entry.signature]
    for content in (entry.body, *entry.sealed):
        pieces += (b"\0",) if content is None else (b"\1", content)
    raw = b"".join(pieces)
    if len(raw) > MAX_ENVELOPE:
        msg = f"envelope of {len(raw)} bytes"
        raise TooLargeError(msg)
    return raw


def decode(raw: bytes, at: int = 0) -> Entry:
    """Read the envelope that fills `raw` from `at` to its end; `MalformedError` otherwise."""
    if len(raw) - at > MAX_ENVELOPE:
        msg = f"envelope of {len(raw) - at} bytes"
        raise TooLargeError(msg)
    try:
        version, length = _START.unpack_from(raw, at)
    except CutShort as cut:
        msg = "envelope is cut short"
        raise MalformedError(msg) from cut
    if version != _VERSION:
        msg = f"envelope of version {version}"
        raise MalformedError(msg)
    start = at + _START.size
    signed = start + length
    header_bytes = raw[start:signed]
    header = headers.decode(header_bytes)
    signature = raw[signed : signed + SIGNATURE]
    body, end = _content(raw, signed + SIGNATURE, header.body_size)
    sealed: tuple[bytes | None, ...] = ()
    for part in header.parts:
        content, end = _content(raw, end, part.size)
        sealed = (*sealed, content)
    if end != len(raw):
        msg = "envelope has another length than its header says"
        raise MalformedError(msg)
    return Entry(header, header_bytes, signature, body, sealed, raw[at:])


def _content(raw: bytes, at: int, size: int) -> tuple[bytes | None, int]:
    match raw[at : at + 1]:
        case b"\1" if at + 1 + size <= len(raw):
            return raw[at + 1 : at + 1 + size], at + 1 + size
        case b"\0":
            return None, at + 1
        case _:
            msg = "envelope is cut short"
            raise MalformedError(msg)


class Record(Struct, frozen=True, gc=False):
    """An entry where the history holds it. `received_at`: microseconds since 1970 UTC."""

    position: int
    received_at: int
    entry: Entry


def encode_stored(received_at: int, envelope: bytes) -> bytes:
    """Return what a store keeps under a position."""
    return _RECEIVED.pack(received_at) + envelope


def decode_stored(position: int, state: bytes) -> Record:
    """Read what a store kept."""
    return Record(position, received_at_of(state), decode(state, _RECEIVED.size))


def received_at_of(state: bytes) -> int:
    """Return when a stored record was received, without reading the rest."""
    return int(_RECEIVED.unpack_from(state)[0])


_HEADER_AT = 11  # received_at, envelope version, header length
_FRONT = Layout(">qxH76xqh16sQ40x16sI")  # received_at, and six fields of the header


class Front(Struct, frozen=True, gc=False):
    """What a fold needs of a stored record, read at fixed offsets without checking the rest."""

    received_at: int
    happened_at: int
    utc_offset: int
    boot: bytes
    uptime: int
    actor: bytes
    body: bytes | None


def front(state: bytes) -> Front:
    """Read the front of a record that was verified when it was stored."""
    received_at, length, happened_at, utc_offset, boot, uptime, actor, size = _FRONT.unpack_from(
        state
    )
    at = _HEADER_AT + length + SIGNATURE
    body = state[at + 1 : at + 1 + size] if state[at] else None
    return Front(received_at, happened_at, utc_offset, boot, uptime, actor, body)
