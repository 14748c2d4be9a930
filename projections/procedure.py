"""程序瑕疵: what the document of an inspection shows to have gone against procedure.

The history never refuses a truth: an inspection by one officer is recorded, and judged here,
once it is completed. The column `faults` holds what needs no other document, each with the
position of the entry that shows it. The column `procedure` holds what was done (`Acts`), for the
rules that need the register, the checklist or other inspections (`projections.procedure_faults`).

Of a visit that was broken off only the clock, the sending and a minor who was left are judged:
to stop is what the rules ask for. A fault that was corrected is gone; one of an inspection that
was voided stands, with the voiding beside it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct, json

from events.ids import NOBODY
from events.inspections import (
    ArrivalLocated,
    CertificateShown,
    EnterpriseCodeChecked,
    FindingRaised,
    InspectionApproved,
    NoticeGiven,
    OfficerSignedIn,
    PartyAbsent,
    PersonEncountered,
    PersonHandedOver,
)
from events.orders import ReinspectionCompleted
from events.vocabulary import tag_of
from projections.case_rows import Begun, CaseDocument, CaseRow, Evidence, Finished, Noted
from projections.documents import Counting, Family
from projections.visits import OFFICERS, Reason, Voided, day_number, numbered

ACCURATE_M: Final = 50.0
"""A position is weak above this error (68 % radius)."""
FRESH_S: Final = 60.0
"""A position is weak when it was measured longer ago."""
CLOCK_MAY_DIFFER: Final = 120_000_000
"""Two minutes (µs): more than a tablet's clock drifts in a visit, or the line takes."""
SENT_WITHIN: Final = 72 * 3_600_000_000
"""72 hours (µs) from completion to receipt. No law gives a number: a proposal."""
EXCEPTION: Final = "cap.exception"
"""The field of `sets` in which a completion says why the cap may be exceeded."""

FAULT_OF: Final[Mapping[Reason, str]] = {
    "crew": "one_officer",
    "certificates": "certificate_not_shown",
    "unanswered": "unanswered",
    "kinship": "kinship",
}
"""Reasons why an inspection does not count that are a fault too: to be shown once, not twice."""


class Fault(Struct, frozen=True, gc=False):
    """A fault, by the code of its rule, and the position of the entry that shows it."""

    code: str
    position: int


class Approval(Struct, array_like=True, frozen=True, gc=False):
    """检查审批: where it is recorded, and when it was given (µs)."""

    at: int
    position: int
    emergency: bool


class Raised(Struct, array_like=True, frozen=True, gc=False):
    """A finding, by the rule that raised it."""

    question: str
    rule: int
    position: int


class Acts(Struct, array_like=True, frozen=True, gc=False):
    """What of procedure was done on an administrative inspection; of others, the voiding only.

    `position`, `at` (µs) are the completion's. `officers` are those who need a certificate.
    `exception` is the one claimed for the cap. `voided` is the position of the voiding, 0: none.
    """

    position: int
    at: int
    checklist: str = ""
    version: int = 0
    started_at: int = 0
    officers: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    notice: bool = False
    code: bool = False
    absent: bool = False
    exception: str = ""
    pictures: int = 0
    findings: tuple[Raised, ...] = ()
    voided: int = 0


class Told(Struct):
    """The rows of a completed inspection that rules look at."""

    finished: Counting[CaseRow]
    completed: Finished
    begun: Counting[CaseRow] | None
    noted: dict[str, list[Noted]]
    pictures: int
    voided: int
    document: CaseDocument

    def first_said(self, held: Counting[CaseRow] | None) -> Begun | Finished | None:
        """Return the fact as the tablet said it first: a correction has its own clocks."""
        if held is None:
            return None
        row: Any = held.row
        if not self.document.superseded:
            return row
        row = self.document.rows.get(Family(self.document.superseded).origin(held.ref))
        return row if isinstance(row, Begun | Finished) and type(row) is type(held.row) else None


def told(rows: Iterable[Counting[CaseRow]], document: CaseDocument) -> Told | None:
    """Sort the rows that count; None while nothing is completed, and of what was cancelled."""
    finished: Counting[CaseRow] | None = None
    begun: Counting[CaseRow] | None = None
    noted: dict[str, list[Noted]] = {}
    pictures = voided = 0
    for held in rows:
        row = held.row
        if isinstance(row, Noted):
            if row.tag in noted:
                noted[row.tag].append(row)
            elif row.tag in _READ:
                noted[row.tag] = [row]
        elif isinstance(row, Evidence):
            pictures += row.media_type.startswith("image/")
        elif isinstance(row, Finished):
            finished = _later(finished, held)
        elif isinstance(row, Begun):
            begun = _later(begun, held)
        elif isinstance(row, Voided):
            voided = min(voided or row.position, row.position)
    if finished is None or not isinstance(finished.row, Finished):
        return None
    return Told(finished, finished.row, begun, noted, pictures, voided, document)


def _later(one: Counting[CaseRow] | None, other: Counting[CaseRow]) -> Counting[CaseRow]:
    return other if one is None or one.row.position < other.row.position else one


# ── faults that the document shows ─────────────────────────────────────────────────


def faults(found: Told | None) -> tuple[Fault, ...]:
    """Return what the facts of one inspection show, by code and position."""
    if found is None:
        return ()
    rules = _ALWAYS if found.completed.outcome == "aborted" else _RULES
    shown = [(code, position) for code, rule in rules.items() for position in rule(found)]
    return tuple([Fault(code, position) for code, position in sorted(shown)]) if shown else ()


Positions = Sequence[int]
_NONE: Final = ()


def _one_officer(found: Told) -> Positions:
    return (found.completed.position,) if "crew" in found.completed.reasons else _NONE


def _certificate_not_shown(found: Told) -> Positions:
    """Each officer has to, not only two: an inspection can count and yet show this."""
    done = found.completed
    if done.nature == "administrative":
        for one in done.crew:
            if not one.shown and one.role in OFFICERS:
                return (done.position,)
    return _NONE


def _certificate_expired(found: Told) -> Positions:
    rows = found.noted.get(_SHOWN)
    if rows is None or found.completed.nature == "service":
        return _NONE
    return [
        row.position
        for row in rows
        if str(row.detail.get("valid_to", "")) < _on(day_number(row.at, row.offset))
    ]


@lru_cache(maxsize=1_000)
def _on(day: int) -> str:
    return numbered(day).isoformat()


def _kinship(found: Told) -> Positions:
    """A relative may not take part, even where two others make the visit count."""
    done = found.completed
    related = [one.officer for one in done.crew if one.kinship]
    if not related or done.nature == "service":
        return _NONE
    said = [
        row.position
        for row in found.noted.get(_SIGNED_IN, ())
        if row.subject in related and row.detail.get("kinship")
    ]
    return (min(said, default=done.position),)


def _unanswered(found: Told) -> Positions:
    return (found.completed.position,) if found.completed.unanswered else _NONE


def _arrival(found: Told) -> Noted | None:
    """Return the last position on arrival; of a desk check none is asked for."""
    rows = found.noted.get(_LOCATED)
    if rows is None or found.completed.desk:
        return None
    return rows[0] if len(rows) == 1 else max(rows, key=lambda row: row.position)


def _far_away(found: Told) -> Positions:
    arrival = _arrival(found)
    if arrival is not None and arrival.detail.get("band") == "more":
        return (arrival.position,)
    return _NONE


def _weak_position(found: Told) -> Positions:
    """Mock, old, or of an error that is large or not known.

    How far it was from the object may be unknown because the register does not say where that
    lies: no fault of whoever went there.
    """
    arrival = _arrival(found)
    if arrival is None:
        return _NONE
    detail = arrival.detail
    accuracy = detail.get("accuracy_m")
    is_weak = (
        accuracy is None
        or accuracy > ACCURATE_M
        or detail.get("mock")
        or detail.get("age_s", 0) > FRESH_S
    )
    return (arrival.position,) if is_weak else _NONE


def _clock_jump(found: Told) -> Positions:
    """The clock on the wall against our own, and against the run of the machine.

    What somebody said by a correction has no run beside it: only its order is judged.
    """
    done, begun = found.completed, found.begun.row if found.begun else None
    shows = (done.position,)
    if begun is not None and done.at < begun.at:
        return shows
    finished = found.first_said(found.finished)
    if finished is None or finished.at != done.at:
        return _NONE
    if finished.at - finished.tick.received_at > CLOCK_MAY_DIFFER:
        return shows
    started = found.first_said(found.begun)
    if started is None or begun is None or started.at != begun.at:
        return _NONE
    ran = finished.tick.uptime - started.tick.uptime
    same_run = finished.tick.boot == started.tick.boot != NOBODY
    passed = finished.at - started.at
    return shows if same_run and abs(passed - ran * 1_000) > CLOCK_MAY_DIFFER else _NONE


def _late_sync(found: Told) -> Positions:
    said = found.first_said(found.finished)
    if said is not None and said.tick.received_at - found.completed.at > SENT_WITHIN:
        return (said.position,)
    return _NONE


def _minor_left(found: Told) -> Positions:
    """A minor may not refuse; of several facts about a person the last one counts."""
    rows = found.noted.get(_MET)
    if rows is None:
        return _NONE
    met: dict[str, Noted] = {}
    for row in rows:
        if row.subject not in met or met[row.subject].position < row.position:
            met[row.subject] = row
    safe = {row.subject for row in found.noted.get(_HANDED_OVER, ())}
    return [
        row.position
        for person, row in met.items()
        if row.detail.get("minor") and person not in safe
    ]


def _same_inspector(found: Told) -> Positions:
    """Who found it looked again: the deadline's re-inspection is better somebody else's."""
    rows, done = found.noted.get(_REINSPECTED), found.completed
    if rows is None or done.nature != "administrative":
        return _NONE
    finders = {one.officer for one in done.crew if one.role in OFFICERS}
    return [row.position for row in rows if not finders.isdisjoint(row.detail.get("officers", ()))]


Rule = Callable[[Told], Positions]
_ALWAYS: Final[Mapping[str, Rule]] = {
    "clock_jump": _clock_jump,
    "late_sync": _late_sync,
    "minor_left": _minor_left,
}
_RULES: Final[Mapping[str, Rule]] = {
    **_ALWAYS,
    "certificate_expired": _certificate_expired,
    "certificate_not_shown": _certificate_not_shown,
    "far_away": _far_away,
    "kinship": _kinship,
    "one_officer": _one_officer,
    "same_inspector": _same_inspector,
    "unanswered": _unanswered,
    "weak_position": _weak_position,
}
SHOWN: Final = frozenset(_RULES)
"""The codes of faults that the document of an inspection shows by itself."""

_APPROVED, _NOTICE, _CODE, _ABSENT, _RAISED = map(
    tag_of, (InspectionApproved, NoticeGiven, EnterpriseCodeChecked, PartyAbsent, FindingRaised)
)
_SHOWN, _SIGNED_IN, _LOCATED, _MET, _HANDED_OVER, _REINSPECTED = map(
    tag_of,
    (
        CertificateShown,
        OfficerSignedIn,
        ArrivalLocated,
        PersonEncountered,
        PersonHandedOver,
        ReinspectionCompleted,
    ),
)
_READ: Final = frozenset(
    {
        _APPROVED, _NOTICE, _CODE, _ABSENT, _RAISED, _SHOWN, _SIGNED_IN, _LOCATED, _MET,
        _HANDED_OVER, _REINSPECTED,
    }
)  # fmt: skip


# ── what was done ──────────────────────────────────────────────────────────────────


def acts(found: Told | None) -> Acts | None:
    """Return what was done of procedure; None where no rule asks."""
    if found is None:
        return None
    done = found.completed
    if done.nature != "administrative" or done.outcome == "aborted":
        return Acts(done.position, done.at, voided=found.voided) if found.voided else None
    exception = done.sets.get(EXCEPTION)
    return Acts(
        done.position,
        done.at,
        done.checklist,
        done.version,
        found.begun.row.at if found.begun else done.at,
        tuple(one.officer for one in done.crew if one.role in OFFICERS),
        tuple(sorted(map(_approval, found.noted.get(_APPROVED, ())), key=_when)),
        _NOTICE in found.noted,
        _CODE in found.noted,
        _ABSENT in found.noted,
        exception if isinstance(exception, str) else "",
        found.pictures,
        tuple(sorted(map(_raised, found.noted.get(_RAISED, ())), key=_where)),
        found.voided,
    )


def _approval(row: Noted) -> Approval:
    return Approval(row.at, row.position, bool(row.detail.get("emergency")))


def _when(one: Approval) -> tuple[int, int]:
    return one.at, one.position


def _raised(row: Noted) -> Raised:
    rule = row.detail.get("rule", 0)
    return Raised(
        str(row.detail.get("question", "")), rule if isinstance(rule, int) else 0, row.position
    )


def _where(one: Raised) -> int:
    return one.position


# ── columns ────────────────────────────────────────────────────────────────────────

_write = json.Encoder().encode
read_acts = json.Decoder(Acts).decode


def acts_text(done: Acts | None) -> str:
    """Return the column `procedure`: "" where no rule asks."""
    return _write(done).decode() if done else ""


def faults_text(found: Iterable[Fault]) -> str:
    """Return the column `faults`: `code@position`, by code; "" where nothing is wrong."""
    return " ".join(f"{one.code}@{one.position}" for one in found)


def read_faults(text: str) -> tuple[Fault, ...]:
    """Read the column `faults`."""
    pairs = (one.partition("@") for one in text.split())
    return tuple(Fault(code, int(position)) for code, _, position in pairs)
