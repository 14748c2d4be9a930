"""When the demo's households were looked at last, and in which order they are rechecked.

Each is drawn by the household's own identity, so that nothing here disturbs any other dice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Protocol, TypeVar

from backend.demo.chance import Dice
from events.register import ObjectListed

RECHECK: Final = "low_income_recheck"
_UNFIXED: Final = "unfixed"
_YEAR: Final = timedelta(days=365)
_HALF: Final = timedelta(days=182)
_AT_YEARS_END: Final = 0.65  # most stable families were looked at in last December's campaign

_FORGOTTEN: Final = 0.1  # for some weeks


class Home(Protocol):
    """A household as the district has it."""

    @property
    def fact(self) -> ObjectListed:
        """Its listing."""
        ...


H = TypeVar("H", bound=Home)


def known(household: str, income_class: str) -> Mapping[str, str]:
    """Return what the register says of earlier years: the confirmation, the last recheck."""
    dice = Dice(f"xunji demo recheck {household}")
    confirmed = date(2019, 1, 7) + timedelta(days=dice.randint(0, 2_000))
    if income_class == _UNFIXED:
        last = date(2025, 7, 1) + timedelta(days=dice.randint(0, 180))
    elif dice.happens(_AT_YEARS_END):
        last = date(2025, 11, 24) + timedelta(days=dice.randint(0, 37))
    else:
        last = date(2025, 1, 6) + timedelta(days=dice.randint(0, 320))
    return {"confirmed_on": confirmed.isoformat(), "last_recheck_on": last.isoformat()}


def turns(homes: Sequence[H], count: int) -> list[tuple[str, H]]:
    """Return the rechecks of a year: who is due twice comes twice, `count` of them in all."""
    twice = [one for one in homes if one.fact.attributes.get("income_class") == _UNFIXED]
    waiting = [(_planned(one, 0), one) for one in homes]
    waiting += [(_planned(one, 1), one) for one in twice]
    waiting.sort(key=lambda pair: (pair[0], pair[1].fact.object))
    return [(RECHECK, one) for _, one in waiting[:count]]


def in_order(days: Iterable[date], wanted: Sequence[tuple[str, Home]]) -> list[date]:
    """Return the days of visits, rechecks in the order in which they fall due."""
    found = list(days)
    came: Counter[str] = Counter()
    order: list[tuple[date, int]] = []
    for at, (kind, home) in enumerate(wanted):
        if kind == RECHECK:
            order.append((_planned(home, came[home.fact.object]), at))
            came[home.fact.object] += 1
    places = [at for _, at in sorted(order)]
    for at, day in zip(places, sorted(found[at] for at in places), strict=True):
        found[at] = day
    return found


def _planned(home: Home, earlier: int) -> date:
    """Return about when a household is due, as the township has it in mind: not quite."""
    said: Mapping[str, Any] = home.fact.attributes
    last = date.fromisoformat(said["last_recheck_on"])
    between = _HALF if said["income_class"] == _UNFIXED else _YEAR
    dice = Dice(f"xunji demo turn {home.fact.object} {earlier}")
    forgotten = dice.randint(20, 70) if dice.happens(_FORGOTTEN) else 0
    return last + between * (earlier + 1) + timedelta(days=dice.randint(-12, 12) + forgotten)
