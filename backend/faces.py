"""面面有监督 as a list: each domain and township with objects, and who was there.

What stands for fewer than five homes has no numbers; whether somebody was there is told.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from backend.measuring import ASKED, Asked, Measuring
from backend.people.rights import Right
from backend.readings import MOST, After, Format, Limit, Reading, Table
from backend.readings import Asked as Page
from projections.faces import Face, faces
from projections.hidden import hidden_across
from projections.views import Cursor, CursorError, ViewStore

Wanted: TypeAlias = Literal["", "both", "inspected", "supervised", "neither"]
WantedState = Annotated[Wanted, QueryParameter(name="state", description="only these cells")]


@get(
    "/views/faces",
    tags=["views"],
    summary="面面有监督 · supervision faces",
    dependencies=ASKED,
    sync_to_thread=True,
    opt={"right": Right.READ_VIEWS},
)
def faces_view(  # noqa: PLR0913  filters
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
    stands: WantedState = "",
    after: After = "",
    limit: Limit = 100,
    format: Format = "",  # noqa: A002  the query's word
) -> Response[Any]:
    """List the cells of domain and township that have objects."""

    def rows(_: ViewStore, start: Cursor | None, most: int) -> Table:
        return table(measuring.once(asked, cells), stands, start, most)

    return reading.list(request, "faces", rows, asked.today, Page(after, limit, format))


class Cells(Struct, frozen=True):
    """The cells of a question, and which of them have no numbers."""

    faces: Mapping[tuple[str, str], Face]
    hidden: Mapping[tuple[str, str], str]


def cells(measuring: Measuring, asked: Asked) -> Cells:
    """Return the cells of what is asked, while the views are held."""
    measured = measuring.measured("supervision_faces", asked)
    found = faces(measuring.question(asked), measured)
    objects = {key: one.objects for key, one in found.items()}
    return Cells(found, hidden_across(objects, measuring.homes()))


def table(found: Cells, state: Wanted = "", start: Cursor | None = None, most: int = MOST) -> Table:
    """Return cells as rows, by domain and township."""
    edge = _edge(start)
    keys = [
        key
        for key, one in sorted(found.faces.items())
        if state in ("", one.state) and (edge is None or key > edge)
    ]
    rows = [_row(key, found.faces[key], found.hidden.get(key, "")) for key in keys[:most]]
    return Table(rows, keys[most - 1] if len(keys) > most else None)


def _edge(start: Cursor | None) -> tuple[str, str] | None:
    match start:
        case None:
            return None
        case (str(domain), str(township)):
            return domain, township
        case _:
            raise CursorError("faces")


def _row(key: Sequence[str], one: Face, hidden: str) -> dict[str, Any]:
    return {
        "domain": key[0],
        "township": key[1],
        "state": one.state,
        "objects": None if hidden else one.objects.denominator,
        "objects_inspected": None if hidden else one.objects.numerator,
        "hidden": hidden or None,
    }
