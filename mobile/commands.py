"""What the tablet adds to the command `xunji`. Heavy imports stay inside the functions."""

import os
import sys
from pathlib import Path

import click

from events.command import failure
from events.language import language, translation

_ = translation("mobile", Path(__file__).parent / "locale", language()).gettext


def default_folder() -> Path:
    """Return where this user's tablet keeps its data, unless told otherwise."""
    match sys.platform:
        case "darwin":
            return Path.home() / "Library" / "Application Support" / "Xunji" / "tablet"
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "Xunji" / "tablet"
        case _:
            share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
            return Path(share) / "xunji" / "tablet"


_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="XUNJI_TABLET_DATA",
    show_envvar=True,
    default=None,
    help=_("The tablet's folder; otherwise one of your own."),
)


@click.command(help=_("Open the tablet: inspect, offline, and hand in."))
@_data
@click.option("--server", help=_("The office's address, for a tablet that is not enrolled yet."))
@click.option("--code", help=_("The one-time code that the office gave you."))
@click.option(
    "--ca",
    "authority",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=_(
        "The certificate of the office's own authority (PEM); from then on only it is believed."
    ),
)
def tablet(data: Path | None, server: str | None, code: str | None, authority: Path | None) -> None:
    from events.errors import Refusal
    from mobile import words
    from mobile.tablet_folder import require_own

    folder = data or default_folder()
    words.use(language())
    try:
        require_own(folder)
        _run(folder, server or "", code or "", authority)
    except Refusal as refusal:
        raise failure(refusal) from refusal


def _run(folder: Path, server: str, code: str, authority: Path | None) -> None:
    """Open the screens; they are loaded only where there is something to show."""
    from mobile.main import run

    run(folder, server, code, authority)


@click.command("simulate-tablet", hidden=True, help=_("A tablet without a screen, for the demo."))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--seed", type=int, required=True)
def simulate_tablet(data: Path, seed: int) -> None:
    from mobile.simulated import SimulatedTablet, serve

    simulated = SimulatedTablet(data, seed)
    try:
        for reply in serve(iter(sys.stdin.readline, ""), simulated):
            sys.stdout.buffer.write(reply + b"\n")
            sys.stdout.buffer.flush()
    finally:
        simulated.close()


commands: list[click.Command] = [tablet, simulate_tablet]
