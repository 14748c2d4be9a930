"""The screens as they are shown: what they say, what they send up, and pictures to look at.

`XUNJI_PICTURES=folder` keeps the pictures.
"""

import ast
import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from msgspec.structs import replace

from mobile import words
from mobile.view_state import InspectionState, OutboxState, Stop
from tests import screen_samples as samples
from tests.screen_driver import LANDSCAPE, PORTRAIT, Driver, part, parts, speak

# isort: split
from mobile.screens.inspection import FindingLine, InspectionScreen, MissingLine, StopCard
from mobile.screens.outbox import OutboxScreen, PassageCard
from mobile.screens.question import QuestionCard
from mobile.screens.sheets import Confirm, Reason, Sheet
from mobile.screens.shell import Shell
from mobile.screens.today import TodayScreen, WorkCard
from mobile.screens.widgets import Action, Badge, Chip, Press, RailItem, Segment, Toast
from mobile.screens.writing import PAUSE, Writing

Open = Callable[..., tuple[Driver, Shell]]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("XUNJI_PICTURES") or tmp_path)


@pytest.fixture
def open_shell() -> Generator[Open]:
    opened: list[Driver] = []

    def open_at(language: str = "en", size: tuple[int, int] = LANDSCAPE) -> tuple[Driver, Shell]:
        speak(language)
        shell = Shell()
        opened.append(Driver(shell, size))
        return opened[-1], shell

    yield open_at
    for driver in opened:
        driver.close()


def heard(screen: object, *events: str) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []
    for event in events:
        screen.bind(**{event: lambda _, *what, event=event: calls.append((event, *what))})
    return calls


def inspecting(
    open_shell: Open, state: InspectionState, size: tuple[int, int] = LANDSCAPE
) -> tuple[Driver, InspectionScreen]:
    driver, shell = open_shell("en", size)
    shell.go("inspection")
    shell.show("inspection", state)
    driver.pump(6)  # what is in view; the rest is built when somebody goes there
    return driver, shell.screens["inspection"]


def named(driver: Driver, kind: type, text: str) -> object:
    return part(driver.root, kind, text=text)


SHOWN = {
    "today": ("today", samples.today),
    "today-empty": ("today", lambda language: samples.today(language, empty=True)),
    "patrol": ("inspection", samples.patrol),
    "funeral": ("inspection", samples.funeral),
    "funeral-stopped": ("inspection", lambda language: samples.funeral(language, stopped=True)),
    "recheck": ("inspection", samples.recheck),
    "outbox": ("outbox", samples.outbox),
    "settings": ("settings", samples.settings),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
def test_every_screen_draws(
    open_shell: Open, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    driver, shell = open_shell(language, size)
    shell.wait(3)
    way = "landscape" if size == LANDSCAPE else "portrait"
    heights = (1.0, 0.55, 0.0) if "XUNJI_PICTURES" in os.environ else (1.0,)
    for name, (screen, state) in SHOWN.items():
        shell.go(screen)
        shell.show(screen, state(language))
        if size == LANDSCAPE or len(heights) > 1:
            driver.settle()  # every row of every form, once in each language
        else:
            driver.pump(6)
        for page, height in enumerate(heights):
            shell.screens[screen].list.scroll_y = height
            driver.picture(pictures / f"{name}-{language}-{way}-{page}.png")

    drawn = sorted(pictures.glob(f"*-{language}-{way}-?.png"))
    assert len(drawn) == len(heights) * len(SHOWN)
    assert all(picture.stat().st_size > 10_000 for picture in drawn)


def test_today_starts_searches_and_filters(open_shell: Open) -> None:
    driver, shell = open_shell()
    screen = shell.screens["today"]
    calls = heard(screen, "on_start", "on_search", "on_kind")
    shell.show("today", samples.today("en"))
    driver.settle()

    driver.tap(parts(screen, WorkCard)[0].start)
    driver.tap(part(screen, Chip, value="funeral_order"))
    driver.tap(part(screen, Writing))
    driver.compose(["l", "long"], "龙")
    driver.wait(PAUSE + 0.2)

    assert calls == [("on_start", "i-2"), ("on_kind", "funeral_order"), ("on_search", "龙")]


def test_today_orders_by_urgency_and_says_it_in_words(open_shell: Open) -> None:
    driver, shell = open_shell()
    shell.show("today", samples.today("en"))
    driver.settle()

    cards = sorted(parts(shell.screens["today"], WorkCard), key=lambda card: -card.y)
    assert [card.row.due for card in cards[:4]] == ["started", "overdue", "overdue", "due"]
    badge = part(cards[1], Badge)
    assert (badge.text, badge.icon, badge.tone) == ("6 days overdue", "warn", "stop")


def test_an_empty_day_says_what_to_do(open_shell: Open) -> None:
    driver, shell = open_shell()
    empty = samples.today("en", empty=True)

    shell.show("today", empty)
    driver.pump(3)
    assert _said(shell.screens["today"], "No work for today yet")

    shell.show("today", replace(empty, query="xyz", total=6))
    driver.pump(3)
    assert _said(shell.screens["today"], "Nothing matches")


def _said(screen: TodayScreen | OutboxScreen, text: str) -> bool:
    return any(getattr(each, "text", "") == text for each in screen.walk(restrict=True))


def test_an_answer_redraws_one_question_only(open_shell: Open) -> None:
    before = samples.patrol("en")
    driver, screen = inspecting(open_shell, before)
    driver.settle()
    shown: list[str] = []
    for card in screen.list.built():
        if isinstance(card, QuestionCard):
            card.show = lambda row, card=card: (
                shown.append(row.slot),
                QuestionCard.show(card, row),
            )

    screen.show(samples.patrol("en", **{"SP-26": "no"}))
    driver.pump(2)

    assert shown == ["SP-26"]
    assert "SP-26" in {row.slot for row in before.missing}
    assert "SP-26" not in {line.slot for line in screen.panel.list.built()}


def test_an_answer_names_its_slot_and_person(open_shell: Open) -> None:
    driver, screen = inspecting(open_shell, samples.patrol("en"))
    calls = heard(screen, "on_answer", "on_capture")

    driver.settle()
    screen.jump("SP-13@p1")
    driver.pump(3)
    driver.tap(part(screen.list.card("SP-13@p1"), Segment, value="no"))

    assert calls == [("on_answer", "SP-13@p1", "no")]


def test_a_jump_after_a_touch_stays_where_it_went(open_shell: Open) -> None:
    """The effect that lets a list glide knows of the touch, and would go back to it."""
    driver, screen = inspecting(open_shell, samples.patrol("en"))
    driver.settle()
    column = screen.list
    for slot in ("SP-21@p1", "SP-08", "SP-13@p1", "SP-26", "SP-12@p1"):
        x, y = column.to_window(*column.center)
        driver.touch((x, y), (x, y + 43), (x, y + 97))
        driver.pump(2)
        screen.jump(slot)
        went = column.scroll_y
        driver.pump(5)
        assert column.scroll_y == pytest.approx(went, abs=1e-3), slot
        assert column.card(slot).parent


def test_what_is_missing_leads_to_its_question(open_shell: Open) -> None:
    driver, screen = inspecting(open_shell, samples.patrol("en"))
    card = screen.list.card("SP-16@p1")

    driver.tap(next(x for x in parts(screen.panel, MissingLine) if x.slot == "SP-16@p1"))
    driver.pump(3)

    low = screen.list.to_window(*screen.list.pos)[1]
    assert low < card.to_window(*card.pos)[1] < low + screen.list.height


def test_findings_stand_with_severity_and_what_follows(open_shell: Open) -> None:
    driver, screen = inspecting(open_shell, samples.funeral("en"))

    driver.tap(part(screen.panel, Segment, value="found"))
    driver.pump(2)

    badges = [part(line, Badge).text for line in parts(screen.panel, FindingLine)]
    assert sorted(badges) == ["Major", "Minor"]


def test_completing_with_answers_missing_asks_first_and_blocks_nothing(open_shell: Open) -> None:
    state = samples.patrol("en")
    driver, screen = inspecting(open_shell, state)
    calls = heard(screen, "on_complete")
    complete = screen.panel.ids.complete
    assert _said(screen.panel, state.caution)

    driver.tap(complete)
    driver.pump(2)
    sheet = part(driver.root, Confirm)
    assert calls == []
    assert sheet.text == state.caution
    driver.tap(sheet.ids.agree)
    assert calls == [("on_complete",)]

    driver.pump(3)
    screen.show(replace(state, missing=(), caution=""))
    driver.pump(3)
    driver.tap(complete)
    assert len(calls) == 2


def test_nothing_is_completed_before_somebody_signed_in(open_shell: Open) -> None:
    state = replace(samples.patrol("en"), blocked="Nobody has signed in yet")
    driver, screen = inspecting(open_shell, state)
    calls = heard(screen, "on_complete")

    driver.tap(screen.panel.ids.complete)

    assert calls == []
    assert _said(screen.panel, state.blocked)


def test_held_upright_the_panel_comes_up_on_a_tap(open_shell: Open, pictures: Path) -> None:
    driver, screen = inspecting(open_shell, samples.funeral("en"), PORTRAIT)

    driver.tap(screen.ids.open_panel)
    driver.pump(3)
    driver.picture(pictures / "panel-en-portrait.png")
    driver.tap(next(x for x in parts(driver.root, MissingLine) if x.slot == "FU-16"))
    driver.pump(3)

    assert not parts(driver.root, Sheet)
    assert screen.list.card("FU-16").parent


def test_turning_the_tablet_keeps_what_is_shown(open_shell: Open) -> None:
    driver, screen = inspecting(open_shell, samples.funeral("en"))

    driver.root.size = PORTRAIT
    driver.pump(4)
    assert not screen.wide
    driver.root.size = LANDSCAPE
    driver.pump(4)

    assert screen.wide
    assert screen.panel.parent
    assert len(parts(screen.panel, MissingLine)) > 3


def test_a_person_is_added_with_a_tap_and_removed_with_two(open_shell: Open) -> None:
    driver, screen = inspecting(open_shell, samples.patrol("en"))
    calls = heard(screen, "on_add_person", "on_remove_person")

    screen.list.jump("add person")
    driver.pump(3)
    driver.tap(named(driver, Action, "One more person met"))
    screen.list.jump("section p1")
    driver.pump(3)
    driver.tap(screen.list.card("section p1").remove)
    assert calls == [("on_add_person",)]
    driver.tap(part(driver.root, Confirm).ids.agree)

    assert calls == [("on_add_person",), ("on_remove_person", "p1")]


def test_rows_that_appear_above_do_not_move_what_is_in_view(open_shell: Open) -> None:
    state = samples.funeral("en")
    driver, screen = inspecting(open_shell, state)
    screen.jump("FU-16")
    driver.pump(3)
    card = screen.list.card("FU-16")
    before = card.to_window(*card.pos)[1]

    screen.show(replace(state, stop=Stop(reason="Not approved")))
    driver.pump(3)

    assert card.to_window(*card.pos)[1] == pytest.approx(before, abs=2)


def test_a_visit_that_must_end_offers_both_ways(open_shell: Open) -> None:
    driver, screen = inspecting(open_shell, samples.funeral("en", stopped=True))
    calls = heard(screen, "on_abort", "on_go_on")

    driver.tap(part(screen, StopCard).go_on)
    sheet = part(driver.root, Reason)
    driver.tap(sheet.ids.reason)
    driver.type("Approval given by phone at 9:40")
    driver.tap(sheet.ids.agree)
    driver.tap(part(screen, StopCard).abort)
    driver.tap(part(driver.root, Confirm).ids.agree)

    assert calls == [("on_go_on", "Approval given by phone at 9:40"), ("on_abort",)]


def test_under_a_sheet_nothing_is_touched(open_shell: Open) -> None:
    driver, screen = inspecting(open_shell, samples.funeral("en", stopped=True))
    calls = heard(screen, "on_leave")

    driver.tap(part(screen, StopCard).abort)
    driver.tap(part(screen, Press, icon="left"))

    assert calls == []


def test_the_outbox_tells_the_way_of_each_record(open_shell: Open) -> None:
    driver, shell = open_shell()
    screen = shell.screens["outbox"]
    calls = heard(screen, "on_sync")
    shell.go("outbox")
    shell.show("outbox", samples.outbox("en"))
    driver.settle()

    refused = parts(screen, PassageCard)[0]
    assert part(refused, Badge).text == "Refused"
    assert refused._advice.text.startswith("The server does not know")
    assert "no network" in screen.sync_words(screen.state)
    driver.tap(screen.ids.sync)
    assert calls == [("on_sync",)]

    shell.show("outbox", OutboxState(syncing=True))
    driver.pump(3)
    assert screen.ids.sync.disabled
    assert _said(screen, "Nothing to send")


def test_the_language_changes_while_the_app_runs(open_shell: Open) -> None:
    driver, shell = open_shell("zh")
    made = heard(shell, "on_made")
    shell.go("settings")
    shell.show("settings", samples.settings("zh"))
    driver.settle()
    calls = heard(shell.screens["settings"], "on_language", "on_sign_out", "on_sign_in")

    driver.tap(part(shell.screens["settings"], Segment, value="en"))
    assert calls == [("on_language", "en")]
    speak("en")
    shell.make()
    shell.show("settings", samples.settings("en"))
    driver.settle()

    assert [item.text for item in reversed(parts(shell.rail, RailItem))] != []
    assert {item.text for item in parts(shell.rail, RailItem)} == {
        "Today",
        "Inspect",
        "Outbox",
        "Settings",
    }
    assert _said(shell.screens["settings"], "Data folder")
    assert made == [("on_made",)]


def test_the_rail_leads_and_counts(open_shell: Open) -> None:
    driver, shell = open_shell()
    calls = heard(shell, "on_go")
    shell.wait(12)
    driver.pump()

    driver.tap(part(shell.rail, RailItem, name="outbox"))

    assert calls == [("on_go", "outbox")]
    assert part(shell.rail, RailItem, name="outbox").count == 12


def test_what_was_done_can_be_undone_for_a_while(open_shell: Open) -> None:
    driver, shell = open_shell()
    calls = heard(shell, "on_undo")

    shell.toast("Person 2 added", undo=True)
    driver.wait(0.3)
    toast = part(shell, Toast)
    driver.tap(next(each for each in parts(toast, object) if getattr(each, "text", "") == "Undo"))

    assert calls == [("on_undo",)]
    assert not parts(shell, Toast)


def messages() -> Iterator[str | tuple[str, str]]:
    """Every message the tablet's sources say."""
    folder = words.FOLDER.parent
    for source in folder.rglob("*.kv"):
        yield from re.findall(r'\b_\("([^"]+)"\)', source.read_text(encoding="utf-8"))
    for source in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name("_"), [ast.Constant(str(text))]):
                    yield text
                case ast.Call(
                    ast.Name("ngettext"), [ast.Constant(str(one)), ast.Constant(str(many)), _]
                ):
                    yield one, many
                case _:
                    pass


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_message_is_translated_with_its_places(language: str) -> None:
    with (words.FOLDER / language / "LC_MESSAGES" / "mobile.po").open("rb") as opened:
        catalogue = read_po(opened, locale=language)
    said = set(messages())

    assert len(said) > 80
    for message in said:
        entry = catalogue.get(message if isinstance(message, str) else message[0])
        assert entry, f"{message!r} is not in the catalogue"
        texts = [entry.string] if isinstance(entry.string, str) else list(entry.string)
        assert all(texts), f"{message!r} has no translation"
        wanted = set(re.findall(r"{\w+", message if isinstance(message, str) else message[1]))
        assert all(set(re.findall(r"{\w+", text)) == wanted for text in texts), message
    assert {entry.id for entry in catalogue if entry.id} <= said, "nobody says these any more"
