"""What stands around every page: where its reader may go, and how fresh what they see is.

Where one may go is read from the routes themselves: a page is offered if it is served and its
right is among the reader's. So nothing here can promise what the guard refuses.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation
from litestar.response import Redirect
from markupsafe import Markup, escape
from msgspec import Struct

from backend.pages import Words, grouped
from backend.people.guard import may_open
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import Reading
from events.clock import CHINA, moment
from projections.device_list import DeviceLine, device_list
from projections.spans import after
from projections.views import ViewReader
from projections.working_calendar import Calendar, calendar

MOST_DEVICES: Final = 10_000


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


class Way(Struct, frozen=True):
    """A page and what it is called; `under` are the beginnings of pages that belong to it."""

    path: str
    title: str
    under: tuple[str, ...] = ()


class Group(Struct, frozen=True):
    """Pages that stand together."""

    title: str
    ways: tuple[Way, ...]


GROUPS: Final = (
    Group(_("Overview"), (Way("/monday", _("This week")), Way("/measures", _("Measures")))),
    Group(
        _("Coverage"),
        (
            Way("/map", _("Coverage map")),
            Way("/officers", _("Officers")),
            Way("/faces", _("Supervision faces")),
        ),
    ),
    Group(
        _("To do"),
        (
            Way("/due", _("Due")),
            Way("/follow-ups", _("Findings and deadlines")),
            Way("/faults", _("Procedure faults")),
            Way("/caps", _("Caps and joint visits")),
            Way("/approvals", _("Approvals")),
        ),
    ),
    Group(
        _("Inventories"),
        (
            Way("/items", _("Items"), ("/items/",)),
            Way("/objects", _("Objects"), ("/objects/", "/inspections/")),
            Way("/import", _("Import"), ("/import/",)),
            Way("/imports", _("Imports so far"), ("/imports/",)),
            Way("/exports", _("Exports")),
        ),
    ),
    Group(
        _("Administration"),
        (
            Way("/accounts", _("Accounts"), ("/accounts/",)),
            Way("/tablets", _("Tablets"), ("/tablets/",)),
            Way("/access-log", _("Access log")),
        ),
    ),
)


class Door(Struct, frozen=True):
    """A way as the frame shows it."""

    path: str
    title: str
    here: bool


class Silent(Struct, frozen=True):
    """A tablet of which nothing was received for a whole working day or longer."""

    device: str
    name: str
    since: date | None
    townships: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    def concerns(self, reader: Reader) -> bool:
        """Tell whether a reader's scope meets what the tablet is for; without any: everything."""
        return _meet(reader.townships, self.townships) and _meet(reader.domains, self.domains)


class Standing(Struct, frozen=True):
    """How far figures count: up to which record, when it came, how many wait, who is silent."""

    position: int
    received: str
    lag: int
    silent: tuple[Silent, ...]

    def of(self, reader: Reader) -> "Standing":
        """Return how it stands for a reader: of the tablets, those within their scope."""
        silent = tuple(one for one in self.silent if one.concerns(reader))
        return Standing(self.position, self.received, self.lag, silent)

    def said(self) -> dict[str, str]:
        """Return what the quiet line shows, in words of no language."""
        return {
            "position": grouped(self.position),
            "received": self.received or "—",
            "silent": " · ".join(one.name or one.device[:8] for one in self.silent) or "—",
        }


class Standings:
    """Tells how far the served views count. Who is silent is looked up once a position and day."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._held: tuple[tuple[int, date], Standing] | None = None

    def now(self) -> Standing:
        """Return how it stands, for a reader who sees all of it."""
        with self._reading.held() as views:
            position, today = views.position(), self._reading.today()
            held = self._held
            if held is None or held[0] != (position, today):
                found = Standing(position, self._when(position), 0, silent(views, today))
                held = self._held = ((position, today), found)
        return Standing(
            position, held[1].received, max(0, self._reading.store.size() - position),
            held[1].silent,
        )  # fmt: skip

    def _when(self, position: int) -> str:
        received_at = self._reading.received_at(position)
        return f"{received_at.astimezone(_HERE):%Y-%m-%d %H:%M}" if received_at else ""


_HERE: Final = moment(0, CHINA).tzinfo


def silent(views: ViewReader, today: date) -> tuple[Silent, ...]:
    """Return the trusted tablets of which nothing came since the working day before the last.

    A weekend makes nobody silent: only a working day that passed whole, without a record.
    """
    days = calendar(views)
    found = (_silent(one, days, today) for one in device_list(views, limit=MOST_DEVICES).lines)
    return tuple(
        sorted(
            (one for one in found if one is not None),
            key=lambda one: (one.since or date.min, one.name, one.device),
        )
    )


def _silent(line: DeviceLine, days: Calendar, today: date) -> Silent | None:
    trusted = [log for log in line.logs if log.enrolled and log.last_trusted is None]
    if not trusted:
        return None
    heard = max(log.received_at for log in trusted)
    since = moment(heard, CHINA).date() if heard else None
    if since is not None and days.on_or_after(after(since)) >= days.on_or_before(today):
        return None
    return Silent(line.device, line.name, since, line.townships, line.domains)


def _meet(some: Sequence[str], others: Sequence[str]) -> bool:
    return not some or not others or bool({*some} & {*others})


# ── what the template is given ─────────────────────────────────────────────────────


class Frame:
    """Gives every page what stands around it."""

    def __init__(self, name: str, standings: Standings, *, demo: bool) -> None:
        self._name = name
        self._demo = demo
        self._standings = standings
        self._handlers: Mapping[str, BaseRouteHandler] | None = None

    def around(
        self, request: Request[Any, Any, Any], reader: Reader, words: Words
    ) -> Mapping[str, object]:
        """Return what the template needs for a reader."""
        groups = self._groups(request, reader, words.gettext)
        return {
            "bureau_name": self._name,
            "is_demo": self._demo,
            "groups": groups,
            "ways": next((ways for _title, ways, here in groups if here), ()),
            "opens": partial(self.opens, request, reader),
            "standing": standing_line(self._standings.now().of(reader), words),
        }

    def first(self, request: Request[Any, Any, Any], reader: Reader) -> str:
        """Return the first page that a reader may open."""
        groups = self._groups(request, reader, str)
        return groups[0][1][0].path if groups else "/account"

    def opens(self, request: Request[Any, Any, Any], reader: Reader, route: str) -> bool:
        """Tell whether a reader may open a route, so that no page offers what is refused."""
        handlers = self._handlers = self._handlers or _handlers(request)
        return route in handlers and may_open(reader, route, handlers[route])

    def _groups(
        self, request: Request[Any, Any, Any], reader: Reader, gettext: Callable[[str], str]
    ) -> Sequence[tuple[str, tuple[Door, ...], bool]]:
        path = request.url.path
        found: list[tuple[str, tuple[Door, ...], bool]] = []
        for group in GROUPS:
            ways = tuple(
                Door(way.path, gettext(way.title), way.path == path or path.startswith(way.under))
                for way in group.ways
                if self.opens(request, reader, way.path)
            )
            if ways:
                found.append((gettext(group.title), ways, any(one.here for one in ways)))
        return found


def _handlers(request: Request[Any, Any, Any]) -> Mapping[str, BaseRouteHandler]:
    """Return what answers to each path that is served."""
    found = {
        path: methods.get("GET") for path, methods in request.app.route_handler_method_map.items()
    }
    return {path: one for path, one in found.items() if isinstance(one, BaseRouteHandler)}


def standing_line(standing: Standing, words: Words) -> Markup:
    """Return the quiet line; what new records change in it is marked for the script."""
    said = {
        name: Markup('<span data-live="{}">{}</span>').format(name, value)
        for name, value in standing.said().items()
    }
    texts = (
        _("Up to record {position}, received {received} (UTC+8)."),
        _("Tablets silent for a working day: {silent}"),
    )
    return Markup(" ").join(escape(words.gettext(text)).format(**said) for text in texts)


@get("/", include_in_schema=False, sync_to_thread=False, opt={"right": Right.SIGNED_IN})
def home(
    request: Request[Any, Any, Any],
    frame: NamedDependency[SkipValidation[Frame]],
    reader: NamedDependency[SkipValidation[Reader]],
) -> Redirect:
    """Lead to the first page that a reader may open."""
    return Redirect(frame.first(request, reader), status_code=303)
