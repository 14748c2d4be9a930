"""复核及时率: given households and their rechecks, what fell due and what was in time."""

from datetime import date
from typing import Any

import pytest

from events.office import CalendarDayDeclared
from events.register import (
    ItemListed,
    ObjectClosed,
    ObjectExempted,
    ObjectListed,
    ObjectMerged,
    ObjectRevised,
)
from projections.figures import Measured
from projections.question import Filters
from projections.rechecks import recheck_on_time, rechecks
from projections.spans import Span
from tests.follow_histories import Desk, names
from tests.histories import an_id, crew

STABLE: dict[str, Any] = {"income_class": "stable", "labour_capacity": True}
UNFIXED: dict[str, Any] = {"income_class": "unfixed", "labour_capacity": True}
ITEM = ItemListed(
    item="MZ-JZ-JC-01", name_zh="低保复核", name_en="recheck", domain="social_assistance",
    kind="inspection", plannable=True, valid_from=date(2020, 1, 1),
    object_types=("low_income_household",),
    frequency={
        "mode": "min_by_class",
        "classes": {
            "经济状况短期变化不大": {"count": 1, "per": "year"},
            "收入来源不固定且有劳动能力": {"count": 1, "per": "half_year"},
        },
    },
)  # fmt: skip
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
T1, T2 = "440804001", "440804002"


class Homes(Desk):
    """Households and their rechecks."""

    def __init__(self) -> None:
        super().__init__()
        self.history.record(ITEM)

    def home(
        self, name: str = "A", since: str = "2020-01-01", township: str = T1, *,
        revised: bool = False, **attributes: object,
    ) -> None:  # fmt: skip
        make = ObjectRevised if revised else ObjectListed
        self.history.record(
            make(
                object=an_id(name), object_type="low_income_household",
                domain="social_assistance", township=township, village=f"{township}201",
                valid_from=date.fromisoformat(since), attributes=attributes,
            )
        )  # fmt: skip

    def recheck(self, on: str, name: str = "A", **other: object) -> None:
        self.visit(
            f"{name} {on} {len(self.history.records)}", on, of=name, kind="low_income_recheck",
            nature="eligibility", object_type="low_income_household",
            domain="social_assistance", township=T1, **other,
        )  # fmt: skip

    def measured(
        self, first: str = "2026-01-01", last: str = "2026-12-31", today: str = "2026-12-31",
        **filters: str,
    ) -> Measured:  # fmt: skip
        period = Span(date.fromisoformat(first), date.fromisoformat(last))
        return recheck_on_time(self.asked(period, date.fromisoformat(today), Filters(**filters)))


def told(measured: Measured) -> str:
    figure = measured.figure
    return f"{figure.numerator}/{figure.denominator}" if figure.denominator else figure.words


@pytest.mark.parametrize(
    ("done", "expected", "late"),
    [
        (["2026-04-15"], "1/1", ""),  # the day itself
        (["2026-04-16"], "0/1", "A"),
        (["2025-04-15"], "0/1", ""),  # the day it is counted from: no new one
        ([], "0/1", ""),
    ],
)
def test_a_stable_family_is_due_within_a_year(done: list[str], expected: str, late: str) -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-04-15")
    for day in done:
        homes.recheck(day)

    found = homes.measured(today="2026-12-31")

    assert told(found) == expected
    assert names(found.lists["late"]) == late


def test_unfixed_income_and_somebody_able_to_work_halve_the_time() -> None:
    homes = Homes()
    homes.home(**UNFIXED, last_recheck_on="2025-08-31")  # due on 28 February: on 2 March, a Monday
    homes.recheck("2026-03-02")
    homes.recheck("2026-09-03")  # due on the 2nd

    assert told(homes.measured()) == "1/2"
    assert told(homes.measured(last="2026-03-01")) == "no objects"


def test_a_term_that_ends_on_a_holiday_ends_with_the_next_working_day() -> None:
    homes = Homes()
    homes.say(CalendarDayDeclared(date(2026, 4, 15), "holiday"), "2026-01-01")
    homes.home(**STABLE, confirmed_on="2025-04-15")
    homes.recheck("2026-04-16")

    assert told(homes.measured()) == "1/1"


def test_an_early_recheck_moves_the_date_and_a_late_one_too() -> None:
    homes = Homes()
    homes.home(**UNFIXED, confirmed_on="2025-10-08")  # due on 8 April
    homes.recheck("2026-02-10")  # early: next on 10 August
    homes.recheck("2026-08-12")  # late: next on 12 February
    homes.recheck("2027-02-11")  # early: next on 11 August

    assert [(part.done, part.of) for part in homes.measured().figure.parts] == [(1, 2)]
    assert told(homes.measured("2027-01-01", "2027-12-31", "2027-12-31")) == "1/2"


def test_only_one_is_due_at_a_time_however_long_it_is_missing() -> None:
    homes = Homes()
    homes.home(**UNFIXED, confirmed_on="2024-01-10")

    assert told(homes.measured()) == "no objects"  # it fell due in 2024 and is still open
    assert names(homes.measured().lists["overdue"]) == "A"


def test_overdue_begins_the_day_after_and_ends_with_the_household() -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-04-15")
    for today, overdue, due in (
        ("2026-04-15", "", "A"),
        ("2026-04-16", "A", ""),
    ):
        assert names(homes.measured(today=today).lists["overdue"]) == overdue
        assert names(homes.measured(today=today).lists["due"]) == due

    homes.history.record(ObjectClosed(an_id("A"), date(2026, 5, 1), "payment-stopped"))

    assert names(homes.measured(today="2026-05-01").lists["overdue"]) == "A"
    assert names(homes.measured(today="2026-05-02").lists["overdue"]) == ""
    assert told(homes.measured(today="2026-05-02")) == "0/1"  # it did fall due


@pytest.mark.parametrize("ended", [True, False])
def test_nothing_is_due_on_a_day_on_which_a_household_does_not_count(ended: bool) -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-04-15")
    if ended:
        homes.history.record(ObjectClosed(an_id("A"), date(2026, 4, 14), "payment-stopped"))
    else:
        homes.history.record(
            ObjectExempted(an_id("A"), "abroad", date(2026, 4, 1), date(2026, 4, 30))
        )

    assert told(homes.measured()) == "no objects"
    assert names(homes.measured().lists["overdue"]) == ""
    # exempt to the end of April: its year begins anew in May
    after = homes.measured("2027-01-01", "2027-12-31", "2027-12-31")
    assert told(after) == ("no objects" if ended else "0/1")


def test_the_class_is_that_of_the_due_day() -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-12-01")
    homes.home(since="2026-03-02", revised=True, **UNFIXED, confirmed_on="2025-12-01")
    homes.recheck("2026-06-02")  # due on 1 June since it has another class

    assert told(homes.measured()) == "0/2"  # and on 2 December again


def test_a_class_that_is_to_be_rechecked_sooner_asks_at_once_where_its_time_is_over() -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-05-04")
    homes.home(since="2026-03-02", revised=True, **UNFIXED, confirmed_on="2025-05-04")
    homes.recheck("2026-03-03")

    found = homes.measured(last="2026-06-30")

    assert told(found) == "0/1"
    assert told(homes.measured(last="2026-03-01")) == "no objects"


def test_since_when_one_is_overdue_is_counted_from_its_last_recheck_however_long_ago() -> None:
    homes = Homes()
    homes.home(since="2015-01-05", **STABLE)
    homes.recheck("2022-06-06")
    question = homes.asked(YEAR, date(2026, 12, 31))

    assert [one.due_on for one in rechecks(question)] == [date(2023, 6, 6)]


def test_what_the_register_says_of_a_recheck_moves_the_date_and_is_not_counted() -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-04-15")
    homes.home(since="2026-03-02", revised=True, **STABLE, last_recheck_on="2026-02-27")

    assert told(homes.measured()) == "no objects"
    assert told(homes.measured("2027-01-01", "2027-12-31", "2027-12-31")) == "0/1"


def test_rechecks_that_do_not_count_and_other_visits_are_none() -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-04-15")
    homes.recheck("2026-04-01", crew=crew("Chen"))
    homes.recheck("2026-04-02", crew=crew("Chen", "Li", related="Li"))
    homes.visit("other", "2026-04-03", of="A")

    assert told(homes.measured()) == "0/1"


def test_merged_households_are_one_with_the_rechecks_of_all() -> None:
    homes = Homes()
    homes.home("A", **STABLE, confirmed_on="2025-04-15")
    homes.home("B", **STABLE, confirmed_on="2025-04-15")
    homes.recheck("2026-03-16", "B")
    assert told(homes.measured()) == "1/2"

    homes.history.record(ObjectMerged(an_id("B"), an_id("A"), date(2026, 3, 20)))

    assert told(homes.measured()) == "1/1"


def test_an_overdue_household_that_comes_onto_the_list_is_overdue_and_in_no_figure() -> None:
    homes = Homes()
    homes.home(since="2026-01-05", **STABLE, last_recheck_on="2024-06-03")

    assert told(homes.measured()) == "no objects"
    assert names(homes.measured().lists["overdue"]) == "A"


def test_without_anything_said_time_runs_from_the_listing() -> None:
    homes = Homes()
    homes.home(since="2025-07-01")
    homes.recheck("2026-07-01")

    assert told(homes.measured()) == "1/1"


def test_by_township_and_chosen_by_it() -> None:
    homes = Homes()
    homes.home("A", **STABLE, confirmed_on="2025-04-15")
    homes.home("B", township=T2, **STABLE, confirmed_on="2025-04-15")

    towns = homes.measured().by["township"]
    assert {town: told(Measured({"": one})) for town, one in towns.items()} == {
        T1: "0/1",
        T2: "0/1",
    }
    assert names(homes.measured(township=T2).figure.missing) == "B"
    assert told(homes.measured(domain="funeral")) == "no objects"


def test_where_no_item_asks_for_rechecks_none_fall_due() -> None:
    homes = Homes()
    homes.history.records.pop(0)
    homes.home(**STABLE, confirmed_on="2025-04-15")

    assert told(homes.measured()) == "no objects"


def test_due_are_those_of_the_first_and_the_last_day_of_the_period_and_of_today() -> None:
    homes = Homes()
    for name, told in (("A", "2025-03-02"), ("B", "2025-03-31"), ("C", "2025-03-30")):
        homes.home(name, **STABLE, confirmed_on=told)
    homes.recheck("2026-03-02")

    march = homes.measured("2026-03-02", "2026-03-31", "2026-03-31")
    assert list(march.figures) == ["rechecks"]
    assert {part.key: part.done for part in march.figure.parts} == {
        an_id("A"): 1, an_id("B"): 0, an_id("C"): 0,
    }  # fmt: skip

    on_the_day = homes.measured("2026-03-01", "2026-03-31", "2026-03-30")
    assert set(names(on_the_day.lists["due"]).split()) == {"B", "C"}
    assert on_the_day.numbers == {"overdue": 0}
    day_after = homes.measured("2026-03-01", "2026-03-31", "2026-03-31")
    assert names(day_after.lists["due"]) == "B"
    assert (names(day_after.lists["overdue"]), day_after.numbers) == ("C", {"overdue": 1})
    assert names(homes.measured("2026-03-01", "2026-03-30", "2026-03-20").lists["due"]) == "C"


def test_what_ended_before_the_period_is_not_told_and_what_fell_due_on_its_first_day_is() -> None:
    homes = Homes()
    homes.home(**STABLE, confirmed_on="2025-03-02")
    homes.recheck("2026-03-02")

    def due(first: str) -> list[str]:
        question = homes.asked(Span(date.fromisoformat(first), YEAR.end), date(2026, 12, 31))
        return [one.due_on.isoformat() for one in rechecks(question)]

    assert due("2026-03-02") == ["2026-03-02", "2027-03-02"]
    assert due("2026-03-03") == ["2027-03-02"]
