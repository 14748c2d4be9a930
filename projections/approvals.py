"""What is assigned and waits for an approval: nothing else may be begun without one.

Whether a visit needs one is said by the form of its kind; what was begun waits no more, for an
approval beforehand is too late then.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct, json

from events.office import InspectionAssigned
from events.procedure_rules import Act, Cited, cited
from projections import lists
from projections.chosen import where as chosen_where
from projections.lists import ASSIGNMENTS
from projections.question import Filters
from projections.views import Query, ViewReader, view_of

_STEP: Final = 500


class Form(Struct, frozen=True):
    """What of a published checklist says whether and why an approval is needed."""

    kind: str
    nature: str = ""
    requires_approval: bool = False
    zh: str = ""
    en: str = ""


class Awaiting(Struct, frozen=True):
    """An assignment that waits: as it was given, the form that asks for it, and the articles."""

    given: InspectionAssigned
    form: Form
    basis: tuple[Cited, ...]

    @property
    def assignment(self) -> str:
        return self.given.assignment


_read = json.Decoder(Form).decode


def awaiting(views: ViewReader, today: date, filters: Filters | None = None) -> Sequence[Awaiting]:
    """Return what waits, the soonest due first."""
    forms = _forms(views, today)
    if not forms:
        return ()
    rows = views.select(
        Query(
            "assignments",
            where=(
                ("withdrawn", "=", 0),
                ("approved", "=", 0),
                ("kind", "in", sorted(forms)),
                *chosen_where(filters or Filters(), "township", "domain", "kind"),
            ),
            order=("due_on",),
            document=True,
        )
    )
    begun = _begun(views, [row.key for row in rows])
    found: list[Awaiting] = []
    for row in rows:
        given = lists.assignment(ASSIGNMENTS.decode(row.document)).given
        if given is not None and row.key not in begun:
            form = forms[given.kind]
            act = Act(today, form.nature, given.kind, given.domain, given.object_type)
            found.append(Awaiting(given, form, cited("approval_missing", act)))
    return found


def _forms(views: ViewReader, today: date) -> Mapping[str, Form]:
    """Return the forms in force that ask for an approval, by kind."""
    view = view_of(views.views, "checklists")
    found: dict[str, Form] = {}
    for row in views.select(Query("checklists", document=True)):
        form = lists.checklist(view.decode(row.document), today)
        read = _read(form.content) if form is not None else None
        if read is not None and read.requires_approval:
            found[read.kind] = read
    return found


def _begun(views: ViewReader, assignments: Sequence[str]) -> frozenset[str]:
    """Return which assignments an inspection was begun for."""
    found: set[str] = set()
    for start in range(0, len(assignments), _STEP):
        some = list(assignments[start : start + _STEP])
        query = Query("inspections", columns=("assignment",), where=(("assignment", "in", some),))
        found |= {str(row.values[0]) for row in views.select(query)}
    return frozenset(found)
