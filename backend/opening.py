"""Opening sealed parts: with the vault and the bureau's sealing key, and never unrecorded."""

from collections.abc import Sequence

from msgspec import Struct

from backend.folder import DataFolder
from backend.office import Office
from events.envelope import Entry
from events.errors import ErasedError, UnverifiedError
from events.sealing import DataKey, Place, WrappedKey, unseal, unwrap
from events.vault import Vault


class PartRef(Struct, frozen=True):
    """The sealed part `index` (from 0) of an entry of `log` (32 bytes)."""

    log: bytes
    entry: Entry
    index: int


class Opener:
    """Opens sealed parts for the program itself, such as for a card that it wraps for a tablet.

    For a person: `open_for`.
    """

    def __init__(self, folder: DataFolder, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def open(self, part: PartRef) -> bytes:
        """Return the text; `ErasedError` once its key or the part is erased.

        `UnverifiedError` where the key never came, or does not open it.
        """
        return self.unsealed(part, self.data_key(part))

    def subject(self, part: PartRef) -> bytes:
        """Return whose the part is (16 bytes): what its key is bound to."""
        return self._wrapped(part).subject

    def data_key(self, part: PartRef) -> DataKey:
        """Return the opened key of a part."""
        wrapped = self._wrapped(part)
        return unwrap(wrapped, self._folder.bureau, self._folder.sealing_key(wrapped.serial))

    def unsealed(self, part: PartRef, key: DataKey) -> bytes:
        """Return the text of a part with its key at hand."""
        content = part.entry.sealed[part.index]
        if content is None:
            raise _erased()
        place = Place(part.log, part.entry.header.sequence, part.index)
        return unseal(content, key, place)

    def _wrapped(self, part: PartRef) -> WrappedKey:
        if part.entry.sealed[part.index] is None:
            raise _erased()
        wrapped = self._vault.get(part.entry.header.parts[part.index].key)
        if wrapped is None:
            raise UnverifiedError(part.entry.header.sequence, "the key of a sealed part never came")
        return wrapped


def open_for(
    office: Office, viewer: str, purpose: str, parts: Sequence[PartRef]
) -> list[bytes | ErasedError | UnverifiedError]:
    """Open parts for a person, in their order; for those that do not open, why.

    It is recorded before anything is shown: who, whose data, what for. Where that cannot be
    recorded, nothing opens.
    """
    opener = Opener(office.folder, office.vault)
    found = [_or_refusal(opener, part) for part in parts]
    opened = [part for part, one in zip(parts, found, strict=True) if isinstance(one, bytes)]
    subjects = sorted({opener.subject(part) for part in opened})
    if subjects:
        office.viewed(viewer, subjects, purpose)
    return found


def _or_refusal(opener: Opener, part: PartRef) -> bytes | ErasedError | UnverifiedError:
    try:
        return opener.open(part)
    except (ErasedError, UnverifiedError) as refusal:
        return refusal


def _erased() -> ErasedError:
    return ErasedError("the sealed part was erased")
