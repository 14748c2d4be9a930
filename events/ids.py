"""Identities: what each is, and its one text form (docs/format.md, section 2)."""

from base64 import b32decode, b32encode
from typing import Annotated

from msgspec import Meta, Struct

_ID_PATTERN = "^[a-z2-7]{25}[aeimquy4]$"  # the two spare bits of the last letter are zero
_ID_LENGTH = 26
_HASH_PATTERN = "^[0-9a-f]{64}$"

# Lengths too: `$` alone lets a line break follow.
Id = Annotated[str, Meta(pattern=_ID_PATTERN, max_length=_ID_LENGTH)]
HashText = Annotated[str, Meta(pattern=_HASH_PATTERN, max_length=64)]

NOBODY = bytes(16)
NO_HASH = bytes(32)


class EntryRef(Struct, frozen=True, order=True):
    """One entry, wherever it is held: `log` is hex, `sequence` counts from 1."""

    log: HashText
    sequence: Annotated[int, Meta(ge=1, le=2**53 - 1)]

    def __str__(self) -> str:
        return f"{self.log}:{self.sequence}"


def id_text(raw: bytes) -> str:
    """Return 16 bytes as 26 lower-case characters (RFC 4648 base 32, no padding)."""
    if len(raw) != len(NOBODY):
        msg = f"an identity has 16 bytes, not {len(raw)}"
        raise ValueError(msg)
    return b32encode(raw).decode("ascii").rstrip("=").lower()


def id_bytes(text: str) -> bytes:
    """Return the 16 bytes behind a text form; `ValueError` where it is not one."""
    raw = b32decode(text.upper() + "======") if len(text) == _ID_LENGTH else b""
    if len(raw) != len(NOBODY) or id_text(raw) != text:
        msg = f"not an identity: {text[:40]!r}"
        raise ValueError(msg)
    return raw
