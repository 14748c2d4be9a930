"""Where street segments run, as the register says it on a day."""

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

from events.coordinates import Degrees
from events.tracks import Segment, patrolled
from projections import objects
from projections.objects import ObjectDocument
from projections.views import Query, ViewReader, view_of

SEGMENT = "street_segment"
Line: TypeAlias = tuple[Degrees, ...]


def lines_of(views: ViewReader, day: date) -> Mapping[str, Line]:
    """Return the line of each street segment that has one which can be walked."""
    view = view_of(views.views, "objects")
    rows = views.select(Query("objects", where=(("object_type", "=", SEGMENT),), document=True))
    found = {row.key: _line(view.decode(row.document), day) for row in rows}
    return {key: line for key, line in found.items() if line}


def _line(document: ObjectDocument, day: date) -> Line:
    about = objects.standing(document.register.values())
    reached = [one for one in about.listings if one.valid_from <= day] or about.listings[:1]
    walked = patrolled(SEGMENT, reached[-1].attributes, None) if reached else None
    return walked.line if isinstance(walked, Segment) else ()
