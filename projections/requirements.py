"""应查尽查率: of what rules and plans ask for and what falls due, how much was done.

A requirement is an item, an object, a window and a number. It falls due with the last day of
its window, for objects that count on that day and are not exempt of the item, if the item is
then in force and plannable. Done are effective inspections with that item in the window; more
of them than asked count no more. Objects that were merged are one object, with all that was
done under any of its names.

What falls due in the period but after today is asked all the same: it is the progress of a
year. Two things are asked once their time has come: a recheck that depends on the one before
it (only the first that is open is known) and the passes of a patrol (`projections.slots`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

from msgspec import Struct

from projections import slots
from projections.asked import EVERY, Ask, Basis, Group, Rules, Stretch
from projections.figures import Figure, Measured, Part, summed
from projections.frequency import ByClass, Deadline, Each, household_class, later
from projections.garbage import no_collection
from projections.objects import Place
from projections.question import Question
from projections.registered import Registered
from projections.spans import OPEN, Span, before
from projections.uses import Uses, used_between, used_by, within
from projections.working_calendar import Calendar

_KNOWN: Final = ("last_recheck_on", "confirmed_on")
"""Attributes that tell of a recheck, or the first assessment, before there were records."""


class Requirement(Struct, frozen=True, gc=False):
    """So many inspections of an object with an item in a window; `due_on` is a working day."""

    item: str
    object: str
    window: Span
    due_on: date
    required: int
    done: int
    basis: Basis
    place: Place | None
    domain: str

    @property
    def key(self) -> str:
        """The key of its part: item, object, last day."""
        return f"{self.item}|{self.object}|{self.window.end.isoformat()}"

    @property
    def ends_on(self) -> date:
        """The last day on which it can be done in time."""
        return max(self.window.end, self.due_on)

    @property
    def met(self) -> bool:
        return self.done >= self.required


def requirement_coverage(question: Question) -> Measured:
    """Σ min(done, required) ÷ Σ required; `inspections` leaves the passes of patrols out.

    `by` item, domain and township; a sample has no township but that of its plan, and the
    domain of its item. `open` and `overdue` are what is not done, `unreadable` what is not
    understood of items and plans.
    """
    with no_collection():
        rules = Rules(question.items, question.plans)
        due = requirements(question, rules)
        cells = slots.cells(question, rules)
    parts = [Part(one.key, one.done, one.required) for one in due]
    passes = [Part(f"{one.item}|{one.key}", one.done, one.required) for one in cells]
    groups: dict[str, defaultdict[str, list[Part]]] = {
        name: defaultdict(list) for name in ("item", "domain", "township")
    }
    for part, keys in zip((*parts, *passes), (*map(_keys, due), *map(_cell_keys, cells)),
                          strict=True):  # fmt: skip
        for name, value in zip(groups, keys, strict=True):
            if value:
                groups[name][value].append(part)
    return Measured(
        {"requirements": summed([*parts, *passes]), "inspections": summed(parts)},
        by={name: _figures(of) for name, of in groups.items()},
        lists={
            "open": _unmet(one for one in due if one.ends_on >= question.today),
            "overdue": _unmet(one for one in due if one.ends_on < question.today),
            "unreadable": rules.unreadable,
        },
    )


def _keys(one: Requirement) -> tuple[str, str, str]:
    return one.item, one.domain, one.place.township if one.place else ""


def _cell_keys(one: slots.Cell) -> tuple[str, str, str]:
    return one.item, one.domain, one.township


def _figures(of: Mapping[str, Iterable[Part]]) -> dict[str, Figure]:
    return {value: summed(parts) for value, parts in sorted(of.items())}


def _unmet(due: Iterable[Requirement]) -> tuple[str, ...]:
    return tuple(sorted(one.key for one in due if not one.met))


# ── what falls due in a period ─────────────────────────────────────────────────────


def requirements(question: Question, rules: Rules) -> list[Requirement]:
    """Return what falls due in the period, patrols aside, in no particular order."""
    asked = _Asked(question, rules)
    groups = list(rules.groups(lambda _: question.period))
    starts = [one.window.start for one in (*asked.all_asks(), *groups)]
    first = min(starts, default=question.period.start)
    last = min(question.period.end, question.today)
    officer = question.filters.officer
    uses = used_between(question.views, Span(first, last), officer) if first <= last else Uses({})
    found = [one for each in question.registered for one in asked.each(each, uses)]
    found += asked.terms()
    found += [one for group in groups if (one := of_group(question, group, uses)) is not None]
    return found


class _Asked:
    """What rules ask of single objects in one question."""

    def __init__(self, question: Question, rules: Rules) -> None:
        self.question = question
        self.rules = rules
        self.calendar = question.calendar
        self._asks: dict[tuple[str, str], list[Ask]] = {}

    def all_asks(self) -> Iterator[Ask]:
        for one in self.question.registered:
            for object_type, township in one.types:
                yield from self._of(object_type, township)

    def _of(self, object_type: str, township: str) -> list[Ask]:
        found = self._asks.get((object_type, township))
        if found is None:
            found = list(self.rules.asks(object_type, township, lambda _: self.question.period))
            found.sort(key=lambda ask: ask.item)
            self._asks[object_type, township] = found
        return found

    def each(self, one: Registered, uses: Uses) -> Iterator[Requirement]:
        """Yield what calendar windows ask of an object."""
        days: list[str] = []
        item = ""
        for object_type, township in sorted(one.types):
            for ask in self._of(object_type, township):
                place = one.place(ask.window.end)
                if (
                    place is None
                    or (place.object_type, place.township) != (object_type, township)
                    or not self.question.chooses(place)
                    or ask.item in one.exempted(ask.window.end)
                ):
                    continue
                if ask.item != item:
                    item, days = ask.item, uses.days(one.members, ask.item)
                yield Requirement(
                    item, one.object, ask.window, self.calendar.last_working(ask.window),
                    ask.required, within(days, ask.window), ask.basis, place, place.domain,
                )  # fmt: skip

    def terms(self) -> Iterator[Requirement]:
        """Yield what falls due a while after a date of the object: rechecks and deadlines."""
        question = self.question
        concerned = [
            (one, terms)
            for one in question.registered
            if (terms := list(_terms_of(self.rules, one)))
        ]
        keys = {key for one, _ in concerned for key in one.members}
        uses = used_by(question.views, keys, question.today, question.filters.officer)
        for one, terms in concerned:
            for found in self.each_term(one, terms, uses):
                if question.period.start <= found.window.end <= question.period.end:
                    yield found

    def each_term(
        self, one: Registered, terms: Sequence[Stretch], uses: Uses
    ) -> Iterator[Requirement]:
        """Yield all rechecks and deadlines of an object, whenever they fall due."""
        for stretch in terms:
            days = uses.days(one.members, stretch.item)
            for window, done, basis in of_terms(
                one, stretch, days, self.calendar, self.question.today
            ):
                place = one.place(window.end)
                if (
                    place is not None
                    and place.object_type in stretch.types
                    and stretch.days.start <= window.end <= stretch.days.end
                    and stretch.item not in one.exempted(window.end)
                    and self.question.chooses(place)
                ):
                    yield Requirement(
                        stretch.item, one.object, window, window.end, 1, done, basis, place,
                        place.domain,
                    )  # fmt: skip


def _terms_of(rules: Rules, one: Registered) -> Iterator[Stretch]:
    for object_type in sorted({object_type for object_type, _ in one.types}):
        for stretch in rules.stretches:
            if isinstance(stretch.rule, ByClass | Deadline) and object_type in stretch.types:
                yield stretch


def of_group(question: Question, group: Group, uses: Uses) -> Requirement | None:
    """Return what a sample asks of the chosen objects; None where there are none of them."""
    due = group.window.end
    concerned = [
        one
        for one in question.registered
        if one.ever(group.types)
        and (place := one.place(due)) is not None
        and place.object_type in group.types
        and group.township in ("", place.township)
        and group.item not in one.exempted(due)
        and question.chooses(place)
    ]
    if not concerned:
        return None
    done = sum(within(uses.days(one.members, group.item), group.window) > 0 for one in concerned)
    types = "" if not group.basis.plan else "+".join(sorted(group.types))
    name = f"{EVERY}{types}{'@' if group.township else ''}{group.township}"
    return Requirement(
        group.item, name, group.window, question.calendar.last_working(group.window),
        group.required(len(concerned)), done, group.basis, None, group.domain,
    )  # fmt: skip


# ── terms: so long after a date ────────────────────────────────────────────────────

Told: TypeAlias = tuple[Span, int, Basis]


def of_terms(
    one: Registered, stretch: Stretch, days: Sequence[str], calendar: Calendar, today: date
) -> Iterator[Told]:
    """Yield the windows of a recheck or a deadline, what was done in each, and why."""
    match stretch.rule:
        case ByClass():
            yield from _rechecks(one, stretch, stretch.rule, days, calendar, today)
        case Deadline():
            yield from _deadlines(one, stretch, stretch.rule, days, calendar)
        case _:
            return


def _deadlines(
    one: Registered, stretch: Stretch, rule: Deadline, days: Sequence[str], calendar: Calendar
) -> Iterator[Told]:
    basis = Basis("deadline", rule.days, "working_day" if rule.working else "day", stretch.text)
    for start in sorted(set(_dates(one, (rule.attribute,)))):
        due = (
            calendar.add_working_days(start, rule.days)
            if rule.working
            else calendar.on_or_after(_plus(start, rule.days))
        )
        window = Span(start, due)
        yield window, within(days, window), basis


def _rechecks(
    one: Registered,
    stretch: Stretch,
    rule: ByClass,
    days: Sequence[str],
    calendar: Calendar,
    today: date,
) -> Iterator[Told]:
    """Yield each recheck that fell due, and the first that is open and not yet due.

    One that was done moves the next: it is counted from then. One that was missed stays
    missed, and after as long again the next one is missed as well; done late, it moves the
    next and stays missed.
    """
    done = {date.fromisoformat(day) for day in days}
    known = _dates(one, _KNOWN)
    last = _begins(one)
    if last is None:
        return
    for day in sorted(done | {day for day in known if last < day <= today}):
        missed = False
        while (due := _due(one, rule, last, calendar)).on < day:
            yield Span(_plus(last, 1), due.on), 0, due.basis(stretch)
            last, missed = due.on, True
        if day in done and day > last and not missed:
            yield Span(_plus(last, 1), due.on), 1, due.basis(stretch)
        last = day
    missed = False
    while (due := _due(one, rule, last, calendar)).on < today:
        yield Span(_plus(last, 1), due.on), 0, due.basis(stretch)
        last, missed = due.on, True
    if not missed and due.on < OPEN:
        yield Span(_plus(last, 1), due.on), 0, due.basis(stretch)


def _begins(one: Registered) -> date | None:
    """Return from when rechecks are counted: what the first listing tells, else its day."""
    first = one.terms[:1]
    told = [day for term in first for day in map(_day, map(term.attributes.get, _KNOWN)) if day]
    return max(told, default=one.since)


class _Due(Struct, frozen=True):
    on: date
    each: Each = Each(1, "year")
    group: str = ""

    def basis(self, stretch: Stretch) -> Basis:
        return Basis("min_by_class", self.each.count, self.each.per, stretch.text, "", self.group)


def _due(one: Registered, rule: ByClass, last: date, calendar: Calendar) -> _Due:
    """Return when the recheck after `last` falls due, by the class the household has then.

    Where a class that is to be rechecked sooner begins after that day, it is due at once.
    """
    terms = one.terms
    for place, term in enumerate(terms):
        ends = before(terms[place + 1].valid_from) if place + 1 < len(terms) else OPEN
        group = household_class(term.attributes)
        each = rule.classes.get(group)
        if each is None:
            continue
        day = later(last, each.per, each.count)
        if day <= ends:
            begins = term.valid_from if place else date.min
            return _Due(calendar.on_or_after(max(day, begins)), each, group)
    return _Due(OPEN)


def _dates(one: Registered, names: Iterable[str]) -> list[date]:
    held = [term.attributes.get(name) for term in one.terms for name in names]
    return sorted({day for value in held if (day := _day(value)) is not None})


def _day(value: Any) -> date | None:  # noqa: ANN401  an attribute
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _plus(day: date, days: int) -> date:
    return day + timedelta(days=days) if OPEN - day > timedelta(days=days) else OPEN
