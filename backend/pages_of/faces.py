"""面面有监督 as a page: the matrix of domain and township, and what is behind one cell."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from backend import faces
from backend.measuring import ASKED, Asked, Measuring
from backend.pages import Pages
from backend.pages_of.filtering import listed, looking_of, options
from backend.people.reader import Reader
from backend.people.rights import Right
from backend.readings import Reading
from projections.chosen import values_of
from projections.coverage import DOMAINS as ORDERED
from projections.faces import acts


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


STATES: Final[Mapping[str, str]] = {
    "both": _("inspected and supervised"),
    "inspected": _("inspected only"),
    "supervised": _("supervised only"),
    "neither": _("neither"),
}
SIGNS: Final[Mapping[str, str]] = {"both": "●", "inspected": "◐", "supervised": "◑", "neither": "○"}
"""What tells the states apart without colour."""
ACTS: Final[Mapping[str, str]] = {
    "file_review": _("file review"),
    "joint_check": _("joint check"),
    "reinspection": _("re-inspection"),
    "replay": _("replay of records"),
}
MOST: Final = 200
"""So many inspections of a cell are shown."""


@get(
    "/faces",
    include_in_schema=False,
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def faces_page(
    *,
    request: Request[Any, Any, Any],
    pages: NamedDependency[SkipValidation[Pages]],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    reader: NamedDependency[SkipValidation[Reader]],
    asked: NamedDependency[SkipValidation[Asked]],
    stands: faces.WantedState = "",
) -> Response[str]:
    """Show which domains were inspected and supervised where; of one cell, by whom and when."""
    looking = looking_of(request, reader)
    is_cell = all(
        len(values_of(one or "")) == 1 for one in (asked.filters.domain, asked.filters.township)
    )
    with reading.held() as views:
        table = faces.table(measuring.once(asked, faces.cells))
        question = measuring.question(asked)
        inspections = sorted(
            question.effective if is_cell else (),
            key=lambda one: (one.completed_on, one.inspection), reverse=True,
        )[:MOST]  # fmt: skip
        supervised = acts(question)[:MOST] if is_cell else ()
        names = {one.object for one in inspections} | {one.by for one in supervised}
        names |= {officer for one in inspections for officer in one.officers.split()}
        shown = listed(
            views, reading, looking, table, asked, named=("domain", "township"),
            more=(*names, *ORDERED), officers=False,
        )  # fmt: skip
    gettext = looking.words.gettext
    return pages.render(
        request,
        "faces.html",
        cells={(row["domain"], row["township"]): row for row in table.rows},
        domain_codes=ORDERED,
        townships=sorted({row["township"] for row in table.rows}),
        states={code: gettext(title) for code, title in STATES.items()},
        state_options=options({code: gettext(title) for code, title in STATES.items()}, stands),
        state=stands,
        signs=SIGNS,
        counts={s: sum(row["state"] == s for row in table.rows) for s in STATES},
        is_cell=is_cell,
        inspections=inspections,
        supervised=supervised,
        act_is=looking.saying(ACTS),
        period=asked.period,
        **shown.context(looking, "/views/faces"),
    )
