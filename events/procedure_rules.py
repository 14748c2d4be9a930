"""Rules of procedure as the bureau's data defines them, each with the law of the day.

A rule says what is wrong in words, how grave it is, what mends it, and which articles it stands
on. Laws have days of validity: a fault of 29 March 2026 quotes the funeral rules of 2012, one of
the day after those that replaced them. What is not confirmed from the official text says so.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from events.checklists import Nature, Severity


class Law(Struct, frozen=True):
    """A law, in force from one day to another, both included; None is open or not known."""

    name_zh: str
    name_en: str
    doc_no: str
    effective_from: date | None = None
    effective_to: date | None = None
    verify: bool = False
    note: str = ""

    def holds(self, day: date) -> bool:
        since, until = self.effective_from, self.effective_to
        return (since is None or since <= day) and (until is None or day <= until)


class Act(Struct, frozen=True):
    """What a rule is asked about: an inspection, and the day on which it took place."""

    day: date
    nature: str
    kind: str
    domain: str = ""
    object_type: str = ""
    enterprise: bool = False


class Basis(Struct, frozen=True, forbid_unknown_fields=True):
    """An article of a law, and for which inspections it is quoted; empty: for all.

    `enterprise`: only for those of enterprises. `article` None: to be filled.
    """

    law: str
    article: str | None = None
    natures: tuple[Nature, ...] = ()
    kinds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    enterprise: bool = False
    verify: bool = False

    def meets(self, act: Act) -> bool:
        return (
            (not self.natures or act.nature in self.natures)
            and (not self.kinds or act.kind in self.kinds)
            and (not self.domains or act.domain in self.domains)
            and (act.enterprise or not self.enterprise)
        )


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of procedure. `object_types` are those it is asked of; empty: all."""

    code: str
    zh: str
    en: str
    severity: Severity
    natures: tuple[Nature, ...]
    mends_zh: str
    mends_en: str
    basis: tuple[Basis, ...]
    object_types: tuple[str, ...] = ()
    note: str = ""

    def asks(self, nature: str, object_type: str) -> bool:
        """Tell whether it is asked of inspections of that nature at such objects."""
        return nature in self.natures and (
            not self.object_types or object_type in self.object_types
        )


class Cited(Struct, frozen=True):
    """An article as it is quoted. `verify`: not confirmed from the official text."""

    law: str
    name_zh: str
    name_en: str
    doc_no: str
    article: str | None
    verify: bool


class _Rules(Struct, frozen=True):
    rules: tuple[Rule, ...]
    powers: tuple[Basis, ...]


class _Laws(Struct, frozen=True):
    laws: dict[str, Law]


@cache
def rules() -> Mapping[str, Rule]:
    """Return the rules by their code."""
    return {rule.code: rule for rule in _file().rules}


@cache
def laws() -> Mapping[str, Law]:
    """Return the laws by their id: those of the item list, and those it does not hold."""
    found: dict[str, Law] = {}
    for name in ("items.json", "laws.json"):
        found |= msgspec.json.decode(_read(name), type=_Laws).laws
    return found


@lru_cache(maxsize=10_000)
def cited(code: str, act: Act) -> tuple[Cited, ...]:
    """Return the articles valid on the day of the act: of the rule, then of its power."""
    known = laws()
    found = [
        (basis, known[basis.law])
        for basis in (*rules()[code].basis, *_file().powers)
        if basis.meets(act) and known[basis.law].holds(act.day)
    ]
    return tuple(
        Cited(
            basis.law,
            law.name_zh,
            law.name_en,
            law.doc_no,
            basis.article,
            basis.verify or law.verify,
        )
        for basis, law in found
    )


@cache
def _file() -> _Rules:
    return msgspec.json.decode(_read("procedure_rules.json"), type=_Rules)


def _read(name: str) -> bytes:
    return (files("events") / "data" / name).read_bytes()
