"""A measure in two periods, and step by step through one: what changed, and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Struct

from backend import measure_words as naming
from backend.exports.sending import as_table
from backend.measures import require, versions
from backend.measuring import ASKED, Asked, Measuring, by_domain
from backend.problems import ProblemError
from backend.readings import MOST, AsOf, Format, Reading, query_of, wants_table
from backend.telling import Both, FigureOut, Teller, both, numbers
from projections.comparison import (
    Change,
    Comparison,
    Moved,
    NothingBeforeError,
    before_it,
    compare,
)
from projections.hidden import Homes, hidden_counted
from projections.measures import MEASURES
from projections.spans import Span
from projections.steps import Step, TooManyStepsError, steps_of

MOST_STEPS: Final = 60
_COLUMNS: Final = (
    "by", "value", "name", "then_done", "then_of", "then_words", "done", "of", "words", "points",
    "came", "went", "joined", "left",
)  # fmt: skip

_AgainstFrom = Annotated[
    date | None,
    QueryParameter(name="against_from", description="first day of the period to compare with"),
]
_AgainstTo = Annotated[date | None, QueryParameter(name="against_to", description="its last day")]
_Rows = Annotated[bool, QueryParameter(description="with the rows that came and went")]
_Step = Annotated[Step, QueryParameter(description="how long a step is")]


class ChangedRows(Struct, frozen=True):
    """Which rows came and went; at most a thousand each."""

    came: Sequence[str]
    went: Sequence[str]
    joined: Sequence[str]
    left: Sequence[str]


class ChangeOut(Struct, frozen=True):
    """A figure then and now; `points` of a hundred between them; how many rows came and went."""

    key: str
    name: str
    then: FigureOut
    now: FigureOut
    points: float | None = None
    came: int | None = None
    went: int | None = None
    joined: int | None = None
    left: int | None = None
    rows: ChangedRows | None = None


class ComparedOut(Struct, frozen=True):
    """A measure in `period`, beside the one `against` which it is compared."""

    as_of: AsOf
    period: Span
    against: Span
    measure: str
    version: int
    name: Both
    figures: Sequence[ChangeOut]
    by: Mapping[str, Sequence[ChangeOut]]
    numbers: Mapping[str, Moved]


class StepOut(Struct, frozen=True):
    """A step: the figure and numbers of the measure, and where inspections counted, by domain.

    Numbers and counts are None where they are hidden.
    """

    period: Span
    figure: FigureOut
    numbers: Mapping[str, float | None]
    inspections: Mapping[str, int | None]


class SeriesOut(Struct, frozen=True):
    """A measure, step by step."""

    as_of: AsOf
    period: Span
    measure: str
    version: int
    name: Both
    step: str
    steps: Sequence[StepOut]


@get(
    "/views/measures/{name:str}/comparison",
    tags=["views"],
    summary="两期对比 · one measure in two periods",
    dependencies=ASKED,
    sync_to_thread=True,
)
def comparison(  # noqa: PLR0913  what may be asked of it
    *,
    request: Request[Any, Any, Any],
    name: FromPath[str],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    against_from: _AgainstFrom = None,
    against_to: _AgainstTo = None,
    rows: _Rows = False,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Compare a period with another; by default with the one of the same length before it.

    Of a period that is not over, what has passed is compared with as much of the one before.
    """
    require(name)
    against = _against(asked, against_from, against_to)
    with reading.held() as views:
        then = measuring.measured(name, asked.over(against))
        found = compare(then, measuring.measured(name, asked))
        teller = Changes(request, measuring.homes(), rows=rows)
        teller.learn(views, (), found.by)
        as_of = reading.as_of(query_of(request), asked.today, views, versions(name))
    if wants_table(request, format):
        return as_table(
            request, f"{name}-compared", teller.compared(found), as_of, spoken=teller.words
        )
    return Response(
        ComparedOut(
            as_of,
            asked.period,
            against,
            name,
            MEASURES[name].version,
            both(name),
            teller.changes(found.figures),
            {key: teller.broken_down(key, values) for key, values in found.by.items()},
            teller.moved(found),
        )
    )


@get(
    "/views/measures/{name:str}/series",
    tags=["views"],
    summary="逐期数据 · one measure step by step",
    dependencies=ASKED,
    sync_to_thread=True,
)
def series(
    *,
    request: Request[Any, Any, Any],
    name: FromPath[str],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    step: _Step = "month",
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """Compute a measure for each step of a period that has begun, with inspections by domain."""
    require(name)
    spans = begun(asked, step)
    with reading.held() as views:
        teller = Teller(request, measuring.homes())
        steps = [one_step(measuring, name, asked.over(span), teller) for span in spans]
        as_of = reading.as_of(query_of(request), asked.today, views, versions(name))
    if wants_table(request, format):
        return as_table(
            request, f"{name}-{step}", _lines(steps, teller), as_of, spoken=teller.words
        )
    version = MEASURES[name].version
    return Response(SeriesOut(as_of, asked.period, name, version, both(name), step, steps))


def _against(asked: Asked, first: date | None, last: date | None) -> Span:
    if first is None and last is None:
        try:
            return before_it(asked.period, asked.today)
        except NothingBeforeError as early:
            reason = "nothing lies before this day"
            parameter = {"name": "from", "reason": reason}
            raise ProblemError("bad-request", parameters=[parameter]) from early
    if first is None or last is None or last < first:
        reason = "both days are wanted, the first one first"
        parameter = {"name": "against_from", "reason": reason}
        raise ProblemError("bad-request", parameters=[parameter])
    return Span(first, last)


def begun(asked: Asked, step: Step) -> Sequence[Span]:
    """Return the steps of a period that have begun; so few that no other reader waits long."""
    past = asked.period.within(Span(date.min, asked.today))
    try:
        spans = steps_of(asked.period, step) if past else ()
    except TooManyStepsError:
        spans = (asked.period,) * (MOST_STEPS + 1)
    if len(spans) > MOST_STEPS:
        reason = f"more than {MOST_STEPS} steps"
        raise ProblemError("bad-request", parameters=[{"name": "step", "reason": reason}])
    return [span for span in spans if span.start <= asked.today]


def one_step(measuring: Measuring, name: str, what: Asked, teller: Teller) -> StepOut:
    """Return a measure over one step."""
    found = measuring.measured(name, what)
    key = next(iter(found.figures))
    figure = teller.figure(key, found.figure)
    of = by_domain(measuring.question(what))
    few = hidden_counted(of, teller.homes)
    told = dict.fromkeys(found.numbers) if teller.is_hidden(found.figure) else found.numbers
    counts = {domain: None if domain in few else len(keys) for domain, keys in of.items()}
    return StepOut(what.period, figure, told, counts)


def _lines(steps: Sequence[StepOut], teller: Teller) -> Iterator[dict[str, Any]]:
    """Return steps as rows of a table: all with the same columns."""
    names = list(dict.fromkeys(name for one in steps for name in one.numbers))
    domains = sorted({domain for one in steps for domain in one.inspections})
    for one in steps:
        yield {
            "from": one.period.start,
            "to": one.period.end,
            **numbers(one.figure, teller.words),
            **{name: one.numbers.get(name) for name in names},
            **{f"inspections.{domain}": one.inspections.get(domain, 0) for domain in domains},
        }


class Changes(Teller):
    """Tells changes; where one of the two figures is hidden, nothing is told of it."""

    def __init__(
        self, request: Request[Any, Any, Any], homes: Homes, *, rows: bool = False
    ) -> None:
        super().__init__(request, homes)
        self._with_rows = rows

    def changes(self, found: Mapping[str, Change]) -> list[ChangeOut]:
        """Return the changes of figures."""
        return [
            self._change(self.figure(key, one.then), self.figure(key, one.now), one)
            for key, one in found.items()
        ]

    def broken_down(self, by: str, values: Mapping[str, Change]) -> list[ChangeOut]:
        """Return the changes of a breakdown."""
        then = self.breakdown(by, {value: one.then for value, one in values.items()})
        now = self.breakdown(by, {value: one.now for value, one in values.items()})
        return [self._change(*pair) for pair in zip(then, now, values.values(), strict=True)]

    def _change(self, then: FigureOut, now: FigureOut, one: Change) -> ChangeOut:
        if then.of is None or now.of is None:
            return ChangeOut(now.key, now.name, then, now)
        kept = (one.came, one.went, one.joined, one.left)
        rows = ChangedRows(*(keys[:MOST] for keys in kept)) if self._with_rows else None
        came, went, joined, left = map(len, kept)
        return ChangeOut(now.key, now.name, then, now, one.points, came, went, joined, left, rows)

    def moved(self, found: Comparison) -> Mapping[str, Moved]:
        """Return how numbers moved; nothing of them where the figure is hidden."""
        one = next(iter(found.figures.values()))
        is_hidden = self.is_hidden(one.then) or self.is_hidden(one.now)
        return {} if is_hidden else found.numbers

    def compared(self, found: Comparison) -> Iterator[dict[str, Any]]:
        """Return changes as rows of a table: figures, breakdowns, then numbers."""
        for one in self.changes(found.figures):
            yield self._compared("", one)
        for name, values in found.by.items():
            for one in self.broken_down(name, values):
                yield self._compared(naming.called(name, self.words), one)
        for name, moved in self.moved(found).items():
            yield {
                **dict.fromkeys(_COLUMNS),
                "value": name,
                "name": naming.called(name, self.words),
                "then_done": moved.then,
                "done": moved.now,
            }

    def _compared(self, by: str, one: ChangeOut) -> dict[str, Any]:
        then, now = numbers(one.then, self.words), numbers(one.now, self.words)
        return {
            "by": by,
            "value": one.key,
            "name": one.name,
            **{f"then_{name}": then[name] for name in ("done", "of", "words")},
            **{name: now[name] for name in ("done", "of", "words")},
            "points": one.points,
            "came": one.came,
            "went": one.went,
            "joined": one.joined,
            "left": one.left,
        }
