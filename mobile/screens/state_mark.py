"""Whether a question is answered, as a sign."""

from kivy.metrics import dp
from kivy.properties import ColorProperty, OptionProperty
from kivy.uix.widget import Widget

from mobile.screens import theme


class StateMark(Widget):
    """An empty ring, a tick, a dash, or an exclamation mark: the shape tells, colour helps."""

    state = OptionProperty("unanswered", options=["unanswered", "given", "na", "problem"])

    tone = ColorProperty(theme.CARD)

    def __init__(self, **given: object) -> None:
        super().__init__(size_hint=(None, None), size=(dp(32), dp(32)), **given)
