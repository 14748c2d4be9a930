"""The limit of the server's stack: how many empty POSTs it answers over loopback."""

import time

from backend.bench.rounds import Measured, rates
from backend.bench.server import Line, request, running
from backend.bench.workshop import Workshop

_POSTS = 1_000


def measure(shop: Workshop) -> Measured:
    """Post nothing to the same server, middle layers and log lines included."""
    walls: list[float] = []
    cpus: list[float] = []
    with running("--empty") as server:
        asked = request("/nothing")
        for number in range(shop.times(7, 3) + 1):
            shop.tell(f"empty POSTs: round {number}")
            before, start = server.account(), time.perf_counter()
            with Line(server.port) as line:
                for _ in range(_POSTS):
                    line.send(asked)
            wall = time.perf_counter() - start
            if number:  # the first warms up
                walls.append(_POSTS / wall)
                cpus.append(_POSTS / (server.account().process - before.process))
    by_wall = rates(walls)
    return Measured(
        {"loopback_posts_per_s": by_wall["median"]}, {"wall": by_wall, "cpu": rates(cpus)}
    )
