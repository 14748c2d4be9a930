"""Files of views: one for each version; what each says of itself; what becomes of a failing one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import ValidationError

from events.errors import StorageError
from projections.catalogue import VIEWS
from projections.fold import Fold, catch_up
from projections.objects import OBJECTS
from projections.replay import audit
from projections.sqlite_snapshot import snapshot
from projections.sqlite_views import Made, SQLiteViews, file_name, look, stamp_of
from projections.views import DamagedViewsError, OtherViewsError, Query
from tests.district import the_district
from tests.test_views_contract import later, long_history, row


def test_views_of_another_version_are_refused_and_not_emptied(tmp_path: Path) -> None:
    store, changed = the_district().store(), (later(OBJECTS), *VIEWS[1:])
    first = SQLiteViews(tmp_path / file_name(VIEWS), VIEWS)
    catch_up(store, first)

    with pytest.raises(OtherViewsError):
        SQLiteViews(tmp_path / file_name(VIEWS), changed)
    beside = SQLiteViews(tmp_path / file_name(changed), changed)

    assert file_name(changed) != file_name(VIEWS)
    assert (first.position(), beside.position()) == (store.size(), 0)
    first.close()
    beside.close()


def test_an_older_file_is_read_by_the_versions_it_names(tmp_path: Path) -> None:
    file = tmp_path / "views"
    first = SQLiteViews(file, VIEWS)
    catch_up(the_district().store(), first)
    first.take_over()
    with first.datastore.transaction(commit=True) as cursor:
        cursor.execute("UPDATE made_with SET stamp = 'of a smaller vocabulary'")
    first.close()
    made = look(file)

    older = SQLiteViews(file, VIEWS, "older")

    assert made is not None
    assert made.versions == {view.name: view.version for view in VIEWS}
    assert (made.serves, made.position) == (True, older.position())
    assert audit(the_district().store(), older) == []
    older.close()
    with pytest.raises(OtherViewsError):
        SQLiteViews(file, [later(OBJECTS)], "older")


def test_a_file_that_is_only_read_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="missing"):
        SQLiteViews(tmp_path / "views", VIEWS, "read")

    assert list(tmp_path.iterdir()) == []
    assert look(tmp_path / "views") is None


def test_a_file_of_something_else_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "views").write_bytes(b"no database at all " * 1_000)

    with pytest.raises(DamagedViewsError):
        look(tmp_path / "views")
    with pytest.raises(DamagedViewsError):
        SQLiteViews(tmp_path / "views", VIEWS)


def test_a_full_disk_is_said_in_our_words_and_nothing_is_half_saved(tmp_path: Path) -> None:
    class Cramped(SQLiteViews):
        pages = 2**30

        @contextmanager
        def _writing(self) -> Iterator[Any]:
            with super()._writing() as cursor:
                cursor.execute(f"PRAGMA max_page_count = {self.pages}")
                yield cursor

    store, views = long_history(), Cramped(tmp_path / "views", VIEWS)
    fold = Fold(store, views, batch=100)
    fold.step()
    views.pages = 150
    with pytest.raises(StorageError, match="full"):
        fold.catch_up()
    left = views.position()
    views.pages = 2**30

    assert (left, fold.position) == (left // 100 * 100, left)
    assert fold.catch_up() == store.size()
    assert audit(store, views) == []
    views.close()


# ── what a file says of itself ─────────────────────────────────────────────────────


def made_by_hand(path: Path, columns: str, values: tuple[object, ...]) -> Path:
    """Leave a file as a program of long ago might have left it."""
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"CREATE TABLE made_with ({columns})")
        file.execute("CREATE TABLE tracking (application_name TEXT, notification_id INTEGER)")
        if values:
            marks = ", ".join("?" * len(values))
            file.execute(f"INSERT INTO made_with VALUES ({marks})", values)  # noqa: S608  ours
        file.commit()
    return path


def test_a_file_just_begun_says_its_stamp_and_does_not_serve_yet(tmp_path: Path) -> None:
    file = tmp_path / "views"
    SQLiteViews(file, VIEWS).close()

    versions = {view.name: view.version for view in VIEWS}
    assert look(file) == Made(stamp_of(VIEWS), versions, serves=False, position=0)


def test_a_file_of_a_program_that_said_less_serves_and_has_no_versions(tmp_path: Path) -> None:
    file = made_by_hand(tmp_path / "views", "stamp TEXT", ("old",))

    assert look(file) == Made("old", {}, serves=True, position=0)
    with pytest.raises(OtherViewsError, match=r"^views was folded by another version$"):
        SQLiteViews(file, [OBJECTS], "older")


def test_a_file_that_says_nothing_was_not_begun(tmp_path: Path) -> None:
    assert look(made_by_hand(tmp_path / "views", "stamp TEXT", ())) is None


def test_a_file_whose_versions_are_no_numbers_is_refused(tmp_path: Path) -> None:
    file = made_by_hand(
        tmp_path / "views", "stamp TEXT, versions TEXT", ("old", '{"objects": "two"}')
    )

    with pytest.raises(ValidationError):
        look(file)


def test_what_is_damaged_and_what_only_failed_are_told_apart_and_name_the_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "views").write_bytes(b"no database at all " * 1_000)
    with pytest.raises(DamagedViewsError, match=r"^views failed: .*not a database"):
        look(tmp_path / "views")
    with pytest.raises(DamagedViewsError, match=r"^views failed: .*not a database"):
        SQLiteViews(tmp_path / "views", VIEWS)

    views = SQLiteViews(tmp_path / "other", VIEWS)
    with pytest.raises(StorageError, match=r"^other failed: .*no such column") as failed:
        views.select(Query("objects", columns=("width",)))
    views.close()
    assert type(failed.value) is StorageError


def test_a_file_damaged_within_is_damaged_too(tmp_path: Path) -> None:
    views = SQLiteViews(tmp_path / "views", VIEWS)
    catch_up(the_district().store(), views)
    views.close()
    whole = (tmp_path / "views").read_bytes()
    views = SQLiteViews(tmp_path / "views", VIEWS, "read")
    (tmp_path / "views").write_bytes(whole[:8_192] + bytes(len(whole) - 8_192))

    with pytest.raises(DamagedViewsError, match=r"^views failed: .*malformed"):
        views.load("objects", ["a"])
    views.close()


# ── a snapshot ─────────────────────────────────────────────────────────────────────


def test_a_snapshot_stays_as_it_was_while_others_write(tmp_path: Path) -> None:
    views = SQLiteViews(tmp_path / "views", VIEWS)
    views.save({"objects": [row("a", 1, "old"), row("b", 3, "same")]}, 0, 3)

    with views.snapshot() as held:
        assert held is not None
        views.save({"objects": [row("a", 4, "new"), row("c", 5, "new")]}, 3, 5)

        assert held.views == views.views
        assert held.position() == 3
        assert held.load("objects", ["a", "c"]) == {"a": b"a"}
        told = held.select(Query("objects", columns=("name", "position")))
        assert [(one.key, *one.values) for one in told] == [("a", "old", 1), ("b", "same", 3)]
        assert held.count("objects") == 2
        assert held.count("objects", (("name", "=", "old"),)) == 1
    with views.snapshot() as held:
        assert held is not None
        assert (held.position(), held.count("objects")) == (5, 3)
        held.close()  # whoever made it lets go of it
        assert held.position() == 5
    views.close()


def test_a_snapshot_of_views_that_nothing_was_saved_in_stands_at_nothing(tmp_path: Path) -> None:
    views = SQLiteViews(tmp_path / "views", VIEWS)

    with views.snapshot() as held:
        assert held is not None
        assert (held.position(), held.count("objects")) == (0, 0)
    views.close()


def test_a_snapshot_is_only_read(tmp_path: Path) -> None:
    views = SQLiteViews(tmp_path / "views", VIEWS)
    views.save({"objects": [row("a")]}, 0, 1)

    with views.snapshot() as held:
        assert held is not None
        with pytest.raises(StorageError, match=r"^a snapshot is only read$"):
            held.save({"objects": [row("b", 2)]}, 1, 2)
        with pytest.raises(StorageError, match=r"^a snapshot is only read$"):
            held.reset()
    assert (views.position(), views.count("objects")) == (1, 1)
    views.close()


def test_a_snapshot_of_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "views").write_bytes(b"no database at all " * 1_000)

    with (
        pytest.raises(StorageError, match=r"^views failed: "),
        snapshot(tmp_path / "views", VIEWS, "views"),
    ):
        pass


def test_views_in_memory_have_no_snapshot() -> None:
    views = SQLiteViews(":memory:", VIEWS)

    with views.snapshot() as held:
        assert held is None
    views.close()
