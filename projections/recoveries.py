"""追缴台账: what was paid wrongly and is paid back, as a ledger that balances.

Of each recovery, and of all together: due = received + remitted + balance. It holds by the way
the balance is computed, so what does not fit cannot hide in it and is named instead: more was
received than was asked (the balance is below zero), money without a start, a ledger called settled
with something left. Whatever is sealed, was never started, or belongs to a voided inspection
stands apart and is in no sum.

Amounts are whole fen. What has happened by the end of the period counts, and nothing later.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from msgspec import Struct, structs

from projections.follow_ups import Following, following
from projections.followed import Followed, Payment, Recovery
from projections.question import Question
from projections.spans import Span

_CENT: Final = 100
TOLERANCE: Final = Fraction(2, 100)
"""By how much two ways to count the same money may differ before somebody has to look."""


class Entry(Struct, frozen=True, gc=False):
    """A recovery as it stands at the end of a period. `in_period` is what then came in.

    `due_fen` None: the amount is sealed or it was not started; then nothing can be balanced.
    """

    recovery: str
    inspection: str
    object: str
    domain: str
    township: str
    village: str
    started_on: date | None
    months: int
    due_fen: int | None
    received_fen: int
    remitted_fen: int
    in_period_fen: int
    closed_on: date | None
    result: str
    irregular: tuple[str, ...]
    is_summed: bool
    position: int

    @property
    def balance_fen(self) -> int | None:
        """What is still due; below zero where more came in than was asked."""
        if self.due_fen is None:
            return None
        return self.due_fen - self.received_fen - self.remitted_fen


class Totals(Struct, frozen=True):
    """Sums over the entries that are summed: due = received + remitted + balance."""

    entries: int = 0
    due_fen: int = 0
    received_fen: int = 0
    remitted_fen: int = 0
    balance_fen: int = 0
    in_period_fen: int = 0


class Ledger(Struct, frozen=True):
    """All recoveries in the order of their start. `apart` are in no sum: sealed, or irregular."""

    entries: tuple[Entry, ...]
    totals: Totals
    by_township: Mapping[str, Totals]
    irregular: tuple[str, ...]
    apart: tuple[str, ...]


def recoveries(question: Question) -> Ledger:
    """Return the ledger as it stands at the end of the period, or today if that is earlier."""
    past = question.past
    entries = sorted(_entries(question, past), key=_in_order) if past else []
    summed = [one for one in entries if one.is_summed]
    towns = sorted({one.township for one in summed})
    return Ledger(
        tuple(entries),
        _totals(summed),
        {town: _totals(one for one in summed if one.township == town) for town in towns},
        tuple(one.recovery for one in entries if one.irregular),
        tuple(one.recovery for one in entries if not one.is_summed),
    )


def _in_order(one: Entry) -> tuple[date, str, str]:
    return one.started_on or date.max, one.recovery, one.inspection


def _entries(question: Question, past: Span) -> Iterable[Entry]:
    for of in following(question, Followed.RECOVERY):
        for one in of.follow.recoveries:
            days = [payment.on for payment in (*one.received, *one.remitted)]
            if min((*days, one.started_on or date.max)) <= past.end:
                yield _entry(of, one, past)


def _entry(of: Following, one: Recovery, past: Span) -> Entry:
    is_started = one.started_on is not None and one.started_on <= past.end
    is_closed = one.closed_on is not None and one.closed_on <= past.end
    due = one.due_fen if is_started else None
    received, remitted = (_until(held, past) for held in (one.received, one.remitted))
    entry = Entry(
        one.recovery, of.inspection, of.object, of.domain, of.township, of.village,
        one.started_on if is_started else None, one.months, due, received, remitted,
        sum(payment.fen for payment in one.received if past.start <= payment.on <= past.end),
        one.closed_on if is_closed else None, one.result if is_closed else "",
        (), due is not None and not of.voided, one.position,
    )  # fmt: skip
    return _named(entry, one, voided=of.voided)


def _until(payments: Iterable[Payment], past: Span) -> int:
    return sum(one.fen for one in payments if one.on <= past.end)


_IRREGULAR: Final[Mapping[str, Callable[[Entry, Recovery], bool]]] = {
    "not_started": lambda entry, _: entry.started_on is None,
    "started_twice": lambda _, one: one.starts > 1,
    "over_received": lambda entry, _: (entry.balance_fen or 0) < 0,
    "settled_unpaid": lambda entry, _: entry.result == "settled" and (entry.balance_fen or 0) > 0,
    "paid_after_closing": lambda entry, one: (
        entry.closed_on is not None
        and any(payment.on > entry.closed_on for payment in one.received)
    ),
}


def _named(entry: Entry, one: Recovery, *, voided: bool) -> Entry:
    """Name what is irregular about an entry; what is voided is so as soon as money moved."""
    found = [name for name, holds in _IRREGULAR.items() if holds(entry, one)]
    if voided and (entry.received_fen or entry.remitted_fen):
        found.append("voided")
    return structs.replace(entry, irregular=tuple(found))


def _totals(entries: Iterable[Entry]) -> Totals:
    held = list(entries)
    return Totals(
        len(held),
        sum(one.due_fen or 0 for one in held),
        sum(one.received_fen for one in held),
        sum(one.remitted_fen for one in held),
        sum(one.balance_fen or 0 for one in held),
        sum(one.in_period_fen for one in held),
    )


# ── beside other figures ───────────────────────────────────────────────────────────


class Reconciled(Struct, frozen=True):
    """Two ways to count the same money. `difference_fen` is what was reported beyond ours."""

    expected_fen: int
    reported_fen: int
    difference_fen: int
    tolerance: Fraction
    agrees: bool


def reconcile(expected_fen: int, reported_fen: int, tolerance: Fraction = TOLERANCE) -> Reconciled:
    """Compare a figure with one that was reported elsewhere, within a share of ours.

    A stock times a month's rate is not what was paid in a year: such figures are compared with
    a tolerance and never called equal. Nothing agrees with 0 but 0.
    """
    difference = reported_fen - expected_fen
    agrees = abs(difference) <= abs(expected_fen) * tolerance
    return Reconciled(expected_fen, reported_fen, difference, tolerance, agrees)


def yuan(fen: int) -> str:
    """Return fen as yuan with two decimals: whole numbers all the way."""
    whole, rest = divmod(abs(fen), _CENT)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02}"
