"""Causes with what followed, proposals beside decisions, and whose hands an allowance went through.

Counts that would tell of fewer than five homes are hidden, in JSON as in a table. Who works on
the causes asks for their rows: they are no figures, and name a home by its id only.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend.exports.sending import as_table
from backend.measuring import ASKED, Asked, Measuring
from backend.readings import AsOf, Format, Reading, query_of, wants_table
from projections.causes import CAUSES, CauseLine, Causes, Handled, causes
from projections.figures import Figure
from projections.hidden import Homes, hidden_across, reads
from projections.spans import Span

_Rows = Annotated[bool, QueryParameter(description="with what is behind the counts")]


class CauseOut(Struct, frozen=True):
    """A cause: how often it was established, how often answered, by which follow-ups.

    The numbers are None where they are hidden: `words` are then `<5` or `hidden`.
    """

    established: int | None
    answered: int | None
    words: str
    answers: Sequence[str]


class BenefitsOut(Struct, frozen=True):
    """How many allowances were proposed and decided; None where few homes are hidden."""

    proposed: int | None
    decided: int | None
    words: str


class RowsOut(Struct, frozen=True):
    """Causes one by one, proposals that wait or without a word on rights, what auditors ask for."""

    lines: Sequence[CauseLine]
    pending: Mapping[str, int]
    rights_untold: Sequence[str]
    handled: Sequence[Handled]


class CausesOut(Struct, frozen=True):
    """Causes of the period, by cause and by township; with `rows`, what is behind them."""

    as_of: AsOf
    period: Span
    causes: Mapping[str, CauseOut]
    townships: Mapping[str, Mapping[str, CauseOut]]
    benefits: BenefitsOut
    rows: RowsOut | None


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
    rows: _Rows = False,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Return causes established between `from` and `to`, and what followed to this day."""
    with reading.held() as views:
        found = measuring.question(asked).once(causes)
        as_of = reading.as_of(query_of(request), asked.today, views)
    if wants_table(request, format):
        return as_table(request, "causes", lines(found), as_of)
    shown = counts(found)
    return Response(
        CausesOut(
            as_of,
            asked.period,
            {cause: shown["", cause] for cause in CAUSES},
            {
                town: {cause: one for (at, cause), one in shown.items() if at == town}
                for town in sorted({town for town, _ in shown if town})
            },
            _benefits(found),
            _behind(found) if rows else None,
        )
    )


def counts(found: Causes) -> Mapping[tuple[str, str], CauseOut]:
    """Return by township ("": all) and cause how many there are, with few homes hidden."""
    cells = {("", cause): figure for cause, figure in found.answered.items()}
    for cause, of in found.townships.items():
        cells |= {(town, cause): figure for town, figure in of.items()}
    hidden = hidden_across(cells, _homes(found))
    return {
        (at, cause): _count(cause, one, hidden.get((at, cause)))
        for (at, cause), one in sorted(cells.items())
    }


def _count(cause: str, one: Figure, hidden: str | None) -> CauseOut:
    if hidden:
        return CauseOut(None, None, hidden, CAUSES[cause])
    return CauseOut(one.denominator, one.numerator, one.words, CAUSES[cause])


def _homes(found: Causes) -> Homes:
    keys = [one.object for one in found.lines]
    keys += [part.key for part in found.benefits.figure.parts]
    return {key: key for key in keys}


def _benefits(found: Causes) -> BenefitsOut:
    figure = found.benefits.figure
    hidden = reads(figure, _homes(found))
    if hidden:
        return BenefitsOut(None, None, hidden)
    return BenefitsOut(figure.denominator, figure.numerator, figure.words)


def _behind(found: Causes) -> RowsOut:
    benefits = found.benefits
    return RowsOut(found.lines, benefits.pending, benefits.rights_untold, found.handled)


def lines(found: Causes) -> list[dict[str, Any]]:
    """Return counts by township and cause as rows of a table."""
    shown = counts(found)
    towns = sorted({town for town, _ in shown})
    return [
        {
            "township": town,
            "cause": cause,
            "established": _cell(one.established, one),
            "answered": _cell(one.answered, one),
        }
        for town in towns
        for cause in CAUSES
        for one in [shown.get((town, cause)) or _count(cause, Figure(), None)]
    ]


def _cell(count: int | None, of: CauseOut) -> int | str:
    return of.words if count is None else count
