"""Reading commits: by position, where a hole stops a reader, and by originator.

A hole cannot be: each commit stands behind one that a majority holds. Should a database be
damaged all the same, a reader stops before the hole rather than pass over what may yet come.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from bson.int64 import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection

from backend.mongodb.persistence.commits import MOST_EVENTS, Recorded, events_of
from backend.mongodb.persistence.datastore import Document

POSITION: Final = IndexModel([("p", ASCENDING)], name="position", unique=True)
VERSION: Final = IndexModel([("e.s", ASCENDING), ("e.v", ASCENDING)], name="version", unique=True)
NEWEST: Final = IndexModel([("e.s", ASCENDING), ("p", ASCENDING)], name="newest")

_WINDOW: Final = 2_000  # positions asked for at once where only some topics are wanted


class Positions:
    """The events of a collection of commits, by position."""

    def __init__(self, commits: Collection[Document]) -> None:
        self._commits = commits
        self._last: Document | None = None  # a commit never changes, so it may be kept

    def read(
        self, first: int, limit: int, last: int | None = None, topics: Sequence[str] = ()
    ) -> list[Recorded]:
        """Return at most `limit` events from position `first` on, up to `last`."""
        found: list[Recorded] = []
        while len(found) < limit and (last is None or first <= last):
            wanted = limit - len(found)
            end = first + (max(wanted, _WINDOW) if topics else wanted) - 1
            end = end if last is None else min(end, last)
            reached = first
            for commit in self._window(first, end, topics):
                found += (one for one in events_of(commit) if first <= one.position <= end)
                reached = _behind(commit)
            if reached == first:
                break
            first = min(reached, end + 1)
        return found[:limit]

    def _window(self, first: int, end: int, topics: Sequence[str]) -> list[Document]:
        """Return the commits that hold positions `first` to `end`, as far as no hole is between."""
        last = self._last
        around = last if last is not None and last["p"] <= first < _behind(last) else None
        if topics:  # what is kept is whole
            around = None
        start = first if around is None else _behind(around)
        found: list[Document] = []
        if start <= end:
            between = {"p": {"$gte": Int64(start), "$lte": Int64(end)}}
            found = list(self._find(between, topics).sort("p", ASCENDING))
        if around is None and not _begins(found, first) and not (last and _behind(last) == first):
            around = self._around(first, topics)
        commits = [around, *found] if around else found
        whole = list(_without_hole(commits, first))
        if whole and not topics:
            self._last = whole[-1]
        return whole

    def _around(self, position: int, topics: Sequence[str]) -> Document | None:
        """Return the commit that begins before a position and holds it."""
        near = {"p": {"$lt": Int64(position), "$gt": Int64(position - MOST_EVENTS)}}
        before = next(iter(self._find(near, topics).sort("p", DESCENDING).limit(1)), None)
        return before if before is not None and _behind(before) > position else None

    def _find(self, where: Document, topics: Sequence[str]) -> Any:  # noqa: ANN401  a cursor
        return self._commits.find(where, _only(topics) if topics else None)


def _behind(commit: Document) -> int:
    return int(commit["p"] + commit["n"])


def _begins(found: Sequence[Document], first: int) -> bool:
    return bool(found) and found[0]["p"] == first


def _without_hole(commits: Sequence[Document], first: int) -> Iterator[Document]:
    expected = first
    for commit in commits:
        if commit["p"] > expected:
            return
        yield commit
        expected = _behind(commit)


def _only(topics: Sequence[str]) -> Document:
    """Return a projection that leaves None in the place of each event of another topic."""
    wanted = {"$cond": [{"$in": ["$$event.t", list(topics)]}, "$$event", None]}
    return {
        "p": 1,
        "n": 1,
        "received_at": 1,
        "epoch": 1,
        "e": {"$map": {"input": "$e", "as": "event", "in": wanted}},
    }


def of_originator(originator: UUID | str, gt: int | None, lte: int | None) -> Document:
    """Return a filter for commits that hold versions of an originator."""
    bounds: Document = {}
    if gt is not None:
        bounds["$gt"] = gt
    if lte is not None:
        bounds["$lte"] = lte
    if not bounds:
        return {"e.s": originator}
    # Both on one element: only so does the index serve both.
    return {"e": {"$elemMatch": {"s": originator, "v": bounds}}}
