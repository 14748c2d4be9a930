"""What a tablet said that a track gives, computed again from the track it sealed.

By the version that each fact names, from exactly what it sealed. Opening is recorded first, like
any look at personal data (`backend.opening`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Literal

from msgspec import Struct

from backend.office import Office
from backend.opening import PartRef, open_for
from events import vocabulary
from events.coordinates import Degrees, GeoPoint, canonical
from events.envelope import front
from events.errors import ErasedError, UnverifiedError
from events.facts import Fact
from events.inspections import CorrectionRecorded, SegmentCovered
from events.patrol_matching import CURRENT, VERSIONS
from events.register import ObjectListed, ObjectRevised
from events.store import EventStore, Stored
from events.tracks import PART, Patrolled, UnreadableTrackError, patrolled, walk_of

Outcome = Literal[
    "same",  # the track gives what was said
    "unsaid",  # a tablet that cannot measure sealed a track and said no fraction
    "differs",
    "elsewhere",  # it gives that for a line or point that the register never had
    "untold",  # a fraction without a track beside it
    "unknown",  # by a version that this program does not know
    "unreadable",  # what was sealed is no track
    "unopened",  # its key never came, or does not open it
    "erased",
]
WRONG: Final[frozenset[Outcome]] = frozenset({"differs", "elsewhere", "untold", "unreadable"})
"""What an auditor has to ask about. The rest cannot be told, which is not a fault."""

_STEP: Final = 1_000
_AT_ONCE: Final = 500  # looks in one record of who looked
_LISTED: Final = (vocabulary.tag_of(ObjectListed), vocabulary.tag_of(ObjectRevised))
_COVERED: Final = (vocabulary.tag_of(SegmentCovered), vocabulary.tag_of(CorrectionRecorded))
_TOLERANCE: Final = 0.001 + 1e-9  # one unit of the last decimal: another build of PROJ or GEOS
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Recomputed(Struct, frozen=True, kw_only=True):
    """One fraction of the history: as it was said, and what its track gives.

    Where it was not said: by the rule in force now.
    """

    position: int
    inspection: str
    segment: str
    version: str
    said: float | None
    found: float | None
    outcome: Outcome


class _Said(Struct, frozen=True):
    """A fact that says a fraction; its track, where there is one."""

    position: int
    fact: SegmentCovered
    track: PartRef | None


_Opened = bytes | ErasedError | UnverifiedError | None
_Places = Mapping[str, Sequence[Patrolled]]


def recompute(office: Office, viewer: str, purpose: str) -> Iterator[Recomputed]:
    """Yield every fraction that was said, computed again, by position."""
    places = _places(office.store)
    waiting = _said(office.store)
    while found := list(islice(waiting, _AT_ONCE)):
        parts = [one.track for one in found if one.track]
        texts = iter(open_for(office, viewer, purpose, parts))
        for one in found:
            yield _recomputed(one, next(texts) if one.track else None, places)


def _recomputed(said: _Said, text: _Opened, places: _Places) -> Recomputed:
    fact = said.fact
    found, outcome = _compared(fact, text, places.get(fact.segment, ()))
    return Recomputed(
        position=said.position,
        inspection=fact.visit.inspection,
        segment=fact.segment,
        version=fact.matching or "",
        said=fact.fraction,
        found=found,
        outcome=outcome,
    )


def _compared(  # noqa: PLR0911  one way out an outcome
    fact: SegmentCovered, text: _Opened, listed: Sequence[Patrolled]
) -> tuple[float | None, Outcome]:
    match text:
        case None:
            return None, "untold"
        case ErasedError():
            return None, "erased"
        case UnverifiedError():
            return None, "unopened"
        case _:
            pass
    is_unsaid = fact.fraction is None and fact.matching is None
    rule = VERSIONS.get(CURRENT if is_unsaid else fact.matching or "")
    if rule is None:
        return None, "unknown"
    try:
        walk = walk_of(text)
    except UnreadableTrackError:
        return None, "unreadable"
    found = rule(walk.place, walk.points)
    if is_unsaid:
        return found, "unsaid"
    if fact.fraction is None or abs(found - fact.fraction) > _TOLERANCE:
        return found, "differs"
    return found, "same" if walk.place in listed else "elsewhere"


# ── what the history says ──────────────────────────────────────────────────────────


def _places(store: EventStore) -> _Places:
    """Return what every object was, whenever it was listed: tablets may have known it so."""
    places: defaultdict[str, list[Patrolled]] = defaultdict(list)
    for stored in _read(store, _LISTED):
        fact = vocabulary.decode(stored.tag, front(stored.state).body)
        if isinstance(fact, ObjectListed):
            place = patrolled(fact.object_type, fact.attributes, _at(fact))
            if place is not None:
                places[fact.object].append(place)
    return places


def _at(fact: ObjectListed) -> Degrees | None:
    if fact.lon is None or fact.lat is None:
        return None
    return canonical(
        GeoPoint(lon=fact.lon, lat=fact.lat, datum=fact.datum, accuracy_m=None, fixed_at=_LONG_AGO)
    )


def _said(store: EventStore) -> Iterator[_Said]:
    """Yield what says a fraction; of corrections, those that say one anew."""
    for stored in _read(store, _COVERED):
        fact = vocabulary.decode(stored.tag, front(stored.state).body)
        told = vocabulary.replacement(fact) if isinstance(fact, CorrectionRecorded) else fact
        if isinstance(fact, Fact) and isinstance(told, SegmentCovered):
            track = _track(stored, fact)
            if told.fraction is not None or track is not None:
                yield _Said(stored.position, told, track)


def _track(stored: Stored, fact: Fact) -> PartRef | None:
    """Return the sealed track of an entry: a correction names its parts itself."""
    entry = stored.record().entry
    names = [part.name for part in fact.sealed][: len(entry.sealed)]
    if PART not in names:
        return None
    return PartRef(bytes.fromhex(stored.log), entry, names.index(PART))


def _read(store: EventStore, tags: Sequence[str]) -> Iterator[Stored]:
    at = 0
    while found := store.read(at, _STEP, tags):
        yield from found
        at = found[-1].position
