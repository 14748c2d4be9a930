"""The report of a month as a PDF, set by typst.

Texts and figures reach typst as JSON, never as markup: a name that looks like a command is set
as it is written. The same records, month and language give the same bytes.
"""

import shlex
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import typst
from pylopdf_fonts_zh_cn import sans_path

from backend.exports.months import read_month
from backend.exports.report_data import Report
from backend.exports.report_words import labels
from backend.overview import on_the_wall
from events.clock import microseconds, moment
from events.language import Language

_TEMPLATE: Final = Path(__file__).with_name("report.typ")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[sans_path().parent],
    )


def pdf(found: Report, language: Language) -> bytes:
    """Return a report as a PDF that also says its structure to who cannot see it."""
    received_at = found.as_of.received_at
    made = microseconds(received_at) // 1_000_000 if received_at else 0
    return typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        font_paths=_fonts(),
        sys_inputs=_inputs(found, language),
        timestamp=moment(made * 1_000_000),
        pdf_standards="ua-1",
    )


def _inputs(found: Report, language: Language) -> dict[str, str]:
    return {"data": msgspec.json.encode(_said(found, language)).decode()}


def _said(found: Report, language: Language) -> dict[str, Any]:
    said = labels(language)
    as_of = found.as_of
    year, month = found.parts["asked"]["month"].split("-")
    when = said["month"].format(year=year, month=int(month) if language == "zh" else month)
    received = on_the_wall(as_of.received_at) or "—"
    return {
        **found.parts,
        "labels": said,
        "lang": language,
        "region": "CN" if language == "zh" else "GB",
        "title": f"{when}{said['title']}" if language == "zh" else f"{said['title']}, {when}",
        "today": as_of.today.isoformat(),
        "partly": as_of.today < read_month(found.parts["asked"]["month"]).end,
        "foot": said["foot"].format(position=as_of.position, received=received),
        "checksum": found.checksum,
        "command": command(found, language),
    }


def command(found: Report, language: Language) -> str:
    """Return the command that computes a report again from the records alone."""
    words = ["xunji", "report", "--data", "DIR"]
    for name, value in found.parts["asked"].items():
        words += [f"--{name}", value]
    words += ["--today", found.as_of.today.isoformat(), "--at", str(found.as_of.position)]
    return shlex.join([*words, "--lang", language, "--out", "report.pdf"])
