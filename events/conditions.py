"""The condition language of the checklists: what it can say, and when it holds.

A condition is one of four forms, read from JSON by its one distinguishing key: an answer
(`q`), a field of the object register (`object`), all of some conditions, any of some.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, assert_never

from msgspec import Struct

if TYPE_CHECKING:
    JSON: TypeAlias = (
        "str | int | float | bool | Decimal | Sequence[JSON] | Mapping[str, JSON] | None"
    )
else:
    JSON: TypeAlias = Any  # msgspec reads no recursive alias

Op: TypeAlias = Literal[
    "eq",
    "neq",
    "in",
    "not_in",
    "contains",
    "contains_any",
    "not_contains_any",
    "gt",
    "gte",
    "lt",
    "lte",
    "gt_config",
    "prefix_in",
]
Operand: TypeAlias = bool | int | float | str | tuple[str, ...]


class AnswerLeaf(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="form", tag="q"
):
    """Something about the answer to question `q`."""

    q: str
    op: Op
    value: Operand


class ObjectLeaf(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="form", tag="object"
):
    """Something about a field of the inspected object, as the register knew it at the start."""

    object: str
    op: Op
    value: Operand


class All(Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="all"):
    all: tuple["Condition", ...]


class AnyOf(Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", tag="any"):
    any: tuple["Condition", ...]


Condition: TypeAlias = AnswerLeaf | ObjectLeaf | All | AnyOf

_FORMS = ("q", "object", "all", "any")


class Known(Struct, frozen=True):
    """What a condition may look at.

    `given` returns the values that stand for a question: none where it is hidden, missing or
    not applicable, several where it was asked of several persons.
    """

    given: Callable[[str], Sequence[JSON]]
    object_fields: Mapping[str, JSON]
    config: Mapping[str, JSON]


def holds(condition: Condition, known: Known) -> bool:
    """Whether the condition is true. A leaf about nothing is false, for the negative ops too."""
    match condition:
        case AnswerLeaf(q=q):
            return any(_true(condition, value, known) for value in known.given(q))
        case ObjectLeaf(object=field):
            value = known.object_fields.get(field)
            return value is not None and _true(condition, value, known)
        case All(parts):
            return all(holds(part, known) for part in parts)
        case AnyOf(parts):
            return any(holds(part, known) for part in parts)
        case _:
            assert_never(condition)


def questions_in(condition: Condition) -> Iterator[str]:
    """Yield the question of every answer leaf."""
    match condition:
        case AnswerLeaf(q=q):
            yield q
        case ObjectLeaf():
            return
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from questions_in(part)
        case _:
            assert_never(condition)


def tag_forms(tree: JSON) -> JSON:
    """Return a JSON tree in which every condition names its form, so that msgspec tells them apart.

    Whatever has `op`, or consists of `all` or `any` alone, is a condition.
    """
    match tree:
        case list():
            return [tag_forms(branch) for branch in tree]
        case dict():
            tagged = {key: tag_forms(branch) for key, branch in tree.items()}
            forms = [form for form in _FORMS if form in tagged]
            is_condition = "op" in tagged or len(tagged.keys() - {"form"}) == 1
            return {**tagged, "form": forms[0]} if is_condition and len(forms) == 1 else tagged
        case _:
            return tree


def amount(value: JSON) -> Decimal | None:
    """Return a finite number as the decimal a person would write for it; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _true(leaf: AnswerLeaf | ObjectLeaf, value: JSON, known: Known) -> bool:
    right = leaf.value
    if leaf.op == "gt_config":
        return _compares(value, known.config.get(str(right)), "gt")
    if leaf.op in {"gt", "gte", "lt", "lte"}:
        return _compares(value, right, leaf.op)
    if isinstance(value, str | bool | int | float | Decimal):
        return _single(leaf.op, value, right)
    if isinstance(value, Sequence):
        return _several(leaf.op, value, right)
    return False


def _single(op: Op, value: str | float | Decimal, right: Operand) -> bool:
    if isinstance(right, tuple):
        match op:
            case "in":
                return value in right
            case "not_in":
                return value not in right
            case "prefix_in":
                return isinstance(value, str) and value.startswith(right)
            case _:
                return False
    return value == right if op == "eq" else op == "neq" and value != right


def _several(op: Op, values: Sequence[JSON], right: Operand) -> bool:
    if op == "contains":
        return right in values
    wanted = right if isinstance(right, tuple) else (right,)
    match op:
        case "contains_any":
            return any(one in values for one in wanted)
        case "not_contains_any":
            return not any(one in values for one in wanted)
        case _:
            return False


def _compares(left: JSON, right: JSON, op: Op) -> bool:
    one, other = amount(left), amount(right)
    if one is None or other is None:
        return False
    match op:
        case "gt":
            return one > other
        case "gte":
            return one >= other
        case "lt":
            return one < other
        case _:
            return one <= other
