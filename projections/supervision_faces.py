"""面面有监督: where there is something to inspect, whether it was, and who looked at that.

A cell is a domain in a township. It counts if it has objects that count in the period; it is
done if it has an effective inspection and a supervisory act in the period. Acts are those that
supervisors recorded, and re-inspections by officers none of whom had been there before: who
looks at their own work again supervises nobody. The moment of the act decides, whenever it was
handed in.

An act has neither village nor kind nor crew: where these are chosen, it counts for its cell.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Final

from projections.chosen import conditions
from projections.figures import Figure, Measured, figure
from projections.followed import Followed, Look, read_follow
from projections.question import Question
from projections.supervision import Act, SupervisionDocument, cell
from projections.views import Condition, Query, view_of
from projections.visits import local_day

REINSPECTION: Final = "reinspection"


def supervision_faces(question: Question) -> Measured:
    """面面有监督: cells inspected and supervised ÷ cells that have active objects."""
    cells = {cell(one.domain, one.township) for one in question.objects}
    inspected = {cell(one.domain, one.township) for one in question.effective}
    supervised = _supervised(question)
    both = inspected & supervised
    return Measured(
        {"cells": figure(cells, both)},
        by={"domain": _by(cells, both, 0), "township": _by(cells, both, 1)},
        lists={
            "inspected_only": tuple(sorted(cells & inspected - supervised)),
            "supervised_only": tuple(sorted(cells & supervised - inspected)),
            "neither": tuple(sorted(cells - inspected - supervised)),
        },
    )


def _by(cells: Iterable[str], both: set[str], place: int) -> dict[str, Figure]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in cells:
        found[one.split("|")[place]].append(one)
    return {value: figure(keys, both) for value, keys in sorted(found.items())}


def _supervised(question: Question) -> set[str]:
    past = question.past
    if past is None:
        return set()

    def lies_in(day: date) -> bool:
        return past.start <= day <= past.end

    return {*_recorded(question, lies_in), *_looked_again(question, lies_in)}


def _where(question: Question) -> tuple[Condition, ...]:
    chosen = question.filters
    named = (("township", chosen.township), ("domain", chosen.domain))
    return tuple(conditions(named))


def _recorded(question: Question, lies_in: Callable[[date], bool]) -> Iterator[str]:
    """Find the cells that a supervisor looked at."""
    view = view_of(question.views.views, "supervision")
    rows = question.views.select(Query("supervision", where=_where(question), document=True))
    acts: dict[str, list[Act]] = {}
    for row in rows:
        document: SupervisionDocument = view.decode(row.document)
        acts[row.key] = [
            act for act in document.register.values() if lies_in(local_day(act.at, act.offset))
        ]
    of = [act.inspection for held in acts.values() for act in held if act.act == REINSPECTION]
    crews = _crews(question, of)
    for key, held in acts.items():
        if any(act.act != REINSPECTION or act.by not in crews.get(act.inspection, ())
               for act in held):  # fmt: skip
            yield key


def _looked_again(question: Question, lies_in: Callable[[date], bool]) -> Iterator[str]:
    """Find the cells where others than the first crew saw whether an order was obeyed."""
    ordered: Condition = ("followed", "in", Followed.ORDER.having)
    columns = ("domain", "township", "officers", "follow")
    rows = question.views.select(
        Query("inspections", columns=columns, where=(ordered, *_where(question)))
    )
    again: list[tuple[str, set[str], Look]] = []
    for row in rows:
        domain, township, crew, follow = (str(value) for value in row.values)
        again += [
            (cell(domain, township), set(crew.split()), look)
            for order in read_follow(follow).orders
            for look in order.looks
            if lies_in(look.on)
        ]
    crews = _crews(question, (look.by for _, _, look in again))
    for key, first, look in again:
        second = set(look.officers) or crews.get(look.by, set())
        if second and not first & second:
            yield key


def _crews(question: Question, inspections: Iterable[str]) -> dict[str, set[str]]:
    """Return who was in the crews of inspections."""
    keys = sorted({one for one in inspections if one})
    if not keys:
        return {}
    rows = question.views.select(
        Query("inspections", columns=("officers",), where=(("key", "in", keys),))
    )
    return {row.key: set(str(row.values[0]).split()) for row in rows}
