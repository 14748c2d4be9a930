"""Workbooks that go out: the template, and the list as it stands, in the same columns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from backend.imports.columns import COLUMNS
from backend.imports.object_plan import Held
from backend.imports.object_rows import Known
from events import object_types
from events.language import Language
from projections.objects import PERSONS

_LAST: Final = 20_000
_WIDE: Final = 18


def book(
    language: Language,
    known: Known,
    names: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]] = (),
) -> bytes:
    """Return a workbook: headings with notes, rows, and a sheet of what may be chosen."""
    made: Any = Workbook()
    sheet = made.active
    sheet.title = "对象" if language == "zh" else "objects"
    for at, column in enumerate(COLUMNS, 1):
        title = column.zh if language == "zh" else column.en
        cell = sheet.cell(1, at, f"{title} *" if column.required else title)
        cell.font = Font(bold=True)
        note = column.note_zh if language == "zh" else column.note_en
        cell.comment = Comment(note, "巡记 Xunji", width=240, height=80)
        sheet.column_dimensions[get_column_letter(at)].width = _WIDE
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, 2):
        for at, column in enumerate(COLUMNS, 1):
            _put(sheet.cell(number, at), row.get(column.name))
    _offer(made, sheet, language, known, names)
    held = BytesIO()
    made.save(held)
    return held.getvalue()


def _put(cell: Any, value: object) -> None:  # noqa: ANN401  of a library without types
    if value is not None:
        cell.value = value.isoformat() if isinstance(value, date) else value
        if isinstance(value, str):
            cell.data_type = "s"  # a name that begins with = is no formula


def _offer(
    made: Any,  # noqa: ANN401  of a library without types
    sheet: Any,  # noqa: ANN401  likewise
    language: Language,
    known: Known,
    names: Mapping[str, str],
) -> None:
    """Add the sheet of what may be chosen, and lists that offer it."""
    types = [
        one.zh if language == "zh" else one.en
        for code, one in object_types.names().items()
        if code not in PERSONS
    ]
    domains = sorted({names.get(code, code) for code in known.domains.values()})
    towns = sorted({names.get(code, code) for code in known.townships.values()})
    villages = sorted(set(known.villages.values()))
    choices = made.create_sheet("选项" if language == "zh" else "choices")
    offered: Mapping[str, Sequence[str]] = {
        "object_type": types,
        "domain": domains,
        "township": towns,
        "standing": ("在册", "终止") if language == "zh" else ("listed", "ended"),
        "village": [f"{code} {names.get(code, '')}" for code in villages],
    }
    for at, (name, values) in enumerate(offered.items(), 1):
        letter = get_column_letter(at)
        choices.column_dimensions[letter].width = _WIDE * 2
        column = next(one for one in COLUMNS if one.name == name)
        choices.cell(1, at, column.zh if language == "zh" else column.en).font = Font(bold=True)
        for row, value in enumerate(values, 2):
            choices.cell(row, at, value)
        if name != "village" and values:
            area = f"'{choices.title}'!${letter}$2:${letter}${len(values) + 1}"
            rule: Any = DataValidation(type="list", formula1=area, allow_blank=True)
            sheet.add_data_validation(rule)
            place = get_column_letter(1 + [one.name for one in COLUMNS].index(name))
            rule.add(f"{place}2:{place}{_LAST}")


def row_of(held: Held, language: Language, names: Mapping[str, str]) -> Mapping[str, Any]:
    """Return an object as a row; what is sealed of a home stays out, and so stays as it is.

    No day is given from which it is so: brought back, it is so from that day on.
    """
    listing = held.listing
    ended = held.ended_on
    home = bool(listing.person)
    said = object_types.names().get(listing.object_type)
    words = {"zh": ("在册", "终止"), "en": ("listed", "ended")}[language]
    return {
        "object": held.object,
        "number": listing.attributes.get("number"),
        "name": None if home else listing.name,
        "object_type": (said.zh if language == "zh" else said.en) if said else listing.object_type,
        "domain": names.get(listing.domain, listing.domain),
        "township": listing.township,
        "village": listing.village,
        "uscc": listing.uscc,
        "lon": None if home else listing.lon,
        "lat": None if home else listing.lat,
        "level": listing.attributes.get("level"),
        "standing": words[1] if ended else words[0],
        "ended_on": ended,
    }
