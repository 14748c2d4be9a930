"""`xunji people keys`: who has app keys, and revoking them, at the console.

None is made here: a key is its owner's, who makes it on the page of the account.
"""

import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.office_commands import console
from backend.words import _
from events.clock import CHINA, moment
from events.command import FailedError, data_option

if TYPE_CHECKING:
    from backend.office import Office
    from backend.people.people import People


@contextmanager
def opened_people(data: Path) -> Generator[tuple["Office", "People"]]:
    """Open the accounts of a data folder, and the office that records what is done to them."""
    from backend.people.people import People

    with (
        console(data) as office,
        closing(
            People.open(data, office.clock, demo=office.folder.about.demo, entropy=os.urandom)
        ) as here,
    ):
        yield office, here


@click.group(help=_("App keys, by which programs read."))
def keys() -> None:
    """Hold the commands together."""


@keys.command("list", help=_("List the app keys: all, or those of one account."))
@data_option
@click.argument("name", required=False)
def list_(data: Path, name: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from backend.people.app_key_list import all_keys

    table = Table()
    for head in (_("key"), _("account"), _("for"), _("reads"), _("last day"), _("last used")):
        table.add_column(head, overflow="fold")
    with opened_people(data) as (_office, here):
        account = here.accounts.by_name(name) if name else None
        if name and account is None:
            said = _("there is no account {name}; see: xunji people list")
            raise FailedError(said.format(name=name))
        for one in all_keys(here):
            key = one.key
            if account is None or key.account == account.account:
                until = key.until.isoformat() if one.holds else _("ended")
                used = f"{_day(key.used):%Y-%m-%d %H:%M} {key.address}" if key.used else _("never")
                table.add_row(key.key, one.whose, key.purpose, " ".join(key.uses), until, used)
    Console().print(table)


@keys.command(help=_("Revoke an app key at once; KEY as the list has it."))
@data_option
@click.argument("key")
def revoke(data: Path, key: str) -> None:
    from backend.people import recording

    with opened_people(data) as (office, here):
        found = here.app_keys.by_id(key)
        if found is None:
            said = _("there is no app key {key}; see: xunji people keys list")
            raise FailedError(said.format(key=key))
        here.app_keys.revoke(key)
        account = here.accounts.by_id(found.account)
        if account is not None:
            recording.changed(office, account, "key-revoked", None, key)
    click.echo(_("{key} is revoked").format(key=key))


def _day(at: int) -> datetime:
    return moment(at, CHINA)
