"""When rechecks fall due is one truth: two figures, the due list and the map tell the same."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from events.register import ObjectClosed, ObjectExempted
from projections.due_lists import due_list
from projections.figures import Part
from projections.overdue import overdue
from projections.question import Filters
from projections.rechecks import recheck_on_time, rechecks
from projections.requirements import requirement_coverage
from projections.spans import Span
from tests.histories import an_id
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
