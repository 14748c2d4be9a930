"""The life of an object: what the register said of it, and what inspections did there.

A page of it are some inspections, the newest first, with what followed from each, and those
entries of the register that lie between them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct, structs

from backend import pictures
from backend.entries import Entry, entry, of_case, plain
from backend.picture_folder import PictureFolder
from backend.pictures import PictureLine
from events.register import (
    ObjectClosed,
    ObjectExempted,
    ObjectListed,
    ObjectMerged,
    ObjectRevised,
    ObjectSplit,
)
from events.store import EventStore
from events.vocabulary import tag_of
from projections import objects as register
from projections.objects import Listed, ObjectDocument
from projections.procedure_faults import FaultLine, faults_of
from projections.question import Question
from projections.spans import Span
from projections.views import Cursor, Query, ViewStore, view_of

PAGE: Final = 40  # inspections
_FOLLOWING: Final = (
    "finding-raised", "follow-up-", "rectification-", "reinspection-", "case-", "benefit-",
    "mismatch-", "recovery-", "inspection-voided", "inspection-cancelled",
    "relief-refused",
)  # fmt: skip
_COLUMNS: Final = (
    "started_on", "completed_on", "kind", "outcome", "effective", "reasons", "desk", "officers",
    "voided", "cancelled",
)  # fmt: skip
_TAGS: Final = {
    register.Closed: tag_of(ObjectClosed),
    register.Merged: tag_of(ObjectMerged),
    register.Split: tag_of(ObjectSplit),
    register.Exempted: tag_of(ObjectExempted),
}
_REGISTER_MEMBERS: Final = (
    "object_type", "domain", "township", "village", "name", "uscc", "lon", "lat",
)  # fmt: skip


class Seen(Struct, frozen=True):
    """An inspection in the life of an object, and what followed from it."""

    inspection: str
    started_on: date
    kind: str
    outcome: str
    effective: bool
    reasons: tuple[str, ...]
    desk: bool
    officers: tuple[str, ...]
    voided: bool
    cancelled: str
    head: Entry | None
    following: tuple[Entry, ...] = ()
    photos: tuple[PictureLine, ...] = ()
    faults: tuple[FaultLine, ...] = ()

    @property
    def day(self) -> date:
        return self.started_on


class Registered(Struct, frozen=True):
    """An entry of the register, and what it changed: member, old, new."""

    entry: Entry
    valid_from: date | None
    changes: tuple[tuple[str, Any, Any], ...] = ()
    detail: Mapping[str, Any] = {}

    @property
    def day(self) -> date:
        return self.valid_from or self.entry.day


class Life(Struct, frozen=True):
    """A page of it, the newest first. `next` is where the page after begins."""

    told: tuple[Seen | Registered, ...]
    next: Cursor | None


def life(
    views: ViewStore,
    store: EventStore,
    folder: PictureFolder,
    key: str,
    today: date,
    after: Cursor | None = None,
) -> Life:
    """Return a page of the life of an object; `folder` has the pictures that came."""
    query = Query(
        "inspections",
        columns=_COLUMNS,
        where=(("object", "=", key),),
        order=("started_on",),
        falling=True,
        after=after,
        limit=PAGE + 1,
    )
    rows = views.select(query)
    shown = rows[:PAGE]
    documents = views.load("inspections", [row.key for row in shown])
    decode = view_of(views.views, "inspections").decode
    entries = {one: of_case(store, one, decode(raw)) for one, raw in documents.items()}
    seen = [_seen(row.key, row.values, entries.get(row.key, ()), folder) for row in shown]
    seen = list(_with_faults(views, seen, today))
    last = len(rows) <= PAGE
    until = date.fromisoformat(str(after[0])) if after else date.max
    since = seen[-1].started_on if seen else date.min
    told: list[Seen | Registered] = [
        one
        for one in registered(views, store, key)
        if (last or since < one.day) and one.day <= until
    ]
    told += seen
    told.sort(key=lambda one: (one.day, _position(one)), reverse=True)
    return Life(tuple(told), None if last else (shown[-1].values[0], shown[-1].key))


def _position(one: Seen | Registered) -> int:
    found = one.head if isinstance(one, Seen) else one.entry
    return found.position if found else 0


def _seen(key: str, values: Sequence[Any], entries: Sequence[Entry], folder: PictureFolder) -> Seen:
    started_on, _, kind, outcome, effective, reasons, desk, officers, voided, cancelled = values
    heads = {plain(one.tag): one for one in entries if not one.struck}
    following = tuple(one for one in entries if plain(one.tag).startswith(_FOLLOWING))
    return Seen(
        key,
        date.fromisoformat(started_on),
        kind,
        outcome,
        bool(effective),
        tuple(reasons.split()),
        bool(desk),
        tuple(officers.split()),
        bool(voided),
        cancelled,
        heads.get("inspection-completed") or heads.get("inspection-started"),
        following,
        tuple(pictures.lines(entries, folder)),
    )


def _with_faults(views: ViewStore, seen: Sequence[Seen], today: date) -> Iterable[Seen]:
    """Yield inspections with the faults of each."""
    if not seen:
        return
    span = Span(min(one.started_on for one in seen), max(one.started_on for one in seen))
    lines = faults_of(Question(views, span, today), [one.inspection for one in seen])
    for one in seen:
        of = tuple(line for line in lines if line.inspection == one.inspection)
        yield structs.replace(one, faults=of)


# ── the register ───────────────────────────────────────────────────────────────────


def registered(views: ViewStore, store: EventStore, key: str) -> list[Registered]:
    """Return what the register said of an object, the oldest first."""
    raw = views.load("objects", [key]).get(key)
    if raw is None:
        return []
    document: ObjectDocument = view_of(views.views, "objects").decode(raw)
    rows = sorted(document.register.values(), key=lambda row: row.position)
    listings = [row for row in rows if isinstance(row, Listed)]
    before: dict[int, Listed] = {new.position: old for old, new in pairwise(listings)}
    found: list[Registered] = []
    for row in rows:
        if isinstance(row, Listed):
            tag = tag_of(ObjectRevised if row.revised else ObjectListed)
            told = entry(store, row, tag, sealed=tuple(name for name, _ in row.sealed))
            changes = tuple(_changes(before.get(row.position), row))
            found.append(Registered(told, row.valid_from, changes))
        else:
            members = structs.asdict(row)
            day = members.get("valid_from") or members.get("valid_to")
            detail = {
                name: members[name] for name in ("reason", "valid_to", "item") if name in members
            }
            found.append(Registered(entry(store, row, _TAGS[type(row)]), day, detail=detail))
    return found


def _changes(old: Listed | None, new: Listed) -> Iterable[tuple[str, Any, Any]]:
    """Yield what a listing says otherwise than the one before it."""
    if old is None:
        return
    for name in _REGISTER_MEMBERS:
        if getattr(old, name) != getattr(new, name):
            yield name, getattr(old, name), getattr(new, name)
    for name in sorted(old.attributes.keys() | new.attributes.keys()):
        if old.attributes.get(name) != new.attributes.get(name):
            yield name, old.attributes.get(name), new.attributes.get(name)
