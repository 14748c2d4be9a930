"""Every type of question, answered by taps, keys and strokes."""

from collections.abc import Generator
from datetime import date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from mobile.view_state import Fix, Gps, Photo, QuestionRow, Signature
from tests import screen_samples as samples
from tests.screen_driver import Driver, part, parts, speak

# isort: split
from mobile.screens.answers import Picture
from mobile.screens.column import Column
from mobile.screens.question import QuestionCard
from mobile.screens.sheets import Calendar, DayCell, Pad, Reason, Sign
from mobile.screens.widgets import Action, Chip, Press, Segment, Tag
from mobile.screens.writing import PAUSE, Writing

Heard = list[tuple[object, ...]]


class Asked(Driver):
    """One question on the screen, and what it sent up."""

    def __init__(self, row: QuestionRow, gps: Gps | None = None) -> None:
        speak("en")
        self.heard: Heard = []
        self.column = Column(lambda _, row: self._make(row, gps))
        super().__init__(self.column)
        self.show(row)

    def _make(self, row: QuestionRow, gps: Gps | None) -> QuestionCard:
        card = QuestionCard(row, gps)
        for event in QuestionCard.__events__:
            card.bind(**{event: self._hear(event)})
        card.bind(on_reflow=self.column.remeasure)
        return card

    def _hear(self, event: str) -> object:
        def hear(_card: object, *what: object) -> None:
            if event != "on_reflow":
                self.heard.append((event, *what))

        return hear

    def show(self, row: QuestionRow) -> None:
        self.row = row
        self.column.show([("q", row)])
        self.pump(2)

    def given(self, value: object) -> None:
        """The answer comes back, as it will from the log."""
        self.show(replace(self.row, status="given", value=value))

    @property
    def card(self) -> QuestionCard:
        return self.column.card("q")

    def tap_part(self, kind: type, **wanted: object) -> None:
        self.tap(part(self.root, kind, **wanted))


@pytest.fixture
def ask() -> Generator[type[Asked]]:
    opened: list[Asked] = []

    def open_question(row: QuestionRow, gps: Gps | None = None) -> Asked:
        opened.append(Asked(row, gps))
        return opened[-1]

    yield open_question
    for driver in opened:
        driver.close()


def question(code: str, number: str, **more: object) -> QuestionRow:
    return samples.question(code, number, "en", **more)


def test_yes_is_one_tap_and_a_second_takes_it_back(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-08"))

    asked.tap_part(Segment, value="yes")
    asked.given("yes")

    assert part(asked.root, Segment, value="yes").chosen
    assert asked.card._mark.state == "given"

    asked.tap_part(Segment, value="yes")
    assert asked.heard == [("on_answer", "yes"), ("on_clear",)]


def test_not_applicable_waits_for_its_reason(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-08"))
    before = asked.card.height

    asked.tap_part(Segment, value="na")

    assert asked.heard == []
    assert asked.card.height > before
    asked.tap_part(Chip, value="Not open today")
    assert asked.heard == [("on_not_applicable", "Not open today")]

    asked.show(replace(asked.row, status="na", na_reason="Not open today"))
    assert asked.card._mark.state == "na"
    asked.tap_part(Segment, value="yes")
    assert asked.heard[-1] == ("on_answer", "yes")


def test_not_applicable_with_a_reason_of_ones_own(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-08"))

    asked.tap_part(Segment, value="na")
    asked.tap_part(Writing)
    asked.compose(["t", "ta", "ta xiu"], "塌方封路")
    asked.wait(PAUSE + 0.2)

    assert asked.heard == [("on_not_applicable", "塌方封路")]


def test_a_gate_question_offers_no_way_around(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-08"))

    assert {segment.value for segment in parts(asked.root, Segment)} == {"yes", "no"}


def test_one_of_several(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-06"))

    asked.tap_part(Chip, value="part")
    asked.given("part")
    asked.tap_part(Chip, value="full")
    asked.given("full")
    asked.tap_part(Chip, value="full")

    assert asked.heard == [("on_answer", "part"), ("on_answer", "full"), ("on_clear",)]


def test_several_of_several_but_none_stands_alone(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-02"))

    for value in ("typhoon", "rainstorm", "none", "heat"):
        asked.tap_part(Chip, value=value)
        asked.given(asked.heard[-1][1])

    assert [what for _, what in asked.heard] == [
        ("typhoon",),
        ("typhoon", "rainstorm"),
        ("none",),
        ("heat",),
    ]


def test_the_last_chip_taken_back_leaves_no_answer(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-02", answers={"SP-02": ("heat",)}))

    asked.tap_part(Chip, value="heat")

    assert asked.heard == [("on_clear",)]


def test_an_option_that_may_not_be_chosen_is_not(ask: type[Asked]) -> None:
    row = question("CL-FU-1", "FU-31")
    shut = tuple(replace(option, enabled=option.value != "pass") for option in row.options)
    asked = ask(replace(row, options=shut))

    asked.tap(parts(asked.root, Chip)[0])

    assert asked.heard == []


def test_a_computed_value_is_replaced_only_with_a_reason(ask: type[Asked]) -> None:
    row = question("CL-LI-1", "LI-16", answers={"LI-16": "below"}, computed="400 a head")
    asked = ask(row)

    asked.tap_part(Chip, value="near")
    sheet = part(asked.root, Reason)
    assert sheet.ids.agree.disabled
    asked.tap(sheet.ids.reason)
    asked.type("One wage slip was missing")
    asked.tap(sheet.ids.agree)

    assert asked.heard == [("on_overrule", "near", "One wage slip was missing")]


def test_a_number_is_typed_or_stepped(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-32"))

    asked.tap_part(Writing)
    asked.type("15")
    asked.wait(PAUSE + 0.2)
    asked.given(Decimal(15))
    asked.tap_part(Press, icon="plus")

    assert asked.heard == [("on_answer", Decimal(15)), ("on_answer", Decimal(16))]


def test_what_is_no_number_goes_nowhere(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-10"))
    field = part(asked.root, Writing)

    asked.tap(field)
    asked.type("1.2.3")
    asked.wait(PAUSE + 0.2)

    assert asked.heard == []
    assert field.wrong


def test_a_day_from_the_calendar(ask: type[Asked]) -> None:
    asked = ask(question("CL-LI-1", "LI-36"))

    asked.tap_part(Action, icon="calendar")
    sheet = part(asked.root, Calendar)
    asked.tap(part(sheet, Press, icon="left"))
    asked.tap(part(sheet, DayCell, day=date(2026, 10, 8)))
    asked.tap(sheet.ids.agree)
    asked.given(date(2026, 10, 8))
    asked.tap_part(Action, icon="cross")

    assert asked.heard == [("on_answer", date(2026, 10, 8)), ("on_clear",)]


def test_a_time_keeps_its_offset(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-31"))

    asked.tap_part(Action, icon="calendar")
    sheet = part(asked.root, Calendar)
    asked.tap(part(sheet, DayCell, text="24"))
    asked.tap(part(sheet, Press, icon="minus"))
    asked.tap(sheet.ids.agree)

    zone = samples.NOON.tzinfo
    assert asked.heard == [("on_answer", datetime(2026, 11, 24, 11, 30, tzinfo=zone))]


def test_text_is_handed_up_once_after_a_pause(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-30"))

    asked.tap_part(Writing)
    asked.compose(["q", "qiao", "qiao dong"], "桥洞")
    asked.type("积水")
    assert asked.heard == []
    asked.wait(PAUSE + 0.2)

    assert asked.heard == [("on_answer", "桥洞积水")]


def test_an_unfinished_word_is_dropped_on_leaving(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-30"))
    field = part(asked.root, Writing)

    asked.tap(field)
    asked.compose(["q"], "桥")
    asked.compose(["d", "do", "dong"], "")
    assert "dong" in field.text
    field.focus = False
    asked.pump()

    assert field.text == field.committed == "桥"
    assert asked.heard == [("on_answer", "桥")]


def test_pinyin_never_counts_as_written(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-30"))
    field = part(asked.root, Writing)
    seen: list[str] = []
    field.bind(committed=lambda _, text: seen.append(text))

    asked.tap(field)
    asked.compose(["h", "hu", "hu zhu"], "户主")
    asked.wait(PAUSE + 0.2)

    assert seen == ["户主"]


def test_an_answer_coming_back_does_not_disturb_who_goes_on_writing(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-30"))
    field = part(asked.root, Writing)

    asked.tap(field)
    asked.type("one")
    asked.wait(PAUSE + 0.2)
    asked.type(" two")
    asked.given("one")

    assert field.text == "one two"
    field.focus = False
    asked.pump()
    assert asked.heard == [("on_answer", "one"), ("on_answer", "one two")]


def test_a_photo_is_asked_for_and_left_out(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-29"))

    asked.tap_part(Action, icon="camera")
    first, second = (Photo(ref=ref, thumbnail="", caption=ref) for ref in ("wide", "close"))
    asked.given((first, second))
    asked.tap(parts(asked.root, Press)[0])

    assert asked.heard == [("on_capture", "photo"), ("on_answer", (second,))]


def test_photos_that_are_not_enough_yet_are_shown(ask: type[Asked]) -> None:
    taken = Photo(ref="wide", thumbnail="", caption="wide")
    asked = ask(replace(question("CL-FU-1", "FU-29"), pending=(taken,)))

    assert [one._caption.text for one in parts(asked.root, Picture)] == ["wide"]
    assert not part(asked.root, Action, icon="camera").disabled


def test_no_more_photos_than_allowed(ask: type[Asked]) -> None:
    row = question("CL-SP-1", "SP-21", maximum=Decimal(1))
    asked = ask(replace(row, status="given", value=(Photo(ref="a", thumbnail=""),)))

    assert part(asked.root, Action, icon="camera").disabled


def test_a_position_is_taken_when_there_is_one(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-05"))
    take = part(asked.root, Action, icon="pin")
    assert take.disabled

    poor = Fix(lon=110.4, lat=21.2, accuracy_m=140, fixed_at=samples.NOON)
    asked.card.locate(Gps(reception="poor", fix=poor, age_s=130))
    asked.pump(2)
    asked.tap(take)

    assert asked.card.control._now.text == "±140 m, 2 min ago"
    assert asked.heard == [("on_capture", "fix")]


def test_a_signature_is_strokes(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-34"))

    asked.tap_part(Action, icon="pen")
    sheet = part(asked.root, Sign)
    assert sheet.ids.agree.disabled
    asked.draw(part(sheet, Pad), (0.1, 0.5), (0.3, 0.7), (0.5, 0.2))
    asked.tap(sheet.ids.again)
    assert sheet.ids.agree.disabled
    asked.draw(part(sheet, Pad), (0.1, 0.5), (0.3, 0.7), (0.5, 0.25))
    asked.tap(sheet.ids.agree)

    ((event, (mark,)),) = asked.heard
    assert event == "on_answer"
    assert (mark.role, mark.refused, mark.absent) == ("lead", False, False)
    assert mark.strokes[0] == pytest.approx((0.1, 0.5, 0.3, 0.7, 0.5, 0.25), abs=0.01)


def test_who_refuses_to_sign_says_why_before_a_witness(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-33"))

    asked.tap_part(Action, icon="pen")
    sheet = part(asked.root, Sign)
    asked.tap(part(sheet, Segment, value="refused"))
    assert sheet.ids.agree.disabled
    asked.tap(sheet.ids.reason)
    asked.type("Disputes the measurement")
    asked.tap(sheet.ids.witness)
    asked.type("Li Hua")
    asked.tap(sheet.ids.agree)

    mark = Signature(role="lead", refused=True, reason="Disputes the measurement", witness="Li Hua")
    assert asked.heard == [("on_answer", (mark,))]


def test_absence_is_offered_only_where_the_form_allows_it(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-34"))
    asked.tap_part(Action, icon="pen")

    ways = part(asked.root, Sign).ids.ways
    assert {segment.value for segment in parts(ways, Segment)} == {"signed", "refused"}


def test_a_signature_is_taken_off(ask: type[Asked]) -> None:
    asked = ask(question("CL-FU-1", "FU-34", answers={"FU-34": samples.SIGNED}))

    asked.tap(parts(asked.root, Press)[0])

    assert asked.heard == [("on_answer", samples.SIGNED[1:])]


def test_a_sealed_question_says_so_with_a_lock(ask: type[Asked]) -> None:
    asked = ask(question("CL-SP-1", "SP-20"))

    assert [(tag.icon, tag.text) for tag in parts(asked.root, Tag)] == [
        ("lock", "sealed"),
        ("", "optional"),
    ]


def test_what_cannot_stand_is_marked_by_sign_and_words(ask: type[Asked]) -> None:
    row = question("CL-FU-1", "FU-11", answers={"FU-11": Decimal(14)}, problem="At most 10 m")
    asked = ask(row)

    assert asked.card._mark.state == "problem"
    assert asked.card._problem.text == "At most 10 m"
    asked.show(replace(row, problem=""))
    assert asked.card._mark.state == "given"
    assert asked.card._problem_sign.opacity == 0


@pytest.mark.parametrize("kind", [Action, Press, Chip, Segment])
def test_every_target_is_large_enough_for_a_glove(ask: type[Asked], kind: type) -> None:
    for code, number in (("CL-FU-1", "FU-32"), ("CL-SP-1", "SP-02"), ("CL-FU-1", "FU-34")):
        asked = ask(question(code, number, answers={"FU-34": samples.SIGNED}))
        assert all(min(each.size) >= 48 for each in parts(asked.root, kind))
