"""What the first screen lists: begun, overdue, due and assigned; and how the rest is found."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from events import pictures
from events.answers import Slot
from events.ids import id_text
from events.inspections import EvidenceCaptured
from events.pull import Document
from mobile import words
from mobile.desk import Desk, Machine
from mobile.fakes import FakeCamera, FakeGps
from mobile.scenery import draw
from mobile.today import kind_for
from mobile.view_state import QuestionRow, TodayRow
from tests.tablets import (
    ASSISTANT,
    CEMETERY,
    HOME,
    LEAD,
    QUICK,
    SECOND,
    STREET,
    Bench,
    bench,
    on_duty,
)
from tests.test_tablet_folder import a_card

TODAY = "2026-03-02"


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Bench]:
    words._Speaker.language = "en"
    with bench(tmp_path / "tablet") as found:
        tell(found, "areas", "440804001", area="440804001", name_zh="南三镇", name_en="Nansan")
        for officer, name in ((LEAD, "陈志明"), (ASSISTANT, "吴晓岚")):
            certificate = {"certificate": officer, "number": "演示1", "valid": [None, "2028-12-31"]}
            tell(found, "officers", officer, officer=officer, name=name, certificates=[certificate])
        an_object(found, HOME, "low_income_household", person=officer)
        an_object(found, STREET, "street_segment", name="海景路3段", lon=110.45, lat=21.24)
        an_object(found, CEMETERY, "cemetery_commercial", name="南调公墓")
        yield found


def tell(tablet: Bench, view: str, key: str, **members: object) -> None:
    raw = Raw(msgspec.json.encode(members))
    tablet.folder.reference.take([Document(view, key, 1, raw)])


def an_object(tablet: Bench, key: str, kind: str, **members: object) -> None:
    told = {"object": key, "object_type": kind, "domain": "d", "township": "440804001"}
    tell(tablet, "objects", key, **told, active=[["2026-01-01", None]], **members)


def assign(tablet: Bench, key: str, due: str, kind: str = "low_income_recheck") -> str:
    assignment = id_text(due.encode().ljust(16))
    told = {"assignment": assignment, "object": key, "object_type": "low_income_household"}
    more = {"kind": kind, "domain": "d", "township": "440804001", "due_on": due}
    tell(tablet, "assignments", assignment, **told, **more)
    return assignment


def desk(tablet: Bench) -> Desk:
    here = Desk(tablet.folder, tablet.log, Machine(FakeGps(), FakeCamera()), QUICK)
    on_duty(here, LEAD)
    return here


def rows(desk: Desk) -> list[TodayRow]:
    return list(desk.today_state().rows)


def test_work_stands_by_how_urgent_it_is(tablet: Bench) -> None:
    for due in ("2026-03-09", "2026-03-02", "2026-02-27"):
        assign(tablet, HOME, due)
    assert [(one.due, one.due_text) for one in rows(desk(tablet))] == [
        ("overdue", "Due 02-27"),
        ("due", "Due 03-02"),
        ("assigned", "Due 03-09"),
    ]


def test_a_home_is_named_by_its_card_only(tablet: Bench) -> None:
    assign(tablet, HOME, TODAY)
    here = desk(tablet)
    assert rows(here)[0].title == f"subsistence-allowance household {HOME[:6].upper()}"
    tablet.folder.reference.take((), [a_card(tablet, tablet.clock.at + 10)])
    tablet.folder.keep(bureau=tablet.folder.tablet.bureau)
    assert (rows(here)[0].title, rows(here)[0].note) == ("林水娣", "海滨巷1号")
    tablet.clock.at += 10
    assert rows(here)[0].title == f"subsistence-allowance household {HOME[:6].upper()}"


def test_what_was_begun_comes_first_and_what_is_done_is_gone(tablet: Bench) -> None:
    assign(tablet, HOME, TODAY)
    here = desk(tablet)
    here.start(rows(here)[0].work)
    assert here.inspection
    begun = here.inspection
    here.leave()
    (row,) = rows(here)
    assert (row.due, row.work) == ("started", f"inspection:{begun.id}")

    here.start(row.work)
    assert here.inspection
    assert here.inspection.state == begun.state
    here.complete()
    assert rows(here) == []


def test_those_on_duty_sign_in_to_what_is_begun(tablet: Bench) -> None:
    here = desk(tablet)
    on_duty(here, ASSISTANT, "吴晓岚")
    assign(tablet, HOME, TODAY)
    here.start(rows(here)[0].work)
    assert here.inspection
    crew = here.inspection.state.crew
    assert [(one.officer, one.role) for one in crew.values()] == [
        (LEAD, "lead"),
        (ASSISTANT, "assisting"),
    ]
    state = here.inspection_state()
    assert state
    assert state.crew == ("陈志明", "吴晓岚")
    again = Desk(tablet.folder, tablet.log, Machine(FakeGps(), FakeCamera()), QUICK)
    assert (again.duty.locked, set(again.duty.on_duty)) == (True, {LEAD, ASSISTANT})


def test_objects_nobody_assigned_are_found_by_searching(tablet: Bench) -> None:
    here = desk(tablet)
    assert rows(here) == []
    here.today.query = "海景"
    (row,) = rows(here)
    assert (row.title, row.kind, row.place) == ("海景路3段", "street_patrol", "Nansan")
    here.today.query = "nansan"
    assert len(rows(here)) == 2
    here.today.kind = "funeral_order"
    assert [one.title for one in rows(here)] == ["南调公墓"]


def test_a_closed_object_is_worth_knowing_before_going_there(tablet: Bench) -> None:
    assign(tablet, HOME, TODAY)
    tell(
        tablet, "objects", HOME, object=HOME, object_type="low_income_household", domain="d",
        township="440804001", active=[["2026-01-01", "2026-02-01"]],
    )  # fmt: skip
    assert rows(desk(tablet))[0].problem


def test_an_answer_that_cannot_be_given_is_said_at_its_question(tablet: Bench) -> None:
    here = desk(tablet)
    here.today.query = "海景"
    here.start(rows(here)[0].work)
    here.answer("SP-06", "sideways")
    state = here.inspection_state()
    assert state
    question = next(q for s in state.sections for q in s.questions if q.slot == "SP-06")
    assert question.problem == "This cannot be chosen with the other answers"
    here.answer("SP-06", "full")
    state = here.inspection_state()
    assert state
    question = next(q for s in state.sections for q in s.questions if q.slot == "SP-06")
    assert (question.problem, question.value) == ("", "full")


def test_a_person_met_is_a_section_of_its_own(tablet: Bench) -> None:
    here = desk(tablet)
    here.today.query = "海景"
    here.start(rows(here)[0].work)
    here.answer("SP-08", "yes")
    state = here.inspection_state()
    assert state
    assert (state.add_person, state.add_person_after) == ("Add a person met", "before")
    here.add_person()
    state = here.inspection_state()
    assert state
    assert [(one.title, one.person) for one in state.sections] == [
        ("Street patrol", False),
        ("Person 1", True),
        ("Conclusion", False),
    ]
    person = state.sections[1]
    assert person.questions[0].slot == f"SP-12@{person.key}"
    here.answer(person.questions[0].slot, "no")
    here.remove_person(person.key)
    state = here.inspection_state()
    assert state
    assert len(state.sections) == 2


def photo_row(here: Desk) -> QuestionRow:
    state = here.inspection_state()
    assert state
    return next(
        row for section in state.sections for row in section.questions if row.slot == "FU-29"
    )


def test_pictures_are_kept_as_they_are_taken_and_answer_once_there_are_enough(
    tablet: Bench,
) -> None:
    here = desk(tablet)
    here._machine = Machine(FakeGps(), FakeCamera(draw(Random(1)), draw(Random(2)), b"no picture"))
    here.today.query = "南调"
    here.start(rows(here)[0].work)
    assert here.inspection

    here.capture("FU-29", "photo")
    row = photo_row(here)
    assert (row.status, len(row.pending), row.problem) == ("unanswered", 1, "At least 2 are needed")
    kept = row.pending
    (line,) = here.journal.lines.values()
    assert line.photos == (kept[0].ref,)

    here.leave()  # killed, or locked: the first is there again
    here.start(rows(here)[0].work)
    assert photo_row(here).pending == kept

    here.capture("FU-29", "photo")
    row = photo_row(here)
    names = [one["sha256"] for one in here.inspection.answers[Slot("FU-29")].value]  # type: ignore[union-attr]
    assert (row.status, row.pending, row.problem) == ("given", (), "")
    assert [one.ref for one in row.value] == names  # type: ignore[union-attr]
    assert set(tablet.folder.pictures.waiting()) == set(names)

    here.capture("FU-29", "photo")
    assert "no JPEG or PNG" in photo_row(here).problem
    here.capture("FU-29", "photo")
    assert photo_row(here).problem == "No picture was taken."
    assert len(tablet.folder.pictures.waiting()) == 2


def test_a_picture_stays_as_it_was_taken_when_another_is_left_out(tablet: Bench) -> None:
    here = desk(tablet)
    here._machine = Machine(FakeGps(), FakeCamera(*(draw(Random(n)) for n in range(3))))
    here.today.query = "南调"
    here.start(rows(here)[0].work)
    assert here.inspection
    for _ in range(3):
        tablet.clock.at += 60 * SECOND
        here.capture("FU-29", "photo")
    before: Any = here.inspection.answers[Slot("FU-29")].value  # type: ignore[union-attr]

    here.answer("FU-29", photo_row(here).value[1:])  # type: ignore[index]

    after: Any = here.inspection.answers[Slot("FU-29")].value  # type: ignore[union-attr]
    assert after == before[1:]
    assert len({one["taken_at"] for one in before}) == 3


def test_a_picture_that_was_left_out_stays_out(tablet: Bench) -> None:
    here = desk(tablet)
    here._machine = Machine(FakeGps(), FakeCamera(*(draw(Random(n)) for n in range(5))))
    here.today.query = "南调"
    here.start(rows(here)[0].work)

    here.capture("FU-29", "photo")
    (wrong,) = photo_row(here).pending
    here.clear("FU-29")
    assert photo_row(here).pending == ()

    here.capture("FU-29", "photo")
    here.capture("FU-29", "photo")
    kept = photo_row(here).value
    assert wrong not in kept  # type: ignore[operator]
    here.answer("FU-29", kept[1:])  # type: ignore[index]
    assert photo_row(here).problem == "At least 2 are needed"
    here.capture("FU-29", "photo")
    assert photo_row(here).value[0] == kept[1]  # type: ignore[index]
    assert len(photo_row(here).value) == 2  # type: ignore[arg-type]

    here.clear("FU-29")
    here.leave()
    here.start(rows(here)[0].work)
    assert photo_row(here).pending == ()


def test_the_key_of_a_picture_stands_sealed_and_nowhere_else(tablet: Bench) -> None:
    here = desk(tablet)
    here._machine = Machine(FakeGps(), FakeCamera(draw(Random(1)), draw(Random(2))))
    here.today.query = "南调"
    here.start(rows(here)[0].work)
    here.capture("FU-29", "photo")
    here.capture("FU-29", "photo")

    told = repr(tablet.logged())
    files = b"".join(one.read_bytes() for one in tablet.folder.path.rglob("*") if one.is_file())
    facts = [one for one in tablet.logged() if isinstance(one.fact, EvidenceCaptured)]
    assert len(facts) == 2
    for number, one in enumerate(facts, 1):
        text = one.text(pictures.PART)
        assert text is not None
        key = pictures.read_key(text)
        stored = tablet.folder.pictures.read(one.fact.sha256)  # type: ignore[union-attr]
        assert pictures.unseal(stored, key) == draw(Random(number))
        told = told.replace(repr(text), "")
        assert key.key not in told
        assert key.key.encode() not in files


def test_pictures_are_open_until_their_inspection_is_completed(tablet: Bench) -> None:
    here = desk(tablet)
    here._machine = Machine(FakeGps(), FakeCamera(draw(Random(1))))
    here.today.query = "南调"
    here.start(rows(here)[0].work)
    here.capture("FU-29", "photo")
    (name,) = tablet.folder.pictures.waiting()

    here.leave()
    assert tablet.folder.pictures.look(name).is_file()
    here.start(rows(here)[0].work)
    here.complete()
    assert not tablet.folder.pictures.look(name).exists()


def test_kinds_follow_from_the_forms() -> None:
    assert kind_for("hotspot") == "street_patrol"
    assert kind_for("columbarium") == "funeral_order"
    assert kind_for("charity") == "general_inspection"
    assert kind_for("castle") == ""


def test_a_begun_inspection_of_another_day_says_its_day(tablet: Bench) -> None:
    here = desk(tablet)
    here.today.query = "海景"
    here.start(rows(here)[0].work)
    here.leave()
    tablet.clock.at += int(timedelta(days=1) / timedelta(microseconds=1))
    here.today.query = ""
    assert rows(here)[0].due_text == "Started 03-02"
