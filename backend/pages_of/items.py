"""执法事项清单 as a page, and the page of one item: what it rests on, and how it is used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, SkipValidation
from msgspec import Struct, to_builtins

from backend import items
from backend.entries import Entry, entry
from backend.inventory_words import ITEM_KINDS, Terms
from backend.links import next_link
from backend.measure_words import DOMAINS, rate_words
from backend.measuring import Asked, Measuring
from backend.name_index import NameIndex
from backend.pages import Pages, is_partial, language_of
from backend.pages_of.objects import options, said_as_of
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import (
    After,
    Code,
    From,
    Reading,
    Until,
    cursor_text,
    is_empty,
    period_of,
    query_of,
    read_cursor,
)
from backend.telling import FigureOut, told
from events.checklists import Words
from events.register import ItemListed
from events.store import EventStore
from projections.asked import Basis
from projections.figures import Figure
from projections.filed import Filed, FiledDocument
from projections.hidden import hidden_of
from projections.item_inventory import PAGE, ItemFilters
from projections.items import item as resolve
from projections.reasons import said as reason_said
from projections.spans import OPEN, Span
from projections.views import Condition, CursorError, Query, ViewReader, view_of

_PLAIN: Final = frozenset({"min", "sample_min", "deadline"})
_SHOWN: Final = (
    "name_zh", "name_en", "domain", "kind", "plannable", "object_types", "frequency",
    "legal_basis", "enterprise_related",
)  # fmt: skip


@get("/items", include_in_schema=False, sync_to_thread=True, opt={"right": Right.READ_VIEWS})
def items_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    item_names: NamedDependency[SkipValidation[NameIndex]],
    pages: NamedDependency[SkipValidation[Pages]],
    reader: NamedDependency[SkipValidation[Reader]],
    domain: Code = None,
    township: Code = None,
    plannable: Annotated[str, QueryParameter(pattern="^(yes|no)?$")] = "",
    unused: FromQuery[bool] = False,
    q: Annotated[str, QueryParameter(max_length=80)] = "",
    first: From = None,
    last: Until = None,
    after: After = "",
) -> Response[Any]:
    """Show a page of the list. The list of items is that of the whole bureau."""
    del township  # a reader of one township sees the same list, and not how much others use it
    whole = not reader.townships
    language = language_of(request)
    term = Terms(pages.words(language), language)
    day = reading.today()
    period = period_of(first, last, day)
    with reading.held() as views:
        filters = ItemFilters(
            domain or None,
            {"yes": True, "no": False}.get(plannable),
            unused and whole,
            frozenset(item_names.find(views, q)) if q.strip() else None,
        )
        try:
            table = items.table(views, period, day, filters, read_cursor(after), PAGE)
        except CursorError as foreign:
            raise ProblemError("bad-request") from foreign
        nothing = is_empty(views, "items")
        as_of = reading.as_of(query_of(request), day, views)
    rows = table.rows
    if not whole:
        rows = [{**row, "uses": None, "last_used_on": None} for row in rows]
    domains = {code: term.domain(code) for code in DOMAINS}
    if reader.domains:
        domains = {code: title for code, title in domains.items() if code in reader.domains}
    left_out = {"after", "lang", "q", "plannable"}
    asked = [(n, v) for n, v in request.query_params.multi_items() if v and n not in left_out]
    if plannable:
        asked.append(("plannable", str(plannable == "yes").lower()))
    return pages.render(
        request,
        "items_list.html" if is_partial(request) else "items.html",
        rows=rows,
        nothing=nothing,
        term=term,
        item_kind=lambda code: item_kind(code, term),  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        domains=options(domains, domain),
        q=q,
        plannable=plannable,
        unused=unused,
        period=period,
        following=next_link(request, after=cursor_text(table.after)) if table.after else "",
        files={
            kind: f"/views/items?{urlencode([*asked, ('format', kind)])}"
            for kind in ("csv", "json")
        },
        may_export=reader.may(Right.EXPORT) and not reader.townships,  # uses are the bureau's
        as_of=said_as_of(as_of, term.words),
    )


def item_kind(code: str, term: Terms) -> str:
    """Return what a kind of item is called; the bureau's data names it in Chinese."""
    known = ITEM_KINDS.get(code)
    return code if known is None or term.language == "zh" else term.words.gettext(known)


# ── one item ───────────────────────────────────────────────────────────────────────


class Version(Struct, frozen=True):
    """How an item reads from a day on, and what that changed."""

    listing: ItemListed
    entry: Entry
    changes: tuple[tuple[str, Any, Any], ...]


@get(
    "/items/{code:str}", include_in_schema=False, sync_to_thread=True,
    opt={"right": Right.READ_VIEWS, "narrows": True},
)  # fmt: skip
def item_page(  # noqa: PLR0913  what a page is made of
    *,
    request: Request[Any, Any, Any],
    code: FromPath[str],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    pages: NamedDependency[SkipValidation[Pages]],
    reader: NamedDependency[SkipValidation[Reader]],
    first: From = None,
    last: Until = None,
) -> Response[Any]:
    """Show one item."""
    language = language_of(request)
    term = Terms(pages.words(language), language)
    day = reading.today()
    period = period_of(first, last, day)
    with reading.held() as views:
        raw = views.load("items", [code]).get(code)
        if raw is None:
            raise ProblemError("not-found")
        document: FiledDocument = view_of(views.views, "items").decode(raw)
        found = resolve(code, document)
        listing = found.listing(day)
        if listing is None:
            raise ProblemError("not-found")
        if reader.domains and listing.domain not in reader.domains:
            raise reader.beyond()
        versions = _versions(reading.store, document)
        months = None if reader.townships else _months(views, code)
        covered = None if reader.is_scoped else _covered(measuring, code, period, day)
        objects = {one: _count(views, one, day, reader) for one in listing.object_types}
        as_of = reading.as_of(query_of(request), day, views)
    return pages.render(
        request,
        "item.html",
        code=code,
        listing=listing,
        title=listing.name_zh if language == "zh" else listing.name_en,
        item_kind=item_kind(listing.kind, term),
        term=term,
        spans=[(one.start, None if one.end == OPEN else one.end) for one in found.active],
        in_force=any(one.start <= day <= one.end for one in found.active),
        versions=versions,
        frequency=_frequency(listing.frequency, term),
        months=months,
        uses=sum(count for _, count in months or ()),
        covered=covered,
        covered_words=rate_words(covered.words or "", term.words) if covered else "",
        objects=objects,
        period=period,
        as_of=said_as_of(as_of, term.words),
    )


def _versions(store: EventStore, document: FiledDocument) -> Sequence[Version]:
    """Return how an item read, the newest first."""
    rows: list[tuple[Filed, ItemListed]] = []
    for row in sorted(document.register.values(), key=lambda row: row.position):
        fact = row.fact
        if isinstance(fact, ItemListed):
            rows.append((row, fact))
    before = {row.position: old for (_, old), (row, _) in pairwise(rows)}
    return [
        Version(fact, entry(store, row, row.tag), tuple(_changes(before.get(row.position), fact)))
        for row, fact in reversed(rows)
    ]


def _changes(old: ItemListed | None, new: ItemListed) -> Iterable[tuple[str, Any, Any]]:
    if old is not None:
        for name in _SHOWN:
            if getattr(old, name) != getattr(new, name):
                yield name, to_builtins(getattr(old, name)), to_builtins(getattr(new, name))


def _months(views: ViewReader, code: str) -> Sequence[tuple[str, int]]:
    """Return the uses of the last twelve months in which there were any, the newest first."""
    query = Query(
        "item_uses",
        columns=("month", "uses"),
        where=(("item", "=", code), ("last_on", "!=", "")),
        order=("last_on",),
        falling=True,
        limit=12,
    )
    return [(str(row.values[0]), int(row.values[1])) for row in views.select(query)]


def _covered(measuring: Measuring, code: str, period: Span, day: date) -> FigureOut | None:
    """Return of what rules ask of this item what was done; hidden where few homes are behind."""
    asked = Asked(period, day)
    by = measuring.measured("requirement_coverage", asked).by["item"]
    figure: Figure | None = by.get(code)
    hidden = measuring.once(asked, _hidden_items).get(code)
    return None if figure is None else told(code, "", figure, hidden)


def _hidden_items(measuring: Measuring, asked: Asked) -> Mapping[str, str]:
    by = measuring.measured("requirement_coverage", asked).by["item"]
    return hidden_of(by, measuring.homes())


def _count(views: ViewReader, object_type: str, day: date, reader: Reader) -> int:
    """Return how many objects of a type are on the list, of those that a reader may see."""
    where: list[Condition] = [
        ("object_type", "=", object_type),
        ("ended_on", ">=", day.isoformat()),
    ]
    own = (("domain", reader.domains), ("township", reader.townships))
    for name, values in own:
        if values:
            where.append((name, "in", list(values)))
    return views.count("objects", where)


def _frequency(stated: Mapping[str, Any], term: Terms) -> str:
    """Return how often an item is to be used, in words."""
    if not stated:
        return ""
    english = str(stated.get("basis", ""))
    basis = Words(str(stated.get("basis_zh") or english), english)
    mode = str(stated.get("mode", ""))
    if mode not in _PLAIN:
        return term.one_of(basis) or mode.replace("_", " ")
    count = stated.get("count") or stated.get("days")
    per = str(stated.get("per") or stated.get("unit") or "")
    said = term.one_of(reason_said(Basis(mode, count if isinstance(count, int) else 0, per, basis)))
    fraction = stated.get("fraction")
    return f"{fraction:.0%} · {said}" if isinstance(fraction, float) else said
