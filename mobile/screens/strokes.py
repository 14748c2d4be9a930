"""A signature drawn small."""

from kivy.graphics import Color, InstructionGroup, SmoothLine
from kivy.metrics import dp
from kivy.properties import ListProperty
from kivy.uix.widget import Widget

from mobile.screens import theme


class Strokes(Widget):
    """Strokes within 0 to 1, as the pad takes them, fitted to the widget."""

    strokes = ListProperty()

    def __init__(self, **given: object) -> None:
        super().__init__(size_hint=(None, None), **given)
        self._drawn = InstructionGroup()
        self.canvas.add(Color(*theme.INK))
        self.canvas.add(self._drawn)
        self.bind(pos=self._draw, size=self._draw, strokes=self._draw)

    def _draw(self, *_: object) -> None:
        self._drawn.clear()
        for stroke in self.strokes:
            points = [self.pos[i % 2] + value * self.size[i % 2] for i, value in enumerate(stroke)]
            self._drawn.add(SmoothLine(points=points, width=dp(1.2), joint="round", cap="round"))
