"""How long a long list takes to become a file, and how much memory it takes meanwhile."""

import tracemalloc
from collections.abc import Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import Final

from msgspec.structs import replace

from backend.bench.rounds import Measured, costs, short, timed
from backend.bench.workshop import Workshop
from backend.exports import csv_file
from backend.exports.checksum import Counted, Row
from backend.readings import MOST
from projections.catalogue import VIEWS
from projections.sqlite_views import SQLiteViews
from projections.views import Query, ViewStore

ROWS: Final = 100_000
_COLUMNS: Final = (
    "object", "kind", "township", "domain", "started_on", "completed_on", "effective", "officers",
)  # fmt: skip
_ASKED: Final = Query(
    "inspections",
    columns=_COLUMNS,
    where=(("started_on", "!=", ""),),
    order=("started_on",),
    falling=True,
    limit=MOST,
)
_DAY: Final = _COLUMNS.index("started_on")


def measure(shop: Workshop) -> Measured:
    """Write rows of the inspections as CSV with their checksum; memory in a round of its own."""
    views = SQLiteViews(shop.folded.views, VIEWS)
    try:
        shop.tell("exporting to CSV")
        written = [_export(views)]  # the first opens the file
        spent = [timed(lambda: written.append(_export(views))) for _ in range(shop.times(5, 3))]
        tracemalloc.start()
        _export(views)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    finally:
        views.close()
    seconds = costs([one.wall for one in spent])
    return Measured(
        {"export_csv_100k_s": seconds["median"], "export_csv_peak_mb": short(peak / 1e6)},
        {"wall": seconds, "rows": written[0], "entries": shop.entries},
    )


def _export(views: ViewStore) -> int:
    counted = Counted(islice(_rows(views), ROWS))
    with TemporaryFile() as file:
        csv_file.write(counted, file, str)
    return counted.rows


def _rows(views: ViewStore) -> Iterator[Row]:
    """Yield the inspections page by page, as their list does; over again where there are few."""
    query = _ASKED
    while True:
        page = views.select(query)
        for row in page:
            yield {"inspection": row.key, **dict(zip(_COLUMNS, row.values, strict=True))}
        more = len(page) == MOST
        query = replace(_ASKED, after=(page[-1].values[_DAY], page[-1].key)) if more else _ASKED
