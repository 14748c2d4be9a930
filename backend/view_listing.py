"""What `xunji views` does: list files of views, fold the next one, compare, delete the last one.

All of it only reads the history, and none of it writes a file that a server reads from.
"""

import sys
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from backend import view_files
from backend.folder import DataFolder
from backend.readings import Reading
from backend.rebuilding import compare_files
from backend.view_files import ViewFile
from backend.view_words import _
from events.clock import SystemClock
from events.command import BusyError, FailedError, NoDataError, failure
from events.errors import Refusal
from events.store import EventStore
from projections.agreement import Agreement, Comparison, Twice
from projections.fold import Fold
from projections.views import StaleError

_MOST_SHOWN = 20


@contextmanager
def _opened(data: Path) -> Generator[tuple[DataFolder, EventStore]]:
    try:
        folder = DataFolder.open(data)
        with closing(folder.history()) as store:
            yield folder, store
    except Refusal as refusal:
        raise failure(refusal) from refusal


def show(data: Path, *, as_json: bool) -> None:
    """List the files of views."""
    with _opened(data) as (folder, store):
        found = view_files.files(folder)
        size = store.size()
    if as_json:
        _print_json({"history": size, "files": [_plain(folder, one) for one in found]})
        return
    table = Table(title=_("Views of {data}: {size} records").format(data=data, size=size))
    for head in (_("file"), _("state"), _("record"), _("megabytes"), _("versions")):
        table.add_column(head, overflow="fold")
    for one in found:
        megabytes = one.size / 1_000_000
        versions = ", ".join(f"{name} {at}" for name, at in sorted(one.versions.items()))
        state = _state(folder, one)
        table.add_row(one.path.name, state, str(one.position), f"{megabytes:.1f}", versions)
    Console().print(table)


def _plain(folder: DataFolder, one: ViewFile) -> dict[str, Any]:
    return {
        "file": one.path.name,
        "installed": one.path == folder.views_file,
        "readable": one.made is not None,
        "serves": one.serves,
        "position": one.position,
        "bytes": one.size,
        "stamp": one.made.stamp if one.made else None,
        "versions": one.versions,
    }


def _state(folder: DataFolder, one: ViewFile) -> str:
    if one.made is None:
        return _("unreadable")
    if one.path == folder.views_file:
        return _("of this version") if one.serves else _("of this version, being prepared")
    return _("of another version") if one.serves else _("of another version, being prepared")


def prepare(data: Path) -> None:
    """Fold the file of this version as far as the history goes; it takes over later."""
    with _opened(data) as (folder, store), closing(folder.views()) as views:
        if views.serves:
            said = _("{file} is in use already; nothing is to be prepared")
            click.echo(said.format(file=folder.views_file.name))
            return
        fold = Fold(store, views)
        try:
            while fold.step():
                _progress(fold.position, store.size())
        except StaleError as other:
            raise BusyError(_("another process folds this file; it goes on")) from other
        if sys.stderr.isatty():
            click.echo(err=True)
        said = _("{file} is folded up to record {position}; the server of this version takes over")
        click.echo(said.format(file=folder.views_file.name, position=fold.position))


def _progress(position: int, size: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{position}/{size} ", nl=False, err=True)


def compare(data: Path, *, as_json: bool) -> None:
    """Compare the file of this version with the one that served before."""
    with _opened(data) as (folder, store):
        older = view_files.older(folder)
        if older is None or view_files.own(folder) is None:
            raise NoDataError(_("there are no two files to compare; see: xunji views"))
        if not older.versions:
            raise NoDataError(_("{file} does not say what it holds").format(file=older.path.name))
        with (
            closing(older.open()) as before,
            closing(folder.views("read")) as after,
        ):
            clock = SystemClock()
            reading = Reading(after, store, clock, folder.bureau, lambda: 0, demo=True)
            found = compare_files(before, after, reading.day_of)
    if as_json:
        _print_json({"agrees": found.agrees, **msgspec.to_builtins(found)})
    else:
        _tell(found)
    if not found.agrees:
        raise FailedError(_("views of the same version differ"))


def _tell(found: Comparison) -> None:
    before, after = found.positions
    click.echo(
        _("Before: record {before}; after: record {after}").format(before=before, after=after)
    )
    if found.fault:
        click.echo(found.fault)
    for one in found.views:
        click.echo(_of_view(one))
        for named in one.differences[:_MOST_SHOWN]:
            click.echo(f"    {named.key} {named.path}: {named.served!r} ≠ {named.replayed!r}")
    if found.figures:
        Console().print(_figures(found.figures))


def _of_view(one: Agreement) -> str:
    before, after = one.versions
    if before is None:
        return _("{view}: new, version {after}").format(view=one.view, after=after)
    if after is None:
        return _("{view}: version {before}, no longer kept").format(view=one.view, before=before)
    if before != after:
        said = _("{view}: version {before}, now version {after}")
        return said.format(view=one.view, before=before, after=after)
    said = _("{view}: {n} documents compared, {differ} differ, {touched} changed since")
    return said.format(view=one.view, n=one.documents, differ=one.differ, touched=one.touched)


def _figures(figures: Sequence[Twice]) -> Table:
    table = Table(title=_("Figures before and after"))
    for head in (_("measure"), _("figure"), _("before"), _("after")):
        table.add_column(head, overflow="fold")
    for one in figures:
        style = "" if one.before == one.after else "bold"
        table.add_row(
            one.measure, one.figure, _fraction(one.before), _fraction(one.after), style=style
        )
    return table


def _fraction(figure: tuple[int, int] | None) -> str:
    return "" if figure is None else f"{figure[0]} / {figure[1]}"


def drop(data: Path) -> None:
    """Delete the files that served before, once that of this version serves."""
    with _opened(data) as (folder, _store):
        own = view_files.own(folder)
        if own is None or not own.serves:
            raise FailedError(_("the views of this version do not serve yet; nothing is deleted"))
        gone = view_files.drop_older(folder)
    for path in gone:
        click.echo(_("{file} is deleted").format(file=path.name))
    if not gone:
        click.echo(_("there is no older file"))


def _print_json(said: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n")
    sys.stdout.flush()
