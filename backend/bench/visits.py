"""What happens on invented inspections: about 25 entries each, in a realistic mix.

There are as many a year as in the demo district. Half are patrols, a third rechecks of
households, whose answers are mostly sealed, the rest inspections of organizations. Nothing here
is secret: sealed parts are random bytes.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from msgspec import Raw, Struct, json
from msgspec.structs import replace

from events.facts import Fact, SealedPart, Visit
from events.ids import EntryRef, id_text
from events.inspections import (
    AnswerRecorded,
    ArrivalLocated,
    CertificateShown,
    CorrectionRecorded,
    CrewMember,
    EvidenceCaptured,
    FindingRaised,
    InspectionCompleted,
    InspectionStarted,
    OfficerSigned,
    OfficerSignedIn,
    PartySigned,
)
from events.register import AreaListed, ItemListed, ObjectListed
from events.vocabulary import tag_of
from projections.coverage import DOMAINS
from projections.spans import Span

YEAR: Final = Span(date(2026, 1, 1), date(2026, 12, 31))
ENTRIES_A_YEAR: Final = 80_000
INSPECTIONS_A_DAY: Final = 9
_EARLY: Final = date(2010, 1, 1)
_LATE: Final = date(2029, 12, 31)
OBJECTS: Final = 6_000
_KINDS: Final = ("street_patrol", "low_income_recheck", "general_inspection")
_WEIGHTS: Final = (5, 3, 2)
TOWNSHIPS: Final = tuple(f"44080400{number}" for number in range(1, 8))
_ITEMS: Final = tuple(f"MZ-SO-JC-{number:02}" for number in range(1, 51))
_OFFICERS: Final = tuple(id_text(number.to_bytes(16, "big")) for number in range(1, 41))
_ANSWER: Final = 92  # bytes: a short text, padded
_STROKES: Final = 1_052  # a signature


class Happening(Struct, frozen=True):
    """A fact, and the sizes of its sealed parts."""

    fact: Fact
    sealed: tuple[int, ...] = ()


class Thing(Struct, frozen=True):
    """An object to inspect."""

    id: str
    number: int

    @property
    def township(self) -> str:
        return TOWNSHIPS[self.number % len(TOWNSHIPS)]

    @property
    def village(self) -> str:
        return f"{self.township}{self.number % 9 + 200}"

    @property
    def domain(self) -> str:
        return DOMAINS[self.number % len(DOMAINS)]

    @property
    def point(self) -> tuple[float, float]:
        """Some place in a district of 25 km by 40 km."""
        dice = Random(self.number)
        return round(dice.uniform(110.4, 110.64), 6), round(dice.uniform(21.09, 21.45), 6)

    @property
    def type(self) -> str:
        return f"type_{self.number % 20}"


_THINGS: Final = tuple(
    Thing(id_text((1_000_000 + number).to_bytes(16, "big")), number) for number in range(OBJECTS)
)


def register() -> Iterator[Happening]:
    """Yield what the office lists first: areas, items, objects."""
    for township in TOWNSHIPS:
        yield Happening(AreaListed(township, township, township, "township", _EARLY))
    for at, item in enumerate(_ITEMS):
        yield Happening(
            ItemListed(
                item=item,
                name_zh=item,
                name_en=item,
                domain=DOMAINS[at % len(DOMAINS)],
                kind="inspection",
                plannable=True,
                valid_from=_EARLY,
                object_types=(f"type_{at % 20}",),
                frequency={"mode": "min", "count": 1, "per": "year"},
            )
        )
    for thing in _THINGS:
        yield Happening(
            ObjectListed(
                object=thing.id,
                object_type=thing.type,
                domain=thing.domain,
                township=thing.township,
                village=thing.village,
                valid_from=_EARLY,
                name=f"Object {thing.number}",
                lon=thing.point[0],
                lat=thing.point[1],
            )
        )


def day_of(entry: int, of: int) -> date:
    """Return the day of an entry in a history that ends with `YEAR` and holds `of` entries."""
    return YEAR.end - timedelta(days=(of - entry) * 365 // ENTRIES_A_YEAR)


def inspection(dice: Random, day: date) -> list[Happening]:
    """Return what is recorded of one inspection, from its start to its end."""
    visit = _visit(dice, day)
    lead, second = dice.sample(_OFFICERS, 2)
    return [
        *_arrival(visit, lead, second),
        *_answers(visit, dice),
        *_evidence(visit, dice),
        *_signatures(visit, lead, second),
        Happening(_completed(visit, lead, second)),
    ]


def correction(target: EntryRef, completed: InspectionCompleted) -> Happening:
    """Return what the office records where a completion was put down wrong."""
    right = replace(completed, answered=completed.answered + 1)
    return Happening(
        CorrectionRecorded(
            visit=completed.visit,
            supersedes=target,
            tag=tag_of(InspectionCompleted),
            reason="mistake",
            happened_at=completed.started_at,
            fact=Raw(json.encode(right)),
        )
    )


def _visit(dice: Random, day: date) -> Visit:
    thing = _THINGS[dice.randrange(OBJECTS)]
    kind = dice.choices(_KINDS, _WEIGHTS)[0]
    return Visit(
        inspection=id_text(dice.randbytes(16)),
        kind=kind,
        nature="administrative" if kind == "general_inspection" else "service",
        object=thing.id,
        object_type=thing.type,
        domain=thing.domain,
        township=thing.township,
        started_on=day,
        village=thing.village,
        items=tuple(dice.sample(_ITEMS, 2)),
    )


def _arrival(visit: Visit, lead: str, second: str) -> Iterator[Happening]:
    yield Happening(InspectionStarted(visit=visit, checklist="CL-GE-1", version=1))
    for officer in (lead, second):
        role = "lead" if officer == lead else "assisting"
        yield Happening(OfficerSignedIn(visit=visit, officer=officer, role=role))
        yield Happening(
            CertificateShown(visit=visit, officer=officer, certificate=officer, valid_to=_LATE)
        )
    yield Happening(ArrivalLocated(visit=visit, band="le50", provider="gnss", accuracy_m=5.0))


def _answers(visit: Visit, dice: Random) -> Iterator[Happening]:
    part = (SealedPart("value", visit.inspection),)
    seals = visit.kind == "low_income_recheck"
    for number in range(dice.randint(10, 18)):
        sealed = seals and number % 3 > 0
        fact = AnswerRecorded(
            inspection=visit.inspection,
            kind=visit.kind,
            question=f"GE-{number:02}",
            status="given",
            sealed=part if sealed else (),
            **({} if sealed else {"value": "yes"}),
        )
        yield Happening(fact, (_ANSWER,) if sealed else ())


def _evidence(visit: Visit, dice: Random) -> Iterator[Happening]:
    yield Happening(
        EvidenceCaptured(
            visit=visit,
            evidence=id_text(dice.randbytes(16)),
            sha256=dice.randbytes(32).hex(),
            size=240_000,
            media_type="image/jpeg",
            question="GE-14",
        )
    )
    if dice.random() < 0.25:  # noqa: PLR2004  one in four
        finding = id_text(dice.randbytes(16))
        yield Happening(
            FindingRaised(
                visit=visit,
                finding=finding,
                question="GE-03",
                rule=0,
                item=visit.items[0],
                severity="minor",
            )
        )


def _signatures(visit: Visit, lead: str, second: str) -> Iterator[Happening]:
    part = (SealedPart("strokes", visit.inspection),)
    yield Happening(PartySigned(visit=visit, question="GE-19", sealed=part), (_STROKES,))
    for officer in (lead, second):
        fact = OfficerSigned(visit=visit, officer=officer, question="GE-18", sealed=part)
        yield Happening(fact, (_STROKES,))


def _completed(visit: Visit, lead: str, second: str) -> InspectionCompleted:
    day = visit.started_on
    return InspectionCompleted(
        visit=visit,
        outcome="nothing_found",
        crew=(
            CrewMember(lead, "lead", certificate_shown=True),
            CrewMember(second, "assisting", certificate_shown=True),
        ),
        started_at=datetime(day.year, day.month, day.day, 2, tzinfo=UTC),
        checklist="CL-GE-1",
        version=1,
        answered=14,
    )
