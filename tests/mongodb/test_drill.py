"""The drill finds what is wrong. Fail-over itself only a real replica set can show."""

from collections.abc import Callable

from click.testing import CliRunner
from eventsourcing.persistence import StoredEvent

from backend.mongodb import drill
from backend.mongodb.drill import Note, compared
from backend.mongodb.persistence import MongoApplicationRecorder, MongoDatastore


def test_it_appends_compares_and_explains(mongodb: str) -> None:
    said = CliRunner().invoke(drill.main, [mongodb, "--step-downs", "0", "--seconds", "0.3"])

    assert "held" in said.output
    assert "queries explained" in said.output
    assert "position" not in said.output, "nothing was misplaced"
    assert "gap" not in said.output


def test_what_was_lost_doubled_or_misplaced_is_named(
    database: Callable[[], MongoDatastore],
) -> None:
    recorder = MongoApplicationRecorder(database())
    recorder.create_table()
    run = [StoredEvent("w", 1 + n, "drill", b"") for n in range(20)]
    recorder.insert_events(run)
    recorder.insert_events([StoredEvent("x", 1, "drill", b"")])
    recorder.insert_events([StoredEvent("x", 2, "drill", b"")])

    assert list(compared([Note("w", 1, 1)], recorder)) == []
    assert len(list(compared([Note("w", 1, 2)], recorder))) == 20
    recorder.events.delete_one({"p": 21})
    assert list(compared([], recorder)) == ["a gap behind position 20"]


def test_there_is_a_query_for_each_view_that_has_an_index() -> None:
    assert len({query.view for query in drill.queries()}) > 10
