"""Answers that were computed from views: as of which record, as JSON or as CSV.

While one is computed nothing is folded, so that all of it stands at one position. The pushes
of tablets wait for none of this.
"""

import csv
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from io import StringIO
from itertools import islice
from threading import Lock
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from backend.links import next_link
from backend.problems import ProblemError
from events.clock import CHINA, Clock, microseconds, moment
from events.envelope import received_at_of
from events.store import EventStore
from projections.spans import Span
from projections.views import Cursor, CursorError, ViewStore

MOST: Final = 1_000
MOST_CSV: Final = 200_000  # rows
_CHUNK: Final = 500  # rows of CSV sent at a time
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")

From = Annotated[date | None, QueryParameter(name="from", description="first day of the period")]
Until = Annotated[date | None, QueryParameter(name="to", description="last day of the period")]
Today = Annotated[date | None, QueryParameter(description="the day to judge from; default now")]
Code = Annotated[str | None, QueryParameter(max_length=64)]
_Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what a column holds
After = Annotated[str, QueryParameter(max_length=400, description="from `next`, opaque")]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
Format = Annotated[str, QueryParameter(pattern="^(json|csv)?$", description="json or csv")]


class AsOf(Struct, frozen=True, omit_defaults=True):
    """What an answer was computed from: with it anyone can compute it again.

    `history` is the bureau in hex, `received_at` when the record at `position` arrived,
    `versions` those of the reducers, `query` what was asked; `measures` are the versions of
    the measures, where some were computed.
    """

    history: str
    epoch: int
    position: int
    received_at: datetime | None
    today: date
    versions: Mapping[str, int]
    query: Mapping[str, str]
    measures: Mapping[str, int] = {}


class Table(Struct, frozen=True):
    """Rows with the same members, and where the next page begins."""

    rows: Sequence[Mapping[str, Any]]
    after: Cursor | None = None


class Asked(Struct, frozen=True):
    """Which page of a list, and how: `format` is `csv`, `json` or left to Accept."""

    after: str
    limit: int
    format: str


class Listing(Struct, frozen=True):
    """A page of a list. `next` is the way to the page after, None on the last one."""

    as_of: AsOf
    rows: Sequence[Mapping[str, Any]]
    next: str | None


class Reading:
    """The served views, held still while an answer is computed."""

    def __init__(
        self,
        views: ViewStore,
        store: EventStore,
        clock: Clock,
        bureau: bytes,
        epoch: Callable[[], int],
        *,
        demo: bool = False,
    ) -> None:
        self.views = views
        self.store = store
        self._clock = clock
        self._bureau = bureau.hex()
        self._epoch = epoch
        self._demo = demo
        self.still = Lock()

    def today(self) -> date:
        """Return the day on the wall; of a demonstration, the day of its last record."""
        last = self.received_at(self.store.size()) if self._demo else None
        at = microseconds(last) if last else self._clock.now().at
        return moment(at, CHINA).date()

    def day_of(self, position: int) -> date:
        """Return the day on which the record at a position arrived."""
        received_at = self.received_at(position)
        return moment(microseconds(received_at), CHINA).date() if received_at else self.today()

    @contextmanager
    def held(self) -> Generator[ViewStore]:
        """Hold the views still."""
        with self.still:
            yield self.views

    def as_of(
        self,
        query: Mapping[str, str],
        today: date,
        views: ViewStore,
        measures: Mapping[str, int] | None = None,
    ) -> AsOf:
        """Return what an answer from `views`, as they stand, was computed from."""
        position = views.position()
        return AsOf(
            history=self._bureau,
            epoch=self._epoch(),
            position=position,
            received_at=self.received_at(position),
            today=today,
            versions={view.name: view.version for view in views.views},
            query=query,
            measures=measures or {},
        )

    def received_at(self, position: int) -> datetime | None:
        """Return when the record at a position arrived."""
        found = self.store.read(position - 1, 1) if position else ()
        return moment(received_at_of(found[0].state)) if found else None

    def list(
        self,
        request: Request[Any, Any, Any],
        name: str,
        rows: Callable[[ViewStore, Cursor | None, int], Table],
        today: date,
        asked: Asked,
    ) -> Response[Any]:
        """Answer with a page of a list as JSON, or with all of it as CSV."""
        after = read_cursor(asked.after)
        csv_wanted = wants_csv(request, asked.format)
        limit = MOST_CSV if csv_wanted else asked.limit
        with self.held() as views:
            try:
                table = rows(views, after, limit)
            except CursorError as foreign:
                raise _no_cursor() from foreign
            as_of = self.as_of(query_of(request), today, views)
        if csv_wanted:
            return as_csv(name, table.rows, as_of)
        link = next_link(request, after=cursor_text(table.after)) if table.after else None
        return Response(Listing(as_of, table.rows, link))


def period_of(first: date | None, last: date | None, today: date) -> Span:
    """Return the period asked for; by default the calendar year of `today`."""
    start = first or date((last or today).year, 1, 1)
    end = last or date(start.year, 12, 31)
    if end < start:
        reason = "`to` lies before `from`"
        raise ProblemError("bad-request", parameters=[{"name": "to", "reason": reason}])
    return Span(start, end)


def query_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return what was asked, to be quoted."""
    said = {name: str(value) for name, value in sorted(request.query_params.items())}
    return {"path": request.url.path, **said}


def wants_csv(request: Request[Any, Any, Any], named: str) -> bool:
    """Tell whether a table is asked for: by `format`, else by Accept."""
    if named:
        return named == "csv"
    accept = request.headers.get("accept", "")
    return "text/csv" in accept and "application/json" not in accept


# ── where a page ends ──────────────────────────────────────────────────────────────


def cursor_text(cursor: Cursor) -> str:
    """Return the opaque spelling of a cursor."""
    return urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def read_cursor(text: str) -> Cursor | None:
    """Read a cursor; a `ProblemError` where it is none of ours."""
    if not text:
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return tuple(msgspec.json.decode(raw, type=list[str | _Number | float]))
    except (msgspec.MsgspecError, ValueError, RecursionError) as broken:
        raise _no_cursor() from broken


def _no_cursor() -> ProblemError:
    return ProblemError("bad-request", parameters=[{"name": "after", "reason": "not from `next`"}])


# ── CSV ────────────────────────────────────────────────────────────────────────────


def as_csv(name: str, rows: Iterable[Mapping[str, Any]], as_of: AsOf) -> Stream:
    """Return rows for a spreadsheet: with a byte-order mark, and no cell taken for a formula."""
    file = f"xunji-{name}-{as_of.position}-{as_of.today.isoformat()}.csv"
    return Stream(
        _written(rows),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{file}"',
            "xunji-as-of": msgspec.json.encode(as_of).decode("ascii", "replace"),
        },
    )


def _written(rows: Iterable[Mapping[str, Any]]) -> Generator[bytes]:
    waiting = iter(rows)
    names: list[str] | None = None
    text = StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    while chunk := list(islice(waiting, _CHUNK)):
        if names is None:
            names = list(chunk[0])
            writer.writerow(names)
        writer.writerows([cell(row[name]) for name in names] for row in chunk)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if names is None:
        yield text.getvalue().encode()


def cell(value: object) -> str | int | float:
    """Return a value as a cell that no spreadsheet executes."""
    match value:
        case None:
            return ""
        case bool():
            return int(value)
        case int() | float():
            return value
        case date():
            return value.isoformat()
        case str():
            text = value
        case list() | tuple():
            text = " ".join(str(one) for one in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text
