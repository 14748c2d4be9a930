"""Rows of a list of objects: each as what it wishes, or with its faults in words."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from backend.imports.cells import MOST_CODE, MOST_NAME, Cells, Fault, Standing
from backend.imports.columns import OBJECT_COLUMNS, headings
from backend.imports.tables import Line
from events import credit_codes, object_types
from events.coordinates import Box, placement
from events.facts import HOMES
from projections.objects import PERSONS

_CHINA: Final = Box(73.0, 3.0, 136.0, 54.0)
_ID: Final = re.compile(r"[a-z2-7]{25}[aeimquy4]")
_IDENTITY_CARD: Final = re.compile(r"\d{17}[\dXx]")


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


def read_rows(lines: Sequence[Line], known: Known) -> tuple[list[Wish], list[Fault]]:
    """Return what the rows wish, and what is wrong with others."""
    at, places = headings(lines, OBJECT_COLUMNS)
    types = known.types
    wishes: list[Wish] = []
    faults: list[Fault] = []
    for line in lines[at + 1 :]:
        row = _Row(line, places, OBJECT_COLUMNS)
        wish = row.wish(known, types)
        faults += row.faults
        if row.is_whole:
            wishes.append(wish)
    return wishes, faults


class _Row(Cells):
    """One row while it is read."""

    private = frozenset({"name", "address"})

    def wish(self, known: Known, types: Mapping[str, str]) -> Wish:
        """Return what it says, as far as it can be told."""
        object_type = self.one_of("object_type", types)
        domain = self.one_of("domain", known.domains)
        township = self.one_of("township", known.townships)
        wish = Wish(
            self.number,
            object_type,
            domain,
            township,
            self._id(),
            self.short("number", MOST_CODE),
            self.short("name", MOST_NAME),
            self._village(known, township),
            self._uscc(),
            self.short("address", MOST_NAME),
            *self._point(),
            self.short("level", MOST_CODE),
            self.day("valid_from"),
            self.standing(),
            self.day("ended_on"),
        )
        self._judge(wish)
        return wish

    def _judge(self, wish: Wish) -> None:
        if wish.is_home:
            if not (wish.number or wish.object):
                self.fault("number", "home-number")
            if wish.lon is not None or wish.lat is not None:
                self.fault("lon", "home-place")
        elif wish.address:
            self.fault("address", "address")
        if wish.number and _IDENTITY_CARD.fullmatch(wish.number):
            self.fault("number", "identity-card", "")  # never shown again
        if wish.ended_on and wish.standing != "ended":
            self.fault("standing", "ended-without-standing")

    # ── cells ──────────────────────────────────────────────────────────────────────

    def _id(self) -> str | None:
        text = self.text("object")
        if text and not _ID.fullmatch(text):
            self.fault("object", "no-id")
        return text or None

    def _village(self, known: Known, township: str) -> str | None:
        text = self.text("village")
        if not text:
            return None
        found = known.villages.get((township, text))
        if found is None and township:
            self.fault("village", "village")
        return found

    def _uscc(self) -> str | None:
        text = self.text("uscc").upper()
        if text and isinstance(credit_codes.check(text), credit_codes.CodeProblem):
            self.fault("uscc", "uscc", refuses=len(text) > MOST_CODE)
        return text or None

    def _point(self) -> tuple[float | None, float | None]:
        lon, lat = self.number_in("lon"), self.number_in("lat")
        if (lon is None) != (lat is None):
            self.fault("lon", "half-a-place")
        elif lon is not None and lat is not None and placement((lon, lat), _CHINA, 0) != "inside":
            self.fault("lon", "place")
        return lon, lat
