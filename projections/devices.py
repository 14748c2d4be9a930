"""Logs: how far each is held, who may write it, and what of it we cannot read, by log.

Every entry touches this view, so it keeps the head of a log and no more. A log is held
without gaps: the last sequence says how many entries there are. Entries that were adopted
are counted apart. A device has several logs over time; `projections.device_list` joins them.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field, msgpack

from events.office import DeviceEnrolled, DeviceRevoked, LogOpened
from events.vocabulary import Unknown
from projections.filed import Filed, filed
from projections.recorded import Recorded
from projections.view import Keys, State, Value, View


class LogState(Struct, array_like=True):
    """What is known of a log. `sequence` to `happened_at` are those of its last entry held.

    `unknown` holds sequence and tag of entries we cannot read, `adopted` the sequence and
    position of those taken in from quarantine, `facts` what was said about the log.
    """

    sequence: int = 0
    position: int = 0
    received_at: int = 0
    happened_at: int = 0
    utc_offset: int = 0
    unknown: dict[int, str] = field(default_factory=dict[int, str])
    adopted: dict[int, int] = field(default_factory=dict[int, int])
    facts: dict[str, Filed] = field(default_factory=dict[str, Filed])

    def facts_of(self, kind: type[Any]) -> list[Any]:
        """Return what was said of the log, of one type, by position."""
        rows = sorted(self.facts.values(), key=lambda row: row.position)
        return [fact for row in rows if isinstance(fact := row.fact, kind)]

    @property
    def opened(self) -> LogOpened | None:
        return next(iter(self.facts_of(LogOpened)), None)

    @property
    def enrolled(self) -> DeviceEnrolled | None:
        """The enrolment that counts: the one recorded last."""
        return next(reversed(self.facts_of(DeviceEnrolled)), None)

    @property
    def last_trusted(self) -> int | None:
        """How far it is trusted; None without limit. Of several revocations the strictest."""
        return min((one.last_trusted for one in self.facts_of(DeviceRevoked)), default=None)


_ABOUT = (LogOpened, DeviceEnrolled, DeviceRevoked)


def keys(recorded: Recorded) -> Keys:
    event = recorded.event
    if recorded.carrier is None and type(event) not in _ABOUT:
        return (recorded.log,)
    found = [recorded.log]
    if isinstance(event, DeviceEnrolled | DeviceRevoked):
        found.append(event.log)
    if recorded.carrier is not None:
        found.append(recorded.carrier.log)
    return tuple(dict.fromkeys(found))


def reduce(state: LogState | None, recorded: Recorded, key: str) -> LogState:
    """Move the head of a log, or note what is said of it. All other facts only move the head."""
    if state is None:
        state = LogState()
    carrier = recorded.carrier
    event = recorded.event
    if key == recorded.log:
        if carrier is None:
            _move(state, recorded.sequence, recorded, recorded.happened_at)
        else:
            held = state.adopted.get(recorded.sequence, recorded.position)
            state.adopted[recorded.sequence] = min(held, recorded.position)
        if type(event) is Unknown:
            state.unknown[recorded.sequence] = recorded.tag
        elif type(event) is LogOpened:
            _note(state, recorded)
    if carrier is not None and key == carrier.log:
        _move(state, carrier.sequence, recorded, carrier.happened_at)
    if isinstance(event, DeviceEnrolled | DeviceRevoked) and key == event.log:
        _note(state, recorded)
    return state


def _move(state: LogState, sequence: int, recorded: Recorded, happened_at: int) -> None:
    if sequence > state.sequence or (
        sequence == state.sequence and recorded.position < state.position
    ):
        state.sequence = sequence
        state.position = recorded.position
        state.received_at = recorded.received_at
        state.happened_at = happened_at
        state.utc_offset = recorded.utc_offset


def _note(state: LogState, recorded: Recorded) -> None:
    held = state.facts.get(recorded.ref)
    event = recorded.event
    if not isinstance(event, Unknown) and (held is None or recorded.position < held.position):
        state.facts[recorded.ref] = filed(event, recorded)


def _extract(_key: str, state: LogState) -> tuple[Value, ...]:
    opened, enrolled, trusted = state.opened, state.enrolled, state.last_trusted
    return (
        enrolled.device if enrolled else opened.device if opened else "",
        enrolled.name if enrolled else "",
        opened.role if opened else "tablet" if enrolled else "",
        int(enrolled is not None),
        -1 if trusted is None else trusted,
        state.sequence,
        len(state.adopted),
        len(state.unknown),
        state.received_at,
        state.happened_at,
    )


_decode: Callable[[bytes], State] = msgpack.Decoder(LogState).decode

DEVICES = View(
    name="devices",
    version=1,
    keys={},
    reduce=reduce,
    encode=msgpack.Encoder().encode,
    decode=_decode,
    columns={
        "device": "text",
        "name": "text",
        "role": "text",
        "enrolled": "integer",
        "last_trusted": "integer",
        "entries": "integer",
        "adopted": "integer",
        "unknown": "integer",
        "received_at": "integer",
        "happened_at": "integer",
    },
    extract=_extract,
    indexes=(("device",), ("received_at",)),
    every=keys,
    document=LogState,
)
