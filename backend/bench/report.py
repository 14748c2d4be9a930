"""Which measurements there are, and one report of those that were asked for."""

import os
import platform
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from backend.bench import (
    asking,
    disk,
    exporting,
    folding,
    lists,
    loopback,
    mappage,
    mapping,
    peer,
    pushing,
    tablet,
    thirteen,
)
from backend.bench.rounds import Measured, Numbers
from backend.bench.workshop import Workshop
from backend.sqlite_file import SQLiteFile

Report = Numbers

MEASUREMENTS: Final[Mapping[str, Callable[[Workshop], Measured]]] = {
    "fsync": disk.measure,
    "loopback": loopback.measure,
    "push": pushing.batches_of_one,
    "push8": pushing.batches_of_eight,
    "inspections": pushing.inspections,
    "recorder": peer.measure,
    "fold": folding.fold,
    "replay": folding.replay_coverage,
    "queries": asking.measure,
    "measures": thirteen.measure,
    "map": mapping.measure,
    "mappage": mappage.measure,
    "export": exporting.measure,
    "lists": lists.measure,
    "tablet": tablet.measure,
}


def measure(names: Iterable[str], tell: Callable[[str], None], *, quick: bool) -> Report:
    """Measure what is named, in the order of the list; leave nothing behind."""
    wanted = set(names)
    with TemporaryDirectory(prefix="xunji-bench-") as folder:
        shop = Workshop(Path(folder), tell, quick=quick)
        found = {name: work(shop) for name, work in MEASUREMENTS.items() if name in wanted}
        environment = _environment(shop)
    return {
        "version": version("xunji"),
        "store": "sqlite",
        "quick": quick,
        "entries": shop.entries,
        "environment": environment,
        **{key: value for one in found.values() for key, value in one.numbers.items()},
        "details": {name: one.details for name, one in found.items()},
    }


def _environment(shop: Workshop) -> Numbers:
    file = SQLiteFile(shop.folder / "asked.sqlite", "")
    try:
        ((sqlite,),) = file.rows("SELECT sqlite_version()")
    finally:
        file.close()
    return {
        "python": platform.python_version(),
        "sqlite": sqlite,
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.machine()}",
    }
