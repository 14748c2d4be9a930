"""The commands `xunji backup` and `xunji restore`."""

import os
import sys
from pathlib import Path

import click

from backend.office_commands import refusing
from backend.words import _, ngettext
from events.command import FailedError, data_option

_folder = click.Path(path_type=Path, file_okay=False)
_there = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command("backup", help=_("Back up the data folder, also while it is served."))
@data_option
@click.option(
    "--to", type=_folder, required=True, help=_("Where backups are kept, each in a folder.")
)
@click.option(
    "--keep",
    "days",
    type=click.IntRange(1, 3_650),
    default=14,
    show_default=True,
    help=_("Days after which a backup is deleted: it brings back what was erased."),
)
def backup(data: Path, to: Path, days: int) -> None:
    from backend.backing_up import back_up
    from backend.folder import ROOT, DataFolder
    from events.clock import SystemClock

    with refusing():
        folder = DataFolder.open(data)
        done = back_up(folder, to, SystemClock(), days, _progress)
    said = _("{path}: {n} records, verified. Head {head}")
    click.echo(said.format(path=done.path, n=done.manifest.size, head=done.manifest.head))
    if done.pictures.count:
        n = done.pictures.count
        click.echo(ngettext("{n} picture was added.", "{n} pictures were added.", n).format(n=n))
    if done.dropped:
        n = len(done.dropped)
        dropped = ngettext("{n} older backup was deleted.", "{n} older backups were deleted.", n)
        click.echo(dropped.format(n=n))
    for name in done.pictures.damaged:
        click.echo(_("Picture {name} is damaged, and is not in the backup.").format(name=name))
    if done.fault:
        said = _("the history is backed up, but not all pictures: {why}")
        raise FailedError(said.format(why=done.fault))
    if folder.keys.holds(ROOT):
        said = _("The root key is in this backup: move {path} to offline storage.")
        click.echo(said.format(path=folder.keys.file(ROOT)), err=True)


@click.command("restore", help=_("Restore a backup into a new folder; a new epoch begins."))
@data_option
@click.option(
    "--from", "source", type=_there, required=True, help=_("The backup: a folder backup-….")
)
@click.option(
    "--old",
    type=_there,
    help=_("What is left of the lost data folder: its checkpoints say how much is missing."),
)
def restore(data: Path, source: Path, old: Path | None) -> None:
    from backend.restoring import restore as restore_folder
    from events.clock import SystemClock

    with refusing():
        done = restore_folder(source, data, old, SystemClock(), os.urandom, _progress)
    until = done.until.astimezone().isoformat(" ", "seconds")
    said = _("{n} records are restored and verified, the last of them received {until}.")
    click.echo(said.format(n=done.size, until=until))
    if done.lost:
        click.echo(_("At least {n} later records are not among them.").format(n=done.lost))
    if done.missing:
        said = _(
            "{n} of {all} pictures are not here: still on their tablets, or lost. Backups keep "
            "theirs in the folder pictures beside them."
        )
        click.echo(said.format(n=done.missing, all=done.pictures))
    click.echo(_("Epoch {epoch} is open.").format(epoch=done.epoch))
    for line in _aftermath(until):
        click.echo(line)
    click.echo(_("Next: xunji serve --data {path}").format(path=data))


def _aftermath(until: str) -> tuple[str, ...]:
    """Return what to know now: what comes back by itself, and what somebody has to do."""
    return (
        _("- Never serve the old folder again: two servers would tell two histories."),
        _("- Tablets notice by themselves, fetch their lists anew and push again what is missing."),
        _(
            "- A tablet enrolled after {until} needs a new code; it keeps its log and sends it all."
        ).format(until=until),
        _(
            "- What the office itself did after {until} is gone. Do again, and first: tablets "
            "revoked, persons erased, accounts locked, keys rotated. Then accounts, imports, "
            "assignments."
        ).format(until=until),
        _("- Everyone has to sign in again."),
    )


def _progress(done: int, size: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done}/{size} ", nl=done == size, err=True)
