"""A file of rows: a workbook or CSV, read within bounds, as plain cells.

Nothing is computed: a formula is a fault of its row. No links are followed, and nothing is
unpacked before it is known how large it becomes.
"""

import csv
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, LargeZipFile, ZipFile

from msgspec import Struct
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES: Final = 6_000_000
MOST_UNPACKED: Final = 80_000_000
MOST_PARTS: Final = 300
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 60
MOST_TEXT: Final = 2_000
"""Characters of a cell."""

_BROKEN: Final = (
    BadZipFile,
    LargeZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    OSError,
    NotImplementedError,
    OverflowError,
)  # fmt: skip  what the library raises for files that are none
_EXTERNAL: Final = ("xl/externallinks/", "xl/vbaproject", "xl/embeddings/", "xl/connections.xml")


class FileError(ValueError):
    """A file that is not read at all; `code` says why (`backend.imports.words`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Line(Struct, frozen=True):
    """A row as it stands in the file: its number there, and its cells as text.

    `formulas` are the columns, from 0, in which a formula stands.
    """

    number: int
    cells: tuple[str, ...]
    formulas: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.formulas and not any(self.cells)


def read_lines(content: bytes) -> list[Line]:
    """Return the rows of a file that are not empty; `FileError` says why there are none."""
    if len(content) > MOST_BYTES:
        raise FileError("too-large")
    if not content.strip():
        raise FileError("empty")
    lines = _of_workbook(content) if content.startswith(b"PK") else _of_csv(content)
    found = [one for one in islice(lines, MOST_ROWS + 1) if not one.is_empty]
    if not found:
        raise FileError("empty")
    return found


def _of_workbook(content: bytes) -> Iterator[Line]:
    try:
        _require_harmless(content)
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        rows = book.worksheets[0].iter_rows(max_col=MOST_COLUMNS)
        for number, cells in enumerate(rows, 1):
            _require_few(number)
            yield Line(
                number,
                tuple(_text(cell.value) for cell in cells),
                frozenset(at for at, cell in enumerate(cells) if cell.data_type == "f"),
            )
    except FileError:
        raise
    except _BROKEN as broken:
        raise FileError("unreadable") from broken


def _require_few(number: int) -> None:
    if number > MOST_ROWS:
        raise FileError("too-many-rows")


def _require_harmless(content: bytes) -> None:
    """Refuse a workbook that unpacks to too much, or that brings more than cells."""
    with ZipFile(BytesIO(content)) as packed:
        parts = packed.infolist()
        if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED:
            raise FileError("bomb")
        if any(one.filename.lower().startswith(_EXTERNAL) for one in parts):
            raise FileError("external")
        for one in parts:
            if one.filename.endswith((".xml", ".rels")):
                with packed.open(one) as part:
                    if b"<!DOCTYPE" in part.read(4_096):
                        raise FileError("external")


def _text(value: Any) -> str:  # noqa: ANN401  as a cell has it
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return " ".join(str(value).split())[:MOST_TEXT]


def _of_csv(content: bytes) -> Iterator[Line]:
    text = _decoded(content)
    try:
        for number, cells in enumerate(csv.reader(StringIO(text, newline=""), strict=True), 1):
            _require_few(number)
            few: Sequence[str] = cells[:MOST_COLUMNS]
            yield Line(number, tuple(_text(one) for one in few), _formulas(few))
    except csv.Error as broken:
        raise FileError("unreadable") from broken


def _formulas(cells: Sequence[str]) -> frozenset[int]:
    return frozenset(at for at, one in enumerate(cells) if one.startswith("="))


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise FileError("unreadable")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError("unreadable")
