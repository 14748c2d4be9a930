"""人人会执法: which officers who could have inspected did so, and who might go together.

An officer counts who could have inspected on at least half of the days of the period that have
passed: on the list as officer, posted, not on leave, and with a valid certificate, all of it on
the same day. Somebody posted for one half and certified for the other could never have gone,
and does not count. A township or domain that is chosen asks for a posting there.

Took part has who led or assisted in an effective inspection; going along as a partner or helper
is no inspecting. Officers are told in the order of their ids, never by how much they did or how
many penalties came of it (domain.md, section 6, rule g).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from itertools import chain
from typing import Final

from msgspec import Struct

from events.register import OfficerPosted
from projections.case_rows import Finished
from projections.figures import Figure, Measured, figure
from projections.inspections import inspected
from projections.lists import Officer
from projections.posts import Standing, as_officer, holds, is_there, last_certified, standing
from projections.question import Done, Filters, Question
from projections.spans import OPEN
from projections.views import view_of
from projections.visits import OFFICERS

ENDING: Final = 60
"""Days before its last one on which a certificate is said to end."""

STRICT, STRICT_DOMAINS = 4, 2
"""The strict figure asks for so many inspections, in so many domains."""

PARTNERS: Final = 3
"""So many partners are named for an officer at most."""


class Pair(Struct, frozen=True, order=True):
    """Two officers who may go together: where both are posted. Empty: everywhere."""

    officer: str
    partner: str
    townships: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


def officer_participation(question: Question) -> Measured:
    """人人会执法: officers with an effective inspection ÷ officers who could have inspected."""
    past = question.past
    if past is None:
        return Measured({"officers": Figure(), "strict": Figure()})
    of: defaultdict[Standing, list[Officer]] = defaultdict(list)
    for one in question.officers:
        of[standing(one, past, question.filters)].append(one)
    sections = {one.officer: one.listings[-1].section or "" for one in of["counts"]}
    took_part, strict = _took_part(question, sections.keys())
    ends = _ending(question)
    officers = figure(sections, took_part)
    return Measured(
        {"officers": officers, "strict": figure(sections, strict)},
        by={"section": _by(sections, took_part)},
        numbers={f"certificate_days.{key}": days for key, days in ends.items()},
        lists={
            "not_yet": officers.missing,
            "leave": _keys(of["leave"]),
            "uncertified": _keys(of["uncertified"]),
            "ending": tuple(ends),
            "pairs": tuple(f"{one.officer}|{one.partner}" for one in pairs(question)),
        },
    )


def _keys(officers: Iterable[Officer]) -> tuple[str, ...]:
    return tuple(sorted(one.officer for one in officers))


def _by(of: Mapping[str, str], took_part: frozenset[str]) -> dict[str, Figure]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in of.items():
        found[value].append(key)
    return {value: figure(keys, took_part) for value, keys in sorted(found.items())}


# ── who took part ──────────────────────────────────────────────────────────────────


def _took_part(question: Question, of: AbstractSet[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return who led or assisted once, and who did as often as the strict figure asks."""
    went: defaultdict[str, list[Done]] = defaultdict(list)
    for one in question.effective:
        for officer in of & set(one.officers.split()):
            went[officer].append(one)
    roles = _Roles(question)
    once: set[str] = set()
    often: set[str] = set()
    for officer, inspections in went.items():
        reached = _reached(officer, inspections, roles)
        if reached:
            once.add(officer)
        if _strict(reached):
            often.add(officer)
    return frozenset(once), frozenset(often)


def reached_domains(question: Question) -> Mapping[str, tuple[str, ...]]:
    """Return in which domains officers led or assisted; how often is nobody's business here."""
    went: defaultdict[tuple[str, str], list[Done]] = defaultdict(list)
    for one in question.effective:
        for officer in one.officers.split():
            went[officer, one.domain].append(one)
    roles = _Roles(question)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for (officer, domain), inspections in sorted(went.items()):
        if any(roles.inspects(officer, one.inspection) for one in inspections):
            found[officer].append(domain)
    return {officer: tuple(domains) for officer, domains in found.items()}


def _reached(officer: str, inspections: Sequence[Done], roles: "_Roles") -> list[Done]:
    """Return inspections in which one had a part; no more of them than the figures ask for."""
    possible = _strict(inspections)
    reached: list[Done] = []
    for one in _one_of_each_domain_first(inspections):
        if roles.inspects(officer, one.inspection):
            reached.append(one)
            if not possible or _strict(reached):
                break
    return reached


def _strict(inspections: Sequence[Done]) -> bool:
    domains = {one.domain for one in inspections}
    return len(inspections) >= STRICT and len(domains) >= STRICT_DOMAINS


def _one_of_each_domain_first(inspections: Iterable[Done]) -> Iterable[Done]:
    of: defaultdict[str, list[Done]] = defaultdict(list)
    for one in inspections:
        of[one.domain].append(one)
    firsts = [held[0] for held in of.values()]
    return chain(firsts, *(held[1:] for held in of.values()))


class _Roles:
    """Who had which part: read from the documents, so only of inspections that matter."""

    def __init__(self, question: Question) -> None:
        self._views = question.views
        self._view = view_of(question.views.views, "inspections")
        self._read: dict[str, frozenset[str]] = {}

    def inspects(self, officer: str, inspection: str) -> bool:
        """Tell whether one led or assisted, and did not just go along."""
        if inspection not in self._read:
            self._read[inspection] = self._inspectors(inspection)
        return officer in self._read[inspection]

    def _inspectors(self, inspection: str) -> frozenset[str]:
        documents = self._views.load("inspections", [inspection])
        about, _ = inspected(self._view.decode(documents[inspection]))
        if not isinstance(about.completed, Finished):
            return frozenset()
        crew = about.completed.crew
        return frozenset(member.officer for member in crew if member.role in OFFICERS)


# ── whose certificate ends, and who goes with whom ─────────────────────────────────


def _ending(question: Question) -> dict[str, int]:
    """Return the days that are left to officers whose certificate ends soon, by their ids."""
    today = question.today
    found: dict[str, int] = {}
    for one in sorted(question.officers, key=lambda held: held.officer):
        if holds(as_officer(one), today) and one.certified(today):
            left = (last_certified(one, today) - today).days
            if left <= ENDING:
                found[one.officer] = left
    return found


def pairs(question: Question) -> tuple[Pair, ...]:
    """Suggest with whom those might go who have not inspected yet (domain.md, 7, question 3).

    Both are on post and certified on the day of judging and share a township and a domain. At
    most three partners each: first those who have inspected, so that somebody knows the way,
    then by id. Kinship is to a household, not between officers: it is judged when one is chosen.
    """
    if question.past is None:
        return ()
    fit = {
        one.officer: posting
        for one in question.officers
        if (posting := _fit(one, question.today, question.filters))
    }
    took_part, _ = _took_part(question, fit.keys())
    found = [
        pair
        for officer in sorted(fit.keys() - took_part)
        for pair in _partners(officer, fit, took_part)
    ]
    return tuple(found)


def _fit(one: Officer, day: date, chosen: Filters) -> OfficerPosted | None:
    """Return where one is posted who may go out on a day; None who may not."""
    away = any(span.start <= day <= span.end for span in one.leaves)
    if away or not one.certified(day) or not holds(as_officer(one), day):
        return None
    posted = [p for p in one.postings if p.valid_from <= day <= (p.valid_to or OPEN)]
    return posted[-1] if posted and is_there(posted[-1], chosen) else None


def _partners(
    officer: str, fit: Mapping[str, OfficerPosted], took_part: frozenset[str]
) -> list[Pair]:
    mine = fit[officer]
    found: list[Pair] = []
    for partner in sorted(fit, key=lambda key: (key not in took_part, key)):
        theirs = fit[partner]
        townships = _shared(mine.townships, theirs.townships)
        domains = _shared(mine.domains, theirs.domains)
        if partner != officer and townships is not None and domains is not None:
            found.append(Pair(officer, partner, townships, domains))
    return found[:PARTNERS]


def _shared(some: Sequence[str], others: Sequence[str]) -> tuple[str, ...] | None:
    """Return what both have, where having none is having all; None where they share nothing."""
    if not some or not others:
        return tuple(sorted({*some, *others}))
    return tuple(sorted({*some} & {*others})) or None
