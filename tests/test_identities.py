"""Credit codes and resident numbers: what checks out, what does not, and what is never shown."""

import json
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from events import credit_codes, resident_ids
from events.credit_codes import CodeProblem, CreditCode
from events.resident_ids import IdProblem, ResidentId

RULES = json.loads((files("events") / "data" / "object_types.json").read_text(encoding="utf-8"))[
    "validators"
]
CODES = [sample["code"] for sample in RULES["uscc_gb32100"]["synthetic_valid"]]
NUMBERS = RULES["rid_gb11643"]["synthetic_valid"]
ALPHABET = RULES["uscc_gb32100"]["alphabet"]


@pytest.mark.parametrize("code", CODES)
def test_a_valid_credit_code_checks_out(code: str) -> None:
    assert credit_codes.check(code) == CreditCode(code)
    assert credit_codes.with_check(code[:17]) == code


@pytest.mark.parametrize(
    ("code", "fault", "position"),
    [
        ("51999999MADEM0A159", "wrong_check", 18),
        ("51999999MADEMOA158", "wrong_character", 14),
        ("5199999MADEM0A158", "wrong_length", None),
        ("51999A99MADEM0A158", "wrong_division", None),
        ("51999999MADEM0A148", "wrong_inner_check", 17),
        ("", "wrong_length", None),
        ("51999999MADEM0A15８", "wrong_character", 18),  # a full-width digit
    ],
)
def test_a_faulty_credit_code_says_what_is_wrong(
    code: str, fault: str, position: int | None
) -> None:
    problem = credit_codes.check(code)

    assert isinstance(problem, CodeProblem)
    assert (problem.code, problem.position) == (fault, position)


def test_every_invalid_sample_of_the_rules_is_refused() -> None:
    for sample in RULES["uscc_gb32100"]["synthetic_invalid"]:
        assert isinstance(credit_codes.check(sample["code"]), CodeProblem)
    for sample in RULES["rid_gb11643"]["synthetic_invalid"]:
        assert isinstance(resident_ids.check(sample["id"]), IdProblem)


def test_a_credit_code_has_one_spelling() -> None:
    assert credit_codes.check(" 51999999madem0a158\n") == CreditCode("51999999MADEM0A158")


def test_a_credit_code_falls_into_its_parts() -> None:
    code = CreditCode("91999999MADEM0D49L")

    assert (code.prefix, code.division, code.organisation) == ("91", "999999", "MADEM0D49")
    assert code.is_enterprise


@pytest.mark.parametrize(
    ("body", "character"), [("00000000", "0"), ("00000006", "X"), ("00000001", "9")]
)
def test_the_inner_check_of_eleven_is_nought_and_of_ten_is_x(body: str, character: str) -> None:
    assert credit_codes.inner_check(body) == character


def test_only_91_92_and_93_are_enterprise_related() -> None:
    related = {code[:2] for code in CODES if credit_codes.is_enterprise(code)}

    assert related == {"91", "92"}
    assert credit_codes.is_enterprise("93")
    assert not credit_codes.is_enterprise(None)
    assert not credit_codes.is_enterprise("")


@given(st.sampled_from(CODES), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_no_single_slip_in_a_credit_code_goes_unseen(code: str, at: int, slip: str) -> None:
    assume(code[at] != slip)

    assert isinstance(credit_codes.check(code[:at] + slip + code[at + 1 :]), CodeProblem)


@given(st.text(max_size=20))
def test_any_text_is_a_credit_code_or_a_problem(text: str) -> None:
    assert isinstance(credit_codes.check(text), CreditCode | CodeProblem)
    assert isinstance(resident_ids.check(text), ResidentId | IdProblem)


@given(st.sampled_from(["12", "51", "52", "91", "92", "93"]), st.integers(0, 923_520))
def test_a_demo_code_checks_out_and_is_nobodys(prefix: str, number: int) -> None:
    code = credit_codes.check(credit_codes.demo_code(prefix, number))

    assert isinstance(code, CreditCode)
    assert (code.prefix, code.division) == (prefix, "999999")


def test_demo_codes_differ_by_their_number() -> None:
    assert len({credit_codes.demo_code("51", number) for number in range(2000)}) == 2000


@pytest.mark.parametrize("number", [-1, 923_521])
def test_there_are_only_so_many_demo_codes(number: int) -> None:
    with pytest.raises(ValueError, match="no demo code"):
        credit_codes.demo_code("51", number)


def test_no_code_is_made_up_in_a_real_division() -> None:
    with pytest.raises(ValueError, match="not the first 17"):
        credit_codes.with_check("51440804MADEM0A15")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_valid_resident_number_checks_out(number: str) -> None:
    assert resident_ids.check(number) == ResidentId(number)
    assert resident_ids.with_check(number[:17]) == number


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("999999194901010018", "wrong_check"),
        ("999999201302290023", "wrong_date"),
        ("99999919490101001", "wrong_length"),
        ("9999991949010100A9", "wrong_character"),
        ("99999919490101001Y", "wrong_character"),
        ("９99999194901010019", "wrong_character"),
        ("999999000001010019", "wrong_date"),
    ],
)
def test_a_faulty_resident_number_says_what_is_wrong(number: str, fault: str) -> None:
    assert resident_ids.check(number) == IdProblem(fault)


def test_a_small_x_is_a_capital_x() -> None:
    ending_in_x = next(
        made
        for sequence in range(100, 200)
        if (made := resident_ids.with_check(f"99999919490101{sequence}")).endswith("X")
    )

    assert resident_ids.check(ending_in_x.lower()) == ResidentId(ending_in_x)


def test_a_resident_number_tells_birthday_and_sex() -> None:
    person = ResidentId("999999201202290026")

    assert (person.division, person.born_on, person.is_male) == (
        "999999",
        date(2012, 2, 29),
        False,
    )


@given(st.sampled_from(NUMBERS), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_no_single_slip_in_a_resident_number_goes_unseen(number: str, at: int, slip: str) -> None:
    assume(number[at] != slip)

    assert isinstance(resident_ids.check(number[:at] + slip + number[at + 1 :]), IdProblem)


@pytest.mark.parametrize("prefix", ["44080419490101001", "99999920130229002", "9999", "x" * 17])
def test_no_number_is_made_up_for_a_real_place_or_day(prefix: str) -> None:
    with pytest.raises(ValueError, match="not the first 17") as refusal:
        resident_ids.with_check(prefix)

    assert prefix not in str(refusal.value)


def test_a_masked_number_keeps_division_and_last_four() -> None:
    assert resident_ids.mask("999999194901010019") == "999999********0019"


@given(st.text(min_size=1, max_size=30).filter(lambda text: len(text.strip()) != 18))
def test_of_any_other_document_at_most_two_characters_are_shown(text: str) -> None:
    masked = resident_ids.mask(text)

    assert len(masked) == len(text.strip())
    assert set(masked[:-2]) <= {"*"}


def test_a_resident_number_never_reaches_a_log_whole() -> None:
    person = ResidentId("999999194901010019")

    assert "19490101" not in f"{person!r} {person}"
