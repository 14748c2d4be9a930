"""The figures of the first page: all measures, social organisations by quarter, the four zeros."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from backend import measure_words as naming
from backend.measuring import Asked, Measuring
from backend.pages import Words, grouped
from projections.coverage import DOMAINS
from projections.figures import Measured
from projections.goals import Goal, GoalCount, goals
from projections.hidden import SMALL, Homes, reads
from projections.measures import MEASURES
from projections.spans import Span
from projections.steps import steps_of

BREADTH: Final = "domain_breadth"
OVERDUE: Final = "overdue"  # what a measure calls the list of what is past its day


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


_NOTHING: Final[Mapping[str, str]] = {
    "item_coverage": _("no items"),
    "domain_breadth": _("no domains"),
    "area_coverage": _("no villages"),
}
_GOALS: Final[Mapping[Goal, str]] = {
    "begging": _("Begging"),
    "sleeping_rough": _("Sleeping rough"),
    "accident": _("Accidents"),
    "public_anger": _("Public anger"),
}


PAGES: Final[Mapping[str, str]] = {
    "officer_participation": "/officers",
    "supervision_faces": "/faces",
    "rectification_closure": "/follow-ups?what=order",
    "procedure_completeness": "/faults",
}
"""Pages that show the rows behind a measure; of the others they are data."""


class Measure(Struct, frozen=True):
    """A measure as the page shows it. `required` 0: there is nothing to cover, says `nothing`."""

    title: str
    how: str
    path: str
    nothing: str
    done: int
    required: int
    percent: str
    overdue: int
    overdue_path: str

    @property
    def bar(self) -> int:
        """How long the bar is: a cap may be exceeded, a bar not."""
        return min(self.done, self.required)


class Quarter(Struct, frozen=True):
    """Inspections of a quarter by domain, and the share of social organisations ("": none)."""

    title: str
    share: str
    counts: Mapping[str, str]


class Zero(Struct, frozen=True):
    """One of the four zeros: the goal and the count side by side. `count` None: no patrol."""

    title: str
    target: int
    count: int | None
    unsaid: int
    together: str


class Figures(Struct, frozen=True):
    """All figures of the page, before they are put in words."""

    measured: Mapping[str, Measured]
    quarters: Sequence[tuple[Span, Measured]]
    zeros: Sequence[GoalCount]
    patrols: int


def figures(measuring: Measuring, asked: Asked) -> Figures:
    """Compute what the page shows of a year, while the views are held."""
    begun = [span for span in steps_of(asked.period, "quarter") if span.start <= asked.today]
    seen = measuring.question(asked).once(goals).whole
    return Figures(
        measuring.all(asked),
        [(span, measuring.measured(BREADTH, asked.over(span))) for span in begun],
        seen.goals,
        seen.patrols,
    )


def measures(
    found: Mapping[str, Measured], words: Words, homes: Homes | None = None
) -> Sequence[Measure]:
    """Return the measures, each with what it divides by and the way to its rows.

    Nothing is told of one that stands for fewer than five homes.
    """
    return [_measure(name, one, words, homes or {}) for name, one in found.items()]


def _measure(name: str, one: Measured, words: Words, homes: Homes) -> Measure:
    figure = one.figure
    hidden = reads(figure, homes)
    percent = "" if figure.rate is None else f"{figure.rate:.1%}".replace("100.0", "100")
    path = f"/views/measures/{name}"
    return Measure(
        naming.measure_name(name, words),
        naming.measure_how(name, words),
        PAGES.get(name, f"{path}?rows=true"),
        hidden or words.gettext(_NOTHING.get(name, _("no objects"))),
        figure.numerator,
        0 if hidden else figure.denominator,
        percent,
        0 if hidden else len(one.lists.get(OVERDUE, ())),
        f"{path}?list={OVERDUE}",
    )


def quarters(found: Sequence[tuple[Span, Measured]], words: Words) -> Sequence[Quarter]:
    """Return the quarters that have begun, with their counts by domain."""
    return [
        Quarter(
            words.gettext(_("Q{number}")).format(number=_number(span.start)),
            _share(one.numbers.get("concentration")),
            {domain: _count(one.numbers.get(f"inspections.{domain}", 0)) for domain in DOMAINS},
        )
        for span, one in found
    ]


def _number(day: date) -> int:
    return (day.month + 2) // 3


def _count(count: float | None) -> str:
    return SMALL if count is None else grouped(int(count))


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def domains(words: Words) -> Mapping[str, str]:
    """Return what domains are called."""
    return {code: words.gettext(name) for code, name in naming.DOMAINS.items()}


def zeros(found: Sequence[GoalCount], words: Words) -> Sequence[Zero]:
    """Return the four zeros in words."""
    return [
        Zero(
            words.gettext(_GOALS[one.goal]),
            one.target,
            one.count,
            one.unsaid,
            words.gettext(_GOALS[one.together_with]) if one.together_with else "",
        )
        for one in found
    ]


def views_read() -> frozenset[str]:
    """Return the names of the views that measures read."""
    return frozenset(name for one in MEASURES.values() for name in one.views)
