"""A small district, drawn up so that every figure of its first quarter is known by hand."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from events.facts import Visit
from events.ids import EntryRef
from events.inspections import (
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
)
from events.register import (
    ItemListed,
    ItemRevised,
    ItemWithdrawn,
    ObjectClosed,
    ObjectExempted,
    ObjectListed,
    ObjectMerged,
)
from projections.spans import Span
from tests.histories import History, a_completion, a_correction, a_log, a_visit, an_id, crew, local

Q1 = Span(date(2026, 1, 1), date(2026, 3, 31))
Q2 = Span(date(2026, 4, 1), date(2026, 6, 30))
TODAY = date(2026, 12, 31)
MAY = local("2026-05-04")
T1, T2, T3 = "440804001", "440804002", "440804003"
V1, V2, V3, V4, V5 = f"{T1}201", f"{T1}202", f"{T2}203", f"{T2}204", f"{T3}205"

SOCIAL, FUNERAL, RELIEF = "social_organization", "funeral", "social_assistance"
AGED, CHARITY = "elderly_care", "charity"

# name, type, domain, township, village, listed from
OBJECTS = [
    ("A", "social_association", SOCIAL, T1, V1, "2020-01-01"),
    ("B", "social_association", SOCIAL, T1, V1, "2020-01-01"),
    ("C", "cemetery_commercial", FUNERAL, T1, V2, "2020-01-01"),
    ("D", "funeral_goods_shop", FUNERAL, T2, V3, "2020-01-01"),
    ("E", "low_income_household", RELIEF, T2, V3, "2020-01-01"),
    ("F", "low_income_household", RELIEF, T2, V4, "2020-01-01"),
    ("G", "elderly_care_institution", AGED, T3, V5, "2020-01-01"),  # closed on 15 March
    ("H", "charity", CHARITY, T3, V5, "2020-01-01"),  # exempt until June
    ("I", "funeral_agent", FUNERAL, T1, V2, "2020-01-01"),  # found to be J in February
    ("J", "funeral_agent", FUNERAL, T1, V2, "2020-01-01"),
    ("K", "street_segment", RELIEF, T2, V4, "2020-01-01"),
    ("L", "social_association", SOCIAL, T3, V5, "2026-04-01"),  # not there yet
    ("M", "social_association", SOCIAL, T3, V5, "2020-01-01"),  # closed last year
    ("N", "volunteer_org", "volunteer_service", T3, V5, "2020-01-01"),  # exempt to 15 February
    ("P", "assisted_person", RELIEF, T2, V4, "2026-01-02"),  # a person met is no object
]

# code, domain, plannable from, what became of it
ITEMS = [
    ("X1", SOCIAL, "2020-01-01", ""),
    ("X2", FUNERAL, "2020-01-01", "withdrawn after 10 February"),
    ("X3", RELIEF, "2020-01-01", ""),
    ("X4", FUNERAL, "", "never plannable"),
    ("X5", AGED, "2026-04-01", "not yet"),
    ("X6", CHARITY, "2020-01-01", "no longer plannable since this year"),
    ("X7", RELIEF, "2020-01-01", ""),
]

Change = dict[str, Any]
TWO, ONE = crew("Chen", "Li"), crew("Chen")
SHOWN_NOT = crew("Chen", "Li", shown=False)
SERVICE: Change = {"kind": "street_patrol", "nature": "service"}
HOME: Change = {"kind": "low_income_recheck", "nature": "eligibility"}
GENERAL: Change = {}

# name, object, started, completed (local), keys, items, completion, does it count?
INSPECTIONS: list[tuple[str, str, str, str, Change, str, Change, bool]] = [
    ("01", "A", "2026-01-10", "2026-01-10", GENERAL, "X1", {}, True),
    ("02", "A", "2026-02-11", "2026-02-11", GENERAL, "X1", {"crew": ONE}, False),
    ("03", "B", "2026-01-12", "2026-01-12", GENERAL, "X1", {"crew": SHOWN_NOT}, False),
    ("04", "B", "2026-03-03", "2026-03-03", GENERAL, "X1", {}, False),  # voided
    ("05", "C", "2026-01-20", "2026-01-20", GENERAL, "X2", {"unanswered": ("GE-3",)}, False),
    ("06", "C", "2026-03-31", "2026-03-31 23:30", GENERAL, "X4", {}, True),
    ("07", "D", "2026-03-31", "2026-04-01 00:10", GENERAL, "X2", {}, True),  # in the next quarter
    ("08", "E", "2026-02-02", "2026-02-02", HOME, "X3", {"home_visit": "in"}, True),
    (
        "09",
        "E",
        "2026-02-03",
        "2026-02-03",
        HOME,
        "X3",
        {"home_visit": "in", "crew": crew("Chen", "Li", related="Li")},
        False,
    ),
    ("10", "F", "2026-02-04", "2026-02-04", HOME, "X3", {"home_visit": "nobody"}, False),
    (
        "11",
        "F",
        "2026-02-05",
        "2026-02-05",
        HOME,
        "X3",
        {"home_visit": "nobody", "second_visit_on": date(2026, 2, 12), "unanswered": ("LI-2",)},
        True,
    ),
    ("12", "G", "2026-03-10", "2026-03-10", GENERAL, "", {}, True),
    ("13", "H", "2026-02-01", "2026-02-01", GENERAL, "X6", {}, True),  # of an exempt object
    ("14", "I", "2026-02-01", "2026-02-01", GENERAL, "X2 X4", {}, True),  # counts for J
    (
        "15",
        "K",
        "2026-01-05",
        "2026-01-05",
        SERVICE,
        "",
        {"crew": SHOWN_NOT, "zero_report": True},
        True,
    ),
    ("16", "K", "2026-01-06", "2026-01-06", SERVICE, "X7", {"crew": ONE}, False),
    ("17", "A", "2026-02-15", "2026-02-15", GENERAL, "X1", {"outcome": "aborted"}, False),
    ("18", "N", "2026-03-01", "2026-03-01", GENERAL, "", {"desk": True}, True),
    ("19", "A", "2026-03-20", "2026-03-20", GENERAL, "X1", {}, True),  # corrected twice: at B
    ("20", "D", "2026-01-15", "2026-01-15", GENERAL, "X4", {}, False),  # two corrections: aborted
    ("21", "L", "2026-03-15", "2026-03-15", GENERAL, "X1", {}, True),  # before it was listed
    ("22", "M", "2026-01-08", "2026-01-08", GENERAL, "X1", {}, True),  # after it was closed
    ("23", "C", "2026-02-01", "", GENERAL, "X2", {}, False),  # cancelled
    ("24", "G", "2026-01-30", "2026-01-30", GENERAL, "", {}, True),  # handed in in May
    ("25", "B", "2026-02-25", "2026-02-25", GENERAL, "X1", {"crew": ONE}, True),  # corrected
    ("26", "C", "2026-03-05", "", GENERAL, "X2", {}, False),  # never completed
]


def the_district() -> History:
    """The district as its server holds it: register, inspections, corrections, latecomers."""
    history = History()
    _register(history)
    of = {row[0]: _keys(row[0], row[1], row[2], row[4], row[5]) for row in INSPECTIONS}
    _correction_before_its_target(history, of["25"])
    refs = {
        row[0]: _inspection(history, row, of[row[0]], f"tablet {row[0]}")
        for row in INSPECTIONS
        if row[0] != "24"
    }
    voided = InspectionVoided(visit=of["04"], reason="twice", approver=an_id("Wu"))
    history.record(voided, local("2026-03-04"), "tablet 04")
    cancelled = InspectionCancelled(visit=of["23"], reason="weather", lawful=True)
    history.record(cancelled, local("2026-02-01"), "tablet 23")
    _corrected_twice(history, refs["19"], of["19"])
    _corrected_by_two(history, refs["20"], of["20"])
    late = next(row for row in INSPECTIONS if row[0] == "24")
    _inspection(history, late, of["24"], "tablet 24", received=MAY)
    return history


def keys_of(name: str) -> Visit:
    """Return the keys of an inspection of the table, as it started."""
    row = next(row for row in INSPECTIONS if row[0] == name)
    return _keys(row[0], row[1], row[2], row[4], row[5])


def _keys(name: str, thing: str, day: str, keys: Change, items: str) -> Visit:
    about = next(one for one in OBJECTS if one[0] == thing)
    _, object_type, domain, township, village, _ = about
    return a_visit(
        name,
        thing,
        day,
        object_type=object_type,
        domain=domain,
        township=township,
        village=village,
        items=tuple(items.split()),
        **keys,
    )


def _register(history: History) -> None:
    for name, object_type, domain, township, village, day in OBJECTS:
        history.record(
            ObjectListed(
                object=an_id(name),
                object_type=object_type,
                domain=domain,
                township=township,
                village=village,
                valid_from=date.fromisoformat(day),
                name=None if object_type == "low_income_household" else f"Object {name}",
            )
        )
    closed = {"G": date(2026, 3, 15), "M": date(2025, 12, 31)}
    for name, day in closed.items():
        history.record(ObjectClosed(object=an_id(name), valid_to=day, reason="ended"))
    exempt = {
        "H": Span(date(2026, 1, 1), date(2026, 6, 30)),
        "N": Span(date(2025, 12, 1), date(2026, 2, 15)),
    }
    for name, span in exempt.items():
        history.record(
            ObjectExempted(
                object=an_id(name), reason="new", valid_from=span.start, valid_to=span.end
            )
        )
    history.record(
        ObjectExempted(object=an_id("A"), reason="x", valid_from=Q1.start, item="X1")
    )  # of one item only: A still counts
    history.record(ObjectMerged(object=an_id("I"), into=an_id("J"), valid_from=date(2026, 2, 15)))
    _items(history)


def _items(history: History) -> None:
    def listed(
        code: str, domain: str, day: str, make: Callable[..., Any], *, plannable: bool
    ) -> None:
        history.record(
            make(
                item=code,
                name_zh=code,
                name_en=code,
                domain=domain,
                kind="inspection",
                plannable=plannable,
                valid_from=date.fromisoformat(day),
                object_types=("social_association",) if code == "X1" else (),
                frequency={"mode": "min", "count": 1, "per": "year"} if code == "X1" else {},
            )
        )

    for code, domain, day, _ in ITEMS:
        listed(code, domain, day or "2020-01-01", ItemListed, plannable=bool(day))
    history.record(ItemWithdrawn(item="X2", valid_to=date(2026, 2, 10), reason="repealed"))
    listed("X6", CHARITY, "2026-01-01", ItemRevised, plannable=False)


def _inspection(
    history: History,
    row: tuple[str, str, str, str, Change, str, Change, bool],
    visit: Visit,
    log: str,
    received: int | None = None,
) -> EntryRef | None:
    _, _, day, end, _, _, completion, _ = row
    started = InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
    history.record(started, local(day, "09:00"), log, received)
    if not end:
        return None
    finished, _, clock = end.partition(" ")
    done = a_completion(visit, started_at=_morning(day), **completion)
    return history.record(done, local(finished, clock or "10:00"), log, received)


def _morning(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T09:00:00+08:00")


def _correction_before_its_target(history: History, visit: Visit) -> None:
    """The correction of inspection 25 arrives first; its completion will be its log's second."""
    target = EntryRef(a_log("tablet 25"), 2)
    history.record(
        a_correction(target, a_completion(visit, crew=TWO), visit, on="2026-02-25"),
        local("2026-03-30"),
        "office 2",
    )


def _corrected_twice(history: History, target: EntryRef | None, wrong: Visit) -> None:
    """It was at B, not at A; first a question seemed unanswered, then not."""
    assert target is not None
    right = _keys("19", "B", "2026-03-20", {}, "X1")
    morning = _morning("2026-03-20")
    first = a_completion(right, started_at=morning, unanswered=("GE-4",))
    correction = history.record(
        a_correction(target, first, right, wrong, on="2026-03-20"),
        local("2026-03-25"),
        "tablet 19",
    )
    history.record(
        a_correction(correction, a_completion(right, started_at=morning), right, on="2026-03-20"),
        local("2026-04-02"),
        "tablet 19",
    )


def _corrected_by_two(history: History, target: EntryRef | None, visit: Visit) -> None:
    """Two tablets correct one completion, neither knowing of the other: the later position."""
    assert target is not None
    fine: InspectionCompleted = a_completion(visit, outcome="findings")
    at_first = a_correction(target, fine, visit, on="2026-01-15")
    history.record(at_first, local("2026-02-02"), "tablet 20")
    broken_off = a_completion(visit, outcome="aborted")
    later = a_correction(target, broken_off, visit, on="2026-01-15")
    history.record(later, local("2026-02-01"), "tablet 1")
