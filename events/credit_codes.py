"""Unified social credit codes (GB 32100-2015) with the organisation code inside (GB 11714).

A code that fails is worth a warning, not a refusal: old records hold errors.
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

ENTERPRISE_PREFIXES: Final = ("91", "92", "93")  # enterprise, self-employed, farmers' cooperative
DEMO_DIVISION: Final = "999999"  # assigned to nobody, so no code made up here can be anyone's

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O Z S V
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_INNER_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_INNER_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_LENGTH: Final = 18

CodeFault: TypeAlias = Literal[
    "wrong_length", "wrong_character", "wrong_division", "wrong_inner_check", "wrong_check"
]


class CreditCode(Struct, frozen=True):
    """A code that checks out, in its parts."""

    text: str

    @property
    def prefix(self) -> str:
        """The registering department and the category within it: "51" is an association."""
        return self.text[:2]

    @property
    def division(self) -> str:
        """The administrative division of the registering authority (GB/T 2260)."""
        return self.text[2:8]

    @property
    def organisation(self) -> str:
        """The organisation code (GB 11714) with its own check character."""
        return self.text[8:17]

    @property
    def is_enterprise(self) -> bool:
        return is_enterprise(self.text)


class CodeProblem(Struct, frozen=True):
    """Why a code does not check out; `position` counts from 1, where one character is at fault."""

    code: CodeFault
    position: int | None = None


def check(code: str) -> CreditCode | CodeProblem:
    """Return the code in its one spelling (upper case), or the first thing wrong with it."""
    text = code.strip().upper()
    if len(text) != _LENGTH:
        return CodeProblem("wrong_length")
    for position, character in enumerate(text, 1):
        if character not in _ALPHABET:
            return CodeProblem("wrong_character", position)
    if not text[2:8].isdigit():
        return CodeProblem("wrong_division")
    if inner_check(text[8:16]) != text[16]:
        return CodeProblem("wrong_inner_check", 17)
    if _check(text[:17]) != text[17]:
        return CodeProblem("wrong_check", _LENGTH)
    return CreditCode(text)


def is_enterprise(code: str | None) -> bool:
    """Whether the code's holder is enterprise-related, by its first two characters alone."""
    return code is not None and code.startswith(ENTERPRISE_PREFIXES)


def inner_check(body8: str) -> str:
    """Return the check character of an organisation code's first eight characters."""
    weighed = zip(_INNER_WEIGHTS, body8, strict=True)
    check = 11 - sum(weight * _INNER_ALPHABET.index(one) for weight, one in weighed) % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def with_check(prefix17: str) -> str:
    """Return a demo code with its check character.

    `ValueError` outside the division nobody holds, so that no real code is ever made up.
    """
    made = prefix17 + _check(prefix17)
    if made[2:8] != DEMO_DIVISION or not isinstance(check(made), CreditCode):
        msg = f"not the first 17 characters of a demo code: {prefix17[:18]!r}"
        raise ValueError(msg)
    return made


def demo_code(prefix: str, number: int) -> str:
    """Return the demo code number `number` (0 to 923,520) of a category such as "51"."""
    digits = "".join(_ALPHABET[number // 31**place % 31] for place in (3, 2, 1, 0))
    if not 0 <= number < 31**4:
        msg = f"no demo code has the number {number}"
        raise ValueError(msg)
    body = f"MADE{digits}"
    return with_check(f"{prefix}{DEMO_DIVISION}{body}{inner_check(body)}")


def _check(prefix17: str) -> str:
    weighed = zip(_WEIGHTS, prefix17, strict=True)
    return _ALPHABET[-sum(weight * _ALPHABET.index(one) for weight, one in weighed) % 31]
