"""Time and chance, as arguments: the only places where either comes from."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

from msgspec import Struct

Entropy = Callable[[int], bytes]
"""Returns so many random bytes. `os.urandom` in the product; a seeded source in a demo."""

CHINA: Final = 480  # minutes east of UTC


class Instant(Struct, frozen=True):
    """A reading of a clock: microseconds since 1970 UTC, minutes east, boot id, ms since boot."""

    at: int
    utc_offset: int
    boot: bytes
    uptime: int

    def local(self) -> datetime:
        """Return the moment with its offset."""
        return moment(self.at, self.utc_offset)


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> Instant:
        """Return what the clock shows."""
        ...


class SystemClock:
    """The machine's clock. Its boot id is new each time the process starts."""

    def __init__(self) -> None:
        self._boot = os.urandom(16)
        self._started = time.monotonic_ns()

    def now(self) -> Instant:
        """See `Clock.now`."""
        offset = datetime.now().astimezone().utcoffset() or timedelta()
        return Instant(
            time.time_ns() // 1_000,
            int(offset.total_seconds() // 60),
            self._boot,
            (time.monotonic_ns() - self._started) // 1_000_000,
        )


class SetClock:
    """A clock that somebody sets: for tests and for a simulated year."""

    def __init__(self, at: int, *, utc_offset: int = CHINA, boot: bytes = bytes(16)) -> None:
        self.at = at
        self._utc_offset = utc_offset
        self._boot = boot
        self._started = at

    def now(self) -> Instant:
        """See `Clock.now`."""
        uptime = max(0, self.at - self._started) // 1_000
        return Instant(self.at, self._utc_offset, self._boot, uptime)


def moment(at: int, utc_offset: int = 0) -> datetime:
    """Return microseconds since 1970 UTC as a moment `utc_offset` minutes east."""
    zone = timezone(timedelta(minutes=utc_offset)) if utc_offset else UTC
    return datetime.fromtimestamp(at // 1_000_000, zone).replace(microsecond=at % 1_000_000)


def minutes_east(when: datetime) -> int:
    """Return a moment's offset from UTC in minutes."""
    return (when.utcoffset() or timedelta()) // timedelta(minutes=1)


def microseconds(when: datetime) -> int:
    """Return a moment as microseconds since 1970 UTC."""
    return round((when - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
