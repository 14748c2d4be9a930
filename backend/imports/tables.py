"""A file of rows: a workbook or CSV, read within bounds, as plain cells.

Nothing is computed: a formula is a fault of its row, and so is a cell that is merged with others.
No links are followed, and nothing is unpacked before it is known how large it becomes.
"""

import csv
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import Any, Final, TypeAlias
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, LargeZipFile, ZipFile

from msgspec import Struct
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException

MOST_BYTES: Final = 6_000_000
MOST_UNPACKED: Final = 80_000_000
MOST_PARTS: Final = 300
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 60
MOST_TEXT: Final = 2_000
"""Characters of a cell."""
SEARCHED: Final = 6
"""Rows in which the headings may stand."""

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
    NotImplementedError,  # parts compressed in a way that nobody here unpacks
    OverflowError,
)  # fmt: skip  what the library raises for files that are none
_EXTERNAL: Final = ("xl/externallinks/", "xl/vbaproject", "xl/embeddings/", "xl/connections.xml")
_OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and a workbook under a password
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_MOST_MERGED: Final = 20_000  # cells: one is enough to refuse a file
_CHUNK: Final = 1 << 16
_OVERLAP: Final = 256

Merged: TypeAlias = Mapping[int, frozenset[int]]
"""By row, the columns, from 0, in which a merged cell stands."""


class FileError(ValueError):
    """A file that is not read at all; `code` says why (`backend.imports.words`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Line(Struct, frozen=True):
    """A row as it stands in the file: its number there, and its cells as text.

    `formulas` are the columns, from 0, in which a formula stands; `merged` those of merged cells.
    """

    number: int
    cells: tuple[str, ...]
    formulas: frozenset[int] = frozenset()
    merged: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.formulas and not any(self.cells)


class Table(Struct, frozen=True):
    """The rows of a file that are not empty; of a workbook, which sheet they are of.

    `others` are sheets that are the list as well, and were not read.
    """

    lines: Sequence[Line]
    sheet: str = ""
    others: tuple[str, ...] = ()


def read_table(
    content: bytes,
    is_list: Callable[[str, Sequence[Line]], bool] = lambda _name, _lines: True,
    passed: Callable[[int], None] = lambda _row: None,
) -> Table:
    """Return a file's rows, of the first sheet that is the list; else of the first one.

    `is_list` is asked about a sheet by its name and first rows; `passed` is told of rows as they
    pass. `FileError` says why there are none.
    """
    if len(content) > MOST_BYTES:
        raise FileError("too-large")
    if not content.strip():
        raise FileError("empty")
    if content.startswith(_OLD):
        raise FileError("old")
    sheets = _of_workbook(content) if content.startswith(b"PK") else _of_csv(content)
    found = [(name, *_begun(lines)) for name, lines in sheets]
    chosen = next((one for one in found if is_list(*one[:2])), found[0] if found else None)
    if chosen is None:
        raise FileError("empty")
    lines = list(islice(_told(chain(chosen[1], chosen[2]), passed), MOST_ROWS + 1))
    if not lines:
        raise FileError("empty")
    others = tuple(one[0] for one in found if one is not chosen and is_list(*one[:2]))
    return Table(lines, chosen[0], others)


def read_lines(content: bytes) -> Sequence[Line]:
    """Return the rows of a file's first sheet."""
    return read_table(content).lines


def _begun(lines: Iterator[Line]) -> tuple[Sequence[Line], Iterator[Line]]:
    """Return the first rows that are not empty, and an iterator over the others."""
    held = (line for line in lines if not line.is_empty)
    return list(islice(held, SEARCHED)), held


def _told(lines: Iterable[Line], passed: Callable[[int], None]) -> Iterator[Line]:
    for line in lines:
        passed(line.number)
        yield line


def _require_few(number: int) -> None:
    if number > MOST_ROWS:
        raise FileError("too-many-rows")


# ── workbooks ──────────────────────────────────────────────────────────────────────


def _of_workbook(content: bytes) -> Sequence[tuple[str, Iterator[Line]]]:
    try:
        merged = _require_harmless(content)
        book: Any = load_workbook(
            BytesIO(content), read_only=True, data_only=False, keep_links=False
        )
        sheets = [one for one in book.worksheets if one.sheet_state == "visible"]
        return [
            # the library names the part only here
            (str(one.title), _rows(one, merged.get(one._worksheet_path.lstrip("/"), {})))  # noqa: SLF001
            for one in sheets or book.worksheets[:1]
        ]
    except FileError:
        raise
    except _BROKEN as broken:
        raise FileError("unreadable") from broken


def _rows(sheet: Any, merged: Merged) -> Iterator[Line]:  # noqa: ANN401  of a library without types
    try:
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
            _require_few(number)
            yield Line(
                number,
                tuple(_text(cell.value) for cell in cells),
                frozenset(at for at, cell in enumerate(cells) if cell.data_type == "f"),
                merged.get(number, frozenset()),
            )
    except FileError:
        raise
    except _BROKEN as broken:
        raise FileError("unreadable") from broken


def _require_harmless(content: bytes) -> Mapping[str, Merged]:
    """Refuse a workbook that unpacks to too much, or that brings more than cells.

    Return the merged cells by part: whoever reads rows one by one is not told of them.
    """
    found: dict[str, Merged] = {}
    with ZipFile(BytesIO(content)) as packed:
        parts = packed.infolist()
        if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED:
            raise FileError("bomb")
        if any(one.filename.lower().startswith(_EXTERNAL) for one in parts):
            raise FileError("external")
        for one in parts:
            if one.filename.endswith((".xml", ".rels")):
                with packed.open(one) as part:
                    found[one.filename] = _merged(_windows(part))
    return found


def _windows(part: Any) -> Iterator[bytes]:  # noqa: ANN401  whatever reads bytes
    """Yield a part in pieces that overlap; refuse one that defines words of its own."""
    tail = b""
    while piece := part.read(_CHUNK):
        window = tail + piece
        if b"<!DOCTYPE" in window or b"<!DOCTYPE" in window.replace(b"\0", b""):  # UTF-16 too
            raise FileError("external")
        yield window
        tail = window[-_OVERLAP:]


def _merged(windows: Iterable[bytes]) -> Merged:
    found: defaultdict[int, set[int]] = defaultdict(set)
    many = 0
    for window in windows:
        for left, top, right, bottom in _MERGED.findall(window):
            first, last = (column_index_from_string(one.decode()) for one in (left, right))
            columns = range(first - 1, min(last, MOST_COLUMNS))
            for row in range(int(top), min(int(bottom), MOST_ROWS) + 1):
                if many > _MOST_MERGED:
                    break
                found[row].update(columns)
                many += len(columns)
    return {row: frozenset(columns) for row, columns in found.items()}


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


# ── CSV ────────────────────────────────────────────────────────────────────────────


def _of_csv(content: bytes) -> Sequence[tuple[str, Iterator[Line]]]:
    return [("", _csv_rows(_decoded(content)))]


def _csv_rows(text: str) -> Iterator[Line]:
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
