"""What only the views in MongoDB promise, beside the contract of every store of views."""

from collections.abc import Callable, Generator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from backend.mongodb.persistence import MongoDatastore
from backend.mongodb.views import MongoViews
from events.errors import StorageError
from projections.catalogue import VIEWS
from projections.devices import DEVICES
from projections.fold import Fold
from projections.objects import OBJECTS
from projections.replay import audit
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
        closing(MongoViews(MongoDatastore(mongodb, name), VIEWS)) as views,
    ):
        yield views


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
    held._of("objects").delete_many({})
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


def test_a_save_that_moves_no_position_still_excludes_another(database: Database) -> None:
    one, other = MongoViews(database(), VIEWS), MongoViews(database(), VIEWS)
    one.save({"objects": [row("a")]}, 0, 0)
    other.save({"objects": [row("a")]}, 0, 3)

    with pytest.raises(StaleError, match="stand at 3, not at 0"):
        one.save({"objects": [row("a", name="late")]}, 0, 0)


def test_a_runner_of_an_older_version_can_save_no_more(database: Database) -> None:
    older = MongoViews(database(), VIEWS)
    store = the_district().store()
    fold = Fold(store, older, batch=10)
    fold.step()
    newer = MongoViews(database(), [structs.replace(OBJECTS, version=99), *VIEWS[1:]])

    with pytest.raises(OtherViewsError):
        fold.step()

    assert newer.position() == 0
    with pytest.raises(OtherViewsError):
        MongoViews(database(), VIEWS, rebuild=False)


def test_whoever_only_reads_writes_nothing(database: Database) -> None:
    with pytest.raises(OtherViewsError):
        MongoViews(database(), VIEWS, rebuild=False)

    assert database().database.list_collection_names() == []


def test_two_that_empty_at_once_leave_views_that_are_whole(database: Database) -> None:
    store = the_district().store()
    first = MongoViews(database(), VIEWS)
    Fold(store, first).catch_up()
    emptied = MongoDatastore.collection

    def overtaken(datastore: MongoDatastore, name: str) -> object:
        if name == "view_devices" and datastore is slow_database:
            del slow_database.collection  # type: ignore[attr-defined]
            MongoViews(database(), [structs.replace(OBJECTS, version=7), *VIEWS[1:]]).close()
        return emptied(datastore, name)

    slow_database = database()
    slow_database.collection = lambda name: overtaken(slow_database, name)  # type: ignore[method-assign,assignment,return-value]
    newer = MongoViews(slow_database, [structs.replace(OBJECTS, version=8), *VIEWS[1:]])

    assert newer.position() == 0
    assert Fold(store, newer).catch_up() == store.size()
    assert audit(store, newer) == []


def test_no_index_has_more_fields_than_mongodb_takes() -> None:
    assert max(len(index) + 1 for view in VIEWS for index in view.indexes) <= 32
