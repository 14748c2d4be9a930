"""A MongoDB to test against: what `XUNJI_TEST_MONGODB` names, or a stand-in of our own.

The stand-in is `secantusdb`, a server that speaks MongoDB's protocol, run as a process of its own
and never imported. It lives as long as the tests of one process.
"""

import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import PyMongoError

_PROGRAM = Path(sys.executable).with_name("secantusd-py")
_PATIENCE = 60.0  # seconds until it answers, on a machine that is busy
_numbers = itertools.count(1)


class StandIn:
    """The stand-in on a free port of this machine; `killed` and started, its data stay."""

    def __init__(self, *options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="xunji-mongodb-"))
        self.port = _free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *options: str) -> Self:
        log = self.folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [_PROGRAM, "--port", str(self.port), "--storage-path", self.folder / "data",
                 "--log-level", "ERROR", *self._options, *options],
                stdout=out, stderr=out,
            )  # fmt: skip
        until = monotonic() + _PATIENCE
        while not _answers(self.uri):
            assert self._process.poll() is None, log.read_text()
            assert monotonic() < until, "the stand-in does not answer"
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it in order."""
        assert self._process
        self._process.terminate()
        self._process.wait()

    def stop(self) -> None:
        """End it, with what it kept."""
        if self.runs:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_ended: object) -> None:
        self.stop()


@contextmanager
def serving() -> Generator[str]:
    """Serve for the tests of this process; return the URI."""
    given = os.environ.get("XUNJI_TEST_MONGODB")
    if given:
        yield given
        return
    with StandIn() as standin:
        yield standin.uri


def new_database() -> str:
    """Return a name that no other test uses."""
    return f"xunji_test_{os.getpid()}_{next(_numbers)}"


@contextmanager
def database(uri: str) -> Generator[str]:
    """Return a name for a test, and drop what it made under it."""
    name = new_database()
    try:
        yield name
    finally:
        dropped(uri, name)


def uri_of(uri: str, name: str) -> str:
    """Return the URI of a database."""
    return urlsplit(uri)._replace(path=f"/{name}").geturl()


def dropped(uri: str, database: str) -> None:
    """Drop what a test made."""
    with closing(MongoClient[dict[str, object]](uri)) as client:
        client.drop_database(database)


def _answers(uri: str) -> bool:
    with closing(MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=100)) as client:
        try:
            client.admin.command("ping")
        except PyMongoError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
