"""Erasing a subject: its keys are destroyed in the vault, then the history says so."""

from backend.office import Office
from events import vocabulary
from events.envelope import front
from events.ids import id_bytes, id_text
from events.office import PersonalDataErased

_TAG = vocabulary.tag_of(PersonalDataErased)
_STEP = 1_000


def erase(office: Office, subject: str, basis: str) -> PersonalDataErased:
    """Erase a person or an inspection, for ever. Done again after a crash it ends what it began.

    The keys go first: should the machine fail in between, no fact promises what was not done.
    """
    keys = office.vault.erase(id_bytes(subject))
    fact = PersonalDataErased(
        subject=subject, keys=tuple(id_text(key) for key in sorted(keys)), basis=basis
    )
    known = _known(office, subject)
    if known and set(known.keys) >= set(fact.keys):
        return known
    office.record(fact)
    return fact


def _known(office: Office, subject: str) -> PersonalDataErased | None:
    """Return what was recorded last of this subject's erasure."""
    result: PersonalDataErased | None = None
    at = 0
    while found := office.store.read(at, _STEP, (_TAG,)):
        for stored in found:
            fact = vocabulary.decode(stored.tag, front(stored.state).body)
            if isinstance(fact, PersonalDataErased) and fact.subject == subject:
                result = fact
        at = found[-1].position
    return result
