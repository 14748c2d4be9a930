"""What only the views in MongoDB promise, beside the contract of every store of views."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from backend.mongodb.persistence import MongoDatastore
from backend.mongodb.views import MongoViews, drop, set_name, sets
from events.errors import StorageError
from projections.catalogue import VIEWS
from projections.devices import DEVICES
from projections.fold import Fold
from projections.objects import OBJECTS
from projections.replay import audit
from projections.view import View
from projections.views import (
    Cursor,
    MemoryViews,
    OtherViewsError,
    Query,
    Saved,
    StaleError,
)
from tests.district import the_district
from tests.mongodb import standin

Database = Callable[[], MongoDatastore]


def row(key: str, position: int = 1, name: str = "", found: int = 0) -> Saved:
    values = {"name": name, "open_findings": found}
    columns = tuple(
        values.get(column, "" if kind == "text" else 0) for column, kind in OBJECTS.columns.items()
    )
    return Saved(key, position, key.encode(), columns)


@pytest.fixture(scope="module")
def held(mongodb: str) -> Generator[MongoViews]:
    with (
        standin.database(mongodb) as name,
        closing(MongoDatastore(mongodb, name)) as datastore,
    ):
        yield MongoViews(datastore, VIEWS)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


@settings(max_examples=60)
@given(
    rows=st.dictionaries(TEXTS, st.tuples(TEXTS, st.integers(-2, 2)), max_size=8),
    bound=st.tuples(OPERATORS, TEXTS),
    numbers=st.lists(st.integers(-2, 2), max_size=3),
    order=st.sampled_from([(), ("open_findings",), ("name",), ("open_findings", "name")]),
    falling=st.booleans(),
    limit=st.none() | st.integers(1, 5),
)
def test_any_paging_selects_what_it_selects_in_memory(
    held: MongoViews,
    rows: dict[str, tuple[str, int]],
    bound: tuple[str, str],
    numbers: list[int],
    order: tuple[str, ...],
    falling: bool,
    limit: int | None,
) -> None:
    saved = {"objects": [row(key, 1, name, n) for key, (name, n) in rows.items()]}
    memory = MemoryViews(VIEWS)
    memory.save(saved, 0, 1)
    held.collection("objects").delete_many({})
    held.save(saved, held.position(), held.position() + 1)
    where = (("name", *bound), ("name", "!=", "x"), ("open_findings", "in", [*numbers, 0, 1]))
    after: Cursor | None = None
    while True:
        query = Query(
            "objects", columns=("name", "open_findings"), where=where, order=order,  # type: ignore[arg-type]
            falling=falling, after=after, limit=limit, document=True,
        )  # fmt: skip
        page = memory.select(query)
        assert held.select(query) == page
        if not page or limit is None:
            break
        values = dict(zip(query.columns, page[-1].values, strict=True))
        after = (*(values[name] for name in order), page[-1].key)
    assert held.count("objects", where) == memory.count("objects", where)  # type: ignore[arg-type]


def test_what_fails_in_the_middle_of_a_save_is_not_saved_at_all(database: Database) -> None:
    views = MongoViews(database(), VIEWS)
    views.save({"objects": [row("a", 1, "old")]}, 0, 1)
    too_long = Saved("x", 2, b"", tuple(2**70 for _ in DEVICES.columns))

    with pytest.raises(StorageError):
        views.save({"objects": [row("a", 2, "new")], "devices": [too_long]}, 1, 2)

    assert views.position() == 1
    assert views.select(Query("objects", columns=("name",)))[0].values == ("old",)
    views.save({"objects": [row("a", 2, "new")]}, 1, 2)


def test_what_was_absent_when_looked_for_may_have_come_since(database: Database) -> None:
    views, other = MongoViews(database(), VIEWS), MongoViews(database(), VIEWS)
    views.load("objects", ["a", "b"])
    other.save({"objects": [row("a", 1, "first")]}, 0, 0)

    views.save({"objects": [row("a", 2, "second"), row("b", 2)]}, 0, 2)

    found = views.select(Query("objects", columns=("name", "position")))
    assert [(one.key, one.values) for one in found] == [("a", ("second", 2)), ("b", ("", 2))]


def test_a_save_that_moves_no_position_still_excludes_another(database: Database) -> None:
    one, other = MongoViews(database(), VIEWS), MongoViews(database(), VIEWS)
    one.save({"objects": [row("a")]}, 0, 0)
    other.save({"objects": [row("a")]}, 0, 3)

    with pytest.raises(StaleError, match="stand at 3, not at 0"):
        one.save({"objects": [row("a", name="late")]}, 0, 0)


def newer() -> Sequence[View]:
    return [structs.replace(OBJECTS, version=99), *VIEWS[1:]]


def test_whoever_only_reads_writes_nothing(database: Database) -> None:
    with pytest.raises(OtherViewsError):
        MongoViews(database(), VIEWS, "read")

    assert database().database.list_collection_names() == []


def test_sets_say_what_they_are_and_which_of_them_serves(database: Database) -> None:
    datastore, store = database(), the_district().store()
    Fold(store, MongoViews(datastore, newer()), batch=10).step()
    own = MongoViews(datastore, VIEWS)
    Fold(store, own).catch_up()
    assert not own.serves

    own.take_over()

    said = {one.name: (one.serves, one.position) for one in sets(datastore)}
    assert said == {set_name(VIEWS): (True, store.size()), set_name(newer()): (False, 10)}
    assert own.serves
    versions = next(one.versions for one in sets(datastore) if not one.serves)
    assert versions["objects"] == 99


def test_an_older_set_is_read_with_those_of_its_views_that_are_known(database: Database) -> None:
    datastore, store = database(), the_district().store()
    Fold(store, MongoViews(datastore, newer())).catch_up()

    older = MongoViews(datastore, VIEWS[1:], "older", set_name(newer()))

    assert audit(store, older) == []
    with pytest.raises(OtherViewsError):
        MongoViews(datastore, VIEWS, "older", set_name(newer()))


def test_a_set_that_is_dropped_leaves_nothing_and_takes_no_more(database: Database) -> None:
    datastore, store = database(), the_district().store()
    MongoViews(datastore, newer())
    fold = Fold(store, MongoViews(datastore, VIEWS), batch=10)
    fold.step()

    drop(datastore, set_name(VIEWS))

    with pytest.raises(OtherViewsError):
        fold.step()
    assert [one.name for one in sets(datastore)] == [set_name(newer())]
    left = datastore.database.list_collection_names()
    assert [name for name in left if name.startswith(set_name(VIEWS))] == []


def test_whoever_folds_while_views_are_emptied_is_refused(database: Database) -> None:
    datastore = database()
    views = MongoViews(datastore, VIEWS)
    views.save({"objects": [row("a")]}, 0, 1)
    views.tracking.update_one({"_id": views.name}, {"$set": {"n": -1}})

    for after in (0, 1):
        with pytest.raises(StaleError):
            views.save({"objects": [row("b")]}, after, 2)

    again = MongoViews(datastore, VIEWS)
    again.save({"objects": [row("b")]}, 0, 2)
    assert [found.key for found in again.select(Query("objects"))] == ["b"]


def test_no_index_has_more_fields_than_mongodb_takes() -> None:
    assert max(len(index) + 1 for view in VIEWS for index in view.indexes) <= 32
