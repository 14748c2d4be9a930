"""Patrols, as the document of one inspection tells them: what was walked, and who was met.

Two columns of `projections.inspections` come from here: `passes`, the places that were walked,
each with its time, and `goals`, the counts behind the four zero goals. Both are facts; which
of them count (effective or not, required or not) is decided by the measures that read them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, json

from events.inspections import PersonEncountered, ReliefRefused, SegmentCovered
from events.vocabulary import tag_of
from projections.case_rows import Finished, Noted
from projections.documents import Counting, Row

PASSED: Final = 0.8
"""A place counts as walked when so much of its length was (domain.md, 6)."""

_TOLD: Final = frozenset({"begging", "sleeping_rough"})
ZERO_TROUBLE: Final = "patrol.zero_accident_or_opinion"
_COVERED: Final = tag_of(SegmentCovered)
_MET: Final = tag_of(PersonEncountered)
_REFUSED: Final = tag_of(ReliefRefused)


class Walk(Struct, array_like=True, frozen=True, gc=False):
    """A place that was walked: when (µs, minutes east), and whether far enough to be a pass."""

    segment: str
    at: int
    offset: int
    passed: bool


class Goals(Struct, array_like=True, frozen=True, gc=False):
    """Counts of one patrol: persons met, and of them; `trouble`: an accident or public anger.

    `untold` are persons of whom nobody said whether they begged or slept rough; `silent` is 1
    where nobody said whether there was trouble. Neither of them is a zero.
    """

    met: int = 0
    begging: int = 0
    sleeping_rough: int = 0
    minors: int = 0
    emergencies: int = 0
    refused: int = 0
    trouble: int = 0
    untold: int = 0
    silent: int = 1


def walks(rows: Iterable[Counting[Row]]) -> tuple[Walk, ...]:
    """Return what was walked. What a matching measured counts more than what was said."""
    found: list[Walk] = []
    for held in rows:
        row = held.row
        if isinstance(row, Noted) and row.tag == _COVERED:
            found.append(Walk(row.subject, row.at, row.offset, _passed(row.detail)))
    return tuple(sorted(found, key=lambda walk: (walk.at, walk.segment)))


def _passed(told: Mapping[str, Any]) -> bool:
    fraction = told.get("fraction")
    if isinstance(fraction, int | float) and "matching" in told:
        return fraction >= PASSED
    return told.get("walked") == "full"


def goals(rows: Iterable[Counting[Row]], completed: Finished | None) -> Goals:
    """Count. Of several facts about one person that of the highest position counts."""
    met: dict[str, Noted] = {}
    refused: set[str] = set()
    for held in rows:
        row = held.row
        if not isinstance(row, Noted):
            continue
        if row.tag == _MET and (row.subject not in met or met[row.subject].position < row.position):
            met[row.subject] = row
        elif row.tag == _REFUSED:
            refused.add(row.subject)
    calm = completed.sets.get(ZERO_TROUBLE) if completed is not None else None
    return Goals(
        met=len(met),
        begging=_flagged(met, "begging"),
        sleeping_rough=_flagged(met, "sleeping_rough"),
        minors=_flagged(met, "minor"),
        emergencies=_flagged(met, "emergency"),
        refused=len(refused),
        trouble=int(calm is False),
        untold=sum(not row.detail.keys() >= _TOLD for row in met.values()),
        silent=int(not isinstance(calm, bool)),
    )


def _flagged(met: Mapping[str, Noted], flag: str) -> int:
    return sum(bool(row.detail.get(flag)) for row in met.values())


_write = json.Encoder().encode
read_walks = json.Decoder(tuple[Walk, ...]).decode
read_goals = json.Decoder(Goals).decode


def walks_text(found: tuple[Walk, ...]) -> str:
    """Return the column `passes`: "" where nothing was walked."""
    return _write(found).decode() if found else ""


def goals_text(found: Goals) -> str:
    return _write(found).decode()
