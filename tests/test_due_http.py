"""Due lists, use of caps and joint visits over HTTP: pages, filters, CSV, a moment quoted."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from events.register import FrequencyCapPublished
from tests.server import TODAY, Site, Tablet, an_item, an_object, new_id, site

SHOP = "92999999MADEM0E53M"
YEARLY = {"mode": "min", "count": 1, "per": "year", "basis": "art. 5"}
MONTHLY = {"mode": "min", "count": 1, "per": "month"}
NEW_YEAR = date(TODAY.year, 1, 1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A bureau with five objects and two items; two objects were inspected, one is a shop."""
    with site(tmp_path / "data") as running:
        objects = [
            an_object(name=f"墓园 {n}", valid_from=NEW_YEAR, uscc=None if n else SHOP)
            for n in range(5)
        ]
        running.tell(
            *objects,
            an_item(frequency=YEARLY, object_types=("cemetery",), valid_from=NEW_YEAR),
            an_item(
                item="MZ-FU-02",
                frequency=MONTHLY,
                object_types=("cemetery",),
                valid_from=TODAY.replace(day=1),
            ),
            FrequencyCapPublished(
                cap=new_id(), object_type="cemetery", per_year=1, valid_from=NEW_YEAR
            ),
        )
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


def test_what_is_due_says_of_which_object_by_when_and_why(here: Site) -> None:
    rows = get(here, f"/views/due?until={TODAY.year}-12-31")["rows"]

    assert len(rows) == 5 + 3  # five this month, three of this year
    assert [row["due_on"] for row in rows] == sorted(row["due_on"] for row in rows)
    last = rows[-1]
    assert (last["item"], last["done"], last["required"]) == ("MZ-FU-01", 0, 1)
    assert last["name"].startswith("墓园")
    assert (last["reason_zh"], last["reason_en"]) == ("每年至少1次；art. 5", "1 in a year; art. 5")
    assert (last["window_from"], last["overdue_days"]) == (str(NEW_YEAR), 0)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_of_what_is_due_lead_to_all_rows_once(here: Site, limit: int) -> None:
    whole = get(here, f"/views/due?until={TODAY.year}-12-31&limit=1000")["rows"]
    rows: list[Any] = []
    link: str | None = f"/views/due?until={TODAY.year}-12-31&limit={limit}"
    while link:
        page = get(here, link)
        rows += page["rows"]
        link = page["next"]

    assert rows == whole
    assert len(whole) == 8


def test_filters_choose_what_is_due(here: Site) -> None:
    later = TODAY.replace(day=1) + timedelta(days=70)

    assert len(get(here, "/views/due")["rows"]) == 5
    assert get(here, "/views/due?township=999999001")["rows"] == []
    assert get(here, "/views/due?object_type=shop")["rows"] == []
    assert get(here, "/views/due?overdue=true")["rows"] == []
    overdue = get(here, f"/views/due?overdue=true&today={later}")["rows"]
    assert {row["item"] for row in overdue} == {"MZ-FU-02"}
    assert all(row["overdue_days"] > 0 for row in overdue)


@pytest.mark.parametrize("name", ["due", "caps", "joint-visits"])
def test_each_list_quotes_its_moment_and_comes_as_a_table(here: Site, name: str) -> None:
    as_of = get(here, f"/views/{name}")["as_of"]
    assert as_of["position"] == here.parts.intake.store.size()
    assert as_of["today"] == str(TODAY)

    answer = here.client.get(f"/views/{name}?format=csv")
    assert answer.status_code == 200
    table = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))
    assert not any(head.isascii() for row in table for head in row)
    assert len(table) == len(get(here, f"/views/{name}?limit=1000")["rows"])


@pytest.mark.parametrize("name", ["due", "caps", "joint-visits"])
def test_a_cursor_of_another_list_is_refused(here: Site, name: str) -> None:
    foreign = get(here, "/views/items?limit=1")["next"].partition("after=")[2]
    after = "WzEsMiwzLDRd" if name != "due" else foreign

    assert here.client.get(f"/views/{name}?after={after}").status_code == 400


def test_caps_tell_what_was_held_and_whether_one_more_may_be_planned(here: Site) -> None:
    (row,) = get(here, "/views/caps")["rows"]

    assert {name: row[name] for name in ("enterprise", "cap", "counted", "status")} == {
        "enterprise": SHOP,
        "cap": 1,
        "counted": 1,
        "status": "full",
    }
    assert (row["may_plan"], row["reason"]) == (False, "exceeds")
    (other,) = get(here, "/views/caps?exception=lead")["rows"]
    assert (other["may_plan"], other["reason"]) == (True, "exception")
    (before,) = get(here, f"/views/caps?year={TODAY.year + 1}&today={TODAY.year + 1}-02-01")["rows"]
    assert (before["counted"], before["cap"], before["may_plan"]) == (0, 1, True)


def test_a_joint_visit_is_suggested_where_two_items_are_due(here: Site) -> None:
    assert get(here, "/views/joint-visits")["rows"] == []  # the yearly one is done

    ahead = f"until={TODAY.year + 1}-12-31"
    (row,) = get(here, f"/views/joint-visits?{ahead}")["rows"]
    assert (row["enterprise"], row["items"]) == (SHOP, ["MZ-FU-01", "MZ-FU-02"])
