"""The same reducers as of any moment, and what differs from what is served.

A replay folds the history from its first record into memory, up to a position or to a time
of record. Nothing of the served views goes into it, so a difference is a fault of what is
served: named by view, key and path, with both values.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from events.store import EventStore
from projections.fold import Fold
from projections.published import newest
from projections.view import View
from projections.views import Found, MemoryViews, Query, ViewReader

BATCH: Final = 20_000
PAGE: Final = 1_000


COVERAGE: Final[tuple[View, ...]] = newest("coverage").views
"""All that `projections.coverage` needs: no answers, so most of a history is never decoded."""


class Difference(Struct, frozen=True):
    """One value that is served and should not be, or is not served and should be.

    `path` leads into the document, its columns, or is empty where the document as a whole is
    missing (`served` None), extra (`replayed` None) or unreadable.
    """

    view: str
    key: str
    path: str
    served: Any
    replayed: Any


def replay(
    store: EventStore,
    views: Sequence[View],
    until: int | None = None,
    received_until: int | None = None,
) -> MemoryViews:
    """Fold the history anew, in memory, as it stood at a position or at a time of record."""
    target = MemoryViews(views)
    Fold(store, target, batch=BATCH).catch_up(until, received_until)
    return target


def audit(store: EventStore, served: ViewReader) -> list[Difference]:
    """Replay up to where the served views stand, and compare all of them."""
    return compare(replay(store, served.views, until=served.position()), served)


def compare(replayed: ViewReader, served: ViewReader) -> list[Difference]:
    """Name every difference between two stores of the same views."""
    found: list[Difference] = []
    if replayed.position() != served.position():
        found.append(Difference("", "", "position", served.position(), replayed.position()))
    for view in served.views:
        found += _of_view(view, replayed, served)
    return found


def _of_view(view: View, replayed: ViewReader, served: ViewReader) -> Iterator[Difference]:
    right = {row.key: row for row in rows_of(replayed, view)}
    for row in rows_of(served, view):
        yield from differences(view, row, right.pop(row.key, None))
    for other in right.values():
        yield from differences(view, None, other)


def rows_of(store: ViewReader, view: View) -> Iterator[Found]:
    """Page through a view by key: with its position, its columns and the document."""
    columns = ("position", *view.columns)
    after: tuple[str, ...] | None = None
    while rows := store.select(
        Query(view.name, columns=columns, after=after, limit=PAGE, document=True)
    ):
        yield from rows
        after = (rows[-1].key,)


def differences(view: View, served: Found | None, replayed: Found | None) -> Iterator[Difference]:
    """Name how two rows of `rows_of` differ; either can be missing."""
    if served == replayed:
        return
    if served is None or replayed is None:
        found = served or replayed
        key = found.key if found else ""
        sides = [_plain(view, row) if row else None for row in (served, replayed)]
        yield Difference(view.name, key, "", *sides)
        return
    names = ("position", *view.columns)
    for name, left, right in zip(names, served.values, replayed.values, strict=True):
        if left != right:
            yield Difference(view.name, served.key, f"columns.{name}", left, right)
    if served.document != replayed.document:
        left, right = _plain(view, served), _plain(view, replayed)
        for path, one, other in _walk("", left, right):
            yield Difference(view.name, served.key, path, one, other)


def _plain(view: View, row: Found) -> Any:  # noqa: ANN401  any document as plain values
    try:
        return _named(view.decode(row.document))
    except (msgspec.MsgspecError, ValueError):
        return row.document.hex()


def _named(value: Any) -> Any:  # noqa: ANN401  any document as plain values
    """Turn structs, which are arrays on disk, into what a person can read."""
    match value:
        case Struct():
            return {name: _named(getattr(value, name)) for name in value.__struct_fields__}
        case dict():
            return {str(key): _named(one) for key, one in value.items()}  # type: ignore[reportUnknownVariableType]
        case list() | tuple():
            return [_named(one) for one in value]  # type: ignore[reportUnknownVariableType]
        case _:
            return value


def _walk(path: str, served: Any, replayed: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401
    if isinstance(served, dict) and isinstance(replayed, dict):
        left, right = cast("dict[str, Any]", served), cast("dict[str, Any]", replayed)
        for name in sorted(left.keys() | right.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _walk(inner, left.get(name), right.get(name))
    elif served != replayed:
        yield path, served, replayed
