"""The limit of this disk: how often a second something small is durable on it."""

import os
import time

from backend.bench.rounds import Measured, rates
from backend.bench.workshop import Workshop

_PAGE = bytes(4096)
_SECONDS = 0.6


def measure(shop: Workshop) -> Measured:
    """Append a page and flush it, over and over, where the history lies."""
    found = [_round(shop) for _ in range(shop.times(5, 3))]
    described = rates(found)
    return Measured({"fsync_per_s": described["median"]}, described)


def _round(shop: Workshop) -> float:
    file = shop.folder / "flushed"
    count = 0
    with file.open("wb", buffering=0) as opened:
        start = time.perf_counter()
        while (spent := time.perf_counter() - start) < _SECONDS:
            opened.write(_PAGE)
            os.fsync(opened.fileno())
            count += 1
    file.unlink()
    return count / spent
