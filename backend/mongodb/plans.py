"""Which index answers a query: as declared, and as the database says.

The database is free to choose. What is asked of an index here is that one exists which leads
with what the query bounds, or holds its rows in the order that is asked for.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

from backend.mongodb.persistence.datastore import Document
from backend.mongodb.persistence.errors import translated
from backend.mongodb.views import MongoViews, indexes, stretches
from projections.view import View
from projections.views import Query


class Index(NamedTuple):
    """An index that serves a query. `sorted`: its rows come in the order asked for."""

    name: str
    bounded: int
    sorted: bool


def index_for(view: View, query: Query) -> Index | None:
    """Return the index that serves best; None where none bounds nor sorts anything."""
    same = {name for name, operator, _value in query.where if operator == "="}
    bounds = {name for name, operator, _value in query.where if operator not in {"!=", "has"}}
    excludes = {name for name, _operator, _value in query.where}
    order = (*query.order, "key")
    found: list[Index] = []
    for name, columns in indexes(view).items():
        shared = _leading(columns, same)
        following = columns[shared : shared + 1]
        bounded = shared + bool(following and following[0] in bounds)
        is_sorted = _in_order(columns[shared:], order, same)
        if bounded or is_sorted or (following and following[0] in excludes):
            found.append(Index(name, bounded, is_sorted))
    paging = query.limit is not None
    return max(
        found,
        key=lambda one: (one.sorted, one.bounded) if paging else (one.bounded, one.sorted),
        default=None,
    )


def plans(views: MongoViews, query: Query, hint: str | None = None) -> list[Document]:
    """Return the plan that the database has for each stretch of a query."""
    found: list[Document] = []
    for where, order in stretches(query):
        cursor = views.collection(query.view).find(where).sort(order).limit(query.limit or 0)
        with translated():
            found.append((cursor.hint(hint) if hint else cursor).explain()["queryPlanner"])
    return found


def reads_all(plan: Document) -> bool:
    """Tell whether a plan reads a collection from its beginning to its end."""
    return "COLLSCAN" in _stages(plan["winningPlan"])


def _leading(columns: Sequence[str], same: set[str]) -> int:
    return next((at for at, name in enumerate(columns) if name not in same), len(columns))


def _in_order(columns: Sequence[str], order: Sequence[str], same: set[str]) -> bool:
    wanted = [name for name in order if name not in same]
    return list(columns[: len(wanted)]) == wanted


def _stages(plan: object) -> set[str]:
    if isinstance(plan, list):
        return set[str]().union(*(_stages(one) for one in cast("list[object]", plan)))
    if not isinstance(plan, dict):
        return set()
    said = cast("Document", plan)
    found = {said["stage"]} if isinstance(said.get("stage"), str) else set[str]()
    return found.union(*(_stages(one) for one in said.values()))
