"""Answers are read from what stands still, and move on when what was asked is worked out."""

import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest

from backend import measuring
from backend.measuring import LATELY, Asked, Kept, Views
from backend.rebuilding import Served
from projections import sqlite_views
from projections.catalogue import VIEWS
from projections.garbage import no_collection
from projections.spans import Span
from projections.sqlite_views import SQLiteViews
from projections.views import MemoryViews, ViewStore
from tests.server import TODAY, Site, Tablet, an_object, site

YEAR = Asked(Span(TODAY.replace(month=1, day=1), TODAY.replace(month=12, day=31)), TODAY)


class Moving:
    """A bureau with two objects, and a tablet that hands in an inspection of the first."""

    def __init__(self, here: Site) -> None:
        self.here = here
        self.place, other = an_object(), an_object()
        here.tell(self.place, other)
        self.tablet = Tablet(here)
        self.tablet.enrol()
        here.folded()
        self.measuring = here.parts.overview.measuring

    def hand_in(self) -> None:
        self.tablet.inspect(self.place.object)
        self.tablet.push()

    def done(self) -> tuple[int, int]:
        """Return how many objects are covered, and up to which record that counts."""
        said = self.here.client.get("/views/measures/object_coverage").json()
        return said["figures"][0]["done"], said["as_of"]["position"]

    def kept(self) -> dict[str, Any]:
        """Return the answers that are there before anybody asks for them."""
        with self.here.parts.reading.held():
            kept = self.measuring.kept
            now = kept.stand[0] == self.here.parts.intake.store.size()
            return kept.held[YEAR].answers if now and YEAR in kept.held else {}


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[Moving]:
    with site(tmp_path / "data") as here:
        yield Moving(here)


@contextmanager
def ahead(moving: Moving, monkeypatch: pytest.MonkeyPatch, first: Any) -> Iterator[None]:  # noqa: ANN401  a function
    """Have something done before anything is worked out ahead."""
    plain = moving.measuring.ahead

    def instead(views: Views, still: AbstractContextManager[object]) -> Kept:
        first()
        return plain(views, still)

    with monkeypatch.context() as patched:
        patched.setattr(moving.measuring, "ahead", instead)
        yield


def test_what_was_asked_lately_is_worked_out_before_anybody_asks_again(moving: Moving) -> None:
    assert moving.done()[0] == 0

    moving.hand_in()
    moving.here.folded()

    assert [one.done for one in moving.kept()["object_coverage"].figure.parts].count(1) == 1
    assert moving.done()[0] == 1


def test_what_nobody_asked_for_long_is_left(moving: Moving) -> None:
    moving.done()
    with moving.here.parts.reading.held():
        moving.measuring.kept.held[YEAR].asked_at = monotonic() - LATELY - 1

    moving.hand_in()
    moving.here.folded()

    assert moving.kept() == {}
    assert moving.done()[0] == 1


def test_what_takes_too_long_is_left_until_somebody_asks(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.done()
    monkeypatch.setattr(measuring, "PATIENCE", 0.0)

    moving.hand_in()
    moving.here.folded()

    assert moving.kept() == {}
    assert moving.done()[0] == 1


def test_answers_are_those_of_the_views_that_are_asked(moving: Moving) -> None:
    reading = moving.here.parts.reading
    with reading.held() as now:
        other = MemoryViews(VIEWS)
        assert moving.measuring.of(now) is moving.measuring
        beside = moving.measuring.of(other)
        assert beside is not moving.measuring
        assert beside.question(YEAR).views is other


def test_working_out_ahead_is_no_asking(moving: Moving) -> None:
    moving.done()
    with moving.here.parts.reading.held():
        before = moving.measuring.kept.held[YEAR].asked_at

    moving.hand_in()
    moving.here.folded()

    assert moving.kept() != {}
    assert moving.measuring.kept.held[YEAR].asked_at == before


def test_until_it_is_worked_out_answers_say_as_of_when_they_are(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_on, begun = Event(), Event()
    before = moving.done()

    def wait() -> None:
        begun.set()
        assert let_on.wait(20)

    with ahead(moving, monkeypatch, wait):
        moving.hand_in()
        assert begun.wait(20)
        during = moving.done()
        let_on.set()
        moving.here.folded()

    assert during == before
    assert moving.done() == (1, moving.here.parts.intake.store.size())


def test_a_fault_of_what_is_worked_out_ahead_holds_nothing_up(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ValueError

    moving.done()
    with ahead(moving, monkeypatch, fail):
        moving.hand_in()
        moving.here.folded()

    assert moving.done() == (1, moving.here.parts.intake.store.size())


def test_answers_of_before_are_let_go_of_though_nobody_collects_cycles(moving: Moving) -> None:
    moving.here.client.get("/objects?due=overdue")
    moving.done()
    with moving.here.parts.reading.held():
        before = weakref.ref(moving.measuring.kept.held[YEAR].question)

    with no_collection():
        moving.hand_in()
        moving.here.folded()

        assert before() is None


def test_a_log_that_outgrew_its_bounds_is_begun_anew(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = next(moving.here.folder.path.glob("views-*.sqlite-wal"))
    moving.done()
    moving.hand_in()
    moving.here.folded()
    grown = log.stat().st_size

    monkeypatch.setattr(sqlite_views, "_MOST_LOG", 0)
    moving.hand_in()
    moving.here.folded()

    until = monotonic() + 20
    while log.stat().st_size >= grown and monotonic() < until:
        sleep(0.01)
    assert log.stat().st_size < grown
    assert moving.done() == (1, moving.here.parts.intake.store.size())


class Holding:
    """Views behind, and snapshots of them, each with what is held for it."""

    def __init__(self) -> None:
        self.behind = MemoryViews(VIEWS)
        self.served = Served(self.behind)
        self.let_go: list[int] = []

    def show(self, number: int) -> ViewStore:
        held = ExitStack()
        held.callback(self.let_go.append, number)
        snapshot = MemoryViews(VIEWS)
        self.served.change(snapshot, self.behind, held)
        return snapshot


def test_a_snapshot_is_let_go_of_when_another_takes_its_place() -> None:
    holding = Holding()
    holding.show(1)
    assert holding.let_go == []

    holding.show(2)
    assert holding.let_go == [1]
    holding.served.let_go()
    assert holding.let_go == [1, 2]
    assert holding.served.now is holding.behind


def test_a_snapshot_that_somebody_reads_from_is_held_until_the_last_has_read() -> None:
    holding = Holding()
    first = holding.show(1)
    one, other = holding.served.snapshot(), holding.served.snapshot()

    with one as reads:
        with other:
            holding.show(2)
            assert reads is first
            assert holding.let_go == []
        assert holding.let_go == []
    assert holding.let_go == [1]

    with holding.served.snapshot() as now:
        assert now is not first
    assert holding.let_go == [1]


def test_a_log_is_kept_while_a_snapshot_is_held(tmp_path: Path) -> None:
    views = SQLiteViews(tmp_path / "views.sqlite", VIEWS)
    log = tmp_path / "views.sqlite-wal"
    views.save({}, 0, 1)
    with views.snapshot() as still:
        assert still is not None
        views.save({}, 1, 2)
        views.settle()
        assert (still.position(), views.position()) == (1, 2)
        assert log.stat().st_size > 0

    views.settle()

    assert log.stat().st_size == 0
    assert not views.outgrown
    views.close()
