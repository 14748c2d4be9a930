"""What is asked of the measures, and their answers: each computed once while nothing changes."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from time import monotonic
from typing import Any, Final, Protocol, TypeAlias, TypeVar, cast

from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from msgspec import Struct, structs

from backend.problems import ProblemError
from backend.readings import Code, From, Reading, Today, Until, period_of
from projections.figures import Measured
from projections.garbage import no_collection
from projections.hidden import Homes, KnownHomes, told_numbers
from projections.measures import MEASURES
from projections.question import Filters, Question
from projections.spans import Span
from projections.view import View
from projections.views import ViewStore

_BREADTH: Final = "domain_breadth"
MOST_HELD: Final = 24  # questions whose answers are kept
LATELY: Final = 900.0  # seconds since something was asked for the last time
PATIENCE: Final = 30.0  # seconds that are spent on working out ahead


class Asked(Struct, frozen=True):
    """A period, the day to judge from, and what to look at."""

    period: Span
    today: date
    filters: Filters = Filters()

    def over(self, period: Span) -> "Asked":
        """Return the same, asked of another period."""
        return Asked(period, self.today, self.filters)


def asked(  # noqa: PLR0913  filters
    *,
    reading: NamedDependency[SkipValidation[Reading]],
    township: Code = None,
    village: Code = None,
    domain: Code = None,
    kind: Code = None,
    officer: Code = None,
    first: From = None,
    last: Until = None,
    today: Today = None,
) -> Asked:
    """Read what is asked from the query; by default all of this calendar year.

    Every route that computes measures takes its parameters from here.
    """
    day = today or reading.today()
    filters = Filters(township=township, village=village, domain=domain, kind=kind, officer=officer)
    return Asked(period_of(first, last, day), day, filters)


ASKED: Final = {"asked": Provide(asked, sync_to_thread=True)}
"""The dependencies of a route that computes measures."""


def asked_by_item(
    *,
    of_all: NamedDependency[SkipValidation[Asked]],
    reading: NamedDependency[SkipValidation[Reading]],
    item: Code = None,
) -> Asked:
    """Read what is asked of a map, which is told by item too."""
    if item is None or not item:
        return of_all
    with reading.held() as views:
        if item not in views.load("items", [item]):
            reason = "no item of the list"
            raise ProblemError("bad-request", parameters=[{"name": "item", "reason": reason}])
    return structs.replace(of_all, filters=structs.replace(of_all.filters, item=item))


ASKED_BY_ITEM: Final = {
    "of_all": Provide(asked, sync_to_thread=True),
    "asked": Provide(asked_by_item, sync_to_thread=True),
}
"""The dependencies of a route whose answer an item cuts down."""


T = TypeVar("T")
Work: TypeAlias = Callable[["Measuring", Asked], T]


class Views(Protocol):
    """What measures are computed from."""

    @property
    def views(self) -> ViewStore:
        """The views as they stand."""
        ...


class Still(Struct, frozen=True):
    """Views that stand still, to measure."""

    views: ViewStore


class Held(Struct):
    """A question and its answers; `asked_at` on a clock that only goes forward, in seconds."""

    question: Question
    answers: dict[str, Measured]
    worked_out: dict[Work[Any], Any]
    asked_at: float


class Kept(Struct):
    """What was worked out of views as they stand at a position."""

    stand: tuple[int, Sequence[View]]
    homes: KnownHomes
    held: OrderedDict[Asked, Held]

    def forget(self) -> None:
        """Let go of all answers."""
        for one in self.held.values():
            one.question.forget()
        self.held.clear()


def by_domain(question: Question) -> Mapping[str, Sequence[str]]:
    """Return the effective inspections of each domain."""
    of: defaultdict[str, list[str]] = defaultdict(list)
    for one in question.effective:
        of[one.domain].append(one.inspection)
    return dict(sorted(of.items()))


class Measuring:
    """Computes measures from the served views; call it while they are held still.

    One question is shared by all measures, so that what several of them read is read once.
    Answers are kept until the views move on; what was asked lately can be worked out `ahead`.
    """

    def __init__(self, reading: Views, kept: Kept | None = None) -> None:
        self._reading = reading
        self.kept = kept or Kept((-1, ()), KnownHomes(), OrderedDict())

    def measured(self, name: str, what: Asked) -> Measured:
        """Return a measure."""
        held = self._of(what)
        if name not in held.answers:
            with no_collection():
                held.answers[name] = self._computed(name, held.question)
        return held.answers[name]

    def _computed(self, name: str, question: Question) -> Measured:
        found = MEASURES[name].compute(question)
        if not found.numbers or name != _BREADTH:
            return found
        told = told_numbers(found.numbers, by_domain(question), self.homes())
        return structs.replace(found, numbers=told)

    def all(self, what: Asked) -> Mapping[str, Measured]:
        """Return all measures, in the order of the registry."""
        return {name: self.measured(name, what) for name in MEASURES}

    def question(self, what: Asked) -> Question:
        """Return what the measures read."""
        return self._of(what).question

    def once(self, what: Asked, work: Work[T]) -> T:
        """Return what a function works out of these measures, worked out the first time only."""
        held = self._of(what)
        if work not in held.worked_out:
            held.worked_out[work] = work(self, what)
        return cast("T", held.worked_out[work])

    def of(self, views: ViewStore) -> "Measuring":
        """Return the measures of some views: these, where they stand alike."""
        own = self._reading.views
        alike = (own.position(), own.views) == (views.position(), views.views)
        return self if alike else Measuring(Still(views))

    def ahead(self, views: Views, still: AbstractContextManager[object]) -> Kept:
        """Work out of other views what was asked of these lately; `still` is held to look here.

        Of what takes too long, the rest is left until somebody asks.
        """
        with still:
            kept = Kept(self.kept.stand, self.kept.homes.copy(), OrderedDict())
            asked = [
                (what, held.asked_at, held.question.answered, [*held.answers], [*held.worked_out])
                for what, held in reversed(self.kept.held.items())
                if monotonic() - held.asked_at < LATELY
            ]
        made = Measuring(views, kept)
        until = monotonic() + PATIENCE
        for what, _, answered, names, works in asked:
            if monotonic() < until:
                made.question(what).again(answered)
                for name in names:
                    made.measured(name, what)
                for work in works:
                    made.once(what, work)
        for what, asked_at, *_ in reversed(asked):
            if what in kept.held:
                kept.held[what].asked_at = asked_at
                kept.held.move_to_end(what)
        return kept

    def take(self, kept: Kept) -> None:
        """Answer with what was worked out ahead from now on."""
        before, self.kept = self.kept, kept
        before.forget()

    def homes(self) -> Homes:
        """Return who is to be hidden (`projections.hidden`)."""
        views = self._current()
        return self.kept.homes.of(views)

    def _of(self, what: Asked) -> Held:
        views = self._current()
        all_held = self.kept.held
        held = all_held.get(what)
        if held is None:
            question = Question(views, what.period, what.today, what.filters)
            held = all_held[what] = Held(question, {}, {}, monotonic())
            while len(all_held) > MOST_HELD:
                all_held.popitem(last=False)[1].question.forget()
        all_held.move_to_end(what)
        held.asked_at = monotonic()
        return held

    def _current(self) -> ViewStore:
        """Return the views; forget what was computed before they moved on."""
        views, kept = self._reading.views, self.kept
        stand = (views.position(), views.views)  # other views may take over at any position
        if stand != kept.stand:
            kept.forget()
            if views.views is not kept.stand[1]:
                kept.homes = KnownHomes()
            kept.stand = stand
        return views
