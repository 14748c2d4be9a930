"""The auditor's commands: verify the whole, replay one case, compute again what was derived."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.office_commands import console, identity, refusing
from backend.words import _
from events.command import FailedError, data_option

if TYPE_CHECKING:
    from backend.office import Office
    from backend.recomputing import Recomputed
    from backend.replaying import Replayed
    from backend.verification import Report

_MOST_SHOWN = 100
LATE = 60_000_000  # microseconds: from then on it is worth saying
_SHORT = 8  # letters of an id that people can compare


@click.command("verify", help=_("Check every record, signature and chain of the history."))
@data_option
@click.option("--json", "as_json", is_flag=True, help=_("Print the report as JSON."))
def verify(data: Path, *, as_json: bool) -> None:
    import sys

    import msgspec

    from backend.folder import DataFolder
    from backend.verification import verify as verify_folder

    def progress(done: int, size: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done}/{size} ", nl=done == size, err=True)

    with refusing():
        report = verify_folder(DataFolder.open(data), progress)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report), indent=1))
    else:
        _tell(report)
    if report.fault:
        raise FailedError(_("the history does not verify"))


def _tell(report: "Report") -> None:
    from backend.faults import MEANING, advice

    said = _(
        "Bureau {bureau}, epoch {epoch}: {size} records in {logs} logs, {n} signatures checked"
    )
    click.echo(
        said.format(
            bureau=report.bureau[:16],
            epoch=report.epoch,
            size=report.size,
            logs=report.logs,
            n=report.signatures,
        )
    )
    click.echo(
        _("Head {head}; {n} checkpoints agree").format(head=report.head, n=report.checkpoints)
    )
    for count, what in (
        (report.untrusted, _("entries are from a revoked tablet or key")),
        (report.noted, _("bad signatures were published as irregularities")),
        (report.unknown, _("entries are of kinds this program does not know")),
        (report.erased, _("bodies or sealed parts are erased")),
        (report.lost, _("heads that somebody saw are of records that a restore lost")),
    ):
        if count:
            click.echo(f"{count} {what}")
    if report.pictures:
        said = _("{here} of {all} pictures are here; {waiting} are still on their tablets, or lost")
        here = report.pictures - report.waiting
        click.echo(said.format(here=here, all=report.pictures, waiting=report.waiting))
    for fault in report.faults:
        said = _("FAULT at position {position}, log {log}, entry {sequence}: {what} {detail}")
        click.echo(
            said.format(
                position=fault.position,
                log=fault.log[:16] or "-",
                sequence=fault.sequence or "-",
                what=MEANING[fault.code],
                detail=f"({fault.detail})" if fault.detail else "",
            )
        )
    if report.fault:
        click.echo(advice(report.fault.code))
    else:
        click.echo(_("Everything verifies."))


@click.command("show", help=_("Replay one case from the history, entry by entry."))
@data_option
@click.option("--inspection", metavar="ID", callback=identity, help=_("The inspection."))
@click.option(
    "--object",
    "obj",
    metavar="ID",
    callback=identity,
    help=_("The object, with all its inspections."),
)
@click.option(
    "--open", "opening", is_flag=True, help=_("Open sealed parts; it is recorded who looked.")
)
@click.option("--as", "viewer", metavar="NAME", help=_("Who looks."))
@click.option("--purpose", metavar="TEXT", help=_("What for."))
def show(
    data: Path,
    inspection: str | None,
    obj: str | None,
    viewer: str | None,
    purpose: str | None,
    *,
    opening: bool,
) -> None:
    from backend import replaying

    if (inspection is None) == (obj is None):
        raise click.UsageError(_("say either --inspection ID or --object ID"))
    if opening and not (viewer and purpose):
        raise click.UsageError(_("--open needs --as NAME and --purpose TEXT"))
    with console(data) as office:
        roll = office.enrolments.roll()
        if inspection is not None:
            case = replaying.of_inspection(office.store, roll, inspection)
        else:
            case = replaying.of_object(office.store, roll, obj or "")
        if not case:
            raise FailedError(_("the history holds nothing of it"))
        texts = _opened(office, case, viewer or "", purpose or "") if opening else None
        for index, one in enumerate(case):
            _tell_entry(office, one, texts[index] if texts else None)


def _opened(
    office: "Office", case: Sequence["Replayed"], viewer: str, purpose: str
) -> list[list[str]]:
    """Open all parts of a case in one go: one look, one record of it."""
    from backend.opening import open_for

    parts = [part for one in case for part in one.parts()]
    texts = iter(open_for(office, viewer[:64], purpose[:64], parts))
    return [[_text(next(texts)) for _part in one.parts()] for one in case]


def _text(found: "bytes | Exception") -> str:
    from events.errors import ErasedError

    match found:
        case bytes():
            return found.decode("utf-8", "replace")
        case ErasedError():
            return _("[erased]")
        case _:
            return f"[{found}]"


def _tell_entry(office: "Office", one: "Replayed", texts: list[str] | None) -> None:
    from events.clock import moment
    from events.ids import NOBODY, id_text

    header = one.record.entry.header
    when = moment(header.happened_at, header.utc_offset).isoformat(" ", "seconds")
    who = id_text(header.actor)[:_SHORT] if header.actor != NOBODY else "-"
    click.echo(f"#{one.record.position}  {when}  {who}  {one.writer}  {header.tag}")
    late = one.record.received_at - header.happened_at
    if late >= LATE:
        click.echo(_("    received {n} minutes later").format(n=late // 60_000_000))
    for name, value in _members(one):
        click.echo(f"    {name}: {value}")
    for index, name in enumerate(_names(one)):
        text = texts[index] if texts else _sealed(office, one, index)
        click.echo(f"    {name}: {text}")


def _members(one: "Replayed") -> list[tuple[str, str]]:
    """Return the clear members of a fact, the visit's keys aside."""
    import msgspec

    from events.vocabulary import Unknown

    if isinstance(one.fact, Unknown):
        return [("?", _("unknown") + f" ({one.fact.reason})")]
    members = msgspec.to_builtins(one.fact)
    hidden = {"visit", "sealed", "content", "inspection"}
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in members.items()
        if name not in hidden
    ]


def _names(one: "Replayed") -> list[str]:
    from events.vocabulary import Unknown

    count = len(one.record.entry.sealed)
    sealed = () if isinstance(one.fact, Unknown) else one.fact.sealed
    names = [part.name for part in sealed][:count]
    return names + ["?"] * (count - len(names))


def _sealed(office: "Office", one: "Replayed", index: int) -> str:
    from events.errors import ErasedError

    if one.record.entry.sealed[index] is None:
        return _("[erased]")
    try:
        office.vault.get(one.record.entry.header.parts[index].key)
    except ErasedError:
        return _("[erased]")
    return _("[sealed]")


@click.command(
    "recompute",
    help=_("Compute patrols' coverage again from their sealed tracks; it is recorded who looked."),
)
@data_option
@click.option("--as", "viewer", metavar="NAME", required=True, help=_("Who looks."))
@click.option("--purpose", metavar="TEXT", required=True, help=_("What for."))
@click.option("--json", "as_json", is_flag=True, help=_("Print the report as JSON."))
def recompute(data: Path, viewer: str, purpose: str, *, as_json: bool) -> None:
    import msgspec

    from backend import recomputing

    with console(data) as office:
        found = list(recomputing.recompute(office, viewer[:64], purpose[:64]))
    wrong = [one for one in found if one.outcome in recomputing.WRONG]
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found), indent=1))
    else:
        _tell_recomputed(found, wrong)
    if wrong:
        raise FailedError(_("tracks do not give what was said of them"))


def _tell_recomputed(found: "Sequence[Recomputed]", wrong: "Sequence[Recomputed]") -> None:
    count = Counter(one.outcome for one in found)
    said = _("{same} of {n} fractions are what their tracks give")
    click.echo(said.format(same=count["same"], n=len(found)))
    for number, what in (
        (count["unsaid"], _("tracks are of tablets that cannot measure: no fraction was said")),
        (count["erased"], _("tracks are erased: nobody can compute them again")),
        (count["unopened"], _("tracks do not open: their keys never came")),
        (count["unknown"], _("fractions are of versions this program does not know")),
    ):
        if number:
            click.echo(f"{number} {what}")
    meaning = {
        "differs": _("the track gives {found}"),
        "elsewhere": _("the track was matched to a place that the register never had"),
        "untold": _("there is no track beside it"),
        "unreadable": _("what was sealed is no track"),
    }
    for one in wrong[:_MOST_SHOWN]:
        what = meaning[one.outcome].format(found=one.found)
        click.echo(f"#{one.position}  {one.inspection}  {one.version or '-'}  {one.said}: {what}")
    if len(wrong) > _MOST_SHOWN:
        click.echo(_("and {n} more").format(n=len(wrong) - _MOST_SHOWN))
