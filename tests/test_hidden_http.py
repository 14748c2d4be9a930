"""Few homes are hidden wherever figures leave: numbers, steps, sums of the ledger."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from events.orders import RecoveryStarted
from projections.hidden import SMALL
from tests.server import TODAY, Site, Tablet, an_item, an_object, new_id, site

T1, T2, T3 = "440804001", "440804002", "440804003"
AID = {"domain": "social_assistance", "object_type": "low_income_household"}
HTML = {"accept": "text/html", "accept-language": "zh"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two homes inspected in one township, six in another; cemeteries; three recoveries."""
    with site(tmp_path_factory.mktemp("few") / "data") as running:
        homes = [
            an_object(**AID, name=None, person=new_id(), township=township)
            for township, count in ((T1, 2), (T2, 6), (T3, 7))
            for _ in range(count)
        ]
        graves = [an_object() for _ in range(9)]
        running.tell(*homes, *graves, an_item(), an_item(item="I-A", domain=AID["domain"]))
        tablet = Tablet(running)
        tablet.enrol()
        for home in homes[:2]:
            visit = tablet.inspect(home.object, **AID, township=home.township, items=("I-A",))
            owed(tablet, visit)
        for grave in graves:
            tablet.inspect(grave.object)
        assert tablet.push().status_code == 200
        running.folded()
        yield running


def owed(tablet: Tablet, visit: Any) -> None:  # noqa: ANN401  a visit
    tablet.writer.record(
        RecoveryStarted(
            visit=visit, recovery=new_id(), months=1, amount_fen=60_000,
        )
    )  # fmt: skip


def test_the_numbers_of_domain_breadth_do_not_tell_of_few_homes(here: Site) -> None:
    numbers = here.client.get("/views/measures/domain_breadth").json()["numbers"]

    assert numbers["inspections.social_assistance"] is None
    assert numbers["inspections.funeral"] is None  # it would follow from the sum
    assert numbers["concentration"] is None
    assert numbers["effective_number"] is None


def test_nor_do_its_steps_their_files_the_coverage_and_the_page(here: Site) -> None:
    month = f"step=month&from={TODAY.replace(day=1)}&to={TODAY}"
    series = here.client.get(f"/views/measures/domain_breadth/series?{month}").json()
    file = here.client.get(f"/views/measures/domain_breadth/series?{month}&format=jsonl").text
    compared = here.client.get("/views/measures/domain_breadth/comparison").json()
    coverage = here.client.get("/views/coverage").json()
    page = here.client.get("/measures", headers=HTML).text

    (step,) = series["steps"]
    assert step["inspections"] == {"funeral": None, "social_assistance": None}
    assert step["numbers"]["inspections.social_assistance"] is None
    assert '"inspections.social_assistance":null' in file.replace(" ", "")
    assert compared["numbers"]["inspections.social_assistance"]["now"] is None
    assert coverage["by_domain"] == {"funeral": None, "social_assistance": None}
    assert coverage["effective_domains"] is None
    row = page.partition('<th scope="row">社会救助</th>')[2].partition("</tr>")[0]
    assert SMALL.replace("<", "&lt;") in row


def test_sums_of_the_ledger_that_stand_for_few_homes_are_not_told(here: Site) -> None:
    said = here.client.get("/views/recoveries").json()

    assert said["townships"] == {T1: None}
    assert said["totals"] is None
    assert len(said["rows"]) == 2  # rows are what somebody has to do, and no figures


def test_sums_of_many_homes_are_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    with site(tmp_path_factory.mktemp("many") / "data") as running:
        homes = [an_object(**AID, name=None, person=new_id(), township=T1) for _ in range(5)]
        running.tell(*homes, an_item(item="I-A", domain=AID["domain"]))
        tablet = Tablet(running)
        tablet.enrol()
        for home in homes:
            owed(tablet, tablet.inspect(home.object, **AID, township=T1, items=("I-A",)))
        assert tablet.push().status_code == 200
        running.folded()
        until = date(TODAY.year, 1, 1) + timedelta(days=364)
        said = running.client.get(f"/views/recoveries?to={until}").json()

    assert said["totals"]["fen"]["due"] == 300_000
    assert said["townships"][T1]["entries"] == 5
