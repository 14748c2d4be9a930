"""频次占用率: enterprises by credit code and calendar year against their published caps."""

from datetime import date
from typing import Any

import pytest
from msgspec import structs

from events.inspections import InspectionStarted, InspectionVoided
from events.office import AssignmentWithdrawn, InspectionAssigned
from events.register import FrequencyCapPublished, ObjectMerged
from projections.cap_use import CapCount, Decision, cap_use, enterprise_years, may_plan, planned
from projections.joint_visits import joint_visits
from projections.question import Filters
from tests.histories import a_completion, a_visit, an_id
from tests.ruled import T1, T2, Ruled, days

SHOP, OTHER = "92999999MADEM0E53M", "91999999MADEM0D49L"
CHARITY = "53999999MADEM0C34C"
YEARLY = {"mode": "min", "count": 1, "per": "year"}


def cap(per_year: int, since: str = "2026-01-01", **other: Any) -> FrequencyCapPublished:  # noqa: ANN401
    name = an_id(f"cap {per_year} {since} {sorted(other)}")
    members = {"object_type": "shop", **other}
    return FrequencyCapPublished(
        cap=name, per_year=per_year, valid_from=date.fromisoformat(since), **members
    )


def shop(uscc: str = SHOP, *caps: FrequencyCapPublished) -> Ruled:
    bureau = Ruled()
    bureau.thing("A", uscc=uscc)
    bureau.record(*caps)
    return bureau


def count(bureau: Ruled, today: str = "2026-12-31") -> CapCount:
    (one,) = enterprise_years(bureau.asked(today=today)).values()
    return one


def held(one: CapCount) -> str:
    return f"{len(one.counted)}/{one.cap}"


# ── what counts ────────────────────────────────────────────────────────────────────


def test_what_is_held_counts_effective_or_not_and_more_than_the_cap_is_said() -> None:
    bureau = shop(SHOP, cap(2))
    bureau.visit("A", "2026-02-02", unanswered=("GE-1",))
    bureau.visit("A", "2026-03-03")
    third = bureau.visit("A", "2026-04-04")

    measured = cap_use(bureau.asked())
    assert (measured.figure.numerator, measured.figure.denominator) == (3, 2)
    assert measured.figure.words == "150.0%"
    assert measured.lists["exceeded"] == (f"{SHOP}|2026",)
    assert measured.lists["beyond"] == (third,)
    assert held(count(bureau, "2026-03-31")) == "2/2"


@pytest.mark.parametrize("exception", ["superior_special", "lead"])
def test_a_listed_exception_is_watched_and_does_not_count(exception: str) -> None:
    bureau = shop(SHOP, cap(1))
    bureau.visit("A", "2026-02-02")
    watched = bureau.visit("A", "2026-03-03", sets={"cap.exception": exception})

    one = count(bureau)
    assert (held(one), one.status, one.watched) == ("1/1", "full", (watched,))
    bureau.visit("A", "2026-03-04", sets={"cap.exception": "over"})
    assert (held(count(bureau)), count(bureau).status) == ("2/1", "exceeded")


def test_desk_checks_and_what_was_broken_off_or_voided_do_not_count() -> None:
    bureau = shop(SHOP, cap(2))
    bureau.visit("A", "2026-02-02", desk=True)
    bureau.visit("A", "2026-02-03", outcome="aborted")
    bureau.visit("A", "2026-02-04")
    void = bureau.visit("A", "2026-02-05")
    visit = structs.replace(a_visit("void", "A", "2026-02-05"), inspection=void)
    bureau.record(InspectionVoided(visit=visit, reason="x", approver=an_id("Wu")))

    assert held(count(bureau)) == "1/2"


def test_several_entries_of_one_code_are_one_enterprise() -> None:
    bureau = shop(SHOP, cap(3))
    bureau.thing("B", uscc=SHOP, township=T2)
    bureau.thing("C", uscc=OTHER)
    bureau.thing("D", uscc=SHOP)
    bureau.record(ObjectMerged(object=an_id("D"), into=an_id("B"), valid_from=date(2026, 6, 1)))
    for thing in "ABD":
        bureau.visit(thing, "2026-02-02")

    found = enterprise_years(bureau.asked())
    assert {key: held(one) for key, one in found.items()} == {
        f"{SHOP}|2026": "3/3",
        f"{OTHER}|2026": "0/3",
    }
    assert found[f"{SHOP}|2026"].townships == (T1, T2)


def test_a_year_is_counted_from_its_first_day_whatever_the_period() -> None:
    bureau = shop(SHOP, cap(4, "2025-01-01"))
    for day in ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01"):
        bureau.visit("A", day)

    summer = enterprise_years(bureau.asked(days("2026-06-01", "2026-06-30")))
    assert {one.year: held(one) for one in summer.values()} == {2026: "2/4"}
    both = enterprise_years(bureau.asked(days("2025-12-01", "2026-12-31")))
    assert {one.year: held(one) for one in both.values()} == {2025: "1/4", 2026: "3/4"}


def test_an_enterprise_is_one_by_its_code_on_the_day_of_the_visit() -> None:
    bureau = shop(CHARITY, cap(2))
    bureau.thing("A", since="2026-05-01", revised=True, uscc=SHOP)
    bureau.visit("A", "2026-04-30")
    bureau.visit("A", "2026-05-01")

    assert (count(bureau).enterprise, held(count(bureau))) == (SHOP, "1/2")
    assert enterprise_years(bureau.asked(today="2026-04-30")) == {}
    assert enterprise_years(shop(CHARITY, cap(2)).asked()) == {}


def test_each_township_tells_the_enterprises_in_it() -> None:
    bureau = shop(SHOP, cap(1))
    bureau.thing("B", uscc=OTHER, township=T2)
    bureau.thing("C", uscc=SHOP, township=T2)
    bureau.visit("A", "2026-02-02")
    second = bureau.visit("C", "2026-02-03")
    watched = bureau.visit("B", "2026-02-03", sets={"cap.exception": "lead"})

    measured = cap_use(bureau.asked())
    assert {
        town: {part.key: f"{part.done}/{part.of}" for part in figure.parts}
        for town, figure in measured.by["township"].items()
    } == {
        T1: {f"{SHOP}|2026": "2/1"},
        T2: {f"{OTHER}|2026": "0/1", f"{SHOP}|2026": "2/1"},
    }
    assert measured.by["township"][T1].words == "200.0%"
    assert measured.numbers == {"counted": 2, "cap": 2, "watched": 1}
    assert measured.lists == {
        "near": (), "full": (), "exceeded": (f"{SHOP}|2026",), "no_cap": (),
        "beyond": (second,), "watched": (watched,),
    }  # fmt: skip
    of_both = enterprise_years(bureau.asked())[f"{SHOP}|2026"]
    assert of_both.objects == tuple(sorted((an_id("A"), an_id("C"))))


def test_without_a_published_cap_it_is_named_and_counts_neither_way() -> None:
    bureau = shop(SHOP, cap(2, object_type="cemetery"))
    bureau.visit("A", "2026-02-02")

    measured = cap_use(bureau.asked())
    assert (measured.figure.words, measured.lists["no_cap"]) == ("no objects", (f"{SHOP}|2026",))


def test_the_cap_of_the_object_comes_first_then_the_newest_of_its_type() -> None:
    bureau = shop(SHOP, cap(2), cap(3, "2026-05-01"), cap(9, "2027-01-01"))
    assert count(bureau).cap == 3
    assert count(bureau, "2026-04-30").cap == 2

    bureau.record(cap(1, object=an_id("A"), valid_to=date(2026, 8, 31)))
    assert (count(bureau, "2026-08-31").cap, count(bureau).cap) == (1, 3)


def test_filters_choose_enterprises_never_their_inspections() -> None:
    bureau = shop(SHOP, cap(3))
    bureau.thing("B", uscc=SHOP, township=T2)
    bureau.visit("A", "2026-02-02")

    there = enterprise_years(bureau.asked(filters=Filters(township=T2)))
    assert [held(one) for one in there.values()] == ["1/3"]
    assert enterprise_years(bureau.asked(filters=Filters(township="440804009"))) == {}


# ── planning ───────────────────────────────────────────────────────────────────────


def of(counted: int, per_year: int | None) -> CapCount:
    visits = tuple(str(number) for number in range(counted))
    return CapCount(SHOP, 2026, (), (), per_year, visits)


@pytest.mark.parametrize(
    ("counted", "per_year", "status", "allowed", "reason"),
    [
        (3, 5, "free", True, "within"),
        (4, 5, "near", True, "within"),
        (5, 5, "full", False, "exceeds"),
        (6, 5, "exceeded", False, "exceeds"),
        (0, 0, "full", False, "exceeds"),
        (9, None, "no_cap", True, "no_cap"),
    ],
)
def test_planning_blocks_what_would_exceed_the_cap(
    counted: int, per_year: int | None, status: str, *, allowed: bool, reason: str
) -> None:
    one = of(counted, per_year)

    decision = may_plan(one, planned=0)
    assert (one.status, decision.allowed, decision.reason) == (status, allowed, reason)
    assert (decision.held, decision.planned, decision.cap) == (counted, 0, per_year)


def test_planning_allows_a_listed_exception_and_counts_what_is_planned_already() -> None:
    assert may_plan(of(5, 5), "lead").reason == "exception"
    assert may_plan(of(5, 5), "superior_special").allowed
    assert not may_plan(of(5, 5), "because").allowed
    assert may_plan(of(3, 5), planned=1).allowed
    assert not may_plan(of(3, 5), planned=2).allowed


def test_a_decision_tells_what_it_rests_on() -> None:
    assert may_plan(of(5, 5), "lead", planned=1) == Decision(
        allowed=True, reason="exception", held=5, planned=1, cap=5
    )
    assert may_plan(of(3, 5), planned=2) == Decision(
        allowed=False, reason="exceeds", held=3, planned=2, cap=5
    )
    assert may_plan(of(3, None), planned=2) == Decision(
        allowed=True, reason="no_cap", held=3, planned=2, cap=None
    )


def assigned(name: str, thing: str, due_on: str) -> InspectionAssigned:
    return InspectionAssigned(
        assignment=an_id(name),
        object=an_id(thing),
        object_type="shop",
        kind="general_inspection",
        domain="funeral",
        township=T1,
        device=an_id("tablet"),
        officers=(an_id("Chen"),),
        due_on=date.fromisoformat(due_on),
    )


def test_planned_are_visits_assigned_for_this_year_and_not_yet_held() -> None:
    bureau = shop()
    bureau.record(
        assigned("one", "A", "2026-12-01"),
        assigned("two", "A", "2026-12-31"),
        assigned("next year", "A", "2027-01-01"),
        assigned("withdrawn", "A", "2026-12-01"),
        AssignmentWithdrawn(an_id("withdrawn"), an_id("tablet"), "x"),
    )

    assert planned(bureau.asked(today="2026-11-30")) == {an_id("A"): 2}

    for name, key, is_done in (("begun", "two", False), ("held", "one", True)):
        visit = a_visit(name, "A", "2026-11-30", object_type="shop", domain="funeral")
        bureau.record(
            InspectionStarted(visit=visit, checklist="C", version=1, assignment=an_id(key))
        )
        bureau.record(*[a_completion(visit)] * is_done)
    assert planned(bureau.asked(today="2026-11-30")) == {an_id("A"): 1}


def test_one_visit_is_suggested_where_several_items_are_due_or_several_visits_assigned() -> None:
    bureau = shop()
    bureau.thing("B", uscc=OTHER)
    bureau.thing("C", uscc=CHARITY)
    bureau.thing("D", uscc="91999999MADEM0Z11X")
    for code in ("I1", "I2"):
        bureau.item(code, YEARLY, since="2026-01-01")
    bureau.visit("A", "2026-05-05", "I1", "I2")
    bureau.visit("D", "2026-05-05", "I1")
    bureau.record(assigned("one", "A", "2026-12-01"), assigned("two", "A", "2026-12-02"))

    found = joint_visits(bureau.asked(days("2026-12-01", "2026-12-01"), "2026-12-01"))
    assert [(one.enterprise, one.items, one.planned) for one in found] == [
        (OTHER, ("I1", "I2"), 0),
        (SHOP, (), 2),
    ]
    assert found[0].due_on == date(2026, 12, 31)
    assert [(one.objects, one.townships) for one in found] == [
        ((an_id("B"),), (T1,)),
        ((an_id("A"),), (T1,)),
    ]


def test_one_visit_that_is_assigned_needs_no_suggestion_and_what_is_due_later_none_yet() -> None:
    bureau = shop()
    for code in ("I1", "I2"):
        bureau.item(code, YEARLY, since="2026-01-01")
    bureau.visit("A", "2026-05-05", "I1", "I2")
    bureau.record(assigned("one", "A", "2026-12-01"))
    question = bureau.asked(days("2026-12-01", "2026-12-01"), "2026-12-01")

    assert joint_visits(question) == []
    (next_year,) = joint_visits(question, date(2027, 12, 31))
    assert (next_year.items, next_year.planned) == (("I1", "I2"), 1)
