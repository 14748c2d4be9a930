"""A peer: the `eventsourcing` library's recorder for PostgreSQL, on a server of its own."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from eventsourcing.persistence import ApplicationRecorder

_PATIENCE: Final = 30  # seconds until it answers
_THREADS: Final = 8


def missing() -> str:
    """Say in a word what is missing to measure it here; "" where nothing is."""
    for program in ("initdb", "pg_ctl"):
        if shutil.which(program) is None:
            return program
    for module in ("psycopg", "psycopg_pool"):
        if find_spec(module) is None:
            return module
    return "" if os.geteuid() or _unprivileged() else "a user other than root"


@contextmanager
def serving() -> Generator[ApplicationRecorder]:
    """Start a server in a folder that is removed afterwards; it is durable, as by default."""
    from eventsourcing.postgres import (  # noqa: PLC0415  only where it is installed
        PostgresApplicationRecorder,
        PostgresDatastore,
    )

    folder, port = Path(mkdtemp(prefix="xunji-postgres-")), _free_port()
    try:
        _as_server(folder, "initdb", "-D", "data", "-U", "xunji", "-A", "trust")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        _as_server(
            folder, "pg_ctl", "start", "-D", "data", "-w", "-t", str(_PATIENCE), "-l", "log",
            "-o", options,
        )  # fmt: skip
        datastore = PostgresDatastore(
            "postgres", "127.0.0.1", port, "xunji", "",
            pool_size=_THREADS, originator_id_type="text",
        )  # fmt: skip
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        yield recorder
        datastore.close()
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            _as_server(folder, "pg_ctl", "stop", "-D", "data", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _as_server(folder: Path, program: str, *arguments: str) -> None:
    """PostgreSQL refuses to run as root: then it runs as its own user."""
    user = None
    if os.geteuid() == 0:
        user = _unprivileged()
        shutil.chown(folder, user)
    found = shutil.which(program) or program
    done = subprocess.run(  # noqa: S603  our own words
        [found, *arguments], cwd=folder, user=user, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise OSError(f"{program}: {done.stderr.strip()[-300:]}")


def _unprivileged() -> str:
    names = {one.pw_name for one in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), "")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
