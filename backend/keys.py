"""The private keys of a bureau, one PEM file each, readable by their owner only."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from backend import durable
from backend.words import _
from events.errors import FolderError

PrivateKey = Ed25519PrivateKey | X25519PrivateKey

_FOR_OTHERS = 0o077


class KeyFolder:
    """The folder `keys/`: `<name>.key`, PKCS #8, unencrypted; the system guards them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Create the folder."""
        self.path.mkdir(mode=0o700)

    def check(self) -> None:
        """Raise `FolderError` where others than the owner may read a key."""
        if not self.path.is_dir():
            raise FolderError(_("{path} is missing").format(path=self.path))
        for file in (self.path, *sorted(self.path.iterdir())):
            if file.stat().st_mode & _FOR_OTHERS:
                said = _("others may read {path}; type: chmod go= {path}")
                raise FolderError(said.format(path=file))

    def put(self, name: str, key: PrivateKey) -> Path:
        """Keep a key, durably."""
        file = self.file(name)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        durable.write(file, pem, 0o600)
        return file

    def file(self, name: str) -> Path:
        """Return where a key is kept."""
        return self.path / f"{name}.key"

    def holds(self, name: str) -> bool:
        """Tell whether a key is here."""
        return self.file(name).is_file()

    def signing(self, name: str) -> Ed25519PrivateKey:
        """Return a signing key; `FolderError` where it is missing or something else."""
        return read_signing(self.file(name))

    def sealing(self, name: str) -> X25519PrivateKey:
        """Return a sealing key; `FolderError` where it is missing or something else."""
        key = _read(self.file(name))
        if not isinstance(key, X25519PrivateKey):
            raise _not_one(self.file(name))
        return key


def read_signing(file: Path) -> Ed25519PrivateKey:
    """Read a signing key from any file, such as a root key that is kept elsewhere."""
    key = _read(file)
    if not isinstance(key, Ed25519PrivateKey):
        raise _not_one(file)
    return key


def _read(file: Path) -> object:
    try:
        pem = file.read_bytes()
    except OSError as missing:
        said = _("the key {path} cannot be read").format(path=file)
        raise FolderError(said) from missing
    try:
        return serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as broken:
        raise _not_one(file) from broken


def _not_one(file: Path) -> FolderError:
    return FolderError(_("{path} does not hold a key of the kind it should").format(path=file))
