"""Version 1 of the view `inspections`, frozen as it was published: figures were quoted with it.

It keeps its own rows and columns, so that nothing done to `projections.inspections` changes it.
Words that came into the vocabulary later it ignores, as it did when they were unknown.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from events import vocabulary
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
    RecoveryStarted,
    RectificationClosed,
    RectificationExtended,
    RectificationOrdered,
    ReinspectionCompleted,
)
from events.vocabulary import tag_of
from projections import visits
from projections.documents import Counting, Document, Row, counting
from projections.recorded import Recorded
from projections.view import Keep, Value, View, of_facts
from projections.visits import Cancelled, Completed, Inspected, Started, VisitRow, Voided

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


class Begun(Started, frozen=True, tag="b"):
    keys: Keys
    checklist: str
    version: int
    source: str
    assignment: str | None
    plan: str | None
    sealed: Sealed


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
        for name in detail:
            value = getattr(fact, name)
            if type(value) is str:
                shown[name] = value
            elif value and (plain := msgspec.to_builtins(value)):
                shown[name] = plain
        return Noted(
            *_where(recorded),
            tag_of(type(fact)),
            str(getattr(fact, subject) or "") if subject else "",
            shown,
            _sealed(fact),
        )

    return Keep(row)


_KEEPS: Mapping[Any, Keep] = {
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
    ArrivalLocated: _noted("", "band", "provider", "mock"),
    FindingRaised: _noted(
        "finding", "question", "rule", "item", "severity", "person", "follow_up", "proposal"
    ),
    SegmentCovered: _noted("segment", "walked", "fraction"),
    PersonEncountered: _noted("person", "minor", "emergency"),
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
    RecoveryStarted: _noted("recovery", "months"),
}

_DECISIVE = (Begun, Finished, Voided, Cancelled)


def inspected(document: CaseDocument) -> tuple[Inspected, Keys | None]:
    """Decide whether the inspection counts, and under which keys: those of what counts."""
    held = counting(document.rows, document.superseded) if document.superseded else None
    rows: list[Counting[VisitRow]] = (
        [Counting(ref, row) for ref, row in document.rows.items() if type(row) in _DECISIVE]  # type: ignore[assignment]
        if held is None
        else [one for one in held if type(one.row) in _DECISIVE]
    )
    decided = visits.inspected(rows)
    if not decided:
        return Inspected("", visits.effective(None, started=False)), None
    (one,) = decided.values() if len(decided) == 1 else (max(decided.values(), key=_latest),)
    completed = one.completed
    if isinstance(completed, Finished):
        return one, completed.keys
    begun = [held.row for held in rows if isinstance(held.row, Begun)]
    return one, max(begun, key=lambda row: row.position).keys if begun else None


def _latest(one: Inspected) -> tuple[int, str]:
    return one.position, one.inspection


def _extract(_key: str, document: CaseDocument) -> tuple[Value, ...]:
    one, keys = inspected(document)
    completed = one.completed
    effectiveness = one.effectiveness
    return (
        *(_described(keys) if keys else ("",) * 9),
        one.on.isoformat() if one.on else "",
        int(effectiveness.effective),
        " ".join(effectiveness.reasons),
        int(effectiveness.desk),
        int(one.started),
        int(one.voided),
        one.cancelled,
        completed.outcome if completed else "",
        " ".join(completed.officers) if completed else "",
        _assignment(document),
    )


def _described(keys: Keys) -> tuple[str, ...]:
    return (
        keys.kind,
        keys.nature,
        keys.object,
        keys.object_type,
        keys.domain,
        keys.township,
        keys.village or "",
        " ".join(keys.items),
        keys.started_on.isoformat(),
    )


def _assignment(document: CaseDocument) -> str:
    begun = [row for row in document.rows.values() if type(row) is Begun]
    return max(begun, key=lambda row: row.position).assignment or "" if begun else ""


INSPECTIONS_1: View = of_facts(
    name="inspections",
    version=1,
    document=CaseDocument,  # type: ignore[arg-type]
    keeps=_KEEPS,
    ignores=tuple(vocabulary.types().values()),
    visit=lambda visit: (visit.inspection,),
    columns={
        "kind": "text",
        "nature": "text",
        "object": "text",
        "object_type": "text",
        "domain": "text",
        "township": "text",
        "village": "text",
        "items": "text",
        "started_on": "text",
        "completed_on": "text",
        "effective": "integer",
        "reasons": "text",
        "desk": "integer",
        "started": "integer",
        "voided": "integer",
        "cancelled": "text",
        "outcome": "text",
        "officers": "text",
        "assignment": "text",
    },
    extract=_extract,
    indexes=(
        (  # all that coverage reads: documents are large, so rows must not be touched
            "completed_on",
            "kind",
            "object",
            "domain",
            "township",
            "village",
            "items",
            "effective",
            "reasons",
            "desk",
        ),
        ("started_on",),
        ("object", "completed_on"),
        ("township", "completed_on"),
        ("assignment",),
    ),
)
