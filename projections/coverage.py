"""Coverage: what was inspected of what there was to inspect (domain.md, section 6).

A pure query over views: numerators are the effective inspections completed in the period,
denominators the register as of the period's days. What lies after `today` has not happened.
Each figure shows what it counts, so that a reader can go from the figure to the rows.

A person met on patrol is no object of coverage. Objects that were merged count once. The
filters `township` and `domain` choose objects and inspections; `kind` only inspections, as
objects have no kind.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from projections import items as item_list
from projections import objects as register
from projections.filed import FiledDocument
from projections.garbage import no_collection
from projections.objects import Place
from projections.spans import Span
from projections.views import Condition, Query, ViewStore, view_of

NO_OBJECTS: Final = "no objects"
"""What a figure reads whose denominator is 0: never 100 %."""

DOMAINS: Final = (
    "social_organization",
    "funeral",
    "division_geonames",
    "social_assistance",
    "elderly_care",
    "volunteer_service",
    "charity",
    "private_service_institution",
)
"""The eight domains of the bureau's report."""

CONCENTRATED: Final = "social_organization"


class Filters(Struct, frozen=True):
    """What to look at; None is all."""

    township: str | None = None
    domain: str | None = None
    kind: str | None = None


class AsOf(Struct, frozen=True):
    """What a figure was computed from: with it, anyone can compute it again."""

    position: int
    versions: tuple[tuple[str, int], ...]
    period: Span
    today: date
    filters: Filters


class Figure(Struct, frozen=True):
    """A rate and what is behind it: the rows that count, and those of the denominator left."""

    covered: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def numerator(self) -> int:
        return len(self.covered)

    @property
    def denominator(self) -> int:
        return len(self.covered) + len(self.missing)

    @property
    def rate(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def words(self) -> str:
        """The rate in words: `no objects` where there is nothing to cover."""
        return NO_OBJECTS if self.rate is None else f"{self.rate:.1%}"


class Breadth(Struct, frozen=True):
    """Domain breadth, and how concentrated inspections are; None where there are none."""

    domains: Figure
    inspections: Mapping[str, int]
    concentration: float | None
    effective_number: float | None


class Coverage(Struct, frozen=True):
    """All measures of one period. `townships` by code; `inspections` are those that count."""

    as_of: AsOf
    objects: Figure
    items: Figure
    breadth: Breadth
    townships: Mapping[str, Figure]
    villages: Figure
    inspections: tuple[str, ...]
    desk: tuple[str, ...]
    not_effective: Mapping[str, tuple[str, ...]]


class Done(Struct, frozen=True, gc=False):
    """An inspection that was completed in the period."""

    inspection: str
    object: str
    domain: str
    township: str
    village: str
    items: str
    effective: int
    reasons: str
    desk: int


_DONE = ("object", "domain", "township", "village", "items", "effective", "reasons", "desk")
_INDEXED = ("completed_on", "kind", *_DONE)  # as the index has them: nothing is to be sorted


class Denominator(Struct, frozen=True, gc=False):
    """An object that counts in the period, with the keys it had on its last day in it."""

    object: str
    domain: str
    township: str
    village: str


def coverage(
    views: ViewStore, period: Span, today: date, filters: Filters | None = None
) -> Coverage:
    """Compute all measures from the views as they stand."""
    with no_collection():
        return _coverage(views, period, today, filters or Filters())


def _coverage(views: ViewStore, period: Span, today: date, chosen: Filters) -> Coverage:
    past = period.within(Span(date.min, today))
    done = _done(views, past, chosen)
    effective = [one for one in done if one.effective]
    counted, same_as = denominators(views, past)
    objects = [one for one in counted if _chosen(one, chosen)]
    visited = {same_as.get(one.object, one.object) for one in effective}
    return Coverage(
        AsOf(views.position(), _versions(views), period, today, chosen),
        _figure((one.object for one in objects), visited),
        _items(views, past, chosen, effective),
        _breadth(effective),
        _townships(objects, visited),
        _figure(
            {one.village for one in objects if one.village}, {one.village for one in effective}
        ),
        tuple(sorted(one.inspection for one in effective)),
        tuple(sorted(one.inspection for one in effective if one.desk)),
        _not_effective(done),
    )


def _done(views: ViewStore, past: Span | None, chosen: Filters) -> list[Done]:
    if past is None:
        return []
    where: list[Condition] = [
        ("completed_on", ">=", past.start.isoformat()),
        ("completed_on", "<=", past.end.isoformat()),
    ]
    for name in ("township", "domain", "kind"):
        value = getattr(chosen, name)
        if value is not None:
            where.append((name, "=", value))
    rows = views.select(Query("inspections", columns=_DONE, where=tuple(where), order=_INDEXED))
    return [Done(row.key, *row.values) for row in rows]  # type: ignore[arg-type]


def denominators(
    views: ViewStore, past: Span | None
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
    mergers = {text: about for text in alike if (about := register.counts(text)).merged}
    targets = {text: about.merged_into(past.end) for text, about in mergers.items()}
    same_as = _merged({key: to for text, to in targets.items() if to for key in alike[text]})
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
    domain, township, village = place.domain, place.township, place.village
    return [Denominator(key, domain, township, village) for key in keys]


def _merged(into: Mapping[str, str]) -> dict[str, str]:
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


def _chosen(one: Denominator, chosen: Filters) -> bool:
    return chosen.township in (None, one.township) and chosen.domain in (None, one.domain)


def _figure(of: Iterable[str], done: Collection[str]) -> Figure:
    keys = sorted(of)
    return Figure(
        tuple(key for key in keys if key in done), tuple(key for key in keys if key not in done)
    )


def _items(
    views: ViewStore, past: Span | None, chosen: Filters, effective: Iterable[Done]
) -> Figure:
    if past is None:
        return Figure((), ())
    view = view_of(views.views, "items")
    plannable: list[str] = []
    for row in views.select(Query("items", document=True)):
        document: FiledDocument = view.decode(row.document)
        item = item_list.item(row.key, document)
        listing = item.listing(past.end)
        if listing and chosen.domain in (None, listing.domain) and item.plannable_in(past):
            plannable.append(row.key)
    return _figure(plannable, {code for one in effective for code in one.items.split()})


def _breadth(effective: Iterable[Done]) -> Breadth:
    of = Counter(one.domain for one in effective)
    total = sum(of.values())
    squares = sum(count * count for count in of.values())
    return Breadth(
        _figure(DOMAINS, of.keys()),
        dict(sorted(of.items())),
        of[CONCENTRATED] / total if total else None,
        total * total / squares if squares else None,
    )


def _townships(objects: Iterable[Denominator], visited: Collection[str]) -> dict[str, Figure]:
    of: defaultdict[str, list[str]] = defaultdict(list)
    for one in objects:
        of[one.township].append(one.object)
    return {township: _figure(keys, visited) for township, keys in sorted(of.items())}


def _not_effective(done: Iterable[Done]) -> dict[str, tuple[str, ...]]:
    """Return the inspections completed in the period that do not count, by each reason."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in done:
        for reason in one.reasons.split():
            found[reason].append(one.inspection)
    return {reason: tuple(sorted(keys)) for reason, keys in sorted(found.items())}


def _versions(views: ViewStore) -> tuple[tuple[str, int], ...]:
    return tuple((view.name, view.version) for view in views.views)
