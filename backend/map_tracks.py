"""班次轨迹: what an officer walked in a shift, and the tracks that were sealed of it.

A track is an officer's whereabouts: it is opened for one officer and one shift at a time, for a
purpose, on record (`backend.opening`), and kept by nobody. What the rule of the matching makes of
it (`events.patrol_matching`) is computed from what was opened, not from what was said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Final, Literal

from msgspec import Struct

from backend.geojson import Feature, line, point
from backend.opening import PartRef
from events import vocabulary
from events.clock import moment
from events.errors import ErasedError, UnverifiedError
from events.facts import Fact
from events.inspections import SegmentCovered
from events.patrol_matching import Stretch, length_m, stretches
from events.store import EventStore
from events.tracks import PART, Segment, UnreadableTrackError, Walk, walk_of
from projections.case_rows import CaseDocument, Noted
from projections.patrols import Walk as Said
from projections.patrols import read_walks
from projections.slots import Slot
from projections.spans import after
from projections.views import Condition, Query, ViewReader, view_of
from projections.working_calendar import A_DAY

_COVERED: Final = vocabulary.tag_of(SegmentCovered)
_COLUMNS: Final = ("domain", "township", "started_on", "passes", "officers")
_FINE: Final = (10.0, 25.0)
"""Up to so many metres a fix is exact, and middling; then it is rough."""

Kind = Literal["covers", "aside", "gap"]
"""A stretch that covers the place, one that is elsewhere, one that does not count."""
Fault = Literal["", "none", "erased", "shut", "unreadable"]
Sees = Callable[[str, str], bool]
"""Whether something of a domain and a township may be seen."""


class Shift(Struct, frozen=True):
    """An officer's hours of a day. Without a slot: all of it."""

    day: date
    officer: str
    slot: Slot | None = None

    def holds(self, when: datetime) -> bool:
        """Tell whether a moment lies in it; a slot may run past midnight."""
        day, minute = when.date(), when.hour * 60 + when.minute
        if self.slot is None:
            return day == self.day
        if day == after(self.day):
            minute += A_DAY
        elif day != self.day:
            return False
        return self.slot.start <= minute < self.slot.end


class Walked(Struct, frozen=True):
    """A place that was walked, as the record says it in clear. `part`: its sealed track."""

    inspection: str
    place: str
    name: str
    at: datetime
    passed: bool
    fraction: float | None
    part: PartRef | None


class Track(Struct, frozen=True):
    """What a track tells; nothing but `walked` and `fault` where it does not open."""

    number: int
    walked: Walked
    fault: Fault
    fixes: int = 0
    worst_m: float = 0.0
    first: datetime | None = None
    last: datetime | None = None
    metres: Mapping[Kind, float] = {}
    features: tuple[Feature, ...] = ()


def walked(views: ViewReader, store: EventStore, shift: Shift, sees: Sees) -> list[Walked]:
    """Return what the officer walked in a shift, in the order of time, of what may be seen."""
    found = dict(_patrols(views, shift, sees))
    documents = views.load("inspections", list(found))
    decode = view_of(views.views, "inspections").decode
    names = _names(views, {one.segment for told in found.values() for one in told})
    rows: list[Walked] = []
    for inspection, told in found.items():
        document: CaseDocument = decode(documents[inspection])
        noted = [row for row in document.rows.values() if isinstance(row, Noted)]
        notes = [row for row in noted if row.tag == _COVERED]
        rows += [_walked(inspection, one, names, notes, store) for one in told]
    return sorted(rows, key=lambda one: (one.at, one.inspection, one.place))


def _patrols(views: ViewReader, shift: Shift, sees: Sees) -> Iterator[tuple[str, list[Said]]]:
    days: tuple[Condition, ...] = (
        ("walked_on", ">=", shift.day.isoformat()),
        ("walked_on", "<=", after(shift.day).isoformat()),
    )
    for row in views.select(Query("inspections", columns=_COLUMNS, where=days, order=_COLUMNS)):
        domain, township, _, passes, officers = map(str, row.values)
        if shift.officer in officers.split() and sees(domain, township):
            told = [one for one in read_walks(passes) if shift.holds(moment(one.at, one.offset))]
            if told:
                yield row.key, told


def _names(views: ViewReader, keys: Iterable[str]) -> Mapping[str, str]:
    wanted = sorted(keys)
    if not wanted:
        return {}
    where: tuple[Condition, ...] = (("key", "in", wanted),)
    rows = views.select(Query("objects", columns=("name",), where=where))
    return {row.key: str(row.values[0]) for row in rows}


def _walked(
    inspection: str,
    said: Said,
    names: Mapping[str, str],
    notes: Sequence[Noted],
    store: EventStore,
) -> Walked:
    of_it = sorted((one for one in notes if one.subject == said.segment), key=_position)
    fractions = [one.detail.get("fraction") for one in of_it]
    parts = [part for one in of_it if PART in dict(one.sealed) and (part := _part(store, one))]
    fraction = fractions[-1] if fractions else None
    return Walked(
        inspection,
        said.segment,
        names.get(said.segment) or said.segment,
        moment(said.at, said.offset),
        said.passed,
        float(fraction) if isinstance(fraction, int | float) else None,
        parts[-1] if parts else None,
    )


def _position(row: Noted) -> int:
    return row.position


def _part(store: EventStore, row: Noted) -> PartRef | None:
    """Return the sealed track of an entry; None where its parts stayed outside."""
    (stored,) = store.read(row.position - 1, 1)
    entry = stored.record().entry
    fact = vocabulary.decode(stored.tag, entry.body)
    names = [part.name for part in fact.sealed] if isinstance(fact, Fact) else []
    names = names[: len(entry.sealed)]
    return PartRef(bytes.fromhex(stored.log), entry, names.index(PART)) if PART in names else None


# ── opened ─────────────────────────────────────────────────────────────────────────


def track(number: int, one: Walked, text: bytes | ErasedError | UnverifiedError | None) -> Track:
    """Read what was opened of a place that was walked."""
    match text:
        case None:
            return Track(number, one, "none")
        case ErasedError():
            return Track(number, one, "erased")
        case UnverifiedError():
            return Track(number, one, "shut")
        case _:
            pass
    try:
        walk = walk_of(text)
    except UnreadableTrackError:
        return Track(number, one, "unreadable")
    return _told(number, one, walk)


def _told(number: int, one: Walked, walk: Walk) -> Track:
    found = stretches(walk.place, walk.points)
    times = sorted(fix.at for fix in walk.points)
    east = round((one.at.utcoffset() or one.at - one.at).total_seconds() / 60)
    metres: dict[Kind, float] = {"covers": 0.0, "aside": 0.0, "gap": 0.0}
    for kind, _, ends in _runs(found):
        metres[kind] += length_m(ends)
    return Track(
        number,
        one,
        "",
        len(walk.points),
        max((fix.accuracy_m for fix in walk.points), default=0.0),
        moment(times[0], east) if times else None,
        moment(times[-1], east) if times else None,
        metres,
        tuple(_features(number, walk, found)),
    )


def _features(number: int, walk: Walk, found: Sequence[Stretch]) -> Iterator[Feature]:
    """Yield the place, the stretches that are alike as lines, and where the track begins."""
    if isinstance(walk.place, Segment):
        yield Feature(line(walk.place.line), {"kind": "place", "number": number})
    else:
        yield Feature(point(walk.place.at), {"kind": "place", "number": number})
    for kind, accuracy, ends in _runs(found):
        yield Feature(line(ends), {"kind": kind, "accuracy": accuracy, "number": number})
    if walk.points:
        first = min(walk.points, key=lambda fix: fix.at)
        at = first.lon, first.lat
        yield Feature(point(at), {"kind": "start", "number": number})


_Run = tuple[Kind, int, list[tuple[float, float]]]


def _runs(found: Sequence[Stretch]) -> Iterator[_Run]:
    """Join stretches that follow each other and are alike."""
    for (kind, accuracy), alike in groupby(found, key=lambda one: (_kind(one), _accuracy(one))):
        pairs = [one.ends for one in alike]
        ends = [pairs[0][0], *(last for _, last in pairs)]
        yield kind, accuracy, [(fix.lon, fix.lat) for fix in ends]


def _kind(one: Stretch) -> Kind:
    return "covers" if one.covers else "aside" if one.counts else "gap"


def _accuracy(one: Stretch) -> int:
    """Return the class of the worse of its two fixes: 1 is exact, 3 is rough."""
    worse = max(fix.accuracy_m for fix in one.ends)
    return 1 + sum(worse > limit for limit in _FINE)
