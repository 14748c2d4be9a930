"""Why an allowance did not fit, what followed, and whose hands it went through.

Three things that are easily taken for one another and stand apart here: what the township
proposed, what the bureau decided, and the cause that it established. Each cause asks for another
follow-up (domain.md, 4): an error is traced, favour goes to discipline inspection, fraud to a
case or the police, a payment after a death is recovered. What is missing is named.

For auditors: allowances that were decided or recovered where one of the crew is related to the
household, or where the same two officers came each time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from projections.figures import Figure, Part, summed
from projections.follow_ups import Following, following
from projections.followed import Cause, Followed
from projections.question import Question
from projections.rechecks import RECHECK
from projections.spans import Span
from projections.views import Query

CAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "change": (),
    "error": ("correct_and_trace",),
    "favour": ("transfer_discipline",),
    "fraud": ("case_filing", "transfer_police", "recovery"),
    "death": ("recovery",),
}
"""Each cause with the follow-ups that answer it, any of them; none: nobody is at fault."""

_PAIR: Final = 2


class CauseLine(Struct, frozen=True, gc=False):
    """A cause that was established, and what was done about it by today.

    `follow_ups` are the codes of what followed; `missing` says that none of them answers it.
    """

    cause: str
    on: date
    inspection: str
    object: str
    domain: str
    township: str
    village: str
    proposed_on: date | None
    decided_on: date | None
    follow_ups: tuple[str, ...]
    missing: bool
    position: int


class Benefits(Struct, frozen=True):
    """Proposals of the period, and what became of them by today; `figure` counts by household.

    `pending` tells for each that waits for its decision how many days it has waited.
    """

    figure: Figure
    pending: Mapping[str, int]
    rights_untold: tuple[str, ...]

    @property
    def proposed(self) -> int:
        return self.figure.denominator

    @property
    def decided(self) -> int:
        return self.figure.numerator


class Handled(Struct, frozen=True, gc=False):
    """A household whose allowance somebody has to look at again, and why.

    `related` are inspections at which one of the crew was related to it; `same_pair` are two
    officers who came on all of `visits` days.
    """

    object: str
    township: str
    related: tuple[str, ...]
    same_pair: tuple[str, ...]
    visits: int
    proposed: int
    decided: int
    recovered: int


class Causes(Struct, frozen=True):
    """Causes of the period one by one; by cause and township, with how many were answered."""

    lines: tuple[CauseLine, ...]
    answered: Mapping[str, Figure]
    townships: Mapping[str, Mapping[str, Figure]]
    benefits: Benefits
    handled: tuple[Handled, ...]


def causes(question: Question) -> Causes:
    """Return what was established in the period, and what followed to this day."""
    held = _held(question)
    lines = sorted(_lines(question, held), key=lambda one: (one.on, one.inspection, one.cause))
    return Causes(
        tuple(lines),
        {cause: _answered(one for one in lines if one.cause == cause) for cause in CAUSES},
        {
            cause: {
                town: _answered(one for one in lines if (one.cause, one.township) == (cause, town))
                for town in sorted({one.township for one in lines if one.cause == cause})
            }
            for cause in CAUSES
        },
        _benefits(question, held),
        tuple(_handled(question, held)),
    )


def _held(question: Question) -> list[Following]:
    """Return where a cause, a recovery or a proposal of the period stands.

    A proposal of the period was decided on since it began, or is still open: older ones, which
    are most, need not be read.
    """
    found = following(question, Followed.CAUSE | Followed.RECOVERY | Followed.OPEN)
    since = ("follow_ended_on", ">=", question.period.start.isoformat())
    found += following(question, Followed.BENEFIT, since)
    return [one for one in {one.inspection: one for one in found}.values() if not one.voided]


def _lines(question: Question, held: Iterable[Following]) -> Iterable[CauseLine]:
    past = question.past
    for of in held:
        for cause in of.follow.causes:
            if past is not None and past.start <= cause.on <= past.end:
                yield _line(of, cause, question.today)


def _line(of: Following, cause: Cause, today: date) -> CauseLine:
    benefits = of.follow.benefits
    meant = next((one for one in benefits if one.proposal == cause.proposal), None)
    meant = meant or next(iter(benefits), None)
    followed = _follow_ups(of, cause, today)
    asked = CAUSES.get(cause.cause, ())
    decided_on = meant.decided_on if meant else None
    return CauseLine(
        cause.cause, cause.on, of.inspection, of.object, of.domain, of.township, of.village,
        meant.proposed_on if meant else None,
        decided_on if decided_on and decided_on <= today else None,
        followed, bool(asked) and not set(asked) & set(followed), cause.position,
    )  # fmt: skip


def _follow_ups(of: Following, cause: Cause, today: date) -> tuple[str, ...]:
    """Return the codes of what followed: as the bureau said, and what was really begun."""
    begun = {cause.follow_up} if cause.follow_up else set[str]()
    told = of.follow
    if any(one.started_on and one.started_on <= today for one in told.recoveries):
        begun.add("recovery")
    if any(one.opened_on and one.opened_on <= today for one in told.cases):
        begun.add("case_filing")
    return tuple(sorted(begun))


def _answered(lines: Iterable[CauseLine]) -> Figure:
    """Return by household how many of its causes were answered."""
    of: defaultdict[str, list[bool]] = defaultdict(list)
    for one in lines:
        of[one.object].append(not one.missing)
    return summed(Part(key, sum(held), len(held)) for key, held in of.items())


# ── proposed and decided ───────────────────────────────────────────────────────────


def _benefits(question: Question, held: Iterable[Following]) -> Benefits:
    past, today = question.past, question.today
    proposals = [
        (of.object, one)
        for of in held
        for one in of.follow.benefits
        if past and one.proposed_on and past.start <= one.proposed_on <= past.end
    ]
    proposed = [one for _, one in proposals]
    decided = [one for one in proposed if one.decided_on and one.decided_on <= today]
    told = {one.proposal for one in decided}
    pending = {
        one.proposal: (today - one.proposed_on).days
        for one in proposed
        if one.proposed_on and one.proposal not in told
    }
    of_homes: defaultdict[str, list[bool]] = defaultdict(list)
    for home, one in proposals:
        of_homes[home].append(one.proposal in told)
    return Benefits(
        summed(Part(home, sum(ended), len(ended)) for home, ended in of_homes.items()),
        dict(sorted(pending.items(), key=lambda pair: (-pair[1], pair[0]))),
        tuple(sorted(one.proposal for one in decided if not one.rights_told)),
    )


# ── whose hands ────────────────────────────────────────────────────────────────────


def _handled(question: Question, held: Iterable[Following]) -> Iterable[Handled]:
    """Yield households with an allowance in question that always the same two, or kin, visited."""
    visits = _visits(question)
    of: defaultdict[str, list[Following]] = defaultdict(list)
    for one in held:
        of[one.object].append(one)
    past = question.past
    for thing, told in sorted(of.items()):
        crews, related = visits.get(thing, ([], []))
        pair = _same_pair(crews)
        if past is None or not (pair or related):
            continue
        benefits = [b for one in told for b in one.follow.benefits if _within(past, b.proposed_on)]
        started = [r.started_on for one in told for r in one.follow.recoveries]
        recovered = sum(_within(past, day) for day in started)
        if benefits or recovered:
            decided = sum(_within(past, one.decided_on) for one in benefits)
            yield Handled(
                thing, told[-1].township, tuple(related), pair, len(crews), len(benefits),
                decided, recovered,
            )  # fmt: skip


def _within(span: Span, day: date | None) -> bool:
    return day is not None and span.start <= day <= span.end


def _same_pair(crews: list[frozenset[str]]) -> tuple[str, ...]:
    """Return the officers who were there each time, where two were and it was more than once."""
    if len(crews) < _PAIR:
        return ()
    always = crews[0].intersection(*crews[1:])
    return tuple(sorted(always)) if len(always) >= _PAIR else ()


def _visits(question: Question) -> dict[str, tuple[list[frozenset[str]], list[str]]]:
    """Return of each household the crews of its rechecks, and those with a relative in it."""
    past = question.past
    if past is None:
        return {}
    rows = question.views.select(
        Query(
            "inspections",
            columns=("object", "officers", "faults"),
            where=(
                ("completed_on", ">=", past.start.isoformat()),
                ("completed_on", "<=", past.end.isoformat()),
                ("kind", "=", RECHECK),
                ("voided", "=", 0),
            ),
            order=("completed_on",),
        )
    )
    found: defaultdict[str, tuple[list[frozenset[str]], list[str]]] = defaultdict(lambda: ([], []))
    for inspection, (thing, officers, faults), _ in rows:
        crews, related = found[str(thing)]
        crews.append(frozenset(str(officers).split()))
        if any(fault.startswith(_KINSHIP) for fault in str(faults).split()):
            related.append(inspection)
    return found


_KINSHIP: Final = "kinship@"
