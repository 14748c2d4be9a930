"""When rechecks fall due is one truth: two figures, the due list and the map tell the same."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from events.register import ObjectClosed, ObjectExempted, ObjectMerged
from projections.due_lists import due_list
from projections.figures import Part
from projections.overdue import overdue
from projections.question import Filters
from projections.rechecks import recheck_on_time, rechecks
from projections.requirements import requirement_coverage
from projections.spans import OPEN, Span, after
from tests.histories import an_id
from tests.ruled import T2, Ruled, days
from tests.test_rechecks import ITEM, STABLE, UNFIXED, Homes

YEARS = Span(date(2024, 1, 1), date(2026, 12, 31))
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@st.composite
def homes(draw: st.DrawFn) -> Homes:
    """One household: listed, perhaps of another class later, rechecked, exempt for a while."""
    drawn = Homes()
    first = draw(st.sampled_from([STABLE, UNFIXED]))
    told = draw(st.dates(date(2021, 1, 1), date(2024, 6, 30)))
    since = draw(st.dates(date(2022, 1, 1), date(2025, 6, 30)))
    drawn.home(since=since.isoformat(), **first, confirmed_on=told.isoformat())
    for day in draw(st.sets(DAYS, max_size=1)):
        other = {**draw(st.sampled_from([STABLE, UNFIXED])), "last_recheck_on": day.isoformat()}
        drawn.home(since=max(since, day).isoformat(), revised=True, **other)
    for day in sorted(draw(st.sets(DAYS, max_size=4))):
        drawn.recheck(day.isoformat(), items=(ITEM.item,))
    for day in draw(st.sets(DAYS, max_size=1)):
        until = day + timedelta(days=draw(st.integers(0, 400)))
        drawn.history.record(ObjectExempted(an_id("A"), "abroad", day, until))
    for day in draw(st.sets(DAYS, max_size=1)):
        drawn.history.record(ObjectClosed(an_id("A"), day, "payment-stopped"))
    return drawn


@settings(max_examples=60, deadline=None)
@given(homes(), DAYS)
def test_figures_list_and_map_share_their_due_dates(drawn: Homes, today: date) -> None:
    question = drawn.asked(YEARS, today)
    fell_due = recheck_on_time(question).figure
    required = requirement_coverage(question)
    past = [part for part in required.figure.parts if part.key.split("|")[2] <= today.isoformat()]
    missing = [one for one in rechecks(question) if one.ended_on is None]
    counts = any(one.place(today) for one in question.registered)
    listed = [(one.due_on, one.overdue_days > 0) for one in due_list(question, date.max)]
    waits = overdue(question.views, Span(today, today), today, Filters()).get(an_id("A"), ())

    assert (sum(one.done for one in past), len(past)) == _sums(fell_due.parts)
    assert listed == [(one.due_on, one.due_on < today) for one in missing if counts]
    assert any(span.start <= today <= span.end for span in waits) == any(
        one.due_on < today for one in missing if one.place or counts
    )


def _sums(parts: Sequence[Part]) -> tuple[int, int]:
    return sum(one.done for one in parts), sum(one.of for one in parts)


def test_a_household_that_comes_onto_the_list_overdue_waits_from_then_on() -> None:
    drawn = Homes()
    drawn.home(since="2026-01-05", **STABLE, last_recheck_on="2024-06-03")
    question = drawn.asked(YEARS, date(2026, 12, 31))

    assert [one.due_on for one in due_list(question, date.max)] == [date(2025, 6, 3)]
    assert requirement_coverage(question).figure.denominator == 0
    waits = overdue(question.views, YEARS, question.today, Filters())
    assert waits[an_id("A")] == [Span(date(2025, 6, 4), date.max)]


# ── on which days something waits ──────────────────────────────────────────────────

MONTHLY = {"mode": "min", "count": 1, "per": "month"}
MARCH = days("2026-03-01", "2026-03-31")


def shop() -> Ruled:
    bureau = Ruled()
    bureau.item("X", MONTHLY, since="2026-01-01")
    bureau.thing("A")
    return bureau


def waiting(
    bureau: Ruled, on: Span = MARCH, today: str = "2026-03-31", **chosen: str
) -> dict[str, list[Span]]:
    views = bureau.asked().views
    found = overdue(views, on, date.fromisoformat(today), Filters(**chosen))
    return {bureau.named(key): list(spans) for key, spans in found.items()}


def test_a_window_that_was_missed_waits_from_the_day_after_until_somebody_comes() -> None:
    bureau = shop()
    missed = date(2026, 1, 31), date(2026, 2, 28)  # Saturdays: due on the Fridays before
    assert waiting(bureau) == {"A": [Span(date(2026, 2, 1), OPEN), Span(date(2026, 3, 1), OPEN)]}

    bureau.visit("A", "2026-03-10", "X")
    ends = date(2026, 3, 9)
    assert waiting(bureau) == {"A": [Span(after(day), ends) for day in missed]}


def test_who_comes_the_day_after_a_window_has_left_nothing_waiting() -> None:
    bureau = shop()
    bureau.visit("A", "2026-01-15", "X")
    bureau.visit("A", "2026-03-01", "X")
    assert waiting(bureau) == {}


def test_a_window_waits_only_once_it_has_ended() -> None:
    bureau = shop()

    assert waiting(bureau, days("2026-01-01", "2026-02-28"), "2026-01-31") == {}
    assert waiting(bureau, days("2026-01-01", "2026-02-28"), "2026-02-01") == {
        "A": [Span(date(2026, 2, 1), OPEN)]
    }


def test_what_is_chosen_chooses_who_waits_and_an_officer_does_not() -> None:
    bureau = shop()
    bureau.thing("B", township=T2)

    assert set(waiting(bureau)) == {"A", "B"}
    assert set(waiting(bureau, township=T2)) == {"B"}
    assert waiting(bureau, officer=an_id("Chen")) == waiting(bureau)


def test_what_was_done_under_a_merged_name_ends_the_waiting() -> None:
    bureau = shop()
    bureau.thing("B")
    bureau.record(ObjectMerged(object=an_id("B"), into=an_id("A"), valid_from=date(2026, 2, 15)))
    bureau.visit("B", "2026-02-10", "X")

    assert waiting(bureau)["A"] == [Span(date(2026, 2, 1), date(2026, 2, 9))]


def test_days_at_the_beginning_of_time_can_be_asked_about() -> None:
    assert waiting(shop(), Span(date.min, date(2026, 3, 31))) == waiting(shop())
