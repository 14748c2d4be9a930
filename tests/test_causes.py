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
