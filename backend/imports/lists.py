"""The lists that the bureau brings in: of each, its columns, what a file would do, its workbook."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct

from backend import cards
from backend.imports import books
from backend.imports.columns import ITEM_COLUMNS, OBJECT_COLUMNS, Column, are_of, headings
from backend.imports.item_plan import HeldItem, item_facts, item_plan, items_in
from backend.imports.item_rows import read_item_rows
from backend.imports.object_plan import facts, held_in, plan
from backend.imports.object_rows import Known, read_rows
from backend.imports.steps import Plan
from backend.imports.tables import FileError, Table, read_table
from backend.measure_words import DOMAINS
from backend.office import Office
from backend.pages import Pages
from backend.people.reader import Reader
from events.ids import id_text
from events.language import Language
from events.writer import Said
from projections.views import Query, ViewReader

Name: TypeAlias = Literal["objects", "items"]


class Desk(Struct, frozen=True):
    """Where a list is compared: views that are held still, the office, who asks, on which day."""

    views: ViewReader
    office: Office
    reader: Reader
    today: date


class BureauList(Struct, frozen=True):
    """A list: its columns; what a file would do; that as facts; and it as a workbook.

    `book` takes the rows of all that the reader sees, or none.
    """

    name: Name
    columns: Sequence[Column]
    plan: Callable[[Table, Desk], Plan]
    facts: Callable[[Plan, Desk], list[Said]]
    book: Callable[[Desk, Language, Mapping[str, str], bool], bytes]

    def read(self, content: bytes, passed: Callable[[int], None] = lambda _row: None) -> Table:
        """Read a file; `FileError` where it cannot be read, or is another list."""
        table = read_table(content, partial(are_of, self.columns), passed)
        try:
            headings(table.lines, self.columns)
        except FileError as wrong:
            others = (one for one in LISTS.values() if one.name != self.name)
            if any(are_of(one.columns, table.sheet, table.lines) for one in others):
                raise FileError("other-list") from wrong
            raise
        return table


# ── objects ────────────────────────────────────────────────────────────────────────


def _plan_of_objects(table: Table, desk: Desk) -> Plan:
    wishes, faults = read_rows(table.lines, known_in(desk.views))
    return plan(
        wishes,
        faults,
        held_in(desk.views),
        card_reader(desk.views, desk.office),
        desk.today,
        lambda domain, township: desk.reader.sees(domain=domain, township=township),
    )


def _facts_of_objects(shown: Plan, desk: Desk) -> list[Said]:
    office = desk.office
    return facts(
        shown.steps, card_reader(desk.views, office), desk.today,
        lambda: id_text(office.entropy(16)), demo=office.folder.about.demo,
    )  # fmt: skip


def _book_of_objects(
    desk: Desk,
    language: Language,
    names: Mapping[str, str],
    whole: bool,  # noqa: FBT001  a callable of the table of lists
) -> bytes:
    rows = [
        books.object_row(one, language, names)
        for one in (held_in(desk.views) if whole else ())
        if desk.reader.sees(domain=one.listing.domain, township=one.listing.township)
    ]
    choices = books.object_choices(language, known_in(desk.views), names)
    title = "对象" if language == "zh" else "objects"
    return books.book(language, title, OBJECT_COLUMNS, choices, rows)


def card_reader(views: ViewReader, office: Office) -> Callable[[str], dict[str, Any] | None]:
    """Return what reads the card of an object, for the program itself: to compare, not to show."""

    def read(key: str) -> dict[str, Any] | None:
        part = cards.part_of(office, views, key)
        return read_card(office, part) if part else None

    return read


def read_card(office: Office, part: cards.PartRef) -> dict[str, Any] | None:
    """Return what a card says, all of it, for the program itself; None where it stays shut."""
    text = cards.peek(office, part)
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


# ── items ──────────────────────────────────────────────────────────────────────────


def _plan_of_items(table: Table, desk: Desk) -> Plan:
    wishes, faults = read_item_rows(table.lines, domains())
    return item_plan(
        wishes, faults, items_in(desk.views), desk.today,
        lambda domain: desk.reader.sees(domain=domain, township=_own(desk.reader)),
    )  # fmt: skip


def _own(reader: Reader) -> str | None:
    """Return a township of the reader's: an item is of no township."""
    return reader.townships[0] if reader.townships else None


def _facts_of_items(shown: Plan, desk: Desk) -> list[Said]:
    return item_facts(shown.steps, desk.today, demo=desk.office.folder.about.demo)


def _book_of_items(
    desk: Desk,
    language: Language,
    names: Mapping[str, str],
    whole: bool,  # noqa: FBT001  a callable of the table of lists
) -> bytes:
    held: Mapping[str, HeldItem] = items_in(desk.views) if whole else {}
    rows = [
        books.item_row(one, language, names)
        for _, one in sorted(held.items())
        if one.about.active
        and desk.reader.sees(domain=one.listing.domain, township=_own(desk.reader))
    ]
    choices = books.item_choices(language, names, DOMAINS)
    title = "事项" if language == "zh" else "items"
    return books.book(language, title, ITEM_COLUMNS, choices, rows)


LISTS: Final[Mapping[Name, BureauList]] = {
    "objects": BureauList(
        "objects", OBJECT_COLUMNS, _plan_of_objects, _facts_of_objects, _book_of_objects
    ),
    "items": BureauList("items", ITEM_COLUMNS, _plan_of_items, _facts_of_items, _book_of_items),
}


# ── what names stand for ───────────────────────────────────────────────────────────


def domains() -> Mapping[str, str]:
    """Return the domains by code and by name, in both languages."""
    found: dict[str, str] = {}
    for code, title in DOMAINS.items():
        said = {Pages.words(language).gettext(title) for language in ("zh", "en")}
        found |= {code: code, **dict.fromkeys(said, code)}
    return found


def known_in(views: ViewReader) -> Known:
    """Return what names stand for: domains in both languages, areas as they are listed."""
    rows = views.select(Query("areas", columns=("level", "name_zh", "name_en", "within")))
    townships: dict[str, str] = {}
    villages: dict[tuple[str, str], str] = {}
    for row in rows:
        level, zh, en, within = map(str, row.values)
        if level == "township":
            townships |= {row.key: row.key, zh: row.key, en: row.key}
        elif level == "village":
            township = within or row.key[:9]
            spelled = (row.key, zh, en, f"{row.key} {zh}", f"{row.key} {en}")
            villages |= {(township, one): row.key for one in spelled}
    townships.pop("", None)
    return Known(domains(), townships, villages)
