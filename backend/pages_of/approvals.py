"""检查审批 as a page: what is assigned and waits, why, and approving it, one or several at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Annotated, Any, Final

from anyio import to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation, URLEncodedBody
from msgspec import Struct

from backend.approving import NoApproverError, NotAssignedError, approve, take_back
from backend.measure_words import namer
from backend.measuring import ASKED, Asked
from backend.office import Office
from backend.pages import Pages
from backend.pages_of.filtering import (
    Looking,
    Option,
    as_of_words,
    filters_of,
    looking_of,
    options,
)
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.problems import ProblemError
from backend.readings import Reading, query_of
from events.ids import id_bytes
from projections.approvals import Awaiting, awaiting
from projections.lists import OFFICERS, officer
from projections.question import Filters
from projections.views import Query, ViewReader, ViewStore

MOST_SHOWN: Final = 200
_MOST_DOCUMENT: Final = 64


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


REASONS: Final[Mapping[str, str]] = {
    "needless": _("the visit is not needed"),
    "cap": _("the enterprise is at its cap"),
    "unclear": _("what is to be inspected is not clear"),
    "crew": _("other officers are to go"),
}
"""Why an assignment is taken back instead of approved, as the fact says it."""

REFUSED: Final[Mapping[str, str]] = {
    "none": _("Nothing was chosen. Tick what you approve or take back."),
    "approver": _("Say who approves: somebody on the list of officers."),
    "document": _("The number of the form is too long: at most 64 characters."),
    "reason": _("Say why it is taken back."),
    "gone": _("One of them is no longer assigned: it was taken back meanwhile. Look again."),
}


class Approvals:
    """Lets one approve at a time in this process: what is read is what is recorded upon."""

    def __init__(self) -> None:
        self.turn = Lock()


class DecisionForm(Struct, frozen=True):
    """What was ticked, and what is to become of it."""

    assignment: str | list[str] = ""
    act: str = ""
    approver: str = ""
    document: str = ""
    reason: str = ""
    csrf: str = ""

    @property
    def ticked(self) -> frozenset[str]:
        """The assignments that were ticked."""
        said = [self.assignment] if isinstance(self.assignment, str) else self.assignment
        return frozenset(filter(None, said))


class AwaitingLine(Struct, frozen=True):
    """An assignment in words."""

    assignment: str
    object: str
    what: str
    kind: str
    where: str
    who: str
    due_on: date
    is_late: bool
    why: str
    basis: Sequence[str]


@get(
    "/approvals",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.MANAGE_ASSIGNMENTS},
)
def approvals_page(
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    told: Annotated[str, QueryParameter(max_length=16)] = "",
    many: Annotated[int, QueryParameter(ge=0, le=2**31)] = 0,
) -> Response[str]:
    """Show what is assigned and waits for an approval, the soonest due first."""
    known = told if told in ("approved", "withdrawn") else ""
    return _page(request, pages, reading, reader, asked.filters, told=known, many=many)


@post(
    "/approvals", include_in_schema=False, opt={"right": Right.MANAGE_ASSIGNMENTS, "narrows": True}
)
async def decide(
    *,
    request: Request[Any, Any, Any],
    data: URLEncodedBody[DecisionForm],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    reader: NamedDependency[SkipValidation[Reader]],
    office: NamedDependency[SkipValidation[Office]],
    approvals: NamedDependency[SkipValidation[Approvals]],
) -> Response[Any]:
    """Approve what was ticked, or take it back: all of it or nothing."""

    def decided() -> Response[Any]:
        filters = reader.narrow(Filters())
        wrong = _wrong(data)
        if not wrong:
            _require_own(reading, reader, data.ticked)
            with approvals.turn:
                wrong = _recorded(office, reader, data)
        if wrong:
            return _page(request, pages, reading, reader, filters, wrong=wrong, form=data)
        told = "approved" if data.act == "approve" else "withdrawn"
        done = data.ticked
        return _page(request, pages, reading, reader, filters, told=told, many=len(done), done=done)

    return await to_thread.run_sync(decided)


def _wrong(data: DecisionForm) -> str:
    """Return what is wrong with a form; "" where nothing is."""
    if data.act not in ("approve", "withdraw"):
        raise ProblemError("bad-request")
    if not data.ticked:
        return "none"
    if data.act == "withdraw":
        return "" if data.reason in REASONS else "reason"
    if len(data.document.strip()) > _MOST_DOCUMENT:
        return "document"
    return "" if data.approver else "approver"


def _require_own(reading: Reading, reader: Reader, assignments: Iterable[str]) -> None:
    """Refuse what lies outside the reader's scope as what is not there."""
    if not reader.is_scoped:
        return
    query = Query(
        "assignments",
        columns=("domain", "township"),
        where=(("key", "in", sorted(set(assignments))),),
    )
    with reading.held() as views:
        rows = views.select(query)
    for row in rows:
        reader.require(domain=str(row.values[0]), township=str(row.values[1]))


def _recorded(office: Office, reader: Reader, data: DecisionForm) -> str:
    """Record a decision; return why that could not be."""
    actor = id_bytes(reader.account)
    try:
        if data.act == "approve":
            document = data.document.strip() or None
            approve(office, sorted(data.ticked), data.approver, document, actor)
        else:
            take_back(office, sorted(data.ticked), data.reason, actor)
    except NotAssignedError:
        return "gone"
    except NoApproverError:
        return "approver"
    return ""


# ── what is shown ──────────────────────────────────────────────────────────────────


def _page(  # noqa: PLR0913  what a page of decisions needs
    request: Request[Any, Any, Any],
    pages: Pages,
    reading: Reading,
    reader: Reader,
    filters: Filters,
    *,
    told: str = "",
    many: int = 0,
    wrong: str = "",
    form: DecisionForm | None = None,
    done: frozenset[str] = frozenset(),
) -> Response[Any]:
    looking = looking_of(request, reader)
    form = form or DecisionForm()
    today = reading.today()
    with reading.held() as views:
        found = [one for one in awaiting(views, today, filters) if one.assignment not in done]
        name_of = namer(views, _keys(found[:MOST_SHOWN]), looking.language, looking.words)
        offered = filters_of(views, looking, filters)
        approvers = _approvers(views, looking, today, form.approver)
        as_of = reading.as_of(query_of(request), today, views)
    page = pages.render(
        request,
        "approvals.html",
        rows=[_line(one, looking, name_of, today) for one in found[:MOST_SHOWN]],
        total=len(found),
        filters=offered,
        approvers=approvers,
        reasons=options({code: looking.say(REASONS, code) for code in REASONS}, form.reason),
        ticked=form.ticked,
        document=form.document,
        told=told,
        many=many,
        wrong=looking.words.gettext(REFUSED[wrong]) if wrong else "",
        as_of=as_of_words(as_of, looking.words),
        layout="frame.html",
    )
    page.status_code = 422 if wrong else 200
    return page


def _keys(found: Iterable[Awaiting]) -> set[str]:
    """Return all that has a name on the page."""
    given = [one.given for one in found]
    keys = {key for one in given for key in (one.object, one.township, one.domain, *one.officers)}
    return keys | {key for one in given for key in (one.village or "", one.object_type) if key}


def _line(one: Awaiting, looking: Looking, name_of: Any, today: date) -> AwaitingLine:  # noqa: ANN401  a function
    given, chinese = one.given, looking.language == "zh"
    title = one.form.zh if chinese else one.form.en
    why = looking.words.gettext(_("The form “{form}” asks for an approval beforehand."))
    return AwaitingLine(
        one.assignment,
        given.object,
        name_of(given.object) or given.object[:8],
        title or given.kind,
        " · ".join(filter(None, (name_of(given.township), name_of(given.domain)))),
        " ".join(name_of(officer) or officer[:8] for officer in given.officers),
        given.due_on,
        given.due_on < today,
        why.format(form=title or given.kind),
        [f"{law.name_zh if chinese else law.name_en} {law.article or ''}" for law in one.basis],
    )


def _approvers(
    views: ViewStore | ViewReader, looking: Looking, today: date, chosen: str
) -> Sequence[Option]:
    """Return who may be named as approving: managers first; the reader, if on the list."""
    found: list[tuple[bool, str, str]] = []
    for row in views.select(Query("officers", document=True)):
        one = officer(row.key, OFFICERS.decode(row.document))
        on_list = any(span.start <= today <= span.end for span in one.listed)
        if on_list and one.listings[-1].role != "auxiliary":
            found.append((one.listings[-1].role != "manager", one.name, one.officer))
    own = [key for _, name, key in found if name == looking.reader.name]
    selected = chosen or (own[0] if len(own) == 1 else "")
    return options({key: name for _, name, key in sorted(found)}, selected)
