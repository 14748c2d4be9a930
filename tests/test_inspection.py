"""Given a form, when people answer, then these facts: for every kind, and after a kill."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, json

from events import envelope
from events.answers import Given, NotApplicable, Slot, is_sealed
from events.checklists import Question, bundled
from events.facts import HOMES
from events.inspections import (
    AnswerRecorded,
    ArrivalLocated,
    CorrectionRecorded,
    EvidenceCaptured,
    FindingRaised,
    FollowUpOpened,
    HomeVisitCompleted,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    OfficerSigned,
    OfficerSignedIn,
    PartyRefusedToSign,
    PersonEncountered,
    PersonHandedOver,
    ReliefOffered,
    ReliefRefused,
    SegmentCovered,
    ZeroReportFiled,
)
from events.orders import BenefitProposed, RectificationOrdered
from mobile.inspection import CannotAnswerError, Inspection, NotNowError
from mobile.visit import rebuild
from tests.tablets import (
    ASSISTANT,
    DWELLING_OF_ASHES,
    HOUSEHOLD,
    LEAD,
    MANAGER,
    PLACES,
    Bench,
    bench,
)

KINDS = tuple(PLACES)
NOON = "2026-03-02T12:00:00+08:00"


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path / "tablet") as found:
        yield found


def of(tablet: Bench, kind: type) -> list[Any]:
    return [fact for fact in tablet.facts() if isinstance(fact, kind)]


def sealed_in(tablet: Bench, kind: type, name: str) -> list[tuple[str, Any]]:
    """Whose, and what, the sealed parts of that name hold."""
    return [
        (part.subject, json.decode(text))
        for one in tablet.logged()
        if isinstance(one.fact, kind)
        for part, text in zip(one.fact.sealed, one.texts, strict=True)
        if part.name == name
    ]


def again(tablet: Bench, begun: Inspection) -> Inspection:
    return Inspection.resume(tablet.log, begun.form, begun.place, begun.id, officer=LEAD)


# ── the three forms, from start to end ─────────────────────────────────────────────


def test_a_patrol_that_met_nobody_is_a_zero_report(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    tablet.fill(begun, SP_08="no")
    begun.complete()

    kinds = [type(fact) for fact in tablet.facts()]
    assert kinds[1:4] == [InspectionStarted, OfficerSignedIn, OfficerSignedIn]
    assert kinds[-3:] == [SegmentCovered, ZeroReportFiled, InspectionCompleted]
    (done,) = of(tablet, InspectionCompleted)
    assert done.zero_report
    assert done.outcome == "nothing_found"
    assert done.unanswered == ()
    assert [member.officer for member in done.crew] == [LEAD, ASSISTANT]
    assert done.sets["segment.coverage"] == "full"
    assert "SP-12" in done.hidden


def test_a_person_who_refuses_help_is_visited_again(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    begun.answer(Slot("SP-08"), "yes")
    assert begun.review.awaits_person
    person = begun.add_person()
    for question, value in {"SP-10": "adult", "SP-16": "refuse", "SP-23": 3}.items():
        begun.answer(Slot(question, person), value)
    begun.answer(Slot("SP-31", person), "2026-03-02T18:00:00+08:00")
    tablet.fill(begun, SP_17=["informed", "persuaded"])
    begun.complete()

    *_, met = of(tablet, PersonEncountered)
    assert (met.person, met.minor, met.emergency) == (person, False, False)
    (refused,) = of(tablet, ReliefRefused)
    assert (refused.person, refused.revisit_by) == (person, datetime(2026, 3, 2, 10, tzinfo=UTC))
    assert sealed_in(tablet, ReliefOffered, "actions") == [(person, ["informed", "persuaded"])]
    assert sealed_in(tablet, ReliefRefused, "persuasions") == [(person, 3)]
    (revisit,) = [one for one in of(tablet, FollowUpOpened) if one.follow_up == "revisit_24h"]
    assert (revisit.person, revisit.due_at) == (person, refused.revisit_by)
    assert of(tablet, InspectionCompleted)[0].outcome == "findings"
    assert not of(tablet, ZeroReportFiled)


def test_begging_and_sleeping_rough_are_flagged_when_they_are_said_and_when_that_changes(
    tablet: Bench,
) -> None:
    begun = tablet.start("street_patrol")
    begun.answer(Slot("SP-08"), "yes")
    person = begun.add_person()
    for seen in (["begging", "lost"], ["lost", "begging"], ["sleeping_rough"]):
        begun.answer(Slot("SP-09", person), seen)
    tablet.fill(begun, SP_09=["sleeping_rough"])
    begun.complete()

    begun.correct(Slot("SP-09", person), ["wandering"], "mistake")

    said = [(one.begging, one.sleeping_rough) for one in of(tablet, PersonEncountered)]
    assert said == [(None, None), (True, False), (False, True), (False, False)]


def test_a_minor_is_flagged_at_once_and_may_not_refuse(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    begun.answer(Slot("SP-08"), "yes")
    person = begun.add_person()

    begun.answer(Slot("SP-10", person), "child")

    assert [one.minor for one in of(tablet, PersonEncountered)] == [False, True]
    with pytest.raises(CannotAnswerError) as refused:
        begun.answer(Slot("SP-16", person), "refuse")
    assert refused.value.problem.code == "unknown_option"
    assert Slot("SP-16", person) not in begun.answers
    begun.answer(Slot("SP-16", person), "minor_protect")
    begun.answer(Slot("SP-17", person), ["to_minor_centre"])
    begun.complete()
    assert sealed_in(tablet, PersonHandedOver, "receiver") == [(person, ["minor_centre"])]


def test_a_funeral_inspection_with_a_fault_orders_to_rectify(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    begun.show_certificate(LEAD, MANAGER, date(2028, 12, 31))
    tablet.fill(begun, FU_19="no", FU_31=["rectification_order"], FU_32=15, FU_35="within")
    begun.complete()

    (found,) = of(tablet, FindingRaised)
    assert (found.question, found.follow_up) == ("FU-19", "rectification")
    (order,) = of(tablet, RectificationOrdered)
    assert order.deadline == date(2026, 3, 17)
    assert order.findings == (found.finding,)
    assert not of(tablet, FollowUpOpened)  # the order is the follow-up
    (done,) = of(tablet, InspectionCompleted)
    assert done.measures == ("rectification_order",)
    assert [member.certificate_shown for member in done.crew] == [True, False]
    assert done.source == "plan"


def test_what_a_finding_forbids_cannot_be_chosen(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    tablet.fill(begun, FU_19="no", FU_31=["corrected_on_site"])
    with pytest.raises(CannotAnswerError):
        begun.answer(Slot("FU-31"), ["pass"])


def test_a_recheck_keeps_its_proposal_sealed(tablet: Bench) -> None:
    begun = tablet.start("low_income_recheck")
    tablet.fill(begun, LI_30="keep")
    begun.complete()

    (proposal,) = of(tablet, BenefitProposed)
    assert [part.subject for part in proposal.sealed] == [HOUSEHOLD]
    told = [one.text("proposal") for one in tablet.logged() if one.fact == proposal]
    assert told == [b'{"proposal":"keep","cause":null}']
    (home,) = of(tablet, HomeVisitCompleted)
    assert (home.result, home.second_visit_on) == ("in", None)


def test_nobody_home_arranges_a_second_visit(tablet: Bench) -> None:
    begun = tablet.start("low_income_recheck")
    tablet.fill(begun, LI_06="nobody")
    begun.complete(second_visit_on=date(2026, 3, 6))

    (done,) = of(tablet, InspectionCompleted)
    assert (done.home_visit, done.second_visit_on) == ("nobody", date(2026, 3, 6))


# ── answers ────────────────────────────────────────────────────────────────────────


def test_an_answer_that_hides_another_takes_it_back(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    begun.answer(Slot("SP-06"), "part")
    begun.answer(Slot("SP-07"), "修路")

    begun.answer(Slot("SP-06"), "full")

    said = [(one.question, one.status) for one in of(tablet, AnswerRecorded)]
    assert said[-2:] == [("SP-06", "given"), ("SP-07", "not_shown")]
    assert Slot("SP-07") not in begun.answers


def test_an_answer_that_may_not_be_given_records_nothing(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    before = tablet.log.held.sequence
    for slot, value in ((Slot("FU-10"), 51), (Slot("FU-02"), "castle"), (Slot("FU-29"), [])):
        with pytest.raises(CannotAnswerError):
            begun.answer(slot, value)
    assert tablet.log.held.sequence == before


def test_a_question_of_a_person_is_not_asked_of_nobody(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    for slot in (Slot("SP-10"), Slot("SP-10", MANAGER), Slot("SP-06", MANAGER)):
        with pytest.raises(NotNowError):
            begun.answer(slot, "adult")


def test_why_a_question_does_not_apply_is_sealed(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    begun.not_applicable(Slot("SP-27"), "本路段没有标志牌")

    (said,) = of(tablet, AnswerRecorded)
    assert (said.status, said.value) == ("na", UNSET)
    assert begun.answers[Slot("SP-27")] == NotApplicable("本路段没有标志牌")
    assert again(tablet, begun).answers == begun.answers


def test_a_picture_is_evidence_once(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    one, two, three = ({"sha256": letter * 64, "taken_at": NOON, "size": 9} for letter in "abc")
    begun.answer(Slot("FU-29"), [one, two])
    begun.answer(Slot("FU-29"), [one, two, three])

    assert [fact.sha256[0] for fact in of(tablet, EvidenceCaptured)] == ["a", "b", "c"]
    assert of(tablet, EvidenceCaptured)[0].size == 9


def test_the_arrival_says_how_far_and_where_only_outside_homes(tablet: Bench) -> None:
    fix = {"lon": 110.47, "lat": 21.3, "datum": "WGS84", "accuracy_m": 5, "fixed_at": NOON}
    tablet.start("funeral_order").answer(Slot("FU-07"), fix)
    tablet.start("low_income_recheck").answer(Slot("LI-29"), fix)

    grave, home = of(tablet, ArrivalLocated)
    assert (grave.band, grave.lon, grave.lat) == ("le50", 110.47, 21.3)
    assert (home.band, home.lon, home.lat) == ("unknown", None, None)


def test_a_refused_signature_says_so_and_seals_the_reason(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    refused = {"signer_role": "party", "signed_at": NOON, "refused": True, "reason": "不认可"}
    begun.answer(Slot("FU-33"), [refused | {"witness": "陈大文"}])

    (fact,) = of(tablet, PartyRefusedToSign)
    assert [part.name for part in fact.sealed] == ["reason"]
    (said,) = of(tablet, AnswerRecorded)
    assert said.value[0]["reason"] == "sealed"
    assert "witness" not in said.value[0]
    assert again(tablet, begun).answers[Slot("FU-33")] == Given([refused | {"witness": "陈大文"}])


def test_one_more_officer_who_signs_is_one_more_fact(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    marks = [
        {"signer_role": "lead", "signer_ref": who, "signed_at": NOON, "image_ref": who[:8],
         "strokes": [[0.1, 0.2]]}
        for who in (LEAD, ASSISTANT)
    ]  # fmt: skip
    begun.answer(Slot("FU-34"), marks)
    begun.answer(Slot("FU-34"), [*marks, marks[0] | {"signer_ref": MANAGER, "image_ref": "m"}])

    assert [one.officer for one in of(tablet, OfficerSigned)] == [LEAD, ASSISTANT, MANAGER]
    assert again(tablet, begun).state.strokes["m"] == [[0.1, 0.2]]


def test_a_replaced_sum_keeps_both_values_and_the_reason(tablet: Bench) -> None:
    begun = tablet.start("low_income_recheck")
    sums = {"LI-11": 900, "LI-12": 0, "LI-13": 0, "LI-14": 0, "LI-15": 0, "LI-34": 3}
    tablet.fill(begun, LI_35="yes", **{q.replace("-", "_"): v for q, v in sums.items()})
    assert begun.answers[Slot("LI-16")] == Given("below")

    begun.answer(Slot("LI-16"), "near", overrule="有未申报收入")

    last = [one for one in tablet.logged() if isinstance(one.fact, AnswerRecorded)][-1]
    assert last.text("computed") == b'"below"'
    assert last.text("reason") == "有未申报收入".encode()
    assert begun.state.computed[Slot("LI-16")] == "below"


def test_a_person_entered_by_mistake_is_taken_back(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    begun.answer(Slot("SP-08"), "yes")
    person = begun.add_person()
    begun.answer(Slot("SP-12", person), "no")

    begun.remove_person(person)

    assert begun.state.persons == ()
    assert begun.answers.keys() == {Slot("SP-08")}
    assert again(tablet, begun).state == begun.state


# ── stops ──────────────────────────────────────────────────────────────────────────


def test_a_stop_ends_the_visit_as_aborted(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    begun.answer(Slot("FU-02"), "cemetery_commercial")
    begun.answer(Slot("FU-12"), "no")
    begun.answer(Slot("FU-04"), "no")
    assert Slot("FU-12") in begun.answers  # the officers may still go on

    begun.complete()

    (done,) = of(tablet, InspectionCompleted)
    assert done.outcome == "aborted"
    assert ("FU-12", "not_shown") in [(o.question, o.status) for o in of(tablet, AnswerRecorded)]


def test_going_on_after_a_stop_needs_a_reason_and_keeps_it_sealed(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    begun.answer(Slot("FU-04"), "no")
    with pytest.raises(NotNowError):
        begun.go_on("  ")

    begun.go_on("当事人要求当场处理")

    assert begun.went_on
    assert [part.name for part in of(tablet, AnswerRecorded)[-1].sealed] == ["went-on"]
    tablet.fill(begun)
    begun.complete()
    assert of(tablet, InspectionCompleted)[0].outcome == "findings"
    assert again(tablet, begun).state.went_on == {Slot("FU-04"): "当事人要求当场处理"}


# ── the end, and after it ──────────────────────────────────────────────────────────


def test_what_misses_is_said_and_refuses_nothing(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    begun.answer(Slot("SP-08"), "yes")
    begun.complete()

    (done,) = of(tablet, InspectionCompleted)
    assert {"SP-01", "SP-12"} <= set(done.unanswered)
    with pytest.raises(NotNowError):
        begun.answer(Slot("SP-08"), "no")


def test_completion_is_one_gesture(tablet: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = tablet.start("street_patrol")
    tablet.fill(begun)
    gestures: list[int] = []
    record_all = tablet.log.record_all
    monkeypatch.setattr(
        tablet.log, "record_all", lambda gesture: (gestures.append(1), record_all(gesture))[1]
    )
    begun.complete()
    assert gestures == [1]


def test_a_correction_replaces_the_answer_and_what_followed_from_it(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    tablet.fill(begun, FU_19="no", FU_31=["rectification_order"], FU_32=15)
    begun.complete()
    tablet.clock.at += 3_600_000_000

    begun.correct(Slot("FU-32"), 30, "wrong_entry", note="看错了日期")

    corrected = of(tablet, CorrectionRecorded)
    assert [one.tag for one in corrected] == [
        "answer-recorded.v1",
        "rectification-ordered.v1",
        "inspection-completed.v1",
    ]
    order = begun.state.derived["RectificationOrdered",].fact
    assert isinstance(order, RectificationOrdered)
    assert order.deadline == date(2026, 4, 1)
    assert order.order == of(tablet, RectificationOrdered)[0].order
    assert begun.state.completed
    assert begun.state.completed.sets["rectification.deadline"] == 30
    assert again(tablet, begun).state == begun.state


def test_a_correction_that_takes_a_finding_away_takes_back_its_order(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    tablet.fill(begun, FU_19="no", FU_31=["rectification_order"], FU_32=15)
    begun.complete()

    begun.correct(Slot("FU-19"), "yes", "wrong_entry")

    assert begun.state.completed
    assert begun.state.completed.findings == 0
    assert begun.state.completed.outcome == "nothing_found"
    taken_back = [one for one in of(tablet, CorrectionRecorded) if one.fact is UNSET]
    assert [one.tag for one in taken_back] == ["finding-raised.v1"]
    begun.correct(Slot("FU-19"), "no", "wrong_entry")
    assert begun.state.completed.findings == 1
    assert again(tablet, begun).state == begun.state


def test_a_correction_of_a_late_answer_completes_the_record(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    tablet.fill(begun)
    begun.clear(Slot("SP-26"))
    begun.complete()
    assert of(tablet, InspectionCompleted)[0].unanswered == ("SP-26",)

    begun.correct(Slot("SP-26"), "no", "forgotten")

    assert begun.state.completed
    assert begun.state.completed.unanswered == ()


def test_voiding_needs_somebody_else(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    with pytest.raises(NotNowError):
        begun.void("wrong_object", ASSISTANT)
    begun.complete()
    with pytest.raises(NotNowError):
        begun.void("wrong_object", LEAD)
    begun.void("wrong_object", ASSISTANT)
    assert of(tablet, InspectionVoided)[0].approver == ASSISTANT
    assert again(tablet, begun).state.stage == "voided"


def test_a_cancelled_inspection_takes_no_more_answers(tablet: Bench) -> None:
    begun = tablet.start("street_patrol")
    begun.cancel("typhoon", lawful=True)
    assert of(tablet, InspectionCancelled)[0].lawful
    with pytest.raises(NotNowError):
        begun.complete()


# ── laws ───────────────────────────────────────────────────────────────────────────

WORDS = ("林水娣", "13800000000", "440804195001010011", "海滨巷7号")
CROWDED = {  # answers with which most questions are asked
    "SP-06": "part", "SP-08": "yes", "SP-16": "refuse",
    "FU-04": "yes", "LI-01": "spot", "LI-06": "in", "LI-35": "yes",
}  # fmt: skip
SPOTS = st.floats(1, 8).map(lambda part: round(part + 0.000173, 6))
AMOUNTS = st.integers(0, 9).map(lambda tens: tens + 0.7351)
OF_RULES = {  # words that a rule of a finding says too, whatever was answered
    word
    for form in bundled().values()
    for question in form.questions
    for rule in question.findings
    for word in (rule.proposal, rule.severity)
}


MAY_STAND = {NOON, "WGS84", 5.0, "a" * 64, LEAD, ASSISTANT, "none"}  # accuracy, hash, officers


def secret_values(question: Question) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911  one arm a type
    """Answers that may be given, and that nothing else in a record looks like."""
    text = st.tuples(st.sampled_from(WORDS), st.integers(0, 99)).map("{0[0]}{0[1]}".format)
    point = st.fixed_dictionaries(
        {
            "lon": SPOTS.map(lambda part: round(part + 102, 6)),
            "lat": SPOTS.map(lambda part: round(part + 20, 6)),
            "accuracy_m": st.just(5.0),
            "datum": st.just("WGS84"),
            "fixed_at": st.just(NOON),
            "raw": text,
        }
    )
    match question.type:
        case "yes_no_na":
            return st.sampled_from(("yes", "no"))
        case "choice":
            return st.sampled_from([*question.by_value])
        case "multi":
            return st.lists(st.sampled_from([*question.by_value]), min_size=1, unique=True)
        case "number":
            low, high = Decimal(str(question.min or 0)), Decimal(str(question.max or 90))
            return AMOUNTS.map(lambda one: float(min(high, low + Decimal(str(one)))))
        case "date":
            return st.integers(1, 28).map("1950-04-{:02}".format)
        case "datetime":
            return st.integers(1, 28).map("2026-03-{:02}T18:00:00+08:00".format)
        case "text":
            return text
        case "photo":
            photo = {
                "sha256": st.just("a" * 64),
                "taken_at": st.just(NOON),
                "gps": point,
                "x": text,
            }
            return st.fixed_dictionaries(photo).map(lambda one: [one] * int(question.min or 1))
        case "gps":
            return point
        case "signature":
            return text.map(lambda told: marks(question, told))


def marks(question: Question, told: str) -> list[dict[str, Any]]:
    if question.allow_absent:
        absent = {"signer_role": "party", "signed_at": NOON, "absent": True, "reason": told}
        return [absent | {"witness": told}]
    return [
        {"signer_role": "lead", "signer_ref": who, "signed_at": NOON, "name": told,
         "image_ref": who[:8], "strokes": [[7.7351, 1]]}
        for who in (LEAD, ASSISTANT)
    ]  # fmt: skip


def leaves(value: object) -> Iterator[object]:
    match value:
        case dict():
            yield from (leaf for one in value.values() for leaf in leaves(one))
        case list() | tuple():
            yield from (leaf for one in value for leaf in leaves(one))
        case _:
            yield value


def secrets_of(begun: Inspection) -> set[object]:
    """What stands in answers that are sensitive, or at a home, as far as it can be told apart."""
    form, clear, found = begun.form, set[object](), set[object]()
    at_home = begun.place.person is not None or begun.visit.object_type in HOMES
    for slot, answer in begun.answers.items():
        question = form.question(slot.question)
        if isinstance(answer, NotApplicable):
            found.add(answer.reason)
        elif is_sealed(question) or (at_home and question.type == "gps"):
            found |= set(leaves(answer.value))
        else:
            clear |= set(leaves(answer.value))
    told = {one for one in found if isinstance(one, str | float) and not isinstance(one, bool)}
    due = {answer.value for slot, answer in begun.answers.items()
           if slot.question == "SP-31" and isinstance(answer, Given)}  # fmt: skip
    return told - clear - OF_RULES - due - MAY_STAND


@pytest.mark.parametrize("home", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_no_sensitive_value_stands_in_a_body(kind: str, home: bool, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as path, bench(Path(path) / "t") as tablet:
        begun = tablet.start(kind, place=DWELLING_OF_ASHES if home else None)
        _fill_secretly(begun, data)
        secrets = secrets_of(begun)
        begun.complete()
        target = data.draw(st.sampled_from([*begun.answers]))
        question = begun.form.question(target.question)
        value = data.draw(secret_values(question))
        if not is_sealed(question):  # it stands in clear, whatever a sealed answer says too
            secrets -= set(leaves(value))
        with suppress(CannotAnswerError):
            begun.correct(target, value, "wrong_entry", note=WORDS[0])

        bodies = _bodies(tablet)
        shown = secrets & {leaf for body in bodies for leaf in leaves(json.decode(body))}
        assert not shown
        assert not [word for word in WORDS for body in bodies if word.encode() in body]
        assert not [body for body in bodies if home and b'"lon"' in body]
        for fact in of(tablet, AnswerRecorded):
            if is_sealed(begun.form.question(fact.question)):
                assert (fact.value, fact.computed) == (UNSET, UNSET)
        assert again(tablet, begun).state == begun.state


def _fill_secretly(begun: Inspection, data: st.DataObject) -> None:
    tried = set[Slot]()
    if begun.form.repeat:
        begun.answer(Slot("SP-08"), "yes")
        begun.add_person()
    while slots := [one for one in begun.review.visible if one not in tried]:
        slot = slots[0]
        tried.add(slot)
        question = begun.form.question(slot.question)
        if question.allow_na and question.type == "yes_no_na" and data.draw(st.integers(0, 9)) < 1:
            begun.not_applicable(slot, WORDS[3])
            continue
        wanted = CROWDED.get(slot.question)
        value = wanted or data.draw(secret_values(question), label=slot.question)
        with suppress(CannotAnswerError):
            begun.answer(slot, value)


def _bodies(tablet: Bench) -> list[bytes]:
    stored = tablet.folder.store.read_log(tablet.log.log, 1, 1_000)  # behind the genesis
    return [envelope.decode_stored(0, one.state).entry.body or b"" for one in stored]


def test_a_position_at_a_home_is_a_band_and_no_more(tablet: Bench) -> None:
    point = {"lon": 110.47, "lat": 21.3, "datum": "WGS84", "accuracy_m": 5.0, "fixed_at": NOON}
    photo = {"sha256": "a" * 64, "taken_at": NOON, "gps": point}
    registered = tablet.start("funeral_order", place=DWELLING_OF_ASHES)
    registered.answer(Slot("FU-07"), point)
    registered.answer(Slot("FU-29"), [photo, photo | {"sha256": "b" * 64}])
    told = tablet.start("funeral_order")
    told.answer(Slot("FU-02"), "dwelling_ashes")
    told.answer(Slot("FU-07"), point)

    assert [(one.band, one.lon) for one in of(tablet, ArrivalLocated)] == [("le50", None)] * 2
    said = {one.question: one for one in of(tablet, AnswerRecorded)}
    assert said["FU-07"].value is UNSET
    assert [one.get("gps") for one in said["FU-29"].value] == [None, None]
    assert registered.answers[Slot("FU-29")].value[0]["gps"] == point  # type: ignore[union-attr]
    assert again(tablet, told).answers[Slot("FU-07")] == Given(point)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.sampled_from(KINDS))
def test_what_is_rebuilt_is_what_was_there(dice: Random, kind: str) -> None:
    with tempfile.TemporaryDirectory() as path, bench(Path(path) / "t") as tablet:
        begun = tablet.start(kind)
        for question in dice.sample(begun.form.questions, 12):
            person = None
            if question.id in begun.form.repeated_ids:
                person = dice.choice(begun.state.persons or (begun.add_person(),))
            _try(tablet, begun, Slot(question.id, person), dice)
        if dice.random() < 0.5:
            begun.complete()
        assert again(tablet, begun).state == begun.state
        assert rebuild(begun.id, tablet.log.read()) == begun.state


def _try(tablet: Bench, begun: Inspection, slot: Slot, dice: Random) -> None:
    from mobile.answer_policy import AnswerPolicy, Scene

    policy = AnswerPolicy(begun.form, dice, Scene(officers=(LEAD, ASSISTANT), at=(110.4, 21.2)))
    question = begun.form.question(slot.question)
    offered = [dice.choice([one.value for one in question.options])] if question.options else []
    tablet.clock.at += 1_000_000
    try:
        begun.answer(slot, policy.answer(slot, offered, begun.now()).value)  # type: ignore[union-attr]
    except CannotAnswerError:
        return


# ── killed ─────────────────────────────────────────────────────────────────────────

_CHILD = """
import sys
from pathlib import Path
from events.answers import Slot
from tests.tablets import bench
with bench(Path(sys.argv[1])) as tablet:
    begun = tablet.start("street_patrol")
    begun.answer(Slot("SP-01"), ["routine"])
    begun.answer(Slot("SP-08"), "yes")
    person = begun.add_person()
    begun.answer(Slot("SP-10", person), "elder")
    print(begun.id, person, flush=True)
    sys.stdin.read()
"""


def test_a_killed_tablet_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "tablet"
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    inspection, person = child.stdout.readline().split()
    child.send_signal(signal.SIGKILL)
    child.communicate()

    with bench(path, "after") as tablet:
        place = PLACES["street_patrol"]
        begun = Inspection.resume(tablet.log, bundled()["street_patrol"], place, inspection)
        assert begun.answers == {
            Slot("SP-01"): Given(["routine"]),
            Slot("SP-08"): Given("yes"),
            Slot("SP-10", person): Given("elder"),
        }
        assert list(begun.state.crew) == [LEAD, ASSISTANT]
        tablet.fill(begun)
        begun.complete()
        assert begun.state.stage == "completed"
        assert begun.visit.started_on == date(2026, 3, 2)
        assert timedelta(0) <= tablet.clock.now().local() - begun.state.completed.started_at  # type: ignore[union-attr]
