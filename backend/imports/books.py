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

from backend.imports.columns import CHOICES, Column
from backend.imports.frequencies import said_frequency
from backend.imports.item_plan import HeldItem
from backend.imports.item_rows import said_laws
from backend.imports.object_plan import Held
from backend.imports.object_rows import Known
from backend.inventory_words import ITEM_KINDS
from backend.pages import Pages
from events import object_types
from events.language import Language
from projections.objects import PERSONS

_LAST: Final = 20_000
_WIDE: Final = 18
_STANDINGS: Final[Mapping[Language, tuple[str, str]]] = {
    "zh": ("在册", "终止"),
    "en": ("listed", "ended"),
}
_YES_NO: Final[Mapping[Language, tuple[str, str]]] = {"zh": ("是", "否"), "en": ("yes", "no")}
_EXAMPLES: Final[Mapping[Language, tuple[str, ...]]] = {
    "zh": ("每年1次", "每季度2次", "每年抽查3%", "按需"),
    "en": ("1 a year", "2 a quarter", "3% a year", "on event"),
}
_TO_READ: Final = frozenset({"village", "object_types", "frequency"})
"""Columns whose choices are to be read, not to be picked: several, or of one township."""

Choices = Mapping[str, Sequence[str]]


def book(
    language: Language,
    title: str,
    columns: Sequence[Column],
    choices: Choices,
    rows: Iterable[Mapping[str, Any]] = (),
) -> bytes:
    """Return a workbook: headings with notes, rows, and a sheet of what may be chosen."""
    made: Any = Workbook()
    sheet = made.active
    sheet.title = title
    for at, column in enumerate(columns, 1):
        head = column.zh if language == "zh" else column.en
        cell = sheet.cell(1, at, f"{head} *" if column.required else head)
        cell.font = Font(bold=True)
        note = column.note_zh if language == "zh" else column.note_en
        cell.comment = Comment(note, "巡记 Xunji", width=240, height=80)
        sheet.column_dimensions[get_column_letter(at)].width = _WIDE
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, 2):
        for at, column in enumerate(columns, 1):
            _put(sheet.cell(number, at), row.get(column.name))
    _offer(made, sheet, language, columns, choices)
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
    columns: Sequence[Column],
    offered: Choices,
) -> None:
    """Add the sheet of what may be chosen, and lists that offer it."""
    names = [one.name for one in columns]
    choices = made.create_sheet(CHOICES[language])
    for at, (name, values) in enumerate(offered.items(), 1):
        letter = get_column_letter(at)
        choices.column_dimensions[letter].width = _WIDE * 2
        column = columns[names.index(name)]
        choices.cell(1, at, column.zh if language == "zh" else column.en).font = Font(bold=True)
        for row, value in enumerate(values, 2):
            choices.cell(row, at, value)
        if name not in _TO_READ and values:
            area = f"'{choices.title}'!${letter}$2:${letter}${len(values) + 1}"
            rule: Any = DataValidation(type="list", formula1=area, allow_blank=True)
            sheet.add_data_validation(rule)
            place = get_column_letter(1 + names.index(name))
            rule.add(f"{place}2:{place}{_LAST}")


# ── objects ────────────────────────────────────────────────────────────────────────


def object_choices(language: Language, known: Known, names: Mapping[str, str]) -> Choices:
    """Return what may stand in the columns of a list of objects."""
    villages = sorted(set(known.villages.values()))
    return {
        "object_type": [
            one.zh if language == "zh" else one.en
            for code, one in object_types.names().items()
            if code not in PERSONS
        ],
        "domain": sorted({names.get(code, code) for code in known.domains.values()}),
        "township": sorted({names.get(code, code) for code in known.townships.values()}),
        "standing": _STANDINGS[language],
        "village": [f"{code} {names.get(code, '')}" for code in villages],
    }


def object_row(held: Held, language: Language, names: Mapping[str, str]) -> Mapping[str, Any]:
    """Return an object as a row; what is sealed of a home stays out, and so stays as it is.

    No day is given from which it is so: brought back, it is so from that day on.
    """
    listing = held.listing
    ended = held.ended_on
    home = bool(listing.person)
    said = object_types.names().get(listing.object_type)
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
        "standing": _STANDINGS[language][1 if ended else 0],
        "ended_on": ended,
    }


# ── items ──────────────────────────────────────────────────────────────────────────


def item_choices(language: Language, names: Mapping[str, str], domains: Iterable[str]) -> Choices:
    """Return what may stand in the columns of a list of items."""
    gettext = Pages.words(language).gettext
    said = object_types.names().values()
    return {
        "domain": sorted({names.get(code, code) for code in domains}),
        "kind": [
            code if language == "zh" else gettext(title)
            for code, title in ITEM_KINDS.items()
            if not code.isascii()
        ],
        "plannable": _YES_NO[language],
        "enterprise_related": _YES_NO[language],
        "standing": _STANDINGS[language],
        "object_types": [one.zh if language == "zh" else one.en for one in said],
        "frequency": _EXAMPLES[language],
    }


def item_row(held: HeldItem, language: Language, names: Mapping[str, str]) -> Mapping[str, Any]:
    """Return an item as a row; a rule that no cell can say stays out, and so stays as it is."""
    listing, ended = held.listing, held.ended_on
    yes, no = _YES_NO[language]
    said = object_types.names()
    kinds = [
        (one.zh if language == "zh" else one.en) if (one := said.get(code)) else code
        for code in listing.object_types
    ]
    kind = ITEM_KINDS.get(listing.kind, listing.kind)
    in_words = listing.kind if language == "zh" else Pages.words(language).gettext(kind)
    return {
        "item": listing.item,
        "name_zh": listing.name_zh,
        "name_en": listing.name_en,
        "domain": names.get(listing.domain, listing.domain),
        "kind": listing.kind if listing.kind.isascii() else in_words,
        "plannable": yes if listing.plannable else no,
        "object_types": ("；" if language == "zh" else "; ").join(kinds)
        or ("无" if language == "zh" else "none"),
        "frequency": said_frequency(listing.frequency, language) or None,
        "legal_basis": said_laws(listing.legal_basis) or None,
        "enterprise_related": yes if listing.enterprise_related else no,
        "standing": _STANDINGS[language][1 if ended else 0],
        "ended_on": ended,
    }
