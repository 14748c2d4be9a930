"""A form being filled: what is asked, what misses, what was found; per checklist and as laws."""

import json
from decimal import Decimal
from importlib.resources import files
from random import Random

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from events.answers import Answer, Slot
from events.checklists import Checklist, Question, bundled, load
from events.conditions import JSON
from events.questionnaire import (
    Answers,
    Context,
    Given,
    NotApplicable,
    computed,
    findings,
    hidden,
    is_sealed,
    missing,
    offered,
    problem,
    review,
    sets,
    stopped_by,
    superseded,
    visible,
)

NOON = "2026-05-04T12:00:00+08:00"
POSITION: JSON = {
    "lon": 110.446,
    "lat": 21.252,
    "datum": "WGS84",
    "accuracy_m": 6.0,
    "fixed_at": NOON,
}
PATROL = bundled()["street_patrol"]
FUNERAL = bundled()["funeral_order"]
RECHECK = bundled()["low_income_recheck"]
GENERAL = bundled()["general_inspection"]
HOUSEHOLD: dict[str, JSON] = {
    "hukou_type": "rural",
    "member_count": 3,
    "labour_capacity": False,
}
CONFIRMED = {"LI-11": 900, "LI-12": 0, "LI-13": 0, "LI-14": 300, "LI-15": 150}


def answers(person: str | None = None, /, **given_values: JSON) -> dict[Slot, Answer]:
    """Answers by question, `SP_08="yes"`; those inside the repeat go to the person."""
    return {
        Slot(name.replace("_", "-"), person): Given(value) for name, value in given_values.items()
    }


def questions(slots: list[Slot]) -> list[str]:
    return [slot.question for slot in slots]


def photo(number: int) -> JSON:
    return {"sha256": f"{number:064x}", "taken_at": NOON}


def signature(number: int, **more: JSON) -> dict[str, JSON]:
    return {"signer_role": "officer", "signer_ref": f"o{number}", "signed_at": NOON, **more}


def candidates(question: Question) -> list[JSON]:
    """Valid values, the harmless first."""
    count = max(int(question.min or 1), 1)
    values: dict[str, list[JSON]] = {
        "yes_no_na": ["yes", "no"] if question.id == "LI-07" else ["no", "yes"],
        "choice": [option.value for option in question.options],
        "multi": [[option.value] for option in question.options],
        "number": [question.min or 0],
        "date": ["2026-05-04"],
        "datetime": [NOON],
        "text": ["as seen"],
        "photo": [[photo(number) for number in range(count)]],
        "gps": [POSITION],
        "signature": [[signature(number) for number in range(count)]],
    }
    return values[question.type]


def filled(context: Context, given_answers: Answers) -> dict[Slot, Answer]:
    """Answer what misses, one by one, so that nothing is found and nothing stops the visit."""
    form = dict(given_answers)
    while gaps := missing(context, form):
        question = context.checklist.question(gaps[0].question)
        proposed = computed(context, form, gaps[0])
        values = [proposed.standing] if proposed else candidates(question)
        form = next(
            attempt
            for attempt in ({**form, gaps[0]: Given(value)} for value in values)
            if not findings(context, attempt) and gaps[0] not in missing(context, attempt)
        )
    return form


def found(context: Context, form: Answers) -> list[tuple[str, str]]:
    return [(one.question, one.severity) for one in findings(context, form)]


class TestStreetPatrol:
    def test_a_patrol_that_met_nobody_is_a_full_record(self) -> None:
        context = Context(PATROL)

        form = filled(context, answers(SP_08="no"))

        assert not findings(context, form)
        assert not review(context, form).awaits_person
        assert sets(context, form)["patrol.zero_result"] is True
        assert sets(context, form)["patrol.zero_accident_or_opinion"] is True
        assert not any("SP-09" <= name <= "SP-25" for name in questions(visible(context, form)))

    def test_somebody_met_must_be_entered(self) -> None:
        met = answers(SP_08="yes")

        assert review(Context(PATROL), met).awaits_person
        assert not review(Context(PATROL, persons=["p1"]), met).awaits_person

    def test_the_repeat_is_asked_of_one_person_after_the_other(self) -> None:
        slots = visible(Context(PATROL, persons=["p1", "p2"]), answers(SP_08="yes"))

        inside = [slot for slot in slots if slot.person]
        assert [slot.person for slot in inside] == ["p1"] * 12 + ["p2"] * 12
        assert questions(inside)[:4] == ["SP-12", "SP-09", "SP-10", "SP-11"]
        assert slots[slots.index(inside[-1]) + 1] == Slot("SP-26")

    def test_a_minor_cannot_refuse_and_is_reported_at_once(self) -> None:
        context = Context(PATROL, persons=["child"])
        form = answers(SP_08="yes") | answers("child", SP_10="minor")

        wishes = offered(context, form, Slot("SP-16", "child"))
        (finding,) = [one for one in findings(context, form) if one.person]

        assert [one.value for one in wishes] == [
            "accept_station",
            "cannot_express",
            "minor_protect",
        ]
        assert (finding.item, finding.severity) == ("MZ-JZ-QT-02", "critical")
        assert finding.follow_up == "mandatory_report"

    def test_an_adults_refusal_is_withdrawn_once_the_age_says_minor(self) -> None:
        context = Context(PATROL, persons=["p1"])
        adult = answers(SP_08="yes") | answers(
            "p1", SP_10="adult", SP_16="refuse", SP_23=2, SP_31=NOON
        )
        assert not superseded(context, adult)

        minor = adult | answers("p1", SP_10="child")

        assert questions(superseded(context, minor)) == ["SP-16", "SP-23", "SP-31"]
        assert Slot("SP-16", "p1") in missing(context, minor)
        assert Slot("SP-23", "p1") in hidden(context, minor)

    def test_an_escorted_minor_raises_no_second_finding(self) -> None:
        context = Context(PATROL, persons=["p1"])
        minor = answers(SP_08="yes") | answers("p1", SP_10="child", SP_16="minor_protect")

        escorted = found(context, minor | answers("p1", SP_17=["to_minor_centre"]))
        informed = found(context, minor | answers("p1", SP_17=["informed"]))

        assert ("SP-17", "critical") not in escorted
        assert ("SP-17", "critical") in informed

    def test_what_one_person_answers_is_not_true_of_another(self) -> None:
        context = Context(PATROL, persons=["p1", "p2"])
        form = answers(SP_08="yes") | answers("p1", SP_09=["begging"])

        assert Slot("SP-13", "p1") in visible(context, form)
        assert Slot("SP-13", "p2") in hidden(context, form)

    def test_findings_come_once_for_each_person(self) -> None:
        context = Context(PATROL, persons=["p1", "p2", "p3"])
        form = answers(SP_08="yes")
        for person in ("p1", "p3"):
            form |= answers(person, SP_12="yes")

        critical = [one.person for one in findings(context, form) if one.question == "SP-12"]

        assert critical == ["p1", "p3"]

    def test_with_nobody_met_after_all_what_was_said_of_persons_is_superseded(self) -> None:
        context = Context(PATROL, persons=["p1"])
        form = answers(SP_08="yes") | answers("p1", SP_10="minor", SP_12="yes")

        assert questions(superseded(context, form | answers(SP_08="no"))) == ["SP-12", "SP-10"]
        assert not findings(context, form | answers(SP_08="no"))

    def test_answers_of_a_person_taken_off_the_form_are_superseded(self) -> None:
        form = answers(SP_08="yes") | answers("gone", SP_10="adult")

        assert superseded(Context(PATROL), form) == [Slot("SP-10", "gone")]

    def test_without_its_condition_the_repeat_asks_nobody(self) -> None:
        tree = json.loads(msgspec.json.encode(PATROL))
        for question in tree["questions"]:
            question["show_if"] = None
        context = Context(load(msgspec.json.encode(tree)), persons=["p1"])

        assert Slot("SP-12", "p1") in visible(context, answers(SP_08="yes"))
        assert Slot("SP-12", "p1") in hidden(context, answers(SP_08="no"))

    def test_the_time_of_the_next_visit_is_written_for_the_person(self) -> None:
        context = Context(PATROL, persons=["p1", "p2"])
        form = answers(SP_08="yes") | answers("p1", SP_10="adult", SP_16="refuse", SP_31=NOON)

        assert sets(context, form, "p1") == {"followup.revisit": NOON}
        assert sets(context, form, "p2") == {}
        assert sets(context, form) == {"patrol.zero_result": False}


class TestFuneralOrder:
    @pytest.mark.parametrize(
        ("branch", "count"), FUNERAL.visible_questions_by_branch.items(), ids=str
    )
    def test_each_branch_asks_as_many_questions_as_the_checklist_says(
        self, branch: str, count: int
    ) -> None:
        context = Context(FUNERAL, {"uscc": "12999999MADEM0F684"})

        form = filled(context, answers(FU_02=branch, FU_03="approved", FU_04="yes", FU_06="yes"))

        assert len(visible(context, form)) == count

    def test_an_enterprise_is_asked_for_code_and_cap(self) -> None:
        asked = {
            uscc[:2]: {"FU-05", "FU-35"}
            & {*questions(visible(Context(FUNERAL, {"uscc": uscc}), {}))}
            for uscc in ("91999999MADEM0D49L", "52999999MADEM0B2X6")
        }

        assert asked == {"91": {"FU-05", "FU-35"}, "52": set()}

    def test_without_approval_the_visit_ends_with_remarks_and_signatures(self) -> None:
        context = Context(FUNERAL)
        form = answers(FU_01="plan", FU_02="funeral_parlour", FU_03="not")

        assert stopped_by(context, form) == [Slot("FU-03")]
        assert questions(visible(context, form)) == [
            "FU-01",
            "FU-02",
            "FU-03",
            "FU-30",
            "FU-33",
            "FU-34",
        ]
        assert questions(missing(context, form)) == ["FU-33", "FU-34"]

    def test_what_was_not_answered_before_a_stop_is_asked_no_more(self) -> None:
        form = answers(FU_03="not")

        assert questions(visible(Context(FUNERAL), form)) == ["FU-03", "FU-34"]

    def test_officers_who_went_on_are_asked_everything_and_the_fault_stays(self) -> None:
        context = Context(FUNERAL)
        form = answers(FU_02="funeral_parlour", FU_03="not")

        went_on = review(context, form, went_on=True)

        assert went_on.stopped_by == [Slot("FU-03")]
        assert Slot("FU-08") in went_on.visible
        assert [one.follow_up for one in went_on.findings] == ["abort"]

    def test_two_reasons_to_stop_are_both_kept(self) -> None:
        form = answers(FU_03="not", FU_04="no")

        assert questions(stopped_by(Context(FUNERAL), form)) == ["FU-03", "FU-04"]
        assert len(findings(Context(FUNERAL), form)) == 2

    def test_no_problem_cannot_be_the_outcome_while_one_stands(self) -> None:
        context = Context(FUNERAL)
        form = answers(FU_02="funeral_parlour", FU_19="yes", FU_31=["pass"])
        assert not superseded(context, form)

        hazard = form | answers(FU_19="no")

        assert superseded(context, hazard) == [Slot("FU-31")]
        assert "pass" not in [one.value for one in offered(context, hazard, Slot("FU-31"))]
        assert "pass" in [one.value for one in offered(context, form, Slot("FU-31"))]
        del hazard[Slot("FU-31")]
        assert "pass" not in [one.value for one in offered(context, hazard, Slot("FU-31"))]

    def test_a_fault_of_the_bureau_does_not_forbid_the_outcome(self) -> None:
        context = Context(FUNERAL)
        form = answers(FU_02="funeral_parlour", FU_06="no", FU_31=["pass"])

        assert found(context, form) == [("FU-06", "major")]
        assert not superseded(context, form)

    def test_a_protected_grave_raises_no_lead(self) -> None:
        site = answers(FU_02="illegal_burial_site", FU_25="farmland", FU_26="new")

        assert found(Context(FUNERAL), site | answers(FU_37=["martyr"])) == []
        assert len(found(Context(FUNERAL), site | answers(FU_37=["unverified"]))) == 2

    def test_a_grave_is_measured_against_the_limit_of_its_kind(self) -> None:
        grave = answers(FU_02="cemetery_commercial", FU_38="body_single")

        assert found(Context(FUNERAL), grave | answers(FU_10=4.0)) == []
        assert found(Context(FUNERAL), grave | answers(FU_10=4.01)) == [("FU-10", "major")]

    def test_what_a_hidden_answer_showed_is_hidden_with_it(self) -> None:
        context = Context(FUNERAL)
        form = answers(
            FU_02="illegal_burial_site", FU_37=["none"], FU_38="unknown", FU_10=3, FU_11=2
        )
        assert found(context, form) == [("FU-11", "minor")]

        elsewhere = form | answers(FU_02="mourning_event")

        assert questions(superseded(context, elsewhere)) == ["FU-37", "FU-38", "FU-10", "FU-11"]
        assert found(context, elsewhere) == []


class TestLowIncomeRecheck:
    def stable(self, **fields: JSON) -> tuple[Context, dict[Slot, Answer]]:
        context = Context(RECHECK, {**HOUSEHOLD, **fields}, carried=CONFIRMED)
        form = answers(
            LI_01="annual", LI_02="yes", LI_04="yes", LI_06="in", LI_25="yes", LI_35="no"
        )
        return context, filled(context, form)

    def test_a_stable_household_is_asked_at_most_22_questions(self) -> None:
        assert len(visible(*self.stable())) == 22

    def test_of_a_member_able_to_work_refusals_are_asked_in_addition(self) -> None:
        asked = {
            able: {*questions(visible(*self.stable(labour_capacity=able)))}
            for able in (False, True)
        }

        assert asked[True] - asked[False] == {"LI-20"}

    def test_the_amounts_confirmed_last_time_are_carried(self) -> None:
        context, form = self.stable()

        result = computed(context, form, Slot("LI-16"))

        assert result is not None
        assert (result.amount, result.standard, result.standing) == (350, 600, "below")

    @pytest.mark.parametrize(
        ("wages", "standing"),
        [
            (1799.98, "below"),  # 599.993… is 599.99
            (1799.99, "equal"),  # 599.996… is 600.00
            (1800, "equal"),
            (1800.02, "near"),  # 600.006… is 600.01
            (2700, "near"),
            (2700.02, "above"),
        ],
    )
    def test_income_is_compared_to_the_cent(self, wages: float, standing: str) -> None:
        context = Context(RECHECK, HOUSEHOLD)
        form = answers(LI_01="spot", LI_06="in", LI_11=wages, LI_12=0, LI_13=0, LI_14=0)
        form |= answers(LI_15=0, LI_34=3)

        result = computed(context, form, Slot("LI-16"))

        assert result is not None
        assert result.standing == standing

    def test_half_a_cent_is_rounded_up(self) -> None:
        form = answers(LI_01="spot", LI_06="in", LI_11=0.01, LI_12=0, LI_13=0, LI_14=0, LI_15=0)

        result = computed(Context(RECHECK, HOUSEHOLD), form | answers(LI_34=2), Slot("LI-16"))

        assert result is not None
        assert result.amount == Decimal("0.01")

    def test_town_and_country_have_their_own_standard(self) -> None:
        standings = [
            result.standard
            for hukou in ("urban", "rural")
            if (result := computed(*self.stable(hukou_type=hukou), Slot("LI-16")))
        ]

        assert standings == [800, 600]

    def test_nothing_is_computed_while_an_amount_is_unknown(self) -> None:
        context, form = self.stable()
        changed = form | answers(LI_35="yes", LI_11=900)

        assert computed(context, changed, Slot("LI-16")) is None
        assert computed(Context(RECHECK, HOUSEHOLD), form, Slot("LI-16")) is None
        assert computed(context, form, Slot("LI-17")) is None

    def test_kinship_ends_the_visit(self) -> None:
        context = Context(RECHECK, HOUSEHOLD)
        form = answers(LI_01="annual", LI_02="yes", LI_03="yes", LI_06="in")

        assert stopped_by(context, form) == [Slot("LI-03")]
        assert questions(superseded(context, form)) == ["LI-06"]

    def test_nobody_home_leaves_the_positions_and_the_signatures(self) -> None:
        form = answers(LI_01="annual", LI_06="nobody")

        asked = questions(visible(Context(RECHECK, HOUSEHOLD), form))

        assert asked[-2:] == ["LI-29", "LI-33"]
        assert found(Context(RECHECK, HOUSEHOLD), form) == [("LI-06", "minor")]


class TestGeneralInspection:
    KINDS = tuple(GENERAL.question("GE-02").by_value)

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_can_pass(self, kind: str) -> None:
        context = Context(GENERAL, {"uscc": "51999999MADEM0A158"})
        form = answers(GE_02=kind, GE_03="approved", GE_04="yes", GE_06="yes")
        form |= {
            Slot(name): Given("yes")
            for name in ("GE-08", "GE-09", "GE-10", "GE-11", "GE-12", "GE-13")
        }
        form = {
            slot: answer for slot, answer in form.items() if slot not in superseded(context, form)
        }

        form = filled(context, form)

        assert form[Slot("GE-16")] == Given(["pass"])

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_breach_belongs_to_one_item_of_that_kind(self, kind: str) -> None:
        context = Context(GENERAL)
        form = answers(GE_02=kind)
        for name in ("GE-08", "GE-09", "GE-10", "GE-11", "GE-12", "GE-13"):
            asked = Slot(name) in visible(context, form)
            breaches = findings(context, form | {Slot(name): Given("no")})
            assert len(breaches) == asked

    def test_every_item_named_is_in_the_inventory(self) -> None:
        raw = (files("events") / "data" / "items.json").read_text(encoding="utf-8")
        codes = {item["code"] for item in json.loads(raw)["items"]}

        for checklist in bundled().values():
            assert {*checklist.items} <= codes
            assert {rule.item for q in checklist.questions for rule in q.findings} <= codes

    def test_without_certificates_the_visit_ends(self) -> None:
        form = answers(GE_02="charity", GE_03="approved", GE_04="no")

        assert questions(visible(Context(GENERAL), form))[-3:] == ["GE-15", "GE-18", "GE-19"]


def of(checklist: Checklist, question: str) -> Question:
    return checklist.question(question)


class TestProblems:
    @pytest.mark.parametrize(
        ("checklist", "question", "value", "code"),
        [
            (PATROL, "SP-08", "perhaps", "unknown_option"),
            (PATROL, "SP-08", "na", "unknown_option"),
            (PATROL, "SP-08", True, "wrong_type"),
            (PATROL, "SP-06", "walked", "unknown_option"),
            (PATROL, "SP-06", ["full"], "wrong_type"),
            (PATROL, "SP-01", "routine", "wrong_type"),
            (PATROL, "SP-01", [], "empty"),
            (PATROL, "SP-01", ["routine", "routine"], "repeated_option"),
            (PATROL, "SP-01", ["routine", "x"], "unknown_option"),
            (PATROL, "SP-02", ["typhoon", "none"], "exclusive_option"),
            (PATROL, "SP-23", -1, "below_min"),
            (PATROL, "SP-23", 20.1, "above_max"),
            (PATROL, "SP-23", "2", "wrong_type"),
            (PATROL, "SP-23", True, "wrong_type"),
            (PATROL, "SP-23", float("nan"), "wrong_type"),
            (PATROL, "SP-07", " \n", "empty"),
            (PATROL, "SP-07", "长" * 2001, "too_long"),
            (PATROL, "SP-07", 3, "wrong_type"),
            (PATROL, "SP-31", "2026-05-04T12:00:00", "wrong_type"),
            (PATROL, "SP-31", "tomorrow", "wrong_type"),
            (PATROL, "SP-05", {**POSITION, "lat": 110.0}, "wrong_type"),
            (PATROL, "SP-05", {"lon": 110.4, "lat": 21.2}, "wrong_type"),
            (PATROL, "SP-21", [photo(number) for number in range(4)], "too_many"),
            (FUNERAL, "FU-29", [photo(1)], "too_few"),
            (FUNERAL, "FU-29", [photo(1), photo(1)], "too_few"),
            (FUNERAL, "FU-29", [{"sha256": "short", "taken_at": NOON}], "wrong_type"),
            (FUNERAL, "FU-34", [signature(1)], "too_few"),
            (FUNERAL, "FU-34", [signature(1), signature(1)], "too_few"),
            (FUNERAL, "FU-34", [signature(1), signature(2, refused=True, reason="x")], "too_few"),
            (FUNERAL, "FU-34", [signature(1, absent=True, reason="x")], "absent_not_offered"),
            (FUNERAL, "FU-33", [signature(1, absent=True)], "signature_needs_reason"),
            (FUNERAL, "FU-33", [signature(1, refused=True, reason=" ")], "signature_needs_reason"),
            (FUNERAL, "FU-33", [], "too_few"),
            (FUNERAL, "FU-33", "signed", "wrong_type"),
        ],
    )
    def test_a_value_that_may_not_be_given_says_why(
        self, checklist: Checklist, question: str, value: JSON, code: str
    ) -> None:
        refused = problem(of(checklist, question), Given(value))

        assert refused is not None
        assert (refused.question, refused.code) == (question, code)

    @pytest.mark.parametrize(
        ("checklist", "question", "value"),
        [
            (PATROL, "SP-23", 0),
            (PATROL, "SP-23", 20),
            (PATROL, "SP-23", Decimal("1.5")),
            (PATROL, "SP-31", "2026-05-04T04:00:00Z"),
            (FUNERAL, "FU-33", [signature(1, absent=True, reason="not on site")]),
            (FUNERAL, "FU-33", [signature(1, refused=True, reason="refuses", witness_ref="w")]),
        ],
    )
    def test_a_value_at_the_edge_may_be_given(
        self, checklist: Checklist, question: str, value: JSON
    ) -> None:
        assert problem(of(checklist, question), Given(value)) is None

    def test_a_bound_is_told_with_the_problem(self) -> None:
        refused = problem(of(PATROL, "SP-23"), Given(21))

        assert refused is not None
        assert refused.bound == 20

    def test_not_applicable_needs_a_reason_and_an_offer(self) -> None:
        codes = {
            (question, reason): getattr(
                problem(of(FUNERAL, question), NotApplicable(reason)), "code", None
            )
            for question in ("FU-08", "FU-04", "FU-02")
            for reason in ("", "no building")
        }

        assert codes == {
            ("FU-08", ""): "na_needs_reason",
            ("FU-08", "no building"): None,
            ("FU-04", ""): "na_not_offered",
            ("FU-04", "no building"): "na_not_offered",
            ("FU-02", ""): "na_not_offered",
            ("FU-02", "no building"): "na_not_offered",
        }

    def test_a_nameless_signature_counts_for_itself(self) -> None:
        nameless = signature(1, signer_ref=None)

        assert problem(of(FUNERAL, "FU-34"), Given([nameless, nameless])) is None

    def test_not_applicable_answers_a_question_and_makes_nothing_true(self) -> None:
        context = Context(FUNERAL)
        form = answers(FU_02="funeral_parlour")
        form[Slot("FU-19")] = NotApplicable("no building")

        assert Slot("FU-19") not in missing(context, form)
        assert not findings(context, form)
        assert not superseded(context, form)


def test_free_text_and_all_that_is_personal_is_sealed() -> None:
    sealed = {q.id for c in bundled().values() for q in c.questions if is_sealed(q)}

    assert {"SP-07", "SP-30", "SP-20", "SP-21", "SP-22", "FU-30", "LI-32", "GE-15"} <= sealed
    assert not {"SP-05", "SP-08", "FU-29", "FU-33", "LI-01", "LI-26"} & sealed


def test_a_remark_is_a_text_that_may_stay_empty() -> None:
    assert of(PATROL, "SP-30").is_closing
    assert not of(PATROL, "SP-07").is_closing


# Laws


def values_for(question: Question) -> st.SearchStrategy[JSON]:
    if question.type == "multi":
        options = [option.value for option in question.options]
        return st.lists(st.sampled_from(options), min_size=1, max_size=3, unique=True)
    if question.type == "number":
        return st.integers(int(question.min or 0), int(question.max or 3000))
    return st.sampled_from(candidates(question))


def answers_to(question: Question) -> st.SearchStrategy[Answer]:
    possible = values_for(question).map(Given)
    if question.type == "yes_no_na":
        return possible | st.just(NotApplicable("not there"))
    return possible


@st.composite
def forms(draw: st.DrawFn) -> tuple[Context, dict[Slot, Answer]]:
    checklist = draw(st.sampled_from([*bundled().values()]))
    persons = ["p1", "p2"][: draw(st.integers(0, 2))]
    prefix = draw(st.sampled_from(["51", "91"]))
    fields = {**HOUSEHOLD, "uscc": f"{prefix}99", "labour_capacity": draw(st.booleans())}
    form: dict[Slot, Answer] = {}
    for question in checklist.questions:
        inside = question.id in checklist.repeated_ids
        for person in persons if inside else [None]:
            if draw(st.integers(0, 3)):
                form[Slot(question.id, person)] = draw(answers_to(question))
    return Context(checklist, fields, persons, CONFIRMED), form


@given(forms(), st.booleans())
def test_what_misses_is_asked_and_what_is_hidden_never_misses(
    form: tuple[Context, Answers], went_on: bool
) -> None:
    seen = review(*form, went_on=went_on)

    assert {*seen.missing} <= {*seen.visible}
    assert not {*seen.hidden} & {*seen.missing}
    assert not {*seen.hidden} & {*seen.visible}


@given(forms(), st.booleans())
def test_every_question_is_either_asked_or_hidden_once(
    form: tuple[Context, Answers], went_on: bool
) -> None:
    context, given_answers = form
    seen = review(context, given_answers, went_on=went_on)

    inside = len(context.checklist.repeated)
    slots = len(context.checklist.questions) - inside + inside * len(context.persons)
    assert len({*seen.visible} | {*seen.hidden}) == slots
    assert len(seen.visible) + len(seen.hidden) == slots


@given(forms(), st.booleans())
def test_a_hidden_answer_is_superseded_and_dropping_it_changes_nothing(
    form: tuple[Context, Answers], went_on: bool
) -> None:
    context, given_answers = form
    seen = review(context, given_answers, went_on=went_on)
    standing = {s: a for s, a in given_answers.items() if s not in seen.superseded}

    again = review(context, standing, went_on=went_on)

    assert {slot for slot in given_answers if slot in seen.hidden} <= {*seen.superseded}
    assert again == replace(seen, superseded=[])


@given(forms(), st.data())
def test_answering_what_misses_leaves_it_missing_no_more(
    form: tuple[Context, dict[Slot, Answer]], data: st.DataObject
) -> None:
    context, given_answers = form
    gaps = missing(context, given_answers)
    assume(gaps)
    slot = data.draw(st.sampled_from(gaps))
    question = context.checklist.question(slot.question)
    answer = data.draw(answers_to(question))
    assume(problem(question, answer) is None)
    if question.options and isinstance(answer, Given):
        may = {option.value for option in offered(context, given_answers, slot)}
        chosen = answer.value if isinstance(answer.value, list) else [answer.value]
        assume(may.issuperset(map(str, chosen)))

    assert slot not in missing(context, {**given_answers, slot: answer})


@given(forms(), st.booleans())
def test_the_single_questions_agree_with_the_review(
    form: tuple[Context, Answers], went_on: bool
) -> None:
    seen = review(*form, went_on=went_on)

    assert visible(*form, went_on=went_on) == seen.visible
    assert hidden(*form, went_on=went_on) == seen.hidden
    assert missing(*form, went_on=went_on) == seen.missing
    assert superseded(*form, went_on=went_on) == seen.superseded
    assert findings(*form, went_on=went_on) == seen.findings
    assert stopped_by(*form) == seen.stopped_by


@given(forms(), st.randoms())
def test_the_order_of_answering_does_not_matter(
    form: tuple[Context, dict[Slot, Answer]], dice: Random
) -> None:
    context, given_answers = form
    slots = [*given_answers]
    dice.shuffle(slots)

    assert review(context, {slot: given_answers[slot] for slot in slots}) == review(*form)


@given(forms())
def test_a_passed_outcome_never_stands_beside_a_breach(form: tuple[Context, Answers]) -> None:
    context, given_answers = form
    seen = review(context, given_answers)
    blocks = any(one.severity != "info" and not one.is_internal for one in seen.findings)
    for name in ("FU-31", "GE-16"):
        answer = given_answers.get(Slot(name))
        if isinstance(answer, Given) and "pass" in answer.value and blocks:
            assert Slot(name) in seen.superseded
