"""Who holds the tablet: names to choose from, a pad for the PIN, a form for the first time.

It covers everything, and what lies under it stays as it is. Big keys: gloves and sun.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from mobile.screens import theme
from mobile.screens.blocks import Block, Text
from mobile.screens.column import Column
from mobile.screens.icons import Icon
from mobile.screens.settings import LANGUAGES
from mobile.screens.sheets import Sheet, top
from mobile.screens.widgets import Action, Press
from mobile.screens.writing import Writing
from mobile.view_state import CoverOfficer, CoverState
from mobile.words import _, language

_ZERO, _NINE = ord("0"), ord("9")
_PAD_ZERO = 256  # the key of that number beside the letters
_RUB = 8


class Secret(Writing):
    """A password: shown as dots, and held nowhere once it was sent."""

    def __init__(self, **given: object) -> None:
        super().__init__(password=True, multiline=False, keyboard_suggestions=False, **given)

    def take(self) -> str:
        """Return what was typed, and forget it."""
        typed, self.text = self.text, ""
        return typed

    def _settled(self, *_: object) -> None:
        """Tell nobody, and keep no copy."""
        self._settle.cancel()


class Dots(Widget):
    """How many digits are typed."""

    count = NumericProperty(0)
    of = NumericProperty(6)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.bind(count=self._draw, of=self._draw, pos=self._draw, size=self._draw)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        side, gap = dp(22), dp(20)
        left = self.center_x - (self.of * side + (self.of - 1) * gap) / 2
        with self.canvas:
            Color(*theme.ACCENT)
            for at in range(int(self.of)):
                x, y = left + at * (side + gap), self.center_y - side / 2
                if at < self.count:
                    SmoothEllipse(pos=(x, y), size=(side, side))
                else:
                    SmoothLine(ellipse=(x, y, side, side), width=dp(1.4))


class Key(ButtonBehavior, Label):
    """A digit of the pad."""


class PinPad(BoxLayout):
    """Dots above, keys below."""

    __events__ = ("on_digit", "on_rub", "on_forgot")

    digits = NumericProperty(0)
    of = NumericProperty(6)
    forgets = BooleanProperty(defaultvalue=False)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        keys: GridLayout = self.ids.pad
        for digit in "123456789":
            keys.add_widget(self._key(digit))
        keys.add_widget(Widget())
        keys.add_widget(self._key("0"))
        rub = Press(icon="rub", size_hint=(1, 1))
        rub.bind(on_release=lambda _: self.dispatch("on_rub"))
        keys.add_widget(rub)

    def _key(self, digit: str) -> Key:
        key = Key(text=digit)
        key.bind(on_release=lambda _: self.dispatch("on_digit", digit))
        return key

    def on_digit(self, digit: str) -> None:
        """Hear a digit."""

    def on_rub(self) -> None:
        """Hear that the last digit was wrong."""

    def on_forgot(self) -> None:
        """Hear that they do not know it any more."""


class OfficerPick(ButtonBehavior, Block):
    """A name to tap."""

    def __init__(self, row: CoverOfficer) -> None:
        super().__init__()
        self._icon = Icon(name="person", color=theme.ACCENT)
        self._name = Text(font_size=theme.QUESTION, strong=True)
        self._note = Text(font_size=theme.SMALL)
        for part in (self._icon, self._name, self._note):
            self.add_widget(part)
        self.show(row)

    def show(self, row: CoverOfficer) -> None:
        self.row = row
        self._name.text = row.name
        said = row.problem or row.note
        self._note.text = " · ".join(one for one in (row.certificate, said) if one)
        self._note.color = theme.WARN if row.problem else theme.QUIET
        self._icon.name = "lock" if row.problem else "person"

    def measure(self, width: float) -> float:
        across = width - dp(66) - theme.PAD
        name, note = self._name.measure(across), self._note.measure(across)
        self.size = (width, name + note + dp(38))
        self._icon.pos = (dp(22), (self.height - dp(26)) / 2)
        self._name.pos = (dp(66), self.height - dp(17) - name)
        self._note.pos = (dp(66), dp(15))
        return self.height


class OtherPick(Block):
    """The way for whoever is not among the names."""

    def __init__(self, _row: object) -> None:
        super().__init__()
        self.button = Action(icon="plus", text=_("Sign in with an account"), hug=False)
        self.add_widget(self.button)

    def show(self, _row: object) -> None:
        """Always the same."""


class AccountForm(BoxLayout):
    """Name, password and, where it is asked for, the code of the second factor."""

    __events__ = ("on_account",)

    waiting = BooleanProperty(defaultvalue=False)
    needs_code = BooleanProperty(defaultvalue=False)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self._code = self.ids.code.__self__
        self.ids.fields.remove_widget(self._code)

    def on_needs_code(self, *_: object) -> None:
        if self.needs_code and not self._code.parent:
            self.ids.fields.add_widget(self._code)
        elif not self.needs_code and self._code.parent:
            self.ids.fields.remove_widget(self._code)

    def send(self) -> None:
        name = self.ids.name.committed
        password = self.ids.password.take()
        code, self._code.text = self._code.text, ""
        self.dispatch("on_account", name, password, code)

    def on_account(self, name: str, password: str, code: str) -> None:
        """Hear what they typed."""


class CoverScreen(Sheet):
    """One step at a time, as the state has it."""

    __events__ = (
        "on_choose", "on_digit", "on_rub", "on_account", "on_other", "on_forgot", "on_back",
        "on_speak",
    )  # fmt: skip

    state = ObjectProperty(None, allownone=True)
    wide = BooleanProperty(defaultvalue=True)
    about = StringProperty()

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self._body: Widget | None = None
        self._keyboard: Callable[..., object] | None = None
        self.ids.languages.offer(LANGUAGES)
        self.ids.languages.show(language())
        self.ids.languages.measure(dp(320))
        self.ids.languages.bind(on_choose=lambda _, code: self.dispatch("on_speak", code))
        self._parts: dict[str, Callable[[], Widget]] = {
            "choose": self._choosing,
            "pin": partial(self._pad, forgets=True),
            "new": self._pad,
            "again": self._pad,
            "account": self._account,
        }

    # ── showing ────────────────────────────────────────────────────────────────────

    def show(self, state: CoverState) -> None:
        before, self.state = self.state, state
        if before is None or before.step != state.step:
            self.ids.body.clear_widgets()
            self._body = self._parts[state.step]()
            self.ids.body.add_widget(self._body)
        match self._body:
            case Column():
                rows: list[tuple[str, object]] = [(one.officer, one) for one in state.officers]
                self._body.show([*rows, ("other", None)])
            case PinPad():
                self._body.digits, self._body.of = state.digits, state.of
            case AccountForm():
                self._body.waiting, self._body.needs_code = state.waiting, state.needs_code
                self._body.ids.name.show(state.account)

    def _choosing(self) -> Column:
        return Column(self._make, inset=0)

    def _make(self, _key: str, row: object) -> Widget:
        if isinstance(row, CoverOfficer):
            pick = OfficerPick(row)
            pick.bind(on_release=lambda _: self.dispatch("on_choose", pick.row.officer))
            return pick
        other = OtherPick(row)
        other.button.bind(on_release=lambda _: self.dispatch("on_other"))
        return other

    def _pad(self, *, forgets: bool = False) -> PinPad:
        pad = PinPad(forgets=forgets)
        pad.bind(
            on_digit=lambda _, digit: self.dispatch("on_digit", digit),
            on_rub=lambda _: self.dispatch("on_rub"),
            on_forgot=lambda _: self.dispatch("on_forgot"),
        )
        return pad

    def _account(self) -> AccountForm:
        form = AccountForm()
        form.bind(on_account=lambda _, *typed: self.dispatch("on_account", *typed))
        return form

    # ── coming and going ───────────────────────────────────────────────────────────

    def rise(self, over: Widget) -> None:
        """Cover everything; who was writing is done, and it is recorded."""
        for field in top(over).walk(restrict=True):
            if getattr(field, "focus", False):
                field.focus = False
        super().rise(over)
        window = self.get_root_window()
        if window:
            self._keyboard = self._typed
            window.bind(on_key_down=self._keyboard)

    def leave(self) -> None:
        window = self.get_root_window()
        if window and self._keyboard:
            window.unbind(on_key_down=self._keyboard)
        super().leave()

    def _typed(self, _window: object, key: int, *_more: object) -> bool:
        """Take digits from a keyboard, where there is one."""
        if not isinstance(self._body, PinPad):
            return False
        digit = key - _PAD_ZERO if key >= _PAD_ZERO else key - _ZERO
        if 0 <= digit <= _NINE - _ZERO:
            self.dispatch("on_digit", str(digit))
            return True
        if key == _RUB:
            self.dispatch("on_rub")
            return True
        return False

    # ── events ─────────────────────────────────────────────────────────────────────

    def on_choose(self, officer: str) -> None:
        """Hear who it is."""

    def on_digit(self, digit: str) -> None:
        """Hear a digit of the PIN."""

    def on_rub(self) -> None:
        """Hear that the last digit was wrong."""

    def on_account(self, name: str, password: str, code: str) -> None:
        """Hear what goes to the office."""

    def on_other(self) -> None:
        """Hear that they are not among the names."""

    def on_forgot(self) -> None:
        """Hear that the PIN is forgotten."""

    def on_back(self) -> None:
        """Hear that they go back."""

    def on_speak(self, language: str) -> None:
        """Hear which language they want."""


EVENTS = CoverScreen.__events__

Builder.load_file(str(Path(__file__).with_name("cover.kv")))
