"""人人会执法 as a page: who is on post and certified, who took part, who can go together."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from backend import officers
from backend.measuring import ASKED, Asked, Measuring
from backend.pages import Pages
from backend.pages_of.filtering import PAGE, listed, looking_of, options, paged
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import After, Reading


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


SHOWN: Final[Mapping[str, str]] = {
    "all": _("all officers"),
    "counts": _("on post and certified"),
    "not_yet": _("not yet out"),
    "ending": _("certificate ends within 60 days"),
    "leave": _("on leave"),
    "uncertified": _("without a valid certificate"),
}
SORTS: Final[Mapping[str, str]] = {
    "name": _("name"),
    "certificate": _("end of the certificate"),
}
SECTIONS: Final[Mapping[str, str]] = {}


@get(
    "/officers",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def officers_page(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    show: officers.Shown = "all",
    sort: officers.Sorted = "name",
    after: After = "",
) -> Response[str]:
    """Show officers, by name or by the end of their certificate; never by how much they did."""
    looking = looking_of(request, reader)
    with reading.held() as views:
        measured = measuring.measured("officer_participation", asked)
        table = paged(
            after, lambda start: officers.table(measuring, asked, show, sort, start, PAGE)
        )
        shown = listed(
            views, reading, looking, table, asked,
            named=("townships", "domains", "took_part_in", "partners"),
        )  # fmt: skip
    gettext = looking.words.gettext
    return pages.render(
        request,
        "officers.html",
        figures=measured.figures,
        ending=len(measured.lists.get("ending", ())),
        show=show,
        shows=options({code: gettext(title) for code, title in SHOWN.items()}, show),
        sorts=options({code: gettext(title) for code, title in SORTS.items()}, sort),
        period=asked.period,
        **shown.context(looking, "/views/officers"),
    )
