"""What a tablet is told of each thing on the office's lists: JSON that stands by itself.

It is in the words of the vocabulary, resolved by validity, and does not change its shape when
a reducer does: members may be added, never renamed. Nothing sealed is opened here.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, structs

from events.office import InspectionAssigned
from events.register import ChecklistPublished
from projections import items as item_list
from projections import objects as register
from projections.filed import FiledDocument, in_order
from projections.lists import area, assignment, officer
from projections.objects import ObjectDocument
from projections.spans import OPEN, Span


class Scope(Struct, frozen=True):
    """Whom a document is for: a device, its townships and domains (empty: all).

    `objects` are what it is assigned, wherever that lies.
    """

    device: str
    townships: Collection[str] = ()
    domains: Collection[str] = ()
    objects: Collection[str] = ()

    def has(self, township: str, domain: str) -> bool:
        """Tell whether what lies in a township and domain belongs to it."""
        return (not self.townships or township in self.townships) and (
            not self.domains or domain in self.domains
        )


class Told(Struct, frozen=True):
    """What a tablet is told: a document, that it is gone, or (both unset) nothing at all."""

    document: Raw | None = None
    gone: bool = False


_NOTHING: Final = Told()
_GONE: Final = Told(gone=True)


def _object(key: str, document: ObjectDocument, scope: Scope) -> Told:
    about = register.standing(document.register.values())
    newest = about.listings[-1] if about.listings else None
    if newest is None:
        return _NOTHING
    if key not in scope.objects and not scope.has(newest.township, newest.domain):
        was = any(scope.has(one.township, one.domain) for one in about.listings)
        return _GONE if was else _NOTHING
    rows = register.counted_rows(document)
    of = register.inspected(document, rows)
    last = register.last_effective(of)
    told = {name: getattr(newest, name) for name in _OBJECT_WORDS}
    told |= {
        "object": key,
        "active": _spans(about.active),
        "exempt": _spans(about.exempt),
        "merged_into": about.merged_into(date.max),
        "has_card": any(name == "card" for name, _ in newest.sealed),
        "last_inspected_on": last.on if last else None,
        "open_findings": len(register.open_findings(rows, of)),
        "deadlines": register.deadlines(rows),
    }
    return _told(told)


_OBJECT_WORDS: Final = (
    "object_type",
    "domain",
    "township",
    "village",
    "name",
    "uscc",
    "person",
    "attributes",
    "lon",
    "lat",
    "datum",
    "demo",
)


def _item(key: str, document: FiledDocument, scope: Scope) -> Told:
    about = item_list.item(key, document)
    if not about.listings:
        return _NOTHING
    newest = about.listings[-1]
    if scope.domains and newest.domain not in scope.domains:
        was = any(one.domain in scope.domains for one in about.listings)
        return _GONE if was else _NOTHING
    return _told({**_words(newest), "active": _spans(about.active)})


def _officer(key: str, document: FiledDocument, _scope: Scope) -> Told:
    about = officer(key, document)
    if not about.listings:
        return _NOTHING
    certificates = [
        {"certificate": one.certificate, "number": one.number, "valid": _span(one.valid)}
        for one in about.certificates
        if one.valid
    ]
    return _told(
        {
            **_words(about.listings[-1]),
            "listed": _spans(about.listed),
            "certificates": certificates,
            "postings": [_words(one) for one in about.postings],
        }
    )


def _area(key: str, document: FiledDocument, _scope: Scope) -> Told:
    about = area(key, document)
    if about.listing is None:
        return _NOTHING
    return _told({**_words(about.listing), "active": _spans(about.active)})


def _checklist(key: str, document: FiledDocument, _scope: Scope) -> Told:
    versions = [fact for fact in in_order(document) if isinstance(fact, ChecklistPublished)]
    versions.sort(key=lambda fact: fact.valid_from)
    return _told({"checklist": key, "versions": [_words(one) for one in versions]})


def _assignment(key: str, document: FiledDocument, scope: Scope) -> Told:
    about = assignment(document)
    given = about.given
    mine = [
        fact
        for fact in in_order(document)
        if isinstance(fact, InspectionAssigned) and fact.device == scope.device
    ]
    if given is None or not mine:
        return _NOTHING
    if about.withdrawn or given.device != scope.device:
        return _GONE
    approved = about.approved is not None
    return _told({**_words(given), "assignment": key, "approved": approved})


TELLS: Final[Mapping[str, Callable[[str, Any, Scope], Told]]] = {
    "checklists": _checklist,
    "items": _item,
    "areas": _area,
    "officers": _officer,
    "objects": _object,
    "assignments": _assignment,
}
"""How each view is told, in the order in which a tablet gets them."""


def _told(members: Mapping[str, object]) -> Told:
    return Told(Raw(msgspec.json.encode(members)))


def _words(fact: Struct) -> dict[str, Any]:
    """Return the members of a fact; what is sealed beside it stays out."""
    members = structs.asdict(fact)
    members.pop("sealed", None)
    return members


def _spans(spans: Collection[Span]) -> list[list[date | None]]:
    return [_span(one) for one in spans]


def _span(span: Span) -> list[date | None]:
    return [span.start, None if span.end == OPEN else span.end]
