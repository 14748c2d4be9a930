"""How long a long list takes to become a file, and how much memory it takes meanwhile."""

import tracemalloc
from collections.abc import Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import Final

from backend import inspections
from backend.bench.rounds import Measured, costs, short, timed
from backend.bench.visits import YEAR
from backend.bench.workshop import Workshop
from backend.exports import csv_file
from backend.exports.checksum import Counted, Row
from backend.readings import PAGE
from projections.catalogue import VIEWS
from projections.spans import Span
from projections.sqlite_views import SQLiteViews
from projections.views import Cursor, ViewStore

ROWS: Final = 100_000
_ALWAYS: Final = Span(YEAR.start.replace(year=2000), YEAR.end)


def measure(shop: Workshop) -> Measured:
    """Write rows of the inspections as CSV with their checksum; memory in rounds of their own."""
    views = SQLiteViews(shop.folded.views, VIEWS)
    try:
        shop.tell("exporting to CSV")
        written = [_export(views)]  # the first opens the file
        spent = [timed(lambda: written.append(_export(views))) for _ in range(shop.times(5, 3))]
        few, all_ = (_peak(views, rows) for rows in (ROWS // 10, ROWS))
    finally:
        views.close()
    seconds = costs([one.wall for one in spent])
    return Measured(
        {"export_csv_100k_s": seconds["median"], "export_csv_peak_mb": all_},
        {
            "wall": seconds,
            "cpu": costs([one.cpu for one in spent]),
            "peak_mb_of_10k": few,
            "rows": written[0],
            "entries": shop.entries,
        },
    )


def _peak(views: ViewStore, rows: int) -> float:
    """Return how many MB are held at most."""
    tracemalloc.start()
    try:
        _export(views, rows)
        return short(tracemalloc.get_traced_memory()[1] / 1e6)
    finally:
        tracemalloc.stop()


def _export(views: ViewStore, rows: int = ROWS) -> int:
    counted = Counted(islice(_rows(views), rows))
    with TemporaryFile() as file:
        csv_file.write(counted, file, str)
    return counted.rows


def _rows(views: ViewStore) -> Iterator[Row]:
    """Yield the inspections as their list gives them; over again where there are few."""
    after: Cursor | None = None
    while True:
        page = inspections.table(views, _ALWAYS, (), after, PAGE)
        yield from page.rows
        after = page.after
