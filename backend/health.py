"""Is it up, and is it ready: for whoever watches the process."""

from collections.abc import Callable, Mapping

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.problems import ProblemError
from backend.rebuilding import Rebuilding


class Health(Struct, frozen=True):
    """The process answers. `rebuilding` says how far views of another version are rebuilt."""

    status: str
    version: str
    rebuilding: Rebuilding | None


class Ready(Struct, frozen=True):
    """Whether records can be taken in, and how far folding and checking have come.

    `position` is the history's last; `folded` the last that answers count, `lag` how many they
    do not count yet. Signatures are checked up to `verified`; more are while no push arrives.
    """

    status: str
    writable: bool
    position: int
    folded: int
    lag: int
    verified: int
    checkpoint: int
    workers: Mapping[str, bool]
    rebuilding: Rebuilding | None = None


@get("/health", tags=["server"], summary="The process is up", sync_to_thread=True)
def health(
    version: NamedDependency[str],
    rebuilding: NamedDependency[SkipValidation[Callable[[], Rebuilding | None]]],
) -> Health:
    """Answer; look at nothing but whether views are being rebuilt."""
    return Health("up", version, rebuilding())


@get("/ready", tags=["server"], summary="Records can be taken in", sync_to_thread=True)
def ready(
    readiness: NamedDependency[SkipValidation[Callable[[], Ready]]],
) -> Response[Ready]:
    """Look at the store and at the background work; 503 where a push would fail."""
    found = readiness()
    if not found.writable:
        raise ProblemError("not-ready", position=found.position, folded=found.folded)
    return Response(found)
