"""Passwords: what is refused, and how one is kept (Argon2id, as OWASP asks).

Length counts, composition does not (NIST SP 800-63B): nobody is made to add a digit.
"""

import os
from functools import cache
from threading import Semaphore
from typing import Final, Literal

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SHORTEST: Final = 12
LONGEST: Final = 128
_MEMORY: Final = 19_456  # KiB; with two passes and one lane: OWASP's first choice
_PASSES: Final = 2
_AT_ONCE = Semaphore(4)  # each takes 19 MiB for the while

Fault = Literal["short", "long", "common", "named", "monotonous"]

# What is long enough and still the first that anybody tries.
_COMMON: Final = (
    "password", "passw0rd", "qwertyuiop", "1qaz2wsx", "administrator", "letmein", "iloveyou",
    "welcome", "abcdefgh", "12345678", "87654321", "11223344", "xunji", "minzheng", "wangguan",
    "admin", "mima", "woaini",
)  # fmt: skip
_WALKS: Final = ("0123456789" * 14, "9876543210" * 14, "abcdefghijklmnopqrstuvwxyz" * 6)
_FEWEST: Final = 5  # different characters
_OWN: Final = 4  # characters that a name has to have to be looked for


def fault_of(password: str, *names: str) -> Fault | None:
    """Say why a password is refused; `names` are the account's own."""
    folded = password.casefold()
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    if len(set(folded)) < _FEWEST:
        return "monotonous"
    if any(folded in walk for walk in _WALKS):
        return "common"
    if any(name.casefold() in folded for name in names if len(name) >= _OWN):
        return "named"
    return "common" if _mostly_common(folded) else None


def _mostly_common(folded: str) -> bool:
    """True where hardly anything is left without the common parts."""
    rest = folded
    for part in _COMMON:
        rest = rest.replace(part, "")
    return rest != folded and len(rest.strip("0123456789!@#$%.-_ ")) < _OWN


def kept(password: str) -> str:
    """Return what is stored of a password: its hash with salt and parameters, in PHC's form."""
    with _AT_ONCE:
        return _slow(os.urandom(16)).derive_phc_encoded(password.encode())


def agrees(password: str, stored: str | None) -> bool:
    """Tell whether it is the password. Without `stored` it takes as long, and says no."""
    with _AT_ONCE:
        try:
            Argon2id.verify_phc_encoded(password.encode(), stored or _nobody())
        except InvalidKey:
            return False
    return stored is not None


@cache
def _nobody() -> str:
    return _slow(bytes(16)).derive_phc_encoded(os.urandom(32))


def _slow(salt: bytes) -> Argon2id:
    return Argon2id(salt=salt, length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY)
