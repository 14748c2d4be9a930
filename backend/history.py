"""The records themselves, as headers: who wrote what when; nothing sealed, no bodies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend.links import next_link
from events import vocabulary
from events.clock import moment
from events.envelope import Record
from events.ids import NOBODY, id_text
from events.store import EventStore, Stored
from events.vocabulary import Unknown

MOST = 1_000


class Line(Struct, frozen=True):
    """A record without its content. `unknown` says why its content could not be read, if so."""

    position: int
    received_at: datetime
    log: str
    sequence: int
    tag: str
    happened_at: datetime | None  # None where no calendar has such a day
    actor: str | None
    hash: str
    body_size: int
    sealed_parts: int
    unknown: str | None


class HistoryPage(Struct, frozen=True):
    """Records behind `after`. `size` is the last position there is; `next` leads on."""

    bureau: str
    size: int
    records: Sequence[Line]
    next: str | None


@get("/history", tags=["history"], summary="Records, as headers", sync_to_thread=True)
def history(
    request: Request[Any, Any, Any],
    store: NamedDependency[SkipValidation[EventStore]],
    bureau: NamedDependency[SkipValidation[bytes]],
    after: Annotated[int, QueryParameter(ge=0, le=2**62)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 100,
) -> Response[HistoryPage]:
    """Show what the history holds behind position `after`, in the order it arrived."""
    found = store.read(after, limit)
    more = len(found) == limit
    link = next_link(request, after=found[-1].position) if more else None
    page = HistoryPage(bureau.hex(), store.size(), [line(one) for one in found], link)
    return Response(page)


def line(stored: Stored) -> Line:
    """Return what may be shown of a record."""
    record: Record = stored.record()
    header = record.entry.header
    event = vocabulary.decode(header.tag, record.entry.body)
    return Line(
        position=stored.position,
        received_at=moment(record.received_at),
        log=stored.log,
        sequence=stored.sequence,
        tag=header.tag,
        happened_at=_on_the_wall(header.happened_at, header.utc_offset),
        actor=None if header.actor == NOBODY else id_text(header.actor),
        hash=record.entry.hash.hex(),
        body_size=header.body_size,
        sealed_parts=len(header.parts),
        unknown=event.reason if isinstance(event, Unknown) else None,
    )


def _on_the_wall(at: int, utc_offset: int) -> datetime | None:
    try:
        return moment(at, utc_offset)
    except (ValueError, OverflowError):
        return None
