"""The thirteen measures of the whole small district, every figure computed by hand.

The tables are in `tests/district.py` and `tests/whole_district.py`; the arithmetic stands here.
The period is the first quarter of 2026, judged at the end of the year.
"""

from collections.abc import Mapping
from datetime import date

import pytest

from projections.catalogue import VIEWS
from projections.figures import Figure, Measured
from projections.fold import catch_up
from projections.measures import MEASURES
from projections.question import Question
from projections.views import MemoryViews
from tests.district import INSPECTIONS, OBJECTS, Q1, TODAY
from tests.histories import an_id
from tests.whole_district import MORE_OBJECTS, OFFICERS, ORDERS, the_whole_district

NAMES = {
    an_id(row[0]): row[0] for row in (*OBJECTS, *MORE_OBJECTS, *INSPECTIONS, *OFFICERS, *ORDERS)
}


@pytest.fixture(scope="module")
def quarter() -> Mapping[str, Measured]:
    views = MemoryViews(VIEWS)
    catch_up(the_whole_district().store(), views, batch=11)
    question = Question(views, Q1, TODAY)
    return {name: measure.compute(question) for name, measure in MEASURES.items()}


def told(figure: Figure) -> str:
    return f"{figure.numerator}/{figure.denominator}"


def names(keys: tuple[str, ...]) -> str:
    return " ".join(sorted("|".join(NAMES.get(one, one) for one in key.split("|")) for key in keys))


def test_there_are_thirteen() -> None:
    assert list(MEASURES) == [
        "object_coverage", "item_coverage", "requirement_coverage", "domain_breadth",
        "area_coverage", "slot_coverage", "weather_response", "officer_participation",
        "supervision_faces", "recheck_on_time", "rectification_closure",
        "procedure_completeness", "cap_use",
    ]  # fmt: skip


def test_object_coverage(quarter: Mapping[str, Measured]) -> None:
    # 9 of 10 in the first table; the hotspot and the shop were visited, Q, R and Z were not
    found = quarter["object_coverage"].figure
    assert told(found) == "11/15"
    assert names(found.missing) == "D Q R Z"


def test_item_coverage(quarter: Mapping[str, Measured]) -> None:
    # X1 X2 X3 of the first table, X7 by the patrols, Y1 by the shop
    found = quarter["item_coverage"].figure
    assert told(found) == "5/7"
    assert names(found.missing) == "Y2 Y3"


def test_domain_breadth(quarter: Mapping[str, Measured]) -> None:
    # 14 inspections of the first table, 8 patrols (relief) and 4 at the shop (funeral)
    found = quarter["domain_breadth"]
    squares = 1 + 2**2 + 6**2 + 11**2 + 5**2 + 1  # charity aged funeral relief social volunteers
    assert told(found.figure) == "6/8"
    assert found.numbers["concentration"] == 5 / 26
    assert found.numbers["effective_number"] == 26 * 26 / squares


def test_area_coverage(quarter: Mapping[str, Measured]) -> None:
    found = quarter["area_coverage"]
    assert told(found.figure) == "5/5"
    assert {name[-1]: told(one) for name, one in found.by["township"].items()} == {
        "1": "4/4",  # A B C J
        "2": "5/8",  # E F K S V of D E F K Q R S V
        "3": "2/3",  # G N of G N Z
    }


def test_requirement_coverage(quarter: Mapping[str, Measured]) -> None:
    # rechecks due: E in time, F late, Q never: 1/3
    # patrols: see slot coverage: 7/27
    # Y1, two by the plan: V had both, D none: 2/4; Y2: one of the two associations: 0/1
    # Y3: Z, due 20 working days after 5 January: 0/1
    # X1 and the year's other rules fall due in December; X2 was withdrawn before
    found = quarter["requirement_coverage"]
    by_item = {name: told(one) for name, one in found.by["item"].items()}
    assert by_item == {"X3": "1/3", "X7": "7/27", "Y1": "2/4", "Y2": "0/1", "Y3": "0/1"}
    assert told(found.figure) == "10/36"


def test_slot_coverage(quarter: Mapping[str, Measured]) -> None:
    # K, each week: 13 Sundays; the week of 23 March has a warning and a fair: 2 in place of 1.
    # It was walked in the week of 5 January (15; 16 had one officer): 1/14.
    # S, each evening from 23 to 31 March: 9, two more at the fair (28, 29), two more under
    # the warnings of 26 and 30 March: 13. Passes: S1; S4 and S5; S6; S7 and S8: 6.
    found = quarter["slot_coverage"]
    assert told(found.figure) == "7/27"


def test_weather_response(quarter: Mapping[str, Measured]) -> None:
    # W1: nobody went to S within two hours; W2: S7 did; W3: nothing is asked daily there
    assert told(quarter["weather_response"].figure) == "1/2"


def test_officer_participation(quarter: Mapping[str, Measured]) -> None:
    # on post at least 45 days with a valid certificate: Chen, Sun, Zhao
    found = quarter["officer_participation"]
    assert told(found.figure) == "2/3"
    assert names(found.figure.missing) == "Zhao"
    assert told(found.figures["strict"]) == "1/3"  # four in two domains: Chen


def test_supervision_faces(quarter: Mapping[str, Measured]) -> None:
    # social T1: 01 and the file review; funeral T1: 06 and O2, looked at again by others;
    # funeral T2: V1 and the joint check; aged and volunteers T3, relief T2: nobody supervised
    # (O6 was looked at again by others in social T1 as well)
    found = quarter["supervision_faces"].figure
    assert told(found) == "3/6"


def test_recheck_on_time(quarter: Mapping[str, Measured]) -> None:
    # E: due 10 February, done on the 2nd; F: due 1 February, done on the 5th; Q: never;
    # R ended before its due date
    found = quarter["recheck_on_time"]
    assert told(found.figure) == "1/3"
    assert names(found.lists["overdue"]) == "F Q"  # F again since August


def test_rectification_closure(quarter: Mapping[str, Measured]) -> None:
    # in time: O1, and O2 on the seventh day; late: O3; failed and open: O6
    found = quarter["rectification_closure"].figure
    assert told(found) == "2/4"
    assert names(found.covered) == "O1 O2"


def test_procedure_completeness(quarter: Mapping[str, Measured]) -> None:
    # first table: 26 started, 23 was lawfully cancelled, 14 and (in April) 07 are effective: 15/25
    # 8 patrols and 4 inspections of the shop besides, all effective
    assert told(quarter["procedure_completeness"].figure) == "27/37"


def test_cap_use(quarter: Mapping[str, Measured]) -> None:
    # V1, V3 and V4 count, V2 was a lead: three of two
    found = quarter["cap_use"].figure
    assert told(found) == "3/2"
    assert found.rate == 1.5


def test_where_nothing_was_there_nothing_is_covered() -> None:
    views = MemoryViews(VIEWS)
    for name, measure in MEASURES.items():
        found = measure.compute(Question(views, Q1, date(2026, 1, 1))).figure
        if name != "domain_breadth":  # there are always eight domains
            assert (name, found.words) == (name, "no objects")
