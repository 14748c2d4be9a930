"""A log as a signed chain: write the next entry, verify a run of them.

What holds of a log (docs/format.md, section 4): one writer, numbers without gaps, each
entry names the hash of the one before, and the last signature vouches for all.
"""

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct, structs

from events import envelope
from events import header as headers
from events.envelope import Entry
from events.errors import ForeignError, UnverifiedError
from events.header import Header, Part, digest
from events.ids import NO_HASH

_LABEL = b"xunji/entry/v1\0"


class Head(Struct, frozen=True, gc=False):
    """Where a log stands: its last sequence (0 before the genesis) and that entry's hash."""

    sequence: int = 0
    hash: bytes = NO_HASH


def link(
    head: Head, header: Header, body: bytes, sealed: Sequence[bytes], key: Ed25519PrivateKey
) -> Entry:
    """Write the entry that follows `head`.

    Takes from `header` who, when and which tag; fills in number, chain, sizes and hashes.
    `sealed` are sealed parts in the order of `header.parts`, of which only the key ids count.
    """
    parts = tuple(
        Part(part.key, len(content), digest(content))
        for part, content in zip(header.parts, sealed, strict=True)
    )
    whole = structs.replace(
        header,
        sequence=head.sequence + 1,
        previous=head.hash,
        body_size=len(body),
        body_hash=digest(body),
        parts=parts,
    )
    raw = headers.encode(whole)
    entry = Entry(whole, raw, key.sign(_LABEL + raw), body, tuple(sealed))
    return structs.replace(entry, raw=envelope.encode(entry))


def head_of(entry: Entry) -> Head:
    """Return where a log stands once `entry` is its last."""
    return Head(entry.header.sequence, entry.hash)


def verify(run: Sequence[Entry], head: Head, log: bytes, key: Ed25519PublicKey) -> Head:
    """Return the new head if `run` follows `head` in `log` and was signed with `key`.

    One signature is checked, the last: the chain runs through the others. Raises
    `ForeignError` for an entry of another log, `UnverifiedError` naming the first entry that
    breaks the chain, or the last if its signature is not good: then see `first_unsigned`.
    """
    for entry in run:
        head = follow(entry, head, log)
    if run and not signed(run[-1], key):
        raise UnverifiedError(run[-1].header.sequence, "signature")
    return head


def follow(entry: Entry, head: Head, log: bytes) -> Head:
    """Return the head behind `entry`, if all but its signature is right."""
    header = entry.header
    if header.log != (log if header.sequence > 1 else NO_HASH):
        msg = f"entry {header.sequence} is of another log"
        raise ForeignError(msg)
    if header.sequence != head.sequence + 1:
        raise UnverifiedError(header.sequence, f"it does not follow {head.sequence}")
    if header.previous != head.hash:
        raise UnverifiedError(header.sequence, "previous")
    _check_content(entry)
    result = head_of(entry)
    if header.sequence == 1 and result.hash != log:
        msg = "the genesis makes another log"
        raise ForeignError(msg)
    return result


def _check_content(entry: Entry) -> None:
    header = entry.header
    if entry.body is not None and digest(entry.body) != header.body_hash:
        raise UnverifiedError(header.sequence, "body")
    for part, content in zip(header.parts, entry.sealed, strict=True):
        if content is not None and digest(content) != part.hash:
            raise UnverifiedError(header.sequence, "sealed part")


def signed(entry: Entry, key: Ed25519PublicKey) -> bool:
    """Tell whether the entry's own signature is good."""
    try:
        key.verify(entry.signature, _LABEL + entry.header_bytes)
    except InvalidSignature:
        return False
    return True


def first_unsigned(run: Sequence[Entry], key: Ed25519PublicKey) -> int | None:
    """Return the index in `run` of the first entry whose own signature fails, None if none."""
    return next((index for index, entry in enumerate(run) if not signed(entry, key)), None)
