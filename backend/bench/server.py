"""A server process to measure, and lines to it that cost its clients next to nothing."""

import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Final, Self

import msgspec

from backend.bench.served import Account
from events.batch import CONTENT_TYPE

_PATIENCE: Final = 60.0  # seconds


class Server:
    """A child that serves."""

    def __init__(self, child: subprocess.Popen[str], said: IO[bytes]) -> None:
        self._child = child
        self._said = said
        self.port = int(self._line())

    def account(self) -> Account:
        """Return what it has used, once it has done all it was given."""
        assert self._child.stdin is not None  # noqa: S101  it was opened with a pipe
        self._child.stdin.write("?\n")
        self._child.stdin.flush()
        found = msgspec.json.decode(self._line(), type=Account)
        if found.faults:
            raise RuntimeError(f"a worker of the server failed: {self._last_words()}")
        return found

    def _line(self) -> str:
        assert self._child.stdout is not None  # noqa: S101  likewise
        line = self._child.stdout.readline()
        if not line:
            msg = f"the server ended: {self._last_words()}"
            raise RuntimeError(msg)
        return line

    def _last_words(self) -> str:
        self._said.seek(0)
        return self._said.read()[-600:].decode(errors="replace")


@contextmanager
def running(what: str) -> Generator[Server]:
    """Serve a data folder, or `--empty`."""
    with TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603  it is our own
            [sys.executable, "-m", "backend.bench.served", what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        try:
            yield Server(child, said)
        finally:
            child.terminate()
            child.communicate(timeout=_PATIENCE)


class Line:
    """One connection that is kept open. The server hangs up where it is idle for seconds."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer; `RuntimeError` unless it is 200."""
        self._socket.sendall(request)
        answer = self._more(b"")
        while b"\r\n\r\n" not in answer:
            answer = self._more(answer)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            body = self._more(body)
        if b" 200 " not in head[:16]:
            raise RuntimeError((head[:80] + body[:300]).decode(errors="replace"))
        return body

    def _more(self, so_far: bytes) -> bytes:
        piece = self._socket.recv(65_536)
        if not piece:
            msg = "the server hung up"
            raise RuntimeError(msg)
        return so_far + piece


def request(path: str, body: bytes = b"", *headers: str) -> bytes:
    """Return the bytes of a POST."""
    lines = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


def push_request(compressed: bytes) -> bytes:
    """Return the request that hands in a batch as a tablet does."""
    return request(
        "/sync/log", compressed, f"Content-Type: {CONTENT_TYPE}", "Content-Encoding: zstd"
    )


def enrol_request(code: str, genesis: bytes) -> bytes:
    """Return the request that enrols a tablet."""
    asked = msgspec.json.encode({"code": code, "genesis": b64encode(genesis).decode()})
    return request("/sync/enrol", asked, "Content-Type: application/json")
