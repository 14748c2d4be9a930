"""How what stood before an import stands again: by new entries, on the days that it spoke of.

Nothing is deleted. What the import put on the list ends before its first day, so that it never
counted; what it revised is stated again as it was, from the same day on; what it ended is listed
again from the day after. So every day reads as it did before, and the history keeps both.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from projections.spans import Span, spans_of

What: TypeAlias = Literal["close", "revise", "list"]


class Turn(Struct, frozen=True):
    """An entry of the register: on which day something begins, ends (`on`) or reads otherwise.

    `on` None: it neither begins nor ends. `listing` is how it reads from then on, in the
    words of its list; None where it reads as before.
    """

    position: int
    day: date
    on: bool | None
    listing: Any = None


class Act(Struct, frozen=True):
    """What is to be recorded: closed before `day`, or revised or listed as `listing` from it on."""

    what: What
    day: date
    listing: Any = None


def returning(
    before: Sequence[Turn], wrote: Iterable[Turn], same: Callable[[Any, Any], bool]
) -> list[Act]:
    """Return what brings back `before`, of entries that an import `wrote` behind it.

    `same` tells whether two listings read alike. Nothing else was recorded since.
    """
    found: list[Act] = []
    active = spans_of((turn.day, turn.position, turn.on) for turn in before if turn.on is not None)
    for turn in wrote:
        held = _reading(before, turn.day)
        if turn.listing is None:
            if _within(active, turn.day) and held is not None:
                found.append(Act("list", turn.day, held))
            continue
        if turn.on and not _within(active, turn.day):
            found.append(Act("close", turn.day))
        if held is not None and not same(held, turn.listing):
            found.append(Act("revise", turn.day, held))
    return found


def _within(active: Iterable[Span], day: date) -> bool:
    return any(span.start <= day <= span.end for span in active)


def _reading(turns: Iterable[Turn], day: date) -> Any:  # noqa: ANN401  as its list has it
    """Return how it reads on a day; before its first listing, how it will read first."""
    listings = sorted(
        (turn for turn in turns if turn.listing is not None),
        key=lambda turn: (turn.day, turn.position),
    )
    reached = [turn for turn in listings if turn.day <= day]
    return (reached or listings[:1])[-1].listing if listings else None
