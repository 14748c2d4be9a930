"""四个零: given patrols, the goal and the count side by side; not said is not nobody."""

from datetime import date

import pytest

from events.facts import Visit
from events.inspections import PersonEncountered
from projections.goals import Goals, goals
from projections.patrols import ZERO_TROUBLE
from projections.question import Filters
from projections.spans import Span
from tests.follow_histories import LATER, MARCH, Desk
from tests.histories import an_id, crew

CALM = {ZERO_TROUBLE: True}
Q1 = Span(date(2026, 1, 1), date(2026, 3, 31))


class Streets(Desk):
    """Patrols and whom they met."""

    def patrol(
        self,
        name: str = "one",
        on: str = "2026-03-02",
        sets: dict[str, object] | None = None,
        **keys: object,
    ) -> Visit:
        return self.visit(
            name, on, kind="street_patrol", nature="service",
            **{"sets": CALM if sets is None else sets, **keys},
        )  # fmt: skip

    def meet(self, visit: Visit, name: str = "A", **flags: bool | None) -> None:
        self.say(PersonEncountered(visit=visit, person=an_id(name), **flags), "2026-03-02")  # type: ignore[arg-type]

    def counted(self, period: Span = MARCH, today: date = LATER, **filters: str) -> Goals:
        return goals(self.asked(period, today, Filters(**filters)))


def told(found: Goals) -> dict[str, tuple[int | None, int, str]]:
    return {one.goal: (one.count, one.unsaid, one.reached) for one in found.whole.goals}


def test_where_nobody_patrolled_there_is_no_count() -> None:
    assert set(told(Streets().counted()).values()) == {(None, 0, "unknown")}


def test_zero_is_told_as_zero() -> None:
    desk = Streets()
    desk.patrol()

    assert set(told(desk.counted()).values()) == {(0, 0, "yes")}
    assert all(one.target == 0 for one in desk.counted().whole.goals)


def test_who_begs_and_who_sleeps_rough_is_counted_once_however_often_it_was_said() -> None:
    desk = Streets()
    visit = desk.patrol()
    desk.meet(visit, begging=None, sleeping_rough=None)
    desk.meet(visit, begging=True, sleeping_rough=False)
    desk.meet(visit, begging=True, sleeping_rough=True, minor=True)
    desk.meet(visit, "B", begging=False, sleeping_rough=False)

    found = desk.counted()

    assert told(found)["begging"] == told(found)["sleeping_rough"] == (1, 0, "no")
    assert found.whole.met == 2


def test_a_flag_that_nobody_set_is_not_a_no() -> None:
    desk = Streets()
    visit = desk.patrol()
    desk.meet(visit)

    assert told(desk.counted())["begging"] == (0, 1, "unknown")
    desk.meet(visit, begging=False, sleeping_rough=False)
    assert told(desk.counted())["begging"] == (0, 0, "yes")


def test_accidents_and_public_anger_are_one_answer_and_each_says_so() -> None:
    desk = Streets()
    desk.patrol("one", sets={ZERO_TROUBLE: False})
    desk.patrol("two", sets={})
    desk.patrol("three")

    found = desk.counted()

    assert told(found)["accident"] == told(found)["public_anger"] == (1, 1, "no")
    assert {one.goal: one.together_with for one in found.whole.goals} == {
        "begging": None,
        "sleeping_rough": None,
        "accident": "public_anger",
        "public_anger": "accident",
    }


def test_what_was_seen_counts_though_the_patrol_does_not_but_a_voided_one_saw_nothing() -> None:
    desk = Streets()
    alone, voided = desk.patrol("one", crew=crew("Chen")), desk.patrol("two")
    desk.meet(alone, begging=True, sleeping_rough=False)
    desk.meet(voided, "B", begging=True, sleeping_rough=True)
    desk.void(voided)

    found = desk.counted()

    assert (found.whole.patrols, found.whole.effective) == (1, 0)
    assert told(found)["begging"] == (1, 0, "no")


def test_townships_stand_beside_each_other() -> None:
    desk = Streets()
    desk.meet(desk.patrol("one"), begging=True, sleeping_rough=False)
    desk.patrol("two", township="440804002")
    desk.patrol("three", on="2026-04-01", township="440804003")

    found = desk.counted()

    assert {town: one.goals[0].count for town, one in found.townships.items()} == {
        "440804001": 1,
        "440804002": 0,
    }


@pytest.mark.parametrize(
    ("filters", "patrols"),
    [
        ({"township": "440804002"}, 1),
        ({"officer": an_id("Wu")}, 1),
        ({"kind": "street_patrol"}, 2),
        ({"domain": "funeral"}, 0),
    ],
)
def test_filters(filters: dict[str, str], patrols: int) -> None:
    desk = Streets()
    desk.patrol("one")
    desk.patrol("two", township="440804002", crew=crew("Wu", "Li"))

    assert desk.counted(**filters).whole.patrols == patrols


def test_what_lies_after_today_was_not_yet_seen() -> None:
    desk = Streets()
    desk.patrol()

    assert desk.counted(Q1, date(2026, 3, 1)).whole.patrols == 0
