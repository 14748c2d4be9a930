"""时段覆盖率: of the passes that patrolled places are to get, slot by slot, how many they got.

What is asked follows from the level of a place:

- a hotspot (重点点位) in each of its key slots of each day; where it states none that can be
  read, once a day, and it is named;
- an arterial segment once a day;
- any other segment once an ISO week. A week is asked in the period that holds its Sunday, and
  the passes of all its days count.

A sensitive period multiplies by its own number on its days, a warning by that of the item in
the townships and slots in which it stood, be it for a minute; of several the highest holds,
they do not multiply each other, and a week takes the highest of its days. A plan asks for more
where its number is higher.

A pass is a place walked by an effective patrol, at the time it was walked. A patrol counts
once in a slot, however often it went by; a zero report counts like any other. Days to come are
not asked: nobody can have walked them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, cast

from msgspec import Struct

from projections import visits
from projections.asked import Rules, Stretch
from projections.figures import Figure, Measured, Part, summed
from projections.frequency import ByLevel, Each, Per, window, windows
from projections.garbage import no_collection
from projections.objects import Place
from projections.patrols import read_walks
from projections.question import Question
from projections.registered import Registered
from projections.spans import Span, after
from projections.views import Query
from projections.working_calendar import A_DAY

HOTSPOT: Final = "hotspot"
OTHER: Final = "other"
_WALKED: Final = ("walked_on", "township", "village", "effective", "passes", "goals", "officers")
_MINUTE: Final = 60_000_000  # microseconds
_LONGEST: Final = 40  # characters of a slot
_SLOT: Final = re.compile(r"([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)", re.ASCII)


class Slot(Struct, frozen=True):
    """Minutes of a day, the last not included; one that runs past midnight ends behind 1440."""

    text: str
    start: int
    end: int


_ALL_DAY: Final = Slot("", 0, A_DAY)


@lru_cache(maxsize=4_096)
def _slot(text: str) -> Slot | None:
    found = _SLOT.fullmatch(text)
    if found is None:
        return None
    first, minute, last, end = map(int, found.groups())
    start, until = first * 60 + minute, last * 60 + end
    if start >= A_DAY or until > A_DAY or start == until:
        return None
    return Slot(text, start, until if until > start else until + A_DAY)


def read_slot(text: object) -> Slot | None:
    """Read `06:00-08:00`; None where it is no slot. `20:00-02:00` runs into the next day."""
    return _slot(text) if isinstance(text, str) and len(text) <= _LONGEST else None


# ── passes ─────────────────────────────────────────────────────────────────────────


class Pass(Struct, frozen=True, gc=False):
    """A place was walked: when (µs), at which minute of the day, by which patrol."""

    at: int
    minute: int
    patrol: str


class Passes(Struct, frozen=True):
    """Passes by place and day, by its number."""

    by_day: Mapping[tuple[str, int], Sequence[Pass]]

    def of_day(self, places: Iterable[str], day: date) -> list[Pass]:
        number = day.toordinal() - _FIRST
        return [one for place in places for one in self.by_day.get((place, number), ())]

    def in_slot(self, places: Sequence[str], day: date, slot: Slot) -> int:
        """Return how many patrols walked a place in a slot that begins on `day`."""
        walked = {
            one.patrol for one in self.of_day(places, day) if slot.start <= one.minute < slot.end
        }
        if slot.end > A_DAY:
            walked |= {
                one.patrol
                for one in self.of_day(places, after(day))
                if one.minute < slot.end - A_DAY
            }
        return len(walked)

    def in_days(self, places: Sequence[str], days: Span) -> int:
        """Return how many times a patrol walked a place, once for each patrol and day."""
        return sum(len({one.patrol for one in self.of_day(places, day)}) for day in _each_day(days))


_FIRST: Final = date(1970, 1, 1).toordinal()


def passes(question: Question, days: Span) -> Passes:
    """Return the passes of some days, those of patrols that ended on the next day among them."""
    rows = question.views.select(
        Query(
            "inspections",
            columns=("passes", "officers"),
            where=(
                ("walked_on", ">=", days.start.isoformat()),
                ("walked_on", "<=", min(after(days.end), question.today).isoformat()),
                ("effective", "=", 1),
            ),
            order=_WALKED,
        )
    )
    officer = question.filters.officer
    found: defaultdict[tuple[str, int], list[Pass]] = defaultdict(list)
    for patrol, (text, officers), _ in rows:
        if text and (officer is None or officer in str(officers).split()):
            for walk in read_walks(str(text)):
                if walk.passed:
                    minutes = walk.at // _MINUTE + walk.offset
                    day = visits.day_number(walk.at, walk.offset)
                    one = Pass(walk.at, minutes % A_DAY, patrol)
                    found[walk.segment, day].append(one)
    return Passes(found)


# ── what is asked ──────────────────────────────────────────────────────────────────


class Patrolled(Struct, frozen=True):
    """A place that an item asks to be walked, on one day."""

    item: str
    domain: str
    object: str
    names: tuple[str, ...]
    place: Place
    level: str
    each: Each
    weather: int
    slots: tuple[Slot, ...]


class Cell(Struct, frozen=True, gc=False):
    """A place in a slot of a day, or in a whole day or week: passes done, passes required."""

    item: str
    domain: str
    township: str
    level: str
    object: str
    day: date
    slot: str
    done: int
    required: int

    @property
    def key(self) -> str:
        """The key of its part: place, day, slot (`day`, `week` where all of it is one)."""
        return f"{self.object}|{self.day.isoformat()}|{self.slot}"


def slot_coverage(question: Question) -> Measured:
    """Σ min(passes, required) ÷ Σ required over place × day × slot.

    `by` township and level. `unreadable` names places whose key slots cannot be read.
    """
    with no_collection():
        rules = Rules(question.items, question.plans)
        found = cells(question, rules)
        by: dict[str, defaultdict[str, list[Part]]] = {
            "township": defaultdict(list),
            "level": defaultdict(list),
        }
        parts: list[Part] = []
        for one in found:
            part = Part(one.key, one.done, one.required)
            parts.append(part)
            by["township"][one.township].append(part)
            by["level"][one.level].append(part)
        return Measured(
            {"slots": summed(parts)},
            by={name: _figures(of) for name, of in by.items()},
            lists={"unreadable": strange_slots(question)},
        )


def _figures(of: Mapping[str, Iterable[Part]]) -> dict[str, Figure]:
    return {value: summed(parts) for value, parts in sorted(of.items())}


def cells(question: Question, rules: Rules) -> list[Cell]:
    """Return the cells of the past days of the period, in no particular order."""
    past = question.past
    if past is None:
        return []
    walked: Passes | None = None
    found: list[Cell] = []
    for one in question.registered:
        for stretch, rule in _asking(rules, one):
            if walked is None:  # where nothing is patrolled, nothing is read
                walked = passes(question, _read_from(rules, past))
            found += _of_place(question, rules, one, stretch, rule, past, walked)
    return found


def _asking(rules: Rules, one: Registered) -> Iterator[tuple[Stretch, ByLevel]]:
    for object_type in sorted({object_type for object_type, _ in one.types}):
        yield from rules.of_kind(ByLevel, object_type)


def _of_place(
    question: Question,
    rules: Rules,
    one: Registered,
    stretch: Stretch,
    rule: ByLevel,
    past: Span,
    walked: Passes,
) -> Iterator[Cell]:
    days = stretch.days.within(past)
    if days is None:
        return
    for per in _lengths(one, rule):
        for span in windows(per, days):
            about = patrolled(question, one, stretch, rule, span.end)
            if about is None or about.each.per != per:
                continue
            yield from of_window(question, rules, about, span, walked)


def of_window(
    question: Question, rules: Rules, about: Patrolled, span: Span, walked: Passes
) -> Iterator[Cell]:
    """Yield the cells of a place in a window: one for each slot, else one."""
    place = about.place
    planned = rules.passes(about.item, place.object_type, place.township, span.end)
    asked = max(about.each.count, planned)
    keys = (about.item, about.domain, place.township, about.level, about.object, span.end)
    for slot in about.slots:
        done = walked.in_slot(about.names, span.end, slot)
        yield Cell(*keys, slot.text, done, asked * times(question, about, span.end, slot))
    if not about.slots:
        most = max(times(question, about, day) for day in _each_day(span))
        yield Cell(*keys, about.each.per, walked.in_days(about.names, span), asked * most)


def patrolled(
    question: Question, one: Registered, stretch: Stretch, rule: ByLevel, day: date
) -> Patrolled | None:
    """Return how a place is to be walked on `day`; None where it is not."""
    place = one.place(day)
    if (
        place is None
        or place.object_type not in stretch.types
        or stretch.item in one.exempted(day)
        or not question.chooses(place)
    ):
        return None
    attributes = one.term(day).attributes
    level = _level(place.object_type, attributes, rule)
    each = rule.levels.get(level)
    if each is None:
        return None
    slots = key_slots(attributes.get("key_slots"))[0] if each.slots else ()
    return Patrolled(
        stretch.item, place.domain, one.object, one.members, place, level, each,
        rule.special_weather, slots,
    )  # fmt: skip


def _level(object_type: str, attributes: Mapping[str, Any], rule: ByLevel) -> str:
    """Return the level of a place; what it states counts only where the rule knows it."""
    stated = attributes.get("level")
    if object_type == HOTSPOT:
        return HOTSPOT
    return stated if isinstance(stated, str) and stated in rule.levels else OTHER


def _lengths(one: Registered, rule: ByLevel) -> set[Per]:
    """Return the lengths of windows in which a place was ever asked."""
    levels = {
        _level(object_type, term.attributes, rule)
        for object_type, _ in one.types
        for term in one.terms
    }
    return {rule.levels[level].per for level in levels if level in rule.levels}


def key_slots(stated: object) -> tuple[tuple[Slot, ...], tuple[str, ...]]:
    """Return the slots of a place, each once, and what of its attribute is none."""
    texts = cast("list[object]", stated) if isinstance(stated, list) else [stated]
    slots = {slot: None for text in texts if (slot := read_slot(text)) is not None}
    strange = [str(text)[:_LONGEST] for text in texts if text and read_slot(text) is None]
    return tuple(slots), tuple(strange)


def strange_slots(question: Question) -> tuple[str, ...]:
    """Name the hotspots whose key slots cannot be read, or which state none."""
    past = question.past
    if past is None:
        return ()
    found: list[str] = []
    for one in question.registered:
        place = one.place(past.end)
        if place is not None and place.object_type == HOTSPOT and question.chooses(place):
            slots, strange = key_slots(one.term(past.end).attributes.get("key_slots"))
            if strange or not slots:
                found.append(f"{one.object}: {', '.join(strange)}")
    return tuple(sorted(found))


def times(question: Question, about: Patrolled, day: date, slot: Slot = _ALL_DAY) -> int:
    """Return by how much a day, or a slot of it, multiplies what is asked of a place."""
    calendar = question.calendar
    found = max(1, calendar.sensitive(day))
    if about.weather > found and calendar.warned(day, about.place.township, slot.start, slot.end):
        return about.weather
    return found


@lru_cache(maxsize=8_192)
def _each_day(span: Span) -> tuple[date, ...]:
    return tuple(map(date.fromordinal, range(span.start.toordinal(), span.end.toordinal() + 1)))


def _read_from(rules: Rules, past: Span) -> Span:
    """Return the days whose passes count: windows that end in a period begin before it."""
    lengths: set[Per] = {
        each.per
        for stretch in rules.stretches
        if isinstance(stretch.rule, ByLevel)
        for each in stretch.rule.levels.values()
    }
    return Span(min(window(per, past.start).start for per in lengths), past.end)
