"""Excel: a first sheet that says what this is, and the rows with typed cells behind it.

XlsxWriter keeps one row in memory at a time (`constant_memory`). Every text is written as a
text: none is a formula, a number or a link, whatever it begins with.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any, Final, Literal, Protocol, TypeAlias, cast

from msgspec import Struct
from xlsxwriter import Workbook  # pyright: ignore[reportMissingTypeStubs]

from backend.exports.checksum import Row
from backend.exports.csv_file import plain
from events.clock import CHINA, microseconds, moment

MOST_ROWS: Final = 1_000_000
"""A sheet holds 1,048,576; what is beyond is told, not sent."""

_LONGEST: Final = 32_767  # characters that Excel takes in a cell
_CUT: Final = "…"
_WIDE: Final = 60
_NARROW: Final = 8
_LEAST_DAY: Final = date(1900, 3, 1)  # before it, Excel counts a day that never was
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Format: TypeAlias = object


class Worksheet(Protocol):
    """What we ask of a sheet of XlsxWriter, which says its types to nobody."""

    def write_string(self, row: int, column: int, text: str, how: Format = ..., /) -> object: ...
    def write_number(self, row: int, column: int, number: float, /) -> object: ...
    def write_boolean(self, row: int, column: int, value: bool, /) -> object: ...  # noqa: FBT001
    def write_datetime(self, row: int, column: int, when: date, how: Format, /) -> object: ...
    def set_column(self, first: int, last: int, width: float, /) -> object: ...
    def freeze_panes(self, row: int, column: int, /) -> object: ...
    def autofilter(self, row: int, column: int, last_row: int, last: int, /) -> object: ...
    def activate(self) -> None: ...


class _Book(Protocol):
    def add_worksheet(self, name: str, /) -> Worksheet: ...
    def add_format(self, members: dict[str, Any], /) -> Format: ...
    def close(self) -> None: ...


Kind: TypeAlias = Literal["head", "day", "moment", "text", "title"]
Facts: TypeAlias = Sequence[tuple[str, str]]


class Titles(Struct, frozen=True):
    """What the two sheets and the file are called."""

    about: str
    rows: str
    title: str


def write(
    rows: Iterable[Row],
    file: IO[bytes],
    head: Callable[[str], str],
    titles: Titles,
    about: Callable[[bool], Facts],
) -> None:
    """Write a workbook; `about` is asked after the rows, and told whether some were cut."""
    book = cast("_Book", Workbook(cast("Any", file), dict(_OPTIONS)))
    formats = _formats(book)
    first, sheet = book.add_worksheet(titles.about), book.add_worksheet(titles.rows)
    is_cut = _rows(sheet, rows, head, formats)
    _about(first, titles.title, about(is_cut), formats)
    first.activate()
    book.close()


def _formats(book: _Book) -> dict[Kind, Format]:
    said: dict[Kind, dict[str, Any]] = {
        "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
        "day": {"num_format": "yyyy-mm-dd", "align": "left"},
        "moment": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
        "text": {"text_wrap": True, "valign": "top"},
        "title": {"bold": True, "font_size": 14},
    }
    return {kind: book.add_format(members) for kind, members in said.items()}


def _rows(
    sheet: Worksheet,
    rows: Iterable[Row],
    head: Callable[[str], str],
    formats: dict[Kind, Format],
) -> bool:
    """Write rows under frozen heads; return whether there are more than a sheet takes."""
    number = 0
    for number, row in enumerate(rows, 1):
        if number == 1:
            _heads(sheet, [(name, head(name)) for name in row], formats["head"])
        if number > MOST_ROWS:
            return True
        for column, (name, value) in enumerate(row.items()):
            _cell(sheet, number, column, typed(name, value), formats)
    if number:
        sheet.autofilter(0, 0, number, len(row) - 1)  # pyright: ignore[reportPossiblyUnboundVariable]
    return False


def _heads(sheet: Worksheet, named: Sequence[tuple[str, str]], bold: Format) -> None:
    sheet.freeze_panes(1, 0)
    for column, (name, said) in enumerate(named):
        width = min(_WIDE, max(_NARROW, 2 + sum(1 + (one > "⺀") for one in said), _width(name)))
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, said, bold)


def _width(name: str) -> int:
    if name.endswith(("_at", "_on")) or name in ("on", "due_at"):
        return 19 if name.endswith("_at") else 11
    return 28 if name.startswith(("name", "reason", "basis", "mends")) else _NARROW


def typed(name: str, value: object) -> str | float | date | None:
    """Return a value as Excel types it; moments by the clocks of China, as Excel has no zones.

    Views keep days as text: a member whose name ends with `_on` is read as the day it is.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case datetime():
            return moment(microseconds(value), CHINA).replace(tzinfo=None)
        case date():
            return value if value >= _LEAST_DAY else value.isoformat()
        case str() if value and name.endswith("_on"):
            return _day(value)
        case _:
            return plain(value)


def _day(text: str) -> str | date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _cell(
    sheet: Worksheet,
    row: int,
    column: int,
    value: str | float | date | None,
    formats: dict[Kind, Format],
) -> None:
    match value:
        case None | "":
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float():
            sheet.write_number(row, column, value)
        case datetime():
            sheet.write_datetime(row, column, value, formats["moment"])
        case date():
            sheet.write_datetime(row, column, value, formats["day"])
        case str():
            sheet.write_string(row, column, fitting(value))


def fitting(text: str) -> str:
    """Return a text as far as a cell takes it; one that is cut ends with an ellipsis."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + _CUT


def _about(sheet: Worksheet, title: str, facts: Facts, formats: dict[Kind, Format]) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    sheet.write_string(0, 0, title, formats["title"])
    for number, (name, said) in enumerate(facts, 2):
        sheet.write_string(number, 0, name, formats["text"])
        sheet.write_string(number, 1, fitting(said), formats["text"])
