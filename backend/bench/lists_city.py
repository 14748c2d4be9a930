"""A city for the lists: a demo district's rows, many times over, for ten years.

A million inspections with all their answers would be 25 million entries, hours of folding and
many gigabytes. So a small demo is built and folded as ever; then each of its objects, officers,
assignments and inspections is copied under other ids, and inspections onto other days and years.
Columns and the documents of objects are what folding gives, copied with their rows. Documents of
copied inspections hold the rows that decide them (started, completed, voided, cancelled) and not
those of answers and signatures, which no list reads; those of the uses of items are empty. Visits
are assigned in the last year only.

All are saved through the port of views at the position that the history has: a server that opens
the folder has nothing to fold, and folds on from there.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from backend.demo.building import Demo
from backend.folder import DataFolder
from events.ids import id_text
from projections.case_rows import Begun, CaseDocument, Finished
from projections.documents import Document
from projections.fold import catch_up
from projections.garbage import no_collection
from projections.objects import Listed, RegisterRow
from projections.view import View
from projections.views import Found, Query, Saved, ViewStore, view_of
from projections.visits import Cancelled, Voided

YEARS: Final = 10
INSPECTIONS_OF_AN_OBJECT: Final = 50
_SCALE: Final = 0.2
_OFFICERS: Final = 16  # times those of the demo
_WEEKS: Final = 52
_SAVED: Final = 8_000
_DAY_US: Final = 86_400_000_000
_SAID: Final = re.compile(
    r"\b(?:(\d{4}-\d\d-\d\d)|([0-9a-f]{16})(?=:\d)|([a-z2-7]{26})|(1[67]\d{14}))\b"
)
_NAMED: Final = re.compile(rb"(?<![a-z2-7])[a-z2-7]{26}(?![a-z2-7])")
_DECISIVE: Final = (Begun, Finished, Voided, Cancelled)
_EMPTY: Final = b"\x93\x80\x80\x80"


class City(Struct, frozen=True):
    """What was built: how many rows views have, and one of each to ask for by name."""

    folder: Path
    inspections: int
    objects: int
    officers: int
    an_object: str
    an_inspection: str
    an_officer: str
    an_item: str


def build(folder: Path, inspections: int, tell: Callable[[str], None]) -> City:
    """Build a demo, and fill its views until there are so many inspections."""
    tell("building a demo to copy")
    Demo(folder, 1, _SCALE, lambda _: None).build(lambda _: None)
    return fill(folder, inspections, tell)


def fill(folder: Path, inspections: int, tell: Callable[[str], None]) -> City:
    """Fill the views of a demo that was built."""
    opened = DataFolder.open(folder)
    store, views = opened.history(), opened.views()
    try:
        catch_up(store, views)
        with no_collection():
            _Copying(views, inspections, tell).save()
        return city_of(folder, views)
    finally:
        views.close()
        store.close()


def city_of(folder: Path, views: ViewStore) -> City:
    """Return what stands in the views of a city."""
    asked = Query(
        "inspections",
        columns=("object", "officers", "items"),
        where=(("kind", "=", "general_inspection"), ("items", "!=", ""), ("outcome", "!=", "")),
        order=("completed_on",),
        falling=True,
        limit=1,
    )
    (last,) = views.select(asked)
    known, crew, items = (str(value) for value in last.values)
    return City(
        folder,
        views.count("inspections"),
        views.count("objects"),
        views.count("officers"),
        known,
        last.key,
        crew.split()[0],
        items.split()[0],
    )


class _Copying:
    """Copies the rows of a view store into itself."""

    def __init__(self, views: ViewStore, inspections: int, tell: Callable[[str], None]) -> None:
        self._views = views
        self._tell = tell
        self._position = views.position()
        self._seeds = {
            name: self._rows(name) for name in ("objects", "officers", "assignments", "inspections")
        }
        self._objects = frozenset(row.key for row in self._seeds["objects"])
        self._officers = frozenset(row.key for row in self._seeds["officers"])
        objects = inspections // INSPECTIONS_OF_AN_OBJECT
        self._towns = ceil(objects / len(self._objects))
        self._times = ceil(inspections / YEARS / len(self._seeds["inspections"]))
        self._uses: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def save(self) -> None:
        """Save the copies; what stands there already is the first of them."""
        self._put("officers", self._copies_of("officers", _OFFICERS))
        self._put("objects", self._copied_objects())
        self._put("assignments", self._copied_assignments())
        self._put("inspections", self._copied_inspections())
        self._put("item_uses", self._copied_uses())

    # ── each view ──────────────────────────────────────────────────────────────────

    def _copies_of(self, name: str, times: int) -> Iterator[Saved]:
        for number in range(1, times):
            for row in self._seeds[name]:
                key = self._named(row.key, number, "")
                columns = self._copied(row.values[1:], number, "", 0)
                yield Saved(key, int(row.values[0]), row.document, columns)

    def _copied_objects(self) -> Iterator[Saved]:
        """Yield the objects, each with what was found there in all its inspections."""
        view = view_of(self._views.views, "objects")
        read = msgspec.json.Decoder(view.document).decode
        for row in self._seeds["objects"]:
            seed = view.decode(row.document)
            kept = msgspec.json.encode([seed.register, {}, {}]).decode()
            found = msgspec.json.encode([{}, seed.rows, seed.superseded]).decode()
            for number in range(self._towns):
                document = read(self._copy(kept, number, "", 0))
                named = {ref: _renamed(one, number) for ref, one in document.register.items()}
                document.register.update(named)
                for salt, days in self._visits_of(number):
                    more = read(self._copy(found, number, salt, days))
                    document.rows.update(more.rows)
                    document.superseded.update(more.superseded)
                key = self._named(row.key, number, "")
                columns = view.extract(key, document)
                yield Saved(key, int(row.values[0]), view.encode(document), columns)

    def _copied_assignments(self) -> Iterator[Saved]:
        for number in range(self._towns):
            for salt, days in self._visits_of(number, years=1):
                for row in self._seeds["assignments"]:
                    key = self._named(row.key, number, salt)
                    values = self._copied(row.values[1:], number, salt, days)
                    yield Saved(key, int(row.values[0]), row.document, values)

    def _copied_inspections(self) -> Iterator[Saved]:
        view = view_of(self._views.views, "inspections")
        lean = {row.key: _lean(view, row.document) for row in self._seeds["inspections"]}
        at = {name: place for place, name in enumerate(view.columns)}
        items, effective = at["items"], at["effective"]
        started, completed = at["started_on"], at["completed_on"]
        every = [
            (number, salt, days)
            for number in range(self._towns)
            for salt, days in self._visits_of(number)
        ]
        for number, salt, days in sorted(every, key=lambda visit: -visit[2]):  # as time went
            for row in self._seeds["inspections"]:
                key = self._named(row.key, number, salt)
                values = self._copied(row.values[1:], number, salt, days)
                if values[effective] and values[completed]:
                    for item in str(values[items]).split():
                        self._uses[item, str(values[started])[:7]][str(values[completed])] += 1
                if salt:
                    document = self._copy_of(lean[row.key], number, salt)
                    yield Saved(key, int(row.values[0]), document, values)

    def _copied_uses(self) -> Iterator[Saved]:
        for (item, month), days in self._uses.items():
            told = msgspec.json.encode(dict(sorted(days.items()))).decode()
            columns = (item, month, days.total(), max(days), told)
            yield Saved(f"{item}|{month}", self._position, _EMPTY, columns)

    # ── what is copied ─────────────────────────────────────────────────────────────

    def _visits_of(self, number: int, years: int = 0) -> Sequence[tuple[str, int]]:
        """Return a salt and how many days earlier, for each copy of the visits to a town."""
        return [
            (f"{year}.{turn}" if year or turn or number else "", 7 * (turn % _WEEKS) + 364 * year)
            for year in range(years or YEARS)
            for turn in range(ceil((self._times - number) / self._towns))
        ]

    def _copied(
        self, values: Sequence[Any], number: int, salt: str, days: int
    ) -> tuple[str | int | float, ...]:
        said = self._copy(msgspec.json.encode(values).decode(), number, salt, days)
        return tuple(msgspec.json.decode(said))

    def _copy(self, text: str, number: int, salt: str, days: int) -> str:
        """Return a text with other ids, earlier days and earlier moments."""

        def other(found: re.Match[str]) -> str:
            day, log, name, moment = found.groups()
            if day is not None:
                return _earlier(day, days)
            if log is not None:
                return sha256(f"{log} {number} {salt}".encode()).hexdigest()[:16]
            if name is not None:
                return self._named(name, number, salt)
            return str(int(moment) - days * _DAY_US)

        return _SAID.sub(other, text) if salt or number else text

    def _copy_of(self, document: bytes, number: int, salt: str) -> bytes:
        """Return a document with other ids, which are as long as those that they replace."""
        return _NAMED.sub(
            lambda found: self._named(found[0].decode(), number, salt).encode(), document
        )

    def _named(self, name: str, number: int, salt: str) -> str:
        if name in self._objects:
            return name if not number else _id(f"{name} {number}")
        if name in self._officers:
            at = number % _OFFICERS
            return name if not at else _id(f"{name} {at}")
        return _id(f"{name} {number} {salt}") if salt or number else name

    # ── rows ───────────────────────────────────────────────────────────────────────

    def _rows(self, name: str) -> Sequence[Found]:
        view = view_of(self._views.views, name)
        columns = ("position", *view.columns)
        return self._views.select(Query(name, columns=columns, document=True))

    def _put(self, name: str, rows: Iterable[Saved]) -> None:
        left, done = iter(rows), 0
        while some := list(islice(left, _SAVED)):
            done += len(some)
            self._views.save({name: some}, self._position, self._position)
            self._tell(f"copying {name}: {done:,}")


def _lean(view: View, document: bytes) -> bytes:
    whole: CaseDocument = view.decode(document)
    rows = {ref: row for ref, row in whole.rows.items() if isinstance(row, _DECISIVE)}
    return view.encode(Document(whole.register, rows, whole.superseded))


def _renamed(row: RegisterRow, number: int) -> RegisterRow:
    """Return the same with a name of its own, where it has one."""
    if not number or not isinstance(row, Listed) or not row.name:
        return row
    return replace(row, name=f"{row.name}之{number}")


@lru_cache(maxsize=200_000)
def _earlier(day: str, days: int) -> str:
    if day >= "9" or day < "1":
        return day
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


def _id(text: str) -> str:
    return id_text(sha256(text.encode()).digest()[:16])
