"""The page on which the bureau brings its own list of objects in: template, preview, confirming."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import MultipartBody, QueryParameter, SkipValidation, URLEncodedBody
from msgspec import Struct

from backend.imports import books
from backend.imports.columns import BY_NAME, COLUMNS
from backend.imports.importing import Importing, Recorded, Upload, known_in, planned
from backend.imports.object_plan import CHANGES, Change, Plan, Step, held_in
from backend.imports.object_rows import Fault
from backend.imports.tables import MOST_BYTES, FileError
from backend.imports.words import CHANGES as CHANGE_WORDS
from backend.imports.words import FILES, ROWS
from backend.inventory_words import Terms
from backend.measure_words import DOMAINS
from backend.office import Office
from backend.pages import Pages, language_of
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import Reading
from events.language import Language
from projections.views import Query, ViewReader

MOST_SHOWN: Final = 20  # rows of each kind
MOST_FAULTS: Final = 100
_ENVELOPE: Final = 200_000  # what a form adds to a file
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPT: Final = {"right": Right.MANAGE_LISTS, "narrows": True}

Readings = NamedDependency[SkipValidation[Reading]]
Rendering = NamedDependency[SkipValidation[Pages]]
Reads = NamedDependency[SkipValidation[Reader]]
Offices = NamedDependency[SkipValidation[Office]]
Imports = NamedDependency[SkipValidation[Importing]]


class UploadForm(Struct, frozen=True):
    """A file, as a browser sends it."""

    file: UploadFile
    csrf: str = ""


class ConfirmForm(Struct, frozen=True):
    """Which file to record, and what of it was shown."""

    token: str = ""
    digest: str = ""
    csrf: str = ""


class FaultLine(Struct, frozen=True):
    """A fault in words."""

    row: int
    column: str
    value: str
    why: str
    next: str
    refuses: bool


class ShownStep(Struct, frozen=True):
    """A row that does something, as the preview shows it."""

    row: int
    name: str
    sealed: bool
    kind: str
    object: str | None
    changes: Sequence[tuple[str, str, str]]


@get("/import", include_in_schema=False, sync_to_thread=False, opt=_OPT)
def import_page(request: Request[Any, Any, Any], pages: Rendering) -> Response[Any]:
    """Say how it is done, and take a file."""
    return _page(request, pages)


@get("/import/objects.xlsx", include_in_schema=False, sync_to_thread=True, opt=_OPT)
def objects_book(
    request: Request[Any, Any, Any],
    reading: Readings,
    reader: Reads,
    rows: Annotated[Literal["none", "all"], QueryParameter()] = "none",
) -> Response[bytes]:
    """Send the template, or the list as it stands in the same columns."""
    language = language_of(request)
    with reading.held() as views:
        known = known_in(views)
        names = _names(views, language)
        held = held_in(views) if rows == "all" else []
        position = views.position()
    lines = [
        books.row_of(one, language, names)
        for one in held
        if reader.sees(domain=one.listing.domain, township=one.listing.township)
    ]
    content = books.book(language, known, names, lines)
    file = f"xunji-objects-{position}.xlsx" if rows == "all" else "xunji-objects-template.xlsx"
    headers = {"content-disposition": f'attachment; filename="{file}"'}
    return Response(content, media_type=_XLSX, headers=headers)


@post("/import", include_in_schema=False, opt=_OPT, request_max_body_size=MOST_BYTES + _ENVELOPE)
async def preview(
    request: Request[Any, Any, Any],
    data: MultipartBody[UploadForm],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    office: Offices,
    importing: Imports,
) -> Response[Any]:
    """Show what a file would change; nothing is recorded."""
    content = await data.file.read(MOST_BYTES + 1)
    name = data.file.filename

    def shown() -> Response[Any]:
        try:
            with reading.held() as views:
                found = planned(content, views, office, reader, reading)
                names = _names(views, language_of(request))
        except FileError as wrong:
            return _refused(request, pages, wrong, name)
        upload = importing.hold(reader.account, name, content, office.clock.now().at)
        return _preview(request, pages, upload, found, names)

    return await to_thread.run_sync(shown)


@post("/import/confirm", include_in_schema=False, opt=_OPT)
async def confirm(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[ConfirmForm],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    office: Offices,
    importing: Imports,
) -> Response[Any]:
    """Record all that was shown, or nothing."""

    def recorded() -> Response[Any]:
        upload = importing.held(reader.account, data.token, office.clock.now().at)
        if upload is None:
            return _page(request, pages, told="gone", status=409)
        found = importing.confirm(upload, data.digest, reading, office, reader)
        if found is None:
            raise ProblemError("not-ready", reason="the last import is still being counted")
        if isinstance(found, Recorded):
            return _page(request, pages, told="recorded", recorded=found)
        with reading.held() as views:
            names = _names(views, language_of(request))
        return _preview(request, pages, upload, found, names, other=True)

    return await to_thread.run_sync(recorded)


# ── what is shown ──────────────────────────────────────────────────────────────────


def _page(
    request: Request[Any, Any, Any],
    pages: Pages,
    *,
    status: int = 200,
    **shown: Any,  # noqa: ANN401  as the page wants it
) -> Response[Any]:
    language = language_of(request)
    columns = [
        (one.zh, one.note_zh, one.required)
        if language == "zh"
        else (one.en, one.note_en, one.required)
        for one in COLUMNS
    ]
    given = {"told": "", "recorded": None, "wrong": None, "file": "", **shown}
    words = _change_words(pages, language)
    page = pages.render(request, "import.html", columns=columns, change_words=words, **given)
    page.status_code = status
    return page


def _refused(
    request: Request[Any, Any, Any], pages: Pages, wrong: FileError, name: str
) -> Response[Any]:
    gettext = pages.words(language_of(request)).gettext
    said = FILES[wrong.code]
    told = (gettext(said.why), gettext(said.next))
    return _page(request, pages, wrong=told, file=name, status=422)


def _preview(
    request: Request[Any, Any, Any],
    pages: Pages,
    upload: Upload,
    found: Plan,
    names: Mapping[str, str],
    *,
    other: bool = False,
) -> Response[Any]:
    language = language_of(request)
    term = Terms(pages.words(language), language)
    show = partial(_shown, names=names, term=term)
    steps: dict[Change, list[ShownStep]] = {
        change: [show(one) for one in found.steps if one.change == change][:MOST_SHOWN]
        for change in CHANGES
        if change != "unchanged"
    }
    page = pages.render(
        request,
        "import_preview.html",
        upload=upload,
        plan=found,
        digest=found.digest,
        counts=found.counts(),
        steps={change: rows for change, rows in steps.items() if rows},
        faults=[_fault(one, term) for one in found.faults[:MOST_FAULTS]],
        refusing=sum(one.refuses for one in found.faults),
        most=MOST_SHOWN,
        most_faults=MOST_FAULTS,
        change_words=_change_words(pages, language),
        other=other,
    )
    page.status_code = 409 if other else 200
    return page


def _change_words(pages: Pages, language: Language) -> Mapping[str, str]:
    gettext = pages.words(language).gettext
    return {code: gettext(said) for code, said in CHANGE_WORDS.items()}


def _fault(one: Fault, term: Terms) -> FaultLine:
    said = ROWS[one.code]
    gettext = term.words.gettext
    return FaultLine(
        one.row, _column(one.column, term), one.value, gettext(said.why), gettext(said.next),
        one.refuses,
    )  # fmt: skip


def _column(name: str, term: Terms) -> str:
    column = BY_NAME[name]
    return column.zh if term.language == "zh" else column.en


def _shown(step: Step, *, names: Mapping[str, str], term: Terms) -> ShownStep:
    """Return a row; what is sealed is named and not shown."""
    wish = step.wish
    changes = [
        (_column(name, term), *_old_and_new(step, name, names, term)) for name in step.members
    ]
    name = "" if wish.is_home else wish.name or (step.kept.listing.name if step.kept else "") or ""
    return ShownStep(
        step.row, name, wish.is_home, term.type(wish.object_type), step.object, changes
    )


def _old_and_new(step: Step, name: str, names: Mapping[str, str], term: Terms) -> tuple[str, str]:
    if step.wish.is_home and name in ("name", "address"):
        sealed = term.words.gettext("sealed")
        return sealed, sealed
    listing = step.kept.listing if step.kept else None
    if name in ("ended_on", "standing"):
        ended = step.kept.ended_on if step.kept else None
        listed = term.words.gettext("on the list")
        new = listed if name == "standing" else step.wish.ended_on or term.words.gettext("today")
        return str(ended or listed), str(new)
    held = getattr(listing, name, None) if listing else None
    old = listing.attributes.get(name) if listing and held is None else held
    new = getattr(step.wish, name)
    return tuple(_said(value, names, term) for value in (old, new))  # type: ignore[return-value]


def _said(value: object, names: Mapping[str, str], term: Terms) -> str:
    text = "—" if value is None else str(value)
    return names.get(text) or (term.type(text) if "_" in text else text)


def _names(views: ViewReader, language: Language) -> Mapping[str, str]:
    """Return what domains and areas are called."""
    words = Pages.words(language)
    column = "name_zh" if language == "zh" else "name_en"
    rows = views.select(Query("areas", columns=(column,)))
    return {code: words.gettext(title) for code, title in DOMAINS.items()} | {
        row.key: str(row.values[0]) for row in rows
    }
