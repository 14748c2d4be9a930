"""The thirteen measures of the whole small district, every figure computed by hand.

The tables are in `tests/district.py` and `tests/whole_district.py`; the arithmetic stands here.
The period is the first quarter of 2026, judged at the end of the year.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import pytest

from projections.catalogue import VIEWS
from projections.figures import Figure, Measured, Part
from projections.fold import catch_up
from projections.measures import MEASURES
from projections.question import Question
from projections.views import MemoryViews, ViewStore
from tests.district import INSPECTIONS, OBJECTS, Q1, T2, T3, TODAY
from tests.histories import an_id
from tests.whole_district import (
    ENTERPRISE,
    MORE_OBJECTS,
    OFFICERS,
    ORDERS,
    WARNINGS,
    the_whole_district,
)

TABLES = (OBJECTS, MORE_OBJECTS, INSPECTIONS, OFFICERS, ORDERS, ENTERPRISE, WARNINGS)
NAMES = {an_id(row[0]): row[0] for table in TABLES for row in table} | {T2: "T2", T3: "T3"}


@pytest.fixture(scope="module")
def views() -> ViewStore:
    target = MemoryViews(VIEWS)
    catch_up(the_whole_district().store(), target, batch=11)
    return target


@pytest.fixture
def quarter(views: ViewStore) -> Mapping[str, Measured]:
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


# ── what stands beside the figures ─────────────────────────────────────────────────

WHY_NOT = {  # of completed inspections, why they do not count
    "aborted": "17 20", "certificates": "03", "crew": "02 16", "kinship": "09",
    "nobody_home": "10", "unanswered": "05", "voided": "04",
}  # fmt: skip
LISTS = {
    "object_coverage": {**WHY_NOT, "desk": "18"},
    "item_coverage": {},
    "requirement_coverage": {
        "open": "", "unreadable": "",
        "overdue": "X3|F|2026-02-02 X3|Q|2026-03-20 "
        "Y1|D|2026-03-31 Y2|*|2026-03-31 Y3|Z|2026-02-02",
    },
    "domain_breadth": {},
    "area_coverage": {},
    "slot_coverage": {"unreadable": ""},
    "weather_response": {"unanswered": "W1"},
    "officer_participation": {
        "not_yet": "Zhao", "leave": "Wang", "uncertified": "Li", "ending": "",
        # all are posted everywhere
        "pairs": "Wang|Chen Wang|Sun Wang|Zhao Zhao|Chen Zhao|Sun Zhao|Wang",
    },
    "supervision_faces": {
        "inspected_only": "elderly_care|T3 social_assistance|T2 volunteer_service|T3",
        "supervised_only": "", "neither": "",
    },
    "recheck_on_time": {"overdue": "F Q", "late": "F", "due": ""},
    "rectification_closure": {
        "overdue": "O6", "within_grace": "", "late": "O3", "extended": "O2",
        "extended_again": "", "failed": "O6", "transferred": "", "withdrawn": "",
    },
    "procedure_completeness": {**WHY_NOT, "cancelled": "23", "under_way": "26"},
    "cap_use": {
        "near": "", "full": "", "exceeded": "92999999MA7777777X|2026", "no_cap": "",
        "beyond": "V4", "watched": "V2",
    },
}  # fmt: skip
FIGURES = {  # the measure itself, and what stands beside it
    "object_coverage": {"objects": "11/15"},
    "item_coverage": {"items": "5/7"},
    "requirement_coverage": {"requirements": "10/36", "inspections": "3/9"},  # without patrols
    "domain_breadth": {"domains": "6/8"},
    "area_coverage": {"villages": "5/5"},
    "slot_coverage": {"slots": "7/27"},
    "weather_response": {"passes": "1/2"},
    "officer_participation": {"officers": "2/3", "strict": "1/3"},
    "supervision_faces": {"cells": "3/6"},
    "recheck_on_time": {"rechecks": "1/3"},
    "rectification_closure": {"orders": "2/4"},
    "procedure_completeness": {"inspections": "27/37"},
    "cap_use": {"inspections": "3/2"},
}
BY = {  # what a measure is broken down by, and what it gives in the township T2
    "object_coverage": {"township": "5/8", "domain": "", "object_type": ""},
    "item_coverage": {},
    "requirement_coverage": {"item": "", "domain": "", "township": "10/34"},  # not Z; Y2 is nowhere
    "domain_breadth": {},
    "area_coverage": {"township": "5/8"},
    "slot_coverage": {"township": "7/27", "level": ""},
    "weather_response": {"warning": "", "township": "1/2"},
    "officer_participation": {"section": ""},
    "supervision_faces": {"domain": "", "township": "1/2"},
    "recheck_on_time": {"township": "1/3", "village": ""},
    "rectification_closure": {"township": "", "domain": ""},
    "procedure_completeness": {"township": "16/20", "domain": "", "kind": ""},
    "cap_use": {"township": "3/2"},
}
NUMBERS = {
    "domain_breadth": {
        "concentration", "effective_number", "inspections.charity", "inspections.elderly_care",
        "inspections.funeral", "inspections.social_assistance", "inspections.social_organization",
        "inspections.volunteer_service",
    },
    "recheck_on_time": {"overdue": 2},
    "cap_use": {"counted": 3, "cap": 2, "watched": 1},
}  # fmt: skip


def test_every_figure_has_its_name(quarter: Mapping[str, Measured]) -> None:
    assert {
        name: {one: told(figure) for one, figure in found.figures.items()}
        for name, found in quarter.items()
    } == FIGURES


def test_every_breakdown_has_its_name(quarter: Mapping[str, Measured]) -> None:
    assert {
        name: {
            key: told(by[T2]) if key == "township" and T2 in by else ""
            for key, by in found.by.items()
        }
        for name, found in quarter.items()
    } == BY


def test_breakdowns_hold_the_rows_of_the_whole_and_no_others(
    quarter: Mapping[str, Measured],
) -> None:
    def rows(figures: Iterable[Figure]) -> set[Part]:
        return {part for figure in figures for part in figure.parts}

    for name, found in quarter.items():
        for key, by in found.by.items():
            if name != "area_coverage":  # its rows are villages, a township tells objects
                whole = rows([found.figure])
                lies_nowhere = {part for part in whole if key == "township" and "|*|" in part.key}
                assert (name, key, rows(by.values())) == (name, key, whole - lies_nowhere)
                assert {figure.beyond for figure in by.values()} == {found.figure.beyond}


def test_every_list_has_its_name_and_its_rows(quarter: Mapping[str, Measured]) -> None:
    for name, found in quarter.items():
        assert (name, {key: names(rows) for key, rows in found.lists.items()}) == (
            name,
            LISTS[name],
        )


def test_every_number_has_its_name(quarter: Mapping[str, Measured]) -> None:
    for name, found in quarter.items():
        expected = NUMBERS.get(name, {})
        assert (name, found.numbers.keys()) == (name, set(expected))
        if isinstance(expected, dict):
            assert (name, found.numbers) == (name, expected)


def test_before_the_period_every_figure_has_its_name_and_nothing_in_it() -> None:
    views = MemoryViews(VIEWS)
    catch_up(the_whole_district().store(), views)
    for name, measure in MEASURES.items():
        found = measure.compute(Question(views, Q1, date(2025, 12, 31)))
        assert (name, found.figures.keys()) == (name, FIGURES[name].keys())
        assert (name, [one.numerator for one in found.figures.values()]) == (
            name,
            [0 for _ in FIGURES[name]],
        )


def test_where_nothing_was_there_nothing_is_covered() -> None:
    views = MemoryViews(VIEWS)
    for name, measure in MEASURES.items():
        found = measure.compute(Question(views, Q1, date(2026, 1, 1))).figure
        if name != "domain_breadth":  # there are always eight domains
            assert (name, found.words) == (name, "no objects")
