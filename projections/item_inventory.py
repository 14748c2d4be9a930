"""执法事项清单 as a live list: each item with its uses in a period, its last use, its validity."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from projections.chosen import conditions
from projections.items import Item, item, uses_in
from projections.spans import Span, before
from projections.views import Query, ViewStore, view_of

PAGE = 200


class ItemFilters(Struct, frozen=True):
    """What to list; None is all. `unused`: only items without a use in the period.

    `among`: only these codes.
    """

    domain: str | None = None
    plannable: bool | None = None
    unused: bool = False
    among: frozenset[str] | None = None


class ItemLine(Struct, frozen=True):
    """One item as it reads on the day asked for. `plannable` as of that day."""

    item: str
    name_zh: str
    name_en: str
    domain: str
    kind: str
    plannable: bool
    in_force: bool
    valid: tuple[Span, ...]
    uses: int
    last_used_on: date | None


class ItemPage(Struct, frozen=True):
    """A page of the list. `next` is the code to go on after, None on the last page."""

    lines: tuple[ItemLine, ...]
    next: str | None


def item_inventory(
    views: ViewStore,
    period: Span,
    today: date,
    filters: ItemFilters | None = None,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> ItemPage:
    """Return a page of the list, by code."""
    chosen = filters or ItemFilters()
    where = conditions((("domain", chosen.domain),))
    view = view_of(views.views, "items")
    rows = views.select(
        Query(
            "items",
            where=tuple(where),
            after=None if after is None else (after,),
            document=True,
        )
    )
    in_period = _days(views, period)
    lines: list[ItemLine] = []
    for row in rows:
        if chosen.among is not None and row.key not in chosen.among:
            continue
        resolved = item(row.key, view.decode(row.document))
        line = _line(views, resolved, period, today, in_period.get(row.key, ()))
        if line and _wanted(line, chosen):
            lines.append(line)
        if len(lines) > limit:
            break
    more = len(lines) > limit
    return ItemPage(tuple(lines[:limit]), lines[limit - 1].item if more else None)


def _days(views: ViewStore, period: Span) -> dict[str, list[str]]:
    """Return the days of use by item. A visit started in a month can end in the next one."""
    first = before(period.start.replace(day=1)).isoformat()[:7]
    last = period.end.isoformat()[:7]
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = views.select(
        Query(
            "item_uses",
            columns=("item", "days"),
            where=(("month", ">=", first), ("month", "<=", last)),
        )
    )
    for row in rows:
        code, days = row.values
        found[str(code)].append(str(days))
    return found


def _last_use(views: ViewStore, code: str) -> date | None:
    """Return the last day of use: one row, however long the history is."""
    rows = views.select(
        Query(
            "item_uses",
            columns=("last_on",),
            where=(("item", "=", code), ("last_on", "!=", "")),
            order=("last_on",),
            falling=True,
            limit=1,
        )
    )
    return date.fromisoformat(str(rows[0].values[0])) if rows else None


def _line(
    views: ViewStore, resolved: Item, period: Span, today: date, days: Iterable[str]
) -> ItemLine | None:
    listing = resolved.listing(today)
    if listing is None:
        return None
    return ItemLine(
        resolved.code,
        listing.name_zh,
        listing.name_en,
        listing.domain,
        listing.kind,
        listing.plannable,
        any(span.start <= today <= span.end for span in resolved.active),
        resolved.active,
        uses_in(days, period),
        _last_use(views, resolved.code),
    )


def _wanted(line: ItemLine, chosen: ItemFilters) -> bool:
    return chosen.plannable in (None, line.plannable) and not (chosen.unused and line.uses)
