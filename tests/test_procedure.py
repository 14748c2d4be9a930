"""What one inspection shows against procedure: given facts, then faults; and where each begins."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from events.facts import Fact, OfVisit, Visit
from events.ids import EntryRef
from events.inspections import (
    ArrivalLocated,
    CertificateShown,
    CrewMember,
    EnterpriseCodeChecked,
    EvidenceCaptured,
    FindingRaised,
    InspectionApproved,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    NoticeGiven,
    OfficerSignedIn,
    PartyAbsent,
    PersonEncountered,
    PersonHandedOver,
)
from events.orders import ReinspectionCompleted
from events.procedure_rules import rules
from events.store import Stored
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.inspections import INSPECTIONS
from projections.procedure import (
    FAULT_OF,
    SHOWN,
    Fault,
    Raised,
    acts_text,
    faults_text,
    read_acts,
    read_faults,
)
from projections.views import Found, MemoryViews, Query
from tests.drawn_histories import Drawn, histories
from tests.histories import (
    History,
    Shelf,
    a_completion,
    a_correction,
    a_visit,
    an_id,
    crew,
    local,
)
from tests.strategies import facts_of, struct_of

DAY = "2026-05-04"
VISIT = a_visit("one", "thing", DAY)
PATROL = a_visit("one", "street", DAY, kind="street_patrol", nature="service")
HOME = a_visit("one", "home", DAY, kind="low_income_recheck", nature="eligibility")
START, END = local(DAY, "09:00"), local(DAY, "10:00")
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
BOOT, OTHER_BOOT = bytes([7] * 16), bytes([8] * 16)


def inspection(*facts: Fact, visit: Visit = VISIT, **changes: object) -> History:
    """One that is as it should be, with more facts and with changes to its completion."""
    history = History()
    begin(history, visit)
    for fact in facts:
        history.record(fact, START + MINUTE, "tablet", START + HOUR)
    end(history, visit, **changes)
    return history


def begin(history: History, visit: Visit = VISIT, **how: object) -> EntryRef:
    fact = InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
    how = {"at": START, "received": START + HOUR, "run": (BOOT, 1_000), **how}
    return history.record(fact, log="tablet", **how)


def end(
    history: History,
    visit: Visit = VISIT,
    how: Mapping[str, object] | None = None,
    **changes: object,
) -> EntryRef:
    fact = done(visit, **changes)
    how = {"at": END, "received": END + HOUR, "run": (BOOT, 3_601_000), **(how or {})}
    return history.record(fact, log="tablet", **how)


def done(visit: Visit = VISIT, **changes: object) -> InspectionCompleted:
    usual = {"home_visit": "in"} if visit.nature == "eligibility" else {}
    return a_completion(visit, **{**usual, **changes})


def shown(history: History) -> str:
    """The codes of the faults, each once."""
    return " ".join(sorted({fault.code for fault in found(history)}))


def found(history: History) -> tuple[Fault, ...]:
    return read_faults(str(column(history, "faults")))


def column(history: History, name: str) -> object:
    views = MemoryViews(VIEWS)
    catch_up(history.store(), views)
    ((_, values, _),) = views.select(Query("inspections", columns=(name,)))
    return values[0]


def located(**detail: object) -> ArrivalLocated:
    usual: dict[str, Any] = {"band": "le50", "provider": "gnss", "accuracy_m": 5.0, "age_s": 1.0}
    return ArrivalLocated(visit=VISIT, **{**usual, **detail})


# ── whether and when it is judged ──────────────────────────────────────────────────


@pytest.mark.parametrize("visit", [VISIT, PATROL, HOME], ids=lambda visit: visit.nature)
def test_an_inspection_as_it_should_be_shows_nothing(visit: Visit) -> None:
    assert shown(inspection(located(), visit=visit)) == ""


def test_what_is_still_under_way_is_not_judged_yet() -> None:
    history = History()
    begin(history)
    history.record(located(band="more"), START, "tablet", START)

    assert shown(history) == ""
    assert column(history, "procedure") == ""


def test_what_did_not_take_place_is_not_judged() -> None:
    history = History()
    begin(history)
    history.record(
        InspectionCancelled(visit=VISIT, reason="weather", lawful=True), START, "tablet", START
    )

    assert shown(history) == ""


def test_to_break_off_is_what_the_rules_ask_for() -> None:
    facts = (
        located(band="more"),
        PersonEncountered(visit=VISIT, person=an_id("child"), minor=True),
    )
    broken_off = inspection(*facts, outcome="aborted", crew=crew("Chen"), unanswered=("GE-03",))

    assert shown(broken_off) == "minor_left"
    assert column(broken_off, "procedure") == ""


def test_voiding_takes_no_fault_away_and_is_told_beside_it() -> None:
    history = inspection(crew=crew("Chen"))
    history.record(
        InspectionVoided(visit=VISIT, reason="wrong", approver=an_id("Wu")), END, "tablet"
    )

    assert shown(history) == "one_officer"
    assert read_acts(str(column(history, "procedure"))).voided == 3


def test_a_voided_patrol_tells_its_voiding_and_no_more() -> None:
    history = inspection(visit=PATROL)
    assert column(history, "procedure") == ""

    history.record(
        InspectionVoided(visit=PATROL, reason="wrong", approver=an_id("Wu")), END, "tablet"
    )

    held = read_acts(str(column(history, "procedure")))
    assert (held.voided, held.checklist, held.officers) == (3, "", ())


# ── officers and certificates ──────────────────────────────────────────────────────


@pytest.mark.parametrize("visit", [VISIT, PATROL, HOME], ids=lambda visit: visit.nature)
def test_one_officer_alone(visit: Visit) -> None:
    history = inspection(visit=visit, crew=crew("Chen"))

    assert found(history) == (Fault("one_officer", 2),)
    assert str(column(history, "reasons")) == "crew"


def test_who_only_helps_is_no_second_officer() -> None:
    members = (*crew("Chen"), CrewMember(officer=an_id("Aide"), role="auxiliary"))

    assert shown(inspection(crew=members)) == "one_officer"
    assert shown(inspection(crew=members, visit=PATROL)) == ""


def test_every_officer_shows_the_certificate_though_two_are_enough_to_count() -> None:
    members = (*crew("Chen", "Li"), CrewMember(officer=an_id("Sun"), role="assisting"))
    history = inspection(crew=members)

    assert shown(history) == "certificate_not_shown"
    assert column(history, "effective") == 1


def test_a_partner_and_a_patrol_show_none() -> None:
    partner = CrewMember(officer=an_id("Police"), role="partner")
    assert shown(inspection(crew=(*crew("Chen", "Li"), partner))) == ""
    assert shown(inspection(crew=crew("Chen", "Li", shown=False), visit=PATROL)) == ""


@pytest.mark.parametrize(
    ("valid_to", "expected"), [("2026-05-03", "certificate_expired"), (DAY, ""), ("2026-05-05", "")]
)
def test_a_certificate_is_valid_on_its_last_day(valid_to: str, expected: str) -> None:
    fact = CertificateShown(
        visit=VISIT,
        officer=an_id("Li"),
        certificate=an_id("card"),
        valid_to=date.fromisoformat(valid_to),
    )

    assert shown(inspection(fact)) == expected


def test_the_day_of_a_certificate_is_that_on_the_wall() -> None:
    card = CertificateShown(
        visit=VISIT, officer=an_id("Li"), certificate=an_id("c"), valid_to=date(2026, 5, 4)
    )
    history = History()
    begin(history)
    late = local(DAY, "23:59")  # the 4th here, and in UTC
    history.record(card, late, "tablet", late)
    early = local("2026-05-05", "00:01")  # the 5th here, still the 4th in UTC
    history.record(card, early, "tablet", early)
    end(history, how={"at": early + HOUR, "run": (BOOT, 15 * 3_600_000 + 61_000)})

    assert [fault.position for fault in found(history) if fault.code == "certificate_expired"] == [
        3
    ]


def test_kinship_is_a_fault_even_where_two_others_make_it_count() -> None:
    members = crew("Chen", "Li", "Sun", related="Sun")
    history = inspection(visit=HOME, crew=members)

    assert found(history) == (Fault("kinship", 2),)
    assert column(history, "effective") == 1


def test_kinship_stands_where_it_was_declared() -> None:
    declared = OfficerSignedIn(visit=HOME, officer=an_id("Li"), role="assisting", kinship=True)
    history = inspection(declared, visit=HOME, crew=crew("Chen", "Li", related="Li"))

    assert found(history) == (Fault("kinship", 2),)
    assert column(history, "reasons") == "kinship"


def test_a_patrol_asks_for_no_kinship() -> None:
    assert shown(inspection(visit=PATROL, crew=crew("Chen", "Li", related="Li"))) == ""


@pytest.mark.parametrize("visit", [VISIT, PATROL, HOME], ids=lambda visit: visit.nature)
def test_a_required_question_without_an_answer(visit: Visit) -> None:
    assert shown(inspection(visit=visit, unanswered=("GE-03",))) == "unanswered"


def test_a_reason_and_its_fault_are_told_as_one() -> None:
    for reason, code in FAULT_OF.items():
        assert code in SHOWN, reason


# ── position ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"band": "le500"}, ""),
        ({"band": "more"}, "far_away"),
        ({"band": "unknown"}, ""),  # nobody knows where the object lies
        ({"band": "unknown", "accuracy_m": None}, "weak_position"),
        ({"accuracy_m": 50.0}, ""),
        ({"accuracy_m": 50.1}, "weak_position"),
        ({"age_s": 60.0}, ""),
        ({"age_s": 60.1}, "weak_position"),
        ({"mock": True}, "weak_position"),
        ({"band": "more", "mock": True}, "far_away weak_position"),
        (
            {"band": "unknown", "provider": "none", "accuracy_m": None, "age_s": None},
            "weak_position",
        ),
    ],
)
def test_where_the_tablet_was(detail: dict[str, Any], expected: str) -> None:
    assert shown(inspection(located(**detail))) == expected


def test_of_several_positions_the_last_one_counts() -> None:
    assert shown(inspection(located(band="more"), located())) == ""
    assert found(inspection(located(), located(band="more"))) == (Fault("far_away", 3),)


def test_a_desk_check_is_nowhere() -> None:
    assert shown(inspection(located(band="more"), desk=True)) == ""


# ── clocks ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("differ", "expected"),
    [(120_000, ""), (120_001, "clock_jump"), (-120_000, ""), (-120_001, "clock_jump")],
)
def test_the_clock_on_the_wall_and_the_run_may_differ_by_two_minutes(
    differ: int, expected: str
) -> None:
    history = History()
    begin(history)
    end(history, how={"run": (BOOT, 3_601_000 + differ)})

    assert shown(history) == expected


@pytest.mark.parametrize("boot", [OTHER_BOOT, bytes(16)])
def test_runs_of_two_boots_cannot_be_compared(boot: bytes) -> None:
    history = History()
    begin(history, run=(boot if not any(boot) else BOOT, 1_000))
    end(history, how={"run": (boot, 5)})

    assert shown(history) == ""


@pytest.mark.parametrize(("ahead", "expected"), [(2 * MINUTE, ""), (2 * MINUTE + 1, "clock_jump")])
def test_nothing_happens_after_it_was_received(ahead: int, expected: str) -> None:
    history = History()
    begin(history)
    end(history, how={"received": END - ahead})

    assert shown(history) == expected


def test_nothing_is_completed_before_it_was_started() -> None:
    history = History()
    begin(history, run=(BOOT, 1_000))
    end(history, how={"at": START - 1, "run": (OTHER_BOOT, 1_000)})

    assert found(history) == (Fault("clock_jump", 2),)


def test_a_clock_that_was_put_right_by_correction_is_no_fault_any_more() -> None:
    history = History()
    begin(history)
    wrong = end(history, how={"at": END + 24 * HOUR})
    assert shown(history) == "clock_jump"

    right = structs.replace(
        a_correction(wrong, done(), VISIT, on=DAY), reason="clock"
    )  # as of 10:00 on that day
    history.record(right, END + 48 * HOUR, "tablet", END + 48 * HOUR, run=(OTHER_BOOT, 9))

    assert shown(history) == ""


def test_another_correction_leaves_the_clock_as_it_was() -> None:
    history = History()
    begin(history)
    first = end(history, how={"run": (BOOT, 9_000_000)}, unanswered=("GE-03",))
    correction = a_correction(first, done(), VISIT, on=DAY)  # the answer, not the time
    history.record(correction, END + 99 * HOUR, "tablet", END + 99 * HOUR, run=(BOOT, 9))

    assert found(history) == (Fault("clock_jump", 3),)


def test_a_start_that_was_put_right_is_not_compared_with_the_run_of_the_machine() -> None:
    history = History()
    wrong = begin(history, at=START - 2 * HOUR)
    end(history)
    assert shown(history) == "clock_jump"

    start = InspectionStarted(visit=VISIT, checklist="CL-GE-1", version=1)
    right = structs.replace(
        a_correction(wrong, start, VISIT), happened_at=datetime.fromisoformat(f"{DAY}T09:00+08:00")
    )
    history.record(right, END + HOUR, "tablet", END + HOUR)

    assert shown(history) == ""


def test_of_two_completions_the_later_one_is_judged() -> None:
    history = inspection(unanswered=("GE-03",))
    end(history)
    assert shown(history) == ""

    end(history, unanswered=("GE-04",))
    assert found(history) == (Fault("unanswered", 4),)


@pytest.mark.parametrize(("late", "expected"), [(72 * HOUR, ""), (72 * HOUR + 1, "late_sync")])
def test_what_is_received_more_than_72_hours_later_is_late(late: int, expected: str) -> None:
    history = History()
    begin(history)
    end(history, how={"received": END + late})

    assert shown(history) == expected


def test_a_late_correction_makes_no_late_inspection() -> None:
    history = History()
    begin(history)
    first = end(history)
    correction = a_correction(first, done(answered=21), VISIT, on=DAY)
    history.record(correction, END + 99 * HOUR, "tablet", END + 99 * HOUR)

    assert shown(history) == ""


def test_a_correction_that_came_before_its_target_waits_for_it() -> None:
    whole = History()
    begin(whole)
    first = end(whole, how={"received": END + 80 * HOUR})
    correction = a_correction(first, done(answered=21), VISIT, on=DAY)
    whole.record(correction, END + 99 * HOUR, "tablet", END + 99 * HOUR)
    begun, _, corrected = whole.records
    early = History()
    early.records = [begun, corrected]

    assert shown(early) == ""
    assert found(whole) == (Fault("late_sync", 2),)


# ── minors, re-inspections ─────────────────────────────────────────────────────────


def met(person: str, *, minor: bool) -> PersonEncountered:
    return PersonEncountered(visit=PATROL, person=an_id(person), minor=minor)


def handed_over(person: str) -> PersonHandedOver:
    return PersonHandedOver(visit=PATROL, person=an_id(person))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((met("adult", minor=False),), []),
        ((met("child", minor=True),), [2]),
        ((met("child", minor=True), handed_over("child")), []),
        ((met("child", minor=True), handed_over("adult")), [2]),
        ((met("child", minor=True), met("child", minor=False)), []),
        ((met("child", minor=False), met("child", minor=True)), [3]),
        ((met("child", minor=True), met("second", minor=True)), [2, 3]),
    ],
)
def test_a_minor_may_not_be_left(facts: tuple[Fact, ...], expected: list[int]) -> None:
    history = inspection(*facts, visit=PATROL)

    assert [(one.code, one.position) for one in found(history)] == [
        ("minor_left", position) for position in expected
    ]


@pytest.mark.parametrize(
    ("again", "expected"), [(("Sun", "Wu"), ""), (("Sun", "Li"), "same_inspector"), ((), "")]
)
def test_who_found_it_does_not_look_again(again: tuple[str, ...], expected: str) -> None:
    history = inspection()
    officers = tuple(map(an_id, again))
    fact = ReinspectionCompleted(
        visit=VISIT, order=an_id("order"), result="passed", by=an_id("two"), officers=officers
    )
    history.record(fact, END + 99 * HOUR, "office", END + 99 * HOUR)

    assert shown(history) == expected


# ── what was done, for rules that need more ────────────────────────────────────────


def test_what_was_done_is_told_of_administrative_inspections() -> None:
    picture = EvidenceCaptured(
        visit=VISIT, evidence=an_id("p"), sha256="0" * 64, size=1, media_type="image/jpeg"
    )
    history = inspection(
        InspectionApproved(visit=VISIT, approver=an_id("Wu")),
        NoticeGiven(visit=VISIT, form="told"),
        EnterpriseCodeChecked(visit=VISIT, method="show"),
        PartyAbsent(visit=VISIT, question="GE-18"),
        picture,
        structs.replace(picture, evidence=an_id("film"), media_type="video/mp4"),
        FindingRaised(
            visit=VISIT, finding=an_id("f"), question="GE-11", rule=2, item="X", severity="major"
        ),
        sets={"cap.exception": "lead"},
    )

    held = read_acts(str(column(history, "procedure")))
    assert (held.notice, held.code, held.absent, held.exception) == (True, True, True, "lead")
    assert held.officers == (an_id("Chen"), an_id("Li"))
    assert (held.checklist, held.version, held.pictures) == ("CL-GE-1", 1, 1)
    assert held.findings == (Raised("GE-11", 2, 8),)
    ((at, position, emergency),) = [structs.astuple(one) for one in held.approvals]
    assert (at, position, emergency) == (START + MINUTE, 2, False)
    assert (held.started_at, held.at, held.position) == (START, END, 9)


@pytest.mark.parametrize("said", [1, ["lead"], {"x": 1}, None, True])
def test_an_exception_that_is_no_word_is_none(said: object) -> None:
    history = inspection(sets={"cap.exception": said})

    assert read_acts(str(column(history, "procedure"))).exception == ""


READ = (
    ArrivalLocated, CertificateShown, EnterpriseCodeChecked, EvidenceCaptured, FindingRaised,
    InspectionApproved, InspectionVoided, NoticeGiven, OfficerSignedIn, PartyAbsent,
    PersonEncountered, PersonHandedOver, ReinspectionCompleted,
)  # fmt: skip

# ── laws ───────────────────────────────────────────────────────────────────────────


@given(histories(), st.integers(0, 2**32).map(Random))
def test_faults_do_not_ask_in_which_order_facts_arrived(drawn: Drawn, dice: Random) -> None:
    records = drawn.records
    shuffled = dice.sample(records, k=len(records))

    assert judged(records) == judged(shuffled)


def judged(records: Sequence[Stored]) -> Sequence[Found]:
    views = MemoryViews([INSPECTIONS])
    catch_up(Shelf(records), views)
    return views.select(Query("inspections", columns=("faults", "procedure")))


@given(st.lists(facts_of(*READ), max_size=8), struct_of(InspectionCompleted))
def test_whatever_the_types_admit_is_judged(
    drawn: list[OfVisit], completed: InspectionCompleted
) -> None:
    history = History()
    begin(history)
    for fact in [*drawn, completed]:
        visit = structs.replace(completed.visit, inspection=VISIT.inspection)
        history.record(structs.replace(fact, visit=visit), END, "tablet", END)

    assert faults_text(found(history)) == column(history, "faults")
    held = str(column(history, "procedure"))
    assert not held or acts_text(read_acts(held)) == held


def test_each_fault_is_asked_by_a_rule_of_its_nature() -> None:
    everything = (
        located(band="more", mock=True),
        met("child", minor=True),
        CertificateShown(
            visit=VISIT, officer=an_id("Li"), certificate=an_id("c"), valid_to=date(2026, 1, 1)
        ),
        ReinspectionCompleted(
            visit=VISIT,
            order=an_id("o"),
            result="failed",
            by=an_id("two"),
            officers=(an_id("Chen"),),
        ),
    )
    seen: set[str] = set()
    for visit in (VISIT, PATROL, HOME):
        facts = [
            structs.replace(fact, visit=visit) for fact in everything if isinstance(fact, OfVisit)
        ]
        members = crew("Chen", shown=False, related="Chen")
        history = History()
        begin(history, visit)
        for fact in facts:
            history.record(fact, START, "tablet", START)
        end(
            history,
            visit,
            {"at": START - 1, "received": START + 99 * HOUR},
            crew=members,
            unanswered=("X",),
        )
        codes = {fault.code for fault in found(history)}
        seen |= codes
        assert [code for code in codes if visit.nature not in rules()[code].natures] == []
    assert seen == SHOWN
