"""Weather warnings of the demo year, and the crews that go out again because of them.

Both are drawn from the same seed, apart from all else, so that visits and the office's desk
know of the same warnings.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from msgspec import Struct

from backend.demo.chance import Dice
from backend.demo.district import Listed
from events.clock import CHINA, microseconds, moment
from events.office import Signal, WeatherWarningIssued, WeatherWarningLifted

_SIGNALS: Final[Mapping[int, Signal]] = {
    1: "cold", 2: "cold", 5: "rainstorm", 6: "heat", 7: "typhoon", 8: "heat", 9: "typhoon",
}  # fmt: skip
_HOURS: Final = (6, 9, 14, 17)
_DAILY: Final = frozenset({"hotspot", "arterial"})
_MINUTE: Final = 60_000_000
_GO_OUT: Final = 0.55  # of crews
_MOST: Final = 2  # places a crew reaches within two hours


class Warned(Struct, frozen=True):
    """A warning for the whole district, between two moments (µs)."""

    warning: str
    signal: Signal
    level: Literal["yellow", "orange"]
    issued: int
    lifted: int

    @property
    def facts(self) -> tuple[WeatherWarningIssued, WeatherWarningLifted]:
        """What the office records of it."""
        return (
            WeatherWarningIssued(self.warning, self.signal, self.level, moment(self.issued, CHINA)),
            WeatherWarningLifted(self.warning, moment(self.lifted, CHINA)),
        )


def warnings(seed: int) -> Sequence[Warned]:
    """Return the warnings of the year: two in each month that has weather."""
    dice = Dice.for_purpose(seed, "weather")
    return [_warned(dice, month) for month in _SIGNALS for _ in range(2)]


def _warned(dice: Dice, month: int) -> Warned:
    day = date(2026, month, dice.randint(6, 25))
    at = datetime.combine(day, time(dice.choice(_HOURS)), UTC) - timedelta(minutes=CHINA)
    issued = microseconds(at)
    lifted = microseconds(at + timedelta(hours=dice.randint(8, 30)))
    level: Literal["yellow", "orange"] = dice.choice(("yellow", "orange"))
    return Warned(dice.new_id(), _SIGNALS[month], level, issued, lifted)


def turns(dice: Dice, seed: int, patrolled: Sequence[Listed]) -> Iterator[tuple[int, Listed]]:
    """Yield when a crew goes out again after a warning, and where: to places walked each day."""
    daily = [one for one in patrolled if one.fact.attributes.get("level") in _DAILY]
    for one in warnings(seed):
        if not daily or not dice.happens(_GO_OUT):
            continue
        for turn, place in enumerate(dice.sample(daily, min(_MOST, len(daily)))):
            yield one.issued + (10 + 45 * turn + dice.randint(0, 9)) * _MINUTE, place
