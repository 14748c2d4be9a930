"""How far each inspection got, in words a person can act on."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from events.answers import Slot
from events.statements import Receipt
from mobile import sync_client, words
from mobile.journal import Journal
from mobile.outbox import Outbox, Reached, advice
from mobile.sync_client import Status, Stopped
from mobile.view_state import OutboxState
from tests.tablets import BUREAU, Bench, bench

QUIET = Status()


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Bench]:
    words._Speaker.language = "en"
    with bench(tmp_path / "tablet") as found:
        yield found


def shown(
    tablet: Bench,
    held: int = 0,
    stopped: Stopped | None = None,
    status: Status = QUIET,
    waiting: Collection[str] = (),
) -> OutboxState:
    journal = Journal(tablet.log.read(opened=False))
    outbox = Outbox(journal, tablet.folder.reference, lambda line: line.visit.kind)
    reached = Reached(tablet.log.log, held, stopped, waiting)
    return outbox.state(reached, status, 480, tablet.log.held.sequence)


def receive(tablet: Bench, sequence: int, position: int) -> None:
    receipt = Receipt(
        BUREAU, 1, tablet.log.log, sequence, bytes(32), position, tablet.clock.at, 0, bytes(64)
    )
    tablet.folder.reference.keep_receipt(
        tablet.log.log, sequence, position, receipt.encode(), {"last-sync": b"1772413200000000"}
    )


def test_an_inspection_is_received_when_its_last_entry_is(tablet: Bench) -> None:
    first = tablet.start("street_patrol")
    second = tablet.start("street_patrol")
    first.complete()  # its last entry stands behind all of the second's
    receive(tablet, second.state.last, 40)

    state = shown(tablet, held=second.state.last)

    assert [(one.inspection, one.passage) for one in state.rows] == [
        (first.id, "recorded"),
        (second.id, "received"),
    ]
    assert state.rows[1].receipt == "No. 40"
    assert state.rows[0].receipt == ""
    assert state.waiting == tablet.log.held.sequence - second.state.last
    assert state.last_sync == "03-02 09:00"


def test_it_says_how_many_pictures_the_office_has(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    photos = [{"sha256": letter * 64, "taken_at": "2026-03-02T12:00:00+08:00"} for letter in "ab"]
    begun.answer(Slot("FU-29"), photos)

    (row,) = shown(tablet, waiting={"b" * 64}).rows

    assert (row.photos_received, row.photos) == (1, 2)


def test_on_its_way_reads_sent(tablet: Bench) -> None:
    tablet.start("street_patrol")
    assert shown(tablet, status=Status(syncing=True)).rows[0].passage == "sent"


def test_refused_says_what_to_do(tablet: Bench) -> None:
    tablet.start("street_patrol")
    state = shown(tablet, stopped=Stopped("forked", "The log was written twice"))
    assert state.rows[0].passage == "refused"
    assert "a new log begins" in state.rows[0].advice
    assert state.failure == state.rows[0].advice


def test_a_reason_we_do_not_know_is_said_in_the_offices_words() -> None:
    assert advice(Stopped("too-large", "Too large", "Send it in parts.")) == "Send it in parts."
    assert advice(Stopped("strange")) == "strange"


def test_every_reason_to_stop_has_its_advice() -> None:
    for code in (
        "not-enrolled",
        "revoked",
        "unverified",
        "forked",
        "restored",
        "receipt",
        "uncertified",
    ):
        assert len(advice(Stopped(code))) > 20


def test_trouble_on_the_line_is_shown_with_the_next_try(tablet: Bench) -> None:
    state = shown(tablet, status=Status(failure="no route", next_try=12.4))
    assert (state.failure, state.next_try) == ("no route", "in 12 s")


def test_the_journal_counts_what_the_log_says(tablet: Bench) -> None:
    begun = tablet.start("funeral_order")
    photos = [{"sha256": letter * 64, "taken_at": "2026-03-02T12:00:00+08:00"} for letter in "ab"]
    begun.answer(Slot("FU-29"), photos)
    (line,) = Journal(tablet.log.read(opened=False)).lines.values()
    assert (line.stage, line.last) == ("open", begun.state.last)
    assert line.photos == ("a" * 64, "b" * 64)
    begun.cancel("rain", lawful=True)
    journal = Journal(tablet.log.read(opened=False))
    assert journal.open() == []


def test_how_far_the_office_is_comes_from_what_was_kept(tablet: Bench) -> None:
    assert sync_client.held_by_office(tablet.folder, tablet.log.log) == 0
    assert sync_client.stopped(tablet.folder, tablet.log.log) is None
