"""One control for each type of answer: shows a `QuestionRow`, sends up what was decided."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from kivy.metrics import dp
from kivy.uix.image import Image
from kivy.uix.widget import Widget

from mobile.screens import theme
from mobile.screens.blocks import Block, Text
from mobile.screens.icons import Icon
from mobile.screens.sheets import Calendar, Reason, Sign
from mobile.screens.strokes import Strokes
from mobile.screens.widgets import Action, Badge, Chip, Press, Segments
from mobile.screens.writing import Writing, when_settled
from mobile.view_state import Fix, Gps, Photo, QuestionRow, Signature
from mobile.words import _, ngettext

MINUTE = 60  # seconds


T = TypeVar("T")


def held(row: QuestionRow, kind: type[T]) -> tuple[T, ...]:
    """What was given, one by one."""
    value = row.value if row.status == "given" else ()
    values = value if isinstance(value, tuple) else (value,)
    return tuple(each for each in values if isinstance(each, kind))


class Answer(Block):
    """What all controls share. `aside` stands beside the question where there is room."""

    __events__ = (
        "on_answer",
        "on_not_applicable",
        "on_clear",
        "on_capture",
        "on_overrule",
        "on_reflow",
    )

    aside: Widget | None = None

    def __init__(self, row: QuestionRow) -> None:
        super().__init__()
        self.row = row
        self.build()
        self.show(row)

    def build(self) -> None:
        """Make the parts once."""

    def show(self, row: QuestionRow) -> None:
        """Change the parts that changed."""
        self.row = row

    def locate(self, gps: Gps) -> None:
        """Hear of the position now; only one control cares."""

    def give(self, value: object) -> None:
        """An empty answer is none."""
        if value in ("", (), None):
            self.dispatch("on_clear")
        else:
            self.dispatch("on_answer", value)

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


class YesNo(Answer):
    """Yes or no; not applicable only with a reason."""

    _asking_why = False

    def build(self) -> None:
        self.aside = Segments()
        self.aside.bind(on_choose=self._choose)
        self._why = Writing(
            hint_text=_("Or in your words: why does it not apply?"), multiline=False
        )
        when_settled(self._why, self._explain)
        self._usual = [
            Chip(text=words, value=words)
            for words in (
                _("Nothing of the kind here"),
                _("Not open today"),
                _("Cannot be checked"),
            )
        ]
        for chip in self._usual:
            chip.bind(on_release=lambda chip: self._explain(chip.value))

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        options = {"yes": _("Yes"), "no": _("No")}
        if row.allow_na:
            options["na"] = _("N/A")
        self.aside.offer(options)
        if row.status != "unanswered":
            self._asking_why = row.status == "na"
        self._show_choice()
        usual = any(chip.value == row.na_reason for chip in self._usual)
        self._why.show("" if usual else row.na_reason)
        for chip in self._usual:
            chip.chosen = chip.value == row.na_reason

    def _show_choice(self) -> None:
        given = str(self.row.value) if self.row.status == "given" else ""
        self.aside.show("na" if self._asking_why else given)
        self.clear_widgets()
        for part in (*self._usual, self._why) if self._asking_why else ():
            self.add_widget(part)

    def _choose(self, _segments: object, value: str) -> None:
        taken_back = value == ("na" if self._asking_why else self.row.value)
        self._asking_why = value == "na" and not taken_back
        if self._asking_why or (value == "na" and self.row.status == "unanswered"):
            self._show_choice()
            self.dispatch("on_reflow")
        elif taken_back:
            self.dispatch("on_clear")
        else:
            self.dispatch("on_answer", value)

    def _explain(self, reason: str) -> None:
        if reason.strip():
            self.dispatch("on_not_applicable", reason.strip())


class One(Answer):
    """Chips of which one is chosen; another tap takes it back."""

    many = False

    def build(self) -> None:
        self._chips: dict[str, Chip] = {}
        self._offered = ()
        self._note = Text(color=theme.QUIET, font_size=theme.SMALL)

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        if row.options != self._offered:
            self._offer(row)
        for value, chip in self._chips.items():
            chip.chosen = value in self._chosen()
        self._note.text = row.computed

    def _offer(self, row: QuestionRow) -> None:
        self._offered = row.options
        self.clear_widgets()
        if row.computed:
            self.add_widget(self._note)
        self._chips = {
            option.value: Chip(
                text=option.text, value=option.value, many=self.many, disabled=not option.enabled
            )
            for option in row.options
        }
        for chip in self._chips.values():
            chip.bind(on_release=lambda chip: self._choose(chip.value))
            self.add_widget(chip)

    def _chosen(self) -> tuple[str, ...]:
        return held(self.row, str)

    def _choose(self, value: str) -> None:
        if not self.row.computed:
            self.give(None if value in self._chosen() else value)
        elif value not in self._chosen():
            Reason(
                lambda reason: self.dispatch("on_overrule", value, reason),
                title=_("Replace the computed value?"),
                text=_("Both values are kept, with your reason."),
                go_on=_("Replace"),
            ).rise(self)


class Many(One):
    """Chips of which any number is chosen, but for those that stand alone."""

    many = True

    def _choose(self, value: str) -> None:
        alone = {option.value for option in self.row.options if option.exclusive}
        chosen = set(self._chosen()) ^ {value}
        if value in chosen:
            chosen = {value} if value in alone else chosen - alone
        self.give(tuple(o.value for o in self.row.options if o.value in chosen))


class Number(Answer):
    """Digits and the unit; for what is counted, plus and minus."""

    def build(self) -> None:
        self.aside = Block(gap=dp(8))
        self._less, self._more = Press(icon="minus"), Press(icon="plus")
        self._field = Digits(input_type="number", multiline=False, halign="center")
        self._unit = Text(hug=True, color=theme.QUIET)
        self._less.bind(on_release=lambda _: self._step(-1))
        self._more.bind(on_release=lambda _: self._step(1))
        when_settled(self._field, self._take)
        counted = self.row.step is not None
        for part in (self._less, self._field, self._more) if counted else (self._field,):
            self.aside.add_widget(part)
        if self.row.unit:
            self.aside.add_widget(self._unit)

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        self._field.show("" if row.status != "given" else str(row.value))
        self._field.wrong = bool(row.problem)
        self._unit.text = row.unit

    def _take(self, text: str) -> None:
        try:
            number = Decimal(text.strip()) if text.strip() else None
        except InvalidOperation:
            self._field.wrong = True
            return
        if number is not None and not number.is_finite():
            self._field.wrong = True
            return
        self.give(number)

    def _step(self, sign: int) -> None:
        start = next(iter(held(self.row, Decimal)), None)
        low, high = self.row.minimum, self.row.maximum
        by = sign * (self.row.step or 0)
        number = start + by if start is not None else low or Decimal(0)
        if low is not None:
            number = max(low, number)
        if high is not None:
            number = min(high, number)
        self._field.focus = False
        self.dispatch("on_answer", number)


class Digits(Writing):
    def measure(self, _width: float) -> float:
        return super().measure(dp(168))


class Day(Answer):
    """A day, or a day and time, from a calendar."""

    def build(self) -> None:
        self._open = Action(icon="calendar")
        self._clear = Action(text=_("Clear"), look="quiet", icon="cross")
        self._open.bind(on_release=lambda _: self._choose())
        self._clear.bind(on_release=lambda _: self.dispatch("on_clear"))

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        given = next(iter(held(row, date)), None)  # a datetime is a date
        if isinstance(given, datetime):
            self._open.text = given.strftime("%Y-%m-%d  %H:%M")
        elif given:
            self._open.text = given.isoformat()
        else:
            self._open.text = _("Choose a time") if row.type == "datetime" else _("Choose a day")
        self.clear_widgets()
        self.add_widget(self._open)
        if given:
            self.add_widget(self._clear)

    def _choose(self) -> None:
        start = next(iter(held(self.row, date)), self.row.suggested)
        if start is None:
            raise ValueError(f"{self.row.slot} suggests no day to open the calendar at")
        Calendar(lambda day: self.dispatch("on_answer", day), start, title=self.row.text).rise(self)


class FreeText(Answer):
    """Free text, handed up after a pause."""

    def build(self) -> None:
        self._field = Writing(lines=2, hint_text=_("Tap to write"))
        self._field.bind(minimum_height=self._grow)
        when_settled(self._field, lambda text: self.give(text.strip()))
        self.add_widget(self._field)

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        self._field.show(str(row.value) if row.status == "given" else "")
        self._field.wrong = bool(row.problem)

    def _grow(self, *_: object) -> None:
        if self._field.minimum_height > self._field.height:
            self.dispatch("on_reflow")


class Photos(Answer):
    """What was pictured, and one more."""

    def build(self) -> None:
        self._take = Action(icon="camera", text=_("Take a photo"))
        self._take.bind(on_release=lambda _: self.dispatch("on_capture", "photo"))
        self._shown: tuple[Photo, ...] = ()
        self.add_widget(self._take)

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        photos = held(row, Photo) or row.pending
        if photos != self._shown:
            self._shown = photos
            self.clear_widgets()
            for photo in photos:
                self.add_widget(Picture(photo, self._drop))
            self.add_widget(self._take)
        self._take.disabled = row.maximum is not None and len(photos) >= row.maximum

    def _drop(self, photo: Photo) -> None:
        self.give(tuple(other for other in self._shown if other is not photo))


class Picture(Block):
    """A small picture with its caption, and a way to leave it out."""

    def __init__(self, photo: Photo, drop: Callable[[Photo], None]) -> None:
        super().__init__()
        self._image = Image(
            source=photo.thumbnail, fit_mode="cover", size_hint=(None, None), nocache=True
        )
        self._drop = Press(icon="cross", size=(dp(52), dp(52)))
        self._drop.bind(on_release=lambda _: drop(photo))
        self._caption = Text(text=photo.caption, font_size=theme.SMALL, color=theme.QUIET)
        for part in (self._image, self._drop, self._caption):
            self.add_widget(part)

    def measure(self, width: float) -> float:
        wide = min(width, dp(200))
        below = self._caption.measure(wide) if self._caption.text else 0
        self._caption.pos = (0, 0)
        self._image.size, self._image.pos = (wide, dp(140)), (0, below + dp(4))
        self._drop.pos = (wide - dp(56), below + dp(88))
        self.size = (wide, below + dp(144))
        return self.height


class Position(Answer):
    """The place as a fix with its accuracy and age. Poor reception warns and blocks nothing."""

    def build(self) -> None:
        self._now = Badge()
        self._take = Action(icon="pin")
        self._take.bind(on_release=lambda _: self.dispatch("on_capture", "fix"))
        self._held = Text(hug=True)
        self._gps = Gps()

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        self.clear_widgets()
        fix = next(iter(held(row, Fix)), None)
        if fix:
            self._held.text = _("{lat:.5f}, {lon:.5f} · ±{metres:.0f} m · {time}").format(
                lat=fix.lat, lon=fix.lon, metres=fix.accuracy_m, time=f"{fix.fixed_at:%H:%M:%S}"
            )
            self.add_widget(self._held)
        self._take.text = _("Take it again") if fix else _("Record this position")
        self._take.look = "secondary" if fix else "primary"
        self.add_widget(self._take)
        if not fix:
            self.add_widget(self._now)
        self.locate(self._gps)

    def locate(self, gps: Gps) -> None:
        self._gps = gps
        self._now.text, self._now.tone = reception(gps)
        self._take.disabled = gps.fix is None


def reception(gps: Gps) -> tuple[str, str]:
    """Words and tone of the position now."""
    if gps.reception == "off":
        return _("Location is switched off"), "warn"
    if gps.fix is None:
        return _("Searching for a position"), "plain"
    words = _("±{metres:.0f} m, {ago}").format(metres=gps.fix.accuracy_m, ago=ago(gps.age_s))
    return words, "good" if gps.reception == "good" else "warn"


def ago(seconds: int) -> str:
    if seconds < MINUTE:
        return _("{n} s ago").format(n=seconds)
    minutes = seconds // MINUTE
    return ngettext("{n} min ago", "{n} min ago", minutes).format(n=minutes)


class Signatures(Answer):
    """Who signed, refused or was absent; and one more."""

    def build(self) -> None:
        self._shown: tuple[Signature, ...] = ()
        self._add = Action(icon="pen")
        self.add_widget(self._add)
        self._add.bind(on_release=lambda _: self._sign())

    def show(self, row: QuestionRow) -> None:
        super().show(row)
        marks = held(row, Signature)
        if marks != self._shown:
            self._shown = marks
            self.clear_widgets()
            for mark in marks:
                self.add_widget(Mark(mark, self._role(mark.role), self._drop))
            self.add_widget(self._add)
        least = int(row.minimum or 1)
        if len(marks) >= least:
            self._add.text = _("One more signature")
        elif least == 1:
            self._add.text = _("Sign")
        else:
            self._add.text = _("Sign ({n} of {least})").format(n=len(marks) + 1, least=least)
        self._add.look = "primary" if len(marks) < least else "secondary"

    def _role(self, role: str) -> str:
        return next((s.text for s in self.row.signers if s.value == role), role)

    def _drop(self, mark: Signature) -> None:
        self.give(tuple(other for other in self._shown if other is not mark))

    def _sign(self) -> None:
        ways = ["signed"]
        ways += ["refused"] if self.row.allow_refused else []
        ways += ["absent"] if self.row.allow_absent else []
        signed = {mark.role for mark in self._shown}
        signers = [s for s in self.row.signers if s.value not in signed] or self.row.signers
        Sign(
            lambda mark: self.dispatch("on_answer", (*self._shown, mark)),
            signers,
            ways,
            title=self.row.text,
        ).rise(self)


class Mark(Block):
    """One signature as it stands: drawn, or why it is not."""

    def __init__(self, mark: Signature, role: str, drop: Callable[[Signature], None]) -> None:
        super().__init__()
        self._sheet = Strokes(strokes=mark.strokes) if mark.strokes else None
        who = " ".join(part for part in (role, mark.name, mark.when) if part)
        self._who = Text(text=who, font_size=theme.SMALL, color=theme.QUIET)
        self._why = Text(text=self._words(mark), font_size=theme.SMALL)
        self._sign = Icon(name="" if mark.strokes else "warn", color=theme.WARN)
        self._drop = Press(icon="cross", look="bare", size=(dp(52), dp(52)))
        self._drop.bind(on_release=lambda _: drop(mark))
        for part in (self._who, self._why, self._sign, self._drop, self._sheet):
            if part:
                self.add_widget(part)

    @staticmethod
    def _words(mark: Signature) -> str:
        if mark.strokes:
            return ""
        state = _("Refused") if mark.refused else _("Absent")
        witness = _("witness: {name}").format(name=mark.witness) if mark.witness else ""
        return " · ".join(part for part in (state, mark.reason, witness) if part)

    def measure(self, width: float) -> float:
        wide = min(width, dp(300))
        below = self._who.measure(wide - dp(24))
        self.size = (wide, dp(120) + below)
        self._who.pos = (dp(14), dp(8))
        self._drop.pos = (wide - dp(54), self.height - dp(54))
        if self._sheet:
            self._sheet.pos, self._sheet.size = (dp(14), below + dp(14)), (wide - dp(70), dp(96))
        self._why.measure(wide - dp(100))
        self._why.pos = (dp(50), below + dp(60) - self._why.height / 2)
        self._sign.pos = (dp(14), below + dp(47))
        return self.height


CONTROLS: dict[str, type[Answer]] = {
    "yes_no_na": YesNo,
    "choice": One,
    "multi": Many,
    "number": Number,
    "date": Day,
    "datetime": Day,
    "text": FreeText,
    "photo": Photos,
    "gps": Position,
    "signature": Signatures,
}
