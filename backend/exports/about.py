"""What is said of an export: its title, what it was computed from, and how to compute it again."""

import shlex
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from backend import measure_words as naming
from backend.as_of import AsOf
from backend.exports.checksum import Counted
from backend.exports.words import words_of
from backend.exports.xlsx_file import MOST_ROWS, Facts
from backend.pages import Pages
from events.language import Language

_REPEATED: Final = "column"
_NOT_ASKED: Final = ("path", "format", "lang", "today", "limit")


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


def title(name: str, language: Language) -> str:
    """Return what a table is called."""
    words = words_of(language)
    known = TITLES.get(name)
    if known:
        return words.gettext(known)
    return naming.measure_name(name.partition("-")[0], Pages.words(language))


TITLES: Final[dict[str, str]] = {
    "objects": _("Objects of enforcement"),
    "items": _("Items of enforcement"),
    "inspections": _("Inspections"),
    "due": _("Due and overdue"),
    "follow-ups": _("Findings and deadlines"),
    "procedure": _("Procedure faults"),
    "measures": _("All measures"),
    "coverage": _("Coverage by township"),
    "goals": _("The four zero goals"),
    "causes": _("Causes of mismatches"),
    "recoveries": _("Recoveries"),
    "caps": _("Enterprises and their caps"),
    "joint-visits": _("Visits that could be made together"),
    "devices": _("Tablets and logs"),
    "cells": _("Cells of the map"),
}


def about(rows: Counted, as_of: AsOf, language: Language, *, is_cut: bool) -> Facts:
    """Say what the rows are, and how anyone can compute them again."""
    _t = words_of(language).gettext
    whole = _t(_("all")) if not is_cut else _t(_("cut: a sheet holds no more; narrow the question"))
    shown = MOST_ROWS if is_cut else rows.rows
    asked = " & ".join(f"{name}={value}" for name, value in as_of.query.items())
    facts = [
        (_t(_("Rows")), f"{shown} ({whole})"),
        (_t(_("Counts up to record")), str(as_of.position)),
        (_t(_("Received")), as_of.received_at.isoformat() if as_of.received_at else "—"),
        (_t(_("Judged on")), as_of.today.isoformat()),
        (_t(_("History of the bureau")), f"{as_of.history} / {as_of.epoch}"),
        (_t(_("Asked")), asked),
        (_t(_("Versions of the views")), _numbers(as_of.versions)),
    ]
    if as_of.measures:
        facts.append((_t(_("Versions of the measures")), _numbers(as_of.measures)))
    if is_cut:
        return facts
    return [
        *facts,
        (_t(_("SHA-256 of the rows")), rows.checksum),
        (_t(_("Compute it again")), command(as_of, language)),
        (
            "",
            _t(
                _(
                    "The command reads the records alone. It writes each row as one line of JSON: "
                    "members sorted by name, no spaces between them, UTF-8. The SHA-256 of these "
                    "lines is the one above, or something was changed."
                )
            ),
        ),
    ]


def _numbers(versions: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))


def command(as_of: AsOf, language: Language) -> str:
    """Return the command that writes the rows of an export again, and hashes them."""
    asked = {name: value for name, value in as_of.query.items() if name not in _NOT_ASKED}
    path = as_of.query.get("path", "")
    said_twice = {name: value.split() for name, value in asked.items() if name == _REPEATED}
    today = as_of.today.isoformat()
    query = urlencode({**asked, **said_twice, "today": today, "lang": language}, doseq=True)
    said = shlex.quote(f"{path}?{query}")
    return f"xunji export --data DIR --at {as_of.position} {said} | sha256sum"
