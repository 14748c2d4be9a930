"""Who takes part in the demo as processes of their own: the server and the tablets."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct

from backend.words import _
from events.errors import Refusal

_XUNJI: Final = (sys.executable, "-c", "from events.command import main; main()")
_ADDRESS: Final = re.compile(r"http://(\S+?):(\d+)/")
_STARTING: Final = 30.0  # seconds
_LONG: Final = 30  # seconds that a tablet waits before we say so


class ActorError(Refusal):
    """A process of the demo failed; its last words are in the message."""

    code = "demo"


class Server:
    """`xunji serve --simulated`, started again on the same port if something kills it."""

    def __init__(self, data: Path, log: Path, told: Callable[[str], None]) -> None:
        self._data = data
        self._log = log
        self._told = told
        self._port = 0
        self._stopping = Event()
        self._process = self._start()
        self._http = httpx.Client(base_url=self.address, timeout=10)
        self._watch = Thread(target=self._keep_up, daemon=True, name="demo server")
        self._watch.start()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until_folded(self) -> None:
        """Return once everything that is in the history is in the views."""
        while True:
            with suppress(httpx.HTTPError, KeyError, ValueError):
                ready = self._http.get("/ready").json()
                if ready["position"] and not ready["lag"]:
                    return
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it gracefully."""
        self._stopping.set()
        self._http.close()
        self._process.terminate()
        self._process.wait(_STARTING)
        self._watch.join()

    def _start(self) -> subprocess.Popen[str]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  our own command
                [
                    *_XUNJI,
                    "serve",
                    "--data",
                    str(self._data),
                    "--port",
                    str(self._port),
                    "--simulated",
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        said = process.stdout.readline() if process.stdout else ""
        found = _ADDRESS.search(said)
        if not found:
            process.kill()
            raise ActorError(_("the server did not start; see {log}").format(log=self._log))
        self._port = int(found[2])
        return process

    def _keep_up(self) -> None:
        while not self._stopping.is_set():
            self._process.wait()
            if not self._stopping.is_set():
                self._told(_("The server stopped; it is started again, and the tablets wait."))
                with suppress(ActorError):  # killed while it started: once more
                    self._process = self._start()


class Tablet:
    """`xunji simulate-tablet`: one line of JSON in, one out."""

    def __init__(self, data: Path, seed: int, log: Path, told: Callable[[str], None]) -> None:
        self._log = log
        self._told = told
        with log.open("ab") as words:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                [*_XUNJI, "simulate-tablet", "--data", str(data), "--seed", str(seed)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._lock = Lock()

    def do(self, what: str, command: Struct | Mapping[str, Any]) -> dict[str, Any]:
        """Have it carry out one command; `ActorError` where it cannot."""
        line = {"do": what, **msgspec.to_builtins(command)}
        with self._lock, self._patience():
            if not self._process.stdin or not self._process.stdout:
                raise ActorError(str(self._log))
            self._process.stdin.write(msgspec.json.encode(line) + b"\n")
            self._process.stdin.flush()
            said = self._process.stdout.readline()
        reply: dict[str, Any] = json.loads(said or b'{"error": "it ended"}')
        if not reply.get("ok"):
            said_so = _("a tablet failed at “{what}”: {error}; see {log}")
            raise ActorError(said_so.format(what=what, error=reply.get("error"), log=self._log))
        return reply

    @contextmanager
    def _patience(self) -> Generator[None]:
        """Say that a tablet waits, where it does so for long."""
        said = _("A tablet has been waiting for the server for {seconds} seconds; see {log}.")
        words = said.format(seconds=_LONG, log=self._log.parent)
        timer = Timer(_LONG, self._told, (words,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def stop(self) -> None:
        """Let it go, whatever it does."""
        with suppress(OSError):
            self._process.communicate(b'{"do":"quit"}\n', timeout=5)
        self._process.kill()
        self._process.wait()
