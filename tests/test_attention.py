"""What needs somebody now: given patrols and findings, what happened, when and how often."""

from datetime import date

from events.inspections import FindingRaised
from projections.attention import Noticed, attention
from projections.patrols import ZERO_TROUBLE
from projections.question import Filters
from projections.spans import Span
from tests.follow_histories import LATER, MARCH, Desk
from tests.histories import an_id
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
