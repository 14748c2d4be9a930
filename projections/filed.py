"""Facts of the office's lists as documents keep them: whole, in the words of the vocabulary.

There are few of them, and their readers want all of them. Dates of validity decide which one
holds on a day; of two from the same day, the one that was recorded later.
"""

from typing import TypeAlias

import msgspec

from events import vocabulary
from events.facts import Fact
from events.vocabulary import Unknown
from projections.documents import Document, Row
from projections.recorded import Recorded

_encode = msgspec.json.Encoder().encode


class Filed(Row, frozen=True):
    """A whole fact. `body` is JSON without salt, `tag` its type."""

    tag: str
    body: bytes

    @property
    def fact(self) -> Fact | Unknown:
        return vocabulary.decode(self.tag, self.body)


FiledDocument: TypeAlias = Document[Filed, Row]


def filed(fact: Fact, recorded: Recorded) -> Filed:
    return Filed(
        recorded.position,
        recorded.happened_at,
        recorded.utc_offset,
        vocabulary.tag_of(type(fact)),
        _encode(fact),
    )


def in_order(document: FiledDocument) -> list[Fact | Unknown]:
    """Return the facts of a document by position: later ones were recorded later."""
    rows = sorted(document.register.values(), key=lambda row: row.position)
    return [row.fact for row in rows]
