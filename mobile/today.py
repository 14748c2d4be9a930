"""View-model of the first screen: what is begun, due and assigned, and how to find the rest."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from events import checklists, object_types
from events.clock import Instant
from mobile.cover_words import SOON, days_words
from mobile.duty import Duty
from mobile.journal import Journal, Line
from mobile.register import AreaTold, AssignmentTold, ObjectTold, Register
from mobile.view_state import Choice, Due, TodayRow, TodayState
from mobile.words import _, language

_MOST: Final = 200
_ORDER: Final[Mapping[Due, int]] = {"started": 0, "overdue": 1, "due": 2, "assigned": 3}
_SOON: Final = timedelta(days=1)
_BY_TYPE: Final = {
    "street_segment": "street_patrol",
    "hotspot": "street_patrol",
    "low_income_household": "low_income_recheck",
}


class Work(Struct, frozen=True):
    """What a row of the list stands for: an inspection to go on with, or one to start."""

    kind: str
    object: str
    inspection: str | None = None
    assignment: str | None = None


class Today:
    """Lists work."""

    def __init__(self, register: Register, journal: Journal) -> None:
        self.query = ""
        self.kind = ""
        self._register = register
        self._journal = journal
        self._work: dict[str, Work] = {}

    def work(self, key: str) -> Work:
        """Return what a row stands for."""
        return self._work[key]

    def state(self, now: Instant, duty: Duty) -> TodayState:
        """Return what the screen shows."""
        day = now.local().date()
        areas = self._register.areas()
        rows = [*self._begun(now, areas), *self._assigned(day, now, areas)]
        total = len(rows)
        if self.query:
            listed = {self._work[row.work].object for row in rows}
            rows += self._found(day, areas, listed)
        shown = [row for row in rows if self._matches(row)]
        shown.sort(key=lambda row: (_ORDER[row.due], row.due_text, row.title, row.work))
        kinds = tuple(
            Choice(value=kind, text=kind_text(kind))
            for kind in dict.fromkeys(row.kind for row in rows)
        )
        known = {one.officer: one for one in duty.known}
        there = [known[one] for one in duty.on_duty]
        days = min((duty.standing(one).days for one in there), default=0)
        return TodayState(
            date_text=f"{day:%Y-%m-%d}",
            officers=tuple(one.name for one in there),
            trust=days_words(days) if there else "",
            trust_ends=bool(there) and days <= SOON,
            alone=_("The second officer has not signed in yet") if len(there) == 1 else "",
            rows=tuple(shown[:_MOST]),
            kinds=kinds,
            kind=self.kind,
            query=self.query,
            total=total,
        )

    def _matches(self, row: TodayRow) -> bool:
        if self.kind and row.kind != self.kind:
            return False
        wanted = self.query.casefold()
        return not wanted or any(
            wanted in text.casefold() for text in (row.title, row.place, row.note, row.kind_text)
        )

    # ── rows ───────────────────────────────────────────────────────────────────────

    def _begun(self, now: Instant, areas: Mapping[str, AreaTold]) -> list[TodayRow]:
        return [self._begun_row(line, now, areas) for line in self._journal.open()]

    def _begun_row(self, line: Line, now: Instant, areas: Mapping[str, AreaTold]) -> TodayRow:
        visit = line.visit
        key = f"inspection:{line.inspection}"
        self._work[key] = Work(visit.kind, visit.object, line.inspection, line.assignment)
        title, note = self._named(visit.object, visit.object_type, now)
        return TodayRow(
            work=key,
            kind=visit.kind,
            kind_text=kind_text(visit.kind),
            title=title,
            due="started",
            due_text=_("Started {day}").format(day=f"{visit.started_on:%m-%d}"),
            place=_area(areas, visit.village or visit.township),
            note=note,
        )

    def _assigned(self, day: date, now: Instant, areas: Mapping[str, AreaTold]) -> list[TodayRow]:
        begun = {line.assignment for line in self._journal.open()}
        return [
            self._assigned_row(one, day, now, areas)
            for one in self._register.assignments()
            if one.assignment not in begun and not self._journal.done_for(one.assignment)
        ]

    def _assigned_row(
        self, one: AssignmentTold, day: date, now: Instant, areas: Mapping[str, AreaTold]
    ) -> TodayRow:
        key = f"assignment:{one.assignment}"
        self._work[key] = Work(one.kind, one.object, None, one.assignment)
        title, note = self._named(one.object, one.object_type, now)
        return TodayRow(
            work=key,
            kind=one.kind,
            kind_text=kind_text(one.kind),
            title=title,
            due=_due(one.due_on, day),
            due_text=_("Due {day}").format(day=f"{one.due_on:%m-%d}"),
            place=_area(areas, one.village or one.township),
            note=note,
            problem=self._problem(one, day),
        )

    def _problem(self, one: AssignmentTold, day: date) -> str:
        """Return what is worth knowing before going there."""
        told = self._register.object(one.object)
        if told is None:
            return _("Not in this tablet's lists; fetch them first")
        if not told.active_on(day):
            return _("The office has closed this object")
        return ""

    def _found(self, day: date, areas: Mapping[str, AreaTold], listed: set[str]) -> list[TodayRow]:
        """Return objects in scope that nobody assigned: found by searching only."""
        rows: list[TodayRow] = []
        for told in self._register.objects():
            kind = kind_for(told.object_type)
            if told.object in listed or not told.name or not kind or not told.active_on(day):
                continue
            rows.append(self._object_row(told, kind, areas))
        return rows

    def _object_row(self, told: ObjectTold, kind: str, areas: Mapping[str, AreaTold]) -> TodayRow:
        key = f"object:{told.object}"
        self._work[key] = Work(kind, told.object)
        last = told.last_inspected_on
        return TodayRow(
            work=key,
            kind=kind,
            kind_text=kind_text(kind),
            title=told.name or "",
            due="assigned",
            due_text="",
            place=_area(areas, told.village or told.township),
            note=_("Last inspected {day}").format(day=f"{last:%Y-%m-%d}") if last else "",
        )

    def _named(self, key: str, object_type: str, now: Instant) -> tuple[str, str]:
        """Return what an object is called here, and its address: of a home only by its card."""
        card = self._register.card(key, now.at)
        if card:
            return card.name, card.address
        told = self._register.object(key)
        return (told.name if told and told.name else _unnamed(key, object_type)), ""


def _due(due_on: date, day: date) -> Due:
    if due_on < day:
        return "overdue"
    return "due" if due_on - day <= _SOON else "assigned"


def _area(areas: Mapping[str, AreaTold], code: str) -> str:
    told = areas.get(code)
    if told is None:
        return ""
    return told.name_zh if language() == "zh" else told.name_en


def _unnamed(key: str, object_type: str) -> str:
    """Return what stands for a name that is sealed: the type, and the front of the id."""
    named = object_types.names().get(object_type)
    called = object_type if named is None else named.zh if language() == "zh" else named.en
    return f"{called} {key[:6].upper()}"


def kind_text(kind: str) -> str:
    """Return what a kind of inspection is called."""
    form = checklists.bundled().get(kind)
    if form is None:
        return kind
    return form.zh if language() == "zh" else form.en


def kind_for(object_type: str) -> str:
    """Return the kind of inspection that fits a type of object, "" where none does."""
    if object_type in _BY_TYPE:
        return _BY_TYPE[object_type]
    for kind, form in checklists.bundled().items():
        for question in form.questions:
            is_type = question.sets is not None and question.sets.field == "inspection.object_type"
            if is_type and object_type in question.by_value:
                return kind
    return ""
