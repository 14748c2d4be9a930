"""An empty list says so, and what to do."""

from kivy.graphics import Color, Rectangle
from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens import theme
from mobile.screens.blocks import Block, Text
from mobile.screens.icons import Icon


class Empty(Block):
    """Sign, words, and the next step: a triple."""

    def __init__(self, words: tuple[str, str, str]) -> None:
        super().__init__()
        self._icon = Icon(size=(dp(72), dp(72)), color=theme.EDGE, stroke=dp(2))
        self._title = Text(font_size=theme.HEAD, strong=True, halign="center")
        self._text = Text(color=theme.QUIET, halign="center")
        for part in (self._icon, self._title, self._text):
            self.add_widget(part)
        self.show(words)

    def show(self, words: tuple[str, str, str]) -> None:
        self._icon.name, self._title.text, self._text.text = words

    def measure(self, width: float) -> float:
        across = min(width, dp(560))
        title, text = self._title.measure(across), self._text.measure(across)
        self.size = (width, dp(72) + title + text + dp(140))
        left = (width - across) / 2
        self._icon.pos = ((width - dp(72)) / 2, self.height - dp(152))
        self._title.pos = (left, self.height - dp(172) - title)
        self._text.pos = (left, self.height - dp(182) - title - text)
        return self.height


class Alone(Widget):
    """Nothing but such words, in the middle of the window: the tablet cannot be used yet."""

    def __init__(self, words: tuple[str, str, str]) -> None:
        super().__init__()
        with self.canvas.before:
            Color(*theme.GROUND)
            self._ground = Rectangle()
        self.words = Empty(words)
        self.add_widget(self.words)
        self.bind(size=self._centre, pos=self._centre)

    def _centre(self, *_: object) -> None:
        self._ground.pos, self._ground.size = self.pos, self.size
        self.words.measure(self.width - 2 * theme.PAD)
        self.words.center = self.center
