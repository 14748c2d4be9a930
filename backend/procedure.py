"""Procedure faults: each with its rule, the law of the day, the entry that shows it, what mends it.

By inspection and day, the newest first. There are no sums by officer, here or in an export.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.measuring import Asked as What
from backend.measuring import Measuring
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
    wants_table,
)
from events.procedure_rules import Cited
from events.store import EventStore
from projections.procedure_faults import FaultLine, procedure_faults
from projections.question import Filters
from projections.views import Cursor, CursorError, ViewStore

_TO_CONFIRM: Final = "[待核实]"
_PLACE: Final = (str, str, str, int)


@get("/views/procedure", tags=["views"], summary="程序瑕疵 · procedure faults", sync_to_thread=True)
def procedure(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    kind: Code = None,
    officer: Annotated[str | None, QueryParameter(max_length=26)] = None,
    code: Annotated[str | None, QueryParameter(max_length=64, description="of one rule")] = None,
    mended: Annotated[bool | None, QueryParameter(description="whether it was mended")] = None,
    first: From = None,
    last: Until = None,
    today: Today = None,
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List what went against procedure in inspections started between `from` and `to`."""
    day = today or reading.today()
    period = period_of(first, last, day)
    filters = Filters(township, domain, kind, village, officer)

    def rows(_: ViewStore, start: Cursor | None, most: int) -> Table:
        every = measuring.question(What(period, day, filters)).once(procedure_faults)
        lines = [
            line
            for line in every
            if code in (None, line.code)
            and (mended is None or mended == (line.mended_at is not None))
        ]
        return table(lines, reading.store, start, most, flat=wants_table(request, format))

    return reading.list(request, "procedure", rows, day, Asked(after, limit, format))


def table(
    lines: Sequence[FaultLine],
    store: EventStore,
    start: Cursor | None = None,
    most: int = MOST,
    *,
    flat: bool = False,
) -> Table:
    """Return faults, which come by their place, as rows, the newest first.

    `flat` is for a spreadsheet: one text for the law.
    """
    end = len(lines) if start is None else bisect_left(lines, _place(start), key=_place_of)
    first = max(0, end - most)
    shown = lines[first:end][::-1]
    after = shown[-1].place if first else None
    return Table([_row(line, store, flat=flat) for line in shown], after)


def _place(cursor: Cursor) -> tuple[Any, ...]:
    """Return the place of a cursor; `CursorError` where it is none of this list."""
    if len(cursor) != len(_PLACE) or not all(map(isinstance, cursor, _PLACE)):
        raise CursorError("procedure")
    return cursor


def _place_of(line: FaultLine) -> tuple[str, str, str, int]:
    return line.place


def _row(line: FaultLine, store: EventStore, *, flat: bool) -> Mapping[str, Any]:
    entry = store.read(line.position - 1, 1)[0]
    return {
        "inspection": line.inspection,
        "on": line.on,
        "code": line.code,
        "name_zh": line.rule.zh,
        "name_en": line.rule.en,
        "severity": line.rule.severity,
        "kind": line.kind,
        "object": line.object,
        "object_type": line.object_type,
        "domain": line.domain,
        "township": line.township,
        "village": line.village or None,
        "officers": line.officers,
        "position": line.position,
        "log": entry.log,
        "sequence": entry.sequence,
        "basis": "; ".join(map(_quoted, line.basis)) if flat else line.basis,
        "mends_zh": line.rule.mends_zh,
        "mends_en": line.rule.mends_en,
        "mended_at": line.mended_at,
        "mended_by": line.mended_by or None,
    }


def _quoted(one: Cited) -> str:
    """Return an article as a table shows it: what is not confirmed says so."""
    words = (f"《{one.name_zh}》{one.article or ''}", _TO_CONFIRM if one.verify else "")
    return " ".join(filter(None, words))
