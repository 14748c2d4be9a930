"""Whether an inspection counts: domain rules of coverage, one small function each.

An inspection is **effective** when it was started and completed, not voided, not broken off,
and meets the rule of its nature. Desk checks are effective but flagged. The rules say why
not, so that *inspected and nothing found* and *not inspected* never look alike.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, TypeAlias, assert_never

from msgspec import Struct

from events.facts import Nature
from events.inspections import (
    CorrectionRecorded,
    CrewMember,
    CrewRole,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    Outcome,
)
from events.vocabulary import tag_of
from projections.documents import Counting, Row
from projections.recorded import Recorded

Reason: TypeAlias = Literal[
    "not_started",
    "not_completed",
    "voided",
    "aborted",
    "crew",
    "certificates",
    "unanswered",
    "kinship",
    "nobody_home",
    "home_visit",
]

CREW = 2
OFFICERS: frozenset[CrewRole] = frozenset({"lead", "assisting"})
"""Auxiliaries may not inspect, and partners act for their own department (domain.md, 1)."""

_DAY = 86_400_000_000
_MINUTE = 60_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
CORRECTION = tag_of(CorrectionRecorded)


def local_day(at: int, offset: int) -> date:
    """Return the day on the wall where it happened: microseconds UTC, minutes east."""
    return numbered(day_number(at, offset))


def day_number(at: int, offset: int) -> int:
    """Return that day as a number: many are counted faster than as dates."""
    return (at + offset * _MINUTE) // _DAY


def numbered(day: int) -> date:
    """Return the day that a number stands for."""
    return date.fromordinal(_EPOCH + day)


class Started(Row, frozen=True, tag="s"):
    inspection: str


class Completed(Row, frozen=True, tag="c"):
    """A completion, judged when it was folded: the rules need no more than the fact itself.

    `officers` are the crew, the lead first.
    """

    inspection: str
    kind: str
    nature: Nature
    outcome: Outcome
    officers: tuple[str, ...]
    reasons: tuple[Reason, ...]
    desk: bool
    zero_report: bool


class Voided(Row, frozen=True, tag="v"):
    inspection: str


class Cancelled(Row, frozen=True, tag="x"):
    inspection: str
    lawful: bool


VisitRow: TypeAlias = Started | Completed | Voided | Cancelled
VISIT_ROWS: Final[tuple[type[Row], ...]] = (Started, Completed, Voided, Cancelled)


class Effectiveness(Struct, frozen=True, gc=False):
    """Whether an inspection counts, all reasons why not, and whether it was a desk check."""

    reasons: tuple[Reason, ...] = ()
    desk: bool = False

    @property
    def effective(self) -> bool:
        return not self.reasons


class Inspected(Struct, frozen=True):
    """One inspection, once it is decided which of its facts count.

    `on` is the local day of its completion, None while it is not completed.
    """

    inspection: str
    effectiveness: Effectiveness
    completed: Completed | None = None
    on: date | None = None
    started: bool = False
    voided: bool = False
    cancelled: Literal["", "lawful", "unlawful"] = ""
    position: int = 0
    at: int = 0


def started(fact: InspectionStarted, recorded: Recorded) -> Started:
    return Started(
        recorded.position, recorded.happened_at, recorded.utc_offset, fact.visit.inspection
    )


def completed(fact: InspectionCompleted, recorded: Recorded) -> Completed:
    visit = fact.visit
    return Completed(
        recorded.position,
        recorded.happened_at,
        recorded.utc_offset,
        visit.inspection,
        visit.kind,
        visit.nature,
        fact.outcome,
        tuple([one.officer for one in sorted(fact.crew, key=_lead_first)]),
        judged(fact),
        fact.desk,
        fact.zero_report,
    )


def _lead_first(member: CrewMember) -> bool:
    return member.role != "lead"


def voided(fact: InspectionVoided, recorded: Recorded) -> Voided:
    return Voided(
        recorded.position, recorded.happened_at, recorded.utc_offset, fact.visit.inspection
    )


def cancelled(fact: InspectionCancelled, recorded: Recorded) -> Cancelled:
    return Cancelled(
        recorded.position,
        recorded.happened_at,
        recorded.utc_offset,
        fact.visit.inspection,
        fact.lawful,
    )


def effective(
    completed: Completed | None, *, started: bool = True, voided: bool = False
) -> Effectiveness:
    """Judge one inspection by the facts that count (domain.md, section 6)."""
    reasons: tuple[Reason, ...] = () if started else ("not_started",)
    if voided:
        reasons = (*reasons, "voided")
    if completed is None:
        return Effectiveness((*reasons, "not_completed"))
    return Effectiveness((*reasons, *completed.reasons), completed.desk)


def judged(fact: InspectionCompleted) -> tuple[Reason, ...]:
    """Return why a completion does not count, by the rule of its nature; nothing if it does."""
    broken_off: tuple[Reason, ...] = ("aborted",) if fact.outcome == "aborted" else ()
    return (*broken_off, *_RULES[fact.visit.nature](fact))


def _administrative(fact: InspectionCompleted) -> list[Reason]:
    """Two or more certified officers who showed their certificates, and a whole form."""
    officers = [member for member in fact.crew if member.role in OFFICERS]
    reasons = _whole(fact)
    if len({member.officer for member in officers}) < CREW:
        return ["crew", *reasons]
    if len({member.officer for member in officers if member.certificate_shown}) < CREW:
        return ["certificates", *reasons]
    return reasons


def _service(fact: InspectionCompleted) -> list[Reason]:
    """A crew of two or more signed in, whoever they are, and a whole form."""
    few: list[Reason] = ["crew"] if len({member.officer for member in fact.crew}) < CREW else []
    return [*few, *_whole(fact)]


def _eligibility(fact: InspectionCompleted) -> list[Reason]:
    """Two or more investigators without kinship, and the visit made or made anew."""
    investigators = {member.officer for member in fact.crew if member.role in OFFICERS}
    related = {member.officer for member in fact.crew if member.kinship}
    reasons: list[Reason] = []
    if len(investigators) < CREW:
        reasons.append("crew")
    elif len(investigators - related) < CREW:
        reasons.append("kinship")
    match fact.home_visit:
        case "in" | "remote":
            pass
        case "nobody" if fact.second_visit_on is not None:
            pass
        case "nobody":
            reasons.append("nobody_home")
        case "moved" | "refused" | None:
            reasons.append("home_visit")
        case _:
            assert_never(fact.home_visit)
    return reasons


def _whole(fact: InspectionCompleted) -> list[Reason]:
    return ["unanswered"] if fact.unanswered else []


_RULES: Mapping[Nature, Callable[[InspectionCompleted], list[Reason]]] = {
    "administrative": _administrative,
    "service": _service,
    "eligibility": _eligibility,
}


def inspected(
    rows: Iterable[Counting[VisitRow]], begun: Collection[str] | None = None
) -> dict[str, Inspected]:
    """Decide each inspection of a document by its rows that count.

    A void wins over whatever else there is. Of several completions the one with the higher
    position counts. Where a document is not
    that of the inspection, a correction can have moved a completion here and left the start
    behind: `begun` names the inspections whose start was ever kept here, others did start.
    """
    of: defaultdict[str, list[Counting[VisitRow]]] = defaultdict(list)
    for held in rows:
        of[held.row.inspection].append(held)
    return {
        inspection: _decide(inspection, held, started=begun is not None and inspection not in begun)
        for inspection, held in of.items()
    }


def begun_in(rows: Iterable[Row]) -> frozenset[str]:
    """Return the inspections whose start was ever kept among `rows`, taken back or not."""
    return frozenset(row.inspection for row in rows if isinstance(row, Started))


def _decide(inspection: str, rows: list[Counting[VisitRow]], *, started: bool) -> Inspected:
    voided = False
    cancelled: Literal["", "lawful", "unlawful"] = ""
    last: Completed | None = None
    at = offset = position = 0
    for held in rows:
        row = held.row
        position = max(position, row.position)
        match row:
            case Started():
                started = True
            case Completed():
                if last is None or row.position > last.position:
                    last, at, offset = row, row.at, row.offset
            case Voided():
                voided = True
            case Cancelled():
                cancelled = "lawful" if row.lawful or cancelled == "lawful" else "unlawful"
            case _:
                assert_never(row)
    return Inspected(
        inspection,
        effective(last, started=started, voided=voided),
        last,
        None if last is None else local_day(at, offset),
        started,
        voided,
        cancelled,
        position,
        at,
    )
