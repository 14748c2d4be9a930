"""Taking in entries from quarantine: authentic ones whose log broke in front of them."""

from msgspec import structs

from backend.office import Office
from backend.words import _
from events import chain, envelope, vocabulary
from events.envelope import Entry
from events.errors import NotEnrolledError, Refusal, UnverifiedError
from events.office import EntryAdopted
from events.public_keys import signing_key
from events.sync import Quarantined

_TAG = vocabulary.tag_of(EntryAdopted)
_STEP = 1_000


def adopt(office: Office, aside: Quarantined, reason: str) -> list[EntryAdopted | Refusal]:
    """Adopt what of a refused push the log's key has signed; for the rest, why not.

    Each entry must parse, its content must be what its header says, and its own signature must
    be good. That it continues its log is what cannot be had: that is why it was refused.
    """
    known = _adopted(office)
    return [_adopt_one(office, aside.log, raw, reason, known) for raw in aside.envelopes]


def _adopt_one(
    office: Office, log: bytes, raw: bytes, reason: str, known: set[bytes]
) -> EntryAdopted | Refusal:
    try:
        entry = _authentic(office, log, raw)
        if entry.hash in known or _is_held(office, log, entry):
            said = _("entry {n} is in the history already")
            return Refusal(said.format(n=entry.header.sequence))
        kept = structs.replace(entry, sealed=(None,) * len(entry.sealed), raw=b"")
        fact = EntryAdopted(
            envelope=envelope.encode(kept).hex(),
            log=log.hex(),
            entry=entry.header.sequence,
            reason=reason,
        )
        office.record(fact)
    except Refusal as refusal:
        return refusal
    known.add(entry.hash)
    return fact


def _authentic(office: Office, log: bytes, raw: bytes) -> Entry:
    tablet = office.enrolments.tablet(log)
    if tablet is None:
        raise NotEnrolledError(_("this log was never enrolled: nobody knows whose key signed"))
    entry = envelope.decode(raw)
    if entry.body is None:
        raise UnverifiedError(entry.header.sequence, "its content is absent")
    before = chain.Head(entry.header.sequence - 1, entry.header.previous)
    chain.verify([entry], before, log, signing_key(tablet.key))
    return entry


def _is_held(office: Office, log: bytes, entry: Entry) -> bool:
    before = entry.header.sequence - 1
    if before >= office.store.held(log).sequence:
        return False
    return any(
        one.record().entry.hash == entry.hash for one in office.store.read_log(log, before, 1)
    )


def _adopted(office: Office) -> set[bytes]:
    """Return the hashes of the entries that were adopted before."""
    result: set[bytes] = set()
    at = 0
    while found := office.store.read(at, _STEP, (_TAG,)):
        for stored in found:
            fact = vocabulary.decode(stored.tag, envelope.front(stored.state).body)
            if isinstance(fact, EntryAdopted):
                result.add(envelope.decode(bytes.fromhex(fact.envelope)).hash)
        at = found[-1].position
    return result
