"""`xunji bench --store mongodb` measures and says what; how fast it is, no test asks."""

import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from backend.bench import mongo, postgres
from backend.bench.commands import LABELS, bench
from tests.mongodb import standin


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "_APPENDED", 100)
    monkeypatch.setattr(mongo, "_FOLDED_QUICK", 200)


def test_each_number_is_measured_and_has_a_label_and_nothing_is_left(
    mongodb: str, small: None
) -> None:
    with standin.database(mongodb) as name:
        uri = standin.uri_of(mongodb, name)
        report = mongo.measure(uri, lambda _said: None, quick=True, peers=False)
        with closing(MongoClient[dict[str, Any]](mongodb)) as client:
            left = [one for one in client.list_database_names() if one.startswith(name)]

    numbers = {key for key, value in report.items() if type(value) is float}
    assert len(numbers) == 5
    assert numbers <= LABELS.keys()
    assert all(report[key] > 0 for key in numbers)
    assert left == []


def test_the_peer_is_measured_on_a_server_of_its_own_or_what_is_missing_is_said(
    small: None,
) -> None:
    if postgres.missing():
        assert postgres.missing() in {"initdb", "pg_ctl", "psycopg", "psycopg_pool"}
        return
    with postgres.serving() as recorder:
        assert mongo._round(recorder, 25, 2) > 0
        assert recorder.max_notification_id() == 100


def test_what_is_missing_is_said() -> None:
    refused = CliRunner().invoke(bench, ["--store", "mongodb"])

    assert refused.exit_code == 2
    assert "--mongodb URI" in refused.output


def test_without_its_driver_the_peer_is_named_as_missing() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "import importlib.util as found\n"
        "found.find_spec = lambda name: None if name == 'psycopg' else object()\n"
        "from backend.bench import postgres\n"
        "print(postgres.missing())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert said.stdout.decode().strip() in {"psycopg", "initdb", "pg_ctl"}
