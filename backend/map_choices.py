"""What may be chosen on the coverage map: grids, measures, steps, and whom to look at."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct, json

from backend.map_words import GRIDS, MEASURES, STEPS
from backend.measure_words import DOMAINS
from backend.pages import Words
from backend.people.reader import Reader
from events.language import Language
from events.register import AreaListed
from projections import items, lists
from projections.question import Question
from projections.slots import HOTSPOT, key_slots
from projections.spans import OPEN, Span
from projections.views import Query, ViewStore, view_of


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


_ALL: Final = _("all")


class Choice(Struct, frozen=True):
    """One of several, chosen or not."""

    value: str
    name: str
    chosen: bool


class Field(Struct, frozen=True):
    """A field of the form: its name in the query, its title, and what it offers."""

    name: str
    title: str
    choices: Sequence[Choice]


def choices(
    views: ViewStore,
    areas: Iterable[AreaListed],
    chosen: Mapping[str, str],
    reader: Reader,
    language: Language,
    words: Words,
) -> Sequence[Field]:
    """Return the fields of the form; a reader with a scope is offered what lies within it.

    `chosen` is the query of the page as it is shown.
    """
    said = words.gettext
    townships = {
        one.area: one.name_zh if language == "zh" else one.name_en
        for one in areas
        if one.level == "township" and (not reader.townships or one.area in reader.townships)
    }
    domains = {
        code: said(name)
        for code, name in DOMAINS.items()
        if not reader.domains or code in reader.domains
    }
    return (
        Field("measure", said(_("Measure")), _fixed(MEASURES, chosen["measure"], said)),
        Field("grid", said(_("Cells")), _fixed(GRIDS, chosen["grid"], said)),
        Field("step", said(_("Steps")), _fixed(STEPS, chosen["step"], said)),
        Field(
            "township",
            said(_("Township")),
            _any(
                townships, chosen.get("township"), "" if len(reader.townships) == 1 else said(_ALL)
            ),
        ),
        Field(
            "domain",
            said(_("Domain")),
            _any(domains, chosen.get("domain"), "" if len(reader.domains) == 1 else said(_ALL)),
        ),
        Field(
            "kind",
            said(_("Kind of checklist")),
            _any(_kinds(views, language), chosen.get("kind"), said(_ALL)),
        ),
        Field(
            "item",
            said(_("Item")),
            _any(_items(views, reader, language), chosen.get("item"), said(_ALL)),
        ),
        Field(
            "officer", said(_("Officer")), _any(officers(views), chosen.get("officer"), said(_ALL))
        ),
    )


def _fixed(names: Mapping[Any, str], chosen: str, said: Callable[[str], str]) -> Sequence[Choice]:
    return [Choice(value, said(name), value == chosen) for value, name in names.items()]


def _any(names: Mapping[str, str], chosen: str | None, whole: str) -> Sequence[Choice]:
    """Return choices by name; `whole` stands for all of them, where there are several."""
    found = [Choice(value, name, value == chosen) for value, name in names.items()]
    return [Choice("", whole, not chosen), *found] if whole else found


class _Titled(Struct):
    """A checklist, of which only its title is read."""

    zh: str
    en: str


def _kinds(views: ViewStore, language: Language) -> Mapping[str, str]:
    view = view_of(views.views, "checklists")
    rows = views.select(Query("checklists", order=("kind",), document=True))
    found = [lists.checklist(view.decode(row.document), OPEN) for row in rows]
    titles = {one.kind: _title.decode(one.content) for one in found if one is not None}
    return {kind: one.zh if language == "zh" else one.en for kind, one in titles.items()}


_title: Final = json.Decoder(_Titled)


def _items(views: ViewStore, reader: Reader, language: Language) -> Mapping[str, str]:
    """Return the items that are for objects, which alone lie on a map."""
    view = view_of(views.views, "items")
    rows = views.select(Query("items", document=True))
    found = [items.item(row.key, view.decode(row.document)).listing(OPEN) for row in rows]
    own = [
        one
        for one in found
        if one and one.object_types and (not reader.domains or one.domain in reader.domains)
    ]
    return {
        one.item: f"{one.item} {one.name_zh if language == 'zh' else one.name_en}"
        for one in sorted(own, key=lambda one: one.item)
    }


def officers(views: ViewStore) -> Mapping[str, str]:
    """Return the officers there ever were, by their ids."""
    rows = views.select(Query("officers", columns=("name",), order=("name",)))
    return {row.key: str(row.values[0]) for row in rows}


def slots(views: ViewStore, day: date) -> Sequence[str]:
    """Return the slots in which hotspots are to be walked, from the earliest."""
    found = {
        slot
        for one in Question(views, Span(day, day), day).registered
        if (place := one.place(day)) is not None and place.object_type == HOTSPOT
        for slot in key_slots(one.term(day).attributes.get("key_slots"))[0]
    }
    return [slot.text for slot in sorted(found, key=lambda slot: (slot.start, slot.end))]


def step_name(span: Span, step: str) -> str:
    """Return what a step is called, in both languages: figures only."""
    start = span.start
    match step:
        case "year":
            return f"{start:%Y}"
        case "quarter":
            return f"{start:%Y} Q{(start.month + 2) // 3}"
        case "month":
            return f"{start:%Y-%m}"
        case "day":
            return start.isoformat()
        case _:
            return f"{start.isoformat()} – {span.end:%m-%d}"
