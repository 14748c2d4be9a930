"""How a cell of the coverage map looks and reads: one table, for the page, its legend and script.

Colours and patterns stand in `static/map.css`, by the name of the look. What asks for somebody
differs from what does not by pattern and lightness too, not by hue alone.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from backend.pages import Words
from projections.cell_codes import CODES
from projections.cells import Measure


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


class Look(Struct, frozen=True, array_like=True):
    """Bytes from `first` to `last` look alike; `words` name them, `{n}` in them is the byte."""

    first: int
    last: int
    look: str
    words: str


GRIDS: Final = {
    "h3-7": _("hexagons of about 2.4 km across"),
    "h3-8": _("hexagons of about 0.9 km across"),
    "h3-9": _("hexagons of about 350 m across"),
    "village": _("villages, as tiles"),
    "township": _("townships, as tiles"),
}
MEASURES: Final[dict[Measure, str]] = {
    "state": _("State: what asks most"),
    "object_coverage": _("Object coverage"),
    "overdue": _("Overdue objects"),
}
STEPS: Final = {
    "day": _("days"),
    "week": _("weeks"),
    "month": _("months"),
    "quarter": _("quarters"),
    "year": _("years"),
}

_STATES: Final = {
    "never": _("never inspected"),
    "earlier": _("inspected before, not in this step"),
    "nothing_found": _("inspected, nothing found"),
    "findings": _("inspected, with findings"),
    "overdue": _("overdue"),
    "ahead": _("still ahead"),
    "hidden": _("hidden: too few homes"),
    "no_objects": _("no objects: not applicable"),
}
_MARKS: Final = ("ahead", "hidden", "no_objects")
"""What is said of a cell whatever the measure."""

_SHARES: Final[dict[Measure, tuple[str, str, str]]] = {
    "object_coverage": ("done", _("0 %: none inspected"), _("100 %: all inspected")),
    "overdue": ("late", _("0 %: none overdue"), _("100 %: all overdue")),
}
_CLASSES: Final = ((1, 24), (25, 49), (50, 74), (75, 99))


def looks(measure: Measure, words: Words) -> Sequence[Look]:
    """Return what bytes of a measure look like and are called, as the legend lists them."""
    wanted = _MARKS if measure in _SHARES else tuple(_STATES)
    states = [
        Look(code.first, code.last, code.name, words.gettext(_STATES[code.name]))
        for code in CODES
        if code.name in wanted
    ]
    return [*_shares(measure, words), *states]


def _shares(measure: Measure, words: Words) -> Sequence[Look]:
    if measure not in _SHARES:
        return []
    look, none, whole = _SHARES[measure]
    between = [
        Look(first, last, f"{look}-{number}", f"{first}–{last} %")
        for number, (first, last) in enumerate(_CLASSES, start=1)
    ]
    return [
        Look(0, 0, f"{look}-0", words.gettext(none)),
        *between,
        Look(100, 100, f"{look}-5", words.gettext(whole)),
    ]


def look_of(byte: int, among: Sequence[Look]) -> Look:
    """Return how a byte looks; `LookupError` where it is none of the measure's."""
    for one in among:
        if one.first <= byte <= one.last:
            return one
    msg = f"no cell looks like {byte}"
    raise LookupError(msg)


def reads(byte: int, among: Sequence[Look]) -> str:
    """Return a state in words; a rate with its number."""
    look = look_of(byte, among)
    return look.words if look.first == look.last else f"{byte} %"
