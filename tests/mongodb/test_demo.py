"""The same seed on SQLite and on MongoDB: the same leaves, the same views."""

from contextlib import closing
from pathlib import Path

import pytest

from backend.folder import DataFolder
from backend.verification import verify
from projections.replay import compare
from tests.mongodb import standin
from tests.test_demo import build, finished, head


def test_the_demo_is_the_same_on_both_stores(
    mongodb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.test_demo.SCALE", "0.01")
    in_files, in_database = tmp_path / "files", tmp_path / "database"
    with standin.database(mongodb) as name:
        first = build(in_files, seed=5)
        monkeypatch.setenv("XUNJI_MONGODB", standin.uri_of(mongodb, name))
        finished(build(in_database, seed=5))
        finished(first)
        here = DataFolder.open(in_database)
        monkeypatch.delenv("XUNJI_MONGODB")
        there = DataFolder.open(in_files)

        assert head(in_files) == head(in_database) == verify(there).head
        with closing(here.history()) as one, closing(there.history()) as other:
            assert list(one.read(0, 100_000)) == list(other.read(0, 100_000))
        with closing(here.views("read")) as one, closing(there.views("read")) as other:
            assert compare(one, other) == []
