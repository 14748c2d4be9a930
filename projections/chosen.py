"""What a filter chooses: one value, or several with commas between them; None is all.

Whoever answers for several townships asks for all of them in one word. So a question stays
text, which is quoted with its answer, kept in an address and asked again.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from projections.views import Condition

BETWEEN: Final = ","


@lru_cache(maxsize=256)
def values_of(asked: str) -> tuple[str, ...]:
    """Return the values that a filter names."""
    return tuple(value for value in asked.split(BETWEEN) if value)


def joined(values: Iterable[str]) -> str:
    """Return the filter that chooses some values."""
    return BETWEEN.join(values)


def takes(asked: str | None, value: str) -> bool:
    """Tell whether a filter chooses a value."""
    return asked is None or value == asked or value in values_of(asked)


def meets(asked: str | None, values: Iterable[str]) -> bool:
    """Tell whether a filter chooses any of some values; those that are none stand for all."""
    held = {*values}
    return asked is None or not held or not held.isdisjoint(values_of(asked))


def condition(column: str, asked: str) -> Condition:
    """Return the condition that a filter puts to a column of a view."""
    values = values_of(asked)
    return (column, "=", asked) if values == (asked,) else (column, "in", list(values))


def conditions(asked: Iterable[tuple[str, str | None]]) -> list[Condition]:
    """Return the conditions that filters put to the columns of their names."""
    return [condition(column, value) for column, value in asked if value is not None]


def where(filters: object, *names: str) -> list[Condition]:
    """Return the conditions that some filters of a set put to the columns of their names."""
    return conditions((name, getattr(filters, name)) for name in names)
