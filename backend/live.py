"""新记录: pages are told when figures moved on, by server-sent events; nobody polls.

A worker of its own is woken when something was folded, computes once how it stands, and wakes
the listeners. They are bounded in number, never hold a thread while they wait, and end with
their session, which listening does not prolong.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from anyio import to_thread
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage
from msgspec import json

from backend.frame import Standing, Standings
from backend.people.guard import Visit
from backend.people.people import People
from backend.people.reader import Reader
from backend.people.rights import Right

MOST: Final = 256
"""So many pages listen at once; one session with so many of them:"""
MOST_OF_ONE: Final = 16
QUIET: Final = 0.5  # seconds without anything new before pages are told: one line for a push
HEARTBEAT: Final = 20.0  # seconds: so that proxies keep the line open, and ended sessions are seen


class Listener:
    """One page that listens. Waits in the loop of the server; is woken from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._moved = asyncio.Event()

    def wake(self) -> None:
        """Something moved."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._moved.set)

    async def moved(self, patience: float) -> bool:
        """Wait until something moved; tell whether it did in `patience` seconds."""
        try:
            await asyncio.wait_for(self._moved.wait(), patience)
        except TimeoutError:
            return False
        self._moved.clear()
        return True


class Live:
    """Who listens, and what they are told. `heartbeat` in seconds."""

    def __init__(self, standings: Standings, heartbeat: float = HEARTBEAT) -> None:
        self.standings = standings
        self.heartbeat = heartbeat
        self.newest: Standing | None = None
        self.is_ending = False
        self._listeners: dict[Listener, bytes] = {}

    def step(self) -> bool:
        """Compute how it stands and wake who listens; the work of a `Worker`."""
        if self._listeners:
            now = self.standings.now()
            if now != self.newest:
                self.newest = now
                self._wake()
        return False

    def end(self) -> None:
        """Let all listeners go: the server is about to stop."""
        self.is_ending = True
        self._wake()

    def join(self, session: bytes) -> Listener | None:
        """Return a listener more; None where there are too many."""
        of_one = Counter(self._listeners.values())[session]
        if self.is_ending or len(self._listeners) >= MOST or of_one >= MOST_OF_ONE:
            return None
        listener = Listener()
        self._listeners[listener] = session
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.pop(listener, None)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def _wake(self) -> None:
        for listener in tuple(self._listeners):
            listener.wake()


@get(
    "/live",
    include_in_schema=False,
    opt={"right": Right.READ_VIEWS, "narrows": True, "unattended": True},
)
async def live_events(
    request: Request[Any, Any, Any],
    live: NamedDependency[SkipValidation[Live]],
    people: NamedDependency[SkipValidation[People]],
    visit: NamedDependency[SkipValidation[Visit]],
) -> ServerSentEvent:
    """Tell how it stands now, and again whenever that changes."""
    del request

    def who() -> Reader | None:
        session = people.sessions.peek(visit.token)
        return people.reader(session) if session else None

    return ServerSentEvent(told(live, visit.session.hash, who))


async def told(
    live: Live, session: bytes, who: Callable[[], Reader | None]
) -> AsyncGenerator[ServerSentEventMessage, None]:
    """Yield what a page is told until its session ends, the server does, or nobody listens."""
    listener = live.join(session)
    if listener is None:
        yield ServerSentEventMessage(event="ended", data="")
        return
    try:
        live.newest = live.newest or await to_thread.run_sync(live.standings.now)
        moved = True
        while not live.is_ending:
            reader = await to_thread.run_sync(who)
            if reader is None:
                break
            yield line(live.newest, reader) if moved else HEARTBEAT_LINE
            moved = await listener.moved(live.heartbeat)
        yield ServerSentEventMessage(event="ended", data="")
    finally:
        live.leave(listener)


HEARTBEAT_LINE: Final = ServerSentEventMessage(comment="still here", data=None)


def line(standing: Standing, reader: Reader) -> ServerSentEventMessage:
    """Return what a reader is told: one line of JSON; `said` are the texts of the quiet line."""
    own = standing.of(reader)
    said = {
        "position": own.position,
        "received": own.received,
        "lag": own.lag,
        "silent": [one.name or one.device for one in own.silent],
        "said": own.said(),
    }
    return ServerSentEventMessage(event="standing", id=own.position, data=json.encode(said))
