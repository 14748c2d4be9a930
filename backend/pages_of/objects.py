"""执法对象清单 as a page: search, filter, sort, choose columns, turn pages; no script needed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from backend import objects
from backend.finding import WANTED, Finder, Wanted
from backend.inventory_words import DUE_WITHIN, OBJECT_COLUMNS, ORDERS, USUAL_COLUMNS, Terms, types
from backend.links import next_link
from backend.measure_words import DOMAINS, namer
from backend.pages import Pages, Words, is_partial, language_of
from backend.pages_of.filtering import kinds
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import After, AsOf, Reading, cursor_text, is_empty, query_of, read_cursor
from events.language import Language
from projections.chosen import values_of
from projections.items import ITEMS, item
from projections.object_inventory import PAGE, ObjectFilters
from projections.views import CursorError, Query, ViewReader

_FILE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "next_due": ("next_due", "next_due_item", "next_due_zh", "next_due_en", "overdue_days"),
    "standing": ("exempt", "ended_on", "merged_into"),
}


class Option(Struct, frozen=True):
    """A value that a filter offers."""

    value: str
    title: str
    chosen: bool = False


@get(
    "/objects",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
    dependencies=WANTED,
)
def objects_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    finder: NamedDependency[SkipValidation[Finder]],
    pages: NamedDependency[SkipValidation[Pages]],
    reader: NamedDependency[SkipValidation[Reader]],
    wanted: NamedDependency[SkipValidation[Wanted]],
    column: objects.Columns = None,
    after: After = "",
) -> Response[Any]:
    """Show a page of the list."""
    language = language_of(request)
    words = pages.words(language)
    term = Terms(words, language)
    all_columns = term.all_of(OBJECT_COLUMNS)
    chosen = [name for name in OBJECT_COLUMNS if name in (column or USUAL_COLUMNS)]
    with reading.held() as views:
        filters = finder.filters(views, wanted)
        try:
            table = objects.table(
                views, wanted.today, filters, wanted.order, read_cursor(after), PAGE,
                falling=wanted.falling, question=finder.question(views, wanted.today),
            )  # fmt: skip
        except CursorError as foreign:
            parameters = [{"name": "after", "reason": "not from `next`"}]
            raise ProblemError("bad-request", parameters=parameters) from foreign
        count = finder.count(views, wanted.today, filters)
        name_of = namer(views, set(_codes(table.rows)), language, words)
        areas = _areas(views, language, wanted.filters, reader)
        items = _items(views, language, reader, wanted)
        nothing = is_empty(views, "objects")
        as_of = reading.as_of(query_of(request), wanted.today, views)
    following = next_link(request, after=cursor_text(table.after)) if table.after else ""
    return pages.render(
        request,
        "objects_list.html" if is_partial(request) else "objects.html",
        rows=table.rows,
        count=count,
        nothing=nothing,
        columns={name: all_columns[name] for name in chosen},
        all_columns=all_columns,
        wanted=wanted,
        areas=areas,
        domains=_domains(term, reader, wanted.filters.domain),
        types=options(types(language), wanted.filters.object_type),
        items=items,
        kinds=options(kinds(language), wanted.kind),
        due_options=options(term.all_of(DUE_WITHIN), wanted.due),
        order_options=options(term.all_of(ORDERS), wanted.order),
        name_of=name_of,
        term=term,
        following=following,
        first=next_link(request, after="") if after else "",
        files=_files(request, chosen),
        may_export=reader.may(Right.EXPORT),
        may_import=reader.may(Right.MANAGE_LISTS),
        as_of=said_as_of(as_of, words),
    )


def said_as_of(as_of: AsOf, words: Words) -> str:
    """Return up to which record a page counts, in words."""
    text = words.gettext("As of record {position}; judged on {today}.")
    return text.format(position=as_of.position, today=as_of.today)


def options(table: Mapping[str, str], chosen: str | None) -> Sequence[Option]:
    """Return what a filter offers."""
    return [Option(code, title, code == chosen) for code, title in table.items()]


def _domains(term: Terms, reader: Reader, chosen: str | None) -> Sequence[Option]:
    own = {code for code in DOMAINS if not reader.domains or code in reader.domains}
    named = term.all_of(DOMAINS)
    return options({code: named[code] for code in DOMAINS if code in own}, chosen)


def _items(
    views: ViewReader, language: Language, reader: Reader, wanted: Wanted
) -> Sequence[Option]:
    """Return the items in force that name a type of objects, of the domains to choose from."""
    own = {*values_of(wanted.filters.domain)} if wanted.filters.domain else {*reader.domains}
    found: dict[str, str] = {}
    for row in views.select(Query("items", document=True)):
        one = item(row.key, ITEMS.decode(row.document))
        listing = one.listing(wanted.today)
        holds = any(span.start <= wanted.today <= span.end for span in one.active)
        if listing and holds and listing.object_types and (not own or listing.domain in own):
            name = listing.name_zh if language == "zh" else listing.name_en
            found[row.key] = f"{row.key} {name}"
    return options(found, wanted.item)


def _areas(
    views: ViewReader, language: Language, filters: ObjectFilters, reader: Reader
) -> Mapping[str, Sequence[Option]]:
    """Return the townships that a reader may choose, and the villages of the chosen one."""
    name = "name_zh" if language == "zh" else "name_en"
    rows = views.select(Query("areas", columns=("level", name, "within")))
    towns = {row.key: str(row.values[1]) for row in rows if row.values[0] == "township"}
    towns = {t: n for t, n in towns.items() if not reader.townships or t in reader.townships}
    villages = {
        row.key: str(row.values[1])
        for row in rows
        if row.values[0] == "village" and row.key.startswith(filters.township or "-")
    }
    return {
        "township": options(towns, filters.township),
        "village": options(villages, filters.village),
    }


def _codes(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for row in rows:
        for name in ("object_type", "domain", "township", "village", "merged_into"):
            if row[name]:
                yield row[name]
        yield from row["last_officers"]


def _files(request: Request[Any, Any, Any], chosen: Sequence[str]) -> Mapping[str, str]:
    """Return the addresses of the same list as files: the same rows, the same columns."""
    left_out = {"after", "column", "lang", "format"}
    asked = [(n, v) for n, v in request.query_params.multi_items() if n not in left_out and v != ""]
    asked += [("column", name) for one in chosen for name in _FILE_COLUMNS.get(one, (one,))]
    return {
        kind: f"/views/objects?{urlencode([*asked, ('format', kind)])}"
        for kind in ("csv", "json", "geojson")
    }
