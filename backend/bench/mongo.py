"""`--store mongodb`: appending to and folding on MongoDB, and a peer beside it.

All by the wall, as the work is done by two processes: this one and the server. Each append is
acknowledged by a majority and its journal. What is appended are entries as tablets write them.
"""

import os
import platform
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from importlib.metadata import version
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from eventsourcing.persistence import ApplicationRecorder, PersistenceError, StoredEvent

from backend.bench import postgres, visits
from backend.bench.pen import UNSIGNED, Pen
from backend.bench.report import Report
from backend.bench.rounds import Measured, Numbers, rates, timed
from backend.bench.workshop import Workshop
from backend.mongodb.bureau import BureauDatabase, name_for
from backend.mongodb.persistence import MongoApplicationRecorder, MongoDatastore
from backend.mongodb.store import make
from events import envelope
from events.chain import Head
from events.errors import Refusal
from events.header import digest
from projections.catalogue import VIEWS
from projections.fold import Fold

_BATCHES: Final = (50, 500)
_THREADS: Final = 8
_APPENDED: Final = 8_000  # events of a round
_FOLDED: Final = 60_000
_FOLDED_QUICK: Final = 20_000
_SECTIONS: Final = 5
_numbers = count(1)


def measure(uri: str, tell: Callable[[str], None], *, quick: bool, peers: bool) -> Report:
    """Measure in a database that is dropped afterwards, beside what the URI names."""
    try:
        return _measured(uri, tell, quick=quick, peers=peers)
    except (PersistenceError, Refusal) as failure:
        raise RuntimeError(str(failure)) from failure


def _measured(uri: str, tell: Callable[[str], None], *, quick: bool, peers: bool) -> Report:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="xunji-bench-")))
        shop = Workshop(folder, tell, quick=quick)
        database = stack.enter_context(_scratch(uri))
        make(database)
        recorder = MongoApplicationRecorder(database, "bench")
        recorder.create_table()
        found = {"append": _appends("mongodb", recorder, shop)}
        found["fold"] = _fold(uri, database.database.name, shop)
        numbers: Numbers = {}
        if peers:
            numbers["postgres_missing"] = postgres.missing()
            if not numbers["postgres_missing"]:
                peer = stack.enter_context(postgres.serving())
                found["postgres"] = _appends("postgres", peer, shop)
        server = database.client.server_info()["version"]
    return {
        "version": version("xunji"),
        "store": "mongodb",
        "quick": quick,
        "environment": {
            "python": platform.python_version(),
            "mongodb": server,
            "cpus": os.cpu_count(),
            "load": os.getloadavg()[0],
            "system": f"{platform.system()} {platform.machine()}",
        },
        **numbers,
        **{key: value for one in found.values() for key, value in one.numbers.items()},
        "details": {name: one.details for name, one in found.items()},
    }


def _appends(name: str, recorder: ApplicationRecorder, shop: Workshop) -> Measured:
    numbers: Numbers = {}
    details: Numbers = {}
    for batch in _BATCHES:
        for threads in (1, _THREADS):
            shop.tell(f"{name}: batches of {batch}, {threads} at once")
            found = rates([_round(recorder, batch, threads) for _ in range(shop.times(5, 3))])
            suffix = f"{batch}_{threads}"
            numbers[f"{name}_append_events_per_s_{suffix}"] = found["median"]
            details[suffix] = found
    return Measured(numbers, details)


def _round(recorder: ApplicationRecorder, batch: int, threads: int) -> float:
    """Append from so many threads at once; return events a second."""
    each = max(1, _APPENDED // batch // threads)
    work = [_runs(each, batch) for _ in range(threads)]

    def append(runs: Sequence[Sequence[StoredEvent]]) -> None:
        for run in runs:
            recorder.insert_events(run)

    with ThreadPoolExecutor(threads) as pool:
        spent = timed(lambda: list(pool.map(append, work)))
    return each * batch * threads / spent.wall


def _runs(runs: int, batch: int) -> list[list[StoredEvent]]:
    number = next(_numbers)
    dice, pen = Random(number), Pen(digest(b"%d" % number), Head(), UNSIGNED, Random(number))
    events: list[StoredEvent] = []
    while len(events) < runs * batch:
        events += [
            StoredEvent(pen.log.hex(), one.header.sequence, one.header.tag, envelope.encode(one))
            for one in pen.write(visits.inspection(dice, visits.YEAR.start))[0]
        ]
    return [events[at : at + batch] for at in range(0, runs * batch, batch)]


def _fold(uri: str, name: str, shop: Workshop) -> Measured:
    """Fold a history into all views; each section is a round."""
    database = BureauDatabase(uri, name, bytes(32))
    with closing(database.history()) as store, closing(database.views(VIEWS)) as views:
        shop.tell("mongodb: a history to fold")
        for log, run in shop.pushes(shop.times(_FOLDED, _FOLDED_QUICK)):
            if not run:  # fewer were wanted than the register alone has
                break
            store.append(log, run[0].header.sequence - 1, run, 1)
        runner = Fold(store, views)
        section = store.size() // _SECTIONS
        spent: list[float] = []
        for number in range(1, _SECTIONS + 1):
            shop.tell(f"mongodb: folding {section * number:,} of {store.size():,} entries")
            spent.append(timed(lambda end=section * number: runner.catch_up(until=end)).wall)
    found = rates([section / one for one in spent])
    return Measured({"mongodb_fold_events_per_s": found["median"]}, {**found, "views": len(VIEWS)})


@contextmanager
def _scratch(uri: str) -> Generator[MongoDatastore]:
    name = f"{name_for(uri, b'')}_bench_{os.getpid()}"
    with closing(MongoDatastore(uri, name)) as datastore:
        datastore.require_replica_set()
        try:
            yield datastore
        finally:
            datastore.client.drop_database(name)
