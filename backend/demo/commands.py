"""`xunji demo`: build the demo district, then serve it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from backend.settings import DEFAULT_PORT
from backend.words import _
from events.command import NoDataError, data_option, failure

if TYPE_CHECKING:
    from backend.demo.building import Built

_NOTE: Final = "demo.json"  # what was built; its presence says that it was finished


@click.command(help=_("Build a district of invented data with real tablets, and serve it."))
@data_option
@click.option("--seed", default=1, show_default=True, help=_("The same seed, the same history."))
@click.option(
    "--scale",
    type=click.FloatRange(0.01, 20),
    default=1.0,
    show_default=True,
    help=_("1: a district; 0.05: a quick try."),
)
@click.option("--serve/--no-serve", "serving", default=True, help=_("Serve it when it is built."))
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True,
    help=_("The port to serve on."),
)  # fmt: skip
def demo(data: Path, seed: int, scale: float, port: int, *, serving: bool) -> None:
    from backend.settings import Settings

    built = _known(data, seed, scale) or _build(data, seed, scale)
    _tell(data, built, port)
    if serving:
        from backend.serve import run

        run(Settings(data=data, port=port))


def _known(data: Path, seed: int, scale: float) -> "Built | None":
    """Return what is there already; refuse a folder that holds something else."""
    import msgspec

    from backend.demo.building import Built

    note = data / _NOTE
    unfinished = _("{path} is not a finished demo. Delete it, or name another folder.")
    if not note.exists():
        if data.exists() and any(data.iterdir()):
            raise NoDataError(unfinished.format(path=data))
        return None
    try:
        told = msgspec.json.decode(note.read_bytes())
    except msgspec.DecodeError as broken:
        raise NoDataError(unfinished.format(path=data)) from broken
    if (told["seed"], told["scale"]) != (seed, scale):
        said = _("{path} holds the demo of seed {seed}, scale {scale}. Name another folder.")
        raise NoDataError(said.format(path=data, seed=told["seed"], scale=told["scale"]))
    click.echo(_("{path} is built already.").format(path=data))
    return msgspec.convert(told["built"], Built)


def _build(data: Path, seed: int, scale: float) -> "Built":
    import msgspec

    from backend import durable
    from backend.demo.building import Demo
    from backend.demo.showing import Showing
    from events.errors import Refusal

    with Showing() as showing:
        try:
            built = Demo(data, seed, scale, showing.say).build(showing.update)
        except Refusal as refusal:
            raise failure(refusal) from refusal
    told = {"seed": seed, "scale": scale, "built": built}
    durable.write(data / _NOTE, msgspec.json.format(msgspec.json.encode(told), indent=2))
    return built


def _tell(data: Path, built: "Built", port: int) -> None:
    said = _("{inspections} inspections, {size} records. Head hash of the history:")
    click.echo(said.format(inspections=built.inspections, size=built.size))
    click.echo(f"  {built.head}")
    click.echo(_("Try:"))
    for command in (
        f"xunji verify --data {data}",
        f"xunji replay --data {data} coverage --at 2026-06-30 --json",
        f"xunji serve --data {data} --port {port}",
        f"xunji tablet --data {data}/tablets/1 --server http://127.0.0.1:{port}",
    ):
        click.echo(f"  {command}")
    from backend.people import demonstration

    said = _("On the tablet sign in as {names} with the password {password}, then choose a PIN.")
    click.echo(said.format(names=demonstration.on_tablets(), password=demonstration.PASSWORD))
