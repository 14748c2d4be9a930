"""The sealed card of a home: its name and address, opened for a purpose and on record."""

import msgspec
from msgspec import Struct

from backend.office import Office
from backend.opening import Opener, PartRef
from events import vocabulary
from events.errors import ErasedError, UnverifiedError
from events.register import ObjectListed, ObjectRevised
from projections import objects as register
from projections.views import ViewReader

MOST_PURPOSE = 200  # characters
_LISTING_TAGS = frozenset(map(vocabulary.tag_of, (ObjectListed, ObjectRevised)))


class Card(Struct, frozen=True):
    """What a card says; what else it holds stays closed on pages."""

    name: str = ""
    address: str = ""


def part_of(office: Office, views: ViewReader, key: str) -> PartRef | None:
    """Return the sealed part that holds the newest card of an object; None where there is none."""
    held = views.load("objects", [key]).get(key)
    if held is None:
        return None
    about = register.standing(register.decode_register(held).register.values())
    for listing in reversed(about.listings):
        for index, (name, _) in enumerate(listing.sealed):
            if name == "card":
                (stored,) = office.store.read(listing.position - 1, 1)
                if stored.tag not in _LISTING_TAGS:  # adopted: its sealed parts stayed outside
                    return None
                return PartRef(bytes.fromhex(stored.log), stored.record().entry, index)
    return None


def peek(office: Office, part: PartRef) -> bytes | None:
    """Return a card for the program itself, to be compared and not shown; None: it stays shut."""
    try:
        return Opener(office.folder, office.vault).open(part)
    except (ErasedError, UnverifiedError):
        return None


def read_card(text: bytes) -> Card:
    """Read the text of a card."""
    try:
        return msgspec.json.decode(text, type=Card)
    except msgspec.MsgspecError:
        return Card()
