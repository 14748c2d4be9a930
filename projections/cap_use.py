"""频次占用率: how often an enterprise was inspected this calendar year, against its cap.

What counts is decided in `projections.caps`: an administrative inspection that was held there,
not one voided, broken off or made at the desk, and not one under a listed exception, which is
watched instead. Several entries of one credit code are one enterprise. A year is counted from
its first day to the last of the period, whatever day the period begins with. Where a cap is
exceeded the figure says so. An enterprise without a published cap is named, and counts neither
as 0 nor as full; a filter chooses enterprises by where an entry lies, never their inspections.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal

from msgspec import Struct

from events.credit_codes import is_enterprise
from projections.caps import EXCEPTIONS, Caps, Held, cap_counts
from projections.figures import Figure, Measured, Part
from projections.garbage import no_collection
from projections.question import Question
from projections.registered import Registered
from projections.spans import Span
from projections.views import Query

NEAR: Final = 80  # per cent

Status = Literal["no_cap", "free", "near", "full", "exceeded"]


class CapCount(Struct, frozen=True):
    """An enterprise in a year: its entries and townships, its cap, its inspections in order.

    Of several caps, those of its entries on the last day, the lowest holds. `watched` are
    inspections under an exception, `beyond` those held though the cap of their day was reached.
    """

    enterprise: str
    year: int
    objects: tuple[str, ...]
    townships: tuple[str, ...]
    cap: int | None
    counted: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its part: credit code, year."""
        return f"{self.enterprise}|{self.year}"

    @property
    def status(self) -> Status:
        if self.cap is None:
            return "no_cap"
        held = len(self.counted)
        if held >= self.cap:
            return "full" if held == self.cap else "exceeded"
        return "near" if held * 100 >= NEAR * self.cap else "free"


class Decision(Struct, frozen=True):
    """Whether one more inspection may be planned, and why."""

    allowed: bool
    reason: Literal["no_cap", "within", "exception", "exceeds"]
    held: int
    planned: int
    cap: int | None


def may_plan(count: CapCount, exception: str = "", planned: int = 0) -> Decision:
    """Decide on one more, besides those held and `planned`: no more than the cap.

    Beyond it only under a listed exception. The record of what was held never refuses.
    """
    held = len(count.counted)
    if exception in EXCEPTIONS:
        return Decision(allowed=True, reason="exception", held=held, planned=planned, cap=count.cap)
    if count.cap is None:
        return Decision(allowed=True, reason="no_cap", held=held, planned=planned, cap=None)
    if held + planned < count.cap:
        return Decision(allowed=True, reason="within", held=held, planned=planned, cap=count.cap)
    return Decision(allowed=False, reason="exceeds", held=held, planned=planned, cap=count.cap)


def cap_use(question: Question) -> Measured:
    """Σ counted ÷ Σ cap over enterprise × year, by township; more than the cap is said."""
    with no_collection():
        found = question.once(enterprise_years)
    capped = [one for one in found.values() if one.cap is not None]
    by: defaultdict[str, list[Part]] = defaultdict(list)
    for one in capped:
        for township in one.townships:
            by[township].append(_part(one))
    status = {name: _keys(found, name) for name in ("near", "full", "exceeded", "no_cap")}
    return Measured(
        {"inspections": Figure(tuple(map(_part, capped)), beyond=True)},
        by={
            "township": {
                code: Figure(tuple(parts), beyond=True) for code, parts in sorted(by.items())
            }
        },
        numbers={
            "counted": sum(len(one.counted) for one in capped),
            "cap": sum(one.cap or 0 for one in capped),
            "watched": sum(len(one.watched) for one in found.values()),
        },
        lists={
            **status,
            "beyond": tuple(one for count in capped for one in count.beyond),
            "watched": tuple(one for count in found.values() for one in count.watched),
        },
    )


def _part(one: CapCount) -> Part:
    return Part(one.key, len(one.counted), one.cap or 0)


def _keys(found: Mapping[str, CapCount], status: str) -> tuple[str, ...]:
    return tuple(key for key, one in found.items() if one.status == status)


# ── counting ───────────────────────────────────────────────────────────────────────


def enterprise_years(question: Question) -> Mapping[str, CapCount]:
    """Return the chosen enterprises, in each year that the period touches, by their keys."""
    past = question.past
    if past is None:
        return {}
    held: defaultdict[tuple[str, int], list[Held]] = defaultdict(list)
    for one in cap_counts(question):
        if one.on <= past.end:
            held[one.enterprise, one.on.year].append(one)
    caps = Caps(question.views)
    found: dict[str, CapCount] = {}
    for year in range(past.start.year, past.end.year + 1):
        days = Span(date(year, 1, 1), min(date(year, 12, 31), past.end))
        for code, entries in sorted(_entries(question.registered, days).items()):
            if any(_chosen(question, one, days.end) for one in entries):
                one = _count(code, entries, days, held.get((code, year), ()), caps)
                found[one.key] = one
    return found


def _entries(all_objects: Iterable[Registered], days: Span) -> Mapping[str, list[Registered]]:
    """Return the entries of each enterprise that stood in the register in some days."""
    found: defaultdict[str, list[Registered]] = defaultdict(list)
    for one in all_objects:
        if not any(is_enterprise(term.uscc) for term in one.terms):
            continue
        stood = [
            common
            for about, _ in one.columns
            for start, end in about.spans
            if (common := Span(start, end).within(days)) is not None
        ]
        turns = {
            day
            for span in stood
            for day in (span.start, *(term.valid_from for term in one.terms))
            if span.start <= day <= span.end
        }
        for code in {one.term(day).uscc for day in turns}:
            if is_enterprise(code):
                found[code].append(one)
    return found


def _chosen(question: Question, one: Registered, day: date) -> bool:
    places = [about.place(day) for about, _ in one.columns]
    return any(place is not None and question.chooses(place) for place in places)


def _count(
    code: str, entries: Sequence[Registered], days: Span, held: Sequence[Held], caps: Caps
) -> CapCount:
    counted = [one for one in held if one.counts]
    places = [
        (key, place)
        for one in entries
        for key, (about, _) in zip(one.members, one.columns, strict=True)
        if (place := about.place(days.end)) is not None
    ]
    limits = [caps.on(key, place.object_type, days.end) for key, place in places]
    return CapCount(
        code,
        days.start.year,
        tuple(sorted(one.object for one in entries)),
        tuple(sorted({place.township for _, place in places})),
        min((one for one in limits if one is not None), default=None),
        tuple(one.inspection for one in counted),
        tuple(one.inspection for one in held if not one.counts),
        tuple(one.inspection for one in held if one.beyond),
    )


def planned(question: Question) -> Counter[str]:
    """Return how many visits are assigned to each object this year and not yet held."""
    year = question.today.year
    rows = question.views.select(
        Query(
            "assignments",
            columns=("object",),
            where=(
                ("withdrawn", "=", 0),
                ("due_on", ">=", f"{year}-01-01"),
                ("due_on", "<=", f"{year}-12-31"),
            ),
        )
    )
    held = {
        str(row.values[0])
        for row in question.views.select(
            Query(
                "inspections",
                columns=("assignment",),
                where=(("assignment", "in", [row.key for row in rows]), ("completed_on", "!=", "")),
            )
        )
    }
    return Counter(str(row.values[0]) for row in rows if row.key not in held)
