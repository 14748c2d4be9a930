"""频次占用 and 综合查一次 as a page: enterprises near their cap, and visits to make one."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from backend import caps
from backend.caps import NEAR
from backend.measuring import ASKED, Asked, Measuring
from backend.pages import Pages
from backend.pages_of.filtering import PAGE, listed, looking_of, options, paged
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import After, Reading, Table
from projections.cap_use import enterprise_years, planned
from projections.joint_visits import joint_visits
from projections.question import Question
from projections.spans import Span
from projections.views import Cursor

Show: TypeAlias = Literal["near", "all", "joint"]


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


SHOWN: Final[Mapping[str, str]] = {
    "near": _("near their cap, or beyond"),
    "all": _("all enterprises"),
    "joint": _("visits that can be made one"),
}
STATUS: Final[Mapping[str, str]] = {
    "exceeded": _("exceeded"),
    "full": _("reached"),
    "near": _("near"),
    "free": _("free"),
    "no_cap": _("no cap published"),
}


@get(
    "/caps",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def caps_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    show: Annotated[Show, QueryParameter()] = "near",
    after: After = "",
) -> Response[str]:
    """Show enterprises with what was counted this year, or those where visits can be joined."""
    looking = looking_of(request, reader)
    with reading.held() as views:
        question = measuring.question(asked.over(_year(asked.today)))
        table = paged(after, lambda start: _table(question, show, start))
        shown = listed(
            views, reading, looking, table, asked,
            named=("objects", "townships", "items"), officers=False,
        )  # fmt: skip
    gettext = looking.words.gettext
    path = "/views/joint-visits" if show == "joint" else "/views/caps"
    return pages.render(
        request,
        "caps.html",
        show=show,
        shows=options({code: gettext(title) for code, title in SHOWN.items()}, show),
        status=looking.saying(STATUS),
        year=asked.today.year,
        **shown.context(looking, path),
    )


def _year(day: date) -> Span:
    return Span(date(day.year, 1, 1), date(day.year, 12, 31))


def _table(question: Question, show: Show, start: Cursor | None) -> Table:
    if show == "joint":
        return caps.joint_table(question.once(joint_visits, None), start, PAGE)
    found = question.once(enterprise_years).values()
    kept = [one for one in found if show == "all" or one.status in NEAR]
    waiting: Counter[str] = question.once(planned)
    return caps.caps_table(kept, waiting, "", start, PAGE)
