"""Officers of the register by the number of their certificate: how an account names one.

A number is on the card that its holder shows; whoever manages accounts reads it there, and needs
no list of people. Whether that officer may sign in is asked of the register at each sign-in.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from backend.people.accounts import AccountError
from events import vocabulary
from events.envelope import front
from events.register import CertificateIssued, OfficerListed
from events.store import EventStore

_TAGS: Final = tuple(vocabulary.tag_of(one) for one in (CertificateIssued, OfficerListed))
_PAGE: Final = 2_000


class Holder(Struct, frozen=True):
    """Somebody on the list with the certificate that was issued to them last."""

    officer: str
    name: str
    role: str
    number: str
    until: date


def holders(store: EventStore) -> Mapping[str, Holder]:
    """Return who holds a certificate, by officer, in the order in which they were listed."""
    names: dict[str, OfficerListed] = {}
    cards: dict[str, CertificateIssued] = {}
    after = 0
    while page := store.read(after, _PAGE, _TAGS):
        for stored in page:
            fact = vocabulary.decode(stored.tag, front(stored.state).body)
            if isinstance(fact, OfficerListed):
                names[fact.officer] = fact
            elif isinstance(fact, CertificateIssued):
                cards[fact.officer] = fact
        after = page[-1].position
    return {
        key: Holder(key, one.name, one.role, cards[key].number, cards[key].valid_to)
        for key, one in names.items()
        if key in cards
    }


def officer_with(store: EventStore, number: str) -> str | None:
    """Return the officer whose certificate has a number, None for no number.

    `AccountError` where nobody's has it.
    """
    wanted = number.strip()
    if not wanted:
        return None
    for one in holders(store).values():
        if one.number == wanted:
            return one.officer
    raise AccountError("certificate")
