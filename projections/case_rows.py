"""What the document of one inspection keeps: a row for each of its facts, trimmed.

Answers are two thirds of all entries, so of each no more than its status is kept. What other
facts say in clear and a reader of the case needs stands in `Noted.detail`; `sealed` tells which
sealed parts stand at the entry, name and subject, in the order of the parts.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from events.facts import Fact, OfVisit, Visit
from events.inspections import (
    AnswerRecorded,
    AnswerStatus,
    ArrivalLocated,
    CertificateShown,
    ContributionRecorded,
    CrewRole,
    EnterpriseCodeChecked,
    EvidenceCaptured,
    FindingRaised,
    FollowUpDone,
    FollowUpOpened,
    HomeVisit,
    HomeVisitCompleted,
    InspectionApproved,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    NoticeGiven,
    OfficerSigned,
    OfficerSignedIn,
    PartyAbsent,
    PartyRefusedToSign,
    PartySigned,
    PersonEncountered,
    PersonHandedOver,
    ReliefOffered,
    ReliefRefused,
    SegmentCovered,
    StatementRecorded,
    ZeroReportFiled,
)
from events.orders import (
    BenefitDecided,
    BenefitProposed,
    CaseClosed,
    CaseOpened,
    CaseTransferred,
    MismatchCauseEstablished,
    RecoveryClosed,
    RecoveryReceived,
    RecoveryRemitted,
    RecoveryStarted,
    RectificationClosed,
    RectificationExtended,
    RectificationOrdered,
    ReinspectionCompleted,
)
from events.vocabulary import tag_of
from projections import visits
from projections.documents import Document, Row
from projections.recorded import Recorded
from projections.view import Keep
from projections.visits import Cancelled, Completed, Started, Voided

Sealed: TypeAlias = tuple[tuple[str, str], ...]


class Keys(Struct, array_like=True, frozen=True, gc=False):
    """The keys of a visit, compact."""

    kind: str
    nature: str
    object: str
    object_type: str
    domain: str
    township: str
    village: str | None
    started_on: date
    items: tuple[str, ...]


class Crew(Struct, array_like=True, frozen=True, gc=False):
    """One of the crew, as it stood at completion."""

    officer: str
    role: CrewRole
    shown: bool
    kinship: bool


class Tick(Struct, array_like=True, frozen=True, gc=False):
    """The clocks beside a tablet's word: ours (µs), and its run with the milliseconds in it."""

    received_at: int
    boot: bytes
    uptime: int


class Begun(Started, frozen=True, tag="b"):
    keys: Keys
    checklist: str
    version: int
    source: str
    assignment: str | None
    plan: str | None
    sealed: Sealed
    tick: Tick


class Finished(Completed, frozen=True, tag="f"):
    keys: Keys
    crew: tuple[Crew, ...]
    home_visit: HomeVisit | None
    second_visit_on: date | None
    checklist: str
    version: int
    source: str
    started_at: str
    answered: int
    unanswered: tuple[str, ...]
    hidden: int
    measures: tuple[str, ...]
    findings: int
    sealed: Sealed
    tick: Tick
    sets: dict[str, Any]


class Answered(Row, frozen=True, tag="a"):
    question: str
    status: AnswerStatus
    person: str | None
    sealed: Sealed


class Evidence(Row, frozen=True, tag="e"):
    evidence: str
    sha256: str
    size: int
    media_type: str
    question: str | None
    person: str | None
    sealed: Sealed


class Noted(Row, frozen=True, tag="n"):
    """Any other fact: the id it is about, and what in clear a list of the case shows."""

    tag: str
    subject: str
    detail: dict[str, Any]
    sealed: Sealed


CaseRow: TypeAlias = Begun | Finished | Voided | Cancelled | Answered | Evidence | Noted
CaseDocument: TypeAlias = Document[Row, CaseRow]


def _where(recorded: Recorded) -> tuple[int, int, int]:
    return recorded.position, recorded.happened_at, recorded.utc_offset


def _sealed(fact: Fact) -> Sealed:
    return tuple([(part.name, part.subject) for part in fact.sealed]) if fact.sealed else ()


def _tick(recorded: Recorded) -> Tick:
    return Tick(recorded.received_at, recorded.boot, recorded.uptime)


def _keys(visit: Visit) -> Keys:
    return Keys(
        visit.kind,
        visit.nature,
        visit.object,
        visit.object_type,
        visit.domain,
        visit.township,
        visit.village,
        visit.started_on,
        visit.items,
    )


def _begun(fact: InspectionStarted, recorded: Recorded) -> Begun:
    return Begun(
        *_where(recorded),
        fact.visit.inspection,
        _keys(fact.visit),
        fact.checklist,
        fact.version,
        fact.source,
        fact.assignment,
        fact.plan,
        _sealed(fact),
        _tick(recorded),
    )


def _finished(fact: InspectionCompleted, recorded: Recorded) -> Finished:
    decisive = visits.completed(fact, recorded)
    return Finished(
        decisive.position,
        decisive.at,
        decisive.offset,
        decisive.inspection,
        decisive.kind,
        decisive.nature,
        decisive.outcome,
        decisive.officers,
        decisive.reasons,
        decisive.desk,
        decisive.zero_report,
        _keys(fact.visit),
        tuple([Crew(m.officer, m.role, m.certificate_shown, m.kinship) for m in fact.crew]),
        fact.home_visit,
        fact.second_visit_on,
        fact.checklist,
        fact.version,
        fact.source,
        fact.started_at.isoformat(),
        fact.answered,
        fact.unanswered,
        len(fact.hidden),
        fact.measures,
        fact.findings,
        _sealed(fact),
        _tick(recorded),
        fact.sets,
    )


def _answered(fact: AnswerRecorded, recorded: Recorded) -> Answered:
    return Answered(
        recorded.position,
        recorded.happened_at,
        recorded.utc_offset,
        fact.question,
        fact.status,
        fact.person,
        _sealed(fact),
    )


def _evidence(fact: EvidenceCaptured, recorded: Recorded) -> Evidence:
    return Evidence(
        *_where(recorded),
        fact.evidence,
        fact.sha256,
        fact.size,
        fact.media_type,
        fact.question,
        fact.person,
        _sealed(fact),
    )


def _noted(subject: str, *detail: str) -> Keep:
    def row(fact: OfVisit, recorded: Recorded) -> Noted:
        shown: dict[str, Any] = {}
        usual = _defaults(type(fact))
        for name in detail:
            value = getattr(fact, name)
            if type(value) is str:
                shown[name] = value
            elif value != usual[name]:  # 0 and no are said, where nothing said is something else
                shown[name] = msgspec.to_builtins(value)
        return Noted(
            *_where(recorded),
            tag_of(type(fact)),
            str(getattr(fact, subject) or "") if subject else "",
            shown,
            _sealed(fact),
        )

    return Keep(row)


@cache
def _defaults(kind: type[Fact]) -> Mapping[str, Any]:
    return {field.name: field.default for field in msgspec.structs.fields(kind)}


CASE_KEEPS: Mapping[Any, Keep] = {
    AnswerRecorded: Keep(_answered, lambda fact: (fact.inspection,)),
    InspectionStarted: Keep(_begun),
    InspectionCompleted: Keep(_finished),
    InspectionVoided: Keep(visits.voided),
    InspectionCancelled: Keep(visits.cancelled),
    EvidenceCaptured: Keep(_evidence),
    InspectionApproved: _noted("approver", "emergency"),
    NoticeGiven: _noted("", "form"),
    OfficerSignedIn: _noted("officer", "role", "kinship", "department", "certificate"),
    CertificateShown: _noted("officer", "certificate", "valid_to", "to"),
    EnterpriseCodeChecked: _noted("", "method", "later"),
    ArrivalLocated: _noted("", "band", "provider", "mock", "accuracy_m", "age_s"),
    FindingRaised: _noted(
        "finding", "question", "rule", "item", "severity", "person", "follow_up", "proposal"
    ),
    SegmentCovered: _noted("segment", "walked", "fraction", "matching"),
    PersonEncountered: _noted("person", "minor", "emergency", "begging", "sleeping_rough"),
    ReliefOffered: _noted("person"),
    ReliefRefused: _noted("person", "revisit_by"),
    PersonHandedOver: _noted("person"),
    ZeroReportFiled: _noted(""),
    HomeVisitCompleted: _noted("", "result", "second_visit_on"),
    StatementRecorded: _noted("", "by"),
    PartySigned: _noted("person", "question", "role"),
    PartyRefusedToSign: _noted("witness", "question"),
    PartyAbsent: _noted("witness", "question"),
    OfficerSigned: _noted("officer", "question"),
    ContributionRecorded: _noted(
        "evidence", "lead", "contributes", "person", "sha256", "size", "media_type", "fraction"
    ),
    FollowUpOpened: _noted("task", "follow_up", "finding", "person", "due_at"),
    FollowUpDone: _noted("task", "result"),
    RectificationOrdered: _noted("order", "deadline", "findings"),
    RectificationExtended: _noted("order", "deadline"),
    ReinspectionCompleted: _noted("order", "result", "by", "officers"),
    RectificationClosed: _noted("order", "result"),
    CaseOpened: _noted("case", "findings"),
    CaseTransferred: _noted("case", "to"),
    CaseClosed: _noted("case", "result"),
    BenefitProposed: _noted("proposal"),
    BenefitDecided: _noted("proposal", "effective_from", "rights_told"),
    MismatchCauseEstablished: _noted("cause", "proposal", "follow_up"),
    RecoveryStarted: _noted("recovery", "months", "amount_fen"),
    RecoveryReceived: _noted("recovery", "amount_fen"),
    RecoveryRemitted: _noted("recovery", "amount_fen"),
    RecoveryClosed: _noted("recovery", "result"),
}
