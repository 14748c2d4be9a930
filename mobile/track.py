"""Where a patrol goes, kept while it is open, and what its completion says of it.

The fixes are kept in a file of their own and not as entries: entries are for ever, and of
somebody's whereabouts no more is kept than is needed. The file survives the kill of the program
(a power cut may cost the last seconds); once the track is sealed in the log it is deleted. Only
while the patrol's form is open is anything kept: who leaves the form is not followed.
"""

import os
from collections.abc import Collection, Sequence
from math import isfinite
from pathlib import Path
from struct import Struct as Layout
from typing import Final

from msgspec import structs

from events.clock import microseconds
from events.coordinates import GeoPoint, canonical, distance_m, presence
from events.facts import SealedPart
from events.inspections import SegmentCovered
from events.patrol_matching import Matched, matched
from events.tracks import PART, Patrolled, TrackPoint, on_earth, patrolled, text_of, walk_of
from mobile.durable import on_disk
from mobile.place import Place

MOST_POINTS: Final = 4_000  # some eight hours; as many fit into one sealed part
_SECOND: Final = 1_000_000
_SOON: Final = 5 * _SECOND
_LATE: Final = 10 * _SECOND
_FAR_M: Final = 10.0
_RECORD: Final = Layout("<qiiH")  # µs, millionths of a degree, tenths of a metre
_DEGREE: Final = 1_000_000
_PER_METRE: Final = 10


class Track:
    """The track of one open patrol. `place` is what it is to cover.

    Raises `StorageError` where the disk refuses.
    """

    def __init__(self, file: Path, place: Patrolled) -> None:
        self.place = place
        self._file = file
        self._points = _read(file)
        self._seen: int | None = None
        self._measured: tuple[int, float | None] = (-1, None)

    @property
    def points(self) -> Sequence[TrackPoint]:
        return self._points

    def take(self, fix: GeoPoint | None) -> None:
        """Keep a fix, if it is new, measured, and 10 s or (after 5 s) 10 m from the last.

        The first we are shown may be from before the form was opened, and is not kept. Its age
        does not matter else: a fix that comes late still tells where we were.
        """
        if fix is None:
            return
        at = microseconds(fix.fixed_at)
        before, self._seen = self._seen, at
        if before is None or before == at or not _is_measured(fix):
            return
        point = TrackPoint(at, *canonical(fix), fix.accuracy_m or 0.0)
        if len(self._points) < MOST_POINTS and self._is_worth_keeping(point):
            self._keep(point)

    def fraction(self) -> float | None:
        """Return how much is covered so far; measured anew once a twentieth more is known.

        None on a tablet that was built without what measures.
        """
        known, fraction = self._measured
        if len(self._points) > known * 1.05:
            found = _matched(self.place, self._points)
            fraction = found.fraction if found else None
            self._measured = (len(self._points), fraction)
        return fraction

    def forget(self) -> None:
        """Delete the file: the track is sealed, or was never needed."""
        with on_disk(self._file):
            self._file.unlink(missing_ok=True)

    def _is_worth_keeping(self, point: TrackPoint) -> bool:
        if not self._points:
            return True
        last = self._points[-1]
        apart = abs(point.at - last.at)
        moved = distance_m((last.lon, last.lat), (point.lon, point.lat))
        return apart >= _LATE or (apart >= _SOON and moved >= _FAR_M)

    def _keep(self, point: TrackPoint) -> None:
        record = _RECORD.pack(
            point.at,
            round(point.lon * _DEGREE),
            round(point.lat * _DEGREE),
            round(point.accuracy_m * _PER_METRE),
        )
        with on_disk(self._file):
            self._file.parent.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, record)
            finally:
                os.close(handle)
        self._points.append(point)


def to_cover(place: Place, nature: str) -> Patrolled | None:
    """Return what a visit of this nature is to cover; None where no track is needed."""
    return patrolled(place.object_type, place.fields, place.at) if nature == "service" else None


def measured(
    fact: SegmentCovered, place: Patrolled, points: Sequence[TrackPoint]
) -> tuple[SegmentCovered, tuple[bytes, ...]]:
    """Return the fact with its fraction and the track sealed beside it.

    The fraction is computed from exactly what is sealed, so that who opens it gets the same. A
    tablet that cannot measure seals the track alone.
    """
    if not points:
        return fact, ()
    text = text_of(place, points)
    walk = walk_of(text)
    found = _matched(walk.place, walk.points)
    told = structs.replace(
        fact,
        fraction=found.fraction if found else None,
        matching=found.version if found else None,
        sealed=(SealedPart(PART, fact.visit.inspection),),
    )
    return told, (text,)


def _matched(place: Patrolled, points: Sequence[TrackPoint]) -> Matched | None:
    """Match, where PROJ and GEOS are: they are not on every Android build (yet)."""
    try:
        return matched(place, points)
    except ImportError:
        return None


def _is_measured(fix: GeoPoint) -> bool:
    """Whether the fix shows where we were: no mock, no pin, within 50 m, and numbers at all."""
    is_number = on_earth((fix.lon, fix.lat)) and isfinite(fix.accuracy_m or 0.0)
    return is_number and presence(fix, fix.fixed_at) == "present"


def sweep(folder: Path, wanted: Collection[str]) -> None:
    """Delete the tracks of patrols that are no longer open."""
    with on_disk(folder):
        for file in folder.glob("*"):
            if file.name not in wanted:
                file.unlink(missing_ok=True)


def _read(file: Path) -> list[TrackPoint]:
    """Read what was kept; a record that a kill cut short is taken off."""
    with on_disk(file):
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return []
        whole = len(content) - len(content) % _RECORD.size
        if whole < len(content):
            os.truncate(file, whole)
    return [
        TrackPoint(at, lon / _DEGREE, lat / _DEGREE, accuracy / _PER_METRE)
        for at, lon, lat, accuracy in _RECORD.iter_unpack(content[:whole])
    ]
