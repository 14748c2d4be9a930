"""Devices and their logs: how far each is held, whether it is trusted, when it was heard of."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.readings import MOST, After, Asked, Format, Limit, Reading, Table
from events.clock import moment
from projections.device_list import DeviceLine, LogLine, device_list
from projections.views import Cursor, ViewStore


@get("/views/devices", tags=["views"], summary="终端 · devices and logs", sync_to_thread=True)
def devices(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    role: Annotated[str, QueryParameter(pattern="^(tablet|office|access|all)$")] = "tablet",
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List logs, those of one device together."""
    chosen = None if role == "all" else role

    def rows(views: ViewStore, start: Cursor | None, most: int) -> Table:
        return table(views, chosen, start, most)

    return reading.list(request, "devices", rows, reading.today(), Asked(after, limit, format))


def table(
    views: ViewStore, role: str | None = None, start: Cursor | None = None, most: int = MOST
) -> Table:
    """Return logs as rows."""
    device = str(start[0]) if start else None
    page = device_list(views, role=role, after=device, limit=most)
    found = [_row(line, log) for line in page.lines for log in line.logs]
    return Table(found, (page.next,) if page.next else None)


def _row(line: DeviceLine, log: LogLine) -> dict[str, Any]:
    return {
        "device": line.device,
        "name": line.name,
        "log": log.log,
        "role": log.role,
        "enrolled": log.enrolled,
        "last_trusted": log.last_trusted,
        "entries": log.entries,
        "beyond_trust": log.beyond_trust,
        "adopted": log.adopted,
        "unknown": sum(count for _, count in log.unknown),
        "last_received_at": moment(log.received_at) if log.received_at else None,
        "townships": list(line.townships),
        "domains": list(line.domains),
    }
