"""Faults that need the register, the checklist or other inspections; and procedure completeness."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from msgspec import Raw, json, structs

from events import checklists
from events.facts import Visit
from events.inspections import (
    CertificateShown,
    EnterpriseCodeChecked,
    EvidenceCaptured,
    FindingRaised,
    InspectionApproved,
    InspectionCancelled,
    InspectionStarted,
    InspectionVoided,
    NoticeGiven,
    OfficerSignedIn,
    PartyAbsent,
)
from events.office import AssignmentApproved, AssignmentWithdrawn, InspectionAssigned
from events.procedure_rules import Act, cited, laws, rules
from events.register import (
    CertificateIssued,
    CertificateRevoked,
    ChecklistPublished,
    FrequencyCapPublished,
    ObjectListed,
    OfficerListed,
)
from projections.caps import cap_counts
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.measures import MEASURES
from projections.procedure import SHOWN
from projections.procedure_faults import FaultLine, faults_of, procedure_faults
from projections.question import Filters, Question
from projections.spans import Span
from projections.views import MemoryViews
from tests.histories import History, a_completion, a_visit, an_id, crew, local

DAY = "2026-05-04"
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
TODAY = date(2026, 12, 31)
HOUR = 3_600_000_000
ENTERPRISE, ASSOCIATION = "92999999MA7777777X", "51999999MJ7777777X"
QUERIED = {
    "approval_missing",
    "cap_exceeded",
    "certificate_invalid",
    "enterprise_code_missing",
    "evidence_missing",
    "notice_missing",
}


class Bureau:
    """A bureau with a shop, two officers and the checklists; visits go by the book."""

    def __init__(self, uscc: str | None = ENTERPRISE, cap: int = 9) -> None:
        self.history = History()
        self._listed(uscc)
        self.history.record(
            FrequencyCapPublished(an_id("cap"), "funeral_goods_shop", cap, date(2026, 1, 1))
        )
        for form in checklists.bundled().values():
            raw = Raw(json.encode({"requires_approval": form.requires_approval}))
            content = raw if form.kind != "funeral_order" else _FUNERAL
            self.history.record(
                ChecklistPublished(
                    form.id, form.kind, form.version, date(2026, 1, 1), "0" * 64, content
                )
            )

    def _listed(self, uscc: str | None) -> None:
        for thing in ("shop", "branch"):
            self.history.record(
                ObjectListed(
                    object=an_id(thing),
                    object_type="funeral_goods_shop",
                    domain="funeral",
                    township="440804001",
                    valid_from=date(2020, 1, 1),
                    uscc=uscc,
                )
            )
        for name in ("Chen", "Li"):
            self.history.record(OfficerListed(an_id(name), name, "officer", date(2020, 1, 1)))
            self.history.record(
                CertificateIssued(
                    an_id(f"card {name}"), an_id(name), "1", date(2020, 1, 1), date(2026, 5, 4)
                )
            )

    def visit(
        self,
        name: str = "one",
        day: str = DAY,
        *,
        thing: str = "shop",
        without: str = "",
        more: Sequence[Any] = (),
        keys: dict[str, Any] | None = None,
        assignment: str | None = None,
        **changes: Any,  # noqa: ANN401  members of the completion
    ) -> Visit:
        """One that lacks nothing but what is left out."""
        usual = {"kind": "funeral_order", "object_type": "funeral_goods_shop", "domain": "funeral"}
        visit = a_visit(name, thing, day, **{**usual, **(keys or {})})
        form = {"funeral_order": "CL-FU-1", "street_patrol": "CL-SP-1"}.get(visit.kind, "CL-GE-1")
        start, end = local(day, "09:00"), local(day, "10:00")
        facts = {
            "start": InspectionStarted(
                visit=visit, checklist=form, version=1, assignment=assignment
            ),
            "approval": InspectionApproved(visit=visit, approver=an_id("Wu")),
            "notice": NoticeGiven(visit=visit, form="told"),
            "code": EnterpriseCodeChecked(visit=visit, method="show"),
        }
        for at, (what, fact) in enumerate(facts.items()):
            if what != without:
                self.history.record(fact, start + at, "tablet", end)
        for fact in more:
            self.history.record(structs.replace(fact, visit=visit), start + 9, "tablet", end)
        done = a_completion(visit, **{"checklist": form, **changes})
        self.history.record(done, end, "tablet", end)
        return visit

    def later(self, fact: Any, at: int) -> int:  # noqa: ANN401  any fact
        self.history.record(fact, at, "office", at)
        return len(self.history.records)

    def question(self, period: Span = YEAR, today: date = TODAY, **chosen: str) -> Question:
        views = MemoryViews(VIEWS)
        catch_up(self.history.store(), views)
        return Question(views, period, today, Filters(**chosen))

    def lines(self, **chosen: str) -> Sequence[FaultLine]:
        return procedure_faults(self.question(**chosen))

    @property
    def codes(self) -> list[str]:
        return [line.code for line in self.lines()]


def _raw(form: checklists.Checklist) -> Raw:
    """Return what of a checklist the rules read, with its true evidence."""
    questions = [
        {"id": one.id, "findings": [{"evidence": rule.evidence} for rule in one.findings]}
        for one in form.questions
    ]
    return Raw(json.encode({"requires_approval": form.requires_approval, "questions": questions}))


_FUNERAL = _raw(checklists.bundled()["funeral_order"])


def test_by_the_book_there_is_no_fault() -> None:
    bureau = Bureau()
    bureau.visit()

    assert bureau.codes == []


def test_every_rule_has_its_fault_and_every_fault_its_rule() -> None:
    assert set(rules()) == SHOWN | QUERIED
    for rule in rules().values():
        assert all((rule.zh, rule.en, rule.mends_zh, rule.mends_en, rule.natures)), rule.code
        assert all(basis.law in laws() for basis in rule.basis), rule.code
        assert all(basis.article or basis.verify for basis in rule.basis), rule.code


def test_a_line_says_which_rule_where_and_what_mends_it() -> None:
    bureau = Bureau()
    visit = bureau.visit(without="approval", keys={"village": "440804001201"})

    (line,) = bureau.lines()

    assert (line.inspection, line.code, line.on) == (
        visit.inspection,
        "approval_missing",
        date(2026, 5, 4),
    )
    assert (line.object, line.object_type, line.village) == (
        an_id("shop"),
        "funeral_goods_shop",
        "440804001201",
    )
    assert (line.kind, line.domain, line.township) == (visit.kind, visit.domain, visit.township)
    assert line.officers == (an_id("Chen"), an_id("Li"))
    assert line.position == len(bureau.history.records)
    assert (line.rule.zh, line.rule.severity) == ("检查未经批准", "critical")
    assert "24" in line.rule.mends_zh
    assert (line.mended_at, line.mended_by) == (None, "")


def test_faults_of_single_inspections_are_told_whenever_they_were_started() -> None:
    bureau = Bureau()
    late = bureau.visit("late", "2026-05-03", without="notice")
    early = bureau.visit("early", "2025-02-03", without="notice", unanswered=("FU-14",))
    bureau.visit("other", without="notice")
    bureau.visit("by the book")
    question = bureau.question(period=Span(date(2026, 5, 4), date(2026, 5, 4)))

    found = faults_of(question, [late.inspection, early.inspection, an_id("by the book")])

    assert [(line.on, line.inspection, line.code) for line in found] == [
        (date(2025, 2, 3), early.inspection, "notice_missing"),
        (date(2025, 2, 3), early.inspection, "unanswered"),
        (date(2026, 5, 3), late.inspection, "notice_missing"),
    ]
    assert faults_of(question, []) == []
    lines = bureau.lines()
    assert all(line in lines for line in found[2:])


def test_one_that_is_not_completed_by_the_day_of_asking_has_no_faults_yet() -> None:
    bureau = Bureau()
    visit = bureau.visit(without="notice")
    started = a_visit("started", "shop", DAY, object_type="funeral_goods_shop", domain="funeral")
    bureau.later(InspectionStarted(visit=started, checklist="CL-FU-1", version=1), local(DAY))

    def codes(day: str, *inspections: str) -> list[str]:
        question = bureau.question(today=date.fromisoformat(day))
        return [line.code for line in faults_of(question, inspections)]

    assert codes("2026-05-03", visit.inspection) == []
    assert codes(DAY, visit.inspection) == ["notice_missing"]
    assert codes("2026-05-05", started.inspection, visit.inspection) == ["notice_missing"]


# ── approval ───────────────────────────────────────────────────────────────────────


def test_whether_approval_is_needed_is_the_checklists_word() -> None:
    bureau = Bureau()
    patrol = {"kind": "street_patrol", "nature": "service", "object_type": "street_segment"}
    bureau.visit("patrol", without="approval", keys=patrol)
    assert bureau.codes == []

    bureau.visit("general", without="approval", keys={"kind": "general_inspection"})
    assert bureau.codes == ["approval_missing"]

    bureau.visit("own form", without="approval", checklist="CL-XX-1")
    asks_for_none = Raw(json.encode({"requires_approval": False}))
    bureau.later(
        ChecklistPublished(
            "CL-YY-1", "general_inspection", 1, date(2026, 1, 1), "0" * 64, asks_for_none
        ),
        0,
    )
    bureau.visit("no need", without="approval", checklist="CL-YY-1")
    assert bureau.codes == ["approval_missing"]  # a form never published asks for nothing either


@pytest.mark.parametrize(
    ("hours", "emergency", "expected"),
    [
        (24, True, []),
        (25, True, [("approval_missing", True)]),
        (2, False, [("approval_missing", True)]),
        (1, False, []),  # just when it was completed
    ],
)
def test_an_approval_that_was_filed_later_mends(
    hours: int, emergency: bool, expected: list[tuple[str, bool]]
) -> None:
    bureau = Bureau()
    visit = bureau.visit(without="approval")
    filed = InspectionApproved(visit=visit, approver=an_id("Wu"), emergency=emergency)
    position = bureau.later(filed, local(DAY, "09:00") + hours * HOUR)

    lines = bureau.lines()

    assert [(line.code, line.mended_at == position) for line in lines] == expected
    assert all(line.mended_by == "approval" for line in lines)


@pytest.mark.parametrize(
    ("approved", "withdrawn", "expected"),
    [
        ("08:59", "", []),
        ("09:00", "", []),  # just when it was started
        ("09:01", "", [("approval_missing", "approval")]),
        ("08:00", "08:30", [("approval_missing", "")]),
        ("08:00", "12:00", []),  # it was held by then
        ("", "", [("approval_missing", "")]),
    ],
)
def test_what_was_assigned_is_approved_before_it_is_started(
    approved: str, withdrawn: str, expected: list[tuple[str, str]]
) -> None:
    bureau = Bureau()
    task = an_id("task")
    given = InspectionAssigned(
        assignment=task, object=an_id("shop"), object_type="funeral_goods_shop",
        kind="funeral_order", domain="funeral", township="440804001", device=an_id("T"),
        officers=(), due_on=date(2026, 5, 9),
    )  # fmt: skip
    bureau.later(given, local("2026-05-01"))
    if approved:
        bureau.later(AssignmentApproved(task, an_id("Wu")), local(DAY, approved))
    if withdrawn:
        bureau.later(AssignmentWithdrawn(task, an_id("T"), "refused"), local(DAY, withdrawn))
    bureau.visit(without="approval", assignment=task)

    assert [(line.code, line.mended_by) for line in bureau.lines()] == expected


def test_voiding_mends_whatever_was_wrong() -> None:
    bureau = Bureau()
    visit = bureau.visit(without="notice", unanswered=("FU-14",))
    void = InspectionVoided(visit=visit, reason="wrong", approver=an_id("Wu"))
    position = bureau.later(void, local(DAY, "12:00"))

    assert [(line.code, line.mended_at, line.mended_by) for line in bureau.lines()] == [
        ("notice_missing", position, "voiding"),
        ("unanswered", position, "voiding"),
    ]


def test_what_was_approved_late_and_then_voided_was_mended_by_the_approval() -> None:
    bureau = Bureau()
    visit = bureau.visit(without="approval")
    filed = bureau.later(InspectionApproved(visit=visit, approver=an_id("Wu")), local("2026-05-09"))
    void = InspectionVoided(visit=visit, reason="wrong", approver=an_id("Wu"))
    bureau.later(void, local("2026-05-10"))

    (line,) = bureau.lines()

    assert (line.mended_at, line.mended_by) == (filed, "approval")


def test_what_was_broken_off_and_voided_lacks_nothing() -> None:
    bureau = Bureau()
    visit = bureau.visit(without="code", outcome="aborted")
    void = InspectionVoided(visit=visit, reason="wrong", approver=an_id("Wu"))
    bureau.later(void, local(DAY, "12:00"))

    assert bureau.codes == []


# ── notice and code ────────────────────────────────────────────────────────────────


def test_notice_is_given_to_a_party_that_is_there() -> None:
    bureau = Bureau()
    bureau.visit("told nobody", without="notice")
    assert bureau.codes == ["notice_missing"]

    absent = PartyAbsent(visit=a_visit("x", "x", DAY), question="FU-33")
    bureau.visit("absent", without="notice", more=[absent])
    segment = {"object_type": "burial_patrol_segment"}
    bureau.visit("no party", thing="hill", without="notice", keys=segment)
    bureau.visit("desk", without="notice", desk=True)
    assert bureau.codes == ["notice_missing"]


@pytest.mark.parametrize(("uscc", "expected"), [(ENTERPRISE, 1), (ASSOCIATION, 0), (None, 0)])
def test_only_at_an_enterprise_the_code_is_shown(uscc: str | None, expected: int) -> None:
    bureau = Bureau(uscc)
    bureau.visit(without="code")

    assert bureau.codes == ["enterprise_code_missing"] * expected


# ── certificates ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("day", "expected"), [(DAY, []), ("2026-05-05", ["certificate_invalid"])])
def test_a_certificate_in_the_register_is_valid_on_its_last_day(
    day: str, expected: list[str]
) -> None:
    bureau = Bureau()
    bureau.visit(day=day)

    assert bureau.codes == expected


def test_a_revoked_certificate_and_none_at_all_are_invalid() -> None:
    bureau = Bureau()
    bureau.later(CertificateRevoked(an_id("card Li"), an_id("Li"), date(2026, 4, 1)), 0)
    bureau.visit("before", "2026-03-31", crew=crew("Chen", "Li"))
    bureau.visit("after", "2026-04-01", crew=crew("Chen", "Li"))
    bureau.visit("stranger", "2026-02-02", crew=crew("Chen", "Somebody"))

    assert [(line.code, line.on.isoformat()) for line in bureau.lines()] == [
        ("certificate_invalid", "2026-02-02"),
        ("certificate_invalid", "2026-04-01"),
    ]


def test_a_card_that_had_expired_is_told_once() -> None:
    bureau = Bureau()
    old = CertificateShown(
        visit=a_visit("x", "x", DAY),
        officer=an_id("Li"),
        certificate=an_id("card Li"),
        valid_to=date(2026, 5, 4),
    )
    bureau.visit(day="2026-05-05", more=[old])

    assert bureau.codes == ["certificate_expired"]


def test_the_register_is_read_whole_though_one_officer_is_asked_for() -> None:
    bureau = Bureau()
    bureau.visit()

    assert bureau.lines(officer=an_id("Chen")) == []


# ── evidence ───────────────────────────────────────────────────────────────────────


def finding(question: str, rule: int = 0) -> FindingRaised:
    return FindingRaised(
        visit=a_visit("x", "x", DAY),
        finding=an_id(question),
        question=question,
        rule=rule,
        item="X",
        severity="major",
    )


def picture(number: int) -> EvidenceCaptured:
    return EvidenceCaptured(
        visit=a_visit("x", "x", DAY),
        evidence=an_id(f"picture {number}"),
        sha256="0" * 64,
        size=1,
        media_type="image/jpeg",
    )


@pytest.mark.parametrize(
    ("raised", "pictures", "expected"),
    [
        ("FU-19", 2, 0),  # photo>=2
        ("FU-19", 1, 1),
        ("FU-14", 1, 0),  # ledger photo
        ("FU-14", 0, 1),
        ("FU-17", 0, 0),  # a statement is no picture
        ("FU-99", 0, 0),  # no such question
    ],
)
def test_a_finding_asks_for_its_pictures(raised: str, pictures: int, expected: int) -> None:
    bureau = Bureau()
    bureau.visit(more=[finding(raised), *map(picture, range(pictures))])

    assert bureau.codes == ["evidence_missing"] * expected


def test_the_fault_stands_at_the_finding() -> None:
    bureau = Bureau()
    bureau.visit(more=[finding("FU-14"), finding("FU-19"), finding("FU-19", 7)])

    first = len(bureau.history.records) - 3
    assert [line.position for line in bureau.lines()] == [first, first + 1]


# ── caps ───────────────────────────────────────────────────────────────────────────


def test_beyond_the_cap_without_an_exception() -> None:
    bureau = Bureau(cap=2)
    bureau.visit("1", "2026-01-05")
    bureau.visit("2", "2026-02-05", sets={"cap.exception": "superior_special"})
    bureau.visit("3", "2026-03-05", thing="branch")  # of the same enterprise
    bureau.visit("4", "2026-03-06", sets={"cap.exception": "lead"})
    bureau.visit("5", "2026-04-05", outcome="aborted")
    bureau.visit("6", "2026-04-06", desk=True)
    bureau.visit("7", "2026-05-03", sets={"cap.exception": "over"})

    assert [(line.code, line.inspection) for line in bureau.lines()] == [
        ("cap_exceeded", an_id("7"))
    ]
    assert [held.number for held in cap_counts(bureau.question())] == [1, 1, 2, 2, 3]


def test_a_voided_one_makes_room() -> None:
    bureau = Bureau(cap=1)
    first = bureau.visit("1", "2026-01-05")
    bureau.visit("2", "2026-01-06")
    assert bureau.codes == ["cap_exceeded"]

    bureau.later(
        InspectionVoided(visit=first, reason="wrong", approver=an_id("Wu")), local("2026-01-07")
    )
    assert bureau.codes == []


def test_a_new_year_begins_anew_and_a_cap_holds_from_its_day_on() -> None:
    bureau = Bureau(cap=1)
    for name, day in (("1", "2025-11-03"), ("2", "2025-12-30"), ("3", "2026-01-05")):
        bureau.visit(name, day)
    both = Span(date(2025, 1, 1), date(2026, 12, 31))

    held = cap_counts(bureau.question(period=both))

    assert [(one.number, one.cap) for one in held] == [(1, None), (2, None), (1, 1)]
    assert procedure_faults(bureau.question(period=both), ("cap_exceeded",)) == []


@pytest.mark.parametrize(("cap", "expected"), [(3, 0), (2, 0), (1, 1)])
def test_a_cap_of_its_own_comes_before_that_of_the_type(cap: int, expected: int) -> None:
    bureau = Bureau(cap=1 if cap > 1 else 9)
    own = FrequencyCapPublished(
        an_id("own"), "funeral_goods_shop", cap, date(2026, 1, 1), object=an_id("shop")
    )
    bureau.later(own, 0)
    bureau.visit("1", "2026-01-05")
    bureau.visit("2", "2026-01-06")

    assert bureau.codes == ["cap_exceeded"] * expected


def test_what_the_completion_lacks_stands_at_the_completion() -> None:
    bureau = Bureau(cap=1)
    bureau.visit("1", "2026-01-05")
    bureau.later(CertificateRevoked(an_id("card Li"), an_id("Li"), date(2026, 4, 1)), 0)
    bureau.visit("2", without="notice")
    second = len(bureau.history.records)
    bureau.visit("3", without="code")
    third = len(bureau.history.records)

    found = {(line.inspection, line.code): line.position for line in bureau.lines()}
    assert found == {
        (an_id("2"), "cap_exceeded"): second,
        (an_id("2"), "certificate_invalid"): second,
        (an_id("2"), "notice_missing"): second,
        (an_id("3"), "cap_exceeded"): third,
        (an_id("3"), "certificate_invalid"): third,
        (an_id("3"), "enterprise_code_missing"): third,
    }


def test_what_is_held_is_told_in_order_with_its_object_and_where_it_was_completed() -> None:
    bureau = Bureau(cap=9)
    bureau.later(
        FrequencyCapPublished(
            an_id("own"), "funeral_goods_shop", 3, date(2026, 2, 5), date(2026, 3, 5),
            object=an_id("branch"),
        ), 0,
    )  # fmt: skip
    bureau.visit("z", "2026-02-04", thing="branch")
    first = len(bureau.history.records)
    bureau.visit("b", "2026-02-05", thing="branch")
    bureau.visit("a", "2026-02-05")  # at the same time: in the order of the records
    bureau.visit("c", "2026-03-05", thing="branch")
    bureau.visit("d", "2026-03-06", thing="branch")
    bureau.visit("y", "2026-01-07")

    held = cap_counts(bureau.question())

    assert [(one.inspection, one.object, one.number, one.cap) for one in held] == [
        (an_id("y"), an_id("shop"), 1, 9),
        (an_id("z"), an_id("branch"), 2, 9),
        (an_id("b"), an_id("branch"), 3, 3),
        (an_id("a"), an_id("shop"), 4, 9),
        (an_id("c"), an_id("branch"), 5, 3),
        (an_id("d"), an_id("branch"), 6, 9),
    ]
    assert held[1].position == first


# ── the law of the day ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "law", "article", "verify"),
    [
        ("2026-03-29", "bz2012", "第三条", False),
        ("2026-03-30", "bz2026", None, True),
    ],
)
def test_the_article_is_that_of_the_day(
    day: str, law: str, article: str | None, verify: bool
) -> None:
    bureau = Bureau()
    bureau.visit(day=day, crew=crew("Chen"))

    (line,) = bureau.lines()
    quoted = [(one.law, one.article, one.verify) for one in line.basis]

    assert quoted == [("cf", "第四十二条", False), (law, article, verify)]


def test_a_law_that_was_not_in_force_is_not_quoted() -> None:
    def quoted(day: str, **act: Any) -> list[str]:  # noqa: ANN401  what is asked about
        about = Act(date.fromisoformat(day), "administrative", "general_inspection", **act)
        return [one.law for one in cited("notice_missing", about)]

    assert quoted("2021-07-14") == []
    assert quoted("2021-07-15") == ["cf"]
    assert quoted("2024-09-04", domain="charity") == ["cf"]
    assert quoted("2024-09-05", domain="charity") == ["cf", "cishan"]
    assert quoted("2024-12-29", enterprise=True) == ["cf"]
    assert quoted("2024-12-30", enterprise=True) == ["cf", "guoban54"]


def test_what_is_to_be_confirmed_says_so() -> None:
    about = Act(date(2026, 5, 4), "administrative", "general_inspection")

    assert [(one.law, one.verify) for one in cited("approval_missing", about)] == [("gdjc", True)]


# ── choosing ───────────────────────────────────────────────────────────────────────


def test_faults_are_chosen_by_day_place_officer_and_code() -> None:
    bureau = Bureau()
    bureau.visit("1", "2026-01-05", without="notice", unanswered=("X",))
    bureau.visit("2", "2026-02-05", without="notice", crew=crew("Li", "Chen"))
    bureau.visit("3", "2026-03-05", without="approval", keys={"township": "440804002"})

    def told(codes: tuple[str, ...] | None = None, **chosen: Any) -> list[str]:  # noqa: ANN401
        lines = procedure_faults(bureau.question(**chosen), codes)
        return [f"{line.on.month} {line.code}" for line in lines]

    assert told() == [
        "1 notice_missing",
        "1 unanswered",
        "2 notice_missing",
        "3 approval_missing",
    ]
    assert told(("unanswered", "no such code")) == ["1 unanswered"]
    assert told(township="440804002") == ["3 approval_missing"]
    assert told(officer=an_id("Li")) == told()
    assert told(officer=an_id("Sun")) == []
    assert told(kind="street_patrol") == []
    february = Span(date(2026, 2, 1), date(2026, 2, 28))
    assert told(period=february) == ["2 notice_missing"]
    assert told(today=date(2026, 1, 31)) == ["1 notice_missing", "1 unanswered"]


def test_what_is_completed_after_the_day_of_the_question_is_not_judged_yet() -> None:
    bureau = Bureau()
    visit = started(bureau, "night", "2026-01-31")
    done = a_completion(visit, unanswered=("X",))
    bureau.history.record(done, local("2026-02-01", "00:30"), "tablet", local("2026-02-01"))

    assert procedure_faults(bureau.question(today=date(2026, 1, 31)), ("unanswered",)) == []
    (line,) = procedure_faults(bureau.question(today=date(2026, 2, 1)), ("unanswered",))
    assert line.on == date(2026, 1, 31)


# ── completeness ───────────────────────────────────────────────────────────────────


def completeness(bureau: Bureau, **how: Any) -> Any:  # noqa: ANN401  measured
    return MEASURES["procedure_completeness"].compute(bureau.question(**how))


def started(bureau: Bureau, name: str, day: str) -> Visit:
    visit = a_visit(name, "shop", day, kind="funeral_order", domain="funeral")
    fact = InspectionStarted(visit=visit, checklist="CL-FU-1", version=1)
    bureau.history.record(fact, local(day, "09:00"), "tablet", local(day, "09:00"))
    return visit


def test_complete_are_those_that_count_of_all_that_were_started() -> None:
    bureau = Bureau()
    bureau.visit("good", "2026-01-05")
    bureau.visit("alone", "2026-01-06", crew=crew("Chen"))
    bureau.visit("broken off", "2026-01-07", outcome="aborted")
    voided = bureau.visit("voided", "2026-01-08")
    bureau.later(
        InspectionVoided(visit=voided, reason="wrong", approver=an_id("Wu")), local("2026-01-09")
    )
    started(bureau, "under way", "2026-01-12")
    for name, lawful in (("weather", True), ("no time", False)):
        visit = started(bureau, name, "2026-01-13")
        bureau.later(
            InspectionCancelled(visit=visit, reason=name, lawful=lawful), local("2026-01-13")
        )
    bureau.visit("last year", "2025-12-30")

    found = completeness(bureau)

    assert (found.figure.numerator, found.figure.denominator) == (1, 6)
    assert {name: len(keys) for name, keys in found.lists.items()} == {
        "aborted": 1,
        "cancelled": 1,
        "cancelled_unlawfully": 1,
        "crew": 1,
        "under_way": 1,
        "voided": 1,
    }
    assert found.lists["under_way"] == (an_id("under way"),)
    assert list(found.by) == ["township", "domain", "kind"]
    assert found.by["kind"]["funeral_order"].denominator == 6


def test_what_is_completed_after_the_day_of_the_question_is_under_way() -> None:
    bureau = Bureau()
    visit = started(bureau, "night", "2026-01-31")
    done = a_completion(visit)
    bureau.history.record(done, local("2026-02-01", "00:30"), "tablet", local("2026-02-01"))

    before = completeness(bureau, today=date(2026, 1, 31))
    after = completeness(bureau, today=date(2026, 2, 1))

    assert (before.figure.numerator, before.figure.denominator) == (0, 1)
    assert before.lists == {"under_way": (an_id("night"),)}
    assert (after.figure.numerator, after.figure.denominator) == (1, 1)
    january = Span(date(2026, 1, 1), date(2026, 1, 31))
    assert completeness(bureau, period=january).figure.numerator == 1


def test_what_was_never_started_is_not_asked_for() -> None:
    bureau = Bureau()
    visit = a_visit("no start", "shop", "2026-01-05")
    bureau.history.record(a_completion(visit), local("2026-01-05"), "tablet", local("2026-01-05"))

    assert completeness(bureau).figure.words == "no objects"


def test_where_nothing_was_started_there_is_nothing_to_complete() -> None:
    assert completeness(Bureau()).figure.words == "no objects"
    future = Span(date(2027, 1, 1), date(2027, 12, 31))
    assert completeness(Bureau(), period=future).figure.words == "no objects"


def test_filters_choose_both_sides() -> None:
    bureau = Bureau()
    bureau.visit("good", "2026-01-05")
    bureau.visit("alone", "2026-01-06", crew=crew("Chen"), keys={"township": "440804002"})

    def told(**chosen: str) -> str:
        found = completeness(bureau, **chosen).figure
        return f"{found.numerator}/{found.denominator}"

    assert told() == "1/2"
    assert told(township="440804001") == "1/1"
    assert told(domain="charity") == "0/0"
    assert told(officer=an_id("Li")) == "1/1"
    assert told(officer=an_id("Chen")) == "1/2"


def test_a_declared_relative_is_quoted_by_the_rules_of_allowances() -> None:
    bureau = Bureau()
    keys = {"kind": "low_income_recheck", "nature": "eligibility", "domain": "social_assistance"}
    declared = OfficerSignedIn(
        visit=a_visit("x", "x", DAY), officer=an_id("Li"), role="assisting", kinship=True
    )
    bureau.visit(
        thing="home",
        keys=keys,
        more=[declared],
        crew=crew("Chen", "Li", related="Li"),
        home_visit="in",
        started_at=datetime.fromisoformat(f"{DAY}T09:00:00+08:00"),
    )

    (line,) = bureau.lines()

    assert line.code == "kinship"
    assert [one.law for one in line.basis] == ["dibao", "dibao"]
