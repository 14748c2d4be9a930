"""View-model of the outbox: for each inspection how far it got, and what to do if it did not.

recorded   durable on this tablet
sent       on its way: the answer is not here yet
received   the office gave a signed receipt that covers every entry of it
refused    the office will not take it; it stays here, and a person has to act
"""

from collections.abc import Callable, Collection
from typing import Final

from msgspec import Struct

from events.clock import moment
from events.errors import MalformedError
from events.statements import Receipt
from mobile.journal import Journal, Line
from mobile.sqlite_reference import SQLiteReference
from mobile.sync_client import Status, Stopped
from mobile.today import kind_text
from mobile.view_state import OutboxRow, OutboxState, Passage
from mobile.words import _

_MOST: Final = 200


class Reached(Struct, frozen=True):
    """How far the office holds our log, and why sending stopped if it did."""

    log: bytes
    held: int
    stopped: Stopped | None = None
    waiting: Collection[str] = ()  # pictures that the office does not have yet


class Outbox:
    """Says what became of what was recorded."""

    def __init__(
        self, journal: Journal, reference: SQLiteReference, title: Callable[[Line], str]
    ) -> None:
        self._journal = journal
        self._reference = reference
        self._title = title

    def state(
        self, reached: Reached, status: Status, utc_offset: int, recorded: int
    ) -> OutboxState:
        """Return what the screen shows. `recorded`: how many entries our log has."""
        lines = sorted(self._journal.lines.values(), key=lambda line: -line.last)
        return OutboxState(
            rows=tuple(self._row(line, reached, status, utc_offset) for line in lines[:_MOST]),
            waiting=max(0, recorded - reached.held),
            last_sync=self._last_sync(utc_offset),
            next_try=_("in {n} s").format(n=round(status.next_try)) if status.next_try else "",
            failure=advice(reached.stopped) if reached.stopped else failure_words(status),
            syncing=status.syncing,
        )

    def _row(self, line: Line, reached: Reached, status: Status, utc_offset: int) -> OutboxRow:
        passage = passage_of(line, reached, syncing=status.syncing)
        receipt = self._receipt(reached.log, line.last) if passage == "received" else None
        return OutboxRow(
            inspection=line.inspection,
            kind=line.visit.kind,
            title=self._title(line) or kind_text(line.visit.kind),
            passage=passage,
            recorded=_when(line.last_at, utc_offset),
            received=_when(receipt.received_at, utc_offset) if receipt else "",
            receipt=(_("No. {position}").format(position=receipt.position) if receipt else ""),
            advice=advice(reached.stopped) if passage == "refused" and reached.stopped else "",
            photos=len(line.photos),
            photos_received=sum(one not in reached.waiting for one in line.photos),
        )

    def _receipt(self, log: bytes, sequence: int) -> Receipt | None:
        raw = self._reference.covering(log, sequence)
        if raw is None:
            return None
        try:
            return Receipt.decode(raw)
        except MalformedError:
            return None

    def _last_sync(self, utc_offset: int) -> str:
        kept = self._reference.kept("last-sync")
        return _when(int(kept), utc_offset) if kept else ""


def passage_of(line: Line, reached: Reached, *, syncing: bool) -> Passage:
    """Return how far an inspection got: by its last entry, for a log is held as a prefix."""
    if line.last <= reached.held:
        return "received"
    if reached.stopped is not None:
        return "refused"
    return "sent" if syncing else "recorded"


def failure_words(status: Status) -> str:
    """Return why it does not go now; what the machine says of it comes last."""
    if not status.offline:
        return status.failure
    why = status.failure.rpartition("] ")[2]  # "[Errno 111] Connection refused"
    return _("The office does not answer ({why})").format(why=why)


def advice(stopped: Stopped) -> str:
    """Return what a person should do; the office's own words where it gave any."""
    words = {
        "not-enrolled": _(
            "The office does not know this tablet. Ask the administrator for a new code; what is "
            "recorded here stays, and is handed in then."
        ),
        "revoked": _(
            "What was received counts; nothing more is taken in, and no lists come. What is "
            "recorded here stays. Bring this tablet to the administrator."
        ),
        "unverified": _("Keep this tablet as it is and call the administrator."),
        "forked": _(
            "This tablet was copied or restored. Ask the administrator for a code; "
            "a new log begins."
        ),
        "restored": _(
            "The office holds more than this tablet. Ask the administrator for a code; "
            "a new log begins."
        ),
        "uncertified": _(
            "The receipt is not the office's: somebody else answers in its place. Use another "
            "network and sync again; if it stays so, call the administrator."
        ),
        "receipt": _("The receipt is for something else. Call the administrator."),
    }
    said = words.get(stopped.code) or stopped.todo or stopped.title or stopped.code
    is_titled = stopped.title not in ("", stopped.code)
    return f"{stopped.title}: {said}" if is_titled and stopped.code in words else said


def _when(at: int, utc_offset: int) -> str:
    return f"{moment(at, utc_offset):%m-%d %H:%M}"
