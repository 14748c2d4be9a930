"""The commands about views: compute one again from the records, go over to a new version."""

from datetime import date
from pathlib import Path

import click

from backend.view_words import _
from events.command import data_option


def _day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as wrong:
        raise click.BadParameter(_("{value} is not a day").format(value=value)) from wrong


@click.command(
    help=_(
        "Compute VIEW again from the records, as of any moment: a measure, a list, or any other "
        "view. By default coverage. With --and: what differs between two moments, and the entries "
        "that made the difference."
    )
)
@data_option
@click.argument("view", required=False)
@click.option("--view", "named", help=_("The same as VIEW."))
@click.option("--at", default="", help=_("A position, or a time of record; without it, now."))
@click.option("--and", "until", help=_("A second position or time: what differs, and why."))
@click.option("--from", "first", callback=_day, help=_("The first day of the period."))
@click.option("--to", "last", callback=_day, help=_("The last day of the period."))
@click.option("--today", callback=_day, help=_("The day to judge from; without it, that moment's."))
@click.option("--township", help=_("Only this township."))
@click.option("--village", help=_("Only this village."))
@click.option("--domain", help=_("Only this domain."))
@click.option("--kind", help=_("Only this kind of inspection."))
@click.option("--officer", help=_("Only this officer."))
@click.option(
    "--versions",
    default="",
    help=_("The versions that a figure quotes, such as coverage=1,inspections=1."),
)
@click.option("--json", "as_json", is_flag=True, help=_("As JSON."))
@click.option(
    "--compare",
    "comparing",
    is_flag=True,
    help=_("Compare what is served with what the records give; exit code 1 if it differs."),
)
def replay(  # noqa: PLR0913  options
    *,
    data: Path,
    view: str | None,
    named: str | None,
    at: str,
    until: str | None,
    first: date | None,
    last: date | None,
    today: date | None,
    versions: str,
    as_json: bool,
    comparing: bool,
    **filters: str | None,
) -> None:
    from backend.moments import Wanted
    from backend.replay_table import Question, run
    from projections.question import Filters

    if view and named:
        raise click.UsageError(_("say VIEW or --view, not both"))
    wanted = Wanted(first, last, today, Filters(**filters))
    question = Question(
        view or named or "coverage", at, until, wanted, versions, comparing=comparing
    )
    run(data, question, as_json=as_json)


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
