"""Recording appends: positions are claimed behind the newest commit, until one of us has each.

What may go wrong, and what is then done:

- another writer took the position: look again what is newest, and claim behind that;
- the newest commit is not yet held by a majority: wait, for a fail-over may take it back;
- the answer is lost, or no majority answered in time: send the same again. Where the first
  was recorded after all, its id says so, and it is recorded once;
- a version of an originator is taken: that append is refused, those beside it are not.
"""

from collections.abc import Sequence
from time import monotonic, sleep
from typing import Final

from bson.errors import BSONError
from bson.int64 import Int64
from eventsourcing.persistence import DataError, IntegrityError, OperationalError, PersistenceError
from pymongo import DESCENDING
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern

from backend.mongodb.persistence.commits import Append, Tail, same, tail_of
from backend.mongodb.persistence.datastore import Document
from backend.mongodb.persistence.errors import (
    DUPLICATE_KEY,
    is_unanswered,
    translation,
    write_error,
)

PATIENCE: Final = 30.0  # seconds without any progress
_SHORTEST, _LONGEST = 0.001, 0.25  # seconds between two attempts

TAIL: Final = {"p": 1, "n": 1, "received_at": 1, "epoch": 1}


class Claims:
    """Records appends in a collection of commits. Not safe for threads: see `groups`."""

    def __init__(self, commits: Collection[Document], patience: float = PATIENCE) -> None:
        self._commits = commits
        self._unsettled = commits.with_options(read_concern=ReadConcern("local"))
        self._patience = patience
        self._tail: Tail | None = None  # a hint: that it is right is what the index is for
        self._newest = 1  # where a commit was seen: the search for a newer one begins there
        self.conflicts = 0

    def record(self, group: Sequence[Append]) -> None:
        """Record each append of the group, in order, or set its error."""
        waiting = list(group)
        pause = _Pause(self._patience)
        while waiting:
            try:
                moved = self._attempt(waiting)
            except PyMongoError as failure:
                self._tail = None
                if not is_unanswered(failure) or pause.is_over:
                    _refuse(waiting, translation(failure))
                    return
                moved = self._settle(waiting)
            except (BSONError, OverflowError) as unfit:  # one of them is nothing BSON can hold
                self._tail = None
                self._record_apart(waiting, unfit)
                return
            if moved:
                pause = _Pause(self._patience)
            elif pause.is_over:
                msg = "no majority settles the newest commit"
                _refuse(waiting, OperationalError(msg))
            else:
                pause.once()
            waiting = [append for append in waiting if not append.done]

    def tail(self, known: int = 0) -> Tail | None:
        """Return what stands behind the newest commit from position `known` on, if there is one.

        Without `known` all is searched, from the newest commit that was seen on first.
        """
        newest = self._newest_from(known or self._newest)
        if newest is None and not known and self._newest > 1:
            newest = self._newest_from(1)  # the database was restored from a backup
        if newest is None:
            return None
        self._newest = newest["p"]
        return tail_of(newest)

    def _newest_from(self, position: int) -> Document | None:
        found = self._commits.find({"p": {"$gte": Int64(position)}}, TAIL).sort("p", DESCENDING)
        return next(iter(found.limit(1)), None)

    def recorded_elsewhere(self, tail: Tail) -> None:
        """Take the hint that a commit was recorded in another way."""
        self._tail = tail

    def expected(self) -> Tail:
        """Return where the next commit probably stands."""
        return self._tail or self.tail() or Tail()

    def find(self, append: Append) -> Document | None:
        """Return the append as a majority holds it, if it does."""
        return self._commits.find_one({"_id": append.id})

    def _record_apart(self, waiting: Sequence[Append], unfit: Exception) -> None:
        """Record what can be: one that cannot be encoded does not take others with it."""
        if len(waiting) == 1:
            _refuse(waiting, DataError(str(unfit)))
            return
        for append in waiting:
            self.record([append])

    def _attempt(self, waiting: Sequence[Append]) -> bool:
        """Send all that wait; tell whether anything became of it."""
        tails = [self.expected()]
        documents: list[Document] = []
        for append in waiting:
            document, behind = append.claim(tails[-1])
            documents.append(document)
            tails.append(behind)
        refused = self._insert(documents)
        recorded = len(documents) if refused is None else int(refused["index"])
        for append, document in zip(waiting[:recorded], documents, strict=False):
            append.recorded = document
        self._tail = tails[recorded]
        if recorded:
            self._newest = int(documents[recorded - 1]["p"])
        if refused is None:
            return True
        return self._take_refusal(waiting[recorded], refused, tails[recorded]) or recorded > 0

    def _insert(self, documents: Sequence[Document]) -> Document | None:
        """Insert in order; return what is said of the first that was refused."""
        try:
            self._commits.insert_many(documents, ordered=True)
        except BulkWriteError as failure:
            if is_unanswered(failure):
                raise
            return write_error(failure)
        return None

    def _take_refusal(self, append: Append, refused: Document, before: Tail) -> bool:
        own = self.find(append)
        if own is not None:
            self._take_own(append, own)
            self._tail = self.tail(max(before.next, own["p"])) or before
            return True
        if refused["code"] != DUPLICATE_KEY:
            append.error = OperationalError(str(refused.get("errmsg")))
            return True
        if _of_version(refused) and self._unsettled.find_one({"_id": append.id}, TAIL) is None:
            append.error = IntegrityError(str(refused.get("errmsg")))
            return True
        self.conflicts += 1
        found = self.tail(before.next)
        self._tail = found or before
        return found is not None

    def _settle(self, waiting: Sequence[Append]) -> bool:
        """Take for recorded what a majority holds; tell whether there is any."""
        try:
            ids = [append.id for append in waiting]
            held = {one["_id"]: one for one in self._commits.find({"_id": {"$in": ids}})}
        except PyMongoError:
            return False  # still no answer: we shall ask again
        for append in waiting:
            if append.id in held:
                self._take_own(append, held[append.id])
        return bool(held)

    @staticmethod
    def _take_own(append: Append, own: Document) -> None:
        if same(own, append):
            append.recorded = own
        else:
            append.error = IntegrityError("this commit id was used for other events")


class _Pause:
    """Waits longer each time, until patience is over."""

    def __init__(self, patience: float) -> None:
        self._until = monotonic() + patience
        self._next = _SHORTEST

    @property
    def is_over(self) -> bool:
        return monotonic() >= self._until

    def once(self) -> None:
        sleep(self._next)
        self._next = min(2 * self._next, _LONGEST)


def _of_version(refused: Document) -> bool:
    """Tell whether the version of an originator was taken, rather than a position or an id."""
    pattern = refused.get("keyPattern")
    if pattern is None:
        return "index: version" in str(refused.get("errmsg"))
    return any(str(key).startswith("e.") for key in pattern)


def _refuse(waiting: Sequence[Append], error: PersistenceError) -> None:
    for append in waiting:
        append.error = append.error or error
