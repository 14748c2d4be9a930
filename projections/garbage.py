"""The collector of cycles, paused for a piece of work: what projections make holds none."""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_SELDOM: Final = (10_000, 20, 100)


def seldom() -> None:
    """Look through what lives long for cycles rarely: of millions of rows that takes half a second.

    For a process that answers requests; what it lets go of in bulk has to hold no cycles.
    """
    gc.set_threshold(*_SELDOM)


@contextmanager
def no_collection() -> Generator[None]:
    """Pause it; looking through thousands of facts for cycles would cost a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
