"""What is asked of the list of objects, and the keys that answer it beyond columns.

A part of a name, what falls due, and a cell of the map are no columns of the view: each gives a
set of keys, found once while nothing changes.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct
from msgspec.structs import replace

from backend.geojson import points_of
from backend.hexagons import cell_at, resolution
from backend.measuring import Asked, Measuring
from backend.name_index import NameIndex
from backend.readings import Code, Reading, Today, period_of
from projections.chosen import takes
from projections.due_lists import in_order
from projections.object_inventory import ObjectFilters, Order, object_count
from projections.points import points
from projections.question import Filters, Question
from projections.spans import Span
from projections.views import ViewStore

DueWithin: TypeAlias = Literal["", "overdue", "week", "month"]
MOST_ASKED: Final = 80  # characters of a name
_DAYS: Final[Mapping[DueWithin, int]] = {"overdue": -1, "week": 7, "month": 30}
_MOST_COUNTS: Final = 64
_TOWNSHIP: Final = 9  # digits
_VILLAGE: Final = 12


class Wanted(Struct, frozen=True):
    """A list of objects that is asked for. `q`: part of a name; `cell`: of a map.

    `item` and `kind` (of a checklist) choose objects of the types that they are about.
    """

    today: date
    filters: ObjectFilters
    order: Order = "last_on"
    falling: bool = False
    q: str = ""
    due: DueWithin = ""
    cell: str = ""
    item: str | None = None
    kind: str | None = None


def wanted(  # noqa: PLR0913  filters
    *,
    reading: NamedDependency[SkipValidation[Reading]],
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    object_type: Code = None,
    item: Code = None,
    kind: Code = None,
    never: Annotated[bool, QueryParameter(description="only never inspected ones")] = False,
    open_findings: Annotated[bool, QueryParameter(description="only with open findings")] = False,
    closed: Annotated[bool, QueryParameter(description="ended ones too")] = False,
    q: Annotated[
        str, QueryParameter(max_length=MOST_ASKED, description="part of a name or its pinyin")
    ] = "",
    due: Annotated[DueWithin, QueryParameter(description="what falls due so soon")] = "",
    cell: Annotated[str, QueryParameter(max_length=16, description="a cell of a map")] = "",
    order: Annotated[Order, QueryParameter(description="sorted by")] = "last_on",
    direction: Annotated[Literal["rising", "falling"], QueryParameter()] = "rising",
    today: Today = None,
) -> Wanted:
    """Read what is asked from the query. Every list of objects takes its parameters from here."""
    return Wanted(
        today or reading.today(),
        ObjectFilters(
            township or None, village or None, domain or None, object_type or None,
            never, open_findings, closed,
        ),
        order,
        direction == "falling",
        " ".join(q.split()),
        due,
        cell,
        item or None,
        kind or None,
    )  # fmt: skip


WANTED: Final = {"wanted": Provide(wanted, sync_to_thread=False)}


class Finder:
    """Finds objects by what is no column; call it while the views are held still."""

    def __init__(self, measuring: Measuring) -> None:
        self._names = NameIndex("objects", "uscc")
        self._measuring = measuring
        self._aside = measuring
        self._counts: OrderedDict[tuple[int, date, ObjectFilters], int] = OrderedDict()

    def prepare(self, reading: Reading) -> bool:
        """Read all names before anybody looks for one: of many that takes seconds. As a work."""
        with reading.unmoved() as views:
            self._names.follow(views)
        return False

    def filters(self, views: ViewStore, what: Wanted) -> ObjectFilters:
        """Return the filters of a list, with the keys that the rest of the question leaves."""
        filters, found = _in_area(what)
        filters = replace(filters, object_types=_types(views, what))
        sets: list[frozenset[str]] = [] if found is None else [found]
        if what.q:
            sets.append(frozenset(self._names.find(views, what.q)))
        if what.due:
            sets.append(self._due_within(views, what.today, what.due))
        if what.cell and not what.cell.isdigit():
            sets.append(_in_cell(views, what.cell, what.today))
        return replace(filters, keys=sets[0].intersection(*sets[1:])) if sets else filters

    def _due_within(self, views: ViewStore, today: date, due: DueWithin) -> frozenset[str]:
        """Return what falls due so soon; what is overdue is due in any time to come."""
        return self._of(views).once(_this_year(today), _within)[due]

    def count(self, views: ViewStore, today: date, filters: ObjectFilters) -> int:
        """Return how many objects there are to list; counted once while nothing changes."""
        asked = (views.position(), today, filters)
        if asked not in self._counts:
            self._counts[asked] = object_count(views, today, filters)
            while len(self._counts) > _MOST_COUNTS:
                self._counts.popitem(last=False)
        return self._counts[asked]

    def question(self, views: ViewStore, today: date) -> Question:
        """Return the question about all there is this year, in which what is due is looked up."""
        return self._of(views).question(_this_year(today))

    def _of(self, views: ViewStore) -> Measuring:
        measuring = self._measuring.of(views)
        if measuring is not self._measuring:  # of a file that takes long: asked page by page
            measuring = self._aside = self._aside.of(views)
        return measuring


def _this_year(today: date) -> Asked:
    return Asked(period_of(None, None, today), today)


def _types(views: ViewStore, what: Wanted) -> frozenset[str] | None:
    """Return the types that an item and a kind are about; None where neither is asked for."""
    chosen = Filters(kind=what.kind, item=what.item)
    return Question(views, Span(what.today, what.today), what.today, chosen).types


def _in_area(what: Wanted) -> tuple[ObjectFilters, frozenset[str] | None]:
    """Return the filters with the area that a cell names; nothing lies in two areas."""
    level = {_TOWNSHIP: "township", _VILLAGE: "village"}.get(len(what.cell))
    if level is None or not what.cell.isdigit():
        return what.filters, frozenset() if what.cell.isdigit() else None
    if not takes(getattr(what.filters, level), what.cell):
        return what.filters, frozenset()
    return replace(what.filters, **{level: what.cell}), None


def _within(measuring: Measuring, asked: Asked) -> Mapping[DueWithin, frozenset[str]]:
    """Return which objects are due so soon."""
    today = asked.today
    soonest: dict[str, date] = {}
    for one in measuring.question(asked).once(in_order):
        on = today - timedelta(days=1) if one.overdue_days else max(one.due_on, today)
        soonest[one.object] = min(on, soonest.get(one.object, on))
    return {
        due: frozenset(key for key, on in soonest.items() if on <= today + timedelta(days=days))
        for due, days in _DAYS.items()
    }


def _in_cell(views: ViewStore, cell: str, today: date) -> frozenset[str]:
    fine = resolution(cell)
    if fine is None:
        return frozenset()
    return frozenset(_lying(points_of(views).items(), fine, cell, today))


def _lying(rows: Iterable[tuple[str, str]], fine: int, cell: str, today: date) -> Iterable[str]:
    find = cell_at(fine)
    for key, text in rows:
        here = points(text).on(today)
        if here is not None and find(here) == cell:
            yield key
