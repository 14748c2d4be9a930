"""Objects: what the register says of each and what inspections found there, by object.

What depends on *today* (due, overdue, in force) is asked of a document, never kept in it.
The columns describe the newest listing, so that lists can be sorted and paged; what a page
shows is read from the documents (`projections.object_inventory`).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeAlias

from msgspec import Raw, Struct, json, msgpack

from events.facts import Severity
from events.inspections import (
    AnswerRecorded,
    ArrivalLocated,
    CertificateShown,
    ContributionRecorded,
    EnterpriseCodeChecked,
    EvidenceCaptured,
    FindingRaised,
    FollowUpDone,
    FollowUpOpened,
    HomeVisitCompleted,
    InspectionApproved,
    InspectionCancelled,
    InspectionCompleted,
    InspectionStarted,
    InspectionVoided,
    NoticeGiven,
    OfficerSigned,
    OfficerSignedIn,
    PartyAbsent,
    PartyRefusedToSign,
    PartySigned,
    PersonEncountered,
    PersonHandedOver,
    ReliefOffered,
    ReliefRefused,
    SegmentCovered,
    StatementRecorded,
    ZeroReportFiled,
)
from events.office import OfficeFact
from events.orders import (
    BenefitDecided,
    BenefitProposed,
    CaseClosed,
    CaseOpened,
    CaseTransferred,
    MismatchCauseEstablished,
    RecoveryClosed,
    RecoveryReceived,
    RecoveryRemitted,
    RecoveryStarted,
    RectificationClosed,
    RectificationExtended,
    RectificationOrdered,
    ReinspectionCompleted,
)
from events.register import (
    AreaFact,
    ChecklistPublished,
    FrequencyCapPublished,
    ImportFact,
    ItemFact,
    ObjectClosed,
    ObjectExempted,
    ObjectListed,
    ObjectMerged,
    ObjectRevised,
    ObjectSplit,
    OfficerFact,
)
from projections import visits
from projections.documents import Counting, Document, Row, counting
from projections.points import Point, Points, is_home, on_map, points_text
from projections.recorded import Recorded
from projections.spans import OPEN, Span, after, less, spans_of
from projections.view import Keep, Value, View, of_facts, under
from projections.visits import Inspected, VisitRow

PERSONS: Final = frozenset({"assisted_person", "natural_person", "minor"})
"""Types in the register that are persons met: no objects of coverage (domain.md, 6c)."""

# ── the register ───────────────────────────────────────────────────────────────────


class Listed(Row, frozen=True, tag="l"):
    """An object as it is from `valid_from` on; `revised` changes it and does not reopen it."""

    revised: bool
    valid_from: date
    object_type: str
    domain: str
    township: str
    village: str | None
    name: str | None
    uscc: str | None
    person: str | None
    attributes: dict[str, Any]
    lon: float | None
    lat: float | None
    datum: str
    demo: bool
    sealed: tuple[tuple[str, str], ...]


class Closed(Row, frozen=True, tag="c"):
    valid_to: date
    reason: str


class Merged(Row, frozen=True, tag="m"):
    into: str
    valid_from: date


class Split(Row, frozen=True, tag="s"):
    parts: tuple[str, ...]
    valid_from: date


class Exempted(Row, frozen=True, tag="e"):
    reason: str
    valid_from: date
    valid_to: date | None
    item: str | None


RegisterRow: TypeAlias = Listed | Closed | Merged | Split | Exempted

# ── visits ─────────────────────────────────────────────────────────────────────────


class Found(Row, frozen=True, tag="f"):
    inspection: str
    finding: str
    item: str
    severity: Severity


class Ordered(Row, frozen=True, tag="o"):
    inspection: str
    order: str
    deadline: date
    findings: tuple[str, ...]


class Extended(Row, frozen=True, tag="d"):
    order: str
    deadline: date


class Reinspected(Row, frozen=True, tag="r"):
    order: str
    result: str
    by: str


class OrderClosed(Row, frozen=True, tag="z"):
    order: str
    result: str


class Case(Row, frozen=True, tag="k"):
    case: str
    findings: tuple[str, ...]


class CaseEnded(Row, frozen=True, tag="y"):
    case: str


FollowRow: TypeAlias = Found | Ordered | Extended | Reinspected | OrderClosed | Case | CaseEnded
ObjectRow: TypeAlias = VisitRow | FollowRow
ObjectDocument: TypeAlias = Document[RegisterRow, ObjectRow]


class RegisterOnly(Struct, array_like=True):
    """An object's document of which only the register is read: denominators need no more."""

    register: dict[str, RegisterRow]
    rows: Raw
    superseded: Raw


def _listed(fact: ObjectListed, recorded: Recorded) -> Listed:
    return Listed(
        *_where(recorded),
        isinstance(fact, ObjectRevised),
        fact.valid_from,
        fact.object_type,
        fact.domain,
        fact.township,
        fact.village,
        fact.name,
        fact.uscc,
        fact.person,
        fact.attributes,
        fact.lon,
        fact.lat,
        fact.datum,
        fact.demo,
        tuple((part.name, part.subject) for part in fact.sealed),
    )


def _where(recorded: Recorded) -> tuple[int, int, int]:
    return recorded.position, recorded.happened_at, recorded.utc_offset


_KEEPS: Mapping[Any, Keep] = {
    ObjectListed: Keep(_listed, under("object"), register=True),
    ObjectRevised: Keep(_listed, under("object"), register=True),
    ObjectClosed: Keep(
        lambda f, r: Closed(*_where(r), f.valid_to, f.reason), under("object"), register=True
    ),
    ObjectMerged: Keep(
        lambda f, r: Merged(*_where(r), f.into, f.valid_from), under("object"), register=True
    ),
    ObjectSplit: Keep(
        lambda f, r: Split(*_where(r), f.parts, f.valid_from), under("object"), register=True
    ),
    ObjectExempted: Keep(
        lambda f, r: Exempted(*_where(r), f.reason, f.valid_from, f.valid_to, f.item),
        under("object"),
        register=True,
    ),
    InspectionStarted: Keep(visits.started),
    InspectionCompleted: Keep(visits.completed),
    InspectionVoided: Keep(visits.voided),
    InspectionCancelled: Keep(visits.cancelled),
    FindingRaised: Keep(
        lambda f, r: Found(*_where(r), f.visit.inspection, f.finding, f.item, f.severity)
    ),
    RectificationOrdered: Keep(
        lambda f, r: Ordered(*_where(r), f.visit.inspection, f.order, f.deadline, f.findings)
    ),
    RectificationExtended: Keep(lambda f, r: Extended(*_where(r), f.order, f.deadline)),
    ReinspectionCompleted: Keep(lambda f, r: Reinspected(*_where(r), f.order, f.result, f.by)),
    RectificationClosed: Keep(lambda f, r: OrderClosed(*_where(r), f.order, f.result)),
    CaseOpened: Keep(lambda f, r: Case(*_where(r), f.case, f.findings)),
    CaseClosed: Keep(lambda f, r: CaseEnded(*_where(r), f.case)),
}

_IGNORES = (
    OfficeFact,  # logs, plans, calendars and access are no facts about an object
    # what an inspection is made of stands in `projections.inspections`
    InspectionApproved,
    NoticeGiven,
    OfficerSignedIn,
    CertificateShown,
    EnterpriseCodeChecked,
    ArrivalLocated,
    AnswerRecorded,
    EvidenceCaptured,
    SegmentCovered,
    PersonEncountered,
    ReliefOffered,
    ReliefRefused,
    PersonHandedOver,
    ZeroReportFiled,
    HomeVisitCompleted,
    StatementRecorded,
    PartySigned,
    PartyRefusedToSign,
    PartyAbsent,
    OfficerSigned,
    ContributionRecorded,
    FollowUpOpened,
    FollowUpDone,
    # where a case goes and what a household then gets do not close a finding here
    CaseTransferred,
    BenefitProposed,
    BenefitDecided,
    RecoveryStarted,
    # why a payment was wrong and what comes back of it is no finding
    MismatchCauseEstablished,
    RecoveryReceived,
    RecoveryRemitted,
    RecoveryClosed,
    # the office's other lists
    ItemFact,
    AreaFact,
    OfficerFact,
    ChecklistPublished,
    FrequencyCapPublished,
    ImportFact,
)


# ── reading a document ─────────────────────────────────────────────────────────────


class Standing(Struct, frozen=True):
    """What the register says of an object, resolved: when it counts, and what it is."""

    active: tuple[Span, ...]
    exempt: tuple[Span, ...]
    listings: tuple[Listed, ...]
    merged: tuple[tuple[date, str], ...] = ()

    @property
    def counted(self) -> list[Span]:
        """When it is in denominators: active and not exempt."""
        return less(self.active, self.exempt)

    def listing(self, day: date) -> Listed | None:
        """Return what it is on `day`; before its first listing, what it will be first."""
        reached = [listing for listing in self.listings if listing.valid_from <= day]
        return reached[-1] if reached else next(iter(self.listings), None)

    def merged_into(self, day: date) -> str | None:
        """Return which object it is counted as, on `day`."""
        return _merged_into(self.merged, day)


class Place(Struct, array_like=True, frozen=True, gc=False):
    """The keys under which an object counts from a day on."""

    valid_from: date
    object_type: str
    domain: str
    township: str
    village: str


class Counts(Struct, array_like=True, frozen=True, gc=False):
    """What denominators need of an object: when it is active and not exempt, where, as which.

    It stands in a column, so that coverage reads no documents: they grow with the history.
    """

    spans: tuple[tuple[date, date], ...]
    places: tuple[Place, ...]
    merged: tuple[tuple[date, str], ...] = ()

    def last_day(self, period: Span) -> date | None:
        """Return the last day of a period on which it counts."""
        ends = [
            min(end, period.end)
            for start, end in self.spans
            if start <= period.end and end >= period.start
        ]
        return max(ends, default=None)

    def place(self, day: date) -> Place | None:
        """Return its keys on `day`; before its first listing, those it will have first."""
        reached = [place for place in self.places if place.valid_from <= day]
        return reached[-1] if reached else next(iter(self.places), None)

    def merged_into(self, day: date) -> str | None:
        """Return which object it is counted as, on `day`."""
        return _merged_into(self.merged, day)


def _merged_into(merged: Iterable[tuple[date, str]], day: date) -> str | None:
    reached = [into for valid_from, into in merged if valid_from <= day]
    return reached[-1] if reached else None


def standing(register: Iterable[RegisterRow]) -> Standing:
    """Resolve the register's facts by validity, then position. Only a listing reopens."""
    rows = list(register)
    changes: list[tuple[date, int, bool]] = []
    for row in rows:
        match row:
            case Listed(revised=False):
                changes.append((row.valid_from, row.position, True))
            case Closed():
                changes.append((after(row.valid_to), row.position, False))
            case Merged() | Split():
                changes.append((row.valid_from, row.position, False))
            case Listed() | Exempted():
                pass
    listings = [row for row in rows if isinstance(row, Listed)]
    merged = [row for row in rows if isinstance(row, Merged)]
    exempted = [row for row in rows if isinstance(row, Exempted) and row.item is None]
    return Standing(
        tuple(spans_of(changes)),
        tuple(Span(row.valid_from, row.valid_to or OPEN) for row in exempted),
        tuple(sorted(listings, key=lambda row: (row.valid_from, row.position))),
        tuple(
            (row.valid_from, row.into)
            for row in sorted(merged, key=lambda row: (row.valid_from, row.position))
        ),
    )


def counts_text(about: Standing) -> str:
    """Return the column `counts`: "" where an object is never in a denominator."""
    spans = about.counted
    if not spans and not about.merged:
        return ""
    return _write(
        Counts(
            tuple([(span.start, span.end) for span in spans]),
            tuple([_place(listing) for listing in about.listings]),
            about.merged,
        )
    ).decode()


def _place(listing: Listed) -> Place:
    return Place(
        listing.valid_from,
        listing.object_type,
        listing.domain,
        listing.township,
        listing.village or "",
    )


RULED: Final = (
    "level", "key_slots", "class", "class_", "income_class", "labour_capacity", "labour",
    "confirmed_on", "last_recheck_on", "record_filed_on",
)  # fmt: skip
"""The attributes that decide how often and when an object is to be inspected."""


class Term(Struct, array_like=True, frozen=True, gc=False):
    """What rules read of an object from a day on: its credit code, attributes of `RULED`."""

    valid_from: date
    uscc: str = ""
    attributes: dict[str, Any] = {}


class Terms(Struct, array_like=True, frozen=True, gc=False):
    """What requirements and caps need of an object beside `Counts`, in a column of its own.

    `exempt` are items it is exempt of, each with its days.
    """

    terms: tuple[Term, ...] = ()
    exempt: tuple[tuple[str, date, date], ...] = ()

    def on(self, day: date) -> Term:
        """Return what holds on `day`; before the first listing, what will hold first."""
        reached = [term for term in self.terms if term.valid_from <= day]
        return reached[-1] if reached else next(iter(self.terms), Term(day))

    def exempted(self, day: date) -> frozenset[str]:
        """Return the items it is exempt of on `day`."""
        return frozenset(item for item, start, end in self.exempt if start <= day <= end)


def terms_text(about: Standing, register: Iterable[RegisterRow]) -> str:
    """Return the column `terms`: "" where rules would read nothing."""
    terms = tuple(_term(listing) for listing in about.listings)
    exempt = tuple(
        sorted(
            (row.item, row.valid_from, row.valid_to or OPEN)
            for row in register
            if isinstance(row, Exempted) and row.item is not None
        )
    )
    if not exempt and not any(term.uscc or term.attributes for term in terms):
        return ""
    return _write(Terms(terms, exempt)).decode()


def _term(listing: Listed) -> Term:
    held = {name: listing.attributes[name] for name in RULED if name in listing.attributes}
    return Term(listing.valid_from, listing.uscc or "", held)


_NO_TERMS: Final = Terms()


def located(about: Standing) -> Points:
    """Return where an object lies, as far as known; of a home no more than that it is one."""
    for one in about.listings:
        if is_home(one.object_type, one.person, [name for name, _ in one.sealed]):
            return Points(home=True)
    placed = [(one.valid_from, on_map(one.lon, one.lat)) for one in about.listings]
    return Points(known=tuple([Point(day, *at) for day, at in placed if at]))


_write = json.Encoder().encode
_read = json.Decoder(Counts).decode
_read_terms = json.Decoder(Terms).decode


@lru_cache(maxsize=20_000)
def terms(text: str) -> Terms:
    """Read the column `terms`."""
    return _read_terms(text) if text else _NO_TERMS


@lru_cache(maxsize=20_000)
def counts(text: str) -> Counts:
    """Read the column `counts`."""
    return _read(text)


@lru_cache(maxsize=20_000)
def last_counted(text: str, period: Span) -> tuple[date, Place | None] | None:
    """Return the last day of a period on which an object counts, and its keys on that day.

    None where it does not count; no keys where it is a person met, who never does.
    """
    about = counts(text)
    day = about.last_day(period)
    if day is None:
        return None
    place = about.place(day)
    return day, None if place is None or place.object_type in PERSONS else place


def counted_rows(document: ObjectDocument) -> list[Counting[ObjectRow]]:
    return counting(document.rows, document.superseded)


def inspected(
    document: ObjectDocument, rows: Iterable[Counting[ObjectRow]]
) -> dict[str, Inspected]:
    """Decide the inspections of an object by the rows that count."""
    return visits.inspected(
        [held for held in rows if isinstance(held.row, visits.VISIT_ROWS)],  # type: ignore[arg-type]
        visits.begun_in(document.rows.values()),
    )


def last_effective(of: Mapping[str, Inspected]) -> Inspected | None:
    """Return the effective inspection that was completed last."""
    done = [one for one in of.values() if one.on and one.effectiveness.effective]
    return max(done, key=lambda one: (one.on, one.at, one.position), default=None)


def open_findings(rows: Iterable[Counting[ObjectRow]], of: Mapping[str, Inspected]) -> list[Found]:
    """Return the findings that are still open.

    One that an order or a case took up is open until that is closed. One that nothing took
    up is open until a later effective inspection. What is for information only never is.
    """
    held = [one.row for one in rows]
    ended = {row.order for row in held if isinstance(row, OrderClosed)}
    ended |= {row.case for row in held if isinstance(row, CaseEnded)}
    taken_up: dict[str, bool] = {}
    for row in held:
        if isinstance(row, Ordered | Case):
            closed = (row.order if isinstance(row, Ordered) else row.case) in ended
            for finding in row.findings:
                taken_up[finding] = taken_up.get(finding, True) and closed
    last = last_effective(of)
    return [
        row
        for row in held
        if isinstance(row, Found)
        and row.severity != "info"
        and not (row.inspection in of and of[row.inspection].voided)
        and not taken_up.get(row.finding, _looked_at_again(of.get(row.inspection), last))
    ]


def _looked_at_again(found_at: Inspected | None, last: Inspected | None) -> bool:
    return (
        last is not None
        and found_at is not None
        and found_at.inspection != last.inspection
        and found_at.at < last.at
    )


def deadlines(rows: Iterable[Counting[ObjectRow]]) -> dict[str, date]:
    """Return the deadline of each order that is not closed, extended ones with the new day."""
    held = [one.row for one in rows]
    closed = {row.order for row in held if isinstance(row, OrderClosed)}
    found = {row.order: row.deadline for row in held if isinstance(row, Ordered)}
    extended = sorted((r for r in held if isinstance(r, Extended)), key=lambda row: row.position)
    found |= {row.order: row.deadline for row in extended if row.order in found}
    return {order: deadline for order, deadline in found.items() if order not in closed}


def _extract(_key: str, document: ObjectDocument) -> tuple[Value, ...]:
    about = standing(document.register.values())
    newest = about.listings[-1] if about.listings else None
    spans = about.active
    rows = counted_rows(document)
    of = inspected(document, rows)
    last = last_effective(of)
    follow = [one for one in rows if not isinstance(one.row, visits.VISIT_ROWS)]
    return (
        *(_described(newest) if newest else ("", "", "", "", "", "")),
        spans[0].start.isoformat() if spans else "",
        spans[-1].end.isoformat() if spans else "",
        about.merged[-1][1] if about.merged else "",
        last.on.isoformat() if last and last.on else "",
        len(open_findings(follow, of)),
        min(deadlines(follow).values(), default=OPEN).isoformat(),
        counts_text(about),
        terms_text(about, document.register.values()),
        points_text(located(about)),
    )


def _described(listing: Listed) -> tuple[str, ...]:
    return (
        listing.name or "",
        listing.object_type,
        listing.domain,
        listing.township,
        listing.village or "",
        listing.uscc or "",
    )


OBJECTS: View = of_facts(
    name="objects",
    version=3,
    document=ObjectDocument,  # type: ignore[arg-type]
    keeps=_KEEPS,
    ignores=_IGNORES,
    visit=lambda visit: (visit.object,),
    columns={
        "name": "text",
        "object_type": "text",
        "domain": "text",
        "township": "text",
        "village": "text",
        "uscc": "text",
        "listed_on": "text",
        "ended_on": "text",
        "merged_into": "text",
        "last_on": "text",
        "open_findings": "integer",
        "order_due_on": "text",
        "counts": "text",
        "terms": "text",
        "points": "text",
    },
    extract=_extract,
    indexes=(
        ("last_on",),
        ("name",),
        ("township", "last_on"),
        ("domain", "last_on"),
        ("object_type", "last_on"),
        ("counts", "terms", "points"),  # all that denominators and maps read
        ("merged_into",),
        ("open_findings",),
        ("order_due_on",),
    ),
)
decode_register = msgpack.Decoder(RegisterOnly).decode
