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
        """Keep keys. Known ones, destroyed ones and those of erased subjects are passed over.

        Of an erased subject the id is remembered: what it sealed is erased, not lost.
        """
        ...

    def get(self, key: bytes) -> WrappedKey | None:
        """Return a key, None where it never was here; `ErasedError` once it was destroyed."""
        ...

    def of_subject(self, subject: bytes) -> Sequence[WrappedKey]:
        """Return the keys of a subject."""
        ...

    def erase(self, subject: bytes) -> Sequence[bytes]:
        """Destroy every key of `subject`, for ever; return the ids of all that ever were here."""
        ...

    def replace(self, keys: Sequence[WrappedKey]) -> None:
        """Put keys that were wrapped anew in the place of those with the same ids.

        No byte of the old wrapping is left. What was destroyed stays destroyed.
        """
        ...

    def wrapped_before(self, serial: int) -> Sequence[WrappedKey]:
        """Return the keys that are wrapped for a sealing key older than `serial`."""
        ...


class MemoryVault:
    """A vault that forgets: for tests."""

    def __init__(self) -> None:
        self._keys: dict[bytes, WrappedKey] = {}
        self._erased: dict[bytes, list[bytes]] = {}
        self._tombs: set[bytes] = set()

    def put(self, keys: Sequence[WrappedKey]) -> None:
        """See `Vault.put`."""
        for key in keys:
            if key.subject in self._erased and key.id not in self._keys:
                self._bury(key)
            elif key.id not in self._tombs:
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
        self._erased.setdefault(subject, [])
        for key in self.of_subject(subject):
            self._bury(key)
            del self._keys[key.id]
        return list(self._erased[subject])

    def replace(self, keys: Sequence[WrappedKey]) -> None:
        """See `Vault.replace`."""
        for key in keys:
            if key.id in self._keys and self._keys[key.id].subject == key.subject:
                self._keys[key.id] = key

    def wrapped_before(self, serial: int) -> Sequence[WrappedKey]:
        """See `Vault.wrapped_before`."""
        return [key for key in self._keys.values() if key.serial < serial]

    def _bury(self, key: WrappedKey) -> None:
        if key.id not in self._tombs:
            self._tombs.add(key.id)
            self._erased[key.subject].append(key.id)


def _erased() -> ErasedError:
    return ErasedError("the key was destroyed")
