"""Public signing keys: read one, refuse those that vouch for anything.

Under a point of small order some signature is good for every message, and implementations
disagree on it (RFC 8032, section 5.1.7, leaves the choice). So no key of ours is one.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from events.errors import UnverifiedError

_P: Final = 2**255 - 19
_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL: Final = frozenset(
    {0, 1, _P - 1, _P, _P + 1, _ORDER_8, _P - _ORDER_8}  # y of each, and their second spellings
)


def signing_key(raw: bytes) -> Ed25519PublicKey:
    """Return the Ed25519 key of 32 bytes; `UnverifiedError` for a point of small order."""
    if int.from_bytes(raw, "little") % 2**255 in _SMALL:
        raise UnverifiedError(0, "a key that vouches for anything")
    return Ed25519PublicKey.from_public_bytes(raw)
