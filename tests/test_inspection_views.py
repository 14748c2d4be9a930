"""One inspection as its document shows it: answers, sealed parts, corrections, the verdict."""

from datetime import date

import pytest

from events import envelope
from events.facts import SealedPart
from events.ids import EntryRef
from events.inspections import (
    AnswerRecorded,
    ContributionRecorded,
    CrewMember,
    EvidenceCaptured,
    InspectionStarted,
    InspectionVoided,
    PersonEncountered,
)
from events.office import EntryAdopted
from projections.case_rows import Evidence, Noted
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.inspections import (
    INSPECTIONS,
    CaseDocument,
    answer_rows,
    answers,
    inspected,
)
from projections.views import MemoryViews, Query
from projections.visits import judged, local_day
from tests.histories import (
    History,
    a_completion,
    a_correction,
    a_log,
    a_visit,
    an_id,
    crew,
    local,
    micros,
    unsigned,
)

VISIT = a_visit("one", "thing", "2026-03-02")
KEY = VISIT.inspection


def document(history: History) -> CaseDocument:
    views = MemoryViews(VIEWS)
    catch_up(history.store(), views)
    found: CaseDocument = INSPECTIONS.decode(views.load("inspections", [KEY])[KEY])
    return found


def columns(history: History, *names: str) -> tuple[object, ...]:
    views = MemoryViews(VIEWS)
    catch_up(history.store(), views)
    return views.select(Query("inspections", columns=names))[0].values


def answer(question: str, status: str = "given", **other: object) -> AnswerRecorded:
    return AnswerRecorded(
        inspection=KEY,
        kind=VISIT.kind,
        question=question,
        status=status,  # type: ignore[arg-type]
        **other,  # type: ignore[arg-type]
    )


def started(history: History, log: str = "lead") -> EntryRef:
    fact = InspectionStarted(visit=VISIT, checklist="CL-GE-1", version=1)
    return history.record(fact, local("2026-03-02", "09:00"), log)


# ── answers ────────────────────────────────────────────────────────────────────────


def test_a_later_answer_of_a_log_takes_the_place_of_an_earlier_one() -> None:
    history = History()
    history.record(answer("GE-1"), log="lead")
    history.record(answer("GE-1", "na"), log="lead")
    history.record(answer("GE-2", person=an_id("Ma")), log="lead")

    assert answers(document(history)) == {
        ("GE-1", ""): "na",
        ("GE-2", an_id("Ma")): "given",
    }


def test_between_logs_the_higher_position_counts() -> None:
    history = History()
    history.record(answer("GE-1", "na"), log="other")
    history.record(answer("GE-1"), log="lead")

    assert answers(document(history)) == {("GE-1", ""): "given"}


def test_a_corrected_answer_gives_way_and_one_taken_back_is_gone() -> None:
    history = History()
    first = history.record(answer("GE-1"), log="lead")
    second = history.record(answer("GE-2"), log="lead")
    history.record(a_correction(first, answer("GE-1", "na"), VISIT), log="lead")
    history.record(a_correction(second, None, VISIT, tag="answer-recorded.v1"), log="lead")

    assert answers(document(history)) == {("GE-1", ""): "na"}
    assert len(document(history).rows) == 3


def test_sealed_parts_are_found_by_position_and_index() -> None:
    history = History()
    parts = (SealedPart(name="value", subject=KEY),)
    started(history)
    history.record(answer("GE-1", sealed=parts), log="lead")

    ((_, row),) = answer_rows(document(history)).values()

    assert (row.position, row.sealed) == (2, (("value", KEY),))


def test_other_facts_of_the_case_are_noted_with_what_stands_in_clear() -> None:
    history = History()
    person = an_id("Ma")
    history.record(PersonEncountered(visit=VISIT, person=person, minor=True), log="lead")
    history.record(
        ContributionRecorded(visit=VISIT, lead=a_log("lead"), contributes="person", person=person),
        log="helper",
    )

    met, contributed = document(history).rows.values()

    assert isinstance(met, Noted)
    assert (met.tag, met.subject, met.detail) == (
        "person-encountered.v1",
        person,
        {"minor": True},
    )
    assert isinstance(contributed, Noted)
    assert contributed.detail["lead"] == a_log("lead")


# ── whether it counts ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("nature", "members", "reasons"),
    [
        ("administrative", {}, ()),
        ("administrative", {"outcome": "aborted"}, ("aborted",)),
        ("administrative", {"crew": crew("Chen")}, ("crew",)),
        ("administrative", {"crew": crew("Chen", "Chen")}, ("crew",)),
        ("administrative", {"crew": crew("Chen", "Li", shown=False)}, ("certificates",)),
        ("administrative", {"unanswered": ("GE-1",)}, ("unanswered",)),
        ("administrative", {"desk": True}, ()),
        ("service", {"crew": crew("Chen", "Li", shown=False)}, ()),
        ("service", {"crew": crew("Chen"), "zero_report": True}, ("crew",)),
        ("service", {"unanswered": ("SP-1",)}, ("unanswered",)),
        ("eligibility", {"home_visit": "in", "unanswered": ("LI-1",)}, ()),
        ("eligibility", {"home_visit": "remote"}, ()),
        ("eligibility", {"home_visit": "nobody"}, ("nobody_home",)),
        ("eligibility", {"home_visit": "nobody", "second_visit_on": date(2026, 3, 9)}, ()),
        ("eligibility", {"home_visit": "refused"}, ("home_visit",)),
        ("eligibility", {}, ("home_visit",)),
        ("eligibility", {"home_visit": "in", "crew": crew("Chen")}, ("crew",)),
        (
            "eligibility",
            {"home_visit": "in", "crew": crew("Chen", "Li", related="Chen")},
            ("kinship",),
        ),
        (
            "eligibility",
            {"home_visit": "in", "crew": crew("Chen", "Li", "Wu", related="Wu")},
            (),
        ),
    ],
)
def test_the_rule_of_each_nature(
    nature: str, members: dict[str, object], reasons: tuple[str, ...]
) -> None:
    visit = a_visit("one", "thing", "2026-03-02", nature=nature)

    assert judged(a_completion(visit, **members)) == reasons


def test_auxiliaries_and_partners_do_not_make_an_administrative_crew_but_a_patrol() -> None:
    members = tuple(
        CrewMember(officer=an_id(role), role=role, certificate_shown=True)
        for role in ("lead", "auxiliary", "partner")
    )
    patrol = a_visit("one", "thing", "2026-03-02", nature="service")

    assert judged(a_completion(VISIT, crew=members)) == ("crew",)
    assert judged(a_completion(patrol, crew=members)) == ()


def test_a_void_wins_over_corrections_recorded_after_it() -> None:
    history = History()
    started(history)
    done = history.record(a_completion(VISIT), local("2026-03-02"), "lead")
    history.record(InspectionVoided(visit=VISIT, reason="x", approver=an_id("Wu")))
    history.record(a_correction(done, a_completion(VISIT), VISIT))

    assert columns(history, "effective", "reasons", "voided") == (0, "voided", 1)


def test_a_start_that_was_taken_back_leaves_nothing_that_counts() -> None:
    history = History()
    start = started(history)
    history.record(a_completion(VISIT), local("2026-03-02"), "lead")
    history.record(a_correction(start, None, VISIT, tag="inspection-started.v1"))

    assert columns(history, "effective", "reasons") == (0, "not_started")


def test_a_correction_says_when_it_happened_also_where_the_clock_was_wrong() -> None:
    history = History()
    started(history)
    done = history.record(a_completion(VISIT), local("2026-03-01"), "lead")
    right = a_correction(done, a_completion(VISIT), VISIT, on="2026-03-02")
    history.record(right, local("2026-05-05"))

    assert columns(history, "completed_on") == ("2026-03-02",)


def test_what_a_correction_superseded_does_not_come_back_when_it_is_taken_back() -> None:
    history = History()
    started(history)
    done = history.record(a_completion(VISIT), local("2026-03-02"), "lead")
    fixed = history.record(a_correction(done, a_completion(VISIT), VISIT))
    history.record(a_correction(fixed, None, VISIT))

    assert columns(history, "completed_on", "reasons") == ("", "not_completed")


def test_an_entry_adopted_and_later_arrived_counts_once_at_the_lower_position() -> None:
    history = History()
    started(history)
    fact = a_completion(VISIT)
    from events.facts import body

    at = local("2026-03-02")
    entry = unsigned(body(fact, bytes(16)), "inspection-completed.v1", a_log("lead"), 2, at, 480)
    history.record(
        EntryAdopted(
            envelope=envelope.encode(entry).hex(), log=a_log("lead"), entry=2, reason="fork"
        )
    )
    history.record(fact, at, "lead")

    shown = document(history)
    assert sorted(row.position for row in shown.rows.values()) == [1, 2]
    assert columns(history, "effective", "completed_on") == (1, "2026-03-02")
    one, keys = inspected(shown)
    assert one.effectiveness.effective
    assert keys is not None
    assert keys.object == VISIT.object


def test_the_day_is_the_one_on_the_wall() -> None:
    from datetime import UTC, datetime

    evening = micros(datetime(2026, 3, 31, 16, 30, tzinfo=UTC))

    assert local_day(evening, 480) == date(2026, 4, 1)
    assert local_day(evening, 0) == date(2026, 3, 31)
    assert local_day(evening, -600) == date(2026, 3, 31)


def test_a_picture_is_kept_with_what_says_where_and_of_whom_it_is() -> None:
    history, at = History(), local("2026-03-02")
    started(history)
    part = SealedPart("caption", an_id("Ma"))
    whole = EvidenceCaptured(
        visit=VISIT, evidence=an_id("picture"), sha256="ab" * 32, size=2_048,
        media_type="image/jpeg", question="GE-1", person=an_id("Ma"), sealed=(part,),
    )  # fmt: skip
    bare = EvidenceCaptured(
        visit=VISIT, evidence=an_id("other"), sha256="cd" * 32, size=1, media_type="audio/ogg"
    )
    for fact in (whole, bare):
        history.record(fact, at, "lead")

    kept = [row for row in document(history).rows.values() if isinstance(row, Evidence)]
    assert sorted(kept, key=lambda row: row.position) == [
        Evidence(
            2, at, 480, an_id("picture"), "ab" * 32, 2_048, "image/jpeg", "GE-1", an_id("Ma"),
            (("caption", an_id("Ma")),),
        ),
        Evidence(3, at, 480, an_id("other"), "cd" * 32, 1, "audio/ogg", None, None, ()),
    ]  # fmt: skip


def test_of_an_inspection_of_which_only_a_picture_arrived_the_columns_say_nothing() -> None:
    history = History()
    picture = EvidenceCaptured(
        visit=VISIT, evidence=an_id("picture"), sha256="ab" * 32, size=1, media_type="image/jpeg"
    )
    history.record(picture, local("2026-03-02"), "lead")

    names = ("kind", "object", "village", "outcome", "officers", "assignment", "walked_on")
    assert columns(history, *names) == ("",) * len(names)
    assert columns(history, "reasons", "started") == ("not_started not_completed", 0)
    about, completed = inspected(document(history))
    assert (about.inspection, about.completed, completed) == ("", None, None)


def test_of_several_starts_the_one_recorded_last_says_what_it_is_about() -> None:
    history, at = History(), local("2026-03-02", "09:00")
    other = a_visit("one", "other thing", "2026-03-02", village="440804001201")
    started(history)
    history.record(
        InspectionStarted(visit=other, checklist="C", version=1, assignment=an_id("task")), at, "B"
    )

    assert columns(history, "object", "village", "assignment") == (
        an_id("other thing"), "440804001201", an_id("task"),
    )  # fmt: skip
    history.record(InspectionStarted(visit=VISIT, checklist="C", version=1), at, "C")
    assert columns(history, "object", "village", "assignment") == (an_id("thing"), "", "")
