"""Signs as strokes on a grid of 24, y upward; the font has hardly any."""

from collections.abc import Sequence
from math import cos, radians, sin

from kivy.graphics import Color, InstructionGroup, PopMatrix, PushMatrix, SmoothLine, Translate
from kivy.metrics import dp
from kivy.properties import ColorProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

Stroke = Sequence[float]


def arc(x: float, y: float, r: float, start: float, end: float) -> Stroke:
    steps = max(8, round(abs(end - start) / 12))
    turns = [radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [value for turn in turns for value in (x + r * cos(turn), y + r * sin(turn))]


def ring(x: float, y: float, r: float) -> Stroke:
    return arc(x, y, r, 0, 360)


def box(x: float, y: float, w: float, h: float, r: float = 2) -> Stroke:
    corners = ((x + w - r, y + h - r, 0), (x + r, y + h - r, 90), (x + r, y + r, 180))
    last = (x + w - r, y + r, 270)
    points = [v for cx, cy, turn in (*corners, last) for v in arc(cx, cy, r, turn, turn + 90)]
    return [*points, *points[:2]]


def dot(x: float, y: float) -> Stroke:
    return ring(x, y, 0.6)  # a line too short is not drawn at all


STROKES: dict[str, tuple[Stroke, ...]] = {
    "today": (
        box(4, 3, 16, 17),
        [4, 15, 20, 15],
        [8, 21.5, 8, 18],
        [16, 21.5, 16, 18],
        [8, 9, 11, 6.5, 16, 11.5],
    ),
    "inspection": (
        box(4.5, 2.5, 15, 18),
        box(8.5, 18.5, 7, 3.5, 1),
        [8.5, 11, 11, 8.5, 15.5, 13.5],
    ),
    "outbox": ([12, 8, 12, 21], [7, 16, 12, 21, 17, 16], [4, 11, 4, 3.5, 20, 3.5, 20, 11]),
    "settings": (
        [4, 17.5, 20, 17.5],
        [4, 12, 20, 12],
        [4, 6.5, 20, 6.5],
        ring(9, 17.5, 2),
        ring(15.5, 12, 2),
        ring(8, 6.5, 2),
    ),
    "check": ([4.5, 12.5, 10, 6.5, 19.5, 17.5],),
    "cross": ([6, 6, 18, 18], [6, 18, 18, 6]),
    "plus": ([12, 4.5, 12, 19.5], [4.5, 12, 19.5, 12]),
    "minus": ([4.5, 12, 19.5, 12],),
    "dash": ([7, 12, 17, 12],),
    "mark": ([12, 19.5, 12, 10], dot(12, 5.5)),
    "right": ([9, 5, 16, 12, 9, 19],),
    "left": ([15, 5, 8, 12, 15, 19],),
    "down": ([5, 15, 12, 8, 19, 15],),
    "up": ([5, 9, 12, 16, 19, 9],),
    "lock": (
        box(5, 3, 14, 10.5),
        [8, 13.5, 8, 16, *arc(12, 16.5, 4, 180, 0), 16, 13.5],
        [12, 9.5, 12, 7],
    ),
    "warn": ([12, 21, 2.5, 4, 21.5, 4, 12, 21], [12, 15.5, 12, 10.5], dot(12, 7.4)),
    "stop": (
        [8, 21.5, 16, 21.5, 21.5, 16, 21.5, 8, 16, 2.5, 8, 2.5, 2.5, 8, 2.5, 16, 8, 21.5],
        [12, 17.5, 12, 11],
        dot(12, 7.4),
    ),
    "info": (ring(12, 12, 9.3), [12, 12.8, 12, 7.2], dot(12, 16.4)),
    "good": (ring(12, 12, 9.3), [7.5, 12.2, 11, 8.5, 16.8, 15.2]),
    "clock": (ring(12, 12, 9.3), [12, 17.5, 12, 12, 16, 9.5]),
    "person": (ring(12, 16.5, 4), [*arc(12, 3, 7.5, 180, 0)], [4.5, 3, 19.5, 3]),
    "people": (
        ring(9, 16.5, 3.6),
        arc(9, 3.5, 6.5, 180, 0),
        [2.5, 3.5, 15.5, 3.5],
        arc(15.5, 16.5, 3.6, 80, -80),
        [*arc(15.5, 3.5, 6.5, 75, 0), 18, 3.5],
    ),
    "pin": ([12, 2, *arc(12, 14, 7, 205, -25), 12, 2], ring(12, 14, 2.6)),
    "camera": (box(2.5, 4, 19, 14), [8, 18, 9.5, 20.5, 14.5, 20.5, 16, 18], ring(12, 11, 4)),
    "pen": ([4, 4, 5, 9, 16, 20, 20, 16, 9, 5, 4, 4], [13.5, 17.5, 17.5, 13.5]),
    "search": (ring(10.5, 13.5, 6.5), [15.3, 8.7, 21, 3]),
    "undo": ([8.5, 19, 4, 14.5, 8.5, 10], [4, 14.5, 14, 14.5, *arc(14, 9.5, 5, 90, -90), 9, 4.5]),
    "rub": (
        [8.5, 18.5, 21, 18.5, 21, 5.5, 8.5, 5.5, 2.5, 12, 8.5, 18.5],
        [11.5, 9.3, 17, 14.7],
        [11.5, 14.7, 17, 9.3],
    ),
    "sync": (
        [*arc(12, 12, 8, 160, 20)],
        [*arc(12, 12, 8, -20, -160)],
        [20.3, 20, 19.6, 14.6, 14.4, 15.4],
        [3.7, 4, 4.4, 9.4, 9.6, 8.6],
    ),
    "offline": (
        [3, 21, 21, 3],
        arc(12, 5, 9.5, 130, 95),
        arc(12, 5, 9.5, 62, 45),
        arc(12, 5, 14, 133, 108),
        arc(12, 5, 14, 75, 47),
        ring(12, 5, 1),
    ),
    "street": (
        [8, 3, 10.5, 21],
        [16, 3, 13.5, 21],
        [12, 4, 12, 7],
        [12, 10.5, 12, 13],
        [12, 16.5, 12, 18.5],
        [2.5, 3, 21.5, 3],
    ),
    "funeral": (
        [6, 7, 6, 17, *arc(12, 16.5, 6, 150, 30), 18, 17, 18, 7],
        box(3, 2.5, 18, 4.5, 1),
        [10, 17.5, 10, 10.5],
        [14, 17.5, 14, 10.5],
    ),
    "home": (
        [3, 11.5, 12, 20.5, 21, 11.5],
        [5.5, 13.5, 5.5, 3.5, 18.5, 3.5, 18.5, 13.5],
        [10, 3.5, 10, 9.5, 14, 9.5, 14, 3.5],
    ),
    "list": (
        [9, 18, 20.5, 18],
        [9, 12, 20.5, 12],
        [9, 6, 20.5, 6],
        ring(4.8, 18, 0.8),
        ring(4.8, 12, 0.8),
        ring(4.8, 6, 0.8),
    ),
    "calendar": (box(4, 3, 16, 17), [4, 15, 20, 15], [8, 21.5, 8, 18], [16, 21.5, 16, 18]),
    "tablet": (box(4.5, 2.5, 15, 19), [10.5, 5.5, 13.5, 5.5]),
    "flag": ([5.5, 2.5, 5.5, 21], [5.5, 20, 18.5, 20, 15.5, 15.5, 18.5, 11, 5.5, 11]),
    "globe": (
        ring(12, 12, 9.3),
        [2.7, 12, 21.3, 12],
        arc(4, 12, 12.2, -50, 50),
        arc(20, 12, 12.2, 130, 230),
    ),
}

KINDS = {"street_patrol": "street", "funeral_order": "funeral", "low_income_recheck": "home"}
SIGNS = {"plain": "dash", "info": "info", "good": "good", "warn": "warn", "stop": "stop"}
SEVERITIES = {"critical": "stop", "major": "warn", "minor": "info", "info": "plain"}


class Icon(Widget):
    """One sign. Moving it only moves a matrix."""

    name = StringProperty()
    color = ColorProperty()
    stroke = NumericProperty(dp(1.25))

    def __init__(self, **given: object) -> None:
        given.setdefault("size_hint", (None, None))
        given.setdefault("size", (dp(26), dp(26)))
        super().__init__(**given)
        self._place = Translate()
        self._ink = Color()
        self._drawn = InstructionGroup()
        for part in (PushMatrix(), self._place, self._ink, self._drawn, PopMatrix()):
            self.canvas.add(part)
        self.bind(pos=self._move, size=self._draw, name=self._draw, color=self._tint)
        self._draw()
        self._tint()

    def _move(self, *_: object) -> None:
        side = min(self.size)
        # not center_x: within an event of pos, that one may still hold what it was before
        self._place.xy = (self.x + (self.width - side) / 2, self.y + (self.height - side) / 2)

    def _tint(self, *_: object) -> None:
        self._ink.rgba = self.color or (0, 0, 0, 0)

    def _draw(self, *_: object) -> None:
        self._move()
        self._drawn.clear()
        scale = min(self.size) / 24
        for stroke in STROKES.get(self.name, ()):
            line = SmoothLine(
                points=[value * scale for value in stroke],
                width=self.stroke,
                joint="round",
                cap="round",
            )
            self._drawn.add(line)
