"""Views in MongoDB: a batch of documents and the position it reaches in one transaction.

Each view has a collection of documents `{_id: key, p: position, d: document, c: {columns}}`, an
index for each order that the view declares, and one by position. The position stands in the
library's tracking, beside the stamp: a save names the position it starts from and the stamp it
was folded with, so a runner that was overtaken, by another or by a newer version, changes nothing.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final
from uuid import uuid4

from eventsourcing.persistence import PersistenceError
from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from backend.mongodb.persistence import MongoDatastore, MongoTrackingRecorder
from backend.mongodb.persistence.datastore import Document
from backend.mongodb.persistence.errors import translated
from backend.mongodb.refusals import DatabaseFailedError
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
)

LAYOUT: Final = 1
TRACKING: Final = "tracking"
PREFIX: Final = "view_"
_NAME: Final = "views"
_KEYS_AT_ONCE: Final = 200
_OPERATORS: Final[Mapping[Operator, str]] = {
    "=": "$eq",
    "!=": "$ne",
    "<": "$lt",
    "<=": "$lte",
    ">": "$gt",
    ">=": "$gte",
    "in": "$in",
}


class MongoViews(MongoTrackingRecorder):
    """A `ViewStore`. Thread-safe.

    Without `rebuild` it is only read, and `OtherViewsError` says that another version folded it:
    otherwise it is emptied then. Closing lets go of the datastore.
    """

    def __init__(
        self, datastore: MongoDatastore, views: Sequence[View], *, rebuild: bool = True
    ) -> None:
        super().__init__(datastore, TRACKING)
        self.views = tuple(views)
        self._stamp = f"{LAYOUT} {stamp(views)}"
        with _failing():
            while not self._is_ours():
                if not rebuild:
                    raise OtherViewsError("the views were folded by another version")
                self._empty()

    def position(self) -> int:
        with _failing():
            return self.max_tracking_id(_NAME) or 0

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        collection, found, left = self._of(view), dict[str, bytes](), iter(keys)
        with _failing(), translated():
            while some := list(islice(left, _KEYS_AT_ONCE)):
                rows = collection.find({"_id": {"$in": some}}, {"d": 1})
                found |= {row["_id"]: row["d"] for row in rows}
        return found

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        changes = {
            view: [_replacement(self._columns(view), row) for row in rows]
            for view, rows in documents.items()
            if rows
        }

        def work(session: ClientSession) -> None:
            self._move(after, position, session)
            for view, rows in changes.items():
                self._of(view).bulk_write(rows, ordered=False, session=session)

        with _failing():
            self.datastore.in_transaction(work)

    def select(self, query: Query) -> list[Found]:
        collection = self._of(query.view)
        fields = [_field(name) for name in query.columns]
        wanted: Document = dict.fromkeys([*fields, *(["d"] if query.document else [])], 1)
        found: dict[str, Found] = {}  # a row may move while we read on
        with _failing(), translated():
            for where, order in _stretches(query):
                left = 0 if query.limit is None else query.limit - len(found)
                if query.limit is not None and left <= 0:
                    break
                for row in collection.find(where, wanted or {"_id": 1}).sort(order).limit(left):
                    found.setdefault(row["_id"], _found(query, row))
        return list(found.values())

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        with _failing(), translated():
            return self._of(view).count_documents(_filter(where))

    def reset(self) -> None:
        with _failing():
            self._empty()

    def close(self) -> None:
        self.datastore.close()

    def _of(self, view: str) -> Collection[Document]:
        return self.datastore.collection(PREFIX + view)

    def _columns(self, view: str) -> tuple[str, ...]:
        return tuple(next(one for one in self.views if one.name == view).columns)

    def _move(self, after: int, position: int, session: ClientSession) -> None:
        """Take the place of the last save; of two that do, the database lets one through."""
        moved = self.tracking.update_one(
            {"_id": _NAME, "n": after, "stamp": self._stamp},
            {"$set": {"n": position}, "$inc": {"saves": 1}},
            session=session,
        )
        if moved.matched_count == 0:
            held = self.tracking.find_one({"_id": _NAME}, session=session) or {}
            if held.get("stamp") != self._stamp:
                raise OtherViewsError("another version folds these views now")
            raise StaleError(held["n"], after)

    def _is_ours(self) -> bool:
        with translated():
            held = self.tracking.find_one({"_id": _NAME}) or {}
        return held.get("stamp") == self._stamp

    def _empty(self) -> None:
        """Empty all. Whoever empties at the same time makes us start again."""
        nobody = f"emptied by {uuid4().hex}"  # from here on no save goes through
        with translated():
            self.tracking.update_one(
                {"_id": _NAME}, {"$set": {"n": 0, "stamp": nobody}}, upsert=True
            )
            for name in self.datastore.database.list_collection_names():
                if name.startswith(PREFIX):
                    self.datastore.database.drop_collection(name)
            for view in self.views:
                self._of(view.name).create_indexes(list(_indexes(view)))
            self.tracking.update_one(
                {"_id": _NAME, "stamp": nobody}, {"$set": {"stamp": self._stamp}}
            )


def _indexes(view: View) -> Generator[IndexModel]:
    yield IndexModel([("p", ASCENDING), ("_id", ASCENDING)], name="position")
    for names in view.indexes:
        keys = [(_field(name), ASCENDING) for name in (*names, "key")]
        yield IndexModel(keys, name="_".join(names))


def _field(column: str) -> str:
    match column:
        case "key":
            return "_id"
        case "position":
            return "p"
        case _:
            return f"c.{column}"


def _replacement(columns: Sequence[str], row: Saved) -> ReplaceOne[Document]:
    document = {
        "p": row.position,
        "d": row.document,
        "c": dict(zip(columns, row.columns, strict=True)),
    }
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


def _stretches(query: Query) -> Generator[tuple[Document, list[tuple[str, int]]]]:
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
        wanted = list(value) if operator == "in" else value
        if _OPERATORS[operator] in terms:
            again.append({_field(name): {_OPERATORS[operator]: wanted}})
        else:
            terms[_OPERATORS[operator]] = wanted
    return {**by_field, "$and": again} if again else dict(by_field)


@contextmanager
def _failing() -> Generator[None]:
    try:
        yield
    except PersistenceError as failure:
        raise DatabaseFailedError(f"the database failed: {failure}") from failure
