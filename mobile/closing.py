"""What follows when a form is completed: findings, orders, follow-ups, and the completion.

Pure: the form and its data in, facts out. The data says what a question means by the words it
offers and by what it `sets`, so that a new checklist needs no new code here. The same form
gives the same facts again, with the same identities, so that a correction changes only what
really differs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct, structs

from events import questionnaire
from events.answers import Answers, Given, Slot, is_sealed
from events.checklists import Checklist, Question
from events.clock import Instant, moment
from events.conditions import JSON
from events.facts import Fact, Moment, SealedPart, Visit
from events.inspections import (
    EnterpriseCodeChecked,
    FindingRaised,
    FollowUpOpened,
    HomeVisit,
    HomeVisitCompleted,
    InspectionCompleted,
    NoticeGiven,
    Outcome,
    PersonHandedOver,
    ReliefOffered,
    ReliefRefused,
    SegmentCovered,
    Source,
    StatementRecorded,
    Walked,
    ZeroReportFiled,
)
from events.orders import BenefitProposed, RectificationOrdered
from events.questionnaire import Context, Finding, Review
from events.tracks import Patrolled, TrackPoint
from mobile.track import measured
from mobile.visit import Derived, Key, VisitState, key_of

PROPOSAL: Final = "proposal"  # names of sealed parts
ACTIONS: Final = "actions"
PERSUASIONS: Final = "persuasions"
RECEIVER: Final = "receiver"

_NO_TASK: Final = frozenset({"abort"})
_ORDERED: Final = "rectification"
_SECOND_VISIT: Final = timedelta(days=7)
_DUE: Final[Mapping[str, timedelta]] = {
    "emergency_call": timedelta(0),
    "mandatory_report": timedelta(0),
    "report_1h": timedelta(hours=1),
    "revisit_24h": timedelta(hours=24),
    "second_visit": _SECOND_VISIT,
    "register_in_advance": timedelta(days=9),  # seven working days
}
_HANDED_TO: Final = {
    "escorted": "relief_station",
    "to_hospital": "hospital",
    "to_minor_centre": "minor_centre",
    "to_police": "police",
}
_LEFT: Final = "left"
_NO_MEASURE: Final = "pass"


class Meaning(Struct, frozen=True):
    """The questions of a checklist that mean something beyond themselves, by id; "" for none."""

    home: str = ""
    wish: str = ""
    actions: str = ""
    persuasions: str = ""
    revisit: str = ""
    age: str = ""
    danger: str = ""
    conduct: str = ""
    measures: str = ""
    proposal: str = ""
    cause: str = ""
    statement: str = ""
    enterprise: str = ""
    arrival: str = ""
    object_type: str = ""


def meaning(form: Checklist) -> Meaning:
    """Read from the words a checklist offers what its questions mean."""
    inside = [question for question in form.questions if question.id in form.repeated_ids]
    outside = [question for question in form.questions if question.id not in form.repeated_ids]
    return Meaning(
        home=_offering(outside, *get_args(HomeVisit)),
        wish=_offering(inside, "accept_station", "refuse"),
        actions=_offering(inside, "informed", "escorted"),
        persuasions=_of_type(inside, "number"),
        revisit=_of_type(inside, "datetime"),
        age=_offering(inside, "child", "minor", "adult"),
        danger=inside[0].id if inside else "",
        conduct=_offering(inside, "begging", "sleeping_rough"),
        measures=_offering(outside, "corrected_on_site", "rectification_order"),
        proposal=_offering(outside, "keep", "cut", "stop"),
        cause=_offering(outside, "error", "favour", "fraud"),
        statement=next((q.id for q in outside if q.type == "text" and q.vault_only), ""),
        enterprise=next((q.id for q in outside if "code_ref" in q.evidence), ""),
        arrival=_of_type(outside, "gps"),
        object_type=next(
            (q.id for q in outside if q.sets and q.sets.field == "inspection.object_type"), ""
        ),
    )


def _offering(questions: Sequence[Question], *words: str) -> str:
    return next((q.id for q in questions if set(words) <= q.by_value.keys()), "")


def _of_type(questions: Sequence[Question], kind: str) -> str:
    return next((question.id for question in questions if question.type == kind), "")


MINORS: Final = frozenset({"infant", "child", "minor"})


class Closing(Struct, frozen=True, kw_only=True):
    """All that completion looks at. `standing` are the answers that count.

    `subject` is whose the seals of the visit are. `points` are the track of a patrol that is to
    cover `to_cover`.
    """

    state: VisitState
    context: Context
    means: Meaning
    subject: str
    review: Review
    standing: Answers
    went_on: bool
    now: Instant
    new_id: Callable[[], str]
    desk: bool = False
    second_visit_on: date | None = None
    to_cover: Patrolled | None = None
    points: tuple[TrackPoint, ...] = ()

    @property
    def visit(self) -> Visit:
        return self.state.visit

    def given(self, question: str, person: str | None = None) -> Any:  # noqa: ANN401  as answered
        """Return the value that stands, None where there is none."""
        answer = self.standing.get(Slot(question, person)) if question else None
        return answer.value if isinstance(answer, Given) else None


class Follows(Struct, frozen=True):
    """A fact that follows from the form, with the texts of its sealed parts."""

    fact: Fact
    texts: tuple[bytes, ...] = ()

    @property
    def key(self) -> Key:
        """What makes it the same fact when the form is looked at again."""
        key = key_of(self.fact)
        if key is None:
            msg = f"{type(self.fact).__name__} does not follow from a form"
            raise TypeError(msg)
        return key


def follows(closing: Closing) -> list[Follows]:
    """Return every fact that follows from the form, the completion last."""
    raised = [_raised(closing, finding) for finding in closing.review.findings]
    written = _sets(closing)
    found: list[Follows] = [Follows(fact) for fact in raised]
    found += _covered(closing, written)
    found += (Follows(fact) for fact in _of_visit(closing, written))
    for person in closing.state.persons:
        found += _met(closing, person)
    order = _order(closing, written, raised)
    if order:
        found.append(Follows(order))
    found += (Follows(fact) for fact in _tasks(closing, raised, ordered=order is not None))
    found += _proposal(closing)
    found.append(Follows(_completion(closing, written)))
    return found


def _known(closing: Closing, key: Key, field: str) -> str:
    """Return the identity that the same fact had before, or a new one."""
    before: Derived | None = closing.state.derived.get(key)
    return getattr(before.fact, field) if before else closing.new_id()


def _raised(closing: Closing, finding: Finding) -> FindingRaised:
    key = ("finding", finding.question, finding.person, finding.rule)
    return FindingRaised(
        visit=closing.visit,
        finding=_known(closing, key, "finding"),
        question=finding.question,
        rule=finding.rule,
        item=finding.item,
        severity=finding.severity,
        person=finding.person,
        follow_up=finding.follow_up,
        proposal=finding.proposal,
    )


def _sets(closing: Closing) -> dict[str, Any]:
    """Return the fields that answers write, those of sealed questions aside."""
    form = closing.context.checklist
    clear = {q.sets.field for q in form.questions if q.sets is not None and not is_sealed(q)}
    written = questionnaire.sets(closing.context, closing.standing, went_on=closing.went_on)
    return {field: value for field, value in written.items() if field in clear}


def _of_visit(closing: Closing, written: Mapping[str, Any]) -> Iterator[Fact]:
    means, visit = closing.means, closing.visit
    if closing.given(means.enterprise) == "yes":
        yield EnterpriseCodeChecked(visit=visit, method="show")
    notice = written.get("inspection.notice")
    if isinstance(notice, str):
        yield NoticeGiven(visit=visit, form=notice)
    if closing.given(means.statement):
        yield StatementRecorded(visit=visit)
    if written.get("patrol.zero_result") is True:
        yield ZeroReportFiled(visit=visit)
    home = closing.given(means.home)
    if home is not None:
        yield HomeVisitCompleted(visit=visit, result=home, second_visit_on=_second_visit(closing))


def _covered(closing: Closing, written: Mapping[str, Any]) -> Iterator[Follows]:
    """The officer's own word beside what the track gives. A correction changes only the word."""
    walked = written.get("segment.coverage")
    if walked is None:
        return
    visit = closing.visit
    fact = SegmentCovered(visit=visit, segment=visit.object, walked=walked)
    before = closing.state.derived.get(("segment", fact.segment))
    if before is not None and isinstance(before.fact, SegmentCovered):
        yield _rewalked(before.fact, before.texts, walked)
    elif closing.to_cover is None:
        yield Follows(fact)
    else:
        yield Follows(*measured(fact, closing.to_cover, closing.points))


def _rewalked(fact: SegmentCovered, texts: tuple[bytes | None, ...], walked: Walked) -> Follows:
    """Return the fact with another word. A track that was erased cannot be sealed again."""
    held = tuple(text for text in texts if text is not None)
    if len(held) < len(texts):
        return Follows(structs.replace(fact, walked=walked, sealed=()))
    return Follows(structs.replace(fact, walked=walked), held)


def _second_visit(closing: Closing) -> date | None:
    """Return the day of the second visit, where nobody was home: it is arranged at once."""
    if closing.given(closing.means.home) != "nobody":
        return None
    return closing.second_visit_on or closing.visit.started_on + _SECOND_VISIT


# ── persons met ────────────────────────────────────────────────────────────────────


def _met(closing: Closing, person: str) -> Iterator[Follows]:
    """What was done for somebody is theirs: sealed for them."""
    means, visit = closing.means, closing.visit

    def told(fact: Fact, name: str, value: JSON) -> Follows:
        sealed = (SealedPart(name, person),)
        return Follows(structs.replace(fact, sealed=sealed), (msgspec.json.encode(value),))

    actions = [one for one in closing.given(means.actions, person) or () if one != _LEFT]
    if actions:
        yield told(ReliefOffered(visit=visit, person=person), ACTIONS, actions)
    if closing.given(means.wish, person) == "refuse":
        refused = ReliefRefused(visit=visit, person=person, revisit_by=_revisit(closing, person))
        yield told(refused, PERSUASIONS, closing.given(means.persuasions, person))
    to = [_HANDED_TO[one] for one in actions if one in _HANDED_TO]
    if to:
        yield told(PersonHandedOver(visit=visit, person=person), RECEIVER, to)


def _revisit(closing: Closing, person: str | None) -> Moment | None:
    value = closing.given(closing.means.revisit, person)
    return msgspec.convert(value, Moment) if value is not None else None


# ── orders and tasks ───────────────────────────────────────────────────────────────


def _order(
    closing: Closing, written: Mapping[str, Any], raised: Sequence[FindingRaised]
) -> RectificationOrdered | None:
    days = written.get("rectification.deadline")
    if days is None:
        return None
    return RectificationOrdered(
        visit=closing.visit,
        order=_known(closing, ("RectificationOrdered",), "order"),
        deadline=closing.visit.started_on + timedelta(days=int(days)),
        findings=tuple(one.finding for one in raised if one.follow_up == _ORDERED),
    )


def _tasks(
    closing: Closing, raised: Sequence[FindingRaised], *, ordered: bool
) -> Iterator[FollowUpOpened]:
    for finding in raised:
        follow_up = finding.follow_up
        if follow_up is None or follow_up in _NO_TASK or (ordered and follow_up == _ORDERED):
            continue
        yield FollowUpOpened(
            visit=closing.visit,
            task=_known(closing, ("follow-up", follow_up, finding.finding), "task"),
            follow_up=follow_up,
            finding=finding.finding,
            person=finding.person,
            due_at=_due(closing, follow_up, finding.person),
        )


def _due(closing: Closing, follow_up: str, person: str | None) -> Moment | None:
    if follow_up == "revisit_24h" and (promised := _revisit(closing, person)) is not None:
        return promised
    if follow_up not in _DUE:
        return None
    return _ended(closing) + _DUE[follow_up]


def _ended(closing: Closing) -> Moment:
    """Return when the form was completed: a correction later does not move what was due."""
    state = closing.state
    if not state.completed_at:
        return closing.now.local()
    return moment(state.completed_at, state.utc_offset)


def _proposal(closing: Closing) -> Iterator[Follows]:
    """What is proposed, and the cause, are sealed for whom the home belongs to."""
    proposed = closing.given(closing.means.proposal)
    if proposed is None or closing.visit.nature != "eligibility":
        return
    text = {"proposal": proposed, "cause": closing.given(closing.means.cause)}
    yield Follows(
        BenefitProposed(
            visit=closing.visit,
            proposal=_known(closing, ("BenefitProposed",), "proposal"),
            sealed=(SealedPart(PROPOSAL, closing.subject),),
        ),
        (msgspec.json.encode(text),),
    )


# ── the completion ─────────────────────────────────────────────────────────────────


def _completion(closing: Closing, written: Mapping[str, Any]) -> InspectionCompleted:
    started = closing.state.started
    if started is None:
        msg = "an inspection that was not started cannot be completed"
        raise LookupError(msg)
    form, means = closing.context.checklist, closing.means
    shown = {slot.question for slot in closing.review.visible}
    measures = [one for one in closing.given(means.measures) or () if one != _NO_MEASURE]
    return InspectionCompleted(
        visit=closing.visit,
        outcome=outcome(closing.review, went_on=closing.went_on),
        crew=tuple(closing.state.crew.values()),
        started_at=moment(closing.state.started_at, closing.state.utc_offset),
        checklist=started.checklist,
        version=started.version,
        answered=len(closing.standing),
        unanswered=_unanswered(form, closing.review),
        hidden=tuple(question.id for question in form.questions if question.id not in shown),
        measures=tuple(measures),
        desk=closing.desk,
        zero_report=written.get("patrol.zero_result") is True,
        home_visit=closing.given(means.home),
        second_visit_on=_second_visit(closing),
        source=_source(started.source, written),
        findings=len(closing.review.findings),
        sets=dict(written),
    )


def _source(started: Source, written: Mapping[str, Any]) -> Source:
    said: Any = written.get("inspection.source")
    return said if said in get_args(Source) else started


def outcome(review: Review, *, went_on: bool) -> Outcome:
    """Return how an inspection ends: information alone is no finding."""
    if review.stopped_by and not went_on:
        return "aborted"
    found = any(finding.severity != "info" for finding in review.findings)
    return "findings" if found else "nothing_found"


def _unanswered(form: Checklist, review: Review) -> tuple[str, ...]:
    missing = [slot.question for slot in review.missing]
    if review.awaits_person and form.repeat is not None:
        missing.append(form.repeat.from_)
    return tuple(dict.fromkeys(missing))
