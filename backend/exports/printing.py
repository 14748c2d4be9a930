"""The commands `xunji export` and `xunji report`: exports from the records alone, no server."""

import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import click

from backend.exports.again import asked_again
from backend.exports.command_words import _
from backend.exports.months import read_month
from backend.exports.report import pdf
from backend.exports.report_data import report
from backend.exports.sources import ROUTES
from backend.folder import DataFolder
from backend.measuring import Measuring
from backend.moments import read_moment, replayed
from backend.readings import Reading
from events.clock import SystemClock
from events.command import FailedError, failure
from events.errors import Refusal
from projections.catalogue import VIEWS


def run(data: Path, at: str, target: str) -> None:
    """Print the rows that a route gives of the records up to a moment."""
    with _replayed(data, at) as (_folder, reading):
        status = asked_again(reading, ROUTES, target, sys.stdout.buffer.write)
        sys.stdout.flush()
    if status != 200:  # noqa: PLR2004  what HTTP calls good
        said = _("{target} cannot be exported: the answer is {status}")
        raise FailedError(said.format(target=target, status=status))


def print_report(data: Path, month: str, out: Path, today: str | None, at: str, lang: str) -> None:
    """Write the report of a month and print its checksum."""
    try:
        span = read_month(month)
        day = date.fromisoformat(today) if today else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong
    language = "en" if lang == "en" else "zh"
    with _replayed(data, at) as (folder, reading):
        found = report(reading, Measuring(reading), span, language, folder.about.name, day)
    out.write_bytes(pdf(found, language))
    click.echo(found.checksum)


@contextmanager
def _replayed(data: Path, at: str) -> Generator[tuple[DataFolder, Reading]]:
    """Give readings of views folded anew; days and times are those of the records."""
    try:
        when = read_moment(at)
    except ValueError as wrong:
        said = _("{at} is neither a position nor a time")
        raise click.BadParameter(said.format(at=at)) from wrong
    try:
        folder = DataFolder.open(data)
        with closing(folder.history()) as store:
            views = replayed(store, VIEWS, when)
            yield folder, Reading(views, store, SystemClock(), folder.bureau, lambda: 0, demo=True)
    except Refusal as refusal:
        raise failure(refusal) from refusal
