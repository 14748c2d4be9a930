"""概览: the five questions of a Monday morning on one screen, each number a way to its rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.due import DUE_KINDS
from backend.measure_words import namer
from backend.measuring import ASKED, Asked, Measuring
from backend.morning import DueCount, Morning, morning, week_of
from backend.pages import Pages, is_partial
from backend.pages_of.filtering import Looking, as_of_words, filters_of, looking_of
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import Reading, query_of
from projections.attention import Noticed
from projections.coverage import DOMAINS as ORDERED
from projections.faces import Face
from projections.hidden import SMALL, hidden_across
from projections.spans import Span


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


DUE: Final[Mapping[str, str]] = {
    "recheck": _("Rechecks of households"),
    "visit": _("Other inspections"),
    "patrol": _("Patrols"),
    "order": _("Re-inspections under orders"),
    "task": _("Tasks"),
    "revisit": _("Revisits of those who refused help"),
    "decision": _("Decisions on benefits"),
    "case": _("Cases"),
    "recovery": _("Recoveries"),
    "weather": _("Extra patrols under weather warnings"),
}
NOTICED: Final[Mapping[str, str]] = {
    "minor": _("Minors met on patrol"),
    "emergency": _("Medical emergencies"),
    "public_opinion": _("Accidents and public-opinion risk"),
    "critical": _("Critical findings"),
}
STATUS: Final[Mapping[str, str]] = {
    "exceeded": _("exceeded"),
    "full": _("reached"),
    "near": _("near"),
}


class Cell(Struct, frozen=True):
    """A cell of the matrix, in its words; `state`: `none`, `uncovered` or `covered`."""

    state: str
    text: str
    said: str
    way: str


class Number(Struct, frozen=True):
    """A number, and the way to the rows behind it."""

    value: int
    way: str


class DueRow(Struct, frozen=True):
    """A kind of work: how much of it is late, and due until the end of the week."""

    title: str
    overdue: Number
    week: Number


class Happened(Struct, frozen=True):
    """A kind of thing that happened: how often, in which inspections."""

    title: str
    count: int
    of: Sequence[Noticed]


@get(
    "/monday",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def monday(
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
) -> Response[str]:
    """Show what a manager asks on a Monday morning."""
    looking = looking_of(request, reader)
    with reading.held() as views:
        found = measuring.once(asked, morning)
        offered = filters_of(views, looking, asked.filters)
        name_of = namer(views, _keys(found), looking.language, looking.words)
        as_of = reading.as_of(query_of(request), asked.today, views)
    scope = _Scope(asked, looking, name_of)
    return pages.render(
        request,
        "monday.html",
        layout="part.html" if is_partial(request) else "frame.html",
        found=found,
        filters=offered,
        name_of=name_of,
        way=scope.way,
        domain_names={code: name_of(code) for code in ORDERED},
        townships=sorted({township for _domain, township in found.faces}),
        matrix=_matrix(found, scope),
        uncovered=sum(not one.inspections for one in found.faces.values()),
        due=[scope.due_row(one) for one in found.due if one.overdue or one.week],
        not_yet=found.officers.lists.get("not_yet", ()),
        could=found.officers.figure.denominator,
        ending=_ending(found),
        pairs=[pair.split("|") for pair in found.officers.lists.get("pairs", ())],
        status=looking.saying(STATUS),
        silent=[one for one in found.silent if one.concerns(reader)],
        happened=[_happened(found, what, looking) for what in NOTICED],
        as_of=as_of_words(as_of, looking.words),
        here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    )


def _keys(found: Morning) -> set[str]:
    """Return all that has a name on the page."""
    keys = {key for cell in found.faces for key in cell} | set(ORDERED)
    keys |= {one.object for one in found.waiting}
    keys |= {officer for names in found.officers.lists.values() for officer in names}
    keys |= {key for one in found.caps for key in one.objects}
    keys |= {key for one in found.joint for key in (*one.objects, *one.items)}
    return keys | {key for one in found.noticed for key in (one.township, one.domain)}


def _ending(found: Morning) -> Sequence[tuple[str, int]]:
    """Return whose certificate ends, the soonest first, with the days that are left."""
    days = found.officers.numbers
    ends = found.officers.lists.get("ending", ())
    return sorted(
        ((one, int(days.get(f"certificate_days.{one}") or 0)) for one in ends),
        key=lambda pair: (pair[1], pair[0]),
    )


def _happened(found: Morning, what: str, looking: Looking) -> Happened:
    of = [one for one in found.noticed if one.what == what]
    return Happened(looking.say(NOTICED, what), sum(one.count for one in of), of)


def _matrix(found: Morning, scope: "_Scope") -> Mapping[str, Mapping[str, Cell]]:
    """Return the cells by domain and township. What stands for fewer than five homes is hidden."""
    hidden = hidden_across({key: one.objects for key, one in found.faces.items()}, found.homes)
    cells: dict[str, dict[str, Cell]] = {}
    for (domain, township), face in found.faces.items():
        text = hidden.get((domain, township), "")
        cell = scope.cell(found.month, domain, township, face, text)
        cells.setdefault(domain, {})[township] = cell
    return cells


class _Scope(Struct, frozen=True):
    """What was chosen on the page: its ways lead to the same choice."""

    asked: Asked
    looking: Looking
    name_of: Callable[[str], str]

    def way(self, path: str, **asked: object) -> str:
        """Return a way to rows, with what is chosen here."""
        chosen = self.asked.filters
        held = {"township": chosen.township, "domain": chosen.domain, "kind": chosen.kind}
        query = {name: str(value) for name, value in (held | asked).items() if value is not None}
        return f"{path}?{urlencode(query)}" if query else path

    def due_row(self, one: DueCount) -> DueRow:
        """Return a line of what is due."""
        title = self.looking.say(DUE, one.what)
        week = week_of(self.asked.today)
        if one.what == "weather":
            way = self.way(
                "/views/measures/weather_response", rows="true", **{"from": week.start},
                to=week.end,
            )  # fmt: skip
            return DueRow(title, Number(one.overdue, way), Number(one.week, way))
        if one.what in DUE_KINDS:
            late = self.way("/due", what=one.what, overdue="true")
            soon = self.way("/due", what=one.what, until=week.end)
        else:
            late = self.way("/follow-ups", what=one.what, state="overdue")
            soon = self.way("/follow-ups", what=one.what, state="due", to=week.end)
        return DueRow(title, Number(one.overdue, late), Number(one.week, soon))

    def cell(self, month: Span, domain: str, township: str, face: Face, hidden: str) -> Cell:
        """Return a cell: where nobody was, the way to what waits there, else to who was."""
        figure = face.objects
        is_covered = face.inspections > 0
        said = self.looking.words.gettext(
            _("{domain}, {township}: {done} of {of} objects inspected this month")
        )
        counts = (SMALL, SMALL) if hidden else (figure.numerator, figure.denominator)
        there = {"domain": domain, "township": township}
        return Cell(
            "covered" if is_covered else "uncovered",
            ("✓ " if is_covered else "0 / ") + SMALL if hidden else f"{counts[0]} / {counts[1]}",
            said.format(
                domain=self.name_of(domain), township=self.name_of(township),
                done=counts[0], of=counts[1],
            ),
            self.way("/faces", **there, **{"from": month.start}, to=month.end)
            if is_covered
            else self.way("/objects", **there),
        )  # fmt: skip
