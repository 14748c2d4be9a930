"""What all facts share: the keys that readers group by, and how a fact becomes a body.

A fact is past tense, one gesture of one person, never edited. It carries every key that a
projection groups by, so that no reader has to look anything up. Free text and whatever is
personal is not in the fact: it stands beside it in sealed parts that `sealed` names.
"""

from base64 import urlsafe_b64encode
from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from events.ids import Id

Moment = Annotated[datetime, Meta(tz=True)]
Day = date
Code = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=400)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what any reader of JSON can hold
Metres = Annotated[float, Meta(ge=0)]

Nature = Literal["service", "administrative", "eligibility"]
"""The legal nature of a kind (domain.md, 1): service has no power over the person."""

DistanceBand = Literal["le50", "le500", "more", "unknown"]
"""How far the tablet was from the object: at most 50 m, at most 500 m, more, not known."""

HOMES: Final = frozenset(
    {
        "low_income_household", "marginal_household", "extreme_poverty_person",
        "disability_subsidy_recipient", "assisted_person", "household", "natural_person", "minor",
        "dwelling_ashes",
    }
)  # fmt: skip
"""Types of objects that are a person or a home: where they lie is sealed."""

Severity = Literal["critical", "major", "minor", "info"]


class SealedPart(Struct, frozen=True, omit_defaults=True):
    """What the sealed part of the same index holds, and whose it is (person or inspection)."""

    name: Code
    subject: Id


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The root of all facts. `sealed` is in the order of the entry's sealed parts."""

    sealed: tuple[SealedPart, ...] = ()


class Visit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The keys of one inspection.

    `kind` names a checklist's kind, `nature` its legal nature; `domain` is the object's;
    `township` has 9 and `village` 12 digits; `items` are what the inspection uses;
    `started_on` is the local day of its start.
    """

    inspection: Id
    kind: Code
    nature: Nature
    object: Id
    object_type: Code
    domain: Code
    township: Code
    started_on: Day
    village: Code | None = None
    items: tuple[Code, ...] = ()


class OfVisit(Fact, frozen=True, kw_only=True):
    """A fact that readers group by the visit's keys."""

    visit: Visit


class OfInspection(Fact, frozen=True, kw_only=True):
    """A fact that readers find by its inspection alone: there are many of them."""

    inspection: Id


def body(fact: Fact, salt: bytes) -> bytes:
    """Return the body of an entry (docs/format.md, section 5). `salt`: 16 random bytes."""
    members = msgspec.json.encode(fact)
    salted = b'{"salt":"' + urlsafe_b64encode(salt).rstrip(b"=") + b'"'
    return salted + (b"}" if members == b"{}" else b"," + members[1:])
