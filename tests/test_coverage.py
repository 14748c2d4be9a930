"""Coverage of a small district, every figure known by hand (see `tests/district.py`)."""

from collections.abc import Iterable
from datetime import date

import pytest
from msgspec import Raw, json

from events.register import ChecklistPublished, ItemRevised
from projections.catalogue import VIEWS
from projections.coverage import (
    DOMAINS,
    NO_OBJECTS,
    Coverage,
    Filters,
    area_coverage,
    coverage,
    domain_breadth,
    item_coverage,
    object_coverage,
)
from projections.figures import figure
from projections.fold import catch_up
from projections.items import ITEM_USES, uses_in
from projections.question import Question
from projections.replay import COVERAGE, replay
from projections.spans import Span
from projections.sqlite_views import SQLiteViews
from projections.views import MemoryViews, Query, ViewStore
from tests.district import (
    AGED,
    CHARITY,
    FUNERAL,
    INSPECTIONS,
    OBJECTS,
    Q1,
    Q2,
    RELIEF,
    SOCIAL,
    T1,
    T2,
    T3,
    TODAY,
    V1,
    V2,
    V3,
    V4,
    V5,
    the_district,
)
from tests.histories import an_id, local

NAMES = {an_id(row[0]): row[0] for row in (*OBJECTS, *INSPECTIONS)}
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))


def names(ids: Iterable[str]) -> str:
    return " ".join(sorted(NAMES.get(one, one) for one in ids))


@pytest.fixture(scope="module")
def views() -> ViewStore:
    target = MemoryViews(VIEWS)
    catch_up(the_district().store(), target, batch=7)
    return target


@pytest.fixture
def quarter(views: ViewStore) -> Coverage:
    return coverage(views, Q1, TODAY)


def test_the_inspections_that_count_are_the_ones_marked_in_the_table(views: ViewStore) -> None:
    counting = coverage(views, YEAR, TODAY).inspections

    assert names(counting) == " ".join(row[0] for row in INSPECTIONS if row[-1])


def test_why_an_inspection_does_not_count_is_said(quarter: Coverage) -> None:
    assert {reason: names(ids) for reason, ids in quarter.not_effective.items()} == {
        "aborted": "17 20",
        "certificates": "03",
        "crew": "02 16",
        "kinship": "09",
        "nobody_home": "10",
        "unanswered": "05",
        "voided": "04",
    }


def test_objects_inspected_of_objects_that_count(quarter: Coverage) -> None:
    # H is exempt, L comes later, M is closed, P is a person, I is J
    assert names(quarter.objects.covered) == "A B C E F G J K N"
    assert names(quarter.objects.missing) == "D"
    assert (quarter.objects.numerator, quarter.objects.denominator) == (9, 10)
    assert quarter.objects.words == "90.0%"


def test_items_used_of_plannable_items_in_force(quarter: Coverage) -> None:
    # X2 was withdrawn within the quarter and used before; X5 comes later; X6 is not plannable
    assert names(quarter.items.covered) == "X1 X2 X3"
    assert names(quarter.items.missing) == "X7"
    assert quarter.items.rate == 0.75


def test_breadth_of_domains_and_how_concentrated_it_is(quarter: Coverage) -> None:
    assert quarter.breadth.inspections == {
        CHARITY: 1,  # 13
        AGED: 2,  # 12 24
        FUNERAL: 2,  # 06 14
        RELIEF: 3,  # 08 11 15
        SOCIAL: 5,  # 01 19 21 22 25
        "volunteer_service": 1,  # 18
    }
    assert (quarter.breadth.domains.numerator, quarter.breadth.domains.denominator) == (6, 8)
    assert quarter.breadth.concentration == 5 / 14
    assert quarter.breadth.effective_number == 14 * 14 / (1 + 4 + 4 + 9 + 25 + 1)


def test_coverage_of_townships_and_villages(quarter: Coverage) -> None:
    of = {township: (f.numerator, f.denominator) for township, f in quarter.townships.items()}

    assert of == {T1: (4, 4), T2: (3, 4), T3: (2, 2)}
    assert quarter.villages.covered == (V1, V2, V3, V4, V5)
    assert quarter.villages.missing == ()


def test_villages_without_a_visit_are_missing(views: ViewStore) -> None:
    january = coverage(views, Span(date(2026, 1, 1), date(2026, 1, 31)), TODAY)

    assert january.villages.covered == (V1, V4, V5)
    assert january.villages.missing == (V2, V3)


def test_a_desk_check_counts_and_is_flagged(quarter: Coverage) -> None:
    assert names(quarter.desk) == "18"


def test_midnight_on_the_wall_divides_quarters(views: ViewStore) -> None:
    second = coverage(views, Q2, TODAY)

    assert names(second.inspections) == "07"
    assert names(second.objects.covered) == "D"
    # I was merged, G and M are closed, H is exempt to the last day; L and N count
    assert names(second.objects.missing) == "A B C E F J K L N"
    assert (second.items.numerator, second.items.denominator) == (0, 4)  # X2 no longer counts


def test_before_a_merger_two_objects_count(views: ViewStore) -> None:
    january = coverage(views, Span(date(2026, 1, 1), date(2026, 1, 31)), TODAY)
    february = coverage(views, Span(date(2026, 2, 1), date(2026, 2, 14)), TODAY)

    assert names(january.objects.missing) == "B C D E F I J"
    assert names(january.objects.covered) == "A G K"
    assert "I" in names(february.objects.covered)
    assert "J" in names(february.objects.missing)


@pytest.mark.parametrize(
    ("filters", "figures"),
    [
        (Filters(township=T2), "objects 3/4, items 1/4, domains 1/8"),
        (Filters(domain=FUNERAL), "objects 2/3, items 1/1, domains 1/8"),
        (Filters(domain=CHARITY), "objects no objects, items no objects, domains 1/8"),
        (Filters(kind="street_patrol"), "objects no objects, items 0/4, domains 1/8"),
        (Filters(township="440804009"), "objects no objects, items 0/4, domains 0/8"),
    ],
)
def test_filters(views: ViewStore, filters: Filters, figures: str) -> None:
    found = coverage(views, Q1, TODAY, filters)
    told = (("objects", found.objects), ("items", found.items), ("domains", found.breadth.domains))
    assert figures == ", ".join(
        f"{name} {f.numerator}/{f.denominator}" if f.denominator else f"{name} {f.words}"
        for name, f in told
    )


def test_a_kind_chooses_the_objects_that_the_items_of_its_checklists_name() -> None:
    history = the_district()
    for name, kind, version, since, items in (
        ("CL-1", "low_income_recheck", 1, "2026-01-01", ["X3"]),
        ("CL-2", "low_income_recheck", 1, "2026-01-01", ["X4"]),
        ("CL-2", "low_income_recheck", 2, "2026-12-31", ["X1"]),
        ("CL-2", "low_income_recheck", 3, "2027-01-01", ["X3"]),  # not yet
        ("CL-3", "street_patrol", 1, "2026-01-01", ["X4"]),
        ("CL-4", "street_patrol", 1, "2027-01-01", ["X3"]),  # none of it is in force yet
    ):
        history.record(
            ChecklistPublished(
                checklist=name,
                kind=kind,
                version=version,
                valid_from=date.fromisoformat(since),
                sha256="ab" * 32,
                content=Raw(json.encode({"kind": kind, "items": items})),
            )
        )
    for code, types in (("X1", ("social_association",)), ("X3", ("low_income_household",))):
        history.record(
            ItemRevised(
                item=code, name_zh=code, name_en=code, domain=SOCIAL, kind="inspection",
                plannable=True, valid_from=TODAY, object_types=types,
            )
        )  # fmt: skip
    target = MemoryViews(VIEWS)
    catch_up(history.store(), target)

    def chosen(kind: str) -> set[str]:
        return {one.object_type for one in Question(target, Q1, TODAY, Filters(kind=kind)).objects}

    assert chosen("low_income_recheck") == {"low_income_household", "social_association"}
    assert chosen("street_patrol") == set()  # X4 names no type
    assert chosen("funeral_order") == set()


def test_nothing_to_cover_is_said_in_words_and_is_no_rate() -> None:
    empty = coverage(MemoryViews(VIEWS), Q1, TODAY)

    assert empty.objects.rate is None
    assert empty.objects.words == NO_OBJECTS == "no objects"
    assert empty.breadth.concentration is None
    assert empty.breadth.effective_number is None
    assert (empty.breadth.domains.numerator, empty.breadth.domains.denominator) == (0, 8)


def test_what_lies_after_today_has_not_happened(views: ViewStore) -> None:
    assert coverage(views, Q2, date(2026, 3, 31)).objects.words == NO_OBJECTS
    assert names(coverage(views, Q1, date(2026, 1, 9)).inspections) == "15 22"


def test_a_late_entry_changes_past_figures_and_both_can_be_recomputed() -> None:
    store = the_district().store()
    before = replay(store, COVERAGE, received_until=local("2026-05-03"))
    after = replay(store, COVERAGE)
    january = Span(date(2026, 1, 1), date(2026, 1, 31))

    assert names(coverage(before, january, TODAY).inspections) == "01 15 22"
    assert names(coverage(after, january, TODAY).inspections) == "01 15 22 24"
    assert before.position() == store.size() - 2


def test_a_figure_says_what_it_was_computed_from(quarter: Coverage, views: ViewStore) -> None:
    assert quarter.as_of.position == views.position() == the_district().store().size()
    assert dict(quarter.as_of.versions)["inspections"] == 2


def test_figures_do_not_depend_on_the_adapter_nor_on_the_views_kept(
    quarter: Coverage, tmp_path: object
) -> None:
    store = the_district().store()
    on_disk = SQLiteViews(f"{tmp_path}/views.sqlite", VIEWS)
    catch_up(store, on_disk, batch=5)

    for other in (coverage(on_disk, Q1, TODAY), coverage(replay(store, COVERAGE), Q1, TODAY)):
        assert other.objects == quarter.objects
        assert other.items == quarter.items
        assert other.breadth == quarter.breadth
        assert other.townships == quarter.townships
        assert other.villages == quarter.villages
        assert other.not_effective == quarter.not_effective
    on_disk.close()


def test_uses_by_month_agree_with_coverage(quarter: Coverage, views: ViewStore) -> None:
    rows = views.select(Query(ITEM_USES.name, columns=("item", "days")))
    used = {str(row.values[0]) for row in rows if uses_in([str(row.values[1])], Q1)}

    assert used == {"X1", "X2", "X3", "X4", "X6"}
    assert set(quarter.items.covered) == used & {"X1", "X2", "X3", "X7"}


def test_the_measures_of_coverage_are_what_coverage_tells(views: ViewStore) -> None:
    for chosen in (Filters(), Filters(township=T1), Filters(domain=FUNERAL)):
        whole = coverage(views, Q1, TODAY, chosen)
        question = Question(views, Q1, TODAY, chosen)
        objects, breadth = object_coverage(question), domain_breadth(question)

        assert objects.figures == {"objects": whole.objects}
        assert objects.by["township"] == whole.townships
        assert set(objects.by) == {"township", "domain", "object_type"}
        assert objects.lists == {"desk": whole.desk, **whole.not_effective}
        assert item_coverage(question).figures == {"items": whole.items}
        assert breadth.figures == {"domains": whole.breadth.domains}
        assert breadth.numbers == {
            "concentration": whole.breadth.concentration,
            "effective_number": whole.breadth.effective_number,
            **{f"inspections.{name}": of for name, of in whole.breadth.inspections.items()},
        }
        area = area_coverage(question)
        assert (area.figures, area.by) == (
            {"villages": whole.villages}, {"township": whole.townships},
        )  # fmt: skip


def test_where_nothing_was_inspected_nothing_is_concentrated(views: ViewStore) -> None:
    found = coverage(views, Span(date(2010, 1, 1), date(2010, 12, 31)), TODAY).breadth

    assert (found.domains, dict(found.inspections)) == (figure(DOMAINS, ()), {})
    assert (found.concentration, found.effective_number) == (None, None)
