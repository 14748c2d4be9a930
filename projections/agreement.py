"""Two folds of one history by two programs: where they must agree, and what became of figures.

Views of the same version must be equal, document by document, whatever program folded them.
The two may stand at different positions: then those documents are compared that nothing behind
the lower one touched, and the others are counted. Where a version was raised, the figures that
were computed with it are shown as they were and as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from projections.figures import Figure, Measured
from projections.published import MEASURES, UnpublishedError, Versions, measure
from projections.replay import Difference, differences, rows_of
from projections.spans import Span
from projections.view import View
from projections.views import Found, ViewStore

MOST: Final = 100
"""So many differences of a view are named; all are counted."""


class Agreement(Struct, frozen=True):
    """How a view agrees between two folds.

    `versions` are before and after, None where there is none. Of views of one version,
    `documents` were compared, `touched` could not be, `differ` are not equal.
    """

    view: str
    versions: tuple[int | None, int | None]
    documents: int = 0
    touched: int = 0
    differ: int = 0
    differences: Sequence[Difference] = ()


class Twice(Struct, frozen=True):
    """A figure before and after: done and of; None where there is none."""

    measure: str
    figure: str
    before: tuple[int, int] | None
    after: tuple[int, int] | None


class Comparison(Struct, frozen=True):
    """How what took over compares with what was there. `fault` says why it could not be done."""

    before: Versions
    after: Versions
    positions: tuple[int, int]
    views: Sequence[Agreement] = ()
    figures: Sequence[Twice] = ()
    fault: str = ""

    @property
    def agrees(self) -> bool:
        """Whether all views of the same version do."""
        return not self.fault and not any(one.differ for one in self.views)


def versions_of(views: Sequence[View]) -> dict[str, int]:
    """Return the versions of views by name."""
    return {view.name: view.version for view in views}


def compared(before: ViewStore, after: ViewStore, period: Span, today: date) -> Comparison:
    """Compare two folds; figures are those of a period, judged on a day."""
    held, now = versions_of(before.views), versions_of(after.views)
    return Comparison(
        held,
        now,
        (before.position(), after.position()),
        tuple(_agreements(before, after)),
        () if held == now else tuple(_figures(before, after, period, today)),
    )


def _agreements(before: ViewStore, after: ViewStore) -> Iterator[Agreement]:
    held = {view.name: view for view in before.views}
    for view in after.views:
        other = held.pop(view.name, None)
        if other is not None and other.version == view.version:
            yield _agreement(view, before, after)
        else:
            yield Agreement(view.name, (other.version if other else None, view.version))
    for view in held.values():
        yield Agreement(view.name, (view.version, None))


def _agreement(view: View, before: ViewStore, after: ViewStore) -> Agreement:
    settled = min(before.position(), after.position())
    documents = touched = differ = 0
    named: list[Difference] = []
    for left, right in _side_by_side(rows_of(before, view), rows_of(after, view)):
        if any(int(row.values[0]) > settled for row in (left, right) if row):
            touched += 1
            continue
        documents += 1
        if left != right:
            differ += 1
            named += differences(view, left, right)
    versions = (view.version, view.version)
    return Agreement(view.name, versions, documents, touched, differ, named[:MOST])


def _side_by_side(
    left: Iterator[Found], right: Iterator[Found]
) -> Iterator[tuple[Found | None, Found | None]]:
    """Pair rows by key; both come in its order."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key < other.key):
            yield one, None
            one = next(left, None)
        elif one is None or other.key < one.key:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def _figures(before: ViewStore, after: ViewStore, period: Span, today: date) -> Iterator[Twice]:
    for name in sorted({name for name, _ in MEASURES}):
        held, now = (_measured(name, views, period, today) for views in (before, after))
        for figure in {**held, **now}:
            one, other = _plain(held.get(figure)), _plain(now.get(figure))
            yield Twice(name, figure, one, other)


def _measured(name: str, views: ViewStore, period: Span, today: date) -> Mapping[str, Figure]:
    try:
        meant = measure(name, versions_of(views.views))
    except UnpublishedError:
        return {}
    if not meant.reads.keys() <= versions_of(views.views).keys():
        return {}
    return named_figures(meant.compute(views, period, today, {}))


def named_figures(measured: Measured) -> dict[str, Figure]:
    """Return all figures of a measure by one name each: `objects`, `objects township 440…`."""
    first = next(iter(measured.figures), "")
    parts = {
        f"{first} {by} {key}": figure
        for by, figures in measured.by.items()
        for key, figure in figures.items()
    }
    return {**measured.figures, **parts}


def _plain(figure: Figure | None) -> tuple[int, int] | None:
    return None if figure is None else (figure.numerator, figure.denominator)
