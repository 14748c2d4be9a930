"""The command `xunji migrate`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.office_commands import refusing
from backend.words import _
from events.command import data_option

if TYPE_CHECKING:
    from backend.migrating import Kind

_KINDS = click.Choice(("sqlite", "mongodb"))


@click.command(help=_("Move the history to MongoDB or back, and prove that it arrived whole."))
@data_option
@click.option("--from", "source", type=_KINDS, required=True, help=_("Where it is kept now."))
@click.option("--to", "target", type=_KINDS, required=True, help=_("Where to keep it."))
def migrate(data: Path, source: "Kind", target: "Kind") -> None:
    from backend.folder import DataFolder
    from backend.migrating import migrate as move

    with refusing():
        done = move(DataFolder.open_to_move(data), source, target, _progress)
    said = _("{moved} records moved; {size} records are the same in both places, byte for byte.")
    click.echo(said.format(moved=done.moved, size=done.size))
    click.echo(_("Head {head}").format(head=done.head))
    click.echo(_("The history is kept in {place} now.").format(place=done.place))
    if target == "mongodb":
        click.echo(_("Next: xunji serve --data {path} --mongodb URI").format(path=data))
    else:
        click.echo(_("Next: xunji serve --data {path}").format(path=data))


def _progress(what: str, position: int, size: int) -> None:
    if sys.stderr.isatty():
        words = {"moved": _("moved"), "compared": _("compared")}
        click.echo(f"\r\033[K{words[what]} {position}/{size} ", nl=position == size, err=True)
