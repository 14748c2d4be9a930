"""A tablet brings a code and the beginning of its log, and is enrolled."""

from backend.codes import Codes
from backend.office import Office
from backend.words import _
from events import chain, envelope, vocabulary
from events.chain import Head
from events.errors import ForeignError, MalformedError, RevokedError
from events.office import DeviceEnrolled, LogOpened
from events.public_keys import signing_key


def admit(genesis: bytes, code: str, *, office: Office, codes: Codes) -> DeviceEnrolled:
    """Enrol the tablet whose log begins with `genesis` (an envelope) and that brings `code`.

    Asked again for the same log it answers the same. Raises `MalformedError`,
    `UnverifiedError` or `ForeignError` for the genesis, `NotEnrolledError` for the code, and
    `RevokedError` for a log that is not trusted any more: a tablet needs a new one then.
    """
    log, opening = _opening(genesis, office.folder.bureau)
    known = office.enrolments.tablet(log)
    if known and known.last_trusted is not None:
        raise RevokedError(_("this log was revoked; the tablet has to begin a new one"))
    invitation = codes.redeem(code, log)
    if known:
        return known.fact
    fact = DeviceEnrolled(
        device=opening.device,
        log=log.hex(),
        name=invitation.name,
        signing_key=opening.signing_key,
        sealing_key=opening.sealing_key or "",
        townships=invitation.townships,
        domains=invitation.domains,
    )
    office.record(fact)
    return fact


def _opening(genesis: bytes, bureau: bytes) -> tuple[bytes, LogOpened]:
    entry = envelope.decode(genesis)
    fact = vocabulary.decode(entry.header.tag, entry.body)
    if not isinstance(fact, LogOpened) or fact.role != "tablet" or fact.sealing_key is None:
        msg = "not the genesis of a tablet's log"
        raise MalformedError(msg)
    if fact.bureau != bureau.hex():
        msg = "this log was opened for another bureau"
        raise ForeignError(msg)
    key = signing_key(bytes.fromhex(fact.signing_key))
    chain.verify([entry], Head(), entry.hash, key)
    return entry.hash, fact
