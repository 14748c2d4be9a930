"""What comes up over a screen and is answered before going on."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from kivy.graphics import Color, Line
from kivy.input.motionevent import MotionEvent
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty, OptionProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from mobile.screens import theme
from mobile.screens.widgets import Chip, Segments  # noqa: F401 - used in the kv file
from mobile.view_state import Choice, Signature
from mobile.words import _

SAME_POINT = 0.002  # of the pad; closer points say nothing about a signature


def top(widget: Widget) -> Widget:
    """The root that everything lies in."""
    while isinstance(widget.parent, Widget):
        widget = widget.parent
    return widget


class Sheet(FloatLayout):
    """A panel over everything; what is under it does not hear touches."""

    def rise(self, over: Widget) -> None:
        top(over).add_widget(self)

    def leave(self) -> None:
        for field in self.walk(restrict=True):
            if getattr(field, "focus", False):
                field.focus = False
        if self.parent:
            self.parent.remove_widget(self)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        super().on_touch_down(touch)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        super().on_touch_move(touch)
        return True


class Confirm(Sheet):
    """A question with two answers. `danger`: going on cannot be undone."""

    title = StringProperty()
    text = StringProperty()
    go_on = StringProperty()
    danger = BooleanProperty(defaultvalue=False)

    def __init__(self, done: Callable[[], None], **given: object) -> None:
        self._done = done
        super().__init__(**given)

    def agree(self) -> None:
        self.leave()
        self._done()


class Reason(Sheet):
    """Asks why. Nothing goes on without an answer; the usual ones are one tap away."""

    title = StringProperty()
    text = StringProperty()
    go_on = StringProperty()
    danger = BooleanProperty(defaultvalue=False)
    ready = BooleanProperty(defaultvalue=False)

    def __init__(
        self, done: Callable[[str], None], usual: Sequence[str] = (), **given: object
    ) -> None:
        self._done = done
        super().__init__(**given)
        for words in usual:
            chip = Chip(text=words, value=words)
            chip.bind(on_release=self._take)
            self.ids.usual.add_widget(chip)
        self.ids.reason.bind(committed=self._weigh)

    def _weigh(self, _field: object, reason: str) -> None:
        self.ready = bool(reason.strip())

    def _take(self, chip: Chip) -> None:
        self.ids.reason.text = chip.value

    def agree(self) -> None:
        reason = self.ids.reason.committed.strip()
        self.leave()
        self._done(reason)


class Pad(Widget):
    """Takes strokes as points within 0 to 1, so that they fit any screen."""

    __events__ = ("on_drawn",)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.strokes: list[list[float]] = []
        self._lines: dict[MotionEvent, Line] = {}

    def clear(self) -> None:
        self.canvas.clear()
        self.strokes = []
        self.dispatch("on_drawn")

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.disabled or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        with self.canvas:
            Color(*theme.INK)
            self._lines[touch] = Line(
                points=[*touch.pos, *touch.pos], width=dp(2), joint="round", cap="round"
            )
        self.strokes.append(self._within(touch.pos))
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        now, last = self._within(touch.pos), self.strokes[-1][-2:]
        if abs(now[0] - last[0]) + abs(now[1] - last[1]) > SAME_POINT:
            self._lines[touch].points += touch.pos
            self.strokes[-1] += now
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        del self._lines[touch]
        self.dispatch("on_drawn")
        return True

    def on_drawn(self) -> None:
        """Hear that the strokes changed."""

    def _within(self, pos: tuple[float, float]) -> list[float]:
        x, y = (pos[0] - self.x) / self.width, (pos[1] - self.y) / self.height
        return [round(min(1, max(0, x)), 4), round(min(1, max(0, y)), 4)]


class Sign(Sheet):
    """One signer signs, refuses, or is absent; the latter two say why."""

    title = StringProperty()
    how = OptionProperty("signed", options=["signed", "refused", "absent"])
    role = StringProperty()
    ready = BooleanProperty(defaultvalue=False)
    signing = BooleanProperty(defaultvalue=True)
    drawn = BooleanProperty(defaultvalue=False)

    def __init__(
        self,
        done: Callable[[Signature], None],
        signers: Sequence[Choice],
        ways: Sequence[str],
        **given: object,
    ) -> None:
        self._done = done
        super().__init__(**given)
        self._parts = [self.ids[name].__self__ for name in ("drawing", "why")]
        self._offer_ways(ways)
        self._offer_signers(signers)
        self.bind(how=self._weigh)
        self.ids.pad.bind(on_drawn=self._weigh)
        for name in ("name", "reason"):
            self.ids[name].bind(committed=self._weigh)
        self._show_way()

    def _offer_ways(self, ways: Sequence[str]) -> None:
        words = {"signed": _("Signs"), "refused": _("Refuses"), "absent": _("Absent")}
        self.ids.ways.offer({way: words[way] for way in words if way in ways})
        self.ids.ways.measure(dp(560))
        self.ids.ways.bind(on_choose=self._choose_way)

    def _offer_signers(self, signers: Sequence[Choice]) -> None:
        for signer in signers:
            chip = Chip(text=signer.text, value=signer.value)
            chip.bind(on_release=self._choose_signer)
            self.ids.signers.add_widget(chip)
        if signers:
            self._choose_signer(self.ids.signers.children[-1])

    def _choose_way(self, _ways: object, way: str) -> None:
        self.how = way
        self._show_way()

    def _show_way(self) -> None:
        self.ids.ways.show(self.how)
        self.ids.body.clear_widgets()
        self.ids.body.add_widget(self._parts[0] if self.signing else self._parts[1])

    def _choose_signer(self, chosen: Chip) -> None:
        self.role = chosen.value
        for chip in self.ids.signers.children:
            chip.chosen = chip is chosen
        self._weigh()

    def _weigh(self, *_: object) -> None:
        self.drawn = bool(self.ids.pad.strokes)
        self.ready = self.drawn if self.how == "signed" else bool(self.ids.reason.committed.strip())

    def agree(self) -> None:
        signed = self.how == "signed"
        mark = Signature(
            role=self.role,
            name=self.ids.name.committed.strip(),
            strokes=tuple(tuple(stroke) for stroke in self.ids.pad.strokes) if signed else (),
            refused=self.how == "refused",
            absent=self.how == "absent",
            reason="" if signed else self.ids.reason.committed.strip(),
            witness="" if signed else self.ids.witness.committed.strip(),
        )
        self.leave()
        self._done(mark)


class DayCell(ButtonBehavior, Label):
    day = ObjectProperty(None, allownone=True)
    chosen = BooleanProperty(defaultvalue=False)
    marked = BooleanProperty(defaultvalue=False)


class Calendar(Sheet):
    """A month to tap a day in; with a time if `timed`."""

    title = StringProperty()
    timed = BooleanProperty(defaultvalue=False)
    day = ObjectProperty(date(2000, 1, 1))
    hour = ObjectProperty(0)
    minute = ObjectProperty(0)
    month_text = StringProperty()

    def __init__(
        self, done: Callable[[date | datetime], None], start: date | datetime, **given: object
    ) -> None:
        self._done = done
        self._zone = start.tzinfo if isinstance(start, datetime) else None
        super().__init__(**given)
        self.timed = isinstance(start, datetime)
        self.day = self._marked = start.date() if isinstance(start, datetime) else start
        if isinstance(start, datetime):
            self.hour, self.minute = start.hour, start.minute - start.minute % 5
        if not self.timed:
            self.ids.clock.parent.remove_widget(self.ids.clock)
        self._month = self.day.replace(day=1)
        self._fill()

    def turn(self, months: int) -> None:
        there = self._month.month - 1 + months
        self._month = self._month.replace(year=self._month.year + there // 12, month=there % 12 + 1)
        self._fill()

    def later(self, minutes: int) -> None:
        clock = datetime.combine(self.day, time(self.hour, self.minute))
        clock += timedelta(minutes=minutes)
        self.hour, self.minute, self.day = clock.hour, clock.minute, clock.date()
        self._month = self.day.replace(day=1)
        self._fill()

    def _fill(self) -> None:
        self.month_text = _("{year}-{month:02}").format(
            year=self._month.year, month=self._month.month
        )
        grid = self.ids.days
        grid.clear_widgets()
        for words in _("Mo Tu We Th Fr Sa Su").split():
            grid.add_widget(DayCell(text=words, disabled=True))
        for _blank in range(self._month.weekday()):
            grid.add_widget(Widget())
        day = self._month
        while day.month == self._month.month:
            cell = DayCell(
                day=day, text=str(day.day), chosen=day == self.day, marked=day == self._marked
            )
            cell.bind(on_release=self._choose)
            grid.add_widget(cell)
            day += timedelta(days=1)

    def _choose(self, chosen: DayCell) -> None:
        self.day = chosen.day
        for cell in self.ids.days.children:
            if isinstance(cell, DayCell):
                cell.chosen = cell.day == self.day and cell.day is not None

    def agree(self) -> None:
        self.leave()
        clock = time(self.hour, self.minute, tzinfo=self._zone)
        self._done(datetime.combine(self.day, clock) if self.timed else self.day)


Builder.load_file(str(Path(__file__).with_name("sheets.kv")))
