"""A drill for a real replica set: what no stand-in can show, in a database that is dropped after.

    python -m backend.mongodb.drill "mongodb://…/?replicaSet=…" --step-downs 5

Eight threads append while the primary is told to step down, again and again. Then it is compared
what was acknowledged with what a majority holds: nothing lost, doubled or misplaced, no gap. And
each query that the views' indexes are for is explained: none reads a whole collection.

The user needs `readWrite` on the database `xunji_drill`, and `clusterManager` to step down.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Final, NamedTuple

import click
from eventsourcing.persistence import OperationalError, PersistenceError, StoredEvent
from pymongo.errors import ConnectionFailure, OperationFailure

from backend.mongodb.persistence import MongoApplicationRecorder, MongoDatastore
from backend.mongodb.plans import index_for, plans, reads_all
from backend.mongodb.views import MongoViews
from projections.catalogue import VIEWS
from projections.views import Condition, Query

DATABASE: Final = "xunji_drill"
_THREADS: Final = 8
_BATCH: Final = 20
_AWAY: Final = 10  # seconds that the old primary does not stand again


class Note(NamedTuple):
    """An append that was acknowledged: `_BATCH` versions from `version` on, at `position`."""

    originator: str
    version: int
    position: int


@click.command(help=__doc__)
@click.argument("uri")
@click.option("--step-downs", default=5, show_default=True, help="How often; 0: none.")
@click.option("--seconds", default=5.0, show_default=True, help="Appending before each.")
def main(uri: str, step_downs: int, seconds: float) -> None:
    """Run the drill; exit code 1 if anything is wrong."""
    with closing(MongoDatastore(uri, DATABASE)) as datastore:
        datastore.require_replica_set()
        datastore.client.drop_database(DATABASE)
        try:
            wrong = [*fail_overs(uri, datastore, step_downs, seconds), *explained(datastore)]
        finally:
            datastore.client.drop_database(DATABASE)
    for one in wrong:
        click.echo(f"WRONG: {one}")
    click.echo("Something is wrong." if wrong else "All is as it should be.")
    sys.exit(1 if wrong else 0)


# ── fail-over ──────────────────────────────────────────────────────────────────────


def fail_overs(
    uri: str, datastore: MongoDatastore, step_downs: int, seconds: float
) -> Iterator[str]:
    """Append under fail-overs; say what is wrong afterwards."""
    recorder = MongoApplicationRecorder(datastore)
    recorder.create_table()
    notes: list[Note] = []
    over = Event()
    threads = [
        Thread(target=_append, args=(uri, f"writer {n}", notes, over)) for n in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    try:
        for number in range(step_downs + 1):
            sleep(seconds)
            if number < step_downs:
                _step_down(datastore)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    yield from compared(notes, recorder)


def _append(uri: str, originator: str, notes: list[Note], over: Event) -> None:
    with closing(MongoDatastore(uri, DATABASE)) as datastore:
        recorder, version = MongoApplicationRecorder(datastore), 1
        while not over.is_set():
            run = [StoredEvent(originator, version + n, "drill", bytes(500)) for n in range(_BATCH)]
            begun = monotonic()
            try:
                first = next(iter(recorder.insert_events(run) or ()))
            except OperationalError as unknown:
                click.echo(f"{originator}: no answer in time, its log ends here: {unknown}")
                return
            if monotonic() - begun > 1:
                click.echo(f"{originator}: waited {monotonic() - begun:.1f} s")
            notes.append(Note(originator, version, first))
            version += _BATCH


def _step_down(datastore: MongoDatastore) -> None:
    click.echo("stepping down")
    try:
        datastore.client.admin.command("replSetStepDown", _AWAY, force=True)
    except ConnectionFailure:
        pass  # as the primary that was
    except OperationFailure as refused:
        raise click.ClickException(f"the primary does not step down: {refused}") from refused


def compared(notes: Sequence[Note], recorder: MongoApplicationRecorder) -> Iterator[str]:
    """Say where what is held differs from what was acknowledged."""
    held: dict[int, tuple[Any, int]] = {}
    while page := recorder.select_recorded(len(held) + 1, 5_000):
        held.update((one.position, (one.originator_id, one.version)) for one in page)
    click.echo(f"{len(notes) * _BATCH} events acknowledged, {len(held)} held")
    if len(held) != (recorder.max_notification_id() or 0):
        yield f"a gap behind position {len(held)}"
    if len(set(held.values())) != len(held):
        yield "something is held twice"
    for note in notes:
        for n in range(_BATCH):
            if held.get(note.position + n) != (note.originator, note.version + n):
                yield f"{note}: position {note.position + n} holds something else"


# ── explain ────────────────────────────────────────────────────────────────────────


def explained(datastore: MongoDatastore) -> Iterator[str]:
    """Explain a query for each index of each view; say which reads a whole collection."""
    try:
        views = MongoViews(datastore, VIEWS)
    except PersistenceError as failure:
        yield f"the views cannot be made: {failure}"
        return
    asked = 0
    for query in queries():
        asked += 1
        for plan in plans(views, query):
            if reads_all(plan):
                yield f"no index for {query.view} where {query.where} by {query.order}"
    click.echo(f"{asked} queries explained")


def queries() -> Iterator[Query]:
    """Return, for each index, a filter by its first column and a page in its order."""
    for view in VIEWS:
        for names in view.indexes:
            value, beyond = ("", "~") if view.columns[names[0]] == "text" else (0, 9)
            same: tuple[Condition, ...] = ((names[0], "=", value),)
            bounds: tuple[Condition, ...] = ((names[0], ">=", value), (names[0], "<", beyond))
            after = (value, "key")
            for query in (
                Query(view.name, where=same),
                Query(view.name, where=bounds),
                Query(view.name, where=bounds, order=names[:1], limit=50),
                Query(view.name, where=bounds, order=names[:1], after=after, limit=50),
            ):
                if index_for(view, query):
                    yield query


if __name__ == "__main__":
    main()
