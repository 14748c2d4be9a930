"""执法对象清单 as a live list: each object with its last inspection and what is due.

The columns of the view choose and order the rows; what a row shows is read as of `today`:
the register from its document, findings and orders, which no day changes, from columns, the last
inspection from the inspections. The visits in a document, which grow with the history, are not
read.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal, TypeAlias, cast

from msgspec import Struct

from events.inspections import Outcome
from projections import objects as register
from projections.chosen import where as chosen_where
from projections.due_lists import Due, next_due
from projections.objects import Standing
from projections.question import Question
from projections.spans import OPEN, Span
from projections.views import Condition, Cursor, Found, Query, ViewReader, ViewStore, last_of

PAGE = 50
Order: TypeAlias = Literal["last_on", "name", "open_findings", "order_due_on"]

_SHOWN: Final = ("open_findings", "order_due_on")


class ObjectFilters(Struct, frozen=True):
    """What to list; None is all. `never`: never effectively inspected. `closed`: ended ones too.

    `keys`: none but these, whatever found them. `object_types`: those that an item or the items
    of a kind of inspection name.
    """

    township: str | None = None
    village: str | None = None
    domain: str | None = None
    object_type: str | None = None
    never: bool = False
    open_findings: bool = False
    closed: bool = False
    keys: frozenset[str] | None = None
    object_types: frozenset[str] | None = None


class LastInspection(Struct, frozen=True):
    """The last effective inspection: when, by whom (the lead first), with which outcome."""

    inspection: str
    on: date
    by: tuple[str, ...]
    outcome: Outcome
    desk: bool


class Card(Struct, frozen=True):
    """Where the sealed name of a home stands: position of the listing, index of the part."""

    position: int
    index: int
    subject: str


class ObjectLine(Struct, frozen=True):
    """One object. `name` is None where it is sealed: then `card` says where."""

    object: str
    name: str | None
    card: Card | None
    object_type: str
    domain: str
    township: str
    village: str | None
    last: LastInspection | None
    open_findings: int
    due: Due | None
    order_due: date | None
    exempt: bool
    ended_on: date | None
    merged_into: str | None

    @property
    def next_due(self) -> date | None:
        """The soonest of what its items ask for; `due` says which one, and why."""
        return self.due.due_on if self.due else None

    @property
    def never_inspected(self) -> bool:
        return self.last is None


class ObjectPage(Struct, frozen=True):
    """A page of the list. `next` is the cursor of the page after, None on the last one."""

    lines: tuple[ObjectLine, ...]
    next: Cursor | None


def object_inventory(  # noqa: PLR0913  a page of a list
    views: ViewStore,
    today: date,
    filters: ObjectFilters | None = None,
    *,
    order: Order = "last_on",
    falling: bool = False,
    after: Cursor | None = None,
    limit: int = PAGE,
    question: Question | None = None,
) -> ObjectPage:
    """Return a page; by default those first that were never, or longest ago, inspected.

    `question`: one of these views and this day, without filters, that was asked before.
    """
    rows = views.select(
        Query(
            "objects",
            columns=(order, *_SHOWN),
            where=_where(filters or ObjectFilters(), today),
            order=(order,),
            falling=falling,
            after=after,
            limit=limit + 1,
        )
    )
    shown = rows[:limit]
    documents = views.load("objects", [row.key for row in shown])  # none is sorted with the rows
    shown = [row._replace(document=documents[row.key]) for row in shown]
    asked = question or _question(views, today)
    due = next_due(asked, [row.key for row in shown])
    cursor = (shown[-1].values[0], shown[-1].key) if len(rows) > limit else None
    last = last_inspections(views, [row.key for row in shown])
    lines = [_line(row, due.get(row.key), last.get(row.key), today) for row in shown]
    return ObjectPage(tuple(line for line in lines if line is not None), cursor)


def object_count(views: ViewReader, today: date, filters: ObjectFilters | None = None) -> int:
    """Return how many objects there are to list."""
    return views.count("objects", _where(filters or ObjectFilters(), today))


def object_line(views: ViewStore, key: str, today: date) -> ObjectLine | None:
    """Return the line of one object, None if it was never listed."""
    asked = Query("objects", columns=("key", *_SHOWN), where=(("key", "=", key),), document=True)
    rows = views.select(asked)
    if not rows:
        return None
    last = last_inspections(views, [key]).get(key)
    due = next_due(_question(views, today), [key]).get(key)
    return _line(rows[0], due, last, today)


def _question(views: ViewReader, today: date) -> Question:
    return Question(views, Span(today, today), today)


def erased(views: ViewReader, subjects: Iterable[str]) -> frozenset[str]:
    """Return which of `subjects` (persons or inspections) were erased."""
    return frozenset(views.load("erasures", subjects))


def last_inspections(views: ViewStore, keys: list[str]) -> dict[str, LastInspection]:
    """Return the last effective inspection of each object, as the inspections themselves say.

    An object's own document can miss what was recorded under other keys, where two
    corrections moved an inspection to different objects; that of the inspection cannot.
    """
    query = Query(
        "inspections",
        columns=("object", "completed_on", "officers", "outcome", "desk"),
        where=(("effective", "=", 1),),
        order=("completed_on",),
    )
    rows = last_of(views, query, "object", keys)
    return {str(row.values[0]): _last(row) for row in rows}


def _last(row: Found) -> LastInspection:
    _, on, officers, outcome, desk = row.values
    return LastInspection(
        row.key,
        date.fromisoformat(str(on)),
        tuple(str(officers).split()),
        cast("Outcome", outcome),
        bool(desk),
    )


def _where(filters: ObjectFilters, today: date) -> tuple[Condition, ...]:
    where: list[Condition] = [("listed_on", "!=", "")]
    for person in sorted(register.PERSONS):
        where.append(("object_type", "!=", person))  # noqa: PERF401  a list would lose its type
    where += chosen_where(filters, "township", "village", "domain", "object_type")
    if filters.object_types is not None:
        where.append(("object_type", "in", sorted(filters.object_types)))
    if filters.keys is not None:
        where.append(("key", "in", sorted(filters.keys)))
    if filters.never:
        where.append(("last_on", "=", ""))
    if filters.open_findings:
        where.append(("open_findings", ">", 0))
    if not filters.closed:
        where.append(("ended_on", ">=", today.isoformat()))
    return tuple(where)


def _line(
    row: Found,
    due: Due | None,
    last: LastInspection | None,
    today: date,
) -> ObjectLine | None:
    document = register.decode_register(row.document)
    about = register.standing(document.register.values())
    listing = about.listing(today)
    if listing is None:
        return None
    _, open_findings, order_due_on = row.values
    exempt = any(span.start <= today <= span.end for span in about.exempt)
    order_due = date.fromisoformat(str(order_due_on))
    return ObjectLine(
        row.key,
        listing.name,
        _card(listing),
        listing.object_type,
        listing.domain,
        listing.township,
        listing.village,
        last,
        int(open_findings),
        due,
        None if order_due == OPEN else order_due,
        exempt,
        _ended(about, today),
        about.merged_into(today),
    )


def _card(listing: register.Listed) -> Card | None:
    names = enumerate(listing.sealed)
    return next(
        (Card(listing.position, at, subject) for at, (name, subject) in names if name == "card"),
        None,
    )


def _ended(about: Standing, today: date) -> date | None:
    past = [span.end for span in about.active if span.start <= today]
    last = max(past, default=OPEN)
    return last if last < today else None
