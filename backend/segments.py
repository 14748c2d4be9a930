"""Streets and hotspots that patrols walk: where they run, and how many of their passes were walked.

A segment is a public street: its line is no secret. Who walked it is not told here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Stream

from backend.geojson import MEDIA_TYPE, Feature, as_geojson, line, point, points_of
from backend.lines import Line, lines_of
from backend.measuring import ASKED, Asked, Measuring
from backend.readings import Reading, query_of
from projections.figures import Part
from projections.measures import MEASURES
from projections.points import points as read_points
from projections.views import ViewStore

NAME: Final = "slot_coverage"


@get(
    "/views/segments",
    tags=["views"],
    summary="巡查路段 · streets by passes walked, as GeoJSON",
    dependencies=ASKED,
    opt={"right": "export"},
    media_type=MEDIA_TYPE,
    sync_to_thread=True,
)
def segments(
    *,
    request: Request[Any, Any, Any],
    reading: NamedDependency[SkipValidation[Reading]],
    measuring: NamedDependency[SkipValidation[Measuring]],
    asked: NamedDependency[SkipValidation[Asked]],
) -> Stream:
    """Send the places that were to be walked between `from` and `to`, with their passes."""
    with reading.held() as views:
        found = list(walked(views, measuring, asked))
        version = {NAME: MEASURES[NAME].version}
        as_of = reading.as_of(query_of(request), asked.today, views, version)
    return as_geojson("segments", found, as_of)


def walked(views: ViewStore, measuring: Measuring, asked: Asked) -> Iterator[Feature]:
    """Yield the places that were to be walked in the period, with their passes."""
    said = passes(measuring.measured(NAME, asked).figures["slots"].parts)
    lying, lines = points_of(views), lines_of(views, asked.today)
    return features(said, lines, lying, asked.today)


def passes(parts: tuple[Part, ...]) -> Mapping[str, tuple[int, int]]:
    """Return, for each place, passes that were walked and passes that were asked."""
    found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for part in parts:
        place = part.key.partition("|")[0]
        done, of = found[place]
        found[place] = done + part.counted, of + part.of
    return found


def features(
    walked: Mapping[str, tuple[int, int]],
    lines: Mapping[str, Line],
    points: Mapping[str, str],
    day: date,
) -> Iterator[Feature]:
    """Yield the places with their passes: a street as its line, a hotspot as its point."""
    for key, (done, of) in sorted(walked.items()):
        drawn = (
            line(lines[key]) if key in lines else point(read_points(points.get(key, "")).on(day))
        )
        rate = done / of if of else None
        yield Feature(drawn, {"object": key, "done": done, "of": of, "rate": rate}, key)
