"""执法事项清单: the items with their uses in a period, as a list."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.readings import (
    MOST,
    After,
    Asked,
    Code,
    Format,
    From,
    Limit,
    Reading,
    Table,
    Today,
    Until,
    period_of,
)
from projections.item_inventory import ItemFilters, ItemLine, item_inventory
from projections.spans import OPEN, Span
from projections.views import Cursor, ViewStore


@get("/views/items", tags=["views"], summary="执法事项清单 · items", sync_to_thread=True)
def items(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    domain: Code = None,
    plannable: Annotated[bool | None, QueryParameter()] = None,
    unused: Annotated[bool, QueryParameter(description="only without a use in it")] = False,
    first: From = None,
    last: Until = None,
    today: Today = None,
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List items with their uses between `from` and `to`; by default this calendar year."""
    day = today or reading.today()
    period = period_of(first, last, day)
    filters = ItemFilters(domain, plannable, unused)

    def rows(views: ViewStore, start: Cursor | None, most: int) -> Table:
        return table(views, period, day, filters, start, most)

    return reading.list(request, "items", rows, day, Asked(after, limit, format))


def table(
    views: ViewStore,
    period: Span,
    day: date,
    filters: ItemFilters | None = None,
    start: Cursor | None = None,
    most: int = MOST,
) -> Table:
    """Return items as rows."""
    code = str(start[0]) if start else None
    page = item_inventory(views, period, day, filters, after=code, limit=most)
    return Table([_row(line) for line in page.lines], (page.next,) if page.next else None)


def _row(line: ItemLine) -> dict[str, Any]:
    return {
        "item": line.item,
        "name_zh": line.name_zh,
        "name_en": line.name_en,
        "domain": line.domain,
        "kind": line.kind,
        "plannable": line.plannable,
        "in_force": line.in_force,
        "valid_from": line.valid[0].start if line.valid else None,
        "valid_to": line.valid[-1].end if line.valid and line.valid[-1].end != OPEN else None,
        "uses": line.uses,
        "last_used_on": line.last_used_on,
    }
