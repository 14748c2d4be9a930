"""The one loop: read a page of the history, fold it into all views, save what it touched.

Each entry is decoded once for all views, each document is read and written once a page, and
documents and position are saved together. Documents that are touched often stay decoded.
"""

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias

from events.envelope import received_at_of
from events.store import EventStore, Stored
from projections.garbage import no_collection
from projections.recorded import ADOPTED, Recorded, read
from projections.view import Keys, State, View
from projections.views import Saved, ViewStore

BATCH = 8000
HOT = 20_000

Key: TypeAlias = tuple[int, str]
Router: TypeAlias = list[tuple[int, Callable[[Recorded], Keys]]]


class Fold:
    """A runner that folds one history into one store of views, and keeps hot documents."""

    def __init__(
        self, store: EventStore, views: ViewStore, *, batch: int = BATCH, hot: int = HOT
    ) -> None:
        self._store = store
        self._target = views
        self._batch = batch
        self._hot = hot
        self._views = tuple(views.views)
        self._routing = Routing(self._views)
        self._held: OrderedDict[Key, State] = OrderedDict()
        self.position = views.position()

    def catch_up(self, until: int | None = None, received_until: int | None = None) -> int:
        """Fold all there is, or as far as a position or a time of record; return how far."""
        if received_until is not None:
            known = position_at(self._store, received_until)
            until = known if until is None else min(until, known)
        while self.step(until):
            pass
        return self.position

    def step(self, until: int | None = None) -> bool:
        """Fold one page. False: there was nothing to do. A failure leaves nothing half done."""
        with no_collection():
            return self._step(until)

    def _step(self, until: int | None) -> bool:
        records, reached = page(self._store, self.position, self._batch, self._routing.tags, until)
        if reached == self.position:
            return False
        try:
            groups = self._routing.groups(records)
            states = self._load(groups)
            saved = self._reduce(groups, states)
            self._target.save(saved, self.position, reached)
        except BaseException:
            self._held.clear()  # states were changed in place: what is not saved must go
            self.position = self._target.position()
            raise
        self._keep(states)
        self.position = reached
        return True

    def _load(self, groups: dict[Key, list[Recorded]]) -> dict[Key, State]:
        held = self._held
        states = {key: held[key] for key in groups if key in held}
        missing: defaultdict[int, list[str]] = defaultdict(list)
        for key in groups.keys() - states.keys():
            missing[key[0]].append(key[1])
        for at, keys in missing.items():
            view = self._views[at]
            for key, document in self._target.load(view.name, keys).items():
                states[at, key] = view.decode(document)
        return states

    def _reduce(
        self, groups: dict[Key, list[Recorded]], states: dict[Key, State]
    ) -> dict[str, list[Saved]]:
        saved: dict[str, list[Saved]] = {view.name: [] for view in self._views}
        for (at, key), records in groups.items():
            view = self._views[at]
            state = states.get((at, key))
            reduce = view.reduce
            for recorded in records:
                state = reduce(state, recorded, key)
            states[at, key] = state
            saved[view.name].append(
                Saved(key, records[-1].position, view.encode(state), view.extract(key, state))
            )
        return saved

    def _keep(self, states: dict[Key, State]) -> None:
        held = self._held
        for key, state in states.items():
            held[key] = state
            held.move_to_end(key)
        while len(held) > self._hot:
            held.popitem(last=False)


class Routing:
    """Which views an event goes to, worked out once for each type."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views
        self._of: dict[type, Router] = {}
        self.tags = tags(views)

    def groups(self, records: Sequence[Stored]) -> dict[Key, list[Recorded]]:
        """Decode a page and sort it by view and key, in the order of position."""
        found: defaultdict[Key, list[Recorded]] = defaultdict(list)
        of = self._of
        for stored in records:
            recorded = read(stored)
            kind = type(recorded.event)
            router = of.get(kind)
            if router is None:
                router = of[kind] = self._router(kind)
            for at, keys in router:
                for key in keys(recorded):
                    found[at, key].append(recorded)
        return found

    def _router(self, kind: type) -> Router:
        routes = [(at, view.every or view.keys.get(kind)) for at, view in enumerate(self._views)]
        return [(at, keys) for at, keys in routes if keys is not None]


def tags(views: Sequence[View]) -> tuple[str, ...]:
    """Return the tags that views read: none stands for all. Anything can have been adopted."""
    of_each = [view.tags for view in views]
    if not all(of_each):
        return ()
    return tuple(sorted({ADOPTED, *(tag for read in of_each for tag in read)}))


def page(
    store: EventStore, after: int, limit: int, tags: Sequence[str], until: int | None
) -> tuple[Sequence[Stored], int]:
    """Return the next records to fold, and the position that is reached with them.

    Where only some tags are read, a page that is not full reaches the end of the history as
    it was before the read.
    """
    size = store.size()
    end = size if until is None else min(until, size)
    if after >= end:
        return (), after
    records = store.read(after, limit, tags)
    reached = min(records[-1].position, end) if len(records) == limit else end
    if records and records[-1].position > end:
        records = [stored for stored in records if stored.position <= end]
    return records, reached


def position_at(store: EventStore, received_at: int) -> int:
    """Return the last position received by then: times of record never decrease."""
    return bisect_right(
        range(1, store.size() + 1),
        received_at,
        key=lambda position: received_at_of(store.read(position - 1, 1)[0].state),
    )


def catch_up(
    store: EventStore,
    views: ViewStore,
    *,
    batch: int = BATCH,
    until: int | None = None,
    received_until: int | None = None,
) -> int:
    """Fold once and return the position reached. Keep a `Fold` where one folds repeatedly."""
    return Fold(store, views, batch=batch).catch_up(until, received_until)
