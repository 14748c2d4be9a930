"""What differs between two moments, for the terminal."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import click

from backend.view_words import _
from events.clock import CHINA, moment
from projections.changes import Change, Changes, Entry

_MOST_SHOWN: Final = 20  # keys of a figure, entries of a change
_SHORT: Final = 8  # letters of a log that people can compare
_KINDS: Final[Mapping[str, str]] = {
    "came": _("came"),
    "went": _("went"),
    "changed": _("changed"),
}


def tell_changes(found: Changes, first: int, last: int) -> None:
    """Print what differs, each with the entries behind it."""
    click.echo(_("From record {first} to record {last}:").format(first=first, last=last))
    entries = {one.position: one for one in found.entries}
    for one in found.rows:
        _tell(one, entries)
    if not found.rows:
        click.echo(_("nothing differs"))
    if not found.whole:
        click.echo(_("There is more than is shown."))


def _tell(one: Change, entries: Mapping[int, Entry]) -> None:
    click.echo(f"{_KINDS[one.kind]}  {one.key}")
    for name in {**one.then, **one.now}:
        then, now = _cell(one.then, name), _cell(one.now, name)
        if then != now:
            click.echo(f"    {name}: {then} → {now}")
    for key, (then, now) in _some(one.keys.items()):
        click.echo(f"    {key}: {then or '–'} → {now or '–'}")
    for position in _some(one.causes):
        click.echo(_entry(entries[position]))
    more = max(len(one.keys) - _MOST_SHOWN, len(one.causes) - _MOST_SHOWN)
    if more > 0:
        click.echo(_("    and {n} more; see --json").format(n=more))


def _some(found: Iterable[Any]) -> list[Any]:
    return list(found)[:_MOST_SHOWN]


def _cell(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return "–" if value in (None, "", []) else str(value)


def _entry(one: Entry) -> str:
    happened = moment(one.happened_at, one.utc_offset).isoformat(" ", "minutes")
    received = moment(one.received_at, CHINA).isoformat(" ", "minutes")
    where = f"{one.log[:_SHORT]}:{one.sequence}"
    said = _("    #{position}  {tag}  {where}  happened {happened}, received {received}").format(
        position=one.position, tag=one.tag, where=where, happened=happened, received=received
    )
    late = _("LATE")
    return f"{said}  {late}" if one.late else said
