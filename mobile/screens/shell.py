"""The frame: where one can go, the screen chosen, and what lies above it."""

from functools import partial

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from mobile.screens.cover import EVENTS, CoverScreen
from mobile.screens.inspection import InspectionScreen
from mobile.screens.outbox import OutboxScreen
from mobile.screens.settings import SettingsScreen
from mobile.screens.today import TodayScreen
from mobile.screens.widgets import Rail, Toast
from mobile.view_state import CoverState
from mobile.words import _

SCREENS = {
    "today": TodayScreen,
    "inspection": InspectionScreen,
    "outbox": OutboxScreen,
    "settings": SettingsScreen,
}


class Shell(FloatLayout):
    """Holds the four screens, and what covers them until an officer has signed in.

    A change of language makes them anew and shows them again. What happens on the cover comes
    back as events of the shell, by the same names.
    """

    __events__ = ("on_go", "on_made", "on_undo", *EVENTS)

    here = StringProperty("today")
    upright = BooleanProperty(defaultvalue=True)

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self._shown: dict[str, object] = {}
        self.cover: CoverScreen | None = None
        self.waiting = 0
        self.make()
        self.bind(size=lambda *_: setattr(self, "upright", self.width >= self.height))
        self.bind(upright=lambda *_: self._lay_out())

    def make(self) -> None:
        """Make every screen in the language spoken now; `on_made` binds their events again."""
        self.clear_widgets()
        self.screens = {name: screen() for name, screen in SCREENS.items()}
        self.rail = Rail(here=self.here, waiting=self.waiting)
        self.rail.bind(on_go=lambda _, name: self.dispatch("on_go", name))
        self._frame = BoxLayout()
        self.add_widget(self._frame)
        self._lay_out()
        for name, state in self._shown.items():
            self.screens[name].show(state)
        covering = self.cover.state if self.cover else None
        self.cover_with(None)
        self.cover_with(covering)
        self.dispatch("on_made")

    def show(self, name: str, state: object) -> None:
        """Give a screen its state, whether it is in view or not."""
        self._shown[name] = state
        self.screens[name].show(state)

    def cover_with(self, state: CoverState | None) -> None:
        """Cover everything, or uncover what lies below: it is as it was."""
        if state is None:
            if self.cover:
                self.cover.leave()
            self.cover = None
            return
        if self.cover is None:
            self.cover = CoverScreen()
            for event in EVENTS:
                self.cover.bind(**{event: partial(self._pass_on, event)})
            self.cover.show(state)
            self.cover.rise(self)
        elif state != self.cover.state:
            self.cover.show(state)

    def _pass_on(self, event: str, _cover: object, *what: object) -> None:
        self.dispatch(event, *what)

    def go(self, name: str) -> None:
        self.here = name
        self.rail.here = name
        self._lay_out()

    def wait(self, count: int) -> None:
        """How many records are not received yet."""
        self.waiting = self.rail.waiting = count

    def toast(self, text: str, *, undo: bool = False) -> None:
        toast = Toast(text=text, undo_words=_("Undo") if undo else "")
        toast.bind(on_undo=lambda _: self.dispatch("on_undo"))
        toast.raise_over(self)

    def _lay_out(self) -> None:
        """The rail stands left, or lies below where the tablet is held upright."""
        self._frame.clear_widgets()
        self._frame.orientation = "horizontal" if self.upright else "vertical"
        self.rail.upright = self.upright
        parts = (self.rail, self.screens[self.here])
        for part in parts if self.upright else reversed(parts):
            self._frame.add_widget(part)

    def on_go(self, name: str) -> None:
        """Hear where they want to go."""

    def on_made(self) -> None:
        """Hear that the screens are new."""

    def on_undo(self) -> None:
        """Hear that the last thing shall be undone."""

    def on_choose(self, officer: str) -> None:
        """See `CoverScreen`."""

    def on_digit(self, digit: str) -> None:
        """See `CoverScreen`."""

    def on_rub(self) -> None:
        """See `CoverScreen`."""

    def on_account(self, name: str, password: str, code: str) -> None:
        """See `CoverScreen`."""

    def on_other(self) -> None:
        """See `CoverScreen`."""

    def on_forgot(self) -> None:
        """See `CoverScreen`."""

    def on_back(self) -> None:
        """See `CoverScreen`."""

    def on_speak(self, language: str) -> None:
        """See `CoverScreen`."""
