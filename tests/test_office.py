"""An office process: it writes its log, seals what is personal, and records who looked."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend.checkpoints import Checkpoints
from backend.folder import DataFolder
from backend.office import Office
from backend.opening import Opener, PartRef, open_for
from backend.verification import verify
from events import vocabulary
from events.clock import SetClock
from events.errors import BusyError, ErasedError, FolderError, StorageError, UnverifiedError
from events.ids import id_text
from events.office import SensitiveDataViewed
from tests.bureau import NOON, at_work, card, closed, dice, found

PERSON = b"a person's bytes"


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return found(tmp_path / "data")


def test_each_process_writes_a_log_of_its_own(folder: DataFolder) -> None:
    with at_work(folder, "server", 3) as server, at_work(folder, "console", 4) as console:
        server.record(closed(1))
        console.record(closed(2))
        server.record(closed(3))

    assert server.log != console.log
    assert verify(folder).fault is None


def test_a_log_has_one_writer(folder: DataFolder) -> None:
    with at_work(folder), pytest.raises(BusyError, match=str(os.getpid())):
        at_work(folder)
    at_work(folder).close()


def test_what_the_office_seals_it_can_open(folder: DataFolder) -> None:
    with at_work(folder) as office:
        entry = office.record(card(PERSON), ["李四，桂花里 3 号".encode()])
        part = PartRef(office.log, entry, 0)

        assert Opener(folder, office.vault).open(part).decode() == "李四，桂花里 3 号"
        assert office.vault.of_subject(PERSON)[0].serial == 5
    raw = b"".join(one.read_bytes() for one in folder.path.rglob("*") if one.is_file())
    assert "桂花里".encode() not in raw


def test_a_subject_keeps_its_key_from_process_to_process(folder: DataFolder) -> None:
    for number in range(3):
        with at_work(folder, seed=number) as office:
            office.record(card(PERSON), [b"x"])
            office.record(card(PERSON), [b"y"])

    with at_work(folder) as office:
        assert len(office.vault.of_subject(PERSON)) == 1


def test_the_key_is_kept_before_anything_is_sealed_with_it(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_work(folder) as office:

        def full(*_: object) -> None:
            raise StorageError("disk full")

        monkeypatch.setattr(office.vault, "put", full)
        size = office.store.size()
        with pytest.raises(StorageError):
            office.record(card(PERSON), [b"x"])
        assert office.store.size() == size


def test_nothing_is_sealed_for_a_subject_that_was_erased(folder: DataFolder) -> None:
    with at_work(folder, "server") as server, at_work(folder) as console:
        server.record(card(PERSON), [b"x"])
        console.vault.erase(PERSON)

        with pytest.raises(ErasedError):
            server.record(card(PERSON), [b"y"])
        with pytest.raises(ErasedError):
            console.record(card(PERSON), [b"z"])


def test_who_looks_is_recorded_before_anything_is_shown(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_work(folder) as office:
        entry = office.record(card(PERSON), [b"secret"])
        part = PartRef(office.log, entry, 0)

        assert open_for(office, "auditor", "complaint", [part]) == [b"secret"]

        last = office.store.read(office.store.size() - 1, 1)[0].record().entry
        assert vocabulary.decode(last.header.tag, last.body) == SensitiveDataViewed(
            viewer="auditor", subjects=(id_text(PERSON),), purpose="complaint"
        )

        def full(*_: object) -> None:
            raise StorageError("disk full")

        monkeypatch.setattr(office, "viewed", full)
        with pytest.raises(StorageError):
            open_for(office, "auditor", "complaint", [part])


def test_what_does_not_open_is_not_recorded_as_seen(folder: DataFolder) -> None:
    with at_work(folder) as office:
        first = office.record(card(PERSON), [b"one"])
        other = office.record(card(b"another person.."), [b"two"])
        office.vault.erase(PERSON)
        parts = [PartRef(office.log, first, 0), PartRef(office.log, other, 0)]
        moved = PartRef(office.log, other, 0)
        moved = PartRef(folder.bureau, moved.entry, 0)

        found_texts = open_for(office, "auditor", "x", [*parts, moved])

        assert isinstance(found_texts[0], ErasedError)
        assert found_texts[1] == b"two"
        assert isinstance(found_texts[2], UnverifiedError)
        size = office.store.size()
        open_for(office, "auditor", "x", parts[:1])
        assert office.store.size() == size


def test_both_processes_may_say_who_looked(folder: DataFolder) -> None:
    with at_work(folder, "server", 3) as server, at_work(folder, "console", 4) as console:
        for _ in range(3):
            server.viewed("a", [PERSON], "x")
            console.viewed("b", [PERSON], "x")

    assert verify(folder).fault is None


def test_entries_name_the_newest_checkpoint(folder: DataFolder) -> None:
    with at_work(folder) as office:
        checkpoints = Checkpoints(folder, office.store, office.enrolments, office.clock)
        made = checkpoints.make()
        entry = office.record(closed(1))

        assert (entry.header.checkpoint_size, entry.header.checkpoint_root) == (
            made.size,
            made.root,
        )
        assert checkpoints.make().size == made.size + 1
        assert checkpoints.make() == checkpoints.latest()


def test_a_torn_checkpoint_does_not_count(folder: DataFolder) -> None:
    with at_work(folder) as office:
        checkpoints = Checkpoints(folder, office.store, office.enrolments, office.clock)
        first = checkpoints.make()
        with folder.checkpoints_file.open("ab") as file:
            file.write(b"XK\1\1torn")
        assert checkpoints.latest() == first

        office.record(closed(1))
        second = checkpoints.make()

        assert checkpoints.latest() == second
    assert verify(folder).checkpoints == 2


def test_a_folder_that_names_a_strange_log_is_refused(folder: DataFolder) -> None:
    logs = folder.path / "logs.json"
    logs.write_text(logs.read_text().replace(folder.own_log("console").log, "0" * 64))

    with pytest.raises(FolderError, match="console"):
        at_work(folder)
    logs.unlink()
    with pytest.raises(FolderError, match=r"logs\.json"):
        at_work(folder)


def test_a_full_disk_is_a_refusal_and_nothing_of_the_gesture_is_recorded(
    folder: DataFolder,
) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FILL, folder.path], capture_output=True, text=True, check=True
    ).stdout.split()

    assert told[-1] == "refused"
    report = verify(folder)
    assert report.fault is None
    assert report.size == 8 + int(told[0])
    with at_work(folder) as office:
        office.record(closed(1))
    assert verify(folder).size == report.size + 1


FILL = """
import os, resource, signal, sys
from pathlib import Path
from backend.folder import DataFolder
from events.errors import StorageError
from tests.bureau import at_work, closed
folder = DataFolder.open(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with at_work(folder) as office:
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
    done = 0
    try:
        while True:
            office.record(closed(done))
            done += 1
    except StorageError:
        print(done, "refused")
"""


WRITE = """
import sys
from pathlib import Path
from backend.folder import DataFolder
from backend.office import Office
from events.clock import SystemClock
from tests.bureau import closed
import os
with Office(DataFolder.open(Path(sys.argv[1])), "console", SystemClock(), os.urandom, 5) as office:
    while True:
        print(office.record(closed(1)).header.sequence, flush=True)
"""


def test_a_process_killed_while_it_writes_loses_nothing_that_it_acknowledged(
    folder: DataFolder,
) -> None:
    for round_ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, folder.path], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout
            for _ in range(3 + round_ * 5):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
            acknowledged = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        with at_work(folder) as office:
            held = office.store.held(office.log).sequence
        assert held >= max(acknowledged, default=0)
        assert verify(folder).fault is None


def test_two_offices_with_the_same_chance_write_the_same(tmp_path: Path) -> None:
    def written(path: Path) -> list[bytes]:
        with Office(found(path), "server", SetClock(NOON), dice(9)) as office:
            office.record(card(PERSON), [b"x"])
            return [bytes(one.state) for one in office.store.read(0, 99)]

    assert written(tmp_path / "one") == written(tmp_path / "two")
