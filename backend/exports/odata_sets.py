"""What the OData feed holds: entity sets over the lists that pages and files show.

A row of a set is a row of the list, with the same members and the same things hidden. Filters
and orders are those the list itself has: they fall on indexes, and nothing else is offered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from backend import inspections, items, objects
from backend import measure_words as naming
from backend.measuring import Asked, Measuring
from backend.readings import Table
from backend.telling import both, told
from projections.chosen import condition
from projections.hidden import reads
from projections.item_inventory import ItemFilters
from projections.object_inventory import ObjectFilters, Order
from projections.question import Filters
from projections.spans import OPEN, Span
from projections.views import Condition, Cursor, CursorError, ViewStore

Edm: TypeAlias = Literal[
    "Edm.String", "Edm.Date", "Edm.Int64", "Edm.Double", "Edm.Boolean", "Collection(Edm.String)"
]
Operator: TypeAlias = Literal["eq", "ge", "le"]

TEXT: Final = "Edm.String"
DAY: Final = "Edm.Date"
WHOLE: Final = "Edm.Int64"
REAL: Final = "Edm.Double"
FLAG: Final = "Edm.Boolean"
TEXTS: Final = "Collection(Edm.String)"


class Wanted(Struct, frozen=True):
    """What is asked of a set: filters by member and operator, an order, a page."""

    today: date
    filters: Mapping[tuple[str, Operator], Any]
    order: str = ""
    falling: bool = False
    after: Cursor | None = None
    most: int = 1_000


class EntitySet(Struct, frozen=True):
    """A set: its type's name, key and members, what it can be filtered and ordered by.

    `orders` say for each member whether it can rise and fall; the first one is the order of
    who asks for none. `scoped`: by which members a reader's scope narrows it.
    """

    name: str
    kind: str
    key: tuple[str, ...]
    members: Mapping[str, Edm]
    filters: Mapping[str, tuple[Operator, ...]]
    orders: Mapping[str, tuple[bool, ...]]
    scoped: frozenset[str]
    rows: Callable[[ViewStore, Measuring, Wanted], Table]
    count: Callable[[ViewStore, Measuring, Wanted], int] | None = None


_EQ: Final[tuple[Operator, ...]] = ("eq",)
_SPAN: Final[tuple[Operator, ...]] = ("eq", "ge", "le")
_RISES: Final = False
_FALLS: Final = True


def _days(wanted: Wanted, name: str) -> Span:
    """Return the days that filters leave of a member; an empty span where there are none."""
    said = wanted.filters
    on = said.get((name, "eq"))
    first = on or said.get((name, "ge")) or date.min
    last = on or said.get((name, "le")) or OPEN
    return Span(
        max(first, said.get((name, "ge")) or first), min(last, said.get((name, "le")) or last)
    )


def _chosen(wanted: Wanted, names: Iterable[str]) -> dict[str, Any]:
    return {name: wanted.filters.get((name, "eq")) for name in names}


# ── inspections ────────────────────────────────────────────────────────────────────

_OF_INSPECTIONS: Final = ("township", "village", "domain", "kind", "object")


def _where_inspected(wanted: Wanted) -> list[Condition]:
    where: list[Condition] = [
        condition(name, value)
        for name, value in _chosen(wanted, _OF_INSPECTIONS).items()
        if value is not None
    ]
    effective = wanted.filters.get(("effective", "eq"))
    return where if effective is None else [*where, ("effective", "=", int(effective))]


def _inspections(views: ViewStore, _measuring: Measuring, wanted: Wanted) -> Table:
    days = _days(wanted, "started_on")
    return inspections.table(views, days, _where_inspected(wanted), wanted.after, wanted.most)


def _how_many_inspections(views: ViewStore, _measuring: Measuring, wanted: Wanted) -> int:
    days = _days(wanted, "started_on")
    started: list[Condition] = [
        ("started_on", ">=", days.start.isoformat()),
        ("started_on", "<=", days.end.isoformat()),
    ]
    return views.count("inspections", [*started, *_where_inspected(wanted)])


# ── objects ────────────────────────────────────────────────────────────────────────

_OBJECT_ORDERS: Final[Mapping[str, Order]] = {
    "last_inspected_on": "last_on",
    "name": "name",
    "open_findings": "open_findings",
    "order_due": "order_due_on",
}


def _objects(views: ViewStore, _measuring: Measuring, wanted: Wanted) -> Table:
    chosen = _chosen(wanted, ("township", "village", "domain", "object_type"))
    return objects.table(
        views,
        wanted.today,
        ObjectFilters(**chosen),
        _OBJECT_ORDERS.get(wanted.order, "last_on"),
        wanted.after,
        wanted.most,
        falling=wanted.falling,
    )


# ── items ──────────────────────────────────────────────────────────────────────────


def _items(views: ViewStore, _measuring: Measuring, wanted: Wanted) -> Table:
    year = Span(date(wanted.today.year, 1, 1), date(wanted.today.year, 12, 31))
    filters = ItemFilters(**_chosen(wanted, ("domain", "plannable")))
    return items.table(views, year, wanted.today, filters, wanted.after, wanted.most)


# ── measures ───────────────────────────────────────────────────────────────────────


def _measures(_views: ViewStore, measuring: Measuring, wanted: Wanted) -> Table:
    start = wanted.filters.get(("from", "eq")) or date(wanted.today.year, 1, 1)
    end = wanted.filters.get(("to", "eq")) or date(start.year, 12, 31)
    filters = Filters(**_chosen(wanted, ("township", "domain")))
    if end < start:
        return Table(())
    found = measuring.all(Asked(Span(start, end), wanted.today, filters))
    homes = measuring.homes()
    rows = [
        {
            "measure": name,
            "figure": key,
            "name_zh": both(name).zh,
            "name_en": both(name).en,
            "from": start,
            "to": end,
            "township": filters.township,
            "domain": filters.domain,
            "done": said.done,
            "of": said.of,
            "rate": said.rate,
            "words": said.words,
        }
        for name, one in found.items()
        for key, figure in one.figures.items()
        for said in (told(key, naming.plain(key), figure, reads(figure, homes)),)
    ]
    return _page(rows, wanted)


def _page(rows: Sequence[Mapping[str, Any]], wanted: Wanted) -> Table:
    """Return a page of few rows: a cursor is how many lie before it."""
    start = 0
    if wanted.after is not None:
        if len(wanted.after) != 1 or not isinstance(wanted.after[0], int):
            raise CursorError("measures")
        start = max(0, wanted.after[0])
    end = start + wanted.most
    return Table(rows[start:end], (end,) if end < len(rows) else None)


SETS: Final[Mapping[str, EntitySet]] = {
    one.name: one
    for one in (
        EntitySet(
            "Inspections",
            "Inspection",
            ("inspection",),
            {
                "inspection": TEXT, "started_on": DAY, "completed_on": DAY, "kind": TEXT,
                "nature": TEXT, "object": TEXT, "object_type": TEXT, "domain": TEXT,
                "township": TEXT, "village": TEXT, "items": TEXTS, "outcome": TEXT,
                "effective": FLAG, "reasons": TEXTS, "desk": FLAG, "voided": FLAG,
                "cancelled": TEXT, "officers": TEXTS, "assignment": TEXT,
            },
            {
                **dict.fromkeys(_OF_INSPECTIONS, _EQ),
                "effective": _EQ,
                "started_on": _SPAN,
            },
            {"started_on": (_FALLS,)},
            frozenset(("domain", "township")),
            _inspections,
            _how_many_inspections,
        ),
        EntitySet(
            "Objects",
            "Object",
            ("object",),
            {
                "object": TEXT, "name": TEXT, "sealed": FLAG, "erased": FLAG,
                "object_type": TEXT, "domain": TEXT, "township": TEXT, "village": TEXT,
                "last_inspected_on": DAY, "last_inspection": TEXT, "last_officers": TEXTS,
                "last_outcome": TEXT, "last_desk": FLAG, "open_findings": WHOLE,
                "next_due": DAY, "next_due_item": TEXT, "next_due_zh": TEXT,
                "next_due_en": TEXT, "overdue_days": WHOLE, "order_due": DAY, "exempt": FLAG,
                "ended_on": DAY, "merged_into": TEXT,
            },
            dict.fromkeys(("township", "village", "domain", "object_type"), _EQ),
            dict.fromkeys(_OBJECT_ORDERS, (_RISES, _FALLS)),
            frozenset(("domain", "township")),
            _objects,
        ),
        EntitySet(
            "Items",
            "Item",
            ("item",),
            {
                "item": TEXT, "name_zh": TEXT, "name_en": TEXT, "domain": TEXT, "kind": TEXT,
                "plannable": FLAG, "in_force": FLAG, "valid_from": DAY, "valid_to": DAY,
                "uses": WHOLE, "last_used_on": DAY,
            },
            {"domain": _EQ, "plannable": _EQ},
            {"item": (_RISES,)},
            frozenset(("domain",)),
            _items,
        ),
        EntitySet(
            "Measures",
            "Measure",
            ("measure", "figure"),
            {
                "measure": TEXT, "figure": TEXT, "name_zh": TEXT, "name_en": TEXT, "from": DAY,
                "to": DAY, "township": TEXT, "domain": TEXT, "done": WHOLE, "of": WHOLE,
                "rate": REAL, "words": TEXT,
            },
            {"from": _EQ, "to": _EQ, "township": _EQ, "domain": _EQ},
            {},
            frozenset(("domain", "township")),
            _measures,
        ),
    )
}  # fmt: skip
