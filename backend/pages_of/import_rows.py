"""Rows of an import in words: what is wrong with them, and what they change from and to."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from backend.imports.cells import Fault
from backend.imports.frequencies import said_frequency
from backend.imports.item_rows import ItemWish, said_laws
from backend.imports.lists import BureauList
from backend.imports.steps import Step
from backend.imports.words import ROWS
from backend.inventory_words import ITEM_KINDS, Terms
from backend.measure_words import DOMAINS
from backend.pages import Pages
from events.language import Language
from projections.views import Query, ViewReader


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


class FaultLine(Struct, frozen=True):
    """A fault in words."""

    row: int
    column: str
    value: str
    why: str
    next: str
    refuses: bool


class ShownStep(Struct, frozen=True):
    """A row that does something, as the preview shows it; `way` leads to what it is about."""

    row: int
    name: str
    sealed: bool
    kind: str
    way: str
    changes: Sequence[tuple[str, str, str]]


def fault_line(one: Fault, of: BureauList, term: Terms) -> FaultLine:
    """Return a fault in words."""
    said = ROWS[one.code]
    gettext = term.words.gettext
    return FaultLine(
        one.row, column_name(one.column, of, term), one.value, gettext(said.why),
        gettext(said.next), one.refuses,
    )  # fmt: skip


def column_name(name: str, of: BureauList, term: Terms) -> str:
    """Return what a column is called; what has none is a member of a fact."""
    column = next((one for one in of.columns if one.name == name), None)
    if column is None:
        return term.member(name)
    return column.zh if term.language == "zh" else column.en


def shown_step(step: Step, of: BureauList, names: Mapping[str, str], term: Terms) -> ShownStep:
    """Return a row; what is sealed is named and not shown."""
    changes = [
        (column_name(name, of, term), *_old_and_new(step, name, names, term))
        for name in step.members
    ]
    wish = step.wish
    if isinstance(wish, ItemWish):
        held = step.kept.listing.name_zh if step.kept else ""
        return ShownStep(
            step.row, wish.name_zh or held, False, wish.item,  # noqa: FBT003  nothing is sealed
            f"/items/{step.key}" if step.kept else "", changes,
        )  # fmt: skip
    name = "" if wish.is_home else wish.name or (step.kept.listing.name if step.kept else "") or ""
    way = f"/objects/{step.key}" if step.key else ""
    return ShownStep(step.row, name, wish.is_home, term.type(wish.object_type), way, changes)


def _old_and_new(step: Step, name: str, names: Mapping[str, str], term: Terms) -> tuple[str, str]:
    if getattr(step.wish, "is_home", False) and name in ("name", "address"):
        sealed = term.words.gettext("sealed")
        return sealed, sealed
    listing = step.kept.listing if step.kept else None
    if name in ("ended_on", "standing"):
        return _standing(step, name, term)
    held = getattr(listing, name, None) if listing else None
    if held is None and listing is not None and hasattr(listing, "attributes"):
        held = listing.attributes.get(name)
    return said_value(held, names, term), said_value(getattr(step.wish, name), names, term)


def _standing(step: Step, name: str, term: Terms) -> tuple[str, str]:
    gettext = term.words.gettext
    ended, listed = step.kept.ended_on if step.kept else None, gettext("on the list")
    old = listed if ended is None else gettext(_("not on the list")) if ended.year == 1 else ended
    return str(old), str(listed if name == "standing" else step.wish.ended_on or gettext("today"))


def said_value(value: object, names: Mapping[str, str], term: Terms) -> str:
    """Return a value of the register in words."""
    match value:
        case None | "":
            return "—"
        case bool():
            return term.words.gettext("yes" if value else "no")
        case dict():
            told = cast("dict[str, Any]", value)
            return said_frequency(told, term.language) or term.words.gettext(_("by class"))
        case tuple():
            return _several(cast("tuple[Any, ...]", value), term) or "—"
        case _:
            text = str(value)
            title = ITEM_KINDS.get(text) or names.get(text)
            return term.words.gettext(title) if title else _type(text, term)


def _several(value: Sequence[Any], term: Terms) -> str:
    if any(isinstance(one, Mapping) for one in value):
        return said_laws(value)
    return term.words.gettext(", ").join(term.type(str(one)) for one in value)


def _type(text: str, term: Terms) -> str:
    return term.type(text) if "_" in text else text


def names_in(views: ViewReader, language: Language) -> Mapping[str, str]:
    """Return what domains and areas are called."""
    words = Pages.words(language)
    column = "name_zh" if language == "zh" else "name_en"
    rows = views.select(Query("areas", columns=(column,)))
    return {code: words.gettext(title) for code, title in DOMAINS.items()} | {
        row.key: str(row.values[0]) for row in rows
    }
