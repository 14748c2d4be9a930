"""New versions of views are folded beside the old ones, compared with them, then take over."""

import json
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from backend import rebuilding, view_files
from backend.commands import commands
from backend.folder import DataFolder
from backend.measuring import Measuring
from backend.readings import Reading
from backend.rebuilding import Projection, Served, open_views
from backend.running import opened as opened_folder
from backend.settings import Settings
from events.clock import SystemClock
from events.command import group
from events.errors import BusyError, StorageError
from projections.catalogue import VIEWS
from projections.fold import catch_up
from projections.published import PUBLISHED
from projections.replay import audit
from projections.sqlite_views import SQLiteViews, file_name
from projections.view import View
from tests.histories import Shelf
from tests.server import Site, Tablet, an_item, an_object, site
from tests.test_views_contract import later, long_history

OLDER = tuple(PUBLISHED.get((view.name, view.version - 1), view) for view in VIEWS)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A bureau's folder; what is folded there is a longer history than its own."""
    with site(tmp_path / "data"):
        pass
    found = DataFolder.open(tmp_path / "data")
    found.views_file.unlink()
    return found


def folded(folder: DataFolder, views: Sequence[View], name: str = "views-aaaaaaaaaaaa") -> Path:
    """Leave a file as a program with these views, and a smaller vocabulary, would have left it."""
    file = folder.path / f"{name}.sqlite"
    older = SQLiteViews(file, views)
    catch_up(long_history(), older, until=2_000)
    older.take_over()
    with older.datastore.transaction(commit=True) as cursor:
        cursor.execute("UPDATE made_with SET stamp = ?", (name,))
    older.close()
    return file


class Bench:
    """A server's views without its threads."""

    def __init__(self, folder: DataFolder) -> None:
        self.found = open_views(folder)
        self.own = self.found.views
        self.served = Served(self.found.served)
        store: Shelf = long_history()
        self.reading = Reading(self.served, store, SystemClock(), folder.bureau, lambda: 1)
        self.projection = Projection(
            folder, self.found, self.served, self.reading, Measuring(self.reading), batch=500
        )

    def steps(self, count: int) -> None:
        for _ in range(count):
            assert self.projection.step()

    def finish(self) -> None:
        while self.projection.step():
            pass

    def serves(self) -> bool:
        assert isinstance(self.own, SQLiteViews)
        return self.own.serves

    def versions(self) -> dict[str, int]:
        return {view.name: view.version for view in self.served.views}


@pytest.fixture
def opened() -> Iterator[list[Bench]]:
    """Closed in the end, whatever became of them."""
    benches: list[Bench] = []
    yield benches
    for one in benches:
        one.served.let_go()
        one.found.close()


def start(folder: DataFolder, opened: list[Bench]) -> Bench:
    opened.append(Bench(folder))
    return opened[-1]


def comparison(folder: DataFolder) -> Any:  # noqa: ANN401  any JSON
    return json.loads(view_files.comparison_file(folder.views_file).read_bytes())


def figures_of(said: Any) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401  any JSON
    return {
        one["figure"]: (one["before"], one["after"])
        for one in said["figures"]
        if one["measure"] == "coverage"
    }


def test_answers_move_on_now_and_then_though_there_is_more_to_fold(
    folder: DataFolder, opened: list[Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = start(folder, opened)

    monkeypatch.setattr(rebuilding, "SHOWN_EVERY", 0.0)
    bench.steps(2)
    assert (bench.projection.position, bench.served.position()) == (1_000, 1_000)

    monkeypatch.setattr(rebuilding, "SHOWN_EVERY", float("inf"))
    bench.steps(1)
    assert (bench.projection.position, bench.served.position()) == (1_500, 1_000)


def test_the_older_file_answers_untouched_until_the_new_one_has_come_as_far(
    folder: DataFolder, opened: list[Bench]
) -> None:
    older = folded(folder, VIEWS)
    before = older.read_bytes()
    bench = start(folder, opened)

    bench.steps(3)
    told = bench.projection.rebuilding()
    assert told is not None
    assert (told.position, told.of, told.answers) == (1_500, 2_000, 2_000)
    assert bench.served.position() == 2_000
    assert older.read_bytes() == before

    bench.steps(2)
    assert bench.projection.rebuilding() is None
    assert bench.served.behind is bench.own
    assert (bench.served.position(), bench.serves()) == (2_000, True)
    assert older.read_bytes() == before

    bench.finish()
    assert bench.served.position() == 3_000
    assert audit(long_history(), bench.own) == []
    assert comparison(folder)["positions"] == [2_000, 2_000]
    assert [one["differ"] for one in comparison(folder)["views"]] == [0] * len(VIEWS)


def test_where_todays_questions_cannot_be_asked_of_the_older_file_the_new_one_answers(
    folder: DataFolder, opened: list[Bench]
) -> None:
    folded(folder, OLDER)
    bench = start(folder, opened)
    assert OLDER != VIEWS

    bench.steps(1)
    told = bench.projection.rebuilding()
    assert told is not None
    assert (told.position, told.answers) == (500, 500)
    assert bench.versions() == {view.name: view.version for view in VIEWS}

    bench.finish()
    said = comparison(folder)
    versions = {one["view"]: one["versions"] for one in said["views"]}
    assert versions["inspections"] == [1, 2]
    assert said["fault"] == ""
    assert [0, 8] == figures_of(said)["domains"][0] == figures_of(said)["domains"][1]


def test_who_is_killed_while_rebuilding_goes_on_from_the_saved_position(
    folder: DataFolder, opened: list[Bench]
) -> None:
    folded(folder, VIEWS)
    process = multiprocessing.get_context("spawn").Process(
        target=rebuild_until_killed, args=(folder.path,)
    )
    process.start()
    while not (folder.path / "going").exists():
        process.join(0.01)
        assert process.is_alive(), "it ended before it could be killed"
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    again = start(folder, opened)
    assert again.own.position() >= 500
    assert not again.serves()
    assert again.served.position() == 2_000
    again.finish()
    assert audit(long_history(), again.own) == []
    assert again.own.position() == 3_000


def rebuild_until_killed(path: Path) -> None:
    bench = Bench(DataFolder.open(path))
    bench.projection._fold._batch = 50
    bench.steps(10)
    (path / "going").touch()
    for _ in iter(bench.projection.step, False):
        bench.own.reset() if bench.own.position() > 1_900 else None


def test_a_damaged_older_file_delays_nothing_and_is_said(
    folder: DataFolder, opened: list[Bench]
) -> None:
    older = folded(folder, VIEWS)
    raw = bytearray(older.read_bytes())
    raw[len(raw) // 2 :] = b"\xff" * (len(raw) - len(raw) // 2)
    older.write_bytes(raw)

    bench = start(folder, opened)
    bench.finish()

    assert bench.serves()
    assert comparison(folder)["fault"] != ""
    assert older.exists()
    assert audit(long_history(), bench.own) == []


def test_a_file_that_is_no_database_is_left_alone(folder: DataFolder, opened: list[Bench]) -> None:
    older = folder.path / "views-aaaaaaaaaaaa.sqlite"
    older.write_bytes(b"no database at all " * 1_000)

    bench = start(folder, opened)

    assert bench.projection.rebuilding() is None
    assert bench.serves()
    assert older.exists()
    assert [one.made is None for one in view_files.files(folder)].count(True) == 1


def test_a_file_that_does_not_say_its_versions_is_kept_and_not_compared(
    folder: DataFolder, opened: list[Bench]
) -> None:
    """As the first programs left them: one file, with its stamp and no more."""
    older = folded(folder, VIEWS, "views")
    with closing(sqlite3.connect(older)) as file, file:
        file.executescript("ALTER TABLE made_with DROP COLUMN versions")
        file.executescript("ALTER TABLE made_with DROP COLUMN serves")

    bench = start(folder, opened)
    assert bench.served.behind is bench.own
    bench.finish()

    assert older.exists()
    assert comparison(folder)["fault"] != ""


def test_a_full_disk_stops_the_new_file_and_not_the_answers(
    folder: DataFolder, opened: list[Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    folded(folder, VIEWS)
    bench = start(folder, opened)
    bench.steps(1)
    with monkeypatch.context() as full:

        def save(*_: object) -> None:
            raise StorageError("database or disk is full")

        full.setattr(bench.own, "save", save)
        with pytest.raises(StorageError):
            bench.projection.step()
        assert bench.served.position() == 2_000
        assert bench.served.count("objects") > 0

    bench.finish()
    assert audit(long_history(), bench.own) == []


def test_two_that_fold_one_file_do_not_overtake_each_other(
    folder: DataFolder, opened: list[Bench]
) -> None:
    folded(folder, VIEWS)
    one, other = start(folder, opened), start(folder, opened)
    one.steps(2)

    assert not other.projection.step()  # it was overtaken, and looks again later
    assert other.projection.position == 1_000
    other.finish()
    one.finish()
    assert audit(long_history(), one.own) == []


def test_of_the_files_that_served_before_one_is_kept(
    folder: DataFolder, opened: list[Bench]
) -> None:
    last = folded(folder, VIEWS, "views-bbbbbbbbbbbb")
    first = folded(folder, VIEWS, "views-aaaaaaaaaaaa")
    with closing(sqlite3.connect(first)) as file, file:
        file.execute("UPDATE tracking SET notification_id = 100 WHERE notification_id > 1")
    newer = folder.path / "views-cccccccccccc.sqlite"
    SQLiteViews(newer, [later(VIEWS[0]), *VIEWS[1:]]).close()

    start(folder, opened).finish()

    assert not first.exists()
    assert last.exists()
    assert newer.exists()


def test_who_goes_back_to_the_program_before_finds_its_file(
    folder: DataFolder, opened: list[Bench]
) -> None:
    start(folder, opened).finish()
    folded(folder, OLDER)

    again = start(folder, opened)

    assert again.projection.rebuilding() is None
    assert again.found.older is None


# ── the command ────────────────────────────────────────────────────────────────────


def xunji(folder: DataFolder, *options: str) -> Result:
    arguments = ["views", "--data", str(folder.path), *options]
    return CliRunner().invoke(group(commands), arguments)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "data") as running:
        objects = [an_object() for _ in range(3)]
        running.tell(*objects, an_item())
        tablet = Tablet(running)
        tablet.enrol()
        tablet.inspect(objects[0].object)
        tablet.push()
        running.folded()
        yield running


def upgrade(monkeypatch: pytest.MonkeyPatch, views: Sequence[View]) -> None:
    """Be a program with other views from now on."""
    monkeypatch.setattr("backend.folder.VIEWS", tuple(views))


def test_the_next_version_is_prepared_beside_a_running_server_and_takes_over(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = here.folder.views_file
    upgrade(monkeypatch, [*VIEWS[:-1], structs.replace(VIEWS[-1], indexes=())])
    assert here.folder.views_file != served

    prepared = xunji(here.folder, "--prepare")
    listed = json.loads(xunji(here.folder, "--json").stdout)
    compared = xunji(here.folder, "--compare", "--json")
    too_early = xunji(here.folder, "--drop-old")

    assert prepared.exit_code == 0, prepared.output
    states = {one["file"]: (one["serves"], one["installed"]) for one in listed["files"]}
    assert states == {served.name: (True, False), here.folder.views_file.name: (False, True)}
    assert len({one["position"] for one in listed["files"]}) == 1
    assert (compared.exit_code, json.loads(compared.stdout)["agrees"]) == (0, True)
    assert too_early.exit_code == 1
    here.tell(an_object())
    here.folded()
    assert (
        here.client.get("/views/objects").json()["as_of"]["position"]
        == here.client.get("/ready").json()["position"]
    )

    beside = open_views(here.folder)
    views = Served(beside.served)
    store = here.parts.intake.store
    reading = Reading(views, store, here.clock, here.folder.bureau, lambda: 1)
    projection = Projection(here.folder, beside, views, reading, Measuring(reading))
    while projection.step():
        pass
    beside.close()
    dropped = xunji(here.folder, "--drop-old")
    assert (dropped.exit_code, served.exists()) == (0, False)
    assert "nothing is to be prepared" in xunji(here.folder, "--prepare").output
    assert xunji(here.folder, "--compare").exit_code == 3
    assert "of this" in xunji(here.folder).output


def test_views_of_one_version_that_differ_are_named_and_fail(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(here.folder.views_file)) as file, file:
        file.execute("UPDATE view_items SET name = 'other'")
    upgrade(monkeypatch, [*VIEWS[:-1], structs.replace(VIEWS[-1], indexes=())])
    xunji(here.folder, "--prepare")

    told = xunji(here.folder, "--compare")

    assert told.exit_code == 1
    assert "MZ-FU-01 columns.name: 'other' ≠" in told.output


def test_figures_of_two_versions_stand_side_by_side(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(monkeypatch, OLDER)
    xunji(here.folder, "--prepare")

    told = xunji(here.folder, "--compare", "--json")
    shown = xunji(here.folder, "--compare")

    assert told.exit_code == shown.exit_code == 0
    assert figures_of(json.loads(told.stdout))["objects"] == ([1, 3], [1, 3])
    assert "inspections: version 2, now version 1" in shown.output


# ── the server ─────────────────────────────────────────────────────────────────────


def test_of_two_servers_started_at_once_the_second_touches_no_file(folder: DataFolder) -> None:
    older = folded(folder, VIEWS)
    with site(folder.path):
        before = older.read_bytes()
        with pytest.raises(BusyError), opened_folder(Settings(data=folder.path)):
            raise AssertionError("it serves")

    assert older.read_bytes() == before


def test_health_and_the_page_of_measures_say_that_views_are_rebuilt(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded(folder, VIEWS)
    monkeypatch.setattr(Projection, "step", lambda _: False)

    with site(folder.path) as here:
        health, ready = (here.client.get(path).json() for path in ("/health", "/ready"))
        page = here.client.get("/measures?lang=zh").text

    told = {"position": 0, "of": 2_000, "answers": 2_000}
    assert health["rebuilding"] == ready["rebuilding"] == told
    assert "正在生成新版本的视图：第 0 条，共 2\u2009000 条。" in page


def test_a_server_takes_over_by_itself_and_then_says_nothing_of_it(here: Site) -> None:
    assert here.client.get("/health").json()["rebuilding"] is None
    assert here.client.get("/ready").json()["rebuilding"] is None


def test_every_word_of_the_command_has_its_chinese() -> None:
    from babel.messages.extract import extract_from_file
    from babel.messages.pofile import read_po

    package = Path(view_files.__file__).parent
    used = {
        message
        for file in package.rglob("*.py")
        if "from backend.view_words import" in file.read_text()
        for _line, message, _comments, _context in extract_from_file("python", file)
    }
    with (package / "locale/zh/LC_MESSAGES/views.po").open("rb") as opened:
        said = {message.id for message in read_po(opened) if message.id and message.string}

    assert used == said


def test_a_file_knows_its_name() -> None:
    assert file_name(VIEWS).startswith("views-")
