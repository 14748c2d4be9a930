"""What differs between two moments of the history, and the entries that made the difference.

Both moments are folded anew. Both answers are judged on the same day, so that nothing but the
entries between them makes a difference. Those that touched the documents behind what changed
are named: a document is behind a key if it stands under it, or has it in a column. An entry is
late if it had happened before the first moment, and was not known then: a tablet was offline,
or somebody dated it back.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct, structs

from events.store import EventStore
from projections.figures import Figure
from projections.fold import Fold, Routing, page
from projections.recorded import Recorded
from projections.replay import BATCH
from projections.view import Value, View
from projections.views import MemoryViews, Query

MOST: Final = 1_000
"""So many changes, and so many entries, are named."""
MOST_CAUSES: Final = 100
"""So many entries are named of one change."""

Touched: TypeAlias = tuple[str, str]
"""A view and a key in it."""
Row: TypeAlias = Mapping[str, Any]


class Entry(Struct, frozen=True):
    """An entry that touched what changed. Times are µs; of an adopted entry they are its own."""

    position: int
    log: str
    sequence: int
    tag: str
    happened_at: int
    utc_offset: int
    received_at: int
    late: bool
    touched: tuple[Touched, ...]


class Change(Struct, frozen=True):
    """A row or figure that differs: `then` and `now` hold the members that do.

    `keys` are those of a figure whose state in it changed, each with what was done of what then
    and now, None where it did not count. `causes` are positions of `entries`.
    """

    key: str
    kind: Literal["came", "went", "changed"]
    then: Row
    now: Row
    keys: Mapping[str, tuple[str | None, str | None]] = {}
    causes: tuple[int, ...] = ()


class Changes(Struct, frozen=True):
    """All that differs, and the entries it is due to, by position. `whole`: nothing is left out."""

    rows: Sequence[Change]
    entries: Sequence[Entry]
    whole: bool


Found: TypeAlias = tuple[Change, Sequence[str] | None]
"""A change, and the keys to look behind; None stands for all documents whose columns changed."""


class Between:
    """The views as they stood at two positions."""

    def __init__(self, store: EventStore, views: Sequence[View], first: int, last: int) -> None:
        self._store = store
        self._views = tuple(views)
        self.before = MemoryViews(views)
        Fold(store, self.before, batch=BATCH).catch_up(first)
        self.after = self.before.copy()
        Fold(store, self.after, batch=BATCH).catch_up(last)

    def explained(self, found: Iterable[Found], since: int) -> Changes:
        """Name the entries behind changes; late are those that had happened at `since` (µs)."""
        changes = list(found)
        shown = changes[:MOST]
        wanted: defaultdict[Touched, set[int]] = defaultdict(set)
        for at, documents in enumerate(self._behind([keys for _, keys in shown])):
            for one in documents:
                wanted[one].add(at)
        entries: list[Entry] = []
        causes: defaultdict[int, list[int]] = defaultdict(list)
        whole = len(shown) == len(changes)
        for recorded, touched in self._touching(wanted.keys()):
            due = {at for one in touched for at in wanted[one]}
            room = {at for at in due if len(causes[at]) < MOST_CAUSES}
            whole = whole and room == due and len(entries) < MOST
            if room and len(entries) < MOST:
                entries.append(_entry(recorded, touched, since))
                for at in room:
                    causes[at].append(recorded.position)
        rows = [structs.replace(one, causes=tuple(causes[at])) for at, (one, _) in enumerate(shown)]
        return Changes(rows, entries, whole)

    def _behind(self, asked: Iterable[Sequence[str] | None]) -> Iterator[set[Touched]]:
        """Yield the documents behind each of the changes, of those that were touched."""
        named, changed = self._named()
        for keys in asked:
            if keys is None:
                yield changed
            else:
                yield {one for key in keys for one in _of_key(key, named)}

    def _named(self) -> tuple[Mapping[str, set[Touched]], set[Touched]]:
        """Return the documents touched in between by all they are named after; what changed."""
        named: defaultdict[str, set[Touched]] = defaultdict(set)
        changed: set[Touched] = set()
        since = self.before.position()
        for view in self._views:
            columns = tuple(view.columns)
            rows = self.after.select(
                Query(view.name, columns=columns, where=(("position", ">", since),))
            )
            keys = frozenset(row.key for row in rows)
            held = self.before.select(
                Query(view.name, columns=columns, where=(("key", "in", keys),))
            )
            before = {row.key: row.values for row in held}
            for row in rows:
                values = before.get(row.key)
                if values != row.values:
                    changed.add((view.name, row.key))
                for name in _names(row.key, (*row.values, *(values or ()))):
                    named[name].add((view.name, row.key))
        return named, changed

    def _touching(
        self, wanted: Collection[Touched]
    ) -> Iterator[tuple[Recorded, tuple[Touched, ...]]]:
        """Yield the entries in between that touched wanted documents, by position."""
        routing = Routing(self._views)
        at, last = self.before.position(), self.after.position()
        while wanted and at < last:
            records, at = page(self._store, at, BATCH, routing.tags, last)
            of: defaultdict[int, list[Touched]] = defaultdict(list)
            found: dict[int, Recorded] = {}
            for (view, key), all_of_it in routing.groups(records).items():
                one = (self._views[view].name, key)
                if one in wanted:
                    for recorded in all_of_it:
                        found[recorded.position] = recorded
                        of[recorded.position].append(one)
            for position in sorted(found):
                yield found[position], tuple(of[position])


def _of_key(key: str, named: Mapping[str, set[Touched]]) -> set[Touched]:
    """Return the documents behind a key; of one with parts, those behind all of its parts.

    What stands under one of the parts itself is behind it as well.
    """
    parts = [part for part in key.split("|") if part]
    of_each = [named.get(part, set[Touched]()) for part in parts]
    found = {one for held in of_each for one in held}
    return {one for one in found if one[1] in parts or all(one in held for held in of_each)}


def _names(key: str, values: Iterable[Value]) -> set[str]:
    """Return all that a document is named after: its key, the parts of it, words in columns."""
    return {key, *key.split("|")}.union(*map(_words, values))


def _words(value: Value) -> set[str]:
    """Return the words of a column, of which some are keys; JSON in a column has none."""
    if not isinstance(value, str) or value.startswith(("[", "{")):
        return set()
    return set(value.split())


def _entry(recorded: Recorded, touched: tuple[Touched, ...], since: int) -> Entry:
    return Entry(
        recorded.position,
        recorded.log,
        recorded.sequence,
        recorded.tag,
        recorded.happened_at,
        recorded.utc_offset,
        recorded.received_at,
        recorded.happened_at < since,
        touched,
    )


# ── what differs ───────────────────────────────────────────────────────────────────


def of_rows(
    then: Iterable[Row],
    now: Iterable[Row],
    key: Sequence[str],
    also: Callable[[str], Sequence[str]],
) -> Iterator[Found]:
    """Name the rows of a list that came, went or changed, in the order of their keys.

    Behind a row is what stands under its key, and under those that `also` gives for it.
    """
    before, after = ({_key(row, key): row for row in rows} for rows in (then, now))
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if one != other:
            yield _of_row(name, one, other), (name, *also(name))


def _of_row(name: str, one: Row | None, other: Row | None) -> Change:
    if one is None or other is None:
        return Change(name, "came" if one is None else "went", one or {}, other or {})
    names = [member for member in other if one.get(member) != other[member]]
    then, now = ({member: row.get(member) for member in names} for row in (one, other))
    return Change(name, "changed", then, now)


def _key(row: Row, members: Sequence[str]) -> str:
    return "|".join(str(row[member]) for member in members)


def of_figures(
    then: Mapping[str, Figure], now: Mapping[str, Figure], hidden: Collection[str]
) -> Iterator[Found]:
    """Name the figures that changed, with the keys whose state in them did.

    Of a hidden one it is only said that it changed.
    """
    for name in {**then, **now}:
        one, other = then.get(name), now.get(name)
        if one == other:
            continue
        kind = "came" if one is None else "went" if other is None else "changed"
        if name in hidden:
            yield Change(name, kind, {}, {}), ()
        else:
            states = _states(one, other)
            yield Change(name, kind, _numbers(one), _numbers(other), states), tuple(states)


def _numbers(figure: Figure | None) -> Row:
    if figure is None:
        return {}
    return {"done": figure.numerator, "of": figure.denominator, "words": figure.words}


def _states(then: Figure | None, now: Figure | None) -> dict[str, tuple[str | None, str | None]]:
    before, after = (
        {part.key: f"{part.counted}/{part.of}" for part in figure.parts} if figure else {}
        for figure in (then, now)
    )
    return {
        key: (before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    }


def of_numbers(
    then: Mapping[str, float | None], now: Mapping[str, float | None]
) -> Iterator[Found]:
    """Name the numbers that changed; they have no keys, so all that changed is behind them."""
    for name in {**then, **now}:
        if then.get(name) != now.get(name):
            one, other = {"number": then.get(name)}, {"number": now.get(name)}
            yield Change(name, "changed", one, other), None
