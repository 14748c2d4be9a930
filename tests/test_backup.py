"""Backups made while the office is at work, and what comes of restoring one."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from threading import Event, Thread

import httpx
import pytest
from click.testing import CliRunner, Result

from backend import backing_up
from backend.backing_up import MANIFEST, back_up, read_manifest
from backend.checkpoints import Checkpoints
from backend.commands import commands
from backend.enrolments import Enrolments
from backend.folder import DataFolder
from backend.office import Office
from backend.restoring import restore
from backend.verification import verify
from events import vocabulary
from events.clock import SetClock, SystemClock
from events.command import group
from events.envelope import Record
from events.errors import BusyError, FolderError, StorageError, UnverifiedError
from events.office import EpochOpened
from events.statements import Checkpoint, Receipt
from events.store import EventStore
from events.writer import Said, Seen
from mobile import enrolling
from mobile.line import RefusedError
from mobile.sync_client import SyncClient
from mobile.tablet_folder import TabletFolder
from tests.bureau import DAY, NOON, at_work, card, closed, dice, found, tablet_of, take_in
from tests.server import Site, serving, signed_in, site
from tests.test_device_log import said
from tests.test_end_to_end import code

LATER = NOON + DAY
Copy = Callable[[Path, Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A bureau whose history has a few records, and a signed head."""
    founded = found(tmp_path / "data")
    with at_work(founded) as office:
        office.record_all([_closing(number) for number in range(3)])
        signed(office)
    return founded


def _closing(number: int) -> Said:
    return Said(closed(number))


def signed(office: Office) -> Checkpoint:
    return Checkpoints(office.folder, office.store, office.enrolments, office.clock).make()


def records(store: EventStore) -> list[Record]:
    return [one.record() for one in store.read(0, 100_000)]


def held_in(path: Path) -> list[Record]:
    with closing(DataFolder.open(path).history()) as store:
        return records(store)


def restored(backup: Path, to: Path, old: Path | None = None, at: int = LATER) -> DataFolder:
    restore(backup, to, old, SetClock(at), dice(9))
    return DataFolder.open(to)


def opened_epoch(path: Path) -> EpochOpened:
    facts = (vocabulary.decode(one.entry.header.tag, one.entry.body) for one in held_in(path))
    return next(fact for fact in facts if isinstance(fact, EpochOpened))


# ── backing up ─────────────────────────────────────────────────────────────────────


def test_a_backup_holds_the_history_the_keys_and_the_people_and_nothing_that_others_may_read(
    folder: DataFolder, tmp_path: Path
) -> None:
    signed_in(folder.path)

    made = back_up(folder, tmp_path / "backups", SetClock(LATER), 14)

    assert made.path.name == "backup-2025-06-16T150640Z"
    names = {str(one.relative_to(made.path)) for one in made.path.rglob("*") if one.is_file()}
    keys = {f"keys/{one.name}" for one in (folder.path / "keys").iterdir()}
    databases = {"history.sqlite", "vault.sqlite", "people.sqlite"}
    assert names == {*keys, *databases, "checkpoints.bin", "logs.json", "xunji.json", MANIFEST}
    assert all(one.stat().st_mode & 0o077 == 0 for one in (made.path, *made.path.rglob("*")))
    assert held_in(made.path) == held_in(folder.path)
    assert made.manifest == read_manifest(made.path)
    assert made.manifest.head == verify(folder).head


def test_a_backup_fits_together_whatever_is_written_between_its_files(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sealed part that is in the copy has its key there, and a head its records."""
    with at_work(folder, "server", at=NOON + 5) as office:
        written = 0

        def write() -> None:
            nonlocal written
            written += 1
            office.record(card(written.to_bytes(16)), [b"somebody"])
            signed(office)

        for name in ("_copy_file", "copy_database"):
            copy = getattr(backing_up, name)

            def between(source: Path, target: Path, copy: Copy = copy) -> None:
                write()
                copy(source, target)

            monkeypatch.setattr(backing_up, name, between)
        made = back_up(folder, tmp_path / "backups", SetClock(LATER), 14)

    assert written > 8
    _fits_together(made.path)


def test_a_backup_is_made_while_another_thread_writes_all_the_time(
    folder: DataFolder, tmp_path: Path
) -> None:
    begun, done = Event(), Event()
    with at_work(folder, "server", at=NOON + 5) as office:

        def write() -> None:
            number = 0
            while not done.is_set():
                number += 1
                office.record(card(number.to_bytes(16)), [b"somebody"])
                begun.set()

        writer = Thread(target=write)
        writer.start()
        try:
            assert begun.wait(60)
            made = [back_up(folder, tmp_path / str(turn), SetClock(LATER), 14) for turn in range(2)]
        finally:
            done.set()
            writer.join()

    for one in made:
        _fits_together(one.path)


def _fits_together(backup: Path) -> None:
    copy = DataFolder.open(backup)
    with closing(copy.vault()) as vault:
        for record in held_in(backup):
            assert all(vault.get(part.key) for part in record.entry.header.parts)
    assert verify(copy).fault is None


def test_a_damaged_folder_gives_no_backup_and_older_ones_stay(
    folder: DataFolder, tmp_path: Path
) -> None:
    to = tmp_path / "backups"
    good = back_up(folder, to, SetClock(NOON), 14).path
    with closing(sqlite3.connect(folder.history_file)) as db, db:
        (state,) = db.execute("SELECT state FROM history WHERE rowid=5").fetchone()
        wrong = state[:-3] + bytes([state[-3] ^ 1]) + state[-2:]
        db.execute("UPDATE history SET state=? WHERE rowid=5", (wrong,))

    with pytest.raises(UnverifiedError):
        back_up(folder, to, SetClock(NOON + 60 * DAY), 14)

    assert list(to.iterdir()) == [good]


def test_a_disk_that_refuses_gives_no_backup(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backing_up, "copy_database", full)
    with pytest.raises(StorageError, match="No space left"):
        back_up(folder, tmp_path / "backups", SetClock(NOON), 14)
    assert not list((tmp_path / "backups").iterdir())


def test_backups_that_are_too_old_go_and_what_is_no_backup_stays(
    folder: DataFolder, tmp_path: Path
) -> None:
    to = tmp_path / "backups"
    old = back_up(folder, to, SetClock(NOON), 14)
    young = back_up(folder, to, SetClock(NOON + DAY), 14)
    (to / "backup-of-something-else").mkdir()
    (to / ".backup-2020-01-01T000000Z.new").mkdir()  # its process was killed

    made = back_up(folder, to, SetClock(NOON + 14 * DAY + 1_000_000), 14)

    assert made.dropped == [old.path]
    assert {one.name for one in to.iterdir()} == {
        young.path.name,
        made.path.name,
        "backup-of-something-else",
    }


def test_the_console_and_a_backup_wait_for_each_other(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "PATIENCE", 0)
    with at_work(folder, "console"), pytest.raises(BusyError):
        back_up(folder, tmp_path / "backups", SetClock(NOON), 14)


# ── restoring ──────────────────────────────────────────────────────────────────────


def test_a_restored_history_goes_on_in_a_new_epoch_and_in_logs_of_its_own(
    folder: DataFolder, tmp_path: Path
) -> None:
    backup = back_up(folder, tmp_path / "backups", SetClock(NOON), 14)
    before = held_in(folder.path)

    new = restored(backup.path, tmp_path / "new")

    after = held_in(new.path)
    assert after[: len(before)] == before
    report = verify(new)
    assert (report.fault, report.epoch, report.lost) == (None, 2, 0)
    for name in ("server", "console", "access"):
        assert new.own_log(name).log != folder.own_log(name).log
        assert new.own_log(name).serial == folder.own_log(name).serial
    with at_work(folder, at=LATER) as lost, at_work(new, at=LATER + 1) as office:
        lost.record(closed(70))
        office.record(closed(71))  # of another log: none says two things under one number
    assert not {one.entry.header.log for one in held_in(new.path)[len(before) + 3 :]} & {
        one.entry.header.log for one in held_in(folder.path)[len(before) :]
    }
    assert verify(new).fault is None


def test_the_new_epoch_says_what_was_lost_where_the_old_folder_still_tells(
    folder: DataFolder, tmp_path: Path
) -> None:
    backup = back_up(folder, tmp_path / "backups", SetClock(NOON), 14)
    size = backup.manifest.size
    with at_work(folder, at=NOON + 50) as office:
        office.record(closed(8))
        office.record(closed(9))
        lost = signed(office)

    known = opened_epoch(restored(backup.path, tmp_path / "a", old=folder.path).path)
    unknown = opened_epoch(restored(backup.path, tmp_path / "b").path)

    assert (known.epoch, known.size, known.root) == (2, lost.size, lost.root.hex())
    assert (known.restored, known.at_least) == (size, False)
    assert (unknown.epoch, unknown.size, unknown.root) == (2, size, backup.manifest.head)
    assert (unknown.restored, unknown.at_least) == (size, True)


def test_an_epoch_that_the_lost_folder_had_is_not_opened_again(
    folder: DataFolder, tmp_path: Path
) -> None:
    backup = back_up(folder, tmp_path / "backups", SetClock(NOON), 14).path
    second = restored(backup, tmp_path / "second")

    third = restored(backup, tmp_path / "third", old=second.path)

    assert (verify(second).epoch, verify(third).epoch) == (2, 3)
    assert verify(third).fault is None


@pytest.mark.parametrize("known", [True, False])
def test_a_head_seen_of_lost_records_is_counted_and_one_of_the_new_epoch_is_held_against_us(
    folder: DataFolder, tmp_path: Path, *, known: bool
) -> None:
    with at_work(folder, at=NOON + 5) as office:
        tablet = tablet_of(office)
        take_in(office, tablet.batch())
    backup = back_up(folder, tmp_path / "backups", SetClock(NOON), 14).path
    with at_work(folder, at=NOON + 50) as office:
        office.record_all([_closing(number) for number in range(20, 30)])
        lost = signed(office)
    new = restored(backup, tmp_path / "new", old=folder.path if known else None)

    tablet.writer.seen = Seen(lost.size, lost.root)
    tablet.record(2)
    with at_work(new, at=LATER + 1) as office:
        take_in(office, tablet.batch(1), at=LATER + 2)
        office.record_all([_closing(number) for number in range(40, 60)])
    report = verify(new)
    assert (report.fault, report.lost) == (None, 1)

    tree = verify(new)
    with closing(new.history()) as store:
        trust = Enrolments(store, new.bureau, new.first_root).trust()
    serial = max(one.serial for one in trust.certificates.values() if one.role == 2)
    forged = Checkpoint(new.bureau, 2, lost.size, b"x" * 32, LATER + 3)
    with new.checkpoints_file.open("ab") as file:
        file.write(forged.sign(new.checkpoint_key(serial)).encode())
    assert tree.fault is None
    assert [one.code for one in verify(new).faults] == ["checkpoint"]


def test_nobody_is_signed_in_after_a_restore(folder: DataFolder, tmp_path: Path) -> None:
    session = signed_in(folder.path)
    backup = back_up(folder, tmp_path / "backups", SetClock(NOON), 14).path

    new = restored(backup, tmp_path / "new")

    with site(new.path, clock=SetClock(LATER + 5)) as here:
        reader = here.stranger()
        reader.cookies.update(session)
        assert reader.get("/views/devices").status_code == 401
        assert any(one.role == "auditor" for one in here.parts.people.accounts.all())


def test_a_backup_is_refused_whole_where_anything_of_it_changed(
    folder: DataFolder, tmp_path: Path
) -> None:
    signed_in(folder.path)
    names = read_manifest(back_up(folder, tmp_path / "x", SetClock(NOON), 14).path).files
    for number, name in enumerate(names):
        backup = back_up(folder, tmp_path / str(number), SetClock(NOON), 14).path
        raw = (backup / name).read_bytes()
        (backup / name).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        with pytest.raises(FolderError, match=name):
            restored(backup, tmp_path / "new")
        (backup / name).unlink()
        with pytest.raises(FolderError, match=name):
            restored(backup, tmp_path / "new")
        assert not (tmp_path / "new").exists()
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


def test_a_restore_takes_no_folder_that_is_in_use_and_nothing_that_is_no_backup(
    folder: DataFolder, tmp_path: Path
) -> None:
    backup = back_up(folder, tmp_path / "backups", SetClock(NOON), 14).path
    other = found(tmp_path / "other", seed=5)
    with at_work(other, seed=6) as office:
        signed(office)

    with pytest.raises(FolderError, match="exists already"):
        restored(backup, folder.path)
    with pytest.raises(FolderError, match="not a backup"):
        restored(folder.path, tmp_path / "new")
    with pytest.raises(FolderError, match="no head that this bureau signed"):
        restored(backup, tmp_path / "new", old=other.path)
    with pytest.raises(FolderError, match="no head that this bureau signed"):
        restored(backup, tmp_path / "new", old=tmp_path)
    assert not (tmp_path / "new").exists()
    (tmp_path / "new").mkdir()
    assert verify(restored(backup, tmp_path / "new")).fault is None


def xunji(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group(commands), [str(one) for one in arguments])


def test_the_commands_say_what_was_done_and_what_is_left_to_do(
    folder: DataFolder, tmp_path: Path
) -> None:
    first = xunji("backup", "--data", folder.path, "--to", tmp_path / "backups")
    (backup,) = (tmp_path / "backups").iterdir()
    assert first.exit_code == 0, first.output
    assert str(backup) in first.stdout
    assert "root.key" in first.stderr

    done = xunji("restore", "--data", tmp_path / "new", "--from", backup, "--old", folder.path)
    again = xunji("restore", "--data", tmp_path / "new", "--from", backup)

    assert done.exit_code == 0, done.output
    assert "Epoch 2 is open" in done.stdout
    assert "revoked" in done.stdout
    assert again.exit_code == 3
    assert xunji("verify", "--data", tmp_path / "new").exit_code == 0


# ── with tablets ───────────────────────────────────────────────────────────────────


def folder_of(path: Path, http: httpx.Client, code: str, clock: SetClock) -> TabletFolder:
    return enrolling.prepare(path, http, code, clock, Random(path.name).randbytes)


def synced(client: SyncClient) -> None:
    """One round of the loop."""
    client.push_all()
    client.pull()


def test_what_tablets_handed_in_after_the_backup_comes_again_by_itself(tmp_path: Path) -> None:
    """One records more, one has nothing new to say: the office holds all of both again."""
    clock = SetClock(LATER)
    office, new, backups = tmp_path / "office", tmp_path / "new", tmp_path / "backups"
    with site(office, clock=clock) as here:
        tablets = [folder_of(tmp_path / one, here.client, here.code(), clock) for one in "ab"]
        clients = [_client(one, here, clock) for one in tablets]
        for client in clients:
            client._log.record(said("before the backup"))
            synced(client)
        backup = back_up(here.folder, backups, clock, 14).path
        for client in clients:
            for number in range(4):
                client._log.record(said(f"lost {number}"))
            synced(client)
        here.parts.checkpoint()
        clients[0]._log.record(said("sees a head that is lost"))
        synced(clients[0])
    clock.at += 60_000_000
    restored(backup, new, old=office, at=clock.at)

    with site(new, clock=clock) as here:
        clients = [_client(one, here, clock) for one in tablets]
        clients[0]._log.record(said("after the restore"))
        for client in clients:
            synced(client)
            own = client._log.held
            assert here.parts.intake.store.held(client._log.log).hash == own.hash
            assert client.outbox.held == own.sequence
            raw = client._folder.reference.receipts(client._log.log)[-1][1]
            assert Receipt.decode(raw).epoch == 2
            synced(client)  # and it is said once
    for one in tablets:
        one.close()
    assert verify(DataFolder.open(new)).fault is None
    assert verify(DataFolder.open(office)).fault is None


def _client(tablet: TabletFolder, here: Site, clock: SetClock) -> SyncClient:
    return SyncClient(tablet, tablet.device_log(clock), clock, here.client)


def test_a_tablet_enrolled_after_the_backup_keeps_its_log_with_a_new_code(tmp_path: Path) -> None:
    clock = SetClock(LATER)
    with site(tmp_path / "office", clock=clock) as here:
        backup = back_up(here.folder, tmp_path / "backups", clock, 14).path
        tablet = folder_of(tmp_path / "tablet", here.client, here.code(), clock)
        client = _client(tablet, here, clock)
        client._log.record(said("received, then lost"))
        synced(client)
    log = tablet.current.log
    clock.at += 60_000_000
    restored(backup, tmp_path / "new", at=clock.at)

    with site(tmp_path / "new", clock=clock) as here:
        client = _client(tablet, here, clock)
        with pytest.raises(RefusedError) as refused:
            synced(client)
        assert refused.value.code == "not-enrolled"
        tablet.close()

        tablet = folder_of(tmp_path / "tablet", here.client, here.code("平板 09"), clock)
        client = _client(tablet, here, clock)
        synced(client)

        assert tablet.current.log == log
        assert tablet.tablet.name == "平板 09"
        assert client.stopped() is None
        held = here.parts.intake.store.held(bytes.fromhex(log))
        assert held.hash == client._log.held.hash
    tablet.close()
    assert verify(DataFolder.open(tmp_path / "new")).fault is None


def test_a_server_that_was_killed_is_restored_and_nothing_is_lost(tmp_path: Path) -> None:
    """The whole of it with real processes: push, back up, push, kill, restore, push again."""
    clock, office, new = SystemClock(), tmp_path / "office", tmp_path / "new"
    DataFolder.create(office, "坡头区民政局", os.urandom, clock)
    with serving(office) as server, httpx.Client(base_url=server.address, timeout=60) as http:
        tablet = enrolling.prepare(tmp_path / "tablet", http, code(office), clock, os.urandom)
        client = SyncClient(tablet, tablet.device_log(clock), clock, http)
        client._log.record(said("before"))
        synced(client)
        assert xunji("backup", "--data", office, "--to", tmp_path / "backups").exit_code == 0
        client._log.record(said("after"))
        synced(client)
    (backup,) = (tmp_path / "backups").iterdir()
    assert xunji("restore", "--data", new, "--from", backup).exit_code == 0

    with serving(new) as server, httpx.Client(base_url=server.address, timeout=60) as http:
        client = SyncClient(tablet, tablet.device_log(clock), clock, http)
        synced(client)
        assert client.outbox.held == client._log.held.sequence == 3
    held = [one for one in held_in(new) if one.entry.header.log == client._log.log]
    assert held[-1].entry.hash == client._log.held.hash
    assert [verify(DataFolder.open(one)).fault for one in (office, new)] == [None, None]
    tablet.close()
