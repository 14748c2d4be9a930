"""Pictures as they are kept and sent: docs/format.md, section 12.

Each is sealed with a key of its own. The key is a sealed part of the entry that names the
picture, so whoever may not open the one cannot see the other; and when the key of a person is
destroyed, what was photographed of that person goes with it.
"""

from base64 import b64encode
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec import Meta, Struct

from events.clock import Entropy
from events.errors import MalformedError, TooLargeError, UnverifiedError
from events.header import digest
from events.ids import HashText

PART: Final = "picture"
"""The name of the sealed part that holds a `PictureKey` as JSON."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a picture as it is stored."""
CONTENT_TYPE: Final = "application/offset+octet-stream"
TUS_VERSION: Final = "1.0.0"

_LABEL: Final = b"xunji/picture/v1\0"
_NONCE: Final = 12
_KEY: Final = 32
_BEGINNINGS: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class PictureKey(Struct, frozen=True):
    """What opens a picture: its key, and the SHA-256 of the picture as it was taken. Hex.

    The same picture handed in twice has the same `sha256`, which only those see who may open it.
    """

    key: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    sha256: HashText

    def __repr__(self) -> str:
        return "PictureKey(…)"


class Picture(Struct, frozen=True):
    """A picture that was sealed. `name`: SHA-256 of `stored`; `media_type` of what was taken."""

    name: HashText
    stored: bytes
    key: PictureKey
    media_type: str


def seal(content: bytes, entropy: Entropy) -> Picture:
    """Seal a picture with a new key.

    `MalformedError` where it is neither JPEG nor PNG, `TooLargeError` beyond `MOST_BYTES`.
    """
    kind = media_type(content)
    key, nonce = entropy(_KEY), entropy(_NONCE)
    stored = nonce + ChaCha20Poly1305(key).encrypt(nonce, content, _LABEL)
    if len(stored) > MOST_BYTES:
        msg = f"a picture of {len(content)} bytes; at most {MOST_BYTES} are stored"
        raise TooLargeError(msg)
    told = PictureKey(key.hex(), digest(content).hex())
    return Picture(digest(stored).hex(), stored, told, kind)


def unseal(stored: bytes, key: PictureKey) -> bytes:
    """Return the picture as it was taken; `UnverifiedError` where it is not what was sealed."""
    try:
        content = ChaCha20Poly1305(bytes.fromhex(key.key)).decrypt(
            stored[:_NONCE], stored[_NONCE:], _LABEL
        )
    except (InvalidTag, ValueError) as wrong:  # ValueError: shorter than a nonce
        raise UnverifiedError(0, "picture does not open") from wrong
    if digest(content).hex() != key.sha256:
        raise UnverifiedError(0, "picture is not the one that was taken")
    return content


def read_key(text: bytes) -> PictureKey:
    """Read the sealed part of an entry that names a picture; `MalformedError` if it is none."""
    try:
        return msgspec.json.decode(text, type=PictureKey)
    except msgspec.MsgspecError as broken:
        msg = "not the key of a picture"
        raise MalformedError(msg) from broken


def media_type(content: bytes) -> str:
    """Return what a picture is by its first bytes; `MalformedError` where we show no such thing."""
    for beginning, name in _BEGINNINGS:
        if content.startswith(beginning):
            return name
    msg = "neither a JPEG nor a PNG picture"
    raise MalformedError(msg)


# ── on the way: tus 1.0 ────────────────────────────────────────────────────────────


def upload_metadata(name: str) -> str:
    """Return the Upload-Metadata header that names a picture."""
    return f"sha256 {b64encode(name.encode()).decode()}"
