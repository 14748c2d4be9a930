"""The rows of an export computed again from the records alone, without a server.

The very routes that answered are asked, of views that are folded anew up to the position that
the export quotes. `xunji export` prints their lines; their SHA-256 is that of the export.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.di import Provide
from litestar.types import (
    ControllerRouterHandler,
    HTTPReceiveMessage,
    Message,
    Receive,
    Scope,
    Send,
)

from backend.finding import Finder
from backend.measuring import Measuring
from backend.problems import EXCEPTION_HANDLERS
from backend.readings import Reading

_OK: Final = 200


def asked_again(
    reading: Reading,
    routes: Sequence[ControllerRouterHandler],
    target: str,
    write: Callable[[bytes], object],
) -> int:
    """Ask a route for its rows as lines, and write them; return the status of the answer."""
    measuring = Measuring(reading)
    given: Mapping[str, object] = {
        "reading": reading,
        "measuring": measuring,
        "finder": Finder(measuring),
    }
    app = Litestar(
        route_handlers=routes,
        dependencies={name: _given(value) for name, value in given.items()},
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
    return asyncio.run(_ask(app, target, write))


def _given(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)


async def _ask(app: Litestar, target: str, write: Callable[[bytes], object]) -> int:
    split = urlsplit(target)
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": split.path,
        "raw_path": split.path.encode(),
        "root_path": "",
        "query_string": f"{split.query}&format=jsonl".lstrip("&").encode(),
        "headers": [],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
    status = 0

    done = asyncio.Event()
    waiting = iter((True,))

    async def receive() -> HTTPReceiveMessage:
        if not next(waiting, False):
            await done.wait()  # who asked hangs up once all is there: only then a stream ends
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body" and status == _OK:
            write(message["body"])
        if message["type"] == "http.response.body" and not message["more_body"]:
            done.set()

    await app(cast("Scope", scope), cast("Receive", receive), cast("Send", send))
    return status
