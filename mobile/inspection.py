"""The view-model of one inspection: what a gesture records, and what then follows.

It knows no widget, no network and no store but the log. Every answer is an event at once;
what stands, what is hidden and what was found follows from the answers alone
(`events.questionnaire`), so the state after a kill is the fold of the log (`mobile.visit`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, Literal

from msgspec import structs

from events import questionnaire
from events.answers import Answer, Answers, Given, NotApplicable, Problem, Slot, problem
from events.checklists import Checklist, Question
from events.clock import Instant
from events.conditions import JSON, questions_in
from events.facts import HOMES, Fact, Visit
from events.ids import NOBODY, id_bytes
from events.inspections import (
    CertificateShown,
    CrewRole,
    InspectionApproved,
    InspectionCancelled,
    InspectionStarted,
    InspectionVoided,
    NoticeGiven,
    OfficerSignedIn,
    PersonEncountered,
    Source,
)
from events.per_capita import PerCapita
from events.questionnaire import Context, Review
from events.tracks import TrackPoint
from events.writer import Said
from mobile.answering import Answering, plain
from mobile.closing import Closing, follows, meaning
from mobile.device_log import DeviceLog, Logged
from mobile.mending import Mending
from mobile.place import Place
from mobile.track import to_cover
from mobile.visit import VisitState, fold, inspection_of, rebuild


class CannotAnswerError(ValueError):
    """The answer may not be given. `problem` says why, without what was answered."""

    def __init__(self, found: Problem) -> None:
        super().__init__(f"{found.question}: {found.code}")
        self.problem = found


class NotNowError(RuntimeError):
    """The gesture does not fit the stage of the inspection."""


class Inspection:
    """One inspection on this tablet. `officer` is whose hand it is: the actor of each entry."""

    def __init__(
        self, log: DeviceLog, form: Checklist, place: Place, state: VisitState, officer: str = ""
    ) -> None:
        self.officer = officer
        self.place = place
        self.state = state
        self.form = form
        self._log = log
        self.means = meaning(form)
        self._left_out: set[str] = set()  # pictures, until an answer says which count

    # ── beginning and going on ─────────────────────────────────────────────────────

    @classmethod
    def start(  # noqa: PLR0913  the keys of a visit
        cls,
        log: DeviceLog,
        form: Checklist,
        place: Place,
        *,
        officer: str,
        source: Source = "plan",
        items: tuple[str, ...] = (),
        assignment: str | None = None,
        plan: str | None = None,
        inspection: str | None = None,
    ) -> "Inspection":
        """Start an inspection: from here on it is in the record."""
        visit = Visit(
            inspection=inspection or log.new_id(),
            kind=form.kind,
            nature=form.nature,
            object=place.object,
            object_type=place.object_type,
            domain=place.domain,
            township=place.township,
            started_on=log.now().local().date(),
            village=place.village,
            items=items or form.items,
        )
        self = cls(log, form, place, VisitState(visit.inspection), officer)
        self._record(
            InspectionStarted(
                visit=visit,
                checklist=form.id,
                version=form.version,
                source=source,
                assignment=assignment,
                plan=plan,
            )
        )
        return self

    @classmethod
    def resume(
        cls,
        log: DeviceLog,
        form: Checklist,
        place: Place,
        inspection: str,
        *,
        officer: str = "",
        after: int = 0,
    ) -> "Inspection":
        """Go on where the log says we were. `after`: an entry before which it cannot be."""
        return cls(log, form, place, rebuild(inspection, log.read(after)), officer)

    @property
    def id(self) -> str:
        return self.state.inspection

    @property
    def visit(self) -> Visit:
        return self.state.visit

    # ── what stands ────────────────────────────────────────────────────────────────

    @cached_property
    def context(self) -> Context:
        """What the answers are judged against."""
        return Context(self.form, self.place.fields, self.state.persons)

    @property
    def answers(self) -> Answers:
        return self.state.answers

    @cached_property
    def went_on(self) -> bool:
        """Whether the officers went on after each answer that ends the visit."""
        if not self.state.went_on:
            return False
        stops = questionnaire.stopped_by(self.context, self.answers)
        return bool(stops) and all(slot in self.state.went_on for slot in stops)

    @cached_property
    def review(self) -> Review:
        """What is asked, what misses, what was found, as of now."""
        return questionnaire.review(self.context, self.answers, went_on=self.went_on)

    @cached_property
    def _steering(self) -> frozenset[str]:
        """The questions whose answer may change what is asked or offered."""
        asking = [self.form.repeat.show_if] if self.form.repeat else []
        for question in self.form.questions:
            asking += [question.show_if, question.stop_if]
            asking += [option.show_if for option in question.options]
        looked_at = {name for one in asking if one is not None for name in questions_in(one)}
        if any(option.forbidden_with_findings for q in self.form.questions for option in q.options):
            looked_at |= {q.id for q in self.form.questions if q.findings}
            looked_at |= {
                name
                for question in self.form.questions
                for rule in question.findings
                for name in questions_in(rule.when)
            }
        return frozenset(looked_at)

    def steers(self, question: str) -> bool:
        """Whether an answer to this question may change what is asked or offered."""
        return question in self._steering

    def offered(self, slot: Slot) -> list[str]:
        """Return the values that may be chosen now, if the question is asked."""
        question = self.form.question(slot.question)
        if not _is_conditional(question):
            return [option.value for option in question.options]
        options = questionnaire.offered(self.context, self.answers, slot, went_on=self.went_on)
        return [option.value for option in options]

    def computed(self, slot: Slot) -> PerCapita | None:
        """Return what the formula gives, None where an input is not known."""
        return questionnaire.computed(self.context, self.answers, slot, went_on=self.went_on)

    def now(self) -> Instant:
        return self._log.now()

    # ── who is there ───────────────────────────────────────────────────────────────

    def approved(self, approver: str, *, emergency: bool = False) -> None:
        """Record that the head approved, beforehand or (emergency) afterwards."""
        if not (emergency and self.state.stage == "completed"):
            self._require("open")
        self._record(InspectionApproved(visit=self.visit, approver=approver, emergency=emergency))

    def give_notice(self, form: str) -> None:
        self._require("open")
        self._record(NoticeGiven(visit=self.visit, form=form))

    def sign_in(
        self,
        officer: str,
        role: CrewRole,
        *,
        certificate: str | None = None,
        kinship: bool = False,
        department: str = "civil_affairs",
    ) -> None:
        """Record that somebody takes part."""
        self._require("open")
        fact = OfficerSignedIn(
            visit=self.visit,
            officer=officer,
            role=role,
            certificate=certificate,
            kinship=kinship,
            department=department,
        )
        self._record(fact, officer)

    def show_certificate(
        self,
        officer: str,
        certificate: str,
        valid_to: date,
        to: Literal["party", "witness", "recorder"] = "party",
    ) -> None:
        """Record that an officer showed the certificate unasked."""
        self._require("open")
        fact = CertificateShown(
            visit=self.visit, officer=officer, certificate=certificate, valid_to=valid_to, to=to
        )
        self._record(fact, officer)

    # ── answering ──────────────────────────────────────────────────────────────────

    def answer(self, slot: Slot, value: JSON, *, overrule: str = "") -> None:
        """Record an answer, durably. `overrule`: why a computed value was replaced.

        Raises `CannotAnswerError` where the question does not admit it; nothing is recorded.
        """
        self._require("open")
        question = self._asked(slot)
        given = Given(plain(value))
        if found := self._problem(question, slot, given):
            raise CannotAnswerError(found)
        formula = self._overruled(question, slot, given)
        said = self._answering.answered(slot, given, formula=formula, overrule=overrule)
        beside = self._beside(question, slot, given.value)
        self._say([said, *beside, *self._flagged(slot, given), *self._withdrawn(slot, given)])

    def photograph(self, slot: Slot, photo: Mapping[str, Any]) -> None:
        """Record a picture taken for a question, and answer with all that were taken so far.

        The picture is evidence at once. Raises `CannotAnswerError` where the answer needs more
        of them, or admits no more.
        """
        self._require("open")
        self._asked(slot)
        before = self.taken(slot)
        self._say(list(self._answering.captured(slot, [photo], self.state.evidence)))
        self.answer(slot, [*before, photo])

    def taken(self, slot: Slot) -> tuple[Mapping[str, Any], ...]:
        """Return the pictures of a question's answer; without one, those taken for it so far."""
        taken = self.state.pictures.get(slot, ())
        return tuple(one for one in taken if one["sha256"] not in self._left_out)

    def leave_out(self, slot: Slot, kept: Collection[str]) -> None:
        """Leave all pictures but these out of the answer to come. They stay on record."""
        self._left_out |= {one["sha256"] for one in self.taken(slot)} - {*kept}

    def not_applicable(self, slot: Slot, reason: str) -> None:
        """Record that a question does not apply, and why."""
        self._require("open")
        answer = NotApplicable(reason)
        if found := problem(self._asked(slot), answer):
            raise CannotAnswerError(found)
        self._say([self._answering.answered(slot, answer), *self._withdrawn(slot, answer)])

    def clear(self, slot: Slot) -> None:
        """Take an answer back: recorded as not shown."""
        self._require("open")
        if slot in self.answers:
            self._say([self._answering.not_shown(slot), *self._withdrawn(slot, None)])

    def go_on(self, reason: str) -> None:
        """Go on though an answer ends the visit; the fault is judged later."""
        self._require("open")
        stops = [slot for slot in self.review.stopped_by if slot not in self.state.went_on]
        if not stops or not reason.strip():
            msg = "nothing ends this visit, or no reason was given"
            raise NotNowError(msg)
        self._say(
            [self._answering.answered(one, self.answers[one], went_on=reason) for one in stops]
        )

    def add_person(self, *, minor: bool = False, emergency: bool = False) -> str:
        """Record that somebody was met; return the person's random id."""
        self._require("open")
        person = self._log.new_id()
        self._record(
            PersonEncountered(visit=self.visit, person=person, minor=minor, emergency=emergency)
        )
        return person

    def remove_person(self, person: str) -> None:
        """Take back that somebody was met: entered by mistake."""
        self._require("open")
        mending = Mending(self.state, self._answering.subject(None), "entered_by_mistake")
        refs = self.state.met[person].refs
        gone = [mending.taken_back(ref, PersonEncountered) for ref in refs]
        theirs = [self._answering.not_shown(slot) for slot in self.answers if slot.person == person]
        self._say([*theirs, *gone])

    # ── the end ────────────────────────────────────────────────────────────────────

    def complete(
        self,
        *,
        desk: bool = False,
        second_visit_on: date | None = None,
        points: Sequence[TrackPoint] = (),
    ) -> None:
        """Record the end and all that follows from the form: one gesture.

        What misses is said in it; the record refuses nothing. Behind a stop the visit ends as
        aborted, unless the officers went on. `points` are the track, if this is a patrol.
        """
        self._require("open")
        closing = structs.replace(
            self._closing(self.state, desk=desk, second_visit_on=second_visit_on),
            to_cover=to_cover(self.place, self.form.nature),
            points=tuple(points),
        )
        gone = [self._answering.not_shown(slot) for slot in closing.review.superseded]
        self._say([*gone, *(Said(one.fact, one.texts) for one in follows(closing))])

    def cancel(self, reason: str, *, lawful: bool) -> None:
        """Record that the inspection does not take place."""
        self._require("open")
        self._record(InspectionCancelled(visit=self.visit, reason=reason, lawful=lawful))

    def void(self, reason: str, approver: str) -> None:
        """Record that the inspection should not have been recorded; needs a second person."""
        self._require("completed")
        if approver == self.officer:
            msg = "somebody else has to approve this"
            raise NotNowError(msg)
        self._record(InspectionVoided(visit=self.visit, reason=reason, approver=approver))

    def correct(
        self,
        slot: Slot,
        value: JSON,
        reason: str,
        *,
        note: str = "",
        approver: str | None = None,
    ) -> None:
        """Replace an answer after completion, and whatever no longer follows from the form.

        `reason` is a code and stands in clear; `note` is free text and is sealed.
        """
        self._require("completed")
        question = self.form.question(slot.question)
        given = Given(plain(value))
        if found := problem(question, given):
            raise CannotAnswerError(found)
        mend = Mending(self.state, self._answering.subject(None), reason, note, approver)
        gesture = [mend.answer(slot, self._answering.answered(slot, given))]
        answers = {**self.answers, slot: given}
        later = structs.replace(self.state, answers=answers)
        before = self.state.completed
        closing = self._closing(
            later,
            desk=bool(before and before.desk),
            second_visit_on=before.second_visit_on if before else None,
        )
        gesture += [
            mend.answer(one, self._answering.not_shown(one))
            for one in closing.review.superseded
            if one != slot
        ]
        gesture += mend.derived(follows(closing))
        self._say([*gesture, *self._flagged(slot, given)])

    # ── inside ─────────────────────────────────────────────────────────────────────

    def _require(self, stage: str) -> None:
        if self.state.stage != stage:
            msg = f"this inspection is {self.state.stage}, not {stage}"
            raise NotNowError(msg)

    def _asked(self, slot: Slot) -> Question:
        question = self.form.question(slot.question)
        is_repeated = slot.question in self.form.repeated_ids
        if is_repeated != (slot.person is not None) or (
            slot.person is not None and slot.person not in self.state.met
        ):
            msg = f"{slot.question} is not asked of that person"
            raise NotNowError(msg)
        return question

    def _problem(self, question: Question, slot: Slot, given: Given) -> Problem | None:
        found = problem(question, given)
        if found or not question.options or not _is_conditional(question):
            return found
        chosen = given.value if isinstance(given.value, list | tuple) else [given.value]
        offered = self.offered(slot)
        blocked = next((str(one) for one in chosen if one not in offered), None)
        # A question that is hidden just now offers nothing; its answer waits until it is shown.
        if blocked is None or not offered:
            return None
        return Problem(question.id, "unknown_option", option=blocked)

    def _closing(self, state: VisitState, *, desk: bool, second_visit_on: date | None) -> Closing:
        context = structs.replace(self.context, persons=state.persons)
        went_on = bool(state.went_on) and self.went_on
        review = questionnaire.review(context, state.answers, went_on=went_on)
        gone = frozenset(review.superseded)
        return Closing(
            state=state,
            context=context,
            means=self.means,
            subject=self._answering.subject(None),
            review=review,
            standing={s: a for s, a in state.answers.items() if s not in gone},
            went_on=went_on,
            now=self._log.now(),
            new_id=self._log.new_id,
            desk=desk,
            second_visit_on=second_visit_on,
        )

    def _withdrawn(self, slot: Slot, answer: Answer | None) -> list[Said]:
        """Return the answers that no longer stand once `slot` is answered so.

        A stop alone takes nothing back: the officers may go on. What it hides is said at
        completion.
        """
        if not self.steers(slot.question):
            return []
        answers = {name: kept for name, kept in self.answers.items() if name != slot}
        if answer is not None:
            answers[slot] = answer
        gone = questionnaire.superseded(self.context, answers, went_on=True)
        return [self._answering.not_shown(one) for one in gone if one != slot]

    def _flagged(self, slot: Slot, given: Given) -> list[Said]:
        """Say anew that a person was met where an answer changes the flags: at once."""
        if slot.person is None:
            return []
        anew = self._answering.flagged(slot, given.value, self.state.met[slot.person])
        return [anew] if anew else []

    def _overruled(self, question: Question, slot: Slot, given: Given) -> str | None:
        """Return what the formula gave, where the officer answers something else."""
        formula = self.computed(slot) if question.computed else None
        return formula.standing if formula and formula.standing != given.value else None

    def _beside(self, question: Question, slot: Slot, value: Any) -> Iterable[Said]:  # noqa: ANN401  checked
        """Return what an answer means beyond itself: a picture, a position, a signature."""
        match question.type:
            case "photo":
                return self._answering.captured(slot, value, self.state.evidence)
            case "gps" if question.id == self.means.arrival:
                return [self._answering.located(question, value, self.now())]
            case "signature":
                before = self.answers.get(slot)
                known: Any = before.value if isinstance(before, Given) else ()
                return self._answering.signed(question, slot, value, known)
            case _:
                return ()

    # ── recording ──────────────────────────────────────────────────────────────────

    @property
    def _answering(self) -> Answering:
        return Answering(
            self.visit,
            self.form,
            self.means,
            self.place,
            self._log.new_id,
            at_home=self._at_home(),
        )

    def _at_home(self) -> bool:
        """Whether where we are is somebody's home: what the register or the form says it is."""
        said = self.answers.get(Slot(self.means.object_type))
        types = (self.visit.object_type, said.value if isinstance(said, Given) else None)
        return self.place.person is not None or any(one in HOMES for one in types)

    def _record(self, fact: Fact, actor: str = "") -> None:
        self._say([Said(fact, (), id_bytes(actor) if actor else NOBODY)])

    def _say(self, gesture: Sequence[Said]) -> None:
        """Record, and only then know it. Where nobody else is named, it was our officer's hand."""
        hand = id_bytes(self.officer) if self.officer else NOBODY
        by_hand = [
            said if said.actor != NOBODY else structs.replace(said, actor=hand) for said in gesture
        ]
        for logged in self._log.record_all(by_hand):
            self.state = fold(self.state, logged)
        self._forget()

    def take(self, logged: Logged) -> None:
        """Take in what somebody else recorded in our log about this inspection."""
        if inspection_of(logged.fact) == self.id:
            self.state = fold(self.state, logged)
            self._forget()

    def _forget(self) -> None:
        for name in ("context", "went_on", "review"):
            self.__dict__.pop(name, None)


def _is_conditional(question: Question) -> bool:
    return any(option.show_if or option.forbidden_with_findings for option in question.options)


__all__ = ["CannotAnswerError", "Inspection", "NotNowError", "Place"]
