"""What a push costs the server: CPU for each entry, from the request's body to its receipt.

    python tests/bench_push.py

Batches of 500 entries like those of a visit, into a real folder with every commit an fsync,
folding left out (it follows behind, see bench_projections.py). The aim is 25,000 entries for
each second of CPU.
"""

import cProfile
import pstats
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from events import batch
from events.batch import Batch
from events.inspections import AnswerRecorded
from tests.server import Tablet, an_object, site

BATCHES = 20
ENTRIES = 500


def main(*, profiled: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder, site(Path(folder) / "data") as here:
        tablet = Tablet(here)
        tablet.enrol()
        visit = tablet.inspect(an_object().object)
        answer = AnswerRecorded(
            inspection=visit.inspection, kind="funeral", question="FU-01", status="given"
        )
        while tablet.writer.held.sequence < BATCHES * ENTRIES + 1:
            tablet.writer.record(answer)
        pushes = [tablet.waiting(1 + n * ENTRIES) for n in range(BATCHES)]
        raws = [batch.encode(Batch(one.log, one.after, one.envelopes[:ENTRIES])) for one in pushes]
        for worker in here.parts.workers.values():
            worker.end()
        with cProfile.Profile() if profiled else _Nothing() as profile:
            cpu, wall = process_time(), perf_counter()
            for raw in raws:
                here.parts.intake.take(raw)
            cpu, wall = process_time() - cpu, perf_counter() - wall
    total = BATCHES * ENTRIES
    size = sum(map(len, raws)) / total
    lines = (
        f"{total} entries of {size:.0f} bytes, {ENTRIES} a push",
        f"{cpu / total * 1e6:.1f} µs of CPU an entry: {total / cpu:,.0f} entries/s of CPU",
        f"{wall / BATCHES * 1e3:.1f} ms a push, fsync included: {total / wall:,.0f} entries/s",
    )
    print("\n".join(lines))  # noqa: T201  a benchmark prints
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(18)


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


if __name__ == "__main__":
    main(profiled="--profile" in sys.argv)
