"""The port behind which wrapped data keys are kept, and destroyed.

Keys live apart from the history, in a file of their own with short-lived backups. What every
vault promises: a key is durable when `put` returns; after `erase` no byte of it is left, and
neither it nor any other key of that subject ever comes back.
"""

from collections.abc import Sequence
from typing import Protocol

from events.errors import ErasedError
from events.sealing import WrappedKey


class Vault(Protocol):
    """Wrapped keys by id; ids and subjects are 16 bytes."""

    def put(self, keys: Sequence[WrappedKey]) -> None:
        """Keep keys. Known ones and those of erased subjects are passed over."""
        ...

    def get(self, key: bytes) -> WrappedKey | None:
        """Return a key, None where it never was here; `ErasedError` once it was destroyed."""
        ...

    def of_subject(self, subject: bytes) -> Sequence[WrappedKey]:
        """Return the keys of a subject."""
        ...

    def erase(self, subject: bytes) -> Sequence[bytes]:
        """Destroy every key of `subject`, for ever; return the ids of those that were here."""
        ...


class MemoryVault:
    """A vault that forgets: for tests."""

    def __init__(self) -> None:
        self._keys: dict[bytes, WrappedKey] = {}
        self._erased: set[bytes] = set()
        self._tombs: set[bytes] = set()

    def put(self, keys: Sequence[WrappedKey]) -> None:
        """See `Vault.put`."""
        for key in keys:
            if key.subject not in self._erased:
                self._keys.setdefault(key.id, key)

    def get(self, key: bytes) -> WrappedKey | None:
        """See `Vault.get`."""
        if key in self._tombs:
            raise _erased()
        return self._keys.get(key)

    def of_subject(self, subject: bytes) -> Sequence[WrappedKey]:
        """See `Vault.of_subject`."""
        return [key for key in self._keys.values() if key.subject == subject]

    def erase(self, subject: bytes) -> Sequence[bytes]:
        """See `Vault.erase`."""
        gone = [key.id for key in self.of_subject(subject)]
        self._erased.add(subject)
        self._tombs.update(gone)
        for key in gone:
            del self._keys[key]
        return gone


def _erased() -> ErasedError:
    return ErasedError("the key was destroyed")
