"""Revoking a tablet: its logs are trusted up to an entry, and no further."""

from backend.enrolments import Enrolled
from backend.office import Office
from backend.words import _
from events.errors import NotEnrolledError
from events.office import DeviceRevoked
from events.writer import Said


def revoke(
    office: Office, device: str, last_trusted: int | None, reason: str
) -> list[DeviceRevoked]:
    """Revoke every log of a device that is still trusted without end.

    `last_trusted` is of its newest log, None for all that is held; of the logs before it, all
    that is held is trusted.
    """
    logs = [one for one in office.enrolments.tablets() if one.fact.device == device]
    if not logs:
        raise NotEnrolledError(_("no tablet {device} is enrolled").format(device=device))
    facts = [
        _revocation(office, one, last_trusted if one is logs[-1] else None, reason)
        for one in logs
        if one.last_trusted is None or one is logs[-1]
    ]
    office.record_all([Said(fact) for fact in facts])
    return facts


def _revocation(
    office: Office, tablet: Enrolled, last_trusted: int | None, reason: str
) -> DeviceRevoked:
    log = tablet.fact.log
    held = office.store.held(bytes.fromhex(log)).sequence
    last = held if last_trusted is None else last_trusted
    return DeviceRevoked(device=tablet.fact.device, log=log, last_trusted=last, reason=reason)
