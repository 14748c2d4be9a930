"""What measures, their figures, breakdowns, numbers and lists are called: one table.

The page, the heads of CSV files and the terminal take their words from here. The texts are the
English ones; Chinese stands in the catalogue. A name that is not in the table is said as it is
written in the code.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from backend.pages import Words
from events import object_types
from events.language import Language
from projections.figures import NO_OBJECTS
from projections.hidden import WITH_IT
from projections.views import Query, ViewReader


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


class MeasureWords(Struct, frozen=True):
    """A measure: its name, and what is divided by what."""

    name: str
    how: str


MEASURES: Final[Mapping[str, MeasureWords]] = {
    "object_coverage": MeasureWords(
        _("Object coverage"), _("objects on the list with an inspection that counts")
    ),
    "item_coverage": MeasureWords(
        _("Item coverage"), _("plannable items in force that were used at least once")
    ),
    "requirement_coverage": MeasureWords(
        _("Requirement coverage"), _("of what rules and plans ask of each object, what was done")
    ),
    "domain_breadth": MeasureWords(
        _("Domain breadth"), _("of the eight domains, those with an inspection that counts")
    ),
    "area_coverage": MeasureWords(
        _("Area coverage"), _("villages that have objects and were visited")
    ),
    "slot_coverage": MeasureWords(
        _("Patrol slot coverage"), _("passes of streets and hotspots in their time slots")
    ),
    "weather_response": MeasureWords(
        _("Weather response"), _("extra passes within two hours of a warning")
    ),
    "officer_participation": MeasureWords(
        _("Officer participation"), _("certified officers on post who took part in an inspection")
    ),
    "supervision_faces": MeasureWords(
        _("Supervision faces"), _("domains in townships that were inspected and supervised")
    ),
    "recheck_on_time": MeasureWords(
        _("On-time recheck"), _("rechecks of households done by their due date")
    ),
    "rectification_closure": MeasureWords(
        _("Rectification closure"), _("orders looked at again and closed within seven days")
    ),
    "procedure_completeness": MeasureWords(
        _("Procedure completeness"), _("inspections begun that meet the rules of their kind")
    ),
    "cap_use": MeasureWords(
        _("Cap use"), _("inspections of enterprises, of those that their caps allow")
    ),
}

# Figures, breakdowns, numbers, lists, and why inspections do not count. What stands before a dot
# is the name of many.
NAMES: Final[Mapping[str, str]] = {
    "objects": _("objects"),
    "items": _("items"),
    "domains": _("domains"),
    "villages": _("villages"),
    "officers": _("officers"),
    "strict": _("four inspections in two domains"),
    "cells": _("domains in townships"),
    "requirements": _("required inspections"),
    "slots": _("passes in their slots"),
    "passes": _("extra passes"),
    "rechecks": _("rechecks"),
    "orders": _("orders to rectify"),
    "township": _("township"),
    "village": _("village"),
    "domain": _("domain"),
    "object_type": _("type of object"),
    "section": _("section"),
    "kind": _("kind"),
    "item": _("item"),
    "level": _("level"),
    "warning": _("warning"),
    "concentration": _("share of social organisations"),
    "effective_number": _("effective number of domains"),
    "inspections": _("inspections"),
    "certificate_days": _("days left of the certificate"),
    "counted": _("inspections counted against a cap"),
    "cap": _("inspections that caps allow"),
    "desk": _("desk checks"),
    "not_yet": _("officers who have not inspected yet"),
    "leave": _("on leave"),
    "uncertified": _("without a valid certificate"),
    "ending": _("certificate ends within sixty days"),
    "pairs": _("who may go together"),
    "inspected_only": _("inspected, not supervised"),
    "supervised_only": _("supervised, not inspected"),
    "neither": _("neither inspected nor supervised"),
    "open": _("still open"),
    "overdue": _("overdue"),
    "due": _("due next"),
    "late": _("done late"),
    "unreadable": _("rule that cannot be read"),
    "within_grace": _("may still be made good"),
    "extended": _("extended"),
    "extended_again": _("extended more than once"),
    "failed": _("looked at again, failed"),
    "transferred": _("transferred"),
    "withdrawn": _("withdrawn"),
    "near": _("near its cap"),
    "full": _("cap reached"),
    "exceeded": _("cap exceeded"),
    "no_cap": _("no cap published"),
    "beyond": _("held beyond a cap"),
    "watched": _("held under an exception"),
    "under_way": _("under way"),
    "cancelled": _("cancelled"),
    "aborted": _("broken off"),
    "crew": _("fewer than two of the crew"),
    "certificates": _("certificates not shown"),
    "unanswered": _("left unanswered"),
    "kinship": _("kinship to the household"),
    "home_visit": _("no home visit"),
    "nobody_home": _("nobody at home, no second visit arranged"),
    "voided": _("voided"),
}

DOMAINS: Final[Mapping[str, str]] = {
    "social_organization": _("social organisations"),
    "funeral": _("funeral affairs"),
    "division_geonames": _("divisions and place names"),
    "social_assistance": _("social assistance"),
    "elderly_care": _("elderly care"),
    "volunteer_service": _("volunteer service"),
    "charity": _("charity"),
    "private_service_institution": _("private service institutions"),
}

HEADS: Final[Mapping[str, str]] = {
    "measure": _("measure"),
    "name": _("name"),
    "figure": _("figure"),
    "by": _("broken down by"),
    "value": _("value"),
    "key": _("row"),
    "done": _("done"),
    "of": _("of"),
    "rate": _("rate"),
    "words": _("rate in words"),
    "from": _("from"),
    "to": _("to"),
    "then_done": _("done before"),
    "then_of": _("of before"),
    "then_words": _("rate before"),
    "points": _("points of difference"),
    "came": _("came"),
    "went": _("went"),
    "joined": _("joined"),
    "left": _("left"),
}


def measure_name(name: str, words: Words) -> str:
    """Return what a measure is called."""
    known = MEASURES.get(name)
    return words.gettext(known.name) if known else plain(name)


def measure_how(name: str, words: Words) -> str:
    """Return what a measure divides by what; nothing of one that is not in the table."""
    known = MEASURES.get(name)
    return words.gettext(known.how) if known else ""


def called(name: str, words: Words) -> str:
    """Return what a figure, breakdown, number or list is called: of `a.b`, what `a` and `b` are."""
    first, _dot, rest = name.partition(".")
    known = NAMES.get(first)
    said = words.gettext(known) if known else plain(first)
    if not rest:
        return said
    domain = DOMAINS.get(rest)
    return f"{said} · {words.gettext(domain) if domain else rest}"


def rate_words(said: str, words: Words) -> str:
    """Return a rate in words, where it is words."""
    known = {NO_OBJECTS: _("no objects"), WITH_IT: _("hidden")}
    return words.gettext(known[said]) if said in known else said


def head(name: str, words: Words) -> str:
    """Return the head of a column."""
    known = HEADS.get(name)
    return words.gettext(known) if known else called(name, words)


def plain(name: str) -> str:
    """Return a name of the code as words."""
    return name.replace("_", " ")


# ── what rows are called ───────────────────────────────────────────────────────────

_NAMED: Final[Mapping[Language, tuple[tuple[str, str], ...]]] = {
    "zh": (("areas", "name_zh"), ("officers", "name"), ("objects", "name"), ("items", "name")),
    "en": (("areas", "name_en"), ("officers", "name"), ("objects", "name"), ("items", "name")),
}


def type_name(code: str, language: Language) -> str:
    """Return what a type of objects is called; "" where it is unknown."""
    said = object_types.names().get(code)
    return "" if said is None else said.zh if language == "zh" else said.en


def namer(
    views: ViewReader, keys: set[str], language: Language, words: Words
) -> Callable[[str], str]:
    """Return a function that says what keys are called; "" where they have no name.

    Keys of several parts are called by the names of those that have one. Homes have no name
    here: theirs is sealed.
    """
    asked = sorted({segment for key in keys for segment in key.split("|")})
    known = {code: type_name(code, language) for code in object_types.names()}
    known |= {code: words.gettext(name) for code, name in DOMAINS.items()}
    for view, column in _NAMED[language]:
        query = Query(view, columns=(column,), where=(("key", "in", asked),))
        known.update({row.key: str(row.values[0]) for row in views.select(query)})

    def name_of(key: str) -> str:
        return " · ".join(filter(None, (known.get(one, "") for one in key.split("|"))))

    return name_of
