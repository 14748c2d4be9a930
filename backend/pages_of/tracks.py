"""The tracks of a shift: asked for with a purpose, opened on record, shown once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation, URLEncodedBody
from msgspec import Struct

from backend import map_tracks
from backend.cards import MOST_PURPOSE
from backend.geojson import whole
from backend.map_choices import officers, slots
from backend.map_tracks import Shift, Track, Walked
from backend.office import Office
from backend.pages import is_partial
from backend.pages_of.object import Readings, Reads, Rendering
from backend.people.access_log import Opening
from backend.people.reader import Reader
from backend.people.rights import Right
from projections.slots import read_slot
from projections.views import ViewStore

_OPT = {"right": Right.READ_PEOPLE_SEALED, "narrows": True}


QueryDay = Annotated[str, QueryParameter(max_length=10)]
QueryOfficer = Annotated[str, QueryParameter(max_length=64)]


class TracksForm(Struct, frozen=True):
    """Whose tracks of which hours are to be opened, and what for."""

    day: str = ""
    slot: str = ""
    officer: str = ""
    purpose: str = ""
    csrf: str = ""


@get("/map/tracks", include_in_schema=False, sync_to_thread=True, opt=_OPT)
def tracks_form(
    request: Request[Any, Any, Any],
    reading: Readings,
    pages: Rendering,
    day: QueryDay = "",
    officer: QueryOfficer = "",
) -> Response[Any]:
    """Ask which shift, and what for."""
    asked = TracksForm(day=day or f"{reading.today()}", officer=officer)
    return _page(request, reading, pages, asked)


@post("/map/tracks", include_in_schema=False, opt=_OPT)
async def open_tracks(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[TracksForm],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    office: NamedDependency[SkipValidation[Office]],
    opening: NamedDependency[SkipValidation[Opening]],
) -> Response[Any]:
    """Open the tracks of a shift and show them, once; it is recorded who asked and what for."""
    purpose = " ".join(data.purpose.split())[:MOST_PURPOSE]

    def opened() -> Response[Any]:
        with reading.held() as views:
            shift = _shift(data, officers(views))
            found = _walked(views, office, shift, reader) if shift and purpose else None
        if found is None:
            fault = "purpose" if shift else "shift"
            return _page(request, reading, pages, data, fault=fault)
        parts = [one.part for one in found if one.part]
        texts = iter(opening(purpose, parts) if parts else ())
        shown = [
            map_tracks.track(number, one, next(texts) if one.part else None)
            for number, one in enumerate(found, start=1)
        ]
        return _page(request, reading, pages, data, shown=shown)

    return await to_thread.run_sync(opened)


def _walked(views: ViewStore, office: Office, shift: Shift, reader: Reader) -> Sequence[Walked]:
    def sees(domain: str, township: str) -> bool:
        return reader.sees(domain=domain, township=township)

    return map_tracks.walked(views, office.store, shift, sees)


def _shift(asked: TracksForm, known: Mapping[str, str]) -> Shift | None:
    """Read which shift is meant; None where it is none."""
    slot = read_slot(asked.slot) if asked.slot else None
    try:
        day = date.fromisoformat(asked.day)
    except ValueError:
        return None
    if asked.officer not in known or (asked.slot and slot is None) or day == date.max:
        return None
    return Shift(day, asked.officer, slot)


def _page(
    request: Request[Any, Any, Any],
    reading: Readings,
    pages: Rendering,
    asked: TracksForm,
    *,
    fault: str = "",
    shown: Sequence[Track] | None = None,
) -> Response[Any]:
    with reading.held() as views:
        known, hours = officers(views), slots(views, reading.today())
    drawn = [feature for one in shown or () for feature in one.features]
    template = "map_tracks_part.html" if is_partial(request) else "map_tracks.html"
    page = pages.render(
        request,
        template,
        asked=asked,
        officers=known,
        slots=hours,
        fault=fault,
        shown=shown,
        opened=sum(not one.fault for one in shown or ()),
        drawn=whole(drawn).decode() if drawn else "",
    )
    page.status_code = 422 if fault else 200
    return page
