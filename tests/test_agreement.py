"""Two folds by two programs: where they must agree, and what became of figures."""

from msgspec import structs

from projections.agreement import Agreement, Comparison, compared
from projections.catalogue import VIEWS
from projections.objects import OBJECTS
from projections.published import PUBLISHED
from projections.replay import replay
from projections.view import View
from projections.views import MemoryViews, Query, Saved
from tests.district import Q1, TODAY, the_district

OLDER = (PUBLISHED["objects", 2], PUBLISHED["inspections", 1], PUBLISHED["items", 1])


def folded(until: int | None = None, views: tuple[View, ...] = VIEWS) -> MemoryViews:
    return replay(the_district().store(), views, until)


def agreement(found: Comparison, name: str) -> Agreement:
    return next(one for one in found.views if one.view == name)


def test_two_folds_of_the_same_records_agree() -> None:
    found = compared(folded(), folded(), Q1, TODAY)

    assert found.agrees
    assert found.figures == ()
    assert agreement(found, "objects").documents == 15
    assert not any(one.touched for one in found.views)


def test_of_two_positions_what_the_later_entries_touched_is_not_compared() -> None:
    size = the_district().store().size()

    for before, after in ((size - 2, size), (size, size - 2)):
        found = compared(folded(before), folded(after), Q1, TODAY)

        assert found.agrees
        assert agreement(found, "inspections").touched == 1
        assert agreement(found, "objects").touched == 1
        assert agreement(found, "items").touched == 0


def test_what_differs_is_counted_and_named() -> None:
    before, after = folded(), folded()
    key = after.select(Query("items"))[0].key
    damaged = Saved(key, 1, after.load("items", [key])[key], ("x", "x", "x", 0, "", ""))
    extra = Saved("ZZ", 1, b"\xc1", ("", "", "", 0, "", ""))
    after.save({"items": [damaged, extra]}, after.position(), after.position())

    found = compared(before, after, Q1, TODAY)
    items = agreement(found, "items")

    assert not found.agrees
    assert items.differ == 2
    assert {(one.key, one.path) for one in items.differences} >= {
        (key, "columns.name"),
        ("ZZ", ""),
    }


def test_a_missing_document_differs() -> None:
    before, after = folded(), folded(views=(OBJECTS,))
    after.save(
        {"objects": [Saved("ZZ", 1, b"", ("",) * len(OBJECTS.columns))]},
        after.position(),
        after.position(),
    )

    for found in (compared(before, after, Q1, TODAY), compared(after, before, Q1, TODAY)):
        assert agreement(found, "objects").differ == 1


def test_views_of_other_versions_are_named_and_their_figures_stand_side_by_side() -> None:
    found = compared(folded(views=OLDER), folded(), Q1, TODAY)

    assert found.agrees
    assert agreement(found, "inspections").versions == (1, 2)
    assert agreement(found, "items").versions == (1, 1)
    assert agreement(found, "officers").versions == (None, 1)
    figures = {(one.measure, one.figure): (one.before, one.after) for one in found.figures}
    assert figures["coverage", "villages"] == ((5, 5), (5, 5))
    assert figures["coverage", "objects township 440804002"] == ((3, 4), (3, 4))
    assert figures["domain_breadth", "domains"][0] is None


def test_a_view_that_is_no_longer_kept_is_named() -> None:
    gone = structs.replace(OBJECTS, name="gone")

    found = compared(folded(views=(gone,)), folded(), Q1, TODAY)

    assert agreement(found, "gone").versions == (gone.version, None)
