"""CSV for spreadsheets: with a byte-order mark, and no cell taken for a formula."""

import csv
import json
from collections.abc import Callable, Iterable
from datetime import date
from io import TextIOWrapper
from typing import IO, Final

import msgspec

from backend.exports.checksum import Row

_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")


def write(rows: Iterable[Row], file: IO[bytes], head: Callable[[str], str]) -> None:
    """Write rows behind a line of heads; without rows there is neither."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text)
    names: list[str] | None = None
    for row in rows:
        if names is None:
            names = list(row)
            writer.writerow([cell(head(name)) for name in names])
        writer.writerow([cell(row[name]) for name in names])
    if names is None:
        text.write("")
    text.flush()
    text.detach()


def cell(value: object) -> str | int | float:
    """Return a value as a cell that no spreadsheet executes."""
    match value:
        case None:
            return ""
        case bool():
            return int(value)
        case int() | float():
            return value
        case date():
            return value.isoformat()
        case _:
            text = plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain(value: object) -> str:
    """Return a value that is no number and no day as text."""
    match value:
        case str():
            return value
        case list() | tuple():
            return " ".join(str(one) for one in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
