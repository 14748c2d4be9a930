"""A bureau whole over MongoDB: from the tablet to the pages, the audit and the move."""

import json
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.commands import commands
from backend.folder import DataFolder
from backend.migrating import DifferentError, move, prove
from backend.mongodb.persistence import MongoDatastore
from backend.mongodb.store import MongoStore, make
from backend.verification import verify
from events.command import EXIT_CODES, group
from events.memory_store import MemoryStore
from events.sqlite_store import SQLiteStore
from events.store import EventStore
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.replay import compare
from projections.views import MemoryViews
from tests.bureau import NOON
from tests.mongodb import standin
from tests.mongodb.test_store import a_log
from tests.server import Site, Tablet, an_item, an_object, site


@pytest.fixture
def uri(mongodb: str) -> Generator[str]:
    with standin.database(mongodb) as name:
        yield standin.uri_of(mongodb, name)


@pytest.fixture
def chosen(uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment names the database, as `--mongodb` does for one command."""
    monkeypatch.setenv("XUNJI_MONGODB", uri)
    return uri


def a_year(running: Site) -> None:
    objects = [an_object(name=f"墓园 {n}") for n in range(4)]
    running.tell(*objects, an_item(), an_item(item="MZ-FU-02"))
    tablet = Tablet(running)
    tablet.enrol()
    for one in objects[:2]:
        tablet.inspect(one.object)
    tablet.push()
    running.folded()


def xunji(*arguments: object, env: dict[str, str] | None = None) -> Result:
    runner = CliRunner()
    return runner.invoke(group(commands), [str(one) for one in arguments], env=env)


def records(store: EventStore) -> list[object]:
    with closing(store):
        return list(store.read(0, 100_000))


def test_a_bureau_works_on_mongodb_as_it_does_in_a_folder(chosen: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with site(data) as running:
        a_year(running)
        objects = running.client.get("/views/coverage").json()["objects"]
        assert (objects["done"], objects["of"]) == (2, 4)
        assert running.client.get("/ready").json()["rebuilding"] is None
        size = running.parts.intake.store.size()

    assert [path.name for path in (*data.glob("history*"), *data.glob("views*"))] == []
    report = verify(DataFolder.open(data))
    assert (report.fault, report.size) == (None, size)
    with site(data) as again:
        assert again.parts.intake.store.size() == size
        assert again.client.get("/ready").json()["folded"] == size


def test_the_commands_take_the_database_by_an_option(uri: str, tmp_path: Path) -> None:
    here = ("--data", tmp_path / "data", "--mongodb", uri)
    made = xunji("init", *here, "--bureau", "District")
    assert made.exit_code == 0, made.output
    assert not (tmp_path / "data" / "history.sqlite").exists()

    assert xunji("verify", *here).exit_code == 0
    assert xunji("checkpoint", *here).exit_code == 0
    assert xunji("views", *here, "--prepare").exit_code == 0
    compared = xunji("replay", *here, "--compare", "--json")
    assert compared.exit_code == 0, compared.output
    assert json.loads(compared.stdout)["same"]
    listed = xunji("views", *here, "--json")
    assert [one["position"] > 0 for one in json.loads(listed.stdout)["files"]] == [True]
    assert "XUNJI_MONGODB" not in os.environ, "an option is of its command alone"

    without = xunji("verify", "--data", tmp_path / "data")
    assert (without.exit_code, without.output.count("--mongodb URI")) == (3, 1)
    elsewhere = xunji("verify", "--data", tmp_path / "data", "--mongodb", f"{uri}x")
    assert (elsewhere.exit_code, "names another" in elsewhere.output) == (3, True)


def test_an_auditor_verifies_without_keys_what_it_may_only_read(uri: str, tmp_path: Path) -> None:
    xunji("init", "--data", tmp_path / "data", "--mongodb", uri, "--bureau", "District")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "data", copy)
    for key in (copy / "keys").iterdir():
        key.unlink()

    verified = xunji("verify", "--data", copy, "--mongodb", uri)

    assert verified.exit_code == 0, verified.output


def test_a_folder_with_its_own_history_takes_no_database(uri: str, tmp_path: Path) -> None:
    xunji("init", "--data", tmp_path / "data", "--bureau", "District")

    refused = xunji("verify", "--data", tmp_path / "data", "--mongodb", uri)

    assert (refused.exit_code, "xunji migrate" in refused.output) == (3, True)


def test_a_database_that_does_not_answer_is_an_error_of_the_network(tmp_path: Path) -> None:
    nowhere = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"

    refused = xunji("init", "--data", tmp_path / "d", "--mongodb", nowhere, "--bureau", "x")

    assert refused.exit_code == 5
    assert 5 in EXIT_CODES
    assert "does not answer" in refused.output
    assert not (tmp_path / "d").exists()


def test_a_history_moves_to_mongodb_and_back_and_stays_the_same(uri: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with site(data) as running:
        a_year(running)
    before = records(SQLiteStore(data / "history.sqlite"))
    head = verify(DataFolder.open(data)).head
    in_sqlite = MemoryViews(VIEWS)
    with closing(SQLiteStore(data / "history.sqlite")) as store:
        catch_up(store, in_sqlite)

    there = xunji(
        "migrate", "--data", data, "--from", "sqlite", "--to", "mongodb", "--mongodb", uri
    )

    assert there.exit_code == 0, there.output
    assert f"{len(before)} records moved; {len(before)} records are the same" in there.output
    assert head in there.output
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XUNJI_MONGODB", uri)
        folder = DataFolder.open(data)
        assert records(folder.history()) == before
        assert verify(folder).head == head
        with site(data) as running:
            running.folded()
            assert compare(in_sqlite, running.parts.reading.views) == []
            running.tell(an_object(name="new"))

    back = xunji("migrate", "--data", data, "--from", "mongodb", "--to", "sqlite", "--mongodb", uri)

    assert back.exit_code == 0, back.output
    after = records(DataFolder.open(data).history())
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    assert f"1 records moved; {len(after)} records are the same" in back.output
    assert verify(DataFolder.open(data)).fault is None


def test_a_move_takes_only_what_it_says_from_where_it_says(uri: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with site(data):
        pass

    for source, target, where in (
        ("mongodb", "sqlite", uri),
        ("sqlite", "sqlite", uri),
        ("sqlite", "mongodb", None),
    ):
        at = ("--mongodb", where) if where else ()
        refused = xunji("migrate", "--data", data, "--from", source, "--to", target, *at)
        assert refused.exit_code == 3, refused.output
    with site(data):
        busy = xunji(
            "migrate", "--data", data, "--from", "sqlite", "--to", "mongodb", "--mongodb", uri
        )
    assert busy.exit_code == 4


Database = Callable[[], MongoDatastore]


@pytest.fixture(params=["memory", "mongodb", "sqlite"])
def target(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> EventStore:
    match request.param:
        case "memory":
            return MemoryStore()
        case "sqlite":
            return SQLiteStore(tmp_path / "target")
        case _:
            datastore = database()
            make(datastore)
            return MongoStore(datastore)


def a_source() -> MemoryStore:
    source = MemoryStore()
    for seed in (7, 8):
        log, run = a_log(6, seed)
        source.append(log, 0, run[:2], NOON)
        source.append(log, 2, run[2:4], NOON + seed)
    return source


def quiet(_what: str, _position: int, _size: int) -> None:
    pass


def test_an_interrupted_move_goes_on_where_it_was(target: EventStore) -> None:
    source = a_source()

    class TornError(Exception):
        pass

    class Torn:
        """Breaks after the second append."""

        left = 2

        def __getattr__(self, name: str) -> object:
            return getattr(target, name)

        def append(self, *arguments: object) -> object:
            if not self.left:
                raise TornError
            self.left -= 1
            return target.append(*arguments)  # type: ignore[arg-type]

    with pytest.raises(TornError):
        move(source, Torn(), quiet)  # type: ignore[arg-type]
    assert 0 < target.size() < source.size()
    left = source.size() - target.size()

    assert move(source, target, quiet) == left
    assert move(source, target, quiet) == 0
    assert list(target.read(0, 99)) == list(source.read(0, 99))
    assert prove(source, target, quiet) == prove(source, source, quiet)
    target.close()


def test_another_history_in_the_new_place_is_refused(target: EventStore) -> None:
    log, run = a_log(3, seed=99)
    target.append(log, 0, run, NOON)

    with pytest.raises(DifferentError, match="another history"):
        move(a_source(), target, quiet)

    assert target.size() == 3
    target.close()


class Altered(MemoryStore):
    """Says something else at one position."""

    def __init__(self, source: MemoryStore, position: int) -> None:
        super().__init__()
        self._records = [
            one._replace(state=one.state[:-1] + b"x") if one.position == position else one
            for one in source.read(0, 99)
        ]


def test_one_byte_that_differs_is_named_by_its_record() -> None:
    source = a_source()

    with pytest.raises(DifferentError, match="differ at record 5"):
        prove(source, Altered(source, 5), quiet)
    with pytest.raises(DifferentError, match="differ at record 9"):
        prove(longer(source), source, quiet)


def longer(source: MemoryStore) -> MemoryStore:
    other, (log, run) = a_source(), a_log(2, seed=55)
    other.append(log, 0, run, NOON + 99)
    assert other.size() > source.size()
    return other
