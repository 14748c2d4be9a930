"""Objects as rules read them: when each counts, what it is on a day, merged ones as one.

All of it stands in two columns of the view `objects`, under one index: no document is read,
however long the history.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Final

from msgspec import Struct

from projections import objects as register
from projections.objects import PERSONS, Counts, Place, Term, Terms
from projections.views import Condition, Found, Query, ViewReader

_BARE: Final = (Term(date.min),)


class Registered(Struct, frozen=True, dict=True):
    """An object, or a group of objects that were found to be one, under the name it counts as.

    `members` are the keys of the group, `columns` what is known of each, the object's own first.
    """

    object: str
    members: tuple[str, ...]
    columns: tuple[tuple[Counts, Terms], ...]

    def place(self, day: date) -> Place | None:
        """Return its keys on `day`, None where it does not count then: it ended, or is exempt."""
        for about, _ in self.columns:
            if any(start <= day <= end for start, end in about.spans):
                found = about.place(day)
                return None if found is None or found.object_type in PERSONS else found
        return None

    def term(self, day: date) -> Term:
        """Return what rules read of it on `day`."""
        return self.columns[0][1].on(day)

    @property
    def terms(self) -> tuple[Term, ...]:
        """What rules read of it, from which day on; never empty."""
        return self.columns[0][1].terms or _BARE

    @property
    def since(self) -> date | None:
        """The first day on which it counts; None where it never does."""
        return min((start for about, _ in self.columns for start, _ in about.spans), default=None)

    def exempted(self, day: date) -> frozenset[str]:
        """Return the items that are not asked of it on `day`."""
        return self.columns[0][1].exempted(day)

    @cached_property
    def types(self) -> frozenset[tuple[str, str]]:
        """Return the types it ever had, each with its township."""
        return frozenset(
            (place.object_type, place.township)
            for about, _ in self.columns
            for place in about.places
        )

    def ever(self, object_types: frozenset[str]) -> bool:
        """Tell whether it ever was of one of some types."""
        return any(object_type in object_types for object_type, _ in self.types)


def registered(
    views: ViewReader, day: date, only: Collection[str] | None = None
) -> list[Registered]:
    """Return all objects that ever count, merged as they are on `day`, by their keys.

    With `only`, those of them that are asked for, and what was merged into them.
    """
    if only is None:
        rows = _rows(views, (("counts", "!=", ""),), ("counts", "terms", "points"))
    else:
        rows = _family(views, only)
    held = {
        row.key: (register.counts(str(row.values[0])), register.terms(str(row.values[1])))
        for row in rows
    }
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        alike[str(row.values[0])].append(row.key)
    groups: defaultdict[str, list[str]] = defaultdict(list)
    same_as = merged(alike, day)
    for key, into in same_as.items():
        groups[into].append(key)
    found = [
        Registered(key, (key,), (own,))
        for key, own in held.items()
        if key not in same_as and key not in groups
    ]
    for into, others in groups.items():
        keys = tuple(key for key in (into, *sorted(others)) if key in held)
        found.append(Registered(into, keys, tuple(held[key] for key in keys)))
    return sorted(found, key=lambda one: one.object)


def _rows(
    views: ViewReader, where: tuple[Condition, ...], order: tuple[str, ...] = ()
) -> list[Found]:
    return views.select(Query("objects", columns=("counts", "terms"), where=where, order=order))


def _family(views: ViewReader, only: Collection[str]) -> list[Found]:
    """Return the rows of some objects and, step by step, of what was merged into them."""
    found: dict[str, Found] = {}
    wanted = sorted(only)
    new = _rows(views, (("key", "in", wanted), ("counts", "!=", "")))
    while wanted:
        found |= {row.key: row for row in new}
        new = [row for row in _rows(views, (("merged_into", "in", wanted),)) if row.values[0]]
        wanted = sorted(row.key for row in new if row.key not in found)
    return list(found.values())


def merged(alike: Mapping[str, Iterable[str]], day: date) -> Mapping[str, str]:
    """Return which objects are counted as another one on a day, by their `counts` columns."""
    mergers = {text: about for text in alike if (about := register.counts(text)).merged}
    targets = {text: about.merged_into(day) for text, about in mergers.items()}
    return _to_the_end({key: to for text, to in targets.items() if to for key in alike[text]})


def _to_the_end(into: Mapping[str, str]) -> dict[str, str]:
    """Follow mergers to their end; in a circle, the last one before it closes."""
    found: dict[str, str] = {}
    for key in into:
        seen = {key}
        at = key
        while at in into and into[at] not in seen:
            at = into[at]
            seen.add(at)
        if at in into:  # a circle: the same one for all of it
            at = min(seen)
        if at != key:
            found[key] = at
    return found
