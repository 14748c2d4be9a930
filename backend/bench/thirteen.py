"""How long each measure of a year takes, alone, when nothing was asked before."""

from backend.bench.folding import TODAY
from backend.bench.rounds import Measured, costs, timed
from backend.bench.visits import YEAR
from backend.bench.workshop import Workshop
from projections.catalogue import VIEWS
from projections.garbage import no_collection
from projections.measures import MEASURES
from projections.question import Question
from projections.sqlite_views import SQLiteViews


def measure(shop: Workshop) -> Measured:
    """Compute each of them over the whole history, by a question of its own, and all by one."""
    views = SQLiteViews(shop.folded.views, VIEWS)
    spent: dict[str, list[float]] = {name: [] for name in (*MEASURES, "all")}
    try:
        for number in range(shop.times(5, 3) + 1):
            for name, rounds in spent.items():
                shop.tell(f"measures: {name}")
                took = timed(lambda now=name: _compute(views, now)).wall * 1000
                if number:  # the first opens the file
                    rounds.append(took)
    finally:
        views.close()
    told = {name: costs(rounds) for name, rounds in spent.items()}
    slowest = max(MEASURES, key=lambda name: told[name]["median"])
    return Measured(
        {"measures_ms": told["all"]["median"], "measure_slowest_ms": told[slowest]["median"]},
        {**told, "slowest": slowest, "entries": shop.entries},
    )


def _compute(views: SQLiteViews, name: str) -> None:
    question = Question(views, YEAR, TODAY)
    with no_collection():
        for one in MEASURES.values() if name == "all" else (MEASURES[name],):
            one.compute(question)
