"""What is asked: items in force and adopted plans, as windows with a required number.

A plan adds to the rules of the items (or takes nothing from them): on its days the stronger of
the two holds, the one that asks for more in a year. The window of a plan ends with the plan.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct

from events.checklists import Words
from events.office import PlanAdopted
from projections.frequency import (
    ByClass,
    ByLevel,
    Deadline,
    Each,
    Line,
    Per,
    Rule,
    Sample,
    Unreadable,
    read,
    read_line,
    window,
    windows,
)
from projections.items import Item
from projections.spans import OPEN, Span, after, before

EVERY: Final = "*"
"""Stands for the objects of a sample, in place of one object's key."""

Within: TypeAlias = Callable[[Per | None], Span]
"""In which days a window is to end, by its length; None is that of a whole plan."""

R = TypeVar("R", bound=Rule)


NO_WORDS: Final = Words("", "")


class Basis(Struct, frozen=True):
    """Why something is asked: the rule's kind, its number and window, and what it rests on.

    `text` is what the item's data name as their basis; `plan` the name of the plan that asks
    for more; `group` the class of a household or the level of a place.
    """

    mode: str
    count: int
    per: str = ""
    text: Words = NO_WORDS
    plan: str = ""
    group: str = ""


class Stretch(Struct, frozen=True):
    """Days on which an item was in force, plannable, and read one way."""

    item: str
    days: Span
    domain: str
    types: frozenset[str]
    rule: Rule
    text: Words


class Ask(Struct, frozen=True):
    """So many inspections with an item in a window, of each object concerned."""

    item: str
    window: Span
    required: int
    basis: Basis


class Group(Struct, frozen=True):
    """So many distinct objects of some types (in a township; "": anywhere) in a window."""

    item: str
    domain: str
    window: Span
    types: frozenset[str]
    township: str
    share: Fraction
    number: int
    basis: Basis

    def required(self, objects: int) -> int:
        """Return how many of so many; never more than there are."""
        return min(objects, max(self.number, ceil(self.share * objects)))


class _Source(Struct, frozen=True):
    """One that asks for windows on its days: the item itself, or a line of a plan."""

    days: Span
    per: Per | None
    count: int
    basis: Basis

    @property
    def a_year(self) -> Fraction:
        if self.per is not None:
            return Each(self.count, self.per).a_year
        return Fraction(self.count * 365, (self.days.end - self.days.start).days + 1)

    def windows(self, within: Span, *, clipped: bool) -> Iterator[Span]:
        if not clipped and self.per is not None:
            days = self.days.within(within)
            yield from windows(self.per, days) if days else ()
            return
        start = self.days.start
        while start <= self.days.end:
            whole = self.days if self.per is None else window(self.per, start)
            found = whole.within(self.days)
            if found is None or found.start > within.end:
                return
            if found.end >= within.start and found.end <= within.end:
                yield found
            if found.end == OPEN:
                return
            start = after(found.end)


class Rules:
    """The items and plans of an office, as they ask; each answer is worked out once."""

    def __init__(self, items: Iterable[Item], plans: Iterable[PlanAdopted]) -> None:
        self.stretches = [one for item in items for one in stretches(item)]
        self._lines: defaultdict[str, list[tuple[Line, PlanAdopted]]] = defaultdict(list)
        unreadable = {
            f"{one.item}: {one.rule.why}"
            for one in self.stretches
            if isinstance(one.rule, Unreadable)
        }
        for adopted in plans:
            for stated in adopted.lines:
                line = read_line(stated)
                if isinstance(line, Unreadable):
                    unreadable.add(f"{adopted.plan}: {line.why}")
                else:
                    self._lines[line.item].append((line, adopted))
        unreadable |= {f"{adopted.plan}: {why}" for adopted, why in self._idle()}
        self.unreadable = tuple(sorted(unreadable))
        self._asks: dict[tuple[str, str, Span | None], Sequence[Ask]] = {}

    def _idle(self) -> Iterator[tuple[PlanAdopted, str]]:
        """Yield lines that ask for nothing: of no such item, or a share where none is drawn."""
        samples = {one.item for one in self.stretches if isinstance(one.rule, Sample)}
        known = {one.item for one in self.stretches}
        for item, lines in self._lines.items():
            for line, adopted in lines:
                if item not in known:
                    yield adopted, f"no item {item} that can be planned"
                elif line.share is not None and item not in samples:
                    yield adopted, f"a share of {item}, which is no sample"

    def of_kind(self, kind: type[R], object_type: str) -> Iterator[tuple[Stretch, R]]:
        """Return where items ask objects of a type by a kind of rule."""
        for stretch in self.stretches:
            if isinstance(stretch.rule, kind) and object_type in stretch.types:
                yield stretch, stretch.rule

    def asks(self, object_type: str, township: str, within: Within) -> Iterator[Ask]:
        """Return what is asked of each object of a type in a township: windows that end so."""
        for stretch in self.stretches:
            if not isinstance(stretch.rule, Sample | ByLevel):
                yield from self._of_stretch(stretch, object_type, township, within)

    def _of_stretch(
        self, stretch: Stretch, object_type: str, township: str, within: Within
    ) -> Iterator[Ask]:
        sources: list[tuple[_Source, bool]] = []
        if isinstance(stretch.rule, Each) and object_type in stretch.types:
            each = stretch.rule
            basis = Basis("min", each.count, each.per, stretch.text)
            sources.append((_Source(stretch.days, each.per, each.count, basis), False))
        for line, adopted in self._lines.get(stretch.item, ()):
            if line.object_type == object_type and line.township in ("", township) and line.number:
                days = Span(adopted.valid_from, adopted.valid_to)
                if days.start <= days.end:
                    sources.append((_of_plan(line, adopted, stretch, days), True))
        yield from _strongest(sources, stretch, within)

    def groups(self, within: Within) -> Iterator[Group]:
        """Return what is asked of samples: windows that end so."""
        for stretch in self.stretches:
            if not isinstance(stretch.rule, Sample):
                continue
            rule = stretch.rule
            basis = Basis("sample_min", 0, rule.per, stretch.text)
            days = stretch.days.within(within(rule.per))
            for one in windows(rule.per, days) if days else ():
                yield Group(
                    stretch.item, stretch.domain, one, stretch.types, "", rule.fraction, 0, basis
                )
            for line, adopted in self._lines.get(stretch.item, ()):
                yield from _planned_sample(stretch, line, adopted, within)

    def passes(self, item: str, object_type: str, township: str, day: date) -> int:
        """Return how many passes plans ask for in each cell of a patrolled place on `day`."""
        return max(
            (
                line.number
                for line, adopted in self._lines.get(item, ())
                if line.object_type == object_type
                and line.township in ("", township)
                and adopted.valid_from <= day <= adopted.valid_to
            ),
            default=0,
        )


def _of_plan(line: Line, adopted: PlanAdopted, stretch: Stretch, days: Span) -> _Source:
    basis = Basis("plan", line.number, line.per or "", stretch.text, adopted.name)
    return _Source(days, line.per, line.number, basis)


def _planned_sample(
    stretch: Stretch, line: Line, adopted: PlanAdopted, within: Within
) -> Iterator[Group]:
    days = Span(adopted.valid_from, adopted.valid_to)
    if line.object_type not in stretch.types or days.start > days.end:
        return
    basis = Basis("plan", line.number, line.per or "", stretch.text, adopted.name)
    for one in _Source(days, line.per, 1, basis).windows(within(line.per), clipped=True):
        if stretch.days.start <= one.end <= stretch.days.end:
            yield Group(
                stretch.item, stretch.domain, one, frozenset({line.object_type}), line.township,
                line.share or Fraction(0), line.number, basis,
            )  # fmt: skip


def _strongest(
    sources: list[tuple[_Source, bool]], stretch: Stretch, within: Within
) -> Iterator[Ask]:
    """Yield the windows of each source, but for those on the days of a stronger one."""
    ranked = sorted(sources, key=lambda one: (-one[0].a_year, one[1]))
    for place, (source, planned) in enumerate(ranked):
        stronger = [other.days for other, _ in ranked[:place]]
        for one in source.windows(within(source.per), clipped=planned):
            held = stretch.days.start <= one.end <= stretch.days.end
            if held and not any(days.start <= one.end <= days.end for days in stronger):
                yield Ask(stretch.item, one, source.count, source.basis)


def stretches(item: Item) -> Iterator[Stretch]:
    """Return the days on which an item is in force and plannable, cut where it was revised."""
    for span in item.active:
        cuts = sorted({one.valid_from for one in item.listings if span.start < one.valid_from})
        starts = [span.start, *(day for day in cuts if day <= span.end)]
        for start, end in zip(starts, [*map(before, starts[1:]), span.end], strict=True):
            listing = item.listing(start)
            if listing is not None and listing.plannable:
                yield Stretch(
                    item.code, Span(start, end), listing.domain, frozenset(listing.object_types),
                    read(listing.frequency), _basis(listing.frequency),
                )  # fmt: skip


def _basis(frequency: Mapping[str, Any]) -> Words:
    """Return what a rule rests on; only in the words there are, if one language is missing."""
    said = [frequency.get(name) for name in ("basis_zh", "basis")]
    zh, en = [text if isinstance(text, str) else "" for text in said]
    return Words(zh or en, en or zh)


__all__ = ["EVERY", "Ask", "Basis", "ByClass", "Deadline", "Group", "Rules", "Stretch", "Within"]
