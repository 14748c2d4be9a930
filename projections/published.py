"""All versions of views and measures with which figures were ever quoted: each stays runnable.

A figure quotes the position, the versions of its views and what was asked. With these three it
is computed again, years later, by the code that computed it then: `measure` finds it, and
`recomputed` folds the records anew with its views, up to that position.

Whoever raises a version moves the one before, whole, to `projections.versions` and names it
here; the newest of each name stands in the catalogue.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, TypeAlias

from msgspec import Struct, structs

from events import vocabulary
from events.inspections import (
    AnswerRecorded,
    CorrectionRecorded,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
)
from events.register import RegisterFact
from events.store import EventStore
from projections import measures
from projections.catalogue import VIEWS
from projections.coverage import coverage
from projections.figures import Measured
from projections.fold import Fold
from projections.question import Filters, Question
from projections.spans import Span
from projections.versions.assignments_1 import ASSIGNMENTS_1
from projections.versions.coverage_1 import coverage as coverage_1
from projections.versions.inspections_1 import INSPECTIONS_1
from projections.versions.objects_2 import OBJECTS_2
from projections.view import View
from projections.views import MemoryViews, ViewStore

Compute: TypeAlias = Callable[[ViewStore, Span, date, Mapping[str, str]], Measured]
Versions: TypeAlias = Mapping[str, int]

BATCH: Final = 20_000


class UnpublishedError(LookupError):
    """No such version was ever published here."""


class Measure(Struct, frozen=True):
    """One version of a measure.

    `reads` are the versions of its views by name; of a view named in `needs` it needs these
    facts only, so that most of a history is never decoded. `compute` takes the period, the day
    to judge from, and filters, such as `township`: all that `projections.question` has.
    """

    name: str
    version: int
    reads: Versions
    compute: Compute
    needs: Mapping[str, Iterable[type]] = {}

    @property
    def views(self) -> tuple[View, ...]:
        """Its views, no wider than it needs them."""
        found = [view(name, version) for name, version in self.reads.items()]
        return tuple(
            narrowed(one, self.needs[one.name]) if one.name in self.needs else one for one in found
        )


def narrowed(view: View, kinds: Iterable[type]) -> View:
    """Return a view that reads only some facts, for a query that needs no others."""
    chosen = set(kinds)
    keys = {kind: keys for kind, keys in view.keys.items() if kind in chosen}
    return structs.replace(view, keys=keys)


PUBLISHED: Final[Mapping[tuple[str, int], View]] = {
    (view.name, view.version): view for view in (ASSIGNMENTS_1, INSPECTIONS_1, OBJECTS_2, *VIEWS)
}

_COVERAGE_NEEDS: Final[Mapping[str, Iterable[type]]] = {
    "objects": RegisterFact.__args__,
    "inspections": (
        InspectionStarted,
        InspectionCompleted,
        InspectionVoided,
        InspectionCancelled,
        CorrectionRecorded,
    ),
}


def _coverage_2(
    views: ViewStore, period: Span, today: date, filters: Mapping[str, str]
) -> Measured:
    """Compute what `projections.coverage` computes today."""
    found = coverage(views, period, today, Filters(**filters))
    figures = {
        "objects": found.objects,
        "items": found.items,
        "domains": found.breadth.domains,
        "villages": found.villages,
    }
    return Measured(figures, {"township": found.townships})


def _of_today(one: measures.Measure) -> Measure:
    """Return a measure of the registry, with the versions of views that it reads today."""

    def compute(
        views: ViewStore, period: Span, today: date, filters: Mapping[str, str]
    ) -> Measured:
        return one.compute(Question(views, period, today, Filters(**filters)))

    reads = {name: _NEWEST[name] for name in one.views}
    return Measure(one.name, one.version, reads, compute, {"inspections": _NO_ANSWERS})


_NEWEST: Final[Versions] = {view.name: view.version for view in VIEWS}
_NO_ANSWERS: Final = tuple(
    kind for kind in vocabulary.types().values() if kind is not AnswerRecorded
)

MEASURES: Final[Mapping[tuple[str, int], Measure]] = {
    (one.name, one.version): one
    for one in (
        Measure(
            "coverage",
            1,
            {"objects": 2, "inspections": 1, "items": 1},
            coverage_1,
            _COVERAGE_NEEDS,
        ),
        Measure(
            "coverage",
            2,
            {name: _NEWEST[name] for name in ("objects", "inspections", "items", "checklists")},
            _coverage_2,
            _COVERAGE_NEEDS,
        ),
        *(_of_today(one) for one in measures.MEASURES.values()),
    )
}


def view(name: str, version: int) -> View:
    """Return a version of a view."""
    found = PUBLISHED.get((name, version))
    if found is None:
        raise UnpublishedError(f"version {version} of the view {name} was never published")
    return found


def views_of(versions: Versions) -> tuple[View, ...]:
    """Return those of these views that were published."""
    return tuple(PUBLISHED[one] for one in versions.items() if one in PUBLISHED)


def answers_for(older: Iterable[View], newer: Iterable[View]) -> bool:
    """Tell whether what is asked of `newer` views can be asked of `older` ones.

    It can where each has a namesake with all its columns and documents of the same type.
    """
    held = {view.name: view for view in older}
    return all(
        (other := held.get(view.name)) is not None
        and view.columns.items() <= other.columns.items()
        and other.document is view.document
        for view in newer
    )


def measure(name: str, versions: Versions) -> Measure:
    """Return the measure that a figure was computed with, by the versions it quotes.

    The newest one is meant that agrees with them; a version they do not name agrees.
    """
    for one in sorted(MEASURES.values(), key=lambda held: held.version, reverse=True):
        known = {**one.reads, one.name: one.version}
        if one.name == name and all(versions.get(*pair) == pair[1] for pair in known.items()):
            return one
    said = ", ".join(f"{one} {version}" for one, version in versions.items())
    raise UnpublishedError(f"no published version of {name} reads {said}")


def newest(name: str) -> Measure:
    """Return the version of a measure that is used now."""
    return measure(name, {})


def recomputed(
    store: EventStore,
    meant: Measure,
    position: int,
    period: Span,
    today: date,
    filters: Mapping[str, str],
) -> Measured:
    """Compute a figure again from the records, with the code that computed it then."""
    views = MemoryViews(meant.views)
    Fold(store, views, batch=BATCH).catch_up(position)
    return meant.compute(views, period, today, filters)
