"""GeoJSON (RFC 7946): longitude first, WGS-84, and nobody's home.

Points are canonical ones of the register. What is a person or a home is never a feature of its
own: it is counted for its village, and not even that where there are fewer than five.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Annotated, Any, Final

import msgspec
from litestar import Request
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import UNSET, Struct, UnsetType

from backend.exports.formats import require_export
from backend.lines import Line, lines_of
from backend.readings import MOST_ON_A_MAP, AsOf, Reading, Table, query_of, wants_table
from events.coordinates import Degrees
from events.facts import HOMES
from projections.hidden import FEW
from projections.points import Points, points
from projections.views import Condition, Cursor, Query, ViewReader, ViewStore

MEDIA_TYPE: Final = "application/geo+json"
MapFormat = Annotated[
    str,
    QueryParameter(
        pattern="^(json|csv|xlsx|jsonl|geojson)?$", description="json, csv, xlsx, jsonl or geojson"
    ),
]
_CHUNK: Final = 500  # features sent at a time
_NONE: Final[Mapping[str, Line]] = {}


class Geometry(Struct, frozen=True, tag_field="type"):
    """What a feature looks like."""


class Point(Geometry, frozen=True, tag="Point"):
    coordinates: Degrees


class LineString(Geometry, frozen=True, tag="LineString"):
    coordinates: Sequence[Degrees]


class Polygon(Geometry, frozen=True, tag="Polygon"):
    coordinates: tuple[Sequence[Degrees]]


class Feature(Struct, frozen=True, tag_field="type", tag="Feature"):
    """A thing on the map; without geometry it is known, but not where."""

    geometry: Point | LineString | Polygon | None
    properties: Mapping[str, Any]
    id: int | str | UnsetType = UNSET


def point(here: Degrees | None) -> Point | None:
    return None if here is None else Point(here)


def line(corners: Sequence[Degrees]) -> LineString:
    return LineString(corners)


def polygon(ring: Sequence[Degrees]) -> Polygon | None:
    return Polygon((ring,)) if ring else None


def wants_geojson(request: Request[Any, Any, Any], named: str) -> bool:
    """Tell whether a map is asked for, by `format`, else by Accept: a file like any other."""
    wanted = named == "geojson" or (
        not named
        and MEDIA_TYPE in request.headers.get("accept", "")
        and not wants_table(request, named)
    )
    if wanted:
        require_export(request)
    return wanted


def whole(features: Iterable[Feature], as_of: AsOf | None = None) -> bytes:
    """Return a collection in one piece."""
    return b"".join(_written(features, as_of))


def as_geojson(name: str, features: Iterable[Feature], as_of: AsOf) -> Stream:
    """Send a collection; `xunji:asOf` in it and the header say what it was computed from."""
    file = f"xunji-{name}-{as_of.position}-{as_of.today.isoformat()}.geojson"
    return Stream(
        _written(features, as_of),
        media_type=MEDIA_TYPE,
        headers={
            "content-disposition": f'attachment; filename="{file}"',
            "xunji-as-of": as_of.header,
        },
    )


def _written(features: Iterable[Feature], as_of: AsOf | None) -> Generator[bytes]:
    foreign = b"" if as_of is None else b'"xunji:asOf":' + msgspec.json.encode(as_of) + b","
    yield b'{"type":"FeatureCollection",' + foreign + b'"features":['
    waiting = iter(features)
    before = b""
    while chunk := list(islice(waiting, _CHUNK)):
        yield before + b",".join(map(msgspec.json.encode, chunk))
        before = b","
    yield b"]}"


# ── rows of a list ─────────────────────────────────────────────────────────────────


def list_map(
    reading: Reading,
    request: Request[Any, Any, Any],
    named: tuple[str, str],
    rows: Callable[[ViewStore, Cursor | None, int], Table],
    today: date,
    day_of: Callable[[Mapping[str, Any]], date],
) -> Stream:
    """Answer with all of a list; `named` are the list and the member that names a row."""
    name, key = named
    with reading.held() as views:
        table = rows(views, None, MOST_ON_A_MAP)
        lying = points_of(views)
        lines = lines_of(views, today) if name == "objects" else _NONE
        as_of = reading.as_of(query_of(request), today, views)
    return as_geojson(name, of_rows(table.rows, lying, key, day_of, lines), as_of)


def points_of(views: ViewReader) -> Mapping[str, str]:
    """Return the column `points` of each object that has one."""
    where: Condition = ("points", "!=", "")
    query = Query(
        "objects", columns=("points",), where=(where,), order=("counts", "terms", "points")
    )
    rows = views.select(query)
    return {row.key: str(row.values[0]) for row in rows}


def of_rows(
    rows: Iterable[Mapping[str, Any]],
    lying: Mapping[str, str],
    key: str,
    day_of: Callable[[Mapping[str, Any]], date],
    lines: Mapping[str, Line] = _NONE,
) -> Iterator[Feature]:
    """Yield rows about an `object` where it lay on their day, then homes by village.

    `key` is the member that names a row. A street of `lines` is a line and no point.
    """
    homes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        known = points(lying.get(row["object"], ""))
        if _at_home(row, known):
            homes[row["township"] or "", row["village"] or ""].append(row["object"])
        else:
            street = lines.get(row["object"])
            drawn = line(street) if street else point(known.on(day_of(row)))
            yield Feature(drawn, row, row[key])
    for (township, village), held in sorted(homes.items()):
        yield Feature(None, {"township": township, "village": village, **_counted(held)})


def _counted(objects: Sequence[str]) -> Mapping[str, Any]:
    """Say how many rows there are at how many homes, unless these are few."""
    homes = len(set(objects))
    if homes < FEW:
        return {"homes": None, "rows": None, "hidden": True}
    return {"homes": homes, "rows": len(objects), "hidden": False}


def _at_home(row: Mapping[str, Any], known: Points) -> bool:
    return known.home or row["object_type"] in HOMES or bool(row.get("sealed"))
