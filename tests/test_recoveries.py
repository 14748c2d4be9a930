"""追缴台账: it balances whatever happened, and what does not fit is named."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from events.facts import Visit
from events.orders import RecoveryClosed, RecoveryReceived, RecoveryRemitted, RecoveryStarted
from projections.recoveries import Entry, Ledger, Reconciled, Totals, reconcile, recoveries, yuan
from projections.spans import Span
from tests.follow_histories import LATER, MARCH, Desk
from tests.histories import an_id

FIRST = date(2026, 2, 2)


class Books(Desk):
    """An office that has money paid back."""

    def start(self, visit: Visit, fen: int | None = 60_000, on: str = "2026-02-03") -> None:
        fact = RecoveryStarted(visit=visit, recovery=an_id("A"), months=3, amount_fen=fen)
        self.say(fact, on)

    def receive(self, visit: Visit, fen: int, on: str = "2026-03-02") -> None:
        self.say(RecoveryReceived(visit=visit, recovery=an_id("A"), amount_fen=fen), on)

    def remit(self, visit: Visit, fen: int, on: str = "2026-03-02") -> None:
        fact = RecoveryRemitted(
            visit=visit, recovery=an_id("A"), amount_fen=fen, approver=an_id("Wu")
        )
        self.say(fact, on)

    def end(self, visit: Visit, on: str = "2026-03-20") -> None:
        self.say(RecoveryClosed(visit=visit, recovery=an_id("A"), result="settled"), on)

    def ledger(self, period: Span = MARCH, today: date = LATER) -> Ledger:
        return recoveries(self.asked(period, today))

    def only(self, period: Span = MARCH, today: date = LATER) -> Entry:
        (entry,) = self.ledger(period, today).entries
        return entry


def test_an_entry_tells_where_it_comes_from_and_what_happened_by_the_last_day() -> None:
    desk = Books()
    visit = desk.visit(of="home", domain="social_assistance", village="440804001201")
    desk.start(visit, 60_000, "2026-03-31")
    desk.receive(visit, 100, "2026-03-01")
    desk.receive(visit, 20, "2026-03-31")
    desk.receive(visit, 3, "2026-02-28")
    desk.end(visit, "2026-03-31")

    one = desk.only()

    assert (one.inspection, one.object, one.domain, one.township, one.village) == (
        an_id("one"), an_id("home"), "social_assistance", "440804001", "440804001201",
    )  # fmt: skip
    assert (one.started_on, one.months, one.due_fen) == (date(2026, 3, 31), 3, 60_000)
    assert (one.received_fen, one.in_period_fen, one.position) == (123, 120, 3)
    assert (one.closed_on, one.result) == (date(2026, 3, 31), "settled")
    before = desk.only(today=date(2026, 3, 30))
    assert (before.started_on, before.due_fen, before.closed_on, before.result) == (
        None, None, None, "",
    )  # fmt: skip


def test_each_township_sums_its_own() -> None:
    desk = Books()
    for number, fen in ((1, 500), (2, 700)):
        visit = desk.visit(f"visit {number}", "2026-02-02", township=f"44080400{number}")
        recovery = RecoveryStarted(
            visit=visit, recovery=an_id(f"{number}"), months=1, amount_fen=fen
        )
        desk.say(recovery, "2026-03-02")

    by = desk.ledger().by_township
    assert {town: one.due_fen for town, one in by.items()} == {"440804001": 500, "440804002": 700}
    assert desk.ledger(today=date(2026, 2, 1)).entries == ()  # nothing of the period has passed


# ── the law ────────────────────────────────────────────────────────────────────────


class Move(Struct, frozen=True):
    """Something that happened to one of three recoveries, of one of two inspections."""

    what: str
    recovery: int
    inspection: int
    fen: int | None
    day: int


amounts = st.integers(0, 10**12)
moves = st.builds(
    Move,
    what=st.sampled_from(("start", "receive", "remit", "close")),
    recovery=st.integers(0, 2),
    inspection=st.integers(0, 1),
    fen=st.none() | amounts,
    day=st.integers(0, 60),
)


@given(st.lists(moves, max_size=12), st.integers(0, 60), st.booleans())
def test_due_is_received_and_remitted_and_balance_of_each_and_of_all(
    happened: list[Move],
    last: int,
    voided: bool,
) -> None:
    desk = Books()
    visits = [desk.visit(f"visit {n}", str(FIRST), township=f"44080400{n}") for n in range(2)]
    if voided:
        desk.void(visits[0])
    for move in happened:
        _happen(desk, visits[move.inspection], move)

    until = FIRST + timedelta(days=last)
    ledger = desk.ledger(Span(FIRST, until))

    for one in ledger.entries:
        if one.balance_fen is not None:
            assert one.due_fen == one.received_fen + one.remitted_fen + one.balance_fen
    for sums in (ledger.totals, *ledger.by_township.values()):
        assert sums.due_fen == sums.received_fen + sums.remitted_fen + sums.balance_fen
    assert ledger.totals.entries + len(ledger.apart) == len(ledger.entries)
    _no_money_is_lost(ledger, happened, last)
    assert all(
        one.recovery in ledger.irregular for one in ledger.entries if (one.balance_fen or 0) < 0
    )


def _happen(desk: Desk, visit: Visit, move: Move) -> None:
    recovery, on = an_id(f"recovery {move.recovery}"), str(FIRST + timedelta(days=move.day))
    fen = move.fen or 0
    match move.what:
        case "start":
            desk.say(
                RecoveryStarted(visit=visit, recovery=recovery, months=1, amount_fen=move.fen), on
            )
        case "receive":
            desk.say(RecoveryReceived(visit=visit, recovery=recovery, amount_fen=fen), on)
        case "remit":
            remitted = RecoveryRemitted(
                visit=visit, recovery=recovery, amount_fen=fen, approver=an_id("Wu")
            )
            desk.say(remitted, on)
        case _:
            desk.say(RecoveryClosed(visit=visit, recovery=recovery, result="settled"), on)


def _no_money_is_lost(ledger: Ledger, happened: list[Move], last: int) -> None:
    for what, told in (
        ("receive", sum(one.received_fen for one in ledger.entries)),
        ("remit", sum(one.remitted_fen for one in ledger.entries)),
    ):
        moved = [one for one in happened if one.what == what and one.day <= last]
        assert told == sum(one.fen or 0 for one in moved)


# ── what it means ──────────────────────────────────────────────────────────────────


def test_instalments_a_remission_and_what_is_left() -> None:
    desk = Books()
    visit = desk.visit()
    desk.start(visit, 60_000)
    for day in ("2026-02-20", "2026-03-20", "2026-04-20"):
        desk.receive(visit, 15_000, day)
    desk.remit(visit, 5_000)

    entry = desk.only()

    assert (entry.due_fen, entry.received_fen, entry.remitted_fen) == (60_000, 30_000, 5_000)
    assert (entry.balance_fen, entry.in_period_fen) == (25_000, 15_000)
    assert desk.only(today=date(2026, 3, 1)).balance_fen == 45_000
    assert desk.ledger().totals == Totals(1, 60_000, 30_000, 5_000, 25_000, 15_000)


def test_what_does_not_fit_is_named() -> None:
    desk = Books()
    visit = desk.visit()
    desk.start(visit, 10_000)
    desk.receive(visit, 10_001)
    assert desk.only().irregular == ("over_received",)
    assert desk.only().balance_fen == -1

    desk.start(visit, 20_000, "2026-02-04")
    desk.end(visit)
    desk.receive(visit, 1, "2026-03-21")

    assert desk.only().irregular == ("started_twice", "settled_unpaid", "paid_after_closing")
    assert desk.ledger().irregular == (an_id("A"),)


def test_money_without_a_start_is_told_and_in_no_sum() -> None:
    desk = Books()
    desk.receive(desk.visit(), 500)

    ledger = desk.ledger()

    assert (ledger.entries[0].irregular, ledger.entries[0].balance_fen) == (("not_started",), None)
    assert ledger.apart == (an_id("A"),)
    assert ledger.totals == Totals()


def test_a_sealed_amount_stands_apart_and_is_not_irregular() -> None:
    desk = Books()
    visit = desk.visit()
    desk.start(visit, None)
    desk.receive(visit, 500)

    ledger = desk.ledger()

    assert (ledger.apart, ledger.irregular) == ((an_id("A"),), ())
    assert ledger.totals.received_fen == 0


def test_nothing_due_is_an_amount_and_not_a_sealed_one() -> None:
    desk = Books()
    desk.start(desk.visit(), 0)

    assert desk.only().balance_fen == 0


def test_of_a_voided_inspection_money_that_moved_is_told_and_in_no_sum() -> None:
    desk = Books()
    visit = desk.visit()
    desk.start(visit, 500)
    desk.void(visit)
    assert desk.only().irregular == ()
    desk.receive(visit, 500)

    assert desk.only().irregular == ("voided",)
    assert desk.ledger().totals == Totals()


def test_a_corrected_receipt_counts_as_corrected() -> None:
    desk = Books()
    visit = desk.visit()
    desk.start(visit)
    wrong = desk.say(
        RecoveryReceived(visit=visit, recovery=an_id("A"), amount_fen=60_000), "2026-03-02"
    )
    right = RecoveryReceived(visit=visit, recovery=an_id("A"), amount_fen=600)
    desk.correct(wrong, right, visit, on="2026-03-02")

    assert desk.only().received_fen == 600


# ── beside other figures ───────────────────────────────────────────────────────────


def test_the_two_subsidies_of_the_report_agree_within_two_percent_and_are_not_equal() -> None:
    """Stocks at the year's end times a month's rate, beside what was paid over the year.

    坡头区 2023: 2012 persons at 195 yuan a month and 4219 at 261, against 1778.45 万元 paid.
    """
    expected = (2012 * 195 * 12 + 4219 * 261 * 12) * 100
    reported = 17_784_500 * 100

    found = reconcile(expected, reported)

    assert (yuan(expected), yuan(found.difference_fen)) == ("17921988.00", "-137488.00")
    assert found.agrees
    assert not reconcile(expected, reported, Fraction(0)).agrees
    assert not reconcile(expected, reported, Fraction(76, 10_000)).agrees


@pytest.mark.parametrize(
    ("reported", "agrees"), [(9_800, True), (10_200, True), (9_799, False), (10_201, False)]
)
def test_the_tolerance_is_exact(reported: int, agrees: bool) -> None:
    assert reconcile(10_000, reported).agrees is agrees


def test_nothing_agrees_with_nothing_only() -> None:
    assert reconcile(0, 0).agrees
    assert not reconcile(0, 1).agrees
    assert yuan(0) == "0.00"


def test_a_comparison_tells_what_was_compared() -> None:
    tolerance = Fraction(1, 100)

    assert reconcile(10_000, 9_950, tolerance) == Reconciled(
        10_000, 9_950, -50, tolerance, agrees=True
    )


@given(st.integers(-(10**15), 10**15))
def test_yuan_are_fen_with_two_decimals(fen: int) -> None:
    whole, _, cents = yuan(fen).partition(".")

    assert len(cents) == 2
    assert int(whole + cents) == fen
