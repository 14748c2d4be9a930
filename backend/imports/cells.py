"""What stands in the cells of a row: read as what its column is for, or a fault in words."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from backend.imports.columns import Column
from backend.imports.tables import Line

Standing: TypeAlias = Literal["", "listed", "ended"]
MOST_NAME: Final = 200
MOST_CODE: Final = 64
_DAY: Final = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_STANDINGS: Final[Mapping[str, Standing]] = {
    "": "", "在册": "listed", "listed": "listed", "终止": "ended", "ended": "ended",
}  # fmt: skip
_YES_NO: Final[Mapping[str, bool | None]] = {
    "": None, "是": True, "yes": True, "1": True, "否": False, "no": False, "0": False,
}  # fmt: skip


class Fault(Struct, frozen=True):
    """What is wrong with a row: where, what stands there, and the code of why (`words`).

    `refuses` False: worth a look, and no reason to refuse the file.
    """

    row: int
    column: str
    code: str
    value: str = ""
    refuses: bool = True


def refusing(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the faults for which a file is refused."""
    return (one for one in faults if one.refuses)


class Cells:
    """One row while it is read; `private` columns are never shown again."""

    private: frozenset[str] = frozenset()

    def __init__(self, line: Line, places: Mapping[str, int], columns: Sequence[Column]) -> None:
        self.faults: list[Fault] = []
        self.number = line.number
        self._line = line
        self._places = places
        for column in columns:
            place = self._places.get(column.name)
            if place in line.formulas:
                self.fault(column.name, "formula")
            if place in line.merged:
                self.fault(column.name, "merged")

    @property
    def is_whole(self) -> bool:
        """True where nothing stands against it."""
        return not any(refusing(self.faults))

    def text(self, name: str) -> str:
        """Return what stands in a column; "" where nothing does, or there is no such column."""
        place = self._places.get(name)
        return "" if place is None or place >= len(self._line.cells) else self._line.cells[place]

    def fault(
        self, column: str, code: str, value: str | None = None, *, refuses: bool = True
    ) -> None:
        """Note what is wrong; `value` instead of what stands there."""
        shown = self.text(column)[:40] if value is None else value
        kept = "" if column in self.private else shown
        self.faults.append(Fault(self.number, column, code, kept, refuses))

    def one_of(self, name: str, table: Mapping[str, str]) -> str:
        """Return what a name stands for; it is needed."""
        text = self.text(name)
        if not text:
            self.fault(name, "missing")
            return ""
        found = table.get(text) or table.get(text.casefold())
        if found is None:
            self.fault(name, "unknown")
        return found or ""

    def short(self, name: str, most: int) -> str | None:
        """Return a text."""
        text = self.text(name)
        if len(text) > most:
            self.fault(name, "too-long")
        return text or None

    def number_in(self, name: str) -> float | None:
        """Return a number of degrees."""
        text = self.text(name)
        if not text:
            return None
        try:
            return round(float(text), 6)
        except ValueError:
            self.fault(name, "no-number")
            return None

    def yes_no(self, name: str) -> bool | None:
        """Return whether it is so; None where nothing is said."""
        text = self.text(name).casefold()
        if text not in _YES_NO:
            self.fault(name, "no-yes-no")
        return _YES_NO.get(text)

    def day(self, name: str) -> date | None:
        """Return a day."""
        text = self.text(name)
        if not text:
            return None
        parts = _DAY.fullmatch(text)
        try:
            return date(*(int(one) for one in parts.groups())) if parts else self._no_day(name)
        except ValueError:
            return self._no_day(name)

    def _no_day(self, name: str) -> None:
        self.fault(name, "no-day")

    def standing(self) -> Standing:
        """Return whether it is to stand on the list."""
        found = _STANDINGS.get(self.text("standing").casefold())
        if found is None:
            self.fault("standing", "standing")
        return found or ""
