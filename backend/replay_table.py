"""The command `xunji replay`: a view computed again from the records, without a server."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.table import Table as Shown

from backend import view_files
from backend.folder import DataFolder
from backend.kept_views import KeptViews
from backend.pages import DOMAIN, LOCALEDIR
from backend.readings import Reading, Table, period_of
from backend.replay import REPLAYABLE, Moment, Only, Replayable, read_moment, replayed
from events.clock import SystemClock
from events.command import FailedError, NoDataError, failure
from events.errors import Refusal
from events.language import language, translation
from events.store import EventStore
from projections.coverage import NO_OBJECTS
from projections.replay import Difference, compare
from projections.views import MemoryViews, OtherViewsError

_ = translation(DOMAIN, LOCALEDIR, language()).gettext
_MOST_SHOWN = 20
_MEASURES: Final[Mapping[str, str]] = {
    "objects": _("objects covered"),
    "items": _("items used"),
    "domains": _("domains covered"),
    "villages": _("villages visited"),
}
_HEADS: Final[Mapping[str, str]] = {
    "measure": _("measure"),
    "township": _("township"),
    "done": _("done"),
    "of": _("of"),
    "words": _("rate"),
    "item": _("item"),
    "name_zh": _("Chinese name"),
    "in_force": _("in force"),
    "uses": _("uses"),
    "last_used_on": _("last used"),
    "object": _("object"),
    "last_inspected_on": _("last inspected"),
    "open_findings": _("open findings"),
    "next_due": _("next due"),
    "inspection": _("inspection"),
    "started_on": _("started"),
    "completed_on": _("completed"),
    "kind": _("kind"),
    "effective": _("effective"),
    "name": _("name"),
    "role": _("role"),
    "log": _("log"),
    "entries": _("entries"),
    "last_received_at": _("last received"),
}


def run(data: Path, view: str, at: str, *, as_json: bool, comparing: bool) -> None:
    """Print a view as of a moment; with `comparing`, how what is served differs from it."""
    try:
        when = read_moment(at)
    except ValueError as wrong:
        raise click.BadParameter(
            _("{at} is neither a position nor a time").format(at=at)
        ) from wrong
    try:
        folder = DataFolder.open(data)
        with closing(folder.history()) as store:
            kind = REPLAYABLE[view]
            if comparing:
                _compare(folder, store, kind, as_json=as_json)
            else:
                _show(folder, store, kind, when, as_json=as_json)
    except Refusal as refusal:
        raise failure(refusal) from refusal


def _show(
    folder: DataFolder, store: EventStore, kind: Replayable, when: Moment, *, as_json: bool
) -> None:
    views = replayed(store, kind.narrow, when)
    reading = Reading(views, store, SystemClock(), folder.bureau, lambda: 0, demo=True)
    day = reading.day_of(views.position())
    table = kind.table(views, period_of(None, None, day), day)
    if as_json:
        _print_json(
            {
                "history": folder.about.bureau,
                "position": views.position(),
                "received_at": reading.received_at(views.position()),
                "today": day,
                "versions": {one.name: one.version for one in views.views},
                "rows": table.rows,
            }
        )
    else:
        _draw(table, kind.brief, views, day)


def _compare(folder: DataFolder, store: EventStore, kind: Replayable, *, as_json: bool) -> None:
    if view_files.own(folder) is None:
        raise NoDataError(
            _("{path} is missing: nothing is served yet").format(path=folder.views_file)
        )
    served = _served(folder)
    try:
        again = replayed(store, kind.views, Moment(until=served.position()))
        found = compare(again, Only(served, kind.views))
        position = served.position()
    finally:
        served.close()
    if as_json:
        _print_json(
            {
                "history": folder.about.bureau,
                "position": position,
                "same": not found,
                "count": len(found),
                "differences": found[:1_000],
            }
        )
    else:
        _tell(found, position)
    if found:
        raise FailedError(_("what is served differs from the records"))


def _served(folder: DataFolder) -> KeptViews:
    """Open what is served, to read it only; nothing is folded anew by looking at it."""
    try:
        served = folder.views("read")
    except OtherViewsError as other:
        said = _("{path} was folded by another version; start the server once, then compare")
        raise NoDataError(said.format(path=folder.views_file)) from other
    if not served.position():
        served.close()
        raise NoDataError(
            _("{path} is empty: nothing is served yet").format(path=folder.views_file)
        )
    return served


def _print_json(said: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n")


def _draw(table: Table, names: Sequence[str], views: MemoryViews, day: date) -> None:
    shown = Shown(
        title=_("as of record {position}, judged on {day}").format(
            position=views.position(), day=day
        )
    )
    for name in names:
        shown.add_column(_HEADS[name], overflow="fold")
    for row in table.rows:
        shown.add_row(*(_cell(name, row[name]) for name in names))
    Console().print(shown)


def _cell(name: str, value: object) -> str:
    if value == NO_OBJECTS:
        return _("no objects")
    if name == "measure":
        return _MEASURES.get(str(value), str(value))
    return "" if value is None else str(value)


def _tell(found: list[Difference], position: int) -> None:
    if not found:
        click.echo(
            _("Up to record {position} what is served agrees with the records.").format(
                position=position
            )
        )
    for one in found[:_MOST_SHOWN]:
        click.echo(f"{one.view} {one.key} {one.path}: {one.served!r} ≠ {one.replayed!r}")
