"""Two periods beside each other."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.catalogue import VIEWS
from projections.comparison import NothingBeforeError, before_it, change, compare
from projections.figures import Figure, Measured, figure
from projections.fold import catch_up
from projections.measures import MEASURES
from projections.question import Question
from projections.spans import Span
from projections.views import MemoryViews
from tests.district import Q1, Q2, SOCIAL, TODAY, V3, the_district

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def span(first: str, last: str) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last))


def test_what_came_and_went_and_what_there_was_to_cover() -> None:
    then = figure(("a", "b", "c", "d"), {"a", "b"})
    now = figure(("b", "c", "d", "e", "f"), {"c", "e", "d"})

    found = change(then, now)

    assert (found.came, found.went) == (("c", "d"), ("b",))
    assert (found.joined, found.left) == (("e", "f"), ("a",))
    assert found.points == pytest.approx(10)  # from 2/4 to 3/5


def test_no_points_where_there_was_nothing_to_cover() -> None:
    assert change(Figure(), figure("a", "a")).points is None
    assert change(figure("a", "a"), Figure()).points is None


def test_names_of_both_periods_are_compared() -> None:
    then = Measured({"x": figure("a", "")}, {"t": {"1": figure("a", "")}}, {"n": 1.0, "m": None})
    now = Measured({"x": figure("a", "a")}, {"t": {"2": figure("b", "")}}, {"n": 0.5, "m": 2.0})

    found = compare(then, now)

    assert found.figures["x"].points == 100
    assert list(found.by["t"]) == ["1", "2"]
    assert (found.figures["x"].then, found.figures["x"].now) == (
        then.figures["x"],
        now.figures["x"],
    )
    for some, others, joined in ((then, Measured({}), False), (Measured({}), now, True)):
        (one,) = compare(some, others).by["t"].values()
        assert bool(one.joined) == joined
    assert (found.numbers["n"].difference, found.numbers["m"].difference) == (-0.5, None)


def test_the_share_of_social_organisations_in_two_quarters_of_the_district() -> None:
    views = MemoryViews(VIEWS)
    catch_up(the_district().store(), views)
    first, second = (
        MEASURES["domain_breadth"].compute(Question(views, period, TODAY)) for period in (Q1, Q2)
    )

    found = compare(first, second)

    share = found.numbers["concentration"]
    assert (share.then, share.now) == (5 / 14, 0.0)
    assert found.numbers[f"inspections.{SOCIAL}"].now is None
    villages = compare(
        *(MEASURES["area_coverage"].compute(Question(views, period, TODAY)) for period in (Q1, Q2))
    )
    assert V3 not in villages.figures["villages"].went
    assert len(villages.figures["villages"].went) == 4


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        (span("2026-01-01", "2026-12-31"), "2027-06-01", span("2025-01-01", "2025-12-31")),
        (span("2026-03-01", "2026-03-31"), "2026-12-31", span("2026-02-01", "2026-02-28")),
        (span("2026-04-01", "2026-06-30"), "2026-12-31", span("2026-01-01", "2026-03-31")),
        (span("2026-01-01", "2026-12-31"), "2026-11-23", span("2025-01-01", "2025-11-23")),
        (span("2024-01-01", "2024-12-31"), "2024-02-29", span("2023-01-01", "2023-02-28")),
        (span("2026-03-01", "2026-03-31"), "2026-03-30", span("2026-02-01", "2026-02-28")),
        (span("2026-05-11", "2026-05-17"), "2026-12-31", span("2026-05-04", "2026-05-10")),
        (span("2026-05-01", "2026-05-30"), "2026-12-31", span("2026-04-01", "2026-04-30")),
        (span("2026-05-02", "2026-05-31"), "2026-12-31", span("2026-04-02", "2026-05-01")),
        (span("2026-05-11", "2026-05-17"), "2026-05-13", span("2026-05-04", "2026-05-06")),
    ],
)
def test_a_period_is_compared_with_as_much_before_it(
    period: Span, today: str, expected: Span
) -> None:
    assert before_it(period, date.fromisoformat(today)) == expected


@pytest.mark.parametrize("end", ["0001-12-31", "0001-12-30", "2026-05-05", "9999-12-31"])
def test_nothing_lies_before_the_first_day_of_the_calendar(end: str) -> None:
    with pytest.raises(NothingBeforeError):
        before_it(span("0001-01-01", end), TODAY)


@given(DAYS, st.integers(1, 800), st.integers(-10, 900))
def test_the_period_before_ends_before_the_period_begins(first: date, days: int, on: int) -> None:
    period = Span(first, first + timedelta(days=days - 1))

    found = before_it(period, first + timedelta(days=on))

    assert found.start <= found.end < period.start
