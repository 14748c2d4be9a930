"""待办清单: the next thing due of each item and object, the oldest first, with its reason."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.checklists import Words
from events.office import CalendarDayDeclared
from events.register import ItemWithdrawn, ObjectClosed, ObjectExempted, ObjectMerged
from projections.asked import Basis
from projections.due_lists import Due, due_list, next_due, waited_longest
from projections.objects import Place
from projections.question import Filters, Question
from projections.reasons import said
from projections.spans import Span
from tests.histories import an_id
from tests.ruled import LEVELS, T1, T2, Ruled

HOME = "low_income_household"
YEARLY = {"mode": "min", "count": 1, "per": "year", "basis": "the act, art. 5"}
MONTHLY = {"mode": "min", "count": 1, "per": "month"}
BY_CLASS = {
    "mode": "min_by_class",
    "classes": {
        "经济状况短期变化不大": {"count": 1, "per": "year"},
        "收入来源不固定且有劳动能力": {"count": 1, "per": "half_year"},
    },
    "basis": "art. 31",
}


def asked(bureau: Ruled, today: str, **filters: str) -> Question:
    day = date.fromisoformat(today)
    return bureau.asked(Span(day, day), today, Filters(**filters))


def due(bureau: Ruled, today: str, until: str = "2027-12-31", **other: Any) -> list[Due]:  # noqa: ANN401
    return due_list(asked(bureau, today), date.fromisoformat(until), **other)


def told(bureau: Ruled, rows: list[Due]) -> list[tuple[str, str, str, str, int]]:
    return [
        (
            one.item,
            bureau.names.get(one.object, one.object),
            one.due_on.isoformat(),
            f"{one.done}/{one.required}",
            one.overdue_days,
        )
        for one in rows
    ]


def monthly() -> Ruled:
    bureau = Ruled()
    bureau.item("M", MONTHLY)
    bureau.thing("A")
    return bureau


# ── windows ────────────────────────────────────────────────────────────────────────


def test_due_is_the_window_that_runs_by_its_last_working_day() -> None:
    bureau = monthly()
    bureau.visit("A", "2026-04-30", "M")

    assert told(bureau, due(bureau, "2026-05-15")) == [("M", "A", "2026-05-29", "0/1", 0)]


def test_what_was_done_is_due_again_in_the_next_window() -> None:
    bureau = monthly()
    bureau.visit("A", "2026-05-15", "M")

    assert told(bureau, due(bureau, "2026-05-15")) == [("M", "A", "2026-06-30", "0/1", 0)]


def test_a_window_that_was_missed_is_overdue_until_somebody_comes() -> None:
    bureau = monthly()
    assert told(bureau, due(bureau, "2026-06-05")) == [("M", "A", "2026-05-29", "0/1", 5)]

    bureau.visit("A", "2026-06-06", "M")
    assert told(bureau, due(bureau, "2026-06-06")) == [("M", "A", "2026-07-31", "0/1", 0)]


def test_one_of_two_that_were_asked_is_still_due() -> None:
    bureau = Ruled()
    bureau.item("I", {"mode": "min", "count": 2, "per": "half_year"})
    bureau.thing("A", since="2026-01-01")
    bureau.visit("A", "2026-05-15", "I")

    assert told(bureau, due(bureau, "2026-05-15")) == [("I", "A", "2026-06-30", "1/2", 0)]


def test_an_object_that_did_not_count_when_a_window_ended_missed_nothing() -> None:
    bureau = Ruled()
    bureau.item("M", MONTHLY)
    bureau.thing("new", since="2026-06-01")
    bureau.thing("gone")
    bureau.thing("exempt")
    bureau.thing("not for M")
    bureau.record(
        ObjectClosed(object=an_id("gone"), valid_to=date(2026, 6, 1), reason="x"),
        ObjectExempted(object=an_id("exempt"), reason="x", valid_from=date(2026, 1, 1)),
        ObjectExempted(
            object=an_id("not for M"), reason="x", valid_from=date(2026, 1, 1), item="M"
        ),
    )

    assert told(bureau, due(bureau, "2026-06-05")) == [("M", "new", "2026-06-30", "0/1", 0)]


def test_what_was_done_under_a_merged_name_is_done() -> None:
    bureau = monthly()
    bureau.thing("B")
    bureau.visit("B", "2026-05-15", "M")
    merged = ObjectMerged(object=an_id("B"), into=an_id("A"), valid_from=date(2026, 5, 20))
    bureau.record(merged)

    rows = told(bureau, due(bureau, "2026-05-20"))
    assert rows == [("M", "A", "2026-06-30", "0/1", 0)]
    found = next_due(asked(bureau, "2026-05-20"), [an_id("A")])
    assert told(bureau, list(found.values())) == rows


# ── terms, samples, patrols ────────────────────────────────────────────────────────


def home(last: str) -> Ruled:
    bureau = Ruled()
    bureau.item("R", BY_CLASS, HOME)
    bureau.thing("H", HOME, attributes={"last_recheck_on": last, "class": "B"})
    return bureau


def test_a_recheck_is_overdue_from_the_first_that_was_missed() -> None:
    bureau = home("2025-02-03")
    assert told(bureau, due(bureau, "2026-03-04")) == [("R", "H", "2025-08-04", "0/1", 212)]

    bureau.visit("H", "2026-03-04", "R")
    assert told(bureau, due(bureau, "2026-03-04")) == [("R", "H", "2026-09-04", "0/1", 0)]


def test_a_deadline_is_overdue_until_it_is_met_and_then_never_due_again() -> None:
    bureau = Ruled()
    bureau.item("D", {"mode": "deadline", "days": 20})
    bureau.thing("A", attributes={"record_filed_on": "2026-01-05"})
    assert told(bureau, due(bureau, "2026-02-05")) == [("D", "A", "2026-02-02", "0/1", 3)]

    bureau.visit("A", "2026-02-06", "D")
    assert due(bureau, "2026-02-06") == []


def test_a_sample_is_due_as_a_whole() -> None:
    bureau = Ruled()
    bureau.item("S", {"mode": "sample_min", "fraction": 0.5, "per": "year"})
    for name in "ABC":
        bureau.thing(name)
    bureau.visit("A", "2026-02-02", "S")

    rows = due(bureau, "2026-03-01")
    assert told(bureau, rows) == [("S", "*", "2026-12-31", "1/2", 0)]
    assert rows[0].place is None


def test_a_place_to_patrol_is_due_today_and_then_tomorrow() -> None:
    bureau = Ruled()
    bureau.item("P", LEVELS, "hotspot", "street_segment")
    bureau.thing("S", "hotspot", attributes={"key_slots": ["06:00-08:00", "20:00-22:00"]})
    bureau.thing("lane", "street_segment")
    bureau.walk("2026-03-07 07:00", "S")
    assert told(bureau, due(bureau, "2026-03-07")) == [
        ("P", "S", "2026-03-07", "1/2", 0),
        ("P", "lane", "2026-03-08", "0/1", 0),
    ]

    bureau.walk("2026-03-07 21:00", "S", "lane")
    assert told(bureau, due(bureau, "2026-03-07")) == [
        ("P", "S", "2026-03-08", "0/2", 0),
        ("P", "lane", "2026-03-15", "0/1", 0),
    ]


def test_a_window_that_ends_today_is_due_and_overdue_tomorrow() -> None:
    bureau = monthly()
    bureau.visit("A", "2026-05-04", "M")  # the window of June ends on Tuesday the 30th

    (today,) = due(bureau, "2026-06-30")
    place = Place(date(2020, 1, 1), "shop", "funeral", T1, "")
    assert (today.window, today.due_on, today.overdue_days) == (
        Span(date(2026, 6, 1), date(2026, 6, 30)), date(2026, 6, 30), 0,
    )  # fmt: skip
    assert (today.place, today.domain, today.basis.mode) == (place, "funeral", "min")
    (tomorrow,) = due(bureau, "2026-07-01")
    assert (tomorrow.due_on, tomorrow.overdue_days) == (date(2026, 6, 30), 1)


def test_a_window_is_due_by_its_last_working_day_and_overdue_once_it_has_ended() -> None:
    bureau = monthly()
    bureau.visit("A", "2026-04-30", "M")  # 31 May is a Sunday: due by Friday the 29th

    found = {day: due(bureau, day)[0] for day in ("2026-05-29", "2026-05-31", "2026-06-01")}
    assert [one.due_on.isoformat() for one in found.values()] == ["2026-05-29"] * 3
    assert [one.overdue_days for one in found.values()] == [0, 0, 1]


@pytest.mark.parametrize("today", ["2026-03-01", "2026-03-31"])
def test_a_sample_and_a_patrol_are_asked_on_the_first_and_the_last_day(today: str) -> None:
    bureau = Ruled()
    bureau.item("S", {"mode": "sample_min", "fraction": 1, "per": "month"})
    bureau.item("P", LEVELS, "hotspot", since="2026-03-01")
    bureau.record(ItemWithdrawn(item="P", valid_to=date(2026, 3, 31), reason="x"))
    bureau.thing("A")
    bureau.thing("S", "hotspot", attributes={"key_slots": ["06:00-08:00"]})

    shown = {one.item: one for one in due(bureau, today)}
    assert "P" in shown
    assert shown["S"].window == Span(date(2026, 3, 1), date(2026, 3, 31))
    assert "P" not in {one.item for one in due(bureau, "2026-02-28")}
    assert "P" not in {one.item for one in due(bureau, "2026-04-01")}


# ── the list ───────────────────────────────────────────────────────────────────────


def mixed() -> Ruled:
    bureau = home("2025-02-03")
    bureau.item("M", MONTHLY)
    bureau.item("Y", YEARLY, since="2026-01-01")
    bureau.thing("A", village=f"{T1}201")
    bureau.thing("B", township=T2, domain="charity")
    bureau.visit("B", "2026-03-02", "M")
    return bureau


def test_the_list_is_by_due_date_and_reaches_thirty_days_on() -> None:
    bureau = mixed()

    rows = due_list(asked(bureau, "2026-04-02"))
    assert told(bureau, rows) == [
        ("R", "H", "2025-08-04", "0/1", 241),
        ("M", "A", "2026-03-31", "0/1", 2),
        ("M", "B", "2026-04-30", "0/1", 0),
    ]
    assert [one.order for one in rows] == sorted(one.order for one in rows)


def test_the_list_can_be_chosen_from() -> None:
    bureau = mixed()

    def names(rows: list[Due]) -> list[str]:
        return [bureau.names[one.object] for one in rows]

    assert names(due(bureau, "2026-04-02", "2026-04-30", overdue=True)) == ["H", "A"]
    assert names(due(bureau, "2026-04-02", "2026-04-30", object_type=HOME)) == ["H"]
    assert names(due(bureau, "2026-04-02", "2026-03-31")) == ["H", "A"]
    assert names(due_list(asked(bureau, "2026-04-02", township=T2))) == ["B"]
    assert names(due_list(asked(bureau, "2026-04-02", village=f"{T1}201"))) == ["A"]
    assert names(due_list(asked(bureau, "2026-04-02", domain="charity"))) == ["B"]


def test_the_soonest_of_an_object_is_the_first_of_its_list() -> None:
    bureau = mixed()
    question = asked(bureau, "2026-04-02")

    found = next_due(question, [an_id(name) for name in "AB"])
    whole = due(bureau, "2026-04-02")
    assert found == {
        an_id(name): next(one for one in whole if one.object == an_id(name)) for name in "AB"
    }
    assert next_due(question, []) == {}


def test_reasons_are_said_in_both_languages() -> None:
    bureau = mixed()
    bureau.plan("2026-01-01", "2026-12-31",
                {"item": "Y", "object_type": "shop", "required": 3, "per": "year"})  # fmt: skip
    reasons = {one.item: said(one.basis) for one in due(bureau, "2026-04-02")}

    assert reasons["M"].zh == "每月至少1次"
    assert reasons["M"].en == "1 in a month"
    assert reasons["Y"].en == "3 in a year; plan “The plan”; the act, art. 5"
    assert reasons["R"].zh == "距上次复核半年内；收入来源不固定且有劳动能力；art. 31"


def test_each_row_tells_its_rule_and_what_it_rests_on() -> None:
    bureau = Ruled()
    act = {"basis": "the act", "basis_zh": "某法"}
    bureau.item("D", {"mode": "deadline", "days": 20, "unit": "working_day", **act})
    bureau.item("E", {"mode": "deadline", "days": 30, "unit": "day", **act})
    bureau.item("P", {**LEVELS, **act}, "hotspot")
    bureau.item("S", {"mode": "sample_min", "fraction": 0.5, "per": "year", **act}, "agent")
    bureau.thing("A", attributes={"record_filed_on": "2026-01-05"})
    bureau.thing("H", "hotspot", attributes={"key_slots": ["06:00-08:00"]})
    bureau.thing("B", "agent")
    bureau.plan("2026-01-01", "2026-12-31",
                {"item": "S", "object_type": "agent", "required": 1, "per": "year"})  # fmt: skip

    rows = due(bureau, "2026-01-05")

    words = Words("某法", "the act")
    assert {(one.item, one.basis.mode): one.basis for one in rows} == {
        ("D", "deadline"): Basis("deadline", 20, "working_day", words),
        ("E", "deadline"): Basis("deadline", 30, "day", words),
        ("P", "min_by_level"): Basis("min_by_level", 1, "day", words, group="hotspot"),
        ("S", "sample_min"): Basis("sample_min", 0, "year", words),
        ("S", "plan"): Basis("plan", 1, "year", words, "The plan"),
    }
    assert {one.item: (one.due_on, one.domain) for one in rows} == {
        "D": (date(2026, 2, 2), "funeral"),
        "E": (date(2026, 2, 4), "funeral"),
        "P": (date(2026, 1, 5), "funeral"),
        "S": (date(2026, 12, 31), "funeral"),
    }
    (patrol,) = (one for one in rows if one.item == "P")
    assert patrol.window == Span(date(2026, 1, 5), date(2026, 1, 5))
    assert patrol.place is not None


@pytest.mark.parametrize(
    ("basis", "zh", "en"),
    [
        (Basis("min", 2, "half_year"), "每半年至少2次", "2 in a half-year"),
        (Basis("min", 3, ""), "计划期内至少3次", "3 in the plan's days"),
        (Basis("min", 1, "decade"), "decade至少1次", "1 in decade"),  # quoted as it stands
        (
            Basis("min_by_class", 1, "5_years"),
            "距上次复核五年内",
            "within five years of the last recheck",
        ),
        (
            Basis("min_by_class", 1, "decade"),
            "距上次复核decade内",
            "within decade of the last recheck",
        ),
        (Basis("sample_min", 0, "quarter"), "每季度按比例抽查", "a sample in a quarter"),
        (Basis("deadline", 20, "working_day"), "20个工作日内完成", "within 20 working days"),
        (Basis("deadline", 30, "day"), "30日内完成", "within 30 days"),
        (
            Basis("min_by_level", 1, "week", group="other"),
            "每周至少巡查1次；一般路段",
            "1 passes in a week; other segment",
        ),
        (
            Basis("min", 1, "day", group="A"),
            "每日至少1次；A",
            "1 in a day; A",
        ),  # unknown: as it stands
        (
            Basis("min", 1, "year", Words("第五条", "art. 5"), "2026", "hotspot"),
            "每年至少1次；重点点位；检查计划《2026》；第五条",
            "1 in a year; hotspot; plan “2026”; art. 5",
        ),
    ],
)
def test_each_rule_is_said_in_both_languages(basis: Basis, zh: str, en: str) -> None:
    assert said(basis) == Words(zh, en)


def test_who_waited_longest_by_domain_and_township() -> None:
    bureau = Ruled()
    for name in "ABC":
        bureau.thing(name)
    bureau.thing("D", township=T2)
    bureau.visit("A", "2026-02-02")
    bureau.visit("B", "2026-01-05")
    bureau.visit("B", "2026-05-05")

    found = waited_longest(asked(bureau, "2026-03-01"), 2)
    names = {
        place: [(bureau.names[one.object], str(one.last_on)) for one in waiting]
        for place, waiting in found.items()
    }
    assert names == {
        ("funeral", T1): [("C", "None"), ("B", "2026-01-05")],
        ("funeral", T2): [("D", "None")],
    }


def test_who_waited_longest_is_told_as_it_was_known_on_the_day() -> None:
    bureau = Ruled()
    for name in "ABCDEF":
        bureau.thing(name)
    for name, day in (("A", "2026-03-01"), ("B", "2026-03-02"), ("C", "2026-02-02")):
        bureau.visit(name, day)
    bureau.visit("C", "2026-03-05")

    ((_, waiting),) = waited_longest(asked(bureau, "2026-03-01")).items()
    assert len(waiting) == 5  # of six
    ((_, waiting),) = waited_longest(asked(bureau, "2026-03-01"), 9).items()
    told_of = {bureau.names[one.object]: one.last_on for one in waiting}
    assert told_of == {
        "A": date(2026, 3, 1), "B": None, "C": date(2026, 2, 2), "D": None, "E": None, "F": None,
    }  # fmt: skip
    assert [bureau.names[one.object] for one in waiting][-2:] == ["C", "A"]


@settings(max_examples=40, deadline=None)
@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=40),
    st.sampled_from(["week", "month", "quarter", "half_year", "year"]),
)
def test_nothing_is_due_on_a_day_off(today: date, off: set[date], per: str) -> None:
    bureau = Ruled()
    bureau.item("I", {"mode": "min", "count": 1, "per": per})
    bureau.item("R", BY_CLASS, HOME)
    bureau.item("D", {"mode": "deadline", "days": 20})
    bureau.thing("A", attributes={"record_filed_on": "2026-01-05"})
    bureau.thing("H", HOME, attributes={"last_recheck_on": "2025-08-31"})
    for day in sorted(off):
        bureau.record(CalendarDayDeclared(day, "holiday"))

    question = asked(bureau, today.isoformat())
    rows = due_list(question, date.max)
    assert rows
    assert all(question.calendar.is_working(one.due_on) for one in rows)


@pytest.mark.parametrize("overdue", [True, False])
def test_where_nothing_is_asked_nothing_is_due(*, overdue: bool) -> None:
    bureau = Ruled()
    bureau.thing("A")

    assert due(bureau, "2026-03-01", overdue=overdue) == []
