"""The pictures of an inspection: which there are, which are here, and opening them for a reader."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from backend.entries import Entry
from backend.opening import PartRef
from backend.people.access_log import Opening
from backend.picture_folder import PictureFolder
from events import pictures, vocabulary
from events.errors import ErasedError, Refusal
from events.inspections import EvidenceCaptured
from events.store import EventStore

MOST_BYTES: Final = 24 * 1024 * 1024
"""Of pictures on one page; a larger one stands alone."""
_TAG: Final = vocabulary.tag_of(EvidenceCaptured)

State: TypeAlias = Literal["here", "waiting", "unsealed"]
"""`waiting`: still on its tablet. `unsealed`: its entry brings no key, so nobody can open it."""


class PictureLine(Struct, frozen=True):
    """A picture that an inspection names. `size` in bytes as stored, 0 where it is not here."""

    position: int
    at: datetime
    name: str
    size: int
    state: State
    part: int = -1


class Opened(Struct, frozen=True):
    """A picture for a page: `image` is a data URL, "" where it does not open, for `fault`."""

    line: PictureLine
    image: str = ""
    fault: Literal["", "erased", "shut"] = ""


def lines(entries: Iterable[Entry], folder: PictureFolder) -> list[PictureLine]:
    """Return the pictures among the entries of an inspection, the oldest first."""
    return [_line(one, folder) for one in entries if one.tag == _TAG and not one.struck]


def page_of(found: Sequence[PictureLine], after: int) -> tuple[list[PictureLine], int]:
    """Return those behind position `after` that fit on a page, and where the next one begins.

    0: there is no more.
    """
    shown: list[PictureLine] = []
    size = 0
    for one in found:
        if one.position <= after or one.state != "here":
            continue
        size += one.size
        if shown and size > MOST_BYTES:
            return shown, shown[-1].position
        shown.append(one)
    return shown, 0


def opened(
    shown: Sequence[PictureLine],
    store: EventStore,
    folder: PictureFolder,
    opening: Opening,
    purpose: str,
) -> list[Opened]:
    """Open pictures for whoever reads: it is recorded first, once for all of them."""
    texts = opening(purpose, [_part(store, one) for one in shown])
    return [_opened(one, text, folder) for one, text in zip(shown, texts, strict=True)]


def _line(entry: Entry, folder: PictureFolder) -> PictureLine:
    name = str(entry.detail["sha256"])
    part = entry.sealed.index(pictures.PART) if pictures.PART in entry.sealed else -1
    size = folder.size(name)
    state: State = "waiting" if size is None else "unsealed" if part < 0 else "here"
    return PictureLine(entry.position, entry.at, name, size or 0, state, part)


def _part(store: EventStore, line: PictureLine) -> PartRef:
    (stored,) = store.read(line.position - 1, 1)
    return PartRef(bytes.fromhex(stored.log), stored.record().entry, line.part)


def _opened(line: PictureLine, text: bytes | Exception, folder: PictureFolder) -> Opened:
    if isinstance(text, Exception):
        return Opened(line, fault="erased" if isinstance(text, ErasedError) else "shut")
    try:
        content = pictures.unseal(folder.read(line.name) or b"", pictures.read_key(text))
        kind = pictures.media_type(content)
    except Refusal:
        return Opened(line, fault="shut")
    return Opened(line, f"data:{kind};base64,{b64encode(content).decode()}")
