"""Every view can be computed again, at any moment, and what differs between two is explained."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import Struct, structs

from backend.commands import commands
from backend.moments import read_versions
from backend.replayable import REPLAYABLE, replayable
from events.clock import SetClock, moment
from events.command import group
from events.ids import id_text
from projections.catalogue import VIEWS
from projections.measures import MEASURES
from projections.published import UnpublishedError
from tests.server import NOON, TODAY, Site, Tablet, an_item, an_object, site

HOUR = 3_600_000_000


class Late(Struct):
    """A server, and the position after which something came in late."""

    site: Site
    position: int


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Late]:
    """Three objects; one inspected in time, one inspected before and handed in an hour later."""
    clock = SetClock(NOON)
    with site(tmp_path_factory.mktemp("late") / "data", clock=clock) as running:
        objects = [an_object(object=id_text(bytes([n]) * 16)) for n in (1, 2, 3)]
        running.tell(*objects, an_item())
        tablet, offline = Tablet(running), Tablet(running)
        for one in (tablet, offline):
            assert one.enrol().status_code == 200
        offline.inspect(objects[1].object)
        clock.at += HOUR
        tablet.inspect(objects[0].object)
        assert tablet.push().status_code == 200
        position = running.parts.intake.store.size()
        clock.at += HOUR
        assert offline.push().status_code == 200
        running.folded()
        running.client = running.sign_in()  # hours have passed: the first session is over
        yield Late(running, position)


@pytest.fixture(scope="module")
def here(late: Late) -> Site:
    return late.site


def get(here: Site, path: str) -> Any:  # noqa: ANN401  any JSON
    answer = here.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_view_and_every_measure_can_be_replayed() -> None:
    assert REPLAYABLE.keys() == {"coverage", *MEASURES, *(view.name for view in VIEWS)}


@pytest.mark.parametrize("name", list(REPLAYABLE))
def test_it_is_replayed_at_a_position_and_at_a_time(here: Site, name: str) -> None:
    size = here.parts.intake.store.size()

    now, then = get(here, f"/replay/{name}"), get(here, f"/replay/{name}?at={size - 2}")
    at_first = get(here, f"/replay/{name}?at=2020-01-01T00:00:00Z")

    assert [one["as_of"]["position"] for one in (now, then, at_first)] == [size, size - 2, 0]
    assert all(len({tuple(row) for row in one["rows"]}) <= 1 for one in (now, then))
    versions = now["as_of"]["measures"] if name in MEASURES else now["as_of"]["versions"]
    assert versions[name] >= 1 if name != "coverage" else now["as_of"]["measures"]["coverage"] >= 1
    assert get(here, f"/replay/{name}/difference")["same"]


@pytest.mark.parametrize("name", list(REPLAYABLE))
def test_from_the_beginning_all_changes_have_entries_or_no_keys(here: Site, name: str) -> None:
    said = get(here, f"/replay/{name}/changes?at=0")

    positions = {one["position"] for one in said["entries"]}
    assert said["whole"]
    for row in said["rows"]:
        assert set(row.get("causes", ())) <= positions
        if REPLAYABLE[name].figures is None:
            assert row["kind"] == "came"
            assert row["causes"], row


def test_a_figure_between_two_moments_names_the_late_entries(here: Site, late: Late) -> None:
    between = late.position

    said = get(here, f"/replay/coverage/changes?at={between}")

    assert (said["before"]["position"], said["after"]["position"]) == (between, between + 2)
    row = next(one for one in said["rows"] if one["key"] == "objects")
    assert (row["then"]["done"], row["now"]["done"]) == (1, 2)
    assert row["keys"] == {id_text(bytes([2]) * 16): ["0/1", "1/1"]}
    assert row["causes"] == [between + 1, between + 2]
    assert [one["late"] for one in said["entries"]] == [True, True]
    assert said["entries"][1]["tag"] == "inspection-completed.v1"
    assert said["entries"][1]["sequence"] == 3


def test_a_list_between_two_times_names_the_rows(here: Site) -> None:
    between = moment(NOON + HOUR).isoformat().replace("+00:00", "Z")

    said = get(here, f"/replay/objects/changes?at={between}")

    (row,) = said["rows"]
    assert row["key"] == id_text(bytes([2]) * 16)
    assert row["then"]["last_inspected_on"] is None
    assert row["now"]["last_inspected_on"] == TODAY.isoformat()
    assert len(row["causes"]) == 2
    assert said["entries"][0]["late"]


def test_an_older_version_is_replayed_as_it_was_quoted(here: Site) -> None:
    now = get(here, "/replay/coverage")
    older = get(here, "/replay/coverage?versions=coverage=1,objects=2,inspections=1,items=1")
    raw = get(here, "/replay/inspections?versions=inspections=1")

    assert older["as_of"]["measures"] == {"coverage": 1}
    assert older["as_of"]["versions"] == {"objects": 2, "inspections": 1, "items": 1}
    assert (older["rows"][0]["done"], older["rows"][0]["of"]) == (2, 3)
    assert now["rows"][0]["done"] == 2
    assert {"key", "completed_on"} <= raw["rows"][0].keys()
    assert "passes" not in raw["rows"][0]


def test_filters_and_periods_are_those_of_the_figure(here: Site) -> None:
    elsewhere = get(here, "/replay/coverage?township=440804999")
    earlier = get(here, "/replay/coverage?from=2025-01-01&to=2025-12-31")

    assert elsewhere["rows"][0]["of"] == 0
    assert earlier["rows"][0]["of"] == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/replay/nonsense", 404),
        ("/replay/nonsense/changes?at=1", 404),
        ("/replay/coverage?versions=coverage=99", 404),
        ("/replay/coverage?versions=coverage", 400),
        ("/replay/coverage/changes", 400),
        ("/replay/coverage/changes?at=yesterday", 400),
        ("/replay/coverage/changes?at=5&and=2", 400),
    ],
)
def test_what_cannot_be_replayed_is_refused(here: Site, path: str, status: int) -> None:
    assert here.client.get(path).status_code == status


def test_versions_are_read_as_they_are_quoted() -> None:
    assert read_versions("objects=2, inspections=1") == {"objects": 2, "inspections": 1}
    assert replayable("coverage", {"devices": 7}) is REPLAYABLE["coverage"]
    with pytest.raises(UnpublishedError):
        replayable("items", {"items": 99})


# ── the command ────────────────────────────────────────────────────────────────────


def xunji(here: Site, *options: str) -> Result:
    arguments = ["replay", "--data", str(here.folder.path), *options]
    return CliRunner().invoke(group(commands), arguments)


@pytest.mark.parametrize("name", list(REPLAYABLE))
def test_the_command_shows_each(here: Site, name: str) -> None:
    shown = xunji(here, name)

    assert shown.exit_code == 0, shown.output


def test_a_view_may_be_named_by_an_option(here: Site) -> None:
    named, both = xunji(here, "--view", "objects"), xunji(here, "objects", "--view", "items")

    assert (named.exit_code, named.stdout) == (0, xunji(here, "objects").stdout)
    assert both.exit_code == 2
    assert "not both" in both.output


def test_the_command_explains_a_difference(here: Site, late: Late) -> None:
    between = str(late.position)

    told = xunji(here, "coverage", "--at", between, "--and", str(int(between) + 2))
    said = json.loads(xunji(here, "objects", "--at", between, "--and", "", "--json").stdout)

    assert told.exit_code == 0, told.output
    assert "changed  objects\n    done: 1 → 2" in told.output
    assert told.output.count("LATE") == 2 * told.output.count("inspection-started.v1")
    assert [one["late"] for one in said["entries"]] == [True, True]
    assert said["rows"][0]["now"]["last_inspected_on"] == TODAY.isoformat()


def test_the_command_says_when_nothing_differs(here: Site) -> None:
    assert "nothing differs" in xunji(here, "areas", "--at", "1", "--and", "").output


def test_the_command_computes_a_quoted_figure_again(here: Site) -> None:
    said = json.loads(
        xunji(here, "--versions", "inspections=1", "--domain", "funeral", "--json").stdout
    )

    assert said["versions"]["coverage"] == said["versions"]["inspections"] == 1
    assert (said["rows"][0]["done"], said["rows"][0]["of"]) == (2, 3)


@pytest.mark.parametrize(
    "options",
    [
        ("nonsense",),
        ("--versions", "coverage=99"),
        ("--versions", "coverage"),
        ("--at", "5", "--and", "2"),
        ("--from", "yesterday"),
        ("--from", "2026-02-01", "--to", "2026-01-01"),
    ],
)
def test_the_command_refuses_what_it_cannot_replay(here: Site, options: tuple[str, ...]) -> None:
    assert xunji(here, *options).exit_code == 2


def test_a_replayed_figure_hides_few_homes(tmp_path: Path) -> None:
    home = structs.replace(an_object(), object_type="low_income_household", name=None)
    with site(tmp_path / "data") as here:
        here.tell(home)
        here.folded()
        rows = get(here, "/replay/object_coverage")["rows"]
        older = get(here, "/replay/coverage?versions=inspections=1")["rows"]
        changes = get(here, "/replay/object_coverage/changes?at=0")

    assert rows[0]["words"] == older[0]["words"] == "<5"
    assert rows[0]["of"] is older[0]["of"] is None
    assert all(home.object not in json.dumps(one) for one in changes["rows"])
    assert changes["entries"] == []
