"""A period in steps, as a slider walks through it: days, weeks, months, quarters or years."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from projections.spans import Span, after

Step: TypeAlias = Literal["day", "week", "month", "quarter", "year"]

MOST_STEPS: Final = 400
"""A year of days, and some."""


class TooManyStepsError(ValueError):
    """A period that has more steps than anybody looks at."""


def steps_of(period: Span, step: Step) -> tuple[Span, ...]:
    """Cut a period into days, weeks from Monday, months, quarters or years of the calendar."""
    found: list[Span] = []
    start = period.start
    while start <= period.end:
        if len(found) == MOST_STEPS:
            raise TooManyStepsError(f"more than {MOST_STEPS} steps")
        end = min(_end(start, step), period.end)
        found.append(Span(start, end))
        if end == date.max:
            break
        start = after(end)
    return tuple(found)


def _end(day: date, step: Step) -> date:
    match step:
        case "day":
            return day
        case "week":
            left = 6 - day.weekday()
            return day + timedelta(days=min(left, (date.max - day).days))
        case "month":
            return day.replace(day=monthrange(day.year, day.month)[1])
        case "quarter":
            last = (day.month + 2) // 3 * 3
            return date(day.year, last, monthrange(day.year, last)[1])
        case "year":
            return date(day.year, 12, 31)
