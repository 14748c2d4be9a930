"""Maps over HTTP: GeoJSON by RFC 7946 in which nobody's home lies, grids, and bytes."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from geojson_pydantic import FeatureCollection
from hypothesis import given, settings
from msgspec import structs

from backend import areas, inspections, objects
from backend.cells import HEADER
from backend.geojson import of_rows, points_of, whole
from backend.hexagons import cell_at
from backend.people.rights import GRANTS, Right, Role
from backend.schematic import tiles
from backend.telling import hidden_by
from events.facts import HOMES
from events.register import AreaListed, ObjectListed
from projections.catalogue import VIEWS
from projections.cell_codes import HIDDEN, NO_OBJECTS, table
from projections.figures import Figure, Part
from projections.fold import catch_up
from projections.hidden import SMALL, WITH_IT
from projections.points import points
from projections.question import Filters
from projections.recorded import read
from projections.spans import Span
from projections.views import MemoryViews
from tests.drawn_registers import registers
from tests.histories import History
from tests.server import TODAY, Site, Tablet, an_object, new_id, site

SOUTH, TOWN = "440804001", "440804103"
VILLAGE = f"{TOWN}201"
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
POINTS = [(110.44585, 21.25169), (110.51918, 21.3595), (110.55061, 21.15173)]


def an_area(code: str, level: str = "township", **other: object) -> AreaListed:
    return AreaListed(
        area=code,
        name_zh=f"镇 {code}",
        name_en=code,
        level=level,
        valid_from=YEAR.start,
        **other,  # type: ignore[arg-type]
    )


AREAS = [
    an_area(SOUTH, lon=110.44585, lat=21.15169, tile=(1, 0)),
    an_area(TOWN, lon=110.51918, lat=21.3595, tile=(0, 1)),
    *[an_area(f"{TOWN}20{n}", "village", within=TOWN) for n in range(1, 6)],
]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three agencies with points, one without; five homes in one village and one in another."""
    with site(tmp_path_factory.mktemp("maps") / "data") as running:
        agencies = [
            an_object(name=f"店 {lon}", township=TOWN, village=VILLAGE, lon=lon, lat=lat)
            for lon, lat in POINTS
        ]
        homes = [a_home(VILLAGE) for _ in range(5)] + [a_home(f"{TOWN}202")]
        running.tell(*AREAS, *agencies, *homes, an_object(township=TOWN, village=f"{TOWN}203"))
        tablet = Tablet(running)
        tablet.enrol()
        tablet.inspect(agencies[0].object, township=TOWN, village=VILLAGE)
        tablet.push()
        running.folded()
        yield running


def a_home(village: str) -> Any:  # noqa: ANN401  a fact
    return an_object(
        object_type="low_income_household", name=None, person=new_id(), township=TOWN,
        village=village, lon=110.45, lat=21.25,
    )  # fmt: skip


def geojson(here: Site, path: str) -> dict[str, Any]:
    sign = "&" if "?" in path else "?"
    answer = here.client.get(f"{path}{sign}format=geojson")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return checked(answer.content)


def checked(raw: bytes) -> dict[str, Any]:
    """Read a collection that is valid, and inside China, longitude first, wound to the left."""
    FeatureCollection.model_validate_json(raw)
    said = json.loads(raw)
    for feature in said["features"]:
        assert {"type", "geometry", "properties"} <= feature.keys()
        for lon, lat in corners(feature["geometry"]):
            assert 73 < lon < 136
            assert 3 < lat < 54
        if feature["geometry"] and feature["geometry"]["type"] == "Polygon":
            (ring,) = feature["geometry"]["coordinates"]
            assert ring[0] == ring[-1]
            assert len(ring) >= 5
            assert area(ring) > 0  # counter-clockwise
    return said


def corners(geometry: dict[str, Any] | None) -> list[list[float]]:
    if geometry is None:
        return []
    found = geometry["coordinates"]
    return [found] if geometry["type"] == "Point" else found[0]


def area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


# ── GeoJSON ────────────────────────────────────────────────────────────────────────


def test_objects_lie_at_their_points_and_homes_are_counted_by_village(here: Site) -> None:
    features = geojson(here, "/views/objects")["features"]

    shown = [one for one in features if "object" in one["properties"]]
    assert sorted(tuple(one["geometry"]["coordinates"]) for one in shown if one["geometry"]) == (
        sorted(POINTS)
    )
    assert sum(one["geometry"] is None for one in shown) == 1
    assert all(one["id"] == one["properties"]["object"] for one in shown)
    assert [one["properties"] for one in features if one not in shown] == [
        {"township": TOWN, "village": VILLAGE, "homes": 5, "rows": 5, "hidden": False},
        {"township": TOWN, "village": f"{TOWN}202", "homes": None, "rows": None, "hidden": True},
    ]


def test_inspections_lie_where_their_object_did(here: Site) -> None:
    (one,) = geojson(here, "/views/inspections")["features"]

    assert one["geometry"] == {"type": "Point", "coordinates": list(POINTS[0])}
    assert one["id"] == one["properties"]["inspection"]


def test_coverage_is_drawn_on_tiles_that_say_they_are_no_boundary(here: Site) -> None:
    features = geojson(here, "/views/coverage")["features"]

    said = {one["id"]: one["properties"] for one in features}
    assert said[SOUTH]["words"] == "no objects"
    assert (said[TOWN]["done"], said[TOWN]["of"], said[TOWN]["words"]) == (1, 10, "10.0%")
    assert said[TOWN]["point"] == [110.51918, 21.3595]
    assert (said[VILLAGE]["done"], said[VILLAGE]["of"]) == (1, 8)
    for code, words in ((f"{TOWN}202", "<5"), (f"{TOWN}203", "hidden")):
        one = said[code]
        assert (one["words"], one["done"], one["of"], one["rate"]) == (words, None, None, None)
        assert one["hidden"]
    assert all(one["xunji:schematic"] and "示意" in one["xunji:boundary"] for one in said.values())
    assert all(one["geometry"]["type"] == "Polygon" for one in features)


def test_a_measure_is_drawn_by_its_townships_and_says_no_more_than_its_figures(here: Site) -> None:
    answer = here.client.get("/views/measures/object_coverage?format=geojson")
    drawn = {one["id"]: one for one in answer.json()["features"]}
    figures = here.client.get("/views/measures/object_coverage").json()["by"]["township"]

    FeatureCollection.model_validate(answer.json())
    assert answer.json()["xunji:asOf"]["measures"] == {"object_coverage": 1}
    assert drawn.keys() == {SOUTH, TOWN}
    assert drawn[SOUTH]["geometry"]["type"] == "Polygon"
    for one in figures:
        told = drawn[one["key"]]["properties"]
        assert {name: told[name] for name in ("done", "of", "rate", "words")} == {
            name: one[name] for name in ("done", "of", "rate", "words")
        }
        assert told["xunji:schematic"]
        assert told["hidden"] == (one["of"] is None)


def test_a_measure_that_knows_no_areas_has_no_map(here: Site) -> None:
    for path in ("officer_participation?", "object_coverage?by=domain&"):
        assert here.client.get(f"/views/measures/{path}format=geojson").status_code == 400


def test_of_the_villages_of_a_township_none_is_hidden_alone() -> None:
    homes = {f"home {n}": f"home {n}" for n in range(20)}

    def figure(*numbers: int) -> Figure:
        return Figure(tuple(Part(f"home {n}", 0) for n in numbers))

    villages = {
        f"{SOUTH}201": figure(0, 1), f"{SOUTH}202": figure(*range(2, 9)),
        f"{TOWN}201": figure(9), f"{TOWN}202": figure(*range(10, 20)),
    }  # fmt: skip

    assert hidden_by("village", villages, homes) == {
        f"{SOUTH}201": SMALL, f"{SOUTH}202": WITH_IT,
        f"{TOWN}201": SMALL, f"{TOWN}202": WITH_IT,
    }  # fmt: skip
    assert hidden_by("section", villages, homes) == {f"{SOUTH}201": SMALL, f"{TOWN}201": SMALL}


@pytest.mark.parametrize("name", ["coverage", "objects", "inspections"])
def test_a_map_says_what_it_was_computed_from_and_is_asked_for_by_header_too(
    here: Site, name: str
) -> None:
    said = geojson(here, f"/views/{name}?township={TOWN}")
    by_header = here.client.get(f"/views/{name}", headers={"accept": "application/geo+json"})

    assert said["xunji:asOf"]["position"] == here.parts.intake.store.size()
    assert said["xunji:asOf"]["query"]["township"] == TOWN
    assert json.loads(by_header.headers["xunji-as-of"])["today"] == str(TODAY)
    assert by_header.headers["content-disposition"].endswith('.geojson"')
    assert len(by_header.json()["features"]) >= len(said["features"])


@settings(max_examples=150)
@given(registers())
def test_no_home_ever_leaves_as_a_point(history: History) -> None:
    views = MemoryViews(VIEWS)
    catch_up(history.store(), views)
    lying = points_of(views)
    people = homes_of(history)

    for rows, key in (
        (objects.table(views, YEAR.end).rows, "object"),
        (inspections.table(views, YEAR).rows, "inspection"),
    ):
        said = checked(whole(of_rows(rows, lying, key, lambda _: YEAR.end)))
        assert not people & {one["properties"].get("object") for one in said["features"]}
    assert not people & {key for key, text in lying.items() if points(text).known}
    figures = areas.area_figures(views, YEAR, YEAR.end, Filters())
    for one in checked(whole(areas.features(figures)))["features"]:
        assert (one["properties"]["of"] is None) == one["properties"]["hidden"]


def homes_of(history: History) -> set[str]:
    facts = [read(one).event for one in history.records]
    return {
        fact.object
        for fact in facts
        if isinstance(fact, ObjectListed)
        and (fact.object_type in HOMES or fact.person or fact.sealed)
    }


@pytest.mark.parametrize("swapped", [True, False])
def test_a_swapped_point_is_left_out_of_the_map(swapped: bool, tmp_path: Path) -> None:
    lon, lat = POINTS[0][::-1] if swapped else POINTS[0]
    with site(tmp_path / "data") as here:
        here.tell(an_object(lon=lon, lat=lat))
        here.folded()
        (one,) = geojson(here, "/views/objects")["features"]

    assert (one["geometry"] is None) == swapped


# ── grids ──────────────────────────────────────────────────────────────────────────


def test_a_grid_is_named_by_its_hash_and_kept_for_ever_under_it(here: Site) -> None:
    newest = here.client.get("/grids/h3-9")
    named = here.client.get(newest.headers["content-location"])

    assert newest.headers["cache-control"] == "private, no-cache"
    assert "immutable" in named.headers["cache-control"]
    assert named.json() == newest.json()
    assert newest.headers["content-location"] == f"/grids/h3-9/{newest.json()['hash']}"
    assert newest.json()["cells"] == sorted(newest.json()["cells"])


def test_a_known_grid_is_not_sent_again(here: Site) -> None:
    tag = here.client.get("/grids/h3-9").headers["etag"]
    asked = [{"if-none-match": said} for said in (tag, f'W/{tag}, "other"', "*", '"other"')]

    answers = [here.client.get("/grids/h3-9", headers=one) for one in asked]
    as_map = here.client.get("/grids/h3-9?format=geojson", headers={"if-none-match": tag})

    assert [one.status_code for one in answers] == [304, 304, 304, 200]
    assert not answers[0].content
    assert as_map.status_code == 200


def test_rings_are_the_same_in_both_shapes(here: Site) -> None:
    for name in ("h3-7", "township", "village"):
        said = here.client.get(f"/grids/{name}").json()
        features = geojson(here, f"/grids/{name}")["features"]

        assert [one["properties"]["cell"] for one in features] == said["cells"]
        assert [one["id"] for one in features] == list(range(len(features)))
        assert said["schematic"] == (name[0] != "h")
        for ring, feature in zip(said["rings"], features, strict=True):
            unpacked = [[a / 1e6, b / 1e6] for a, b in undone(ring)]
            drawn = corners(feature["geometry"])
            assert unpacked == drawn[:-1] or (ring, drawn) == ([], [])


def undone(ring: list[int]) -> Iterator[tuple[int, int]]:
    lon = lat = 0
    for at in range(0, len(ring), 2):
        lon, lat = lon + ring[at], lat + ring[at + 1]
        yield lon, lat


def test_a_grid_that_is_gone_is_not_found_and_no_other_is_sent_for_it(here: Site) -> None:
    assert here.client.get(f"/grids/h3-9/{'0' * 64}").status_code == 404


def test_villages_are_parts_of_their_townships_tile() -> None:
    drawn = tiles(AREAS)
    west, south, east, north = bounds(drawn[TOWN])

    parts = [bounds(drawn[one.area]) for one in AREAS[2:]]

    assert set(drawn) == {one.area for one in AREAS}
    for left, low, right, high in parts:
        assert west <= left < right <= east
        assert south <= low < high <= north
    assert len({part[:2] for part in parts}) == 5
    assert north > bounds(drawn[SOUTH])[3]  # row 0 lies in the north
    assert tiles([structs.replace(one, tile=None) for one in AREAS]) == {}


def bounds(ring: Any) -> tuple[float, float, float, float]:  # noqa: ANN401  pairs
    lons, lats = zip(*ring, strict=True)
    return min(lons), min(lats), max(lons), max(lats)


# ── states ─────────────────────────────────────────────────────────────────────────

ASKED = "from=2026-01-01&to=2026-12-31&step=year"


def test_states_belong_to_the_grid_that_they_name(here: Site) -> None:
    answer = here.client.get(f"/views/cells?grid=h3-9&{ASKED}&format=bytes")
    grid = here.client.get("/grids/h3-9").json()
    *_, cells, steps, named = HEADER.unpack_from(answer.content)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert (cells, steps, named.hex()) == (len(grid["cells"]), 1, grid["hash"])
    assert sorted(answer.content[HEADER.size :]) == [0, 0, 100]
    assert json.loads(answer.headers["xunji-as-of"])["position"] > 0


def test_the_same_is_said_in_bytes_in_json_and_in_a_table(here: Site) -> None:
    path = f"/views/cells?grid=village&{ASKED}&today=2026-12-31"
    raw = here.client.get(path, headers={"accept": "application/octet-stream"}).content
    said = here.client.get(path).json()
    rows = list(
        csv.DictReader(StringIO(here.client.get(f"{path}&format=csv").text.lstrip("\ufeff")))
    )

    assert [states[0] for states in said["cells"].values()] == list(raw[HEADER.size :])
    assert [int(row["byte"]) for row in rows] == list(raw[HEADER.size :])
    assert said["cells"] == {
        VILLAGE: [13], f"{TOWN}202": [HIDDEN], f"{TOWN}203": [HIDDEN],  # with it
        f"{TOWN}204": [NO_OBJECTS], f"{TOWN}205": [NO_OBJECTS],
    }  # fmt: skip
    assert said["href"] == here.client.get("/grids/village").headers["content-location"]
    assert {code["name"] for code in said["codes"]} > {row["state"] for row in rows}


def test_known_states_are_not_sent_again(here: Site) -> None:
    path = f"/views/cells?grid=h3-9&{ASKED}&format=bytes"
    tag = here.client.get(path).headers["etag"]

    assert here.client.get(path, headers={"if-none-match": tag}).status_code == 304
    assert here.client.get(f"{path}&measure=state", headers={"if-none-match": tag}).content


def test_filters_choose_what_counts(here: Site) -> None:
    for filters in (f"village={VILLAGE}", "domain=charity", f"officer={new_id()}", "kind=other"):
        path = f"/views/cells?grid=h3-9&{ASKED}&{filters}&measure=state"
        assert here.client.get(path).status_code == 200
    empty = here.client.get(f"/views/cells?grid=h3-9&{ASKED}&kind=other").json()
    assert list(empty["cells"].values()) == [[NO_OBJECTS]] * 3


# ── what a scope may know of a grid ────────────────────────────────────────────────

AT = [(110.40, 21.20), (110.45, 21.25), (110.50, 21.30), (110.55, 21.35)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two townships and two domains; one object moved to the other township, and then on."""
    with site(tmp_path_factory.mktemp("shared") / "data") as running:
        moved = new_id()
        spring, summer = date(2026, 3, 1), date(2026, 5, 1)

        def listed(at: int, township: str, domain: str = "funeral", **other: Any) -> ObjectListed:  # noqa: ANN401  of a fact
            lon, lat = AT[at]
            return an_object(township=township, domain=domain, lon=lon, lat=lat, **other)

        running.tell(
            *AREAS,
            listed(0, SOUTH, object=moved),
            listed(1, TOWN, object=moved, valid_from=spring),
            listed(2, TOWN, object=moved, valid_from=summer),
            listed(3, SOUTH, "charity"),
        )
        running.folded()
        yield running


def cells_at(*numbers: int) -> set[str]:
    return {cell_at(9)(AT[number]) for number in numbers}


SCOPES: list[tuple[dict[str, Any], set[int]]] = [
    ({}, {0, 1, 2, 3}),
    ({"townships": (SOUTH,)}, {0, 3}),
    ({"townships": (TOWN,)}, {1, 2}),
    ({"townships": (SOUTH, TOWN)}, {0, 1, 2, 3}),
    ({"domains": ("charity", "elderly_care")}, {3}),
    ({"domains": ("funeral",)}, {0, 1, 2}),
    ({"domains": ("charity",)}, {3}),
    ({"domains": ("charity",), "townships": (TOWN,)}, set()),
    ({"domains": ("charity",), "townships": (SOUTH,)}, {3}),
    ({"domains": ("elderly_care",)}, set()),
]


@pytest.mark.parametrize(("scope", "own"), SCOPES)
def test_a_grid_has_hexagons_only_where_something_of_ones_own_lay_while_it_was(
    shared: Site, scope: dict[str, Any], own: set[int]
) -> None:
    client = shared.sign_in(Role.MANAGER, **scope)
    grid = client.get("/grids/h3-9")
    states = client.get(f"/views/cells?grid=h3-9&{ASKED}").json()
    kept = client.get(states["href"])
    names = client.get(f"/map/names?grid=h3-9&{ASKED}").json()
    page = client.get(f"/map?grid=h3-9&{ASKED}", headers={"accept": "text/html"}).text

    assert set(grid.json()["cells"]) == set(states["cells"]) == cells_at(*own)
    assert (states["hash"], kept.json()) == (grid.json()["hash"], grid.json())
    assert kept.headers["content-location"] == states["href"]
    assert len(names) == len(own)
    assert {cell for cell in cells_at(0, 1, 2, 3) if cell in page} == cells_at(*own)


@pytest.mark.parametrize(("scope", "own"), SCOPES)
def test_the_hash_of_the_whole_grid_opens_it_to_no_scope(
    shared: Site, scope: dict[str, Any], own: set[int]
) -> None:
    whole_one = shared.client.get("/grids/h3-9").headers["content-location"]
    answer = shared.sign_in(Role.MANAGER, **scope).get(whole_one)

    assert answer.status_code == (200 if len(own) == len(AT) else 404)


def test_who_asks_for_a_foreign_part_of_a_grid_is_refused(shared: Site) -> None:
    client = shared.sign_in(Role.TOWNSHIP, townships=(SOUTH,))

    assert client.get(f"/grids/h3-9?township={TOWN}").status_code == 403
    assert client.get(f"/map/objects?township={TOWN}").status_code == 403
    assert client.get(f"/map/segments?township={TOWN}").status_code == 403


def test_villages_that_nobody_listed_are_told_to_those_who_have_something_there(
    shared: Site,
) -> None:
    shared.tell(an_object(township=TOWN, village=f"{TOWN}299"))
    shared.folded()
    seen = {
        township: f"{TOWN}299"
        in shared.sign_in(Role.TOWNSHIP, townships=(township,))
        .get("/grids/village")
        .json()["cells"]
        for township in (SOUTH, TOWN)
    }

    assert seen == {SOUTH: False, TOWN: True}


# ── a map is looked at, its data are carried away ──────────────────────────────────

AS_MAPS = ("objects", "inspections", "coverage", "measures/object_coverage", "segments")


@pytest.mark.parametrize("name", AS_MAPS)
@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.MANAGER])
def test_geojson_is_a_file_and_needs_the_right_of_files(here: Site, name: str, role: Role) -> None:
    client = here.sign_in(role)
    named = client.get(f"/views/{name}?format=geojson")
    accepted = client.get(f"/views/{name}", headers={"accept": "application/geo+json"})

    status = 200 if Right.EXPORT in GRANTS[role] else 403
    assert (named.status_code, accepted.status_code) == (status, status)
    assert client.get("/grids/h3-9").status_code == 200
    assert client.get("/grids/h3-9?format=geojson").status_code == status


def test_who_may_look_at_the_map_gets_its_layers_and_no_rows(here: Site) -> None:
    client = here.sign_in(Role.INSPECTOR)
    points_ = checked(client.get("/map/objects").content)["features"]
    streets = client.get("/map/segments")

    assert sorted(tuple(one["geometry"]["coordinates"]) for one in points_) == POINTS
    assert all(one["properties"] == {} for one in points_)
    assert (streets.status_code, checked(streets.content)["features"]) == (200, [])
    assert "content-disposition" not in streets.headers


@pytest.mark.parametrize(
    "path",
    [
        "/views/cells?grid=h3-15",
        "/views/cells?grid=../etc",
        "/views/cells?measure=penalties",
        "/views/cells?step=hour",
        "/views/cells?step=day&from=2020-01-01&to=2026-12-31",
        "/views/cells?step=day&from=0001-01-01&to=9999-12-31",
        "/views/cells?from=2026-02-01&to=2026-01-01",
        "/views/cells?format=xml",
        "/views/cells?township=" + "9" * 1_000,
        "/views/items?format=geojson",
        "/grids/h3-10",
        "/grids/h3-9?format=csv",
    ],
)
def test_what_no_map_has_is_refused(here: Site, path: str) -> None:
    answer = here.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


def test_the_table_of_bytes_stands_in_the_description_of_the_api(here: Site) -> None:
    operation = here.client.get("/api/openapi.json").json()["paths"]["/views/cells"]["get"]

    assert "\n".join(table()) in operation["description"]


def test_the_table_of_bytes_stands_in_the_documentation() -> None:
    described = (Path(__file__).parents[1] / "docs" / "maps.md").read_text()

    assert "\n".join(table()) in described
    assert "| 48 | cells × steps |" in described
    assert HEADER.size == 48


def test_inspections_are_those_of_a_village_or_of_an_officer(here: Site) -> None:
    (row,) = here.client.get("/views/inspections").json()["rows"]
    lead, *_ = row["officers"]

    def count(query: str) -> int:
        return len(here.client.get(f"/views/inspections?{query}").json()["rows"])

    assert (count(f"officer={lead}"), count(f"officer={new_id()}")) == (1, 0)
    assert (count(f"village={VILLAGE}"), count("village=440804999201")) == (1, 0)
