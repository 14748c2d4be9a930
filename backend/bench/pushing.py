"""Tablets hand in their logs: real `POST /sync/log` to a real server process.

The server is the one that `xunji serve` runs, with its durability. What it used is told by its
own process: intake is all but the workers that fold, verify and sign checkpoints behind it.
"""

import os
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Final

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from backend.bench import visits
from backend.bench.pen import Pen
from backend.bench.rounds import Measured, Numbers, costs, rates, short
from backend.bench.server import Line, Server, enrol_request, push_request, running
from backend.bench.workshop import Workshop
from backend.codes import Codes
from backend.folder import DataFolder
from events import batch
from events.batch import Batch
from events.chain import Head
from events.clock import SystemClock
from events.envelope import Entry
from events.ids import id_text
from events.office import LogOpened
from events.sealing import WrappedKey
from events.writer import genesis

BATCH: Final = 500
_TABLETS: Final = 8
_DAY: Final = 86_400
_FIRST_DAY: Final = date(2024, 1, 1)


class Round(Struct, frozen=True):
    """One round: how much was handed in, and the seconds that took."""

    entries: int
    pushes: int
    wall: float
    intake: float
    workers: dict[str, float]


class Tablet:
    """An enrolled tablet."""

    def __init__(self, pen: Pen, dice: Random) -> None:
        self._pen = pen
        self._dice = dice
        self._press = zstandard.ZstdCompressor(level=3)
        self._done = 0
        self._waiting: list[tuple[Entry, list[WrappedKey]]] = []

    def inspection(self) -> tuple[bytes, int]:
        """Return the push of the next inspection, and how many entries it has."""
        run, keys = self._next()
        return self._push(run, keys), len(run)

    def batch(self, size: int = BATCH) -> tuple[bytes, int]:
        """Return the push of the next `size` entries."""
        while len(self._waiting) < size:
            run, keys = self._next()
            self._waiting += [(one, [] if at else keys) for at, one in enumerate(run)]
        now, self._waiting = self._waiting[:size], self._waiting[size:]
        return self._push([one for one, _ in now], [key for _, keys in now for key in keys]), size

    def _next(self) -> tuple[list[Entry], list[WrappedKey]]:
        day = _FIRST_DAY + timedelta(days=self._done // visits.INSPECTIONS_A_DAY)
        self._done += 1
        return self._pen.write(visits.inspection(self._dice, day))

    def _push(self, run: Sequence[Entry], keys: Sequence[WrappedKey]) -> bytes:
        after = run[0].header.sequence - 1
        whole = batch.encode(
            Batch(self._pen.log, after, tuple(one.raw for one in run), tuple(keys))
        )
        return push_request(self._press.compress(whole))


def batches_of_one(shop: Workshop) -> Measured:
    """One tablet, batches of 500."""
    with _office(shop, "one", 1) as (server, (tablet,)):
        found = [
            _round(server, [[tablet.batch() for _ in range(shop.times(20, 6))]])
            for _ in _counted(shop, "one tablet pushes")
        ][1:]
    by_cpu = rates([one.entries / one.intake for one in found])
    intake = costs([one.intake / one.entries * 1e6 for one in found])
    whole = costs([(one.intake + sum(one.workers.values())) / one.entries * 1e6 for one in found])
    return Measured(
        {
            "push_events_per_s_1": by_cpu["median"],
            "server_cpu_us_per_event": intake["median"],
            "server_cpu_us_per_event_with_workers": whole["median"],
        },
        {
            "cpu": by_cpu,
            "wall": _wall(found),
            "us_per_event": intake,
            "us_with_workers": whole,
            "us_of_workers": {
                name: costs([one.workers[name] / one.entries * 1e6 for one in found])["median"]
                for name in found[0].workers
            },
        },
    )


def batches_of_eight(shop: Workshop) -> Measured:
    """Eight tablets at the same time, batches of 500."""
    with _office(shop, "eight", _TABLETS) as (server, tablets):
        found = [
            _round(server, [[one.batch() for _ in range(shop.times(4, 2))] for one in tablets])
            for _ in _counted(shop, "eight tablets push")
        ][1:]
    by_cpu, by_wall = rates([one.entries / one.intake for one in found]), _wall(found)
    return Measured(
        {"push_events_per_s_8": by_cpu["median"], "push_events_per_s_8_wall": by_wall["median"]},
        {"cpu": by_cpu, "wall": by_wall},
    )


def inspections(shop: Workshop) -> Measured:
    """One tablet, each inspection a push of its own."""
    with _office(shop, "inspections", 1) as (server, (tablet,)):
        found = [
            _round(server, [[tablet.inspection() for _ in range(shop.times(100, 40))]])
            for _ in _counted(shop, "inspections, one by one")
        ][1:]
    by_cpu = rates([one.pushes / one.intake for one in found])
    by_wall = rates([one.pushes / one.wall for one in found])
    size = short(sum(one.entries for one in found) / sum(one.pushes for one in found))
    return Measured(
        {
            "push_inspections_per_s": by_wall["median"],
            "push_inspections_per_s_cpu": by_cpu["median"],
        },
        {"cpu": by_cpu, "wall": by_wall, "entries_each": size},
    )


def _wall(found: Sequence[Round]) -> Numbers:
    return rates([one.entries / one.wall for one in found])


def _counted(shop: Workshop, what: str) -> Generator[int]:
    for number in range(shop.times(7, 3) + 1):  # the first warms up
        shop.tell(f"{what}: round {number}")
        yield number


def _round(server: Server, work: Sequence[Sequence[tuple[bytes, int]]]) -> Round:
    """Send each tablet's work over a line of its own, all at once.

    It was made and signed before the clock runs.
    """

    def send(pushes: Sequence[tuple[bytes, int]]) -> None:
        with Line(server.port) as line:
            for push, _ in pushes:
                line.send(push)

    before, start = server.account(), time.perf_counter()
    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(send, pushes) for pushes in work]:
            done.result()
    wall = time.perf_counter() - start
    after = server.account()
    workers = {name: cpu - before.workers[name] for name, cpu in after.workers.items()}
    return Round(
        sum(size for pushes in work for _, size in pushes),
        sum(len(pushes) for pushes in work),
        wall,
        after.process - before.process - sum(workers.values()),
        workers,
    )


@contextmanager
def _office(shop: Workshop, name: str, tablets: int) -> Generator[tuple[Server, list[Tablet]]]:
    """Found a bureau, serve it, enrol tablets."""
    clock = SystemClock()
    folder = DataFolder.create(shop.folder / name, "Bench", os.urandom, clock, demo=True)
    codes = Codes(folder.codes_file, clock, os.urandom)
    try:
        with running(str(folder.path)) as server:
            yield server, [enrolled(server, folder, codes, number) for number in range(tablets)]
    finally:
        codes.close()


def enrolled(server: Server, folder: DataFolder, codes: Codes, number: int) -> Tablet:
    """Return a tablet that the office let in."""
    key = Ed25519PrivateKey.generate()
    fact = LogOpened(
        bureau=folder.about.bureau,
        role="tablet",
        device=id_text(os.urandom(16)),
        signing_key=key.public_key().public_bytes_raw().hex(),
        sealing_key=os.urandom(32).hex(),
    )
    first = genesis(fact, key, SystemClock().now(), os.urandom(16))
    with Line(server.port) as line:
        line.send(enrol_request(codes.issue(f"T{number}", (), (), _DAY), first.raw))
    dice = Random(number)
    return Tablet(Pen(first.hash, Head(1, first.hash), key, dice), dice)
