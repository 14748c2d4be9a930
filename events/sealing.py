"""Sealed parts and the keys of persons: docs/format.md, section 6.

A data key belongs to one subject, a person or an inspection. It seals parts beside entries;
wrapped for the bureau it travels beside them too, and lives in a vault. Destroy its wrapped
copies and the parts stay, unreadable.
"""

from struct import Struct as Layout

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from msgspec import Struct

from events.errors import TooLargeError, UnverifiedError
from events.header import MAX_PADDED

_PART_LABEL = b"xunji/sealed/v1\0"
_KEY_LABEL = b"xunji/data-key/v1\0"
_PLACE = Layout(">QB")
_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_BLOCK = 64
_NONCE = 12


class DataKey(Struct, frozen=True):
    """32 secret bytes for one subject. `id` and `subject` are 16 bytes, `secret` is never shown."""

    id: bytes
    subject: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "DataKey(…)"


class WrappedKey(Struct, frozen=True):
    """A data key as it travels: openable by the sealing key with certificate `serial` only."""

    id: bytes
    subject: bytes
    serial: int
    wrapped: bytes


class Place(Struct, frozen=True):
    """Where a sealed part stands; it opens nowhere else. `index` counts from 0."""

    log: bytes
    sequence: int
    index: int


def seal(text: bytes, key: DataKey, place: Place, nonce: bytes) -> bytes:
    """Return the sealed part. `nonce`: 12 random bytes, never used twice with this key."""
    padded = _pad(text)
    return nonce + ChaCha20Poly1305(key.secret).encrypt(nonce, padded, _bound_to(place, key.id))


def unseal(part: bytes, key: DataKey, place: Place) -> bytes:
    """Return the text of a sealed part; `UnverifiedError` if key, place or bytes are not its."""
    try:
        padded = ChaCha20Poly1305(key.secret).decrypt(
            part[:_NONCE], part[_NONCE:], _bound_to(place, key.id)
        )
    except (InvalidTag, ValueError) as wrong:  # ValueError: shorter than a nonce
        raise UnverifiedError(place.sequence, "sealed part does not open") from wrong
    return _unpad(padded, place.sequence)


def wrap(key: DataKey, bureau: bytes, serial: int, to: X25519PublicKey) -> WrappedKey:
    """Wrap a data key for the bureau's sealing key with certificate `serial`."""
    wrapped = _HPKE.encrypt(key.secret, to, _wrapped_for(bureau, key.id, key.subject))
    return WrappedKey(key.id, key.subject, serial, wrapped)


def unwrap(wrapped: WrappedKey, bureau: bytes, private: X25519PrivateKey) -> DataKey:
    """Open a wrapped key; `UnverifiedError` where it was not wrapped for us."""
    try:
        secret = _HPKE.decrypt(
            wrapped.wrapped, private, _wrapped_for(bureau, wrapped.id, wrapped.subject)
        )
    except InvalidTag as wrong:
        raise UnverifiedError(0, "wrapped key does not open") from wrong
    return DataKey(wrapped.id, wrapped.subject, secret)


def seal_to(text: bytes, to: X25519PublicKey, purpose: bytes) -> bytes:
    """Seal a message to one device, outside the history: a card for the doorstep."""
    return _HPKE.encrypt(_pad(text), to, purpose)


def open_from(sealed: bytes, private: X25519PrivateKey, purpose: bytes) -> bytes:
    """Open what `seal_to` sealed; `UnverifiedError` where it was not for us."""
    try:
        padded = _HPKE.decrypt(sealed, private, purpose)
    except InvalidTag as wrong:
        raise UnverifiedError(0, "message does not open") from wrong
    return _unpad(padded, 0)


def _pad(text: bytes) -> bytes:
    padded = text + b"\x80"
    padded += bytes(-len(padded) % _BLOCK)
    if len(padded) > MAX_PADDED:
        msg = f"{len(text)} bytes are too many for one sealed part"
        raise TooLargeError(msg)
    return padded


def _unpad(padded: bytes, sequence: int) -> bytes:
    text = padded.rstrip(b"\0")[:-1]
    if _pad(text) != padded:
        raise UnverifiedError(sequence, "padding")
    return text


def _bound_to(place: Place, key: bytes) -> bytes:
    return _PART_LABEL + place.log + _PLACE.pack(place.sequence, place.index) + key


def _wrapped_for(bureau: bytes, key: bytes, subject: bytes) -> bytes:
    return _KEY_LABEL + bureau + key + subject
