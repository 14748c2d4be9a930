"""The header of an entry: docs/format.md, section 3, as code and nothing more."""

import re
from hashlib import sha256
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from events.errors import MalformedError, TooLargeError
from events.ids import NO_HASH, NOBODY

VERSION: Final = 1
SUITE: Final = 1  # Ed25519, SHA-256, ChaCha20-Poly1305, HPKE with X25519
MAX_BODY: Final = 65_536
MAX_PADDED: Final = 65_536
MAX_PARTS: Final = 16
SEAL_OVERHEAD: Final = 28  # nonce and Poly1305 tag
MIN_PART: Final = 64 + SEAL_OVERHEAD
MAX_PART: Final = MAX_PADDED + SEAL_OVERHEAD
EARLIEST: Final = -62_135_510_400_000_000  # 0001-01-02, so that any offset leaves a date
LATEST: Final = 253_402_214_399_999_999  # 9999-12-30
MOST_OFFSET: Final = 1_439  # minutes: less than a day

_FIXED = Layout(">2sBB32sQ32sqh16sQQ32s16sI32sB")
_PART = Layout(">16sI32s")
_TAG = re.compile(rb"[a-z0-9]+(-[a-z0-9]+)*\.v[1-9][0-9]*")
_MAGIC = b"XJ"
TAG_AT: Final = _FIXED.size  # 203


class Part(Struct, frozen=True, gc=False):
    """A sealed part as the header names it: 16 bytes of key id, size in bytes, 32 of hash."""

    key: bytes
    size: int
    hash: bytes


class Header(Struct, frozen=True, gc=False):
    """What is signed of an entry. Times are microseconds since 1970 UTC; see docs/format.md."""

    log: bytes
    sequence: int
    previous: bytes
    happened_at: int
    tag: str
    body_size: int
    body_hash: bytes
    utc_offset: int = 0  # minutes east
    boot: bytes = NOBODY
    uptime: int = 0  # milliseconds
    checkpoint_size: int = 0
    checkpoint_root: bytes = NO_HASH
    actor: bytes = NOBODY
    parts: tuple[Part, ...] = ()


def encode(header: Header) -> bytes:
    """Return the one spelling of `header`."""
    tag = header.tag.encode("ascii")
    _check_place(header.log, header.sequence, header.previous)
    _check_moment(header.happened_at, header.utc_offset)
    _check(tag, header.body_size, header.parts)
    _check_genesis(header.sequence, header.parts)
    fixed = _FIXED.pack(
        _MAGIC,
        VERSION,
        SUITE,
        header.log,
        header.sequence,
        header.previous,
        header.happened_at,
        header.utc_offset,
        header.boot,
        header.uptime,
        header.checkpoint_size,
        header.checkpoint_root,
        header.actor,
        header.body_size,
        header.body_hash,
        len(tag),
    )
    parts = b"".join(_PART.pack(part.key, part.size, part.hash) for part in header.parts)
    return fixed + tag + bytes((len(header.parts),)) + parts


def decode(raw: bytes) -> Header:
    """Read a header; `MalformedError` for anything that `encode` would not have written."""
    if len(raw) < TAG_AT + 2:
        msg = "header is cut short"
        raise MalformedError(msg)
    (
        magic,
        version,
        suite,
        log,
        sequence,
        previous,
        happened_at,
        utc_offset,
        boot,
        uptime,
        checkpoint_size,
        checkpoint_root,
        actor,
        body_size,
        body_hash,
        tag_length,
    ) = _FIXED.unpack_from(raw)
    if magic != _MAGIC or version != VERSION or suite != SUITE:
        msg = f"header of another kind: version {version}, suite {suite}"
        raise MalformedError(msg)
    _check_place(log, sequence, previous)
    _check_moment(happened_at, utc_offset)
    tag, parts = _variable(raw, tag_length)
    _check(tag, body_size, parts)
    _check_genesis(sequence, parts)
    return Header(
        log,
        sequence,
        previous,
        happened_at,
        tag.decode("ascii"),
        body_size,
        body_hash,
        utc_offset,
        boot,
        uptime,
        checkpoint_size,
        checkpoint_root,
        actor,
        parts,
    )


def _variable(raw: bytes, tag_length: int) -> tuple[bytes, tuple[Part, ...]]:
    count_at = TAG_AT + tag_length
    count = raw[count_at] if count_at < len(raw) else -1
    if len(raw) != count_at + 1 + _PART.size * count:
        msg = "header has another length than its fields"
        raise MalformedError(msg)
    tag = raw[TAG_AT:count_at]
    if not count:
        return tag, ()
    return tag, tuple(Part(*fields) for fields in _PART.iter_unpack(raw[count_at + 1 :]))


def _check_moment(happened_at: int, utc_offset: int) -> None:
    if not EARLIEST <= happened_at <= LATEST or abs(utc_offset) > MOST_OFFSET:
        msg = "a moment that no calendar has"
        raise MalformedError(msg)


def _check_place(log: bytes, sequence: int, previous: bytes) -> None:
    if sequence == 0:
        msg = "sequences count from 1"
        raise MalformedError(msg)
    if sequence == 1 and (log != NO_HASH or previous != NO_HASH):
        msg = "a genesis names neither its log nor an entry before"
        raise MalformedError(msg)


def _check_genesis(sequence: int, parts: tuple[Part, ...]) -> None:
    if sequence == 1 and parts:  # they would be bound to a log that has no id yet
        msg = "a genesis has no sealed parts"
        raise MalformedError(msg)


def _check(tag: bytes, body_size: int, parts: tuple[Part, ...]) -> None:
    if tag not in _known_tags:
        if len(tag) > 64 or not _TAG.fullmatch(tag):  # noqa: PLR2004  docs/format.md, section 3
            msg = "not a tag"
            raise MalformedError(msg)
        if len(_known_tags) < 1024:  # noqa: PLR2004  a bound against hostile tags
            _known_tags.add(tag)
    if body_size > MAX_BODY or len(parts) > MAX_PARTS:
        msg = f"body of {body_size} bytes with {len(parts)} sealed parts"
        raise TooLargeError(msg)
    if body_size < 2:  # noqa: PLR2004  the empty object
        msg = "a body is at least an empty object"
        raise MalformedError(msg)
    for part in parts:
        if part.size > MAX_PART:
            msg = f"sealed part of {part.size} bytes"
            raise TooLargeError(msg)
        if part.size < MIN_PART or (part.size - SEAL_OVERHEAD) % 64:
            msg = "a sealed part is padded to a multiple of 64"
            raise MalformedError(msg)


_known_tags: set[bytes] = set()


def digest(data: bytes) -> bytes:
    """Return the suite's hash of `data`, 32 bytes."""
    return sha256(data).digest()
