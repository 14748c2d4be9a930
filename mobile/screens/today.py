"""Today's work: what is overdue, due and assigned, and a button to begin."""

from pathlib import Path

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.screens import icons, theme
from mobile.screens.blocks import Block, Text
from mobile.screens.column import Column
from mobile.screens.empty import Empty
from mobile.screens.icons import Icon
from mobile.screens.widgets import Action, Badge, Chip
from mobile.screens.writing import when_settled
from mobile.view_state import Choice, Due, TodayRow, TodayState
from mobile.words import _, ngettext

BESIDE = dp(860)  # from this width on, the urgency stands beside the words
LEFT = dp(74)
ORDER: tuple[Due, ...] = ("started", "overdue", "due", "assigned")
TONES: dict[Due, str] = {
    "started": "info",
    "overdue": "stop",
    "due": "warn",
    "assigned": "plain",
}
SIGNS: dict[Due, str] = {
    "started": "pen",
    "overdue": "warn",
    "due": "clock",
    "assigned": "calendar",
}


def due_words(due: Due, count: int) -> str:
    words = {
        "started": ngettext("{n} begun", "{n} begun", count),
        "overdue": ngettext("{n} overdue", "{n} overdue", count),
        "due": ngettext("{n} due today", "{n} due today", count),
        "assigned": ngettext("{n} assigned", "{n} assigned", count),
    }
    return words[due].format(n=count)


class GroupHead(Block):
    """How many rows of one urgency follow."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = Text(font_size=theme.BODY, strong=True, color=theme.QUIET)
        self.add_widget(self._words)
        self.show(words)

    def show(self, words: str) -> None:
        self._words.text = words

    def measure(self, width: float) -> float:
        self._words.measure(width)
        self._words.pos = (dp(4), 0)
        self.size = (width, self._words.height + dp(10))
        return self.height


class WorkCard(Block):
    """One piece of work: what, where, how urgent, and the button."""

    def __init__(self, row: TodayRow) -> None:
        super().__init__()
        self._icon = Icon(size=(dp(34), dp(34)), color=theme.ACCENT, stroke=dp(1.5))
        self._title = Text(font_size=theme.QUESTION, strong=True)
        self._where = Text(font_size=theme.SMALL, color=theme.QUIET)
        self._badge = Badge()
        self._note = Text(font_size=theme.SMALL, color=theme.QUIET)
        self._problem_sign = Icon(name="warn", color=theme.WARN, size=(dp(22), dp(22)))
        self._problem = Text(font_size=theme.SMALL, color=theme.WARN)
        self.start = Action()
        for part in (
            self._icon,
            self._title,
            self._where,
            self._badge,
            self._note,
            self._problem_sign,
            self._problem,
            self.start,
        ):
            self.add_widget(part)
        self.show(row)

    def show(self, row: TodayRow) -> None:
        self.row = row
        self._icon.name = icons.KINDS.get(row.kind, "list")
        self._title.text = row.title
        self._where.text = " · ".join(part for part in (row.kind_text, row.place) if part)
        self._badge.text, self._badge.tone = row.due_text, TONES[row.due]
        self._badge.icon = SIGNS[row.due]
        self._note.text, self._problem.text = row.note, row.problem
        self._problem_sign.opacity = 1 if row.problem else 0
        self.start.text = _("Continue") if row.due == "started" else _("Start")
        self.start.look = "primary" if row.due in ("started", "overdue") else "secondary"

    def measure(self, width: float) -> float:
        self.start.measure(width)
        self.start.width = max(dp(128), self.start.width)
        self._badge.measure(width)
        beside = width >= BESIDE
        right = theme.PAD + self.start.width + dp(20)
        across = width - LEFT - right - (self._badge.width + dp(16) if beside else 0)
        above: list[Widget] = [part for part in (self._title, self._where, self._note) if part.text]
        for part in above:
            part.measure(across)
        if self._problem.text:
            self._problem.measure(across - dp(30))
            above.append(self._problem)
        stack = above if beside else [*above[:2], self._badge, *above[2:]]
        tall = sum(part.height for part in stack) + dp(6) * (len(stack) - 1)
        self.size = (width, max(tall + dp(36), dp(96)))
        self._place(stack, (self.height + tall) / 2)
        if beside:
            middle = (self.height - self._badge.height) / 2
            self._badge.pos = (width - right - self._badge.width, middle)
        return self.height

    def _place(self, stack: list[Widget], top: float) -> None:
        self._icon.pos = (dp(22), top - dp(36))
        for part in stack:
            part.pos = (LEFT, top - part.height)
            if part is self._problem:
                part.x += dp(30)
                self._problem_sign.pos = (LEFT, top - dp(22))
            top -= part.height + dp(6)
        self.start.pos = (
            self.width - theme.PAD - self.start.width,
            (self.height - self.start.height) / 2,
        )


class TodayScreen(BoxLayout):
    __events__ = ("on_start", "on_search", "on_kind", "on_another", "on_lock")

    state = ObjectProperty(None, allownone=True)
    wide = BooleanProperty(defaultvalue=False)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.list = Column(self._make)
        self.ids.list_place.add_widget(self.list)
        when_settled(self.ids.search, lambda text: self.dispatch("on_search", text.strip()))
        self._kinds: tuple[Choice, ...] | None = None

    def show(self, state: TodayState) -> None:
        self.state = state
        self.ids.search.show(state.query)
        self._offer(state)
        self.list.show(self._rows(state))

    def _offer(self, state: TodayState) -> None:
        if state.kinds != self._kinds:
            self._kinds = state.kinds
            self.ids.kinds.clear_widgets()
            for kind in (Choice(value="", text=_("All kinds")), *state.kinds):
                chip = Chip(text=kind.text, value=kind.value)
                chip.bind(on_release=lambda chip: self.dispatch("on_kind", chip.value))
                self.ids.kinds.add_widget(chip)
        for chip in self.ids.kinds.children:
            chip.chosen = chip.value == state.kind

    def _rows(self, state: TodayState) -> list[tuple[str, object]]:
        rows: list[tuple[str, object]] = []
        for due in ORDER:
            group = [row for row in state.rows if row.due == due]
            if group:
                rows.append((f"head {due}", due_words(due, len(group))))
                rows += [(row.work, row) for row in group]
        return rows or [("empty", self._emptiness(state))]

    @staticmethod
    def _emptiness(state: TodayState) -> tuple[str, str, str]:
        if state.total:
            words = _("Try fewer letters, or show all kinds.")
            return ("search", _("Nothing matches"), words)
        words = _("Connect to the network and open Outbox, then Sync now, to fetch your work.")
        return ("today", _("No work for today yet"), words)

    def _make(self, _key: str, row: object) -> Widget:
        if isinstance(row, TodayRow):
            card = WorkCard(row)
            card.start.bind(on_release=lambda _: self.dispatch("on_start", card.row.work))
            return card
        return Empty(row) if isinstance(row, tuple) else GroupHead(str(row))

    def on_start(self, work: str) -> None:
        """Hear what they begin or go on with."""

    def on_search(self, query: str) -> None:
        """Hear what they look for."""

    def on_kind(self, kind: str) -> None:
        """Hear which kind they want; empty means every one."""

    def on_another(self) -> None:
        """Hear that another officer signs in."""

    def on_lock(self) -> None:
        """Hear that they put the tablet away."""


Builder.load_file(str(Path(__file__).with_name("today.kv")))
