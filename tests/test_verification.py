"""Verifying a history: whatever somebody did to the file, it is noticed, placed and told."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.checkpoints import Checkpoints
from backend.faults import MEANING, advice
from backend.folder import DataFolder
from backend.office import Office
from backend.revoking import revoke
from backend.verification import Report, verify
from events import chain, envelope
from events.chain import Head
from events.clock import moment
from events.ids import EntryRef
from events.office import EpochOpened, IrregularityNoted, KeyRevoked
from events.statements import Checkpoint
from events.writer import Seen
from tests.bureau import DAY, NOON, Tablet, at_work, card, closed, found, tablet_of, take_in

SIZE = 23  # 8 of the founding, 2 enrolments, 12 entries of tablets, 1 of the office
PERSON = b"a person's bytes"


def build(path: Path) -> DataFolder:
    folder = found(path)
    with at_work(folder) as office:
        tablets = [tablet_of(office, seed, f"T-{seed}") for seed in (5, 6)]
        for tablet in tablets:
            tablet.record(3)
            take_in(office, tablet.batch(), at=NOON + 10)
        for tablet in tablets:
            tablet.record(2)
            take_in(office, tablet.batch(4), at=NOON + 20)
        office.clock.at = NOON + 30  # type: ignore[attr-defined]
        office.record(card(PERSON), [b"name and address"])
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model") / "data").path


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> DataFolder:
    shutil.copytree(model, tmp_path / "data")
    return DataFolder.open(tmp_path / "data")


def signed_head(folder: DataFolder) -> Checkpoint:
    with at_work(folder) as office:
        return checkpoint(office)


def checkpoint(office: Office) -> Checkpoint:
    return Checkpoints(office.folder, office.store, office.enrolments, office.clock).make()


def tampered(folder: DataFolder, *statements: str | tuple[str, tuple[object, ...]]) -> Report:
    tamper(folder, *statements)
    return verify(folder)


def tamper(folder: DataFolder, *statements: str | tuple[str, tuple[object, ...]]) -> None:
    db = sqlite3.connect(folder.path / "history.sqlite")
    db.execute("PRAGMA synchronous=OFF")
    with db:
        for one in statements:
            db.execute(*((one,) if isinstance(one, str) else one))
    db.close()


def state(folder: DataFolder, position: int) -> bytes:
    db = sqlite3.connect(folder.path / "history.sqlite")
    (found_state,) = db.execute("SELECT state FROM history WHERE rowid=?", (position,)).fetchone()
    db.close()
    return bytes(found_state)


def set_state(position: int, value: object) -> tuple[str, tuple[object, ...]]:
    return "UPDATE history SET state=? WHERE rowid=?", (value, position)


def test_a_whole_history_verifies(folder: DataFolder) -> None:
    seen: list[tuple[int, int]] = []

    report = verify(folder, lambda *step: seen.append(step))

    assert report.fault is None
    assert (report.size, report.logs, report.signatures) == (SIZE, 5, SIZE)
    assert (report.untrusted, report.noted, report.unknown, report.erased) == (0, 0, 0, 0)
    assert seen == [(SIZE, SIZE)]


def test_the_head_is_the_one_that_checkpoints_sign(folder: DataFolder) -> None:
    made = signed_head(folder)

    report = verify(folder)

    assert report.head == made.root.hex()
    assert (report.checkpoints, report.fault) == (1, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.data())
def test_no_byte_of_any_record_changes_unseen(model: Path, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, SIZE))
    folder = DataFolder(model, DataFolder.open(model).about)
    raw = state(folder, place)
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + bytes([raw[at] ^ (1 << data.draw(st.integers(0, 7)))]) + raw[at + 1 :]
    with_checkpoint = model.parent / "checkpoints.bin"
    if not with_checkpoint.exists():
        copy = model.parent / "signed"
        shutil.copytree(model, copy)
        signed_head(DataFolder.open(copy))
        shutil.copy(copy / "checkpoints.bin", with_checkpoint)
    shutil.copy(with_checkpoint, model / "checkpoints.bin")
    try:
        report = tampered(folder, set_state(place, changed))
    finally:
        tamper(folder, set_state(place, raw))
        (model / "checkpoints.bin").unlink()

    assert report.fault is not None
    if at >= 8:  # the time of arrival shows in the head alone
        assert report.fault.position == place


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.integers(1, SIZE),
    st.one_of(st.binary(max_size=400), st.none(), st.text(max_size=9), st.integers(-9, 9)),
)
def test_whatever_stands_in_a_record_verification_ends(
    model: Path, place: int, value: object
) -> None:
    folder = DataFolder(model, DataFolder.open(model).about)
    raw = state(folder, place)
    try:
        if value is None:
            report = verify_with_nulls(folder, place)
        else:
            report = tampered(folder, set_state(place, value))
    finally:
        tamper(folder, set_state(place, raw))

    assert report.fault is not None
    assert report.fault.position == place


def verify_with_nulls(folder: DataFolder, place: int) -> Report:
    return tampered(folder, set_state(place, b""))


def test_a_deleted_record_is_missed(folder: DataFolder) -> None:
    report = tampered(folder, "DELETE FROM history WHERE rowid=14")

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("gap", 14)


def test_a_deleted_record_is_missed_though_the_rest_moved_up(folder: DataFolder) -> None:
    report = tampered(
        folder,
        "DELETE FROM history WHERE rowid=14",
        "UPDATE history SET rowid=-rowid WHERE rowid>14",
        "UPDATE history SET rowid=-rowid-1 WHERE rowid<0",
    )

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("chain", 18)


def test_records_missing_at_the_end_are_missed_by_a_checkpoint(folder: DataFolder) -> None:
    signed_head(folder)

    report = tampered(folder, ("DELETE FROM history WHERE rowid>?", (SIZE - 2,)))

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("shorter", SIZE - 1)


@pytest.mark.parametrize("first", [10, 11, 12])
def test_swapped_rows_are_noticed(folder: DataFolder, first: int) -> None:
    one, two = state(folder, first), state(folder, first + 1)

    report = tampered(folder, set_state(first, two), set_state(first + 1, one))

    assert report.fault is not None
    assert report.fault.position == first


def test_whole_rows_that_changed_places_are_noticed(folder: DataFolder) -> None:
    report = tampered(
        folder,
        "UPDATE history SET rowid=-1 WHERE rowid=11",
        "UPDATE history SET rowid=11 WHERE rowid=12",
        "UPDATE history SET rowid=12 WHERE rowid=-1",
    )

    assert report.fault is not None
    assert report.fault.position == 11


def test_two_logs_that_changed_places_are_missed_by_the_head(folder: DataFolder) -> None:
    signed_head(folder)  # before and after: entries 5 of one tablet, then of the other
    report = tampered(
        folder,
        "UPDATE history SET rowid=-1 WHERE rowid=20",
        "UPDATE history SET rowid=20 WHERE rowid=22",
        "UPDATE history SET rowid=22 WHERE rowid=-1",
    )

    assert report.fault is not None
    assert report.fault.position in (20, 21)


def test_an_arrival_that_goes_back_is_noticed(folder: DataFolder) -> None:
    report = tampered(folder, set_state(12, (NOON - DAY).to_bytes(8) + state(folder, 12)[8:]))

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("received", 12)


def test_a_back_dated_arrival_is_noticed_by_the_head(folder: DataFolder) -> None:
    signed_head(folder)

    report = tampered(folder, set_state(SIZE, (NOON + 25).to_bytes(8) + state(folder, SIZE)[8:]))

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("checkpoint", SIZE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE history SET originator_version=90 WHERE rowid=13",
        "UPDATE history SET topic='object-closed.v2' WHERE rowid=13",
        "UPDATE history SET originator_id='x' WHERE rowid=13",
        "UPDATE history SET originator_id=upper(originator_id) WHERE rowid=13",
        "UPDATE history SET originator_id=NULL WHERE rowid=13",
    ],
)
def test_what_the_database_says_beside_the_bytes_must_agree(
    folder: DataFolder, change: str
) -> None:
    try:
        report = tampered(folder, change)
    except sqlite3.IntegrityError:
        return  # the table itself refuses
    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("malformed", 13)


def test_an_inserted_entry_of_a_stranger_is_noticed(folder: DataFolder) -> None:
    with at_work(folder) as office:
        stranger = Tablet(folder.bureau, seed=66)
        office.store.append(stranger.log, 0, stranger.entries(), NOON + 99)

    report = verify(folder)

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("stranger", SIZE + 1)


def test_an_inserted_entry_that_the_key_did_not_sign_is_noticed(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet = office.enrolments.tablets()[0]
        log = bytes.fromhex(tablet.fact.log)
        held = office.store.held(log)
        (last,) = office.store.read_log(log, held.sequence - 1, 1)
        old = last.record().entry
        forger = Tablet(folder.bureau, seed=66).key
        forged = chain.link(
            Head(held.sequence, held.hash), old.header, old.body or b"{}", (), forger
        )
        office.store.append(log, held.sequence, [forged], NOON + 99)

    report = verify(folder)

    assert report.fault is not None
    assert (report.fault.code, report.fault.sequence) == ("signature", 7)


def test_a_bad_signature_that_the_office_has_published_is_an_irregularity(
    folder: DataFolder,
) -> None:
    test_an_inserted_entry_that_the_key_did_not_sign_is_noticed(folder)
    with at_work(folder) as office:
        tablet = office.enrolments.tablets()[0]
        entry = EntryRef(tablet.fact.log, 7)
        office.record(IrregularityNoted(entry=entry, fault="signature"))

    report = verify(folder)

    assert (report.fault, report.noted) == (None, 1)


def test_a_log_opened_for_another_bureau_is_noticed(folder: DataFolder) -> None:
    with at_work(folder) as office:
        foreign = Tablet(b"c" * 32)
        office.record(foreign.enrolment())
        office.store.append(foreign.log, 0, foreign.entries(), NOON + 99)

    report = verify(folder)

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("bureau", SIZE + 2)


def test_entries_beyond_what_is_trusted_are_counted(folder: DataFolder) -> None:
    with at_work(folder) as office:
        revoke(office, office.enrolments.tablets()[0].fact.device, 4, "stolen")

    report = verify(folder)

    assert (report.fault, report.untrusted) == (None, 2)


def test_entries_of_a_key_after_it_was_revoked_from_are_counted(folder: DataFolder) -> None:
    with at_work(folder, "server", 9, NOON + DAY) as thief:
        thief.record(closed(1))
        thief.record(closed(2))
    with at_work(folder, "console", 8, NOON + 2 * DAY) as office:
        office.record(KeyRevoked(serial=1, at=moment(NOON + DAY), reason="stolen"))

    report = verify(folder)

    assert (report.fault, report.untrusted) == (None, 2)


def test_what_is_unknown_or_erased_is_counted(folder: DataFolder) -> None:
    with at_work(folder) as office:
        (last,) = office.store.read(SIZE - 1, 1)
        writer = office._writer
        unknown = chain.link(
            writer.held.head,
            last.record().entry.header.__class__(
                log=office.log, sequence=0, previous=bytes(32), happened_at=NOON,
                tag="omen-seen.v1", body_size=0, body_hash=bytes(32),
            ),
            b'{"salt":"AAAAAAAAAAAAAAAAAAAAAA"}',
            (),
            writer._key,
        )  # fmt: skip
        office.store.append(office.log, writer.held.sequence, [unknown], NOON + 99)
    entry = envelope.decode(state(folder, SIZE)[8:])
    emptied = envelope.Entry(entry.header, entry.header_bytes, entry.signature, None, (None,))

    report = tampered(folder, set_state(SIZE, state(folder, SIZE)[:8] + envelope.encode(emptied)))

    assert (report.fault, report.unknown, report.erased) == (None, 1, 2)


def test_a_writer_that_saw_another_history_is_a_witness(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet = tablet_of(office, 12)
        tablet.writer.seen = Seen(5, b"r" * 32)
        tablet.record(1)
        take_in(office, tablet.batch(), at=NOON + 50)

    report = verify(folder)

    assert report.fault is not None
    assert (report.fault.code, report.fault.position) == ("seen", SIZE + 3)


def test_a_head_that_a_restored_backup_lost_is_no_fault_once_it_is_said(
    folder: DataFolder,
) -> None:
    older = folder.path.with_name("backup")
    shutil.copytree(folder.path, older)
    with at_work(folder) as office:
        office.record(closed(1))
        lost = checkpoint(office)
    restored = DataFolder.open(older)
    shutil.copy(folder.checkpoints_file, restored.checkpoints_file)
    assert (verify(restored).fault or 0).code == "shorter"  # type: ignore[union-attr]

    with at_work(restored, seed=44) as office:
        office.record(EpochOpened(epoch=2, size=lost.size, root=lost.root.hex(), reason="disk"))
        office.record(closed(2))
        again = checkpoint(office)

    report = verify(restored)
    assert report.fault is None
    assert (report.epoch, again.epoch) == (2, 2)


def test_a_checkpoint_that_the_bureau_did_not_sign_is_noticed(folder: DataFolder) -> None:
    made = signed_head(folder)
    raw = made.encode()
    folder.checkpoints_file.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))

    assert [one.code for one in verify(folder).faults] == ["checkpoint-signature"]
    folder.checkpoints_file.write_bytes(b"junk" * 38)
    assert [one.code for one in verify(folder).faults] == ["checkpoint-signature"]


def test_a_damaged_file_is_placed(folder: DataFolder) -> None:
    file = folder.path / "history.sqlite"
    db = sqlite3.connect(file)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    raw = bytearray(file.read_bytes())
    for page in range(2, len(raw) // size):
        raw[page * size : page * size + 40] = b"\xee" * 40
    file.write_bytes(bytes(raw))

    report = verify(folder)

    assert report.fault is not None
    assert report.fault.code in MEANING
    file.write_bytes(b"no database" * 1_000)
    assert [one.code for one in verify(folder).faults] == ["unreadable"]


def test_every_fault_has_a_meaning_and_an_advice() -> None:
    assert all(MEANING[code] and advice(code) for code in MEANING)


def test_a_thousand_records_are_read_in_steps(tmp_path: Path) -> None:
    folder = found(tmp_path / "data")
    steps: list[tuple[int, int]] = []
    with at_work(folder) as office:
        tablet = tablet_of(office)
        tablet.record(2_100)
        for after in range(0, 2_101, 1_000):
            part = tablet.batch(after)
            office.store.append(tablet.log, after, tablet.entries(after)[:1_000], NOON + 5)
            assert part.after == after

    report = verify(folder, lambda *step: steps.append(step))

    assert report.fault is None
    assert [done for done, _size in steps] == [1_000, 2_000, report.size]


def test_many_faults_are_told_up_to_a_bound(folder: DataFolder) -> None:
    def spoilt(position: int) -> tuple[str, tuple[object, ...]]:
        return set_state(position, b"")

    report = tampered(folder, *map(spoilt, range(3, SIZE + 1)))

    assert [one.position for one in report.faults][:3] == [3, 4, 5]
    assert len(report.faults) <= 100
