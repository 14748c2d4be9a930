"""The office at its console: found a bureau, enrol and revoke tablets, turn keys, erase."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.words import _, ngettext
from events import errors
from events.command import FailedError, data_option, failure, in_words

if TYPE_CHECKING:
    from backend.office import Office
    from backend.rotating import Rotatable
    from events.office import EntryAdopted

HOUR = 3_600
SERVER = "http://127.0.0.1:8420"


@contextmanager
def refusing() -> Generator[None]:
    """Turn a refusal into its documented exit code, said in the user's language."""
    try:
        yield
    except errors.Refusal as refusal:
        raise failure(refusal) from refusal


@contextmanager
def console(data: Path) -> Generator["Office"]:
    """Be the office at its console, one command at a time."""
    from backend.folder import DataFolder
    from backend.office import PATIENCE, Office
    from events.clock import SystemClock

    with (
        refusing(),
        Office(DataFolder.open(data), "console", SystemClock(), os.urandom, PATIENCE) as office,
    ):
        yield office


def identity(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Check an option that is an id."""
    from events.ids import id_bytes

    if value is not None:
        try:
            id_bytes(value)
        except ValueError as wrong:
            said = _("{value} is not an id: 26 letters a-z and digits 2-7")
            raise click.BadParameter(said.format(value=value), context, parameter) from wrong
    return value


def _code(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not 1 <= len(value) <= 64:  # noqa: PLR2004  events.facts.Code
        raise click.BadParameter(_("1 to 64 characters"), context, parameter)
    return value


def _name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not value.strip() or len(value) > 200:  # noqa: PLR2004  events.facts.Name
        raise click.BadParameter(_("1 to 200 characters"), context, parameter)
    return value


def _codes(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    for one in value:
        _code(context, parameter, one)
    return value


root_key_option = click.option(
    "--root-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=_("The root key's file, if it is not in the data folder."),
)
reason_option = click.option(
    "--reason", required=True, callback=_code, help=_("Why, in a word; stands in the history.")
)


@click.command("init", help=_("Found a bureau: a new data folder with its keys."))
@data_option
@click.option(
    "--bureau", required=True, callback=_name, metavar="NAME", help=_("The bureau's name.")
)
def init(data: Path, bureau: str) -> None:
    from backend.folder import DataFolder
    from events.clock import SystemClock

    with refusing():
        folder = DataFolder.create(data, bureau, os.urandom, SystemClock())
    click.echo(_("Bureau {name}: {id}").format(name=bureau, id=folder.about.bureau))
    click.echo(_("Publish this number: it is what every proof leads to."))
    said = _("Now move {path} to offline storage. Rotating keys needs it: --root-key FILE")
    click.echo(said.format(path=folder.keys.file("root")))
    click.echo(_("Next: xunji serve --data {path}").format(path=data))


@click.command("enrol", help=_("Make a one-time code with which a tablet enrols itself."))
@data_option
@click.option(
    "--name", required=True, callback=_name, help=_("What the tablet is called, such as T-07.")
)
@click.option(
    "--township",
    multiple=True,
    callback=_codes,
    help=_("A township it works in (9 digits); none: all."),
)
@click.option(
    "--domain", multiple=True, callback=_codes, help=_("A domain it works in; none: all.")
)
@click.option(
    "--hours",
    type=click.IntRange(1, 24 * 14),
    default=24,
    show_default=True,
    help=_("How long the code holds."),
)
@click.option(
    "--server", default=SERVER, show_default=True, help=_("Where tablets reach the server.")
)
def enrol(
    data: Path,
    name: str,
    township: tuple[str, ...],
    domain: tuple[str, ...],
    hours: int,
    server: str,
) -> None:
    from backend.codes import Codes
    from backend.folder import DataFolder
    from events.clock import SystemClock

    with refusing():
        folder = DataFolder.open(data)
        codes = Codes(folder.codes_file, SystemClock(), os.urandom)
        try:
            code = codes.issue(name, township, domain, hours * HOUR)
        finally:
            codes.close()
    click.echo(code)
    said = ngettext(
        "It holds for one tablet and {n} hour.", "It holds for one tablet and {n} hours.", hours
    )
    click.echo(said.format(n=hours))
    click.echo(_("On the tablet, type:"))
    click.echo(f"  xunji tablet --server {server} --code {code}")


@click.command("revoke", help=_("Trust a tablet no further: it is lost, stolen or broken."))
@data_option
@click.option("--device", required=True, callback=identity, help=_("The tablet's id."))
@click.option(
    "--last-trusted",
    type=click.IntRange(0),
    metavar="N",
    help=_("The last entry of its log that is trusted; 0: none."),
)
@click.option("--all-held", is_flag=True, help=_("Trust all that arrived so far."))
@reason_option
def revoke(
    data: Path, device: str, last_trusted: int | None, reason: str, *, all_held: bool
) -> None:
    from backend.revoking import revoke as revoke_tablet

    if all_held == (last_trusted is not None):
        raise click.UsageError(_("say either --last-trusted N or --all-held"))
    with console(data) as office:
        for fact in revoke_tablet(office, device, last_trusted, reason):
            said = _("Log {log} is trusted up to entry {n}.")
            click.echo(said.format(log=fact.log[:16], n=fact.last_trusted))
    click.echo(_("Later entries go into quarantine; see: xunji adopt --list"))


@click.command("rotate", help=_("Make a new key and have the root certify it."))
@data_option
@click.option(
    "--role",
    required=True,
    type=click.Choice(["office", "access", "checkpoint", "sealing", "root"]),
    help=_(
        "Which key: the office's logs, the access log's, the one that signs receipts, "
        "the one that opens personal data, or the root itself."
    ),
)
@root_key_option
@click.option("--revoke", is_flag=True, help=_("Revoke the old key from now on."))
@click.option(
    "--rewrap", is_flag=True, help=_("With --role sealing: wrap all data keys for the new key.")
)
def rotate(
    data: Path, role: "Rotatable", root_key: Path | None, *, revoke: bool, rewrap: bool
) -> None:
    from backend import rotating

    if rewrap and role != "sealing":
        raise click.UsageError(_("--rewrap goes with --role sealing"))
    with console(data) as office:
        root = rotating.root_of(office.folder, root_key)
        for one in rotating.rotate(office, role, root, revoke=revoke):
            said = _("Certificate {serial}: {path}")
            click.echo(said.format(serial=one.certificate.serial, path=one.file))
        if rewrap:
            done = rotating.rewrap(office)
            said = _("{n} data keys wrapped anew; {left} could not be opened.")
            click.echo(said.format(n=done.keys, left=done.left))
    if role == "root":
        click.echo(_("Move the new root key to offline storage."))


@click.command("adopt", help=_("Take entries from quarantine into the history, by your word."))
@data_option
@click.argument("ids", nargs=-1, type=int, metavar="[QUARANTINE-ID]…")
@click.option("--list", "listing", is_flag=True, help=_("Show what is in quarantine."))
@click.option("--reason", callback=_code, help=_("Why, in a word; stands in the history."))
def adopt(data: Path, ids: tuple[int, ...], reason: str | None, *, listing: bool) -> None:
    if listing:
        _list_quarantine(data)
        return
    if not ids or reason is None:
        raise click.UsageError(_("name what to adopt, and --reason; or say --list"))
    from backend.adopting import adopt as adopt_entries
    from backend.quarantine import QuarantineFile

    refused = 0
    with console(data) as office:
        quarantine = QuarantineFile(office.folder.quarantine_file, office.clock)
        try:
            for number in ids:
                aside = quarantine.get(number)
                if aside is None:
                    raise FailedError(_("nothing in quarantine has number {n}").format(n=number))
                refused += sum(_tell_adopted(one) for one in adopt_entries(office, aside, reason))
        finally:
            quarantine.close()
    if refused:
        raise FailedError(_("{n} entries were not adopted").format(n=refused))


def _tell_adopted(one: "EntryAdopted | errors.Refusal") -> bool:
    """Say what became of an entry; true where it was refused."""
    if isinstance(one, errors.Refusal):
        click.echo(_("Not adopted: {why}").format(why=in_words(one)))
        return True
    click.echo(_("Adopted entry {n} of log {log}.").format(n=one.entry, log=one.log[:16]))
    return False


def _list_quarantine(data: Path) -> None:
    from backend.folder import DataFolder
    from backend.quarantine import QuarantineFile
    from events.clock import SystemClock, moment

    with refusing():
        quarantine = QuarantineFile(DataFolder.open(data).quarantine_file, SystemClock())
        found = quarantine.list()
        if not found:
            click.echo(_("The quarantine is empty."))
        for one in found:
            when = moment(one.received_at).astimezone().isoformat(" ", "seconds")
            said = _("{id}  {when}  log {log} from entry {first}: {n} entries, {reason}")
            click.echo(
                said.format(
                    id=one.id,
                    when=when,
                    log=one.log.hex()[:16],
                    first=one.first,
                    n=one.entries,
                    reason=one.reason,
                )
            )
        dropped = quarantine.dropped()
        quarantine.close()
    if dropped.pushes:
        said = _("{n} older entries were dropped: the quarantine was full.")
        click.echo(said.format(n=dropped.entries))


@click.command("erase", help=_("Destroy the keys of a person or inspection, for ever."))
@data_option
@click.option(
    "--subject", required=True, callback=identity, help=_("The person's or inspection's id.")
)
@click.option("--basis", required=True, callback=_code, help=_("The legal basis, as a code."))
def erase(data: Path, subject: str, basis: str) -> None:
    from backend.erasing import erase as erase_subject

    with console(data) as office:
        keys = len(erase_subject(office, subject, basis).keys)
    said = ngettext("Erased: {n} key is destroyed.", "Erased: {n} keys are destroyed.", keys)
    click.echo(said.format(n=keys))
    if not keys:
        click.echo(_("No key of {subject} was held: check the id.").format(subject=subject))
        click.echo(_("Keys of it that arrive later will be destroyed as well."))
    click.echo(_("Backups of the vault still hold them until they are overwritten."))


@click.command("checkpoint", help=_("Sign the head of the history; publish what it prints."))
@data_option
def checkpoint(data: Path) -> None:
    from backend.checkpoints import Checkpoints

    with console(data) as office:
        made = Checkpoints(office.folder, office.store, office.enrolments, office.clock).make()
    click.echo(made.encode().hex())
    said = _("Epoch {epoch}, {size} records, head {root}")
    click.echo(said.format(epoch=made.epoch, size=made.size, root=made.root.hex()), err=True)
