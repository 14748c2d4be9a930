"""What happened that somebody has to look at now (domain.md, section 7, question 5).

Patrols that met minors or medical emergencies, patrols that saw an accident or public anger, and
critical findings: of the inspections of some days, voided ones left out. Records that have not
arrived yet cannot be told here; silent tablets are asked elsewhere.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from projections.chosen import where as chosen_where
from projections.follow_ups import following
from projections.followed import Followed
from projections.patrols import read_goals
from projections.question import Question
from projections.spans import Span
from projections.views import Condition, Query

What: TypeAlias = Literal["minor", "emergency", "public_opinion", "critical"]
_BEFORE: Final = timedelta(
    days=1
)  # a finding belongs to a visit that may have begun the day before


class Noticed(Struct, frozen=True, order=True):
    """Something that happened on a day, in which inspection, and how often."""

    on: date
    what: What
    inspection: str
    domain: str
    township: str
    count: int = 1


def attention(question: Question) -> tuple[Noticed, ...]:
    """Return what happened in the period, the newest first."""
    past = question.past
    if past is None:
        return ()
    found = (*_patrols(question, past), *_critical(question, past))
    return tuple(sorted(found, reverse=True))


def _patrols(question: Question, past: Span) -> Iterator[Noticed]:
    chosen = question.filters
    where: list[Condition] = [
        ("walked_on", ">=", past.start.isoformat()),
        ("walked_on", "<=", past.end.isoformat()),
        ("goals", "!=", ""),
    ]
    where += chosen_where(chosen, "township", "village", "domain", "kind")
    columns = ("walked_on", "domain", "township", "goals", "officers")
    for row in question.views.select(Query("inspections", columns=columns, where=tuple(where))):
        day, domain, township, goals, officers = map(str, row.values)
        if chosen.officer not in (None, *officers.split()):
            continue
        seen = read_goals(goals)
        counts: tuple[tuple[What, int], ...] = (
            ("minor", seen.minors),
            ("emergency", seen.emergencies),
            ("public_opinion", seen.trouble),
        )
        for what, count in counts:
            if count:
                yield Noticed(date.fromisoformat(day), what, row.key, domain, township, count)


def _critical(question: Question, past: Span) -> Iterator[Noticed]:
    since = past.start - _BEFORE if past.start > date.min else past.start
    begun: Condition = ("started_on", ">=", since.isoformat())
    for one in following(question, Followed.FINDING, begun):
        days = [
            found.on
            for found in one.follow.findings
            if found.severity == "critical" and past.start <= found.on <= past.end
        ]
        for day in () if one.voided else sorted(set(days)):
            count = days.count(day)
            yield Noticed(day, "critical", one.inspection, one.domain, one.township, count)
