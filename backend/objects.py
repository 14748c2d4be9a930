"""执法对象清单: the objects with their last inspection and what is due, as a list."""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.finding import WANTED, Finder, Wanted
from backend.geojson import MapFormat, list_map, wants_geojson
from backend.readings import MOST, After, Asked, Limit, Reading, Table
from projections.object_inventory import ObjectFilters, ObjectLine, Order, erased, object_inventory
from projections.question import Question
from projections.reasons import said
from projections.views import Cursor, ViewStore

KEPT: Final = ("object", "name", "sealed", "erased")
"""What names a row: in a file even where columns are chosen."""

Columns = Annotated[list[str] | None, QueryParameter(description="only these columns; default all")]


@get(
    "/views/objects",
    tags=["views"],
    summary="执法对象清单 · objects",
    sync_to_thread=True,
    dependencies=WANTED,
)
def objects(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    finder: NamedDependency[SkipValidation[Finder]],
    wanted: NamedDependency[SkipValidation[Wanted]],
    column: Columns = None,
    after: After = "",
    limit: Limit = 100,
    format: MapFormat = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List objects; by default those first that were never, or longest ago, inspected."""

    def rows(views: ViewStore, start: Cursor | None, most: int) -> Table:
        filters = finder.filters(views, wanted)
        return table(
            views, wanted.today, filters, wanted.order, start, most, falling=wanted.falling,
            question=finder.question(views, wanted.today),
        )  # fmt: skip

    def chosen(views: ViewStore, start: Cursor | None, most: int) -> Table:
        found = rows(views, start, most)
        kept = (*KEPT, *(column or ()))
        few = [{name: row[name] for name in row if name in kept} for row in found.rows]
        return Table(few if column else found.rows, found.after)

    day = wanted.today
    if wants_geojson(request, format):
        return list_map(reading, request, ("objects", "object"), rows, day, lambda _: day)
    page = Asked(after, limit, format, by_pages=True)
    return reading.list(request, "objects", chosen, day, page)


def table(  # noqa: PLR0913  a page of a list
    views: ViewStore,
    day: date,
    filters: ObjectFilters | None = None,
    order: Order = "last_on",
    start: Cursor | None = None,
    most: int = MOST,
    *,
    falling: bool = False,
    question: Question | None = None,
) -> Table:
    """Return objects as rows; `question` as `object_inventory` takes it."""
    page = object_inventory(
        views,
        day,
        filters,
        order=order,
        falling=falling,
        after=start,
        limit=most,
        question=question,
    )
    gone = erased(views, [line.card.subject for line in page.lines if line.card])
    return Table([_row(line, gone) for line in page.lines], page.next)


def _row(line: ObjectLine, gone: Collection[str]) -> dict[str, Any]:
    """Return what may be shown of an object; a home's name is sealed and stays so.

    `erased`: the keys that could open it were destroyed. `gone` are the subjects erased.
    """
    last = line.last
    return {
        "object": line.object,
        "name": line.name,
        "sealed": line.card is not None,
        "erased": line.card is not None and line.card.subject in gone,
        "object_type": line.object_type,
        "domain": line.domain,
        "township": line.township,
        "village": line.village,
        "last_inspected_on": last.on if last else None,
        "last_inspection": last.inspection if last else None,
        "last_officers": list(last.by) if last else [],
        "last_outcome": last.outcome if last else None,
        "last_desk": last.desk if last else None,
        "open_findings": line.open_findings,
        "next_due": line.next_due,
        "next_due_item": line.due.item if line.due else None,
        "next_due_zh": said(line.due.basis).zh if line.due else None,
        "next_due_en": said(line.due.basis).en if line.due else None,
        "overdue_days": line.due.overdue_days if line.due else 0,
        "order_due": line.order_due,
        "exempt": line.exempt,
        "ended_on": line.ended_on,
        "merged_into": line.merged_into,
    }
