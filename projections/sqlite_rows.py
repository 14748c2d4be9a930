"""Questions to the tables of views in SQLite: what is asked of whatever cursor one has."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from projections.views import Condition, Found, Query

_INFINITE: Final = -1


class Cursor(Protocol):
    """What executes a statement: of the `eventsourcing` library, or SQLite's own."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:  # noqa: ANN401  of two libraries
        """Execute a statement."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401  a row of two libraries
        """Return a row."""
        ...


def table(view: str) -> str:
    """Return the table that keeps a view."""
    return f"view_{view}"


def load(cursor: Cursor, view: str, keys: Iterable[str]) -> dict[str, bytes]:
    """See `ViewReader.load`."""
    wanted = msgspec.json.encode(list(keys)).decode()
    cursor.execute(
        f"SELECT key, document FROM {table(view)} "  # noqa: S608  names are ours
        "WHERE key IN (SELECT value FROM json_each(?))",
        (wanted,),
    )
    return {row[0]: row[1] for row in cursor.fetchall()}


def columns(
    cursor: Cursor, view: str, names: Sequence[str], keys: Iterable[str]
) -> dict[str, tuple[Any, ...]]:
    """Return the columns of those keys that there are."""
    wanted = msgspec.json.encode(list(keys)).decode()
    cursor.execute(
        f"SELECT {', '.join((*names, 'key'))} FROM {table(view)} "  # noqa: S608  names are ours
        "WHERE key IN (SELECT value FROM json_each(?))",
        (wanted,),
    )
    return {row[-1]: tuple(row) for row in cursor.fetchall()}


def select(cursor: Cursor, query: Query) -> list[Found]:
    """See `ViewReader.select`."""
    cursor.execute(*statement(query))
    return _found(cursor, query)


def _found(cursor: Cursor, query: Query) -> list[Found]:
    rows = cursor.fetchall()
    width = len(query.columns) + 1
    if query.document:
        return [Found(row[0], tuple(row[1:width]), row[width]) for row in rows]
    return [Found(row[0], tuple(row[1:])) for row in rows]


def last_of(cursor: Cursor, query: Query, by: str, values: Iterable[str]) -> list[Found]:
    """See `views.last_of`: one seek in an index for each value."""
    last = replace(
        query, columns=(), where=((by, "=", ""), *query.where), falling=True, limit=1,
        document=False,
    )  # fmt: skip
    of_one, parameters = statement(last)
    of_one = of_one.replace(f"{by} = ?", f"{by} = wanted.value", 1)
    wanted = msgspec.json.encode(list(values)).decode()
    names = ", ".join(("key", *query.columns, *(("document",) if query.document else ())))
    cursor.execute(
        f"SELECT {names} FROM {table(query.view)} WHERE key IN "  # noqa: S608  names are ours
        f"(SELECT ({of_one}) FROM json_each(?) AS wanted)",
        (*parameters[1:], wanted),
    )
    return _found(cursor, query)


def count(cursor: Cursor, view: str, where: Sequence[Condition] = ()) -> int:
    """See `ViewReader.count`."""
    clause, values = _where(where)
    cursor.execute(f"SELECT COUNT(*) FROM {table(view)}{clause}", values)  # noqa: S608  names are ours
    return int(cursor.fetchone()[0])


def statement(query: Query) -> tuple[str, list[Any]]:
    """Return a query as SQL, and its values."""
    order = (*query.order, "key")
    clause, values = _where(query.where)
    if query.after is not None:
        edge = (
            f"({', '.join(order)}) {'<' if query.falling else '>'} ({', '.join('?' * len(order))})"
        )
        clause = f"{clause} AND {edge}" if clause else f" WHERE {edge}"
        values += query.after
    names = ("key", *query.columns, *(("document",) if query.document else ()))
    direction = " DESC" if query.falling else ""
    ranked = ", ".join(f"{name}{direction}" for name in order)
    values.append(_INFINITE if query.limit is None else query.limit)
    said = (
        f"SELECT {', '.join(names)} FROM {table(query.view)}{clause} "  # noqa: S608  names are ours
        f"ORDER BY {ranked} LIMIT ?"
    )
    return said, values


def _where(where: Sequence[Condition]) -> tuple[str, list[Any]]:
    terms: list[str] = []
    values: list[Any] = []
    for name, operator, value in where:
        if operator == "in":
            terms.append(f"{name} IN (SELECT value FROM json_each(?))")  # noqa: S608  our name
            values.append(msgspec.json.encode(list(value)).decode())
        elif operator == "has":
            terms.append(f"instr(' ' || {name} || ' ', ?)")
            values.append(f" {value} ")
        else:
            terms.append(f"{name} {operator} ?")
            values.append(value)
    return (f" WHERE {' AND '.join(terms)}" if terms else ""), values
