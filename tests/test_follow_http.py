"""What follows from inspections, over HTTP: as JSON and as tables, with as-of and filters."""

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO
from typing import Any

import pytest

from backend.exports.words import column_head
from events.facts import Fact, Visit
from events.inspections import (
    FollowUpOpened,
    InspectionCompleted,
    InspectionStarted,
    PersonEncountered,
)
from events.orders import (
    BenefitProposed,
    MismatchCauseEstablished,
    RecoveryReceived,
    RecoveryStarted,
    RectificationOrdered,
)
from projections.patrols import ZERO_TROUBLE
from tests.histories import a_completion, a_visit, an_id
from tests.server import TODAY, Site, site

ROUTES = ("follow-ups", "recoveries", "goals", "causes")
T1, T2 = "440804001", "440804002"


def made(name: str, **keys: object) -> tuple[Visit, list[Fact]]:
    """An inspection of today, and its facts."""
    completion = {one: keys.pop(one) for one in ("sets", "home_visit") if one in keys}
    visit = a_visit(name, f"object of {name}", str(TODAY), **keys)
    started = InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
    done: InspectionCompleted = a_completion(visit, **completion)
    return visit, [started, done]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An order, a task, a patrol that met somebody, and four homes of which one pays back."""
    with site(tmp_path_factory.mktemp("follow") / "data") as running:
        shop, facts = made("shop")
        order = RectificationOrdered(visit=shop, order=an_id("order"), deadline=TODAY)
        task = FollowUpOpened(
            visit=shop, task=an_id("task"), follow_up="report_1h",
            due_at=datetime.fromisoformat("2026-01-05T10:00:00+08:00"),
        )  # fmt: skip
        running.tell(*facts, order, task)
        street, facts = made(
            "street", kind="street_patrol", nature="service", township=T2,
            sets={ZERO_TROUBLE: True},
        )  # fmt: skip
        met = PersonEncountered(
            visit=street, person=an_id("Ma"), begging=True, sleeping_rough=False
        )
        running.tell(*facts, met)
        for number in range(4):
            running.tell(*_home(f"home {number}", with_money=number == 0))
        running.folded()
        yield running


def _home(name: str, *, with_money: bool) -> list[Fact]:
    visit, facts = made(
        name, kind="low_income_recheck", nature="eligibility", home_visit="in",
        object_type="low_income_household", domain="social_assistance",
    )  # fmt: skip
    facts.append(BenefitProposed(visit=visit, proposal=an_id(f"proposal of {name}")))
    facts.append(MismatchCauseEstablished(visit=visit, cause="death", established_by=an_id("Wu")))
    if with_money:
        recovery = an_id("recovery")
        facts.append(RecoveryStarted(visit=visit, recovery=recovery, months=2, amount_fen=123_456))
        facts.append(RecoveryReceived(visit=visit, recovery=recovery, amount_fen=23_450))
    return facts


def get(here: Site, path: str) -> Any:  # noqa: ANN401  any JSON
    answer = here.client.get(f"/views/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def table(here: Site, path: str) -> list[dict[str, str]]:
    """Return the rows of a table by the names that stand for its heads."""
    answer = here.client.get(f"/views/{path}", headers={"accept": "text/csv"})
    assert json.loads(answer.headers["xunji-as-of"])["position"] > 0
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    lines = here.client.get(f"/views/{path}", params={"format": "jsonl"}).text.splitlines()
    names = {column_head(name, "zh"): name for name in json.loads(lines[0])}
    return [{names[head]: one for head, one in zip(rows[0], row, strict=True)} for row in rows[1:]]


@pytest.mark.parametrize("name", ROUTES)
def test_heads_of_tables_are_in_the_language_of_the_reader(here: Site, name: str) -> None:
    def heads(language: str) -> list[str]:
        answer = here.client.get(f"/views/{name}?format=csv&lang={language}")
        return next(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))

    assert not [one for one in heads("zh") if one.isascii()]
    assert all(one.isascii() and "_" not in one for one in heads("en"))
    assert len(set(heads("zh"))) == len(heads("zh"))


@pytest.mark.parametrize("name", ROUTES)
def test_every_answer_quotes_what_it_was_computed_from(here: Site, name: str) -> None:
    as_of = get(here, f"{name}?township={T1}")["as_of"]

    assert as_of["position"] == here.parts.intake.store.size()
    assert as_of["query"] == {"path": f"/views/{name}", "township": T1}
    assert table(here, name)


@pytest.mark.parametrize("name", ROUTES)
def test_a_period_that_ends_before_it_begins_is_refused(here: Site, name: str) -> None:
    assert here.client.get(f"/views/{name}?from=2026-02-01&to=2026-01-01").status_code == 400


@pytest.mark.parametrize("name", ["follow-ups", "recoveries"])
@pytest.mark.parametrize("query", ["after=!!", "after=AAAA", "after=WyJhIl0", "limit=0"])
def test_pages_that_nobody_offered_are_refused(here: Site, name: str, query: str) -> None:
    assert here.client.get(f"/views/{name}?{query}").status_code == 400


def test_follow_ups_stand_in_the_order_in_which_they_are_due(here: Site) -> None:
    rows = get(here, "follow-ups")["rows"]

    assert [one["what"] for one in rows[:2]] == ["task", "order"]
    assert {one["what"] for one in rows[2:]} == {"decision", "recovery"}
    assert (rows[0]["reason"], rows[0]["due_at"][:10]) == ("report_1h", "2026-01-05")
    assert rows[0]["overdue_days"] == (TODAY - date(2026, 1, 5)).days
    assert "person" not in rows[0]


def test_follow_ups_are_filtered_and_paged(here: Site) -> None:
    assert len(get(here, "follow-ups?state=overdue")["rows"]) == 1
    assert len(get(here, "follow-ups?what=decision")["rows"]) == 4
    assert get(here, "follow-ups?state=done")["rows"] == []
    assert get(here, f"follow-ups?township={T2}")["rows"] == []
    first = get(here, "follow-ups?limit=4")
    second = here.client.get(first["next"]).json()
    assert first["rows"] + second["rows"] == get(here, "follow-ups")["rows"]
    assert second["next"] is None
    assert here.client.get("/views/follow-ups?state=lost").status_code == 400


def test_the_ledger_shows_yuan_and_balances(here: Site) -> None:
    said = get(here, "recoveries?reported_fen=23000&tolerance=2")

    assert said["totals"]["yuan"] == {
        "due": "1234.56", "received": "234.50", "remitted": "0.00", "balance": "1000.06",
        "received_in_period": "234.50",
    }  # fmt: skip
    assert said["rows"][0]["balance_fen"] == 100_006
    assert said["reconciled"] == {
        "expected": 23_450, "reported": 23_000, "difference": -450, "tolerance_percent": 2,
        "agrees": True,
    }  # fmt: skip
    assert said["townships"][T1]["fen"] == said["totals"]["fen"]
    assert table(here, "recoveries")[0]["balance_yuan"] == "1000.06"


def test_goal_and_count_stand_side_by_side_and_few_persons_are_hidden(
    here: Site,
) -> None:
    said = get(here, "goals")
    begging = said["townships"][T2]["goals"][0]
    rows = {(row["township"], row["goal"]): row for row in table(here, "goals")}

    assert (begging["target"], begging["count"], begging["reached"]) == (0, None, "no")
    assert begging["words"] == "<5"
    assert said["whole"]["met"] is None
    assert rows[T2, "begging"]["count"] == "<5"
    assert rows[T2, "sleeping_rough"]["count"] == "0"
    assert rows[T2, "accident"]["together_with"] == "public_anger"


def test_causes_are_counted_unless_that_tells_of_few_homes_and_told_one_by_one(
    here: Site,
) -> None:
    said = get(here, "causes")
    rows = {(row["township"], row["cause"]): row for row in table(here, "causes")}

    assert said["causes"]["death"] == {
        "established": None, "answered": None, "words": "<5", "answers": ["recovery"],
    }  # fmt: skip
    assert said["townships"][T1]["death"]["established"] is None
    assert said["benefits"] == {"proposed": None, "decided": None, "words": "<5"}
    assert said["rows"] is None
    behind = get(here, "causes?rows=true")["rows"]
    assert len(behind["lines"]) == len(behind["pending"]) == 4
    assert rows["", "death"]["established"] == rows[T1, "death"]["answered"] == "<5"
    assert rows["", "fraud"]["established"] == "0"


def test_the_description_knows_them(here: Site) -> None:
    paths = here.client.get("/api/openapi.json").json()["paths"]

    assert {f"/views/{name}" for name in ROUTES} <= set(paths)
