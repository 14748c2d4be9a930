"""The second factor: six digits of an authenticator (RFC 6238), or a recovery code, each once."""

import hmac
from base64 import b32encode
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from backend.codes import ALPHABET
from events.clock import Entropy

RECOVERY_CODES: Final = 10
_STEP: Final = 30  # seconds
_DIGITS: Final = 6
_LETTERS: Final = 16  # of a recovery code: 80 bits
_MISREAD: Final = str.maketrans("OIL", "011")


def new_secret(entropy: Entropy) -> bytes:
    """Return a secret to share with an authenticator."""
    return entropy(20)


def step_of(code: str, secret: bytes, at: int, after: int) -> int | None:
    """Return the time step for which `code` holds at `at` (microseconds), if for any.

    Clocks may differ by one step. A step up to `after` was used, and does not hold again.
    """
    digits = code.replace(" ", "")
    now = at // 1_000_000 // _STEP
    found: int | None = None
    for step in (now - 1, now, now + 1):
        right = digits_at(secret, step)
        if hmac.compare_digest(right, digits.encode()) and step > after:
            found = step
    return found


def digits_at(secret: bytes, step: int) -> bytes:
    """Return what the authenticator shows in a time step."""
    # SHA-1 is what authenticators understand; HMAC does not need it free of collisions.
    made = TOTP(secret, _DIGITS, SHA1(), _STEP, enforce_key_length=False)  # noqa: S303
    return made.generate(step * _STEP)


def address(secret: bytes, account: str, bureau: str) -> str:
    """Return the `otpauth:` address that an authenticator scans."""
    label = quote(f"{bureau}:{account}", safe="")
    return f"otpauth://totp/{label}?secret={spelt(secret)}&issuer={quote(bureau, safe='')}"


def spelt(secret: bytes) -> str:
    """Return the secret as one types it."""
    return b32encode(secret).decode().rstrip("=")


def new_recovery_codes(entropy: Entropy) -> list[str]:
    """Return codes for the day on which the authenticator is lost."""
    return [_code(entropy) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> bytes:
    """Return what is kept of a recovery code. It is random: a fast hash will do."""
    letters = "".join(one for one in code.upper() if one.isalnum()).translate(_MISREAD)
    return sha256(b"xunji recovery\0" + letters.encode()).digest()


def _code(entropy: Entropy) -> str:
    letters = "".join(ALPHABET[byte % 32] for byte in entropy(_LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, _LETTERS, 4))
