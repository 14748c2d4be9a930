"""What is asked of the measures, and their answers: each computed once while nothing changes."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

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
MOST_HELD: Final = 16  # questions whose answers are kept


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


class _Held(Struct):
    question: Question
    answers: dict[str, Measured]


def by_domain(question: Question) -> Mapping[str, Sequence[str]]:
    """Return the effective inspections of each domain."""
    of: defaultdict[str, list[str]] = defaultdict(list)
    for one in question.effective:
        of[one.domain].append(one.inspection)
    return dict(sorted(of.items()))


class Measuring:
    """Computes measures from the served views; call it while they are held still.

    One question is shared by all measures, so that what several of them read is read once.
    Answers are kept until the views move on.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._stand: tuple[int, Sequence[View]] = (-1, ())
        self._held: OrderedDict[Asked, _Held] = OrderedDict()
        self._homes = KnownHomes()

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

    def homes(self) -> Homes:
        """Return who is to be hidden (`projections.hidden`)."""
        return self._homes.of(self._current())

    def _of(self, what: Asked) -> _Held:
        views = self._current()
        held = self._held.get(what)
        if held is None:
            question = Question(views, what.period, what.today, what.filters)
            held = self._held[what] = _Held(question, {})
            while len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(what)
        return held

    def _current(self) -> ViewStore:
        """Return the views; forget what was computed before they moved on."""
        views = self._reading.views
        stand = (views.position(), views.views)  # other views may take over at any position
        if stand != self._stand:
            self._held.clear()
            if views.views is not self._stand[1]:
                self._homes = KnownHomes()
            self._stand = stand
        return views
