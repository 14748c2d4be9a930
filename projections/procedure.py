"""程序瑕疵: what the document of an inspection shows to have gone against procedure.

The history never refuses a truth: an inspection by one officer is recorded, and judged here.
The column `faults` holds those that need no other document, each with the position of the entry
that shows it.
"""

from collections.abc import Iterable

from msgspec import Struct

from projections.documents import Counting, Row


class Fault(Struct, frozen=True, gc=False):
    """A fault, by the code of its rule, and the position of the entry that shows it."""

    code: str
    position: int


def faults(rows: Iterable[Counting[Row]]) -> tuple[Fault, ...]:
    """Return what the facts of one inspection show."""
    del rows
    return ()


def faults_text(found: Iterable[Fault]) -> str:
    """Return the column `faults`: `code@position`, by code; "" where nothing is wrong."""
    return " ".join(f"{one.code}@{one.position}" for one in found)
