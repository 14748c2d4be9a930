"""Answers from the history: how fast it is folded into all views, and replayed into coverage."""

from datetime import date
from typing import Final

from backend.bench.rounds import Measured, costs, rates, short, timed
from backend.bench.visits import YEAR
from backend.bench.workshop import WHOLE, Workshop
from events.sqlite_store import SQLiteStore
from projections.catalogue import VIEWS
from projections.coverage import Coverage, coverage
from projections.replay import COVERAGE, replay

TODAY: Final = date(2026, 12, 31)
_REPLAYS: Final = 3


def fold(shop: Workshop) -> Measured:
    """Fold the whole history into all views in SQLite; each tenth of it is a round."""
    spent = shop.folded.sections
    size = shop.folded.section
    by_cpu = rates([size / one.cpu for one in spent])
    by_wall = rates([size / one.wall for one in spent])
    return Measured(
        {"fold_events_per_s": by_cpu["median"]},
        {"cpu": by_cpu, "wall": by_wall, "entries": size * len(spent), "views": len(VIEWS)},
    )


def replay_coverage(shop: Workshop) -> Measured:
    """Replay the history into memory and compute a year's coverage; a million's worth of it."""
    store = SQLiteStore(shop.history)
    found: list[Coverage] = []

    def once() -> None:
        found[:] = [coverage(replay(store, COVERAGE), YEAR, TODAY)]

    try:
        scale = WHOLE / store.size()
        shop.tell("replaying into coverage")
        spent = [timed(once) for _ in range(_REPLAYS)]
    finally:
        store.close()
    by_wall, by_cpu = (
        costs([one.wall * scale for one in spent]),
        costs([one.cpu * scale for one in spent]),
    )
    return Measured(
        {"replay_1m_s": by_wall["median"], "replay_1m_cpu_s": by_cpu["median"]},
        {
            "wall": by_wall,
            "cpu": by_cpu,
            "entries": int(WHOLE / scale),
            "scaled_by": short(scale),
            "inspections_counted": len(found[0].inspections),
        },
    )
