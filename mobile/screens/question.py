"""One question of a checklist: its state, its words, and the control to answer it."""

from kivy.animation import Animation
from kivy.metrics import dp
from kivy.properties import ColorProperty, StringProperty
from kivy.uix.widget import Widget

from mobile.screens import theme
from mobile.screens.answers import CONTROLS, Answer
from mobile.screens.blocks import Block, Text
from mobile.screens.icons import Icon
from mobile.screens.state_mark import StateMark
from mobile.screens.widgets import Tag
from mobile.view_state import Gps, QuestionRow
from mobile.words import _

BESIDE = dp(640)  # from this width on, short controls stand beside the question
LEFT = dp(60)


class QuestionCard(Block):
    """Draws one `QuestionRow`; redraws only what differs from the one before."""

    __events__ = Answer.__events__

    edge = ColorProperty(theme.CLEAR)
    slot = StringProperty()

    def __init__(self, row: QuestionRow, gps: Gps | None = None) -> None:
        super().__init__()
        self.row = row
        self.slot = row.slot
        self._mark = StateMark()
        self._number = Text(hug=True, font_size=dp(15), color=theme.QUIET)
        self._text = Text(font_size=theme.QUESTION, strong=True, hug=True)
        self._help = Text(font_size=theme.SMALL, color=theme.QUIET)
        self._tags = Block()
        self._problem = Text(font_size=theme.BODY, color=theme.STOP)
        self._problem_sign = Icon(name="warn", color=theme.STOP, size=(dp(24), dp(24)))
        self.control = CONTROLS[row.type](row)
        self._add_parts()
        self._listen()
        if gps:
            self.control.locate(gps)
        self._dress()

    def _add_parts(self) -> None:
        parts = (self._mark, self._number, self._text, self._help, self._tags, self._problem)
        for part in (*parts, self._problem_sign, self.control, self.control.aside):
            if part:
                self.add_widget(part)

    def _listen(self) -> None:
        for event in self.__events__:
            self.control.bind(**{event: lambda _, *what, event=event: self.dispatch(event, *what)})

    def show(self, row: QuestionRow) -> None:
        if row != self.row:
            self.row = row
            self.control.show(row)
            self._dress()

    def locate(self, gps: Gps) -> None:
        self.control.locate(gps)

    def flash(self) -> None:
        """Show where a jump has led."""
        self.edge = theme.ACCENT
        Animation(edge=theme.CLEAR, d=1.6, t="in_quad").start(self)

    def _dress(self) -> None:
        row = self.row
        self._mark.state = "problem" if row.problem else row.status
        self._number.text, self._text.text = row.number, row.text
        self._help.text, self._problem.text = row.help, row.problem
        self._problem_sign.opacity = 1 if row.problem else 0
        self._tags.clear_widgets()
        if row.sealed:
            self._tags.add_widget(Tag(icon="lock", text=_("sealed")))
        if not row.required:
            self._tags.add_widget(Tag(text=_("optional")))

    def measure(self, width: float) -> float:
        pad = theme.PAD
        across = width - LEFT - 2 * pad + dp(8)
        aside = self.control.aside
        beside = aside is not None and width >= BESIDE
        if aside:
            aside.measure(across)
            self._shrink(aside)
        words = self._words_width(across) if beside else across
        head = [part for part in (self._text, self._help) if self._filled(part)]
        heights = [part.measure(words) for part in head]
        heights[0] = self._measure_title(words, heights[0])
        head_height = sum(heights) + dp(6) * (len(head) - 1)
        if beside:
            head_height = max(head_height, aside.height)
        below = [] if beside or aside is None else [aside]
        if self.control.children:
            self.control.measure(across)
            below.append(self.control)
        if self.row.problem:
            self._problem.measure(across - dp(32))
            below.append(self._problem)
        self.size = (width, head_height + sum(p.height + dp(14) for p in below) + 2 * pad)
        self._place_head(head, heights, head_height, beside=beside)
        self._place_below(below, self.height - pad - head_height)
        return self.height

    def _words_width(self, across: float) -> float:
        return across - self.control.aside.width - dp(20)

    @staticmethod
    def _shrink(aside: Widget) -> None:
        """A block takes the width it is given; beside the question it takes what it needs."""
        if isinstance(aside, Block):
            aside.width = max((child.right for child in aside.children), default=0)

    @staticmethod
    def _filled(part: Text) -> bool:
        part.opacity = 1 if part.text else 0
        return bool(part.text)

    def _measure_title(self, width: float, tall: float) -> float:
        """Tags stand behind the words where these leave room, else below."""
        self._tags_below = False
        if not self._tags.children:
            return tall
        self._tags.measure(width)
        tags = sum(tag.width + self._tags.gap for tag in self._tags.children)
        self._tags_below = self._text.width + tags > width
        return tall + (self._tags.height + dp(4) if self._tags_below else 0)

    def _place_tags(self) -> None:
        title = self._text
        if self._tags_below:
            self._tags.pos = (title.x, title.y - dp(4) - self._tags.height)
        else:
            middle = title.top - dp(15)
            self._tags.pos = (title.right + dp(14), middle - self._tags.height / 2)

    def _place_head(
        self, head: list[Text], heights: list[float], tall: float, *, beside: bool
    ) -> None:
        top = self.height - theme.PAD
        self._mark.pos = (theme.PAD - dp(4), top - dp(32))
        self._number.measure(LEFT)
        self._number.pos = (self._mark.center_x - self._number.width / 2, top - dp(54))
        slack = (tall - sum(heights) - dp(6) * (len(head) - 1)) / 2 if beside else 0
        top -= slack
        for part, height in zip(head, heights, strict=True):
            part.pos = (LEFT + theme.PAD - dp(8), top - part.height)
            top -= height + dp(6)
        self._place_tags()
        if beside:
            aside = self.control.aside
            aside.pos = (
                self.width - theme.PAD - aside.width,
                self.height - theme.PAD - aside.height,
            )

    def _place_below(self, below: list[Block], top: float) -> None:
        left = LEFT + theme.PAD - dp(8)
        for part in below:
            top -= part.height + dp(14)
            part.pos = (left, top)
            if part is self._problem:
                part.x += dp(32)
                self._problem_sign.pos = (left, top + part.height - dp(24))

    def on_answer(self, value: object) -> None:
        """Hear the value."""

    def on_not_applicable(self, reason: str) -> None:
        """Hear why it does not apply."""

    def on_clear(self) -> None:
        """Hear that the answer is taken back."""

    def on_capture(self, device: str) -> None:
        """Hear that a photo or a fix is wanted."""

    def on_overrule(self, value: object, reason: str) -> None:
        """Hear that a computed value is replaced, and why."""

    def on_reflow(self) -> None:
        """Hear that the height is another one now."""
