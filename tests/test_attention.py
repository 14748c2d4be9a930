"""What needs somebody now: given patrols and findings, what happened, when and how often."""

from datetime import date

import pytest

from events.facts import Visit
from events.inspections import FindingRaised
from projections.attention import Noticed, attention
from projections.patrols import ZERO_TROUBLE
from projections.question import Filters
from projections.spans import Span
from tests.follow_histories import LATER, MARCH, Desk
from tests.histories import an_id, crew
from tests.test_goals import Streets


def noticed(desk: Desk, period: Span = MARCH, **filters: str) -> list[tuple[str, int]]:
    return [
        (one.what, one.count) for one in attention(desk.asked(period, LATER, Filters(**filters)))
    ]


def test_a_quiet_patrol_needs_nobody() -> None:
    desk = Streets()
    visit = desk.patrol()
    desk.meet(visit, begging=True)

    assert noticed(desk) == []


def test_minors_emergencies_and_trouble_are_told_each_with_its_number() -> None:
    desk = Streets()
    visit = desk.patrol(sets={ZERO_TROUBLE: False})
    desk.meet(visit, "A", minor=True)
    desk.meet(visit, "B", minor=True, emergency=True)

    found = attention(desk.asked(MARCH, LATER))

    assert [(one.what, one.count) for one in found] == [
        ("public_opinion", 1), ("minor", 2), ("emergency", 1),
    ]  # fmt: skip
    assert {(one.on, one.inspection) for one in found} == {(date(2026, 3, 2), visit.inspection)}


def test_only_the_days_and_the_township_that_are_asked_about_are_told() -> None:
    desk = Streets()
    desk.meet(desk.patrol(), minor=True)

    assert noticed(desk, Span(date(2026, 3, 2), date(2026, 3, 2))) == [("minor", 1)]
    assert noticed(desk, Span(date(2026, 3, 3), date(2026, 3, 31))) == []
    assert noticed(desk, township="440804999") == []


def test_a_critical_finding_is_told_until_its_inspection_is_voided() -> None:
    desk = Desk()
    visit = desk.visit("one", "2026-03-05")
    for name, severity in (("A", "critical"), ("B", "minor")):
        finding = FindingRaised(
            visit=visit, finding=an_id(name), question="GE-1", rule=0, item="MZ-FU-01",
            severity=severity,  # type: ignore[arg-type]
        )  # fmt: skip
        desk.say(finding, "2026-03-05")

    before = attention(desk.asked(MARCH, LATER))
    desk.void(visit, "2026-03-06")

    assert before == (
        Noticed(date(2026, 3, 5), "critical", visit.inspection, visit.domain, visit.township),
    )
    assert attention(desk.asked(MARCH, LATER)) == ()


def raised(desk: Desk, visit: Visit, name: str, on: str, severity: str = "critical") -> None:
    finding = FindingRaised(
        visit=visit, finding=an_id(name), question="GE-1", rule=0, item="MZ-FU-01",
        severity=severity,  # type: ignore[arg-type]
    )  # fmt: skip
    desk.say(finding, on)


def test_a_line_tells_the_day_the_inspection_and_its_cell_the_newest_first() -> None:
    desk = Streets()
    early = desk.patrol("one", "2026-03-02")
    late = desk.patrol("two", "2026-03-31", domain="funeral", township="440804002")
    desk.meet(early, emergency=True)
    desk.meet(late, minor=True)
    visit = desk.visit("three", "2026-03-09")
    for name in "AB":
        raised(desk, visit, name, "2026-03-09")
    raised(desk, visit, "C", "2026-03-10")

    assert attention(desk.asked(MARCH, LATER)) == (
        Noticed(date(2026, 3, 31), "minor", late.inspection, "funeral", "440804002", 1),
        Noticed(date(2026, 3, 10), "critical", visit.inspection, visit.domain, visit.township, 1),
        Noticed(date(2026, 3, 9), "critical", visit.inspection, visit.domain, visit.township, 2),
        Noticed(date(2026, 3, 2), "emergency", early.inspection, early.domain, early.township, 1),
    )


@pytest.mark.parametrize(
    ("period", "days"),
    [
        (Span(date(2026, 3, 5), date(2026, 3, 5)), [5]),
        (Span(date(2026, 3, 6), date(2026, 3, 6)), [6]),
        (Span(date(2026, 3, 7), date(2026, 3, 31)), []),
        (Span(date(2026, 3, 1), date(2026, 3, 4)), []),
        (Span(date.min, date(2026, 3, 6)), [6, 5]),
    ],
)
def test_a_finding_is_told_on_its_own_day_though_the_visit_began_before(
    period: Span, days: list[int]
) -> None:
    desk = Desk()
    visit = desk.visit("one", "2026-03-05")
    for name, on in (("A", "2026-03-05"), ("B", "2026-03-06")):
        raised(desk, visit, name, on)

    assert [one.on.day for one in attention(desk.asked(period, LATER))] == days


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("township", "440804001", "440804999"),
        ("village", "440804001001", "440804001999"),
        ("domain", "social_affairs", "funeral"),
        ("kind", "street_patrol", "general"),
        ("officer", an_id("Li"), an_id("Wu")),
    ],
)
def test_what_is_chosen_chooses_patrols(name: str, value: str, other: str) -> None:
    desk = Streets()
    visit = desk.patrol(
        township="440804001", village="440804001001", domain="social_affairs",
        crew=crew("Chen", "Li"),
    )  # fmt: skip
    desk.meet(visit, minor=True)

    assert noticed(desk, **{name: value}) == [("minor", 1)]
    assert noticed(desk, **{name: other}) == []


def test_patrols_of_others_do_not_hide_those_of_the_officer_who_is_chosen() -> None:
    desk = Streets()
    for at, name in enumerate(("one", "two", "three")):
        members = ("Chen", "Li") if name == "two" else ("Wu", "Sun")
        desk.meet(desk.patrol(name, f"2026-03-0{at + 2}", crew=crew(*members)), minor=True)

    found = attention(desk.asked(MARCH, LATER, Filters(officer=an_id("Li"))))

    assert [(one.inspection, one.on.day) for one in found] == [(an_id("two"), 3)]


def test_before_its_first_day_a_period_has_nothing_to_tell() -> None:
    desk = Streets()
    desk.meet(desk.patrol(), minor=True)

    assert attention(desk.asked(MARCH, date(2026, 2, 28))) == ()
    assert len(attention(desk.asked(MARCH, date(2026, 3, 2)))) == 1
