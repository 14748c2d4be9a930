"""The conversation between a tablet and the office, without network.

    tablet: here is what follows entry n of my log      next_push → Batch
    office: we hold it up to m, at these positions      accept → Accepted
            or: we hold it up to m only, go on there    ConflictError
            or: entry k does not verify, tell a person  UnverifiedError

What the office stores verifies; what does not goes into quarantine with its reason, and what
comes before it in the same push is stored. Every answer is the same however often it is asked.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from msgspec import Struct

from events import chain
from events.batch import Batch, cut
from events.chain import Head
from events.envelope import Entry
from events.errors import (
    ConflictError,
    ForkedError,
    NotEnrolledError,
    Refusal,
    RevokedError,
    UnverifiedError,
)
from events.ids import NO_HASH
from events.public_keys import signing_key
from events.sealing import WrappedKey
from events.store import EventStore, Held, fresh
from events.vault import Vault

_RECEIVED_AT = 8


class Enrolment(Struct, frozen=True):
    """What the office knows of a log: its key (32 bytes), and up to where it trusts it."""

    log: bytes
    key: bytes
    device: str
    last_trusted: int | None = None


class Quarantined(Struct, frozen=True):
    """Envelopes that were refused, as they came. `reason` is the refusal's code."""

    log: bytes
    first: int
    reason: str
    envelopes: tuple[bytes, ...]


Lookup = Callable[[bytes], Enrolment | None]
Quarantine = Callable[[Quarantined], None]


def accept(
    batch: Batch,
    *,
    store: EventStore,
    vault: Vault,
    enrolment: Lookup,
    quarantine: Quarantine,
    received_at: int,
) -> Held:
    """Take in a push: verify, keep keys, append. Returns how far the log is held.

    Raises `NotEnrolledError`, `RevokedError`, `ConflictError`, `ForkedError`, `UnverifiedError`,
    `MalformedError`, `ForeignError` or `StorageError`. Nothing that does not verify is
    stored; what verifies before the first that does not, is.
    """
    known = enrolment(batch.log)
    if known is None:
        msg = "this log is not enrolled"
        raise NotEnrolledError(msg)
    run = _parse(batch, quarantine)
    try:
        held = store.held(batch.log)
        new = fresh(store, batch.log, batch.after, run, held)
    except ForkedError as fork:
        refusal = _as_signed(fork, run, known, store)
        _set_aside(batch, fork.sequence, refusal.code, quarantine)
        raise refusal from None
    good, refusal = _verified(new, held.head, known)
    if good:
        vault.put(batch.keys)
    first = batch.after + len(run) - len(new)
    held = store.append(batch.log, first, good, received_at)
    if refusal:
        _set_aside(batch, held.sequence + 1, refusal.code, quarantine)
        raise refusal
    if not held.sequence:  # asked before anything came: there is no receipt for nothing
        raise ConflictError(0, NO_HASH)
    return held


def _parse(batch: Batch, quarantine: Quarantine) -> list[Entry]:
    try:
        return batch.entries()
    except Refusal as broken:
        _set_aside(batch, batch.after + 1, broken.code, quarantine)
        raise


def _as_signed(
    fork: ForkedError, run: Sequence[Entry], known: Enrolment, store: EventStore
) -> UnverifiedError:
    """Call it a fork only where the log's own key signed two entries of one number.

    Otherwise it was forged, changed on its way, or put in the wrong place.
    """
    key = signing_key(known.key)
    if fork.sequence > store.held(known.log).sequence:
        return UnverifiedError(fork.sequence, "it stands in the wrong place")
    (ours,) = store.read_log(known.log, fork.sequence - 1, 1)
    held = ours.record().entry.hash
    for one in run:
        if one.header.sequence == fork.sequence and one.hash != held:
            return fork if chain.signed(one, key) else UnverifiedError(fork.sequence, "signature")
    return UnverifiedError(fork.sequence, "it stands in the wrong place")


def _verified(
    run: Sequence[Entry], head: Head, known: Enrolment
) -> tuple[Sequence[Entry], Refusal | None]:
    """Return what of `run` may be stored, and why the rest may not."""
    key = signing_key(known.key)
    trusted, refusal = _within_trust(run, known)
    whole = 0
    try:
        for entry in trusted:
            _require_whole(entry)
            head = chain.follow(entry, head, known.log)
            whole += 1
    except Refusal as broken:
        refusal = broken
    chained = trusted[:whole]
    if not chained or (whole == len(run) and chain.signed(chained[-1], key)):
        return chained, refusal
    # The run was cut or its last signature fails: its last word vouches for nothing.
    unsigned = chain.first_unsigned(chained, key)
    if unsigned is None:
        return chained, refusal
    sequence = chained[unsigned].header.sequence
    return chained[:unsigned], UnverifiedError(sequence, "signature")


def _require_whole(entry: Entry) -> None:
    """Refuse an entry that comes without its content: nobody signs whether that is there.

    Whoever takes it away underway would have it acknowledged, and lost for ever.
    """
    if entry.body is None or None in entry.sealed:
        raise UnverifiedError(entry.header.sequence, "its content is absent")


def _within_trust(run: Sequence[Entry], known: Enrolment) -> tuple[Sequence[Entry], Refusal | None]:
    last = known.last_trusted
    if last is None or not run or run[-1].header.sequence <= last:
        return run, None
    msg = f"this log was revoked; it is trusted up to {last}"
    return [one for one in run if one.header.sequence <= last], RevokedError(msg)


def _set_aside(batch: Batch, first: int, reason: str, quarantine: Quarantine) -> None:
    rest = batch.envelopes[max(0, first - batch.after - 1) :]
    quarantine(Quarantined(batch.log, first, reason, rest))


# ── the tablet's side ──────────────────────────────────────────────────────────────


class Turn(Enum):
    """Whose turn it is after an answer."""

    PUSH = "push"  # there is more to send
    REST = "rest"  # all is received
    STOP = "stop"  # a person has to look: nothing more is sent until then


class Outbox(Struct, frozen=True):
    """What the tablet knows of the office: how far its log is held there, and whether to go on."""

    held: int = 0
    stopped: str | None = None


def next_push(
    outbox: Outbox,
    store: EventStore,
    log: bytes,
    keys: Callable[[Sequence[Entry]], Sequence[WrappedKey]],
) -> Batch | None:
    """Return what to send next, None when all is held or a person has to look first."""
    if outbox.stopped:
        return None
    waiting = [one.state[_RECEIVED_AT:] for one in store.read_log(log, outbox.held, 1_000)]
    if not waiting:
        return None
    batch = Batch(log, outbox.held, tuple(waiting[: cut(waiting)]))
    return Batch(batch.log, batch.after, batch.envelopes, tuple(keys(batch.entries())))


def received(outbox: Outbox, sequence: int) -> Outbox:
    """The office holds the log up to `sequence`."""
    return Outbox(max(outbox.held, sequence))


def rewound(outbox: Outbox, own: EventStore, log: bytes, conflict: ConflictError) -> Outbox:
    """The office holds another length than we thought: go on from there, if it is our log.

    Stops with `restored` where the office holds more than we do (this tablet was restored
    from a backup and must begin a new log), with `forked` where it holds something else.
    """
    if conflict.held > own.held(log).sequence:
        return Outbox(outbox.held, "restored")
    if conflict.held:
        (ours,) = own.read_log(log, conflict.held - 1, 1)
        if ours.record().entry.hash != conflict.held_hash:
            return Outbox(outbox.held, "forked")
    return Outbox(conflict.held)


def refused(outbox: Outbox, code: str) -> Outbox:
    """The office refused for a reason that trying again does not mend."""
    return Outbox(outbox.held, code)
