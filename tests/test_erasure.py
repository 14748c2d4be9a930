"""Erasing a person: no byte of the key is left, and the history verifies as before."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from backend.adopting import adopt
from backend.erasing import erase
from backend.folder import DataFolder
from backend.office import Office
from backend.opening import Opener, PartRef
from backend.quarantine import QuarantineFile
from backend.verification import verify
from events.errors import ErasedError, ForkedError, Refusal
from events.ids import id_text
from events.office import EntryAdopted, PersonalDataErased
from events.sync import Quarantined
from tests.bureau import Tablet, at_work, card, closed, found, tablet_of, take_in

ANN, BEN = b"Ann's sixteen...", b"Ben's sixteen..."


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return found(tmp_path / "data")


def files(folder: DataFolder) -> bytes:
    return b"\0".join(one.read_bytes() for one in sorted(folder.path.rglob("*")) if one.is_file())


def home_visit(office: Office) -> tuple[Tablet, PartRef, PartRef]:
    """A tablet has handed in a sealed part for Ann, and one for Ben."""
    tablet = tablet_of(office)
    ann = tablet.say(card(ANN), ["安娜".encode()])
    ben = tablet.say(card(BEN), ["本".encode()])
    take_in(office, tablet.batch(keys=tablet.wrapped()))
    return tablet, PartRef(tablet.log, ann, 0), PartRef(tablet.log, ben, 0)


def test_no_byte_of_the_key_is_left_though_the_server_is_running(folder: DataFolder) -> None:
    with at_work(folder, "server", 3) as server, at_work(folder, "console", 4) as console:
        tablet, ann, ben = home_visit(server)
        server.record(card(ANN), [b"the office's own key"])
        opener = Opener(folder, server.vault)
        assert opener.open(ann).decode() == "安娜"
        keys = server.vault.of_subject(ANN)
        assert len(keys) == 1
        assert all(key.wrapped in files(folder) for key in keys)

        fact = erase(console, id_text(ANN), "pipl47")

        assert fact.keys == tuple(id_text(key.id) for key in keys)
        for key in keys:
            for at in range(0, 80, 8):
                assert key.wrapped[at : at + 8] not in files(folder)
        with pytest.raises(ErasedError):
            opener.open(ann)
        assert opener.open(ben).decode() == "本"
        server.record(closed(1))
        take_in(server, tablet.batch(keys=tablet.wrapped()))
        for key in keys:
            assert key.wrapped not in files(folder)
    report = verify(folder)
    assert (report.fault, report.unknown) == (None, 0)


def test_each_of_a_subjects_keys_is_destroyed(folder: DataFolder) -> None:
    with at_work(folder) as office:
        tablets = [tablet_of(office, seed) for seed in (5, 6)]
        for tablet in tablets:
            tablet.say(card(ANN), [b"x"])
            take_in(office, tablet.batch(keys=tablet.wrapped()))

        assert len(erase(office, id_text(ANN), "x").keys) == 2


def test_a_key_that_comes_late_for_an_erased_person_is_not_kept(folder: DataFolder) -> None:
    with at_work(folder) as office:
        erase(office, id_text(ANN), "x")
        tablet = tablet_of(office)
        entry = tablet.say(card(ANN), [b"late"])
        take_in(office, tablet.batch(keys=tablet.wrapped()))

        with pytest.raises(ErasedError):
            Opener(folder, office.vault).open(PartRef(tablet.log, entry, 0))
        assert len(erase(office, id_text(ANN), "x").keys) == 1


def test_erasing_again_adds_nothing(folder: DataFolder) -> None:
    with at_work(folder) as office:
        home_visit(office)
        first = erase(office, id_text(ANN), "x")
        size = office.store.size()

        assert erase(office, id_text(ANN), "y") == first
        assert office.store.size() == size


CRASH = """
import os, sys
from pathlib import Path
from backend.erasing import erase
from backend.folder import DataFolder
from backend.office import Office
from events.ids import id_text
from tests.bureau import at_work
office = at_work(DataFolder.open(Path(sys.argv[1])))
office.record = lambda fact: os._exit(9)
erase(office, id_text(b"Ann's sixteen..."), "x")
"""


def test_a_crash_between_vault_and_history_is_mended_by_erasing_again(folder: DataFolder) -> None:
    with at_work(folder) as office:
        home_visit(office)
    ended = subprocess.run([sys.executable, "-c", CRASH, folder.path], check=False)
    assert ended.returncode == 9

    with at_work(folder) as office:
        fact = erase(office, id_text(ANN), "x")

        assert isinstance(fact, PersonalDataErased)
        assert len(fact.keys) == 1
        with pytest.raises(ErasedError):
            office.vault.get(office.vault.erase(ANN)[0])


def test_the_vault_keeps_no_free_pages(folder: DataFolder) -> None:
    with at_work(folder) as office:
        home_visit(office)
        erase(office, id_text(ANN), "x")
    db = sqlite3.connect(folder.path / "vault.sqlite")
    assert db.execute("PRAGMA freelist_count").fetchone() == (0,)
    db.close()


# ── adoption: what comes out of quarantine brings no sealed part back ──────────────


def forked(office: Office, folder: DataFolder) -> tuple[Quarantined, Tablet]:
    """Hand in two versions of one log; return what was set aside."""
    tablet = tablet_of(office)
    twin = Tablet(folder.bureau, (5, office.sealing_certificate().key))
    tablet.record(2)
    take_in(office, tablet.batch())
    twin.entropy(3)
    twin.say(card(ANN), [b"sealed"])
    twin.record(2)
    quarantine = QuarantineFile(folder.quarantine_file, office.clock)
    with pytest.raises(ForkedError):
        take_in(office, twin.batch(), quarantine)
    (aside,) = quarantine.list()
    found_aside = quarantine.get(aside.id)
    quarantine.close()
    assert found_aside is not None
    return found_aside, twin


def test_authentic_entries_are_adopted_without_their_sealed_parts(folder: DataFolder) -> None:
    with at_work(folder) as office:
        aside, twin = forked(office, folder)

        facts = adopt(office, aside, "fork")

        assert [one.entry for one in facts if isinstance(one, EntryAdopted)] == [2, 3, 4]
        from events import envelope

        first = facts[0]
        assert isinstance(first, EntryAdopted)
        adopted = envelope.decode(bytes.fromhex(first.envelope))
        assert (adopted.hash, adopted.sealed) == (twin.entries()[1].hash, (None,))
    assert verify(folder).fault is None


def test_adopting_twice_adopts_once(folder: DataFolder) -> None:
    with at_work(folder) as office:
        aside, _twin = forked(office, folder)
        adopt(office, aside, "fork")
        size = office.store.size()

        assert all(isinstance(one, Refusal) for one in adopt(office, aside, "fork"))
        assert office.store.size() == size


def test_what_the_log_did_not_sign_is_not_adopted(folder: DataFolder) -> None:
    with at_work(folder) as office:
        aside, twin = forked(office, folder)
        held = office.store.read_log(twin.log, 0, 9)
        raw = aside.envelopes[1]
        place = 3 + int.from_bytes(raw[1:3], "big")
        strange = Quarantined(
            twin.log,
            1,
            "x",
            (
                b"no envelope",
                raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :],
                raw[:-1] + bytes([raw[-1] ^ 1]),
                held[1].record().entry.raw,
                Tablet(folder.bureau, seed=77).genesis.raw,
            ),
        )
        size = office.store.size()

        assert all(isinstance(one, Refusal) for one in adopt(office, strange, "x"))
        unknown = Quarantined(b"u" * 32, 1, "x", aside.envelopes)
        assert all(isinstance(one, Refusal) for one in adopt(office, unknown, "x"))
        assert office.store.size() == size
