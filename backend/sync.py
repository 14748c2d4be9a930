"""Tablets hand in their logs: `POST /sync/log` (docs/format.md, section 11)."""

from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Any, Final

import zstandard
from anyio import to_thread
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.bytes_operation import bytes_operation
from backend.logs import say
from backend.problems import ProblemError
from backend.simulated import advance, received_at
from events import batch as batches
from events.batch import CONTENT_TYPE, MAX_BYTES, Batch
from events.clock import Clock
from events.errors import MalformedError, Refusal, TooLargeError, UnverifiedError
from events.statements import Checkpoint, Receipt
from events.store import EventStore, Held
from events.sync import Lookup, Quarantine, Quarantined, accept
from events.vault import Vault

_WINDOW: Final = 8 * 1024 * 1024  # the most memory that a frame may make us hold


class Received(Struct, frozen=True):
    """We hold the log up to `held`. Hex: `receipt` and `checkpoint` as docs/format.md has them."""

    receipt: str
    held: int
    position: int
    received_at: int
    checkpoint: str | None


class Intake(Struct, frozen=True, kw_only=True):
    """Takes in pushes, one at a time: one commit, one signature check each.

    `turn` is held by whoever appends. `sign` makes the receipt for how far a log is held;
    `checkpoint` returns the newest one there is; `arrived` is told that there is more to fold.
    """

    store: EventStore
    vault: Vault
    enrolment: Lookup
    quarantine: Quarantine
    clock: Clock
    turn: RLock
    sign: Callable[[bytes, Held], Receipt]
    checkpoint: Callable[[], Checkpoint | None]
    arrived: Callable[[], None]

    def take(self, raw: bytes, encoding: str = "", at: int | None = None) -> Received:
        """Take in a push as it came. `at` sets the clock first, where time is simulated."""
        return self.take_batch(batches.decode(opened(raw, encoding)), at)

    def take_batch(self, batch: Batch, at: int | None = None) -> Received:
        """Verify, store, then answer. Retry-safe."""
        aside: list[Quarantined] = []

        def set_aside(one: Quarantined) -> None:
            aside.append(one)
            self.quarantine(one)

        try:
            with self.turn:
                advance(self.clock, at)
                held = accept(
                    batch,
                    store=self.store,
                    vault=self.vault,
                    enrolment=self.enrolment,
                    quarantine=set_aside,
                    received_at=self.clock.now().at,
                )
        except Refusal as refusal:
            self.arrived()  # what verified before it was stored
            if aside and not isinstance(refusal, UnverifiedError):
                raise ProblemError(refusal.code, sequence=aside[0].first) from refusal
            raise
        self.arrived()
        say("received", entries=len(batch.envelopes), held=held.sequence, position=held.position)
        return self.answer(batch.log, held)

    def answer(self, log: bytes, held: Held) -> Received:
        """Return the receipt for how far `log` is held, with the newest checkpoint."""
        newest = self.checkpoint()
        return Received(
            receipt=self.sign(log, held).encode().hex(),
            held=held.sequence,
            position=held.position,
            received_at=held.received_at,
            checkpoint=newest.encode().hex() if newest else None,
        )


def opened(raw: bytes, encoding: str) -> bytes:
    """Return the body without its compression, never more than a push may have."""
    match encoding.strip().lower():
        case "" | "identity":
            return raw
        case "zstd":
            return _decompressed(raw)
        case _:
            raise ProblemError("media-type", accepted=["identity", "zstd"])


def _decompressed(raw: bytes) -> bytes:
    opener = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    try:
        with opener.stream_reader(raw, read_across_frames=True) as reader:
            result = reader.read(MAX_BYTES + 1)
    except zstandard.ZstdError as broken:
        msg = "not a zstd frame"
        raise MalformedError(msg) from broken
    if len(result) > MAX_BYTES:
        msg = f"a push has at most {MAX_BYTES} bytes when opened"
        raise TooLargeError(msg)
    return result


@post(
    "/sync/log",
    status_code=200,
    request_max_body_size=MAX_BYTES,
    operation_class=bytes_operation(
        CONTENT_TYPE,
        "docs/format.md, section 11; may be compressed whole (Content-Encoding: zstd)",
        required=True,
    ),
    tags=["sync"],
    summary="Hand in what follows entry n of a log",
)
async def push(
    request: Request[Any, Any, Any],
    intake: NamedDependency[SkipValidation[Intake]],
    simulated: NamedDependency[bool],
) -> Received:
    """Answers with a signed receipt once it is durable; never waits for a projection.

    Retry-safe. 409: go on behind `held`. 422: entry `sequence` does not verify; stop.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise ProblemError("media-type", accepted=[CONTENT_TYPE])
    at = received_at(request) if simulated else None
    raw = await request.body()
    encoding = request.headers.get("content-encoding", "")
    return await to_thread.run_sync(partial(intake.take, raw, encoding, at))
