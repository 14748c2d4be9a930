"""The command `xunji views`: which files of views there are, and the change to the next one."""

from pathlib import Path

import click

from backend.view_words import _
from events.command import data_option


@click.command(help=_("List the files of views; fold, compare or delete those of other versions."))
@data_option
@click.option(
    "--prepare",
    is_flag=True,
    help=_("Fold the views of this version now; the server of an older one can go on running."),
)
@click.option(
    "--compare",
    "comparing",
    is_flag=True,
    help=_("Compare with the older file; exit code 1 if views of the same version differ."),
)
@click.option("--drop-old", is_flag=True, help=_("Delete the files that served before."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON."))
def views(data: Path, *, prepare: bool, comparing: bool, drop_old: bool, as_json: bool) -> None:
    from backend import view_listing

    if prepare + comparing + drop_old > 1:
        raise click.UsageError(_("say one of --prepare, --compare and --drop-old"))
    if prepare:
        view_listing.prepare(data)
    elif comparing:
        view_listing.compare(data, as_json=as_json)
    elif drop_old:
        view_listing.drop(data)
    else:
        view_listing.show(data, as_json=as_json)
