"""What every store of views promises, asked of each."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from backend.mongodb.persistence import MongoDatastore
from backend.mongodb.views import MongoViews
from events.inspections import InspectionStarted
from events.store import Stored
from projections.catalogue import VIEWS
from projections.fold import Fold, catch_up
from projections.objects import OBJECTS
from projections.replay import audit, compare, replay
from projections.sqlite_views import SQLiteViews, file_name
from projections.view import View
from projections.views import (
    Condition,
    Cursor,
    Found,
    MemoryViews,
    Query,
    Saved,
    StaleError,
    ViewStore,
    last_of,
    touched,
)
from tests.district import the_district
from tests.drawn_histories import Drawn, histories
from tests.histories import History, Shelf, a_visit, local

Opened = Callable[[Sequence[View]], ViewStore]


def opener(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    if kind == "memory":
        return MemoryViews
    if kind == "sqlite":
        return lambda views: SQLiteViews(tmp_path / file_name(views), views)
    database: Callable[[], MongoDatastore] = request.getfixturevalue("database")
    return lambda views: MongoViews(database(), views)


@pytest.fixture(params=["memory", "sqlite", "mongodb"])
def views(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ViewStore]:
    opened = opener(request.param, request, tmp_path)(VIEWS)
    assert isinstance(opened, ViewStore)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "mongodb"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same views again and again."""
    return opener(request.param, request, tmp_path)


def row(key: str, position: int = 1, name: str = "", last_on: str = "", found: int = 0) -> Saved:
    values = {"name": name, "last_on": last_on, "open_findings": found}
    columns = tuple(
        values.get(column, "" if kind == "text" else 0) for column, kind in OBJECTS.columns.items()
    )
    return Saved(key, position, key.encode(), columns)


def test_documents_come_back_as_they_went_in(views: ViewStore) -> None:
    views.save({"objects": [row("a"), row("b")]}, 0, 2)

    assert views.load("objects", ["a", "b", "c"]) == {"a": b"a", "b": b"b"}
    assert views.load("inspections", ["a"]) == {}
    assert views.position() == 2


def test_a_later_save_takes_the_place_of_an_earlier_one(views: ViewStore) -> None:
    views.save({"objects": [row("a", 1, "old")]}, 0, 1)
    views.save({"objects": [row("a", 2, "new")]}, 1, 2)

    assert views.select(Query("objects", columns=("name", "position"))) == [Found("a", ("new", 2))]


def test_rows_of_one_save_are_new_or_changed_each_in_its_own_columns(views: ViewStore) -> None:
    views.save({"objects": [row(key, 1, "old") for key in "abc"]}, 0, 1)
    other = row("b", 2, "old")._replace(document=b"touched")
    views.save({"objects": [row("a", 2, "new"), other, row("d", 2, "fresh")]}, 1, 2)

    found = views.select(Query("objects", columns=("name", "position"), document=True))
    assert found == [
        Found("a", ("new", 2), b"a"),
        Found("b", ("old", 2), b"touched"),
        Found("c", ("old", 1), b"c"),
        Found("d", ("fresh", 2), b"d"),
    ]
    assert views.count("objects", (("name", "=", "old"),)) == 2


def test_a_stale_runner_is_refused_and_changes_nothing(views: ViewStore) -> None:
    views.save({"objects": [row("a", 5, "new")]}, 0, 5)

    with pytest.raises(StaleError, match="stand at 5, not at 3") as refused:
        views.save({"objects": [row("a", 4, "old")]}, 3, 9)

    assert (refused.value.held, refused.value.expected) == (5, 3)
    assert views.select(Query("objects", columns=("name",))) == [Found("a", ("new",))]
    assert views.position() == 5


def test_a_runner_that_was_overtaken_goes_on_from_where_the_other_is(views: ViewStore) -> None:
    store = the_district().store()
    slow = Fold(store, views, batch=10)
    slow.step()
    catch_up(store, views)

    with pytest.raises(StaleError):
        slow.step()

    assert slow.catch_up() == store.size()
    assert audit(store, views) == []


def test_rows_are_paged_in_order_without_gap_or_repetition(views: ViewStore) -> None:
    dates = ["", "2026-01-01", "2026-01-01", "2026-02-01", ""]
    views.save({"objects": [row(f"k{n}", last_on=day) for n, day in enumerate(dates)]}, 0, 1)

    for falling in (False, True):
        seen: list[str] = []
        after: Cursor | None = None
        while page := views.select(
            Query(
                "objects",
                columns=("last_on",),
                order=("last_on",),
                falling=falling,
                after=after,
                limit=2,
            )
        ):
            seen += [found.key for found in page]
            after = (*page[-1].values, page[-1].key)
        expected = ["k0", "k4", "k1", "k2", "k3"]
        assert seen == (expected[::-1] if falling else expected)


def test_rows_are_chosen_by_conditions_that_all_hold(views: ViewStore) -> None:
    rows = [row("a", 1, "x", found=1), row("b", 2, "y", found=2), row("c", 3, "x", found=3)]
    views.save({"objects": rows}, 0, 3)

    def chosen(*where: Condition, **other: Any) -> str:  # noqa: ANN401  members of a query
        found = views.select(Query("objects", where=where, **other))
        assert views.count("objects", where) == len(found) or other
        return "".join(one.key for one in found)

    assert chosen() == "abc"
    assert chosen(("name", "=", "x")) == "ac"
    assert chosen(("name", "=", "x"), ("open_findings", ">", 1)) == "c"
    assert chosen(("open_findings", "in", [1, 2, 9])) == "ab"
    assert chosen(("open_findings", "in", [])) == ""
    assert chosen(("key", "in", ("c", "b")), ("name", "!=", "x")) == "b"
    assert chosen(("position", "<=", 2), ("position", ">=", 2)) == "b"
    assert chosen(("open_findings", "<", 3), after=("a",)) == "b"
    assert chosen(("name", "=", "x"), limit=1) == "a"
    assert chosen(limit=0) == ""


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)


def test_the_last_row_of_each_group_is_found_of_all_or_of_some(views: ViewStore) -> None:
    held = [
        row("a", 1, "x", "2026-01-01"),
        row("b", 1, "x", "2026-02-01", 1),
        row("c", 1, "x", "2026-02-01", 1),
        row("d", 1, "x", "2026-03-01"),
        row("e", 1, "y", "2025-01-01", 1),
        row("f", 1, "z", "2026-01-01"),
    ]
    views.save({"objects": held}, 0, 1)
    asked = Query("objects", columns=("name", "last_on"), order=("last_on",))
    open_ones = structs.replace(asked, where=(("open_findings", ">", 0),), document=True)

    every = last_of(views, asked, "name", ["x", "y", "z", "nobody"])
    some = last_of(views, open_ones, "name", ["x", "z", "y"])

    assert sorted(one.key for one in every) == ["d", "e", "f"]
    assert sorted(some) == [
        Found("c", ("x", "2026-02-01"), b"c"),
        Found("e", ("y", "2025-01-01"), b"e"),
    ]
    assert last_of(views, asked, "name", []) == []


def test_a_word_among_others_is_found_and_no_part_of_one(views: ViewStore) -> None:
    texts = {"a": "one", "b": "two one", "c": "one two", "d": "three one two", "e": "ones", "f": ""}
    views.save({"objects": [row(key, 1, text) for key, text in texts.items()]}, 0, 1)

    def having(word: str) -> list[str]:
        return [
            found.key for found in views.select(Query("objects", where=(("name", "has", word),)))
        ]

    assert having("one") == ["a", "b", "c", "d"]
    assert having("two") == ["b", "c", "d"]
    assert having("on") == having("o.e") == []
    assert views.count("objects", (("name", "has", "three"), ("name", "!=", ""))) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.dictionaries(TEXTS, st.tuples(TEXTS, st.integers(-2, 2)), max_size=6),
    bounds=st.tuples(TEXTS, st.integers(-2, 2)),
    falling=st.booleans(),
    limit=st.integers(0, 5),
)
def test_both_adapters_select_the_same_rows(
    rows: dict[str, tuple[str, int]], bounds: tuple[str, int], falling: bool, limit: int
) -> None:
    saved = {"objects": [row(key, 1, name, found=n) for key, (name, n) in rows.items()]}
    both = MemoryViews(VIEWS), SQLiteViews(":memory:", VIEWS)
    for one in both:
        one.save(saved, 0, 1)
    name, number = bounds
    for operator in ("=", "!=", "<", "<=", ">", ">="):
        query = Query(
            "objects",
            columns=("name", "open_findings"),
            where=(("name", operator, name), ("open_findings", "in", [number, 0])),
            order=("open_findings", "name"),
            falling=falling,
            after=(number, name, ""),
            limit=limit,
            document=True,
        )
        assert both[0].select(query) == both[1].select(query)
        assert both[0].count("objects", query.where) == both[1].count("objects", query.where)
    both[1].close()


def test_what_was_touched_behind_a_position_can_be_pulled(views: ViewStore) -> None:
    views.save({"objects": [row("a", 3), row("b", 7), row("c", 5)]}, 0, 7)

    assert touched(views, "objects", 3, 10) == [Found("c", (5,), b"c"), Found("b", (7,), b"b")]
    assert [found.key for found in touched(views, "objects", 0, 2)] == ["a", "c"]


def test_emptied_views_start_again(views: ViewStore) -> None:
    store = the_district().store()
    catch_up(store, views)

    views.reset()

    assert views.position() == 0
    assert views.select(Query("objects")) == []
    assert catch_up(store, views) == store.size()
    assert audit(store, views) == []


@given(histories(most=8), st.integers(1, 4), st.data())
def test_folding_by_steps_ends_where_folding_at_once_does(
    drawn: Drawn, batch: int, data: st.DataObject
) -> None:
    store = Shelf(drawn.records)
    target = MemoryViews(VIEWS)
    middle = data.draw(st.integers(0, store.size()))

    assert catch_up(store, target, batch=batch, until=middle) == middle
    assert compare(replay(store, VIEWS, until=middle), target) == []
    assert catch_up(store, target, batch=batch) == store.size()
    assert audit(store, target) == []


def test_nothing_new_is_no_step(views: ViewStore) -> None:
    assert not Fold(Shelf([]), views).step()


def test_a_failure_in_the_middle_leaves_no_trace(views: ViewStore) -> None:
    class Failing(Shelf):
        fails = False

        def read(self, after: int, limit: int, tags: Sequence[str] = ()) -> list[Stored]:
            found = list(super().read(after, limit, tags))
            if self.fails and after:
                broken = found[-1]._replace(state=b"")
                return [*found[:-1], broken]
            return found

    store = Failing(the_district().records)
    fold = Fold(store, views, batch=10)
    store.fails = True
    with pytest.raises(Exception, match=r".+"):
        fold.catch_up()
    store.fails = False

    assert fold.position == views.position() == 10
    assert fold.catch_up() == store.size()
    assert audit(store, views) == []


def test_a_save_that_fails_half_way_saves_nothing_and_forgets_what_was_changed() -> None:
    class Torn(MemoryViews):
        tears = True

        def save(self, documents: object, after: int, position: int) -> None:
            if self.tears and after:
                raise OSError("disk full")
            super().save(documents, after, position)  # type: ignore[arg-type]

    store, views = the_district().store(), Torn(VIEWS)
    fold = Fold(store, views, batch=10)
    with pytest.raises(OSError, match="disk full"):
        fold.catch_up()
    views.tears = False

    fold.catch_up()
    assert audit(store, views) == []


# ── opened again ───────────────────────────────────────────────────────────────────


def test_views_are_kept_and_read_again(opened: Opened) -> None:
    store = the_district().store()
    first = opened(VIEWS)
    catch_up(store, first)
    first.close()

    again = opened(VIEWS)

    assert again.position() == store.size()
    assert audit(store, again) == []
    again.close()


def later(view: View) -> View:
    return structs.replace(view, version=view.version + 1)


def wider(view: View) -> View:
    return structs.replace(view, indexes=(*view.indexes, ("village",)))


@pytest.mark.parametrize("change", [later, wider])
def test_views_of_another_version_are_folded_anew_beside_the_others(
    opened: Opened, change: Callable[[View], View]
) -> None:
    store = the_district().store()
    first = opened(VIEWS)
    catch_up(store, first)
    first.close()

    changed = opened([change(OBJECTS), *VIEWS[1:]])

    assert changed.position() == 0
    assert changed.select(Query("inspections")) == []
    assert catch_up(store, changed) == store.size()
    changed.close()
    first = opened(VIEWS)
    assert audit(store, first) == []
    first.close()


def test_a_new_word_in_the_vocabulary_has_views_folded_anew(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(VIEWS)
    first.save({"objects": [row("a")]}, 0, 1)
    first.close()
    monkeypatch.setattr(
        "projections.catalogue.vocabulary.types", lambda: {"thing-invented.v1": InspectionStarted}
    )

    again = opened(VIEWS)
    assert again.position() == 0
    again.close()


def test_two_processes_cannot_fold_past_each_other(opened: Opened) -> None:
    store = the_district().store()
    one, other = opened(VIEWS), opened(VIEWS)
    behind = Fold(store, one, batch=10)
    behind.step()
    Fold(store, other, batch=30).step()

    with pytest.raises(StaleError):
        behind.step()

    assert behind.catch_up() == store.size()
    assert audit(store, other) == []
    one.close()
    other.close()


def long_history() -> Shelf:
    history = History()
    for n in range(3000):
        visit = a_visit(f"inspection {n}", f"object {n % 40}", "2026-03-01", items=("X1",))
        started = InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
        history.record(started, local("2026-03-01"), f"log {n % 3}")
    return history.store()


def fold_until_killed(file: Path) -> None:
    views = SQLiteViews(file, VIEWS)
    fold = Fold(long_history(), views, batch=20)
    for _ in range(20):
        fold.step()
    (file.parent / "going").touch()
    fold.catch_up()


def test_a_killed_runner_leaves_documents_and_position_together(tmp_path: Path) -> None:
    file = tmp_path / "views"
    process = multiprocessing.get_context("spawn").Process(target=fold_until_killed, args=(file,))
    process.start()
    while not (tmp_path / "going").exists():
        process.join(0.01)
        assert process.is_alive(), "it ended before it could be killed"
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    left = SQLiteViews(file, VIEWS)
    assert left.position() >= 400
    assert audit(long_history(), left) == []
    assert catch_up(long_history(), left) == 3000
    assert audit(long_history(), left) == []
    left.close()
