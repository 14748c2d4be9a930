"""What has left the tablet: per inspection recorded, sent, received, or refused and what to do."""

from pathlib import Path

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.screens import icons, theme
from mobile.screens.blocks import Block, Text
from mobile.screens.column import Column
from mobile.screens.empty import Empty
from mobile.screens.icons import Icon
from mobile.screens.widgets import Badge, Banner
from mobile.view_state import OutboxRow, OutboxState, Passage
from mobile.words import _, ngettext

TONES: dict[Passage, str] = {
    "recorded": "plain",
    "sent": "info",
    "received": "good",
    "refused": "stop",
}
SIGNS: dict[Passage, str] = {
    "recorded": "tablet",
    "sent": "up",
    "received": "good",
    "refused": "stop",
}


def passage_words(passage: Passage) -> str:
    return {
        "recorded": _("Recorded here"),
        "sent": _("Sent"),
        "received": _("Received"),
        "refused": _("Refused"),
    }[passage]


class Step(Widget):
    """One station of the way: a dot and its line to the next."""

    reached = BooleanProperty(defaultvalue=False)
    last = BooleanProperty(defaultvalue=False)
    failed = BooleanProperty(defaultvalue=False)
    tone = ColorProperty(theme.CARD)


class PassageCard(Block):
    """The way of one inspection, with its receipt."""

    def __init__(self, row: OutboxRow) -> None:
        super().__init__()
        self._icon = Icon(size=(dp(34), dp(34)), color=theme.ACCENT, stroke=dp(1.5))
        self._title = Text(font_size=theme.QUESTION, strong=True)
        self._badge = Badge()
        self._steps = [Step(), Step(), Step(last=True)]
        self._words = [Text(font_size=theme.SMALL) for _ in self._steps]
        self._receipt = Text(font_size=theme.SMALL, color=theme.QUIET)
        self._photos = Text(font_size=theme.SMALL, color=theme.QUIET)
        self._advice = Banner(tone="stop")
        for part in (
            self._icon,
            self._title,
            self._badge,
            *self._steps,
            *self._words,
            self._receipt,
            self._photos,
        ):
            self.add_widget(part)
        self.show(row)

    def show(self, row: OutboxRow) -> None:
        self._icon.name = icons.KINDS.get(row.kind, "list")
        self._title.text = row.title
        self._badge.text, self._badge.tone = passage_words(row.passage), TONES[row.passage]
        self._badge.icon = SIGNS[row.passage]
        self._show_steps(row)
        self._receipt.text = (
            _("Receipt {receipt}").format(receipt=row.receipt) if row.receipt else ""
        )
        self._photos.text = (
            _("Photos {received} of {all}").format(received=row.photos_received, all=row.photos)
            if row.photos
            else ""
        )
        self._advice.title, self._advice.text = _("What to do"), row.advice
        if row.advice and not self._advice.parent:
            self.add_widget(self._advice)
        elif not row.advice and self._advice.parent:
            self.remove_widget(self._advice)

    def _show_steps(self, row: OutboxRow) -> None:
        refused = row.passage == "refused"
        sent = row.sent or row.passage != "recorded"
        reached = (row.recorded, sent, row.received or refused)
        last = _("Refused") if refused else _("Received")
        names = (_("Recorded"), _("Sent"), last)
        for step, words, name, when in zip(self._steps, self._words, names, reached, strict=True):
            step.reached = bool(when)
            words.text = f"{name}  {when}" if isinstance(when, str) and when else name
            words.color = theme.INK if when else theme.QUIET
        self._steps[2].failed = refused

    def measure(self, width: float) -> float:
        pad, left = theme.PAD, dp(74)
        across = width - left - pad
        self._badge.measure(across)
        title = self._title.measure(across - self._badge.width - dp(16))
        remarks = [part for part in (self._receipt, self._photos) if part.text]
        below = sum(part.measure(across) + dp(4) for part in remarks)
        advice = self._advice.measure(across) + dp(12) if self._advice.parent else 0
        self.size = (width, title + dp(84) + below + advice + dp(36))
        top = self.height - dp(18)
        self._icon.pos = (dp(22), top - dp(34))
        self._title.pos = (left, top - title)
        self._badge.pos = (width - pad - self._badge.width, top - dp(34))
        self._place_steps(left, across, top - title - dp(34))
        top -= title + dp(84)
        for part in remarks:
            top -= part.height + dp(4)
            part.pos = (left, top)
        self._advice.pos = (left, dp(18))
        return self.height

    def _place_steps(self, left: float, across: float, line: float) -> None:
        wide = across / len(self._steps)
        for place, (step, words) in enumerate(zip(self._steps, self._words, strict=True)):
            step.size, step.pos = (wide, dp(28)), (left + place * wide, line - dp(14))
            words.measure(wide - dp(8))
            words.pos = (left + place * wide, line - dp(18) - words.height)


class OutboxScreen(BoxLayout):
    __events__ = ("on_sync", "on_open")

    state = ObjectProperty(None, allownone=True)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.list = Column(self._make)
        self.ids.list_place.add_widget(self.list)

    def show(self, state: OutboxState) -> None:
        self.state = state
        rows: list[tuple[str, object]] = [(row.inspection, row) for row in state.rows]
        nothing = _("What you record appears here with its way to the bureau.")
        self.list.show(rows or [("empty", ("outbox", _("Nothing to send"), nothing))])

    @staticmethod
    def waiting_words(state: OutboxState | None) -> str:
        if state is None:
            return ""
        if not state.waiting:
            return _("Everything is received")
        return ngettext("{n} waiting", "{n} waiting", state.waiting).format(n=state.waiting)

    @staticmethod
    def sync_words(state: OutboxState | None) -> str:
        """When it last went well; quietly, why it does not go now."""
        if state is None:
            return ""
        last = _("Last sync {time}").format(time=state.last_sync) if state.last_sync else ""
        again = _("next try {time}").format(time=state.next_try) if state.next_try else ""
        never = _("Never synced")
        return " · ".join(part for part in (last or never, state.failure, again) if part)

    def _make(self, _key: str, row: OutboxRow | tuple[str, str, str]) -> Widget:
        if isinstance(row, tuple):
            return Empty(row)
        return PassageCard(row)

    def on_sync(self) -> None:
        """Hear that they want to sync now."""

    def on_open(self, inspection: str) -> None:
        """Hear which inspection they want to see."""


Builder.load_file(str(Path(__file__).with_name("outbox.kv")))
