"""Figures: a rate together with the rows behind it, so that a reader can go from one to the other.

Every measure of `projections.measures` returns `Measured`. A figure never rounds and never
guesses: where there is nothing to cover it says so, instead of 100 %.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Final

from msgspec import Struct

NO_OBJECTS: Final = "no objects"
"""What a figure reads whose denominator is 0: never 100 %."""


class Part(Struct, frozen=True, gc=False):
    """A row behind a figure: `done` of `of`, by the key of what it counts."""

    key: str
    done: int
    of: int = 1

    @property
    def counted(self) -> int:
        """More than was asked for counts no more than that."""
        return min(self.done, self.of)


class Figure(Struct, frozen=True, dict=True):
    """A rate: Σ min(done, of) ÷ Σ of, over its parts in the order of their keys.

    With `beyond`, what was done beyond what was asked counts too: a cap can be exceeded, and
    then the rate must say so.
    """

    parts: tuple[Part, ...] = ()
    beyond: bool = False

    @cached_property
    def numerator(self) -> int:
        if self.beyond:
            return sum(part.done for part in self.parts)
        return sum(part.counted for part in self.parts)

    @cached_property
    def denominator(self) -> int:
        return sum(part.of for part in self.parts)

    @property
    def rate(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def words(self) -> str:
        """The rate in words: `no objects` where there is nothing to cover."""
        return NO_OBJECTS if self.rate is None else f"{self.rate:.1%}"

    @property
    def covered(self) -> tuple[str, ...]:
        """The keys of which all was done."""
        return tuple(part.key for part in self.parts if part.done >= part.of)

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys of which something is left to do."""
        return tuple(part.key for part in self.parts if part.done < part.of)


def figure(of: Iterable[str], done: Collection[str]) -> Figure:
    """Return the figure of things that are covered or not: those `of` that are among `done`."""
    return Figure(tuple(Part(key, int(key in done)) for key in sorted(of)))


def summed(parts: Iterable[Part]) -> Figure:
    """Return the figure of parts, in the order of their keys."""
    return Figure(tuple(sorted(parts, key=lambda part: part.key)))


class Measured(Struct, frozen=True):
    """What a measure gives.

    The first of `figures` is the measure itself, the others stand beside it. `by` breaks it
    down, by the name of a key (`township`, `item`) and its values. `numbers` are no rates (None
    where they cannot be said), `lists` are keys of rows that a reader of the figure asks for.
    """

    figures: Mapping[str, Figure]
    by: Mapping[str, Mapping[str, Figure]] = {}
    numbers: Mapping[str, float | None] = {}
    lists: Mapping[str, tuple[str, ...]] = {}

    @property
    def figure(self) -> Figure:
        """The measure itself."""
        return next(iter(self.figures.values()))
