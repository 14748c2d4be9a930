"""Rows as canonical JSON lines, and the checksum by which two exports are compared.

A line is one row as JSON: members sorted by name, no space outside of strings, UTF-8 as it is,
days and moments in ISO 8601, ended by a line feed. The checksum is the SHA-256 of all lines, so
whoever has the lines needs no program of ours to check it.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, TypeAlias

from msgspec.json import Encoder

Row: TypeAlias = Mapping[str, Any]
_ENCODER: Final = Encoder(order="sorted")


def line(row: Row) -> bytes:
    """Return a row as a canonical line."""
    return _ENCODER.encode(row) + b"\n"


class Counted:
    """Rows that are counted and hashed while somebody else reads them."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self._hash = sha256()
        self.rows = 0

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows, once."""
        for row in self._rows:
            self._hash.update(line(row))
            self.rows += 1
            yield row

    @property
    def checksum(self) -> str:
        """The SHA-256 of the rows that were read, in hex."""
        return self._hash.hexdigest()
