"""A bureau in a folder, and tablets that record and hand in: what the office's tests start from."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from backend.folder import DataFolder
from backend.office import Office
from events.batch import Batch
from events.clock import SetClock
from events.envelope import Entry
from events.facts import Fact, SealedPart
from events.ids import id_text
from events.memory_store import MemoryStore
from events.office import DeviceEnrolled, LogOpened
from events.register import ObjectClosed, ObjectListed
from events.sealing import DataKey, WrappedKey, wrap
from events.store import Held
from events.sync import Quarantined, accept
from events.writer import LogWriter, genesis

NOON = 1_750_000_000_000_000
DAY = 86_400_000_000


def dice(seed: int = 1) -> Callable[[int], bytes]:
    """A source of chance that is the same each time."""
    return Random(seed).randbytes


def found(path: Path, seed: int = 1, at: int = NOON) -> DataFolder:
    return DataFolder.create(path, "某区民政局", dice(seed), SetClock(at))


def at_work(folder: DataFolder, name: str = "console", seed: int = 2, at: int = NOON + 1) -> Office:
    return Office(folder, name, SetClock(at), dice(seed))  # type: ignore[arg-type]


def closed(number: int) -> ObjectClosed:
    """A plain fact that names nothing personal."""
    return ObjectClosed(object=id_text(number.to_bytes(16)), valid_to="2025-06-01", reason="test")  # type: ignore[arg-type]


def card(subject: bytes) -> ObjectListed:
    """A home, whose name and address are sealed."""
    return ObjectListed(
        object=id_text(bytes(15) + b"\7"),
        object_type="low_income_household",
        domain="social_assistance",
        township="330106109",
        valid_from="2025-01-01",  # type: ignore[arg-type]
        sealed=(SealedPart(name="card", subject=id_text(subject)),),
    )


class Tablet:
    """A tablet without screens: its log in memory, its keys, the way to hand in."""

    def __init__(
        self, bureau: bytes, sealing: tuple[int, bytes] | None = None, seed: int = 7
    ) -> None:
        self.entropy = dice(seed)
        self.clock = SetClock(NOON)
        self.store = MemoryStore()
        self.key = Ed25519PrivateKey.from_private_bytes(self.entropy(32))
        self.private = X25519PrivateKey.from_private_bytes(self.entropy(32))
        self.device = id_text(self.entropy(16))
        self.bureau = bureau
        self.sealing = sealing
        self.data_keys: dict[bytes, DataKey] = {}
        opening = LogOpened(
            bureau=bureau.hex(),
            role="tablet",
            device=self.device,
            signing_key=self.key.public_key().public_bytes_raw().hex(),
            sealing_key=self.private.public_key().public_bytes_raw().hex(),
        )
        self.genesis = genesis(opening, self.key, self.clock.now(), self.entropy(16))
        self.log = self.genesis.hash
        self.store.append(self.log, 0, [self.genesis], NOON)
        self.writer = LogWriter(self.store, self.log, self.key, self.clock, self.entropy, self)

    def for_subject(self, subject: bytes) -> DataKey:
        if subject not in self.data_keys:
            self.data_keys[subject] = DataKey(self.entropy(16), subject, self.entropy(32))
        return self.data_keys[subject]

    def wrapped(self) -> list[WrappedKey]:
        assert self.sealing
        to = X25519PublicKey.from_public_bytes(self.sealing[1])
        return [wrap(key, self.bureau, self.sealing[0], to) for key in self.data_keys.values()]

    def record(self, count: int = 1) -> list[Entry]:
        held = self.writer.held.sequence
        return [self.writer.record(closed(held + number)) for number in range(count)]

    def say(self, fact: Fact, texts: Sequence[bytes] = ()) -> Entry:
        return self.writer.record(fact, texts)

    def entries(self, after: int = 0) -> list[Entry]:
        return [one.record().entry for one in self.store.read_log(self.log, after, 10_000)]

    def batch(self, after: int = 0, keys: Sequence[WrappedKey] = ()) -> Batch:
        return Batch(self.log, after, tuple(one.raw for one in self.entries(after)), tuple(keys))

    def enrolment(self, name: str = "T-1") -> DeviceEnrolled:
        return DeviceEnrolled(
            device=self.device,
            log=self.log.hex(),
            name=name,
            signing_key=self.key.public_key().public_bytes_raw().hex(),
            sealing_key=self.private.public_key().public_bytes_raw().hex(),
        )


def tablet_of(office: Office, seed: int = 7, name: str = "T-1") -> Tablet:
    """Return a tablet that the office has enrolled."""
    sealing = office.sealing_certificate()
    tablet = Tablet(office.folder.bureau, (sealing.serial, sealing.key), seed)
    office.record(tablet.enrolment(name))
    return tablet


def take_in(
    office: Office,
    batch: Batch,
    aside: Callable[[Quarantined], None] | None = None,
    at: int = NOON + 2,
) -> Held:
    return accept(
        batch,
        store=office.store,
        vault=office.vault,
        enrolment=office.enrolments,
        quarantine=aside or [].append,
        received_at=at,
    )
