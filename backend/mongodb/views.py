"""Views in MongoDB: a batch of documents and the position it reaches in one transaction.

Views of one stamp are a *set*, as they are a file with SQLite: what a newer program folds stands
beside what an older one did. A set is a document in the library's tracking, with the position
reached, the stamp, the versions and whether it serves; and for each view a collection of documents
`{_id: key, p: position, d: document, c: {columns}}` with an index for each order that the view
declares, and one by position. A save names the position it starts from, so that of two runners
the database lets one through.
"""

import re
from collections import defaultdict
from collections.abc import Container, Generator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from typing import Any, Final, Literal, TypeAlias

from eventsourcing.persistence import IntegrityError, PersistenceError
from msgspec import Struct
from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from backend.mongodb.persistence import MongoDatastore, MongoTrackingRecorder
from backend.mongodb.persistence.datastore import Document
from backend.mongodb.persistence.errors import translated
from backend.mongodb.refusals import failed
from projections.catalogue import stamp
from projections.view import Value, View
from projections.views import (
    Condition,
    Found,
    Operator,
    OtherViewsError,
    Query,
    Saved,
    StaleError,
    view_of,
)

LAYOUT: Final = 1
TRACKING: Final = "tracking"
PREFIX: Final = "views-"
_DIGITS: Final = 12
_EMPTYING: Final = -1
_PRIMARY: Final = "_id_"
_WIDE: Final = 4
_LONGEST_NAME: Final = 100
_KEYS_AT_ONCE: Final = 100
_OPERATORS: Final[Mapping[Operator, str]] = {
    "=": "$eq",
    "!=": "$ne",
    "<": "$lt",
    "<=": "$lte",
    ">": "$gt",
    ">=": "$gte",
    "in": "$in",
    "has": "$regex",
}


Use: TypeAlias = Literal["fold", "read", "older"]


class Made(Struct, frozen=True):
    """What a set of views says of itself."""

    name: str
    stamp: str
    versions: Mapping[str, int]
    serves: bool
    position: int


def set_name(views: Sequence[View]) -> str:
    """Return the name of the set in which these views are kept, by this program."""
    return f"{PREFIX}{_stamp_of(views)[:_DIGITS]}"


def sets(datastore: MongoDatastore) -> list[Made]:
    """Return all sets of a database, by name."""
    names = {"_id": {"$gte": PREFIX, "$lt": PREFIX + "~"}}
    with _failing(), translated():
        found = list(datastore.collection(TRACKING).find(names).sort("_id", ASCENDING))
    return [
        Made(one["_id"], one["stamp"], one["versions"], one["serves"], one["n"]) for one in found
    ]


def size_of(datastore: MongoDatastore, name: str) -> int:
    """Return how many bytes the documents of a set take, before the database compresses them."""
    with _failing(), translated():
        return sum(
            int(datastore.database.command("collStats", one)["size"])
            for one in datastore.database.list_collection_names()
            if one.startswith(f"{name}.")
        )


def drop(datastore: MongoDatastore, name: str) -> None:
    """Delete a set, with all its documents."""
    with _failing(), translated():
        datastore.collection(TRACKING).delete_one({"_id": name})  # first: nobody opens it now
        for collection in datastore.database.list_collection_names():
            if collection.startswith(f"{name}."):
                datastore.database.drop_collection(collection)


class MongoViews(MongoTrackingRecorder):
    """A `ViewStore`: one set of views. Thread-safe. Closing it closes the datastore.

    To `fold` is to make the set if there is none, to `read` is not. `older` reads the set `name`
    that another program folded with these views (or some of them), whatever its vocabulary was.
    Opening raises `OtherViewsError` where there is no such set, or it has other versions.
    """

    def __init__(
        self,
        datastore: MongoDatastore,
        views: Sequence[View],
        use: Use = "fold",
        name: str | None = None,
    ) -> None:
        super().__init__(datastore, TRACKING)
        self.views = tuple(views)
        self.name = name or set_name(views)
        self._absent: defaultdict[str, set[str]] = defaultdict(set)  # looked for since a save
        with _failing():
            if use == "fold":
                self._make()
            self._require(older=use == "older")

    def _make(self) -> None:
        new = {
            "n": 0,
            "stamp": _stamp_of(self.views),
            "versions": {view.name: view.version for view in self.views},
            "serves": False,
        }
        with translated():
            said = self._said()
            if said is not None:
                if said["n"] == _EMPTYING:  # whoever emptied it did not come to the end
                    self.reset()
                return
            for view in self.views:
                self.collection(view.name).create_indexes(_made_indexes(view))
            self.tracking.update_one({"_id": self.name}, {"$setOnInsert": new}, upsert=True)

    def _require(self, *, older: bool) -> None:
        """Raise `OtherViewsError` rather than read what another version folded."""
        with translated():
            said = self._said() or {}
        if older:
            versions = said.get("versions", {})
            same = all(versions.get(view.name) == view.version for view in self.views)
        else:
            same = said.get("stamp") == _stamp_of(self.views)
        if not same:
            raise OtherViewsError(f"{self.name} was not folded by this version")

    @property
    def serves(self) -> bool:
        """Whether answers are read from it, or it still is folded beside another set."""
        with _failing(), translated():
            return bool((self._said() or {}).get("serves"))

    def take_over(self) -> None:
        """From now on it serves."""
        with _failing(), translated():
            self.tracking.update_one({"_id": self.name}, {"$set": {"serves": True}})

    def position(self) -> int:
        with _failing():
            return max(0, self.max_tracking_id(self.name) or 0)

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        collection, found, left = self.collection(view), dict[str, bytes](), iter(keys)
        with _failing(), translated():
            while some := list(islice(left, _KEYS_AT_ONCE)):
                rows = collection.find({"_id": {"$in": some}}, {"d": 1})
                held = {row["_id"]: row["d"] for row in rows}
                self._absent[view].update(key for key in some if key not in held)
                found |= held
        return found

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        absent, self._absent = self._absent, defaultdict(set)
        with _failing():
            try:
                self._save(documents, after, position, absent)
            except IntegrityError:  # what was absent when it was looked for is there by now
                self._save(documents, after, position, {})

    def _save(
        self,
        documents: Mapping[str, Sequence[Saved]],
        after: int,
        position: int,
        absent: Mapping[str, AbstractSet[str]],
    ) -> None:
        changes = {
            view: [_change(self._columns(view), row, absent.get(view, ())) for row in rows]
            for view, rows in documents.items()
            if rows
        }

        def work(session: ClientSession) -> None:
            self._move(after, position, session)
            for view, rows in changes.items():
                self.collection(view).bulk_write(rows, ordered=False, session=session)

        self.datastore.in_transaction(work)

    def select(self, query: Query) -> list[Found]:
        collection = self.collection(query.view)
        fields = [_field(name) for name in query.columns]
        wanted: Document = dict.fromkeys([*fields, *(["d"] if query.document else [])], 1)
        found: dict[str, Found] = {}  # a row may move while we read on
        with _failing(), translated():
            for where, order in stretches(query):
                left = 0 if query.limit is None else query.limit - len(found)
                if query.limit is not None and left <= 0:
                    break
                for row in collection.find(where, wanted or {"_id": 1}).sort(order).limit(left):
                    found.setdefault(row["_id"], _found(query, row))
        return list(found.values())

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        with _failing(), translated():
            return self.collection(view).count_documents(_filter(where))

    def reset(self) -> None:
        with _failing(), translated():  # the position last: until then each save is refused
            self.tracking.update_one({"_id": self.name}, {"$set": {"n": _EMPTYING}})
            for view in self.views:
                self.collection(view.name).delete_many({})
            self.tracking.update_one({"_id": self.name}, {"$set": {"n": 0}})

    def close(self) -> None:
        self.datastore.close()

    def collection(self, view: str) -> Collection[Document]:
        return self.datastore.collection(f"{self.name}.{view}")

    def _columns(self, view: str) -> tuple[str, ...]:
        return tuple(view_of(self.views, view).columns)

    def _said(self) -> Document | None:
        return self.tracking.find_one({"_id": self.name})

    def _move(self, after: int, position: int, session: ClientSession) -> None:
        """Take the place of the last save; of two that do, the database lets one through."""
        moved = self.tracking.update_one(
            {"_id": self.name, "n": after},
            {"$set": {"n": position}, "$inc": {"saves": 1}},
            session=session,
        )
        if moved.matched_count == 0:
            held = self.tracking.find_one({"_id": self.name}, session=session)
            if held is None:
                raise OtherViewsError(f"{self.name} was deleted")
            raise StaleError(held["n"], after)


def _stamp_of(views: Sequence[View]) -> str:
    """Return what the documents of a set depend on: the views, and how a set lays them out."""
    return sha256(f"{LAYOUT} {stamp(views)}".encode()).hexdigest()


def indexes(view: View) -> dict[str, tuple[str, ...]]:
    """Return the indexes of a view by name: those it declares, by position, and by key.

    Rows come out of an index in order only if that is all of its order: one that is wide, to
    hold all that a query reads, cannot page by its first column. Such a one has another beside it.
    """
    found: dict[str, tuple[str, ...]] = {_PRIMARY: ("key",), "position": ("position", "key")}
    for names in view.indexes:
        if len(names) >= _WIDE:
            found.setdefault(names[0], (names[0], "key"))
        found["_".join(names)[:_LONGEST_NAME]] = (*names, "key")
    return found


def _made_indexes(view: View) -> list[IndexModel]:
    return [
        IndexModel([(_field(column), ASCENDING) for column in columns], name=name)
        for name, columns in indexes(view).items()
        if name != _PRIMARY
    ]


def _field(column: str) -> str:
    match column:
        case "key":
            return "_id"
        case "position":
            return "p"
        case _:
            return f"c.{column}"


def _change(
    columns: Sequence[str], row: Saved, absent: Container[str]
) -> InsertOne[Document] | ReplaceOne[Document]:
    """Return how to save a row: to insert what is known to be new costs half of looking for it."""
    document = {
        "_id": row.key,
        "p": row.position,
        "d": row.document,
        "c": dict(zip(columns, row.columns, strict=True)),
    }
    if row.key in absent:
        return InsertOne(document)
    return ReplaceOne({"_id": row.key}, document, upsert=True)


def _found(query: Query, row: Document) -> Found:
    values = tuple(_value(row, name) for name in query.columns)
    return Found(row["_id"], values, row["d"] if query.document else b"")


def _value(row: Document, column: str) -> Value:
    match column:
        case "key":
            return row["_id"]
        case "position":
            return row["p"]
        case _:
            return row["c"][column]


def stretches(query: Query) -> Generator[tuple[Document, list[tuple[str, int]]]]:
    """Return filters whose rows, one after the other, are the rows behind the cursor.

    Rows behind (a, b, key) are those with a, b and a later key; then those with a and a later
    b; then those with a later a. Each is one stretch of an index, which no `or` of them is.
    """
    order = (*query.order, "key")
    ranked = [(_field(name), DESCENDING if query.falling else ASCENDING) for name in order]
    if query.after is None:
        yield _filter(query.where), ranked
        return
    later: Operator = "<" if query.falling else ">"
    edge = tuple(zip(order, query.after, strict=True))
    for shared in range(len(edge) - 1, -1, -1):
        name, value = edge[shared]
        same: list[Condition] = [(one, "=", held) for one, held in edge[:shared]]
        yield _filter([*query.where, *same, (name, later, value)]), ranked


def _filter(where: Sequence[Condition]) -> Document:
    by_field: dict[str, dict[str, Any]] = {}
    again: list[Document] = []
    for name, operator, value in where:
        terms = by_field.setdefault(_field(name), {})
        wanted = _wanted(operator, value)
        if _OPERATORS[operator] in terms:
            again.append({_field(name): {_OPERATORS[operator]: wanted}})
        else:
            terms[_OPERATORS[operator]] = wanted
    return {**by_field, "$and": again} if again else dict(by_field)


def _wanted(operator: Operator, value: Any) -> Any:  # noqa: ANN401  what a column is compared to
    match operator:
        case "in":
            return list(value)
        case "has":
            return f"(^| ){re.escape(value)}( |$)"
        case _:
            return value


@contextmanager
def _failing() -> Generator[None]:
    try:
        yield
    except PersistenceError as failure:
        raise failed(failure) from failure
