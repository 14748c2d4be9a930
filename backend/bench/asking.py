"""How long a reader waits for the first page of what he asks most often."""

from collections.abc import Callable, Mapping

from backend.bench.folding import TODAY
from backend.bench.rounds import Measured, latencies, timed
from backend.bench.visits import TOWNSHIPS, YEAR
from backend.bench.workshop import Workshop
from projections.catalogue import VIEWS
from projections.coverage import DOMAINS, coverage
from projections.item_inventory import item_inventory
from projections.object_inventory import ObjectFilters, object_inventory
from projections.sqlite_views import SQLiteViews
from projections.views import Query, ViewStore

_INSPECTIONS = Query(
    "inspections",
    columns=("object", "kind", "township", "completed_on", "effective", "officers"),
    where=(("completed_on", "!=", ""),),
    order=("completed_on",),
    falling=True,
    limit=50,
)
_SOME = ObjectFilters(township=TOWNSHIPS[0], domain=DOMAINS[0])


def measure(shop: Workshop) -> Measured:
    """Ask each question again and again, of views that hold the whole history."""
    views = SQLiteViews(shop.folded.views, VIEWS)
    found: dict[str, dict[str, float]] = {}
    try:
        for name, ask in _questions(views).items():
            shop.tell(f"asking: {name}")
            ask()
            found[name] = latencies([timed(ask).wall for _ in range(shop.times(100, 20))])
    finally:
        views.close()
    worst = max(one["p95"] for one in found.values())
    return Measured({"query_p95_ms": worst, "queries": found}, {"entries": shop.entries})


def _questions(views: ViewStore) -> Mapping[str, Callable[[], object]]:
    return {
        "object_inventory": lambda: object_inventory(views, TODAY),
        "object_inventory_filtered": lambda: object_inventory(views, TODAY, _SOME),
        "item_inventory": lambda: item_inventory(views, YEAR, TODAY),
        "coverage": lambda: coverage(views, YEAR, TODAY),
        "inspections": lambda: views.select(_INSPECTIONS),
    }
