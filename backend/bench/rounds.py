"""A noisy machine is measured several times: the median and the best are told."""

import time
from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import Any

from msgspec import Struct

Numbers = dict[str, Any]
"""What goes into the report as it is: numbers, and objects of numbers."""


class Measured(Struct, frozen=True):
    """What a measurement found: `numbers` for the top of the report, `details` for below."""

    numbers: Numbers
    details: Numbers


class Spent(Struct, frozen=True):
    """Seconds of this thread: by the wall, and of the processor."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Spent:
    """Do `work` once."""
    wall, cpu = time.perf_counter(), time.thread_time()
    work()
    return Spent(time.perf_counter() - wall, time.thread_time() - cpu)


def rates(values: Sequence[float]) -> Numbers:
    """Describe rounds of which more is better."""
    return {"median": short(median(values)), "best": short(max(values)), "rounds": len(values)}


def costs(values: Sequence[float]) -> Numbers:
    """Describe rounds of which less is better."""
    return {"median": short(median(values)), "best": short(min(values)), "rounds": len(values)}


def latencies(seconds: Sequence[float]) -> Numbers:
    """Describe many answers, in milliseconds."""
    ranks = quantiles(seconds, n=20)
    return {
        "p50": short(median(seconds) * 1000),
        "p95": short(ranks[-1] * 1000),
        "rounds": len(seconds),
    }


def short(value: float) -> float:
    """Return a number with no more digits than a measurement has."""
    return float(f"{value:.4g}")
