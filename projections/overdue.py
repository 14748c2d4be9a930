"""When each object waits for an inspection that was due, day by day.

It waits from the day after the last on which it could be done in time until it is inspected
with that item after all. What patrols owe belongs to hours and not to days: it is asked in
`projections.slots`. What fell due more than a year before the days asked for is not looked for:
by then a yearly rule has fallen due again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import structs

from projections.asked import Rules
from projections.question import Filters, Question
from projections.requirements import Requirement, requirements
from projections.spans import OPEN, Span, after, before
from projections.uses import used_between
from projections.views import ViewReader

_BACK: Final = timedelta(days=366)


def overdue(
    views: ViewReader, days: Span, today: date, filters: Filters
) -> Mapping[str, Sequence[Span]]:
    """Return on which days the chosen objects waited, whoever was to inspect them."""
    back = date.min if days.start - date.min < _BACK else days.start - _BACK
    asked = structs.replace(filters, officer=None)
    question = Question(views, Span(back, days.end), today, asked)
    due = requirements(question, Rules(question.items, question.plans))
    missed = [one for one in due if not one.met and one.ends_on < today]
    return _waits(question, missed)


def _waits(question: Question, missed: Sequence[Requirement]) -> Mapping[str, Sequence[Span]]:
    if not missed:
        return {}
    members = {one.object: one.members for one in question.registered}
    first = min(one.ends_on for one in missed)
    uses = used_between(question.views, Span(first, question.today))
    found: defaultdict[str, set[Span]] = defaultdict(set)
    for one in missed:
        since = after(one.ends_on)
        later = [
            day
            for day in uses.days(members.get(one.object, (one.object,)), one.item)
            if day >= since.isoformat()
        ]
        until = before(date.fromisoformat(later[0])) if later else OPEN
        if since <= until:
            found[one.object].add(Span(since, until))
    return {key: sorted(spans) for key, spans in found.items()}
