"""Answers that were computed from views: as of which record, as JSON or as a file of rows.

While one is computed nothing is folded, so that all of it stands at one position. The pushes
of tablets wait for none of this.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from operator import itemgetter
from threading import RLock
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from backend.as_of import AsOf
from backend.exports.formats import table_format
from backend.exports.sending import as_table
from backend.links import next_link
from backend.problems import ProblemError
from events.clock import CHINA, Clock, microseconds, moment
from events.envelope import received_at_of
from events.store import EventStore
from projections.spans import Span
from projections.views import Cursor, CursorError, Query, Snapshots, ViewReader, ViewStore

MOST: Final = 1_000
MOST_ON_A_MAP: Final = 200_000
PAGE: Final = 5_000  # rows of an export read at a time, of a list that is read by pages
_ALL: Final = 2**40

From = Annotated[date | None, QueryParameter(name="from", description="first day of the period")]
Until = Annotated[date | None, QueryParameter(name="to", description="last day of the period")]
Today = Annotated[date | None, QueryParameter(description="the day to judge from; default now")]
# One code, or several with commas between them.
Code = Annotated[
    str | None, QueryParameter(max_length=2_000, pattern=r"^[^,]{0,64}(,[^,]{0,64})*$")
]
_Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what a column holds
After = Annotated[str, QueryParameter(max_length=400, description="from `next`, opaque")]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
Format = Annotated[
    str,
    QueryParameter(pattern="^(json|csv|xlsx|jsonl)?$", description="json, csv, xlsx or jsonl"),
]


def is_empty(views: ViewReader, view: str) -> bool:
    """Tell whether a view has no row at all: nothing was brought in yet."""
    return not views.select(Query(view, limit=1))


class Table(Struct, frozen=True):
    """Rows with the same members, and where the next page begins."""

    rows: Sequence[Mapping[str, Any]]
    after: Cursor | None = None


class Asked(Struct, frozen=True):
    """Which page of a list, and how: `format` is that of a file, `json` or left to Accept.

    `by_pages`: a page is read without what lies before it, so that a file of all rows is too.
    """

    after: str
    limit: int
    format: str
    by_pages: bool = False


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
        self.still = RLock()

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

    @contextmanager
    def unmoved(self) -> Generator[ViewStore]:
        """Give the views as they stand now, for long: where that can be, folding goes on."""
        if isinstance(self.views, Snapshots):
            with self.views.snapshot() as views:
                if views is not None:
                    yield views
                    return
        with self.held() as views:
            yield views

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
        """Answer with a page of a list as JSON, or with all of it as a file."""
        after = read_cursor(asked.after)
        try:
            if table_format(request, asked.format):
                return self._whole(request, name, rows, today, after, by_pages=asked.by_pages)
            with self.held() as views:
                table = rows(views, after, asked.limit)
                as_of = self.as_of(query_of(request), today, views)
        except CursorError as foreign:
            raise _no_cursor() from foreign
        link = next_link(request, after=cursor_text(table.after)) if table.after else None
        return Response(Listing(as_of, table.rows, link))

    def _whole(
        self,
        request: Request[Any, Any, Any],
        name: str,
        rows: Callable[[ViewStore, Cursor | None, int], Table],
        today: date,
        after: Cursor | None,
        *,
        by_pages: bool,
    ) -> Response[Any]:
        """Return all rows as a file, at one position whatever is folded meanwhile.

        What is computed as a whole is computed while the views are held still.
        """
        if by_pages:
            with self.unmoved() as views:
                as_of = self.as_of(query_of(request), today, views)
                return as_table(request, name, self._pages(rows, views, after), as_of)
        with self.held() as views:
            table = rows(views, after, _ALL)
            as_of = self.as_of(query_of(request), today, views)
        return as_table(request, name, table.rows, as_of)

    def _pages(
        self,
        rows: Callable[[ViewStore, Cursor | None, int], Table],
        views: ViewStore,
        after: Cursor | None,
    ) -> Iterator[Mapping[str, Any]]:
        """Yield rows page by page; between two of them others get their turn."""
        while True:
            with self.still:
                table = rows(views, after, PAGE)
            yield from table.rows
            after = table.after
            if after is None:
                return


def period_of(first: date | None, last: date | None, today: date) -> Span:
    """Return the period asked for; by default the calendar year of `today`."""
    start = first or date((last or today).year, 1, 1)
    end = last or date(start.year, 12, 31)
    if end < start:
        reason = "`to` lies before `from`"
        raise ProblemError("bad-request", parameters=[{"name": "to", "reason": reason}])
    return Span(start, end)


def query_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return what was asked, to be quoted; values of one name that are said twice by spaces."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in sorted(request.query_params.multi_items(), key=itemgetter(0)):
        said[name].append(str(value))
    return {"path": request.url.path, **{name: " ".join(all_) for name, all_ in said.items()}}


def wants_table(request: Request[Any, Any, Any], named: str) -> bool:
    """Tell whether a file of rows is asked for: by `format`, else by Accept."""
    return table_format(request, named) is not None


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
