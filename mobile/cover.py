"""View-model of what covers the tablet: who is this, and how they prove it.

It lies over everything until an officer has signed in, comes back when nobody used the tablet
for a while, and lets a second officer sign in beside the first. PINs and passwords pass through
it and stay nowhere.
"""

from collections.abc import Callable

from events.errors import StorageError
from mobile.cover_words import Step, days_words, refused_words, short_words, step_words, weak_words
from mobile.duty import DIGITS, Believed, Duty, NewPinError, PinError
from mobile.line import LineError, RefusedError
from mobile.officers_file import Known
from mobile.signing_in import SECOND_FACTOR, Typed
from mobile.view_state import CoverOfficer, CoverState
from mobile.words import _

Answer = Believed | LineError | RefusedError
Ask = Callable[[Typed, Callable[[Answer], None]], None]
"""Asks the office on another thread, and tells the answer on this one."""


class Cover:
    """`ask` reaches the office; `joined` is told who has just proved who they are."""

    def __init__(self, duty: Duty, ask: Ask, joined: Callable[[str], None]) -> None:
        self._duty = duty
        self._ask = ask
        self._joined = joined
        self._asked_for = False
        self._begin()

    def _begin(self) -> None:
        self._step: Step = "choose" if self._duty.known else "account"
        self._officer = ""
        self._account = ""
        self._digits = ""
        self._first = ""
        self._problem = self._todo = ""
        self._needs_code = self._waiting = False
        self._believed: Believed | None = None

    # ── coming and going ───────────────────────────────────────────────────────────

    @property
    def is_up(self) -> bool:
        return self._duty.locked or self._asked_for

    def rise(self) -> None:
        """Let another officer sign in."""
        self._asked_for = True
        self._begin()

    def fall(self) -> None:
        """Go back to work, where somebody holds the tablet."""
        self._asked_for = False
        self._begin()

    def back(self) -> None:
        """Go a step back; from the first one to work, if somebody holds the tablet."""
        at_first = self._step == "choose" or not self._duty.known
        if at_first and not self._duty.locked:
            self.fall()
        else:
            self._begin()

    # ── gestures ───────────────────────────────────────────────────────────────────

    def choose(self, officer: str) -> None:
        """Ask for the PIN of an officer, or for the password where no PIN helps any more."""
        known = self._known(officer)
        if known is None:
            return
        self._begin()
        self._officer, self._account = officer, known.account
        why = self._duty.why_not(officer)
        self._step = "pin" if why is None else "account"
        if why is not None:
            self._problem, self._todo = refused_words(why, 0)

    def other(self) -> None:
        """Let somebody sign in whom this tablet does not know yet."""
        self._begin()
        self._step = "account"

    def forgot(self) -> None:
        """Let the office prove who it is, in place of the PIN."""
        known = self._known(self._officer)
        self._begin()
        self._step = "account"
        self._account = known.account if known else ""

    def press(self, digit: str) -> None:
        """Take a digit; the last one is the answer."""
        if self._step not in ("pin", "new", "again") or len(self._digits) >= DIGITS:
            return
        self._digits += digit
        self._problem = self._todo = ""
        if len(self._digits) == DIGITS:
            typed, self._digits = self._digits, ""
            self._take(typed)

    def rub(self) -> None:
        """Take the last digit back."""
        self._digits = self._digits[:-1]

    def submit(self, typed: Typed) -> None:
        """Ask the office."""
        if self._waiting or self._step != "account":
            return
        self._account = typed.name.strip()
        self._problem = self._todo = ""
        if not self._account or not typed.password:
            self._problem = _("Type the name of your account and its password")
            return
        self._waiting = True
        self._ask(Typed(self._account, typed.password, typed.code.strip()), self._heard)

    # ── what follows ───────────────────────────────────────────────────────────────

    def _heard(self, answer: Answer) -> None:
        if not self._waiting:
            return  # they went back meanwhile
        self._waiting = False
        match answer:
            case Believed():
                self._believed = answer
                self._step = "new"
            case RefusedError():
                self._needs_code = self._needs_code or answer.code == SECOND_FACTOR
                self._problem, self._todo = answer.title, answer.todo
            case LineError():
                self._problem = _("The office cannot be reached")
                self._todo = _(
                    "The first sign-in needs the network, and so does one without the PIN. Go "
                    "where there is network, then try again. Nothing that was recorded is lost."
                )

    def _take(self, pin: str) -> None:
        try:
            match self._step:
                case "pin":
                    self._enter(pin)
                case "new":
                    self._first, self._step = pin, "again"
                case _:
                    self._keep(pin)
        except StorageError as full:
            self._problem = _("The tablet could not write to its storage")
            self._todo = str(full)

    def _enter(self, pin: str) -> None:
        try:
            self._duty.enter(self._officer, pin)
        except PinError as refused:
            self._problem, self._todo = refused_words(refused.why, refused.left)
            if refused.why == "unknown":
                self._step = "choose" if self._duty.known else "account"
            elif refused.why != "wrong":
                self._step = "account"
            return
        self._done(self._officer)

    def _keep(self, pin: str) -> None:
        first, self._first = self._first, ""
        believed = self._believed
        if pin != first or believed is None:
            self._step = "new"
            self._problem = _("The two PINs differ")
            self._todo = _("Choose one again, and type it twice.")
            return
        try:
            self._duty.trust(self._account, believed, pin)
        except NewPinError as refused:
            self._step = "new"
            self._problem = weak_words(refused.fault)
            self._todo = _("Choose another one.")
            return
        self._done(believed.officer)

    def _done(self, officer: str) -> None:
        self.fall()
        self._joined(officer)

    def _known(self, officer: str) -> Known | None:
        return next((one for one in self._duty.known if one.officer == officer), None)

    # ── the state ──────────────────────────────────────────────────────────────────

    def state(self, about: str) -> CoverState | None:
        """Return what is shown, None where the tablet is open. `about`: which tablet it is."""
        if not self.is_up:
            return None
        known = self._known(self._officer)
        name = known.name if known else self._believed.name if self._believed else ""
        title, text = step_words(
            self._step, name, locked=self._duty.locked, known=bool(self._duty.known)
        )
        return CoverState(
            step=self._step,
            title=title,
            text=text,
            about=about,
            officers=tuple(self._row(one) for one in self._rows()),
            digits=len(self._digits),
            of=DIGITS,
            account=self._account,
            needs_code=self._needs_code,
            waiting=self._waiting,
            problem=self._problem,
            todo=self._todo,
            back=self._back_words(),
        )

    def _rows(self) -> list[Known]:
        """Return who may be chosen: those on duty first; beside a holder, who is not there yet."""
        there = self._duty.on_duty
        known = sorted(
            self._duty.known, key=lambda one: (one.officer not in there, one.name, one.officer)
        )
        return [one for one in known if self._duty.locked or one.officer not in there]

    def _row(self, known: Known) -> CoverOfficer:
        standing = self._duty.standing(known)
        problem = short_words(standing, known.tried)
        there = known.officer in self._duty.on_duty
        return CoverOfficer(
            officer=known.officer,
            name=known.name,
            certificate=standing.certificate,
            note="" if problem else _("On duty") if there else days_words(standing.days),
            problem=problem,
        )

    def _back_words(self) -> str:
        if self._step == "choose" or not self._duty.known:
            if not self._duty.locked:
                return _("Back to work")
            return "" if self._step in ("choose", "account") else _("Back")
        return _("Back")
