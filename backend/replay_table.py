"""The command `xunji replay`: a view computed again from the records, without a server."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table as Shown

from backend import view_files
from backend.changes_table import tell_changes
from backend.folder import DataFolder
from backend.kept_views import KeptViews
from backend.moments import (
    Moment,
    Only,
    Wanted,
    change_out,
    changed,
    entry_out,
    read_moment,
    read_versions,
    replayed,
)
from backend.pages import DOMAIN, LOCALEDIR
from backend.problems import ProblemError
from backend.readings import MOST, Reading, Table
from backend.replayable import REPLAYABLE, Replayable, replayable
from events.clock import SystemClock
from events.command import FailedError, NoDataError, failure
from events.errors import Refusal
from events.language import language, translation
from events.store import EventStore
from projections.figures import NO_OBJECTS
from projections.published import UnpublishedError
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
    "figure": _("figure"),
    "by": _("broken down by"),
    "value": _("value"),
    "key": _("key"),
}


class Question(Struct, frozen=True):
    """What `xunji replay` is asked, as it was typed."""

    view: str
    at: str
    until: str | None
    wanted: Wanted
    versions: str
    comparing: bool


def run(data: Path, question: Question, *, as_json: bool) -> None:
    """Print a view as of a moment, what differs between two, or how what is served differs."""
    kind = _kind(question)
    when = _moment(question.at)
    until = None if question.until is None else _moment(question.until)
    try:
        folder = DataFolder.open(data)
        with closing(folder.history()) as store:
            if question.comparing:
                _compare(folder, store, kind, as_json=as_json)
            elif until is not None:
                _changes(folder, store, kind, (when, until), question.wanted, as_json=as_json)
            else:
                _show(folder, store, kind, when, question.wanted, as_json=as_json)
    except Refusal as refusal:
        raise failure(refusal) from refusal
    except ProblemError as wrong:
        raise click.UsageError(_("the period ends before it begins")) from wrong


def _kind(question: Question) -> Replayable:
    try:
        return replayable(question.view, read_versions(question.versions))
    except UnpublishedError as never:
        raise click.BadParameter(str(never)) from never
    except LookupError as unknown:
        said = _("there is no view {view}; there are: {views}")
        names = ", ".join(REPLAYABLE)
        raise click.BadParameter(said.format(view=question.view, views=names)) from unknown
    except ValueError as wrong:
        said = _("{versions} are not versions such as objects=2,inspections=1")
        raise click.BadParameter(said.format(versions=question.versions)) from wrong


def _moment(text: str) -> Moment:
    try:
        return read_moment(text)
    except ValueError as wrong:
        raise click.BadParameter(
            _("{at} is neither a position nor a time").format(at=text)
        ) from wrong


def _reading(folder: DataFolder, store: EventStore) -> Reading:
    """Return what tells days and times: those of the records, not of this machine."""
    nothing = MemoryViews(())
    return Reading(nothing, store, SystemClock(), folder.bureau, lambda: 0, demo=True)


def _show(
    folder: DataFolder,
    store: EventStore,
    kind: Replayable,
    when: Moment,
    wanted: Wanted,
    *,
    as_json: bool,
) -> None:
    views = replayed(store, kind.narrow, when)
    reading = _reading(folder, store)
    asked = wanted.at(views.position(), reading)
    table = kind.table(views, asked, MOST)
    if as_json:
        _print_json(
            {
                "history": folder.about.bureau,
                "position": views.position(),
                "received_at": reading.received_at(views.position()),
                "today": asked.today,
                "versions": {**{one.name: one.version for one in views.views}, **kind.versions},
                "rows": table.rows,
                "whole": table.after is None,
            }
        )
    else:
        _draw(table, kind.brief, views, asked.today)


def _changes(
    folder: DataFolder,
    store: EventStore,
    kind: Replayable,
    moments: tuple[Moment, Moment],
    wanted: Wanted,
    *,
    as_json: bool,
) -> None:
    try:
        between, found = changed(_reading(folder, store), kind, *moments, wanted)
    except ValueError as wrong:
        raise click.UsageError(_("the first moment is later than the second")) from wrong
    first, last = between.before.position(), between.after.position()
    if as_json:
        _print_json(
            {
                "history": folder.about.bureau,
                "positions": [first, last],
                "versions": {
                    **{one.name: one.version for one in between.after.views},
                    **kind.versions,
                },
                "rows": [change_out(one) for one in found.rows],
                "entries": [entry_out(one) for one in found.entries],
                "whole": found.whole,
            }
        )
    else:
        tell_changes(found, first, last)


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
        shown.add_column(_HEADS.get(name, name), overflow="fold")
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
