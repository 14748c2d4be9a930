"""频次上限: inspections held at enterprises, counted against the caps that were published.

One way to count for all who ask: the measure of cap use, planning, and the fault of procedure.
An enterprise is known by its credit code (91, 92, 93), so that two objects of one enterprise
share its count. What counts is an administrative inspection that was completed there: not one
that was broken off, voided or made at the desk, and not one under a listed exception
(国办发〔2024〕54号; whether leads count is to be confirmed). The year is the calendar year.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

from events.credit_codes import is_enterprise
from events.register import FrequencyCapPublished
from projections import objects as register
from projections.plans import cap
from projections.procedure import Acts, read_acts
from projections.question import Question
from projections.views import Condition, Query, ViewReader, view_of

EXCEPTIONS: Final = frozenset({"superior_special", "lead"})
"""The listed exceptions: a special check ordered from above; a complaint or transferred lead."""


class Held(Struct, frozen=True, gc=False):
    """An inspection held at an enterprise, the `number`-th that counts in its year by then.

    `cap` is the one in force for the object on that day, None where none was published.
    `position` is the completion's.
    """

    inspection: str
    enterprise: str
    object: str
    on: date
    position: int
    exception: str
    number: int
    cap: int | None

    @property
    def counts(self) -> bool:
        return self.exception not in EXCEPTIONS

    @property
    def beyond(self) -> bool:
        """Whether it exceeds the cap, and no exception is claimed."""
        return self.counts and self.cap is not None and self.number > self.cap


class Caps:
    """The published caps: one for an object before that of its type, later ones before earlier."""

    def __init__(self, views: ViewReader) -> None:
        view = view_of(views.views, "caps")
        rows = views.select(Query("caps", document=True))
        held = [one for row in rows if (one := cap(view.decode(row.document)))]
        self._of: defaultdict[str, list[FrequencyCapPublished]] = defaultdict(list)
        for one in sorted(held, key=lambda each: (each.valid_from, each.cap)):
            self._of[one.object or f"type {one.object_type}"].append(one)

    def on(self, thing: str, object_type: str, day: date) -> int | None:
        """Return how often an object may be inspected in the year of `day`."""
        for name in (thing, f"type {object_type}"):
            for one in reversed(self._of.get(name, ())):
                if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to):
                    return one.per_year
        return None


def enterprises(
    views: ViewReader, only: Collection[str] | None = None
) -> Mapping[str, register.Terms]:
    """Return what rules read of (some) objects that ever had the credit code of an enterprise."""
    where: tuple[Condition, ...] = (("terms", "!=", ""),)
    if only is not None:
        where = (("key", "in", sorted(only)), *where)
    rows = views.select(Query("objects", columns=("counts", "terms"), where=where))
    of = ((row.key, register.terms(str(row.values[1]))) for row in rows)
    return {key: terms for key, terms in of if any(is_enterprise(one.uscc) for one in terms.terms)}


def cap_counts(question: Question) -> Sequence[Held]:
    """Return what was held at enterprises in the calendar years of the period, up to today.

    In the order of completion; filters do not choose, for a cap counts all there is.
    """
    past = question.past
    if past is None:
        return ()
    known, caps = enterprises(question.views), Caps(question.views)
    end = min(question.today, date(past.end.year, 12, 31))
    rows = _completed(question.views, date(past.start.year, 1, 1), end, known)
    numbers: Counter[tuple[str, int]] = Counter()
    found: list[Held] = []
    for day, _, inspection, thing, object_type, done in sorted(rows, key=_in_order):
        enterprise = known[thing].on(day).uscc
        if not is_enterprise(enterprise):
            continue
        numbers[enterprise, day.year] += done.exception not in EXCEPTIONS
        found.append(
            Held(
                inspection,
                enterprise,
                thing,
                day,
                done.position,
                done.exception,
                numbers[enterprise, day.year],
                caps.on(thing, object_type, day),
            )
        )
    return found


_Row = tuple[date, int, str, str, str, Acts]


def _in_order(row: _Row) -> tuple[date, int, int]:
    return row[0], row[1], row[5].position


def _completed(
    views: ViewReader, start: date, end: date, known: Mapping[str, Any]
) -> Iterable[_Row]:
    rows = views.select(
        Query(
            "inspections",
            columns=("completed_on", "object", "object_type", "procedure"),
            where=(
                ("object", "in", sorted(known)),
                ("completed_on", ">=", start.isoformat()),
                ("completed_on", "<=", end.isoformat()),
                ("procedure", "!=", ""),
                ("voided", "=", 0),
                ("desk", "=", 0),
            ),
        )
    )
    for row in rows:
        on, thing, object_type, procedure = map(str, row.values)
        if thing in known:
            done = read_acts(procedure)
            yield date.fromisoformat(on), done.at, row.key, thing, object_type, done
