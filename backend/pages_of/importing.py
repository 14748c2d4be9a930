"""The page on which the bureau brings its own lists in: template, preview, confirming."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from anyio import sleep, to_thread
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.params import MultipartBody, QueryParameter, SkipValidation, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct

from backend.imports import past
from backend.imports.importing import Importing, Recorded, Upload, counted
from backend.imports.lists import LISTS, BureauList, Desk, Name
from backend.imports.steps import CHANGES, Change, Plan
from backend.imports.tables import MOST_BYTES, MOST_ROWS, FileError, Table
from backend.imports.words import CHANGES as CHANGE_WORDS
from backend.imports.words import FILES, LIST_WORDS
from backend.inventory_words import Terms
from backend.office import Office
from backend.pages import Pages, language_of, wall
from backend.pages_of.import_rows import FaultLine, ShownStep, fault_line, names_in, shown_step
from backend.people.people import People
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import Reading
from events.language import Language
from projections.imports import Import

MOST_SHOWN: Final = 20  # rows of each kind
MOST_FAULTS: Final = 100
PATIENCE: Final = 2.0
"""Seconds that a file is waited for before a page says how far it is read."""
_LOOK: Final = 0.02
_ENVELOPE: Final = 200_000  # what a form adds to a file
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPT: Final = {"right": Right.MANAGE_LISTS, "narrows": True}

Readings = NamedDependency[SkipValidation[Reading]]
Rendering = NamedDependency[SkipValidation[Pages]]
Reads = NamedDependency[SkipValidation[Reader]]
Offices = NamedDependency[SkipValidation[Office]]
Imports = NamedDependency[SkipValidation[Importing]]
Persons = NamedDependency[SkipValidation[People]]
Rows = Annotated[Literal["none", "all"], QueryParameter()]


class UploadForm(Struct, frozen=True):
    """A file, as a browser sends it."""

    file: UploadFile
    list: Name = "objects"
    csrf: str = ""


class ConfirmForm(Struct, frozen=True):
    """Which file to record, and what of it was shown."""

    token: str = ""
    digest: str = ""
    csrf: str = ""


class Around(Struct, frozen=True):
    """What a request brings along for its page."""

    request: Request[Any, Any, Any]
    pages: Pages
    reading: Reading
    office: Office
    reader: Reader
    people: People

    @property
    def language(self) -> Language:
        """The reader's language."""
        return language_of(self.request)

    def gettext(self, message: str) -> str:
        """Return a message in that language."""
        return self.pages.words(self.language).gettext(message)

    def table(self, said: Mapping[Any, str]) -> Mapping[str, str]:
        """Return a table of words in that language."""
        return {code: self.gettext(message) for code, message in said.items()}

    def person(self, account: str) -> str:
        """Return whose account it is."""
        found = self.people.accounts.by_id(account)
        return f"{found.person} ({found.name})" if found else account[:8]


def around_of(
    request: Request[Any, Any, Any],
    pages: Rendering,
    reading: Readings,
    office: Offices,
    reader: Reads,
    people: Persons,
) -> Around:
    """Return what a request brings along: the dependency `around`."""
    return Around(request, pages, reading, office, reader, people)


Brings = NamedDependency[SkipValidation[Around]]
AROUND: Final = {"around": Provide(around_of, sync_to_thread=False)}
"""The dependencies of a page of imports."""


@get("/import", include_in_schema=False, sync_to_thread=False, opt=_OPT, dependencies=AROUND)
def import_page(
    around: Brings,
    which: Annotated[Name, QueryParameter(name="list", description="which list")] = "objects",
) -> Response[Any]:
    """Say how it is done, and take a file."""
    return _page(around, which)


@get(
    "/import/objects.xlsx",
    include_in_schema=False,
    sync_to_thread=True,
    opt=_OPT,
    dependencies=AROUND,
)
def objects_book(around: Brings, rows: Rows = "none") -> Response[bytes]:
    """Send the template, or the list as it stands in the same columns."""
    return _book(around, LISTS["objects"], whole=rows == "all")


@get(
    "/import/items.xlsx",
    include_in_schema=False,
    sync_to_thread=True,
    opt=_OPT,
    dependencies=AROUND,
)
def items_book(around: Brings, rows: Rows = "none") -> Response[bytes]:
    """Send the template, or the list as it stands in the same columns."""
    return _book(around, LISTS["items"], whole=rows == "all")


def _book(around: Around, one: BureauList, *, whole: bool) -> Response[bytes]:
    with around.reading.held() as views:
        desk = Desk(views, around.office, around.reader, around.reading.today())
        names = names_in(views, around.language)
        content = one.book(desk, around.language, names, whole)
        position = views.position()
    file = f"xunji-{one.name}-{position if whole else 'template'}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{file}"'}
    return Response(content, media_type=_XLSX, headers=headers)


@post(
    "/import",
    include_in_schema=False,
    opt=_OPT,
    dependencies=AROUND,
    request_max_body_size=MOST_BYTES + _ENVELOPE,
)
async def preview(
    data: MultipartBody[UploadForm], around: Brings, importing: Imports
) -> Response[Any]:
    """Show what a file would change; nothing is recorded."""
    content = await data.file.read(MOST_BYTES + 1)
    now = around.office.clock.now().at
    upload = importing.hold(around.reader.account, data.list, data.file.filename, content, now)
    return await _when_read(around, importing, upload)


@get("/import/preview", include_in_schema=False, opt=_OPT, dependencies=AROUND)
async def preview_later(
    around: Brings, importing: Imports, token: Annotated[str, QueryParameter(max_length=64)] = ""
) -> Response[Any]:
    """Show what a file would change once it is read; until then, how far it is."""
    upload = importing.held(around.reader.account, token, around.office.clock.now().at)
    if upload is None:
        return _page(around, "objects", told="gone", status=409)
    return await _when_read(around, importing, upload)


@post("/import/confirm", include_in_schema=False, opt=_OPT, dependencies=AROUND)
async def confirm(
    data: URLEncodedBody[ConfirmForm], around: Brings, importing: Imports
) -> Response[Any]:
    """Record all that was shown, or nothing."""

    def recorded() -> Response[Any]:
        now = around.office.clock.now().at
        upload = importing.held(around.reader.account, data.token, now)
        if upload is None:
            return _page(around, "objects", told="gone", status=409)
        reading, office = around.reading, around.office
        found = importing.confirm(upload, data.digest, reading, office, around.reader)
        if found is None:
            raise ProblemError("not-ready", reason="the last import is still being counted")
        if isinstance(found, Import):
            return _again(around, found, upload)
        if isinstance(found, Recorded):
            return _page(around, upload.list, told="recorded", recorded=found)
        return _preview(around, upload, found, other=True)

    return await to_thread.run_sync(recorded)


# ── what is shown ──────────────────────────────────────────────────────────────────


async def _when_read(around: Around, importing: Importing, upload: Upload) -> Response[Any]:
    """Answer when a file is read; where that takes long, lead to where its progress is shown."""
    for _ in range(int(PATIENCE / _LOOK)):
        if upload.table.done():
            return await to_thread.run_sync(_compared, around, importing, upload)
        await sleep(_LOOK)
    if around.request.method == "POST":
        return Redirect(f"/import/preview?{urlencode({'token': upload.token})}", status_code=303)
    page = around.pages.render(
        around.request, "import_wait.html", upload=upload, most=MOST_ROWS,
        list_words=around.table(LIST_WORDS),
    )  # fmt: skip
    page.headers["refresh"] = "1"
    return page


def _compared(around: Around, importing: Importing, upload: Upload) -> Response[Any]:
    counted(around.reading, around.office)
    found: Plan | Import
    with around.reading.held() as views:
        desk = Desk(views, around.office, around.reader, around.reading.today())
        known = past.standing(views, upload.sha256)
        try:
            found = known or LISTS[upload.list].plan(upload.table.result(), desk)
        except FileError as wrong:
            importing.drop(upload.token)
            return _refused(around, upload, wrong)
    if isinstance(found, Import):
        importing.drop(upload.token)
        return _again(around, found, upload)
    return _preview(around, upload, found)


def _page(
    around: Around,
    which: Name,
    *,
    status: int = 200,
    **shown: Any,  # noqa: ANN401  as the page wants it
) -> Response[Any]:
    given = {"told": "", "recorded": None, "wrong": None, "file": "", "known": None, **shown}
    page = around.pages.render(
        around.request,
        "import.html",
        which=which,
        list_words=around.table(LIST_WORDS),
        columns=_columns(LISTS[which], around.language),
        change_words=around.table(CHANGE_WORDS),
        **given,
    )
    page.status_code = status
    return page


def _columns(one: BureauList, language: Language) -> Sequence[tuple[str, str, bool]]:
    if language == "zh":
        return [(column.zh, column.note_zh, column.required) for column in one.columns]
    return [(column.en, column.note_en, column.required) for column in one.columns]


def _again(around: Around, known: Import, upload: Upload) -> Response[Any]:
    """Say when a file was imported, and by whom."""
    brought = known.brought
    shown = {
        "known": known,
        "file": upload.name,
        "on": wall(brought.at),
        "by": around.person(brought.by),
    }
    return _page(around, brought.list, told="again", **shown)  # type: ignore[arg-type]


def _refused(around: Around, upload: Upload, wrong: FileError) -> Response[Any]:
    said = FILES[wrong.code]
    told = (around.gettext(said.why), around.gettext(said.next))
    return _page(around, upload.list, wrong=told, file=upload.name, status=422)


def _preview(around: Around, upload: Upload, found: Plan, *, other: bool = False) -> Response[Any]:
    term = Terms(around.pages.words(around.language), around.language)
    with around.reading.held() as views:
        names = names_in(views, around.language)
    one = LISTS[upload.list]
    steps: dict[Change, list[ShownStep]] = {
        change: [
            shown_step(step, one, names, term) for step in found.steps if step.change == change
        ][:MOST_SHOWN]
        for change in CHANGES
        if change != "unchanged"
    }
    faults: list[FaultLine] = [fault_line(fault, one, term) for fault in found.faults[:MOST_FAULTS]]
    table: Table = upload.table.result()
    page = around.pages.render(
        around.request,
        "import_preview.html",
        upload=upload,
        table=table,
        plan=found,
        digest=found.digest,
        counts=found.counts(),
        steps={change: rows for change, rows in steps.items() if rows},
        faults=faults,
        refusing=sum(fault.refuses for fault in found.faults),
        most=MOST_SHOWN,
        most_faults=MOST_FAULTS,
        change_words=around.table(CHANGE_WORDS),
        list_words=around.table(LIST_WORDS),
        other=other,
    )
    page.status_code = 409 if other else 200
    return page
