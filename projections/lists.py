"""The office's other lists, each by its own id: officers, areas, assignments, checklists.

All keep whole facts (`projections.filed`); what holds on a day is asked of the document.
"""

from datetime import date
from typing import Any

from msgspec import Struct, structs

from events.inspections import InspectionFact
from events.office import (
    AccountFact,
    AssignmentApproved,
    AssignmentFact,
    AssignmentWithdrawn,
    CalendarFact,
    InspectionAssigned,
    LogFact,
    OfficeFact,
    PersonalDataErased,
    PersonFact,
    PersonsLinked,
    PlanAdopted,
    SensitiveDataViewed,
    SupervisionRecorded,
)
from events.orders import OrderFact
from events.register import (
    AreaClosed,
    AreaFact,
    AreaListed,
    CertificateIssued,
    CertificateRevoked,
    ChecklistPublished,
    FrequencyCapPublished,
    ImportFact,
    ItemFact,
    LeaveTaken,
    ObjectFact,
    OfficerFact,
    OfficerLeft,
    OfficerListed,
    OfficerPosted,
    RegisterFact,
)
from projections.filed import FiledDocument, filed, in_order
from projections.spans import Span, after, before, spans_of
from projections.view import Keep, Value, View, of_facts, under


def _change(
    at: int, fact: OfficerListed | OfficerLeft | AreaListed | AreaClosed
) -> tuple[date, int, bool]:
    if isinstance(fact, OfficerListed | AreaListed):
        return fact.valid_from, at, True
    return after(fact.valid_to), at, False


# ── officers ───────────────────────────────────────────────────────────────────────


class Certificate(Struct, frozen=True):
    """行政执法证: when it is valid, less the days from its revocation on."""

    certificate: str
    number: str
    valid: Span | None


class Officer(Struct, frozen=True):
    """An officer, resolved: on the list, certified, posted, on leave, each with its days."""

    officer: str
    listings: tuple[OfficerListed, ...]
    listed: tuple[Span, ...]
    certificates: tuple[Certificate, ...]
    postings: tuple[OfficerPosted, ...]
    leaves: tuple[Span, ...]

    @property
    def name(self) -> str:
        return self.listings[-1].name if self.listings else ""

    def certified(self, day: date) -> bool:
        return any(
            one.valid and one.valid.start <= day <= one.valid.end for one in self.certificates
        )


def officer(key: str, document: FiledDocument) -> Officer:
    """Resolve the facts of one officer by validity, then position."""
    facts = in_order(document)
    listings = [f for f in facts if isinstance(f, OfficerListed)]
    changes = [
        (f.valid_from, at, True) for at, f in enumerate(facts) if isinstance(f, OfficerListed)
    ]
    changes += [
        (after(f.valid_to), at, False) for at, f in enumerate(facts) if isinstance(f, OfficerLeft)
    ]
    return Officer(
        key,
        tuple(sorted(listings, key=lambda fact: fact.valid_from)),
        tuple(spans_of(changes)),
        _certificates(facts),
        tuple(
            sorted(
                (f for f in facts if isinstance(f, OfficerPosted)), key=lambda fact: fact.valid_from
            )
        ),
        tuple(Span(f.valid_from, f.valid_to) for f in facts if isinstance(f, LeaveTaken)),
    )


def _certificates(facts: list[Any]) -> tuple[Certificate, ...]:
    issued = {f.certificate: f for f in facts if isinstance(f, CertificateIssued)}
    revoked: dict[str, date] = {}
    for fact in facts:
        if isinstance(fact, CertificateRevoked):
            earlier = revoked.get(fact.certificate, fact.valid_from)
            revoked[fact.certificate] = min(earlier, fact.valid_from)
    found: list[Certificate] = []
    for name, fact in sorted(issued.items()):
        whole = Span(fact.valid_from, fact.valid_to)
        cut = revoked.get(name)
        valid = whole if cut is None else whole.within(Span(date.min, before(cut)))
        found.append(Certificate(name, fact.number, valid))
    return tuple(found)


def _extract_officer(key: str, document: FiledDocument) -> tuple[Value, ...]:
    resolved = officer(key, document)
    spans = resolved.listed
    valid = [one.valid.end for one in resolved.certificates if one.valid]
    return (
        resolved.name,
        resolved.listings[-1].role if resolved.listings else "",
        (resolved.listings[-1].section or "") if resolved.listings else "",
        spans[0].start.isoformat() if spans else "",
        spans[-1].end.isoformat() if spans else "",
        max(valid).isoformat() if valid else "",
    )


OFFICERS: View = of_facts(
    name="officers",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={kind: Keep(filed, under("officer"), register=True) for kind in OfficerFact.__args__},
    ignores=(
        InspectionFact,
        OrderFact,
        OfficeFact,
        ObjectFact,
        ItemFact,
        AreaFact,
        ChecklistPublished,
        FrequencyCapPublished,
        ImportFact,
    ),
    columns={
        "name": "text",
        "role": "text",
        "section": "text",
        "listed_on": "text",
        "left_on": "text",
        "certified_to": "text",
    },
    extract=_extract_officer,
    indexes=(("name",),),
)

# ── areas ──────────────────────────────────────────────────────────────────────────


class Area(Struct, frozen=True):
    """An area, resolved: its newest description and when it existed."""

    area: str
    listing: AreaListed | None
    active: tuple[Span, ...]


def area(key: str, document: FiledDocument) -> Area:
    facts = in_order(document)
    listings = sorted(
        (f for f in facts if isinstance(f, AreaListed)), key=lambda fact: fact.valid_from
    )
    changes = [
        _change(at, fact)
        for at, fact in enumerate(facts)
        if isinstance(fact, AreaListed | AreaClosed)
    ]
    return Area(key, listings[-1] if listings else None, tuple(spans_of(changes)))


def _extract_area(key: str, document: FiledDocument) -> tuple[Value, ...]:
    resolved = area(key, document)
    listing = resolved.listing
    return (
        listing.name_zh if listing else "",
        listing.name_en if listing else "",
        listing.level if listing else "",
        (listing.within or "") if listing else "",
        resolved.active[0].start.isoformat() if resolved.active else "",
        resolved.active[-1].end.isoformat() if resolved.active else "",
    )


AREAS: View = of_facts(
    name="areas",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={kind: Keep(filed, under("area"), register=True) for kind in AreaFact.__args__},
    ignores=(
        InspectionFact,
        OrderFact,
        OfficeFact,
        ObjectFact,
        ItemFact,
        OfficerFact,
        ChecklistPublished,
        FrequencyCapPublished,
        ImportFact,
    ),
    columns={
        "name_zh": "text",
        "name_en": "text",
        "level": "text",
        "within": "text",
        "valid_from": "text",
        "valid_to": "text",
    },
    extract=_extract_area,
    indexes=(("level",), ("within",)),
)

# ── assignments ────────────────────────────────────────────────────────────────────


class Approved(Struct, frozen=True, gc=False):
    """检查审批 of an assignment: by whom, where it is recorded, and when it was given (µs)."""

    approver: str
    position: int
    at: int


class Assigned(Struct, frozen=True, gc=False):
    """An assignment as it was last given, and what became of it since; `withdrawn_at` in µs.

    What came of it stands in the column `assignment` of the view `inspections`.
    """

    given: InspectionAssigned | None = None
    approved: Approved | None = None
    withdrawn_at: int | None = None

    @property
    def withdrawn(self) -> bool:
        return self.withdrawn_at is not None


def assignment(document: FiledDocument) -> Assigned:
    """Resolve the facts of one assignment by position; given anew, it is approved anew."""
    held = Assigned()
    for row in sorted(document.register.values(), key=lambda row: row.position):
        match row.fact:
            case InspectionAssigned() as fact:
                held = Assigned(fact)
            case AssignmentApproved() as fact if held.approved is None:
                approved = Approved(fact.approver, row.position, row.at)
                held = structs.replace(held, approved=approved)
            case AssignmentWithdrawn() if not held.withdrawn:
                held = structs.replace(held, withdrawn_at=row.at)
            case _:  # nothing else is kept under an assignment; of two the first stands
                pass
    return held


def _extract_assignment(_key: str, document: FiledDocument) -> tuple[Value, ...]:
    found = assignment(document)
    given, approved = found.given, found.approved
    after = (
        int(found.withdrawn),
        found.withdrawn_at or 0,
        approved.position if approved else 0,
        approved.at if approved else 0,
    )
    if given is None:
        return ("", "", "", "", "", "", "", *after)
    return (
        given.object,
        given.kind,
        given.domain,
        given.township,
        given.device,
        " ".join(given.officers),
        given.due_on.isoformat(),
        *after,
    )


ASSIGNMENTS: View = of_facts(
    name="assignments",
    version=2,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={
        kind: Keep(filed, under("assignment"), register=True) for kind in AssignmentFact.__args__
    },
    ignores=(
        InspectionFact,
        OrderFact,
        RegisterFact,
        LogFact,
        PlanAdopted,
        CalendarFact,
        SupervisionRecorded,
        PersonFact,
    ),
    columns={
        "object": "text",
        "kind": "text",
        "domain": "text",
        "township": "text",
        "device": "text",
        "officers": "text",
        "due_on": "text",
        "withdrawn": "integer",
        "withdrawn_at": "integer",
        "approved": "integer",
        "approved_at": "integer",
    },
    extract=_extract_assignment,
    indexes=(
        ("device", "due_on"),
        ("due_on",),
        ("object",),
        ("approved", "approved_at", "withdrawn_at"),
    ),
)

# ── checklists ─────────────────────────────────────────────────────────────────────


def checklist(document: FiledDocument, day: date) -> ChecklistPublished | None:
    """Return the version in force on `day`: the last by validity, then position."""
    held = [f for f in in_order(document) if isinstance(f, ChecklistPublished)]
    reached = [fact for fact in held if fact.valid_from <= day]
    return max(reversed(reached), key=lambda fact: fact.valid_from, default=None)


def _extract_checklist(_key: str, document: FiledDocument) -> tuple[Value, ...]:
    newest = checklist(document, date.max)
    if newest is None:
        return ("", 0, "")
    return (newest.kind, newest.version, newest.valid_from.isoformat())


CHECKLISTS: View = of_facts(
    name="checklists",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={ChecklistPublished: Keep(filed, under("checklist"), register=True)},
    ignores=(
        InspectionFact,
        OrderFact,
        OfficeFact,
        ObjectFact,
        ItemFact,
        AreaFact,
        OfficerFact,
        FrequencyCapPublished,
        ImportFact,
    ),
    columns={"kind": "text", "version": "integer", "valid_from": "text"},
    extract=_extract_checklist,
    indexes=(("kind",),),
)

# ── erasures ───────────────────────────────────────────────────────────────────────


def _extract_erasure(_key: str, document: FiledDocument) -> tuple[Value, ...]:
    facts = [fact for fact in in_order(document) if isinstance(fact, PersonalDataErased)]
    return (facts[-1].basis if facts else "",)


ERASURES: View = of_facts(
    name="erasures",
    version=1,
    document=FiledDocument,  # type: ignore[arg-type]
    keeps={PersonalDataErased: Keep(filed, under("subject"), register=True)},
    ignores=(
        InspectionFact,
        OrderFact,
        RegisterFact,
        LogFact,
        PlanAdopted,
        AssignmentFact,
        CalendarFact,
        SupervisionRecorded,
        PersonsLinked,
        SensitiveDataViewed,
        AccountFact,
    ),
    columns={"basis": "text"},
    extract=_extract_erasure,
)
