"""Finding public names: by a part of them, by their pinyin, or by its initials.

The index stands in memory, beside the views and never in them: names in pinyin are no facts.
It is read from the column `name`, which is empty for a home, so it cannot hold a home's name.
It follows the views by the position that touched a document last.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product
from threading import Lock
from typing import Any, Final, cast

from msgspec import Struct
from pypinyin import Style, pinyin

from projections.views import Query, ViewReader

MOST_READINGS: Final = 16  # of one name with characters that are read in several ways
_PAGE: Final = 2_000
_pinyin: Final = cast("Any", pinyin)  # its types know no list for what is not Chinese
_BETWEEN: Final = "\n"  # no name and nobody's question has it


class _Held(Struct, frozen=True):
    name: str
    code: str
    text: str


class NameIndex:
    """Keys of a view by `name`, and by `code` where there is such a column."""

    def __init__(self, view: str, code: str = "") -> None:
        self._view = view
        self._columns = ("position", "name", code) if code else ("position", "name")
        self._held: dict[str, _Held] = {}
        self._stand: tuple[int, object] = (0, None)
        self._lock = Lock()

    def find(self, views: ViewReader, asked: str) -> list[str]:
        """Return the keys whose name answers to `asked`; all parts of it have to."""
        parts = asked.casefold().split()
        with self._lock:
            self._follow(views)
            return [
                key
                for key, held in self._held.items()
                if all(part in held.text for part in parts) and held.text
            ]

    def follow(self, views: ViewReader) -> None:
        """Read what was touched, before anybody asks; older views than are known are left."""
        with self._lock:
            position, made = self._stand
            if made is not views.views or views.position() > position:
                self._follow(views)

    def _follow(self, views: ViewReader) -> None:
        """Read what was touched since; from the first row on where other views took over."""
        position, made = self._stand
        if made is not views.views or views.position() < position:
            self._held.clear()
            position = 0
        if views.position() == position:
            return
        for key, name, code in self._touched(views, position):
            known = self._held.get(key)
            if known is None or (known.name, known.code) != (name, code):
                self._held[key] = _Held(name, code, _text(name, code))
        self._stand = (views.position(), views.views)

    def _touched(self, views: ViewReader, position: int) -> Iterator[tuple[str, str, str]]:
        after: tuple[str | int | float, ...] | None = None
        while True:
            query = Query(
                self._view,
                columns=self._columns,
                where=(("position", ">", position),),
                order=("position",),
                after=after,
                limit=_PAGE,
            )
            rows = views.select(query)
            for row in rows:
                _, name, *code = map(str, row.values)
                yield row.key, name, code[0] if code else ""
            if len(rows) < _PAGE:
                return
            after = (rows[-1].values[0], rows[-1].key)


def _text(name: str, code: str) -> str:
    """Return all that a name is found by; parts of two spellings never meet."""
    return _BETWEEN.join([name.casefold(), code.casefold(), *spellings(name)]) if name else ""


@lru_cache(maxsize=20_000)
def spellings(name: str) -> tuple[str, ...]:
    """Return initials and full pinyin, in the readings of characters that have several."""
    usual = [of[0] for of in _pinyin(name, style=Style.NORMAL, errors=list)]
    readings = [_readings(character) for character in name]
    found: dict[str, None] = {}
    for said in (usual, *islice(product(*readings), MOST_READINGS)):
        found["".join(one[:1] for one in said).casefold()] = None
        found["".join(said).casefold()] = None
    return tuple(found)


@lru_cache(maxsize=20_000)
def _readings(character: str) -> tuple[str, ...]:
    (known,) = _pinyin(character, style=Style.NORMAL, heteronym=True, errors=list)
    return tuple(dict.fromkeys(known))
