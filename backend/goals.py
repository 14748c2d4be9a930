"""四个零: goal and count side by side, for all that is chosen and for each township."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.exports.sending import as_table
from backend.measuring import ASKED, Asked, Measuring
from backend.readings import AsOf, Format, Reading, query_of, wants_table
from projections.goals import GoalCount, Goals, GoalsOf, goals
from projections.hidden import FEW, SMALL
from projections.spans import Span


class GoalOut(Struct, frozen=True):
    """A goal beside its count; None where nobody patrolled. See `projections.goals`."""

    goal: str
    target: int
    count: int | None
    unsaid: int
    reached: str
    together_with: str | None


class GoalsOfOut(Struct, frozen=True):
    """The goals of an area, and the patrols they rest on."""

    patrols: int
    effective: int
    met: int
    goals: tuple[GoalOut, ...]


class GoalsOut(Struct, frozen=True):
    """The goals of a period."""

    as_of: AsOf
    period: Span
    whole: GoalsOfOut
    townships: Mapping[str, GoalsOfOut]


@get(
    "/views/goals",
    tags=["views"],
    summary="四个零 · the four zero goals",
    dependencies=ASKED,
    sync_to_thread=True,
)
def goals_view(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Count what patrols saw between `from` and `to`. In a table few persons are hidden."""
    with reading.held() as views:
        found = goals(measuring.question(asked))
        as_of = reading.as_of(query_of(request), asked.today, views)
    if wants_table(request, format):
        return as_table(request, "goals", lines(found), as_of)
    townships = {town: _shown(one) for town, one in found.townships.items()}
    return Response(GoalsOut(as_of, asked.period, _shown(found.whole), townships))


def _shown(of: GoalsOf) -> GoalsOfOut:
    return GoalsOfOut(of.patrols, of.effective, of.met, tuple(map(_goal, of.goals)))


def _goal(one: GoalCount) -> GoalOut:
    return GoalOut(one.goal, one.target, one.count, one.unsaid, one.reached, one.together_with)


def lines(found: Goals) -> list[dict[str, Any]]:
    """Return the goals as rows of a table; fewer than five persons are not told."""
    areas = [("", found.whole), *found.townships.items()]
    return [
        {
            "township": town,
            "goal": one.goal,
            "target": one.target,
            "count": few(one.count),
            "unsaid": few(one.unsaid),
            "reached": one.reached,
            "together_with": one.together_with,
            "patrols": of.patrols,
            "effective": of.effective,
            "met": few(of.met),
        }
        for town, of in areas
        for one in of.goals
    ]


def few(count: int | None) -> int | str | None:
    """Return a count of persons as it may leave the house."""
    return SMALL if count is not None and 0 < count < FEW else count
