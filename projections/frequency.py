"""How often an object is to be inspected: the rules that items state, and their windows.

An item's `frequency` is data of the bureau. It is read into a rule; what cannot be read is
named (`Unreadable`), never guessed and never a crash.

- `min`: so many inspections in each calendar window (month, quarter …); a week is an ISO week,
  five years are those of a five-year plan (2026 to 2030).
- `min_by_class`: rechecks of a household, within so many months of the last one (art. 31).
- `min_by_level`: passes of a patrolled place (`projections.slots`).
- `sample_min`: a share of all objects in each window.
- `deadline`: so many days from a date of the object.
- `on_event`: nothing falls due by itself.

A window is never longer than its calendar says: it ends with its last day, also on a Sunday,
and due is the last working day in it. A term of law, that of a recheck or a deadline, ends
with the next working day where its last day is off, and what is done by then is in time.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct

from projections.spans import Span

Per: TypeAlias = Literal["day", "week", "month", "quarter", "half_year", "year", "5_years"]

_MONTHS: Final[Mapping[str, int]] = {
    "month": 1, "quarter": 3, "half_year": 6, "year": 12, "5_years": 60,
}  # fmt: skip
_A_YEAR: Final[Mapping[str, Fraction]] = {
    "day": Fraction(365), "week": Fraction(52), **{p: Fraction(12, m) for p, m in _MONTHS.items()},
}  # fmt: skip
_KEY_SLOTS: Final = "day_per_key_slot"
_MOST: Final = 1_000  # inspections in one window: more is a mistake in the data

STABLE: Final = "经济状况短期变化不大"
UNSTEADY: Final = "收入来源不固定且有劳动能力"

# ── rules ──────────────────────────────────────────────────────────────────────────


class Each(Struct, frozen=True):
    """So many in each window; `slots`: in each key slot of each day."""

    count: int
    per: Per
    slots: bool = False

    @property
    def a_year(self) -> Fraction:
        return self.count * _A_YEAR[self.per]


class ByClass(Struct, frozen=True):
    """By class of a household: each within a window's length of the last."""

    classes: Mapping[str, Each]


class ByLevel(Struct, frozen=True):
    """By level of a patrolled place. `special_weather` multiplies on days of warning."""

    levels: Mapping[str, Each]
    special_weather: int = 1


class Sample(Struct, frozen=True):
    """A share of all objects in each window."""

    fraction: Fraction
    per: Per

    def of(self, objects: int) -> int:
        return ceil(self.fraction * objects)


class Deadline(Struct, frozen=True):
    """So many days, working ones or any, from the date in an attribute."""

    days: int
    attribute: str
    working: bool = True


class OnEvent(Struct, frozen=True):
    """Nothing falls due by itself."""


class Unreadable(Struct, frozen=True):
    """What the data say is no rule known here."""

    why: str


Rule: TypeAlias = Each | ByClass | ByLevel | Sample | Deadline | OnEvent | Unreadable


def read(frequency: Mapping[str, Any]) -> Rule:
    """Read what an item states. Nothing stated is nothing due."""
    mode = frequency.get("mode", "on_event")
    reader = _READERS.get(mode) if isinstance(mode, str) else None
    if reader is None:
        return Unreadable(f"mode {mode!r}"[:80])
    return reader(frequency)


def _min(frequency: Mapping[str, Any]) -> Rule:
    return _each(frequency) or Unreadable(f"count and per of {_said(frequency)}")


def _by_class(frequency: Mapping[str, Any]) -> Rule:
    classes = _every(frequency.get("classes"))
    if classes is None or any(one.per not in _MONTHS for one in classes.values()):
        return Unreadable(f"classes of {_said(frequency)}")
    return ByClass(classes)


def _by_level(frequency: Mapping[str, Any]) -> Rule:
    levels = _every(frequency.get("classes"))
    if levels is None:
        return Unreadable(f"classes of {_said(frequency)}")
    multiplier = _members(frequency.get("multiplier"))
    weather = multiplier.get("special_weather", 1)
    return ByLevel(levels, weather if _is_count(weather) else 1)


def _sample(frequency: Mapping[str, Any]) -> Rule:
    share, per = _fraction(frequency.get("fraction")), _per(frequency.get("per"))
    if share is None or per is None:
        return Unreadable(f"fraction and per of {_said(frequency)}")
    return Sample(share, per)


def _deadline(frequency: Mapping[str, Any]) -> Rule:
    days, unit = frequency.get("days"), frequency.get("unit", "working_day")
    attribute = _FROM.get(str(frequency.get("frm", "record_filing")))
    if not _is_count(days) or attribute is None or unit not in ("working_day", "day"):
        return Unreadable(f"days of {_said(frequency)}")
    return Deadline(cast("int", days), attribute, unit == "working_day")


_FROM: Final = {
    "record_filing": "record_filed_on",
    "record_filed_on": "record_filed_on",
    "confirmation": "confirmed_on",
    "confirmed_on": "confirmed_on",
}
_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Rule]]] = {
    "min": _min,
    "min_by_class": _by_class,
    "min_by_level": _by_level,
    "sample_min": _sample,
    "deadline": _deadline,
    "on_event": lambda _frequency: OnEvent(),
}


def _every(classes: object) -> dict[str, Each] | None:
    read = {name: _each(_members(one)) for name, one in _members(classes).items()}
    found = {name: one for name, one in read.items() if one is not None}
    return found if found and len(found) == len(read) else None


def _each(stated: Mapping[str, Any]) -> Each | None:
    count, said = stated.get("count"), stated.get("per")
    slots = said == _KEY_SLOTS
    per = "day" if slots else _per(said)
    return Each(cast("int", count), per, slots) if _is_count(count) and per else None


def _per(said: object) -> Per | None:
    return cast("Per", said) if isinstance(said, str) and said in _A_YEAR else None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 < value <= _MOST


def _fraction(value: object) -> Fraction | None:
    """Read a share as it is written: 0.07 is seven hundredths, not the float beside it."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
        return None
    return Fraction(str(value))


def _members(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _said(frequency: Mapping[str, Any]) -> str:
    return str({name: one for name, one in frequency.items() if name != "basis"})[:120]


# ── plans ──────────────────────────────────────────────────────────────────────────


class Line(Struct, frozen=True):
    """A line of a plan, read: `number` for each object, or, of a sample, of distinct objects.

    `share` is set where a part of all objects is asked for instead. Without `per` the plan's
    days are one window.
    """

    item: str
    object_type: str
    number: int
    per: Per | None = None
    share: Fraction | None = None
    township: str = ""


def read_line(stated: Mapping[str, Any]) -> Line | Unreadable:
    """Read a line of a plan; what is missing or strange is named."""
    item, object_type = stated.get("item"), stated.get("object_type")
    said, per = stated.get("per"), _per(stated.get("per"))
    township = stated.get("township") or ""
    required = stated.get("required", stated.get("count"))
    names = (item, object_type, township)
    if said == _KEY_SLOTS:
        per = "day"
    if not all(isinstance(one, str) for one in names) or (said is not None and per is None):
        return Unreadable(_said(stated))
    share = _fraction(required) if isinstance(required, float) else None
    if share is None and not _is_count(required):
        return Unreadable(_said(stated))
    number = cast("int", required) if share is None else 0
    return Line(cast("str", item), cast("str", object_type), number, per, share, township)


# ── households ─────────────────────────────────────────────────────────────────────


def household_class(attributes: Mapping[str, Any]) -> str:
    """Return the class of a low-income household, as art. 31 of the measures names it.

    By its class where one is given: B is unsteady, A and C are stable. Else it is unsteady
    only where income is not fixed *and* somebody is able to work.
    """
    named = attributes.get("class_", attributes.get("class"))
    if named in (STABLE, UNSTEADY):
        return cast("str", named)
    if named in ("A", "B", "C"):
        return UNSTEADY if named == "B" else STABLE
    able = attributes.get("labour_capacity", attributes.get("labour")) is True
    return UNSTEADY if able and attributes.get("income_class") == "unfixed" else STABLE


# ── windows ────────────────────────────────────────────────────────────────────────


def window(per: Per, day: date) -> Span:
    """Return the calendar window that holds `day`."""
    if per == "day":
        return Span(day, day)
    if per == "week":
        monday = max(date.min.toordinal(), day.toordinal() - day.weekday())
        return Span(date.fromordinal(monday), _capped(monday + 6))
    length = _MONTHS[per]
    if per == "5_years":  # 2021 to 2025, 2026 to 2030
        first = date(max(1, (day.year - 1) // 5 * 5 + 1), 1, 1)
        return Span(first, date(min(first.year + 4, date.max.year), 12, 31))
    month = (day.month - 1) // length * length + 1
    last = month + length - 1
    return Span(date(day.year, month, 1), date(day.year, last, monthrange(day.year, last)[1]))


def _capped(number: int) -> date:
    return date.fromordinal(min(number, date.max.toordinal()))


def windows(per: Per, within: Span) -> Iterator[Span]:
    """Return the windows whose last day lies `within`, in their order."""
    one = window(per, within.start)
    while one.end <= within.end:
        yield one
        if one.end == date.max:
            return
        one = window(per, one.end + timedelta(days=1))


def later(day: date, per: Per, count: int = 1) -> date:
    """Return the day one window's length on, `count` times in it; at a month's end the last.

    Six months after 31 August is 28 February, or the 29th.
    """
    months = _MONTHS.get(per)
    if months is None:
        return _capped(day.toordinal() + max(1, (7 if per == "week" else 1) // count))
    if months % count:
        return _capped(day.toordinal() + max(1, months * 30 // count))
    year, index = divmod(day.year * 12 + day.month - 1 + months // count, 12)
    if year > date.max.year:
        return date.max
    return date(year, index + 1, min(day.day, monthrange(year, index + 1)[1]))
