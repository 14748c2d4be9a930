"""A database that fails at work: told in its own words; tablets keep what they have."""

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from click.testing import CliRunner
from pymongo.errors import OperationFailure

from backend.commands import commands
from backend.folder import DataFolder
from backend.mongodb.bureau import BureauDatabase
from backend.mongodb.persistence.errors import translation
from backend.mongodb.refusals import failed
from backend.mongodb.store import MongoStore
from backend.verification import verify
from events.clock import SetClock
from events.command import failure, group
from events.errors import DatabaseFailedError
from mobile.sync_client import Status, SyncLoop
from tests.mongodb.standin import StandIn
from tests.server import NOON, Tablet, an_object, site
from tests.test_device_log import said
from tests.test_sync_client import Field


@pytest.fixture(scope="module")
def process() -> Generator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def mortal(process: StandIn, monkeypatch: pytest.MonkeyPatch) -> Generator[StandIn]:
    """A database to kill, which the environment names; up again afterwards."""
    name = f"mortal_{os.urandom(4).hex()}"
    monkeypatch.setenv("XUNJI_MONGODB", f"{process.uri}{name}?serverSelectionTimeoutMS=300")
    yield process
    if not process.runs:
        process.start()


@pytest.fixture
def data(mortal: StandIn, tmp_path: Path) -> Path:
    path = tmp_path / "office"
    made = CliRunner().invoke(
        group(commands), ["init", "--data", str(path), "--bureau", "District"]
    )
    assert mortal.runs, made.output
    return path


@pytest.mark.parametrize("command", [["verify"], ["replay", "--compare"], ["replay", "coverage"]])
def test_a_command_says_that_the_database_failed_and_not_that_the_history_is_wrong(
    data: Path, mortal: StandIn, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    history = BureauDatabase.history

    def dying(database: BureauDatabase, *epoch: Callable[[], int]) -> MongoStore:
        mortal.kill()
        return history(database, *epoch)

    CliRunner().invoke(group(commands), ["views", "--data", str(data), "--prepare"])
    monkeypatch.setattr(BureauDatabase, "history", dying)
    ended = CliRunner().invoke(group(commands), [command[0], "--data", str(data), *command[1:]])

    assert ended.exit_code == 5, ended.output
    assert "the database did not answer" in ended.output
    assert "FAULT" not in ended.output
    assert "disk" not in ended.output


def test_a_check_that_cannot_go_on_finds_no_fault(data: Path, mortal: StandIn) -> None:
    with pytest.raises(DatabaseFailedError, match="database failed"):
        verify(DataFolder.open(data), lambda _done, _size: mortal.kill())

    mortal.start()
    assert verify(DataFolder.open(data)).fault is None


def test_a_right_withdrawn_and_a_cluster_s_long_description_are_said_shortly() -> None:
    for wrong in (OperationFailure("not authorized on bureau", 13), OperationFailure("x" * 9_999)):
        ended = failure(failed(translation(wrong)))

        assert ended.exit_code == 5
        assert str(wrong)[:20] in ended.message
        assert "a right was withdrawn" in ended.message
        assert len(ended.message) < 500


def test_a_tablet_keeps_what_the_office_cannot_take_and_hands_it_in_later(
    mortal: StandIn, tmp_path: Path
) -> None:
    with site(tmp_path / "office", clock=SetClock(NOON)) as here:
        field = Field(here, tmp_path / "tablet")
        other = Tablet(here)
        other.enrol()
        other.inspect(an_object().object)
        field.log.record_all([said("a"), said("b")])
        heard: list[Status] = []
        loop = SyncLoop(field.client, heard.append)

        mortal.kill()
        refused = other.push()
        loop._once()
        with pytest.raises(DatabaseFailedError):
            here.parts.office.record(an_object())

        assert (refused.status_code, refused.json()["code"]) == (503, "database-failed")
        assert heard[-1].offline
        assert heard[-1].next_try >= int(refused.headers["retry-after"]) > 0
        assert field.client.stopped() is None
        assert here.client.get("/health").status_code == 200
        assert here.client.get("/ready").json()["code"] == "database-failed"
        assert field.client.outbox.held < field.log.held.sequence == 3

        mortal.start()
        loop._once()

        assert (heard[-1].failure, field.client.outbox.held) == ("", 3)
        assert other.push().json()["held"] == 3
        here.parts.office.record(an_object())
        here.folded()
        field.folder.close()
