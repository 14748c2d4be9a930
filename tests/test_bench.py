"""`xunji bench` measures and says what; how fast it is, no test asks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import backend.bench
from backend.bench.commands import LABELS, NAMES


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from events.command import main; main()", "bench", *arguments],
        env=os.environ | {"XUNJI_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    only = [word for name in ("fsync", "push", "recorder", "tablet") for word in ("--only", name)]
    done = bench("--quick", "--json", *only)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_report_is_one_object_with_what_was_asked_for(report: dict[str, Any]) -> None:
    asked = {"fsync_per_s", "push_events_per_s_1", "server_cpu_us_per_event"}
    assert asked | {"recorder_events_per_s", "tablet_answer_ms"} <= report.keys()
    assert "fold_events_per_s" not in report
    assert all(report[name] > 0 for name in asked)


def test_the_report_says_where_and_how_it_was_measured(report: dict[str, Any]) -> None:
    assert report["store"] == "sqlite"
    assert report["quick"] is True
    assert report["environment"].keys() >= {"python", "sqlite", "cpus", "system"}
    assert report["details"]["push"]["cpu"]["rounds"] >= 3


def test_every_number_has_a_label(report: dict[str, Any]) -> None:
    numbers = {name for name, value in report.items() if type(value) is float}
    assert numbers <= LABELS.keys()


def test_the_names_of_the_command_are_the_measurements_there_are() -> None:
    from backend.bench.report import MEASUREMENTS

    assert tuple(MEASUREMENTS) == NAMES


def test_without_json_it_prints_a_table() -> None:
    done = bench("--quick", "--only", "fsync")
    assert done.returncode == 0, done.stderr
    assert LABELS["fsync_per_s"] in done.stdout


def test_a_measurement_that_is_not_there_is_refused() -> None:
    assert bench("--only", "nothing").returncode == 2


def test_every_word_of_the_benchmark_has_its_chinese() -> None:
    package = Path(backend.bench.__file__).parent
    used = {found[2] for found in extract_from_dir(package)}
    with (package.parent / "locale/zh/LC_MESSAGES/bench.po").open("rb") as opened:
        said = {message.id for message in read_po(opened) if message.id and message.string}

    assert used == said
