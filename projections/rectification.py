"""整改闭环率: orders looked at again and closed in time ÷ orders that were due in the period.

In time is up to seven days after the deadline. The deadline is the extended one; it may be
extended once, with reasons, so that a further extension moves nothing and is shown as a fault.
One that ends on a day off moves to the next working day.

An order counts from its deadline on. Whatever is not closed then is missing, though for seven
days it can still be made good: `within_grace` says of which. An order that was withdrawn asked
for nothing, and one of a voided inspection was never given: neither is counted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from projections.figures import Figure, Measured, Part, summed
from projections.follow_ups import following
from projections.followed import Followed, Order
from projections.question import Question

GRACE: Final = timedelta(days=7)


class Judged(Struct, frozen=True, gc=False):
    """An order as it stood on the day to judge from, with the working day on which it was due."""

    order: Order
    due: date
    domain: str
    township: str

    @property
    def counts(self) -> bool:
        return self.order.closed != "withdrawn"

    @property
    def is_open(self) -> bool:
        return self.order.closed_on is None

    @property
    def in_time(self) -> bool:
        """Whether it was looked at again and closed within the days of grace."""
        last, closed_on = self.due + GRACE, self.order.closed_on
        looked = any(look.on <= last for look in self.order.looks)
        return looked and closed_on is not None and closed_on <= last


def rectification_closure(question: Question) -> Measured:
    """整改闭环率. Lists name orders whose deadline falls in the period."""
    orders = judged(question)
    counted = [one for one in orders if one.counts]
    return Measured(
        {"orders": summed(_part(one) for one in counted)},
        by={name: _by(name, counted) for name in ("township", "domain")},
        lists={
            name: tuple(sorted(one.order.order for one in orders if holds(one, question.today)))
            for name, holds in _LISTS.items()
        },
    )


def judged(question: Question) -> list[Judged]:
    """Return the orders whose deadline falls in what has passed of the period."""
    past = question.past
    if past is None:
        return []
    found: list[Judged] = []
    for one in following(question, Followed.ORDER, ("voided", "=", 0)):
        for given in one.follow.orders:
            order = given.on(question.today)
            if order.ordered_on is None or order.ordered_on > question.today or not order.due:
                continue
            due = question.calendar.on_or_after(order.due)
            if past.start <= due <= past.end:
                found.append(Judged(order, due, one.domain, one.township))
    return found


def _part(one: Judged) -> Part:
    return Part(one.order.order, int(one.in_time))


def _by(name: str, orders: Iterable[Judged]) -> dict[str, Figure]:
    of: defaultdict[str, list[Part]] = defaultdict(list)
    for one in orders:
        of[getattr(one, name)].append(_part(one))
    return {value: summed(parts) for value, parts in sorted(of.items())}


_LISTS: Final[Mapping[str, Callable[[Judged, date], bool]]] = {
    "overdue": lambda one, today: one.is_open and one.due < today,
    "within_grace": lambda one, today: one.is_open and today <= one.due + GRACE,
    "late": lambda one, _: bool(one.order.closed_on) and one.counts and not one.in_time,
    "extended": lambda one, _: bool(one.order.extensions),
    "extended_again": lambda one, _: len(one.order.extensions) > 1,
    "failed": lambda one, _: any(look.result == "failed" for look in one.order.looks),
    "transferred": lambda one, _: one.order.closed in ("transferred", "case"),
    "withdrawn": lambda one, _: not one.counts,
}
