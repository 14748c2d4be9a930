"""The commands `xunji export` and `xunji report`: exports from the records alone, no server."""

import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import click
from msgspec import Struct

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
from events.language import Language
from projections.catalogue import VIEWS
from projections.question import Filters


def run(data: Path, at: str, target: str) -> None:
    """Print the rows that a route gives of the records up to a moment."""
    with _replayed(data, at) as (_folder, reading):
        status = asked_again(reading, ROUTES, target, sys.stdout.buffer.write)
        sys.stdout.flush()
    if status != 200:  # noqa: PLR2004  what HTTP calls good
        said = _("{target} cannot be exported: the answer is {status}")
        raise FailedError(said.format(target=target, status=status))


class Wanted(Struct, frozen=True):
    """A report as it was typed."""

    month: str
    today: str | None
    at: str
    township: str | None
    domain: str | None
    language: Language


def print_report(data: Path, out: Path, wanted: Wanted) -> None:
    """Write the report of a month and print its checksum."""
    try:
        month = read_month(wanted.month)
        today = date.fromisoformat(wanted.today) if wanted.today else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong
    filters = Filters(township=wanted.township, domain=wanted.domain)
    with _replayed(data, wanted.at) as (folder, reading):
        found = report(
            reading, Measuring(reading), month, wanted.language, folder.about.name, today, filters
        )
    out.write_bytes(pdf(found, wanted.language))
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
