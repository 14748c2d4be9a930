"""The first page: what runs, what it holds, and coverage at a glance."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from importlib.metadata import version
from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend.enrolments import Enrolments
from backend.measuring import Measuring
from backend.openapi import DOCUMENT, PATH
from backend.pages import Pages, Words, grouped, language_of
from backend.readings import Reading
from backend.rebuilding import Rebuilding
from events.clock import CHINA, microseconds, moment
from events.statements import Checkpoint
from projections.coverage import Coverage, Figure, coverage
from projections.spans import Span

_NAMED: Final = ("objects", "inspections", "items")  # the reducers that coverage is made with


class Measure(Struct, frozen=True):
    """A figure as the page shows it. `required` 0: there is nothing to cover, says `nothing`."""

    title: str
    how: str
    nothing: str
    done: int
    required: int
    percent: str


class Link(Struct, frozen=True):
    """A way to the data."""

    title: str
    path: str
    csv: str = ""


class Overview:
    """Gathers what the first page shows. Coverage is computed once for each position and day."""

    def __init__(
        self,
        *,
        name: str,
        bureau: bytes,
        demo: bool,
        reading: Reading,
        enrolments: Enrolments,
        checkpoint: Callable[[], Checkpoint | None],
        rebuilding: Callable[[], Rebuilding | None],
    ) -> None:
        self.name = name
        self.bureau = bureau.hex()
        self.demo = demo
        self.measuring = Measuring(reading)
        self._reading = reading
        self._enrolments = enrolments
        self._checkpoint = checkpoint
        self._rebuilding = rebuilding
        self._computed: tuple[int, date, Coverage] | None = None

    def context(self, words: Words) -> dict[str, Any]:
        """Return what the template needs, in the words of one language."""
        today = self._reading.today()
        period = Span(date(today.year, 1, 1), date(today.year, 12, 31))
        with self._reading.held() as views:
            found = self._coverage(period, today)
            folded = views.position()
            logs = views.count("devices")
            inspections = views.count("inspections", (("started", "=", 1),))
        size = self._reading.store.size()
        newest = self._checkpoint()
        return {
            "name": self.name,
            "bureau": self.bureau,
            "demo": self.demo,
            "version": version("xunji"),
            "size": size,
            "folded": folded,
            "lag": max(0, size - folded),
            "logs": logs,
            "tablets": sum(one.last_trusted is None for one in self._enrolments.tablets()),
            "inspections": inspections,
            "last_received": on_the_wall(self._reading.received_at(size)),
            "epoch": self._enrolments.roll().epoch,
            "checkpoint": {"root": newest.root.hex(), "size": newest.size} if newest else None,
            "period": str(today.year),
            "measures": measures(found, words.gettext),
            "as_of": self._as_of(found, words.gettext),
            "rebuilding": self._rebuilt(words.gettext),
            "data": _data(words.gettext),
            "interface": _interface(words.gettext),
        }

    def _coverage(self, period: Span, today: date) -> Coverage:
        views = self._reading.views
        held = self._computed
        if held is None or held[:2] != (views.position(), today):
            found = coverage(views, period, today)
            held = self._computed = (found.as_of.position, today, found)
        return held[2]

    def _as_of(self, found: Coverage, _: Callable[[str], str]) -> str:
        position = found.as_of.position
        said = _("Counts up to record {position}, received {when}. Reducers: {versions}.")
        return said.format(
            position=grouped(position),
            when=on_the_wall(self._reading.received_at(position)) or "—",
            versions=", ".join(
                f"{name} {at}" for name, at in found.as_of.versions if name in _NAMED
            ),
        )

    def _rebuilt(self, _: Callable[[str], str]) -> str:
        now = self._rebuilding()
        if now is None:
            return ""
        said = _("A new version of the views is being built: record {position} of {of}.")
        return said.format(position=grouped(now.position), of=grouped(now.of))


def on_the_wall(when: datetime | None) -> str:
    """Write a moment as the clocks of China show it."""
    if when is None:
        return ""
    return moment(microseconds(when), CHINA).strftime("%Y-%m-%d %H:%M (UTC+8)")


def measures(found: Coverage, _: Callable[[str], str]) -> Sequence[Measure]:
    """Return the figures of the page, each with what it divides by."""
    return (
        _measure(
            found.objects,
            _("Objects inspected"),
            _("objects on the list this year with an inspection that counts"),
            _("no objects"),
        ),
        _measure(
            found.items,
            _("Items used"),
            _("plannable items in force that were used at least once"),
            _("no items"),
        ),
        _measure(
            found.breadth.domains,
            _("Domains reached"),
            _("of the eight domains, those with an inspection that counts"),
            _("no domains"),
        ),
        _measure(
            found.villages,
            _("Villages visited"),
            _("villages that have objects and were visited"),
            _("no villages"),
        ),
    )


def _measure(figure: Figure, title: str, how: str, nothing: str) -> Measure:
    percent = "" if figure.rate is None else f"{figure.rate:.1%}".replace("100.0", "100")
    return Measure(title, how, nothing, figure.numerator, figure.denominator, percent)


def _data(_: Callable[[str], str]) -> Sequence[Link]:
    titles = {
        "coverage": _("Coverage"),
        "objects": _("Objects of enforcement"),
        "items": _("Items of enforcement"),
        "inspections": _("Inspections"),
        "devices": _("Tablets and logs"),
    }
    return [
        Link(title, f"/views/{name}", f"/views/{name}?format=csv") for name, title in titles.items()
    ]


def _interface(_: Callable[[str], str]) -> Sequence[Link]:
    return (
        Link(_("Description, to read and to try"), PATH),
        Link(_("Description, as a document"), f"{PATH}{DOCUMENT}"),
        Link(_("Records of the history"), "/history"),
        Link(_("Coverage, computed again from the records"), "/replay/coverage"),
        Link(_("Does what is shown agree with the records?"), "/replay/coverage/difference"),
        Link(_("Is it ready?"), "/ready"),
    )


@get("/", include_in_schema=False, sync_to_thread=True)
def overview(
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    shown: NamedDependency[SkipValidation[Overview]],
) -> Response[str]:
    """Show the first page."""
    words = pages.words(language_of(request))
    return pages.render(request, "overview.html", **shown.context(words))
