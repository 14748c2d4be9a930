"""Entries as pages show them: what happened, when, when it came, and where it stands.

With position, log and sequence anybody can look an entry up (`xunji show`). What is sealed is
named and not shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, cast

from msgspec import Struct

from backend.inventory_words import DETAILS, VALUES, Terms
from events.checklists import follow_up_words
from events.clock import CHINA, moment
from events.envelope import received_at_of
from events.inspections import (
    EvidenceCaptured,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
)
from events.store import EventStore
from events.vocabulary import tag_of
from projections.case_rows import Begun, CaseDocument, Evidence, Finished, Noted
from projections.documents import Document, Family, Row
from projections.procedure import SENT_WITHIN
from projections.visits import Cancelled, Voided

_TAGS: Final[Mapping[type[Row], str]] = {
    Begun: tag_of(InspectionStarted),
    Finished: tag_of(InspectionCompleted),
    Voided: tag_of(InspectionVoided),
    Cancelled: tag_of(InspectionCancelled),
    Evidence: tag_of(EvidenceCaptured),
}
_BYTES: Final = 1_024
_AS_WRITTEN: Final = frozenset({"name", "uscc", "media_type", "sha256", "number", "question"})
_MOMENTS: Final = frozenset({"due_at", "revisit_by", "happened_at", "started_at"})


class Entry(Struct, frozen=True):
    """An entry. `struck`: something later took its place; `late`: it came long after."""

    position: int
    log: str
    sequence: int
    tag: str
    at: datetime
    received_at: datetime
    inspection: str = ""
    detail: Mapping[str, Any] = {}
    sealed: tuple[str, ...] = ()
    struck: bool = False

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def late(self) -> bool:
        took = self.received_at - self.at
        return took.total_seconds() * 1_000_000 > SENT_WITHIN


def entry(store: EventStore, row: Row, tag: str, **more: Any) -> Entry:  # noqa: ANN401  as the row has it
    """Return the entry behind a row of a document."""
    (stored,) = store.read(row.position - 1, 1)
    return Entry(
        row.position,
        stored.log,
        stored.sequence,
        tag,
        moment(row.at, row.offset),
        moment(received_at_of(stored.state), CHINA),
        **more,
    )


def of_case(store: EventStore, inspection: str, document: CaseDocument) -> list[Entry]:
    """Return the entries of an inspection but its answers, in the order of what happened."""
    family = Family(document.superseded)
    found = [
        entry(
            store,
            row,
            tag,
            inspection=inspection,
            detail=detail_of(row),
            sealed=tuple(name for name, _ in getattr(row, "sealed", ())),
            struck=not family.counts(ref),
        )
        for ref, row in document.rows.items()
        if (tag := tag_of_row(row))
    ]
    return sorted(found, key=lambda one: (one.at, one.position))


def tag_of_row(row: Row) -> str:
    """Return the tag of the fact behind a row; "" of an answer."""
    return row.tag if isinstance(row, Noted) else _TAGS.get(type(row), "")


def detail_of(row: Row) -> Mapping[str, Any]:
    """Return what a row says in clear."""
    match row:
        case Noted():
            return row.detail
        case Evidence():
            return {"media_type": row.media_type, "size": row.size, "sha256": row.sha256}
        case _:
            return {}


def superseded(document: Document[Any, Any]) -> Mapping[str, str]:
    """Return which entry each correction took the place of, by ref."""
    return {by: target for target, found in document.superseded.items() for by in found}


# ── in words ───────────────────────────────────────────────────────────────────────


class Said(Struct, frozen=True):
    """Says in one language what entries hold."""

    terms: Terms
    name_of: Callable[[str], str]

    def pairs(self, detail: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Return what an entry holds, as pairs of words; ids without a name stay out."""
        found: list[tuple[str, str]] = []
        for name, title in DETAILS.items():
            if name in detail and (text := self.value(name, detail[name])):
                found.append((self.terms.words.gettext(title), text))
        return found

    def value(self, name: str, value: object) -> str:
        """Return a value in words."""
        match value:
            case bool():
                return self.terms.value("yes" if value else "no")
            case None:
                return ""
            case int() | float():
                return _number(name, value)
            case list() | tuple():
                return ", ".join(self.value(name, one) for one in cast("Sequence[object]", value))
            case _:
                return self._text(name, str(value))

    def _text(self, name: str, text: str) -> str:
        if name == "follow_up" and text in follow_up_words():
            return self.terms.one_of(follow_up_words()[text])
        if name in _MOMENTS:
            return text[:16].replace("T", " ")
        if text in VALUES:
            return self.terms.value(text)
        return self.name_of(text) or (text if name in _AS_WRITTEN else self.terms.value(text))


def _number(name: str, number: float) -> str:
    match name:
        case "amount_fen":
            return f"¥{number // 100:,.0f}.{number % 100:02.0f}"
        case "size":
            return f"{-(-number // _BYTES):,.0f} KB"
        case _:
            return f"{number:.6g}" if isinstance(number, float) else str(number)


def codes_in(entries: Iterable[Entry]) -> set[str]:
    """Return all that might be the key of something with a name."""
    found: set[str] = set()
    for one in entries:
        for value in one.detail.values():
            many = cast("Iterable[object]", value if isinstance(value, list | tuple) else (value,))
            found |= {code for code in many if isinstance(code, str)}
    return found


def plain(tag: str) -> str:
    """Return a tag without its version."""
    return tag.partition(".")[0]
