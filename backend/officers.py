"""人人会执法 as a list: each officer with certificate, post and part, in the order of names.

Whether somebody took part, and in how many domains; never how often, and never by penalties.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.measuring import ASKED, Asked, Measuring
from backend.people.rights import Right
from backend.readings import MOST, After, Format, Limit, Reading, Table
from backend.readings import Asked as Page
from projections.figures import Measured
from projections.lists import Officer
from projections.participation import reached_domains
from projections.posts import as_officer, holds, is_there, last_certified, standing
from projections.question import Question
from projections.spans import OPEN
from projections.views import Cursor, CursorError, ViewStore

Show: TypeAlias = Literal["all", "counts", "not_yet", "ending", "leave", "uncertified"]
Sort: TypeAlias = Literal["name", "certificate"]
Shown = Annotated[Show, QueryParameter(description="only these")]
Sorted = Annotated[Sort, QueryParameter(description="in which order")]
_LAST: Final = "9999"


@get(
    "/views/officers",
    tags=["views"],
    summary="人人会执法 · officers",
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def officers_view(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    show: Shown = "all",
    sort: Sorted = "name",
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List officers with certificate, post, and whether they took part in the period."""

    def rows(_: ViewStore, start: Cursor | None, most: int) -> Table:
        return table(measuring, asked, show, sort, start, most)

    return reading.list(request, "officers", rows, asked.today, Page(after, limit, format))


def table(
    measuring: Measuring,
    asked: Asked,
    show: Show = "all",
    sort: Sort = "name",
    start: Cursor | None = None,
    most: int = MOST,
) -> Table:
    """Return officers as rows, by name or by the day their certificate ends."""
    question = measuring.question(asked)
    measured = measuring.measured("officer_participation", asked)
    counted = {part.key: bool(part.done) for part in measured.figure.parts}
    chosen = None if show == "all" else {*(counted if show == "counts" else measured.lists[show])}
    domains = question.once(reached_domains)
    partners = _partners(measured)
    found = [
        (_place(one, question.today, sort), one)
        for one in question.officers
        if one.listings and (_is_there(one, question) if chosen is None else one.officer in chosen)
    ]
    found.sort(key=lambda pair: pair[0])
    edge = _edge(start)
    shown = [pair for pair in found if edge is None or pair[0] > edge]
    page = shown[:most]
    rows = [_row(one, question, counted, domains, partners) for _, one in page]
    return Table(rows, page[-1][0] if len(shown) > most else None)


def _place(one: Officer, today: date, sort: Sort) -> tuple[str, str]:
    if sort == "certificate":
        return (_ends(one, today) or _LAST), one.officer
    return one.name, one.officer


def _edge(start: Cursor | None) -> tuple[str, str] | None:
    match start:
        case None:
            return None
        case (str(value), str(officer)):
            return value, officer
        case _:
            raise CursorError("officers")


def _is_there(one: Officer, question: Question) -> bool:
    """Tell whether one was ever posted where the filters ask; who has no post belongs to all."""
    return not one.postings or any(is_there(p, question.filters) for p in one.postings)


def _ends(one: Officer, today: date) -> str | None:
    """Return the last day of the certificate that holds, else of the last one there was."""
    if one.certified(today):
        return last_certified(one, today).isoformat()
    ends = [held.valid.end for held in one.certificates if held.valid is not None]
    return max(ends).isoformat() if ends else None


def _partners(measured: Measured) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for pair in measured.lists.get("pairs", ()):
        officer, _, partner = pair.partition("|")
        found.setdefault(officer, []).append(partner)
    return found


def _row(
    one: Officer,
    question: Question,
    counted: Mapping[str, bool],
    domains: Mapping[str, Sequence[str]],
    partners: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    today = question.today
    past = question.past
    posting = next(
        (p for p in reversed(one.postings) if p.valid_from <= today <= (p.valid_to or OPEN)), None
    )
    ends = _ends(one, today)
    return {
        "officer": one.officer,
        "name": one.name or None,
        "role": one.listings[-1].role,
        "section": one.listings[-1].section,
        "townships": list(posting.townships) if posting else [],
        "domains": list(posting.domains) if posting else [],
        "on_post": posting is not None and holds(as_officer(one), today),
        "on_leave": any(span.start <= today <= span.end for span in one.leaves),
        "certified": one.certified(today),
        "certificate_to": ends,
        "certificate_days": (date.fromisoformat(ends) - today).days
        if ends and one.certified(today)
        else None,
        "standing": standing(one, past, question.filters) if past else None,
        "took_part": counted.get(one.officer),
        "took_part_in": list(domains.get(one.officer, ())),
        "partners": list(partners.get(one.officer, ())),
    }
