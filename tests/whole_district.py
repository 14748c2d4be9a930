"""The small district once more, with all that the thirteen measures read; Q1 known by hand.

`tests/district.py` has the register and 26 inspections. Added here: officers, a hotspot with
its slots, an enterprise with its cap, households with their due dates, orders, supervision,
warnings, a plan. Each table says what is awkward about its rows.
"""

from datetime import date, datetime
from typing import Any

from events.facts import Visit
from events.inspections import (
    InspectionCompleted,
    InspectionStarted,
    SegmentCovered,
    ZeroReportFiled,
)
from events.office import (
    PlanAdopted,
    SensitivePeriodDeclared,
    SupervisionRecorded,
    WeatherWarningIssued,
    WeatherWarningLifted,
)
from events.orders import (
    RectificationClosed,
    RectificationExtended,
    RectificationOrdered,
    ReinspectionCompleted,
)
from events.register import (
    CertificateIssued,
    CertificateRevoked,
    FrequencyCapPublished,
    ItemListed,
    LeaveTaken,
    ObjectClosed,
    ObjectListed,
    ObjectRevised,
    OfficerLeft,
    OfficerListed,
    OfficerPosted,
)
from tests.district import (
    AGED,
    FUNERAL,
    RELIEF,
    SOCIAL,
    T1,
    T2,
    T3,
    V3,
    V4,
    V5,
    keys_of,
    the_district,
)
from tests.histories import History, a_completion, a_visit, an_id, crew, local

# name, role, certified to, posted from; what is awkward
OFFICERS = [
    ("Chen", "officer", "2028-12-31", "2025-01-01", "is in nearly every crew"),
    ("Li", "officer", "2028-12-31", "2025-01-01", "certificate revoked from 15 January"),
    ("Wang", "officer", "2028-12-31", "2025-01-01", "on leave from 20 January"),
    ("Zhao", "officer", "2028-12-31", "2026-02-01", "59 of 90 days; never out"),
    ("Qian", "officer", "2028-12-31", "2025-01-01", "left on 31 January"),
    ("Sun", "officer", "2028-12-31", "2025-01-01", "out once, on patrol"),
    ("Wu", "manager", "", "2025-01-01", "manages, does not inspect"),
]

# name, type, domain, township, village, listed from, credit code, attributes; what is awkward
MORE_OBJECTS: list[tuple[str, str, str, str, str, str, str | None, dict[str, Any], str]] = [
    (
        "Q",
        "low_income_household",
        RELIEF,
        T2,
        V3,
        "2025-03-20",
        None,
        {"class": "A", "confirmed_on": "2025-03-20"},
        "due on 20 March, never rechecked",
    ),
    (
        "R",
        "low_income_household",
        RELIEF,
        T2,
        V3,
        "2025-03-15",
        None,
        {"class": "A", "confirmed_on": "2025-03-15"},
        "due on 15 March, closed on 1 March",
    ),
    (
        "S",
        "hotspot",
        RELIEF,
        T2,
        V4,
        "2026-03-23",
        None,
        {"level": "hotspot", "key_slots": ["20:00-22:00"]},
        "nine evenings in the quarter",
    ),
    (
        "V",
        "funeral_goods_shop",
        FUNERAL,
        T2,
        V3,
        "2020-01-01",
        "92999999MA7777777X",
        {},
        "an enterprise with a cap of 2",
    ),
    (
        "Z",
        "elderly_care_institution",
        AGED,
        T3,
        V5,
        "2026-01-05",
        None,
        {"record_filed_on": "2026-01-05"},
        "first inspection due 20 working days later",
    ),
]

# code, domain, object types, frequency
MORE_ITEMS: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = [
    (
        "X3",
        RELIEF,
        ("low_income_household",),
        {
            "mode": "min_by_class",
            "classes": {
                "经济状况短期变化不大": {"count": 1, "per": "year"},
                "收入来源不固定且有劳动能力": {"count": 1, "per": "half_year"},
            },
        },
    ),
    (
        "X7",
        RELIEF,
        ("street_segment", "hotspot"),
        {
            "mode": "min_by_level",
            "classes": {
                "hotspot": {"count": 1, "per": "day_per_key_slot"},
                "arterial": {"count": 1, "per": "day"},
                "other": {"count": 1, "per": "week"},
            },
            "multiplier": {"special_weather": 2, "sensitive_period": 2},
        },
    ),
    ("Y1", FUNERAL, ("funeral_goods_shop",), {"mode": "min", "count": 1, "per": "quarter"}),
    (
        "Y2",
        SOCIAL,
        ("social_association",),
        {"mode": "sample_min", "fraction": 0.5, "per": "quarter"},
    ),
    (
        "Y3",
        AGED,
        ("elderly_care_institution",),
        {"mode": "deadline", "days": 20, "unit": "working_day", "frm": "record_filing"},
    ),
]

# name, at (local), fraction that was measured (None: said to be full), crew; what is awkward
PATROLS = [
    ("S1", "2026-03-23 20:30", None, ("Chen", "Li"), "a pass"),
    ("S2", "2026-03-24 22:30", None, ("Chen", "Li"), "after the slot"),
    ("S3", "2026-03-25 21:00", 0.5, ("Chen", "Li"), "half of it, says the track"),
    ("S4", "2026-03-28 20:10", 0.9, ("Chen", "Li"), "sensitive period: first of two"),
    ("S5", "2026-03-28 21:50", None, ("Chen", "Sun"), "second of two"),
    ("S6", "2026-03-29 20:30", None, ("Chen", "Li"), "one of two"),
    ("S7", "2026-03-30 20:05", None, ("Chen", "Li"), "within 2 h of a warning"),
    ("S8", "2026-03-30 21:00", None, ("Chen", "Li"), "the second that the warning asks"),
]

# name, day, exception at the cap, items; what is awkward
ENTERPRISE = [
    ("V1", "2026-02-20", "within", "Y1", "first of two"),
    ("V2", "2026-03-02", "lead", "", "an exception: not counted"),
    ("V3", "2026-03-12", "within", "Y1", "second of two: full"),
    ("V4", "2026-03-25", "over", "", "third of two: beyond the cap, recorded all the same"),
]

# order, inspection, deadline, extended to, looked at again, by, result, closed; in Q1 and in time?
ORDERS = [
    ("O1", "01", "2026-01-30", "", "2026-02-02", ("Chen", "Li"), "passed", "2026-02-03", True),
    (
        "O2",
        "14",
        "2026-02-13",
        "2026-03-16",
        "2026-03-20",
        ("Sun", "Zhao"),
        "passed",
        "2026-03-23",
        True,
    ),  # seven days after the deadline as it was extended
    ("O3", "24", "2026-03-06", "", "2026-03-13", ("Chen", "Li"), "passed", "2026-03-16", False),
    ("O4", "12", "2026-04-10", "", "", (), "", "", None),  # due in the next quarter
    ("O5", "04", "2026-03-11", "", "", (), "", "", None),  # of an inspection that is void
    ("O6", "25", "2026-03-20", "", "2026-03-21", ("Sun", "Zhao"), "failed", "", False),
]

# act, domain, township, day
SUPERVISION = [
    ("file_review", SOCIAL, T1, "2026-02-20"),
    ("joint_check", FUNERAL, T2, "2026-03-02"),
    ("replay", RELIEF, T2, "2026-04-02"),  # in the next quarter
]

# name, signal, townships, issued, lifted
WARNINGS = [
    ("W1", "rainstorm", (T2,), "2026-03-26T19:30", "2026-03-27T08:00"),  # nobody went
    ("W2", "rainstorm", (), "2026-03-30T20:00", "2026-03-31T02:00"),  # the whole district
    ("W3", "cold", (T1,), "2026-01-12T06:00", "2026-01-13T06:00"),  # no place asked daily there
]


def the_whole_district() -> History:
    """The district with all that the thirteen measures read."""
    history = the_district()
    _officers(history)
    _register(history)
    _calendar(history)
    for row in PATROLS:
        _patrol(history, row)
    for row in ENTERPRISE:
        _entered(history, row)
    _zero_report(history)
    for row in ORDERS:
        _ordered(history, row)
    for act, domain, township, day in SUPERVISION:
        fact = SupervisionRecorded(act, domain, township, an_id("Wu"))  # type: ignore[arg-type]
        history.record(fact, local(day))
    return history


def _officers(history: History) -> None:
    for name, role, to, since, _ in OFFICERS:
        listed = OfficerListed(an_id(name), name, role, date(2020, 1, 1))  # type: ignore[arg-type]
        history.record(listed)
        history.record(OfficerPosted(an_id(name), date.fromisoformat(since)))
        if to:
            certificate = CertificateIssued(
                an_id(f"certificate {name}"),
                an_id(name),
                f"No {name}",
                date(2024, 1, 1),
                date.fromisoformat(to),
            )
            history.record(certificate)
    history.record(CertificateRevoked(an_id("certificate Li"), an_id("Li"), date(2026, 1, 15)))
    history.record(LeaveTaken(an_id("Wang"), date(2026, 1, 20), date(2026, 3, 31)))
    history.record(OfficerLeft(an_id("Qian"), date(2026, 1, 31)))


def _register(history: History) -> None:
    for name, object_type, domain, township, village, day, code, attributes, _ in MORE_OBJECTS:
        history.record(
            ObjectListed(
                object=an_id(name),
                object_type=object_type,
                domain=domain,
                township=township,
                village=village,
                valid_from=date.fromisoformat(day),
                uscc=code,
                attributes=attributes,
            )
        )
    history.record(ObjectClosed(object=an_id("R"), valid_to=date(2026, 3, 1), reason="ended"))
    for name, village, attributes in (
        ("E", V3, {"class": "A", "last_recheck_on": "2025-02-10"}),
        ("F", V4, {"class": "B", "last_recheck_on": "2025-08-01"}),
    ):
        history.record(
            ObjectRevised(
                object=an_id(name),
                object_type="low_income_household",
                domain=RELIEF,
                township=T2,
                village=village,
                valid_from=date(2025, 1, 1),
                attributes=attributes,
            )
        )
    for code, domain, types, frequency in MORE_ITEMS:
        history.record(
            ItemListed(
                item=code,
                name_zh=code,
                name_en=code,
                domain=domain,
                kind="inspection",
                plannable=True,
                valid_from=date(2020, 1, 1),
                object_types=types,
                frequency=frequency,
            )
        )
    cap = FrequencyCapPublished(an_id("cap"), "funeral_goods_shop", 2, date(2026, 1, 1))
    history.record(cap)
    history.record(
        PlanAdopted(
            an_id("plan"),
            "First quarter",
            date(2026, 1, 1),
            date(2026, 3, 31),
            ({"item": "Y1", "object_type": "funeral_goods_shop", "required": 2, "per": "quarter"},),
        )
    )


def _calendar(history: History) -> None:
    period = SensitivePeriodDeclared(
        an_id("period"), "A fair", date(2026, 3, 28), date(2026, 3, 29), 2
    )
    history.record(period)
    for name, signal, townships, issued, lifted in WARNINGS:
        at, end = (datetime.fromisoformat(f"{text}:00+08:00") for text in (issued, lifted))
        warning = WeatherWarningIssued(an_id(name), signal, "orange", at, townships)  # type: ignore[arg-type]
        history.record(warning)
        history.record(WeatherWarningLifted(an_id(name), end))


def _patrol(history: History, row: tuple[str, str, float | None, tuple[str, ...], str]) -> None:
    name, when, fraction, members, _ = row
    day, clock = when.split()
    visit = _visit(
        name, "S", day, "hotspot", RELIEF, V4, "X7", kind="street_patrol", nature="service"
    )
    walked = SegmentCovered(
        visit=visit,
        segment=an_id("S"),
        walked="full",
        fraction=fraction,
        matching=None if fraction is None else "pm-1",
    )
    done = a_completion(visit, started_at=_at(day, clock), crew=crew(*members, shown=False))
    _recorded(history, name, day, clock, visit, done, walked)


def _zero_report(history: History) -> None:
    """Inspection 15 of the table: segment K was walked, and nobody was met."""
    visit = keys_of("15")
    for fact in (
        SegmentCovered(visit=visit, segment=an_id("K"), walked="full"),
        ZeroReportFiled(visit=visit),
    ):
        history.record(fact, local("2026-01-05", "09:50"), "tablet 15")


def _entered(history: History, row: tuple[str, str, str, str, str]) -> None:
    name, day, exception, items, _ = row
    visit = _visit(name, "V", day, "funeral_goods_shop", FUNERAL, V3, items, kind="funeral_order")
    done = a_completion(visit, started_at=_at(day, "09:00"), sets={"cap.exception": exception})
    _recorded(history, name, day, "10:00", visit, done)


def _visit(
    name: str,
    thing: str,
    day: str,
    object_type: str,
    domain: str,
    village: str,
    items: str,
    **keys: object,
) -> Visit:
    return a_visit(
        name,
        thing,
        day,
        object_type=object_type,
        domain=domain,
        township=T2,
        village=village,
        items=tuple(items.split()),
        **keys,
    )


def _recorded(
    history: History,
    name: str,
    day: str,
    clock: str,
    visit: Visit,
    done: InspectionCompleted,
    walked: SegmentCovered | None = None,
) -> None:
    log = f"tablet {name}"
    history.record(
        InspectionStarted(visit=visit, checklist="CL-GE-1", version=1), local(day, "08:00"), log
    )
    if walked is not None:
        history.record(walked, local(day, clock), log)
    history.record(done, local(day, clock), log)


def _at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00+08:00")


def _ordered(history: History, row: tuple[Any, ...]) -> None:
    name, inspection, deadline, extended, again, officers, result, closed, _ = row
    visit, order = keys_of(inspection), an_id(name)
    history.record(
        RectificationOrdered(visit=visit, order=order, deadline=date.fromisoformat(deadline)),
        local(visit.started_on.isoformat(), "11:00"),
        f"tablet {inspection}",
    )
    if extended:
        later = date.fromisoformat(extended)
        history.record(
            RectificationExtended(visit=visit, order=order, deadline=later, approver=an_id("Wu")),
            local(deadline),
        )
    if again:
        history.record(
            ReinspectionCompleted(
                visit=visit,
                order=order,
                result=result,
                by=an_id(f"again {name}"),
                officers=tuple(an_id(one) for one in officers),
            ),
            local(again),
        )
    if closed:
        history.record(
            RectificationClosed(visit=visit, order=order, result="rectified"), local(closed)
        )
