"""The data folder: whole or not there, private, and never taken for another bureau's."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from backend import durable
from backend.folder import DataFolder
from backend.keys import read_signing
from events.clock import SetClock
from events.errors import BusyError, FolderError
from events.office import LogOpened
from tests.bureau import NOON, at_work, dice, found


def test_a_new_bureau_is_named_by_its_root_and_opens_its_logs(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")

    with at_work(folder) as office:
        trust = office.enrolments.trust()
        genesis = office.store.read(0, 1)[0].record().entry
    assert {one.serial: one.role for one in trust.at(NOON).values()} == {
        1: 1,
        2: 1,
        3: 4,
        4: 2,
        5: 3,
    }
    assert {folder.own_log(name).log for name in ("server", "console", "access")} == {
        log.hex() for log in trust.logs
    }
    assert genesis.body is not None
    assert msgspec.json.decode(genesis.body, type=LogOpened).bureau == folder.about.bureau


def test_the_same_chance_founds_the_same_bureau(tmp_path: Path) -> None:
    one, two = found(tmp_path / "one"), found(tmp_path / "two")

    assert one.about == two.about
    with at_work(one) as first, at_work(two) as second:
        assert first.store.read(0, 100) == second.store.read(0, 100)


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")

    modes = {one.stat().st_mode & 0o777 for one in folder.keys.path.iterdir()}

    assert modes == {0o600}
    assert folder.keys.path.stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_may_read_is_refused_with_what_to_type(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")
    (folder.keys.path / "server-1.key").chmod(0o644)

    with pytest.raises(FolderError, match=r"chmod go= .*server-1\.key"):
        DataFolder.open(folder.path)


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="xunji init"):
        DataFolder.open(tmp_path)
    with pytest.raises(FolderError, match="xunji init"):
        DataFolder.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "damaged"),
        (b"[]", "damaged"),
        (b'{"layout": 2}', "layout 2"),
        (b'{"layout": 1}', "damaged"),
    ],
)
def test_another_layout_or_a_broken_file_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    folder = found(tmp_path / "data")
    (folder.path / "xunji.json").write_bytes(content)

    with pytest.raises(FolderError, match=said):
        DataFolder.open(folder.path)


def test_no_empty_vault_takes_the_place_of_one_that_is_missing(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")
    (folder.path / "vault.sqlite").unlink()

    with pytest.raises(FolderError, match=r"vault\.sqlite is missing: restore"):
        at_work(folder)
    assert not (folder.path / "vault.sqlite").exists()


def test_a_copy_without_its_empty_folders_works_on(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")
    shutil.rmtree(folder.path / "locks")

    with at_work(folder) as office:
        assert office.store.size()


def test_the_root_of_another_bureau_is_refused(tmp_path: Path) -> None:
    ours, other = found(tmp_path / "ours", 1), found(tmp_path / "other", 2)
    root = ours.keys.file("root")
    root.write_bytes(other.keys.file("root").read_bytes())

    with pytest.raises(FolderError, match="root key of another bureau"):
        DataFolder.open(ours.path)

    root.unlink()
    about = json.loads((ours.path / "xunji.json").read_text())
    about["first_root"] = other.about.first_root
    (ours.path / "xunji.json").write_text(json.dumps(about))
    with pytest.raises(FolderError, match="not this bureau's"):
        DataFolder.open(ours.path)


def test_without_its_root_key_a_bureau_works_on(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")
    folder.keys.file("root").rename(tmp_path / "safe.key")

    again = DataFolder.open(folder.path)

    assert read_signing(tmp_path / "safe.key").public_key().public_bytes_raw() == again.first_root


def test_a_taken_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(FolderError, match="exists already"):
        found(tmp_path)
    with pytest.raises(FolderError, match="exists already"):
        found(tmp_path / "file")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_founding_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fails_late(count: int, left: list[int] = [12]) -> bytes:  # noqa: B006  counts the calls
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        return dice()(count)

    with pytest.raises(FolderError, match="No space"):
        DataFolder.create(tmp_path / "data", "x", fails_late, SetClock(NOON))
    assert list(tmp_path.iterdir()) == []


def test_a_broken_key_file_is_named(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")
    folder.keys.file("server-1").write_text("not a key")
    folder.keys.file("checkpoint-4").write_bytes(folder.keys.file("sealing-5").read_bytes())

    with pytest.raises(FolderError, match=r"server-1\.key"):
        folder.own_key("server")
    with pytest.raises(FolderError, match=r"checkpoint-4\.key"):
        folder.checkpoint_key(4)
    with pytest.raises(FolderError, match=r"sealing-9\.key"):
        folder.sealing_key(9)


HOLD = """
import sys
from pathlib import Path
from backend.folder import DataFolder
with DataFolder.open(Path(sys.argv[1])).locked("console"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_that_writes_is_named(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, folder.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(BusyError, match=f"process {other.pid} "), folder.locked("console", 0.1):
            pass
        with folder.locked("server"):
            pass
        other.kill()
        other.wait()
        with folder.locked("console", 5):
            assert str(os.getpid()) in (folder.path / "locks/console").read_text()


def test_within_a_process_a_log_has_one_writer_too(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")

    with folder.locked("server"), pytest.raises(BusyError), folder.locked("server"):
        pass


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    durable.write(file, b"before")

    with pytest.raises(TypeError):
        durable.write(file, "not bytes")  # type: ignore[arg-type]

    assert file.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
