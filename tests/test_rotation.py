"""New keys for old: what was signed and sealed before stays good."""

from pathlib import Path

import pytest

from backend import rotating
from backend.checkpoints import Checkpoints
from backend.folder import DataFolder
from backend.keys import KeyFolder
from backend.office import Office
from backend.opening import Opener, PartRef
from backend.rotating import Rotatable, rewrap, root_of, rotate
from backend.verification import verify
from events import vocabulary
from events.errors import BusyError, FolderError, UnverifiedError
from events.ids import EntryRef
from events.office import LogOpened
from events.statements import Role
from tests.bureau import DAY, at_work, card, closed, found, tablet_of, take_in

ANN = b"Ann's sixteen..."
ROLES: list[Rotatable] = ["office", "access", "checkpoint", "sealing", "root"]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return found(tmp_path / "data")


def later(office: Office, days: int = 1) -> None:
    office.clock.at += days * DAY  # type: ignore[attr-defined]


def test_after_a_rotation_a_process_writes_a_new_log_that_names_the_old(
    folder: DataFolder,
) -> None:
    with at_work(folder) as office:
        old, held = office.log, office.store.held(office.log)

        console, server = rotate(office, "office", root_of(folder, None))

        assert (console.old, server.old) == (2, 1)
        assert office.log != old
        assert office.log.hex() == folder.own_log("console").log
        (genesis,) = office.store.read_log(office.log, 0, 1)
        fact = vocabulary.decode(genesis.tag, genesis.record().entry.body)
        assert isinstance(fact, LogOpened)
        assert fact.continues == EntryRef(old.hex(), held.sequence)
        assert fact.continues_hash == held.hash.hex()
        assert fact.reason == "new_key"
        tablet = tablet_of(office)
        assert office.enrolments(tablet.log) is not None
    with at_work(folder, "server", 5) as server_office:
        server_office.record(closed(1))
    assert verify(folder).fault is None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("revoke", [False, True])
def test_any_key_may_be_rotated_again_and_again(
    folder: DataFolder, role: Rotatable, revoke: bool
) -> None:
    serials: list[int] = []
    for round_ in range(3):
        with at_work(folder, seed=10 + round_) as office:
            later(office, round_)
            first = folder.keys.file("root") if role == "root" else None
            done = rotate(office, role, root_of(folder, first), revoke=revoke)
            serials += [one.certificate.serial for one in done]
            office.record(closed(round_))
            office.viewed("a", [ANN], "x")
            Checkpoints(folder, office.store, office.enrolments, office.clock).make()

    assert serials == sorted(set(serials))
    report = verify(folder)
    assert (report.fault, report.untrusted) == (None, 0)
    assert {file.stat().st_mode & 0o777 for file in folder.keys.path.iterdir()} == {0o600}


def test_a_revoked_office_key_is_believed_no_longer(folder: DataFolder) -> None:
    with at_work(folder) as office:
        before = tablet_of(office, 5)
        old = office._writer
        rotate(office, "office", root_of(folder, None), revoke=True)
        later(office)
        thief = tablet_of(office, 6)
        size = office.store.size()
        late = tablet_of(office, 7)
        assert office.store.size() == size + 1
        old.record(thief.enrolment("stolen"))

        assert office.enrolments(before.log) is not None
        assert office.enrolments(late.log) is not None
        known = office.enrolments.tablet(thief.log)
        assert known is not None
        assert known.fact.name == "T-1"
    assert verify(folder).untrusted == 1


def test_the_servers_key_waits_until_the_server_has_stopped(folder: DataFolder) -> None:
    with at_work(folder, "server", 3) as server, at_work(folder, "console", 4) as console:
        with pytest.raises(BusyError, match="server"):
            rotate(console, "office", root_of(folder, None))
        assert folder.own_log("console").serial == 2
        server.record(closed(1))
        console.record(closed(2))
    assert verify(folder).fault is None


def test_the_access_log_may_be_rotated_while_the_server_runs(folder: DataFolder) -> None:
    with at_work(folder, "server", 3) as server, at_work(folder, "console", 4) as console:
        server.viewed("a", [ANN], "x")
        rotate(console, "access", root_of(folder, None), revoke=True)
        later(server)
        entry = server.viewed("a", [ANN], "x")

        assert entry.header.log.hex() == folder.own_log("access").log
    report = verify(folder)
    assert (report.fault, report.untrusted) == (None, 0)


def test_data_keys_stay_openable_after_the_sealing_key_changed(folder: DataFolder) -> None:
    with at_work(folder, "server", 3) as server, at_work(folder, "console", 4) as console:
        tablet = tablet_of(server)
        entry = tablet.say(card(ANN), [b"before"])
        rotate(console, "sealing", root_of(folder, None))
        take_in(server, tablet.batch(keys=tablet.wrapped()))

        assert server.sealing_certificate().serial == 6
        part = PartRef(tablet.log, entry, 0)
        assert Opener(folder, server.vault).open(part) == b"before"
        own = server.record(card(b"new subject....."), [b"after"])
        assert server.vault.of_subject(b"new subject.....")[0].serial == 6
        assert Opener(folder, server.vault).open(PartRef(server.log, own, 0)) == b"after"


def test_wrapped_anew_they_open_without_the_old_key(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet = tablet_of(office)
        entry = tablet.say(card(ANN), [b"text"])
        take_in(office, tablet.batch(keys=tablet.wrapped()))
        (old,) = office.vault.of_subject(ANN)
        rotate(office, "sealing", root_of(folder, None))

        done = rewrap(office)
        folder.keys.file("sealing-5").unlink()

        assert (done.keys, done.left) == (1, 0)
        assert Opener(folder, office.vault).open(PartRef(tablet.log, entry, 0)) == b"text"
        assert old.wrapped not in (folder.path / "vault.sqlite").read_bytes()
        assert rewrap(office).keys == 0


def test_a_key_that_does_not_open_is_left_and_counted(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablet = tablet_of(office)
        tablet.say(card(ANN), [b"text"])
        take_in(office, tablet.batch(keys=tablet.wrapped()))
        rotate(office, "sealing", root_of(folder, None))
        folder.keys.file("sealing-5").unlink()

        done = rewrap(office)

        assert (done.keys, done.left) == (0, 1)


def test_checkpoints_are_signed_with_the_newest_key(folder: DataFolder) -> None:
    with at_work(folder) as office:
        checkpoints = Checkpoints(folder, office.store, office.enrolments, office.clock)
        checkpoints.make()
        later(office)
        (done,) = rotate(office, "checkpoint", root_of(folder, None), revoke=True)
        later(office)

        made = checkpoints.make()

        key = folder.checkpoint_key(done.certificate.serial).public_key()
        assert made.is_signed_by(key)
        current = office.enrolments.trust().current(Role.CHECKPOINT, office.clock.now().at)
        assert current.key == key.public_bytes_raw()
    assert (verify(folder).fault, verify(folder).checkpoints) == (None, 2)


def test_a_root_kept_elsewhere_is_named(folder: DataFolder, tmp_path: Path) -> None:
    safe = tmp_path / "safe.key"
    folder.keys.file("root").rename(safe)
    with at_work(folder) as office:
        with pytest.raises(FolderError, match="--root-key"):
            root_of(folder, None)

        rotate(office, "checkpoint", root_of(folder, safe))
    assert verify(folder).fault is None


def test_a_later_root_certifies_in_the_place_of_the_first(folder: DataFolder) -> None:
    with at_work(folder) as office:
        rotate(office, "root", root_of(folder, None))
        folder.keys.file("root").unlink()
        root = root_of(folder, None)
        assert root.key.public_key().public_bytes_raw() != folder.first_root

        rotate(office, "office", root, revoke=True)
        later(office)
        assert office.enrolments(tablet_of(office).log) is not None
    assert verify(folder).fault is None


def test_no_root_is_revoked_while_keys_in_use_hang_on_it(folder: DataFolder) -> None:
    first = folder.keys.file("root")
    others: list[Rotatable] = ["office", "access", "checkpoint", "sealing"]
    with at_work(folder) as office:
        rotate(office, "root", root_of(folder, None))
        for role in others:
            rotate(office, role, root_of(folder, None), revoke=True)
        size = office.store.size()

        for file in (None, first):
            with pytest.raises(FolderError, match="--root-key"):
                rotate(office, "root", root_of(folder, file), revoke=True)
        assert office.store.size() == size

        for role in others:
            rotate(office, role, root_of(folder, first))
        rotate(office, "root", root_of(folder, first), revoke=True)
        later(office)
        assert office.enrolments(tablet_of(office).log) is not None
    assert verify(folder).fault is None


def test_a_strange_root_certifies_nothing(folder: DataFolder, tmp_path: Path) -> None:
    other = found(tmp_path / "other", 99)
    files = sorted(folder.keys.path.iterdir())
    with at_work(folder) as office:
        size = office.store.size()
        for role in ROLES:
            with pytest.raises(FolderError, match="not a root key"):
                rotate(office, role, root_of(folder, other.keys.file("root")))
        assert office.store.size() == size
    assert sorted(folder.keys.path.iterdir()) == files
    with pytest.raises(FolderError):
        root_of(folder, KeyFolder(folder.keys.path).file("sealing-5"))


def test_no_key_certified_is_said(folder: DataFolder) -> None:
    with at_work(folder) as office:
        later(office, 4_000)

        with pytest.raises(UnverifiedError, match="sealing"):
            office.sealing_certificate()
        with pytest.raises(UnverifiedError):
            rewrap(office)
    assert rotating.Rewrapped(1, 2).left == 2
