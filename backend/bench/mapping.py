"""How long a map waits for a year in months: the states of all its cells, bytes and all."""

from backend.bench.folding import TODAY
from backend.bench.rounds import Measured, costs, timed
from backend.bench.visits import YEAR
from backend.bench.workshop import Workshop
from backend.cells import MEASURES, States, computed
from projections.catalogue import VIEWS
from projections.cells import Asked
from projections.sqlite_views import SQLiteViews
from projections.steps import steps_of


def measure(shop: Workshop) -> Measured:
    """Compute both measures over the history, in the finest grid."""
    views = SQLiteViews(shop.folded.views, VIEWS)
    asked = Asked(steps_of(YEAR, "month"), TODAY)
    found: list[States] = []
    spent: dict[str, list[float]] = {name: [] for name in MEASURES}
    try:
        for name in MEASURES:
            for number in range(shop.times(9, 3) + 1):
                shop.tell(f"a map of a year: {name}")
                once = timed(lambda now=name: found.append(computed(views, "h3-9", asked, now)))
                if number:  # the first opens the file
                    spent[name].append(once.wall * 1000)
    finally:
        views.close()
    told = {name: costs(rounds) for name, rounds in spent.items()}
    return Measured(
        {"map_year_ms": told["object_coverage"]["median"]},
        {**told, "cells": len(found[0].grid.cells), "steps": len(asked.steps)},
    )
