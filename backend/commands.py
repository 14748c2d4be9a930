"""What the server adds to the command `xunji`. Heavy imports stay inside the functions."""

from pathlib import Path

import click

from backend.audit_commands import show, verify
from backend.office_commands import adopt, checkpoint, enrol, erase, init, revoke, rotate
from backend.settings import DEFAULT_PORT, Settings
from events.command import data_option
from events.language import language, translation

_ = translation("pages", Path(__file__).parent / "locale", language()).gettext


@click.command(help=_("Serve tablets and readers on this machine."))
@data_option
@click.option(
    "--host",
    default="127.0.0.1",
    envvar="XUNJI_HOST",
    show_default=True,
    help=_("A loopback address; others are refused until people can sign in."),
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    envvar="XUNJI_PORT",
    show_default=True,
    help=_("The port; 0 takes any that is free and prints it."),
)
@click.option("--simulated", is_flag=True, hidden=True)
def serve(data: Path, host: str, port: int, *, simulated: bool) -> None:
    from backend.serve import run

    run(Settings(data=data, host=host, port=port, simulated=simulated))


commands: list[click.Command] = [
    init,
    serve,
    enrol,
    revoke,
    rotate,
    adopt,
    erase,
    checkpoint,
    verify,
    show,
]
