"""What the server adds to the command `xunji`. Heavy imports stay inside the functions."""

import sys
from datetime import datetime
from pathlib import Path

import click

from backend.approve_commands import approve
from backend.audit_commands import recompute, show, verify
from backend.backup_commands import backup, restore
from backend.bench.commands import bench
from backend.demo.commands import demo
from backend.export_commands import export, report
from backend.migrate_commands import migrate
from backend.office_commands import adopt, checkpoint, enrol, erase, init, revoke, rotate
from backend.people.commands import people
from backend.settings import DEFAULT_PORT, Settings
from backend.view_commands import replay, views
from events.command import data_option
from events.language import language, translation

_ = translation("pages", Path(__file__).parent / "locale", language()).gettext


_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(help=_("Serve tablets and readers."))
@data_option
@click.option(
    "--host",
    default="127.0.0.1",
    envvar="XUNJI_HOST",
    show_default=True,
    help=_("Beyond this machine only with a certificate, or behind a proxy that is named."),
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=DEFAULT_PORT,
    envvar="XUNJI_PORT",
    show_default=True,
    help=_("The port; 0 takes any that is free and prints it."),
)
@click.option(
    "--certificate",
    type=_file,
    envvar="XUNJI_CERTIFICATE",
    help=_("The server's certificate with its chain, PEM."),
)
@click.option("--key", type=_file, envvar="XUNJI_KEY", help=_("The certificate's key, PEM."))
@click.option(
    "--authority",
    type=_file,
    envvar="XUNJI_AUTHORITY",
    help=_("The authorities that tablets are to believe from now on, PEM: to change over."),
)
@click.option(
    "--name",
    "names",
    multiple=True,
    envvar="XUNJI_NAMES",
    help=_("A name by which the server is reached; else those of the certificate."),
)
@click.option(
    "--trusted-proxy",
    "proxies",
    multiple=True,
    envvar="XUNJI_TRUSTED_PROXIES",
    help=_("The address of a reverse proxy whose X-Forwarded-* is believed."),
)
@click.option(
    "--tianditu",
    type=(str, str),
    metavar="KEY REVIEW",
    envvar="XUNJI_TIANDITU",
    help=_("Tianditu as the base map: the bureau's key, and its 审图号. Then browsers ask it."),
)
@click.option("--simulated", is_flag=True, hidden=True)
def serve(  # noqa: PLR0913  options
    *,
    data: Path,
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    authority: Path | None,
    names: tuple[str, ...],
    proxies: tuple[str, ...],
    tianditu: tuple[str, str] | None,
    simulated: bool,
) -> None:
    from msgspec.structs import replace

    from backend.serve import run
    from backend.tianditu import based_on

    settings = Settings(
        data=data,
        host=host,
        port=port,
        certificate=certificate,
        key=key,
        authority=authority,
        names=names,
        proxies=proxies,
        tianditu=based_on(tianditu),
        simulated=simulated,
    )
    if simulated:  # nothing may depend on when the machine finds time
        settings = replace(settings, poll_seconds=0.02, checkpoint_every=sys.maxsize)
    run(settings)


_day = click.DateTime(["%Y-%m-%d"])


@click.command(help=_("Show all measures of a period, with or without a server."))
@data_option
@click.option("--from", "first", type=_day, help=_("First day; without it, of this year."))
@click.option("--to", "last", type=_day, help=_("Last day; without it, of this year."))
@click.option("--today", type=_day, help=_("The day to judge from; without it, today."))
@click.option("--township", help=_("Only this township, by its code."))
@click.option("--village", help=_("Only this village, by its code."))
@click.option("--domain", help=_("Only this domain, by its code."))
@click.option("--kind", help=_("Only this kind of inspection, by its code."))
@click.option("--officer", help=_("Only this officer, by id."))
@click.option("--at", default="", help=_("A position, or a time of record; without it, now."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON."))
def measures(  # noqa: PLR0913  filters
    *,
    data: Path,
    first: datetime | None,
    last: datetime | None,
    today: datetime | None,
    township: str | None,
    village: str | None,
    domain: str | None,
    kind: str | None,
    officer: str | None,
    at: str,
    as_json: bool,
) -> None:
    from backend.measures_table import Wanted, run
    from projections.question import Filters

    filters = Filters(township=township, village=village, domain=domain, kind=kind, officer=officer)
    wanted = Wanted(
        first and first.date(), last and last.date(), today and today.date(), at, filters
    )
    run(data, wanted, as_json=as_json)


commands: list[click.Command] = [
    init,
    demo,
    serve,
    replay,
    export,
    report,
    measures,
    views,
    people,
    enrol,
    revoke,
    rotate,
    adopt,
    approve,
    erase,
    checkpoint,
    verify,
    backup,
    restore,
    show,
    migrate,
    recompute,
    bench,
]
