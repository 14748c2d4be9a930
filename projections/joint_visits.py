"""综合查一次: enterprises where one visit can do what several were going to.

An enterprise is suggested where two or more items are due, or two or more visits are assigned
and not yet held, at any of its entries.
"""

from collections import defaultdict
from datetime import date

from msgspec import Struct

from events.credit_codes import is_enterprise
from projections.cap_use import planned
from projections.due_lists import Due, due_list
from projections.question import Question


class Joint(Struct, frozen=True):
    """What one visit could do: items due, the soonest day of them, visits already assigned."""

    enterprise: str
    objects: tuple[str, ...]
    townships: tuple[str, ...]
    items: tuple[str, ...]
    due_on: date | None
    planned: int


def joint_visits(question: Question, until: date | None = None) -> list[Joint]:
    """Return the suggestions, the soonest first; those without a due date last."""
    codes = {
        one.object: (code, place.township)
        for one in question.registered
        if is_enterprise(code := one.term(question.today).uscc)
        and (place := one.place(question.today)) is not None
        and question.chooses(place)
    }
    due: defaultdict[str, list[Due]] = defaultdict(list)
    for row in due_list(question, until):
        if row.object in codes:
            due[codes[row.object][0]].append(row)
    assigned = question.once(planned)
    entries: defaultdict[str, list[str]] = defaultdict(list)
    for key, (code, _) in sorted(codes.items()):
        entries[code].append(key)
    found = [
        Joint(
            code,
            tuple(keys),
            tuple(sorted({codes[key][1] for key in keys})),
            tuple(sorted({row.item for row in due[code]})),
            min((row.due_on for row in due[code]), default=None),
            sum(assigned[key] for key in keys),
        )
        for code, keys in entries.items()
    ]
    several = [one for one in found if len(one.items) > 1 or one.planned > 1]
    return sorted(several, key=lambda one: (one.due_on or date.max, one.enterprise))
