"""Every signature is checked, though not before a push is answered.

A push costs one check, of its last entry; the chain runs through the others. They are checked
here, behind, while no tablet hands in. One that fails was acknowledged: it becomes a published
irregularity.
"""

from functools import cache
from pathlib import Path
from typing import Final

from backend import durable
from backend.logs import say
from backend.office import Office
from events import chain, vocabulary
from events.ids import EntryRef
from events.office import IrregularityNoted
from events.public_keys import signing_key
from events.store import Stored

_STEP: Final = 64  # records: some milliseconds, as a push may be waiting
_KEPT_EACH: Final = 10_000  # records; less is checked again after a restart
_NOTED: Final = vocabulary.tag_of(IrregularityNoted)


class Verifier:
    """Checks what arrived, in order. `file` remembers how far; without it, all is checked again."""

    def __init__(self, office: Office, file: Path) -> None:
        self.position = min(_read(file), office.store.size())
        self._office = office
        self._file = file
        self._kept = self.position
        self._key = cache(signing_key)

    def step(self) -> bool:
        """Check some records; tell whether there may be more."""
        found = self._office.store.read(self.position, _STEP)
        bad = [EntryRef(one.log, one.sequence) for one in found if not self._is_signed(one)]
        for entry in bad:
            if not self._is_noted(entry):
                self._office.record(IrregularityNoted(entry=entry, fault="signature"))
                say("irregularity", fault="signature", entry=str(entry))
        if found:
            self.position = found[-1].position
        if self.position - self._kept >= _KEPT_EACH:
            self.keep()
        return len(found) == _STEP

    def keep(self) -> None:
        """Remember how far it came."""
        if self.position != self._kept:
            durable.write(self._file, b"%d\n" % self.position)
            self._kept = self.position

    def _is_signed(self, stored: Stored) -> bool:
        log = bytes.fromhex(stored.log)
        roll = self._office.enrolments.roll()
        tablet, own = roll.tablets.get(log), roll.trust.logs.get(log)
        if tablet is None and own is None:
            return False
        key = self._key(tablet.key) if tablet else own.key if own else None
        return key is not None and chain.signed(stored.record().entry, key)

    def _is_noted(self, entry: EntryRef) -> bool:
        position = 0
        while page := self._office.store.read(position, _STEP, (_NOTED,)):
            for stored in page:
                fact = vocabulary.decode(stored.tag, stored.record().entry.body)
                if isinstance(fact, IrregularityNoted) and fact.entry == entry:
                    return True
            position = page[-1].position
        return False


def _read(file: Path) -> int:
    try:
        return max(0, int(file.read_text("ascii")))
    except (OSError, ValueError):
        return 0
