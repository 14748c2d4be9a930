"""Who is on duty at this tablet, and who holds it: proved by a PIN, without network.

    password at the office, once    → this tablet takes the officer at a PIN for some weeks
    PIN                             → on duty for a working day; the first one holds the tablet
    some minutes idle, or a restart → locked: whoever unlocks it with their PIN holds it

A PIN is counted, durably, before it is compared: killing the app or setting the clock wins no
guess. After the last one only the password at the office helps. What an officer does is signed
with the tablet's key and names them as its actor.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, Literal

from msgspec import Struct

from events.clock import Instant
from mobile.officers_file import Known
from mobile.pins import DIGITS, Fault, Pins, SlowPins, fault_of
from mobile.register import CertificateTold, Register
from mobile.tablet_folder import TabletFolder

MOST: Final = 5  # PINs that may be tried in a row
ON_DUTY: Final = 12 * 3_600 * 1_000_000  # µs: then the PIN is asked for again
IDLE_MINUTES: Final = (2, 5, 10, 30)
_DAY: Final = 86_400 * 1_000_000
_MINUTE: Final = 60_000  # ms

Why = Literal["wrong", "locked", "trust", "certificate", "list", "unknown"]


class Believed(Struct, frozen=True):
    """What the office answers where name and password hold; times are µs, `at` its own."""

    sign_in: str
    officer: str
    name: str
    trusted_until: int
    at: int
    certificate: str = ""
    certificate_until: date | None = None


class PinError(Exception):
    """A PIN was not taken. `left`: how many more may be tried."""

    def __init__(self, why: Why, left: int = 0) -> None:
        super().__init__(why)
        self.why: Why = why
        self.left = left


class NewPinError(Exception):
    """A new PIN is one that anybody would try."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


class Standing(Struct, frozen=True):
    """How an officer stands today: certificate, its last day, and what keeps them from duty."""

    certificate: str
    until: date | None
    problem: Why | None
    days: int  # for which this tablet goes on taking their PIN


class Duty:
    """For the thread that owns the screen. `now` is the tablet's clock."""

    def __init__(
        self,
        folder: TabletFolder,
        register: Register,
        now: Callable[[], Instant],
        pins: Pins | None = None,
    ) -> None:
        self._folder = folder
        self._file = folder.officers
        self._register = register
        self._now = now
        self._pins = pins or SlowPins()
        self._touched = now()
        self._holder = ""

    # ── who ────────────────────────────────────────────────────────────────────────

    @property
    def known(self) -> tuple[Known, ...]:
        """Everybody whom this tablet takes at a PIN, or would after the office was asked."""
        return self._file.kept.officers

    @property
    def holder(self) -> str:
        """The officer who holds the tablet; "" while it is locked."""
        return self._holder

    @property
    def locked(self) -> bool:
        return not self._holder

    @property
    def on_duty(self) -> tuple[str, ...]:
        """Who is on duty: whoever holds the tablet first, then in the order they came."""
        there = sorted((one for one in self.known if self._is_there(one)), key=lambda o: o.since)
        return tuple(
            one.officer for one in sorted(there, key=lambda one: one.officer != self._holder)
        )

    def standing(self, known: Known) -> Standing:
        """Return how an officer stands today, by the register where it tells more than we kept."""
        day = self._now().local().date()
        number, until, problem = known.certificate, known.certificate_until, None
        told = self._register.officer(known.officer)
        if told is not None:
            card = told.certificate(day)
            number = card.number if card else number
            until = card.valid[1] if card else until
            if told.role != "officer" or (told.listed and not told.listed_on(day)):
                problem = "list"
            elif card is not None and not _holds(card, day):
                problem = "certificate"
        if problem is None and until is not None and until < day:
            problem = "certificate"
        left = known.trusted_until - self._time()
        problem = "trust" if left <= 0 else problem
        return Standing(number, until, problem, max(0, -(-left // _DAY)))

    def _is_there(self, known: Known) -> bool:
        if not known.since or not known.since <= self._time() < known.since + ON_DUTY:
            return False
        return self.standing(known).problem is None

    def _time(self) -> int:
        """Return the time, and never an earlier one than a PIN was tried at."""
        return max(self._now().at, self._file.kept.latest)

    # ── proving it ─────────────────────────────────────────────────────────────────

    def enter(self, officer: str, pin: str) -> None:
        """Take an officer on duty at their PIN; who unlocks the tablet holds it.

        Raises `PinError`; `StorageError` where the try could not be counted: nothing was tried.
        """
        known = self._may_try(officer)
        tried = self._file.change(officer, self._time(), tried=known.tried + 1)
        if tried is None:
            raise PinError("unknown")
        if not self._pins.agrees(pin, tried.pin):
            raise PinError("wrong" if tried.tried < MOST else "locked", MOST - tried.tried)
        if self._file.change(officer, tried=0, since=self._begun(known)) is None:
            raise PinError("unknown")  # a pull took them away meanwhile
        self._take(officer)

    def trust(self, account: str, believed: Believed, pin: str) -> None:
        """Take an officer whom the office knows, from now on at this PIN.

        Raises `NewPinError` where anybody would try it.
        """
        fault = fault_of(pin, believed.certificate)
        if fault:
            raise NewPinError(fault)
        known = Known(
            officer=believed.officer,
            name=believed.name,
            account=account,
            sign_in=believed.sign_in,
            pin=self._pins.kept(pin),
            trusted_until=believed.trusted_until,
            certificate=believed.certificate,
            certificate_until=believed.certificate_until,
            since=max(believed.at, self._now().at),
        )
        self._file.put(known, believed.at)
        self._take(believed.officer)

    def why_not(self, officer: str) -> Why | None:
        """Return why no PIN of theirs would be compared, None where it would."""
        try:
            self._may_try(officer)
        except PinError as refused:
            return refused.why
        return None

    def _may_try(self, officer: str) -> Known:
        known = self._file.officer(officer)
        if known is None:
            raise PinError("unknown")
        problem = self.standing(known).problem
        if problem is not None:
            if problem == "trust":
                self._file.note(self._now().at, at_once=True)
            raise PinError(problem)
        if known.tried >= MOST:
            raise PinError("locked")
        return known

    def _begun(self, known: Known) -> int:
        return known.since if self._is_there(known) else self._time()

    def _take(self, officer: str) -> None:
        self.touch()
        if not self._holder:
            self._holder = officer

    # ── leaving ────────────────────────────────────────────────────────────────────

    def leave(self, officer: str) -> None:
        """Go off duty; where they held the tablet, it is locked."""
        self._file.change(officer, since=0)
        if officer == self._holder:
            self.lock()

    def lock(self) -> None:
        """Ask for a PIN before anything else is shown; who is on duty stays so."""
        self._holder = ""

    def touch(self) -> None:
        """Somebody uses the tablet."""
        self._touched = self._now()

    def beat(self) -> None:
        """Lock the tablet where nobody used it for long, or its holder is on duty no more."""
        self._file.note(self._now().at)
        if self.locked:
            return
        known = self._file.officer(self._holder)
        if self._idle() >= self._folder.tablet.lock_after * _MINUTE or not (
            known and self._is_there(known)
        ):
            self.lock()

    def _idle(self) -> int:
        """Return how long nobody used it: a machine that sleeps counts by its clock alone."""
        now, then = self._now(), self._touched
        return max(now.uptime - then.uptime, (now.at - then.at) // 1_000)


def _holds(card: CertificateTold, day: date) -> bool:
    start, end = card.valid
    return (start is None or start <= day) and (end is None or day <= end)


__all__ = ["DIGITS", "MOST", "Believed", "Duty", "NewPinError", "PinError", "Standing"]
