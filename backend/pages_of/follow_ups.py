"""问题与期限 as a page: findings, orders, tasks, revisits and what else follows, by deadline."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, get_args

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend import follow_ups
from backend.measuring import ASKED, Asked, Measuring
from backend.pages import Pages
from backend.pages_of.filtering import PAGE, listed, looking_of, options, paged
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import After, Reading
from events.checklists import follow_up_words
from projections.follow_ups import KINDS, State
from projections.follow_ups import follow_ups as all_of
from projections.followed import Kind


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


WHAT: Final[Mapping[str, str]] = {
    "order": _("order to rectify"),
    "task": _("task"),
    "revisit": _("revisit"),
    "decision": _("decision on a benefit"),
    "case": _("case"),
    "recovery": _("recovery"),
}
STATES: Final[Mapping[str, str]] = {
    "open": _("still open"),
    "overdue": _("overdue"),
    "due": _("due in the period"),
    "done": _("ended in the period"),
}
SEVERITIES: Final[Mapping[str, str]] = {
    "critical": _("critical"),
    "major": _("major"),
    "minor": _("minor"),
    "info": _("for information"),
}


@get(
    "/follow-ups",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def follow_ups_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    stands: Annotated[State, QueryParameter(name="state")] = "open",
    what: Annotated[Kind | None, QueryParameter()] = None,
    after: After = "",
) -> Response[str]:
    """Show what is still to be done because of an inspection; what is due first stands first."""
    looking = looking_of(request, reader)
    kinds = KINDS if what is None else (what,)
    with reading.held() as views:
        question = measuring.question(asked)
        table = paged(after, lambda start: follow_ups.table(question, stands, kinds, start, PAGE))
        counts = {state: all_of(question, state, kinds, limit=1).total for state in get_args(State)}
        shown = listed(
            views, reading, looking, table, asked,
            named=("object", "township", "village", "object_type", "domain", "item", "officers"),
        )  # fmt: skip
    gettext, chinese = looking.words.gettext, looking.language == "zh"
    reasons = {code: said.zh if chinese else said.en for code, said in follow_up_words().items()}
    return pages.render(
        request,
        "follow_ups.html",
        stands=stands,
        counts=counts,
        states={code: gettext(title) for code, title in STATES.items()},
        whats=options({code: gettext(title) for code, title in WHAT.items()}, what),
        what_is=looking.saying(WHAT),
        severity=looking.saying(SEVERITIES),
        reason=looking.saying(reasons),
        period=asked.period,
        **shown.context(looking, "/views/follow-ups"),
    )
