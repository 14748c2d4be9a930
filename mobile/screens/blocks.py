"""Layouts that know their height at once.

Kivy's own settle over several frames: fine for a page, not for a list of sixty questions
that must stand still under a thumb. A block is asked for its height at a width, places its
children within itself, and moving it moves one matrix.
"""

from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty
from kivy.uix.label import Label
from kivy.uix.relativelayout import RelativeLayout
from kivy.uix.widget import Widget


def measured(widget: Widget, width: float) -> float:
    """The height `widget` takes at `width`."""
    if hasattr(widget, "measure"):
        return widget.measure(width)
    if widget.size_hint_x is not None:
        widget.width = width
    return widget.height


class Block(RelativeLayout):
    """Children from left to right, then below, as words in a text."""

    gap = NumericProperty(dp(12))

    def __init__(self, **given: object) -> None:
        given.setdefault("size_hint", (None, None))
        super().__init__(**given)

    def measure(self, width: float) -> float:
        rows = self._rows(width)
        height = sum(tall for _, tall in rows) + self.gap * max(0, len(rows) - 1)
        self.size = (width, height)
        top = height
        for row, tall in rows:
            left = 0.0
            for child in row:
                child.size_hint = (None, None)
                child.pos = (left, top - tall + (tall - child.height) / 2)
                left += child.width + self.gap
            top -= tall + self.gap
        return height

    def _rows(self, width: float) -> list[tuple[list[Widget], float]]:
        rows: list[tuple[list[Widget], float]] = []
        left = 0.0
        for child in reversed(self.children):
            tall = measured(child, width)
            if not rows or left + child.width > width:
                rows.append(([], 0))
                left = 0
            row, height = rows[-1]
            row.append(child)
            rows[-1] = (row, max(height, tall))
            left += child.width + self.gap
        return rows


class Text(Label):
    """Words that wrap. `hug`: no wider than they are."""

    hug = BooleanProperty(defaultvalue=False)
    strong = BooleanProperty(defaultvalue=False)

    def measure(self, width: float) -> float:
        self.text_size = (None, None) if self.hug else (width, None)
        self.texture_update()
        if self.hug and self.texture_size[0] > width:
            self.text_size = (width, None)
            self.texture_update()
        self.size_hint = (None, None)
        self.size = (self.texture_size[0] if self.hug else width, self.texture_size[1])
        return self.height
