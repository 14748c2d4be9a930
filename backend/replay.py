"""The same figures computed again from the records, as of any moment, beside what is served."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from threading import Lock
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Struct

from backend import coverage, devices, inspections, items, objects
from backend.problems import ProblemError
from backend.readings import AsOf, From, Reading, Table, Today, Until, period_of, query_of
from events.clock import microseconds
from events.inspections import (
    CorrectionRecorded,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    SegmentCovered,
)
from events.store import EventStore
from projections.calendar import CALENDAR
from projections.coverage import coverage as compute_coverage
from projections.devices import DEVICES
from projections.fold import Fold
from projections.hidden import homes_of
from projections.inspections import INSPECTIONS
from projections.items import ITEM_USES, ITEMS
from projections.lists import ERASURES
from projections.objects import OBJECTS
from projections.plans import PLANS
from projections.published import narrowed
from projections.replay import BATCH, COVERAGE, Difference, compare
from projections.spans import Span
from projections.view import View
from projections.views import Condition, Found, MemoryViews, Query, ViewReader, ViewStore

MOST_DIFFERENCES: Final = 1_000
At = Annotated[
    str,
    QueryParameter(
        max_length=40, description="a position, or a time of record in ISO 8601; default now"
    ),
]

_VISITED: Final = narrowed(
    INSPECTIONS,
    (
        InspectionStarted,
        InspectionCompleted,
        InspectionVoided,
        InspectionCancelled,
        CorrectionRecorded,
        SegmentCovered,
    ),
)
"""What of inspections the list of objects needs: which count, and what a patrol walked."""


class Replayable(Struct, frozen=True):
    """What can be replayed: the views it is made from, in full and no more than it needs.

    `brief` are the members that a narrow table shows.
    """

    views: Sequence[View]
    narrow: Sequence[View]
    table: Callable[[ViewStore, Span, date], Table]
    brief: Sequence[str]


REPLAYABLE: Final[Mapping[str, Replayable]] = {
    "coverage": Replayable(
        (OBJECTS, INSPECTIONS, ITEMS),
        COVERAGE,
        lambda views, period, day: Table(
            coverage.lines(compute_coverage(views, period, day), homes_of(views))
        ),
        ("measure", "township", "done", "of", "words"),
    ),
    "items": Replayable(
        (ITEMS, ITEM_USES),
        (ITEMS, ITEM_USES),
        items.table,
        ("item", "name_zh", "in_force", "uses", "last_used_on"),
    ),
    "objects": Replayable(
        (OBJECTS, INSPECTIONS, ITEMS, PLANS, CALENDAR, ERASURES),
        (OBJECTS, _VISITED, ITEMS, PLANS, CALENDAR, ERASURES),
        lambda views, _period, day: objects.table(views, day),
        ("object", "township", "last_inspected_on", "open_findings", "next_due"),
    ),
    "inspections": Replayable(
        (INSPECTIONS,),
        (INSPECTIONS,),
        lambda views, period, _day: inspections.table(views, period),
        ("inspection", "started_on", "completed_on", "kind", "effective"),
    ),
    "devices": Replayable(
        (DEVICES,),
        (DEVICES,),
        lambda views, _period, _day: devices.table(views),
        ("name", "role", "log", "entries", "last_received_at"),
    ),
}


class Moment(Struct, frozen=True):
    """Up to where to replay: a position, a time of record (µs), or (both None) all."""

    until: int | None = None
    received_until: int | None = None


class Replayed(Struct, frozen=True):
    """What the records give, up to `as_of`. At most a thousand rows; `whole` says if all."""

    as_of: AsOf
    rows: Sequence[Mapping[str, Any]]
    whole: bool


class Compared(Struct, frozen=True):
    """How what is served differs from what the records give: not at all, or it is at fault."""

    as_of: AsOf
    same: bool
    count: int
    differences: Sequence[Difference]


def read_moment(text: str) -> Moment:
    """Read a position or an ISO time; `ValueError` where it is neither."""
    if not text:
        return Moment()
    if text.isascii() and text.isdigit():
        return Moment(until=min(int(text), 2**62))
    when = datetime.fromisoformat(text)
    return Moment(received_until=microseconds(when if when.tzinfo else when.astimezone()))


def replayed(store: EventStore, views: Sequence[View], when: Moment) -> MemoryViews:
    """Fold the history anew, up to a moment."""
    target = MemoryViews(views)
    Fold(store, target, batch=BATCH).catch_up(when.until, when.received_until)
    return target


class Replays:
    """Replays for readers, one at a time: each takes a processor for as long as it lasts."""

    def __init__(self, reading: Reading, most: int) -> None:
        self._reading = reading
        self._most = most
        self._one = Lock()

    def show(
        self,
        query: Mapping[str, str],
        kind: Replayable,
        when: Moment,
        days: tuple[date | None, date | None, date | None],
    ) -> Replayed:
        """Compute a view as of a moment; by default as somebody would have judged it then."""
        first, last, today = days
        with _Turn(self._one, self._reading.store.size(), self._most):
            views = replayed(self._reading.store, kind.narrow, when)
        day = today or self._reading.day_of(views.position())
        table = kind.table(views, period_of(first, last, day), day)
        as_of = self._reading.as_of(query, day, views)
        return Replayed(as_of, table.rows, table.after is None)

    def difference(self, query: Mapping[str, str], kind: Replayable) -> Compared:
        """Compare what is served with what the records give."""
        served = Only(self._reading.views, kind.views)
        with _Turn(self._one, self._reading.store.size(), self._most):
            target = MemoryViews(kind.views)
            fold = Fold(self._reading.store, target, batch=BATCH)
            fold.catch_up(served.position())
            with self._reading.held():  # what came meanwhile is little
                fold.catch_up(served.position())
                found = compare(target, served)
        as_of = self._reading.as_of(query, self._reading.today(), target)
        return Compared(as_of, not found, len(found), found[:MOST_DIFFERENCES])


class _Turn:
    """One replay at a time, and none of a history that is too long for a request."""

    def __init__(self, one: Lock, size: int, most: int) -> None:
        self._one = one
        self._size = size
        self._most = most

    def __enter__(self) -> None:
        if self._size > self._most:
            raise ProblemError("too-long", size=self._size, most=self._most)
        if not self._one.acquire(timeout=2):
            raise ProblemError("busy")

    def __exit__(self, *_: object) -> None:
        self._one.release()


class Only:
    """A reader of views that shows some of them."""

    def __init__(self, store: ViewReader, views: Sequence[View]) -> None:
        self._store = store
        self.views = tuple(views)

    def position(self) -> int:
        """See `ViewReader.position`."""
        return self._store.position()

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        """See `ViewReader.load`."""
        return self._store.load(view, keys)

    def select(self, query: Query) -> list[Found]:
        """See `ViewReader.select`."""
        return self._store.select(query)

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        """See `ViewReader.count`."""
        return self._store.count(view, where)


@get("/replay/{view:str}", tags=["replay"], summary="Compute again", sync_to_thread=True)
def replay(
    request: Request[Any, Any, Any],
    view: FromPath[str],
    replays: NamedDependency[SkipValidation[Replays]],
    at: At = "",
    first: From = None,
    last: Until = None,
    today: Today = None,
) -> Response[Replayed]:
    """Fold the records up to `at` with the same reducers and compute a view from nothing else."""
    kind = _kind(view)
    try:
        when = read_moment(at)
    except ValueError as wrong:
        reason = "neither a position nor an ISO time"
        raise ProblemError("bad-request", parameters=[{"name": "at", "reason": reason}]) from wrong
    return Response(replays.show(query_of(request), kind, when, (first, last, today)))


@get(
    "/replay/{view:str}/difference",
    tags=["replay"],
    summary="Compare what is served with what the records give",
    sync_to_thread=True,
)
def difference(
    request: Request[Any, Any, Any],
    view: FromPath[str],
    replays: NamedDependency[SkipValidation[Replays]],
) -> Response[Compared]:
    """Replay up to where the served views stand and name every difference."""
    return Response(replays.difference(query_of(request), _kind(view)))


def _kind(view: str) -> Replayable:
    kind = REPLAYABLE.get(view)
    if kind is None:
        raise ProblemError("not-found")
    return kind
