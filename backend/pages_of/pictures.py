"""The pictures of one inspection: opened for a purpose, and on record."""

from typing import Annotated, Any

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation, URLEncodedBody
from msgspec import Meta, Struct

from backend import pictures
from backend.cards import MOST_PURPOSE
from backend.inspection_case import Case, case
from backend.inventory_words import Terms
from backend.pages import Pages, language_of
from backend.pages_of.object import Folder, Readings, Reads, Rendering
from backend.people.access_log import Opening
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.picture_folder import PictureFolder
from backend.problems import ProblemError
from backend.readings import Reading


class LookForm(Struct, frozen=True):
    """What for pictures are to be opened, and behind which record."""

    purpose: str = ""
    csrf: str = ""
    after: Annotated[int, Meta(ge=0, le=2**62)] = 0


@get(
    "/inspections/{key:str}/pictures",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.READ_PEOPLE_SEALED, "narrows": True},
)
def pictures_form(
    request: Request[Any, Any, Any],
    key: FromPath[str],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    picture_folder: Folder,
) -> Response[Any]:
    """Ask what for."""
    return _page(request, pages, _case(reading, reader, key), picture_folder)


@post(
    "/inspections/{key:str}/pictures",
    include_in_schema=False,
    opt={"right": Right.READ_PEOPLE_SEALED, "narrows": True},
)
async def open_pictures(  # noqa: PLR0913, PLR0917  what it takes
    request: Request[Any, Any, Any],
    key: FromPath[str],
    data: URLEncodedBody[LookForm],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    picture_folder: Folder,
    opening: NamedDependency[SkipValidation[Opening]],
) -> Response[Any]:
    """Open the pictures and show them, once; it is recorded who asked and what for."""
    return await to_thread.run_sync(
        _opened, request, data, pages, _Asked(key, reading, reader, picture_folder, opening)
    )


class _Asked(Struct, frozen=True):
    """Who asks for the pictures of which inspection."""

    key: str
    reading: Reading
    reader: Reader
    folder: PictureFolder
    opening: Opening


def _opened(
    request: Request[Any, Any, Any], data: LookForm, pages: Pages, asked: _Asked
) -> Response[Any]:
    found = _case(asked.reading, asked.reader, asked.key)
    purpose = " ".join(data.purpose.split())[:MOST_PURPOSE]
    if not purpose:
        page = _page(request, pages, found, asked.folder, fault="purpose")
        page.status_code = 422
        return page
    shown, following = pictures.page_of(pictures.lines(found.entries, asked.folder), data.after)
    told = pictures.opened(shown, asked.reading.store, asked.folder, asked.opening, purpose)
    return _page(
        request, pages, found, asked.folder, opened=told, purpose=purpose, following=following
    )


def _case(reading: Reading, reader: Reader, key: str) -> Case:
    with reading.held() as views:
        found = case(views, reading.store, key)
    if found is None:
        raise ProblemError("not-found")
    reader.require(domain=found.visit.domain, township=found.visit.township)
    return found


def _page(
    request: Request[Any, Any, Any],
    pages: Pages,
    found: Case,
    folder: PictureFolder,
    **shown: Any,  # noqa: ANN401  what the template takes
) -> Response[Any]:
    language = language_of(request)
    page = pages.render(
        request,
        "pictures.html",
        visit=found.visit,
        lines=pictures.lines(found.entries, folder),
        term=Terms(pages.words(language), language),
        **{"opened": (), "purpose": "", "following": 0, "fault": "", **shown},
    )
    page.status_code = 200  # a post that shows something, and creates nothing
    return page


__all__ = ["open_pictures", "pictures_form"]
