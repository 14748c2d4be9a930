"""Serving: the application on a socket, until it is told to stop."""

import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Final

import click
import uvicorn

from backend import logs
from backend.app import Parts, create_app
from backend.folder import DataFolder
from backend.pages import DOMAIN, LOCALEDIR
from backend.people import demonstration
from backend.people.first_start import first_link
from backend.reach import ReachError, authority_of, names_of, reach
from backend.running import opened
from backend.settings import Settings
from events.command import BusyError, failure
from events.errors import Refusal
from events.language import language, translation
from projections.garbage import seldom

_ = translation(DOMAIN, LOCALEDIR, language()).gettext
_BACKLOG: Final = 128
_HTTPS: Final = 443


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT: then stop accepting, finish, fold, close."""
    logs.to_stderr()
    try:
        _require_safe(settings)
        with listening(settings.host, settings.port) as listener, opened(settings) as parts:
            _announce(settings, listener, parts)
            serve(settings, create_app(settings, parts), listener, parts.live.end)
    except Refusal as refusal:
        raise failure(refusal) from refusal


def _require_safe(settings: Settings) -> None:
    """Refuse to be reachable in a way that is not safe, before anything is opened."""
    try:
        reach(settings, demo=DataFolder.open(settings.data).about.demo)
        authority_of(settings)
    except ReachError as refused:
        raise click.UsageError(str(refused)) from refused


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
        proxy_headers=False,  # `backend.reach` believes named proxies only
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    seldom()
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


def _reached(settings: Settings, address: str, port: int) -> str:
    """Return how people reach the server: by its name, at a proxy's own port if there is one."""
    name = next(iter(names_of(settings)), "")
    if not name:
        return address
    at = "" if settings.proxies or port == _HTTPS else f":{port}"
    return f"https://{name}{at}"


def _announce(settings: Settings, listener: socket.socket, parts: Parts) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.certificate else "http"
    address = f"{scheme}://{shown}:{port}"
    said = _("Xunji serves {data} at {address}/")
    click.echo(said.format(data=settings.data, address=address))
    if settings.simulated:
        return
    link = first_link(parts.people, parts.office)
    if link:
        click.echo(_("Nobody can sign in yet. One-time link for the security administrator:"))
        click.echo(f"  {_reached(settings, address, port)}/join?link={link}")
    if parts.demo:
        click.echo(
            _("Sign-ins of the demonstration, all with the password {password}:").format(
                password=demonstration.PASSWORD
            )
        )
        click.echo("  " + ", ".join(one.name for one in demonstration.ACCOUNTS))
        said = _("On a tablet: {names}. The same password, then a PIN of one's own.")
        click.echo("  " + said.format(names=demonstration.on_tablets()))
