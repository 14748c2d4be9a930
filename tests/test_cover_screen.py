"""The cover as it is shown and touched: names, pad, form; and what lies under it.

`XUNJI_PICTURES=folder` keeps the pictures.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from mobile.view_state import CoverState
from tests import screen_samples as samples
from tests.screen_driver import LANDSCAPE, PORTRAIT, Driver, part, parts, speak

# isort: split
from kivy.core.window import Window

from mobile.screens.cover import AccountForm, CoverScreen, Dots, Key, OfficerPick, Secret
from mobile.screens.settings import LockCard
from mobile.screens.sheets import Reason
from mobile.screens.shell import Shell
from mobile.screens.theme import TARGET
from mobile.screens.today import WorkCard
from mobile.screens.widgets import Action, Press, Segment

Open = Callable[..., tuple[Driver, Shell]]
STEPS = ("choose", "pin", "new", "account")


@pytest.fixture
def open_shell() -> Iterator[Open]:
    opened: list[tuple[Driver, Shell]] = []

    def open_at(language: str = "en", size: tuple[int, int] = LANDSCAPE) -> tuple[Driver, Shell]:
        speak(language)
        shell = Shell()
        opened.append((Driver(shell, size), shell))
        return opened[-1]

    yield open_at
    for driver, shell in opened:
        shell.cover_with(None)
        driver.close()


def covered(
    open_shell: Open, state: CoverState, size: tuple[int, int] = LANDSCAPE
) -> tuple[Driver, Shell, CoverScreen]:
    driver, shell = open_shell("en", size)
    shell.show("today", samples.today("en"))
    driver.pump(4)
    shell.cover_with(state)
    driver.settle()
    assert shell.cover
    return driver, shell, shell.cover


def heard(shell: Shell, *events: str) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []
    for event in events:
        shell.bind(**{event: lambda _, *what, event=event: calls.append((event, *what))})
    return calls


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
def test_every_step_draws_within_the_screen(
    open_shell: Open, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    pictures = Path(os.environ.get("XUNJI_PICTURES") or tmp_path)
    driver, shell = open_shell(language, size)
    way = "landscape" if size == LANDSCAPE else "portrait"
    for step in STEPS:
        for wrong in (False, True):
            shell.cover_with(samples.cover(language, step, wrong=wrong))
            driver.settle()
            name = f"cover-{step}{'-wrong' if wrong else ''}-{language}-{way}.png"
            driver.picture(pictures / name)
            assert shell.cover
            for key in parts(shell.cover, Key):
                x, y = key.to_window(*key.pos)
                assert 0 <= x <= size[0] - key.width
                assert 0 <= y <= size[1] - key.height
                assert min(key.size) >= TARGET


def test_a_name_leads_to_its_pin_and_the_account_is_the_other_way(open_shell: Open) -> None:
    driver, shell, cover = covered(open_shell, samples.cover("en"))
    calls = heard(shell, "on_choose", "on_other")

    picks = parts(cover, OfficerPick)
    driver.tap(next(one for one in picks if one.row.officer == "o-2"))
    driver.tap(part(cover, Action, text="Sign in with an account"))

    assert [one.row.name for one in picks] == ["Chen Zhiming", "Wu Xiaolan", "Ouyang Lihua"]
    assert calls == [("on_choose", "o-2"), ("on_other",)]


def test_digits_are_tapped_rubbed_out_and_shown_as_dots(open_shell: Open) -> None:
    driver, shell, cover = covered(open_shell, samples.cover("en", "pin"))
    calls = heard(shell, "on_digit", "on_rub", "on_forgot", "on_back")

    for digit in "4093":
        driver.tap(part(cover, Key, text=digit))
    driver.tap(part(cover, Press, icon="rub"))
    driver.tap(part(cover, Action, text="PIN forgotten"))
    driver.tap(cover.ids.back)

    assert calls == [
        *(("on_digit", digit) for digit in "4093"),
        ("on_rub",),
        ("on_forgot",),
        ("on_back",),
    ]
    assert (part(cover, Dots).count, part(cover, Dots).of) == (3, 6)
    shell.cover_with(replace(samples.cover("en", "pin"), digits=5))
    assert part(cover, Dots).count == 5


def test_a_keyboard_types_the_pin_where_there_is_one(open_shell: Open) -> None:
    _driver, shell, _cover = covered(open_shell, samples.cover("en", "pin"))
    calls = heard(shell, "on_digit", "on_rub")

    for key in (ord("7"), 256 + 3, 8, ord("x")):
        Window.dispatch("on_key_down", key, 0, "", [])
    shell.cover_with(None)
    Window.dispatch("on_key_down", ord("7"), 0, "", [])

    assert calls == [("on_digit", "7"), ("on_digit", "3"), ("on_rub",)]


def test_a_new_pin_cannot_be_forgotten_yet(open_shell: Open) -> None:
    _driver, _shell, cover = covered(open_shell, samples.cover("en", "new"))
    assert part(cover, Action, text="PIN forgotten").disabled


def test_a_password_is_sent_once_and_forgotten(open_shell: Open) -> None:
    driver, shell, cover = covered(open_shell, replace(samples.cover("en", "account"), account=""))
    calls = heard(shell, "on_account")
    form = part(cover, AccountForm)

    driver.tap(form.ids.name)
    driver.type("chen")
    driver.tap(form.ids.password)
    driver.type("hunter two")
    driver.wait(1.0)  # a pause after which other fields keep what was written
    driver.tap(form.ids.send)

    assert calls == [("on_account", "chen", "hunter two", "")]
    field = part(cover, Secret)
    assert (field.text, field.committed, field._last) == ("", "", "")
    assert field.password


def test_the_second_factor_appears_when_it_is_asked_for(open_shell: Open) -> None:
    driver, shell, cover = covered(open_shell, samples.cover("en", "account"))
    calls = heard(shell, "on_account")
    form = part(cover, AccountForm)
    assert not form._code.parent

    shell.cover_with(replace(samples.cover("en", "account"), needs_code=True))
    driver.settle()
    driver.tap(form.ids.password)
    driver.type("hunter two")
    driver.tap(form._code)
    driver.type("135790")
    driver.tap(form.ids.send)

    assert calls == [("on_account", "chen", "hunter two", "135790")]
    assert form._code.text == ""


def test_while_the_office_is_asked_nothing_can_be_sent_twice(open_shell: Open) -> None:
    driver, shell, cover = covered(
        open_shell, replace(samples.cover("en", "account"), waiting=True)
    )
    calls = heard(shell, "on_account")
    send = part(cover, Action, text="Asking the office …")

    driver.tap(send)

    assert send.disabled
    assert calls == []


def test_what_went_wrong_and_what_to_do_are_read(open_shell: Open) -> None:
    _driver, _shell, cover = covered(open_shell, samples.cover("en", "account", wrong=True))
    said = {getattr(one, "text", "") for one in cover.walk(restrict=True)}
    assert {"The office cannot be reached", "Go where there is network."} <= said


def test_under_the_cover_nothing_is_touched_and_all_stays_as_it_was(open_shell: Open) -> None:
    driver, shell = open_shell()
    calls = heard(shell.screens["today"], "on_start")  # type: ignore[arg-type]
    shell.show("today", samples.today("en"))
    driver.settle()
    start = parts(shell.screens["today"], WorkCard)[0].start
    sheet = Reason(lambda _why: None, title="Why?", go_on="Go on")
    sheet.rise(shell)
    driver.settle()
    driver.tap(sheet.ids.reason)
    driver.type("half a sen")

    shell.cover_with(samples.cover("en", "account"))
    driver.settle()
    driver.tap(start)
    assert not sheet.ids.reason.focus
    assert driver.root.children[0] is shell.cover
    shell.cover_with(None)
    driver.settle()

    assert calls == []
    assert sheet.parent
    assert sheet.ids.reason.text == "half a sen"


def test_the_language_changes_on_the_cover_too(open_shell: Open) -> None:
    driver, shell, cover = covered(open_shell, samples.cover("en", "pin"))
    calls = heard(shell, "on_speak")
    driver.tap(part(cover, Segment, value="zh"))
    assert calls == [("on_speak", "zh")]

    speak("zh")
    shell.make()
    driver.settle()

    assert shell.cover is not cover
    assert shell.cover
    assert part(shell.cover, Action, text="忘记 PIN 码")
    assert len(parts(driver.root, CoverScreen)) == 1


def test_today_says_who_is_on_duty_and_lets_lock_and_sign_in(open_shell: Open) -> None:
    driver, shell = open_shell()
    screen = shell.screens["today"]
    calls: list[str] = []
    screen.bind(
        on_lock=lambda _: calls.append("lock"), on_another=lambda _: calls.append("another")
    )
    shell.show("today", replace(samples.today("en"), alone="The second one is missing"))
    driver.settle()

    driver.tap(screen.ids.another)
    driver.tap(screen.ids.lock)

    said = {getattr(one, "text", "") for one in screen.walk(restrict=True)}
    assert "On duty: Chen Zhiming, Wu Xiaolan" in said
    assert "The second one is missing · PIN holds for 21 more days" in said
    assert calls == ["another", "lock"]


def test_settings_choose_when_it_locks(open_shell: Open) -> None:
    driver, shell = open_shell()
    screen = shell.screens["settings"]
    shell.go("settings")
    shell.show("settings", samples.settings("en"))
    driver.settle()
    calls: list[str] = []
    screen.bind(on_lock_after=lambda _, minutes: calls.append(minutes))

    driver.tap(part(part(screen, LockCard), Segment, value="5"))

    assert calls == ["5"]
