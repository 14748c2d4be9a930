"""Approving beforehand what was assigned, at the office's console."""

from datetime import date
from pathlib import Path

import pytest

from backend.folder import DataFolder
from backend.office_commands import console
from events.office import AssignmentWithdrawn, InspectionAssigned
from events.register import OfficerListed
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.views import MemoryViews, Query
from tests.histories import an_id
from tests.test_office_commands import xunji

HEAD = an_id("head")


def assigned(name: str, day: int = 1) -> InspectionAssigned:
    return InspectionAssigned(
        assignment=an_id(name),
        object=an_id(f"object {name}"),
        object_type="funeral_goods_shop",
        kind="funeral_order",
        domain="funeral",
        township="440804001",
        device=an_id("tablet"),
        officers=(an_id("Chen"), an_id("Li")),
        due_on=date(2026, 12, day),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = xunji("init", "--data", tmp_path / "data", "--bureau", "District")
    assert made.exit_code == 0
    with console(tmp_path / "data") as office:
        office.record(OfficerListed(HEAD, "Wu", "manager", date(2026, 1, 1)))
        for fact in (assigned("A", 9), assigned("B", 2), assigned("C")):
            office.record(fact)
        office.record(AssignmentWithdrawn(an_id("C"), an_id("tablet"), "mistake"))
    return tmp_path / "data"


def approved(path: Path) -> set[str]:
    views = MemoryViews(VIEWS)
    store = DataFolder.open(path).history()
    catch_up(store, views)
    store.close()
    rows = views.select(Query("assignments", columns=("approved",)))
    return {row.key for row in rows if row.values[0]}


def test_what_waits_is_listed_the_soonest_first_without_what_was_taken_back(path: Path) -> None:
    told = xunji("approve", "--data", path, "--list")

    assert [line.split()[0] for line in told.output.splitlines()] == [an_id("B"), an_id("A")]


def test_what_was_approved_waits_no_more_and_is_not_approved_twice(path: Path) -> None:
    once = xunji("approve", "--data", path, an_id("A"), an_id("A"), "--by", HEAD)
    twice = xunji("approve", "--data", path, an_id("A"), "--by", HEAD)

    assert once.output.strip() == "Approved: 1 assignment."
    assert twice.output.strip() == "Approved: 0 assignments."
    assert approved(path) == {an_id("A")}
    assert an_id("A") not in xunji("approve", "--data", path, "--list").output


def test_what_is_given_anew_waits_again(path: Path) -> None:
    xunji("approve", "--data", path, an_id("A"), "--by", HEAD)
    with console(path) as office:
        office.record(assigned("A", 20))

    assert an_id("A") in xunji("approve", "--data", path, "--list").output


@pytest.mark.parametrize(
    ("assignments", "by", "said"),
    [
        ((an_id("A"), an_id("nothing")), HEAD, "Nothing stands assigned"),
        ((an_id("A"), an_id("C")), HEAD, "Nothing stands assigned"),
        ((an_id("A"),), an_id("a stranger"), "Nobody on the list"),
    ],
)
def test_all_are_approved_or_none(
    path: Path, assignments: tuple[str, ...], by: str, said: str
) -> None:
    told = xunji("approve", "--data", path, *assignments, "--by", by)

    assert told.exit_code == 1
    assert said in told.output
    assert approved(path) == set()


def test_without_anything_named_the_command_says_what_to_name(path: Path) -> None:
    assert xunji("approve", "--data", path).exit_code == 2
    assert xunji("approve", "--data", path, an_id("A")).exit_code == 2
