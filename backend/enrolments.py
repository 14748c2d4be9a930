"""Which logs the office has enrolled, and up to where it trusts them."""

from collections.abc import Sequence
from threading import Lock
from typing import Final

from msgspec import Struct

from backend import trust
from backend.trust import Trust
from events import vocabulary
from events.envelope import Record
from events.office import DeviceEnrolled, DeviceRevoked, EpochOpened
from events.store import EventStore
from events.sync import Enrolment

TAGS: Final = (
    *trust.TAGS,
    *(vocabulary.tag_of(kind) for kind in (DeviceEnrolled, DeviceRevoked, EpochOpened)),
)
_STEP: Final = 1_000


class Enrolled(Struct, frozen=True):
    """A tablet's log as the office knows it. `fact` is its newest enrolment: name and scope.

    `key` is the first enrolment's and stays. `position` is where that stands.
    """

    fact: DeviceEnrolled
    key: bytes
    position: int
    last_trusted: int | None = None


class Roll:
    """A fold over `TAGS` in the order of the history: whom to trust, and who is enrolled."""

    def __init__(self, bureau: bytes, first_root: bytes) -> None:
        self.trust = Trust(bureau, first_root)
        self.tablets: dict[bytes, Enrolled] = {}
        self.epoch = 1
        self._revoked: dict[bytes, int] = {}

    def take(self, record: Record, log: bytes) -> None:
        """Learn from one record of `log`."""
        self.trust.take(record, log)
        match vocabulary.decode(record.entry.header.tag, record.entry.body):
            case DeviceEnrolled() as fact if self.trust.believes(record, log):
                self._enrol(fact, record.position)
            case DeviceRevoked() as fact if self.trust.believes(record, log):
                self._revoke(bytes.fromhex(fact.log), fact.last_trusted)
            case EpochOpened() as fact if self.trust.believes(record, log):
                self.epoch = max(self.epoch, fact.epoch)
            case _:
                return

    def enrolment(self, log: bytes) -> Enrolment | None:
        """Return what `events.sync` needs to know of a tablet's log."""
        known = self.tablets.get(log)
        if known is None:
            return None
        return Enrolment(log, known.key, known.fact.device, known.last_trusted)

    def _enrol(self, fact: DeviceEnrolled, position: int) -> None:
        log = bytes.fromhex(fact.log)
        before = self.tablets.get(log)
        key = before.key if before else bytes.fromhex(fact.signing_key)
        first = before.position if before else position
        self.tablets[log] = Enrolled(fact, key, first, self._revoked.get(log))

    def _revoke(self, log: bytes, last_trusted: int) -> None:
        least = min(last_trusted, self._revoked.get(log, last_trusted))
        self._revoked[log] = least
        known = self.tablets.get(log)
        if known:
            self.tablets[log] = Enrolled(known.fact, known.key, known.position, least)


class Enrolments:
    """The roll of a history that grows: each question first reads what is new. Thread-safe.

    Called with a log (32 bytes) it answers `events.sync.accept`. Logs of the office are not
    among the answers: they are written here, and nobody hands them in.
    """

    def __init__(self, store: EventStore, bureau: bytes, first_root: bytes) -> None:
        self._store = store
        self._roll = Roll(bureau, first_root)
        self._position = 0
        self._lock = Lock()

    def __call__(self, log: bytes) -> Enrolment | None:
        """Return what the office knows of a tablet's log, None where it is not enrolled."""
        return self.roll().enrolment(log)

    def roll(self) -> Roll:
        """Return the roll as the whole history has it."""
        with self._lock:
            while self._read_on():
                pass
            return self._roll

    def trust(self) -> Trust:
        """Return whose word counts, as the whole history has it."""
        return self.roll().trust

    def tablet(self, log: bytes) -> Enrolled | None:
        """Return a tablet's log with its name and scope."""
        return self.roll().tablets.get(log)

    def tablets(self) -> Sequence[Enrolled]:
        """Return all tablets' logs, in the order of their enrolment."""
        return sorted(self.roll().tablets.values(), key=lambda one: one.position)

    def _read_on(self) -> bool:
        size = self._store.size()
        if size <= self._position:
            return False
        found = self._store.read(self._position, _STEP, TAGS)
        for stored in found:
            before = dict(self._roll.trust.revoked)
            record = stored.record()
            self._roll.take(record, bytes.fromhex(stored.log))
            if before != self._roll.trust.revoked and self._looks_back(record.received_at):
                return True
        self._position = found[-1].position if len(found) == _STEP else size
        return True

    def _looks_back(self, received_at: int) -> bool:
        """Start again where a key was revoked from an earlier moment on: what it said is void."""
        revoked = self._roll.trust.revoked
        if all(at >= received_at for at in revoked.values()):
            return False
        self._roll = Roll(self._roll.trust.bureau, self._roll.trust.first_root)
        self._roll.trust.revoked.update(revoked)
        self._position = 0
        return True
