"""The server as `xunji serve` runs it, in a process that tells what it has used.

Each line on standard input is answered, once the workers rest, with one line of JSON: seconds
of processor time of the whole process and of each worker. With `--empty` the same stack serves
nothing but `POST /nothing`.
"""

import sys
import time
from pathlib import Path
from threading import Thread

import msgspec
from litestar import Litestar, post
from msgspec import Struct

from backend import logs
from backend.app import Parts, create_app
from backend.door import Door, secure
from backend.running import opened
from backend.serve import listening, serve
from backend.settings import Settings

_MOMENT = 0.005


class Account(Struct, frozen=True):
    """Seconds of processor time since the process began; `faults` of its workers, if any."""

    process: float
    workers: dict[str, float]
    faults: int = 0


@post("/nothing", status_code=200, sync_to_thread=False)
def nothing() -> None:
    """Answer a request in which there is nothing to do."""


def main() -> None:
    """Serve the folder that is named, or nothing."""
    logs.to_stderr()
    if sys.argv[1] == "--empty":
        app = Litestar([nothing], before_send=[secure], openapi_config=None, logging_config=None)
        app.asgi_handler = Door(app.asgi_handler)
        _serve(Settings(), app, None)
        return
    settings = Settings(data=Path(sys.argv[1]))
    with opened(settings) as parts:
        _serve(settings, create_app(settings, parts), parts)


def _serve(settings: Settings, app: Litestar, parts: Parts | None) -> None:
    with listening(settings.host, 0) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        Thread(target=_tell, args=(parts,), daemon=True).start()
        serve(settings, app, listener)


def _tell(parts: Parts | None) -> None:
    for _ in sys.stdin:
        sys.stdout.write(msgspec.json.encode(_account(parts)).decode() + "\n")
        sys.stdout.flush()


def _account(parts: Parts | None) -> Account:
    if parts is None:
        return Account(time.process_time(), {})
    workers = parts.workers
    faults = 0
    while not faults and (parts.readiness().lag or not all(one.rests for one in workers.values())):
        time.sleep(_MOMENT)
        faults = sum(one.faults for one in workers.values())
    used = time.process_time() - time.thread_time()  # without the waiting that is done here
    return Account(used, {name: one.cpu for name, one in workers.items()}, faults)


if __name__ == "__main__":
    main()
