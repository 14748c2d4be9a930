"""What happens on an inspection, in the order in which it usually does.

**What a checklist marks sensitive, every free text and where a home lies stand in sealed parts
and in no clear member of any fact here**, except what due lists and statistics cannot do without:
that a question was answered, which rule made a finding, the flags of a person met, the distance
band and accuracy of an arrival, the hash of a picture, and when a promised visit is due.
"""

from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from events.facts import (
    Code,
    Count,
    Day,
    DistanceBand,
    Metres,
    Moment,
    OfInspection,
    OfVisit,
    Severity,
    Visit,
)
from events.ids import EntryRef, HashText, Id

CrewRole = Literal["lead", "assisting", "auxiliary", "partner"]
Source = Literal[
    "plan", "double_random", "special", "complaint", "transfer", "reinspection", "patrol", "routine"
]
HomeVisit = Literal["in", "nobody", "moved", "refused", "remote"]
Walked = Literal["full", "part", "blocked"]
AnswerStatus = Literal["given", "na", "not_shown"]
Outcome = Literal["nothing_found", "findings", "aborted"]

# ── before the door ────────────────────────────────────────────────────────────────


class InspectionApproved(OfVisit, frozen=True):
    """检查已批准. `emergency` was filed afterwards (行政检查 needs approval beforehand)."""

    approver: Id
    emergency: bool = False
    document: Code | None = None


class NoticeGiven(OfVisit, frozen=True):
    """检查通知书 handed over, or told on the spot."""

    form: Code
    document: Code | None = None


class InspectionStarted(OfVisit, frozen=True):
    """检查开始. `checklist` and `version` say which form was used."""

    checklist: Code
    version: Count
    source: Source = "plan"
    assignment: Id | None = None
    plan: Id | None = None


class OfficerSignedIn(OfVisit, frozen=True):
    """人员签到. `kinship`: a close relative or other interest was declared."""

    officer: Id
    role: CrewRole
    certificate: Id | None = None
    kinship: bool = False
    department: Code = "civil_affairs"


class CertificateShown(OfVisit, frozen=True):
    """亮证: shown unasked (行政处罚法 art. 55); the party absent: to a witness or recorder."""

    officer: Id
    certificate: Id
    valid_to: Day
    to: Literal["party", "witness", "recorder"] = "party"


class EnterpriseCodeChecked(OfVisit, frozen=True):
    """亮码/扫码入企. `reference` is the platform's number, later if there was no network."""

    method: Literal["show", "scan"]
    reference: Code | None = None
    later: bool = False


class ArrivalLocated(OfVisit, frozen=True):
    """到场定位. `band` in clear; a point only where the object is nobody's home.

    `lon`, `lat` in degrees of `datum`; `accuracy_m` 68 % radius in metres; `age_s` seconds.
    """

    band: DistanceBand
    provider: Literal["gnss", "network", "fused", "manual", "none"]
    accuracy_m: Metres | None = None
    age_s: Metres | None = None
    mock: bool = False
    lon: float | None = None
    lat: float | None = None
    datum: Literal["WGS84", "CGCS2000", "GCJ02", "BD09"] = "WGS84"


# ── the form ───────────────────────────────────────────────────────────────────────


class AnswerRecorded(OfInspection, frozen=True):
    """问题已作答. `value` in clear, or sealed where the checklist marks it sensitive.

    A later answer to the same question by the same log takes the place of the earlier one.
    `person` is set for a question that is repeated for each person met. For a computed
    answer that the officer replaced, `computed` holds what the formula gave.
    """

    kind: Code
    question: Code
    status: AnswerStatus
    person: Id | None = None
    value: Any | UnsetType = UNSET
    computed: Any | UnsetType = UNSET


class EvidenceCaptured(OfVisit, frozen=True):
    """证据已采集: a picture or file, by the SHA-256 of what is stored. `size` in bytes."""

    evidence: Id
    sha256: HashText
    size: Count
    media_type: Code
    question: Code | None = None
    person: Id | None = None


class FindingRaised(OfVisit, frozen=True):
    """问题已登记, by a rule of the checklist: the `rule`-th of `question`, from 0."""

    finding: Id
    question: Code
    rule: Count
    item: Code
    severity: Severity
    person: Id | None = None
    follow_up: Code | None = None
    proposal: Code | None = None


# ── on patrol ──────────────────────────────────────────────────────────────────────


class SegmentCovered(OfVisit, frozen=True):
    """路段已巡. `fraction` 0..1 of its length by matching `version`; None: not measured."""

    segment: Id
    walked: Walked
    fraction: float | None = None
    matching: Code | None = None


class PersonEncountered(OfVisit, frozen=True):
    """遇见人员. Flags without identity; who it is stands sealed, if it was offered.

    `begging` and `sleeping_rough` are what the four zero goals count; None: nobody has said so,
    which is not the same as no.
    """

    person: Id
    minor: bool = False
    emergency: bool = False
    begging: bool | None = None
    sleeping_rough: bool | None = None


class ReliefOffered(OfVisit, frozen=True):
    """救助已提供. What was done, by the checklist's words, is sealed (`actions`, a JSON list)."""

    person: Id


class ReliefRefused(OfVisit, frozen=True):
    """救助被拒绝, as a capable adult may. `revisit_by` is the promised next visit.

    How often they were persuaded is sealed (`persuasions`, a JSON number or null).
    """

    person: Id
    revisit_by: Moment | None = None


class PersonHandedOver(OfVisit, frozen=True):
    """人员已移交. To whom is sealed (`receiver`, a JSON list of codes), and so is who signed."""

    person: Id


class ZeroReportFiled(OfVisit, frozen=True):
    """零报告: nobody was met, which is a full result and must be said."""


# ── at home ────────────────────────────────────────────────────────────────────────


class HomeVisitCompleted(OfVisit, frozen=True):
    """入户调查完成. `second_visit_on` where nobody was home."""

    result: HomeVisit
    second_visit_on: Day | None = None


# ── the end ────────────────────────────────────────────────────────────────────────


class StatementRecorded(OfVisit, frozen=True):
    """陈述申辩: that a statement was made; its words are sealed."""

    by: Literal["party", "witness"] = "party"


class PartySigned(OfVisit, frozen=True):
    """当事人签名. The strokes are sealed."""

    question: Code
    role: Literal["party", "member", "receiver", "witness"] = "party"
    person: Id | None = None


class PartyRefusedToSign(OfVisit, frozen=True):
    """当事人拒签. `witness` is a person's id; reason and names are sealed."""

    question: Code
    witness: Id | None = None


class PartyAbsent(OfVisit, frozen=True):
    """当事人不在场, so that nobody could sign."""

    question: Code
    witness: Id | None = None


class OfficerSigned(OfVisit, frozen=True):
    """执法人员签名."""

    officer: Id
    question: Code


class CrewMember(Struct, frozen=True, omit_defaults=True):
    """Who was there, as it stood at the end."""

    officer: Id
    role: CrewRole
    certificate_shown: bool = False
    kinship: bool = False


class InspectionCompleted(OfVisit, frozen=True):
    """检查完成, with all that says whether it counts (domain.md, 6).

    `unanswered` are required questions that were shown and have no answer; `hidden` those
    that were not shown. `home_visit` and `second_visit_on` as in `HomeVisitCompleted`.
    `sets` holds what the checklist's `sets` rules gave, sealed answers aside.
    """

    outcome: Outcome
    crew: tuple[CrewMember, ...]
    started_at: Moment
    checklist: Code
    version: Count
    answered: Count
    unanswered: tuple[Code, ...] = ()
    hidden: tuple[Code, ...] = ()
    measures: tuple[Code, ...] = ()
    desk: bool = False
    zero_report: bool = False
    home_visit: HomeVisit | None = None
    second_visit_on: Day | None = None
    source: Source = "plan"
    findings: Count = 0
    sets: dict[str, Any] = {}


class InspectionCancelled(OfVisit, frozen=True):
    """检查取消. `lawful` says that it does not count against procedure completeness."""

    reason: Code
    lawful: bool


class InspectionVoided(OfVisit, frozen=True):
    """检查作废: it should not have been recorded. Needs a second person."""

    reason: Code
    approver: Id


class CorrectionRecorded(OfVisit, frozen=True):
    """更正已登记: `fact`, of `tag`, takes the place of `supersedes`; without it: taken back.

    `visit` holds the keys as they are now, `old` as they were where they differ.
    `happened_at` says when the fact that now stands happened: as its original said, or the
    right time where the clock was wrong. The correction's own time is its header's. It may
    arrive before its target. Of two that supersede the same entry both stay visible; the one
    with the higher position counts.
    """

    supersedes: EntryRef
    tag: Code
    reason: Code
    happened_at: Moment
    fact: Raw | UnsetType = UNSET  # `Raw | None` would read nothing but null
    old: Visit | None = None
    approver: Id | None = None


class ContributionRecorded(OfVisit, frozen=True):
    """A second tablet's part in an inspection that `lead`'s log started."""

    lead: HashText
    contributes: Literal["evidence", "person", "track", "remark"]
    evidence: Id | None = None
    sha256: HashText | None = None
    size: Count | None = None
    media_type: Code | None = None
    person: Id | None = None
    fraction: float | None = None


class FollowUpOpened(OfVisit, frozen=True):
    """后续事项. `follow_up` is a code of the checklists; `due_at` where it has a deadline."""

    task: Id
    follow_up: Code
    finding: Id | None = None
    person: Id | None = None
    due_at: Moment | None = None


class FollowUpDone(OfVisit, frozen=True):
    """后续事项已办结."""

    task: Id
    result: Code


InspectionFact = (
    InspectionApproved
    | NoticeGiven
    | InspectionStarted
    | OfficerSignedIn
    | CertificateShown
    | EnterpriseCodeChecked
    | ArrivalLocated
    | AnswerRecorded
    | EvidenceCaptured
    | FindingRaised
    | SegmentCovered
    | PersonEncountered
    | ReliefOffered
    | ReliefRefused
    | PersonHandedOver
    | ZeroReportFiled
    | HomeVisitCompleted
    | StatementRecorded
    | PartySigned
    | PartyRefusedToSign
    | PartyAbsent
    | OfficerSigned
    | InspectionCompleted
    | InspectionCancelled
    | InspectionVoided
    | CorrectionRecorded
    | ContributionRecorded
    | FollowUpOpened
    | FollowUpDone
)
