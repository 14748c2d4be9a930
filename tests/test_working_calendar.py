"""The working calendar: days off, working days, sensitive periods and warnings, as declared."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from events.office import (
    CalendarDayDeclared,
    SensitivePeriodDeclared,
    WeatherWarningIssued,
    WeatherWarningLifted,
)
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.spans import Span
from projections.views import MemoryViews, Query
from projections.working_calendar import Calendar, calendar, minutes
from tests.histories import History, an_id

FRIDAY, MONDAY = date(2026, 5, 29), date(2026, 6, 1)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
declared = st.dictionaries(DAYS, st.sampled_from(["holiday", "working"]), max_size=60)


def of(*facts: object) -> Calendar:
    history, views = History(), MemoryViews(VIEWS)
    for fact in facts:
        history.record(fact)  # type: ignore[arg-type]
    catch_up(history.store(), views)
    return calendar(views)


def test_weekends_are_off_unless_they_are_worked_and_holidays_are_off() -> None:
    found = of(
        CalendarDayDeclared(date(2026, 2, 14), "working"),  # a Saturday, made up for
        CalendarDayDeclared(date(2026, 2, 16), "holiday"),
    )

    days = [date(2026, 2, day) for day in (13, 14, 15, 16, 17)]
    assert [found.is_working(day) for day in days] == [True, True, False, False, True]


def test_what_was_declared_last_about_a_day_holds() -> None:
    found = of(CalendarDayDeclared(MONDAY, "holiday"), CalendarDayDeclared(MONDAY, "working"))

    assert found.is_working(MONDAY)


def test_a_chain_of_days_off_is_passed_in_both_directions() -> None:
    off = {date(2026, 10, day): "holiday" for day in range(1, 8)}  # Thursday to Wednesday
    found = Calendar({**off, date(2026, 10, 10): "working"})  # type: ignore[dict-item]

    assert found.on_or_after(date(2026, 10, 1)) == date(2026, 10, 8)
    assert found.on_or_before(date(2026, 10, 7)) == date(2026, 9, 30)
    assert found.add_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)  # 8, 9, 10


def test_the_day_itself_is_not_counted() -> None:
    assert Calendar().add_working_days(FRIDAY, 0) == FRIDAY
    assert Calendar().add_working_days(FRIDAY, 1) == MONDAY
    assert Calendar().add_working_days(date(2026, 1, 5), 20) == date(2026, 2, 2)


def test_a_window_is_to_be_done_by_its_last_working_day_or_if_it_has_none_behind_it() -> None:
    may = Span(date(2026, 5, 1), date(2026, 5, 31))
    weekend = Span(date(2026, 5, 30), date(2026, 5, 31))

    assert Calendar().last_working(may) == FRIDAY
    assert Calendar().last_working(weekend) == MONDAY


def test_nothing_runs_beyond_the_last_day_there_is() -> None:
    assert Calendar().add_working_days(date.max, 5) == date.max
    assert Calendar({date.max: "holiday"}).on_or_after(date.max) == date.max


def test_of_several_sensitive_periods_the_highest_multiplies() -> None:
    found = of(
        SensitivePeriodDeclared(an_id("a"), "a", date(2026, 4, 1), date(2026, 4, 10), 2),
        SensitivePeriodDeclared(an_id("b"), "b", date(2026, 4, 10), date(2026, 4, 12), 3),
        SensitivePeriodDeclared(an_id("b"), "b", date(2026, 4, 5), date(2026, 4, 6), 3),
    )

    days = [date(2026, 4, day) for day in (4, 5, 10, 12)]
    assert [found.sensitive(day) for day in days] == [2, 3, 2, 1]


def test_a_warning_stands_from_its_minute_to_the_minute_it_is_lifted_on_the_wall() -> None:
    found = of(
        WeatherWarningIssued(
            an_id("w"), "heat", "red", datetime(2026, 7, 1, 18, 30, tzinfo=UTC), ("440804001",)
        ),  # 02:30 on the 2nd here
        WeatherWarningLifted(an_id("w"), datetime(2026, 7, 2, 2, 0, tzinfo=UTC)),  # 10:00
    )
    (warning,) = found.warnings
    day = date(2026, 7, 2)

    assert warning.days == Span(day, day)
    assert found.warned(day, "440804001")
    assert not found.warned(day, "440804002")
    assert not found.warned(date(2026, 7, 1), "440804001")
    assert found.warned(day, "440804001", 9 * 60, 12 * 60)
    assert not found.warned(day, "440804001", 10 * 60, 12 * 60)
    assert not found.warned(day, "440804001", 0, 150)
    assert found.warned(date(2026, 7, 1), "440804001", 22 * 60, 27 * 60)  # a slot over midnight


def test_a_warning_that_nobody_lifted_still_stands() -> None:
    found = of(
        WeatherWarningIssued(an_id("w"), "cold", "blue", datetime(2026, 1, 5, tzinfo=UTC)),
        WeatherWarningLifted(an_id("other"), datetime(2026, 1, 6, tzinfo=UTC)),
    )

    assert len(found.warnings) == 1
    assert found.warned(date(2026, 9, 9), "anywhere")


@given(declared, DAYS, st.integers(0, 40))
def test_no_due_date_is_a_day_off(days: dict[date, str], day: date, count: int) -> None:
    found = Calendar(days)  # type: ignore[arg-type]

    assert found.is_working(found.on_or_after(day))
    assert found.is_working(found.on_or_before(day))
    assert found.is_working(found.add_working_days(day, count + 1))
    assert found.is_working(found.last_working(Span(min(day, FRIDAY), max(day, FRIDAY))))


@given(declared, DAYS, st.integers(0, 20), st.integers(0, 20))
def test_working_days_add_up(days: dict[date, str], day: date, one: int, other: int) -> None:
    found = Calendar(days)  # type: ignore[arg-type]

    step_by_step = found.add_working_days(found.add_working_days(day, one), other)
    assert found.add_working_days(day, one + other) == step_by_step


# ── what the columns tell ──────────────────────────────────────────────────────────


def columns(*facts: object) -> dict[str, tuple[object, ...]]:
    history, views = History(), MemoryViews(VIEWS)
    for fact in facts:
        history.record(fact)  # type: ignore[arg-type]
    catch_up(history.store(), views)
    query = Query("calendar", columns=("kind", "valid_from", "valid_to"))
    return {row.key: row.values for row in views.select(query)}


def test_declared_days_stand_by_their_year() -> None:
    assert columns(
        CalendarDayDeclared(date(2026, 2, 14), "working"),
        CalendarDayDeclared(date(2026, 10, 1), "holiday"),
        CalendarDayDeclared(date(2027, 1, 1), "holiday"),
    ) == {
        "days|2026": ("days", "2026-01-01", "2026-12-31"),
        "days|2027": ("days", "2027-01-01", "2027-12-31"),
    }


def test_a_period_holds_as_it_was_declared_last() -> None:
    assert columns(
        SensitivePeriodDeclared(an_id("a"), "a", date(2026, 4, 1), date(2026, 4, 10), 2),
        SensitivePeriodDeclared(an_id("a"), "a", date(2026, 4, 3), date(2026, 4, 7), 2),
    ) == {an_id("a"): ("period", "2026-04-03", "2026-04-07")}


def test_a_warning_holds_from_its_issue_until_it_was_first_lifted() -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 7, day, 2, tzinfo=UTC)

    assert columns(
        WeatherWarningIssued(an_id("stands"), "heat", "red", at(1)),
        WeatherWarningIssued(an_id("lifted"), "heat", "red", at(2)),
        WeatherWarningLifted(an_id("lifted"), at(5)),
        WeatherWarningLifted(an_id("lifted"), at(4)),
        WeatherWarningLifted(an_id("never issued"), at(5)),
    ) == {
        an_id("stands"): ("warning", "2026-07-01", "9999-12-31"),
        an_id("lifted"): ("warning", "2026-07-02", "2026-07-04"),
        an_id("never issued"): ("warning", "", ""),
    }


# ── edges of warnings and periods ──────────────────────────────────────────────────


def test_seconds_of_a_warning_count() -> None:
    found = of(
        WeatherWarningIssued(an_id("w"), "heat", "red", datetime(2026, 7, 2, 1, 0, 30, tzinfo=UTC)),
        WeatherWarningLifted(an_id("w"), datetime(2026, 7, 2, 2, 0, 30, tzinfo=UTC)),
    )  # from half a minute past nine to half a minute past ten
    day = date(2026, 7, 2)

    assert minutes(datetime(2026, 7, 2, 1, 0, 30, tzinfo=UTC)) == day.toordinal() * 1_440 + 540.5
    assert not found.warned(day, "anywhere", 8 * 60, 9 * 60)
    assert found.warned(day, "anywhere", 9 * 60, 9 * 60 + 1)
    assert found.warned(day, "anywhere", 10 * 60, 10 * 60 + 1)
    assert not found.warned(day, "anywhere", 10 * 60 + 1, 11 * 60)


def test_a_warning_that_was_lifted_at_once_stood_in_the_slot_it_was_issued_in() -> None:
    moment = datetime(2026, 7, 2, 1, tzinfo=UTC)  # nine o'clock
    found = of(
        WeatherWarningIssued(an_id("w"), "heat", "red", moment),
        WeatherWarningLifted(an_id("w"), moment),
    )
    day = date(2026, 7, 2)

    assert found.warned(day, "anywhere", 9 * 60, 10 * 60)
    assert not found.warned(day, "anywhere", 8 * 60, 9 * 60)


def test_a_slot_that_ends_at_midnight_meets_no_warning_of_the_next_day() -> None:
    found = of(
        WeatherWarningIssued(an_id("w"), "heat", "red", datetime(2026, 7, 2, 16, tzinfo=UTC))
    )  # at midnight, the 3rd begins
    day = date(2026, 7, 2)

    assert not found.warned(day, "anywhere", 20 * 60, 24 * 60)
    assert found.warned(day, "anywhere", 20 * 60, 24 * 60 + 1)
    assert Calendar(warnings=found.warnings).warned(date.max, "anywhere", 0, 30 * 60)


def test_what_was_asked_once_is_answered_the_same_again() -> None:
    found = of(
        SensitivePeriodDeclared(an_id("a"), "a", date(2026, 4, 1), date(2026, 4, 10), 2),
        WeatherWarningIssued(
            an_id("w"), "heat", "red", datetime(2026, 4, 2, tzinfo=UTC), ("440804001",)
        ),
    )

    for _ in range(2):
        assert [found.sensitive(date(2026, 4, day)) for day in (1, 11)] == [2, 1]
        assert [found.warned(date(2026, 4, day), "440804001") for day in (1, 2)] == [False, True]
        assert not found.warned(date(2026, 4, 2), "440804002")
