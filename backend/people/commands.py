"""`xunji people`: the accounts at the console, for whoever may read the data folder."""

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from backend.office_commands import SERVER
from backend.people.key_commands import keys, opened_people
from backend.people.rights import Role
from backend.words import _
from events.command import FailedError, data_option
from events.language import language, translation

if TYPE_CHECKING:
    from backend.people.accounts import Account
    from backend.people.people import People

_address = click.option(
    "--server", default=SERVER, show_default=True, help=_("Where people reach the server.")
)
_pages = translation("pages", Path(__file__).parents[1] / "locale", language()).gettext
_name: Final = click.argument("name")
_CERTIFICATE: Final = _("Certificate number of the officer it signs in on tablets; empty: none.")


@click.group(help=_("Accounts of those who use the pages."))
def people() -> None:
    """Hold the commands together."""


people.add_command(keys)


@people.command("list", help=_("List the accounts."))
@data_option
def list_(data: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    heads = (_("account"), _("person"), _("role"), _("scope"), _("until"), _("state"))
    for head in heads:
        table.add_column(head, overflow="fold")
    with opened_people(data) as (_office, here):
        for one in here.accounts.all():
            scope = " ".join((*one.domains, *one.townships)) or _("all")
            until = one.until.isoformat() if one.until else ""
            table.add_row(one.name, one.person, one.role.value, scope, until, _state(one))
    Console().print(table)


def _state(account: "Account") -> str:
    if account.locked:
        return _("locked")
    if not account.has_password:
        return _("waits for its link to be used")
    return _("two factors") if account.has_second_factor else _("open")


@people.command(help=_("Open an account, and print its one-time link."))
@data_option
@_name
@click.option("--person", required=True, help=_("Whose account it is."))
@click.option("--role", required=True, type=click.Choice([one.value for one in Role]))
@click.option("--domain", multiple=True, help=_("A domain it sees; none: all."))
@click.option("--township", multiple=True, help=_("A township it sees; none: all."))
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help=_("Its last day."))
@click.option("--certificate", default="", help=_CERTIFICATE)
@_address
def add(  # noqa: PLR0913  options
    *,
    data: Path,
    name: str,
    person: str,
    role: str,
    domain: tuple[str, ...],
    township: tuple[str, ...],
    until: datetime | None,
    certificate: str,
    server: str,
) -> None:
    from backend.people import recording
    from backend.people.accounts import AccountError
    from backend.people.certificates import officer_with
    from backend.people.role_words import account_fault

    last = until.date() if until else None
    with opened_people(data) as (office, here):
        try:
            officer = officer_with(office.store, certificate)
            made = here.accounts.open(name, person, Role(role), domain, township, last, officer)
        except AccountError as refused:
            raise FailedError(account_fault(refused.reason, _pages)) from refused
        recording.opened(office, made, None)
        _print(here, made, server)


@people.command(help=_("Name the officer as whom an account signs in on tablets."))
@data_option
@_name
@click.option("--certificate", required=True, help=_CERTIFICATE)
def officer(data: Path, name: str, certificate: str) -> None:
    from msgspec import structs

    from backend.people import recording
    from backend.people.accounts import AccountError
    from backend.people.certificates import officer_with
    from backend.people.role_words import account_fault

    with opened_people(data) as (office, here):
        found = _found(here, name)
        try:
            key = officer_with(office.store, certificate)
            changed = structs.replace(found, officer=key)
            here.accounts.change(changed)
        except AccountError as refused:
            raise FailedError(account_fault(refused.reason, _pages)) from refused
        recording.changed(office, changed, "scope", None)
    said = (
        _("{name} signs in on tablets with certificate {number}")
        if key
        else _("{name} signs in on no tablet")
    )
    click.echo(said.format(name=name, number=certificate))


@people.command(help=_("Take password and second factor away, and print a new one-time link."))
@data_option
@_name
@_address
def reset(data: Path, name: str, server: str) -> None:
    from backend.people import recording

    with opened_people(data) as (office, here):
        found = _found(here, name)
        recording.changed(office, found, "reset", None)
        here.throttle.forget(found.name)
        _print(here, found, server)


@people.command(help=_("Lock an account at once: it is signed out everywhere."))
@data_option
@_name
@click.option("--open", "opening", is_flag=True, help=_("Unlock it instead."))
def lock(data: Path, name: str, *, opening: bool) -> None:
    from backend.people import recording

    with opened_people(data) as (office, here):
        found = _found(here, name)
        here.accounts.lock(found.account, locked=not opening)
        recording.changed(office, found, "unlocked" if opening else "locked", None)
    said = _("{name} is open again") if opening else _("{name} is locked")
    click.echo(said.format(name=name))


@people.command(help=_("Print the table of roles and routes, as docs/roles.md has it."))
def roles() -> None:
    from tempfile import TemporaryDirectory

    from backend.app import create_app
    from backend.folder import DataFolder
    from backend.people.role_table import written
    from backend.running import opened
    from backend.settings import Settings
    from events.clock import SystemClock

    with TemporaryDirectory() as here:  # the routes are those of a server; any bureau will do
        data = Path(here) / "data"
        DataFolder.create(data, "-", os.urandom, SystemClock())
        with opened(settings := Settings(data=data)) as parts:
            click.echo(written(create_app(settings, parts)), nl=False)


def _found(here: "People", name: str) -> "Account":
    found = here.accounts.by_name(name)
    if found is None:
        raise FailedError(_("there is no account {name}; see: xunji people list").format(name=name))
    return found


def _print(here: "People", account: "Account", server: str) -> None:
    link = f"{server.rstrip('/')}/join?link={here.accounts.link(account.account)}"
    click.echo(_("One-time link for {name}, good for three days:").format(name=account.name))
    click.echo(f"  {link}")
