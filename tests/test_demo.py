"""The demo, whole: real server, real tablets, the same seed, the same history."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from backend.demo.district import TABLETS, district
from backend.demo.irregular import ADMINISTRATIVE
from backend.demo.year import TODAY, Inspection, OfficeStep, Pull, Push, instant, year
from events.office import AssignmentApproved, InspectionAssigned
from events.patrol_matching import PASSED
from tests.demos import XUNJI, build, finished, head


def server_of(data: Path) -> int | None:
    """Return the process that holds the server's log, None while there is none."""
    try:
        holder = int((data / "locks" / "server").read_text())
        os.kill(holder, 0)
    except (OSError, ValueError):
        return None
    return holder


def test_a_server_killed_on_the_way_leaves_the_same_history(built: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = build(data)
    killed: set[int] = set()
    until = time.monotonic() + 240
    while process.poll() is None and len(killed) < 3 and time.monotonic() < until:
        time.sleep(0.7)
        playing = list((data / "tablets").glob("*/reference.sqlite"))
        holder = server_of(data) if len(playing) == TABLETS else None
        if holder and holder not in killed:
            os.kill(holder, signal.SIGKILL)
            killed.add(holder)

    finished(process)

    assert killed
    assert head(data) == head(built)


def test_what_was_built_verifies_and_is_served_again_without_building(built: Path) -> None:
    verified = subprocess.run(
        [*XUNJI, "verify", "--data", str(built), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    report = json.loads(verified.stdout)

    assert verified.returncode == 0
    assert report["head"] == head(built)
    assert "built already" in finished(build(built))


def test_what_patrols_covered_comes_out_again_from_the_tracks_they_sealed(
    built: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(built, tmp_path / "data")  # who looked is recorded
    looked = subprocess.run(
        [*XUNJI, "recompute", "--data", str(data), "--as", "A", "--purpose", "p", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    found = json.loads(looked.stdout)

    assert looked.returncode == 0
    assert {one["outcome"] for one in found} == {"same"}
    assert any(one["said"] >= PASSED for one in found)


def test_a_folder_with_something_else_is_left_alone(built: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")

    for data, seed in ((tmp_path, 1), (built, 2)):
        process = build(data, seed)
        process.communicate(timeout=60)
        assert process.returncode == 3

    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_the_district_has_the_numbers_of_the_report() -> None:
    there = district(1, 1.0)
    count = {
        kind: sum(one.fact.object_type == kind for one in there.objects)
        for kind in ("social_association", "private_non_enterprise_unit", "community_org_record")
    }

    assert list(count.values()) == [44, 99, 109]
    assert sum(one.level == "township" for one in there.areas) == 7
    assert sum(one.level == "village" for one in there.areas) == 74
    assert sum(one.role == "officer" for one in there.officers) == 18
    assert len(there.tablets) == TABLETS
    assert all(one.fact.demo for one in there.objects)


def test_no_home_stands_in_clear() -> None:
    homes = [one for one in district(1, 0.1).objects if one.card]

    assert homes
    for home in homes:
        assert home.card
        assert home.fact.name is None
        assert home.fact.lon is None
        assert home.card["name"] not in repr(home.fact)


def test_the_year_is_the_same_for_the_same_seed_and_ends_today() -> None:
    there = district(1, 0.2)
    devices = [f"{'a' * 25}{letter}" for letter in "aeimquy4"]

    plan = year(there, devices, 1, 0.2)

    assert plan == year(there, devices, 1, 0.2)
    assert plan != year(there, devices, 2, 0.2)
    for own in plan.tablets:
        times = [one.at for one in own]
        assert times == sorted(times)
        assert times[-1] <= instant(TODAY, 8)
        assert {type(one) for one in own} == {Inspection, Push, Pull}


def test_a_whole_year_has_what_the_district_is_to_show() -> None:
    there = district(1, 1.0)
    plan = year(there, [f"{'a' * 25}{letter}" for letter in "aeimquy4"], 1, 1.0)
    visits = [one for own in plan.tablets for one in own if isinstance(one, Inspection)]

    assert len(visits) >= 3_000
    shown = {what for one in visits for what in (*one.faults, *one.after)}
    assert {"correct", "correct_again", "void", "cancel", "one_officer", "clock_jump"} <= shown
    people = [person for one in visits for person in one.persons]
    assert any(person["SP-10"] == "minor" for person in people)
    assert any(person["SP-16"] == "refuse" for person in people)
    assert {one.kind for one in visits} == {
        "street_patrol", "low_income_recheck", "funeral_order", "general_inspection",
    }  # fmt: skip


def test_the_office_approves_nearly_all_of_what_it_assigns_before_anybody_goes_there() -> None:
    there = district(1, 0.2)
    plan = year(there, [f"{'a' * 25}{letter}" for letter in "aeimquy4"], 1, 0.2)
    visits = {one.assignment: one for own in plan.tablets for one in own
              if isinstance(one, Inspection)}  # fmt: skip
    steps = [one for one in plan.office if isinstance(one, OfficeStep)]
    work = {
        fact.assignment
        for step in steps
        for fact in step.facts
        if isinstance(fact, InspectionAssigned) and fact.kind in ADMINISTRATIVE
    }
    approved = {
        fact.assignment: step.at
        for step in steps
        for fact in step.facts
        if isinstance(fact, AssignmentApproved)
    }

    assert work > approved.keys()
    assert len(approved) > 0.9 * len(work)
    begun = approved.keys() & visits.keys()
    assert all(approved[one] <= visits[one].at for one in begun)
    missing = visits.keys() & (work - approved.keys())
    assert any("approval_missing" in visits[one].faults for one in missing)
