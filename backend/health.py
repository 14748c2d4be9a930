"""Is it up, and is it ready: for whoever watches the process."""

from collections.abc import Callable, Mapping

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.problems import ProblemError


class Health(Struct, frozen=True):
    """The process answers."""

    status: str
    version: str


class Ready(Struct, frozen=True):
    """Whether records can be taken in, and how far folding and checking have come.

    `position` is the history's last; `lag` counts records that are not folded yet. Signatures
    are checked up to `verified`; more are while no push arrives.
    """

    status: str
    writable: bool
    position: int
    folded: int
    lag: int
    verified: int
    checkpoint: int
    workers: Mapping[str, bool]


@get("/health", tags=["server"], summary="The process is up", sync_to_thread=False)
def health(version: NamedDependency[str]) -> Health:
    """Answer, without looking at anything."""
    return Health("up", version)


@get("/ready", tags=["server"], summary="Records can be taken in", sync_to_thread=True)
def ready(
    readiness: NamedDependency[SkipValidation[Callable[[], Ready]]],
) -> Response[Ready]:
    """Look at the store and at the background work; 503 where a push would fail."""
    found = readiness()
    if not found.writable:
        raise ProblemError("not-ready", position=found.position, folded=found.folded)
    return Response(found)
