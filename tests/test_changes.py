"""What differs between two moments, and the entries that made the difference."""

from datetime import date

import pytest

from events.ids import id_text
from events.inspections import InspectionStarted
from events.register import ObjectClosed, ObjectListed
from projections.changes import Between, Changes, of_figures, of_numbers, of_rows
from projections.coverage import coverage
from projections.figures import Figure, figure
from projections.replay import COVERAGE
from projections.spans import Span
from projections.views import MemoryViews, Query
from tests.histories import History, a_completion, a_correction, a_log, a_visit, an_id, local

YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
DAY = date(2026, 12, 31)
FIRST, LAST = local("2026-03-01"), local("2026-04-01")


def listed(name: str, township: str = "440804001") -> ObjectListed:
    return ObjectListed(
        object=an_id(name),
        object_type="social_association",
        domain="social_organization",
        township=township,
        valid_from=date(2020, 1, 1),
        name=name,
    )


def three_objects() -> History:
    """Three objects, of which A was inspected before the first moment."""
    history = History()
    for name in "ABC":
        history.record(listed(name), FIRST - 9, received=FIRST - 9)
    inspect(history, "visit A", "A", "2026-02-01", received=FIRST)
    return history


def inspect(history: History, name: str, thing: str, day: str, received: int) -> None:
    visit = a_visit(name, thing, day)
    started = InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
    history.record(started, local(day), f"tablet {thing}", received)
    history.record(a_completion(visit), local(day, "11:00"), f"tablet {thing}", received)


def between(history: History, first: int, last: int | None = None) -> Between:
    store = history.store()
    return Between(store, COVERAGE, first, store.size() if last is None else last)


def objects(views: MemoryViews) -> dict[str, Figure]:
    found = coverage(views, YEAR, DAY)
    return {"objects": found.objects, **found.townships}


def figures(history: History, first: int, since: int = FIRST) -> Changes:
    found = between(history, first)
    return found.explained(of_figures(objects(found.before), objects(found.after), ()), since)


def list_rows(views: MemoryViews) -> list[dict[str, object]]:
    columns = ("township", "ended_on")
    return [
        {"object": row.key, **dict(zip(columns, row.values, strict=True))}
        for row in views.select(Query("objects", columns=columns))
    ]


def rows(history: History, first: int) -> Changes:
    found = between(history, first)
    changed = of_rows(list_rows(found.before), list_rows(found.after), ("object",), lambda _: ())
    return found.explained(changed, FIRST)


def test_a_late_inspection_moves_a_figure_and_is_named_as_late() -> None:
    history = three_objects()
    then = history.store().size()
    inspect(history, "visit B", "B", "2026-02-20", received=LAST)
    inspect(history, "again A", "A", "2026-03-20", received=LAST)

    found = figures(history, then)

    (whole, township) = found.rows
    assert (whole.key, whole.kind) == ("objects", "changed")
    assert (whole.then, whole.now) == (
        {"done": 1, "of": 3, "words": "33.3%"},
        {"done": 2, "of": 3, "words": "66.7%"},
    )
    assert whole.keys == {an_id("B"): ("0/1", "1/1")}
    assert whole.causes == township.causes == (then + 1, then + 2)
    assert [(one.position, one.late, one.sequence) for one in found.entries] == [
        (then + 1, True, 1),
        (then + 2, True, 2),
    ]
    assert found.entries[1].log == a_log("tablet B")
    assert found.entries[1].tag == "inspection-completed.v1"
    assert ("inspections", an_id("visit B")) in found.entries[1].touched
    assert (found.entries[1].happened_at, found.entries[1].received_at) == (
        local("2026-02-20", "11:00"),
        LAST,
    )
    assert found.whole


def test_what_happened_at_the_first_moment_or_after_it_is_not_late() -> None:
    history = three_objects()
    then = history.store().size()
    inspect(history, "visit B", "B", "2026-03-20", received=LAST)

    assert [one.late for one in figures(history, then).entries] == [False, False]
    same = local("2026-03-20", "11:00")
    assert [one.late for one in figures(history, then, since=same).entries] == [True, False]


def test_a_denominator_that_grew_or_shrank_names_the_register() -> None:
    history = three_objects()
    then = history.store().size()
    history.record(listed("D"), LAST, received=LAST)
    history.record(
        ObjectClosed(object=an_id("C"), valid_to=date(2025, 6, 1), reason="ended"),
        LAST,
        received=LAST,
    )

    whole = figures(history, then).rows[0]

    assert (whole.then["of"], whole.now["of"]) == (3, 3)
    assert whole.keys == {an_id("D"): (None, "0/1"), an_id("C"): ("0/1", None)}
    assert whole.causes == (then + 1, then + 2)


def test_a_correction_that_moves_an_inspection_is_behind_both_objects() -> None:
    history = three_objects()
    wrong, right = a_visit("moved", "A", "2026-02-02"), a_visit("moved", "B", "2026-02-02")
    started = InspectionStarted(visit=wrong, checklist="CL-GE-1", version=1)
    history.record(started, local("2026-02-02"), "tablet B", FIRST)
    target = history.record(a_completion(wrong), local("2026-02-02"), "tablet B", FIRST)
    then = history.store().size()
    history.record(a_correction(target, a_completion(right), right, wrong), LAST, "office 2", LAST)

    whole = figures(history, then).rows[0]

    assert whole.keys == {an_id("B"): ("0/1", "1/1")}
    assert whole.causes == (then + 1,)


def test_rows_that_came_went_and_changed_are_told_with_their_entries() -> None:
    history = three_objects()
    then = history.store().size()
    history.record(listed("D"), LAST, received=LAST)
    history.record(
        ObjectClosed(object=an_id("C"), valid_to=date(2026, 3, 1), reason="ended"),
        LAST,
        received=LAST,
    )

    found = {one.key: one for one in rows(history, then).rows}

    assert found.keys() == {an_id("C"), an_id("D")}
    assert (found[an_id("D")].kind, found[an_id("D")].causes) == ("came", (then + 1,))
    assert found[an_id("C")].then == {"ended_on": "9999-12-31"}
    assert found[an_id("C")].now == {"ended_on": "2026-03-01"}
    assert found[an_id("C")].causes == (then + 2,)


def test_backwards_rows_went() -> None:
    gone = [{"key": "a", "name": "x"}]

    ((change, behind),) = of_rows(gone, [], ("key",), lambda key: (f"also {key}",))

    assert (change.kind, change.then, change.now) == ("went", gone[0], {})
    assert behind == ("a", "also a")


def test_figures_and_numbers_that_came_went_or_changed_are_told_in_the_order_of_their_names() -> (
    None
):
    same, one, other = figure("ab", "a"), figure("ab", "a"), figure("ab", "ab")
    then = {"same": same, "changed": one, "went": one, "hidden": one}
    now = {"same": same, "changed": other, "hidden": other, "came": one}

    told = [found for found, _ in of_figures(then, now, {"hidden"})]

    assert [(found.key, found.kind) for found in told] == [
        ("changed", "changed"), ("went", "went"), ("hidden", "changed"), ("came", "came"),
    ]  # fmt: skip
    half = {"done": 1, "of": 2, "words": "50.0%"}
    assert (told[0].then, told[0].now["done"], told[0].keys) == (half, 2, {"b": ("0/1", "1/1")})
    assert (told[1].then, told[1].now) == (half, {})
    assert (told[2].then, told[2].now, told[2].keys) == ({}, {}, {})
    numbers = list(of_numbers({"a": 1.0, "b": None}, {"a": 1.0, "b": 2.0, "c": 3.0}))
    assert [
        (found.key, found.kind, found.then, found.now, behind) for found, behind in numbers
    ] == [
        ("b", "changed", {"number": None}, {"number": 2.0}, None),
        ("c", "changed", {"number": None}, {"number": 3.0}, None),
    ]


def test_a_row_that_changed_is_told_by_all_members_of_its_key() -> None:
    then, now = ([{"a": 1, "b": "x", "n": n}] for n in (1, 2))

    ((change, behind),) = of_rows(then, now, ("a", "b"), lambda _: ())

    assert (change.key, change.kind, change.then, change.now) == (
        "1|x",
        "changed",
        {"n": 1},
        {"n": 2},
    )
    assert behind == ("1|x",)


def test_where_nothing_differs_no_entry_is_named() -> None:
    history = three_objects()
    then = history.store().size()
    inspect(history, "again A", "A", "2026-03-20", received=LAST)

    assert figures(history, then) == Changes([], [], whole=True)


def test_of_a_hidden_figure_it_is_only_said_that_it_changed() -> None:
    history = three_objects()
    then = history.store().size()
    inspect(history, "visit B", "B", "2026-02-20", received=LAST)
    found = between(history, then)

    told = found.explained(
        of_figures(objects(found.before), objects(found.after), {"objects", "440804001"}), FIRST
    )

    assert [(one.then, one.now, one.keys, one.causes) for one in told.rows] == [
        ({}, {}, {}, ()),
        ({}, {}, {}, ()),
    ]
    assert told.entries == []


def test_behind_a_number_is_all_whose_columns_changed() -> None:
    history = three_objects()
    then = history.store().size()
    inspect(history, "visit B", "B", "2026-02-20", received=LAST)
    again = InspectionStarted(
        visit=a_visit("visit A", "A", "2026-02-01"), checklist="CL-GE-1", version=1
    )
    history.record(again, local("2026-02-01"), "tablet C", LAST)  # it changes no column

    found = between(history, then).explained(of_numbers({"share": 0.5}, {"share": 1.0}), FIRST)

    assert found.rows[0].causes == (then + 1, then + 2)
    assert (found.rows[0].then, found.rows[0].now) == ({"number": 0.5}, {"number": 1.0})


def test_behind_a_key_of_parts_is_what_has_all_of_them() -> None:
    history = three_objects()
    then = history.store().size()
    for thing, item in (("B", "X1"), ("B", "X2"), ("C", "X1")):
        visit = a_visit(f"{thing} {item}", thing, "2026-02-20", items=(item,))
        history.record(a_completion(visit), local("2026-02-20"), f"{thing} {item}", LAST)
    found = between(history, then)
    before, after = (
        figure([f"{an_id('B')}|X1"], []),
        figure([f"{an_id('B')}|X1"], [f"{an_id('B')}|X1"]),
    )

    told = found.explained(of_figures({"asked": before}, {"asked": after}, ()), FIRST)

    assert told.rows[0].causes == (then + 1,)


def test_too_many_causes_are_cut_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.changes.MOST", 2)
    monkeypatch.setattr("projections.changes.MOST_CAUSES", 1)
    history = three_objects()
    then = history.store().size()
    for thing in "BC":
        inspect(history, f"visit {thing}", thing, "2026-02-20", received=LAST)

    found = figures(history, then)

    assert not found.whole
    assert [len(one.causes) for one in found.rows] == [1, 1]
    assert len(found.entries) <= 2


def test_from_the_beginning_everything_came() -> None:
    history = three_objects()

    found = figures(history, 0, since=0)

    assert found.rows[0].kind == "changed"
    assert found.rows[0].then["words"] == "no objects"
    assert found.rows[1].kind == "came"
    assert not any(one.late for one in found.entries)
    assert {one.log for one in found.entries} == {a_log("office"), a_log("tablet A")}
    assert id_text(bytes(16)) not in found.rows[0].keys
