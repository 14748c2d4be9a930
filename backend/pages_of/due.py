"""到期事项 as a page: what is due of objects and households, by which day, and why."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend import due
from backend.due import DUE_KINDS, DueKind, due_kind
from backend.measuring import ASKED, Asked, Measuring
from backend.pages import Pages
from backend.pages_of.filtering import PAGE, listed, looking_of, options, paged
from backend.pages_of.monday import DUE
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import After, Reading
from projections.due_lists import due_list

_KINDS: Final[Mapping[str, str]] = {one: DUE[one] for one in DUE_KINDS}


@get(
    "/due",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def due_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    what: Annotated[DueKind | None, QueryParameter()] = None,
    overdue: Annotated[bool, QueryParameter()] = False,
    until: Annotated[date | None, QueryParameter(description="last day; default 30 on")] = None,
    after: After = "",
) -> Response[str]:
    """Show what is due, the oldest first."""
    looking = looking_of(request, reader)
    with reading.held() as views:
        question = measuring.question(due.asked_today(asked.today, asked.filters))
        found = [
            one
            for one in due_list(question, until, overdue=overdue)
            if what in (None, due_kind(one))
        ]
        table = paged(after, lambda start: due.table(question, found, start, PAGE))
        shown = listed(
            views, reading, looking, table, asked,
            named=("object", "township", "village", "object_type", "domain"), officers=False,
        )  # fmt: skip
    kinds = {code: looking.words.gettext(title) for code, title in _KINDS.items()}
    return pages.render(
        request,
        "due.html",
        total=len(found),
        late=sum(bool(one.overdue_days) for one in found),
        whats=options(kinds, what),
        only_overdue=overdue,
        until=until,
        **shown.context(looking, "/views/due"),
    )
