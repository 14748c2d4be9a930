"""聚合度量: all measures at a glance, what they count from, and what runs."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend import overview_figures
from backend.enrolments import Enrolments
from backend.measuring import ASKED, Asked, Measuring
from backend.openapi import DOCUMENT, PATH
from backend.pages import Pages, Words, grouped, language_of
from backend.readings import Reading
from backend.rebuilding import Rebuilding
from events.clock import CHINA, microseconds, moment
from events.statements import Checkpoint
from projections.chosen import conditions
from projections.views import Condition, ViewStore


class Link(Struct, frozen=True):
    """A way to the data; `route` is that of its path."""

    title: str
    path: str
    route: str
    csv: str = ""


class Overview:
    """Gathers what the first page shows."""

    def __init__(  # noqa: PLR0913  what it tells of
        self,
        *,
        name: str,
        bureau: bytes,
        demo: bool,
        reading: Reading,
        measuring: Measuring,
        enrolments: Enrolments,
        checkpoint: Callable[[], Checkpoint | None],
        rebuilding: Callable[[], Rebuilding | None],
    ) -> None:
        self.name = name
        self.bureau = bureau.hex()
        self.demo = demo
        self.measuring = measuring
        self._reading = reading
        self._enrolments = enrolments
        self._checkpoint = checkpoint
        self._rebuilding = rebuilding

    def context(self, words: Words, asked: Asked) -> dict[str, Any]:
        """Return what the template needs, in the words of one language."""
        with self._reading.held() as views:
            found = self.measuring.once(asked, overview_figures.figures)
            homes = self.measuring.homes()
            as_of = self._as_of(views, asked.today, words.gettext)
            folded = views.position()
            logs = views.count("devices")
            inspections = views.count("inspections", (("started", "=", 1), *_within(asked)))
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
            "period": str(asked.period.start.year),
            "measures": overview_figures.measures(found.measured, words, homes),
            "quarters": overview_figures.quarters(found.quarters, words),
            "domains": overview_figures.domains(words),
            "zeros": overview_figures.zeros(found.zeros, words),
            "patrols": found.patrols,
            "as_of": as_of,
            "rebuilding": self._rebuilt(words.gettext),
            "data": _data(words.gettext),
            "interface": _interface(words.gettext),
        }

    def _as_of(self, views: ViewStore, today: date, _: Callable[[str], str]) -> str:
        position = views.position()
        read = overview_figures.views_read()
        said = _("Counts up to record {position}, received {when}; judged on {day}. {versions}.")
        return said.format(
            position=grouped(position),
            when=on_the_wall(self._reading.received_at(position)) or "—",
            day=today.isoformat(),
            versions=", ".join(
                f"{one.name} {one.version}" for one in views.views if one.name in read
            ),
        )

    def _rebuilt(self, _: Callable[[str], str]) -> str:
        now = self._rebuilding()
        if now is None:
            return ""
        said = _("A new version of the views is being built: record {position} of {of}.")
        return said.format(position=grouped(now.position), of=grouped(now.of))


def _within(asked: Asked) -> Sequence[Condition]:
    """Return what inspections are counted: those of the township and the domain asked for."""
    named = (("township", asked.filters.township), ("domain", asked.filters.domain))
    return conditions(named)


def on_the_wall(when: datetime | None) -> str:
    """Write a moment as the clocks of China show it."""
    if when is None:
        return ""
    return moment(microseconds(when), CHINA).strftime("%Y-%m-%d %H:%M (UTC+8)")


def _data(_: Callable[[str], str]) -> Sequence[Link]:
    titles = {
        "measures": _("Measures"),
        "coverage": _("Coverage"),
        "objects": _("Objects of enforcement"),
        "items": _("Items of enforcement"),
        "inspections": _("Inspections"),
        "devices": _("Tablets and logs"),
    }
    return [
        Link(title, f"/views/{name}", f"/views/{name}", f"/views/{name}?format=csv")
        for name, title in titles.items()
    ]


def _interface(_: Callable[[str], str]) -> Sequence[Link]:
    return (
        Link(_("Description, to read and to try"), PATH, PATH),
        Link(_("Description, as a document"), f"{PATH}{DOCUMENT}", f"{PATH}{DOCUMENT}"),
        Link(_("Records of the history"), "/history", "/history"),
        Link(_("Coverage, computed again from the records"), "/replay/coverage", "/replay/{view}"),
        Link(
            _("Does what is shown agree with the records?"),
            "/replay/coverage/difference",
            "/replay/{view}/difference",
        ),
        Link(_("Is it ready?"), "/ready", "/ready"),
    )


@get("/measures", include_in_schema=False, dependencies=ASKED, sync_to_thread=True)
def overview(
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    shown: NamedDependency[SkipValidation[Overview]],
    asked: NamedDependency[SkipValidation[Asked]],
) -> Response[str]:
    """Show all measures of a period."""
    words = pages.words(language_of(request))
    return pages.render(request, "overview.html", **shown.context(words, asked))
