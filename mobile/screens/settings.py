"""Who is on duty, which language, and what this tablet is."""

from pathlib import Path

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import ObjectProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.screens import theme
from mobile.screens.blocks import Block, Text
from mobile.screens.column import Column
from mobile.screens.icons import Icon
from mobile.screens.today import GroupHead
from mobile.screens.widgets import Action, Badge, Press, Segments
from mobile.view_state import OfficerRow, SettingsState
from mobile.words import _

LANGUAGES = {"zh": "中文", "en": "English"}  # each in its own words


class LanguageCard(Block):
    def __init__(self, language: str) -> None:
        super().__init__()
        self._icon = Icon(name="globe", color=theme.ACCENT)
        self._words = Text(text=_("Language"), strong=True)
        self.choice = Segments()
        self.choice.offer(LANGUAGES)
        for part in (self._icon, self._words, self.choice):
            self.add_widget(part)
        self.show(language)

    def show(self, language: str) -> None:
        self.choice.show(language)

    def measure(self, width: float) -> float:
        self.choice.measure(dp(320))
        self.size = (width, dp(92))
        self._words.measure(width - dp(420))
        self._icon.pos = (dp(22), dp(33))
        self._words.pos = (dp(66), (self.height - self._words.height) / 2)
        self.choice.pos = (width - theme.PAD - self.choice.width, dp(16))
        return self.height


class LockCard(Block):
    """After how long without a touch the PIN is asked for."""

    def __init__(self, state: SettingsState) -> None:
        super().__init__()
        self._icon = Icon(name="lock", color=theme.ACCENT)
        self._words = Text(text=_("Lock when nobody uses it for"), strong=True)
        self.choice = Segments()
        for part in (self._icon, self._words, self.choice):
            self.add_widget(part)
        self.show(state)

    def show(self, state: SettingsState) -> None:
        self.choice.offer({one.value: one.text for one in state.lock_choices})
        self.choice.show(state.lock_after)

    def measure(self, width: float) -> float:
        beside = width >= dp(900)
        self.choice.measure(dp(480) if beside else width - 2 * theme.PAD)
        words = self._words.measure(width - dp(66) - theme.PAD - (dp(500) if beside else 0))
        self.size = (width, dp(92) if beside else words + self.choice.height + dp(50))
        middle = self.height / 2 if beside else self.height - dp(18) - words / 2
        self._icon.pos = (dp(22), middle - dp(13))
        self._words.pos = (dp(66), middle - words / 2)
        left = width - theme.PAD - self.choice.width if beside else theme.PAD
        self.choice.pos = (left, dp(16))
        return self.height


class OfficerCard(Block):
    def __init__(self, row: OfficerRow) -> None:
        super().__init__()
        self._icon = Icon(name="person", color=theme.ACCENT)
        self._name = Text(font_size=theme.QUESTION, strong=True)
        self._certificate = Text(font_size=theme.SMALL, color=theme.QUIET)
        self._badge = Badge()
        self.leave = Press(icon="cross", look="bare")
        for part in (self._icon, self._name, self._certificate, self._badge, self.leave):
            self.add_widget(part)
        self.show(row)

    def show(self, row: OfficerRow) -> None:
        self.officer = row.officer
        self._name.text, self._certificate.text = row.name, row.certificate
        self._badge.text = row.problem or row.valid
        self._badge.tone = "warn" if row.problem else "good"
        self._badge.opacity = 1 if self._badge.text else 0

    def measure(self, width: float) -> float:
        self._badge.measure(dp(360))
        across = width - self._badge.width - dp(66) - dp(100)
        name, certificate = self._name.measure(across), self._certificate.measure(across)
        self.size = (width, name + certificate + dp(38))
        self._icon.pos = (dp(22), (self.height - dp(26)) / 2)
        self._name.pos = (dp(66), self.height - dp(17) - name)
        self._certificate.pos = (dp(66), dp(17))
        self.leave.pos = (width - dp(70), (self.height - dp(60)) / 2)
        self._badge.pos = (self.leave.x - dp(10) - self._badge.width, (self.height - dp(36)) / 2)
        return self.height


class AddOfficer(Block):
    def __init__(self, _state: object) -> None:
        super().__init__()
        self.button = Action(icon="plus", text=_("Another officer signs in"), hug=False)
        self.add_widget(self.button)

    def show(self, _state: object) -> None:
        """Always the same."""


class Facts(Block):
    """Names and values, line by line."""

    def __init__(self, facts: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._pairs: list[tuple[Text, Text]] = []
        self.show(facts)

    def show(self, facts: tuple[tuple[str, str], ...]) -> None:
        self.clear_widgets()
        self._pairs = [
            (Text(text=name, font_size=theme.SMALL, color=theme.QUIET), Text(text=value))
            for name, value in facts
        ]
        for pair in self._pairs:
            for part in pair:
                self.add_widget(part)

    def measure(self, width: float) -> float:
        name_wide = min(dp(200), width * 0.3)
        heights = []
        for name, value in self._pairs:
            name.measure(name_wide)
            value.measure(width - name_wide - 2 * theme.PAD - dp(12))
            heights.append(max(name.height, value.height) + dp(16))
        self.size = (width, sum(heights) + dp(24))
        top = self.height - dp(12)
        for (name, value), tall in zip(self._pairs, heights, strict=True):
            name.pos = (theme.PAD, top - tall / 2 - name.height / 2)
            value.pos = (theme.PAD + name_wide + dp(12), top - tall / 2 - value.height / 2)
            top -= tall
        return self.height


class SettingsScreen(BoxLayout):
    __events__ = ("on_language", "on_sign_in", "on_sign_out", "on_lock_after")

    state = ObjectProperty(None, allownone=True)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.list = Column(self._make)
        self.ids.list_place.add_widget(self.list)

    def show(self, state: SettingsState) -> None:
        self.state = state
        rows: list[tuple[str, object]] = [
            ("head officers", _("On duty")),
            *((f"officer {row.officer}", row) for row in state.officers),
            ("add officer", None),
            *((("lock", state),) if state.lock_choices else ()),
            ("head language", _("Display")),
            ("language", state.language),
            ("head tablet", _("This tablet")),
            ("facts", self._facts(state)),
        ]
        self.list.show(rows)

    @staticmethod
    def _facts(state: SettingsState) -> tuple[tuple[str, str], ...]:
        facts = (
            (_("Bureau"), state.bureau),
            (_("Device"), state.device),
            (_("Device key"), state.device_key),
            (_("Server"), state.server),
            (_("Clock"), state.clock),
            (_("Storage"), state.storage),
            (_("Data folder"), state.data_folder),
            (_("Version"), state.version),
        )
        return tuple((name, value) for name, value in facts if value)

    def _make(self, key: str, row: object) -> Widget:
        if isinstance(row, OfficerRow):
            card = OfficerCard(row)
            card.leave.bind(on_release=lambda _: self.dispatch("on_sign_out", card.officer))
            return card
        if key == "add officer":
            adding = AddOfficer(row)
            adding.button.bind(on_release=lambda _: self.dispatch("on_sign_in"))
            return adding
        if isinstance(row, SettingsState):
            locking = LockCard(row)
            locking.choice.bind(
                on_choose=lambda _, minutes: self.dispatch("on_lock_after", minutes)
            )
            return locking
        if key == "language":
            choosing = LanguageCard(str(row))
            choosing.choice.bind(on_choose=lambda _, code: self.dispatch("on_language", code))
            return choosing
        return Facts(row) if isinstance(row, tuple) else GroupHead(str(row))

    def on_language(self, language: str) -> None:
        """Hear which language they want."""

    def on_sign_in(self) -> None:
        """Hear that another officer signs in."""

    def on_sign_out(self, officer: str) -> None:
        """Hear who leaves."""

    def on_lock_after(self, minutes: str) -> None:
        """Hear how soon the PIN is asked for again."""


Builder.load_file(str(Path(__file__).with_name("settings.kv")))
