"""The command `xunji measures`: all measures in a table, without a server.

They are read from the views that a server left in the folder, if this program folded them and
they reach the last record; else, and for any earlier moment, they are computed from the records.
"""

import sys
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table

from backend import measure_words as naming
from backend import view_files
from backend.folder import DataFolder
from backend.kept_views import KeptViews
from backend.measures import at_a_glance, versions
from backend.measuring import Asked
from backend.pages import DOMAIN, LOCALEDIR, Words
from backend.readings import Reading, period_of
from backend.replay import Moment, read_moment, replayed
from events.clock import SystemClock
from events.command import failure
from events.errors import Refusal
from events.language import language, translation
from events.store import EventStore
from projections import published
from projections.figures import Measured
from projections.garbage import no_collection
from projections.hidden import homes_of
from projections.measures import MEASURES
from projections.question import Filters, Question
from projections.view import View
from projections.views import OtherViewsError, ViewStore

_WORDS: Final[Words] = translation(DOMAIN, LOCALEDIR, language())
_ = _WORDS.gettext


class Wanted(msgspec.Struct, frozen=True):
    """What was typed: days as dates, None for the default."""

    first: date | None
    last: date | None
    today: date | None
    at: str
    filters: Filters


def run(data: Path, wanted: Wanted, *, as_json: bool) -> None:
    """Print all measures."""
    try:
        when = read_moment(wanted.at)
    except ValueError as wrong:
        said = _("{at} is neither a position nor a time")
        raise click.BadParameter(said.format(at=wanted.at)) from wrong
    try:
        folder = DataFolder.open(data)
        with closing(folder.history()) as store, _views(folder, store, when) as views:
            reading = Reading(
                views, store, SystemClock(), folder.bureau, lambda: 0, demo=folder.about.demo
            )
            asked = _asked(reading, wanted, views.position() if wanted.at else None)
            question = Question(views, asked.period, asked.today, asked.filters)
            with no_collection():
                found = {name: one.compute(question) for name, one in MEASURES.items()}
            if as_json:
                _print_json(folder, reading, asked, views, found)
            else:
                _draw(asked, views, found)
    except Refusal as refusal:
        raise failure(refusal) from refusal


def _asked(reading: Reading, wanted: Wanted, position: int | None) -> Asked:
    """Return what is asked; of an earlier moment, as somebody would have judged it then."""
    day = wanted.today or (reading.today() if position is None else reading.day_of(position))
    if wanted.first and wanted.last and wanted.last < wanted.first:
        raise click.BadParameter(_("the last day lies before the first"))
    return Asked(period_of(wanted.first, wanted.last, day), day, wanted.filters)


@contextmanager
def _views(folder: DataFolder, store: EventStore, when: Moment) -> Generator[ViewStore]:
    served = _served(folder) if when == Moment() else None
    if served is not None:
        with closing(served):
            if served.position() == store.size():
                yield served
                return
    yield replayed(store, _read(), when)


def _served(folder: DataFolder) -> KeptViews | None:
    """Open what a server left, to read it only; None where it is not of this program."""
    if view_files.own(folder) is None:
        return None
    try:
        return folder.views("read")
    except OtherViewsError:
        return None


def _read() -> list[View]:
    """Return the views that measures read, no wider than they need them."""
    read = {view.name: view for name in MEASURES for view in published.newest(name).views}
    return list(read.values())


def _print_json(
    folder: DataFolder,
    reading: Reading,
    asked: Asked,
    views: ViewStore,
    found: Mapping[str, Measured],
) -> None:
    said = {
        "history": folder.about.bureau,
        "position": views.position(),
        "received_at": reading.received_at(views.position()),
        "today": asked.today,
        "period": asked.period,
        "filters": asked.filters,
        "versions": {one.name: one.version for one in views.views},
        "measure_versions": versions(),
        "measures": at_a_glance(found, homes_of(views)),
    }
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n")


def _draw(asked: Asked, views: ViewStore, found: Mapping[str, Measured]) -> None:
    title = _("{first} to {last}, as of record {position}, judged on {day}").format(
        first=asked.period.start,
        last=asked.period.end,
        position=views.position(),
        day=asked.today,
    )
    shown = Table(title=title)
    shown.add_column(_("measure"), overflow="fold")
    shown.add_column(_("figure"), overflow="fold")
    for name in ("done", "of", "rate"):
        shown.add_column(naming.head(name, _WORDS), justify="right")
    for name, one in found.items():
        title = naming.measure_name(name, _WORDS)
        for key, figure in one.figures.items():
            shown.add_row(
                title,
                naming.called(key, _WORDS),
                str(figure.numerator),
                str(figure.denominator),
                naming.rate_words(figure.words, _WORDS),
            )
            title = ""
    Console().print(shown)
