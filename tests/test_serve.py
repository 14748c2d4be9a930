"""The server as a process: it starts, stops, dies, and starts again."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from backend.checkpoints import CheckpointFile
from backend.folder import DataFolder
from backend.projector import Worker
from backend.running import opened
from backend.settings import Settings, is_loopback
from events.batch import CONTENT_TYPE, encode
from events.clock import SetClock, SystemClock
from events.errors import FolderError
from tests.server import Served, Site, Tablet, an_object, found, serving, signed_in, site

XUNJI = Path(sys.executable).with_name("xunji")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found(tmp_path / "data", SystemClock())
    return tmp_path / "data"


def tablet_of(path: Path) -> Tablet:
    """Return an enrolled tablet with entries it has not sent."""
    with site(path, clock=SystemClock()) as here:
        tablet = Tablet(here)
        assert tablet.enrol().status_code == 200
        for _ in range(20):
            tablet.inspect(an_object().object)
        return tablet


def push(served: Served, tablet: Tablet) -> httpx.Response:
    return httpx.post(
        f"{served.address}/sync/log",
        content=encode(tablet.waiting()),
        headers={"content-type": CONTENT_TYPE},
        timeout=30,
    )


def run(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [XUNJI, "serve", *options], capture_output=True, text=True, check=False, timeout=60
    )


def test_it_ends_when_told_to_and_signs_what_it_leaves(path: Path) -> None:
    tablet = tablet_of(path)
    before = len(CheckpointFile(path / "checkpoints.bin").all())
    with serving(path) as served:
        answer = push(served, tablet)
        code = served.stop()

    assert (answer.status_code, code) == (200, 0)
    after = CheckpointFile(path / "checkpoints.bin").all()
    assert len(after) == before + 1
    assert after[-1].size == answer.json()["position"]


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    tablet = tablet_of(path)
    with serving(path) as served:
        answer = push(served, tablet)
        served.process.kill()
        served.process.wait()
    with serving(path) as again:
        repeated = push(again, tablet)
        until = 200
        while httpx.get(f"{again.address}/ready").json()["lag"] and until:
            until -= 1
        same = httpx.get(
            f"{again.address}/replay/inspections/difference", timeout=30, cookies=signed_in(path)
        ).json()

    assert answer.json()["held"] == repeated.json()["held"] == 41
    assert answer.json()["position"] == repeated.json()["position"]
    assert same["same"]


def test_a_second_server_is_told_that_the_folder_is_busy(path: Path) -> None:
    with serving(path):
        second = run("--data", path, "--port", "0")

    assert second.returncode == 4


def test_a_port_in_use_is_named(path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("--data", path, "--port", port)

    assert refused.returncode == 4
    assert port in refused.stderr


def test_a_folder_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    assert run("--data", tmp_path, "--port", "0").returncode == 3


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])  # noqa: S104  refused
def test_it_listens_on_this_machine_only(path: Path, host: str) -> None:
    refused = run("--data", path, "--host", host, "--port", "0")

    assert not is_loopback(host)
    assert refused.returncode == 2
    assert "127.0.0.1" in refused.stderr


def test_time_is_simulated_in_demo_folders_only(path: Path) -> None:
    assert run("--data", path, "--port", "0", "--simulated").returncode == 3


def test_its_log_is_json_and_holds_neither_bodies_nor_queries(path: Path) -> None:
    tablet = tablet_of(path)
    with serving(path) as served:
        push(served, tablet)
        httpx.get(f"{served.address}/views/objects?township=440804001", cookies=signed_in(path))
        httpx.get(f"{served.address}/nowhere", headers={"cookie": "secret=1"})
        served.stop()
        text = served.log.read_text()

    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    received = [line for line in lines if line["event"] == "received"]
    assert [line["status"] for line in requests] == [200, 200, 404]
    assert all(line["ms"] >= 0 and line["id"] for line in requests)
    assert received[0]["entries"] == 40
    assert "440804001" not in text
    assert "secret" not in text


def test_signatures_are_checked_behind_and_a_bad_one_is_published(path: Path) -> None:
    from msgspec import structs

    from events import vocabulary
    from events.envelope import decode
    from events.envelope import encode as enveloped
    from events.office import IrregularityNoted

    def noted(here: Site) -> list[IrregularityNoted]:
        tag = vocabulary.tag_of(IrregularityNoted)
        records = here.parts.intake.store.read(0, 10, (tag,))
        facts = [vocabulary.decode(tag, one.record().entry.body) for one in records]
        return [fact for fact in facts if isinstance(fact, IrregularityNoted)]

    with site(path, clock=SystemClock()) as here:
        tablet = Tablet(here)
        tablet.enrol()
        tablet.inspect(an_object().object)
        first, _last = tablet.waiting().envelopes
        entry = decode(first)
        forged = structs.replace(entry, signature=bytes(64), raw=b"")
        forged = structs.replace(forged, raw=enveloped(forged))
        here.parts.intake.store.append(tablet.log, 1, [forged], here.clock.now().at)
        until = monotonic() + 20
        while here.client.get("/ready").json()["verified"] < here.parts.intake.store.size():
            assert monotonic() < until
            sleep(0.02)
        found_ = noted(here)

    assert [(one.entry.sequence, one.fault) for one in found_] == [(2, "signature")]


def test_damaged_views_are_set_aside_and_folded_again(path: Path) -> None:
    file = DataFolder.open(path).views_file
    file.write_bytes(b"no database at all " * 1_000)

    with site(path, clock=SystemClock()) as here:
        here.folded()
        assert here.client.get("/ready").json()["lag"] == 0
    assert file.with_name(f"{file.name}.damaged").exists()


def test_work_that_lets_go_first_is_done_once_nothing_arrives() -> None:
    done: list[float] = []
    worker = Worker("quiet", lambda: bool(done.append(monotonic())), poll=0.01, quiet=1.0)
    worker.wake()
    worker.start()
    until = monotonic() + 1.3
    while monotonic() < until:
        worker.wake()
        sleep(0.02)
    last = monotonic()
    assert not done

    while not done:
        assert monotonic() < last + 20
        sleep(0.02)
    assert worker.end()
    assert done[0] > last


@pytest.mark.parametrize("at", [0, 4_102_444_800_000_000])
def test_a_server_whose_clock_is_far_off_does_not_start(path: Path, at: int) -> None:
    with (
        pytest.raises(FolderError, match="set the clock right"),
        opened(Settings(data=path), SetClock(at)),
    ):
        raise AssertionError("it serves")
