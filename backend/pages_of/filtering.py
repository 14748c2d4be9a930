"""What the filters of a page offer within its reader's scope, and the same rows as a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request
from msgspec import Struct

from backend.links import next_link
from backend.measure_words import DOMAINS, namer
from backend.measuring import Asked
from backend.pages import Pages, Words, is_partial, language_of
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import AsOf, Reading, Table, cursor_text, query_of, read_cursor
from events import checklists
from events.language import Language
from projections.question import Filters
from projections.views import CursorError, Query, ViewReader, ViewStore

PAGE: Final = 50
"""Rows of a page."""
_OF_PAGES: Final = frozenset({"after", "lang", "format", "limit"})


class Option(Struct, frozen=True):
    """A value that a filter offers."""

    value: str
    title: str
    chosen: bool = False


def options(table: Mapping[str, str], chosen: str | None) -> Sequence[Option]:
    """Return the values of a table, one of them chosen."""
    return [Option(value, title, value == chosen) for value, title in table.items()]


class Looking(Struct, frozen=True):
    """Who looks at a page, in which language, and where: what most of a page's words need."""

    request: Request[Any, Any, Any]
    reader: Reader
    language: Language
    words: Words

    def saying(self, table: Mapping[str, str]) -> Callable[[str], str]:
        """Return a function that says what codes of a table are called."""
        return lambda code: self.say(table, code)

    def say(self, table: Mapping[str, str], code: str) -> str:
        """Return what a code is called; the code where no table has it."""
        return self.words.gettext(table[code]) if table.get(code) else code


def filters_of(
    views: ViewReader, looking: Looking, chosen: Filters
) -> Mapping[str, Sequence[Option]]:
    """Return what the filters offer: townships, villages of the chosen one, domains and kinds."""
    towns, villages = _areas(views, looking, chosen)
    own = looking.reader.domains
    domains = {
        code: looking.words.gettext(name)
        for code, name in DOMAINS.items()
        if not own or code in own
    }
    return {
        "township": options(towns, chosen.township),
        "village": options(villages, chosen.village),
        "domain": options(domains, chosen.domain),
        "kind": options(kinds(looking.language), chosen.kind),
    }


def officers_of(views: ViewReader, chosen: Filters) -> Sequence[Option]:
    """Return the officers there are, by name."""
    rows = views.select(Query("officers", columns=("name",), order=("name",)))
    return options({row.key: str(row.values[0]) or row.key[:8] for row in rows}, chosen.officer)


def kinds(language: Language) -> Mapping[str, str]:
    """Return what kinds of checklists are called."""
    return {
        one.kind: one.zh if language == "zh" else one.en for one in checklists.bundled().values()
    }


def _areas(
    views: ViewReader, looking: Looking, chosen: Filters
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    name = "name_zh" if looking.language == "zh" else "name_en"
    rows = views.select(
        Query("areas", columns=("level", "within", name), order=("level", "within"))
    )
    own = looking.reader.townships
    towns = {
        row.key: str(row.values[2]) or row.key
        for row in rows
        if row.values[0] == "township" and (not own or row.key in own)
    }
    villages = {
        row.key: str(row.values[2]) or row.key
        for row in rows
        if row.values[0] == "village" and chosen.township and row.values[1] == chosen.township
    }
    return dict(sorted(towns.items())), dict(sorted(villages.items()))


class Listed(Struct, frozen=True):
    """A page of a list with what stands around it, once its views are let go."""

    rows: Sequence[Mapping[str, Any]]
    following: str
    first: str
    filters: Mapping[str, Sequence[Option]]
    name_of: Callable[[str], str]
    as_of: AsOf

    def context(self, looking: Looking, path: str, **more: str) -> dict[str, Any]:
        """Return what the templates of lists are given; `path` is the same list as data."""
        return {
            "rows": self.rows,
            "following": self.following,
            "first": self.first,
            "filters": self.filters,
            "name_of": self.name_of,
            "as_of": as_of_words(self.as_of, looking.words),
            "files": files(looking.request, path, **more)
            if looking.reader.may(Right.EXPORT)
            else {},
            "layout": "part.html" if is_partial(looking.request) else "frame.html",
            "here": str(looking.request.url).removeprefix(str(looking.request.base_url)[:-1]),
        }


def looking_of(request: Request[Any, Any, Any], reader: Reader) -> Looking:
    """Return who looks at a page."""
    language = language_of(request)
    return Looking(request, reader, language, Pages.words(language))


def listed(  # noqa: PLR0913  what stands around a list
    views: ViewStore,
    reading: Reading,
    looking: Looking,
    table: Table,
    asked: Asked,
    *,
    named: Iterable[str],
    more: Iterable[str] = (),
    officers: bool = True,
) -> Listed:
    """Gather a page of a list while its views are held; `named` are members that have names."""
    keys = {key for row in table.rows for name in named for key in _keys(row.get(name))} | {*more}
    offered = dict(filters_of(views, looking, asked.filters))
    keys |= {one.value for one in (*offered["township"], *offered["domain"])}
    if officers:
        offered["officer"] = officers_of(views, asked.filters)
    request = looking.request
    return Listed(
        table.rows,
        next_link(request, after=cursor_text(table.after)) if table.after else "",
        next_link(request, after="") if request.query_params.get("after") else "",
        offered,
        namer(views, keys, looking.language, looking.words),
        reading.as_of(query_of(request), asked.today, views),
    )


def _keys(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return [str(one) for one in value] if isinstance(value, list | tuple) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def paged(text: str, rows: Callable[[Any], Table]) -> Table:
    """Return a page after a cursor; refuse one that is none of this list."""
    try:
        return rows(read_cursor(text))
    except CursorError as foreign:
        parameters = [{"name": "after", "reason": "not from `next`"}]
        raise ProblemError("bad-request", parameters=parameters) from foreign


def as_of_words(as_of: AsOf, words: Words) -> str:
    """Return up to which record a page counts, in words."""
    text = words.gettext("As of record {position}; judged on {today}.")
    return text.format(position=as_of.position, today=as_of.today)


def files(request: Request[Any, Any, Any], path: str, **more: str) -> Mapping[str, str]:
    """Return the addresses of the same list as files: all its rows, by the same filters."""
    asked = [
        (name, str(value))
        for name, value in request.query_params.multi_items()
        if name not in _OF_PAGES and name not in more and value != ""
    ]
    asked += list(more.items())
    return {kind: f"{path}?{urlencode([*asked, ('format', kind)])}" for kind in ("csv", "json")}
