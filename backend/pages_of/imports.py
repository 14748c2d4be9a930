"""The imports so far, and taking one back: what would stand again, and what is left."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from msgspec import Struct, structs

from backend.imports import past
from backend.imports.importing import Recorded
from backend.imports.lists import LISTS, Desk
from backend.imports.undoing import Back, UndoPlan, changes, undo_plan
from backend.imports.words import CHANGES as CHANGE_WORDS
from backend.imports.words import LEFT, LIST_WORDS
from backend.inventory_words import Terms
from backend.pages import wall
from backend.pages_of.import_rows import column_name, names_in, said_value
from backend.pages_of.importing import AROUND, Around, Brings, Imports
from backend.people.rights import Right
from backend.problems import ProblemError
from projections.imports import Import

PAGE: Final = 30
MOST_SHOWN: Final = 50
_READ: Final = {"right": Right.READ_IMPORTS, "narrows": True}
_CHANGE: Final = {"right": Right.MANAGE_LISTS, "narrows": True}


class UndoForm(Struct, frozen=True):
    """What of an undo was shown."""

    digest: str = ""
    csrf: str = ""


class ImportLine(Struct, frozen=True):
    """An import, as the list of imports shows it."""

    imported: str
    at: str
    by: str
    list: str
    file: str
    counts: Mapping[str, int]
    undone_at: str = ""
    undone_by: str = ""
    left: int = 0


class ShownBack(Struct, frozen=True):
    """A row that is brought back, or left."""

    key: str
    name: str
    sealed: bool
    way: str
    what: str
    why: str
    changes: Sequence[tuple[str, str, str]]


@get("/imports", include_in_schema=False, sync_to_thread=True, opt=_READ, dependencies=AROUND)
def imports_page(
    around: Brings, before: Annotated[int | None, QueryParameter(ge=1, le=2**53)] = None
) -> Response[Any]:
    """List the imports, the newest first."""
    with around.reading.held() as views:
        found = past.newest(views, before or 0, PAGE + 1)
    shown = found[:PAGE]
    return around.pages.render(
        around.request,
        "imports.html",
        rows=[_line(around, one) for one in shown],
        older=shown[-1].brought.position if len(found) > PAGE else 0,
        first=before is not None,
        list_words=around.table(LIST_WORDS),
        change_words=around.table(CHANGE_WORDS),
    )


@get(
    "/imports/{imported:str}",
    include_in_schema=False,
    sync_to_thread=True,
    opt=_READ,
    dependencies=AROUND,
)
def one_import(around: Brings, imported: FromPath[str]) -> Response[Any]:
    """Show an import, and what taking it back would do."""
    return _one(around, imported)


@post("/imports/{imported:str}", include_in_schema=False, opt=_CHANGE, dependencies=AROUND)
async def undo_import(
    imported: FromPath[str], data: URLEncodedBody[UndoForm], around: Brings, importing: Imports
) -> Response[Any]:
    """Take an import back as it was shown, or do nothing."""

    def undone() -> Response[Any]:
        found = importing.undo(imported, data.digest, around.reading, around.office, around.reader)
        if found is None:
            with around.reading.held() as views:
                if past.find(views, imported) is None:
                    raise ProblemError("not-found")
            raise ProblemError("not-ready", reason="the last import is still being counted")
        if isinstance(found, Recorded):
            return _one(around, imported, recorded=found)
        return _one(around, imported, other=isinstance(found, UndoPlan), status=409)

    return await to_thread.run_sync(undone)


# ── what is shown ──────────────────────────────────────────────────────────────────


def _one(
    around: Around,
    imported: str,
    *,
    recorded: Recorded | None = None,
    other: bool = False,
    status: int = 200,
) -> Response[Any]:
    with around.reading.held() as views:
        one = past.find(views, imported)
        if one is None:
            raise ProblemError("not-found")
        names = names_in(views, around.language)
        desk = Desk(views, around.office, around.reader, around.reading.today())
        known = one.undone is None and recorded is None
        shown = undo_plan(desk, one) if known else UndoPlan((), ())
    term = Terms(around.pages.words(around.language), around.language)

    def said(backs: Sequence[Back]) -> Sequence[ShownBack]:
        return [_back(around, one, back, names, term) for back in backs[:MOST_SHOWN]]

    page = around.pages.render(
        around.request,
        "import_undo.html",
        one=_line(around, one),
        plan=shown,
        backs=said(shown.backs),
        left=said(shown.left),
        recorded=recorded,
        other=other,
        list_words=around.table(LIST_WORDS),
        change_words=around.table(CHANGE_WORDS),
    )
    page.status_code = status
    return page


def _line(around: Around, one: Import) -> ImportLine:
    brought, undone = one.brought, one.undone
    counts = {
        "new": brought.listed, "revised": brought.revised, "closed": brought.closed,
        "reopened": brought.reopened,
    }  # fmt: skip
    line = ImportLine(
        one.imported, wall(brought.at), around.person(brought.by), brought.list, brought.file,
        counts,
    )  # fmt: skip
    if undone is None:
        return line
    at, by = wall(undone.at), around.person(undone.by)
    return structs.replace(line, undone_at=at, undone_by=by, left=undone.left)


def _back(
    around: Around, one: Import, back: Back, names: Mapping[str, str], term: Terms
) -> ShownBack:
    """Return a row in words; what lies outside the reader's scope is not named."""
    of = LISTS["items" if one.brought.list == "items" else "objects"]
    reads = back.then or back.now
    hidden = back.left == "scope"
    sealed = bool(getattr(reads, "person", None))
    name = "" if hidden or sealed else _name(reads, back.key)
    say = partial(said_value, names=names, term=term)
    told: Sequence[tuple[str, Any, Any]] = () if hidden else changes(back)
    return ShownBack(
        "" if hidden else back.key,
        name,
        sealed and not hidden,
        "" if hidden else f"/{of.name}/{back.key}",
        around.gettext(CHANGE_WORDS[_what(back)]) if back.acts else "",
        around.gettext(LEFT[back.left]) if back.left else "",
        [(column_name(member, of, term), say(old), say(new)) for member, old, new in told],
    )  # fmt: skip


def _name(reads: Any, key: str) -> str:  # noqa: ANN401  a listing of either list
    if reads is None:
        return key[:8]
    return str(getattr(reads, "name", None) or getattr(reads, "name_zh", None) or key[:8])


def _what(back: Back) -> str:
    """Return which change of the list it is."""
    what = {act.what for act in back.acts}
    return "closed" if "close" in what else "reopened" if "list" in what else "revised"
