"""The tablet's two keys: one signs its log, one opens what is sealed for it.

A file of 64 bytes that nobody else may read. It is durable before any entry is signed: a log
whose key is lost can never be continued.
"""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Struct

from events.clock import Entropy
from events.errors import FolderError
from mobile.words import _

_HALF: Final = 32


class DeviceKeys(Struct, frozen=True):
    """What makes this tablet this tablet."""

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @property
    def signing_public(self) -> bytes:
        return self.signing.public_key().public_bytes_raw()

    @property
    def sealing_public(self) -> bytes:
        return self.sealing.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return "DeviceKeys(…)"


def make(entropy: Entropy) -> DeviceKeys:
    """Return new keys."""
    return DeviceKeys(
        Ed25519PrivateKey.from_private_bytes(entropy(_HALF)),
        X25519PrivateKey.from_private_bytes(entropy(_HALF)),
    )


def keep(file: Path, keys: DeviceKeys) -> None:
    """Write the keys durably, for this user alone; an existing file is never overwritten."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(keys.signing.private_bytes_raw() + keys.sealing.private_bytes_raw())
        out.flush()
        os.fsync(out.fileno())
    settle(file.parent)


def read(file: Path) -> DeviceKeys:
    """Read the keys; `FolderError` where they are missing or damaged."""
    try:
        raw = file.read_bytes()
    except OSError as missing:
        said = _("The tablet's keys cannot be read: {path}")
        raise FolderError(said.format(path=file)) from missing
    if len(raw) != 2 * _HALF:
        raise FolderError(_("The tablet's keys are damaged: {path}").format(path=file))
    return DeviceKeys(
        Ed25519PrivateKey.from_private_bytes(raw[:_HALF]),
        X25519PrivateKey.from_private_bytes(raw[_HALF:]),
    )


def settle(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
