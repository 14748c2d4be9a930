"""应查尽查率: of what rules and plans ask for and what falls due, how much was done.

A requirement is an item, an object, a window and a number. It falls due with the last day of
its window, for objects that count on that day and are not exempt of the item, if the item is
then in force and plannable. Done are effective inspections with that item in the window; more
of them than asked count no more. Objects that were merged are one object, with all that was
done under any of its names.

What falls due in the period but after today is asked all the same: it is the progress of a
year. Two things are asked once their time has come: a recheck that depends on the one before
it (only the first that is open is known, `projections.due_dates`) and the passes of a patrol
(`projections.slots`). Due dates are nobody's own: an officer is credited with what he did.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from msgspec import Struct

from projections import slots
from projections.asked import EVERY, Ask, Basis, Group, Rules
from projections.figures import Figure, Measured, Part, summed
from projections.garbage import no_collection
from projections.objects import Place
from projections.question import Question
from projections.registered import Registered
from projections.spans import Span
from projections.terms import Termed, concerning, termed, terms
from projections.uses import Uses, used_between, used_by, within


class Requirement(Struct, frozen=True, gc=False):
    """So many inspections of an object with an item in a window; `due_on` is a working day.

    `ended_on` tells of rechecks and deadlines alone when they were done, if late.
    """

    item: str
    object: str
    window: Span
    due_on: date
    required: int
    done: int
    basis: Basis
    place: Place | None
    domain: str
    ended_on: date | None = None

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
    period = question.period
    due = (
        one
        for _, item, one in of_all_terms(question, rules)
        if period.start <= one.due_on <= period.end
        and (place := one.place) is not None
        and item.asks(place.object_type, one.due_on)
        and question.chooses(place)
    )
    return [*in_windows(question, rules), *due]


def in_windows(question: Question, rules: Rules) -> list[Requirement]:
    """Return what calendar windows and samples ask that end in the period."""
    asked = _Asked(question, rules)
    groups = list(rules.groups(lambda _: question.period))
    starts = [one.window.start for one in (*asked.all_asks(), *groups)]
    first = min(starts, default=question.period.start)
    last = min(question.period.end, question.today)
    officer = question.filters.officer
    uses = used_between(question.views, Span(first, last), officer) if first <= last else Uses({})
    found = [one for each in question.registered for one in asked.each(each, uses)]
    found += [one for group in groups if (one := of_group(question, group, uses)) is not None]
    return found


def of_all_terms(
    question: Question, rules: Rules
) -> Iterator[tuple[Registered, Termed, Requirement]]:
    """Yield all rechecks and deadlines of all objects, whenever they fall due."""
    items = termed(rules)
    concerned = [(one, found) for one in question.registered if (found := concerning(items, one))]
    keys = {key for one, _ in concerned for key in one.members}
    uses = used_by(question.views, keys, question.today)
    officer = question.filters.officer
    own = uses if officer is None else used_by(question.views, keys, question.today, officer)
    for one, found in concerned:
        for item in found:
            for each in of_terms(question, one, item, uses, own):
                yield one, item, each


def of_terms(
    question: Question, one: Registered, item: Termed, uses: Uses, own: Uses
) -> Iterator[Requirement]:
    """Yield all rechecks and deadlines of an object by an item, whenever they fall due.

    What `uses` has moves due dates; what is among the `own` is credited.
    """
    days = uses.days(one.members, item.item)
    credited = days if own is uses else own.days(one.members, item.item)
    for term in terms(one, item, days, question.calendar, question.today):
        done = term.in_time is not None and term.in_time.isoformat() in credited
        domain = term.place.domain if term.place else ""
        yield Requirement(
            item.item, one.object, term.window, term.window.end, 1, int(done), term.basis,
            term.place, domain, term.ended_on,
        )  # fmt: skip


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
