"""The matrix behind 面面有监督 and the first question of a manager: domain × township.

Of each cell how many objects count, how many of them were inspected, how often somebody was
there, and what supervisors did. `projections.supervision_faces` decides which cells are done.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeAlias

from msgspec import Struct

from projections.chosen import conditions
from projections.figures import Figure, Measured, figure
from projections.question import Question
from projections.supervision import SupervisionDocument, cell
from projections.views import Query, view_of
from projections.visits import local_day

State: TypeAlias = Literal["both", "inspected", "supervised", "neither", "none"]
"""`none`: no objects, so nothing to inspect."""


class Face(Struct, frozen=True):
    """A cell. `objects` are those that count, and which were inspected."""

    state: State
    objects: Figure = Figure()
    inspections: int = 0


class ActLine(Struct, frozen=True):
    """An act of supervision as it was recorded."""

    domain: str
    township: str
    on: date
    act: str
    by: str
    inspection: str
    result: str


def faces(question: Question, measured: Measured) -> Mapping[tuple[str, str], Face]:
    """Return the cells that have objects, by domain and township; `measured` of this question."""
    states: dict[str, State] = dict.fromkeys(measured.figure.covered, "both")
    states |= dict.fromkeys(measured.lists["inspected_only"], "inspected")
    states |= dict.fromkeys(measured.lists["supervised_only"], "supervised")
    states |= dict.fromkeys(measured.lists["neither"], "neither")
    of: dict[tuple[str, str], list[str]] = {}
    for one in question.objects:
        of.setdefault((one.domain, one.township), []).append(one.object)
    held = Counter((one.domain, one.township) for one in question.effective)
    return {
        key: Face(states[cell(*key)], figure(objects, question.visited), held[key])
        for key, objects in sorted(of.items())
    }


def acts(question: Question) -> tuple[ActLine, ...]:
    """Return the acts that supervisors recorded in the period, the newest first."""
    past = question.past
    if past is None:
        return ()
    chosen = question.filters
    asked = (("township", chosen.township), ("domain", chosen.domain))
    where = tuple(conditions(asked))
    view = view_of(question.views.views, "supervision")
    found: list[ActLine] = []
    for row in question.views.select(Query("supervision", where=where, document=True)):
        document: SupervisionDocument = view.decode(row.document)
        domain, _, township = row.key.partition("|")
        for act in document.register.values():
            day = local_day(act.at, act.offset)
            if past.start <= day <= past.end:
                line = (day, act.act, act.by, act.inspection, act.result)
                found.append(ActLine(domain, township, *line))
    return tuple(sorted(found, key=lambda one: (one.on, one.domain, one.township), reverse=True))
