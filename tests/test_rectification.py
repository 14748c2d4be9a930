"""整改闭环率: given orders and what became of them, which were closed in time."""

from datetime import date

import pytest

from events.office import CalendarDayDeclared
from events.orders import RectificationClosed, RectificationOrdered
from projections.followed import Extension, Look, Order
from projections.measures import MEASURES
from projections.question import Filters
from projections.rectification import judged, rectification_closure
from projections.spans import Span
from tests.follow_histories import APRIL, LATER, MARCH, Desk, names
from tests.histories import an_id


def told(desk: Desk, today: date = LATER, **filters: str) -> str:
    figure = rectification_closure(desk.asked(MARCH, today, Filters(**filters))).figure
    return f"{figure.numerator}/{figure.denominator}" if figure.denominator else figure.words


def listed(desk: Desk, name: str, today: date = LATER) -> str:
    return names(rectification_closure(desk.asked(MARCH, today)).lists[name])


@pytest.mark.parametrize(
    ("looked", "closed", "expected"),
    [
        ("2026-03-05", "2026-03-06", "1/1"),
        ("2026-03-13", "2026-03-13", "1/1"),  # the seventh day, exactly
        ("2026-03-13", "2026-03-14", "0/1"),
        ("2026-03-14", "2026-03-14", "0/1"),
    ],
)
def test_in_time_is_up_to_seven_days_after_the_deadline(
    looked: str, closed: str, expected: str
) -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit, deadline="2026-03-06")
    desk.look(visit, looked)
    desk.close(visit, closed)

    assert told(desk) == expected
    assert listed(desk, "late") == ("" if expected == "1/1" else "A")


def test_closed_without_a_look_is_not_closed_in_time() -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit)
    desk.close(visit, "2026-03-06")

    assert told(desk) == "0/1"


def test_an_order_counts_from_its_deadline_and_can_be_made_good_for_seven_days() -> None:
    desk = Desk()
    desk.order(desk.visit(), deadline="2026-03-06")

    assert told(desk, date(2026, 3, 5)) == "no objects"
    for day, overdue, grace in ((6, "", "A"), (7, "A", "A"), (13, "A", "A"), (14, "A", "")):
        assert told(desk, date(2026, 3, day)) == "0/1"
        assert listed(desk, "overdue", date(2026, 3, day)) == overdue
        assert listed(desk, "within_grace", date(2026, 3, day)) == grace


def test_what_happens_after_today_has_not_happened() -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit)
    desk.extend(visit, "2026-03-20", on="2026-03-08")
    desk.look(visit, "2026-03-09")
    desk.close(visit, "2026-03-10")

    assert listed(desk, "overdue", date(2026, 3, 7)) == "A"
    assert told(desk, date(2026, 3, 20)) == "1/1"


def test_of_two_orders_of_one_inspection_each_counts_for_itself() -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit, "A", "2026-03-06")
    desk.look(visit, "2026-02-02", name="A")
    desk.close(visit, "2026-02-02", name="A")
    later = RectificationOrdered(visit=visit, order=an_id("B"), deadline=date(2026, 3, 2))
    desk.say(later, "2026-02-03")
    desk.order(visit, "C", "2026-03-03")

    assert told(desk, date(2026, 3, 10)) == "1/3"
    (before, of_the_day) = (date(2026, 2, 2), date(2026, 2, 3))
    a_march_ahead = Span(date(2026, 2, 1), date(2026, 3, 31))
    for today in (before, of_the_day):
        assert judged(desk.asked(a_march_ahead, today)) == []
    assert {names([one.order.order]): one.township for one in judged(desk.asked(MARCH))} == {
        "A": "440804001", "B": "440804001", "C": "440804001"
    }  # fmt: skip


def test_an_extension_moves_the_deadline_and_a_further_one_moves_nothing() -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit, deadline="2026-02-20")
    desk.extend(visit, "2026-03-20", on="2026-02-19")
    desk.extend(visit, "2026-05-20", on="2026-03-19")

    assert told(desk) == "0/1"
    assert listed(desk, "extended") == listed(desk, "extended_again") == "A"


def test_of_two_extensions_that_one_holds_which_was_granted_first_not_which_arrived_first() -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit, deadline="2026-02-20")
    desk.extend(visit, "2026-05-20", on="2026-03-19")
    desk.extend(visit, "2026-03-20", on="2026-02-19")

    assert told(desk) == "0/1"


@pytest.mark.parametrize(
    ("deadline", "closed", "expected"),
    [
        ("2026-03-07", "2026-03-16", "1/1"),  # a Saturday: due on Monday the 9th
        ("2026-03-05", "2026-03-13", "1/1"),  # declared a holiday: due on the 6th
        ("2026-03-05", "2026-03-14", "0/1"),
    ],
)
def test_a_deadline_on_a_day_off_moves_to_the_next_working_day(
    deadline: str, closed: str, expected: str
) -> None:
    desk = Desk()
    desk.say(CalendarDayDeclared(date(2026, 3, 5), "holiday"), "2026-01-01")
    visit = desk.visit()
    desk.order(visit, deadline=deadline)
    desk.look(visit, closed)
    desk.close(visit, closed)

    assert told(desk) == expected


def test_a_deadline_moved_over_the_end_of_a_month_counts_in_the_next() -> None:
    desk = Desk()
    desk.say(CalendarDayDeclared(date(2026, 3, 31), "holiday"), "2026-01-01")
    desk.order(desk.visit(), deadline="2026-03-31")

    assert told(desk) == "no objects"
    assert rectification_closure(desk.asked(APRIL)).figure.missing == (an_id("A"),)


def test_orders_of_a_voided_inspection_and_withdrawn_ones_do_not_count() -> None:
    desk = Desk()
    voided, withdrawn = desk.visit("one"), desk.visit("two")
    desk.order(voided, "A")
    desk.void(voided)
    desk.order(withdrawn, "B")
    desk.close(withdrawn, "2026-03-02", "withdrawn", "B")

    assert told(desk) == "no objects"
    assert listed(desk, "withdrawn") == "B"


def test_a_failed_look_that_ends_in_a_case_is_closed_and_stays_named() -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit)
    desk.look(visit, "2026-03-06", "failed")
    desk.close(visit, "2026-03-09", "case")

    assert told(desk) == "1/1"
    assert listed(desk, "failed") == listed(desk, "transferred") == "A"


def test_a_corrected_deadline_counts_and_a_closing_taken_back_does_not() -> None:
    desk = Desk()
    visit = desk.visit()
    wrong = desk.order(visit, deadline="2026-04-06")
    right = RectificationOrdered(visit=visit, order=an_id("A"), deadline=date(2026, 3, 6))
    desk.correct(wrong, right, visit, on="2026-02-02")
    desk.look(visit, "2026-03-06")
    closing = desk.close(visit, "2026-03-06")
    assert told(desk) == "1/1"

    desk.correct(closing, None, visit, tag="rectification-closed.v1")

    assert told(desk) == "0/1"
    assert listed(desk, "overdue") == "A"


def test_what_arrives_late_changes_the_figure_of_then() -> None:
    desk = Desk()
    visit = desk.visit()
    desk.order(visit)
    desk.look(visit, "2026-03-06")
    assert told(desk) == "0/1"

    late = RectificationClosed(visit=visit, order=an_id("A"), result="rectified")
    desk.say(late, "2026-03-06", received=10**18)

    assert told(desk) == "1/1"


def test_filters_choose_by_the_inspection_that_ordered() -> None:
    desk = Desk()
    desk.order(desk.visit("one", township="440804001"), "A")
    desk.order(desk.visit("two", township="440804002", domain="funeral"), "B")
    found = rectification_closure(desk.asked())

    assert {name: one.missing for name, one in found.by["domain"].items()} == {
        "funeral": (an_id("B"),),
        "social_organization": (an_id("A"),),
    }
    assert told(desk, township="440804002") == "0/1"
    assert told(desk, officer=an_id("Li")) == "0/2"
    assert told(desk, officer=an_id("Wu")) == "no objects"


def test_the_registry_knows_both() -> None:
    for name in ("rectification_closure", "recheck_on_time"):
        assert MEASURES[name].version == 1


def test_an_order_stands_on_a_day_as_it_was_told_up_to_that_day() -> None:
    first, last = date(2026, 3, 6), date(2026, 3, 20)
    extension, look = Extension(first, last), Look(first, "passed", an_id("again"))
    order = Order(
        "A", ordered_on=date(2026, 3, 1), deadline=first, extensions=(extension,), looks=(look,),
        closed_on=last, closed="rectified",
    )  # fmt: skip

    before = order.on(date(2026, 3, 5))
    assert (before.extensions, before.looks, before.due) == ((), (), first)
    there = order.on(first)
    assert (there.extensions, there.looks, there.due) == ((extension,), (look,), last)
    assert (there.closed_on, there.closed) == (None, "")
    assert order.on(last) == order


def test_an_order_that_is_not_given_yet_does_not_hide_the_next() -> None:
    desk = Desk()
    visit = desk.visit("one", "2026-03-02")
    for name, on in (("A", "2026-03-20"), ("B", "2026-03-04"), ("C", "2026-03-05")):
        given = RectificationOrdered(visit=visit, order=an_id(name), deadline=date(2026, 3, 6))
        desk.say(given, on)

    for today, expected in ((6, "B C"), (5, ""), (20, "A B C")):
        orders = judged(desk.asked(MARCH, date(2026, 3, today)))
        assert " ".join(sorted(names([one.order.order for one in orders]).split())) == expected
