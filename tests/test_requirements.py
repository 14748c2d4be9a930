"""应查尽查率: what falls due in a period by rule and plan, and how much of it was done."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.office import CalendarDayDeclared
from events.register import (
    ItemWithdrawn,
    ObjectClosed,
    ObjectExempted,
    ObjectMerged,
)
from projections.figures import NO_OBJECTS
from projections.question import Filters
from projections.requirements import requirement_coverage
from projections.spans import Span
from tests.histories import an_id, crew
from tests.ruled import LEVELS, T1, T2, YEAR, Ruled, days

QUARTERLY = {"mode": "min", "count": 1, "per": "quarter"}
YEARLY = {"mode": "min", "count": 1, "per": "year"}
MONTHLY = {"mode": "min", "count": 1, "per": "month"}
BY_CLASS = {
    "mode": "min_by_class",
    "classes": {
        "经济状况短期变化不大": {"count": 1, "per": "year"},
        "收入来源不固定且有劳动能力": {"count": 1, "per": "half_year"},
    },
}
HOME = "low_income_household"


def found(
    bureau: Ruled, period: Span = YEAR, today: str = "2026-12-31", **filters: str
) -> dict[str, str]:
    question = bureau.asked(period, today, Filters(**filters))
    return bureau.told(requirement_coverage(question).figures["inspections"])


def lists(bureau: Ruled, today: str, period: Span = YEAR) -> dict[str, list[str]]:
    measured = requirement_coverage(bureau.asked(period, today))
    return {name: [bureau.named(key) for key in keys] for name, keys in measured.lists.items()}


# ── windows ────────────────────────────────────────────────────────────────────────


def test_each_window_asks_and_more_than_asked_counts_no_more() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    for day in ("2026-01-02", "2026-03-31", "2026-04-01"):
        bureau.visit("A", day, "Q")
    bureau.visit("A", "2026-07-01", "other")

    assert found(bureau) == {
        "Q|A|2026-03-31": "2/1",
        "Q|A|2026-06-30": "1/1",
        "Q|A|2026-09-30": "0/1",
        "Q|A|2026-12-31": "0/1",
    }
    assert requirement_coverage(bureau.asked()).figure.rate == 2 / 4


@pytest.mark.parametrize(
    ("per", "period", "done", "missed"),
    [
        ("month", days("2024-02-01", "2024-02-29"), "2024-02-29", "2024-03-01"),
        ("week", days("2026-12-28", "2027-01-03"), "2027-01-03", "2026-12-27"),
        ("half_year", days("2026-06-30", "2026-06-30"), "2026-01-01", "2025-12-31"),
        ("5_years", days("2025-01-01", "2025-12-31"), "2021-01-01", "2020-12-31"),
        ("day", days("2026-05-05", "2026-05-05"), "2026-05-05", "2026-05-04"),
    ],
)
def test_what_was_done_in_the_window_counts_though_the_period_began_later(
    per: str, period: Span, done: str, missed: str
) -> None:
    bureau = Ruled()
    bureau.item("I", {"mode": "min", "count": 1, "per": per})
    bureau.thing("A", since="2015-01-01")
    bureau.thing("B", since="2015-01-01")
    bureau.visit("A", done, "I")
    bureau.visit("B", missed, "I")

    end = period.end.isoformat()
    assert found(bureau, period, "2027-12-31") == {f"I|A|{end}": "1/1", f"I|B|{end}": "0/1"}


def test_a_window_that_ends_behind_the_period_is_not_yet_due() -> None:
    bureau = Ruled()
    bureau.item("I", YEARLY)
    bureau.thing("A")

    assert found(bureau, days("2026-01-01", "2026-12-30")) == {}
    assert requirement_coverage(
        bureau.asked(days("2026-01-01", "2026-12-30"))
    ).figure.words == NO_OBJECTS  # fmt: skip


def test_what_falls_due_later_this_year_is_asked_and_told_apart_from_what_is_overdue() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.visit("A", "2026-05-05", "Q")

    assert lists(bureau, "2026-09-30") == {
        "open": ["Q|A|2026-09-30", "Q|A|2026-12-31"],
        "overdue": ["Q|A|2026-03-31"],
        "unreadable": [],
    }
    assert found(bureau, today="2026-01-01") == dict.fromkeys(found(bureau), "0/1")


def test_what_lies_after_today_was_not_done() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.visit("A", "2026-03-20", "Q")

    assert found(bureau, today="2026-03-19")["Q|A|2026-03-31"] == "0/1"
    assert found(bureau, today="2026-03-20")["Q|A|2026-03-31"] == "1/1"


def test_the_window_of_a_month_is_not_longer_where_its_last_day_is_off() -> None:
    bureau = Ruled()
    bureau.item("M", MONTHLY)
    bureau.thing("A")
    bureau.visit("A", "2026-06-01", "M")  # Monday after Sunday, 31 May

    may = found(bureau, days("2026-05-01", "2026-06-30"))
    assert may == {"M|A|2026-05-31": "0/1", "M|A|2026-06-30": "1/1"}


# ── who and what is asked ──────────────────────────────────────────────────────────


def test_an_object_that_ended_or_is_exempt_on_the_due_day_is_not_asked() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    for name in ("closed", "exempt", "not for Q", "not for R", "young"):
        bureau.thing(name, since="2026-03-31" if name == "young" else "2020-01-01")
    march, may = date(2026, 3, 30), date(2026, 5, 1)
    bureau.record(
        ObjectClosed(object=an_id("closed"), valid_to=march, reason="x"),
        ObjectExempted(object=an_id("exempt"), reason="x", valid_from=march, valid_to=may),
        ObjectExempted(object=an_id("not for Q"), reason="x", valid_from=march, item="Q"),
        ObjectExempted(object=an_id("not for R"), reason="x", valid_from=march, item="R"),
    )

    assert set(found(bureau, days("2026-03-01", "2026-06-30"))) == {
        "Q|not for R|2026-03-31",
        "Q|young|2026-03-31",
        "Q|exempt|2026-06-30",
        "Q|not for R|2026-06-30",
        "Q|young|2026-06-30",
    }


def test_only_items_that_are_plannable_and_in_force_on_the_due_day_ask() -> None:
    bureau = Ruled()
    bureau.thing("A")
    bureau.item("ends", QUARTERLY)
    bureau.record(ItemWithdrawn(item="ends", valid_to=date(2026, 6, 29), reason="x"))
    bureau.item("begins", QUARTERLY, since="2026-09-30")
    bureau.item("never", QUARTERLY, plannable=False)
    bureau.item("event", {"mode": "on_event"})
    bureau.item("strange", {"mode": "min", "count": "often"})

    keys = set(found(bureau))
    assert keys == {"ends|A|2026-03-31", "begins|A|2026-09-30", "begins|A|2026-12-31"}
    assert lists(bureau, "2026-12-31")["unreadable"] == [
        "strange: count and per of {'mode': 'min', 'count': 'often'}"
    ]


def test_merged_objects_are_one_with_all_that_was_done_under_any_name() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.thing("B")
    bureau.visit("A", "2026-02-02", "Q")
    bureau.visit("B", "2026-05-05", "Q")
    merged = ObjectMerged(object=an_id("A"), into=an_id("B"), valid_from=date(2026, 7, 1))
    bureau.record(merged)

    assert found(bureau, days("2026-01-01", "2026-09-30")) == {
        "Q|B|2026-03-31": "1/1",
        "Q|B|2026-06-30": "1/1",
        "Q|B|2026-09-30": "0/1",
    }


def test_an_inspection_that_is_not_effective_does_nothing() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.visit("A", "2026-02-02", "Q", unanswered=("GE-1",))

    assert found(bureau, days("2026-01-01", "2026-03-31")) == {"Q|A|2026-03-31": "0/1"}


def test_an_object_that_became_another_is_asked_as_what_it_is_on_the_due_day() -> None:
    bureau = Ruled()
    bureau.item("shops", QUARTERLY, "shop")
    bureau.item("agents", QUARTERLY, "agent")
    bureau.thing("A", "shop")
    bureau.thing("A", "agent", "2026-04-01", revised=True)

    half = days("2026-01-01", "2026-06-30")
    assert set(found(bureau, half)) == {"shops|A|2026-03-31", "agents|A|2026-06-30"}


def test_filters_choose_objects_by_where_and_what_they_are_on_the_due_day() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A", township=T1, village=f"{T1}201")
    bureau.thing("B", township=T2, domain="charity")
    bureau.thing("A", since="2026-05-01", revised=True, township=T2)

    half = days("2026-01-01", "2026-06-30")
    assert set(found(bureau, half, township=T1)) == {"Q|A|2026-03-31"}
    assert set(found(bureau, half, township=T2)) == {
        "Q|A|2026-06-30", "Q|B|2026-03-31", "Q|B|2026-06-30",
    }  # fmt: skip
    assert set(found(bureau, half, domain="charity")) == {"Q|B|2026-03-31", "Q|B|2026-06-30"}
    assert set(found(bureau, half, village=f"{T1}201")) == {"Q|A|2026-03-31"}


def test_an_officer_is_credited_with_his_own_inspections() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.visit("A", "2026-02-02", "Q")

    first = days("2026-01-01", "2026-03-31")
    assert found(bureau, first, officer=an_id("Chen")) == {"Q|A|2026-03-31": "1/1"}
    assert found(bureau, first, officer=an_id("Wu")) == {"Q|A|2026-03-31": "0/1"}


def test_due_dates_on_the_first_and_the_last_day_of_the_period_are_in_it() -> None:
    rule = {"mode": "deadline", "days": 10, "unit": "day", "frm": "record_filing"}
    bureau = Ruled()
    bureau.item("D", rule)
    bureau.thing("A", attributes={"record_filed_on": "2026-03-02"})  # due on the 12th, a Thursday
    key = "D|A|2026-03-12"

    assert set(found(bureau, days("2026-03-12", "2026-03-31"))) == {key}
    assert set(found(bureau, days("2026-03-01", "2026-03-12"))) == {key}
    assert found(bureau, days("2026-03-13", "2026-03-31")) == {}
    assert found(bureau, days("2026-03-01", "2026-03-11")) == {}


def test_a_deadline_is_asked_on_the_days_of_its_item_and_met_from_its_first_day_on() -> None:
    rule = {"mode": "deadline", "days": 10, "unit": "day", "frm": "record_filing"}
    told = {"record_filed_on": "2026-03-02"}
    for since, until, expected in (
        ("2026-03-12", "2026-12-31", {"D|A|2026-03-12"}),
        ("2026-03-13", "2026-12-31", set()),
        ("2020-01-01", "2026-03-12", {"D|A|2026-03-12"}),
        ("2020-01-01", "2026-03-11", set()),
    ):
        bureau = Ruled()
        bureau.item("D", rule, since=since)
        bureau.record(ItemWithdrawn(item="D", valid_to=date.fromisoformat(until), reason="x"))
        bureau.thing("A", attributes=told)
        assert set(found(bureau)) == expected

    for day, part in (("2026-03-01", "0/1"), ("2026-03-02", "1/1"), ("2026-03-12", "1/1")):
        bureau = Ruled()
        bureau.item("D", rule)
        bureau.thing("A", attributes=told)
        bureau.visit("A", day, "D")
        assert found(bureau) == {"D|A|2026-03-12": part}


def test_who_is_exempt_of_a_deadline_does_not_hide_the_next() -> None:
    rule = {"mode": "deadline", "days": 10, "unit": "day", "frm": "record_filing"}
    bureau = Ruled()
    bureau.item("D", rule)
    bureau.thing("A", attributes={"record_filed_on": "2026-03-02"})
    bureau.thing(
        "A", since="2026-05-01", revised=True, attributes={"record_filed_on": "2026-06-01"}
    )
    bureau.record(ObjectExempted(an_id("A"), "x", date(2026, 3, 12), date(2026, 3, 12), "D"))

    assert set(found(bureau)) == {"D|A|2026-06-11"}


# ── samples and deadlines ──────────────────────────────────────────────────────────


def test_a_sample_asks_for_so_many_distinct_objects() -> None:
    bureau = Ruled()
    bureau.item("S", {"mode": "sample_min", "fraction": 0.3, "per": "year"}, "shop", "agent")
    for name in "ABCD":
        bureau.thing(name, "shop" if name < "C" else "agent")
    bureau.visit("A", "2026-02-02", "S")
    bureau.visit("A", "2026-03-02", "S")

    assert found(bureau) == {"S|*|2026-12-31": "1/2"}  # 30 % of four is 1.2
    measured = requirement_coverage(bureau.asked())
    assert measured.by["item"]["S"].denominator == 2
    assert measured.by["township"] == {}


def test_a_deadline_is_counted_in_working_days_from_a_date_of_the_object() -> None:
    rule = {"mode": "deadline", "days": 3, "unit": "working_day", "frm": "record_filing"}
    bureau = Ruled()
    bureau.item("D", rule)
    filed = {"record_filed_on": "2026-09-29"}  # a Tuesday before the October holiday
    bureau.thing("A", attributes=filed)
    bureau.thing("B", attributes=filed)
    bureau.thing("C", attributes={"record_filed_on": "soon"})
    bureau.thing("D", attributes={})
    for day in range(1, 8):
        bureau.record(CalendarDayDeclared(date(2026, 10, day), "holiday"))
    bureau.visit("A", "2026-10-09", "D")  # 30 September, 8 and 9 October
    bureau.visit("B", "2026-10-12", "D")

    assert found(bureau) == {"D|A|2026-10-09": "1/1", "D|B|2026-10-09": "0/1"}


# ── rechecks ───────────────────────────────────────────────────────────────────────


def home(since: str = "2026-01-05", **attributes: str) -> Ruled:
    bureau = Ruled()
    bureau.item("R", BY_CLASS, HOME)
    bureau.thing("H", HOME, since, attributes=attributes)
    return bureau


def test_a_recheck_is_due_a_year_after_the_last_or_half_a_year() -> None:
    told = {"confirmed_on": "2025-06-10", "last_recheck_on": "2026-01-14"}
    stable, unsteady = home(**told), home(**told, **{"class": "B"})

    assert found(stable, days("2026-01-01", "2027-12-31")) == {"R|H|2027-01-14": "0/1"}
    assert found(unsteady, today="2026-05-01") == {"R|H|2026-07-14": "0/1"}


def test_a_recheck_due_on_a_day_off_is_in_time_on_the_next_working_day() -> None:
    bureau = home(last_recheck_on="2025-05-30")  # 30 May 2026 is a Saturday
    bureau.visit("H", "2026-06-01", "R")

    assert found(bureau) == {"R|H|2026-06-01": "1/1"}


def test_a_recheck_done_early_moves_the_next_and_one_done_late_stays_missed() -> None:
    early = home(last_recheck_on="2025-06-10")
    early.visit("H", "2026-03-10", "R")
    late = home(last_recheck_on="2025-06-10")
    late.visit("H", "2026-09-10", "R")

    span = days("2026-01-01", "2028-12-31")
    assert found(early, span, "2026-12-31") == {"R|H|2026-06-10": "1/1", "R|H|2027-03-10": "0/1"}
    assert found(late, span, "2026-12-31") == {"R|H|2026-06-10": "0/1", "R|H|2027-09-10": "0/1"}


def test_a_household_nobody_visits_misses_one_recheck_however_long() -> None:
    bureau = home("2020-01-01", last_recheck_on="2023-06-12")

    assert found(bureau, days("2024-01-01", "2026-12-31")) == {"R|H|2024-06-12": "0/1"}
    assert found(bureau, days("2025-01-01", "2026-12-31")) == {}


def test_an_officer_is_credited_with_his_rechecks_and_no_due_date_is_his_own() -> None:
    bureau = home(last_recheck_on="2025-06-10")
    bureau.visit("H", "2026-03-10", "R", crew=crew("Chen", "Li"))

    span = days("2026-01-01", "2027-12-31")
    for officer, credited in (("Chen", "1/1"), ("Wu", "0/1")):
        assert found(bureau, span, officer=an_id(officer)) == {
            "R|H|2026-06-10": credited,
            "R|H|2027-03-10": "0/1",
        }


def test_a_class_that_changes_is_rechecked_by_the_class_of_the_due_day() -> None:
    bureau = home("2025-01-01", last_recheck_on="2025-11-03", **{"class": "A"})
    change = {"class": "B", "last_recheck_on": "2025-11-03"}
    bureau.thing("H", HOME, "2026-07-01", revised=True, attributes=change)

    # half a year after 3 November was over when the class began: due at once
    assert list(found(bureau, today="2026-06-30")) == ["R|H|2026-07-01"]

    back = home("2025-01-01", last_recheck_on="2026-01-05", **{"class": "B"})
    attributes = {"class": "A", "last_recheck_on": "2026-01-05"}
    back.thing("H", HOME, "2026-04-01", revised=True, attributes=attributes)
    assert found(back, days("2026-01-01", "2027-12-31"), "2026-12-31") == {"R|H|2027-01-05": "0/1"}


def test_without_any_date_rechecks_are_counted_from_the_listing() -> None:
    assert found(home(), days("2026-01-01", "2027-12-31")) == {"R|H|2027-01-05": "0/1"}
    assert found(home(last_recheck_on="long ago"), days("2027-01-01", "2027-12-31")) == {
        "R|H|2027-01-05": "0/1"
    }


# ── plans ──────────────────────────────────────────────────────────────────────────


def line(required: float, per: str, **other: str) -> dict[str, Any]:
    return {"item": "Q", "object_type": "shop", "required": required, "per": per, **other}


def test_a_plan_that_asks_for_more_holds_on_its_days() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.plan("2026-04-01", "2026-09-30", line(3, "quarter"))

    assert list(found(bureau).values()) == ["0/1", "0/3", "0/3", "0/1"]


def test_a_plan_that_asks_for_less_takes_nothing_away() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.plan("2026-01-01", "2026-12-31", line(2, "year"))

    assert list(found(bureau).values()) == ["0/1"] * 4


def test_a_stronger_plan_with_other_windows_stands_in_place_of_the_rule() -> None:
    bureau = Ruled()
    bureau.item("Q", YEARLY)
    bureau.thing("A")
    bureau.plan("2026-01-01", "2026-12-31", line(1, "half_year"))

    assert set(found(bureau)) == {"Q|A|2026-06-30", "Q|A|2026-12-31"}


def test_the_window_of_a_plan_ends_with_the_plan() -> None:
    bureau = Ruled()
    bureau.item("Q", {"mode": "on_event"})
    bureau.thing("A")
    bureau.plan("2026-02-10", "2026-11-30", line(2, "year"), {"item": "Q"})

    assert found(bureau) == {"Q|A|2026-11-30": "0/2"}
    assert len(lists(bureau, "2026-12-31")["unreadable"]) == 1


def test_a_plan_asks_only_while_its_item_is_in_force() -> None:
    bureau = Ruled()
    bureau.item("Q", {"mode": "on_event"})
    bureau.record(ItemWithdrawn(item="Q", valid_to=date(2026, 6, 30), reason="x"))
    bureau.thing("A")
    bureau.plan("2026-01-01", "2026-12-31", line(1, "quarter"))

    assert set(found(bureau)) == {"Q|A|2026-03-31", "Q|A|2026-06-30"}


def test_a_line_that_asks_for_nothing_is_named() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.plan("2026-01-01", "2026-12-31", line(0.5, "year"), {**line(1, "year"), "item": "?"})

    assert list(found(bureau).values()) == ["0/1"] * 4
    assert [one.partition(": ")[2] for one in lists(bureau, "2026-12-31")["unreadable"]] == [
        "a share of Q, which is no sample",
        "no item ? that can be planned",
    ]


def test_a_plan_for_a_township_asks_there_only() -> None:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.thing("A", township=T1)
    bureau.thing("B", township=T2)
    bureau.plan("2026-01-01", "2026-03-31", line(2, "quarter", township=T2))

    assert found(bureau, days("2026-01-01", "2026-03-31")) == {
        "Q|A|2026-03-31": "0/1",
        "Q|B|2026-03-31": "0/2",
    }


def test_a_plan_for_a_sample_asks_for_distinct_objects_or_a_share() -> None:
    bureau = Ruled()
    bureau.item("Q", {"mode": "sample_min", "fraction": 0.1, "per": "year"})
    for name in "ABCDE":
        bureau.thing(name)
    bureau.plan("2026-01-01", "2026-12-31", line(2, "year"))
    bureau.plan("2026-01-02", "2026-12-31", line(0.5, "year", township=T1))

    assert found(bureau) == {
        "Q|*|2026-12-31": "0/1",
        "Q|*shop|2026-12-31": "0/2",
        f"Q|*shop@{T1}|2026-12-31": "0/3",
    }


def test_a_plan_for_a_sample_asks_in_its_days_while_the_item_is_in_force() -> None:
    bureau = Ruled()
    bureau.item("Q", {"mode": "sample_min", "fraction": 0.5, "per": "year"}, since="2026-02-28")
    bureau.record(ItemWithdrawn(item="Q", valid_to=date(2026, 4, 30), reason="x"))
    bureau.thing("A")
    bureau.thing("B", "agent")
    bureau.plan("2026-01-10", "2026-05-10", line(1, "month"))
    bureau.plan("2026-03-31", "2026-03-31", line(1, "month", township=T1))
    bureau.plan("2026-01-11", "2026-05-10", line(1, "month", object_type="agent"))  # not of Q

    assert found(bureau) == {
        "Q|*shop|2026-02-28": "0/1",
        "Q|*shop|2026-03-31": "0/1",
        "Q|*shop|2026-04-30": "0/1",
        f"Q|*shop@{T1}|2026-03-31": "0/1",
    }
    by = requirement_coverage(bureau.asked()).by["domain"]
    assert set(by) == {"funeral"}


# ── patrols ────────────────────────────────────────────────────────────────────────


def test_passes_of_patrols_are_asked_like_inspections() -> None:
    bureau = Ruled()
    bureau.item("P", LEVELS, "hotspot", "street_segment", domain="social_assistance")
    bureau.thing("S", "hotspot", attributes={"key_slots": ["06:00-08:00"]})
    bureau.item("Q", QUARTERLY)
    bureau.thing("A")
    bureau.walk("2026-03-30 07:00", "S")

    measured = requirement_coverage(bureau.asked(days("2026-03-30", "2026-03-31")))
    assert bureau.told(measured.figure) == {
        "P|S|2026-03-30|06:00-08:00": "1/1",
        "P|S|2026-03-31|06:00-08:00": "0/1",
        "Q|A|2026-03-31": "0/1",
    }
    assert bureau.told(measured.figures["inspections"]) == {"Q|A|2026-03-31": "0/1"}
    assert measured.by["item"]["P"].rate == 1 / 2


# ── laws ───────────────────────────────────────────────────────────────────────────

visits = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]),
        st.integers(0, 364),
        st.sampled_from([("Q",), ("M",), ("Q", "S"), ("other",)]),
    ),
    max_size=8,
)


def drawn(made: list[tuple[str, int, tuple[str, ...]]]) -> Ruled:
    bureau = Ruled()
    bureau.item("Q", QUARTERLY)
    bureau.item("M", {"mode": "min", "count": 2, "per": "month"})
    bureau.item("S", {"mode": "sample_min", "fraction": 0.5, "per": "half_year"})
    for name in "ABC":
        bureau.thing(name)
    for thing, day, items in made:
        bureau.visit(thing, (YEAR.start + timedelta(days=day)).isoformat(), *items)
    return bureau


@settings(max_examples=40, deadline=None)
@given(visits, visits)
def test_another_inspection_never_lowers_a_figure(
    some: list[tuple[str, int, tuple[str, ...]]], more: list[tuple[str, int, tuple[str, ...]]]
) -> None:
    before = requirement_coverage(drawn(some).asked())
    after = requirement_coverage(drawn([*some, *more]).asked())

    assert [part.key for part in after.figure.parts] == [part.key for part in before.figure.parts]
    assert all(
        one.done <= other.done
        for one, other in zip(before.figure.parts, after.figure.parts, strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(visits, st.integers(0, 363))
def test_two_halves_of_a_period_ask_for_what_the_whole_asks(
    made: list[tuple[str, int, tuple[str, ...]]], cut: int
) -> None:
    bureau = drawn(made)
    middle = YEAR.start + timedelta(days=cut)
    halves = [
        *requirement_coverage(bureau.asked(Span(YEAR.start, middle))).figure.parts,
        *requirement_coverage(
            bureau.asked(Span(middle + timedelta(days=1), YEAR.end))
        ).figure.parts,
    ]

    whole = requirement_coverage(bureau.asked()).figure.parts
    assert sorted(halves, key=lambda part: part.key) == list(whole)
