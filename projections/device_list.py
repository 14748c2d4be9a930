"""Devices: each with its logs, how far they are held, and whether they are trusted."""

from collections import defaultdict

from msgspec import Struct

from projections.devices import LogState
from projections.views import Condition, Query, ViewReader, view_of

PAGE = 100


class LogLine(Struct, frozen=True):
    """A log. Times in microseconds; `last_trusted` None: without limit; 0: nothing of it."""

    log: str
    role: str
    enrolled: bool
    last_trusted: int | None
    entries: int
    adopted: int
    unknown: tuple[tuple[str, int], ...]
    received_at: int
    happened_at: int
    utc_offset: int

    @property
    def beyond_trust(self) -> int:
        """How many entries are held that are not trusted."""
        return 0 if self.last_trusted is None else max(0, self.entries - self.last_trusted)


class DeviceLine(Struct, frozen=True):
    """A device with its logs, the one heard of last first."""

    device: str
    name: str
    townships: tuple[str, ...]
    domains: tuple[str, ...]
    logs: tuple[LogLine, ...]

    @property
    def received_at(self) -> int:
        return max(log.received_at for log in self.logs)


class DevicePage(Struct, frozen=True):
    """A page of the list. `next` is the device to go on after, None on the last page."""

    lines: tuple[DeviceLine, ...]
    next: str | None


def device_list(
    views: ViewReader, *, role: str | None = "tablet", after: str | None = None, limit: int = PAGE
) -> DevicePage:
    """Return devices by id. A bureau has hundreds of logs at most, so all are looked at."""
    where: list[Condition] = [] if role is None else [("role", "=", role)]
    if after is not None:
        where.append(("device", ">", after))
    view = view_of(views.views, "devices")
    of: defaultdict[str, list[tuple[str, LogState]]] = defaultdict(list)
    rows = views.select(
        Query("devices", columns=("device",), where=tuple(where), order=("device",), document=True)
    )
    for row in rows:
        of[str(row.values[0])].append((row.key, view.decode(row.document)))
    lines = [_device(device, logs) for device, logs in of.items()]
    more = len(lines) > limit
    return DevicePage(tuple(lines[:limit]), lines[limit - 1].device if more else None)


def _device(device: str, logs: list[tuple[str, LogState]]) -> DeviceLine:
    ranked = sorted(logs, key=lambda pair: (-pair[1].received_at, pair[0]))
    enrolments = [state.enrolled for _, state in ranked if state.enrolled]
    newest = enrolments[0] if enrolments else None
    return DeviceLine(
        device,
        newest.name if newest else "",
        newest.townships if newest else (),
        newest.domains if newest else (),
        tuple(_log(log, state) for log, state in ranked),
    )


def _log(log: str, state: LogState) -> LogLine:
    opened = state.opened
    tags: defaultdict[str, int] = defaultdict(int)
    for tag in state.unknown.values():
        tags[tag] += 1
    return LogLine(
        log,
        opened.role if opened else "tablet",
        state.enrolled is not None,
        state.last_trusted,
        state.sequence,
        len(state.adopted),
        tuple(sorted(tags.items())),
        state.received_at,
        state.happened_at,
        state.utc_offset,
    )
