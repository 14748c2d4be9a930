"""Replay: as of any moment; and a planted difference is named."""

from pathlib import Path

import pytest

from events.inspections import InspectionStarted
from projections.catalogue import VIEWS
from projections.fold import catch_up, position_at
from projections.inspections import INSPECTIONS
from projections.replay import Difference, audit, compare, replay
from projections.sqlite_views import SQLiteViews
from projections.views import Query
from tests.district import the_district
from tests.histories import History, a_completion, a_visit, an_id, local

Statement = tuple[str, tuple[object, ...]]


@pytest.fixture
def served(tmp_path: Path) -> SQLiteViews:
    views = SQLiteViews(tmp_path / "views", VIEWS)
    catch_up(the_district().store(), views)
    return views


def planted(served: SQLiteViews, statement: str, *values: object) -> list[Difference]:
    with served.datastore.transaction(commit=True) as cursor:
        cursor.execute(statement, values)  # type: ignore[arg-type]
    found = audit(the_district().store(), served)
    served.close()
    return found


def test_what_is_served_is_what_replays(served: SQLiteViews) -> None:
    assert audit(the_district().store(), served) == []
    served.close()


def test_a_changed_column_is_named(served: SQLiteViews) -> None:
    found = planted(
        served, "UPDATE view_objects SET last_on = '2026-12-24' WHERE key = ?", an_id("D")
    )

    assert found == [
        Difference("objects", an_id("D"), "columns.last_on", "2026-12-24", "2026-04-01")
    ]


def test_a_changed_document_is_named_down_to_the_value(served: SQLiteViews) -> None:
    key = an_id("05")
    document = INSPECTIONS.decode(served.load("inspections", [key])[key])
    (ref,) = [ref for ref, one in document.rows.items() if hasattr(one, "unanswered")]
    document.rows[ref] = _answered(document.rows[ref])

    found = planted(
        served,
        "UPDATE view_inspections SET document = ? WHERE key = ?",
        INSPECTIONS.encode(document),
        key,
    )

    assert found == [Difference("inspections", key, f"rows.{ref}.unanswered", [], ["GE-3"])]


def _answered(row: object) -> object:
    from msgspec import structs

    return structs.replace(row, unanswered=())  # type: ignore[type-var]


def test_a_missing_and_an_extra_document_are_named(served: SQLiteViews) -> None:
    found = planted(served, "UPDATE view_items SET key = 'X99' WHERE key = 'X1'")

    assert [(one.view, one.key, one.served is None, one.replayed is None) for one in found] == [
        ("items", "X99", False, True),
        ("items", "X1", True, False),
    ]


def test_an_unreadable_document_is_named(served: SQLiteViews) -> None:
    found = planted(served, "UPDATE view_areas SET document = x'c1'") + planted_in_devices(served)

    assert {one.view for one in found} <= {"areas", "devices"}


def planted_in_devices(served: SQLiteViews) -> list[Difference]:
    again = SQLiteViews(served.datastore.pool.db_name, VIEWS)
    found = planted(again, "UPDATE view_devices SET document = x'c1'")
    assert found
    assert all(one.served == "c1" for one in found)
    return found


def test_a_position_that_claims_too_much_is_named(served: SQLiteViews) -> None:
    found = planted(served, "UPDATE tracking SET notification_id = 9999")

    assert [(one.path, one.served) for one in found] == [("position", 9999)]


def test_views_that_are_behind_are_compared_with_where_they_stand(tmp_path: Path) -> None:
    store = the_district().store()
    views = SQLiteViews(tmp_path / "behind", VIEWS)
    catch_up(store, views, until=40)

    assert audit(store, views) == []
    assert compare(replay(store, VIEWS, until=39), views)[0] == Difference(
        "", "", "position", 40, 39
    )
    views.close()


def test_which_entry_touched_a_row_last_is_compared(served: SQLiteViews) -> None:
    found = planted(served, "UPDATE view_items SET position = 999 WHERE key = 'X1'")

    assert [(one.view, one.key, one.path, one.served) for one in found] == [
        ("items", "X1", "columns.position", 999)
    ]


def test_what_is_in_one_document_only_is_named_with_its_path(served: SQLiteViews) -> None:
    key = an_id("05")
    document = INSPECTIONS.decode(served.load("inspections", [key])[key])
    ref = min(document.rows)
    gone = document.rows.pop(ref)
    document.rows["of nobody"] = gone

    found = planted(
        served,
        "UPDATE view_inspections SET document = ? WHERE key = ?",
        INSPECTIONS.encode(document),
        key,
    )

    assert [(one.path, one.served is None, one.replayed is None) for one in found] == [
        *sorted([(f"rows.{ref}", True, False), ("rows.of nobody", False, True)])
    ]


def test_replay_stops_at_a_position_or_a_time_of_record() -> None:
    store = the_district().store()
    late = store.read(store.size() - 2, 1)[0]

    assert replay(store, VIEWS, until=30).position() == 30
    assert position_at(store, late.record().received_at - 1) == late.position - 1
    assert position_at(store, late.record().received_at) == store.size()
    assert replay(store, VIEWS, received_until=0).position() == 0


def test_a_view_as_of_a_time_knows_no_more_than_was_known_then() -> None:
    history = History()
    visit = a_visit("one", "thing", "2026-01-05")
    started = InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
    history.record(started, local("2026-01-05"), "tablet", received=100)
    history.record(a_completion(visit), local("2026-01-05"), "tablet", received=200)

    def column(received_until: int) -> object:
        views = replay(history.store(), VIEWS, received_until=received_until)
        return views.select(Query("inspections", columns=("completed_on",)))[0].values[0]

    assert column(199) == ""
    assert column(200) == "2026-01-05"
