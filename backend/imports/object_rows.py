"""Rows of a list of objects: each as what it wishes, or with its faults in words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from backend.imports.columns import COLUMNS, headings
from backend.imports.tables import Line
from events import credit_codes, object_types
from events.coordinates import Box, placement
from events.facts import HOMES
from projections.objects import PERSONS

Standing: TypeAlias = Literal["", "listed", "ended"]
_CHINA: Final = Box(73.0, 3.0, 136.0, 54.0)
_DAY: Final = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_ID: Final = re.compile(r"[a-z2-7]{25}[aeimquy4]")
_IDENTITY_CARD: Final = re.compile(r"\d{17}[\dXx]")
_STANDINGS: Final[Mapping[str, Standing]] = {
    "": "", "在册": "listed", "listed": "listed", "终止": "ended", "ended": "ended",
}  # fmt: skip
_MOST_NAME: Final = 200
_MOST_CODE: Final = 64


class Fault(Struct, frozen=True):
    """What is wrong with a row: where, what stands there, and the code of why (`words`).

    `refuses` False: worth a look, and no reason to refuse the file.
    """

    row: int
    column: str
    code: str
    value: str = ""
    refuses: bool = True


class Wish(Struct, frozen=True):
    """What a row says of an object; None: nothing."""

    row: int
    object_type: str
    domain: str
    township: str
    object: str | None = None
    number: str | None = None
    name: str | None = None
    village: str | None = None
    uscc: str | None = None
    address: str | None = None
    lon: float | None = None
    lat: float | None = None
    level: str | None = None
    valid_from: date | None = None
    standing: Standing = ""
    ended_on: date | None = None

    @property
    def is_home(self) -> bool:
        return self.object_type in HOMES


class Known(Struct, frozen=True):
    """What names stand for: domains and areas by code and by name."""

    domains: Mapping[str, str]
    townships: Mapping[str, str]
    villages: Mapping[tuple[str, str], str]
    """By township and name, or township and code."""

    @property
    def types(self) -> Mapping[str, str]:
        """Types of objects by code and by name; persons met are none of the list."""
        found: dict[str, str] = {}
        for code, said in object_types.names().items():
            if code not in PERSONS:
                found |= {code: code, said.zh.casefold(): code, said.en.casefold(): code}
        return found


def read_rows(lines: list[Line], known: Known) -> tuple[list[Wish], list[Fault]]:
    """Return what the rows wish, and what is wrong with others."""
    at, places = headings(lines)
    types = known.types
    wishes: list[Wish] = []
    faults: list[Fault] = []
    for line in lines[at + 1 :]:
        row = _Row(line, places)
        wish = row.wish(known, types)
        faults += row.faults
        if wish is not None and not any(one.refuses for one in row.faults):
            wishes.append(wish)
    return wishes, faults


class _Row:
    """One row while it is read."""

    def __init__(self, line: Line, places: Mapping[str, int]) -> None:
        self.faults: list[Fault] = []
        self._line = line
        self._places = places

    def wish(self, known: Known, types: Mapping[str, str]) -> Wish | None:
        """Return what it says; None where it cannot be told at all."""
        for column in COLUMNS:
            if self._places.get(column.name) in self._line.formulas:
                self._fault(column.name, "formula")
        object_type = self._one_of("object_type", types)
        domain = self._one_of("domain", known.domains)
        township = self._one_of("township", known.townships)
        wish = Wish(
            self._line.number,
            object_type,
            domain,
            township,
            self._id(),
            self._short("number", _MOST_CODE),
            self._short("name", _MOST_NAME),
            self._village(known, township),
            self._uscc(),
            self._short("address", _MOST_NAME),
            *self._point(),
            self._short("level", _MOST_CODE),
            self._day("valid_from"),
            self._standing(),
            self._day("ended_on"),
        )
        self._judge(wish)
        return wish

    def _judge(self, wish: Wish) -> None:
        if wish.is_home:
            if not (wish.number or wish.object):
                self._fault("number", "home-number")
            if wish.lon is not None or wish.lat is not None:
                self._fault("lon", "home-place")
        elif wish.address:
            self._fault("address", "address")
        if wish.number and _IDENTITY_CARD.fullmatch(wish.number):
            self._fault("number", "identity-card", "")  # never shown again
        if wish.ended_on and wish.standing != "ended":
            self._fault("standing", "ended-without-standing")

    # ── cells ──────────────────────────────────────────────────────────────────────

    def _text(self, name: str) -> str:
        place = self._places.get(name)
        return "" if place is None or place >= len(self._line.cells) else self._line.cells[place]

    def _fault(
        self, column: str, code: str, value: str | None = None, *, refuses: bool = True
    ) -> None:
        shown = self._text(column)[:40] if value is None else value
        private = column in ("name", "address")
        fault = Fault(self._line.number, column, code, "" if private else shown, refuses)
        self.faults.append(fault)

    def _one_of(self, name: str, table: Mapping[str, str]) -> str:
        text = self._text(name)
        if not text:
            self._fault(name, "missing")
            return ""
        found = table.get(text) or table.get(text.casefold())
        if found is None:
            self._fault(name, "unknown")
        return found or ""

    def _short(self, name: str, most: int) -> str | None:
        text = self._text(name)
        if len(text) > most:
            self._fault(name, "too-long")
        return text or None

    def _id(self) -> str | None:
        text = self._text("object")
        if text and not _ID.fullmatch(text):
            self._fault("object", "no-id")
        return text or None

    def _village(self, known: Known, township: str) -> str | None:
        text = self._text("village")
        if not text:
            return None
        found = known.villages.get((township, text))
        if found is None and township:
            self._fault("village", "village")
        return found

    def _uscc(self) -> str | None:
        text = self._text("uscc").upper()
        if text and isinstance(credit_codes.check(text), credit_codes.CodeProblem):
            self._fault("uscc", "uscc", refuses=len(text) > _MOST_CODE)
        return text or None

    def _point(self) -> tuple[float | None, float | None]:
        lon, lat = self._number("lon"), self._number("lat")
        if (lon is None) != (lat is None):
            self._fault("lon", "half-a-place")
        elif lon is not None and lat is not None and placement((lon, lat), _CHINA, 0) != "inside":
            self._fault("lon", "place")
        return lon, lat

    def _number(self, name: str) -> float | None:
        text = self._text(name)
        if not text:
            return None
        try:
            return round(float(text), 6)
        except ValueError:
            self._fault(name, "no-number")
            return None

    def _day(self, name: str) -> date | None:
        text = self._text(name)
        if not text:
            return None
        parts = _DAY.fullmatch(text)
        try:
            return date(*(int(one) for one in parts.groups())) if parts else self._no_day(name)
        except ValueError:
            return self._no_day(name)

    def _no_day(self, name: str) -> None:
        self._fault(name, "no-day")

    def _standing(self) -> Standing:
        found = _STANDINGS.get(self._text("standing").casefold())
        if found is None:
            self._fault("standing", "standing")
        return found or ""


def refusing(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the faults for which a file is refused."""
    return (one for one in faults if one.refuses)
