"""The time of arrival from the request itself: for a demo year that is the same each time."""

from random import Random
from typing import Any, Final

from litestar import Request

from backend.problems import ProblemError
from events.clock import Clock, SetClock

HEADER: Final = "xunji-simulated-at"


def received_at(request: Request[Any, Any, Any]) -> int:
    """Return the microseconds that the request names; without them it is refused."""
    value = request.headers.get(HEADER, "")
    if not value.isascii() or not value.isdigit() or len(value) > 17:  # noqa: PLR2004  the year 5138
        raise ProblemError("bad-request", parameters=[{"name": HEADER, "reason": "microseconds"}])
    return int(value)


def advance(clock: Clock, at: int | None) -> None:
    """Set a clock that can be set to what the request named; it never goes back."""
    if at is not None and isinstance(clock, SetClock):
        clock.at = max(clock.at, at)


class SimulatedEntropy:
    """Dice for a server whose time is simulated: the same request draws the same bytes.

    Also after the server was killed in the middle: what is asked again is answered the same.
    """

    def __init__(self, seed: bytes, clock: Clock) -> None:
        self._seed = seed.hex()
        self._clock = clock
        self._drawn = (-1, 0)

    def __call__(self, size: int) -> bytes:
        """See `events.clock.Entropy`."""
        at, count = self._clock.now().at, 0
        if at == self._drawn[0]:
            count = self._drawn[1] + 1
        self._drawn = (at, count)
        return Random(f"{self._seed} {at} {count}").randbytes(size)  # noqa: S311  a demo's
