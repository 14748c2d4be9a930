"""The page of one object: what it is, what is due of it and why, and its life."""

from datetime import date
from typing import Any, Final

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation, URLEncodedBody
from msgspec import Struct

from backend import cards
from backend.entries import Entry, Said, codes_in
from backend.inventory_words import Terms
from backend.links import next_link
from backend.measure_words import namer
from backend.object_life import Life, Registered, Seen, life
from backend.office import Office
from backend.pages import Pages, is_partial, language_of
from backend.pages_of.objects import said_as_of
from backend.people.access_log import Opening
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.picture_folder import PictureFolder
from backend.problems import ProblemError
from backend.readings import After, Reading, Today, cursor_text, query_of, read_cursor
from events.errors import ErasedError
from events.facts import HOMES
from projections import objects as register
from projections.object_inventory import ObjectLine, erased, object_line
from projections.reasons import said as reason_said
from projections.views import ViewStore

_SHOWN_ATTRIBUTES: Final = frozenset(
    {
        "level", "key_slots", "hukou_type", "member_count", "labour_capacity", "income_class",
        "length_m", "number", "class", "confirmed_on", "last_recheck_on", "record_filed_on",
    }
)  # fmt: skip

Readings = NamedDependency[SkipValidation[Reading]]
Rendering = NamedDependency[SkipValidation[Pages]]
Reads = NamedDependency[SkipValidation[Reader]]
Folder = NamedDependency[SkipValidation[PictureFolder]]


@get(
    "/objects/{key:str}",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.READ_CASES, "narrows": True},
)
def object_page(  # noqa: PLR0913, PLR0917  what it takes
    request: Request[Any, Any, Any],
    key: FromPath[str],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    picture_folder: Folder,
    after: After = "",
    today: Today = None,
) -> Response[Any]:
    """Show an object and a page of its life."""
    language = language_of(request)
    words = pages.words(language)
    day = today or reading.today()
    with reading.held() as views:
        line = _line(views, key, day, reader)
        listing = _listing(views, key, day)
        told = life(views, reading.store, picture_folder, key, day, read_cursor(after))
        gone = bool(line.card and erased(views, [line.card.subject]))
        name_of = namer(views, _codes(line, told), language, words)
        as_of = reading.as_of(query_of(request), day, views)
    term = Terms(words, language)
    return pages.render(
        request,
        "object.html",
        line=line,
        listing=listing,
        attributes={n: v for n, v in listing.attributes.items() if n in _SHOWN_ATTRIBUTES},
        place=_place(listing),
        gone=gone,
        term=term,
        name_of=name_of,
        told=[(one, isinstance(one, Seen)) for one in told.told],
        said=Said(term, name_of),
        due_reason=term.one_of(reason_said(line.due.basis)) if line.due else "",
        following=next_link(request, after=cursor_text(told.next)) if told.next else "",
        first=next_link(request, after="") if after else "",
        may_open=reader.may(Right.READ_PEOPLE_SEALED),
        may_replay=reader.may(Right.READ_HISTORY),
        as_of=said_as_of(as_of, words),
        position=as_of.position,
        today=day,
    )


def _line(views: ViewStore, key: str, day: date, reader: Reader) -> ObjectLine:
    """Return the line of an object that the reader may see."""
    line = object_line(views, key, day)
    if line is None or line.object_type in register.PERSONS:
        raise ProblemError("not-found")
    reader.require(domain=line.domain, township=line.township)
    return line


def _listing(views: ViewStore, key: str, day: date) -> register.Listed:
    raw = views.load("objects", [key])[key]
    found = register.standing(register.decode_register(raw).register.values()).listing(day)
    if found is None:
        raise ProblemError("not-found")
    return found


def _place(listing: register.Listed) -> str:
    """Return where it lies; of a home nothing."""
    if listing.lon is None or listing.lat is None or listing.object_type in HOMES or listing.person:
        return ""
    return f"{listing.lon:.5f}, {listing.lat:.5f} ({listing.datum})"


def _codes(line: ObjectLine, told: Life) -> set[str]:
    found = {line.township, line.village or "", line.merged_into or ""}
    found |= set(line.last.by) if line.last else set()
    found |= {line.due.item} if line.due else set()
    entries: list[Entry] = []
    for one in told.told:
        if isinstance(one, Registered):
            found |= {str(value) for _, *both in one.changes for value in both}
            entries.append(one.entry)
        else:
            found |= set(one.officers)
            entries += one.following
    return found | codes_in(entries)


# ── the card of a home ─────────────────────────────────────────────────────────────


class OpenForm(Struct, frozen=True):
    """What for a card is to be opened."""

    purpose: str = ""
    csrf: str = ""


@get(
    "/objects/{key:str}/card",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.READ_PEOPLE_SEALED, "narrows": True},
)
def card_form(
    request: Request[Any, Any, Any],
    key: FromPath[str],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
) -> Response[Any]:
    """Ask what for."""
    with reading.held() as views:
        _line(views, key, reading.today(), reader)
    return _card_page(request, pages, key)


@post(
    "/objects/{key:str}/card",
    include_in_schema=False,
    opt={"right": Right.READ_PEOPLE_SEALED, "narrows": True},
)
async def open_card(  # noqa: PLR0913, PLR0917  what it takes
    request: Request[Any, Any, Any],
    key: FromPath[str],
    data: URLEncodedBody[OpenForm],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    office: NamedDependency[SkipValidation[Office]],
    opening: NamedDependency[SkipValidation[Opening]],
) -> Response[Any]:
    """Open the card and show it, once; it is recorded who asked and what for."""
    purpose = " ".join(data.purpose.split())[: cards.MOST_PURPOSE]

    def opened() -> Response[Any]:
        with reading.held() as views:
            _line(views, key, reading.today(), reader)
            part = cards.part_of(office, views, key)
        if part is None:
            raise ProblemError("not-found")
        if not purpose:
            page = _card_page(request, pages, key, fault="purpose")
            page.status_code = 422
            return page
        (found,) = opening(purpose, [part])
        if isinstance(found, bytes):
            return _card_page(request, pages, key, card=cards.read_card(found))
        fault = "erased" if isinstance(found, ErasedError) else "shut"
        return _card_page(request, pages, key, fault=fault)

    return await to_thread.run_sync(opened)


def _card_page(
    request: Request[Any, Any, Any],
    pages: Pages,
    key: str,
    *,
    card: cards.Card | None = None,
    fault: str = "",
) -> Response[Any]:
    template = "card.html" if is_partial(request) else "card_page.html"
    page = pages.render(request, template, key=key, card=card, fault=fault)
    page.status_code = 200  # a post that shows something, and creates nothing
    return page
