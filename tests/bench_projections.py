"""How fast a history is folded, replayed into coverage and asked: `make bench`.

XUNJI_BENCH_ENTRIES sets the size; 1,000,000 entries is what the goals are stated for.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random

from events.facts import Fact, Visit
from events.ids import EntryRef
from events.inspections import (
    AnswerRecorded,
    ArrivalLocated,
    CertificateShown,
    EvidenceCaptured,
    FindingRaised,
    InspectionStarted,
    OfficerSigned,
    OfficerSignedIn,
)
from events.memory_store import MemoryStore
from events.register import AreaListed, ItemListed, ObjectListed
from events.store import EventStore, Stored
from projections.catalogue import VIEWS
from projections.coverage import DOMAINS, coverage
from projections.fold import Fold
from projections.item_inventory import ItemFilters, item_inventory
from projections.object_inventory import ObjectFilters, object_inventory
from projections.replay import COVERAGE, replay
from projections.spans import Span
from projections.sqlite_views import SQLiteViews
from projections.views import MemoryViews
from tests.histories import a_completion, a_correction, a_log, a_visit, an_id, crew, stored_record

DICE = Random(7)
TOWNSHIPS = [f"44080400{n}" for n in range(1, 8)]
ITEMS = [f"MZ-SO-JC-{n:02}" for n in range(1, 51)]
OFFICERS = [f"officer {n}" for n in range(40)]
OBJECTS = 6000
LOGS = 30
ANSWERS = 24
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
TODAY = date(2026, 12, 31)


class Shelves(MemoryStore):
    """Records that were made without a chain; reading is what is measured."""

    def put(self, stored: Stored) -> None:
        self._records.append(stored)


def register() -> Iterator[Fact]:
    for township in TOWNSHIPS:
        yield AreaListed(
            area=township,
            name_zh=township,
            name_en=township,
            level="township",
            valid_from=YEAR.start,
        )
    for at, item in enumerate(ITEMS):
        yield ItemListed(
            item=item,
            name_zh=item,
            name_en=item,
            domain=DOMAINS[at % 8],
            kind="inspection",
            plannable=True,
            valid_from=date(2020, 1, 1),
            object_types=(f"type_{at % 20}",),
            frequency={"mode": "min", "count": 1, "per": "year"},
        )
    for n in range(OBJECTS):
        yield ObjectListed(
            object=an_id(f"object {n}"),
            object_type=f"type_{n % 20}",
            domain=DOMAINS[n % 8],
            township=TOWNSHIPS[n % 7],
            village=f"{TOWNSHIPS[n % 7]}{n % 9 + 200}",
            valid_from=date(2020, 1, 1),
            name=f"Object {n}",
        )


def visit_facts(n: int) -> Iterator[Fact]:
    thing = DICE.randrange(OBJECTS)
    day = date.fromordinal(YEAR.start.toordinal() + DICE.randrange(365)).isoformat()
    visit = a_visit(
        f"inspection {n}",
        f"object {thing}",
        day,
        object_type=f"type_{thing % 20}",
        domain=DOMAINS[thing % 8],
        township=TOWNSHIPS[thing % 7],
        village=f"{TOWNSHIPS[thing % 7]}{thing % 9 + 200}",
        items=tuple(DICE.sample(ITEMS, 2)),
    )
    two = DICE.sample(OFFICERS, 2)
    yield InspectionStarted(visit=visit, checklist="CL-GE-1", version=1)
    for officer in two:
        yield OfficerSignedIn(visit=visit, officer=an_id(officer), role="assisting")
        yield CertificateShown(
            visit=visit, officer=an_id(officer), certificate=an_id(officer), valid_to=YEAR.end
        )
    yield ArrivalLocated(visit=visit, band="le50", provider="gnss", accuracy_m=5.0)
    for question in range(ANSWERS):
        yield AnswerRecorded(
            inspection=visit.inspection,
            kind=visit.kind,
            question=f"GE-{question:02}",
            status="given",
            value="yes",
        )
    yield EvidenceCaptured(
        visit=visit, evidence=an_id(f"photo {n}"), sha256="ab" * 32, size=9, media_type="image/jpeg"
    )
    if n % 4 == 0:
        yield finding(visit, n)
    yield OfficerSigned(visit=visit, officer=an_id(two[0]), question="GE-18")
    yield a_completion(visit, crew=crew(*two), answered=ANSWERS)


def finding(visit: Visit, n: int) -> FindingRaised:
    return FindingRaised(
        visit=visit,
        finding=an_id(f"finding {n}"),
        question="GE-03",
        rule=0,
        item=visit.items[0],
        severity="minor",
    )


def district(size: int) -> Shelves:
    """A year: 30 tablets that hand in by turns; one inspection in 50 is corrected later."""
    store = Shelves()
    sequences = [0] * (LOGS + 1)
    logs = [a_log(f"log {n}") for n in range(LOGS + 1)]
    noon = int(datetime.fromisoformat("2026-01-01T12:00:00+08:00").timestamp()) * 1_000_000

    def put(fact: Fact, log: int, day: date) -> EntryRef:
        sequences[log] += 1
        position = store.size() + 1
        at = noon + (day - YEAR.start).days * 86_400_000_000
        received = 1_800_000_000_000_000 + position
        store.put(stored_record(fact, position, logs[log], sequences[log], at, received))
        return EntryRef(logs[log], sequences[log])

    for fact in register():
        put(fact, 0, YEAR.start)
    n = 0
    while store.size() < size:
        n += 1
        log = 1 + n // 8 % LOGS
        ref = None
        for fact in visit_facts(n):
            visit = getattr(fact, "visit", None)
            started_on = visit.started_on if visit else YEAR.start
            ref = put(fact, log, started_on)
        if n % 50 == 0 and ref is not None and visit is not None:
            fresh = a_completion(visit, crew=crew("officer 1", "officer 2"), outcome="findings")
            on = visit.started_on.isoformat()
            put(a_correction(ref, fresh, visit, on=on), 0, visit.started_on)
    return store


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  a benchmark prints


def timed(what: str, of: int, work: Callable[[], object]) -> None:
    wall, start = time.perf_counter(), time.process_time()
    work()
    spent, waited = time.process_time() - start, time.perf_counter() - wall
    say(f"{what:<48} {waited:7.2f} s, {spent:7.2f} s CPU {of / spent:9,.0f} entries/s")


def p95(what: str, work: Callable[[], object], rounds: int = 100) -> None:
    spent: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        spent.append((time.perf_counter() - start) * 1000)
    ranked = statistics.quantiles(spent, n=20)
    say(f"{what:<48} median {statistics.median(spent):7.1f} ms, p95 {ranked[-1]:7.1f} ms")


def main(store: EventStore) -> None:
    size = store.size()
    say(f"{size:,} entries, one core")
    memory = MemoryViews(VIEWS)
    timed("fold into all views, memory", size, lambda: Fold(store, memory).catch_up())
    with tempfile.TemporaryDirectory() as folder:
        views = SQLiteViews(Path(folder) / "views.sqlite", VIEWS)
        timed("fold into all views, SQLite", size, lambda: Fold(store, views).catch_up())
        timed(
            "replay into coverage",
            size,
            lambda: coverage(replay(store, COVERAGE), YEAR, TODAY),
        )
        p95("coverage of a year", lambda: coverage(views, YEAR, TODAY), 10)
        p95("object inventory, first page", lambda: object_inventory(views, TODAY))
        everything = ObjectFilters(township=TOWNSHIPS[0], domain=DOMAINS[0])
        p95("object inventory, filtered", lambda: object_inventory(views, TODAY, everything))
        p95("item inventory", lambda: item_inventory(views, YEAR, TODAY, ItemFilters()))
        views.close()


if __name__ == "__main__":
    main(district(int(os.environ.get("XUNJI_BENCH_ENTRIES", "100000"))))
    sys.exit(0)
