"""The few parts every screen is made of."""

from pathlib import Path

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.label import Label
from kivy.uix.stacklayout import StackLayout
from kivy.uix.widget import Widget

from mobile.screens import icons, theme
from mobile.screens.blocks import Block, Text
from mobile.screens.writing import Writing  # noqa: F401 - styled in the kv file

TONES = list(theme.TONES)


class Words(Text):
    """Wrapping text for the slow layouts: its height follows its width."""


class Action(ButtonBehavior, BoxLayout):
    """A button: what it does, perhaps with a sign before it."""

    text = StringProperty()
    icon = StringProperty()
    look = OptionProperty("secondary", options=["primary", "secondary", "danger", "quiet"])
    hug = BooleanProperty(defaultvalue=True)
    ink = ColorProperty(theme.INK)
    fill = ColorProperty(theme.CLEAR)

    def measure(self, width: float) -> float:
        words = self.ids.words
        words.text_size = (None, None)
        words.texture_update()
        sign = dp(34) if self.icon else 0
        self.size_hint = (None, None)
        wanted = words.texture_size[0] + sign + dp(44)
        self.size = (min(width, wanted) if self.hug else width, theme.TARGET)
        return self.height


class Press(ButtonBehavior, Widget):
    """A sign to tap: plus, minus, back."""

    icon = StringProperty()
    color = ColorProperty(theme.INK)
    look = OptionProperty("edge", options=["edge", "bare"])


class Chip(ButtonBehavior, Text):
    """An option. `many`: others may be chosen beside it."""

    value = StringProperty()
    chosen = BooleanProperty(defaultvalue=False)
    many = BooleanProperty(defaultvalue=False)
    mark_x = NumericProperty(0)

    def measure(self, width: float) -> float:
        self.hug = True
        super().measure(width)
        self.height = max(theme.TARGET, self.height)
        return self.height


class ChipRow(StackLayout):
    """Chips in rows, for the slow layouts."""

    def add_widget(self, widget: Widget, *where: object, **more: object) -> None:
        super().add_widget(widget, *where, **more)
        widget.measure(self.width)

    def on_width(self, *_: object) -> None:
        for child in self.children:
            child.measure(self.width)


class Segment(ButtonBehavior, Label):
    value = StringProperty()
    words = StringProperty()
    chosen = BooleanProperty(defaultvalue=False)
    ticked = BooleanProperty(defaultvalue=True)


class Segments(BoxLayout):
    """One of two or three, side by side. `ticked`: an answer; else merely a view."""

    __events__ = ("on_choose",)

    ticked = BooleanProperty(defaultvalue=True)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.parts: dict[str, Segment] = {}

    def offer(self, options: dict[str, str]) -> None:
        if self.parts.keys() == options.keys():
            for value, text in options.items():
                self.parts[value].words = text
            return
        self.clear_widgets()
        self.parts = {
            value: Segment(value=value, words=text, ticked=self.ticked)
            for value, text in options.items()
        }
        for part in self.parts.values():
            part.bind(on_release=lambda part: self.dispatch("on_choose", part.value))
            self.add_widget(part)

    def show(self, chosen: str) -> None:
        for value, part in self.parts.items():
            part.chosen = value == chosen

    def measure(self, width: float) -> float:
        self.size_hint = (None, None)
        self.size = (min(width, dp(124) * len(self.parts)), theme.TARGET)
        return self.height

    def on_choose(self, value: str) -> None:
        """Hear which one was tapped."""


class Badge(BoxLayout):
    """A status: sign, word and colour together."""

    text = StringProperty()
    tone = OptionProperty("plain", options=TONES)
    icon = StringProperty()

    def measure(self, width: float) -> float:
        words = self.ids.words
        words.texture_update()
        self.size_hint = (None, None)
        self.size = (min(width, words.texture_size[0] + dp(52)), dp(36))
        return self.height


class Tag(BoxLayout):
    """A quiet remark with a small sign: sealed, optional."""

    text = StringProperty()
    icon = StringProperty()
    color = ColorProperty(theme.QUIET)

    def measure(self, width: float) -> float:
        words = self.ids.words
        words.texture_update()
        self.size_hint = (None, None)
        self.size = (min(width, words.texture_size[0] + (dp(26) if self.icon else 0)), dp(24))
        return self.height


class Banner(Block):
    """What must be known now: info, warn or stop. Buttons may be added to it."""

    text = StringProperty()
    title = StringProperty()
    tone = OptionProperty("info", options=TONES)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self._sign = icons.Icon(size=(dp(34), dp(34)), stroke=dp(1.6))
        self._title = Text(strong=True, font_size=theme.BODY)
        self._text = Text(font_size=theme.BODY)
        self.actions = Block()
        for part in (self._sign, self._title, self._text, self.actions):
            self.add_widget(part)
        self.bind(text=self._dress, title=self._dress, tone=self._dress)
        self._dress()

    def _dress(self, *_: object) -> None:
        ink, _ground = theme.TONES[self.tone]
        self._sign.name, self._sign.color = icons.SIGNS[self.tone], ink
        self._title.text, self._title.color = self.title, ink
        self._text.text, self._text.color = self.text, theme.INK

    def measure(self, width: float) -> float:
        inset, sign = dp(18), dp(50)
        across = width - 2 * inset - sign
        below: list[Widget] = [part for part in (self._title, self._text) if part.text]
        if self.actions.children:
            below.append(self.actions)
        heights = [part.measure(across) for part in below]
        self.size = (width, sum(heights) + dp(8) * (len(below) - 1) + 2 * inset)
        top = self.height - inset
        self._sign.pos = (inset, top - self._sign.height + dp(4))
        for part, tall in zip(below, heights, strict=True):
            part.pos = (inset + sign, top - tall)
            top -= tall + dp(8)
        return self.height


class Progress(Widget):
    """How far: a bar, and the figures as words beside it where it is used."""

    part = NumericProperty(0)
    tone = OptionProperty("info", options=TONES)


class Toast(BoxLayout):
    """Says what was done, for a while, and lets it be undone."""

    __events__ = ("on_undo",)

    text = StringProperty()
    upright = BooleanProperty(defaultvalue=True)
    undo_words = StringProperty()  # of the button; empty: cannot be undone

    def raise_over(self, root: FloatLayout, seconds: float = 6) -> None:
        for old in [child for child in root.children if isinstance(child, Toast)]:
            root.remove_widget(old)
        root.add_widget(self)
        self.opacity = 0
        Animation(opacity=1, d=0.15).start(self)
        Clock.schedule_once(lambda _: root.remove_widget(self), seconds)

    def on_undo(self) -> None:
        """Hear that it shall be undone."""
        if self.parent:
            self.parent.remove_widget(self)


class Count(Text):
    """How many wait, as a small figure."""

    count = NumericProperty(0)


class RailItem(ButtonBehavior, BoxLayout):
    name = StringProperty()
    text = StringProperty()
    chosen = BooleanProperty(defaultvalue=False)
    count = NumericProperty(0)
    ink = ColorProperty(theme.ON_NIGHT)


class Rail(BoxLayout):
    """Where one is, and where one can go."""

    __events__ = ("on_go",)

    here = StringProperty("today")
    waiting = NumericProperty(0)
    upright = BooleanProperty(defaultvalue=True)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.bind(upright=self._turn)
        self._turn()

    def _turn(self, *_: object) -> None:
        self.size_hint = (None, 1) if self.upright else (1, None)
        self.size = (theme.RAIL, dp(88))

    def on_go(self, name: str) -> None:
        """Hear where to go."""


Builder.load_file(str(Path(__file__).with_name("widgets.kv")))
