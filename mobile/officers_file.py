"""The officers whom this tablet takes at a PIN: `officers.json`, for this user alone.

Every change replaces the whole file, durably, before anything follows from it. What cannot be
read knows nobody: they sign in at the office again.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec
from msgspec import Struct, structs

_SETTLED: Final = 3_600 * 1_000_000  # µs: `latest` need not be written more often


class Known(Struct, frozen=True, kw_only=True):
    """An officer who signed in at the office from here. `pin` is a hash, times are µs.

    `tried`: PINs tried since the last right one. `since`: from when on duty, 0: not on duty.
    """

    officer: str
    name: str
    account: str
    sign_in: str
    pin: str
    trusted_until: int
    certificate: str = ""
    certificate_until: date | None = None
    tried: int = 0
    since: int = 0

    def __repr__(self) -> str:
        """Say who it is, and nothing that could be tried."""
        return f"Known({self.officer})"


class Kept(Struct, frozen=True):
    """What the file holds. `latest`: the latest time that was noted or that the office believed."""

    latest: int = 0
    officers: tuple[Known, ...] = ()


class OfficersFile:
    """Safe for several threads: the screens' and the sync's."""

    def __init__(self, file: Path, write: Callable[[Path, bytes], None]) -> None:
        self._file = file
        self._write = write
        self._lock = Lock()
        self._kept = _read(file)

    @property
    def kept(self) -> Kept:
        return self._kept

    def officer(self, key: str) -> Known | None:
        return next((one for one in self._kept.officers if one.officer == key), None)

    def put(self, known: Known, latest: int) -> None:
        """Keep an officer in place of what was known of them."""
        with self._lock:
            others = tuple(one for one in self._kept.officers if one.officer != known.officer)
            self._keep(Kept(latest, (*others, known)))

    def change(self, key: str, latest: int = 0, **changes: object) -> Known | None:
        """Change what is known of an officer; None where nothing is, by now."""
        with self._lock:
            known = self.officer(key)
            if known is None:
                return None
            changed = structs.replace(known, **changes)
            officers = tuple(changed if one is known else one for one in self._kept.officers)
            self._keep(Kept(max(latest, self._kept.latest), officers))
            return changed

    def note(self, now: int, *, at_once: bool = False) -> None:
        """Keep that it is so late by now, that no clock set back undoes it."""
        with self._lock:
            ahead = now - self._kept.latest
            if self._kept.officers and ahead > (0 if at_once else _SETTLED):
                self._keep(structs.replace(self._kept, latest=now))

    def sign_ins(self) -> frozenset[str]:
        """Return the sign-ins that are known now."""
        return frozenset(one.sign_in for one in self._kept.officers)

    def settle(self, asked: Collection[str], holding: Sequence[str], now: int) -> None:
        """Forget those of `asked` that hold no more; `now` is a time that the office believed.

        What was signed in since the office was asked is not among them, and stays.
        """
        gone = frozenset(asked) - frozenset(holding)
        with self._lock:
            kept = self._kept
            stay = tuple(one for one in kept.officers if one.sign_in not in gone)
            if len(stay) < len(kept.officers) or (stay and not 0 <= now - kept.latest <= _SETTLED):
                self._keep(Kept(now, stay))

    def _keep(self, kept: Kept) -> None:
        self._write(self._file, msgspec.json.encode(kept))
        self._kept = kept


def _read(file: Path) -> Kept:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return Kept()
