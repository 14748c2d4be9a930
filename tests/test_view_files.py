"""Files of views: one for each version; what each says of itself; what becomes of a failing one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from events.errors import StorageError
from projections.catalogue import VIEWS
from projections.fold import Fold, catch_up
from projections.objects import OBJECTS
from projections.replay import audit
from projections.sqlite_views import SQLiteViews, file_name, look
from projections.views import DamagedViewsError, OtherViewsError
from tests.district import the_district
from tests.test_views_contract import later, long_history


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
