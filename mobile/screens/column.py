"""A long list that stands still: builds what is near, keeps it, draws only what is in view."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from mobile.screens import theme

GUESS = dp(140)  # height of a row not built yet


class Card(Protocol):
    def show(self, state: object) -> None: ...
    def measure(self, width: float) -> float: ...


class Column(ScrollView):
    """Rows by key. A row whose state is the same is left alone; one unbuilt costs nothing.

    What stands at the top of the view stays there when rows above change.
    """

    def __init__(
        self,
        make: Callable[[str, Any], Widget],
        inset: float = theme.PAD,
        gap: float = theme.GAP,
        **given: object,
    ) -> None:
        given.setdefault("do_scroll_x", False)
        given.setdefault("bar_width", dp(6))
        given.setdefault("bar_color", theme.EDGE)
        given.setdefault("scroll_type", ["bars", "content"])
        super().__init__(**given)
        self._make = make
        self._inset, self._gap = inset, gap
        self._content = Widget(size_hint=(1, None))
        self.add_widget(self._content)
        self._states: dict[str, object] = {}
        self._cards: dict[str, Widget] = {}
        self._heights: dict[str, float] = {}
        self._tops: dict[str, float] = {}  # distance from the top of the content
        self._more = Clock.create_trigger(self._build_next, 0)
        self._near = Clock.create_trigger(self._attach_near, -1)
        self.bind(scroll_y=lambda *_: self._near(), size=self._resized)

    def show(self, rows: Sequence[tuple[str, object]]) -> None:
        anchor = self._anchor()
        states = dict(rows)
        for key in self._cards.keys() - states.keys():
            self._content.remove_widget(self._cards.pop(key))
            self._heights.pop(key, None)
        for key, card in self._cards.items():
            if states[key] is not self._states[key] and states[key] != self._states[key]:
                card.show(states[key])
                self._heights[key] = card.measure(self._wide)
        moved = list(self._states) != list(states)
        self._states = states
        self._place(anchor, moved=moved)

    def card(self, key: str) -> Widget:
        """The row's widget, built if need be."""
        if key not in self._cards:
            self._cards[key] = self._make(key, self._states[key])
            self._heights[key] = self._cards[key].measure(self._wide)
        return self._cards[key]

    def built(self) -> list[Widget]:
        return list(self._cards.values())

    def remeasure(self, card: Widget) -> None:
        anchor = self._anchor()
        key = next(key for key, held in self._cards.items() if held is card)
        self._heights[key] = card.measure(self._wide)
        self._place(anchor)

    def jump(self, key: str) -> Widget:
        """Bring a row near the top of the view."""
        for one in self._states:
            self.card(one)
            if one == key:
                break
        self._place(None)
        room = self._content.height - self.height
        if room > 0:
            self._stop()
            self._scroll_to(1 - min(1, max(0, (self._tops[key] - dp(72)) / room)))
        self._attach_near()
        return self._cards[key]

    @property
    def _wide(self) -> float:
        return max(1, self.width - 2 * self._inset)

    def _resized(self, *_: object) -> None:
        for key, card in self._cards.items():
            self._heights[key] = card.measure(self._wide)
        self._place(None)

    def _anchor(self) -> tuple[str, float] | None:
        """The first row in view, and how far its top is from the top of the view."""
        view = self._view_top()
        for key, top in self._tops.items():
            if top + self._heights.get(key, GUESS) > view:
                return (key, top - view)
        return None

    def _view_top(self) -> float:
        return (1 - self.scroll_y) * max(0, self._content.height - self.height)

    def _place(self, anchor: tuple[str, float] | None, *, moved: bool = True) -> None:
        top = min(self._inset, dp(8))
        tops: dict[str, float] = {}
        for key in self._states:
            tops[key] = top
            top += self._heights.get(key, GUESS) + self._gap
        top += self._inset - self._gap
        same = not moved and tops == self._tops and top == self._content.height
        self._tops = tops
        if not same:
            self._content.height = top
            self._hold(anchor)
        self._attach_near()

    def _hold(self, anchor: tuple[str, float] | None) -> None:
        room = self._content.height - self.height
        if room <= 0:
            self._scroll_to(1)
        elif anchor and anchor[0] in self._tops:
            self._scroll_to(1 - min(1, max(0, (self._tops[anchor[0]] - anchor[1]) / room)))

    def _scroll_to(self, place: float) -> None:
        """Scroll, and have the effect that glides know it: it would go back to where it was."""
        self.scroll_y = place
        self._update_effect_y_bounds()

    def _attach_near(self, *_: object) -> None:
        """Build what is in view, draw what is within half a screen of it."""
        view = self._view_top()
        margin = self.height / 2
        low, high = view - margin, view + self.height + margin
        for key, top in list(self._tops.items()):
            bottom = top + self._heights.get(key, GUESS)
            if key not in self._cards and top < view + self.height and bottom > view:
                self.card(key)
                return self._place(self._anchor())
            if card := self._cards.get(key):
                self._set(card, top, shown=bottom > low and top < high)
        if len(self._cards) < len(self._states):
            self._more()
        return None

    def _set(self, card: Widget, top: float, *, shown: bool) -> None:
        if shown:
            card.pos = (self._inset, self._content.height - top - card.height)
        if shown and not card.parent:
            self._content.add_widget(card)
        elif not shown and card.parent and not has_focus(card):
            self._content.remove_widget(card)

    def _build_next(self, *_: object) -> None:
        """One unbuilt row a frame, so that scrolling finds it ready."""
        key = next((key for key in self._states if key not in self._cards), None)
        if key and self.width > 2 * self._inset:
            anchor = self._anchor()
            self.card(key)
            self._place(anchor)

    def _stop(self) -> None:
        if self.effect_y:
            self.effect_y.velocity = 0
            self.effect_y.cancel() if hasattr(self.effect_y, "cancel") else None


def has_focus(card: Widget) -> bool:
    return any(getattr(part, "focus", False) for part in card.walk(restrict=True))
