"""Causes with what followed, proposals beside decisions, and whose hands an allowance went through.

As JSON for those who work on it: one by one. As a table only counts leave the house, and none
that would tell of fewer than five homes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.exports.sending import as_table
from backend.measuring import ASKED, Asked, Measuring
from backend.readings import AsOf, Format, Reading, query_of, wants_table
from projections.causes import CAUSES, Benefits, CauseLine, Causes, Handled, causes
from projections.figures import Figure
from projections.hidden import Homes, hidden_of
from projections.spans import Span


class CauseOut(Struct, frozen=True):
    """A cause: how often it was established, how often answered, by which follow-ups."""

    established: int
    answered: int
    answers: Sequence[str]


class CausesOut(Struct, frozen=True):
    """Causes of the period, what they asked for, and what auditors ask."""

    as_of: AsOf
    period: Span
    causes: Mapping[str, CauseOut]
    benefits: Benefits
    lines: Sequence[CauseLine]
    handled: Sequence[Handled]


@get(
    "/views/causes",
    tags=["views"],
    summary="不符合条件的原因 · causes of a mismatch and what followed",
    dependencies=ASKED,
    sync_to_thread=True,
)
def causes_view(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Return causes established between `from` and `to`, and what followed to this day."""
    with reading.held() as views:
        found = causes(measuring.question(asked))
        as_of = reading.as_of(query_of(request), asked.today, views)
    if wants_table(request, format):
        return as_table(request, "causes", lines(found), as_of)
    shown = {
        cause: CauseOut(one.denominator, one.numerator, CAUSES[cause])
        for cause, one in found.answered.items()
    }
    return Response(
        CausesOut(as_of, asked.period, shown, found.benefits, found.lines, found.handled)
    )


def lines(found: Causes) -> list[dict[str, Any]]:
    """Return counts by cause and township; where they would tell of few homes, they are hidden."""
    homes = {one.object: one.object for one in found.lines}
    rows = _rows("", found.answered, homes)
    towns = sorted({town for of in found.townships.values() for town in of})
    for cause, of in found.townships.items():
        hidden = hidden_of(of, homes)
        rows += [_row(town, cause, of.get(town, Figure()), hidden.get(town)) for town in towns]
    return rows


def _rows(town: str, of: Mapping[str, Figure], homes: Homes) -> list[dict[str, Any]]:
    hidden = hidden_of(of, homes)
    return [_row(town, cause, one, hidden.get(cause)) for cause, one in of.items()]


def _row(town: str, cause: str, one: Figure, reads: str | None) -> dict[str, Any]:
    return {
        "township": town,
        "cause": cause,
        "established": reads or one.denominator,
        "answered": reads or one.numerator,
    }
