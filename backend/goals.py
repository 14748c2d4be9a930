"""四个零: goal and count side by side, for all that is chosen and for each township."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeAlias

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.exports.sending import as_table
from backend.measuring import ASKED, Asked, Measuring
from backend.readings import AsOf, Format, Reading, query_of, wants_table
from projections.goals import GoalCount, Goals, GoalsOf, goals
from projections.hidden import FEW, SMALL, hidden_counts
from projections.spans import Span


class GoalOut(Struct, frozen=True):
    """A goal beside its count. See `projections.goals`.

    `words` say what the count reads: `<5` or `hidden` where few persons are hidden, and nothing
    where nobody patrolled. `unsaid` is None where it is hidden.
    """

    goal: str
    target: int
    count: int | None
    words: str
    unsaid: int | None
    reached: str
    together_with: str | None


class GoalsOfOut(Struct, frozen=True):
    """The goals of an area, and the patrols they rest on. `met` is None where it is hidden."""

    patrols: int
    effective: int
    met: int | None
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
    """Count what patrols saw between `from` and `to`. Fewer than five persons are hidden."""
    with reading.held() as views:
        found = measuring.question(asked).once(goals)
        as_of = reading.as_of(query_of(request), asked.today, views)
    hidden = hidden_persons(found)
    if wants_table(request, format):
        return as_table(request, "goals", lines(found, hidden), as_of)
    townships = {town: _shown(town, one, hidden) for town, one in found.townships.items()}
    return Response(GoalsOut(as_of, asked.period, _shown("", found.whole, hidden), townships))


Hidden: TypeAlias = Mapping[tuple[str, str, str], str]
"""What a count reads that is hidden, by township ("": all), goal and member."""


def hidden_persons(found: Goals) -> Hidden:
    """Return which counts of persons are hidden: few are, and none alone beside its sum."""
    by: defaultdict[tuple[str, str], dict[str, int | None]] = defaultdict(dict)
    for area, of in {"": found.whole, **found.townships}.items():
        by["", "met"][area] = of.met
        for one in of.goals:
            by[one.goal, "count"][area] = one.count
            by[one.goal, "unsaid"][area] = one.unsaid
    return {
        (area, *column): said
        for column, counts in by.items()
        for area, said in hidden_counts(counts).items()
    }


def _shown(area: str, of: GoalsOf, hidden: Hidden) -> GoalsOfOut:
    met = None if (area, "", "met") in hidden else of.met
    goals = tuple(_goal(area, one, hidden) for one in of.goals)
    return GoalsOfOut(of.patrols, of.effective, met, goals)


def _goal(area: str, one: GoalCount, hidden: Hidden) -> GoalOut:
    said = hidden.get((area, one.goal, "count"))
    count = None if said else one.count
    unsaid = None if (area, one.goal, "unsaid") in hidden else one.unsaid
    words = said or ("" if one.count is None else str(one.count))
    return GoalOut(one.goal, one.target, count, words, unsaid, one.reached, one.together_with)


def lines(found: Goals, hidden: Hidden) -> list[dict[str, Any]]:
    """Return the goals as rows of a table."""
    return [
        {
            "township": town,
            "goal": one.goal,
            "target": one.target,
            "count": hidden.get((town, one.goal, "count"), one.count),
            "unsaid": hidden.get((town, one.goal, "unsaid"), one.unsaid),
            "reached": one.reached,
            "together_with": one.together_with,
            "patrols": of.patrols,
            "effective": of.effective,
            "met": hidden.get((town, "", "met"), of.met),
        }
        for town, of in {"": found.whole, **found.townships}.items()
        for one in of.goals
    ]


def few(count: int | None) -> int | str | None:
    """Return a count of persons as it may leave the house."""
    return SMALL if count is not None and 0 < count < FEW else count
