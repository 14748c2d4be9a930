"""A line to a database that loses answers: the request arrives, the answer never comes back."""

import socket
from contextlib import suppress
from threading import Lock, Thread
from typing import Self


class LossyLine:
    """Forwards to a port of this machine. `lose(n)`: cut the next `n` answers to inserts."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._left = 0
        self._open: set[socket.socket] = set()
        self.lost = 0
        Thread(target=self._accept, daemon=True).start()

    @property
    def uri(self) -> str:
        """A URI without the driver's own repetition: what is left is ours."""
        port = self._listener.getsockname()[1]
        return f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false"

    def lose(self, answers: int) -> None:
        self._left = answers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self._listener.close()
        for one in list(self._open):
            _cut(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                self._open.add(client)
                Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._to) as server:
            self._open.add(server)
            while request := _message(client):
                server.sendall(request)
                answer = _message(server)
                if b"\x02insert\x00" in request[:60] and self._loses():
                    return
                client.sendall(answer)

    def _loses(self) -> bool:
        with self._lock:
            if not self._left:
                return False
            self._left -= 1
            self.lost += 1
            return True


def _message(line: socket.socket) -> bytes:
    """Read one message of the protocol: its length stands in front."""
    head = _exactly(line, 4)
    return head + _exactly(line, int.from_bytes(head, "little") - 4) if head else b""


def _exactly(line: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = line.recv(size)
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
