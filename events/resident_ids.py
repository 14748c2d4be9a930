"""Resident identity numbers (GB 11643-1999).

A number is a person: it is sealed, compared by keyed hash, and shown masked. Nothing here keeps
one in an error. Other documents, or none, must stay possible; this checks only the 18 digits.
"""

from datetime import date
from typing import Final, Literal, TypeAlias

from msgspec import Struct

DEMO_DIVISION: Final = "999999"  # assigned to nobody

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_LENGTH: Final = 18
_LONG_ENOUGH_TO_SHOW: Final = 6
_DIGITS: Final = frozenset("0123456789")

IdFault: TypeAlias = Literal["wrong_length", "wrong_character", "wrong_date", "wrong_check"]


class ResidentId(Struct, frozen=True):
    """A number that checks out. Its representation is masked, as it may reach a log."""

    number: str

    @property
    def division(self) -> str:
        return self.number[:6]

    @property
    def born_on(self) -> date:
        return date(int(self.number[6:10]), int(self.number[10:12]), int(self.number[12:14]))

    @property
    def is_male(self) -> bool:
        """Whether the sequence (characters 15 to 17) is odd."""
        return int(self.number[16]) % 2 == 1

    def __repr__(self) -> str:
        return f"ResidentId({mask(self.number)})"


class IdProblem(Struct, frozen=True):
    """Why a number does not check out; says nothing of the number."""

    code: IdFault


def check(number: str) -> ResidentId | IdProblem:
    """Return the number in its one spelling (capital X), or the first thing wrong with it."""
    text = number.strip().upper()
    if len(text) != _LENGTH:
        return IdProblem("wrong_length")
    if not _DIGITS.issuperset(text[:17]) or text[17] not in _CHECKS:
        return IdProblem("wrong_character")
    if not _is_date(text[6:14]):
        return IdProblem("wrong_date")
    if _check(text[:17]) != text[17]:
        return IdProblem("wrong_check")
    return ResidentId(text)


def mask(number: str) -> str:
    """Return what a screen may show: 999999********0019; of any other document the last two."""
    text = number.strip()
    if len(text) == _LENGTH:
        return f"{text[:6]}********{text[-4:]}"
    shown = text[-2:] if len(text) > _LONG_ENOUGH_TO_SHOW else ""
    return "*" * (len(text) - len(shown)) + shown


def with_check(prefix17: str) -> str:
    """Return a demo number with its check character.

    `ValueError` outside the division nobody holds, so that no real number is ever made up.
    """
    is_demo = len(prefix17) == _LENGTH - 1 and _DIGITS.issuperset(prefix17)
    if not is_demo or prefix17[:6] != DEMO_DIVISION or not _is_date(prefix17[6:14]):
        msg = "not the first 17 characters of a demo number"
        raise ValueError(msg)
    return prefix17 + _check(prefix17)


def _check(prefix17: str) -> str:
    weighed = zip(_WEIGHTS, prefix17, strict=True)
    return _CHECKS[sum(weight * int(one) for weight, one in weighed) % 11]


def _is_date(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
