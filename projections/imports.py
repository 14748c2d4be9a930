"""Imports: which files of the bureau's own lists were brought in, and which were taken back.

The same file is known again by its hash. Where an import stands in its log says which entries
it wrote: the `facts` ones right before its own.
"""

from typing import TypeAlias

from msgspec import Struct

from events.inspections import InspectionFact
from events.office import OfficeFact
from events.orders import OrderFact
from events.register import (
    AreaFact,
    ChecklistPublished,
    FrequencyCapPublished,
    ImportUndone,
    ItemFact,
    ListImported,
    ObjectFact,
    OfficerFact,
)
from projections.documents import Document, Row
from projections.recorded import Recorded
from projections.view import Keep, Value, View, of_facts, under


class Brought(Row, frozen=True, tag="b"):
    """A file that was brought in; `log` and `sequence` are those of its own entry."""

    list: str
    sha256: str
    by: str
    file: str
    facts: int
    listed: int
    revised: int
    closed: int
    reopened: int
    log: str
    sequence: int


class Undone(Row, frozen=True, tag="u"):
    """An import that was taken back; `left` rows stayed as they were."""

    by: str
    facts: int
    put_back: int
    left: int


ImportRow: TypeAlias = Brought | Undone
ImportDocument: TypeAlias = Document[ImportRow, Row]


class Import(Struct, frozen=True):
    """An import, resolved."""

    imported: str
    brought: Brought
    undone: Undone | None = None


def resolved(key: str, document: ImportDocument) -> Import | None:
    """Return an import; None where nothing says what was brought in."""
    rows = sorted(document.register.values(), key=lambda row: row.position)
    brought = next((row for row in rows if isinstance(row, Brought)), None)
    if brought is None:
        return None
    return Import(key, brought, next((row for row in rows if isinstance(row, Undone)), None))


def _brought(fact: ListImported, recorded: Recorded) -> Brought:
    return Brought(
        recorded.position, recorded.happened_at, recorded.utc_offset,
        fact.list, fact.sha256, fact.by, fact.file, fact.facts,
        fact.listed, fact.revised, fact.closed, fact.reopened, recorded.log, recorded.sequence,
    )  # fmt: skip


def _undone(fact: ImportUndone, recorded: Recorded) -> Undone:
    return Undone(
        recorded.position, recorded.happened_at, recorded.utc_offset,
        fact.by, fact.facts, fact.put_back, fact.left,
    )  # fmt: skip


def _extract(key: str, document: ImportDocument) -> tuple[Value, ...]:
    found = resolved(key, document)
    if found is None:
        return ("", "", 0, 0)
    one = found.brought
    return (one.list, one.sha256, one.position, found.undone.position if found.undone else 0)


IMPORTS: View = of_facts(
    name="imports",
    version=1,
    document=ImportDocument,  # type: ignore[arg-type]
    keeps={
        ListImported: Keep(_brought, under("imported"), register=True),
        ImportUndone: Keep(_undone, under("imported"), register=True),
    },
    ignores=(
        InspectionFact,
        OrderFact,
        OfficeFact,
        # what an import wrote stands in the views of what it wrote
        ItemFact,
        ObjectFact,
        AreaFact,
        OfficerFact,
        ChecklistPublished,
        FrequencyCapPublished,
    ),
    columns={"list": "text", "sha256": "text", "brought": "integer", "undone": "integer"},
    extract=_extract,
    indexes=(("sha256", "undone"), ("brought",)),
)
