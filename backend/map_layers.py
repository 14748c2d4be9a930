"""What the coverage map draws above its cells: where objects lie, and streets by passes walked.

It is the map's own: places and no rows. Who may look at a map may have it; the lists behind it,
as files for other maps, are exports (`backend.geojson`).
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from backend import objects, segments
from backend.geojson import MEDIA_TYPE, Feature, of_rows, points_of, whole
from backend.lines import lines_of
from backend.measuring import ASKED, Asked, Measuring
from backend.readings import MOST_ON_A_MAP, Reading
from projections.object_inventory import ObjectFilters

_OPT: Final[dict[str, Any]] = {"right": "read_views"}


@get("/map/objects", include_in_schema=False, dependencies=ASKED, opt=_OPT, sync_to_thread=True)
def map_objects(
    reading: NamedDependency[SkipValidation[Reading]],
    asked: NamedDependency[SkipValidation[Asked]],
) -> Response[bytes]:
    """Send where the objects of a township or a domain lie; homes lie nowhere."""
    chosen = ObjectFilters(township=asked.filters.township, domain=asked.filters.domain)
    day = asked.today
    with reading.held() as views:
        rows = objects.table(views, day, chosen, most=MOST_ON_A_MAP).rows
        lying, lines = points_of(views), lines_of(views, day)
    return _drawn(_bare(of_rows(rows, lying, "object", lambda _: day, lines)))


@get("/map/segments", include_in_schema=False, dependencies=ASKED, opt=_OPT, sync_to_thread=True)
def map_segments(
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
) -> Response[bytes]:
    """Send the streets that were to be walked, with their passes."""
    with reading.held() as views:
        found = list(segments.walked(views, measuring, asked))
    return _drawn(found)


def _bare(features: Iterable[Feature]) -> Iterator[Feature]:
    """Yield what lies somewhere, and no more of it than where."""
    return (Feature(one.geometry, {}) for one in features if one.geometry is not None)


def _drawn(features: Iterable[Feature]) -> Response[bytes]:
    return Response(whole(features), media_type=MEDIA_TYPE)


ROUTES: Final = (map_objects, map_segments)
