"""Text fields that know an unfinished word from a written one."""

from collections.abc import Callable

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.textinput import TextInput

PAUSE = 0.7  # seconds without a key until what was typed counts


class Writing(TextInput):
    """`committed` never holds pre-edit text; `on_settled` comes after a pause or on leaving.

    An input method shows pinyin inside `text` while a word is being composed, and Kivy leaves
    it there when the field loses focus: here it is dropped.
    """

    __events__ = ("on_settled",)

    committed = StringProperty()
    wrong = BooleanProperty(defaultvalue=False)
    lines = NumericProperty(1)

    _composing = False

    def __init__(self, **given: object) -> None:
        given.setdefault("input_type", "text")  # Kivy's default keeps Chinese keyboards away
        super().__init__(**given)
        self._settle = Clock.create_trigger(self._settled, PAUSE)
        self._last = self.committed = self.text
        self.bind(text=self._commit)

    def show(self, text: str) -> None:
        """Take what the log holds, unless somebody is writing."""
        if not self.focus and text != self.text:
            self.text = text
        if not self.focus:
            self._last = text

    def measure(self, width: float) -> float:
        self.size_hint = (None, None)
        self.width = width
        least = self.line_height * self.lines + self.padding[1] + self.padding[3]
        self.height = max(dp(60), least, self.minimum_height if self.multiline else 0)
        return self.height

    def window_on_textedit(self, window: object, text: str) -> None:
        self._composing = True
        super().window_on_textedit(window, text)
        self._composing = False
        self._commit()

    def on_focus(self, _: object, focused: bool) -> None:  # noqa: FBT001 - Kivy's signature
        if not focused:
            if self._ime_composition:
                self.window_on_textedit(None, "")
            self._settled()

    def on_text_validate(self) -> None:
        self._settled()

    def on_settled(self, text: str) -> None:
        """Hear what was written."""

    def _commit(self, *_: object) -> None:
        if self._composing or self._ime_composition or self.committed == self.text:
            return
        self.committed = self.text
        if self.focus:
            self._settle()

    def _settled(self, *_: object) -> None:
        self._settle.cancel()
        if self.committed != self._last:
            self._last = self.committed
            self.dispatch("on_settled", self.committed)


def when_settled(field: Writing, hear: Callable[[str], None]) -> None:
    field.bind(on_settled=lambda _, text: hear(text))
