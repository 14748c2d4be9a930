"""`create_app`: the only place where the server's parts meet."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Final

from anyio import to_thread
from litestar import Litestar
from litestar.di import Provide
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backend import (
    assets,
    caps,
    causes,
    cells,
    coverage,
    devices,
    due,
    enrol,
    follow_ups,
    goals,
    grids,
    health,
    history,
    inspections,
    items,
    measures,
    measures_compared,
    objects,
    openapi,
    overview,
    problem_pages,
    problems,
    procedure,
    pull,
    recoveries,
    replay,
    sync,
)
from backend.door import Door, secure
from backend.enrol import Registrar
from backend.health import Ready
from backend.overview import Overview
from backend.pages import Pages
from backend.projector import Worker
from backend.pull import Puller
from backend.readings import Reading
from backend.rebuilding import Rebuilding
from backend.replay import Replays
from backend.settings import Settings
from backend.sync import Intake
from events.statements import Checkpoint

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

MAX_BODY: Final = 65_536  # of any request but a push


class Parts(Struct, frozen=True, kw_only=True):
    """What the application is made of. Whoever opens the parts closes them.

    `checkpoint` signs the history as it is now.
    """

    bureau: bytes
    name: str
    demo: bool
    intake: Intake
    registrar: Registrar
    puller: Puller
    reading: Reading
    overview: Overview
    readiness: Callable[[], Ready]
    checkpoint: Callable[[], Checkpoint]
    rebuilding: Callable[[], Rebuilding | None]
    workers: Mapping[str, Worker]


def create_app(settings: Settings, parts: Parts) -> Litestar:
    """Return the application over `parts`; its workers run while it does."""
    found = assets.load()
    app = Litestar(
        route_handlers=_routes(),
        dependencies=_dependencies(settings, parts, found),
        exception_handlers=problems.EXCEPTION_HANDLERS,
        before_send=[secure],
        lifespan=[_working(settings, parts)],
        request_max_body_size=MAX_BODY,
        logging_config=None,
        openapi_config=openapi.config(found),
    )
    app.asgi_handler = Door(app.asgi_handler)
    return app


def _routes() -> Sequence[ControllerRouterHandler]:
    return (
        sync.push,
        enrol.enrol,
        pull.pull,
        overview.overview,
        history.history,
        coverage.coverage_view,
        measures.measures,
        measures.measure,
        measures_compared.comparison,
        measures_compared.series,
        cells.cells_view,
        grids.newest_grid,
        grids.grid_by_hash,
        items.items,
        objects.objects,
        due.due,
        caps.caps,
        caps.joint,
        devices.devices,
        inspections.inspections,
        procedure.procedure,
        follow_ups.follow_ups_view,
        recoveries.recoveries_view,
        goals.goals_view,
        causes.causes_view,
        replay.replay,
        replay.replay_changes,
        replay.difference,
        health.health,
        health.ready,
        problem_pages.problem_page,
        assets.asset,
    )


def _dependencies(settings: Settings, parts: Parts, found: assets.Assets) -> dict[str, Provide]:
    given = {
        "assets": found,
        "bureau": parts.bureau,
        "intake": parts.intake,
        "measuring": parts.overview.measuring,
        "pages": Pages(found),
        "puller": parts.puller,
        "readiness": parts.readiness,
        "reading": parts.reading,
        "rebuilding": parts.rebuilding,
        "registrar": parts.registrar,
        "replays": Replays(parts.reading, settings.replay_most),
        "shown": parts.overview,
        "simulated": settings.simulated,
        "store": parts.intake.store,
        "version": version("xunji"),
    }
    return {name: _given(value) for name, value in given.items()}


def _given(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)


def _working(
    settings: Settings, parts: Parts
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def working(_app: Litestar) -> AsyncGenerator[None, None]:
        for worker in parts.workers.values():
            worker.start()
        try:
            yield
        finally:
            for worker in parts.workers.values():
                await to_thread.run_sync(worker.end, settings.shutdown_seconds)

    return working
