"""Coverage: what was inspected of what there was to inspect (domain.md, section 6).

Four measures: objects, items, domains with how concentrated inspections are, and areas.
Numerators are the effective inspections completed in the period, denominators the register as
of the period's days. A person met on patrol is no object of coverage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from projections.chosen import takes
from projections.figures import NO_OBJECTS, Figure, Measured, figure
from projections.garbage import no_collection
from projections.question import Done, Filters, Question, denominators
from projections.spans import Span
from projections.views import ViewReader

__all__ = ["NO_OBJECTS", "Coverage", "Figure", "Filters", "coverage", "denominators"]

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


class AsOf(Struct, frozen=True):
    """What a figure was computed from: with it, anyone can compute it again."""

    position: int
    versions: tuple[tuple[str, int], ...]
    period: Span
    today: date
    filters: Filters


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


def coverage(
    views: ViewReader, period: Span, today: date, filters: Filters | None = None
) -> Coverage:
    """Compute all measures from the views as they stand."""
    with no_collection():
        return _coverage(Question(views, period, today, filters))


def _coverage(question: Question) -> Coverage:
    effective = question.effective
    return Coverage(
        AsOf(
            question.views.position(),
            _versions(question.views),
            question.period,
            question.today,
            question.filters,
        ),
        figure((one.object for one in question.objects), question.visited),
        _items(question),
        _breadth(effective),
        _townships(question),
        _villages(question),
        tuple(sorted(one.inspection for one in effective)),
        tuple(sorted(one.inspection for one in effective if one.desk)),
        _not_effective(question.done),
    )


# ── the measures ───────────────────────────────────────────────────────────────────


def object_coverage(question: Question) -> Measured:
    """对象覆盖率: objects with an effective inspection ÷ objects that count."""
    objects, visited = question.objects, question.visited
    return Measured(
        {"objects": figure((one.object for one in objects), visited)},
        by={
            name: _by(((getattr(one, name), one.object) for one in objects), visited)
            for name in ("township", "domain", "object_type")
        },
        lists={
            "desk": tuple(sorted(one.inspection for one in question.effective if one.desk)),
            **_not_effective(question.done),
        },
    )


def item_coverage(question: Question) -> Measured:
    """事项覆盖率: plannable items used ÷ plannable items in force."""
    return Measured({"items": _items(question)})


def domain_breadth(question: Question) -> Measured:
    """领域广度, with concentration (share of 社会组织) and the effective number of domains."""
    breadth = _breadth(question.effective)
    return Measured(
        {"domains": breadth.domains},
        numbers={
            "concentration": breadth.concentration,
            "effective_number": breadth.effective_number,
            **{f"inspections.{domain}": of for domain, of in breadth.inspections.items()},
        },
    )


def area_coverage(question: Question) -> Measured:
    """区域覆盖率: objects by township, and villages visited ÷ villages that have objects."""
    return Measured({"villages": _villages(question)}, by={"township": _townships(question)})


def _items(question: Question) -> Figure:
    past = question.past
    if past is None:
        return Figure()
    chosen = question.filters.domain
    plannable = [
        item.code
        for item in question.items
        if (listing := item.listing(past.end))
        and takes(chosen, listing.domain)
        and item.plannable_in(past)
    ]
    return figure(plannable, {code for one in question.effective for code in one.items.split()})


def _breadth(effective: Iterable[Done]) -> Breadth:
    of = Counter(one.domain for one in effective)
    total = sum(of.values())
    squares = sum(count * count for count in of.values())
    return Breadth(
        figure(DOMAINS, of.keys()),
        dict(sorted(of.items())),
        of[CONCENTRATED] / total if total else None,
        total * total / squares if squares else None,
    )


def _townships(question: Question) -> dict[str, Figure]:
    return _by(((one.township, one.object) for one in question.objects), question.visited)


def _villages(question: Question) -> Figure:
    return figure(
        {one.village for one in question.objects if one.village},
        {one.village for one in question.effective},
    )


def _by(pairs: Iterable[tuple[str, str]], visited: frozenset[str]) -> dict[str, Figure]:
    of: defaultdict[str, list[str]] = defaultdict(list)
    for value, key in pairs:
        of[value].append(key)
    return {value: figure(keys, visited) for value, keys in sorted(of.items())}


def _not_effective(done: Iterable[Done]) -> dict[str, tuple[str, ...]]:
    """Return the inspections completed in the period that do not count, by each reason."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in done:
        for reason in one.reasons.split():
            found[reason].append(one.inspection)
    return {reason: tuple(sorted(keys)) for reason, keys in sorted(found.items())}


def _versions(views: ViewReader) -> tuple[tuple[str, int], ...]:
    return tuple((view.name, view.version) for view in views.views)
