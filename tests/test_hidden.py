"""Fewer than five homes are hidden, and never alone."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.catalogue import VIEWS
from projections.figures import Figure, Part, figure
from projections.fold import catch_up
from projections.hidden import FEW, SMALL, WITH_IT, hidden_of, homes_of, is_hidden, reads
from projections.views import MemoryViews
from tests.district import INSPECTIONS, OBJECTS, the_district
from tests.histories import an_id

HOMES = {f"home {n}": f"home {n}" for n in range(20)}
SHOPS = [f"shop {n}" for n in range(20)]


def of(homes: int, shops: int = 0) -> Figure:
    return figure([*sorted(HOMES)[:homes], *SHOPS[:shops]], frozenset())


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


def test_homes_are_known_with_the_inspections_of_them() -> None:
    views = MemoryViews(VIEWS)
    catch_up(the_district().store(), views)
    names = {an_id(row[0]): row[0] for row in (*OBJECTS, *INSPECTIONS)}

    found = homes_of(views)

    # E and F are households, P is a person; 08 to 11 are rechecks at E and F
    told = {names[key]: names[home] for key, home in found.items()}
    assert told == {"E": "E", "F": "F", "P": "P", "08": "E", "09": "E", "10": "F", "11": "F"}
