"""Views as of moments of the history, and what differs between two of them; no server needed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any, Final

from msgspec import Struct, structs

from backend.measuring import Asked
from backend.readings import Reading, period_of
from backend.replayable import Replayable
from events.clock import microseconds, moment
from events.store import EventStore
from projections import changes
from projections.changes import Between, Change, Changes, Entry
from projections.fold import Fold, position_at
from projections.published import Versions
from projections.question import Filters
from projections.replay import BATCH
from projections.view import View
from projections.views import Condition, Found, MemoryViews, Query, ViewReader

MOST_COMPARED: Final = 100_000
"""Rows of a list that are compared between two moments."""


class Moment(Struct, frozen=True):
    """Up to where to replay: a position, a time of record (µs), or (both None) all."""

    until: int | None = None
    received_until: int | None = None


def read_moment(text: str) -> Moment:
    """Read a position or an ISO time; `ValueError` where it is neither."""
    if not text:
        return Moment()
    if text.isascii() and text.isdigit():
        return Moment(until=min(int(text), 2**62))
    when = datetime.fromisoformat(text)
    return Moment(received_until=microseconds(when if when.tzinfo else when.astimezone()))


def read_versions(text: str) -> Versions:
    """Read versions such as `objects=2,inspections=1`; `ValueError` where they are none."""
    pairs = (one.partition("=") for one in text.split(",") if one)
    return {name.strip(): int(number) for name, _, number in pairs}


def replayed(store: EventStore, views: Sequence[View], when: Moment) -> MemoryViews:
    """Fold the history anew, up to a moment."""
    target = MemoryViews(views)
    Fold(store, target, batch=BATCH).catch_up(when.until, when.received_until)
    return target


def position_of(store: EventStore, when: Moment) -> int:
    """Return the last position at a moment."""
    until = store.size() if when.until is None else min(when.until, store.size())
    if when.received_until is None:
        return until
    return min(until, position_at(store, when.received_until))


class Wanted(Struct, frozen=True):
    """What is asked of a view: a period, the day to judge from (None: as then), and filters."""

    first: date | None = None
    last: date | None = None
    today: date | None = None
    filters: Filters = Filters()

    def at(self, position: int, reading: Reading) -> Asked:
        """Return it as somebody would have asked it at a position."""
        day = self.today or reading.day_of(position)
        return Asked(period_of(self.first, self.last, day), day, self.filters)


def changed(
    reading: Reading, kind: Replayable, first: Moment, last: Moment, wanted: Wanted
) -> tuple[Between, Changes]:
    """Name what differs between two moments; both are judged on the day of the second."""
    store = reading.store
    positions = position_of(store, first), position_of(store, last)
    if positions[0] > positions[1]:
        raise ValueError("the first moment is later than the second")
    between = Between(store, kind.narrow, *positions)
    asked = wanted.at(positions[1], reading)
    since = first.received_until
    if since is None:
        received_at = reading.received_at(positions[0])
        since = microseconds(received_at) if received_at else 0
    found, whole = _found(kind, between, asked)
    explained = between.explained(found, since)
    return between, structs.replace(explained, whole=explained.whole and whole)


def _found(
    kind: Replayable, between: Between, asked: Asked
) -> tuple[Iterator[changes.Found], bool]:
    before, after = between.before, between.after
    if kind.figures is not None:
        one, other = kind.figures(before, asked), kind.figures(after, asked)
        figures = changes.of_figures(one.figures, other.figures, one.hidden | other.hidden)
        return chain(figures, changes.of_numbers(one.numbers, other.numbers)), True
    tables = [kind.table(views, asked, MOST_COMPARED) for views in (before, after)]
    rows = changes.of_rows(
        tables[0].rows, tables[1].rows, kind.key, lambda key: kind.also(after, key)
    )
    return rows, all(table.after is None for table in tables)


class EntryOut(Struct, frozen=True):
    """An entry between two moments. `late`: it had happened by the first, and was not known."""

    position: int
    log: str
    sequence: int
    tag: str
    happened_at: datetime
    received_at: datetime
    late: bool
    touched: Sequence[tuple[str, str]]


class ChangeOut(Struct, frozen=True, omit_defaults=True):
    """A row or a figure that came, went or changed: its members then and now.

    `keys` are those of a figure that stand otherwise in it: done of what, then and now.
    `causes` are positions of entries. Of a figure that is hidden no more is said.
    """

    key: str
    kind: str
    then: Mapping[str, Any]
    now: Mapping[str, Any]
    keys: Mapping[str, tuple[str | None, str | None]] = {}
    causes: Sequence[int] = ()


def change_out(one: Change) -> ChangeOut:
    """Return a change as it is sent."""
    return ChangeOut(one.key, one.kind, one.then, one.now, one.keys, one.causes)


def entry_out(one: Entry) -> EntryOut:
    """Return an entry as it is sent."""
    return EntryOut(
        one.position,
        one.log,
        one.sequence,
        one.tag,
        moment(one.happened_at, one.utc_offset),
        moment(one.received_at),
        one.late,
        one.touched,
    )


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
