"""Version 1 of the figures of coverage, frozen as they were published.

It has its own rules, so that nothing done to `projections.coverage` changes a figure that was
printed with it. `figures` are objects, items, domains and villages; `by` township, the objects.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from projections import items as item_list
from projections import objects as register
from projections.chosen import conditions, takes
from projections.figures import Figure, Measured, figure
from projections.filed import FiledDocument
from projections.objects import Place
from projections.spans import Span
from projections.views import Condition, Query, ViewStore, view_of

_DOMAINS: Final = (
    "social_organization",
    "funeral",
    "division_geonames",
    "social_assistance",
    "elderly_care",
    "volunteer_service",
    "charity",
    "private_service_institution",
)


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


def coverage(views: ViewStore, period: Span, today: date, filters: Mapping[str, str]) -> Measured:
    """Compute the figures of version 1. `filters` are `township`, `domain` and `kind`."""
    past = period.within(Span(date.min, today))
    effective = [one for one in _done(views, past, filters) if one.effective]
    counted, same_as = _denominators(views, past)
    objects = [one for one in counted if _chosen(one, filters)]
    visited = {same_as.get(one.object, one.object) for one in effective}
    return Measured(
        {
            "objects": figure((one.object for one in objects), visited),
            "items": _items(views, past, filters, effective),
            "domains": figure(_DOMAINS, {one.domain for one in effective}),
            "villages": figure(
                {one.village for one in objects if one.village},
                {one.village for one in effective},
            ),
        },
        {"township": _townships(objects, visited)},
    )


def _done(views: ViewStore, past: Span | None, filters: Mapping[str, str]) -> list[Done]:
    if past is None:
        return []
    where: list[Condition] = [
        ("completed_on", ">=", past.start.isoformat()),
        ("completed_on", "<=", past.end.isoformat()),
    ]
    where += conditions((name, filters.get(name)) for name in ("township", "domain", "kind"))
    rows = views.select(Query("inspections", columns=_DONE, where=tuple(where), order=_INDEXED))
    return [Done(row.key, *row.values) for row in rows]  # type: ignore[arg-type]


def _denominators(
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


def _chosen(one: Denominator, filters: Mapping[str, str]) -> bool:
    return takes(filters.get("township"), one.township) and takes(filters.get("domain"), one.domain)


def _items(
    views: ViewStore, past: Span | None, filters: Mapping[str, str], effective: Iterable[Done]
) -> Figure:
    if past is None:
        return Figure()
    view = view_of(views.views, "items")
    plannable: list[str] = []
    for row in views.select(Query("items", document=True)):
        document: FiledDocument = view.decode(row.document)
        item = item_list.item(row.key, document)
        listing = item.listing(past.end)
        if listing and takes(filters.get("domain"), listing.domain) and item.plannable_in(past):
            plannable.append(row.key)
    return figure(plannable, {code for one in effective for code in one.items.split()})


def _townships(objects: Iterable[Denominator], visited: Collection[str]) -> dict[str, Figure]:
    of: defaultdict[str, list[str]] = defaultdict(list)
    for one in objects:
        of[one.township].append(one.object)
    return {township: figure(keys, visited) for township, keys in sorted(of.items())}
