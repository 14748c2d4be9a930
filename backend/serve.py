"""Serving: the application on a socket of this machine, until it is told to stop."""

import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Final

import click
import uvicorn

from backend import logs
from backend.app import create_app
from backend.pages import DOMAIN, LOCALEDIR
from backend.running import opened
from backend.settings import Settings, is_loopback
from events.command import BusyError, failure
from events.errors import Refusal
from events.language import language, translation

_ = translation(DOMAIN, LOCALEDIR, language()).gettext
_BACKLOG: Final = 128


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT: then stop accepting, finish, fold, close."""
    if not is_loopback(settings.host):
        raise click.UsageError(
            _(
                "--host {host} is refused: people cannot sign in yet, so the server must not be "
                "reachable from elsewhere. Use 127.0.0.1, ::1 or localhost."
            ).format(host=settings.host)
        )
    logs.to_stderr()
    try:
        with listening(settings.host, settings.port) as listener, opened(settings) as parts:
            _announce(settings.data, listener)
            serve(settings, create_app(settings, parts), listener, parts.live.end)
    except Refusal as refusal:
        raise failure(refusal) from refusal


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; `BusyError` where another process has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen(_BACKLOG)
    except OSError as taken:
        listener.close()
        said = _("port {port} of {host} is not free: {reason}")
        raise BusyError(said.format(port=port, host=host, reason=taken.strerror)) from taken
    return listener


class Server(uvicorn.Server):
    """Ends answers that have no end of their own before it waits for all of them."""

    def __init__(self, config: uvicorn.Config, leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._leaving = leaving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server.shutdown`."""
        self._leaving()
        await super().shutdown(sockets)


def serve(
    settings: Settings,
    app: object,
    listener: socket.socket,
    leaving: Callable[[], None] = lambda: None,
) -> None:
    """Serve `app` on `listener` as the product does, until the process is told to stop."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools" if sys.platform != "win32" else "h11",
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    with _signals_once():
        Server(config, leaving).run(sockets=[listener])


@contextmanager
def _signals_once() -> Generator[None]:
    """Let uvicorn end in order: it raises the signal once more then, and we are not done yet."""
    if current_thread() is not main_thread():
        yield
        return
    held = [(one, signal.signal(one, _nothing)) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield
    finally:
        for one, handler in held:
            signal.signal(one, handler)


def _nothing(number: int, frame: FrameType | None) -> None:
    del number, frame


def _announce(data: Path, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    click.echo(
        _("Xunji serves {data} at http://{address}/").format(data=data, address=f"{shown}:{port}")
    )
