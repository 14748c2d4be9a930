"""追缴台账: the ledger as a list, its sums, and beside them a figure reported elsewhere."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend.exports.sending import as_table
from backend.links import next_link
from backend.measuring import ASKED, Asked, Measuring
from backend.problems import ProblemError
from backend.readings import (
    After,
    AsOf,
    Format,
    Limit,
    Reading,
    cursor_text,
    query_of,
    read_cursor,
    wants_table,
)
from projections.figures import figure
from projections.hidden import Homes, hidden_counted, is_hidden
from projections.recoveries import Entry, Ledger, Totals, reconcile, recoveries, yuan
from projections.spans import Span

_Fen = Annotated[
    int | None,
    QueryParameter(ge=0, le=2**53 - 1, description="what the finance office received, in fen"),
]
_Percent = Annotated[
    int, QueryParameter(ge=0, le=100, description="by how much it may differ, in percent of ours")
]


class SumsOut(Struct, frozen=True):
    """Sums in fen, and the same as yuan: due = received + remitted + balance."""

    entries: int
    fen: Mapping[str, int]
    yuan: Mapping[str, str]


class ReconciledOut(Struct, frozen=True):
    """What was received in the period by the ledger, beside what was reported. In fen."""

    expected: int
    reported: int
    difference: int
    tolerance_percent: int
    agrees: bool


class LedgerOut(Struct, frozen=True):
    """The ledger: sums of all of it, rows of one page. `apart` are in no sum.

    Sums are None that stand for few homes, and those with which they would be told.
    """

    as_of: AsOf
    period: Span
    totals: SumsOut | None
    townships: Mapping[str, SumsOut | None]
    irregular: Sequence[str]
    apart: Sequence[str]
    reconciled: ReconciledOut | None
    rows: Sequence[Mapping[str, Any]]
    next: str | None


@get(
    "/views/recoveries",
    tags=["views"],
    summary="追缴台账 · recoveries",
    dependencies=ASKED,
    sync_to_thread=True,
)
def recoveries_view(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    reported_fen: _Fen = None,
    tolerance: _Percent = 2,
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Return the ledger as it stands at the end of the period; money received within it, too."""
    start = _start(after)
    with reading.held() as views:
        ledger = measuring.question(asked).once(recoveries)
        as_of = reading.as_of(query_of(request), asked.today, views)
        of, total = _summed(ledger, measuring.homes())
    if wants_table(request, format):
        return as_table(request, "recoveries", [row(one) for one in ledger.entries], as_of)
    shown = ledger.entries[start : start + limit]
    end = start + limit
    more = end < len(ledger.entries)
    return Response(
        LedgerOut(
            as_of,
            asked.period,
            total,
            of,
            ledger.irregular,
            ledger.apart,
            None if reported_fen is None else _beside(ledger, reported_fen, tolerance),
            [row(one) for one in shown],
            next_link(request, after=cursor_text((end, ""))) if more else None,
        )
    )


def _summed(ledger: Ledger, homes: Homes) -> tuple[Mapping[str, SumsOut | None], SumsOut | None]:
    """Return the sums of the townships and of all, without those of few homes."""
    of: defaultdict[str, list[str]] = defaultdict(list)
    for one in ledger.entries:
        if one.is_summed:
            of[one.township].append(one.inspection)
    hidden = hidden_counted(of, homes)
    every = figure((key for keys in of.values() for key in keys), ())
    return (
        {town: None if town in hidden else _sums(one) for town, one in ledger.by_township.items()},
        None if is_hidden(every, homes) else _sums(ledger.totals),
    )


def _start(after: str) -> int:
    match read_cursor(after):
        case None:
            return 0
        case (int(start), ""):
            return max(0, start)
        case _:
            raise ProblemError(
                "bad-request", parameters=[{"name": "after", "reason": "not from `next`"}]
            )


def row(one: Entry) -> dict[str, Any]:
    """Return a recovery as a row: fen for sums, yuan for eyes."""
    amounts = _amounts(one)
    return {
        "recovery": one.recovery,
        "started_on": one.started_on,
        "months": one.months,
        **{f"{name}_yuan": None if fen is None else yuan(fen) for name, fen in amounts.items()},
        **{f"{name}_fen": fen for name, fen in amounts.items()},
        "closed_on": one.closed_on,
        "result": one.result or None,
        "irregular": list(one.irregular),
        "summed": one.is_summed,
        "object": one.object,
        "domain": one.domain,
        "township": one.township,
        "village": one.village or None,
        "inspection": one.inspection,
        "position": one.position,
    }


def _amounts(one: Entry | Totals) -> dict[str, int | None]:
    return {
        "due": one.due_fen,
        "received": one.received_fen,
        "remitted": one.remitted_fen,
        "balance": one.balance_fen,
        "received_in_period": one.in_period_fen,
    }


def _sums(totals: Totals) -> SumsOut:
    fen = {name: amount or 0 for name, amount in _amounts(totals).items()}
    return SumsOut(totals.entries, fen, {name: yuan(amount) for name, amount in fen.items()})


def _beside(ledger: Ledger, reported: int, percent: int) -> ReconciledOut:
    found = reconcile(ledger.totals.in_period_fen, reported, Fraction(percent, 100))
    return ReconciledOut(
        found.expected_fen, found.reported_fen, found.difference_fen, percent, found.agrees
    )
