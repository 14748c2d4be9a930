"""The bytes of a map: what one byte for a cell and a step says. The one table of them.

*Never inspected*, *inspected and nothing found*, *no objects* and *0 %* are four things, and
never the same byte. Pages, the API's description and `docs/maps.md` are written from here.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

NEVER: Final = 200
EARLIER: Final = 201
NOTHING_FOUND: Final = 202
FINDINGS: Final = 203
OVERDUE: Final = 204
AHEAD: Final = 253
HIDDEN: Final = 254
NO_OBJECTS: Final = 255


class CellCode(Struct, frozen=True):
    """Bytes from `first` to `last`, both included, and what they say in both languages."""

    first: int
    last: int
    name: str
    en: str
    zh: str


CODES: Final = (
    CellCode(
        0, 100, "percent",
        "a rate in percent: 0 only where it is none, 100 only where it is all",
        "百分率:仅当一个也没有时为 0，仅当全部都是时为 100",
    ),
    CellCode(
        NEVER, NEVER, "never",
        "objects, none of them ever inspected up to the end of the step",
        "有对象，截至本段末从未检查",
    ),
    CellCode(
        EARLIER, EARLIER, "earlier",
        "inspected before this step, not in it",
        "以前检查过，本段内没有检查",
    ),
    CellCode(
        NOTHING_FOUND, NOTHING_FOUND, "nothing_found",
        "inspected in this step, nothing found",
        "本段内检查过，未发现问题",
    ),
    CellCode(
        FINDINGS, FINDINGS, "findings",
        "inspected in this step, with findings",
        "本段内检查过，发现问题",
    ),
    CellCode(
        OVERDUE, OVERDUE, "overdue",
        "an inspection was due and is not done on the last day of the step",
        "至本段最后一天有检查逾期未做",
    ),
    CellCode(
        AHEAD, AHEAD, "ahead",
        "the step lies ahead of the day it is judged from",
        "本段尚未到来",
    ),
    CellCode(
        HIDDEN, HIDDEN, "hidden",
        "hidden: fewer than five homes or persons, or another such cell would show",
        "不公开:不足五户(人)，或会使这样的格显露",
    ),
    CellCode(
        NO_OBJECTS, NO_OBJECTS, "no_objects",
        "no objects: there was nothing to inspect, or not on this map",
        "没有对象:没有可检查的，或不在本图上",
    ),
)  # fmt: skip


def code_of(byte: int) -> CellCode:
    """Return what a byte says; `LookupError` where it says nothing."""
    for code in CODES:
        if code.first <= byte <= code.last:
            return code
    msg = f"no cell is {byte}"
    raise LookupError(msg)


def percent(done: int, of: int) -> int:
    """Return the byte of a rate: never rounded to none, nor to all."""
    if not of:
        return NO_OBJECTS
    if not done:
        return 0
    return 100 if done >= of else max(1, min(99, (200 * done + of) // (2 * of)))


def table() -> Iterator[str]:
    """Yield the lines of the table, in Markdown."""
    yield "| byte | name | meaning | 含义 |"
    yield "|---|---|---|---|"
    for code in CODES:
        span = f"{code.first}" if code.first == code.last else f"{code.first}–{code.last}"
        yield f"| {span} | `{code.name}` | {code.en} | {code.zh} |"
