"""Procedure faults over HTTP: as a list that is paged, as a table, chosen by rule and place."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from backend.readings import cursor_text
from events.ids import id_text
from events.inspections import InspectionVoided
from tests.server import Site, Tablet, an_object, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A bureau whose register knows no officers, and three inspections: one was voided."""
    with site(tmp_path / "data") as running:
        objects = [an_object(name=f"墓园 {n}") for n in range(3)]
        running.tell(*objects)
        tablet = Tablet(running)
        tablet.enrol()
        visits = [tablet.inspect(one.object) for one in objects]
        tablet.writer.record(
            InspectionVoided(visit=visits[1], reason="wrong", approver=id_text(bytes(16)))
        )
        tablet.push()
        running.folded()
        yield running


def get(here: Site, query: str = "") -> Any:  # noqa: ANN401  any JSON
    answer = here.client.get(f"/views/procedure{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_fault_says_its_rule_the_law_of_the_day_and_the_entry(here: Site) -> None:
    rows = get(here, "?code=certificate_invalid")["rows"]

    assert len(rows) == 3
    row = next(one for one in rows if one["mended_at"] is None)
    assert (row["name_zh"], row["severity"]) == (
        "执法人员名录中当日无有效执法证件",
        "critical",
    )
    assert row["basis"][0]["article"] == "第四十二条"
    assert row["basis"][0]["verify"] is False
    stored = here.parts.intake.store.read(row["position"] - 1, 1)[0]
    assert (row["log"], row["sequence"]) == (stored.log, stored.sequence)
    assert stored.tag == "inspection-completed.v1"


def test_what_was_mended_says_by_what(here: Site) -> None:
    mended = get(here, "?mended=true")["rows"]

    assert {row["mended_by"] for row in mended} == {"voiding"}
    assert len(mended) + len(get(here, "?mended=false")["rows"]) == len(get(here)["rows"])


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_lead_to_all_faults_once(here: Site, limit: int) -> None:
    whole = get(here)["rows"]
    rows: list[Any] = []
    link: str | None = f"?limit={limit}"
    while link:
        page = get(here, link)
        assert len(page["rows"]) <= limit
        rows += page["rows"]
        link = page["next"] and page["next"].removeprefix("/views/procedure")

    assert rows == whole
    assert len(rows) == 3


def test_faults_are_chosen(here: Site) -> None:
    officer = get(here)["rows"][0]["officers"][0]

    assert get(here, f"?officer={officer}")["rows"]
    assert get(here, "?kind=nothing")["rows"] == []
    assert get(here, "?village=440804001999")["rows"] == []
    assert get(here, "?code=nothing")["rows"] == []
    assert get(here, "?from=2020-01-01&to=2020-12-31")["rows"] == []
    assert get(here, "?today=2026-01-01")["rows"] == []


def test_a_table_quotes_the_law_as_text_and_sums_nobody_up(here: Site) -> None:
    answer = here.client.get("/views/procedure?format=csv")

    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows
    assert rows[0]["依据"].startswith("《中华人民共和国行政处罚法》第四十")
    assert {len(row) for row in rows} == {21}
    assert not any(head.isascii() for head in rows[0])
    assert all(None not in row for row in rows)


@pytest.mark.parametrize(
    "cursor", [(), ("2026-01-01",), ("2026-01-01", "x", "y"), ("a", "b", "c", "d"), (1, 2, 3, 4)]
)
def test_a_cursor_of_another_list_is_refused(here: Site, cursor: tuple[Any, ...]) -> None:
    answer = here.client.get(f"/views/procedure?after={cursor_text(cursor)}")

    assert answer.status_code == 400
