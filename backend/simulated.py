"""The time of arrival from the request itself: for a demo year that is the same each time."""

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
