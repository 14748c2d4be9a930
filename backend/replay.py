"""The same figures computed again from the records, as of any moment, beside what is served."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Struct

from backend.moments import (
    ChangeOut,
    EntryOut,
    Moment,
    Only,
    Wanted,
    change_out,
    changed,
    entry_out,
    read_moment,
    read_versions,
    replayed,
)
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import MOST, AsOf, Code, From, Reading, Today, Until, query_of
from backend.replayable import Replayable, replayable
from projections.fold import Fold
from projections.question import Filters
from projections.replay import BATCH, Difference, compare
from projections.views import MemoryViews

MOST_DIFFERENCES: Final = 1_000
At = Annotated[
    str,
    QueryParameter(
        max_length=40, description="a position, or a time of record in ISO 8601; default now"
    ),
]
And = Annotated[
    str, QueryParameter(name="and", max_length=40, description="likewise; `at` is not later")
]
Quoted = Annotated[
    str,
    QueryParameter(
        name="versions",
        max_length=1_000,
        description="older versions, as a figure quotes them: coverage=1,inspections=1",
    ),
]


class Replayed(Struct, frozen=True):
    """What the records give, up to `as_of`. At most a thousand rows; `whole` says if all."""

    as_of: AsOf
    rows: Sequence[Mapping[str, Any]]
    whole: bool


class ChangesOut(Struct, frozen=True):
    """What differs between `before` and `after`; `whole` says whether all is named."""

    before: AsOf
    after: AsOf
    rows: Sequence[ChangeOut]
    entries: Sequence[EntryOut]
    whole: bool


class Compared(Struct, frozen=True):
    """How what is served differs from what the records give: not at all, or it is at fault."""

    as_of: AsOf
    same: bool
    count: int
    differences: Sequence[Difference]


class Replays:
    """Replays for readers, one at a time: each takes a processor for as long as it lasts."""

    def __init__(self, reading: Reading, most: int) -> None:
        self._reading = reading
        self._most = most
        self._one = Lock()

    def show(
        self, query: Mapping[str, str], kind: Replayable, when: Moment, wanted: Wanted
    ) -> Replayed:
        """Compute a view as of a moment; by default as somebody would have judged it then."""
        with _Turn(self._one, self._reading.store.size(), self._most):
            views = replayed(self._reading.store, kind.narrow, when)
        asked = wanted.at(views.position(), self._reading)
        table = kind.table(views, asked, MOST)
        as_of = self._reading.as_of(query, asked.today, views, kind.versions)
        return Replayed(as_of, table.rows, table.after is None)

    def changes(
        self,
        query: Mapping[str, str],
        kind: Replayable,
        moments: tuple[Moment, Moment],
        wanted: Wanted,
    ) -> ChangesOut:
        """Name what differs between two moments, and the entries behind it."""
        with _Turn(self._one, self._reading.store.size(), self._most):
            between, found = changed(self._reading, kind, *moments, wanted)
        day = wanted.at(between.after.position(), self._reading).today
        first, last = (
            self._reading.as_of(query, day, views, kind.versions)
            for views in (between.before, between.after)
        )
        entries = [entry_out(one) for one in found.entries]
        return ChangesOut(
            first, last, [change_out(one) for one in found.rows], entries, found.whole
        )

    def difference(self, query: Mapping[str, str], kind: Replayable) -> Compared:
        """Compare what is served with what the records give."""
        names = {view.name for view in kind.views}
        views = [view for view in self._reading.views.views if view.name in names]
        served = Only(self._reading.views, views)
        with _Turn(self._one, self._reading.store.size(), self._most):
            target = MemoryViews(views)
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


def _wanted(  # noqa: PLR0913  filters
    *,
    first: From = None,
    last: Until = None,
    today: Today = None,
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    kind: Code = None,
    officer: Code = None,
) -> Wanted:
    filters = Filters(township=township, village=village, domain=domain, kind=kind, officer=officer)
    return Wanted(first, last, today, filters)


WANTED: Final = {"wanted": Provide(_wanted, sync_to_thread=False)}


@get(
    "/replay/{view:str}",
    tags=["replay"],
    summary="Compute again",
    dependencies=WANTED,
    sync_to_thread=True,
)
def replay(
    request: Request[Any, Any, Any],
    view: FromPath[str],
    replays: NamedDependency[SkipValidation[Replays]],
    wanted: NamedDependency[SkipValidation[Wanted]],
    reader: NamedDependency[SkipValidation[Reader]],
    at: At = "",
    quoted: Quoted = "",
) -> Response[Replayed]:
    """Fold the records up to `at` with the same reducers and compute a view from nothing else.

    With `versions`, as a figure quotes them, it is computed by the code that computed it then.
    """
    kind = _kind(view, quoted, reader)
    if reader.is_scoped and not kind.narrows:
        raise reader.beyond()
    return Response(replays.show(query_of(request), kind, _moment("at", at), wanted))


@get(
    "/replay/{view:str}/changes",
    tags=["replay"],
    summary="What differs between two moments, and why",
    dependencies=WANTED,
    sync_to_thread=True,
    opt={"whole": True},  # entries are named that touched anything
)
def replay_changes(  # noqa: PLR0913, PLR0917  filters
    request: Request[Any, Any, Any],
    view: FromPath[str],
    replays: NamedDependency[SkipValidation[Replays]],
    wanted: NamedDependency[SkipValidation[Wanted]],
    reader: NamedDependency[SkipValidation[Reader]],
    at: At,
    until: And = "",
    quoted: Quoted = "",
) -> Response[ChangesOut]:
    """Compute a view as of `at` and as of `and`, judged on one day, and name what differs.

    Each difference comes with the entries that touched what is behind it.
    """
    kind = _kind(view, quoted, reader)
    moments = _moment("at", at), _moment("and", until)
    try:
        return Response(replays.changes(query_of(request), kind, moments, wanted))
    except ValueError as wrong:
        raise _bad("and", "lies before `at`") from wrong


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
    reader: NamedDependency[SkipValidation[Reader]],
) -> Response[Compared]:
    """Replay up to where the served views stand and name every difference."""
    return Response(replays.difference(query_of(request), _kind(view, "", reader)))


def _kind(view: str, versions: str, reader: Reader) -> Replayable:
    if view == "devices" and not reader.may(Right.READ_DEVICES):
        raise ProblemError("no-right", role=reader.role.value)
    try:
        return replayable(view, read_versions(versions))
    except LookupError as unknown:
        raise ProblemError("not-found") from unknown
    except ValueError as wrong:
        raise _bad("versions", "not name=number, …") from wrong


def _moment(name: str, text: str) -> Moment:
    try:
        return read_moment(text)
    except ValueError as wrong:
        raise _bad(name, "neither a position nor an ISO time") from wrong


def _bad(name: str, reason: str) -> ProblemError:
    return ProblemError("bad-request", parameters=[{"name": name, "reason": reason}])
