"""When each object waits for an inspection that was due, day by day.

It waits from the day after the last on which it could be done in time until it is inspected
with that item after all. What patrols owe belongs to hours and not to days: it is asked in
`projections.slots`. A window that ended more than a year before the days asked for is not looked
for: by then a yearly rule has fallen due again. Rechecks and deadlines wait however long.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import structs

from projections.asked import Rules
from projections.question import Filters, Question
from projections.requirements import Requirement, in_windows, of_all_terms
from projections.spans import OPEN, Span, after, before
from projections.uses import used_between
from projections.views import ViewReader

_BACK: Final = timedelta(days=366)


def overdue(
    views: ViewReader, days: Span, today: date, filters: Filters
) -> Mapping[str, Sequence[Span]]:
    """Return on which days the chosen objects waited, whoever was to inspect them.

    With `item`: for an inspection with it.
    """
    back = date.min if days.start - date.min < _BACK else days.start - _BACK
    asked = structs.replace(filters, officer=None)
    question = Question(views, Span(back, days.end), today, asked)
    rules = Rules(question.items, question.plans)
    missed = [
        one
        for one in in_windows(question, rules)
        if not one.met and one.ends_on < today and filters.item in (None, one.item)
    ]
    found: defaultdict[str, set[Span]] = defaultdict(set)
    for key, span in (*_waits(question, missed), *_terms(question, rules)):
        if span.start <= span.end:
            found[key].add(span)
    return {key: sorted(spans) for key, spans in found.items()}


def _terms(question: Question, rules: Rules) -> Iterator[tuple[str, Span]]:
    """Yield when objects waited for rechecks and deadlines, also such as came overdue."""
    today = question.today
    for one, item, due in of_all_terms(question, rules):
        place = due.place or one.place(today)
        if (
            due.due_on < today
            and not due.met
            and question.filters.item in (None, due.item)
            and place is not None
            and question.chooses(place)
            and (item.asks(place.object_type, due.due_on) or item.asks(place.object_type, today))
        ):
            yield due.object, Span(after(due.due_on), _until(due.ended_on))


def _waits(question: Question, missed: Sequence[Requirement]) -> Iterator[tuple[str, Span]]:
    """Yield when objects waited for inspections whose window has ended."""
    if not missed:
        return
    members = {one.object: one.members for one in question.registered}
    first = min(one.ends_on for one in missed)
    uses = used_between(question.views, Span(first, question.today))
    for one in missed:
        since = after(one.ends_on)
        later = [
            day
            for day in uses.days(members.get(one.object, (one.object,)), one.item)
            if day >= since.isoformat()
        ]
        yield one.object, Span(since, _until(date.fromisoformat(later[0]) if later else None))


def _until(ended_on: date | None) -> date:
    return OPEN if ended_on is None else before(ended_on)
