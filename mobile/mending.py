"""Corrections after completion: what was answered, and whatever no longer follows from it.

A correction names the entry that said it first, whichever correction came between: of several
the last counts. What is not different is not said again.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct, structs

from events import vocabulary
from events.answers import Slot
from events.facts import Fact, SealedPart
from events.ids import EntryRef
from events.inspections import CorrectionRecorded
from events.writer import Said
from mobile.closing import Follows
from mobile.visit import VisitState

NOTE = "note"


class Mending(Struct, frozen=True):
    """One gesture of corrections: they share reason (a code), note (sealed) and approver."""

    state: VisitState
    subject: str
    reason: str
    note: str = ""
    approver: str | None = None

    def answer(self, slot: Slot, said: Said) -> Said:
        """Return an answer in the place of the one before; plain where there was none."""
        target = self.state.entries.get(slot)
        return said if target is None else self._instead(target, said)

    def derived(self, now: Sequence[Follows]) -> list[Said]:
        """Return what has to be said for the facts that follow to be `now`."""
        before = self.state.derived
        keys = {one.key for one in now}
        gesture = [
            self._taken_back(known.ref, known.fact)
            for key, known in before.items()
            if key not in keys
        ]
        for one in now:
            known = before.get(one.key)
            said = Said(one.fact, one.texts)
            if known is None:
                gesture.append(said)
            elif (known.fact, known.texts) != (one.fact, one.texts):
                gesture.append(self._instead(known.ref, said))
        return gesture

    def taken_back(self, target: EntryRef, kind: type[Fact]) -> Said:
        """Return that an entry should not have been."""
        return self._noted(self._correction(target, kind))

    def _taken_back(self, target: EntryRef, fact: Fact) -> Said:
        return self.taken_back(target, type(fact))

    def _instead(self, target: EntryRef, said: Said) -> Said:
        correction = structs.replace(
            self._correction(target, type(said.fact)),
            fact=Raw(msgspec.json.encode(said.fact)),
            sealed=said.fact.sealed,
        )
        return self._noted(correction, said.texts)

    def _correction(self, target: EntryRef, kind: type[Fact]) -> CorrectionRecorded:
        return CorrectionRecorded(
            visit=self.state.visit,
            supersedes=target,
            tag=vocabulary.tag_of(kind),
            reason=self.reason,
            happened_at=self.state.said_at[target],
            approver=self.approver,
        )

    def _noted(self, fact: CorrectionRecorded, texts: tuple[bytes, ...] = ()) -> Said:
        if not self.note:
            return Said(fact, texts)
        sealed = (*fact.sealed, SealedPart(NOTE, self.subject))
        return Said(structs.replace(fact, sealed=sealed), (*texts, self.note.encode()))
