"""What the report of a month says, before anybody sets it: plain data, and its checksum.

All of it is judged on the last day of the month, or on the day of the question while the month
lasts. Figures that stand for fewer than five homes are hidden, and homes are counted, not named.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import Struct

from backend import measure_words as naming
from backend.as_of import AsOf
from backend.exports.checksum import line
from backend.exports.matrix import matrix
from backend.exports.months import month_text
from backend.exports.report_words import GOALS, KINDS, REACHED, SEVERITIES
from backend.exports.words import words_of
from backend.goals import few
from backend.measures import versions
from backend.measuring import Asked, Measuring
from backend.pages import Pages, Words
from backend.readings import Reading
from events.facts import HOMES
from events.language import Language
from projections.chosen import takes, values_of
from projections.comparison import NothingBeforeError, before_it
from projections.due_lists import Due, due_list
from projections.figures import NO_OBJECTS, Figure, Measured, Part
from projections.follow_ups import FollowUp, follow_ups
from projections.goals import goals
from projections.hidden import Homes, hidden_across, hidden_of, reads
from projections.procedure_faults import FaultLine, procedure_faults
from projections.question import Filters, Question
from projections.spans import Span
from projections.views import Query, ViewReader

_ALL: Final = Filters()
MOST_NAMED: Final = 25  # of what has been overdue for longest


class Report(Struct, frozen=True):
    """A report: its parts as they are set, and the SHA-256 of their canonical JSON."""

    as_of: AsOf
    checksum: str
    parts: Mapping[str, Any]


def report(
    reading: Reading,
    measuring: Measuring,
    month: Span,
    language: Language,
    name: str,
    today: date | None = None,
    filters: Filters = _ALL,
) -> Report:
    """Compute the report of a month, while the views are held still."""
    with reading.held() as views:
        today = min(month.end, today or reading.today())
        of = {"township": filters.township, "domain": filters.domain}
        query = {"month": month_text(month), **{key: one for key, one in of.items() if one}}
        as_of = reading.as_of(query, today, views, versions())
        parts = _Month(measuring, views, Asked(month, today, filters), language).parts()
    said = {"bureau": name, "asked": query, **parts}
    plain = msgspec.to_builtins(said)
    facts = {"position": as_of.position, "history": as_of.history, "today": today}
    return Report(as_of, sha256(line({**facts, **plain})).hexdigest(), plain)


class _Month:
    """One month, asked of the measures in the words of one language."""

    def __init__(
        self, measuring: Measuring, views: ViewReader, asked: Asked, language: Language
    ) -> None:
        self._measuring = measuring
        self._views = views
        self._asked = asked
        self._language: Language = language
        self._words: Words = Pages.words(language)
        self._homes: Homes = measuring.homes()
        self._year = asked.over(Span(date(asked.today.year, 1, 1), asked.period.end))
        self._townships = self._areas()

    def parts(self) -> dict[str, Any]:
        """Return all parts of the report."""
        return {
            "scope": self._scope(),
            "measures": self._measures(),
            "map": self._map(),
            "matrix": self._matrix(),
            "overdue": self._overdue(),
            "faults": self._faults(),
            "goals": self._goals(),
        }

    def _scope(self) -> str:
        """Return what the report is limited to; nothing where it is of the whole district."""
        township, domain = self._asked.filters.township, self._asked.filters.domain
        towns = map(self._town, values_of(township or ""))
        return " · ".join([*towns, *map(self._domain, values_of(domain or ""))])

    def _domain(self, code: str) -> str:
        known = naming.DOMAINS.get(code)
        return self._words.gettext(known) if known else code

    # ── the measures ───────────────────────────────────────────────────────────────

    def _measures(self) -> list[dict[str, Any]]:
        now, year = self._measuring.all(self._asked), self._measuring.all(self._year)
        try:
            earlier = before_it(self._asked.period, self._asked.today)
        except NothingBeforeError:
            earlier = None
        then: Mapping[str, Measured] = (
            self._measuring.all(self._asked.over(earlier)) if earlier else {}
        )
        return [
            {
                "name": naming.measure_name(name, self._words),
                "how": naming.measure_how(name, self._words),
                "now": self._rate(one.figure),
                "then": self._rate(then[name].figure) if name in then else None,
                "points": self._points(one.figure, then[name].figure if name in then else None),
                "year": self._rate(year[name].figure),
            }
            for name, one in now.items()
        ]

    def _rate(self, figure: Figure) -> dict[str, Any]:
        hidden = reads(figure, self._homes)
        if hidden:
            return {"done": None, "of": None, "words": self._said(hidden)}
        words = self._said(figure.words)
        return {"done": figure.numerator, "of": figure.denominator, "words": words}

    def _points(self, now: Figure, then: Figure | None) -> float | None:
        """Return by how many points of percent a rate changed; None where one is not told."""
        rates = [
            None if one is None or reads(one, self._homes) else one.rate for one in (now, then)
        ]
        if rates[0] is None or rates[1] is None:
            return None
        return round((rates[0] - rates[1]) * 100, 1)

    def _said(self, words: str) -> str:
        return naming.rate_words(words, self._words)

    # ── where ──────────────────────────────────────────────────────────────────────

    def _areas(self) -> dict[str, tuple[str, tuple[int, int] | None]]:
        from backend.grids import areas_of  # noqa: PLC0415  h3 is loaded by whoever needs maps

        return {
            one.area: (one.name_zh if self._language == "zh" else one.name_en, one.tile)
            for one in areas_of(self._views)
            if one.level == "township"
        }

    def _map(self) -> list[dict[str, Any]]:
        found = self._measuring.measured("object_coverage", self._year).by["township"]
        hidden = hidden_of(found, self._homes)
        return [
            {
                "name": name,
                "tile": tile,
                **self._cell(found.get(code), hidden.get(code)),
            }
            for code, (name, tile) in sorted(self._townships.items())
            if takes(self._asked.filters.township, code)
        ]

    def _cell(self, figure: Figure | None, hidden: str | None) -> dict[str, Any]:
        if hidden is not None:
            return {"rate": None, "words": self._said(hidden), "hidden": True}
        if figure is None or figure.rate is None:
            return {"rate": None, "words": self._said(NO_OBJECTS), "hidden": False}
        of = f"{figure.numerator}/{figure.denominator}"
        return {"rate": figure.rate, "words": figure.words, "of": of, "hidden": False}

    def _matrix(self) -> dict[str, Any]:
        question = self._measuring.question(self._year)
        cells = matrix(question.objects, question.visited)
        hidden = hidden_across(cells, self._homes)
        towns = sorted({town for town, _ in cells})
        return {
            "domains": [self._words.gettext(one) for one in naming.DOMAINS.values()],
            "rows": [
                {
                    "name": self._town(town),
                    "cells": [
                        self._cell(cells.get((town, domain)), hidden.get((town, domain)))
                        if (town, domain) in cells
                        else None
                        for domain in naming.DOMAINS
                    ],
                }
                for town in towns
            ],
        }

    def _town(self, code: str) -> str:
        return self._townships.get(code, (code, None))[0] or code

    # ── what is overdue ────────────────────────────────────────────────────────────

    def _overdue(self) -> dict[str, Any]:
        today = self._asked.today
        question = self._measuring.question(self._asked)
        due = due_list(
            Question(self._views, Span(today, today), today, self._asked.filters),
            today,
            overdue=True,
        )
        todo = [one for one in follow_ups(question, "open").lines if one.overdue(today)]
        named = self._longest([*map(self._of_due, due), *(self._of_todo(one) for one in todo)])
        return {"townships": self._by_township(due, todo), **named}

    def _of_due(self, one: Due) -> dict[str, Any]:
        place = one.place
        return {
            "object": one.object,
            "type": place.object_type if place else "",
            "township": place.township if place else "",
            "what": one.item,
            "due_on": one.due_on.isoformat(),
            "days": one.overdue_days,
        }

    def _of_todo(self, one: FollowUp) -> dict[str, Any]:
        return {
            "object": one.of.object,
            "type": one.of.object_type,
            "township": one.of.township,
            "what": self._kind(one.what),
            "due_on": one.due_on.isoformat() if one.due_on else "",
            "days": one.overdue(self._asked.today),
        }

    def _kind(self, what: str) -> str:
        known = KINDS.get(what)
        return words_of(self._language).gettext(known) if known else naming.plain(what)

    def _longest(self, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return what waited longest, with names; homes are counted in the table beside it."""
        named = [
            one
            for one in found
            if one["object"] not in self._homes
            and one["type"] not in HOMES
            and not one["object"].startswith("*")
        ]
        named.sort(key=lambda one: (-one["days"], one["due_on"], one["object"], one["what"]))
        shown = named[:MOST_NAMED]
        names = self._names({one["object"] for one in shown} | {one["what"] for one in shown})
        return {
            "all": len(named),
            "longest": [
                {
                    "name": names.get(one["object"]) or one["object"][:8],
                    "type": naming.type_name(one["type"], self._language),
                    "township": self._town(one["township"]),
                    "what": names.get(one["what"], one["what"]),
                    "due_on": one["due_on"],
                    "days": one["days"],
                }
                for one in shown
            ],
        }

    def _names(self, keys: set[str]) -> dict[str, str]:
        rows = self._views.select(
            Query("objects", columns=("name",), where=(("key", "in", sorted(keys)),))
        )
        items = {
            one.code: listing.name_zh if self._language == "zh" else listing.name_en
            for one in self._measuring.question(self._asked).items
            if (listing := one.listing(self._asked.today))
        }
        return items | {row.key: str(row.values[0]) for row in rows}

    def _by_township(self, due: Iterable[Due], todo: Iterable[FollowUp]) -> list[dict[str, Any]]:
        """Count what is overdue by township: inspections and follow-ups, hidden where few homes."""
        of: dict[str, defaultdict[str, list[Part]]] = {
            "due": defaultdict(list),
            "todo": defaultdict(list),
        }
        for one in due:
            of["due"][one.place.township if one.place else ""].append(Part(one.object, 0))
        for one in todo:
            of["todo"][one.of.township].append(Part(one.of.object, 0))
        columns = {name: self._counts(found) for name, found in of.items()}
        towns = sorted({*of["due"], *of["todo"]} - {""})
        return [
            {
                "name": self._town(town),
                **{name: column.get(town, "0") for name, column in columns.items()},
            }
            for town in towns
        ]

    def _counts(self, found: Mapping[str, Sequence[Part]]) -> dict[str, str]:
        figures = {town: Figure(tuple(parts)) for town, parts in found.items()}
        hidden = hidden_of(figures, self._homes)
        return {
            town: self._said(hidden[town]) if town in hidden else str(len(one.parts))
            for town, one in figures.items()
        }

    # ── procedure, and the goals ───────────────────────────────────────────────────

    def _faults(self) -> list[dict[str, Any]]:
        found: defaultdict[str, list[FaultLine]] = defaultdict(list)
        for one in procedure_faults(self._measuring.question(self._asked)):
            found[one.code].append(one)
        figures = {
            code: Figure(tuple(Part(one.inspection, int(one.mended_at is not None)) for one in of))
            for code, of in found.items()
        }
        hidden = hidden_of(figures, self._homes)
        rows = [self._fault(of[0], figures[code], hidden.get(code)) for code, of in found.items()]
        return sorted(rows, key=lambda row: (-(row["of"] or 0), row["code"]))

    def _fault(self, one: FaultLine, figure: Figure, hidden: str | None) -> dict[str, Any]:
        rule = one.rule
        return {
            "code": one.code,
            "name": rule.zh if self._language == "zh" else rule.en,
            "severity": self._severity(rule.severity),
            "mended": None if hidden else figure.numerator,
            "of": None if hidden else figure.denominator,
            "words": self._said(hidden) if hidden else "",
        }

    def _severity(self, code: str) -> str:
        known = SEVERITIES.get(code)
        return words_of(self._language).gettext(known) if known else code

    def _goals(self) -> dict[str, Any]:
        found = goals(self._measuring.question(self._asked)).whole
        gettext = words_of(self._language).gettext
        return {
            "patrols": found.patrols,
            "rows": [
                {
                    "name": gettext(GOALS[one.goal]),
                    "count": few(one.count),
                    "unsaid": few(one.unsaid),
                    "reached": gettext(REACHED[one.reached]),
                }
                for one in found.goals
            ],
        }
