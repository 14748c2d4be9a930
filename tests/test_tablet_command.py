"""The command that opens the tablet: what it refuses, in which words, with which exit code."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from subprocess import CompletedProcess

import pytest

from events.clock import SetClock
from events.errors import FolderError, StorageError
from mobile.scenery import draw
from mobile.tablet_folder import TabletFolder
from tests.server import found
from tests.tablets import BUREAU, MORNING, bench


def opened(data: Path, speaking: str = "en") -> CompletedProcess[str]:
    """Open the tablet in a process of its own."""
    return subprocess.run(
        [Path(sys.executable).with_name("xunji"), "tablet", "--data", data],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "XUNJI_LANG": speaking, "KIVY_NO_FILELOG": "1"},
    )


@pytest.mark.parametrize(
    ("speaking", "said"), [("en", "a folder of its own"), ("zh", "平板需要自己的目录")]
)
def test_an_offices_folder_is_no_place_for_a_tablet(
    tmp_path: Path, speaking: str, said: str
) -> None:
    office = found(tmp_path / "office", SetClock(MORNING))
    before = sorted(office.path.iterdir())

    refused = opened(office.path, speaking)

    assert refused.returncode == 3
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert sorted(office.path.iterdir()) == before
    with pytest.raises(FolderError):
        TabletFolder.begin(office.path, BUREAU)


def test_a_tablet_in_use_is_busy_in_the_users_language(tmp_path: Path) -> None:
    with bench(tmp_path / "t"):
        refused = opened(tmp_path / "t", "zh")

    assert refused.returncode == 4
    assert "另一进程正在使用" in refused.stderr


def test_a_damaged_folder_is_said_in_the_users_language(tmp_path: Path) -> None:
    (tmp_path / "tablet.json").write_text("{")

    refused = opened(tmp_path, "zh")

    assert refused.returncode == 3
    assert "tablet.json 无法读取" in refused.stderr


def test_a_store_that_fails_is_said_without_a_traceback(tmp_path: Path) -> None:
    with bench(tmp_path / "t"):
        pass
    (tmp_path / "t" / "log.sqlite").write_bytes(b"not a database" * 1_000)

    refused = opened(tmp_path / "t", "zh")

    assert refused.returncode == 1
    assert "磁盘" in refused.stderr.splitlines()[-1]
    assert "StorageError" not in refused.stderr  # Kivy may say other things of its own


def test_a_disk_that_refuses_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with bench(tmp_path / "t") as tablet:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space"):
            tablet.folder.keep(name="x")
        with pytest.raises(StorageError, match="No space"):
            tablet.folder.pictures.keep(draw(Random(1)), os.urandom)
        assert tablet.folder.tablet.name != "x"
