"""The inspection screen: questions on the left, what is missing and found on the right."""

from functools import partial
from pathlib import Path

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.screens import icons, theme
from mobile.screens.answers import reception
from mobile.screens.blocks import Block, Text
from mobile.screens.column import Column
from mobile.screens.icons import Icon
from mobile.screens.question import QuestionCard
from mobile.screens.sheets import Confirm, Reason, Sheet
from mobile.screens.widgets import Action, Badge, Banner, Press
from mobile.view_state import (
    FindingRow,
    InspectionState,
    MissingRow,
    QuestionRow,
    SectionRow,
    Severity,
    Stop,
)
from mobile.words import _, ngettext

TONES: dict[Severity, str] = {
    "critical": "stop",
    "major": "warn",
    "minor": "info",
    "info": "plain",
}


def severity_words(severity: Severity) -> str:
    return {
        "critical": _("Critical"),
        "major": _("Major"),
        "minor": _("Minor"),
        "info": _("For the record"),
    }[severity]


class SectionHead(Block):
    """Where a section begins, and how far it is."""

    def __init__(self, section: SectionRow) -> None:
        super().__init__()
        self._icon = Icon(name="person" if section.person else "", color=theme.ACCENT)
        self._title = Text(font_size=theme.HEAD, strong=True, hug=True)
        self._count = Text(font_size=theme.SMALL, color=theme.QUIET, hug=True)
        self._note = Text(font_size=theme.SMALL, color=theme.QUIET)
        self.remove = Press(icon="cross", look="bare")
        for part in (self._icon, self._title, self._count, self._note):
            self.add_widget(part)
        self.show(section)

    def show(self, section: SectionRow) -> None:
        self._title.text, self._note.text = section.title, section.note
        done = sum(row.status != "unanswered" for row in section.questions)
        self._count.text = f"{done} / {len(section.questions)}"
        if section.removable and not self.remove.parent:
            self.add_widget(self.remove)

    def measure(self, width: float) -> float:
        self._title.measure(width - dp(160))
        self._count.measure(dp(120))
        note = self._note.measure(width - dp(140)) if self._note.text else 0
        self.size = (width, max(self._title.height, dp(34)) + note + dp(24))
        line = self.height - dp(18) - self._title.height / 2
        left = dp(36) if self._icon.name else dp(4)
        self._icon.pos = (dp(2), line - dp(12))
        self._title.pos = (left, line - self._title.height / 2)
        self._count.pos = (self._title.right + dp(14), line - self._count.height / 2 - dp(2))
        self._note.pos = (left, dp(4))
        self.remove.pos = (width - dp(60), line - dp(30))
        return self.height


class AddPerson(Block):
    def __init__(self, words: str) -> None:
        super().__init__()
        self.button = Action(icon="plus", text=words, hug=False)
        self.add_widget(self.button)

    def show(self, words: str) -> None:
        self.button.text = words


class StopCard(Banner):
    """Why the visit must end, and the two ways from here."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(tone="stop")
        self.abort = Action(look="danger", text=_("End the visit here"))
        self.go_on = Action(text=_("Go on all the same"))
        self.actions.add_widget(self.abort)
        self.actions.add_widget(self.go_on)
        self.show(stop)

    def show(self, stop: Stop) -> None:
        self.title = _("The visit must end") if not stop.went_on else _("Gone on all the same")
        self.text = stop.reason + (f"\n{stop.went_on}" if stop.went_on else "")
        self.tone = "warn" if stop.went_on else "stop"
        if stop.went_on and self.actions.parent:
            self.actions.clear_widgets()


class MissingLine(ButtonBehavior, Block):
    """What is missing; a tap leads there."""

    def __init__(self, row: MissingRow) -> None:
        super().__init__()
        self._text = Text(font_size=theme.SMALL)
        self._section = Text(font_size=dp(15), color=theme.QUIET)
        self._arrow = Icon(name="right", color=theme.ACCENT, size=(dp(22), dp(22)))
        for part in (self._text, self._section, self._arrow):
            self.add_widget(part)
        self.show(row)

    def show(self, row: MissingRow) -> None:
        self.slot = row.slot
        self._text.text = row.text
        self._section.text = " · ".join(part for part in (row.number, row.section) if part)

    def measure(self, width: float) -> float:
        text = self._text.measure(width - dp(44))
        section = self._section.measure(width - dp(44)) if self._section.text else 0
        self.size = (width, max(dp(56), text + section + dp(20)))
        top = (self.height + text + section) / 2
        self._text.pos, self._section.pos = (dp(8), top - text), (dp(8), top - text - section)
        self._arrow.pos = (width - dp(30), (self.height - dp(22)) / 2)
        return self.height


class FindingLine(ButtonBehavior, Block):
    """What was found: how grave, what it is, what follows."""

    def __init__(self, row: FindingRow) -> None:
        super().__init__()
        self._badge = Badge()
        self._title = Text(font_size=theme.BODY, strong=True)
        self._next = Text(font_size=theme.SMALL, color=theme.QUIET)
        for part in (self._badge, self._title, self._next):
            self.add_widget(part)
        self.show(row)

    def show(self, row: FindingRow) -> None:
        self.slot = row.slot
        self._badge.tone, self._badge.text = TONES[row.severity], severity_words(row.severity)
        self._title.text, self._next.text = row.title, row.follow_up

    def measure(self, width: float) -> float:
        across = width - dp(16)
        title = self._title.measure(across)
        follow = self._next.measure(across) if self._next.text else 0
        self._badge.measure(across)
        self.size = (width, self._badge.height + title + follow + dp(36))
        top = self.height - dp(10)
        for part in (self._badge, self._title, self._next):
            part.pos = (dp(8), top - part.height)
            top -= part.height + dp(6)
        return self.height


class Quiet(Block):
    """Says that a list is empty."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = Text(color=theme.QUIET)
        self.add_widget(self._words)
        self.show(words)

    def show(self, words: str) -> None:
        self._words.text = words

    def measure(self, width: float) -> float:
        self._words.measure(width - dp(16))
        self.size = (width, self._words.height + dp(32))
        self._words.pos = (dp(8), dp(16))
        return self.height


class Panel(BoxLayout):
    """What is missing, what was found, and the button that ends it."""

    __events__ = ("on_jump", "on_complete")

    state = ObjectProperty(None, allownone=True)
    tab = StringProperty("missing")

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.ids.tabs.bind(on_choose=self._choose)
        self.list = Column(self._make, inset=dp(12), gap=dp(2))
        self.ids.list_place.add_widget(self.list)

    def show(self, state: InspectionState) -> None:
        self.state = state
        missing, found = len(state.missing), len(state.findings)
        self.ids.tabs.offer(
            {
                "missing": ngettext("{n} missing", "{n} missing", missing).format(n=missing),
                "found": ngettext("{n} finding", "{n} findings", found).format(n=found),
            }
        )
        self._show_tab()

    def _choose(self, _tabs: object, tab: str) -> None:
        self.tab = tab
        self._show_tab()

    def _show_tab(self) -> None:
        self.ids.tabs.show(self.tab)
        if self.tab == "missing":
            rows = [(f"missing {row.slot}", row) for row in self.state.missing]
            empty = _("Nothing is missing.")
        else:
            rows = [(f"finding {row.slot} {row.title}", row) for row in self.state.findings]
            empty = _("No findings so far.")
        self.list.show(rows or [("empty", empty)])

    def _make(self, _key: str, row: object) -> Widget:
        if isinstance(row, MissingRow | FindingRow):
            line = MissingLine(row) if isinstance(row, MissingRow) else FindingLine(row)
            line.bind(on_release=lambda line: self.dispatch("on_jump", line.slot))
            return line
        return Quiet(str(row))

    def on_jump(self, slot: str) -> None:
        """Hear which question to go to."""

    def on_complete(self) -> None:
        """Hear that the inspection is done."""


class PanelSheet(Sheet):
    """The panel over the screen, where there is no room beside it."""


class InspectionScreen(BoxLayout):
    """Shows an `InspectionState`; only what changed is redrawn."""

    __events__ = (
        "on_answer",
        "on_not_applicable",
        "on_clear",
        "on_capture",
        "on_overrule",
        "on_add_person",
        "on_remove_person",
        "on_abort",
        "on_go_on",
        "on_complete",
        "on_leave",
    )

    state = ObjectProperty(None, allownone=True)
    wide = BooleanProperty(defaultvalue=True)
    gps_words = StringProperty()
    gps_tone = StringProperty("plain")
    kind_icon = StringProperty()

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.list = Column(self._make)
        self.ids.list_place.add_widget(self.list)
        self.panel = Panel()
        self.panel.bind(
            on_jump=lambda _, slot: self.jump(slot),
            on_complete=lambda _panel: self.ask_complete(),
        )
        self._sheet: PanelSheet | None = None
        self._foot = self.ids.foot.__self__
        self.bind(wide=self._seat_panel)
        self._seat_panel()

    def show(self, state: InspectionState) -> None:
        before, self.state = self.state, state
        self.kind_icon = icons.KINDS.get(state.kind, "list")
        self.list.show(self._rows(state))
        self.panel.show(state)
        if before is None or before.gps != state.gps:
            self._locate(state)

    def jump(self, slot: str) -> None:
        """Bring a question into view and mark it for a moment."""
        self._lower_panel()
        self.list.jump(slot).flash()

    def open_panel(self) -> None:
        self._sheet = PanelSheet()
        self._sheet.ids.place.add_widget(self.panel)
        self._sheet.bind(parent=lambda sheet, parent: parent or self._release(sheet))
        self._sheet.rise(self)

    def foot_words(self) -> str:
        if not self.state:
            return ""
        missing, found = len(self.state.missing), len(self.state.findings)
        return _("{missing} missing, {found} found").format(missing=missing, found=found)

    def _rows(self, state: InspectionState) -> list[tuple[str, object]]:
        rows: list[tuple[str, object]] = [("stop", state.stop)] if state.stop else []
        for section in state.sections:
            rows.append((f"section {section.key}", section))
            rows += [(row.slot, row) for row in section.questions]
            if state.add_person and section.key == state.add_person_after:
                rows.append(("add person", state.add_person))
        return rows

    def _make(self, _key: str, row: object) -> Widget:
        match row:
            case QuestionRow():
                return self._make_question(row)
            case SectionRow():
                return self._make_section(row)
            case Stop():
                return self._make_stop(row)
            case _:
                adding = AddPerson(str(row))
                adding.button.bind(on_release=lambda _: self.dispatch("on_add_person"))
                return adding

    def _make_question(self, row: QuestionRow) -> QuestionCard:
        card = QuestionCard(row, self.state.gps)
        for event in ("on_answer", "on_not_applicable", "on_clear", "on_capture", "on_overrule"):
            card.bind(**{event: partial(self._pass_on, event)})
        card.bind(on_reflow=self.list.remeasure)
        return card

    def _pass_on(self, event: str, card: QuestionCard, *what: object) -> None:
        self.dispatch(event, card.slot, *what)

    def ask_complete(self) -> None:
        """Complete; ask first where that has a price. The record itself blocks nothing."""
        if not self.state.caution:
            self.dispatch("on_complete")
            return
        Confirm(
            lambda: self.dispatch("on_complete"),
            title=_("Complete all the same?"),
            text=self.state.caution,
            go_on=_("Complete"),
            danger=True,
        ).rise(self)

    def _make_section(self, row: SectionRow) -> SectionHead:
        head = SectionHead(row)
        head.remove.bind(
            on_release=lambda _button: Confirm(
                lambda: self.dispatch("on_remove_person", row.key),
                title=_("Remove this person?"),
                text=_("What was recorded stays in the record, marked as taken back."),
                go_on=_("Remove"),
                danger=True,
            ).rise(self)
        )
        return head

    def _make_stop(self, row: Stop) -> StopCard:
        card = StopCard(row)
        card.abort.bind(
            on_release=lambda _button: Confirm(
                lambda: self.dispatch("on_abort"),
                title=_("End the visit here?"),
                text=_("Only remarks and signatures stay to be filled in."),
                go_on=_("End the visit"),
                danger=True,
            ).rise(self)
        )
        card.go_on.bind(
            on_release=lambda _button: Reason(
                lambda reason: self.dispatch("on_go_on", reason),
                title=_("Go on all the same?"),
                text=_("The fault stays in the record and is judged later. Say why you go on."),
                go_on=_("Go on"),
            ).rise(self)
        )
        return card

    def _locate(self, state: InspectionState) -> None:
        self.gps_words, self.gps_tone = reception(state.gps)
        for card in self.list.built():
            if isinstance(card, QuestionCard):
                card.locate(state.gps)

    def _seat_panel(self, *_: object) -> None:
        self._lower_panel()
        if self.wide and self._foot.parent:
            self.remove_widget(self._foot)
        elif not self.wide and not self._foot.parent:
            self.add_widget(self._foot)
        if self.wide and not self.panel.parent:
            self.ids.side.add_widget(self.panel)
        elif not self.wide and self.panel.parent is self.ids.side:
            self.ids.side.remove_widget(self.panel)

    def _lower_panel(self) -> None:
        if self._sheet:
            self._sheet.leave()

    def _release(self, sheet: PanelSheet) -> None:
        sheet.ids.place.clear_widgets()
        self._sheet = None
        self._seat_panel()

    def on_answer(self, slot: str, value: object) -> None:
        """Hear an answer."""

    def on_not_applicable(self, slot: str, reason: str) -> None:
        """Hear why a question does not apply."""

    def on_clear(self, slot: str) -> None:
        """Hear that an answer is taken back."""

    def on_capture(self, slot: str, device: str) -> None:
        """Hear that a photo or a fix is wanted."""

    def on_overrule(self, slot: str, value: object, reason: str) -> None:
        """Hear that a computed value is replaced, and why."""

    def on_add_person(self) -> None:
        """Hear that one more person was met."""

    def on_remove_person(self, section: str) -> None:
        """Hear that a person is taken back."""

    def on_abort(self) -> None:
        """Hear that the visit ends here."""

    def on_go_on(self, reason: str) -> None:
        """Hear why they went on although the visit must end."""

    def on_complete(self) -> None:
        """Hear that the inspection is done."""

    def on_leave(self) -> None:
        """Hear that they go back to today's list."""


Builder.load_file(str(Path(__file__).with_name("inspection.kv")))
