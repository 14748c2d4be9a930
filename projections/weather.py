"""特殊天气响应率: extra passes within two hours of a warning ÷ those required.

A warning asks each place that is walked daily (hotspots and arterial segments) in a warned
township, if it counts on that day, for the passes that the item multiplies by: of twice as
many, one extra for each that is usual. They count from the minute the warning was issued to
two hours later. Where it was lifted before, nothing is asked from then on: what was done until
then counts, what was not is not missing. Asked are warnings issued in the period (by the day
on the wall) and not after today.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec import Struct

from events.clock import microseconds
from projections.asked import Rules
from projections.figures import Figure, Measured, Part, summed
from projections.frequency import ByLevel
from projections.garbage import no_collection
from projections.question import Question
from projections.slots import Passes, Patrolled, passes, patrolled
from projections.spans import Span, after
from projections.working_calendar import Warned

WITHIN: Final = timedelta(hours=2)


class Response(Struct, frozen=True):
    """What a warning asked of a place, and how many patrols went there in time."""

    warning: str
    object: str
    township: str
    done: int
    required: int

    @property
    def key(self) -> str:
        """The key of its part: warning, place."""
        return f"{self.warning}|{self.object}"


def weather_response(question: Question) -> Measured:
    """Σ min(extra passes in time, required) ÷ Σ required, over warning × place.

    `by` warning and township; `unanswered` are warnings after which nobody went anywhere.
    """
    with no_collection():
        found = list(responses(question))
    by: dict[str, defaultdict[str, list[Part]]] = {
        "warning": defaultdict(list),
        "township": defaultdict(list),
    }
    for one in found:
        part = Part(one.key, one.done, one.required)
        by["warning"][one.warning].append(part)
        by["township"][one.township].append(part)
    figures: dict[str, dict[str, Figure]] = {
        name: {value: summed(parts) for value, parts in sorted(of.items())}
        for name, of in by.items()
    }
    return Measured(
        {"passes": summed(Part(one.key, one.done, one.required) for one in found)},
        by=figures,
        lists={
            "unanswered": tuple(
                warning for warning, one in figures["warning"].items() if not one.numerator
            )
        },
    )


def responses(question: Question) -> Iterator[Response]:
    """Yield what each warning of the period asked of each place."""
    past = question.past
    issued = [
        one
        for one in question.calendar.warnings
        if past is not None and past.start <= one.issued_on <= past.end
    ]
    if not issued:
        return
    rules = Rules(question.items, question.plans)
    days = Span(min(one.issued_on for one in issued), max(one.issued_on for one in issued))
    walked = passes(question, days)
    for warning in sorted(issued, key=lambda one: one.warning):
        for about in _asked_daily(question, rules, warning):
            if (found := _response(warning, about, walked)).required:
                yield found


def _asked_daily(question: Question, rules: Rules, warning: Warned) -> Iterator[Patrolled]:
    day = warning.issued_on
    for one in question.registered:
        for object_type in sorted({object_type for object_type, _ in one.types}):
            for stretch, rule in rules.of_kind(ByLevel, object_type):
                if stretch.days.start <= day <= stretch.days.end:
                    about = patrolled(question, one, stretch, rule, day)
                    if (
                        about is not None
                        and about.each.per == "day"
                        and warning.concerns(about.place.township)
                    ):
                        yield about


def _response(warning: Warned, about: Patrolled, walked: Passes) -> Response:
    start = microseconds(warning.issued_at)
    end = microseconds(warning.issued_at + WITHIN)
    lifted = None if warning.lifted_at is None else microseconds(warning.lifted_at)
    day = warning.issued_on
    near = (*walked.of_day(about.names, day), *walked.of_day(about.names, after(day)))
    until = end if lifted is None else min(end, lifted)
    done = len({one.patrol for one in near if start <= one.at <= until})
    required = about.each.count * (about.weather - 1)
    if until < end:
        required = min(required, done)
    return Response(warning.warning, about.object, about.place.township, done, required)
