"""New versions of views are folded beside the old ones, compared with them, then take over.

A program whose views have another stamp than those in the data folder folds a file of its own,
from the first record on. Until that has come as far as the older file stands:

- the older file is not touched; nothing that is there can be lost;
- readers are answered from it as it stands, if today's questions can be asked of it, that is:
  its views were published, and have all columns that today's have, with documents of the same
  type. Else they are answered from the new file as far as it has come. Either way an answer
  says up to which record it counts, and `/health`, `/ready` and the first page say that
  views are being rebuilt, and how far;
- every page is saved with its position: whoever is killed goes on from there.

Then both stand at the same record (or nearly: `projections.agreement`) and are compared; the
comparison is written beside the new file, and the new file takes over. It does so even where
views of the same version differ: what the records give by today's code holds, and the older
file, which is kept, may be what is damaged. But that is logged as an error, and
`xunji views --compare` names each difference.

Also while nothing is rebuilt, answers are read from views that stand still: a snapshot. Folding
goes on behind it; when all is folded, what was asked lately is worked out of the views as they
then stand, and only then do answers count up to there. So nobody waits for what others asked too,
and an answer says, as ever, up to which record it counts.

Nobody needs to wait for any of this: `xunji views --prepare` of the new program does the long
part while the server of the old one still runs.
"""

import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import date
from threading import RLock
from time import monotonic
from typing import Final

from msgspec import Struct

from backend import view_files
from backend.folder import DataFolder
from backend.kept_views import KeptViews
from backend.logs import LOG, say
from backend.measuring import Kept, Measuring, Still
from backend.readings import Reading
from backend.view_files import ViewFile
from events.errors import StorageError
from projections.agreement import Comparison, compared, versions_of
from projections.fold import BATCH, Fold
from projections.published import answers_for
from projections.spans import Span
from projections.view import View
from projections.views import (
    Condition,
    DamagedViewsError,
    Found,
    OtherViewsError,
    Query,
    Saved,
    Snapshots,
    StaleError,
    ViewStore,
    last_of,
)

SHOWN_EVERY: Final = 5.0
"""Seconds after which answers move on though there is more to fold."""


class Rebuilding(Struct, frozen=True):
    """How far views are rebuilt: up to `position` of `of`; answers count up to `answers`."""

    position: int
    of: int
    answers: int


class _Snapshot(Struct):
    """Views and what is held for them until the last one who reads from them left."""

    views: ViewStore
    held: ExitStack | None = None
    users: int = 1

    def left(self) -> None:
        self.users -= 1
        if not self.users and self.held is not None:
            self.held.close()


class Served:
    """The views that answers are read from: those in charge, which can change under way.

    `now` stands still where it is a snapshot of the views `behind` it, which are folded further.
    """

    def __init__(self, views: ViewStore) -> None:
        self.now = self.behind = views
        self._snapshot = _Snapshot(views)
        self._turn = RLock()  # nobody reads from what is let go of

    def change(
        self, views: ViewStore, behind: ViewStore | None = None, held: ExitStack | None = None
    ) -> None:
        """Answer from other views; what was `held` for those before is let go of."""
        with self._turn:
            before, self._snapshot = self._snapshot, _Snapshot(views, held)
            self.now, self.behind = views, behind or views
            before.left()

    @property
    def views(self) -> Sequence[View]:
        """See `ViewReader.views`."""
        return self.now.views

    def position(self) -> int:
        """See `ViewReader.position`."""
        with self._turn:
            return self.now.position()

    def load(self, view: str, keys: Iterable[str]) -> dict[str, bytes]:
        """See `ViewReader.load`."""
        with self._turn:
            return self.now.load(view, keys)

    def select(self, query: Query) -> list[Found]:
        """See `ViewReader.select`."""
        with self._turn:
            return self.now.select(query)

    def last_of(self, query: Query, by: str, values: Iterable[str]) -> list[Found]:
        """See `LastOf.last_of`."""
        with self._turn:
            return last_of(self.now, query, by, values)

    def count(self, view: str, where: Sequence[Condition] = ()) -> int:
        """See `ViewReader.count`."""
        with self._turn:
            return self.now.count(view, where)

    @contextmanager
    def snapshot(self) -> Generator[ViewStore | None]:
        """See `Snapshots.snapshot`: what answers are read from, kept for as long as it takes."""
        if self.now is self.behind:
            with (
                nullcontext() if not isinstance(self.now, Snapshots) else self.now.snapshot() as one
            ):
                yield one
            return
        with self._turn:
            snapshot = self._snapshot
            snapshot.users += 1
        try:
            yield snapshot.views
        finally:
            with self._turn:
                snapshot.left()

    @property
    def outgrown(self) -> bool:
        """See `Snapshots.outgrown`: whoever folds looks after that."""
        return False

    def settle(self) -> None:
        """See `Snapshots.settle`."""

    def save(self, documents: Mapping[str, Sequence[Saved]], after: int, position: int) -> None:
        """See `ViewStore.save`."""
        self.now.save(documents, after, position)

    def reset(self) -> None:
        """See `ViewStore.reset`."""
        self.now.reset()

    def let_go(self) -> None:
        """Hold no snapshot any more."""
        self.change(self.behind)

    def close(self) -> None:
        """See `ViewStore.close`."""
        self.let_go()
        self.behind.close()


class Older(Struct, frozen=True):
    """The file that served before, and the views of this program that are folded beside it.

    `before` are those of its views that were published; None where it cannot be opened.
    """

    file: ViewFile
    before: KeptViews | None
    beside: KeptViews


class Opened(Struct, frozen=True):
    """The views of this program; `older`, while there is something to take over from."""

    views: ViewStore
    older: Older | None = None

    @property
    def served(self) -> ViewStore:
        """Those to answer from at first."""
        before = self.older.before if self.older else None
        if before is None or not answers_for(before.views, self.views.views):
            return self.views
        return before

    def close(self) -> None:
        """Let go of the files."""
        if self.older is not None and self.older.before is not None:
            self.older.before.close()
        self.views.close()


def open_views(folder: DataFolder) -> Opened:
    """Open the views of this program, and the older ones where they do not serve yet."""
    views = _own(folder)
    if views.serves:
        return Opened(views)
    older = view_files.older(folder)
    if older is None:
        views.take_over()
        return Opened(views)
    return Opened(views, Older(older, _before(older), views))


def _before(older: ViewFile) -> KeptViews | None:
    if not older.versions:  # it does not say what it holds: nobody can read it
        return None
    try:
        return older.open()
    except StorageError as failing:
        say("views", logging.ERROR, file=older.path.name, refused=type(failing).__name__)
        return None


def _own(folder: DataFolder) -> KeptViews:
    """Open the views; a damaged file is set aside, and all is folded again from the history."""
    try:
        return folder.views()
    except (DamagedViewsError, OtherViewsError):
        file = folder.views_file
        if folder.database is not None:
            raise  # nothing to set aside: the database has to be mended
        aside = file.with_name(f"{file.name}.damaged")
        say("views", logging.WARNING, damaged=str(file), kept_as=str(aside))
        for suffix in ("-wal", "-shm"):
            file.with_name(f"{file.name}{suffix}").unlink(missing_ok=True)
        file.replace(aside)
        return folder.views()


class Projection:
    """Keeps the views up to date; takes over from the older ones, once, where there are any."""

    def __init__(
        self,
        folder: DataFolder,
        opened: Opened,
        served: Served,
        reading: Reading,
        measuring: Measuring,
        batch: int = BATCH,
    ) -> None:
        self._folder = folder
        self._views = opened.views
        self._older = opened.older
        self._served = served
        self._reading = reading
        self._measuring = measuring
        self._fold = Fold(reading.store, opened.views, batch=batch)
        self._shown_at = 0.0

    @property
    def position(self) -> int:
        """How far the views of this program are folded."""
        return self._fold.position

    @property
    def shown(self) -> int:
        """How far they are folded and answered from."""
        return min(self.position, self._served.position())

    def rebuilding(self) -> Rebuilding | None:
        """Tell how far views are rebuilt; None while they are not."""
        older = self._older
        if older is None:
            return None
        return Rebuilding(self.position, older.file.position, self._served.position())

    def step(self) -> bool:
        """Fold a page, or take over; tell whether there may be more to do.

        Where another process folds the same views, it has moved them on: look again later.
        """
        older = self._older
        try:
            if self._step(older.file.position if older else None):
                if older is None and monotonic() - self._shown_at > SHOWN_EVERY:
                    self._show()
                return True
        except StaleError:
            more = False
        else:
            more = older is not None
            if older is not None:
                self._take_over(older)
        if self._older is None:
            self._show()
        return more

    def _step(self, until: int | None) -> bool:
        if self._served.now is not self._views:  # nobody reads them: nobody has to wait
            return self._fold.step(until)
        with self._reading.still:
            return self._fold.step(until)

    def _show(self) -> None:
        """Answer from the views as they stand, once what was asked lately is worked out of them."""
        views, served = self._views, self._served
        if not isinstance(views, Snapshots):
            return
        if served.now is not views and served.position() == views.position():
            return
        if views.outgrown:  # a log that somebody reads from cannot be begun anew
            with self._reading.still:
                served.change(views)
                views.settle()
        with ExitStack() as held:
            still = held.enter_context(views.snapshot())
            if still is None:
                return
            ready = self._worked_out(still)
            with self._reading.still:
                served.change(still, views, held.pop_all())
                if ready is not None:
                    self._measuring.take(ready)
        self._shown_at = monotonic()

    def _worked_out(self, views: ViewStore) -> Kept | None:
        try:
            return self._measuring.ahead(Still(views), self._reading.still)
        except Exception as fault:  # noqa: BLE001  who asks is told of it then
            LOG.error("fault", exc_info=fault, extra={"fields": {"worker": "ahead"}})
            return None

    def _take_over(self, older: Older) -> None:
        found = self._compared(older)
        view_files.write_comparison(self._folder.views_file, found)
        with self._reading.still:
            older.beside.take_over()
            self._served.change(self._views)
            self._older = None
        dropped = view_files.drop_older(self._folder, older.file.path)
        say(
            "views",
            logging.INFO if found.agrees else logging.ERROR,
            took_over=self._folder.views_file.name,
            position=self.position,
            agrees=found.agrees,
            dropped=[path.name for path in dropped],
        )

    def _compared(self, older: Older) -> Comparison:
        if older.before is not None:
            return compare_files(older.before, older.beside, self._reading.day_of)
        return Comparison(
            older.file.versions,
            versions_of(self._views.views),
            (older.file.position, self.position),
            fault="the older file cannot be read, or does not say what it holds",
        )


def compare_files(before: ViewStore, after: ViewStore, day_of: Callable[[int], date]) -> Comparison:
    """Compare two files; figures are those of the year in which the last record arrived."""
    day = day_of(before.position())
    period = Span(date(day.year, 1, 1), date(day.year, 12, 31))
    try:
        return compared(before, after, period, day)
    except StorageError as failing:
        return Comparison(
            versions_of(before.views),
            versions_of(after.views),
            (0, after.position()),
            fault=str(failing),
        )
