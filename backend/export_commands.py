"""The commands about exports: the rows of one computed again, the report of a month."""

from pathlib import Path

import click

from backend.exports.command_words import _
from events.command import data_option


@click.command(
    help=_(
        "Compute the rows of an export again from the records alone, and print each as one line "
        "of JSON. TARGET is what was asked, such as '/views/objects?domain=funeral'. The SHA-256 "
        "of all lines is that of the export."
    )
)
@data_option
@click.option("--at", default="", help=_("The record up to which the export counts; else all."))
@click.argument("target")
def export(data: Path, at: str, target: str) -> None:
    from backend.exports.printing import run

    run(data, at, target)


@click.command(
    help=_(
        "Write the report of a month as a PDF, from the records alone, and print the SHA-256 that "
        "stands at the foot of its pages."
    )
)
@data_option
@click.option("--month", required=True, help=_("The month, such as 2026-10."))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--today", help=_("The day to judge from; without it, the last one of the month."))
@click.option("--at", default="", help=_("The record up to which the export counts; else all."))
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)
def report(data: Path, month: str, out: Path, today: str | None, at: str, lang: str) -> None:
    from backend.exports.printing import print_report

    print_report(data, month, out, today, at, lang)
