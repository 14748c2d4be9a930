"""The command `xunji approve`: who waits for an approval, and approving it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.office_commands import console, identity
from backend.words import _, ngettext
from events.command import FailedError, data_option

if TYPE_CHECKING:
    from events.office import InspectionAssigned


@click.command("approve", help=_("Approve beforehand what was assigned, or list what waits."))
@data_option
@click.argument("assignments", nargs=-1, metavar="ASSIGNMENT…")
@click.option("--by", "approver", callback=identity, help=_("Who approves: an officer's id."))
@click.option("--document", help=_("The number of the approval form."))
@click.option("--list", "listing", is_flag=True, help=_("List what waits for an approval."))
def approve(
    data: Path,
    assignments: tuple[str, ...],
    approver: str | None,
    document: str | None,
    *,
    listing: bool,
) -> None:
    from backend import approving

    if not listing and (not assignments or approver is None):
        raise click.UsageError(_("name what to approve, and --by; or say --list"))
    with console(data) as office:
        if listing or approver is None:
            for one in approving.work(office).waiting:
                click.echo(_line(one))
            return
        try:
            made = approving.approve(office, assignments, approver, document)
        except approving.NotAssignedError as unknown:
            said = _("Nothing stands assigned under {id}: see --list. Nothing was approved.")
            raise FailedError(said.format(id=unknown.assignment)) from unknown
        except approving.NoApproverError as unknown:
            said = _("Nobody on the list of officers has the id {id}. Nothing was approved.")
            raise FailedError(said.format(id=unknown.approver)) from unknown
    told = ngettext("Approved: {n} assignment.", "Approved: {n} assignments.", len(made))
    click.echo(told.format(n=len(made)))


def _line(one: "InspectionAssigned") -> str:
    return f"{one.assignment}  {one.due_on.isoformat()}  {one.kind}  {one.object}"
