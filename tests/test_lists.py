"""Items, devices, officers, areas, assignments and checklists: what holds on a day."""

from datetime import date

from msgspec import Raw

from events import envelope
from events.facts import body
from events.inspections import ZeroReportFiled
from events.office import (
    AssignmentApproved,
    AssignmentWithdrawn,
    DeviceEnrolled,
    DeviceRevoked,
    EntryAdopted,
    InspectionAssigned,
    LogOpened,
    PlanAdopted,
)
from events.register import (
    AreaClosed,
    AreaListed,
    CertificateIssued,
    CertificateRevoked,
    ChecklistPublished,
    FrequencyCapPublished,
    LeaveTaken,
    OfficerLeft,
    OfficerListed,
    OfficerPosted,
)
from projections.catalogue import VIEWS
from projections.device_list import device_list
from projections.filed import FiledDocument
from projections.fold import catch_up
from projections.item_inventory import ItemFilters, item_inventory
from projections.lists import (
    AREAS,
    ASSIGNMENTS,
    CHECKLISTS,
    OFFICERS,
    area,
    assignment,
    checklist,
    officer,
)
from projections.plans import cap, plan
from projections.spans import Span, after
from projections.view import View
from projections.views import MemoryViews, Query, view_of
from tests.district import FUNERAL, Q1, Q2, TODAY, the_district
from tests.histories import History, a_log, a_visit, an_id, local, unsigned

JANUARY, MARCH, JUNE = date(2026, 1, 1), date(2026, 3, 1), date(2026, 6, 1)


def folded(history: History) -> MemoryViews:
    views = MemoryViews(VIEWS)
    catch_up(history.store(), views)
    return views


def document(history: History, view: View, key: str) -> object:
    return view.decode(folded(history).load(view.name, [key])[key])


# ── items ──────────────────────────────────────────────────────────────────────────


def test_items_with_their_uses_in_the_period_and_their_last_use() -> None:
    views = folded(the_district())

    shown = {one.item: one for one in item_inventory(views, Q1, date(2026, 3, 31)).lines}

    assert {code: one.uses for code, one in shown.items()} == {
        "X1": 5,  # 01 19 21 22 25
        "X2": 1,  # 14; 07 was completed in April
        "X3": 2,  # 08 11
        "X4": 2,  # 06 14
        "X5": 0,
        "X6": 1,  # 13
        "X7": 0,
    }
    assert shown["X2"].last_used_on == date(2026, 4, 1)
    assert (shown["X2"].in_force, shown["X1"].in_force, shown["X5"].in_force) == (
        False,
        True,
        False,
    )
    assert (shown["X6"].plannable, shown["X4"].plannable) == (False, False)


def test_a_visit_that_began_in_one_month_and_ended_in_the_next_is_a_use_of_the_next() -> None:
    april = item_inventory(folded(the_district()), Q2, TODAY)

    assert {one.item: one.uses for one in april.lines if one.uses} == {"X2": 1}


def test_filters_and_pages_of_the_list_of_items() -> None:
    views = folded(the_district())

    first = item_inventory(views, Q1, TODAY, limit=4)
    rest = item_inventory(views, Q1, TODAY, limit=4, after=first.next)
    unused = item_inventory(views, Q1, TODAY, ItemFilters(unused=True, plannable=True))
    funeral = item_inventory(views, Q1, TODAY, ItemFilters(domain=FUNERAL))
    named = frozenset(rest.lines[-1].item.split())
    found = item_inventory(views, Q1, TODAY, ItemFilters(among=named), limit=1)
    assert [one.item for one in found.lines] == [*named]  # however many come before it

    assert [one.item for one in first.lines] == ["X1", "X2", "X3", "X4"]
    assert ([one.item for one in rest.lines], rest.next) == (["X5", "X6", "X7"], None)
    assert [one.item for one in unused.lines] == ["X5", "X7"]
    assert [one.item for one in funeral.lines] == ["X2", "X4"]


# ── devices ────────────────────────────────────────────────────────────────────────


def enrolled(history: History, log: str, device: str = "tablet") -> None:
    history.record(
        DeviceEnrolled(
            device=an_id(device),
            log=a_log(log),
            name="Tablet 7",
            signing_key="ab" * 32,
            sealing_key="cd" * 32,
            townships=("440804001",),
        )
    )


def opened(log: str) -> LogOpened:
    return LogOpened(bureau="00" * 32, role="tablet", device=an_id("tablet"), signing_key="ab" * 32)


def test_a_device_with_its_logs_how_far_they_are_held_and_trusted() -> None:
    history = History()
    enrolled(history, "old")
    history.record(opened("old"), log="old")
    for _ in range(3):
        history.record(ZeroReportFiled(visit=a_visit("1", "k", "2026-03-01")), log="old")
    history.record(
        DeviceRevoked(device=an_id("tablet"), log=a_log("old"), last_trusted=2, reason="lost")
    )
    enrolled(history, "new")
    history.record(opened("new"), local("2026-03-05"), log="new", received=77)
    history.record(
        ZeroReportFiled(visit=a_visit("2", "k", "2026-03-01")), log="new", tag="thing-invented.v9"
    )

    (line,) = device_list(folded(history)).lines

    assert (line.device, line.name, line.townships) == (an_id("tablet"), "Tablet 7", ("440804001",))
    logs = {log.log: log for log in line.logs}
    old, new = logs[a_log("old")], logs[a_log("new")]
    assert (old.entries, old.last_trusted, old.beyond_trust, old.unknown) == (4, 2, 2, ())
    assert (new.entries, new.last_trusted, new.beyond_trust) == (2, None, 0)
    assert new.unknown == (("thing-invented.v9", 1),)


def test_an_adopted_entry_is_counted_apart_and_its_carrier_where_it_stands() -> None:
    history = History()
    enrolled(history, "old")
    fact = ZeroReportFiled(visit=a_visit("1", "k", "2026-03-01"))
    entry = unsigned(body(fact, bytes(16)), "zero-report-filed.v1", a_log("old"), 5, 0, 480)
    adoption = EntryAdopted(
        envelope=envelope.encode(entry).hex(), log=a_log("old"), entry=5, reason="fork"
    )
    history.record(adoption)

    views = folded(history)
    (line,) = device_list(views).lines
    logs = [log for one in device_list(views, role=None).lines for log in one.logs]

    assert (line.logs[0].entries, line.logs[0].adopted) == (0, 1)
    assert [log.entries for log in logs if log.log == a_log("office")] == [2]


def test_devices_are_paged_by_id() -> None:
    history = History()
    for n in range(5):
        enrolled(history, f"log {n}", f"tablet {n}")
    views = folded(history)

    first = device_list(views, limit=3)
    rest = device_list(views, limit=3, after=first.next)

    shown = [one.device for one in (*first.lines, *rest.lines)]
    assert shown == sorted(an_id(f"tablet {n}") for n in range(5))
    assert rest.next is None


# ── officers, areas, assignments, checklists ───────────────────────────────────────


def test_an_officer_with_certificates_postings_and_leave() -> None:
    history = History()
    chen = an_id("Chen")
    history.record(OfficerListed(officer=chen, name="Chen", role="officer", valid_from=JANUARY))
    for name, to in (("first", JUNE), ("second", date(2027, 1, 1))):
        history.record(
            CertificateIssued(
                certificate=an_id(name), officer=chen, number=name, valid_from=MARCH, valid_to=to
            )
        )
    history.record(CertificateRevoked(certificate=an_id("second"), officer=chen, valid_from=JUNE))
    history.record(OfficerPosted(officer=chen, valid_from=JANUARY, townships=("440804001",)))
    history.record(LeaveTaken(officer=chen, valid_from=MARCH, valid_to=MARCH))
    history.record(OfficerLeft(officer=chen, valid_to=date(2026, 12, 31)))

    resolved = officer(chen, document(history, OFFICERS, chen))  # type: ignore[arg-type]

    assert resolved.name == "Chen"
    assert resolved.listed == (Span(JANUARY, date(2026, 12, 31)),)
    assert [resolved.certified(day) for day in (JANUARY, MARCH, JUNE, date(2026, 6, 2))] == [
        False,
        True,
        True,
        False,
    ]
    assert resolved.leaves == (Span(MARCH, MARCH),)
    assert [one.townships for one in resolved.postings] == [("440804001",)]


def test_a_certificate_revoked_before_it_was_valid_never_holds() -> None:
    history = History()
    chen = an_id("Chen")
    history.record(CertificateRevoked(certificate=an_id("c"), officer=chen, valid_from=JANUARY))
    history.record(
        CertificateIssued(
            certificate=an_id("c"), officer=chen, number="1", valid_from=MARCH, valid_to=JUNE
        )
    )

    resolved = officer(chen, document(history, OFFICERS, chen))  # type: ignore[arg-type]

    assert [one.valid for one in resolved.certificates] == [None]


def test_an_area_ends_on_its_last_day() -> None:
    history = History()
    code = "440804001"
    history.record(
        AreaListed(area=code, name_zh="南调", name_en="N", level="township", valid_from=JANUARY)
    )
    history.record(AreaClosed(area=code, valid_to=MARCH))

    resolved = area(code, document(history, AREAS, code))  # type: ignore[arg-type]

    assert resolved.active == (Span(JANUARY, MARCH),)
    assert resolved.listing is not None
    assert resolved.listing.name_zh == "南调"


def test_an_assignment_can_be_taken_back_and_given_again() -> None:
    given = InspectionAssigned(
        assignment=an_id("a"),
        object=an_id("thing"),
        object_type="x",
        kind="general_inspection",
        domain="funeral",
        township="440804001",
        device=an_id("tablet"),
        officers=(an_id("Chen"),),
        due_on=JUNE,
    )
    back = AssignmentWithdrawn(assignment=an_id("a"), device=an_id("tablet"), reason="x")
    for facts, withdrawn in (
        ([given], False),
        ([given, back], True),
        ([given, back, given], False),
    ):
        history = History()
        for fact in facts:
            history.record(fact)
        found = assignment(document(history, ASSIGNMENTS, an_id("a")))  # type: ignore[arg-type]
        assert (found.given, found.withdrawn) == (given, withdrawn)


def test_what_is_given_anew_is_approved_anew_and_the_first_approval_stands() -> None:
    given = InspectionAssigned(
        assignment=an_id("a"), object=an_id("thing"), object_type="x", kind="funeral_order",
        domain="funeral", township="440804001", device=an_id("tablet"), officers=(), due_on=JUNE,
    )  # fmt: skip
    first, second = (AssignmentApproved(an_id("a"), an_id(name)) for name in ("Wu", "Yu"))
    for facts, approver in (
        ([given], None),
        ([first], an_id("Wu")),
        ([given, first, second], an_id("Wu")),
        ([given, first, given], None),
        ([given, first, given, second], an_id("Yu")),
    ):
        history = History()
        for fact in facts:
            history.record(fact)
        found = assignment(document(history, ASSIGNMENTS, an_id("a")))  # type: ignore[arg-type]
        assert (found.approved.approver if found.approved else None) == approver


def test_the_version_of_a_checklist_in_force_on_a_day() -> None:
    history = History()
    for version, day in ((1, JANUARY), (3, JUNE), (2, MARCH)):
        history.record(
            ChecklistPublished(
                checklist="CL",
                kind="k",
                version=version,
                valid_from=day,
                sha256="ab" * 32,
                content=Raw(b'{"questions":[]}'),
            )
        )
    held = document(history, CHECKLISTS, "CL")

    def version(day: date) -> int | None:
        found = checklist(held, day)  # type: ignore[arg-type]
        return found.version if found else None

    assert [version(day) for day in (date(2025, 12, 31), JANUARY, MARCH, JUNE)] == [None, 1, 2, 3]


# ── columns ────────────────────────────────────────────────────────────────────────


def columns(history: History, name: str) -> dict[str, tuple[object, ...]]:
    views = folded(history)
    chosen = tuple(view_of(views.views, name).columns)
    return {row.key: row.values for row in views.select(Query(name, columns=chosen))}


def test_columns_of_officers_tell_the_newest_listing_and_the_last_valid_day() -> None:
    history = History()
    chen, li, wang = map(an_id, ("Chen", "Li", "Wang"))
    history.record(OfficerListed(chen, "Chen", "auxiliary", JANUARY))
    history.record(OfficerListed(chen, "Chen", "officer", MARCH, "Section 2"))
    history.record(OfficerLeft(chen, JUNE))
    for number, to in (("1", date(2026, 9, 1)), ("2", date(2027, 9, 1))):
        history.record(CertificateIssued(an_id(number), chen, number, JANUARY, to))
    history.record(OfficerListed(li, "Li", "officer", JANUARY))
    history.record(LeaveTaken(wang, JANUARY, MARCH))  # nobody listed him

    assert columns(history, "officers") == {
        chen: ("Chen", "officer", "Section 2", "2026-01-01", "2026-06-01", "2027-09-01"),
        li: ("Li", "officer", "", "2026-01-01", "9999-12-31", ""),
        wang: ("", "", "", "", "", ""),
    }
    found = officer(chen, document(history, OFFICERS, chen))  # type: ignore[arg-type]
    assert sorted((one.certificate, one.number) for one in found.certificates) == sorted(
        ((an_id("1"), "1"), (an_id("2"), "2"))
    )


def test_a_certificate_is_revoked_from_the_earliest_day_said() -> None:
    history = History()
    chen = an_id("Chen")
    for number in ("1", "2"):
        history.record(CertificateIssued(an_id(number), chen, number, JANUARY, JUNE))
    history.record(CertificateRevoked(an_id("1"), chen, JUNE))
    history.record(CertificateRevoked(an_id("1"), chen, MARCH))
    history.record(CertificateRevoked(an_id("2"), chen, JUNE))

    found = officer(chen, document(history, OFFICERS, chen))  # type: ignore[arg-type]

    assert {one.number: one.valid for one in found.certificates} == {
        "1": Span(JANUARY, date(2026, 2, 28)),
        "2": Span(JANUARY, date(2026, 5, 31)),
    }


def test_columns_of_areas_tell_the_newest_description_and_from_when_to_when() -> None:
    history = History()
    town, village, unknown = "440804001", "440804001201", "440804009"
    history.record(AreaListed(town, "新名", "New", "township", MARCH, "440804"))
    history.record(AreaListed(town, "旧名", "Old", "township", JANUARY, "440804"))
    history.record(AreaListed(village, "村", "V", "village", JANUARY))
    history.record(AreaClosed(village, JUNE))
    history.record(AreaClosed(unknown, JUNE))  # nobody listed it

    assert columns(history, "areas") == {
        town: ("新名", "New", "township", "440804", "2026-01-01", "9999-12-31"),
        village: ("村", "V", "village", "", "2026-01-01", "2026-06-01"),
        unknown: ("", "", "", "", "", ""),
    }
    resolved = area(town, document(history, AREAS, town))  # type: ignore[arg-type]
    assert (resolved.area, resolved.listing and resolved.listing.name_zh) == (town, "新名")


def test_columns_of_plans_tell_what_was_adopted_last() -> None:
    history = History()
    history.record(PlanAdopted(an_id("p"), "The plan", JANUARY, JUNE))
    history.record(PlanAdopted(an_id("p"), "Another", MARCH, JUNE))

    assert columns(history, "plans") == {an_id("p"): ("Another", "2026-03-01", "2026-06-01")}
    assert plan(FiledDocument({}, {}, {})) is None


def test_columns_of_caps_tell_for_whom_how_often_and_from_when_to_when() -> None:
    history = History()
    of_type, own = an_id("of a type"), an_id("own")
    history.record(FrequencyCapPublished(of_type, "shop", 2, JANUARY))
    history.record(FrequencyCapPublished(own, "shop", 4, JANUARY, JUNE, an_id("thing")))
    history.record(FrequencyCapPublished(own, "shop", 3, MARCH, JUNE, an_id("thing")))

    assert columns(history, "caps") == {
        of_type: ("shop", "", 2, "2026-01-01", "9999-12-31"),
        own: ("shop", an_id("thing"), 3, "2026-03-01", "2026-06-01"),
    }
    assert cap(FiledDocument({}, {}, {})) is None


def test_a_document_with_nothing_in_it_has_empty_columns_so_that_it_sorts() -> None:
    """A correction can reach a key before, or without, any fact that stands there."""
    said = {
        "objects": {"order_due_on": "9999-12-31"},
        "inspections": {"reasons": "not_started not_completed"},
        "item_uses": {"item": "X", "month": "2026-01", "days": "{}"},
        "calendar": {"kind": "warning"},
        "supervision": {"domain": "X", "township": "2026-01"},
    }
    for view in VIEWS:
        if view.every is not None:
            continue
        found = view.extract("X|2026-01", FiledDocument({}, {}, {}))
        empty = {name: "" if kind == "text" else 0 for name, kind in view.columns.items()}
        assert dict(zip(view.columns, found, strict=True)) == empty | said.get(view.name, {})


def test_columns_of_assignments_tell_what_was_given_and_whether_it_was_taken_back() -> None:
    history = History()
    given = InspectionAssigned(
        assignment=an_id("a"), object=an_id("thing"), object_type="x", kind="funeral_order",
        domain="funeral", township="440804001", device=an_id("tablet"),
        officers=(an_id("Chen"), an_id("Li")), due_on=JUNE,
    )  # fmt: skip
    at = local("2026-03-01")
    history.record(given)
    history.record(AssignmentApproved(an_id("a"), an_id("Wu")), at)
    history.record(AssignmentWithdrawn(an_id("b"), an_id("tablet"), "x"), at)

    assert columns(history, "assignments") == {
        an_id("a"): (
            an_id("thing"), "funeral_order", "funeral", "440804001", an_id("tablet"),
            f"{an_id('Chen')} {an_id('Li')}", "2026-06-01", 0, 0, 2, at,
        ),
        an_id("b"): ("", "", "", "", "", "", "", 1, at, 0, 0),
    }  # fmt: skip


def test_of_a_device_the_log_heard_of_last_comes_first_and_names_it() -> None:
    history = History()
    for log, name, domains in (("old", "First", (FUNERAL,)), ("new", "Second", ("charity",))):
        enrolment = DeviceEnrolled(
            device=an_id("tablet"), log=a_log(log), name=name, signing_key="ab" * 32,
            sealing_key="cd" * 32, townships=(), domains=domains,
        )  # fmt: skip
        history.record(enrolment)
    history.record(opened("new"), local("2026-03-01"), "new", received=7)
    history.record(opened("old"), local("2026-03-02"), "old", received=9, offset=420)
    for number in range(2):
        fact = ZeroReportFiled(visit=a_visit(f"{number}", "k", "2026-03-01"))
        history.record(fact, local("2026-03-02"), "old", 9, 420, tag="thing-invented.v9")
    history.record(opened("stray"), log="stray", received=3)  # opened, and never enrolled

    (line,) = device_list(folded(history)).lines

    assert (line.name, line.domains, line.received_at) == ("First", (FUNERAL,), 9)
    assert [
        (log.log, log.enrolled, log.received_at, log.happened_at, log.utc_offset)
        for log in line.logs
    ] == [
        (a_log("old"), True, 9, local("2026-03-02"), 420),
        (a_log("new"), True, 7, local("2026-03-01"), 480),
        (a_log("stray"), False, 3, 0, 480),
    ]
    assert {log.role for log in line.logs} == {"tablet"}
    assert line.logs[0].unknown == (("thing-invented.v9", 2),)


def test_a_page_that_holds_all_is_the_last() -> None:
    history = History()
    for n in range(2):
        enrolled(history, f"log {n}", f"tablet {n}")

    assert device_list(folded(history), limit=2).next is None
    assert item_inventory(folded(the_district()), Q1, TODAY, limit=7).next is None


def test_a_line_of_the_list_of_items_tells_what_the_register_says() -> None:
    views = folded(the_district())

    def shown(today: date) -> dict[str, bool]:
        return {one.item: one.in_force for one in item_inventory(views, Q1, today).lines}

    line = next(one for one in item_inventory(views, Q1, TODAY).lines if one.item == "X2")
    assert (line.name_zh, line.name_en, line.domain, line.kind) == (
        "X2",
        "X2",
        FUNERAL,
        "inspection",
    )
    (last,) = line.valid
    assert [shown(day)["X2"] for day in (last.start, last.end, after(last.end))] == [
        True, True, False,
    ]  # fmt: skip
