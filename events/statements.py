"""What the bureau signs: certificates, checkpoints, receipts (docs/format.md, sections 8-10).

Each is a fixed layout behind a label of its own, followed by an Ed25519 signature.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from struct import Struct as Layout
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct, convert, structs

from events.errors import MalformedError, UnverifiedError
from events.header import SUITE, digest
from events.public_keys import signing_key

_BUREAU_LABEL = b"xunji/bureau/v1\0"
_VERSION = 1
_SIGNATURE: Final = 64


class Role(IntEnum):
    """What a certified key may do."""

    ROOT = 0
    OFFICE = 1
    CHECKPOINT = 2
    SEALING = 3
    ACCESS = 4


class Statement(Struct, frozen=True):
    """The shape all three share: fields in their layout's order, then a signature."""

    def signed_bytes(self) -> bytes:
        """Return the bytes under the signature, without the label."""
        label, magic, layout = _KINDS[type(self)]
        del label
        return layout.pack(magic, _VERSION, SUITE, *structs.astuple(self)[:-1])

    def encode(self) -> bytes:
        """Return fields and signature."""
        return self.signed_bytes() + structs.astuple(self)[-1]

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read one; `MalformedError` if `raw` is anything else."""
        _, magic, layout = _KINDS[cls]
        if len(raw) != layout.size + _SIGNATURE:
            msg = f"{cls.__name__} of {len(raw)} bytes"
            raise MalformedError(msg)
        found, version, suite, *fields = layout.unpack_from(raw)
        if (found, version, suite) != (magic, _VERSION, SUITE):
            msg = f"not a {cls.__name__} of version {_VERSION}, suite {SUITE}"
            raise MalformedError(msg)
        names = cls.__struct_fields__  # those of its layout, then the signature
        return convert(dict(zip(names, (*fields, raw[-_SIGNATURE:]), strict=True)), cls)

    def sign(self, key: Ed25519PrivateKey) -> Self:
        """Return the statement with its signature."""
        signature = key.sign(_KINDS[type(self)][0] + self.signed_bytes())
        return structs.replace(self, signature=signature)

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Tell whether `key` made the signature."""
        try:
            key.verify(structs.astuple(self)[-1], _KINDS[type(self)][0] + self.signed_bytes())
        except InvalidSignature:
            return False
        return True


class Certificate(Statement, frozen=True):
    """A root's word that `key` (32 bytes) may act as `role`. Times in microseconds."""

    bureau: bytes
    role: int
    serial: int
    not_before: int
    not_after: int
    key: bytes
    signature: bytes = b""


class Checkpoint(Statement, frozen=True):
    """The head of the history: `root` over the first `size` records."""

    bureau: bytes
    epoch: int
    size: int
    root: bytes
    made_at: int
    signature: bytes = b""


class Receipt(Statement, frozen=True):
    """We hold `log` up to `sequence`: that entry has `hash` and stands at `position`."""

    bureau: bytes
    epoch: int
    log: bytes
    sequence: int
    hash: bytes
    position: int
    received_at: int
    backed_up_to: int = 0
    signature: bytes = b""


_KINDS: Mapping[type[Statement], tuple[bytes, bytes, Layout]] = {
    Certificate: (b"xunji/certificate/v1\0", b"XC", Layout(">2sBB32sBIqq32s")),
    Checkpoint: (b"xunji/checkpoint/v1\0", b"XK", Layout(">2sBB32sIQ32sq")),
    Receipt: (b"xunji/receipt/v1\0", b"XR", Layout(">2sBB32sI32sQ32sQqQ")),
}


def bureau_of(root: bytes) -> bytes:
    """Return the bureau's id, 32 bytes, from its first root's public key."""
    return digest(_BUREAU_LABEL + bytes((SUITE,)) + root)


def trusted(
    certificates: Iterable[Certificate],
    revoked: Mapping[int, int],
    bureau: bytes,
    first_root: bytes,
    at: int,
) -> dict[int, Certificate]:
    """Return, by serial, the certificates that hold at instant `at` (microseconds).

    `revoked` gives the instant from which a serial is revoked. A certificate holds if it is
    of this bureau, within its time, not revoked, and signed by the first root or by a root
    that itself holds. `UnverifiedError` if `first_root` is not the one the bureau is named by.
    """
    if bureau_of(first_root) != bureau:
        raise UnverifiedError(0, "the root is not this bureau's")
    roots = [first_root]
    waiting = [
        one
        for one in certificates
        if one.bureau == bureau
        and one.not_before <= at <= one.not_after
        and revoked.get(one.serial, at + 1) > at
    ]
    result: dict[int, Certificate] = {}
    while roots:
        key = signing_key(roots.pop())
        for one in [one for one in waiting if one.is_signed_by(key)]:
            waiting.remove(one)
            if result.setdefault(one.serial, one) is not one:
                continue  # a serial is used once: the first counts
            if one.role == Role.ROOT:
                roots.append(one.key)
    return result
