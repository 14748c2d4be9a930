"""The working calendar: which days are worked, which ask for more patrols; from data alone.

Weekends are off unless declared worked (调休), holidays are off as declared. Nothing about any
year stands in this code.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from typing import Final, Literal

from msgspec import Struct

from events.clock import CHINA
from events.office import (
    CalendarDayDeclared,
    SensitivePeriodDeclared,
    WeatherWarningIssued,
    WeatherWarningLifted,
)
from projections.calendar import DAYS
from projections.filed import FiledDocument, in_order
from projections.spans import Span
from projections.views import Query, ViewReader, view_of

DayKind = Literal["holiday", "working"]
_SATURDAY: Final = 5
A_DAY: Final = 1_440  # minutes
_DAY: Final = timedelta(days=1)
_HERE: Final = timezone(timedelta(minutes=CHINA))


class Period(Struct, frozen=True):
    """敏感时期: its days, and by how much it multiplies the passes of a patrol."""

    period: str
    name: str
    days: Span
    multiplier: int


class Warned(Struct, frozen=True):
    """气象预警: when it was issued and lifted (None: it still stands). No townships: all."""

    warning: str
    signal: str
    level: str
    issued_at: datetime
    lifted_at: datetime | None = None
    townships: tuple[str, ...] = ()

    @property
    def issued_on(self) -> date:
        """The day on the wall of the district, whatever the offset it was written with."""
        return self.issued_at.astimezone(_HERE).date()

    @property
    def days(self) -> Span:
        """From the day it was issued to the day it was lifted; open while it stands."""
        if self.lifted_at is None:
            return Span(self.issued_on)
        return Span(self.issued_on, self.lifted_at.astimezone(_HERE).date())

    def stood(self, start: int, end: int) -> bool:
        """Tell whether it stood between two minutes, counted as `minutes` does."""
        issued = minutes(self.issued_at)
        lifted = end if self.lifted_at is None else minutes(self.lifted_at)
        return issued < end and (lifted > start or issued >= start)

    def concerns(self, township: str) -> bool:
        return not self.townships or township in self.townships


class Calendar(Struct, frozen=True, dict=True):
    """Days, sensitive periods and warnings of the office, as they were declared."""

    days: Mapping[date, DayKind] = {}
    periods: tuple[Period, ...] = ()
    warnings: tuple[Warned, ...] = ()

    def is_working(self, day: date) -> bool:
        declared = self.days.get(day)
        return day.weekday() < _SATURDAY if declared is None else declared == "working"

    def on_or_after(self, day: date) -> date:
        """Return the first working day from `day` on.

        A term of law whose last day is a day off ends with the working day that follows
        (民法典 art. 203); terms of two to seven days are working days anyway (行政处罚法
        art. 85): see `add_working_days`.
        """
        while not self.is_working(day) and day < date.max:
            day += _DAY
        return day

    def on_or_before(self, day: date) -> date:
        """Return the last working day up to `day`."""
        while not self.is_working(day) and day > date.min:
            day -= _DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`, which itself is not counted."""
        left = count
        while left > 0 and day < date.max:
            day += _DAY
            left -= self.is_working(day)
        return day

    def last_working(self, span: Span) -> date:
        """Return by when something is to be done within `span`: its last working day.

        Where all its days are off, the first working day behind it.
        """
        day = self.on_or_before(span.end)
        return day if day >= span.start else self.on_or_after(span.end)

    def sensitive(self, day: date) -> int:
        """Return by how much sensitive periods multiply on `day`: the highest, else 1."""
        found = self._times.get(day)
        if found is None:
            held = (one.multiplier for one in self.periods if _holds(one.days, day))
            found = self._times[day] = max(held, default=1)
        return found

    def warned(self, day: date, township: str, start: int = 0, end: int = A_DAY) -> bool:
        """Tell whether a warning stood in a township, between two minutes of `day`.

        `end` may lie behind midnight, for a slot that runs into the next day.
        """
        midnight = day.toordinal() * A_DAY
        near = self._warnings_by_day(day)
        if end > A_DAY and day < date.max:
            near = (*near, *self._warnings_by_day(day + _DAY))
        return any(
            one.concerns(township) and one.stood(midnight + start, midnight + end) for one in near
        )

    def _warnings_by_day(self, day: date) -> tuple[Warned, ...]:
        found = self._on.get(day)
        if found is None:
            found = tuple(one for one in self.warnings if _holds(one.days, day))
            self._on[day] = found
        return found

    @cached_property
    def _times(self) -> dict[date, int]:
        return {}

    @cached_property
    def _on(self) -> dict[date, tuple[Warned, ...]]:
        return {}


def minutes(when: datetime) -> float:
    """Return a moment as minutes of the district's wall clock since the first day there is."""
    local = when.astimezone(_HERE)
    return local.toordinal() * A_DAY + local.hour * 60 + local.minute + local.second / 60


def _holds(span: Span, day: date) -> bool:
    return span.start <= day <= span.end


def calendar(views: ViewReader) -> Calendar:
    """Return the calendar that the view `calendar` holds."""
    view = view_of(views.views, "calendar")
    rows = views.select(Query("calendar", document=True))
    return calendar_of({row.key: view.decode(row.document) for row in rows})


def calendar_of(documents: Mapping[str, FiledDocument]) -> Calendar:
    """Build a calendar. What was declared last about a day, a period or a warning holds."""
    days: dict[date, DayKind] = {}
    periods: list[Period] = []
    warnings: list[Warned] = []
    for key, document in sorted(documents.items()):
        facts = in_order(document)
        if key.startswith(DAYS):
            days |= {one.day: one.kind for one in facts if isinstance(one, CalendarDayDeclared)}
        periods += _last_period(facts)
        warnings += _warning(facts)
    return Calendar(days, tuple(periods), tuple(warnings))


def _last_period(facts: Iterable[object]) -> list[Period]:
    declared = [one for one in facts if isinstance(one, SensitivePeriodDeclared)]
    return [
        Period(one.period, one.name, Span(one.valid_from, one.valid_to), one.multiplier)
        for one in declared[-1:]
    ]


def _warning(facts: Iterable[object]) -> list[Warned]:
    held = list(facts)
    lifted = [one.lifted_at for one in held if isinstance(one, WeatherWarningLifted)]
    issued = [one for one in held if isinstance(one, WeatherWarningIssued)]
    return [
        Warned(
            one.warning,
            one.signal,
            one.level,
            one.issued_at,
            min(lifted, default=None),
            one.townships,
        )
        for one in issued[-1:]
    ]
