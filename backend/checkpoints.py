"""The heads of the history that were signed: what an auditor and every tablet hold against us."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from backend.enrolments import Enrolments
from backend.folder import DataFolder
from events import merkle
from events.clock import Clock
from events.errors import StorageError
from events.merkle import Frontier
from events.statements import Checkpoint, Role
from events.store import EventStore

_SIZE: Final = 152  # docs/format.md, section 8
_STEP: Final = 1_000


class CheckpointFile:
    """Checkpoints one behind the other, flushed to the disk. A torn last one does not count."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def latest(self) -> Checkpoint | None:
        """Return the newest."""
        try:
            with self._file.open("rb") as opened:
                whole = os.fstat(opened.fileno()).st_size // _SIZE
                opened.seek(max(0, whole - 1) * _SIZE)
                raw = opened.read(_SIZE)
        except FileNotFoundError:
            return None
        return Checkpoint.decode(raw) if len(raw) == _SIZE else None

    def all(self) -> Sequence[Checkpoint]:
        """Return all, oldest first."""
        try:
            raw = self._file.read_bytes()
        except FileNotFoundError:
            return ()
        whole = len(raw) // _SIZE * _SIZE
        return [Checkpoint.decode(raw[at : at + _SIZE]) for at in range(0, whole, _SIZE)]

    def keep(self, checkpoint: Checkpoint) -> None:
        """Append one, durably."""
        try:
            with self._file.open("ab") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX)
                opened.truncate(os.fstat(opened.fileno()).st_size // _SIZE * _SIZE)
                opened.write(checkpoint.encode())
                opened.flush()
                os.fsync(opened.fileno())
        except OSError as failure:
            raise StorageError(f"{self._file.name} failed: {failure.strerror}") from failure


class Checkpoints:
    """Signs the head of the history as it grows. Thread-safe."""

    def __init__(
        self, folder: DataFolder, store: EventStore, enrolments: Enrolments, clock: Clock
    ) -> None:
        self._folder = folder
        self._store = store
        self._enrolments = enrolments
        self._clock = clock
        self._file = CheckpointFile(folder.checkpoints_file)
        self._tree = Frontier()
        self._lock = Lock()

    def latest(self) -> Checkpoint | None:
        """Return the newest checkpoint."""
        return self._file.latest()

    def make(self) -> Checkpoint:
        """Sign the history as it is now; the newest again where nothing was added since."""
        with self._lock:
            tree = self._grown()
            roll = self._enrolments.roll()
            newest = self._file.latest()
            if newest and (newest.epoch, newest.size) == (roll.epoch, tree.size):
                return newest
            at = self._clock.now().at
            certificate = roll.trust.current(Role.CHECKPOINT, at)
            blank = Checkpoint(self._folder.bureau, roll.epoch, tree.size, merkle.root(tree), at)
            signed = blank.sign(self._folder.checkpoint_key(certificate.serial))
            self._file.keep(signed)
            return signed

    def _grown(self) -> Frontier:
        while found := self._store.read(self._tree.size, _STEP):
            for stored in found:
                self._tree = merkle.add(self._tree, merkle.leaf_hash(stored.record()))
        return self._tree
