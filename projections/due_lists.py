"""待办清单: what is due of each object and household, by which day, and why.

One row for each item and object: the oldest window that is open. A window that ended with
something missing stays overdue until somebody comes with that item, late as it is; then the
window that runs is asked. Rechecks (`projections.due_dates`) and deadlines are overdue until they
are done, counted from the day on which they fell due. A patrolled place is due today (a weekly
one this week), or, once it was walked, the day (the week) after; what was missed yesterday
cannot be caught up.

`due_on` is a working day, but for patrols, which go out on any day.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from msgspec import Struct, structs

from events.checklists import Words
from projections import slots
from projections.asked import Ask, Basis, Group, Rules
from projections.frequency import ByLevel, Per, window
from projections.garbage import no_collection
from projections.objects import Place
from projections.question import Question
from projections.registered import Registered, registered
from projections.requirements import Requirement, of_group, of_terms
from projections.slots import Patrolled
from projections.spans import OPEN, Span, after
from projections.terms import concerning, termed
from projections.uses import Uses, used_between, used_by, within
from projections.views import Query

HORIZON: Final = 30  # days ahead, if nothing else is asked
_REACH: Final[Mapping[Per | None, int]] = {
    "day": 2,
    "week": 14,
    "month": 62,
    "quarter": 184,
    "half_year": 368,
    "year": 732,
    "5_years": 3_660,
    None: 732,
}  # fmt: skip  two windows each way: one that ended, the one that runs, one to come


class Due(Struct, frozen=True):
    """Something is due. `object` is `*…` for a sample of many; then there is no `place`."""

    item: str
    object: str
    place: Place | None
    domain: str
    window: Span
    due_on: date
    done: int
    required: int
    basis: Basis
    overdue_days: int

    @property
    def order(self) -> tuple[str, str, str]:
        return self.due_on.isoformat(), self.item, self.object


def due_list(
    question: Question,
    until: date | None = None,
    *,
    object_type: str | None = None,
    overdue: bool = False,
) -> list[Due]:
    """Return what is due up to a day (default: 30 days on), by due date, item and object."""
    last = until or _shifted(question.today, HORIZON)
    found = question.once(in_order)
    return [
        one
        for one in found[: bisect_right(found, last, key=lambda one: one.due_on)]
        if (not overdue or one.overdue_days)
        and (object_type is None or (one.place and one.place.object_type == object_type))
    ]


def in_order(question: Question) -> list[Due]:
    """Return the next thing due for each item and object, by due date, item and object."""
    with no_collection():
        return sorted(all_due(question), key=lambda one: one.order)


def all_due(question: Question) -> Iterator[Due]:
    """Yield the next thing due for each item and object, however far ahead, and samples."""
    asked = question.once(_Open)
    until = question.today
    starts = [group.window.start for group in asked.groups()]
    since = min([*starts, asked.reads_from(question.registered)])
    uses = used_between(question.views, Span(since, until))
    terms = used_by(question.views, asked.with_terms(question.registered), until)
    for one in question.registered:
        yield from asked.of(one, uses, terms)
    for group in asked.groups():
        found = of_group(question, group, uses)
        if found is not None and not found.met:
            yield _due(found, question.today)


def next_due(question: Question, objects: Collection[str]) -> Mapping[str, Due]:
    """Return for some objects what falls due soonest."""
    chosen = registered(question.views, question.today, objects)
    asked = question.once(_Open)
    keys = {key for one in chosen for key in one.members}
    until = question.today
    uses = used_by(question.views, keys, until, since=asked.reads_from(chosen))
    terms = used_by(question.views, asked.with_terms(chosen), until)
    found: dict[str, Due] = {}
    for one in chosen:
        rows = list(asked.of(one, uses, terms))
        if rows:
            found[one.object] = min(rows, key=lambda row: row.order)
    return found


class _Open:
    """What is open of single objects on the day of a question."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.rules = Rules(question.items, question.plans)
        self._termed = termed(self.rules)
        self._asks: dict[tuple[str, str], list[tuple[str, list[Ask]]]] = {}
        self._passes: slots.Passes | None = None

    def reads_from(self, all_objects: Iterable[Registered]) -> date:
        """Return the first day of any window that is asked about of some objects."""
        kinds = {kind for one in all_objects for kind in one.types}
        starts = [
            ask.window.start
            for kind in kinds
            for _, asks in self._of_type(*kind)
            for ask in asks
            if ask.window.start <= self.question.today
        ]
        return min(starts, default=self.question.today)

    def with_terms(self, all_objects: Iterable[Registered]) -> set[str]:
        return {key for one in all_objects if concerning(self._termed, one) for key in one.members}

    def of(self, one: Registered, uses: Uses, terms: Uses) -> Iterator[Due]:
        """Yield what is due of an object that counts today."""
        today = self.question.today
        place = one.place(today)
        if place is None or not self.question.chooses(place):
            return
        exempt = one.exempted(today)
        for item, asks in self._of_type(place.object_type, place.township):
            if item not in exempt:
                days = uses.days(one.members, item)
                found = self._open(one, place, asks, days)
                if found is not None:
                    yield found
        for item in concerning(self._termed, one):
            if item.item not in exempt and item.asks(place.object_type, today):
                for found in of_terms(self.question, one, item, terms, terms):
                    if found.ended_on is None:
                        here = structs.replace(found, place=place, domain=place.domain)
                        yield _due(here, today)
                        break
        yield from self._patrols(one)

    def _of_type(self, object_type: str, township: str) -> list[tuple[str, list[Ask]]]:
        kept = self._asks.get((object_type, township))
        if kept is None:
            asks = sorted(
                self.rules.asks(object_type, township, self._reach),
                key=lambda ask: (ask.item, ask.window.end, ask.window.start),
            )
            kept = [(item, list(of)) for item, of in groupby(asks, lambda ask: ask.item)]
            self._asks[object_type, township] = kept
        return kept

    def _reach(self, per: Per | None) -> Span:
        days = _REACH[per]
        return Span(_shifted(self.question.today, -days), _shifted(self.question.today, days))

    def _open(
        self, one: Registered, place: Place, asks: Sequence[Ask], days: Sequence[str]
    ) -> Due | None:
        """Return the oldest open window of an item: the last that ended, or one that has not."""
        today = self.question.today
        ended = [ask for ask in asks if ask.window.end < today][-1:]
        for ask in (*ended, *(ask for ask in asks if ask.window.end >= today)):
            done = within(days, ask.window)
            if done >= ask.required:
                continue
            if ask.window.end < today:
                since = Span(after(ask.window.end), today)
                missed = one.place(ask.window.end)
                if missed is None or within(days, since) or missed.object_type != place.object_type:
                    continue
            due_on = self.question.calendar.last_working(ask.window)
            late = (today - ask.window.end).days if max(ask.window.end, due_on) < today else 0
            return Due(
                ask.item, one.object, place, place.domain, ask.window, due_on, done,
                ask.required, ask.basis, late,
            )  # fmt: skip
        return None

    def groups(self) -> Iterator[Group]:
        """Yield the samples whose window runs today."""
        today = self.question.today
        for group in self.rules.groups(self._reach):
            if group.window.start <= today <= group.window.end:
                yield group

    # ── patrols ────────────────────────────────────────────────────────────────────

    def _patrols(self, one: Registered) -> Iterator[Due]:
        today = self.question.today
        for object_type in sorted({object_type for object_type, _ in one.types}):
            for stretch, rule in self.rules.of_kind(ByLevel, object_type):
                if stretch.days.start <= today <= stretch.days.end:
                    about = slots.patrolled(self.question, one, stretch, rule, today)
                    if about is not None:
                        yield self._patrol(about, stretch.text)

    def _patrol(self, about: Patrolled, text: Words) -> Due:
        """Return the day or week that runs, or the next one if it was walked enough."""
        span = window(about.each.per, self.question.today)
        if self._passes is None:
            self._passes = slots.passes(
                self.question, Span(window("week", self.question.today).start, self.question.today)
            )
        cells = list(slots.of_window(self.question, self.rules, about, span, self._passes))
        done = sum(min(cell.done, cell.required) for cell in cells)
        required = sum(cell.required for cell in cells)
        if done >= required:
            span, done = window(about.each.per, after(span.end)), 0
            cells = list(slots.of_window(self.question, self.rules, about, span, self._passes))
            required = sum(cell.required for cell in cells)
        basis = Basis("min_by_level", about.each.count, about.each.per, text, group=about.level)
        return Due(
            about.item, about.object, about.place, about.domain, span, span.end, done, required,
            basis, 0,
        )  # fmt: skip


def _due(one: Requirement, today: date) -> Due:
    late = (today - one.window.end).days if one.ends_on < today else 0
    return Due(
        one.item, one.object, one.place, one.domain, one.window, one.due_on, one.done,
        one.required, one.basis, late,
    )  # fmt: skip


def _shifted(day: date, days: int) -> date:
    number = day.toordinal() + days
    return date.fromordinal(min(max(1, number), OPEN.toordinal()))


# ── who has waited longest ─────────────────────────────────────────────────────────


class Waiting(Struct, frozen=True):
    """An object that counts today, and its last effective inspection; None: never."""

    object: str
    last_on: date | None


def waited_longest(
    question: Question, most: int = 5
) -> Mapping[tuple[str, str], tuple[Waiting, ...]]:
    """Return, by domain and township, the objects that waited longest: first never inspected."""
    today = question.today
    rows = question.views.select(Query("objects", columns=("last_on",), order=("last_on",)))
    known = {row.key: str(row.values[0]) for row in rows}
    late = {key for key, day in known.items() if day > today.isoformat()}
    before_then = used_by(question.views, late, today).by_object if late else {}
    for key in late:  # inspected after that day: what was known then is read from inspections
        known[key] = max((day for day, _ in before_then.get(key, ())), default="")
    found: defaultdict[tuple[str, str], list[Waiting]] = defaultdict(list)
    for one in question.registered:
        place = one.place(today)
        if place is not None and question.chooses(place):
            last = max((known.get(key, "") for key in one.members), default="")
            found[place.domain, place.township].append(
                Waiting(one.object, date.fromisoformat(last) if last else None)
            )
    return {
        key: tuple(sorted(waiting, key=lambda one: (one.last_on or date.min, one.object))[:most])
        for key, waiting in sorted(found.items())
    }
