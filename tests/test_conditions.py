"""The condition language: what each word means, and that nothing is true of nothing."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.checklists import Checklist, bundled, follow_up_words, load
from events.conditions import (
    JSON,
    All,
    AnswerLeaf,
    AnyOf,
    Condition,
    Known,
    ObjectLeaf,
    amount,
    holds,
    questions_in,
    tag_forms,
)

OPS = [
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
OPERANDS = ["yes", ["yes", "no"], 3, True, "limit"]


def condition(shape: object) -> Condition:
    return msgspec.convert(tag_forms(json.loads(json.dumps(shape))), Condition)


def is_true(
    shape: object, *values: JSON, fields: dict[str, JSON] | None = None, limit: JSON = None
) -> bool:
    known = Known(lambda q: values if q == "Q" else (), fields or {}, {"limit": limit})
    return holds(condition(shape), known)


@pytest.mark.parametrize(
    ("op", "operand", "true_of", "false_of"),
    [
        ("eq", "yes", "yes", "no"),
        ("neq", "yes", "no", "yes"),
        ("in", ["a", "b"], "b", "c"),
        ("not_in", ["a", "b"], "c", "b"),
        ("contains", "a", ["a", "b"], ["b"]),
        ("contains_any", ["a", "b"], ["c", "b"], ["c"]),
        ("not_contains_any", ["a", "b"], ["c"], ["c", "b"]),
        ("gt", 3, 3.01, 3),
        ("gte", 3, 3, 2.99),
        ("lt", 3, 2.99, 3),
        ("lte", 3, 3, 3.01),
        ("prefix_in", ["91", "92"], "92440804", "51924408"),
        ("eq", True, True, False),
    ],
)
def test_each_op_means_what_its_name_says(
    op: str, operand: JSON, true_of: JSON, false_of: JSON
) -> None:
    leaf = {"q": "Q", "op": op, "value": operand}

    assert is_true(leaf, true_of)
    assert not is_true(leaf, false_of)


def test_a_limit_of_the_configuration_is_exceeded_only_beyond_it() -> None:
    leaf = {"q": "Q", "op": "gt_config", "value": "limit"}

    assert is_true(leaf, 1.01, limit=1.0)
    assert not is_true(leaf, 1, limit=1.0)


def test_a_limit_not_yet_set_is_never_exceeded() -> None:
    assert not is_true({"q": "Q", "op": "gt_config", "value": "limit"}, 99, limit=None)
    assert not is_true({"q": "Q", "op": "gt_config", "value": "no such key"}, 99, limit=1)


def test_a_tenth_is_a_tenth_and_not_its_binary_neighbour() -> None:
    assert amount(1.1) == Decimal("1.1")
    assert not is_true({"q": "Q", "op": "gt", "value": 1.1}, Decimal("1.1"))
    assert is_true({"q": "Q", "op": "gte", "value": 1.1}, Decimal("1.1"))


def test_of_several_persons_one_is_enough() -> None:
    assert is_true({"q": "Q", "op": "eq", "value": "yes"}, "no", "yes")
    assert is_true({"q": "Q", "op": "neq", "value": "yes"}, "no", "yes")
    assert not is_true({"q": "Q", "op": "eq", "value": "yes"}, "no", "no")


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("operand", OPERANDS)
def test_nothing_is_true_of_an_answer_that_is_not_there(op: str, operand: JSON) -> None:
    assert not is_true({"q": "Q", "op": op, "value": operand}, limit=1)
    assert not is_true({"object": "unknown", "op": op, "value": operand}, limit=1)


def test_a_field_of_the_register_is_read_as_an_answer_is() -> None:
    leaf = {"object": "uscc", "op": "prefix_in", "value": ["91", "92", "93"]}

    assert is_true(leaf, fields={"uscc": "91999999MADEM0D49L"})
    assert not is_true(leaf, fields={"uscc": "51999999MADEM0A158"})
    assert not is_true(leaf, fields={"uscc": None})


def test_conditions_nest() -> None:
    yes, no = ({"q": "Q", "op": "eq", "value": word} for word in ("yes", "no"))

    assert is_true({"any": [no, {"all": [yes, {"any": [yes, no]}]}]}, "yes")
    assert not is_true({"all": [yes, {"any": [no]}]}, "yes")
    assert [*questions_in(condition({"any": [no, {"all": [yes]}]}))] == ["Q", "Q"]


def test_the_four_forms_are_told_apart() -> None:
    leaf = {"op": "eq", "value": "yes"}

    assert isinstance(condition({"q": "Q", **leaf}), AnswerLeaf)
    assert isinstance(condition({"object": "f", **leaf}), ObjectLeaf)
    assert isinstance(condition({"all": []}), All)
    assert isinstance(condition({"any": []}), AnyOf)


@pytest.mark.parametrize(
    "shape",
    [
        {"q": "Q", "op": "like", "value": "yes"},
        {"q": "Q", "object": "f", "op": "eq", "value": "yes"},
        {"q": "Q", "op": "eq", "value": "yes", "but": "no"},
        {"all": [], "any": []},
        {"none": []},
    ],
)
def test_a_word_that_is_not_in_the_language_is_refused(shape: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        condition(shape)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


@given(st.sampled_from(OPS), st.sampled_from(OPERANDS), values | st.lists(values, max_size=3))
def test_no_answer_however_odd_breaks_a_condition(op: str, operand: JSON, value: JSON) -> None:
    assert is_true({"q": "Q", "op": op, "value": operand}, value, limit=1) in {True, False}


@pytest.mark.parametrize("odd", [None, True, "3", float("nan"), float("inf"), [3]])
def test_what_is_no_finite_number_is_no_amount(odd: JSON) -> None:
    assert amount(odd) is None


def as_tree(checklist: Checklist) -> dict[str, object]:
    return json.loads(msgspec.json.encode(checklist))


def test_a_checklist_survives_being_written_and_read() -> None:
    for checklist in bundled().values():
        assert load(msgspec.json.encode(checklist)) == checklist


def test_the_bundled_checklists_are_four_with_their_natures() -> None:
    assert {kind: checklist.nature for kind, checklist in bundled().items()} == {
        "street_patrol": "service",
        "funeral_order": "administrative",
        "low_income_recheck": "eligibility",
        "general_inspection": "administrative",
    }


def test_every_follow_up_has_words() -> None:
    rules = [rule for c in bundled().values() for q in c.questions for rule in q.findings]

    assert {rule.follow_up for rule in rules if rule.follow_up} <= follow_up_words().keys()
    assert {rule.proposal for rule in rules if rule.proposal} <= follow_up_words().keys()


def test_a_checklist_with_an_unknown_word_is_refused() -> None:
    tree = as_tree(bundled()["general_inspection"]) | {"show_unless": None}

    with pytest.raises(msgspec.ValidationError, match="show_unless"):
        load(msgspec.json.encode(tree))


def test_a_question_that_looks_ahead_is_refused() -> None:
    tree = as_tree(bundled()["general_inspection"])
    tree["questions"][0]["show_if"] = {"q": "GE-02", "op": "eq", "value": "charity"}

    with pytest.raises(msgspec.ValidationError, match="GE-01: looks at GE-02"):
        load(msgspec.json.encode(tree))


def test_a_question_that_stands_there_twice_is_refused() -> None:
    tree = as_tree(bundled()["general_inspection"])
    tree["questions"] *= 2

    with pytest.raises(msgspec.ValidationError, match="twice"):
        load(msgspec.json.encode(tree))


def test_a_repeat_that_looks_into_itself_is_refused() -> None:
    tree = as_tree(bundled()["street_patrol"])
    tree["repeat"]["show_if"]["q"] = "SP-12"

    with pytest.raises(msgspec.ValidationError, match="SP-12: looks at SP-12"):
        load(msgspec.json.encode(tree))


def test_a_repeat_without_its_questions_is_refused() -> None:
    tree = as_tree(bundled()["street_patrol"])
    tree["repeat"]["to"] = "SP-99"

    with pytest.raises(msgspec.ValidationError, match="no questions from SP-12 to SP-99"):
        load(msgspec.json.encode(tree))
