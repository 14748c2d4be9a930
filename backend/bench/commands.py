"""The command `xunji bench`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from events.command import FailedError
from events.language import language, translation

if TYPE_CHECKING:
    from rich.table import Table

    from backend.bench.report import Report
    from backend.bench.rounds import Numbers

_ = translation("bench", Path(__file__).parents[1] / "locale", language()).gettext

NAMES: Final = (
    "fsync",
    "loopback",
    "push",
    "push8",
    "inspections",
    "recorder",
    "fold",
    "replay",
    "queries",
    "measures",
    "map",
    "mappage",
    "export",
    "lists",
    "tablet",
)

LABELS: Final = {
    "fsync_per_s": _("fsyncs a second, by the wall: the limit of this disk"),
    "loopback_posts_per_s": _("empty POSTs a second, by the wall: the limit of the server's stack"),
    "push_events_per_s_1": _("one tablet, batches of 500: entries a second of server CPU"),
    "push_events_per_s_8": _("eight tablets at once: entries a second of server CPU"),
    "push_events_per_s_8_wall": _("eight tablets at once: entries a second by the wall"),
    "push_inspections_per_s": _("inspections a second, each its own push, by the wall"),
    "push_inspections_per_s_cpu": _("inspections a second of server CPU"),
    "server_cpu_us_per_event": _("µs of server CPU an entry, until the receipt"),
    "server_cpu_us_per_event_with_workers": _("µs of server CPU an entry, with all work behind it"),
    "recorder_events_per_s": _("a peer: the library's bare recorder, entries a second of CPU"),
    "fold_events_per_s": _("folded into all views: entries a second of CPU"),
    "replay_1m_s": _("1,000,000 entries replayed into coverage: seconds by the wall"),
    "replay_1m_cpu_s": _("1,000,000 entries replayed into coverage: seconds of CPU"),
    "query_p95_ms": _("slowest first page: 95 % are faster than so many ms"),
    "measures_ms": _("all measures of a year, by one question: ms by the wall"),
    "measure_slowest_ms": _("the slowest measure of a year, by itself: ms by the wall"),
    "map_year_ms": _("a map of a year in months, by hexagons: ms by the wall"),
    "map_ready_ms_2000": _("the coverage map of 2,000 cells in a browser: ms until it is ready"),
    "map_recolour_ms_2000": _("2,000 cells recoloured in a browser: ms"),
    "map_ready_ms_50000": _("the coverage map of 50,000 cells in a browser: ms until it is ready"),
    "map_recolour_ms_50000": _("50,000 cells recoloured in a browser: ms"),
    "map_page_kb": _("the coverage map's page with all it loads, without cells: kB sent"),
    "export_csv_100k_s": _("100,000 rows as CSV with their checksum: seconds by the wall"),
    "export_csv_peak_mb": _("100,000 rows as CSV: MB of memory at most"),
    "list_p95_ms": _("the slowest list or page: 95 % are faster than so many ms (limit 50)"),
    "list_moved_ms": _("the slowest list or page, asked right after a push: ms by the wall"),
    "list_shown_s": _("from a push until all that was asked lately counts it: s by the wall"),
    "mongodb_append_events_per_s_50_1": _("MongoDB, batches of 50: entries a second by the wall"),
    "mongodb_append_events_per_s_50_8": _("MongoDB, batches of 50, eight at once"),
    "mongodb_append_events_per_s_500_1": _("MongoDB, batches of 500"),
    "mongodb_append_events_per_s_500_8": _("MongoDB, batches of 500, eight at once"),
    "mongodb_fold_events_per_s": _("MongoDB: folded into all views, entries a second by the wall"),
    "postgres_append_events_per_s_50_1": _("a peer: the library on PostgreSQL, batches of 50"),
    "postgres_append_events_per_s_50_8": _("a peer: batches of 50, eight at once"),
    "postgres_append_events_per_s_500_1": _("a peer: batches of 500"),
    "postgres_append_events_per_s_500_8": _("a peer: batches of 500, eight at once"),
    "tablet_answer_ms": _("an answer durable on the tablet: 95 % are faster than so many ms"),
}


@click.command("bench", help=_("Measure how fast it is on this machine. Takes some minutes."))
@click.option("--json", "as_json", is_flag=True, help=_("Print one JSON object."))
@click.option(
    "--quick", is_flag=True, help=_("100,000 entries in place of 1,000,000, and fewer rounds.")
)
@click.option(
    "--only",
    type=click.Choice(NAMES),
    multiple=True,
    help=_("Only this measurement; may be given several times."),
)
@click.option(
    "--store",
    type=click.Choice(("sqlite", "mongodb")),
    default="sqlite",
    show_default=True,
    help=_("Where the history and the views are kept."),
)
@click.option(
    "--mongodb",
    "uri",
    metavar="URI",
    envvar="XUNJI_MONGODB",
    show_envvar=True,
    help=_("With --store mongodb: the server; what is measured there is dropped afterwards."),
)
@click.option(
    "--peers",
    is_flag=True,
    help=_("With --store mongodb: the library's PostgreSQL recorder as well, where it can run."),
)
def bench(
    *, as_json: bool, quick: bool, only: tuple[str, ...], store: str, uri: str | None, peers: bool
) -> None:
    import msgspec

    try:
        report = _on_mongodb(uri, quick, peers) if store == "mongodb" else _on_sqlite(only, quick)
    except (RuntimeError, OSError) as failure:
        raise FailedError(str(failure)) from failure
    if sys.stderr.isatty():
        _tell("")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=1).decode())
    else:
        _show(report)


def _on_sqlite(only: tuple[str, ...], quick: bool) -> "Report":  # noqa: FBT001
    from backend.bench.report import measure

    return measure(only or NAMES, _tell, quick=quick)


def _on_mongodb(uri: str | None, quick: bool, peers: bool) -> "Report":  # noqa: FBT001
    from backend.bench.mongo import measure

    if not uri:
        raise click.UsageError(_("--store mongodb needs --mongodb URI"))
    return measure(uri, _tell, quick=quick, peers=peers)


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{what}", nl=False, err=True)


def _lists(found: "Numbers") -> "Table":
    """Return each list with its times in milliseconds, the slowest first."""
    from rich.table import Table

    said = _("{inspections:,} inspections, {objects:,} objects; limit {limit_ms} ms")
    table = Table(title=said.format_map(found), title_justify="left", box=None, pad_edge=False)
    table.add_column(_("list, ms"))
    for name in ("p50", "p95", "cpu", "moved", "first"):
        table.add_column(name, justify="right")
    for name, one in found["lists"].items():
        times = [one["p50"], one["p95"], one["cpu"], one["moved"], one["first"]]
        table.add_row(name, *("" if time is None else f"{time:,.4g}" for time in times))
    return table


def _show(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(_("measured"))
    table.add_column(_("median"), justify="right")
    for name, value in report.items():
        if name in LABELS:
            table.add_row(LABELS[name], f"{value:,.6g}")
    environment = report["environment"]
    console = Console(soft_wrap=True)
    console.print(table)
    if report["store"] == "mongodb":
        said = _("Python {python}, MongoDB {mongodb}, {cpus} processors, {system}")
    else:
        said = _("Python {python}, SQLite {sqlite}, {cpus} processors, {system}")
    console.print(said.format_map(environment), highlight=False)
    if slowest := report["details"].get("measures", {}).get("slowest"):
        console.print(_("The slowest measure is {name}.").format(name=slowest), highlight=False)
    if found := report["details"].get("lists"):
        console.print(_lists(found))
    if report.get("postgres_missing"):
        said = _("PostgreSQL was not measured: {what} is missing.")
        console.print(said.format(what=report["postgres_missing"]))
    if report.get("mappage_missing"):
        said = _("The map was not measured in a browser: {what} is missing.")
        console.print(said.format(what=report["mappage_missing"]))
    if report["quick"] and "entries" in report:
        console.print(_("Quick: {entries:,} entries.").format(entries=report["entries"]))
