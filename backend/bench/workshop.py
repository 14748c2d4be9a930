"""Where it is measured: a temporary folder, and one history that is built once."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final

from msgspec import Struct

from backend.bench import visits
from backend.bench.pen import UNSIGNED, Pen
from backend.bench.rounds import Spent, timed
from backend.bench.visits import Happening
from events.chain import Head
from events.envelope import Entry
from events.header import digest
from events.ids import EntryRef
from events.inspections import InspectionCompleted
from events.sqlite_store import SQLiteStore
from projections.catalogue import VIEWS
from projections.fold import Fold
from projections.sqlite_views import SQLiteViews

WHOLE: Final = 1_000_000
QUICK: Final = 100_000
_TABLETS: Final = 30
_SECTIONS: Final = 10
_PUSH: Final = 1_000
_DAYS_LATE: Final = 5
_RECEIVED: Final = 1_767_232_800_000_000


class Folded(Struct, frozen=True):
    """The file of views, how many entries a section had, and what each section took."""

    views: Path
    section: int
    sections: Sequence[Spent]


class Workshop:
    """`folder` is removed afterwards. `tell` says on standard error how far it is."""

    def __init__(self, folder: Path, tell: Callable[[str], None], *, quick: bool) -> None:
        self.folder = folder
        self.tell = tell
        self.quick = quick
        self.entries = QUICK if quick else WHOLE

    def times(self, whole: int, quick: int) -> int:
        """Return how often to do something."""
        return quick if self.quick else whole

    @cached_property
    def history(self) -> Path:
        """30 tablets hand in by turns, for years, to the store that the server uses.

        Chained, but not signed: nothing that reads it here asks for signatures.
        """
        file = self.folder / "history.sqlite"
        store = SQLiteStore(file)
        try:
            for done, (log, run) in enumerate(self.pushes(self.entries)):
                store.append(log, run[0].header.sequence - 1, run, _RECEIVED + done * 1_000_000)
                if done % 50 == 0:
                    self.tell(f"building a history: {store.size():,} of {self.entries:,} entries")
        finally:
            store.close()
        return file

    @cached_property
    def folded(self) -> Folded:
        """All views of the history, folded in ten sections of which each was timed."""
        file = self.folder / "views.sqlite"
        store, views = SQLiteStore(self.history), SQLiteViews(file, VIEWS)
        try:
            runner = Fold(store, views)
            section = store.size() // _SECTIONS
            spent = [
                timed(lambda end=section * number: self._fold(runner, end))
                for number in range(1, _SECTIONS + 1)
            ]
        finally:
            views.close()
            store.close()
        return Folded(file, section, spent)

    def _fold(self, runner: Fold, end: int) -> None:
        self.tell(f"folding: {end:,} of {self.entries:,} entries")
        runner.catch_up(until=end)

    def pushes(self, entries: int) -> Iterator[tuple[bytes, list[Entry]]]:
        """Yield runs until there are enough entries: the office first, then tablets by turns.

        After each push the office corrects what came last in it.
        """
        dice = Random(7)
        pens = [Pen(digest(b"log %d" % n), Head(), UNSIGNED, dice) for n in range(_TABLETS + 1)]
        left = entries
        office, _ = pens[0].write(visits.register())
        for at in range(0, len(office), _PUSH):
            run = office[at : at + _PUSH][:left]
            left -= len(run)
            yield pens[0].log, run
        turn = 0
        while left > 0:
            turn += 1
            pen = pens[1 + turn % _TABLETS]
            run: list[Entry] = []
            facts: list[Happening] = []
            while len(run) < min(_PUSH, left):
                day = visits.day_of(entries - left + len(run), entries)
                late = timedelta(days=dice.randrange(_DAYS_LATE))
                facts = visits.inspection(dice, day - late)
                run += pen.write(facts)[0]
            yield pen.log, run[:left]
            left -= len(run)
            if left > 0:
                yield (
                    pens[0].log,
                    _corrected(pens[0], EntryRef(pen.log.hex(), pen.head.sequence), facts[-1]),
                )
                left -= 1


def _corrected(office: Pen, target: EntryRef, completed: Happening) -> list[Entry]:
    """Let the office correct one inspection in forty: the last of a push."""
    assert isinstance(completed.fact, InspectionCompleted)  # noqa: S101  inspections end so
    return office.write([visits.correction(target, completed.fact)])[0]
