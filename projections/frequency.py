"""How often an object is to be inspected, as items say it, and when that falls due.

Due is counted from the last effective inspection, or from the listing where there was none.
Items that arise from events, samples and deadlines of their own give no date to an object.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct

_MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12, "5_years": 60}
_DAYS: Final = {"day": 1, "day_per_key_slot": 1, "week": 7}
_STABLE: Final = "经济状况短期变化不大"
_UNSTEADY: Final = "收入来源不固定且有劳动能力"


class Interval(Struct, frozen=True):
    """A span of calendar months, or of days."""

    months: int = 0
    days: int = 0

    @property
    def rank(self) -> int:
        return self.months * 30 + self.days

    def after(self, day: date) -> date:
        """Return the day one interval on; at a month's end where the month is shorter."""
        month = day.year * 12 + day.month - 1 + self.months
        year, index = divmod(month, 12)
        last = monthrange(year, index + 1)[1]
        return date(year, index + 1, min(day.day, last)) + timedelta(days=self.days)


def shortest(
    frequencies: Iterable[Mapping[str, Any]], object_type: str, attributes: Mapping[str, Any]
) -> Interval | None:
    """Return the shortest interval that any of the items asks of an object."""
    found = [interval(one, object_type, attributes) for one in frequencies]
    return min((one for one in found if one), key=lambda one: one.rank, default=None)


def interval(
    frequency: Mapping[str, Any], object_type: str, attributes: Mapping[str, Any]
) -> Interval | None:
    """Return what one item asks of an object, None where that gives no date."""
    match frequency.get("mode"):
        case "min":
            return _each(frequency)
        case "min_by_class":
            return _each(_of(frequency, _household_class(attributes)))
        case "min_by_level":
            level = "hotspot" if object_type == "hotspot" else attributes.get("level", "other")
            return _each(_of(frequency, level))
        case _:
            return None


def _of(frequency: Mapping[str, Any], name: object) -> Mapping[str, Any]:
    return frequency.get("classes", {}).get(name, {})


def _household_class(attributes: Mapping[str, Any]) -> object:
    """Return the class of a low-income household: by its class, else by who can work."""
    named = attributes.get("class_", attributes.get("class"))
    if named in (_STABLE, _UNSTEADY):
        return named
    if named is not None:
        return _UNSTEADY if named == "B" else _STABLE
    labour = attributes.get("labour_capacity", attributes.get("labour"))
    return _UNSTEADY if labour else _STABLE


def _each(rule: Mapping[str, Any]) -> Interval | None:
    count, per = rule.get("count") or 0, rule.get("per")
    if count < 1:
        return None
    if per in _DAYS:
        return Interval(days=max(1, _DAYS[per] // count))
    if per in _MONTHS:
        months = _MONTHS[per]
        whole = months % count == 0
        return Interval(months // count) if whole else Interval(days=max(1, months * 30 // count))
    return None
