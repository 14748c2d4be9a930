"""What is asked of a measure, and what several measures read: each of it once.

A measure is a pure function of a `Question`: views, a period, the day to judge from, and
filters. What lies after that day has not happened. Denominators are those of the days of the
period, not of today; objects that were merged count once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from msgspec import Struct, json

from events.office import PlanAdopted
from projections import items as item_list
from projections import lists
from projections import objects as register
from projections.chosen import takes
from projections.chosen import where as chosen_where
from projections.items import Item
from projections.lists import Officer
from projections.objects import Place
from projections.plans import plan
from projections.registered import Registered, merged, registered
from projections.spans import Span
from projections.views import Condition, Query, ViewReader, view_of
from projections.working_calendar import Calendar, calendar

P = ParamSpec("P")
T = TypeVar("T")


class Filters(Struct, frozen=True):
    """What to look at; None is all, and several are said with commas (`projections.chosen`).

    `township`, `village` and `domain` choose objects and inspections. `kind` is that of a
    checklist; of objects it chooses those of a type that its items name. `officer` chooses
    inspections by their crew, and the officer where officers are counted. `item` chooses the
    inspections that used it and the objects of the types it is for; only the map asks for it.
    """

    township: str | None = None
    domain: str | None = None
    kind: str | None = None
    village: str | None = None
    officer: str | None = None
    item: str | None = None


class Done(Struct, frozen=True, gc=False):
    """An inspection that was completed in the period. `items`, `reasons`, `officers` by spaces."""

    inspection: str
    completed_on: str
    kind: str
    object: str
    domain: str
    township: str
    village: str
    items: str
    effective: int
    reasons: str
    desk: int
    officers: str


class Denominator(Struct, frozen=True, gc=False):
    """An object that counts in the period, with the keys it had on its last day in it."""

    object: str
    object_type: str
    domain: str
    township: str
    village: str


_DONE: Final = (
    "completed_on",
    "kind",
    "object",
    "domain",
    "township",
    "village",
    "items",
    "effective",
    "reasons",
    "desk",
    "officers",
)  # fmt: skip  as the index has them: nothing is to be sorted


class _Checklist(Struct, frozen=True):
    kind: str
    items: tuple[str, ...] = ()


class Question:
    """One question, asked of views that are held still while it is answered."""

    def __init__(
        self, views: ViewReader, period: Span, today: date, filters: Filters | None = None
    ) -> None:
        self.views = views
        self.period = period
        self.today = today
        self.filters = filters or Filters()
        self._answered: dict[tuple[Any, ...], Any] = {}

    def once(
        self, ask: Callable[Concatenate["Question", P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what a pure function answers to this question, worked out the first time only."""
        key = (ask, args, *sorted(kwargs.items()))
        if key not in self._answered:
            self._answered[key] = ask(self, *args, **kwargs)
        return cast("T", self._answered[key])

    def again(self, answered: Iterable[tuple[Any, ...]]) -> None:
        """Answer all that another question `answered`, in its order."""
        for ask, args, *named in answered:
            self.once(ask, *args, **dict(named))

    def forget(self) -> None:
        """Let go of all answers; some know this question, which would hold them for long."""
        self._answered.clear()

    @property
    def answered(self) -> Sequence[tuple[Any, ...]]:
        """What was asked once: the function, its arguments, and those by name."""
        return [*self._answered]

    @cached_property
    def past(self) -> Span | None:
        """What of the period has happened; None if nothing has."""
        return self.period.within(Span(date.min, self.today))

    # ── inspections ────────────────────────────────────────────────────────────────

    @cached_property
    def done(self) -> list[Done]:
        """The chosen inspections that were completed in the period, effective or not."""
        return completed(self.views, self.past, self.filters)

    @cached_property
    def effective(self) -> list[Done]:
        """Those of them that count."""
        return [one for one in self.done if one.effective]

    # ── objects ────────────────────────────────────────────────────────────────────

    @cached_property
    def _denominators(self) -> tuple[list[Denominator], Mapping[str, str]]:
        return denominators(self.views, self.past)

    @property
    def same_as(self) -> Mapping[str, str]:
        """As which object merged ones are counted."""
        return self._denominators[1]

    @cached_property
    def objects(self) -> list[Denominator]:
        """The chosen objects that count in the period."""
        return [one for one in self._denominators[0] if self.chooses(one)]

    @cached_property
    def registered(self) -> Sequence[Registered]:
        """All objects that ever count, as rules read them, merged as of the period's end."""
        return registered(self.views, min(self.period.end, self.today))

    @cached_property
    def visited(self) -> frozenset[str]:
        """The objects with an effective inspection, merged ones under the name they count as."""
        same_as = self.same_as
        return frozenset(same_as.get(one.object, one.object) for one in self.effective)

    @cached_property
    def types(self) -> frozenset[str] | None:
        """The types of objects that the chosen kind and item are for; None: all."""
        kind, item = self.filters.kind, self.filters.item
        found = None if kind is None else self._types_of(self._asked_by(kind))
        if item is None:
            return found
        own = self._types_of({item})
        return own if found is None else own & found

    def chooses(self, one: Denominator | Place) -> bool:
        """Tell whether the filters choose an object."""
        chosen = self.filters
        return (
            takes(chosen.township, one.township)
            and takes(chosen.domain, one.domain)
            and takes(chosen.village, one.village)
            and (self.types is None or one.object_type in self.types)
        )

    def _asked_by(self, kind: str) -> set[str]:
        """Return the items that the checklists of a kind name."""
        view = view_of(self.views.views, "checklists")
        asked = set[str]()
        for row in self.views.select(Query("checklists", document=True)):
            form = lists.checklist(view.decode(row.document), self.today)
            if form is not None and form.kind == kind:
                asked |= set(_read_checklist(form.content).items)
        return asked

    def _types_of(self, codes: set[str]) -> frozenset[str]:
        return frozenset(
            object_type
            for item in self.items
            if item.code in codes and (listing := item.listing(self.today))
            for object_type in listing.object_types
        )

    # ── the office's lists ─────────────────────────────────────────────────────────

    @cached_property
    def items(self) -> Sequence[Item]:
        """All items there ever were."""
        view = view_of(self.views.views, "items")
        rows = self.views.select(Query("items", document=True))
        return [item_list.item(row.key, view.decode(row.document)) for row in rows]

    @cached_property
    def officers(self) -> Sequence[Officer]:
        """All officers there ever were; of a chosen one, only that."""
        view = view_of(self.views.views, "officers")
        rows = self.views.select(Query("officers", document=True))
        return [
            lists.officer(row.key, view.decode(row.document))
            for row in rows
            if self.filters.officer in (None, row.key)
        ]

    @cached_property
    def plans(self) -> Sequence[PlanAdopted]:
        """All plans there ever were, each as it was last adopted."""
        view = view_of(self.views.views, "plans")
        rows = self.views.select(Query("plans", document=True))
        held = (plan(view.decode(row.document)) for row in rows)
        return [one for one in held if one is not None]

    @cached_property
    def calendar(self) -> Calendar:
        """Working days, sensitive periods and warnings."""
        return calendar(self.views)


_read_checklist = json.Decoder(_Checklist).decode


def completed(views: ViewReader, past: Span | None, chosen: Filters) -> list[Done]:
    """Return the inspections that were completed in a period, as the filters choose."""
    if past is None:
        return []
    where: list[Condition] = [
        ("completed_on", ">=", past.start.isoformat()),
        ("completed_on", "<=", past.end.isoformat()),
    ]
    where += chosen_where(chosen, "township", "domain", "kind", "village")
    rows = views.select(Query("inspections", columns=_DONE, where=tuple(where), order=_DONE))
    found = [Done(row.key, *row.values) for row in rows]  # type: ignore[arg-type]
    if chosen.officer is not None:
        found = [one for one in found if chosen.officer in one.officers.split()]
    if chosen.item is not None:
        found = [one for one in found if chosen.item in one.items.split()]
    return found


def denominators(
    views: ViewReader, past: Span | None
) -> tuple[list[Denominator], Mapping[str, str]]:
    """Return the objects that count in the period, and which object others are counted as.

    Of a group of merged objects the one they were merged into stands for all; it counts if
    any of them was active and not exempt on at least one day.
    """
    if past is None:
        return [], {}
    rows = views.select(
        Query("objects", columns=("counts",), where=(("counts", "!=", ""),), order=("counts",))
    )
    alike: defaultdict[str, list[str]] = defaultdict(list)  # most objects count like others
    for row in rows:
        alike[str(row.values[0])].append(row.key)
    same_as = merged(alike, past.end)
    of_groups = {*same_as, *same_as.values()}
    found: list[Denominator] = []
    last: dict[str, tuple[date, bool, str, Place | None]] = {}
    for text, keys in alike.items():
        counted = register.last_counted(text, past)
        if counted is not None:
            day, place = counted
            for key in of_groups and of_groups.intersection(keys):
                into = same_as.get(key, key)
                one = (day, key == into, key, place)
                last[into] = max(last.get(into, one), one, key=lambda held: held[:3])
            found += _at(place, [key for key in keys if key not in of_groups])
    for into, (_, _, _, place) in last.items():
        found += _at(place, [into])
    return found, same_as


def _at(place: Place | None, keys: Iterable[str]) -> list[Denominator]:
    if place is None:
        return []
    object_type, domain = place.object_type, place.domain
    township, village = place.township, place.village
    return [Denominator(key, object_type, domain, township, village) for key in keys]
