"""特殊天气响应率: extra passes within two hours of a warning."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from events.office import WeatherWarningIssued, WeatherWarningLifted
from events.register import ItemWithdrawn
from projections.figures import NO_OBJECTS
from projections.spans import Span
from projections.weather import weather_response
from tests.histories import an_id, crew
from tests.ruled import LEVELS, T1, T2, Ruled, days

MARCH = days("2026-03-01", "2026-03-31")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def district(weather: int = 2) -> Ruled:
    bureau = Ruled()
    bureau.item("P", {**LEVELS, "multiplier": {"special_weather": weather}},
                "street_segment", "hotspot")  # fmt: skip
    bureau.thing("S", "hotspot", attributes={"key_slots": ["06:00-08:00"]})
    bureau.thing("main", "street_segment", attributes={"level": "arterial"}, township=T2)
    bureau.thing("lane", "street_segment")
    return bureau


def warn(bureau: Ruled, issued: str, lifted: str = "", *townships: str) -> None:
    name = an_id("warning")
    bureau.names[name] = "W"
    bureau.record(WeatherWarningIssued(name, "typhoon", "red", moment(issued), townships))
    if lifted:
        bureau.record(WeatherWarningLifted(name, moment(lifted)))


def found(bureau: Ruled, period: Span = MARCH, today: str = "2026-12-31") -> dict[str, str]:
    return bureau.told(weather_response(bureau.asked(period, today)).figure)


@pytest.mark.parametrize(
    ("when", "done"),
    [
        ("2026-03-10 21:59", 0),
        ("2026-03-10 22:00", 1),
        ("2026-03-11 00:00", 1),
        ("2026-03-11 00:01", 0),
    ],
)
def test_within_two_hours_counts_also_over_midnight(when: str, done: int) -> None:
    bureau = district()
    warn(bureau, "2026-03-10T22:00", "2026-03-11T08:00")
    bureau.walk(when, "S")

    assert found(bureau) == {"W|S": f"{done}/1", "W|main": "0/1"}


def test_a_warning_asks_places_walked_daily_in_the_warned_townships() -> None:
    bureau = district()
    warn(bureau, "2026-03-10T22:00", "2026-03-11T08:00", T1)

    measured = weather_response(bureau.asked(MARCH))
    assert bureau.told(measured.figure) == {"W|S": "0/1"}
    assert measured.lists["unanswered"] == (an_id("warning"),)
    assert list(measured.by["township"]) == [T1]


def test_three_times_as_many_are_two_extra_of_different_patrols() -> None:
    bureau = district(3)
    warn(bureau, "2026-03-10T10:00", "", T1)
    bureau.walk("2026-03-10 10:30", "S", "S")
    assert found(bureau) == {"W|S": "1/2"}

    bureau.walk("2026-03-10 11:30", "S")
    bureau.walk("2026-03-10 11:40", "S", crew=crew("Chen"))  # one officer is no patrol
    assert found(bureau) == {"W|S": "2/2"}


def test_a_warning_lifted_early_asks_for_nothing_from_then_on() -> None:
    bureau = district()
    warn(bureau, "2026-03-10T10:00", "2026-03-10T10:40")
    bureau.walk("2026-03-10 10:30", "S")
    bureau.walk("2026-03-10 10:50", "main")

    assert found(bureau) == {"W|S": "1/1"}


@pytest.mark.parametrize(
    ("period", "today", "asked"),
    [
        (days("2026-03-11", "2026-03-11"), "2026-12-31", True),  # 01:00 here, the 10th in UTC
        (days("2026-03-10", "2026-03-10"), "2026-12-31", False),
        (MARCH, "2026-03-10", False),
        (MARCH, "2026-03-11", True),
    ],
)
def test_asked_are_warnings_of_the_period_by_the_day_on_the_wall(
    period: Span,
    today: str,
    asked: Any,  # noqa: ANN401
) -> None:
    bureau = district()
    warn(bureau, "2026-03-11T01:00", "2026-03-11T09:00")

    assert bool(found(bureau, period, today)) == asked


@pytest.mark.parametrize(
    ("on", "asked"),
    [("2026-03-09", False), ("2026-03-10", True), ("2026-03-20", True), ("2026-03-21", False)],
)
def test_a_rule_asks_from_its_first_day_to_its_last(on: str, *, asked: bool) -> None:
    bureau = Ruled()
    bureau.item("P", LEVELS, "hotspot", since="2026-03-10")
    bureau.record(ItemWithdrawn(item="P", valid_to=date(2026, 3, 20), reason="x"))
    bureau.thing("S", "hotspot", attributes={"key_slots": ["06:00-08:00"]})
    warn(bureau, f"{on}T10:00", f"{on}T20:00")

    assert bool(found(bureau)) == asked


def test_townships_add_up_what_their_places_were_asked_for() -> None:
    bureau = district(3)
    bureau.thing("T", "hotspot", attributes={"key_slots": ["06:00-08:00"]})
    warn(bureau, "2026-03-10T10:00", "2026-03-10T20:00")
    bureau.walk("2026-03-10 10:30", "S")
    bureau.walk("2026-03-10 10:50", "S")

    by = weather_response(bureau.asked(MARCH)).by["township"]
    assert {town: f"{one.numerator}/{one.denominator}" for town, one in by.items()} == {
        T1: "2/4",
        T2: "0/2",
    }


def test_without_a_warning_there_is_nothing_to_answer() -> None:
    assert weather_response(district().asked(MARCH)).figure.words == NO_OBJECTS
