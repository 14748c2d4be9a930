"""PINs of officers: which are refused, and how one is kept (Argon2id).

Six digits are a million guesses. What guards them is that guesses are counted (`mobile.duty`);
the slow hash only makes a stolen folder dear to try.
"""

import os
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

DIGITS: Final = 6
_FEWEST: Final = 3  # different digits
_UP: Final = "01234567890"
_MEMORY: Final = 19_456  # KiB; with two passes and one lane: OWASP's first choice
_PASSES: Final = 2

Fault = Literal["digits", "few", "walk", "twice", "named"]


class Pins(Protocol):
    """Keeps PINs so that they can be compared and not read."""

    def kept(self, pin: str) -> str:
        """Return what is stored of a PIN."""
        ...

    def agrees(self, pin: str, stored: str) -> bool:
        """Tell whether it is the PIN."""
        ...


class SlowPins:
    """Argon2id, some tenth of a second each; the parameters stand in what is stored."""

    def __init__(self, memory: int = _MEMORY, passes: int = _PASSES) -> None:
        self._memory = memory
        self._passes = passes

    def kept(self, pin: str) -> str:
        """See `Pins.kept`."""
        slow = Argon2id(
            salt=os.urandom(16),
            length=32,
            iterations=self._passes,
            lanes=1,
            memory_cost=self._memory,
        )
        return slow.derive_phc_encoded(pin.encode())

    def agrees(self, pin: str, stored: str) -> bool:
        """See `Pins.agrees`."""
        try:
            Argon2id.verify_phc_encoded(pin.encode(), stored)
        except InvalidKey:
            return False
        return True


def fault_of(pin: str, *numbers: str) -> Fault | None:
    """Say why a PIN is refused; `numbers` are those that stand on the officer's card."""
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdigit()):
        return "digits"
    if len(set(pin)) < _FEWEST:
        return "few"
    if pin in _UP or pin in _UP[::-1]:
        return "walk"
    if pin[: DIGITS // 2] == pin[DIGITS // 2 :]:
        return "twice"
    return "named" if any(pin in one for one in numbers) else None
