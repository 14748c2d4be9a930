"""Fewer than five homes are hidden, and never alone."""

from collections.abc import Collection, Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.catalogue import VIEWS
from projections.figures import Figure, Part, figure
from projections.fold import Fold, catch_up
from projections.hidden import (
    FEW,
    SMALL,
    WITH_IT,
    KnownHomes,
    hidden_across,
    hidden_counted,
    hidden_counts,
    hidden_of,
    homes_of,
    is_hidden,
    reads,
    told_numbers,
)
from projections.views import MemoryViews, Query, Saved, view_of
from tests.district import INSPECTIONS, OBJECTS, the_district
from tests.histories import an_id

COLUMNS = tuple(view_of(VIEWS, "objects").columns)
HOMES = {f"home {n}": f"home {n}" for n in range(20)}
ALL = {f"home {n}": f"home {n}" for n in range(40)}
SHOPS = [f"shop {n}" for n in range(20)]


def of(homes: int, shops: int = 0) -> Figure:
    return figure(
        [*sorted(ALL if homes > len(HOMES) else HOMES)[:homes], *SHOPS[:shops]], frozenset()
    )


@pytest.mark.parametrize(
    ("homes", "shops", "hidden"),
    [(0, 0, False), (0, 1, False), (1, 0, True), (4, 0, True), (5, 0, False), (1, 19, True)],
)
def test_a_figure_is_hidden_that_stands_for_one_to_four_homes(
    homes: int, shops: int, *, hidden: bool
) -> None:
    assert is_hidden(of(homes, shops), HOMES) is hidden
    assert reads(of(homes, shops), HOMES) == (SMALL if hidden else None)


def test_a_row_of_several_parts_is_a_home_if_one_of_them_is() -> None:
    due = Figure((Part("home 1|2026-01-01", 0), Part("shop 1|2026-01-01", 1)))

    assert is_hidden(due, HOMES)


def test_a_home_that_stands_there_five_times_is_one_home() -> None:
    due = Figure(tuple(Part(f"home 1|2026-0{month}-01", 0) for month in range(1, 7)))
    visits = {f"visit {n}": "home 1" for n in range(9)}

    assert is_hidden(due, HOMES)
    assert is_hidden(figure(visits, frozenset()), HOMES | visits)


def test_a_cell_hidden_alone_takes_the_smallest_of_the_others_with_it() -> None:
    cells = {"a": of(3), "b": of(9), "c": of(7), "d": of(0)}

    assert hidden_of(cells, HOMES) == {"a": SMALL, "c": WITH_IT}
    assert hidden_of({"a": of(3), "b": of(2), "c": of(7)}, HOMES) == {"a": SMALL, "b": SMALL}
    assert hidden_of({"a": of(3), "d": of(0)}, HOMES) == {"a": SMALL}  # the sum is as hidden


@given(st.dictionaries(st.text("abcdef", max_size=2), st.builds(of, st.integers(0, 9))))
def test_the_sum_never_gives_a_hidden_cell_away(cells: Mapping[str, Figure]) -> None:
    hidden = hidden_of(cells, HOMES)

    small = {name for name, one in cells.items() if 0 < one.denominator < FEW}
    others = [name for name, one in cells.items() if one.denominator and name not in small]
    assert small <= hidden.keys()
    assert len(hidden) != 1 or not others
    assert len(hidden) <= max(len(small), 2)


def test_a_cell_of_a_table_is_hidden_with_a_ring_of_others() -> None:
    sizes = {("T1", "a"): 3, ("T1", "b"): 9, ("T1", "c"): 20, ("T2", "a"): 8, ("T2", "b"): 7,
             ("T2", "c"): 30, ("T3", "a"): 12, ("T3", "c"): 11}  # fmt: skip
    hidden = hidden_across({cell: of(homes) for cell, homes in sizes.items()}, ALL)

    assert hidden == {
        ("T1", "a"): SMALL, ("T1", "b"): WITH_IT, ("T2", "a"): WITH_IT, ("T2", "b"): WITH_IT,
    }  # fmt: skip


def test_a_margin_is_a_cell_and_a_line_of_its_own_has_no_sum() -> None:
    one = {("", "a"): of(3), ("T1", "a"): of(3)}

    assert hidden_across(one, HOMES) == dict.fromkeys(one, SMALL)
    assert hidden_across({("T1", "a"): of(3), ("T1", "b"): Figure()}, HOMES) == {("T1", "a"): SMALL}


tables = st.dictionaries(
    st.tuples(st.sampled_from("RST"), st.sampled_from("abc")), st.integers(1, 9), min_size=1
)


@given(tables)
def test_no_hidden_cell_follows_from_the_sums_of_rows_and_columns(
    sizes: Mapping[tuple[str, str], int],
) -> None:
    hidden = hidden_across({cell: of(homes) for cell, homes in sizes.items()}, HOMES)

    small = {cell for cell, homes in sizes.items() if homes < FEW}
    assert small <= hidden.keys()
    for cell in small & told_by_sums(hidden, sizes):
        assert cell in told_by_sums(sizes, sizes)  # hiding all of them would not help


def told_by_sums(
    hidden: Collection[tuple[str, str]], sizes: Mapping[tuple[str, str], int]
) -> set[tuple[str, str]]:
    """Return what of hidden cells follows from the others and the sums, by elimination."""
    cells = sorted(hidden)
    rows = [
        [Fraction(cell[axis] == name) for cell in cells]
        for axis in (0, 1)
        for name in {cell[axis] for cell in sizes}
        if sum(cell[axis] == name for cell in sizes) > 1
    ]
    done = 0
    for column in range(len(cells)):
        at = next((n for n in range(done, len(rows)) if rows[n][column]), None)
        if at is None:
            continue
        rows[done], rows[at] = rows[at], rows[done]
        rows[done] = [value / rows[done][column] for value in rows[done]]
        for n, row in enumerate(rows):
            if n != done and row[column]:
                rows[n] = [a - row[column] * b for a, b in zip(row, rows[done], strict=True)]
        done += 1
    alone = [row for row in rows if sum(map(bool, row)) == 1]
    return {cells[next(n for n, value in enumerate(row) if value)] for row in alone}


def test_few_persons_are_hidden_and_never_one_count_alone() -> None:
    assert hidden_counts({"a": 3, "b": 0, "c": None}) == {"a": SMALL}
    assert hidden_counts({"a": 3, "b": 9, "c": 7}) == {"a": SMALL, "c": WITH_IT}
    assert hidden_counts({"a": 0, "b": 5}) == {}


def test_counts_of_rows_are_hidden_as_figures_are() -> None:
    visits = {f"visit {n}": f"home {n % 3}" for n in range(9)}  # nine of three homes
    by = {"a": [*visits], "b": [*SHOPS[:4]], "c": [*SHOPS[:7]]}

    assert hidden_counted(by, HOMES | visits) == {"a": SMALL, "b": WITH_IT}
    assert hidden_counted(by, {}) == {}


def test_numbers_of_a_breadth_say_nothing_of_few_homes_nor_what_would_tell_it() -> None:
    by = {"a": ["home 1", "home 2"], "b": SHOPS[:4], "c": SHOPS[:7]}
    numbers = {
        "inspections.a": 2.0, "inspections.b": 4.0, "inspections.c": 7.0, "inspections.d": 0.0,
        "concentration": 0.3, "effective_number": 2.4,
    }  # fmt: skip

    assert told_numbers(numbers, by, HOMES) == {
        "inspections.a": None, "inspections.b": None, "inspections.c": 7.0, "inspections.d": 0.0,
        "concentration": None, "effective_number": None,
    }  # fmt: skip
    assert told_numbers(numbers, by, {}) == numbers


def test_homes_are_known_with_the_inspections_of_them() -> None:
    views = MemoryViews(VIEWS)
    catch_up(the_district().store(), views)
    names = {an_id(row[0]): row[0] for row in (*OBJECTS, *INSPECTIONS)}

    found = homes_of(views)

    # E and F are households, P is a person; 08 to 11 are rechecks at E and F
    told = {names[key]: names[home] for key, home in found.items()}
    assert told == {"E": "E", "F": "F", "P": "P", "08": "E", "09": "E", "10": "F", "11": "F"}


def test_homes_that_are_followed_are_those_that_are_read_anew() -> None:
    store, views, known = the_district().store(), MemoryViews(VIEWS), KnownHomes()
    fold = Fold(store, views)
    stands = []

    for position in range(1, store.size() + 1, 3):
        fold.catch_up(position)
        assert known.of(views) == homes_of(views)
        stands.append(len(known.of(views)))

    assert {0, 7} <= {*stands}


def test_a_home_listed_after_it_was_visited_and_one_that_is_none_any_more_are_followed() -> None:
    district = the_district()
    entries = district.store()
    views, known = MemoryViews(VIEWS), KnownHomes()
    fold = Fold(entries, views)
    fold.catch_up()
    before = dict(known.of(views))
    home = min(key for key, of in before.items() if key == of and [*before.values()].count(of) > 2)
    (row,) = views.select(Query("objects", columns=COLUMNS, where=(("key", "=", home),)))
    at = views.position()

    def saved(points: str) -> Saved:
        values = tuple(points if name == "points" else one
                       for name, one in zip(COLUMNS, row.values, strict=True))  # fmt: skip
        return Saved(home, views.position() + 1, views.load("objects", [home])[home], values)

    views.save({"objects": [saved("")]}, at, at + 1)
    without = dict(known.of(views))
    views.save({"objects": [saved(str(row.values[COLUMNS.index("points")]))]}, at + 1, at + 2)

    assert home not in {*without.values()}
    assert known.of(views) == before


def test_an_inspection_that_is_corrected_to_be_of_no_home_is_none_of_a_home_any_more() -> None:
    store, views, known = the_district().store(), MemoryViews(VIEWS), KnownHomes()
    Fold(store, views).catch_up()
    before = dict(known.of(views))
    visit = next(key for key, home in before.items() if key != home)
    columns = tuple(view_of(VIEWS, "inspections").columns)
    (row,) = views.select(Query("inspections", columns=columns, where=(("key", "=", visit),)))
    at = views.position()
    values = tuple(an_id("a shop") if name == "object" else one
                   for name, one in zip(columns, row.values, strict=True))  # fmt: skip
    document = views.load("inspections", [visit])[visit]

    views.save({"inspections": [Saved(visit, at + 1, document, values)]}, at, at + 1)

    assert known.of(views) == homes_of(views) == {k: v for k, v in before.items() if k != visit}
