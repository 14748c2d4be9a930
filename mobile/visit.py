"""One inspection as the tablet's own log tells it: a pure fold, nothing else is kept.

What a screen shows after the tablet was killed is what this fold gives. Facts of other
inspections are passed over. Where one of our entries was corrected, its correction counts.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, structs

from events import vocabulary
from events.answers import Answer, Given, NotApplicable, Slot
from events.conditions import JSON
from events.facts import Fact, Moment, OfInspection, OfVisit, Visit
from events.ids import EntryRef
from events.inspections import (
    AnswerRecorded,
    ArrivalLocated,
    CertificateShown,
    CorrectionRecorded,
    CrewMember,
    EnterpriseCodeChecked,
    EvidenceCaptured,
    FindingRaised,
    FollowUpOpened,
    HomeVisitCompleted,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    NoticeGiven,
    OfficerSigned,
    OfficerSignedIn,
    PartySigned,
    PersonEncountered,
    PersonHandedOver,
    ReliefOffered,
    ReliefRefused,
    SegmentCovered,
    StatementRecorded,
    ZeroReportFiled,
)
from events.orders import BenefitProposed, RectificationOrdered
from mobile.device_log import Logged

VALUE: Final = "value"  # names of sealed parts
REASON: Final = "reason"
WENT_ON: Final = "went-on"
COMPUTED: Final = "computed"
STROKES: Final = "strokes"

Stage: TypeAlias = Literal["none", "open", "completed", "cancelled", "voided"]
Key: TypeAlias = tuple[Any, ...]


class Derived(Struct, frozen=True):
    """A fact that follows from the form at completion, and the entry that said it first."""

    ref: EntryRef
    fact: Fact
    texts: tuple[bytes | None, ...] = ()


class Flags(Struct, frozen=True):
    """What is said of a person met without saying who it is; None: not said."""

    minor: bool = False
    emergency: bool = False
    begging: bool | None = None
    sleeping_rough: bool | None = None


class Met(Struct, frozen=True):
    """A person met, by the entries that said so; the last one's flags count."""

    refs: tuple[EntryRef, ...]
    flags: Flags = Flags()


class VisitState(Struct, frozen=True):
    """All that is known of one inspection."""

    inspection: str
    started: InspectionStarted | None = None
    started_at: int = 0
    utc_offset: int = 0
    stage: Stage = "none"
    answers: Mapping[Slot, Answer] = {}
    entries: Mapping[Slot, EntryRef] = {}
    said_at: Mapping[EntryRef, Moment] = {}
    computed: Mapping[Slot, Any] = {}
    went_on: Mapping[Slot, str] = {}
    met: Mapping[str, Met] = {}
    crew: Mapping[str, CrewMember] = {}
    certificates: Mapping[str, str] = {}
    strokes: Mapping[str, Any] = {}
    evidence: Mapping[str, str] = {}
    pictures: Mapping[Slot, tuple[Mapping[str, Any], ...]] = {}  # of an answer, or to be one
    arrival: ArrivalLocated | None = None
    derived: Mapping[Key, Derived] = {}
    targets: Mapping[EntryRef, Key] = {}
    completed_at: int = 0
    first: int = 0
    last: int = 0
    last_at: int = 0

    @property
    def visit(self) -> Visit:
        """The keys of the inspection; it must have been started."""
        if self.started is None:
            msg = "this inspection was not started here"
            raise LookupError(msg)
        return self.started.visit

    @property
    def persons(self) -> tuple[str, ...]:
        """Those met, in the order met."""
        return tuple(self.met)

    @property
    def completed(self) -> InspectionCompleted | None:
        """What the completion says now, corrections included."""
        found = self.derived.get(("completed",))
        return found.fact if found and isinstance(found.fact, InspectionCompleted) else None


def inspection_of(fact: object) -> str | None:
    """Return the inspection that a fact belongs to."""
    match fact:
        case OfVisit(visit=visit):
            return visit.inspection
        case OfInspection(inspection=inspection):
            return inspection
        case _:
            return None


def rebuild(inspection: str, entries: Iterable[Logged]) -> VisitState:
    """Return what our own log says about an inspection."""
    state = VisitState(inspection)
    for logged in entries:
        state = fold(state, logged)
    return state


def fold(state: VisitState, logged: Logged) -> VisitState:
    """Take in one of our own facts."""
    fact = logged.fact
    if inspection_of(fact) != state.inspection or not isinstance(fact, Fact):
        return state
    known = structs.replace(
        state,
        first=state.first or logged.ref.sequence,
        last=logged.ref.sequence,
        last_at=logged.at,
        said_at={**state.said_at, logged.ref: logged.happened_at},
    )
    if isinstance(fact, CorrectionRecorded):
        return _corrected(known, fact, logged)
    return _folded(known, fact, logged)


def _folded(state: VisitState, fact: Fact, logged: Logged) -> VisitState:  # noqa: C901, PLR0911  one arm a fact
    match fact:
        case InspectionStarted():
            return structs.replace(
                state,
                started=fact,
                started_at=logged.at,
                utc_offset=logged.utc_offset,
                stage="open" if state.stage == "none" else state.stage,
            )
        case AnswerRecorded():
            slot = Slot(fact.question, fact.person)
            entries = {**state.entries, slot: logged.ref}
            return structs.replace(_answered(state, fact, logged), entries=entries)
        case OfficerSignedIn():
            crew = {**state.crew, fact.officer: _member(state, fact)}
            return structs.replace(state, crew=crew)
        case CertificateShown():
            return structs.replace(
                state,
                crew=_shown(state, fact.officer),
                certificates={**state.certificates, fact.officer: fact.certificate},
            )
        case PersonEncountered():
            before = state.met.get(fact.person, Met(()))
            flags = Flags(fact.minor, fact.emergency, fact.begging, fact.sleeping_rough)
            met = Met((*before.refs, logged.ref), flags)
            return structs.replace(state, met={**state.met, fact.person: met})
        case EvidenceCaptured():
            return _pictured(state, fact, logged)
        case ArrivalLocated():
            return structs.replace(state, arrival=fact)
        case PartySigned() | OfficerSigned():
            return structs.replace(state, strokes=_drawn(state, logged))
        case InspectionCancelled():
            return structs.replace(state, stage="cancelled")
        case InspectionVoided():
            return structs.replace(state, stage="voided")
        case _ if (key := key_of(fact)) is not None:
            return _derive(state, key, logged)
        case _:
            return state  # approvals, notices, contributions, what the office adds: not the form's


def _member(state: VisitState, fact: OfficerSignedIn) -> CrewMember:
    before = state.crew.get(fact.officer)
    shown = before.certificate_shown if before else False
    return CrewMember(fact.officer, fact.role, shown, fact.kinship)


def _shown(state: VisitState, officer: str) -> Mapping[str, CrewMember]:
    if officer not in state.crew:
        return state.crew
    return {**state.crew, officer: structs.replace(state.crew[officer], certificate_shown=True)}


def _pictured(state: VisitState, fact: EvidenceCaptured, logged: Logged) -> VisitState:
    known = structs.replace(state, evidence={**state.evidence, fact.sha256: fact.evidence})
    if fact.question is None or fact.sha256 in state.evidence:
        return known
    slot = Slot(fact.question, fact.person)
    one = {"sha256": fact.sha256, "taken_at": logged.happened_at.isoformat()}
    before = [other for other in state.pictures.get(slot, ()) if other["sha256"] != fact.sha256]
    return structs.replace(known, pictures={**state.pictures, slot: (*before, one)})


def _drawn(state: VisitState, logged: Logged) -> Mapping[str, Any]:
    text = logged.text(STROKES)
    if text is None:
        return state.strokes
    drawn = msgspec.json.decode(text)
    return {**state.strokes, drawn["ref"]: drawn["strokes"]}


# ── answers ────────────────────────────────────────────────────────────────────────


def _answered(state: VisitState, fact: AnswerRecorded, logged: Logged) -> VisitState:
    slot = Slot(fact.question, fact.person)
    answers = {name: answer for name, answer in state.answers.items() if name != slot}
    answer = answer_of(fact, logged)
    if answer is not None:
        answers[slot] = answer
    return structs.replace(
        state,
        answers=answers,
        computed=_with(state.computed, slot, _computed(fact, logged)),
        went_on=_with(state.went_on, slot, logged.text(WENT_ON)),
        pictures=_standing(state, slot, answer),
    )


def _standing(
    state: VisitState, slot: Slot, answer: Answer | None
) -> Mapping[Slot, tuple[Mapping[str, Any], ...]]:
    """Return the pictures of each question, with those that an answer to one lets stand."""
    if slot not in state.pictures:
        return state.pictures
    value: Any = answer.value if isinstance(answer, Given) else ()
    return {**state.pictures, slot: tuple(value)}


def answer_of(fact: AnswerRecorded, logged: Logged) -> Answer | None:
    """Return the answer that a fact gives, None where it was not shown or is erased."""
    match fact.status:
        case "given":
            sealed = logged.text(VALUE)
            if sealed is not None:
                return Given(msgspec.json.decode(sealed))
            return None if fact.value is UNSET else Given(fact.value)
        case "na":
            return NotApplicable((logged.text(REASON) or b"-").decode())
        case "not_shown":
            return None


def _computed(fact: AnswerRecorded, logged: Logged) -> JSON:
    sealed = logged.text(COMPUTED)
    if sealed is not None:
        return msgspec.json.decode(sealed)
    return None if fact.computed is UNSET else fact.computed


def _with(mapping: Mapping[Slot, Any], slot: Slot, value: JSON | bytes) -> Mapping[Slot, Any]:
    if value is None:
        if slot not in mapping:
            return mapping
        return {name: kept for name, kept in mapping.items() if name != slot}
    return {**mapping, slot: value.decode() if isinstance(value, bytes) else value}


# ── what follows at completion, and corrections ────────────────────────────────────


def key_of(fact: Fact) -> Key | None:  # noqa: PLR0911  one arm a fact
    """Return what makes a derived fact the same one when the form is looked at again."""
    match fact:
        case FindingRaised():
            return ("finding", fact.question, fact.person, fact.rule)
        case FollowUpOpened():
            return ("follow-up", fact.follow_up, fact.finding)
        case ReliefOffered() | ReliefRefused() | PersonHandedOver():
            return (type(fact).__name__, fact.person)
        case SegmentCovered():
            return ("segment", fact.segment)
        case StatementRecorded():
            return ("statement", fact.by)
        case RectificationOrdered() | BenefitProposed() | ZeroReportFiled() | HomeVisitCompleted():
            return (type(fact).__name__,)
        case EnterpriseCodeChecked():
            return ("enterprise-code",)
        case NoticeGiven():
            return ("notice", fact.form)
        case InspectionCompleted():
            return ("completed",)
        case _:
            return None


def _derive(state: VisitState, key: Key, logged: Logged) -> VisitState:
    fact = logged.fact
    if not isinstance(fact, Fact):
        return state
    # An entry that a correction took back may be said anew: the new entry is the target then.
    derived = {**state.derived, key: Derived(logged.ref, fact, logged.texts)}
    known = structs.replace(state, derived=derived, targets={**state.targets, logged.ref: key})
    if not isinstance(fact, InspectionCompleted):
        return known
    return structs.replace(
        known,
        completed_at=state.completed_at or logged.at,
        stage="voided" if state.stage == "voided" else "completed",
    )


def _corrected(state: VisitState, correction: CorrectionRecorded, logged: Logged) -> VisitState:
    target = correction.supersedes
    fact = vocabulary.replacement(correction)
    key = state.targets.get(target)
    if key is not None:
        return _rederived(state, key, fact, logged)
    for slot, ref in state.entries.items():
        if ref == target:
            if isinstance(fact, AnswerRecorded):
                return _answered(state, fact, structs.replace(logged, fact=fact))
            return structs.replace(
                state, answers={one: kept for one, kept in state.answers.items() if one != slot}
            )
    if fact is None:
        gone = {one for one, met in state.met.items() if target in met.refs}
        met = {one: kept for one, kept in state.met.items() if one not in gone}
        return structs.replace(state, met=met)
    return state


def _rederived(state: VisitState, key: Key, fact: object, logged: Logged) -> VisitState:
    derived = {name: kept for name, kept in state.derived.items() if name != key}
    if isinstance(fact, Fact):
        first = state.derived[key].ref if key in state.derived else _target(logged)
        derived[key] = Derived(first, fact, logged.texts[: len(fact.sealed)])
    return structs.replace(state, derived=derived)


def _target(logged: Logged) -> EntryRef:
    fact = logged.fact
    return fact.supersedes if isinstance(fact, CorrectionRecorded) else logged.ref
