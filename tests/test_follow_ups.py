"""后续事项: given what follows from inspections, what is due, overdue, open or done on a day."""

from collections.abc import Iterable
from datetime import date

import pytest

from events.facts import Visit
from events.inspections import FindingRaised, FollowUpDone, FollowUpOpened, ReliefRefused
from events.orders import (
    BenefitDecided,
    BenefitProposed,
    CaseClosed,
    CaseOpened,
    CaseTransferred,
    RecoveryClosed,
    RecoveryStarted,
    RectificationOrdered,
)
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.follow_ups import KINDS, FollowUp, State, follow_ups, following
from projections.followed import Benefit, Case, Followed, Kind, read_follow
from projections.question import Filters
from projections.spans import Span
from projections.views import CursorError, MemoryViews, Query
from tests.follow_histories import LATER, MARCH, Desk, at
from tests.histories import an_id, local

NAMES = {an_id(name): name for name in "ABCDEFGHIJ"}


class Streets(Desk):
    """An office with tasks."""

    def task(
        self,
        visit: Visit,
        name: str = "A",
        due: str | None = None,
        clock: str = "10:00",
        follow_up: str = "lead_check",
        finding: str | None = None,
    ) -> None:
        fact = FollowUpOpened(
            visit=visit, task=an_id(name), follow_up=follow_up, finding=finding,
            person=an_id("Ma") if "revisit" in follow_up else None,
            due_at=at(due, clock) if due else None,
        )  # fmt: skip
        self.say(fact, visit.started_on.isoformat())

    def done(self, visit: Visit, on: str, clock: str = "10:00", name: str = "A") -> None:
        self.say(FollowUpDone(visit=visit, task=an_id(name), result="done"), on, clock)

    def propose(self, visit: Visit, name: str = "A", on: str = "2026-02-02") -> None:
        self.say(BenefitProposed(visit=visit, proposal=an_id(name)), on)

    def decide(self, visit: Visit, on: str, name: str = "A", *, told: bool = True) -> None:
        fact = BenefitDecided(
            visit=visit, proposal=an_id(name), decided_by=an_id("Wu"),
            effective_from=date(2026, 4, 1), rights_told=told,
        )  # fmt: skip
        self.say(fact, on)

    def listed(
        self,
        state: State = "open",
        today: str = "2026-03-10",
        kinds: Iterable[Kind] = KINDS,
        period: Span = MARCH,
        **filters: str,
    ) -> tuple[FollowUp, ...]:
        question = self.asked(period, date.fromisoformat(today), Filters(**filters))
        return follow_ups(question, state, kinds).lines


def names(lines: Iterable[FollowUp]) -> str:
    return " ".join(NAMES[one.id] for one in lines)


def test_a_line_tells_what_it_is_since_when_until_when_and_of_which_inspection() -> None:
    desk = Streets()
    visit = desk.visit("one", "2026-02-02", of="A")
    desk.task(visit, "A", "2026-03-12", "16:30")
    desk.done(visit, "2026-03-12", "17:00")
    desk.order(visit, "B", "2026-03-07")

    (task,) = desk.listed("done", "2026-03-12")
    (still,) = desk.listed(today="2026-03-12")

    assert (task.what, task.reason, task.opened_on, task.due_on, task.ended_on, task.result) == (
        "task", "lead_check", date(2026, 2, 2), date(2026, 3, 12), date(2026, 3, 12), "done",
    )  # fmt: skip
    assert (task.late, task.due_at, task.position) == (True, local("2026-03-12", "16:30"), 3)
    assert (still.what, still.reason, still.severity, still.item) == (
        "order", "rectification", "", "",
    )  # fmt: skip
    assert (still.result, still.late, still.due_at, still.position) == ("", False, None, 5)
    assert (still.of.inspection, still.of.object) == (an_id("one"), an_id("A"))


@pytest.mark.parametrize(("clock", "late"), [("16:29", False), ("16:30", False), ("16:31", True)])
def test_what_is_due_at_a_moment_is_late_after_it(clock: str, *, late: bool) -> None:
    desk = Streets()
    visit = desk.visit()
    desk.task(visit, due="2026-03-10", clock="16:30")
    desk.done(visit, "2026-03-10", clock)

    assert [one.late for one in desk.listed("done")] == [late]


@pytest.mark.parametrize(("on", "late"), [("2026-03-09", False), ("2026-03-10", True)])
def test_what_is_due_on_a_day_is_late_the_day_after(on: str, *, late: bool) -> None:
    desk = Streets()
    visit = desk.visit()
    desk.order(visit, deadline="2026-03-07")  # a Saturday: due on Monday
    desk.close(visit, on)

    assert [one.late for one in desk.listed("done")] == [late]


@pytest.mark.parametrize(
    ("on", "listed"),
    [("2026-02-28", ""), ("2026-03-01", "A"), ("2026-03-31", "A"), ("2026-04-01", "")],
)
def test_done_in_a_period_is_what_ended_from_its_first_day_to_its_last(
    on: str, listed: str
) -> None:
    desk = Streets()
    visit = desk.visit()
    desk.task(visit, due="2026-12-31")
    desk.done(visit, on)

    assert names(desk.listed("done", "2026-12-31")) == listed


@pytest.mark.parametrize(("due", "listed"), [("2026-03-31", "A"), ("2026-04-01", "")])
def test_due_in_a_period_is_what_is_due_by_its_last_day(due: str, listed: str) -> None:
    desk = Streets()
    desk.task(desk.visit(), due=due)

    assert names(desk.listed("due")) == listed


def test_the_last_page_says_so() -> None:
    desk = Streets()
    for name, on in (("A", "2026-03-02"), ("B", "2026-03-03"), ("C", "2026-03-04")):
        desk.task(desk.visit(name, on), name, on)
    question = desk.asked(MARCH, date(2026, 3, 10))

    first = follow_ups(question, limit=2)
    assert (names(first.lines), first.total) == ("A B", 3)
    second = follow_ups(question, after=first.next, limit=2)
    assert (names(second.lines), second.total, second.next) == ("C", 3, None)
    assert follow_ups(question, limit=3).next is None
    beyond = follow_ups(question, after=("2027-01-01", "", ""))
    assert (beyond.lines, beyond.next) == ((), None)
    with pytest.raises(CursorError, match="follow-ups"):
        follow_ups(question, after=("2027-01-01",))


def test_what_has_a_deadline_comes_first_and_the_rest_by_age() -> None:
    desk = Streets()
    first, second = desk.visit("one", "2026-02-05"), desk.visit("two", "2026-02-02")
    desk.task(first, "A")
    desk.task(second, "B")
    desk.task(second, "C", "2026-03-12")
    desk.order(first, "D", "2026-03-11")
    desk.propose(second, "E")
    desk.task(first, "F", "2026-03-01")

    assert names(desk.listed()) == "F D C B E A"
    assert names(desk.listed("overdue")) == "F"
    assert names(desk.listed("due")) == "D C"
    assert names(desk.listed(kinds=["decision"])) == "E"


@pytest.mark.parametrize(
    ("today", "due", "overdue", "days"),
    [("2026-03-09", "A", "", 0), ("2026-03-10", "A", "", 0), ("2026-03-11", "", "A", 1)],
)
def test_overdue_begins_the_day_after(today: str, due: str, overdue: str, days: int) -> None:
    desk = Streets()
    desk.task(desk.visit(), due="2026-03-10", clock="23:50")

    assert names(desk.listed("due", today)) == due
    assert names(desk.listed("overdue", today)) == overdue
    assert desk.listed(today=today)[0].overdue(date.fromisoformat(today)) == days


def test_an_order_is_due_on_the_next_working_day_and_when_extended_then() -> None:
    desk = Streets()
    visit = desk.visit()
    desk.order(visit, deadline="2026-03-07")  # a Saturday
    assert desk.listed("due", "2026-03-09")[0].due_on == date(2026, 3, 9)

    desk.extend(visit, "2026-03-20", on="2026-03-09")

    assert names(desk.listed("overdue", "2026-03-10")) == ""
    assert desk.listed()[0].due_on == date(2026, 3, 20)
    assert desk.listed(today="2026-03-08")[0].due_on == date(2026, 3, 9)  # not yet extended then


def test_a_revisit_is_due_at_the_moment_that_was_promised() -> None:
    desk = Streets()
    visit = desk.visit(on="2026-03-02")
    desk.task(visit, "A", "2026-03-02", "16:00", "revisit_24h")  # under a warning
    desk.done(visit, "2026-03-02", "16:01")

    (line,) = desk.listed("done")

    assert (line.what, line.reason, line.late) == ("revisit", "revisit_24h", True)
    assert line.due_on == line.ended_on == date(2026, 3, 2)


def test_who_refused_help_is_to_be_visited_again_even_without_a_task() -> None:
    desk = Streets()
    visit = desk.visit(on="2026-03-02")
    refused = ReliefRefused(visit=visit, person=an_id("B"), revisit_by=at("2026-03-03"))
    desk.say(refused, "2026-03-02")
    desk.say(refused, "2026-03-02")  # said twice, promised once

    assert [(one.what, one.due_on) for one in desk.listed()] == [("revisit", date(2026, 3, 3))]

    fact = FollowUpOpened(
        visit=visit, task=an_id("A"), follow_up="revisit_24h", person=an_id("B"),
        due_at=at("2026-03-03"),
    )  # fmt: skip
    desk.say(fact, "2026-03-02")

    assert names(desk.listed()) == "A"


def test_a_decision_that_is_pending_shows_its_age() -> None:
    desk = Streets()
    visit = desk.visit()
    desk.propose(visit, on="2026-02-08")

    assert desk.listed()[0].age(date(2026, 3, 10)) == 30
    desk.decide(visit, "2026-03-05")

    assert names(desk.listed()) == ""
    assert names(desk.listed("open", "2026-03-04")) == "A"  # on that day it was still open
    assert desk.listed("done")[0].age(date(2026, 3, 10)) == 25


def test_why_is_told_by_the_severest_finding_behind_it() -> None:
    desk = Streets()
    visit = desk.visit()
    for name, severity in (("F", "minor"), ("G", "critical")):
        fact = FindingRaised(
            visit=visit, finding=an_id(name), question="FU-1", rule=0, item=f"MZ-{name}",
            severity=severity,  # type: ignore[arg-type]
        )  # fmt: skip
        desk.say(fact, "2026-02-02")
    order = RectificationOrdered(
        visit=visit, order=an_id("A"), deadline=date(2026, 3, 20),
        findings=(an_id("F"), an_id("G")),
    )  # fmt: skip
    desk.say(order, "2026-02-02")
    desk.task(visit, "B", finding=an_id("F"))

    told = {NAMES[one.id]: (one.item, one.severity) for one in desk.listed()}

    assert told == {"A": ("MZ-G", "critical"), "B": ("MZ-F", "minor")}


def test_cases_and_recoveries_are_open_until_they_end() -> None:
    desk = Streets()
    visit = desk.visit()
    desk.say(CaseOpened(visit=visit, case=an_id("A")), "2026-02-03")
    desk.say(RecoveryStarted(visit=visit, recovery=an_id("B"), months=2), "2026-02-03")
    desk.say(RecoveryClosed(visit=visit, recovery=an_id("B"), result="settled"), "2026-03-03")

    assert names(desk.listed()) == "A"
    assert names(desk.listed("done")) == "B"


def test_of_a_voided_inspection_nothing_is_to_be_done() -> None:
    desk = Streets()
    visit = desk.visit()
    desk.task(visit, due="2026-03-01")
    desk.task(visit, "B")
    desk.done(visit, "2026-03-02", name="B")
    desk.void(visit)

    assert names(desk.listed()) == names(desk.listed("overdue")) == ""
    assert names(desk.listed("done")) == ""


def test_what_was_reported_done_and_never_opened_is_no_follow_up() -> None:
    desk = Streets()
    desk.done(desk.visit(), "2026-03-02")

    assert names(desk.listed("done")) == names(desk.listed()) == ""


def test_done_lists_what_ended_in_the_period() -> None:
    desk = Streets()
    visit = desk.visit()
    for name, day in (("A", "2026-02-28"), ("B", "2026-03-31"), ("C", "2026-04-01")):
        desk.task(visit, name)
        desk.done(visit, day, name=name)

    assert names(desk.listed("done", str(LATER))) == "B"
    assert names(desk.listed("open", "2026-03-31")) == "C"


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_lead_to_all_once_and_in_order(limit: int) -> None:
    desk = Streets()
    visits = [desk.visit(f"visit {number}") for number in range(3)]
    for at_, name in enumerate("ABCDEFG"):
        desk.task(visits[at_ % 3], name, f"2026-03-{20 - at_ // 2:02}" if at_ < 5 else None)
    question = desk.asked(MARCH, date(2026, 3, 10))
    whole = follow_ups(question).lines
    found: list[FollowUp] = []
    after = None
    while page := follow_ups(question, after=after, limit=limit):
        found += page.lines
        assert page.total == 7
        after = page.next
        if after is None:
            break

    assert found == list(whole)
    with pytest.raises(CursorError):
        follow_ups(question, after=("a",))


def test_filters_choose_by_the_inspection() -> None:
    desk = Streets()
    desk.task(desk.visit("one"), "A")
    desk.task(desk.visit("two", township="440804002", domain="funeral", village="v"), "B")

    assert names(desk.listed(township="440804002")) == "B"
    assert names(desk.listed(domain="funeral", village="v")) == "B"
    assert len(desk.listed(kind="general_inspection")) == 2
    assert names(desk.listed(officer=an_id("Wu"))) == ""


# ── the column ─────────────────────────────────────────────────────────────────────


def columns(desk: Desk) -> tuple[Followed, str, str]:
    views = MemoryViews(VIEWS)
    catch_up(desk.history.store(), views)
    names_ = ("followed", "follow_due_on", "follow_ended_on", "follow")
    ((_, (flags, due_on, ended_on, text), _),) = views.select(Query("inspections", names_))
    assert bool(text) == bool(flags)
    if text:
        read_follow(str(text))
    return Followed(int(flags)), str(due_on), str(ended_on)


def test_columns_say_what_there_is_whether_it_is_open_and_the_next_deadline() -> None:
    desk = Streets()
    visit = desk.visit()
    assert columns(desk) == (Followed(0), "", "")

    desk.order(visit, "A", "2026-03-06")
    desk.task(visit, "B", "2026-02-20")
    assert columns(desk) == (Followed.ORDER | Followed.TASK | Followed.OPEN, "2026-02-20", "")

    desk.done(visit, "2026-02-19", name="B")
    assert columns(desk)[1:] == ("2026-03-06", "2026-02-19")

    desk.close(visit, "2026-03-01")
    assert columns(desk) == (Followed.ORDER | Followed.TASK, "", "2026-03-01")


def test_of_a_voided_inspection_nothing_stays_open() -> None:
    desk = Streets()
    visit = desk.visit()
    desk.order(visit)
    desk.void(visit)

    assert columns(desk)[:2] == (Followed.ORDER, "")


def test_flags_name_all_values_that_have_one_of_them() -> None:
    assert all(value & 3 for value in (Followed.OPEN | Followed.ORDER).having)
    assert len(Followed.OPEN.having) == 128


# ── what is kept of cases and benefits ─────────────────────────────────────────────


def test_a_case_is_told_from_its_opening_to_its_end() -> None:
    desk = Streets()
    visit = desk.visit("one", "2026-02-02")
    for name in "AB":
        desk.say(CaseOpened(visit=visit, case=an_id(name)), "2026-02-03")
    desk.say(CaseTransferred(visit=visit, case=an_id("A"), to="police"), "2026-02-05")
    desk.say(CaseClosed(visit=visit, case=an_id("A"), result="fined"), "2026-03-09")

    (found,) = following(desk.asked(), Followed.CASE)

    assert found.follow.cases == (
        Case(
            an_id("A"), 3, date(2026, 2, 3), date(2026, 2, 5), "police", date(2026, 3, 9), "fined"
        ),
        Case(an_id("B"), 4, date(2026, 2, 3)),
    )


@pytest.mark.parametrize("told", [True, False])
def test_a_benefit_is_told_as_it_was_proposed_and_as_it_was_decided(*, told: bool) -> None:
    desk = Streets()
    visit = desk.visit("one", "2026-02-02")
    desk.propose(visit, "A", "2026-02-04")
    desk.propose(visit, "B", "2026-02-05")
    desk.decide(visit, "2026-03-02", "A", told=told)

    (found,) = following(desk.asked(), Followed.BENEFIT)

    assert found.follow.benefits == (
        Benefit(an_id("A"), 3, date(2026, 2, 4), date(2026, 3, 2), date(2026, 4, 1), told),
        Benefit(an_id("B"), 4, date(2026, 2, 5)),
    )
