"""Histories for tests of projections: records as a store hands them over, made in one line.

Nothing is signed here: what projections read was verified before it was stored.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import UnsupportedOperation

from msgspec import UNSET, Raw, json

from events import envelope, header, vocabulary
from events.envelope import Entry
from events.facts import Fact, Visit, body
from events.header import Header
from events.ids import NOBODY, EntryRef, id_text
from events.inspections import CorrectionRecorded, CrewMember, InspectionCompleted
from events.store import Held, Stored

MINUTE = 60_000_000
CHINA = 480


def an_id(name: str) -> str:
    """An identity that is the same whenever the name is."""
    return id_text(sha256(name.encode()).digest()[:16])


def a_log(name: str) -> str:
    return sha256(f"log {name}".encode()).hexdigest()


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def local(day: str, clock: str = "10:00", offset: int = CHINA) -> int:
    """Microseconds UTC of a time on the wall, `offset` minutes east."""
    return micros(datetime.fromisoformat(f"{day}T{clock}:00+00:00")) - offset * MINUTE


class History:
    """A history in the making. Facts are recorded in order; each log counts its entries."""

    def __init__(self) -> None:
        self.records: list[Stored] = []
        self._sequences: Counter[str] = Counter()

    def record(
        self,
        fact: Fact,
        at: int = 0,
        log: str = "office",
        received: int | None = None,
        offset: int = CHINA,
        tag: str | None = None,
        run: tuple[bytes, int] = (NOBODY, 0),
    ) -> EntryRef:
        name = a_log(log)
        self._sequences[name] += 1
        stored = stored_record(
            fact,
            len(self.records) + 1,
            name,
            self._sequences[name],
            at,
            received if received is not None else len(self.records) + 1,
            offset=offset,
            tag=tag,
            run=run,
        )
        self.records.append(stored)
        return EntryRef(name, self._sequences[name])

    def store(self) -> "Shelf":
        return Shelf(self.records)


def stored_record(
    fact: Fact,
    position: int,
    log: str,
    sequence: int,
    at: int,
    received: int,
    *,
    offset: int = CHINA,
    tag: str | None = None,
    run: tuple[bytes, int] = (NOBODY, 0),
) -> Stored:
    named = tag or vocabulary.tag_of(type(fact))
    entry = unsigned(body(fact, bytes(16)), named, log, sequence, at, offset, run)
    return Stored(
        position,
        log,
        sequence,
        named,
        envelope.encode_stored(received, envelope.encode(entry)),
    )


def unsigned(
    content: bytes,
    tag: str,
    log: str,
    sequence: int,
    at: int,
    offset: int,
    run: tuple[bytes, int] = (NOBODY, 0),
) -> Entry:
    """An entry that nobody signed. `run`: which run of the tablet, and its milliseconds."""
    head = Header(
        log=bytes.fromhex(log) if sequence > 1 else bytes(32),
        sequence=sequence,
        previous=bytes([sequence > 1] * 32),
        happened_at=at,
        tag=tag,
        body_size=len(content),
        body_hash=bytes(32),
        utc_offset=offset,
        boot=run[0],
        uptime=run[1],
    )
    return Entry(head, header.encode(head), bytes(64), content)


class Shelf:
    """A store of given records, whatever their order: the fold asks for no more than this."""

    def __init__(self, records: Iterable[Stored]) -> None:
        self._records = list(records)

    def held(self, log: bytes) -> Held:
        last = [one for one in self._records if one.log == log.hex()][-1:]
        return Held(last[0].sequence) if last else Held()

    def append(self, log: bytes, after: int, run: Sequence[Entry], received_at: int) -> Held:
        tried = f"{len(run)} entries behind {after} of {log.hex()} at {received_at}"
        raise UnsupportedOperation(f"a shelf is only read, not written: {tried}")

    def read(self, after: int, limit: int, tags: Sequence[str] = ()) -> Sequence[Stored]:
        wanted = frozenset(tags)
        found = (one for one in self._records[after:] if not wanted or one.tag in wanted)
        return [one for one, _ in zip(found, range(limit), strict=False)]

    def read_log(self, log: bytes, after: int, limit: int) -> Sequence[Stored]:
        held = [one for one in self._records if one.log == log.hex()]
        return held[after : after + limit]

    def size(self) -> int:
        return len(self._records)

    def close(self) -> None:
        pass


def a_visit(name: str, object_name: str, day: str, **other: object) -> Visit:
    keys: dict[str, object] = {
        "kind": "general_inspection",
        "nature": "administrative",
        "object_type": "social_association",
        "domain": "social_organization",
        "township": "440804001",
        "started_on": date.fromisoformat(day),
        **other,
    }
    return Visit(inspection=an_id(name), object=an_id(object_name), **keys)  # type: ignore[arg-type]


def crew(*members: str, shown: bool = True, related: str = "") -> tuple[CrewMember, ...]:
    return tuple(
        CrewMember(
            officer=an_id(member),
            role="assisting" if at else "lead",
            certificate_shown=shown,
            kinship=member == related,
        )
        for at, member in enumerate(members)
    )


def a_completion(visit: Visit, **other: object) -> InspectionCompleted:
    members: dict[str, object] = {
        "outcome": "nothing_found",
        "crew": crew("Chen", "Li"),
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "checklist": "CL-GE-1",
        "version": 1,
        "answered": 20,
        **other,
    }
    return InspectionCompleted(visit=visit, **members)  # type: ignore[arg-type]


def a_correction(
    target: EntryRef,
    fact: Fact | None,
    visit: Visit,
    old: Visit | None = None,
    tag: str = "",
    on: str = "2026-03-02",
) -> CorrectionRecorded:
    return CorrectionRecorded(
        visit=visit,
        old=old,
        supersedes=target,
        tag=vocabulary.tag_of(type(fact)) if fact is not None else tag or "inspection-completed.v1",
        reason="mistake",
        happened_at=datetime.fromisoformat(f"{on}T10:00:00+08:00"),
        fact=Raw(json.encode(fact)) if fact is not None else UNSET,
    )
