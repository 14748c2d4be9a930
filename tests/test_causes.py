"""Causes with what followed, proposals beside decisions, and whose hands it went through."""

from datetime import date

import pytest

from events.facts import Visit
from events.inspections import OfficerSignedIn
from events.orders import (
    BenefitDecided,
    BenefitProposed,
    CaseOpened,
    MismatchCauseEstablished,
    RecoveryStarted,
)
from projections.causes import CAUSES, Causes, causes
from projections.spans import Span
from tests.follow_histories import LATER, MARCH, Desk, names
from tests.histories import an_id, crew

Q1 = Span(date(2026, 1, 1), date(2026, 3, 31))


class Bureau(Desk):
    """Rechecks and what the bureau makes of them."""

    def recheck(
        self, name: str = "one", of: str = "A", on: str = "2026-03-02", **keys: object
    ) -> Visit:
        visit = self.visit(
            name, on, of=of, kind="low_income_recheck", nature="eligibility",
            object_type="low_income_household", domain="social_assistance", **keys,
        )  # fmt: skip
        self.say(BenefitProposed(visit=visit, proposal=an_id(f"proposal {name}")), on)
        return visit

    def decide(
        self, visit: Visit, name: str = "one", on: str = "2026-03-09", *, told: bool = True
    ) -> None:
        fact = BenefitDecided(
            visit=visit, proposal=an_id(f"proposal {name}"), decided_by=an_id("Wu"),
            effective_from=date(2026, 4, 1), rights_told=told,
        )  # fmt: skip
        self.say(fact, on)

    def establish(
        self, visit: Visit, cause: str, follow_up: str | None = None, on: str = "2026-03-10"
    ) -> None:
        fact = MismatchCauseEstablished(
            visit=visit,
            cause=cause,
            established_by=an_id("Wu"),
            follow_up=follow_up,  # type: ignore[arg-type]
        )
        self.say(fact, on)

    def found(self, period: Span = MARCH, today: date = LATER) -> Causes:
        return causes(self.asked(period, today))


@pytest.mark.parametrize(
    ("cause", "follow_up", "missing"),
    [
        ("change", None, False),  # nobody is at fault
        ("error", "correct_and_trace", False),
        ("error", None, True),
        ("favour", "transfer_discipline", False),
        ("favour", "correct_and_trace", True),
        ("fraud", "transfer_police", False),
        ("death", None, True),
    ],
)
def test_each_cause_asks_for_its_own_follow_up(
    cause: str, follow_up: str | None, missing: bool
) -> None:
    desk = Bureau()
    desk.establish(desk.recheck(), cause, follow_up)

    (line,) = desk.found().lines

    assert (line.cause, line.missing) == (cause, missing)
    figure = desk.found().answered[cause]
    assert (figure.numerator, figure.denominator) == (int(not missing), 1)


def test_a_recovery_answers_a_death_and_a_case_answers_fraud_once_they_began() -> None:
    desk = Bureau()
    death, fraud = desk.recheck("one"), desk.recheck("two", "B")
    desk.establish(death, "death")
    desk.establish(fraud, "fraud")
    desk.say(RecoveryStarted(visit=death, recovery=an_id("C"), months=1), "2026-03-20")
    desk.say(CaseOpened(visit=fraud, case=an_id("D")), "2026-03-20")

    assert [one.missing for one in desk.found().lines] == [False, False]
    assert [one.missing for one in desk.found(today=date(2026, 3, 19)).lines] == [True, True]


def test_what_was_proposed_and_what_was_decided_stand_apart() -> None:
    desk = Bureau()
    decided, pending = desk.recheck("one"), desk.recheck("two", "B")
    desk.decide(decided, told=False)
    desk.establish(pending, "error")
    desk.establish(decided, "change", on="2026-03-03")

    found = desk.found(today=date(2026, 3, 12))

    assert (found.benefits.proposed, found.benefits.decided) == (2, 1)
    assert found.benefits.pending == {an_id("proposal two"): 10}
    assert found.benefits.rights_untold == (an_id("proposal one"),)
    assert [(one.proposed_on, one.decided_on) for one in found.lines] == [
        (date(2026, 3, 2), date(2026, 3, 9)),
        (date(2026, 3, 2), None),
    ]
    before = desk.found(today=date(2026, 3, 8))
    assert before.benefits.decided == 0
    assert before.lines[0].decided_on is None


def test_decided_in_a_later_period_is_still_decided() -> None:
    desk = Bureau()
    desk.decide(desk.recheck(), on="2026-05-09")

    assert desk.found().benefits.decided == 1
    assert desk.found(Span(date(2026, 5, 1), date(2026, 5, 31))).benefits.proposed == 0


def test_a_cause_is_told_with_its_household_and_what_followed() -> None:
    desk = Bureau()
    visit = desk.recheck(village="440804001201")
    desk.decide(visit, on="2026-03-10")
    desk.establish(visit, "fraud", "transfer_police")
    desk.say(CaseOpened(visit=visit, case=an_id("D")), "2026-03-10")

    (line,) = desk.found(today=date(2026, 3, 10)).lines

    assert (line.inspection, line.object, line.domain, line.township, line.village) == (
        an_id("one"), an_id("A"), "social_assistance", "440804001", "440804001201",
    )  # fmt: skip
    assert (line.follow_ups, line.missing) == (("case_filing", "transfer_police"), False)
    assert (line.on, line.decided_on, line.position) == (date(2026, 3, 10), date(2026, 3, 10), 5)


def test_a_cause_without_a_proposal_has_no_days_of_one() -> None:
    desk = Bureau()
    visit = desk.visit(of="A", kind="low_income_recheck", nature="eligibility")
    desk.establish(visit, "death")
    desk.say(RecoveryStarted(visit=visit, recovery=an_id("C"), months=1), "2026-03-10")

    (line,) = desk.found(today=date(2026, 3, 10)).lines

    assert (line.proposed_on, line.decided_on, line.follow_ups) == (None, None, ("recovery",))


def test_of_two_proposals_a_cause_names_the_one_it_is_of() -> None:
    desk = Bureau()
    visit = desk.recheck()
    desk.say(BenefitProposed(visit=visit, proposal=an_id("second")), "2026-03-05")
    for proposal, on in (("second", "2026-03-06"), ("nobody's", "2026-03-07")):
        fact = MismatchCauseEstablished(
            visit=visit, cause="error", established_by=an_id("Wu"), proposal=an_id(proposal)
        )
        desk.say(fact, on)

    assert {one.on.day: one.proposed_on for one in desk.found().lines} == {
        6: date(2026, 3, 5),
        7: date(2026, 3, 2),  # unknown: the first one there is
    }


@pytest.mark.parametrize(
    ("on", "found"),
    [("2026-02-28", 0), ("2026-03-01", 1), ("2026-03-31", 1), ("2026-04-01", 0)],
)
def test_a_period_holds_what_was_established_and_proposed_from_its_first_day_to_its_last(
    on: str, found: int
) -> None:
    desk = Bureau()
    desk.establish(desk.recheck(on=on), "change", on=on)

    assert len(desk.found().lines) == found
    assert desk.found().benefits.proposed == found


def test_a_proposal_is_decided_on_the_day_itself_and_waits_until_then() -> None:
    desk = Bureau()
    desk.decide(desk.recheck(), on="2026-03-09")

    assert desk.found(today=date(2026, 3, 9)).benefits.decided == 1
    assert desk.found(today=date(2026, 3, 8)).benefits.pending == {an_id("proposal one"): 6}


def test_who_waits_longest_is_named_first_and_of_the_same_day_by_id() -> None:
    desk = Bureau()
    for name, on in (("one", "2026-03-03"), ("two", "2026-03-02"), ("three", "2026-03-03")):
        desk.recheck(name, name, on)

    waiting = desk.found(today=date(2026, 3, 10)).benefits.pending

    same_day = sorted((an_id("proposal one"), an_id("proposal three")))
    assert list(waiting.items()) == [
        (an_id("proposal two"), 8), (same_day[0], 7), (same_day[1], 7)
    ]  # fmt: skip


def test_households_of_kin_are_named_with_what_was_recovered_and_others_passed_over() -> None:
    desk = Bureau()
    for name in ("one", "two", "three"):
        kin = "" if name == "two" else "Sun"
        visit = desk.recheck(
            name, name, township="440804002", crew=crew("Chen", "Li", "Sun", related=kin)
        )
        signed = OfficerSignedIn(
            visit=visit, officer=an_id("Sun"), role="assisting", kinship=bool(kin)
        )
        desk.say(signed, "2026-03-02")
        recovery = RecoveryStarted(visit=visit, recovery=an_id(f"C {name}"), months=1)
        desk.say(recovery, "2026-03-20" if name == "one" else "2026-04-20")

    handled = {names([one.object]): one for one in desk.found().handled}

    assert handled.keys() == {"one", "three"}
    assert {name: one.recovered for name, one in handled.items()} == {"one": 1, "three": 0}
    assert {one.township for one in handled.values()} == {"440804002"}
    assert {one.same_pair for one in handled.values()} == {()}


def test_voided_inspections_and_corrected_causes_do_not_stand() -> None:
    desk = Bureau()
    voided, corrected = desk.recheck("one"), desk.recheck("two", "B")
    desk.establish(voided, "fraud")
    desk.void(voided)
    wrong = desk.say(
        MismatchCauseEstablished(visit=corrected, cause="fraud", established_by=an_id("Wu")),
        "2026-03-10",
    )
    right = MismatchCauseEstablished(visit=corrected, cause="error", established_by=an_id("Wu"))
    desk.correct(wrong, right, corrected, on="2026-03-10")

    assert [one.cause for one in desk.found().lines] == ["error"]
    assert desk.found().answered.keys() == CAUSES.keys()


def test_where_a_relative_was_in_the_crew_the_allowance_is_named() -> None:
    desk = Bureau()
    visit = desk.recheck(crew=crew("Chen", "Li", "Sun", related="Sun"))
    signed = OfficerSignedIn(visit=visit, officer=an_id("Sun"), role="assisting", kinship=True)
    desk.say(signed, "2026-03-02")
    desk.decide(visit)

    (line,) = desk.found().handled

    assert names([line.object]) == "A"
    assert names(line.related) == "one"
    assert (line.proposed, line.decided, line.recovered) == (1, 1, 0)


def test_where_the_same_two_came_each_time_the_allowance_is_named() -> None:
    desk = Bureau()
    for name, of, on, third in (
        ("one", "A", "2026-01-12", "Sun"),
        ("two", "A", "2026-03-02", "Wu"),
        ("three", "B", "2026-01-12", "Sun"),
    ):
        desk.recheck(name, of, on, crew=crew("Chen", "Li", third))
    desk.recheck("four", "B", crew=crew("Chen", "Sun"))

    lines = sorted(desk.found(Q1).handled, key=lambda one: names([one.object]))

    assert [(names([one.object]), one.visits) for one in lines] == [("A", 2), ("B", 2)]
    assert set(lines[0].same_pair) == {an_id("Chen"), an_id("Li")}
    assert set(lines[1].same_pair) == {an_id("Chen"), an_id("Sun")}
    assert desk.found(MARCH).handled == ()  # one visit is no pattern


def test_townships_are_told_apart() -> None:
    desk = Bureau()
    desk.establish(desk.recheck("one"), "error")
    desk.establish(desk.recheck("two", "B", township="440804002"), "error", "correct_and_trace")

    of = desk.found().townships["error"]

    assert {town: one.numerator for town, one in of.items()} == {"440804001": 0, "440804002": 1}
