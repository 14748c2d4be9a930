"""四个零: no begging, no sleeping rough, no accident, no public anger: goal and count side by side.

What patrols saw is counted, whether or not they count as patrols: somebody who slept rough did so,
though only one officer came by. Voided ones are not counted. *Not said* is not *nobody*: persons
of whom a flag is missing, and patrols that left the question open, are told beside the count,
and where nobody patrolled there is no count at all.

Accidents and public anger are one question of the form (SP-28), so one count stands for both: each
of the two says which other one it is told together with.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from projections.chosen import where as chosen_where
from projections.patrols import Goals as Seen
from projections.patrols import read_goals
from projections.question import Question
from projections.views import Condition, Query

Goal: TypeAlias = Literal["begging", "sleeping_rough", "accident", "public_anger"]
Reached: TypeAlias = Literal["yes", "no", "unknown"]

TOGETHER: Final[Mapping[Goal, Goal]] = {"accident": "public_anger", "public_anger": "accident"}


class GoalCount(Struct, frozen=True):
    """A goal, always 0, and its count; None where nobody patrolled.

    `unsaid` are persons, or patrols, of which nobody said it. `together_with` is the goal that
    the same answer tells of.
    """

    goal: Goal
    count: int | None
    unsaid: int
    together_with: Goal | None = None
    target: int = 0

    @property
    def reached(self) -> Reached:
        """`unknown` where something was not said and nothing was seen."""
        if self.count:
            return "no"
        return "unknown" if self.count is None or self.unsaid else "yes"


class GoalsOf(Struct, frozen=True):
    """The goals of an area in a period, and what they rest on. `effective` patrols count."""

    patrols: int
    effective: int
    met: int
    goals: tuple[GoalCount, ...]


class Goals(Struct, frozen=True):
    """The goals of all that was chosen, and of each township in which somebody patrolled."""

    whole: GoalsOf
    townships: Mapping[str, GoalsOf]


def goals(question: Question) -> Goals:
    """Count what patrols of the period saw."""
    of: defaultdict[str, list[tuple[Seen, bool]]] = defaultdict(list)
    for township, seen, is_effective in _patrols(question):
        of[township].append((seen, is_effective))
    return Goals(
        _goals_of([one for held in of.values() for one in held]),
        {township: _goals_of(held) for township, held in sorted(of.items())},
    )


_COLUMNS: Final = ("walked_on", "township", "village", "effective", "passes", "goals", "officers")


def _patrols(question: Question) -> Iterable[tuple[str, Seen, bool]]:
    past, chosen = question.past, question.filters
    if past is None:
        return
    where: list[Condition] = [
        ("walked_on", ">=", past.start.isoformat()),
        ("walked_on", "<=", past.end.isoformat()),
        ("goals", "!=", ""),
    ]
    where += chosen_where(chosen, "township", "village", "domain", "kind")
    columns = ("township", "goals", "effective", "officers")
    rows = question.views.select(
        Query("inspections", columns=columns, where=tuple(where), order=_COLUMNS)
    )
    for _, (township, seen, effective, officers), _ in rows:
        if chosen.officer is None or chosen.officer in str(officers).split():
            yield str(township), read_goals(str(seen)), bool(effective)


def _goals_of(held: list[tuple[Seen, bool]]) -> GoalsOf:
    seen = [one for one, _ in held]
    untold, silent = sum(one.untold for one in seen), sum(one.silent for one in seen)
    trouble = sum(one.trouble for one in seen)
    counts: dict[Goal, tuple[int, int]] = {
        "begging": (sum(one.begging for one in seen), untold),
        "sleeping_rough": (sum(one.sleeping_rough for one in seen), untold),
        "accident": (trouble, silent),
        "public_anger": (trouble, silent),
    }
    return GoalsOf(
        len(held),
        sum(is_effective for _, is_effective in held),
        sum(one.met for one in seen),
        tuple(
            GoalCount(goal, count if held else None, unsaid, TOGETHER.get(goal))
            for goal, (count, unsaid) in counts.items()
        ),
    )
