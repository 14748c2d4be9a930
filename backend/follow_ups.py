"""后续事项: what is still to be done because of an inspection, as a list in the order it is due."""

from typing import Annotated, Any, Final, get_args

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend.measuring import ASKED, Asked, Measuring
from backend.readings import MOST, After, Format, Limit, Reading, Table
from backend.readings import Asked as Page
from events.clock import moment
from projections.follow_ups import KINDS, FollowUp, State, follow_ups
from projections.followed import Kind
from projections.question import Question
from projections.views import Cursor, ViewStore

_STATES: Final = f"^({'|'.join(get_args(State))})$"
_KINDS: Final = f"^({'|'.join(KINDS)})$"


@get(
    "/views/follow-ups",
    tags=["views"],
    summary="后续事项 · follow-ups",
    dependencies=ASKED,
    sync_to_thread=True,
)
def follow_ups_view(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    stands: Annotated[
        str,
        QueryParameter(
            name="state",
            pattern=_STATES,
            description="`due`: up to the end of the period; `done`: within it",
        ),
    ] = "open",
    what: Annotated[str | None, QueryParameter(pattern=_KINDS, description="only these")] = None,
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List orders, tasks, revisits, pending decisions, cases and recoveries.

    What is due first stands first; what has no deadline comes last, the oldest first.
    """

    def rows(_: ViewStore, start: Cursor | None, most: int) -> Table:
        return table(measuring.question(asked), _state(stands), _kinds(what), start, most)

    return reading.list(request, "follow-ups", rows, asked.today, Page(after, limit, format))


def table(
    question: Question,
    state: State = "open",
    kinds: tuple[Kind, ...] = KINDS,
    start: Cursor | None = None,
    most: int = MOST,
) -> Table:
    """Return follow-ups as rows."""
    page = follow_ups(question, state, kinds, after=start, limit=most)
    return Table([_row(one, question) for one in page.lines], page.next)


def _state(said: str) -> State:
    return next(state for state in get_args(State) if state == said)


def _kinds(said: str | None) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if said in (None, kind))


def _row(one: FollowUp, question: Question) -> dict[str, Any]:
    """Return what may be shown: whom it is about stays with the inspection."""
    of = one.of
    return {
        "due_on": one.due_on,
        "due_at": None if one.due_at is None else moment(one.due_at),
        "overdue_days": one.overdue(question.today),
        "what": one.what,
        "reason": one.reason,
        "severity": one.severity or None,
        "item": one.item or None,
        "opened_on": one.opened_on,
        "age_days": one.age(question.today),
        "ended_on": one.ended_on,
        "result": one.result or None,
        "late": one.late,
        "object": of.object,
        "object_type": of.object_type,
        "domain": of.domain,
        "township": of.township,
        "village": of.village or None,
        "kind": of.kind,
        "officers": list(of.officers),
        "inspection": of.inspection,
        "id": one.id,
        "position": one.position,
    }
