"""Verifying a whole history from its bytes alone: nothing that the file says is taken for true.

What must hold, and is checked of every record: positions without gaps; `received_at` never
decreasing; what the database says of an entry is what the entry says; every log's chain from
its genesis; every signature; the genesis is of this bureau; the key is certified by its root
or was enrolled by its office. And of the whole: its head is the one that was signed in
checkpoints, and that the writers of entries saw. And each picture that entries name, if it is
here, is what its name says.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from struct import error as StructError  # noqa: N812  it is what happened
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from backend.checkpoints import CheckpointFile
from backend.enrolments import Enrolments, Roll
from backend.folder import DataFolder
from backend.picture_folder import PictureFolder
from events import chain, merkle, vocabulary
from events.chain import Head
from events.envelope import Record
from events.errors import (
    DatabaseFailedError,
    ForeignError,
    MalformedError,
    Refusal,
    StorageError,
    UnverifiedError,
)
from events.ids import NO_HASH
from events.inspections import EvidenceCaptured
from events.merkle import Frontier
from events.office import EpochOpened, IrregularityNoted, LogOpened
from events.public_keys import signing_key
from events.statements import Checkpoint, Role
from events.store import EventStore, Stored
from events.vocabulary import Unknown

MOST_FAULTS: Final = 100
_STEP: Final = 1_000
_RECEIVED: Final = 8  # bytes before the envelope
_LOG: Final = re.compile("[0-9a-f]{64}")


class Fault(Struct, frozen=True):
    """One thing that does not hold. `code` is a key of `backend.faults.ADVICE`.

    `position` is where it shows, 0 for the folder; `log` is hex, empty if it is of no log.
    """

    code: str
    position: int
    log: str = ""
    sequence: int = 0
    detail: str = ""


class Report(Struct, frozen=True):
    """What was found. `head` is hex. `faults` is by position, at most `MOST_FAULTS` long.

    `untrusted` entries are authentic, but came from a revoked tablet or key; `noted` are bad
    signatures that the office has published; `erased` counts bodies and sealed parts.
    `pictures` are named by entries, and `waiting` of them are not here: on their tablets still.
    """

    bureau: str
    epoch: int
    size: int
    head: str
    logs: int
    signatures: int
    checkpoints: int
    untrusted: int
    noted: int
    unknown: int
    erased: int
    lost: int = 0
    pictures: int = 0
    waiting: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def fault(self) -> Fault | None:
        """The first fault, None where everything holds."""
        return self.faults[0] if self.faults else None


class _Seen(Struct, frozen=True):
    """A head that somebody saw or signed. `epoch`: where it says so, in which."""

    size: int
    root: bytes
    fault: Fault
    epoch: int | None = None


class _Lost(Struct, frozen=True):
    """What an opened epoch says was lost: behind `restored`, up to `size`; None: nobody knows."""

    epoch: int
    restored: int
    size: int | None

    def explains(self, seen: _Seen) -> bool:
        """Tell whether a head is of records that were lost."""
        if seen.epoch is not None and seen.epoch >= self.epoch:
            return False
        return self.restored < seen.size and (self.size is None or seen.size <= self.size)


Progress = Callable[[int, int], None]
"""Told how many records were read, of how many."""


def verify(folder: DataFolder, progress: Progress | None = None) -> Report:
    """Verify the history of a data folder. Never fails for what is held.

    `DatabaseFailedError`: a database did not answer, which says nothing about what it holds.
    """
    auditor = Auditor(folder.bureau, folder.first_root)
    try:
        store = folder.history()
    except DatabaseFailedError:
        raise
    except StorageError as failure:
        auditor.fault(Fault("unreadable", 1, detail=str(failure)))
        return auditor.report()
    try:
        auditor.read(store, progress or _silently)
    finally:
        store.close()
    auditor.look_at(folder.pictures())
    return auditor.report(auditor.signed(folder.checkpoints_file))


class Auditor:
    """Reads a history once, from its beginning."""

    def __init__(self, bureau: bytes, first_root: bytes) -> None:
        self._roll = Roll(bureau, first_root)
        self._heads: dict[str, Head] = {}
        self._position = 0
        self._received_at = 0
        self._leaves = bytearray()
        self._claims: dict[tuple[int, bytes], Fault] = {}
        self._faults: list[Fault] = []
        self._unsigned: list[Fault] = []
        self._noted: set[tuple[str, int]] = set()
        self._lost: list[_Lost] = []
        self._pictures: dict[str, Fault] = {}
        self._waiting = 0
        self._signatures = self._untrusted = self._unknown = self._erased = self._excused = 0

    def fault(self, fault: Fault) -> None:
        """Note a fault."""
        self._faults.append(fault)

    def read(self, store: EventStore, progress: Progress) -> None:
        """Read all there is; where the file cannot be read, that is the last fault."""
        self._look_ahead(store)
        step = _STEP
        while len(self._faults) < MOST_FAULTS:
            try:
                size = store.size()
                found = store.read(self._position, step)
            except DatabaseFailedError:
                raise
            except StorageError as failure:
                if step == 1:
                    self.fault(Fault("unreadable", self._position + 1, detail=str(failure)))
                    return
                step = 1  # to find the very record
                continue
            if not found:
                return
            for stored in found:
                self._check(stored)
            progress(self._position, size)

    def look_at(self, pictures: PictureFolder) -> None:
        """Compare the pictures that entries name with their names."""
        for name, fault in self._pictures.items():
            if not pictures.holds(name):
                self._waiting += 1
            elif pictures.is_damaged(name):
                self.fault(fault)

    def report(self, checkpoints: Sequence[Checkpoint] = ()) -> Report:
        """Judge what only the whole shows, and return what was found."""
        head = self._compare_roots(checkpoints)
        named = [one for one in self._unsigned if (one.log, one.sequence) not in self._noted]
        faults = sorted(self._faults + named, key=lambda one: one.position)
        return Report(
            bureau=self._roll.trust.bureau.hex(),
            epoch=self._roll.epoch,
            size=self._position,
            head=head.hex(),
            logs=len(self._heads),
            signatures=self._signatures,
            checkpoints=len(checkpoints),
            untrusted=self._untrusted + self._beyond(),
            noted=len(self._unsigned) - len(named),
            unknown=self._unknown,
            erased=self._erased,
            lost=self._excused,
            pictures=len(self._pictures),
            waiting=self._waiting,
            faults=tuple(faults[:MOST_FAULTS]),
        )

    def signed(self, file: Path) -> Sequence[Checkpoint]:
        """Return the checkpoints of a file that were signed with a certified key."""
        result: list[Checkpoint] = []
        try:
            found = CheckpointFile(file).all()
        except MalformedError as broken:
            self.fault(Fault("checkpoint-signature", 0, detail=str(broken)))
            return ()
        for one in found:
            keys = self._roll.trust.at(one.made_at).values()
            if one.bureau == self._roll.trust.bureau and any(
                key.role == Role.CHECKPOINT and one.is_signed_by(signing_key(key.key))
                for key in keys
            ):
                result.append(one)
            else:
                self.fault(Fault("checkpoint-signature", one.size, detail=f"size {one.size}"))
        return result

    def _look_ahead(self, store: EventStore) -> None:
        """Learn which keys were revoked from an earlier moment on."""
        trust = self._roll.trust
        try:
            revoked = Enrolments(store, trust.bureau, trust.first_root).trust().revoked
        except DatabaseFailedError:
            raise
        except (Refusal, ValueError, TypeError, StructError):
            return  # reading in order finds the broken record
        trust.revoked.update(revoked)

    # ── one record ──

    def _check(self, stored: Stored) -> None:
        position = stored.position
        if position != self._position + 1:
            self.fault(Fault("gap", self._position + 1, detail=f"{self._position} → {position}"))
        self._position = position
        try:
            record = _record(stored)
        except (Refusal, ValueError, TypeError) as broken:
            self._leaves += NO_HASH
            self.fault(Fault("malformed", position, str(stored.log), detail=str(broken)))
            return
        self._leaves += merkle.leaf_hash(record)
        if record.received_at < self._received_at:
            self.fault(self._at("received", stored))
        self._received_at = max(record.received_at, self._received_at)
        self._follow(record, stored)
        self._judge(record, stored)

    def _follow(self, record: Record, stored: Stored) -> None:
        """Check that the entry continues its log; after a fault go on from what is there."""
        log = bytes.fromhex(stored.log)
        try:
            chain.follow(record.entry, self._heads.get(stored.log, Head()), log)
        except UnverifiedError as broken:
            self.fault(self._at("chain", stored, broken.reason))
        except ForeignError as foreign:
            self.fault(self._at("foreign", stored, str(foreign)))
        self._heads[stored.log] = chain.head_of(record.entry)

    def _judge(self, record: Record, stored: Stored) -> None:
        """Check who signed, and whether that writer is trusted."""
        entry = record.entry
        log = bytes.fromhex(stored.log)
        fact = vocabulary.decode(entry.header.tag, entry.body)
        self._roll.take(record, log)
        if isinstance(fact, LogOpened) and fact.bureau != self._roll.trust.bureau.hex():
            self.fault(self._at("bureau", stored))
        key = self._key(record, log, stored)
        if key:
            self._signatures += 1
            if not chain.signed(entry, key):
                self._unsigned.append(self._at("signature", stored))
        if isinstance(fact, IrregularityNoted) and self._roll.trust.believes(record, log):
            self._noted.add((fact.entry.log, fact.entry.sequence))
        if isinstance(fact, EvidenceCaptured):
            self._pictures.setdefault(fact.sha256, self._at("picture", stored))
        if isinstance(fact, EpochOpened) and self._roll.trust.believes(record, log):
            before = record.position - 1
            restored = before if fact.restored is None else min(fact.restored, before)
            lost = None if fact.at_least else fact.size
            self._lost.append(_Lost(fact.epoch, restored, lost))
        self._unknown += isinstance(fact, Unknown) and entry.body is not None
        self._erased += (entry.body is None) + sum(part is None for part in entry.sealed)
        seen = (entry.header.checkpoint_size, entry.header.checkpoint_root)
        if seen[0]:
            self._claims.setdefault(seen, self._at("seen", stored, f"size {seen[0]}"))

    def _key(self, record: Record, log: bytes, stored: Stored) -> Ed25519PublicKey | None:
        trust = self._roll.trust
        own = trust.logs.get(log)
        if own:
            if not trust.is_office(log, record.received_at, own.role):
                self._untrusted += 1
            return own.key
        known = self._roll.enrolment(log)
        if known is None:
            self.fault(self._at("stranger", stored))
            return None
        return signing_key(known.key)

    def _at(self, code: str, stored: Stored, detail: str = "") -> Fault:
        return Fault(code, stored.position, stored.log, stored.sequence, detail)

    # ── the whole ──

    def _compare_roots(self, checkpoints: Iterable[Checkpoint]) -> bytes:
        """Compare each root that somebody signed with what the records make; return the last."""
        expected: dict[int, list[_Seen]] = {}
        for (size, root), fault in self._claims.items():
            expected.setdefault(size, []).append(_Seen(size, root, fault))
        for one in checkpoints:
            fault = Fault("checkpoint", one.size, detail=f"size {one.size}")
            expected.setdefault(one.size, []).append(_Seen(one.size, one.root, fault, one.epoch))
        tree = Frontier()
        for at in range(0, len(self._leaves), 32):
            tree = merkle.add(tree, bytes(self._leaves[at : at + 32]))
            for seen in expected.pop(tree.size, ()):
                if seen.root != merkle.root(tree):
                    self._differs(seen, seen.fault)
        for size, left in sorted(expected.items()):
            shorter = Fault("shorter", self._position + 1, detail=f"size {size}")
            for seen in left:
                self._differs(seen, shorter)
        return merkle.root(tree)

    def _differs(self, seen: "_Seen", fault: Fault) -> None:
        """Note a head that the records do not make, unless a restore lost its records."""
        if any(one.explains(seen) for one in self._lost):
            self._excused += 1
        elif fault not in self._faults:
            self.fault(fault)

    def _beyond(self) -> int:
        """Count the entries that revoked tablets recorded behind what is trusted of them."""
        tablets = self._roll.tablets.items()
        trusted = {log.hex(): one.last_trusted for log, one in tablets}
        return sum(
            max(0, head.sequence - last)
            for log, head in self._heads.items()
            if (last := trusted.get(log)) is not None
        )


def _record(stored: Stored) -> Record:
    """Read a row that nobody vouches for: what the database says beside the bytes must agree."""
    if not isinstance(stored.state, bytes) or len(stored.state) < _RECEIVED:  # pyright: ignore[reportUnnecessaryIsInstance]  SQLite keeps any type
        msg = "no bytes"
        raise MalformedError(msg)
    if not isinstance(stored.log, str) or not _LOG.fullmatch(stored.log):  # pyright: ignore[reportUnnecessaryIsInstance]  likewise
        msg = "no log"
        raise MalformedError(msg)
    record = stored.record()
    header = record.entry.header
    if (header.sequence, header.tag) != (stored.sequence, stored.tag):
        msg = f"the entry is number {header.sequence}, {header.tag}; the database says otherwise"
        raise MalformedError(msg)
    return record


def _silently(done: int, size: int) -> None:
    del done, size
