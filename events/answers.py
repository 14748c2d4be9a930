"""What an answer may be, and what is wrong with one that may not be given."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from events.checklists import AnswerType, Question
from events.conditions import JSON, amount
from events.coordinates import GeoPoint

T = TypeVar("T")

_TEXT_LIMIT: Final = 2000  # characters; a form's body is at most 64 KiB
_NA_REASON_LIMIT: Final = 500


class Slot(Struct, frozen=True, order=True):
    """Where an answer goes: a question, and within a repeat the person it was asked of."""

    question: str
    person: str | None = None


class Given(Struct, frozen=True, tag="given"):
    """An answer. The shape of `value` is that of the question's type; checked by `problem`."""

    value: JSON


class NotApplicable(Struct, frozen=True, tag="not_applicable"):
    """The question does not apply, and why. The reason is free text and is sealed as such."""

    reason: str


Answer: TypeAlias = Given | NotApplicable
Answers: TypeAlias = Mapping[Slot, Answer]

ProblemCode: TypeAlias = Literal[
    "wrong_type",  # not the shape the question's type asks for
    "empty",  # nothing written, nothing chosen
    "too_long",  # bound: characters allowed
    "below_min",  # bound: the least allowed
    "above_max",  # bound: the most allowed
    "too_few",  # bound: photos or signatures needed
    "too_many",  # bound: photos allowed
    "unknown_option",  # option: what was chosen
    "repeated_option",  # option: what was chosen twice
    "exclusive_option",  # option: what admits no other beside it
    "na_not_offered",
    "na_needs_reason",
    "signature_needs_reason",  # refused or absent, and no reason stated
    "absent_not_offered",
]


class Problem(Struct, frozen=True):
    """Why an answer cannot be given. Holds nothing of a free text: it may be shown and logged."""

    question: str
    code: ProblemCode
    bound: float | None = None
    option: str = ""


Reference = Annotated[str, Meta(pattern="^[a-z0-9]{1,64}$")]


class PhotoRef(Struct, frozen=True):
    """A picture held elsewhere: `sha256` of what is stored."""

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    taken_at: Annotated[datetime, Meta(tz=True)]
    gps: GeoPoint | None = None


class Signature(Struct, frozen=True):
    """One signature, or why there is none. A reference is an id, never a name."""

    signer_role: Annotated[str, Meta(pattern="^[a-z_]{1,40}$")]
    signed_at: Annotated[datetime, Meta(tz=True)]
    signer_ref: Reference | None = None
    image_ref: Reference | None = None
    refused: bool = False
    absent: bool = False
    reason: str | None = None
    witness_ref: Reference | None = None

    @property
    def is_missing(self) -> bool:
        return self.refused or self.absent


def problem(question: Question, answer: Answer) -> Problem | None:
    """Return what is wrong with an answer, or None. Looks at the question alone.

    Whether an option is offered just now depends on the other answers: see `offered`.
    """
    if isinstance(answer, NotApplicable):
        return _problem_of_na(question, answer)
    return _PROBLEMS[question.type](question, answer.value)


def is_sealed(question: Question) -> bool:
    """Whether the answer is sealed: personal or sensitive data, and every free text.

    Photos, positions and signatures are sealed where their question is marked so.
    """
    return question.pii != "none" or question.vault_only or question.type == "text"


def _problem_of_na(question: Question, answer: NotApplicable) -> Problem | None:
    if question.type != "yes_no_na" or not question.allow_na:
        return Problem(question.id, "na_not_offered")
    if not answer.reason.strip():
        return Problem(question.id, "na_needs_reason")
    if len(answer.reason) > _NA_REASON_LIMIT:
        return Problem(question.id, "too_long", bound=_NA_REASON_LIMIT)
    return None


def _yes_or_no(question: Question, value: JSON) -> Problem | None:
    return None if value in ("yes", "no") else _unknown(question, value)


def _choice(question: Question, value: JSON) -> Problem | None:
    if isinstance(value, str) and value in question.by_value:
        return None
    return _unknown(question, value)


def _multi(question: Question, value: JSON) -> Problem | None:
    chosen = _read(value, tuple[str, ...])
    if chosen is None:
        return Problem(question.id, "wrong_type")
    if not chosen:
        return Problem(question.id, "empty")
    for at, one in enumerate(chosen):
        if one not in question.by_value:
            return _unknown(question, one)
        if one in chosen[:at]:
            return Problem(question.id, "repeated_option", option=one)
        if question.by_value[one].exclusive and len(chosen) > 1:
            return Problem(question.id, "exclusive_option", option=one)
    return None


def _unknown(question: Question, value: JSON) -> Problem:
    if not isinstance(value, str):
        return Problem(question.id, "wrong_type")
    return Problem(question.id, "unknown_option", option=value[:40])


def _number(question: Question, value: JSON) -> Problem | None:
    number = amount(value)
    if number is None:
        return Problem(question.id, "wrong_type")
    if question.min is not None and number < Decimal(str(question.min)):
        return Problem(question.id, "below_min", bound=question.min)
    if question.max is not None and number > Decimal(str(question.max)):
        return Problem(question.id, "above_max", bound=question.max)
    return None


def _text(question: Question, value: JSON) -> Problem | None:
    if not isinstance(value, str):
        return Problem(question.id, "wrong_type")
    if not value.strip():
        return Problem(question.id, "empty")
    if len(value) > _TEXT_LIMIT:
        return Problem(question.id, "too_long", bound=_TEXT_LIMIT)
    return None


def _date(question: Question, value: JSON) -> Problem | None:
    return None if _reads(value, date) else Problem(question.id, "wrong_type")


def _datetime(question: Question, value: JSON) -> Problem | None:
    return None if _reads(value, Annotated[datetime, Meta(tz=True)]) else _wrong(question)


def _gps(question: Question, value: JSON) -> Problem | None:
    return None if _reads(value, GeoPoint) else _wrong(question)


def _photos(question: Question, value: JSON) -> Problem | None:
    photos = _read(value, tuple[PhotoRef, ...])
    if photos is None:
        return _wrong(question)
    distinct = len({photo.sha256 for photo in photos})
    if distinct < (question.min or 1):
        return Problem(question.id, "too_few", bound=question.min or 1)
    if question.max is not None and len(photos) > question.max:
        return Problem(question.id, "too_many", bound=question.max)
    return None


def _signatures(question: Question, value: JSON) -> Problem | None:
    signatures = _read(value, tuple[Signature, ...])
    if signatures is None:
        return _wrong(question)
    for one in signatures:
        if one.absent and not question.allow_absent:
            return Problem(question.id, "absent_not_offered")
        if one.is_missing and not (one.reason or "").strip():
            return Problem(question.id, "signature_needs_reason")
    if question.min is None:
        return None if signatures else Problem(question.id, "too_few", bound=1)
    if _signers(signatures) < question.min:
        return Problem(question.id, "too_few", bound=question.min)
    return None


def _signers(signatures: tuple[Signature, ...]) -> int:
    """Count who signed: one officer who signs twice is one officer."""
    signed = [one for one in signatures if not one.is_missing]
    named = {one.signer_ref for one in signed if one.signer_ref is not None}
    return len(named) + sum(one.signer_ref is None for one in signed)


def _wrong(question: Question) -> Problem:
    return Problem(question.id, "wrong_type")


def _read(value: JSON, kind: type[T]) -> T | None:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def _reads(value: JSON, kind: object) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return isinstance(value, str | Mapping)


_PROBLEMS: Final[Mapping[AnswerType, Callable[[Question, JSON], Problem | None]]] = {
    "yes_no_na": _yes_or_no,
    "choice": _choice,
    "multi": _multi,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "text": _text,
    "photo": _photos,
    "gps": _gps,
    "signature": _signatures,
}
