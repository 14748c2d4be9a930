"""One log being written: seal, sign, store, and only then say that it is recorded."""

from collections.abc import Sequence
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from events import chain, vocabulary
from events.chain import Head
from events.clock import Clock, Entropy, Instant
from events.envelope import Entry
from events.errors import BusyError, ConflictError, DatabaseFailedError, ForkedError
from events.facts import Fact, body
from events.header import Header, Part
from events.ids import NO_HASH, NOBODY, id_bytes
from events.office import LogOpened
from events.sealing import DataKey, Place, seal
from events.store import EventStore, Held


class Keyring(Protocol):
    """Where a writer gets the data key of a subject."""

    def for_subject(self, subject: bytes) -> DataKey:
        """Return the key of a subject (16 bytes), made and durably kept if there was none."""
        ...


class Said(Struct, frozen=True):
    """A fact to be recorded, with the text of its sealed parts in the order of `fact.sealed`."""

    fact: Fact
    texts: tuple[bytes, ...] = ()
    actor: bytes = NOBODY


class Seen(Struct, frozen=True):
    """The newest checkpoint that the writer has seen."""

    size: int = 0
    root: bytes = NO_HASH


class LogWriter:
    """The one writer of one log. Not for several threads at once."""

    def __init__(
        self,
        store: EventStore,
        log: bytes,
        key: Ed25519PrivateKey,
        clock: Clock,
        entropy: Entropy,
        keyring: Keyring,
    ) -> None:
        self.log = log
        self.seen = Seen()
        self._store = store
        self._key = key
        self._clock = clock
        self._entropy = entropy
        self._keyring = keyring
        self._held = store.held(log)
        self._unanswered: list[Head] = []  # where the log stands if one of these was recorded

    @property
    def held(self) -> Held:
        """How far the log is recorded here."""
        return self._held

    def record(self, fact: Fact, texts: Sequence[bytes] = (), actor: bytes = NOBODY) -> Entry:
        """Record one fact, durably; return its entry."""
        return self.record_all([Said(fact, tuple(texts), actor)])[0]

    def record_all(self, gesture: Sequence[Said]) -> list[Entry]:
        """Record what one gesture decided: whole or not at all, with one fsync.

        Raises `StorageError` where it could not be made durable, `BusyError` where another
        process has written this log: it has one writer. A database that failed may have
        recorded it all the same: then what is recorded next stands behind it.
        """
        self._settle()
        now = self._clock.now()
        head = self._held.head
        run: list[Entry] = []
        for said in gesture:
            run.append(self._entry(head, said, now))
            head = chain.head_of(run[-1])
        try:
            self._held = self._store.append(self.log, self._held.sequence, run, now.at)
        except DatabaseFailedError:
            self._unanswered.append(head)
            raise
        except (ConflictError, ForkedError) as other:
            if self._unanswered:
                msg = "an entry that had no answer is not settled yet"
                raise DatabaseFailedError(msg) from other
            msg = "another process is writing this log"
            raise BusyError(msg) from other
        self._unanswered.clear()
        return run

    def _settle(self) -> None:
        """Take for held what an append without an answer recorded, if it did.

        One that no majority holds yet is not seen: it still may be, so it is not forgotten.
        """
        if not self._unanswered:
            return
        held = self._store.held(self.log)
        if held.head in self._unanswered:
            self._held = held
            self._unanswered.clear()

    def _entry(self, head: Head, said: Said, now: Instant) -> Entry:
        keys = [self._keyring.for_subject(id_bytes(part.subject)) for part in said.fact.sealed]
        places = [Place(self.log, head.sequence + 1, index) for index in range(len(keys))]
        sealed = [
            seal(text, key, place, self._entropy(12))
            for text, key, place in zip(said.texts, keys, places, strict=True)
        ]
        header = self._header(said, now, tuple(Part(key.id, 0, NO_HASH) for key in keys))
        return chain.link(head, header, body(said.fact, self._entropy(16)), sealed, self._key)

    def _header(self, said: Said, now: Instant, parts: tuple[Part, ...]) -> Header:
        return Header(
            log=self.log,
            sequence=0,
            previous=NO_HASH,
            happened_at=now.at,
            tag=vocabulary.tag_of(type(said.fact)),
            body_size=0,
            body_hash=NO_HASH,
            utc_offset=now.utc_offset,
            boot=now.boot,
            uptime=now.uptime,
            checkpoint_size=self.seen.size,
            checkpoint_root=self.seen.root,
            actor=said.actor,
            parts=parts,
        )


def genesis(fact: LogOpened, key: Ed25519PrivateKey, now: Instant, salt: bytes) -> Entry:
    """Return the first entry of a new log; the log's id is its hash. `salt`: 16 random bytes."""
    header = Header(
        log=NO_HASH,
        sequence=0,
        previous=NO_HASH,
        happened_at=now.at,
        tag=vocabulary.tag_of(LogOpened),
        body_size=0,
        body_hash=NO_HASH,
        utc_offset=now.utc_offset,
        boot=now.boot,
        uptime=now.uptime,
    )
    return chain.link(Head(), header, body(fact, salt), (), key)
