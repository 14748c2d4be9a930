"""待办清单: what is due of each object and household, by which day, and why."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.measuring import Asked as What
from backend.measuring import Measuring
from backend.readings import MOST, After, Asked, Code, Format, Limit, Reading, Table, Today
from events.register import ItemListed
from projections.due_lists import Due, due_list
from projections.question import Filters, Question
from projections.reasons import said
from projections.spans import Span
from projections.views import Cursor, CursorError, Query, ViewStore

DueKind: TypeAlias = Literal["recheck", "visit", "patrol"]
DUE_KINDS: Final[tuple[DueKind, ...]] = get_args(DueKind)
_KIND_OF: Final[Mapping[str, DueKind]] = {"min_by_class": "recheck", "min_by_level": "patrol"}
_CURSOR: Final = 3  # day, item, object


@get("/views/due", tags=["views"], summary="待办清单 · due", sync_to_thread=True)
def due(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    kind: Code = None,
    object_type: Code = None,
    what: Annotated[DueKind | None, QueryParameter(description="only this work")] = None,
    overdue: Annotated[bool, QueryParameter(description="only what is overdue")] = False,
    until: Annotated[date | None, QueryParameter(description="last day; default 30 on")] = None,
    today: Today = None,
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List what is due up to a day, the oldest first: item, object, window, and the reason."""
    day = today or reading.today()
    filters = Filters(township, domain, kind, village)

    def rows(_: ViewStore, start: Cursor | None, most: int) -> Table:
        question = measuring.question(asked_today(day, filters))
        found = due_list(question, until, object_type=object_type, overdue=overdue)
        found = [one for one in found if what in (None, due_kind(one))]
        return table(question, found, start, most)

    return reading.list(request, "due", rows, day, Asked(after, limit, format))


def due_kind(one: Due) -> DueKind:
    """Tell what kind of work is due: a recheck by the class of a household, a patrol, a visit."""
    return _KIND_OF.get(one.basis.mode, "visit")


def asked_today(day: date, filters: Filters) -> What:
    """Return what a due list is asked: what is open on a day."""
    return What(Span(day, day), day, filters)


def table(
    question: Question, found: Sequence[Due], start: Cursor | None = None, most: int = MOST
) -> Table:
    """Return what is due, which comes in its order, as rows."""
    first = 0 if start is None else bisect_right(found, place_of(start), key=_order)
    shown = found[first : first + most]
    names = _names(question, {one.object for one in shown})
    items = {
        one.code: listing for one in question.items if (listing := one.listing(question.today))
    }
    rows = [_row(one, names, items.get(one.item)) for one in shown]
    return Table(rows, shown[-1].order if len(found) > first + most else None)


def place_of(cursor: Cursor) -> tuple[str, ...]:
    """Return where a page of this list ended; `CursorError` where another list's did."""
    if len(cursor) != _CURSOR or not all(isinstance(one, str) for one in cursor):
        raise CursorError("due")
    return tuple(str(one) for one in cursor)


def _order(one: Due) -> tuple[str, str, str]:
    return one.order


def _names(question: Question, keys: Iterable[str]) -> Mapping[str, str]:
    rows = question.views.select(
        Query("objects", columns=("name",), where=(("key", "in", sorted(keys)),))
    )
    return {row.key: str(row.values[0]) for row in rows}


def _row(one: Due, names: Mapping[str, str], item: ItemListed | None) -> dict[str, Any]:
    reason = said(one.basis)
    place = one.place
    return {
        "due_on": one.due_on,
        "overdue_days": one.overdue_days,
        "item": one.item,
        "item_zh": item.name_zh if item else None,
        "item_en": item.name_en if item else None,
        "object": one.object,
        "name": names.get(one.object) or None,
        "object_type": place.object_type if place else None,
        "domain": one.domain,
        "township": place.township if place else None,
        "village": (place.village or None) if place else None,
        "window_from": one.window.start,
        "window_to": one.window.end,
        "done": one.done,
        "required": one.required,
        "reason_zh": reason.zh,
        "reason_en": reason.en,
    }
