"""Checklists: the forms of a visit, as the bureau's data defines them.

Decoding is strict: a checklist that uses a word this version does not know is refused, because
a tablet that skipped over it would ask the wrong questions without anyone noticing.
"""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from events.conditions import Condition, questions_in, tag_forms

AnswerType: TypeAlias = Literal[
    "yes_no_na",
    "choice",
    "multi",
    "number",
    "date",
    "datetime",
    "text",
    "photo",
    "gps",
    "signature",
]
Nature: TypeAlias = Literal["service", "administrative", "eligibility"]
Severity: TypeAlias = Literal["info", "minor", "major", "critical"]
Pii: TypeAlias = Literal["none", "personal", "sensitive"]


class Words(Struct, frozen=True):
    """One wording in the two languages."""

    zh: str
    en: str


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts share: fixed once read, and no word that is not understood."""


class Option(_Part, frozen=True):
    """One answer on offer."""

    value: str
    zh: str
    en: str
    show_if: Condition | None = None
    exclusive: bool = False
    forbidden_with_findings: bool = False


class FindingRule(_Part, frozen=True):
    """When an answer becomes a finding, and what then opens."""

    when: Condition
    item: str
    severity: Severity
    title_zh: str
    title_en: str
    follow_up: str | None = None
    evidence: tuple[str, ...] = ()
    proposal: str | None = None
    verify: bool = False

    @property
    def is_internal(self) -> bool:
        """Whether the finding is about the bureau itself (item domain NB), not about a party."""
        return self.item.startswith("MZ-NB-")


class Sets(_Part, frozen=True):
    """A field of the event that an answer writes: the answer itself, or a value for each answer."""

    field: str
    map: Literal["answer"] | dict[str, bool | int | float | str]


class Question(_Part, frozen=True, dict=True):
    """One question. `min` and `max` bound a number, or count photos and signatures."""

    id: str
    zh: str
    en: str
    type: AnswerType
    required: bool
    options: tuple[Option, ...] = ()
    show_if: Condition | None = None
    stop_if: Condition | None = None
    findings: tuple[FindingRule, ...] = ()
    evidence: tuple[str, ...] = ()
    sets: Sets | None = None
    min: float | None = None
    max: float | None = None
    unit: str = ""
    allow_na: bool = True
    allow_absent: bool = False
    computed: bool = False
    inputs: tuple[str, ...] = ()
    formula: str = ""
    help_zh: str = ""
    help_en: str = ""
    pii: Pii = "none"
    vault_only: bool = False
    verify: bool = False

    @cached_property
    def by_value(self) -> Mapping[str, Option]:
        """The options by their value."""
        return {option.value: option for option in self.options}

    @property
    def is_closing(self) -> bool:
        """Whether a stopped visit still asks it: a remark (optional text) or a signature."""
        return self.type == "signature" or (self.type == "text" and not self.required)


class Repeat(_Part, frozen=True):
    """The questions `from_`..`to`, in list order, are asked once for each person."""

    from_: str = field(name="from")
    to: str
    per: str
    show_if: Condition | None = None


class Checklist(_Part, frozen=True, dict=True):
    """A form: its questions in the order they are asked."""

    id: str
    kind: str
    nature: Nature
    zh: str
    en: str
    version: int
    items: tuple[str, ...]
    min_officers: int
    requires_approval: bool
    questions: tuple[Question, ...]
    note: str = ""
    config: dict[str, bool | int | float | str | list[str] | None] = {}
    repeat: Repeat | None = None
    visible_questions_by_branch: dict[str, int] = {}

    def __post_init__(self) -> None:
        """Refuse what cannot be walked in one pass: a name unknown or asked only later."""
        for fault in _faults(self):
            raise ValueError(fault)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Where each question stands in the list, from 0."""
        return {question.id: at for at, question in enumerate(self.questions)}

    @cached_property
    def repeated(self) -> range:
        """The positions asked once for each person; empty where there are none."""
        if self.repeat is None:
            return range(0)
        return range(self.position[self.repeat.from_], self.position[self.repeat.to] + 1)

    @cached_property
    def repeated_ids(self) -> frozenset[str]:
        return frozenset(self.questions[at].id for at in self.repeated)

    def question(self, question: str) -> Question:
        """Return a question by its id; `KeyError` if the checklist has none."""
        return self.questions[self.position[question]]


class _File(Struct, frozen=True):
    checklists: tuple[msgspec.Raw, ...]
    severity: dict[str, Words]
    follow_ups: dict[str, Words]


def load(raw: bytes) -> Checklist:
    """Read one checklist from its JSON. `msgspec.ValidationError` says where it is at fault."""
    return msgspec.convert(tag_forms(msgspec.json.decode(raw)), Checklist)


@cache
def bundled() -> Mapping[str, Checklist]:
    """Return the checklists that come with the program, by kind."""
    lists = [load(bytes(raw)) for raw in _file().checklists]
    return {checklist.kind: checklist for checklist in lists}


def severity_words() -> Mapping[str, Words]:
    """Return what each severity demands, in words."""
    return _file().severity


def follow_up_words() -> Mapping[str, Words]:
    """Return what each follow-up is, in words."""
    return _file().follow_ups


@cache
def _file() -> _File:
    raw = (files("events") / "data" / "checklists.json").read_bytes()
    return msgspec.json.decode(raw, type=_File)


def _faults(checklist: Checklist) -> Iterator[str]:
    if len(checklist.position) != len(checklist.questions):
        yield f"{checklist.id}: a question stands there twice"
    for question in checklist.questions:
        yield from _faults_of(question, checklist)
    repeat = checklist.repeat
    if repeat is None:
        return
    if not {repeat.from_, repeat.to} <= checklist.position.keys() or not checklist.repeated:
        yield f"{checklist.id}: no questions from {repeat.from_} to {repeat.to}"
    elif repeat.show_if is not None:
        before = checklist.position[repeat.from_] - 1
        yield from _too_late(repeat.from_, repeat.show_if, checklist, before)


def _faults_of(question: Question, checklist: Checklist) -> Iterator[str]:
    """Yield what is looked at too early. Findings are judged last, so they may look anywhere."""
    at, end = checklist.position[question.id], len(checklist.questions)
    asking = [question.show_if, question.stop_if, *(option.show_if for option in question.options)]
    for condition in asking:
        if condition is not None:
            yield from _too_late(question.id, condition, checklist, at)
    for rule in question.findings:
        yield from _too_late(question.id, rule.when, checklist, end)


def _too_late(who: str, condition: Condition, checklist: Checklist, latest: int) -> Iterator[str]:
    for name in questions_in(condition):
        if checklist.position.get(name, latest + 1) > latest:
            yield f"{who}: looks at {name}, which is not asked before it"
