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
@click.option("--township", help=_("Only this township, by its code."))
@click.option("--domain", help=_("Only this domain, by its code."))
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)
def report(  # noqa: PLR0913  options
    *,
    data: Path,
    month: str,
    out: Path,
    today: str | None,
    at: str,
    township: str | None,
    domain: str | None,
    lang: str,
) -> None:
    from backend.exports.printing import Wanted, print_report

    language = "en" if lang == "en" else "zh"
    print_report(data, out, Wanted(month, today, at, township, domain, language))
