"""The port behind which views are kept, and the adapter that keeps them in memory.

What every adapter promises, and `tests/test_views_contract.py` asks of each:

- documents and the position they reach are saved together or not at all;
- a save that does not start where the last one ended is refused (`StaleError`);
- views of another stamp (vocabulary, reducer versions, columns) are never read as if they were
  these: those are folded anew from position 0, in files beside what there is;
- rows are selected by their columns, in the order of columns and then of the key, from a
  cursor on; text compares by its UTF-8 bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

from msgspec import Struct, structs

from events.errors import Refusal, StorageError
from projections.catalogue import stamp
from projections.view import Value, View

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in", "has"]
"""`has`: the column holds words, parted by spaces, and this is one of them."""
Condition: TypeAlias = tuple[str, Operator, Any]
Cursor: TypeAlias = tuple[Value, ...]
Sortable: TypeAlias = bytes | int | float


class StaleError(Refusal):
    """Another runner has moved the views on: read the position again, then go on from there."""

    code = "stale"

    def __init__(self, held: int, expected: int) -> None:
        super().__init__(
            f"the views stand at {held}, not at {expected}: another process folds them"
        )
        self.held = held
        self.expected = expected


class DamagedViewsError(StorageError):
    """The file of the views cannot be read. Without it they are folded anew from the history."""


class OtherViewsError(StorageError):
    """The file was folded by another version: views of this one belong into another file."""


class CursorError(ValueError):
    """A cursor of another list: it has not the values that the order asks for."""


class Saved(NamedTuple):
    """A document to save: encoded, with its columns and the position that touched it last."""

    key: str
    position: int
    document: bytes
    columns: tuple[Value, ...]


class Query(Struct, frozen=True):
    """Rows of a view: which, in which order, from where on, how many (None: all).

    `order` are columns, all rising or all falling; the key, as the last, makes it total and
    is a column as well, as is `position`. `after` holds the values of `order` and the key of
    the row before; `CursorError` where it holds others. `columns` are what to return,
    `document` whether the document too.
    """

    view: str
    columns: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    order: tuple[str, ...] = ()
    falling: bool = False
    after: Cursor | None = None
    limit: int | None = None
    document: bool = False

    def __post_init__(self) -> None:
        """Refuse a cursor that cannot be compared: readers send them back, or what they like."""
        if self.after is None:
            return
        if len(self.after) != len(self.order) + 1 or not isinstance(self.after[-1], str):
            raise CursorError(self.view)


class Found(NamedTuple):
    """A row: its key, the values asked for, the document if asked for."""

    key: str
    values: tuple[Value, ...]
    document: bytes = b""


@runtime_checkable
class ViewReader(Protocol):
    """Documents of views by key, with extracted columns and one position for all: to read."""

    @property
    def views(self) -> Sequence[View]:
        """The views it keeps."""
        ...

    def position(self) -> int:
        """Return the position of the history that all documents reach."""
        ...

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        """Return the documents that are held of `keys`."""
        ...

    def select(self, query: Query) -> list[Found]:
        """Return rows."""
        ...

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        """Return how many rows a select without limit would return."""
        ...


class ViewStore(ViewReader, Protocol):
    """Documents of views, to read and to fold into."""

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        """Save documents by view, and the position reached, if the last one is `after`."""
        ...

    def reset(self) -> None:
        """Empty all views; the position is 0 again."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


@runtime_checkable
class Snapshots(Protocol):
    """Views that can be read for long as they stand now, while they are folded further."""

    def snapshot(self) -> AbstractContextManager[ViewStore | None]:
        """Give them as they stand, to read; None where these cannot."""
        ...

    @property
    def outgrown(self) -> bool:
        """Whether so much was saved while snapshots were held that they have to be let go of."""
        ...

    def settle(self) -> None:
        """Take in what was saved meanwhile; while somebody holds a snapshot, as far as can be."""
        ...


@runtime_checkable
class LastOf(Protocol):
    """Views that find the last row of each of many groups without reading the others."""

    def last_of(self, query: Query, by: str, values: Iterable[str]) -> list[Found]:
        """See the function of this name."""
        ...


def last_of(views: ViewReader, query: Query, by: str, values: Iterable[str]) -> list[Found]:
    """Return of each of some values of a column the last row, in the order of the query.

    The order, `after` and the limit of the query are those within a group; its `columns` begin
    with that column.
    """
    if isinstance(views, LastOf):
        return views.last_of(query, by, values)
    where = ((by, "in", list(values)), *query.where)
    rows = views.select(structs.replace(query, where=where, falling=False))
    return list({row.values[0]: row for row in rows}.values())


def view_of(views: Iterable[View], name: str) -> View:
    """Return a view by name; `LookupError` where it is not among `views`."""
    for view in views:
        if view.name == name:
            return view
    msg = f"there is no view {name} here"
    raise LookupError(msg)


def touched(store: ViewStore, view: str, after: int, limit: int) -> list[Found]:
    """Return documents that entries behind position `after` touched, in the order of position.

    The first value is that position. Page with a full limit: ask again from the last one
    minus one and skip what is known, as several documents can share a position.
    """
    return store.select(
        Query(
            view,
            columns=("position",),
            where=(("position", ">", after),),
            order=("position",),
            limit=limit,
            document=True,
        )
    )


Reader: TypeAlias = Callable[["Saved", str], Value]


class MemoryViews:
    """Views in memory: for tests, replay, and a tablet's own small log."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = tuple(views)
        self.stamp = stamp(views)
        self._rows: dict[str, dict[str, Saved]] = {view.name: {} for view in views}
        self._position = 0

    def position(self) -> int:
        return self._position

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        rows = self._rows[view]
        return {key: rows[key].document for key in keys if key in rows}

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        if after != self._position:
            raise StaleError(self._position, after)
        for view, rows in documents.items():
            self._rows[view].update({row.key: row for row in rows})
        self._position = position

    def select(self, query: Query) -> list[Found]:
        value_of = self._reader(query.view)
        order = (*query.order, "key")
        chosen = [
            row for row in self._rows[query.view].values() if _meets(row, query.where, value_of)
        ]
        ordered = sorted(
            ((tuple(_sortable(value_of(row, name)) for name in order), row) for row in chosen),
            key=lambda pair: pair[0],
            reverse=query.falling,
        )
        if query.after is not None:
            edge = tuple(_sortable(value) for value in query.after)
            ordered = [
                pair for pair in ordered if (pair[0] < edge if query.falling else pair[0] > edge)
            ]
        return [
            Found(
                row.key,
                tuple(value_of(row, name) for name in query.columns),
                row.document if query.document else b"",
            )
            for _, row in ordered[: query.limit]
        ]

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        value_of = self._reader(view)
        return sum(_meets(row, where, value_of) for row in self._rows[view].values())

    def copy(self) -> "MemoryViews":
        """Return the same documents, to be folded further on their own."""
        twin = MemoryViews(self.views)
        twin._rows = {view: dict(rows) for view, rows in self._rows.items()}
        twin._position = self._position
        return twin

    def reset(self) -> None:
        self._rows = {view: {} for view in self._rows}
        self._position = 0

    def close(self) -> None:
        """Nothing to let go of."""

    def _reader(self, view: str) -> Reader:
        at = {name: index for index, name in enumerate(view_of(self.views, view).columns)}

        def value_of(row: Saved, name: str) -> Value:
            if name == "key":
                return row.key
            return row.position if name == "position" else row.columns[at[name]]

        return value_of


def _sortable(value: Value) -> Sortable:
    return value.encode() if isinstance(value, str) else value


def _meets(row: Saved, where: Sequence[Condition], value_of: Reader) -> bool:
    return all(_test(operator, value_of(row, name), value) for name, operator, value in where)


def _test(operator: Operator, held: Value, value: Any) -> bool:  # noqa: ANN401  as SQL would
    if operator == "in":
        return held in value
    if operator == "has":
        return value in str(held).split(" ")
    return _TESTS[operator](_sortable(held), _sortable(value))


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
