"""`create_app`: the only place where the server's parts meet."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Final

from anyio import to_thread
from litestar import Litestar, Router
from litestar.datastructures import State
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
    frame,
    goals,
    grids,
    health,
    history,
    inspections,
    items,
    live,
    map_layers,
    map_page,
    measures,
    measures_compared,
    objects,
    officer_sign_in,
    openapi,
    overview,
    picture_upload,
    problem_pages,
    procedure,
    pull,
    recoveries,
    replay,
    segments,
    sync,
)
from backend.codes import Codes
from backend.door import Door, secure
from backend.enrol import Registrar
from backend.exports import odata
from backend.exports import page as exports
from backend.finding import Finder
from backend.forms import Forms
from backend.frame import Frame
from backend.health import Ready
from backend.live import Live
from backend.office import Office
from backend.officer_sign_in import Officers
from backend.overview import Overview
from backend.pages import Pages
from backend.pages_of import inventories, managers
from backend.people import access_log, app_key_pages, managing, own_account, signing_in, tablets
from backend.people.guard import NotSignedInError, guard, on_nobody, reader_of, visit_in
from backend.people.people import People
from backend.people.rights import Right
from backend.picture_folder import PictureFolder
from backend.projector import Worker
from backend.pull import Puller
from backend.reach import reach
from backend.readings import Reading
from backend.rebuilding import Rebuilding
from backend.replay import Replays
from backend.settings import Settings
from backend.sync import Intake
from events.statements import Checkpoint

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

NAMES_READ: Final = 60.0  # seconds until names are read again that nobody asked for
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
    office: Office
    codes: Codes
    live: Live
    people: People
    pictures: PictureFolder
    officers: Officers
    readiness: Callable[[], Ready]
    checkpoint: Callable[[], Checkpoint]
    rebuilding: Callable[[], Rebuilding | None]
    workers: Mapping[str, Worker]


def create_app(settings: Settings, parts: Parts) -> Litestar:
    """Return the application over `parts`; its workers run while it does."""
    found = assets.load()
    around = Frame(parts.name, parts.live.standings, demo=parts.demo)
    pages = Pages(found, around)
    finder = Finder(parts.overview.measuring)
    names = Worker("names", lambda: finder.prepare(parts.reading), NAMES_READ)
    app = Litestar(
        # In one router: an app that is given two handlers of a path one by one wraps one twice.
        route_handlers=[Router("/", route_handlers=routes())],
        dependencies=_dependencies(settings, parts, found, pages)
        | {"frame": _given(around), "finder": _given(finder)},
        exception_handlers={
            **problem_pages.HANDLERS,
            NotSignedInError: on_nobody,
        },
        guards=[guard],
        state=State({"people": parts.people, "pages": pages, "office": parts.office}),
        before_send=[secure],
        lifespan=[_working(settings, {**parts.workers, "names": names})],
        request_max_body_size=MAX_BODY,
        logging_config=None,
        openapi_config=openapi.config(found),
    )
    app.asgi_handler = Door(Forms(app.asgi_handler), reach=reach(settings, demo=parts.demo))
    return app


def routes() -> Sequence[ControllerRouterHandler]:
    """Return all routes: open ones, named in `rights.OPEN`, and those that need a right."""
    return (
        sync.push,
        enrol.bureau_of_server,
        enrol.enrol,
        pull.pull,
        picture_upload.begin_picture,
        picture_upload.picture_progress,
        picture_upload.more_of_picture,
        officer_sign_in.officer_sign_in,
        health.health,
        health.ready,
        problem_pages.problem_page,
        assets.asset,
        frame.home,
        live.live_events,
        signing_in.sign_in_page,
        signing_in.sign_in,
        signing_in.second_page,
        signing_in.second,
        signing_in.sign_out,
        own_account.join_page,
        own_account.join,
        own_account.set_up_page,
        own_account.set_up,
        own_account.account_page,
        own_account.change_password,
        own_account.factor_page,
        own_account.set_factor,
        own_account.drop_factor,
        own_account.sign_out_everywhere,
        app_key_pages.make_key,
        app_key_pages.revoke_own_key,
        app_key_pages.revoke_key,
        managing.accounts_page,
        managing.open_account,
        managing.account_form,
        managing.change_account,
        managing.act_on_account,
        *inventories.ROUTES,
        tablets.tablets_page,
        tablets.issue_code,
        tablets.revoke_page,
        tablets.revoke_tablet,
        access_log.access_log,
        *managers.ROUTES,
        exports.exports_page,
        exports.report_file,
        odata.feed(),
        _needing(
            Right.READ_VIEWS,
            overview.overview,
            coverage.coverage_view,
            measures.measures,
            measures.measure,
            measures_compared.comparison,
            measures_compared.series,
            cells.cells_view,
            map_page.map_page,
            map_page.map_names,
            map_page.map_cell,
            *map_layers.ROUTES,
            segments.segments,
            items.items,
            objects.objects,
            due.due,
            caps.caps,
            caps.joint,
            inspections.inspections,
            procedure.procedure,
            follow_ups.follow_ups_view,
            recoveries.recoveries_view,
            goals.goals_view,
            causes.causes_view,
        ),
        _needing(Right.READ_VIEWS, grids.newest_grid, grids.grid_by_hash),
        _needing(
            Right.READ_HISTORY,
            history.history,
            replay.replay,
            replay.replay_changes,
            replay.difference,
        ),
        _needing(
            Right.READ_DEVICES,
            devices.devices,
        ),
    )


def _needing(right: Right, *handlers: ControllerRouterHandler) -> Router:
    """Return routes that need a right, unless they name another themselves."""
    return Router("/", route_handlers=handlers, opt={"right": right})


def _dependencies(
    settings: Settings, parts: Parts, found: assets.Assets, pages: Pages
) -> dict[str, Provide]:
    given = {
        "assets": found,
        "bureau": parts.bureau,
        "office": parts.office,
        "codes": parts.codes,
        "people": parts.people,
        "tablet_officers": parts.officers,
        "intake": parts.intake,
        "live": parts.live,
        "measuring": parts.overview.measuring,
        "pages": pages,
        "picture_folder": parts.pictures,
        "puller": parts.puller,
        "readiness": parts.readiness,
        "reading": parts.reading,
        "rebuilding": parts.rebuilding,
        "registrar": parts.registrar,
        "replays": Replays(parts.reading, settings.replay_most),
        "shown": parts.overview,
        "simulated": settings.simulated,
        "store": parts.intake.store,
        "tianditu": settings.tianditu,
        "version": version("xunji"),
        **inventories.dependencies(),
        **managers.dependencies(),
    }
    return {name: _given(value) for name, value in given.items()} | {
        "opening": Provide(access_log.opening_for, sync_to_thread=False),
        "reader": Provide(reader_of, sync_to_thread=False),
        "visit": Provide(visit_in, sync_to_thread=False),
    }


def _given(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)


def _working(
    settings: Settings, workers: Mapping[str, Worker]
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def working(_app: Litestar) -> AsyncGenerator[None, None]:
        for worker in workers.values():
            worker.start()
        try:
            yield
        finally:
            for worker in workers.values():
                await to_thread.run_sync(worker.end, settings.shutdown_seconds)

    return working
