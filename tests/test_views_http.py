"""The views and the replays over HTTP, and the command that replays without a server."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from backend.erasing import erase
from backend.exports.csv_file import cell
from backend.folder import DataFolder
from backend.office import Office
from backend.readings import cursor_text
from backend.verification import verify
from events.facts import SealedPart
from events.ids import id_text
from projections.views import Saved
from tests.server import TODAY, Site, Tablet, an_item, an_object, site

LISTS = ("items", "objects", "devices", "inspections")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A bureau with five objects; two were inspected."""
    with site(tmp_path / "data") as running:
        objects = [an_object(name=f"墓园 {n}") for n in range(5)]
        running.tell(*objects, an_item(), an_item(item="MZ-FU-02"))
        tablet = Tablet(running)
        tablet.enrol()
        for one in objects[:2]:
            tablet.inspect(one.object)
        tablet.push()
        running.folded()
        yield running


def get(here: Site, path: str) -> Any:  # noqa: ANN401  any JSON
    answer = here.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_coverage_divides_by_what_is_on_the_list(here: Site) -> None:
    said = get(here, "/views/coverage")

    assert said["objects"] == {"done": 2, "of": 5, "rate": 0.4, "words": "40.0%"}
    assert said["items"] == {"done": 1, "of": 2, "rate": 0.5, "words": "50.0%"}
    assert said["period"] == {"start": "2026-01-01", "end": "2026-12-31"}


def test_where_there_is_nothing_to_cover_it_says_so(here: Site) -> None:
    said = get(here, "/views/coverage?township=999999001")

    assert said["objects"] == {"done": 0, "of": 0, "rate": None, "words": "no objects"}


def test_the_rows_behind_a_figure_come_when_asked_for(here: Site) -> None:
    said = get(here, "/views/coverage?rows=true")

    assert (len(said["objects"]["covered"]), len(said["objects"]["missing"])) == (2, 3)


@pytest.mark.parametrize("name", ["coverage", *LISTS])
def test_every_answer_quotes_what_it_was_computed_from(here: Site, name: str) -> None:
    as_of = get(here, f"/views/{name}?limit=3")["as_of"]

    assert as_of["history"] == here.folder.about.bureau
    assert as_of["position"] == here.parts.intake.store.size()
    assert (as_of["epoch"], as_of["today"]) == (1, str(TODAY))
    assert as_of["versions"]["objects"] >= 1
    assert as_of["query"] == {"path": f"/views/{name}", "limit": "3"}
    assert as_of["received_at"].startswith("2026-")


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("name", ["items", "objects", "inspections"])
def test_pages_lead_to_all_rows_once(here: Site, name: str, limit: int) -> None:
    whole = get(here, f"/views/{name}?limit=1000")["rows"]
    rows: list[Any] = []
    link: str | None = f"/views/{name}?limit={limit}"
    while link:
        page = get(here, link)
        assert len(page["rows"]) <= limit
        rows += page["rows"]
        link = page["next"]

    assert rows == whole
    assert len(rows) == {"items": 2, "objects": 5, "inspections": 2}[name]


def test_lists_are_filtered(here: Site) -> None:
    assert len(get(here, "/views/objects?never=true")["rows"]) == 3
    assert len(get(here, "/views/items?unused=true")["rows"]) == 1
    assert len(get(here, "/views/inspections?effective=false")["rows"]) == 0
    assert len(get(here, "/views/inspections?from=2025-01-01&to=2025-12-31")["rows"]) == 0
    assert get(here, "/views/devices?role=office")["rows"][0]["role"] == "office"


@pytest.mark.parametrize("name", ["coverage", *LISTS])
def test_any_of_them_is_a_table_for_a_spreadsheet(here: Site, name: str) -> None:
    by_query = here.client.get(f"/views/{name}?format=csv")
    by_header = here.client.get(f"/views/{name}", headers={"accept": "text/csv"})

    assert by_query.content.startswith(b"\xef\xbb\xbf")
    assert by_query.text == by_header.text
    assert json.loads(by_query.headers["xunji-as-of"])["position"] > 0
    assert "attachment" in by_query.headers["content-disposition"]
    rows = list(csv.DictReader(StringIO(by_query.content.decode("utf-8-sig"))))
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "＋1"])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_hostile_name_is_harmless_in_a_spreadsheet(here: Site) -> None:
    here.tell(an_object(name='=HYPERLINK("http://evil","x")'))
    here.folded()

    answer = here.client.get("/views/objects?format=csv")

    names = [row["name"] for row in csv.DictReader(StringIO(answer.text.lstrip("\ufeff")))]
    assert '\'=HYPERLINK("http://evil","x")' in names


@pytest.mark.parametrize(
    "query",
    [
        "objects?limit=0",
        "objects?limit=1001",
        "objects?after=!!",
        "objects?after=AAAA",
        "objects?after=" + cursor_text(()),
        "objects?after=" + cursor_text(("2026-01-01",)),
        "objects?after=" + cursor_text(("2026-01-01", 1)),
        "objects?after=" + cursor_text(("a", "b", "c")),
        "inspections?after=" + cursor_text((2**63, "x")),
        "objects?order=key",
        "objects?township=" + "9" * 65,
        "items?from=yesterday",
        "items?from=2026-02-01&to=2026-01-01",
        "inspections?format=xml",
        "devices?role=root",
    ],
)
def test_what_is_out_of_bounds_is_refused(here: Site, query: str) -> None:
    answer = here.client.get(f"/views/{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


@pytest.mark.parametrize("name", ["coverage", "items", "objects", "inspections"])
def test_a_replay_gives_what_is_served(here: Site, name: str) -> None:
    served = here.client.get(f"/views/{name}?format=csv").text
    replayed = get(here, f"/replay/{name}")

    table = list(csv.reader(StringIO(served.lstrip("\ufeff"))))
    rows = [[str(cell(value)) for value in row.values()] for row in replayed["rows"]]
    plain = [[one.replace("True", "1").replace("False", "0") for one in row] for row in rows]
    assert plain == table[1:]
    assert replayed["whole"]
    assert get(here, f"/replay/{name}/difference")["same"]


def test_a_replay_goes_back_to_any_position_or_time(here: Site) -> None:
    size = here.parts.intake.store.size()

    then = get(here, f"/replay/coverage?at={size - 2}")
    before = get(here, "/replay/coverage?at=2020-01-01T00:00:00Z")

    assert then["as_of"]["position"] == size - 2
    assert then["rows"][0]["done"] == 1
    assert (before["as_of"]["position"], before["rows"][0]["words"]) == (0, "no objects")


def test_a_planted_difference_is_named(here: Site) -> None:
    views: Any = here.parts.reading.views
    assert here.parts.workers["projector"].end()  # nothing takes the place of what is planted
    views.let_go()  # of what stands still: what is planted is to be read
    row = views.load("objects", [an_key(here)])
    key, document = next(iter(row.items()))
    view = next(one for one in views.views if one.name == "objects")
    state = view.decode(document)
    state.rows.clear()
    with here.parts.reading.held():
        at = views.position()
        columns = view.extract(key, state)
        views.save({"objects": [Saved(key, at, view.encode(state), columns)]}, at, at)

    said = get(here, "/replay/objects/difference")

    assert not said["same"]
    assert said["count"] == len(said["differences"]) > 0
    assert {one["key"] for one in said["differences"]} == {key}


def an_key(here: Site) -> str:
    return str(get(here, "/views/inspections")["rows"][0]["object"])


def test_an_unknown_view_or_moment_is_refused(here: Site) -> None:
    assert here.client.get("/replay/nonsense").status_code == 404
    assert here.client.get("/replay/coverage?at=yesterday").status_code == 400


def test_a_history_too_long_for_a_request_is_left_to_the_command(here: Site) -> None:
    from backend.moments import Moment, Wanted
    from backend.replay import Replays
    from backend.replayable import REPLAYABLE

    replays = Replays(here.parts.reading, most=1)
    with pytest.raises(Exception, match="too-long"):
        replays.show({}, REPLAYABLE["coverage"], Moment(), Wanted())


def test_the_history_shows_headers_and_nothing_sealed(here: Site) -> None:
    first = get(here, "/history?limit=4")
    second = get(here, first["next"])

    positions = [one["position"] for one in first["records"] + second["records"]]
    assert positions == [1, 2, 3, 4, 5, 6, 7, 8]
    assert first["records"][0]["tag"] == "log-opened.v1"
    assert "body" not in first["records"][0]
    assert first["size"] == here.parts.intake.store.size()


def test_an_erased_home_is_shown_as_erased_and_the_history_still_verifies(tmp_path: Path) -> None:
    path = tmp_path / "data"
    person, key = id_text(b"p" * 16), id_text(b"h" * 16)
    home = an_object(
        object=key, object_type="low_income_household", name=None, person=person,
        sealed=(SealedPart("card", person),),
    )  # fmt: skip
    with site(path) as here:
        here.tell(home, texts=(b'{"name":"Lin","address":"1"}',))
        here.folded()
        before = here.client.get("/views/objects").json()["rows"][0]
        with Office(here.folder, "console", here.clock, os.urandom) as console:
            erase(console, person, "on-request")
        here.folded()
        after = here.client.get("/views/objects").json()["rows"][0]
        again = here.client.get("/replay/objects").json()["rows"][0]

    assert (before["name"], before["sealed"], before["erased"]) == (None, True, False)
    assert (after["name"], after["erased"], again["erased"]) == (None, True, True)
    assert verify(DataFolder.open(path)).fault is None


def replay(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    xunji = Path(sys.executable).with_name("xunji")
    return subprocess.run(
        [xunji, "replay", "--data", path, *options], capture_output=True, text=True, check=False
    )


def test_the_command_replays_without_a_server(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with site(path) as here:
        one = an_object()
        here.tell(one, structs.replace(an_object(), valid_from=date(2026, 2, 1)))
        tablet = Tablet(here)
        tablet.enrol()
        tablet.inspect(one.object)
        tablet.push()
        here.folded()

    said = json.loads(replay(path, "--json").stdout)
    early = json.loads(replay(path, "--json", "--at", "3").stdout)
    drawn = replay(path, "objects")
    compared = replay(path, "--compare", "--json")

    assert (said["rows"][0]["done"], said["rows"][0]["of"]) == (1, 2)
    assert (early["position"], early["rows"][0]["words"]) == (3, "no objects")
    assert drawn.returncode == 0
    assert one.object[:8] in drawn.stdout
    assert (compared.returncode, json.loads(compared.stdout)["same"]) == (0, True)


def test_comparing_empties_nothing_that_another_version_folded(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with site(path) as here:
        here.tell(an_object())
        here.folded()
    file = DataFolder.open(path).views_file
    with closing(sqlite3.connect(file)) as views, views:
        views.execute("UPDATE made_with SET stamp = 'of another time'")
        held = views.execute("SELECT COUNT(*) FROM view_objects").fetchone()

    told = replay(path, "--compare")

    assert told.returncode == 3
    assert "another version" in told.stderr
    with closing(sqlite3.connect(file)) as views:
        assert views.execute("SELECT COUNT(*) FROM view_objects").fetchone() == held == (1,)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with site(tmp_path / "data"):
        pass

    assert replay(tmp_path / "nothing").returncode == 3
    assert replay(tmp_path / "data", "--at", "yesterday").returncode == 2
