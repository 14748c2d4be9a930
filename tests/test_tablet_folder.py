"""The tablet's folder: one process at a time, nothing half made, a new log names the old one."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from events import chain
from events.chain import Head
from events.clock import SetClock
from events.errors import BusyError, FolderError
from events.header import digest
from events.ids import EntryRef
from events.office import LogOpened
from events.pull import Document, card_purpose
from events.sealing import seal_to
from events.store import Held
from mobile.register import Card as Doorstep
from mobile.register import Register
from mobile.scenery import draw
from mobile.sqlite_reference import Card
from mobile.tablet_folder import TabletFolder
from tests.tablets import BUREAU, DAY, HOME, HOUSEHOLD, MORNING, SECOND, Bench, bench
from tests.test_device_log import said

CLOCK = SetClock(MORNING)


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path / "tablet") as found:
        yield found


def test_a_folder_that_is_none_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(FolderError):
        TabletFolder.open(tmp_path)
    (tmp_path / "tablet.json").write_text("{")
    with pytest.raises(FolderError):
        TabletFolder.open(tmp_path)


def test_a_folder_of_a_later_layout_is_left_alone(tablet: Bench) -> None:
    tablet.folder.keep(layout=2)
    with pytest.raises(FolderError, match="layout 2"):
        TabletFolder.open(tablet.folder.path)


def test_two_processes_do_not_share_a_folder(tablet: Bench) -> None:
    with pytest.raises(BusyError):
        TabletFolder.open(tablet.folder.path)


def test_the_genesis_is_durable_and_verifies(tablet: Bench) -> None:
    first = tablet.folder.genesis()
    keys = tablet.folder.keys(1)
    assert chain.verify([first], Head(), first.hash, keys.signing.public_key()).sequence == 1
    opening = tablet.facts()[0]
    assert isinstance(opening, LogOpened)
    assert opening.bureau == BUREAU.hex()
    assert opening.signing_key == keys.signing_public.hex()
    assert opening.sealing_key == keys.sealing_public.hex()
    assert not tablet.folder.enrolled


def test_keys_of_an_opening_that_was_cut_short_are_used(tmp_path: Path) -> None:
    folder = TabletFolder.begin(tmp_path / "t", BUREAU, Random(1).randbytes)
    kept = folder.keep
    folder.keep = lambda **_: (_ for _ in ()).throw(OSError("full"))  # type: ignore[method-assign]
    with pytest.raises(OSError, match="full"):
        folder.open_log(CLOCK)
    folder.keep = kept  # type: ignore[method-assign]
    made = folder.keys(1).signing_public

    folder.open_log(CLOCK)

    assert folder.keys(1).signing_public == made
    assert len(folder.tablet.logs) == 1
    folder.close()


def test_a_new_log_has_new_keys_and_names_the_old(tablet: Bench) -> None:
    tablet.log.record(said("a"))
    held = tablet.log.held

    tablet.folder.open_log(CLOCK, reason="new_key")

    log = tablet.folder.device_log(CLOCK)
    opening = next(iter(log.read())).fact
    assert isinstance(opening, LogOpened)
    assert opening.continues == EntryRef(tablet.log.log.hex(), held.sequence)
    assert opening.continues_hash == held.hash.hex()
    assert opening.reason == "new_key"
    assert tablet.folder.keys(2).signing_public != tablet.folder.keys(1).signing_public
    # what the old log sealed still opens, and the same person keeps the same key
    old = tablet.folder.keyring()
    assert old.for_subject(b"\0" * 16)
    again = log.record(said("b"))
    assert again.text("value") == b"b"
    assert len(tablet.folder.vault.of_subject(_bytes(HOUSEHOLD))) == 1


def test_a_fork_is_continued_from_what_the_office_has(tablet: Bench) -> None:
    tablet.log.record(said("a"))
    first = tablet.folder.genesis()

    tablet.folder.open_log(CLOCK, reason="fork", trusted=Held(1, first.hash))

    opening = next(iter(tablet.folder.device_log(CLOCK).read())).fact
    assert isinstance(opening, LogOpened)
    assert opening.continues == EntryRef(tablet.log.log.hex(), 1)


def test_a_closed_folder_opens_as_it_was(tmp_path: Path) -> None:
    with bench(tmp_path / "t") as tablet:
        tablet.log.record(said("a"))
        log, device = tablet.log.log, tablet.folder.tablet.device
    with bench(tmp_path / "t", "after") as again:
        assert (again.log.log, again.folder.tablet.device) == (log, device)
        assert again.logged()[-1].text("value") == b"a"


def test_a_picture_is_kept_sealed_under_the_hash_of_its_bytes(tablet: Bench) -> None:
    taken = draw(Random(1))
    picture = tablet.folder.pictures.keep(taken, tablet.folder.entropy)

    assert tablet.folder.pictures.waiting() == [picture.name]
    stored = tablet.folder.pictures.read(picture.name)
    assert digest(stored).hex() == picture.name
    assert taken[8:40] not in stored
    assert tablet.folder.pictures.look(picture.name).read_bytes() == taken
    assert not list(tablet.folder.path.glob("pictures/*/.new-*"))


def test_a_picture_is_only_kept_open_while_its_inspection_is(tablet: Bench) -> None:
    kept = [tablet.folder.pictures.keep(draw(Random(n)), tablet.folder.entropy) for n in (1, 2)]

    tablet.folder.pictures.close({kept[0].name})

    assert tablet.folder.pictures.look(kept[0].name).is_file()
    assert not tablet.folder.pictures.look(kept[1].name).exists()
    assert len(tablet.folder.pictures.waiting()) == 2


def test_one_that_is_sent_while_they_are_counted_is_left_out(
    tablet: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = tablet.folder.pictures
    kept = [pictures.keep(draw(Random(n)), tablet.folder.entropy).name for n in (1, 2)]
    names = pictures._names

    def sent_meanwhile(folder: str) -> list[str]:
        found = names(folder)
        if folder == "waiting" and kept[0] in found:
            pictures.sent(kept[0], MORNING)
        return found

    monkeypatch.setattr(pictures, "_names", sent_meanwhile)
    assert pictures.waiting() == [kept[1]]


def test_a_picture_that_was_sent_is_kept_for_thirty_days(tablet: Bench) -> None:
    pictures = tablet.folder.pictures
    name = pictures.keep(draw(Random(1)), tablet.folder.entropy).name
    pictures.sent(name, MORNING)

    assert (pictures.waiting(), pictures.forget_old(MORNING + 30 * DAY)) == ([], 0)
    assert pictures.send_again() == 1
    assert pictures.waiting() == [name]
    pictures.sent(name, MORNING)
    assert pictures.forget_old(MORNING + 30 * DAY + SECOND) == 1
    assert pictures.send_again() == 0


# ── what the office sends ──────────────────────────────────────────────────────────


def _bytes(text: str) -> bytes:
    from events.ids import id_bytes

    return id_bytes(text)


def a_card(tablet: Bench, expires: int, number: int = 1) -> Card:
    log = bytes.fromhex(tablet.folder.tablet.logs[number - 1].log)
    to = tablet.folder.keys(number).sealing.public_key()
    sealed = seal_to(
        '{"name":"林水娣","address":"海滨巷1号","resident_id":"x"}'.encode(),
        to,
        card_purpose(BUREAU, log, HOME, expires),
    )
    return Card(HOME, HOUSEHOLD, log, sealed, expires)


def test_a_card_opens_with_our_key_until_it_expires(tablet: Bench) -> None:
    register = Register(tablet.folder.reference, tablet.folder.open_card)
    tablet.folder.reference.take((), [a_card(tablet, MORNING + 10)])

    assert register.card(HOME, MORNING) == Doorstep("林水娣", "海滨巷1号")
    assert register.card(HOME, MORNING + 10) is None
    raw = b"".join(one.read_bytes() for one in tablet.folder.path.glob("reference*"))
    assert "林水娣".encode() not in raw

    assert tablet.folder.reference.drop_expired(MORNING + 10) == 1


def test_a_card_for_a_longer_time_than_it_was_sealed_for_does_not_open(tablet: Bench) -> None:
    import msgspec

    register = Register(tablet.folder.reference, tablet.folder.open_card)
    longer = msgspec.structs.replace(a_card(tablet, MORNING + 10), expires=MORNING + 99)
    tablet.folder.reference.take((), [longer])
    assert register.card(HOME, MORNING) is None


def test_documents_come_in_any_order_and_the_newest_stays(tablet: Bench) -> None:
    from msgspec import Raw

    reference = tablet.folder.reference
    new, old = (Document("areas", "4", at, Raw(b"%d" % at)) for at in (7, 5))
    gone = Document("areas", "4", 6, Raw(b"null"), gone=True)
    reference.take([new])
    reference.take([old, gone])
    assert reference.document("areas", "4") == b"7"
    reference.take([Document("areas", "4", 9, Raw(b"null"), gone=True)])
    assert reference.document("areas", "4") is None


def test_a_reset_forgets_documents_and_keeps_receipts(tablet: Bench) -> None:
    from msgspec import Raw

    reference = tablet.folder.reference
    reference.take([Document("areas", "4", 1, Raw(b"1"))], [a_card(tablet, MORNING + 1)])
    reference.keep_receipt(tablet.log.log, 1, 1, b"receipt", {"a": b"b"})
    reference.take([Document("areas", "5", 2, Raw(b"2"))], reset=True)
    assert reference.documents("areas") == [("5", b"2")]
    assert reference.card(HOME, MORNING) is None
    assert reference.receipts(tablet.log.log) == [(1, b"receipt")]
    assert reference.kept("a") == b"b"
