"""The rules of a form being filled: what is asked, what still misses, what was found.

Everything follows from the checklist and the answers alone, so tablet and server agree, and
the answers may be given in any order. One pass over the list settles them: a condition looks
only at earlier questions, and an answer that is hidden, or whose option is not offered, does
not exist for the conditions after it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from events.answers import (
    Answer,
    Answers,
    Given,
    NotApplicable,
    Problem,
    Slot,
    is_sealed,
    problem,
)
from events.checklists import Checklist, FindingRule, Option, Question, Severity
from events.conditions import JSON, Condition, Known, amount, holds
from events.per_capita import MEMBERS, PerCapita, per_capita

__all__ = [
    "Answer",
    "Answers",
    "Context",
    "Finding",
    "Given",
    "NotApplicable",
    "Problem",
    "Review",
    "Slot",
    "computed",
    "findings",
    "hidden",
    "is_sealed",
    "missing",
    "offered",
    "problem",
    "review",
    "sets",
    "stopped_by",
    "superseded",
    "visible",
]

_INCOME_QUESTION: Final = "LI-16"


class Context(Struct, frozen=True):
    """What the answers are judged against.

    `object_fields`: the register's, as known when the visit started. `persons`: those met, in
    the order met. `carried`: the amounts confirmed at the last check, by question.
    """

    checklist: Checklist
    object_fields: Mapping[str, JSON] = {}
    persons: Sequence[str] = ()
    carried: Mapping[str, Decimal | float] = {}


class Finding(Struct, frozen=True):
    """A rule that an answer met. `rule` is its place among the question's findings, from 0."""

    question: str
    person: str | None
    rule: int
    item: str
    severity: Severity
    title_zh: str
    title_en: str
    follow_up: str | None
    evidence: tuple[str, ...]
    proposal: str | None
    verify: bool
    is_internal: bool


class Review(Struct, frozen=True):
    """All there is to know about a form at one moment.

    `awaits_person`: the checklist wants at least one person, and none was entered. A form is
    complete when nothing is missing and no person is awaited.
    """

    visible: list[Slot]
    hidden: list[Slot]
    missing: list[Slot]
    superseded: list[Slot]
    findings: list[Finding]
    stopped_by: list[Slot]
    awaits_person: bool


def review(context: Context, answers: Answers, *, went_on: bool = False) -> Review:
    """Return everything at once: one call after each tap is enough."""
    free = _Pass(context, answers)
    stops = free.stops()
    seen = _settled(context, answers, went_on=went_on, free=free)
    return Review(
        visible=list(seen.shown),
        hidden=seen.hidden,
        missing=seen.missing(),
        superseded=seen.superseded(),
        findings=list(seen.findings()),
        stopped_by=stops,
        awaits_person=seen.repeats and not context.persons,
    )


def visible(context: Context, answers: Answers, *, went_on: bool = False) -> list[Slot]:
    """Return what is asked now, in list order, the repeat once for each person.

    After a stop: what was answered up to the stopping question, then remarks and signatures
    only, unless the officers went on.
    """
    return list(_settled(context, answers, went_on=went_on).shown)


def hidden(context: Context, answers: Answers, *, went_on: bool = False) -> list[Slot]:
    """Return what is not asked now: recorded as not shown."""
    return _settled(context, answers, went_on=went_on).hidden


def missing(context: Context, answers: Answers, *, went_on: bool = False) -> list[Slot]:
    """Return what is asked, required and has no answer that stands."""
    return _settled(context, answers, went_on=went_on).missing()


def superseded(context: Context, answers: Answers, *, went_on: bool = False) -> list[Slot]:
    """Return the answers that no longer stand: hidden since, or with an option not offered."""
    return _settled(context, answers, went_on=went_on).superseded()


def findings(context: Context, answers: Answers, *, went_on: bool = False) -> list[Finding]:
    """Return every rule that is met, in list order, once for each person inside the repeat."""
    return list(_settled(context, answers, went_on=went_on).findings())


def stopped_by(context: Context, answers: Answers) -> list[Slot]:
    """Return the answers that end the visit, also where the officers went on all the same."""
    return _Pass(context, answers).stops()


def offered(
    context: Context, answers: Answers, slot: Slot, *, went_on: bool = False
) -> list[Option]:
    """Return the options that may be chosen now; none where the question is hidden."""
    seen = _settled(context, answers, went_on=went_on)
    if slot not in seen.shown:
        return []
    blocked = seen.has_blocking_finding()
    return [
        option
        for option in context.checklist.question(slot.question).options
        if seen.offers(option, slot.person) and not (blocked and option.forbidden_with_findings)
    ]


def computed(
    context: Context, answers: Answers, slot: Slot, *, went_on: bool = False
) -> PerCapita | None:
    """Return what the formula gives, or None: no formula, hidden, or an input still unknown.

    The answer it proposes is `standing`. A hidden input takes the amount confirmed last time.
    """
    seen = _settled(context, answers, went_on=went_on)
    if slot.question != _INCOME_QUESTION or slot not in seen.shown:
        return None
    config = context.checklist.config
    standards = {
        place: amount(config.get(f"local_standard_{place}")) for place in ("urban", "rural")
    }
    hukou_type = context.object_fields.get("hukou_type")
    return per_capita(_inputs(context, seen), hukou_type, standards)


def sets(
    context: Context, answers: Answers, person: str | None = None, *, went_on: bool = False
) -> dict[str, JSON]:
    """Return the event's fields that answers write: those of the visit, or of one person met."""
    seen = _settled(context, answers, went_on=went_on)
    written: dict[str, JSON] = {}
    for question in context.checklist.questions:
        values = seen.given.get(question.id, {})
        if question.sets is None or person not in values:
            continue
        value = values[person]
        if question.sets.map == "answer":
            written[question.sets.field] = value
        elif isinstance(value, str) and value in question.sets.map:
            written[question.sets.field] = question.sets.map[value]
    return written


def _inputs(context: Context, seen: "_Pass") -> Callable[[str], Decimal | None]:
    def value_of(name: str) -> Decimal | None:
        if Slot(name) in seen.shown:
            return amount(seen.given.get(name, {}).get(None))
        if name == MEMBERS:
            return amount(context.object_fields.get("member_count"))
        return amount(context.carried.get(name))

    return value_of


def _settled(
    context: Context, answers: Answers, *, went_on: bool, free: "_Pass | None" = None
) -> "_Pass":
    """Return the pass that counts: behind a stop, and with options that findings forbid gone.

    Findings are looked at before a forbidden option is withdrawn, so the result is one and
    the same whatever that option shows or hides.
    """
    seen = free or _Pass(context, answers)
    stops = [] if went_on else seen.stops()
    last = max((context.checklist.position[slot.question] for slot in stops), default=None)
    if last is not None:
        seen = _Pass(context, answers, stopped_at=last)
    if seen.holds_forbidden_option() and seen.has_blocking_finding():
        seen = _Pass(context, answers, stopped_at=last, withdrawn=True)
    return seen


class _Pass:
    """One walk over the list. `given` holds the values that stand, by question and person."""

    def __init__(
        self,
        context: Context,
        answers: Answers,
        *,
        stopped_at: int | None = None,
        withdrawn: bool = False,
    ) -> None:
        self._context = context
        self._answers = answers
        self._stopped_at = stopped_at
        self._withdrawn = withdrawn
        self._known: dict[str | None, Known] = {}
        self.given: dict[str, dict[str | None, JSON]] = {}
        self.shown: dict[Slot, Question] = {}
        self.hidden: list[Slot] = []
        self._standing: set[Slot] = set()
        self.repeats = False
        self._order: dict[Slot, int] = {}
        for at, slot in self._slots():
            self._order[slot] = len(self._order)
            self._visit(at, slot)

    def _slots(self) -> Iterator[tuple[int, Slot]]:
        questions, repeated = self._context.checklist.questions, self._context.checklist.repeated
        for at, question in enumerate(questions):
            if at not in repeated:
                yield at, Slot(question.id)
            elif at == repeated.start:
                self.repeats = self._starts_repeat(at)
                for person in dict.fromkeys(self._context.persons):
                    yield from ((inner, Slot(questions[inner].id, person)) for inner in repeated)

    def _starts_repeat(self, at: int) -> bool:
        repeat = self._context.checklist.repeat
        is_behind_stop = self._stopped_at is not None and at > self._stopped_at
        return repeat is not None and not is_behind_stop and self._holds(repeat.show_if, None)

    def _visit(self, at: int, slot: Slot) -> None:
        question = self._context.checklist.questions[at]
        if not self._is_shown(at, question, slot):
            self.hidden.append(slot)
            return
        self.shown[slot] = question
        answer = self._answers.get(slot)
        if isinstance(answer, Given) and self._offers_all(question, answer.value, slot.person):
            self.given.setdefault(question.id, {})[slot.person] = answer.value
            self._standing.add(slot)
        elif isinstance(answer, NotApplicable):
            self._standing.add(slot)

    def _is_shown(self, at: int, question: Question, slot: Slot) -> bool:
        if at in self._context.checklist.repeated and not self.repeats:
            return False
        if self._stopped_at is not None and not question.is_closing:
            is_kept = at <= self._stopped_at and slot in self._answers
            return is_kept and self._holds(question.show_if, slot.person)
        return self._holds(question.show_if, slot.person)

    def _offers_all(self, question: Question, value: JSON, person: str | None) -> bool:
        if not question.options:
            return True
        chosen = value if isinstance(value, list | tuple) else [value]
        options = [question.by_value.get(str(one)) for one in chosen]
        return all(option is not None and self.offers(option, person) for option in options)

    def offers(self, option: Option, person: str | None) -> bool:
        """Whether an option may be chosen, as far as this pass knows."""
        is_withdrawn = self._withdrawn and option.forbidden_with_findings
        return not is_withdrawn and self._holds(option.show_if, person)

    def _holds(self, condition: Condition | None, person: str | None) -> bool:
        return condition is None or holds(condition, self._known_for(person))

    def _known_for(self, person: str | None) -> Known:
        if person not in self._known:
            context = self._context
            self._known[person] = Known(
                self._about(person), context.object_fields, context.checklist.config
            )
        return self._known[person]

    def _about(self, person: str | None) -> Callable[[str], Sequence[JSON]]:
        """Return how to look answers up: inside the repeat one's own, outside it anyone's."""
        repeated, given = self._context.checklist.repeated_ids, self.given

        def values(question: str) -> Sequence[JSON]:
            standing = given.get(question)
            if standing is None:
                return ()
            if person is None or question not in repeated:
                return tuple(standing.values())
            return (standing[person],) if person in standing else ()

        return values

    def stops(self) -> list[Slot]:
        """Return the shown questions whose `stop_if` is true."""
        return [
            slot
            for slot, question in self.shown.items()
            if question.stop_if is not None and self._holds(question.stop_if, slot.person)
        ]

    def missing(self) -> list[Slot]:
        return [
            slot
            for slot, question in self.shown.items()
            if question.required and slot not in self._standing
        ]

    def superseded(self) -> list[Slot]:
        """Return answers that do not stand, those of unknown questions or persons last."""
        gone = [slot for slot in self._answers if slot not in self._standing]
        return sorted(gone, key=lambda slot: self._order.get(slot, len(self._order)))

    def findings(self) -> Iterator[Finding]:
        for slot, question in self.shown.items():
            for number, rule in enumerate(question.findings):
                if self._holds(rule.when, slot.person):
                    yield _finding(slot, number, rule)

    def has_blocking_finding(self) -> bool:
        """Whether a finding of minor or more stands, those on the bureau itself aside."""
        return any(
            finding.severity != "info" and not finding.is_internal for finding in self.findings()
        )

    def holds_forbidden_option(self) -> bool:
        return any(
            option.forbidden_with_findings and option.value in _chosen(values)
            for question in self._context.checklist.questions
            for option in question.options
            if (values := self.given.get(question.id))
        )


def _chosen(values: Mapping[str | None, JSON]) -> set[JSON]:
    chosen: set[JSON] = set()
    for value in values.values():
        chosen.update(value if isinstance(value, list | tuple) else [value])
    return chosen


def _finding(slot: Slot, number: int, rule: FindingRule) -> Finding:
    return Finding(
        question=slot.question,
        person=slot.person,
        rule=number,
        item=rule.item,
        severity=rule.severity,
        title_zh=rule.title_zh,
        title_en=rule.title_en,
        follow_up=rule.follow_up,
        evidence=rule.evidence,
        proposal=rule.proposal,
        verify=rule.verify,
        is_internal=rule.is_internal,
    )
