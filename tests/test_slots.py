"""时段覆盖率: passes of patrolled places, slot by slot; what multiplies them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.inspections import Walked
from events.office import SensitivePeriodDeclared, WeatherWarningIssued, WeatherWarningLifted
from events.register import ObjectClosed, ObjectExempted
from projections.question import Filters
from projections.slots import Slot, key_slots, read_slot, slot_coverage
from projections.spans import Span
from tests.histories import an_id, crew
from tests.ruled import LEVELS, T1, T2, Ruled, days

WEEK = days("2026-03-02", "2026-03-08")  # Monday to Sunday


def district() -> Ruled:
    bureau = Ruled()
    bureau.item("P", LEVELS, "street_segment", "hotspot", domain="social_assistance")
    return bureau


def hotspot(*slots: object) -> Ruled:
    bureau = district()
    bureau.thing("S", "hotspot", attributes={"level": "hotspot", "key_slots": list(slots)})
    return bureau


def found(
    bureau: Ruled, period: Span = WEEK, today: str = "2026-12-31", **filters: str
) -> dict[str, str]:
    return bureau.told(slot_coverage(bureau.asked(period, today, Filters(**filters))).figure)


# ── levels ─────────────────────────────────────────────────────────────────────────


def test_a_hotspot_is_asked_in_each_key_slot_an_arterial_daily_another_weekly() -> None:
    bureau = hotspot("06:00-08:00", "20:00-23:00")
    bureau.thing("main", "street_segment", attributes={"level": "arterial"})
    bureau.thing("lane", "street_segment", attributes={})
    bureau.walk("2026-03-02 07:00", "S", "main", "lane")

    measured = slot_coverage(bureau.asked(WEEK))
    told = bureau.told(measured.figure)
    assert {key: told[key] for key in told if "03-02" in key or "week" in key} == {
        "S|2026-03-02|06:00-08:00": "1/1",
        "S|2026-03-02|20:00-23:00": "0/1",
        "main|2026-03-02|day": "1/1",
        "lane|2026-03-08|week": "1/1",
    }
    assert {level: one.denominator for level, one in measured.by["level"].items()} == {
        "arterial": 7, "hotspot": 14, "other": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("when", "passed"),
    [
        ("2026-03-02 05:59", False),
        ("2026-03-02 06:00", True),
        ("2026-03-02 07:59", True),
        ("2026-03-02 08:00", False),
    ],
)
def test_a_slot_begins_with_its_first_minute_and_ends_before_its_last(
    when: str, passed: bool
) -> None:
    bureau = hotspot("06:00-08:00")
    bureau.walk(when, "S")

    one = days("2026-03-02", "2026-03-02")
    assert found(bureau, one) == {"S|2026-03-02|06:00-08:00": f"{int(passed)}/1"}


def test_a_slot_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    bureau = hotspot("22:00-02:00")
    bureau.walk("2026-03-03 01:30", "S")
    bureau.walk("2026-03-03 23:59", "S")  # completed at midnight, on the next day

    two = days("2026-03-02", "2026-03-03")
    assert found(bureau, two) == {
        "S|2026-03-02|22:00-02:00": "1/1",
        "S|2026-03-03|22:00-02:00": "1/1",
    }
    assert found(bureau, days("2026-03-03", "2026-03-03")) == {"S|2026-03-03|22:00-02:00": "1/1"}


def test_a_week_is_asked_in_the_period_of_its_sunday_with_the_passes_of_all_its_days() -> None:
    bureau = district()
    bureau.thing("lane", "street_segment")
    bureau.walk("2026-12-29 10:00", "lane")

    assert found(bureau, days("2026-12-21", "2026-12-31"), "2027-02-01") == {
        "lane|2026-12-27|week": "0/1"
    }
    assert found(bureau, days("2027-01-01", "2027-01-09"), "2027-02-01") == {
        "lane|2027-01-03|week": "1/1"
    }


def test_days_to_come_are_not_asked() -> None:
    bureau = hotspot("06:00-08:00")
    bureau.thing("lane", "street_segment")

    assert list(found(bureau, today="2026-03-04")) == [
        f"S|2026-03-0{day}|06:00-08:00" for day in (2, 3, 4)
    ]
    assert found(bureau, today="2026-03-01") == {}


def test_a_place_that_ended_is_asked_to_its_last_day() -> None:
    bureau = hotspot("06:00-08:00")
    bureau.record(ObjectClosed(object=an_id("S"), valid_to=date(2026, 3, 3), reason="x"))

    assert len(found(bureau)) == 2


@pytest.mark.parametrize("level", ["hotspot", "motorway", ["arterial"], None, 7])
def test_a_segment_of_a_level_that_is_none_is_asked_weekly(level: object) -> None:
    bureau = district()
    bureau.thing("lane", "street_segment", attributes={"level": level})
    expected = "2026-03-02|day" if level == "hotspot" else "2026-03-08|week"

    assert f"lane|{expected}" in found(bureau)


# ── what is a pass ─────────────────────────────────────────────────────────────────


def test_the_same_patrol_counts_once_in_a_slot_and_in_each_slot() -> None:
    bureau = hotspot("06:00-08:00", "08:00-09:00")
    bureau.record(
        SensitivePeriodDeclared(an_id("fair"), "fair", date(2026, 3, 2), date(2026, 3, 2), 2)
    )
    bureau.walk("2026-03-02 07:00", "S", "S")
    bureau.walk("2026-03-02 07:30", "S")
    bureau.walk("2026-03-02 07:40", "S")

    one = days("2026-03-02", "2026-03-02")
    assert found(bureau, one) == {
        "S|2026-03-02|06:00-08:00": "3/2",  # two count
        "S|2026-03-02|08:00-09:00": "0/2",
    }
    assert slot_coverage(bureau.asked(one)).figure.rate == 2 / 4


def test_a_part_of_a_place_is_no_pass() -> None:
    bureau = hotspot("06:00-08:00")
    bureau.walk("2026-03-02 07:00", "S", walked="part")

    assert found(bureau)["S|2026-03-02|06:00-08:00"] == "0/1"


@pytest.mark.parametrize(
    ("walked", "measured", "counts"),
    [
        ("part", {"fraction": 0.8, "matching": "m1"}, True),
        ("full", {"fraction": 0.79, "matching": "m1"}, False),
        ("part", {"fraction": 1.0}, False),  # nobody says by which matching: what was said counts
        ("full", {"fraction": 0.1}, True),
        ("full", {"matching": "m1"}, True),
        ("blocked", {}, False),
    ],
)
def test_what_a_matching_measured_counts_more_than_what_was_said(
    walked: Walked, measured: dict[str, Any], *, counts: bool
) -> None:
    bureau = hotspot("06:00-08:00")
    bureau.walk("2026-03-02 07:00", "S", walked=walked, **measured)

    assert found(bureau)["S|2026-03-02|06:00-08:00"] == ("1/1" if counts else "0/1")


def test_a_patrol_of_one_does_not_count_a_zero_report_does() -> None:
    bureau = hotspot("06:00-08:00")
    bureau.walk("2026-03-02 07:00", "S", crew=crew("Chen"))
    bureau.walk("2026-03-03 07:00", "S", zero_report=True)

    told = found(bureau)
    assert (told["S|2026-03-02|06:00-08:00"], told["S|2026-03-03|06:00-08:00"]) == ("0/1", "1/1")


def test_an_officer_is_credited_with_the_patrols_he_walked() -> None:
    bureau = hotspot("06:00-08:00")
    bureau.walk("2026-03-02 07:00", "S", crew=crew("Chen", "Li"))
    bureau.walk("2026-03-03 07:00", "S", crew=crew("Wu", "Sun"))
    bureau.walk("2026-03-04 07:00", "S", walked="part", crew=crew("Chen", "Li"))

    told = found(bureau)
    assert [told[f"S|2026-03-0{day}|06:00-08:00"] for day in (2, 3, 4)] == ["1/1", "1/1", "0/1"]
    for name, parts in (("Chen", ["1/1", "0/1", "0/1"]), ("Wu", ["0/1", "1/1", "0/1"])):
        told = found(bureau, officer=an_id(name))
        assert [told[f"S|2026-03-0{day}|06:00-08:00"] for day in (2, 3, 4)] == parts
    assert set(found(bureau, officer=an_id("Nobody")).values()) == {"0/1"}


def test_a_slot_that_ends_at_midnight_ends_there_and_one_over_it_before_its_last_minute() -> None:
    bureau = hotspot("20:00-24:00", "22:00-01:00")
    bureau.walk("2026-03-03 00:00", "S")
    bureau.walk("2026-03-05 01:00", "S")

    told = found(bureau)
    assert told["S|2026-03-02|20:00-24:00"] == "0/1"
    assert told["S|2026-03-02|22:00-01:00"] == "1/1"
    assert told["S|2026-03-04|22:00-01:00"] == "0/1"


def test_a_place_that_is_exempt_of_the_item_or_elsewhere_is_not_asked() -> None:
    bureau = hotspot("06:00-08:00")
    bureau.thing("T", "hotspot", township=T2, attributes={"key_slots": ["06:00-08:00"]})
    bureau.thing("shop", "shop")
    bureau.record(
        ObjectExempted(an_id("S"), "works", date(2026, 3, 3), date(2026, 3, 4), "P"),
        ObjectExempted(an_id("T"), "works", date(2026, 3, 3), date(2026, 3, 4), "other"),
    )

    asked = {f"S|2026-03-0{day}|06:00-08:00" for day in (2, 5, 6, 7, 8)}
    assert set(found(bureau, township=T1)) == asked
    assert len(found(bureau, township=T2)) == 7
    assert len(found(bureau)) == 12


def test_a_plan_for_a_township_asks_for_more_passes_there_only() -> None:
    bureau = hotspot("20:00-22:00")
    bureau.thing("T", "hotspot", township=T2, attributes={"key_slots": ["20:00-22:00"]})
    asked = {"item": "P", "object_type": "hotspot", "required": 3, "per": "day_per_key_slot"}
    bureau.plan("2026-03-02", "2026-03-08", {**asked, "township": T2})

    assert set(found(bureau, township=T1).values()) == {"0/1"}
    assert set(found(bureau, township=T2).values()) == {"0/3"}


# ── what multiplies ────────────────────────────────────────────────────────────────


def warning(name: str, issued: str, lifted: str, *townships: str) -> tuple[Any, Any]:
    at, end = (datetime.fromisoformat(f"{text}+08:00").astimezone(UTC) for text in (issued, lifted))
    return (
        WeatherWarningIssued(an_id(name), "rainstorm", "red", at, townships),
        WeatherWarningLifted(an_id(name), end),
    )


def test_a_period_and_a_warning_do_not_multiply_each_other_the_highest_holds() -> None:
    bureau = hotspot("20:00-22:00")
    bureau.record(
        SensitivePeriodDeclared(an_id("fair"), "fair", date(2026, 3, 3), date(2026, 3, 4), 3),
        SensitivePeriodDeclared(an_id("none"), "none", date(2026, 3, 6), date(2026, 3, 6), 0),
        *warning("here", "2026-03-04T20:30", "2026-03-05T20:00", T1),
        *warning("there", "2026-03-06T20:30", "2026-03-07T20:00", T2),
    )

    assert list(found(bureau).values()) == ["0/1", "0/3", "0/3", "0/1", "0/1", "0/1", "0/1"]
    bureau.record(*warning("later", "2026-03-05T21:59", "2026-03-06T21:00"))
    assert list(found(bureau).values()) == ["0/1", "0/3", "0/3", "0/2", "0/2", "0/1", "0/1"]


def test_a_week_takes_the_highest_of_its_days() -> None:
    bureau = district()
    bureau.thing("lane", "street_segment")
    bureau.record(*warning("w", "2026-03-05T10:00", "2026-03-05T11:00"))

    assert found(bureau) == {"lane|2026-03-08|week": "0/2"}


def test_a_plan_may_ask_for_more_passes() -> None:
    bureau = hotspot("20:00-22:00")
    asked = {"item": "P", "object_type": "hotspot", "required": 3, "per": "day_per_key_slot"}
    bureau.plan("2026-03-03", "2026-03-03", asked)

    assert list(found(bureau).values())[:3] == ["0/1", "0/3", "0/1"]


# ── slots as they are written ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06:00-08:00", Slot("06:00-08:00", 360, 480)),
        ("00:00-24:00", Slot("00:00-24:00", 0, 1440)),
        ("22:30-01:00", Slot("22:30-01:00", 1350, 1500)),
        ("24:00-02:00", None),
        ("08:00-08:00", None),
        ("06:00-25:00", None),
        ("06:60-08:00", None),
        ("6:00-8:00", None),
        ("０６:00-08:00", None),
        ("06:00-08:00\n", None),
        ("'; DROP TABLE", None),
        ("9" * 100_000, None),
        (None, None),
        (6, None),
    ],
)
def test_a_slot_is_read_or_is_none(text: object, expected: Slot | None) -> None:
    assert read_slot(text) == expected


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=6))
def test_no_attribute_makes_the_reader_fall(stated: object) -> None:
    key_slots(stated)


def test_a_hotspot_without_readable_slots_is_asked_daily_and_named() -> None:
    bureau = hotspot("at dawn")
    bureau.walk("2026-03-02 13:00", "S")

    measured = slot_coverage(bureau.asked(WEEK))
    assert bureau.told(measured.figure)["S|2026-03-02|day"] == "1/1"
    assert measured.figure.denominator == 7
    assert measured.lists["unreadable"] == (f"{an_id('S')}: at dawn",)


# ── laws ───────────────────────────────────────────────────────────────────────────

walks = st.lists(
    st.tuples(st.sampled_from(["S", "main", "lane"]), st.integers(0, 27), st.integers(0, 23)),
    max_size=6,
)
MONTH = days("2026-03-02", "2026-03-29")


def drawn(made: list[tuple[str, int, int]]) -> Ruled:
    bureau = hotspot("06:00-08:00", "20:00-02:00")
    bureau.thing("main", "street_segment", attributes={"level": "arterial"})
    bureau.thing("lane", "street_segment")
    for place, day, hour in made:
        bureau.walk(f"{MONTH.start + timedelta(days=day)} {hour:02}:10", place)
    return bureau


@settings(max_examples=30, deadline=None)
@given(walks, walks, st.integers(0, 26))
def test_more_patrols_never_lower_it_and_two_halves_are_the_whole(
    some: list[tuple[str, int, int]], more: list[tuple[str, int, int]], cut: int
) -> None:
    few, many = drawn(some), drawn([*some, *more])
    whole = slot_coverage(many.asked(MONTH)).figure
    middle = MONTH.start + timedelta(days=cut)
    spans = (Span(MONTH.start, middle), Span(middle + timedelta(days=1), MONTH.end))
    halves = [part for span in spans for part in slot_coverage(many.asked(span)).figure.parts]

    assert sorted(halves, key=lambda part: part.key) == list(whole.parts)
    assert whole.numerator >= slot_coverage(few.asked(MONTH)).figure.numerator
