"""Rows of a list of items: each as what it wishes, or with its faults in words."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

from backend.imports.cells import MOST_CODE, MOST_NAME, Cells, Fault, Standing
from backend.imports.columns import ITEM_COLUMNS, headings
from backend.imports.frequencies import read_frequency
from backend.imports.tables import Line
from backend.inventory_words import ITEM_KINDS
from backend.pages import Pages
from events import object_types

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIVIDED: Final = re.compile(r"[;；、]")
_LAWS: Final = re.compile(r"[;；]")
_LAW: Final = re.compile(r"《?([^《》]+?)》?\s*((?:第|art\.|article|§).*)?", re.IGNORECASE)
_NONE: Final = frozenset({"无", "none"})
_MOST_LAWS: Final = 1_900


class ItemWish(Struct, frozen=True):
    """What a row says of an item; None: nothing."""

    row: int
    item: str
    domain: str
    kind: str
    name_zh: str | None = None
    name_en: str | None = None
    plannable: bool | None = None
    object_types: tuple[str, ...] | None = None
    frequency: dict[str, Any] | None = None
    legal_basis: str | None = None
    enterprise_related: bool | None = None
    valid_from: date | None = None
    standing: Standing = ""
    ended_on: date | None = None


def kinds() -> Mapping[str, str]:
    """Return the kinds of items by code and by name."""
    found: dict[str, str] = {}
    for code, title in ITEM_KINDS.items():
        said = {Pages.words(language).gettext(title).casefold() for language in ("zh", "en")}
        found |= {code: code, **dict.fromkeys(said, code)}
    return found


def types() -> Mapping[str, str]:
    """Return the types of objects by code and by name; persons met may stand in an item."""
    found: dict[str, str] = {}
    for code, said in object_types.names().items():
        found |= {code: code, said.zh.casefold(): code, said.en.casefold(): code}
    return found


def read_item_rows(
    lines: Sequence[Line], domains: Mapping[str, str]
) -> tuple[list[ItemWish], list[Fault]]:
    """Return what the rows wish, and what is wrong with others."""
    at, places = headings(lines, ITEM_COLUMNS)
    known_kinds, known_types = kinds(), types()
    wishes: list[ItemWish] = []
    faults: list[Fault] = []
    for line in lines[at + 1 :]:
        row = _Row(line, places, ITEM_COLUMNS)
        wish = row.wish(domains, known_kinds, known_types)
        faults += row.faults
        if row.is_whole:
            wishes.append(wish)
    return wishes, faults


class _Row(Cells):
    """One row while it is read."""

    def wish(
        self, domains: Mapping[str, str], kinds: Mapping[str, str], types: Mapping[str, str]
    ) -> ItemWish:
        """Return what it says, as far as it can be told."""
        wish = ItemWish(
            self.number,
            self._code(),
            self.one_of("domain", domains),
            self.one_of("kind", kinds),
            self.short("name_zh", MOST_NAME),
            self.short("name_en", MOST_NAME),
            self.yes_no("plannable"),
            self._types(types),
            self._frequency(),
            self.short("legal_basis", _MOST_LAWS),
            self.yes_no("enterprise_related"),
            self.day("valid_from"),
            self.standing(),
            self.day("ended_on"),
        )
        if wish.ended_on and wish.standing != "ended":
            self.fault("standing", "ended-without-standing")
        return wish

    def _code(self) -> str:
        text = self.text("item")
        if not text:
            self.fault("item", "missing")
        elif len(text) > MOST_CODE or not _CODE.fullmatch(text):
            self.fault("item", "no-code")
        return text

    def _types(self, types: Mapping[str, str]) -> tuple[str, ...] | None:
        text = self.text("object_types")
        if not text:
            return None
        if text.casefold() in _NONE:
            return ()
        found: list[str] = []
        for one in filter(None, map(str.strip, _DIVIDED.split(text))):
            code = types.get(one) or types.get(one.casefold())
            if code is None:
                self.fault("object_types", "unknown", one[:40])
            else:
                found.append(code)
        return tuple(dict.fromkeys(found))

    def _frequency(self) -> dict[str, Any] | None:
        text = self.text("frequency")
        if not text:
            return None
        found = read_frequency(text)
        if found is None:
            self.fault("frequency", "no-frequency")
        return found


def said_laws(basis: Sequence[Mapping[str, Any]]) -> str:
    """Return the legal basis as a cell says it."""
    found: list[str] = []
    for one in basis:
        law = str(one.get("law") or one.get("law_id") or "")
        found.append(
            f"《{law}》{one.get('article') or ''}" if law else str(one.get("article") or "")
        )
    return " ".join("；".join(found).split())


def read_laws(text: str, held: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the laws that a cell names; one that is known as it is keeps what else is known."""
    known = {said_laws([one]): dict(one) for one in held}
    found: list[dict[str, Any]] = []
    for one in filter(None, map(str.strip, _LAWS.split(text))):
        parts = _LAW.fullmatch(one)
        law, article = parts.groups() if parts else (one, None)
        told = {"law": law.strip()} | ({"article": article.strip()} if article else {})
        found.append(known.get(said_laws([told]), told))
    return tuple(found)
