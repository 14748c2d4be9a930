"""The page of one inspection: the case as its entries tell it."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from backend.entries import Said, codes_in
from backend.inspection_case import Answer, Case, case, said_value
from backend.inventory_words import Terms
from backend.measure_words import namer
from backend.pages import language_of
from backend.pages_of.object import Folder, Readings, Reads, Rendering
from backend.pages_of.objects import said_as_of
from backend.people.rights import Right
from backend.pictures import lines
from backend.problems import ProblemError
from backend.readings import Today, query_of
from events.facts import HOMES
from projections.procedure_faults import faults_of
from projections.question import Question
from projections.spans import Span
from projections.views import Query, ViewReader


@get(
    "/inspections/{key:str}",
    include_in_schema=False,
    sync_to_thread=True,
    opt={"right": Right.READ_CASES, "narrows": True},
)
def inspection_page(
    request: Request[Any, Any, Any],
    key: FromPath[str],
    reading: Readings,
    pages: Rendering,
    reader: Reads,
    picture_folder: Folder,
    today: Today = None,
) -> Response[Any]:
    """Show an inspection."""
    language = language_of(request)
    words = pages.words(language)
    day = today or reading.today()
    with reading.held() as views:
        found = case(views, reading.store, key)
        if found is None:
            raise ProblemError("not-found")
        visit = found.visit
        reader.require(domain=visit.domain, township=visit.township)
        question = Question(views, Span(visit.started_on, visit.started_on), day)
        faults = faults_of(question, [key])
        name_of = namer(views, _codes(found), language, words)
        object_name = _object_name(views, visit.object)
        as_of = reading.as_of(query_of(request), day, views)
    term = Terms(words, language)
    return pages.render(
        request,
        "inspection.html",
        case=found,
        visit=visit,
        object_name=object_name,
        is_home=visit.object_type in HOMES,
        faults=faults,
        term=term,
        name_of=name_of,
        said=Said(term, name_of),
        answers=[(one, _value(one, term)) for one in found.answers],
        photos=lines(found.entries, picture_folder),
        may_open=reader.may(Right.READ_PEOPLE_SEALED),
        may_replay=reader.may(Right.READ_HISTORY),
        as_of=said_as_of(as_of, words),
        position=as_of.position,
    )


def _value(one: Answer, term: Terms) -> str:
    """Return an answer in the words of its form; yes and no in ours."""
    text = said_value(one, term.language)
    return term.value(text) if text in ("yes", "no", "na") else text


def _codes(found: Case) -> set[str]:
    visit = found.visit
    codes = {
        visit.township,
        visit.village or "",
        *visit.items,
        *(one.officer for one in found.crew),
    }
    for one in found.corrections:
        codes |= {one.approver, *(str(value) for _, *both in one.changes for value in both)}
    return codes | codes_in(found.entries)


def _object_name(views: ViewReader, key: str) -> str:
    rows = views.select(Query("objects", columns=("name",), where=(("key", "=", key),)))
    return str(rows[0].values[0]) if rows else ""
