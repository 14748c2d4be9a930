"""What can be computed again from the records: measures, lists, and every view there is.

A measure comes with each of its published versions; a view without a list of its own is shown
as it is, by key and columns. Figures that would tell of fewer than five homes are hidden.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from backend import coverage, devices, inspections, items, objects
from backend.measuring import Asked
from backend.readings import MOST, Table
from backend.telling import told
from events.facts import HOMES
from events.inspections import (
    CorrectionRecorded,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    SegmentCovered,
)
from projections import published
from projections.agreement import named_figures
from projections.calendar import CALENDAR
from projections.catalogue import VIEWS
from projections.chosen import conditions
from projections.coverage import coverage as compute_coverage
from projections.devices import DEVICES
from projections.figures import Figure, Measured
from projections.hidden import Homes, hidden_of, homes_of, reads
from projections.inspections import INSPECTIONS
from projections.items import ITEM_USES, ITEMS
from projections.lists import ERASURES
from projections.object_inventory import ObjectFilters
from projections.objects import OBJECTS, Listed, ObjectDocument
from projections.plans import PLANS
from projections.published import Measure, Versions, narrowed
from projections.replay import COVERAGE
from projections.view import View
from projections.views import Condition, Cursor, Query, ViewReader, ViewStore, view_of


class Figures(Struct, frozen=True):
    """Figures by name, and which of them are hidden; beside them numbers that are no rates."""

    figures: Mapping[str, Figure]
    hidden: frozenset[str]
    numbers: Mapping[str, float | None]


def _nothing_else(_views: ViewReader, _key: str) -> Sequence[str]:
    return ()


class Replayable(Struct, frozen=True):
    """What can be replayed: the views it is made from, in full and no more than it needs.

    `brief` are the members that a narrow table shows; `key` those that name a row of a list.
    `figures` are those of a measure. `versions` are quoted beside those of the views. `also`
    are other keys under which something stands of a row. `filtered`: a list that is cut down
    to what is asked for, as measures are.
    """

    views: Sequence[View]
    narrow: Sequence[View]
    table: Callable[[ViewStore, Asked, int], Table]
    brief: Sequence[str]
    key: Sequence[str] = ()
    figures: Callable[[ViewStore, Asked], Figures] | None = None
    versions: Versions = {}
    also: Callable[[ViewReader, str], Sequence[str]] = _nothing_else
    filtered: bool = False

    @property
    def narrows(self) -> bool:
        """Tell whether filters cut it down: else nobody with a scope may see it."""
        return self.filtered or self.figures is not None


# ── measures ───────────────────────────────────────────────────────────────────────


def _of_measure(one: Measure) -> Replayable:
    def measured(views: ViewStore, asked: Asked) -> Measured:
        chosen = {name: value for name, value in asdict(asked.filters).items() if value}
        return one.compute(views, asked.period, asked.today, chosen)

    return Replayable(
        [published.view(name, version) for name, version in one.reads.items()],
        one.views,
        lambda views, asked, _most: Table(list(_lines(measured(views, asked), _homes(views)))),
        ("figure", "by", "value", "done", "of", "words"),
        figures=lambda views, asked: _figures(measured(views, asked), _homes(views)),
        versions={one.name: one.version},
    )


def _lines(found: Measured, homes: Homes) -> Iterator[dict[str, Any]]:
    """Return all that a measure gives as rows of one table."""
    for name, figure in found.figures.items():
        yield _line(name, "", "", figure, reads(figure, homes))
    first = next(iter(found.figures), "")
    for by, figures in found.by.items():
        hidden = hidden_of(figures, homes)
        for value, figure in figures.items():
            yield _line(first, by, value, figure, hidden.get(value))
    for name, number in found.numbers.items():
        said = "" if number is None else f"{number:.6g}"
        cells = {"done": None, "of": None, "rate": number, "words": said}
        yield {"figure": name, "by": "", "value": "", **cells}


def _line(name: str, by: str, value: str, figure: Figure, hidden: str | None) -> dict[str, Any]:
    said = told(name, "", figure, hidden)
    cells = {"done": said.done, "of": said.of, "rate": said.rate, "words": said.words}
    return {"figure": name, "by": by, "value": value, **cells}


def _figures(found: Measured, homes: Homes) -> Figures:
    first = next(iter(found.figures), "")
    hidden = {name for name, figure in found.figures.items() if reads(figure, homes)}
    for by, figures in found.by.items():
        hidden |= {f"{first} {by} {value}" for value in hidden_of(figures, homes)}
    return Figures(named_figures(found), frozenset(hidden), found.numbers)


def _homes(views: ViewReader) -> Homes:
    """Return the homes among objects and inspections, whatever version the views have."""
    held = {view.name: view for view in views.views}
    if "inspections" in held and "objects" in held and "points" in held["objects"].columns:
        return homes_of(views)
    of_homes: tuple[Condition, ...] = (("object_type", "in", sorted(HOMES)),)
    found: dict[str, str] = {}
    if "objects" in held:
        found = {row.key: row.key for row in views.select(Query("objects", where=of_homes))}
    if "inspections" in held:
        visits = views.select(Query("inspections", columns=("object",), where=of_homes))
        found |= {row.key: str(row.values[0]) for row in visits}
    return found


def _coverage(views: ViewStore, asked: Asked, _most: int) -> Table:
    found = compute_coverage(views, asked.period, asked.today, asked.filters)
    return Table(coverage.lines(found, homes_of(views)))


# ── lists, and views as they are ───────────────────────────────────────────────────


def _of_view(view: View) -> Replayable:
    names = tuple(view.columns)

    def table(views: ViewStore, _asked: Asked, most: int) -> Table:
        rows = views.select(Query(view.name, columns=names, limit=most + 1))
        shown = [
            {"key": row.key, **dict(zip(names, row.values, strict=True))} for row in rows[:most]
        ]
        return Table(shown, (rows[most - 1].key,) if len(rows) > most else None)

    return Replayable((view,), (view,), table, ("key", *names[:5]), ("key",))


def _all_devices(views: ViewStore, _asked: Asked, most: int) -> Table:
    return _whole(lambda start, size: devices.table(views, None, start, size), most)


def _all_objects(views: ViewStore, asked: Asked, most: int) -> Table:
    said = asked.filters
    filters = ObjectFilters(said.township, said.village, said.domain)
    return _whole(
        lambda start, size: objects.table(views, asked.today, filters, "last_on", start, size), most
    )


def _persons(views: ViewReader, key: str) -> Sequence[str]:
    """Return whose data an object's entry seals: what is erased of them shows in its row."""
    held = views.load("objects", [key])
    decode = view_of(views.views, "objects").decode
    document: ObjectDocument | None = decode(held[key]) if key in held else None
    rows = document.register.values() if document else ()
    return sorted({subject for row in rows if isinstance(row, Listed) for _, subject in row.sealed})


def _all_items(views: ViewStore, asked: Asked, most: int) -> Table:
    day, period = asked.today, asked.period
    return _whole(lambda start, size: items.table(views, period, day, None, start, size), most)


def _all_inspections(views: ViewStore, asked: Asked, most: int) -> Table:
    period, said = asked.period, asked.filters
    chosen = {name: value for name, value in asdict(said).items() if value and name != "officer"}
    where = conditions(chosen.items())
    return _whole(
        lambda start, size: inspections.table(views, period, where, start, size, said.officer),
        most,
    )


def _whole(page: Callable[[Cursor | None, int], Table], most: int) -> Table:
    """Return up to `most` rows, page by page."""
    rows: list[Mapping[str, Any]] = []
    start: Cursor | None = None
    while len(rows) < most:
        found = page(start, min(MOST, most - len(rows)))
        rows += found.rows
        start = found.after
        if start is None:
            break
    return Table(rows, start)


_VISITED: Final = narrowed(
    INSPECTIONS,
    (
        InspectionStarted,
        InspectionCompleted,
        InspectionVoided,
        InspectionCancelled,
        CorrectionRecorded,
        SegmentCovered,
    ),
)
"""What of inspections the list of objects needs: which count, and what a patrol walked."""

_LISTS: Final[Mapping[str, Replayable]] = {
    "items": Replayable(
        (ITEMS, ITEM_USES),
        (ITEMS, ITEM_USES),
        _all_items,
        ("item", "name_zh", "in_force", "uses", "last_used_on"),
        ("item",),
    ),
    "objects": Replayable(
        (OBJECTS, INSPECTIONS, ITEMS, PLANS, CALENDAR, ERASURES),
        (OBJECTS, _VISITED, ITEMS, PLANS, CALENDAR, ERASURES),
        _all_objects,
        ("object", "township", "last_inspected_on", "open_findings", "next_due"),
        ("object",),
        also=_persons,
        filtered=True,
    ),
    "inspections": Replayable(
        (INSPECTIONS,),
        (INSPECTIONS,),
        _all_inspections,
        ("inspection", "started_on", "completed_on", "kind", "effective"),
        ("inspection",),
        filtered=True,
    ),
    "devices": Replayable(
        (DEVICES,),
        (DEVICES,),
        _all_devices,
        ("name", "role", "log", "entries", "last_received_at"),
        ("log",),
    ),
}

REPLAYABLE: Final[Mapping[str, Replayable]] = {
    "coverage": Replayable(
        (OBJECTS, INSPECTIONS, ITEMS, view_of(VIEWS, "checklists")),
        COVERAGE,
        _coverage,
        ("measure", "township", "done", "of", "words"),
        figures=_of_measure(published.newest("coverage")).figures,
        versions={"coverage": published.newest("coverage").version},
    ),
    **{
        name: _of_measure(published.newest(name))
        for name in sorted({name for name, _ in published.MEASURES} - {"coverage"})
    },
    **_LISTS,
    **{view.name: _of_view(view) for view in VIEWS if view.name not in _LISTS},
}


def replayable(name: str, versions: Versions) -> Replayable:
    """Return what to replay, in the versions that a figure quotes: those not named are today's.

    A list in an older version is shown as it is, by key and columns. `LookupError` where there
    is no such view, or never was such a version.
    """
    kind = REPLAYABLE[name]
    today = {**{view.name: view.version for view in kind.views}, **kind.versions}
    if all(today.get(one, version) == version for one, version in versions.items()):
        return kind
    if kind.figures is not None:
        return _of_measure(published.measure(name, versions))
    return _of_view(published.view(name, versions.get(name, today[name])))
