"""The same seed on SQLite and on MongoDB: the same leaves, the same views."""

from contextlib import closing
from pathlib import Path

import pytest

from backend.folder import DataFolder
from backend.verification import verify
from projections.replay import compare
from tests.demos import build, finished, head
from tests.mongodb import standin


def test_the_demo_is_the_same_on_both_stores(
    mongodb: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "database"
    there = DataFolder.open(built)
    with standin.database(mongodb) as name:
        monkeypatch.setenv("XUNJI_MONGODB", standin.uri_of(mongodb, name))
        finished(build(data))
        here = DataFolder.open(data)

        assert not any(data.glob("history*"))
        assert head(data) == head(built) == verify(here).head
        with closing(here.history()) as one, closing(there.history()) as other:
            assert list(one.read(0, 100_000)) == list(other.read(0, 100_000))
        with closing(here.views("read")) as one, closing(there.views("read")) as other:
            assert compare(one, other) == []
