"""What items say about frequency: read into rules, never crashed on; windows of the calendar."""

from datetime import date
from fractions import Fraction
from importlib.resources import files
from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.frequency import (
    STABLE,
    UNSTEADY,
    ByClass,
    ByLevel,
    Deadline,
    Each,
    Line,
    OnEvent,
    Per,
    Sample,
    Unreadable,
    household_class,
    later,
    read,
    read_line,
    window,
    windows,
)
from projections.spans import Span

PERS: tuple[Per, ...] = get_args(Per)
LEVELS = {
    "hotspot": {"count": 1, "per": "day_per_key_slot"},
    "arterial": {"count": 1, "per": "day"},
    "other": {"count": 1, "per": "week"},
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
MEMBERS = ["mode", "count", "per", "fraction", "classes", "days", "unit", "frm", "multiplier"]
MODES = ["min", "min_by_class", "min_by_level", "sample_min", "deadline", "on_event"]


# ── rules ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("frequency", "rule"),
    [
        ({"mode": "min", "count": 2, "per": "half_year"}, Each(2, "half_year")),
        ({"mode": "sample_min", "fraction": 0.03, "per": "year"}, Sample(Fraction(3, 100), "year")),
        (
            {"mode": "deadline", "days": 20, "unit": "working_day", "frm": "record_filing"},
            Deadline(20, "record_filed_on"),
        ),
        ({"mode": "deadline", "days": 30, "unit": "day"}, Deadline(30, "record_filed_on", False)),
        (
            {"mode": "min_by_class", "classes": {STABLE: {"count": 1, "per": "year"}}},
            ByClass({STABLE: Each(1, "year")}),
        ),
        (
            {"mode": "min_by_level", "classes": LEVELS, "multiplier": {"special_weather": 3}},
            ByLevel(
                {
                    "hotspot": Each(1, "day", slots=True),
                    "arterial": Each(1, "day"),
                    "other": Each(1, "week"),
                },
                3,
            ),
        ),
        ({"mode": "on_event", "count": None, "per": None}, OnEvent()),
        ({}, OnEvent()),
    ],
)
def test_every_mode_is_read(frequency: dict[str, Any], rule: object) -> None:
    assert read(frequency) == rule


@pytest.mark.parametrize(
    "frequency",
    [
        {"mode": "sometimes"},
        {"mode": ["min"]},
        {"mode": "min", "count": 0, "per": "year"},
        {"mode": "min", "count": True, "per": "year"},
        {"mode": "min", "count": 1, "per": "decade"},
        {"mode": "min", "count": 10**9, "per": "day"},
        {"mode": "sample_min", "fraction": 1.5, "per": "year"},
        {"mode": "sample_min", "fraction": float("nan"), "per": "year"},
        {"mode": "min_by_class", "classes": {STABLE: {"count": 1, "per": "day"}}},
        {"mode": "min_by_level", "classes": {"other": "weekly"}},
        {"mode": "deadline", "days": 20, "frm": "full moon"},
    ],
)
def test_what_is_no_rule_is_named(frequency: dict[str, Any]) -> None:
    assert isinstance(read(frequency), Unreadable)


@pytest.mark.parametrize(
    ("frequency", "why"),
    [
        ({"mode": "sometimes"}, "mode 'sometimes'"),
        ({"mode": "x" * 200}, f"mode '{'x' * 74}"),
        ({"mode": "min", "basis": "x"}, "count and per of {'mode': 'min'}"),
        ({"mode": "min", "count": 0, "basis": "x"}, "count and per of {'mode': 'min', 'count': 0}"),
        (
            {"mode": "sample_min", "fraction": 2},
            "fraction and per of {'mode': 'sample_min', 'fraction': 2}",
        ),
        ({"mode": "deadline", "days": 0}, "days of {'mode': 'deadline', 'days': 0}"),
        ({"mode": "min_by_class"}, "classes of {'mode': 'min_by_class'}"),
        ({"mode": "min_by_level"}, "classes of {'mode': 'min_by_level'}"),
    ],
)
def test_what_is_no_rule_says_what_it_said(frequency: dict[str, Any], why: str) -> None:
    assert read(frequency) == Unreadable(why)


@pytest.mark.parametrize(
    ("multiplier", "times"),
    [({}, 1), ({"special_weather": 3}, 3), ({"special_weather": 0}, 1),
     ({"special_weather": "much"}, 1), ({"special_weather": True}, 1), (None, 1)],
)  # fmt: skip
def test_weather_multiplies_by_a_number_or_not_at_all(multiplier: object, times: int) -> None:
    assert read({"mode": "min_by_level", "classes": LEVELS, "multiplier": multiplier}) == ByLevel(
        {
            "hotspot": Each(1, "day", slots=True),
            "arterial": Each(1, "day"),
            "other": Each(1, "week"),
        },
        times,
    )


def test_no_classes_and_one_that_cannot_be_read_are_no_rule() -> None:
    fine = {"count": 1, "per": "year"}

    for mode in ("min_by_class", "min_by_level"):
        for classes in ({}, {STABLE: fine, UNSTEADY: {"count": 1}}, [fine]):
            assert isinstance(read({"mode": mode, "classes": classes}), Unreadable)


@pytest.mark.parametrize(
    ("fraction", "share"),
    [
        (1, Fraction(1)), (1.0, Fraction(1)), (0.5, Fraction(1, 2)), (0, None), (0.0, None),
        (-0.1, None), (1.01, None), (True, None), ("0.5", None), (None, None),
    ],
)  # fmt: skip
def test_a_share_is_more_than_nothing_and_no_more_than_all(
    fraction: object, share: Fraction | None
) -> None:
    rule = read({"mode": "sample_min", "fraction": fraction, "per": "year"})

    assert (rule.fraction if isinstance(rule, Sample) else None) == share


def test_every_item_of_the_bureau_is_understood() -> None:
    raw = files("events").joinpath("data", "items.json").read_bytes()
    items = msgspec.json.decode(raw)["items"]

    assert [one["code"] for one in items if isinstance(read(one["frequency"]), Unreadable)] == []


@given(
    st.fixed_dictionaries(
        {"mode": st.sampled_from(MODES)},
        optional={name: anything for name in MEMBERS if name != "mode"},
    )
    | st.dictionaries(st.sampled_from(MEMBERS), anything)
)
def test_no_data_make_the_reader_fall(frequency: dict[str, Any]) -> None:
    read(frequency)
    read_line(frequency)


def test_a_share_is_what_is_written_not_the_float_beside_it() -> None:
    seven = read({"mode": "sample_min", "fraction": 0.07, "per": "year"})

    assert isinstance(seven, Sample)
    assert [seven.of(objects) for objects in (0, 1, 100, 101)] == [0, 1, 7, 8]


# ── plans ──────────────────────────────────────────────────────────────────────────


def test_a_line_of_a_plan_asks_for_a_number_or_a_share() -> None:
    line = {"item": "X", "object_type": "shop", "required": 2, "per": "quarter"}

    assert read_line(line) == Line("X", "shop", 2, "quarter")
    assert read_line({**line, "required": 0.1}) == Line("X", "shop", 0, "quarter", Fraction(1, 10))
    assert read_line({**line, "township": "T"}) == Line("X", "shop", 2, "quarter", None, "T")
    assert read_line({**line, "per": None}) == Line("X", "shop", 2)
    assert read_line({**line, "per": "day_per_key_slot"}) == Line("X", "shop", 2, "day")
    del line["required"]
    assert read_line({**line, "count": 3}) == Line("X", "shop", 3, "quarter")
    assert read_line({**line, "required": 1, "count": 3}) == Line("X", "shop", 1, "quarter")


@pytest.mark.parametrize(
    "change", [{"item": None}, {"required": "two"}, {"required": -1}, {"per": "moon"}]
)
def test_a_line_that_is_none_is_named(change: dict[str, Any]) -> None:
    line = {"item": "X", "object_type": "shop", "required": 2, "per": "quarter", **change}

    assert read_line(line) == Unreadable(str(line))


# ── households ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"class": "A"}, STABLE),
        ({"class": "B"}, UNSTEADY),
        ({"class": "C"}, STABLE),
        ({"class": UNSTEADY}, UNSTEADY),
        ({"class_": STABLE, "income_class": "unfixed", "labour_capacity": True}, STABLE),
        ({"income_class": "unfixed", "labour_capacity": True}, UNSTEADY),
        ({"income_class": "unfixed", "labour_capacity": False}, STABLE),
        ({"income_class": "stable", "labour_capacity": True}, STABLE),
        ({"labour_capacity": True}, STABLE),
        ({"income_class": "unfixed", "labour": True}, UNSTEADY),
        ({"income_class": "unfixed", "labour": True, "labour_capacity": False}, STABLE),
        ({"class": "A", "income_class": "unfixed", "labour_capacity": True}, STABLE),
        ({"class": "C", "income_class": "unfixed", "labour_capacity": True}, STABLE),
        ({"class": ["B"]}, STABLE),
        ({}, STABLE),
    ],
)
def test_half_yearly_are_only_those_without_fixed_income_who_can_work(
    attributes: dict[str, Any], expected: str
) -> None:
    assert household_class(attributes) == expected


# ── windows ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("per", "day", "start", "end"),
    [
        ("day", "2026-02-28", "2026-02-28", "2026-02-28"),
        ("week", "2027-01-01", "2026-12-28", "2027-01-03"),  # ISO week 53 of 2026
        ("week", "2024-12-31", "2024-12-30", "2025-01-05"),  # ISO week 1 of 2025
        ("month", "2024-02-10", "2024-02-01", "2024-02-29"),
        ("month", "2026-02-10", "2026-02-01", "2026-02-28"),
        ("quarter", "2026-05-31", "2026-04-01", "2026-06-30"),
        ("half_year", "2026-06-30", "2026-01-01", "2026-06-30"),
        ("half_year", "2026-07-01", "2026-07-01", "2026-12-31"),
        ("year", "2026-07-01", "2026-01-01", "2026-12-31"),
        ("5_years", "2025-12-31", "2021-01-01", "2025-12-31"),
        ("5_years", "2026-01-01", "2026-01-01", "2030-12-31"),
    ],
)
def test_windows_are_those_of_the_calendar(per: Per, day: str, start: str, end: str) -> None:
    found = window(per, date.fromisoformat(day))

    assert found == Span(date.fromisoformat(start), date.fromisoformat(end))


@given(st.sampled_from(PERS), st.dates())
def test_each_day_lies_in_one_window_and_windows_meet(per: Per, day: date) -> None:
    one = window(per, day)

    assert one.start <= day <= one.end
    assert window(per, one.start) == window(per, one.end) == one


@given(
    st.sampled_from(PERS), st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 900),
    st.integers(0, 900),
)  # fmt: skip
def test_windows_of_two_halves_are_those_of_the_whole(
    per: Per, start: date, one: int, other: int
) -> None:
    cut = date.fromordinal(start.toordinal() + one)
    end = date.fromordinal(cut.toordinal() + 1 + other)
    halves = [
        *windows(per, Span(start, cut)),
        *windows(per, Span(date.fromordinal(cut.toordinal() + 1), end)),
    ]

    assert halves == list(windows(per, Span(start, end)))
    assert all(after.start.toordinal() == before.end.toordinal() + 1
               for before, after in pairwise(halves))  # fmt: skip


def test_windows_end_with_the_last_day_there_is() -> None:
    assert list(windows("year", Span(date.max, date.max)))[-1].end == date.max
    assert window("5_years", date.max).end == date.max
    assert later(date.max, "year") == date.max


@pytest.mark.parametrize(
    ("day", "per", "count", "expected"),
    [
        ("2026-08-31", "half_year", 1, "2027-02-28"),
        ("2027-08-31", "half_year", 1, "2028-02-29"),
        ("2024-02-29", "year", 1, "2025-02-28"),
        ("2026-01-31", "month", 1, "2026-02-28"),
        ("2026-01-31", "year", 2, "2026-07-31"),
        ("2026-01-01", "year", 5, "2026-03-14"),  # 72 days
        ("2026-01-01", "month", 30, "2026-01-02"),
        ("2026-01-01", "month", 29, "2026-01-02"),
        ("9998-12-31", "year", 1, "9999-12-31"),
        ("9999-01-31", "month", 1, "9999-02-28"),
        ("2026-12-30", "week", 1, "2027-01-06"),
        ("2026-12-31", "day", 1, "2027-01-01"),
    ],
)
def test_so_long_after_a_day(day: str, per: Per, count: int, expected: str) -> None:
    assert later(date.fromisoformat(day), per, count) == date.fromisoformat(expected)
