"""Pictures: sealed on the tablet, handed in whole whatever happens, opened for a purpose."""

import os
import re
import socket
import zlib
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic, sleep, time
from urllib.parse import urlsplit

import anyio
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import InternalServerException

from backend import picture_upload
from backend.backing_up import back_up, read_manifest
from backend.entries import Entry
from backend.faults import MEANING
from backend.folder import DataFolder
from backend.inspection_case import Answer, said_value
from backend.office import Office
from backend.people.guard import CSRF_HEADER
from backend.people.rights import GRANTS, Right, Role
from backend.people.sessions import csrf_of
from backend.picture_folder import Copied, PictureFolder, Progress
from backend.pictures import MOST_BYTES, PictureLine, State, lines, page_of
from backend.problems import ProblemError
from backend.restoring import restore
from backend.verification import verify
from events import pictures
from events.clock import SetClock, SystemClock, moment
from events.errors import MalformedError, StorageError, TooLargeError, UnverifiedError
from events.facts import SealedPart, Visit
from events.ids import id_bytes, id_text
from events.inspections import EvidenceCaptured, InspectionStarted
from events.office import DeviceRevoked, PersonalDataErased
from events.pictures import CONTENT_TYPE, TUS_VERSION, Picture, upload_metadata
from events.pull import authorization
from events.vocabulary import tag_of
from events.writer import Said
from mobile import enrolling
from mobile.line import LineError
from mobile.scenery import draw
from mobile.sync_client import Status, SyncClient, SyncLoop
from mobile.tablet_folder import TabletFolder
from tests.server import NOON, a_visit, an_object, found, new_id, serving, site
from tests.test_backup import restored
from tests.test_device_log import said
from tests.test_end_to_end import code
from tests.test_inventories_http import _looks
from tests.test_sync_client import Field, through

PNG = b"\x89PNG\r\n\x1a\n"
HTML = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    with site(tmp_path / "office", clock=SetClock(NOON)) as here:
        tablet = Field(here, tmp_path / "tablet")
        yield tablet
        tablet.folder.close()


def taken(field: Field, number: int = 1) -> Picture:
    return field.folder.pictures.keep(draw(Random(number)), os.urandom)


def a_picture(number: int = 1) -> Picture:
    return pictures.seal(draw(Random(number)), Random(number).randbytes)


class Uploading:
    """A tablet's requests, each signed, as nobody of ours would send them."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.key = field.folder.keys(1).signing

    def ask(self, method: str, target: str, content: bytes = b"", **said: str) -> httpx.Response:
        log, bureau = self.field.log.log, self.field.here.folder.bureau
        at = self.field.clock.now().at
        headers = {
            "authorization": authorization(self.key, bureau, log, at, method, target),
            "tus-resumable": TUS_VERSION,
            "content-type": CONTENT_TYPE,
        }
        wanted = {**headers, **{name.replace("_", "-"): value for name, value in said.items()}}
        return self.field.http.request(method, target, content=content, headers=wanted)

    def begin(self, name: str, length: int, content: bytes = b"") -> httpx.Response:
        about = {"upload_length": str(length), "upload_metadata": upload_metadata(name)}
        return self.ask("POST", "/sync/pictures", content, **about)

    def more(self, name: str, offset: int, content: bytes) -> httpx.Response:
        return self.ask("PATCH", f"/sync/pictures/{name}", content, upload_offset=str(offset))

    def progress(self, name: str) -> httpx.Response:
        return self.ask("HEAD", f"/sync/pictures/{name}")


@pytest.fixture
def upload(field: Field) -> Uploading:
    return Uploading(field)


# ── sealing ────────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again_and_shows_nothing(rest: bytes) -> None:
    content = PNG + rest
    sealed = pictures.seal(content, os.urandom)

    assert pictures.unseal(sealed.stored, sealed.key) == content
    assert sealed.name == sha256(sealed.stored).hexdigest()
    assert sealed.key.sha256 == sha256(content).hexdigest()
    assert PNG not in sealed.stored


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    sealed = a_picture()
    stored = bytearray(sealed.stored)
    stored[place % len(stored)] ^= change

    with pytest.raises(UnverifiedError):
        pictures.unseal(bytes(stored), sealed.key)


def test_a_picture_is_the_one_that_was_taken() -> None:
    sealed = a_picture()
    other = msgspec.structs.replace(sealed.key, sha256=a_picture(2).key.sha256)

    with pytest.raises(UnverifiedError, match="not the one"):
        pictures.unseal(sealed.stored, other)


def test_what_is_no_picture_is_refused() -> None:
    for content in (b"", b"GIF89a", b"<svg/>"):
        with pytest.raises(MalformedError):
            pictures.seal(content, os.urandom)
    with pytest.raises(TooLargeError):
        pictures.seal(PNG + bytes(pictures.MOST_BYTES), os.urandom)
    with pytest.raises(UnverifiedError):
        pictures.unseal(b"short", a_picture().key)


def test_a_key_is_not_shown_by_accident() -> None:
    sealed = a_picture()
    assert sealed.key.key not in repr(sealed.key)


def test_scenery_is_a_picture() -> None:
    drawn = draw(Random(1))
    size, data = drawn[16:24], drawn.index(b"IDAT")
    length = int.from_bytes(drawn[data - 4 : data])

    assert (int.from_bytes(size[:4]), int.from_bytes(size[4:])) == (480, 360)
    assert len(zlib.decompress(drawn[data + 4 : data + 4 + length])) == 360 * (480 + 1)
    assert draw(Random(1)) == drawn != draw(Random(2))


# ── handing in ─────────────────────────────────────────────────────────────────────


def test_a_picture_arrives_as_it_was_sealed(field: Field) -> None:
    one, two = taken(field, 1), taken(field, 2)

    assert field.client.send_pictures() == 0

    office = field.here.parts.pictures
    assert [office.read(name) for name in sorted((one.name, two.name))] == [
        picture.stored for picture in sorted((one, two), key=lambda picture: picture.name)
    ]
    assert field.folder.pictures.waiting() == []
    assert list(office.names()) == sorted((one.name, two.name))
    assert not list(office.path.glob("arriving/*"))


@pytest.mark.parametrize("trouble", ["down", "lost", "busy", "portal"])
@pytest.mark.parametrize("calm", [0, 1, 2, 3])
def test_trouble_on_the_line_loses_no_picture(field: Field, trouble: str, calm: int) -> None:
    one, two = taken(field, 1), taken(field, 2)
    client = through(field, *[""] * calm, trouble)

    with pytest.raises(LineError):
        client.send_pictures()
    client.send_pictures()

    assert list(field.here.parts.pictures.names()) == sorted((one.name, two.name))
    assert field.folder.pictures.waiting() == []


def test_what_arrived_is_not_sent_again(field: Field, upload: Uploading) -> None:
    picture = taken(field)
    upload.begin(picture.name, len(picture.stored), picture.stored[:700])
    sent: list[int] = []
    field.http.event_hooks["request"].append(
        lambda request: sent.append(len(request.read())) if request.method == "PATCH" else None
    )

    field.client.send_pictures()

    assert sent == [len(picture.stored) - 700]
    assert field.here.parts.pictures.read(picture.name) == picture.stored


def test_a_line_that_breaks_costs_only_what_was_under_way(tmp_path: Path) -> None:
    """A real server, and a socket that is closed in the middle of a picture."""
    clock, office = SystemClock(), tmp_path / "office"
    found(office, clock)
    picture = a_picture()
    with serving(office) as server, httpx.Client(base_url=server.address, timeout=60) as http:
        folder = enrolling.prepare(tmp_path / "tablet", http, code(office), clock, os.urandom)
        client = SyncClient(folder, folder.device_log(clock), clock, http)
        target = "/sync/pictures"
        request = (
            f"POST {target} HTTP/1.1\r\nHost: {urlsplit(server.address).netloc}\r\n"
            f"Authorization: {client._authorized('POST', target)}\r\n"
            f"Tus-Resumable: {TUS_VERSION}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"Upload-Length: {len(picture.stored)}\r\n"
            f"Upload-Metadata: {upload_metadata(picture.name)}\r\n"
            f"Content-Length: {len(picture.stored)}\r\n\r\n"
        )
        address = urlsplit(server.address)
        with socket.create_connection((address.hostname, address.port)) as line:
            line.sendall(request.encode() + picture.stored[:900])
            _wait(lambda: client._sender._held(picture.name) == 900)
        folder.pictures._put("waiting", picture.name, picture.stored)

        # The server hears of the end of the line a moment later; until then it is busy.
        _wait(lambda: _tried(client) and not folder.pictures.waiting())

        assert PictureFolder(office / "pictures").read(picture.name) == picture.stored
        folder.close()


def _tried(client: SyncClient) -> bool:
    try:
        client.send_pictures()
    except LineError:
        return False
    return True


def _wait(true: Callable[[], bool]) -> None:
    until = monotonic() + 20
    while not true():
        assert monotonic() < until
        sleep(0.05)


def test_one_that_is_refused_holds_up_no_other(field: Field) -> None:
    bad, good = taken(field, 1), taken(field, 2)
    (field.folder.pictures._path / "waiting" / bad.name).write_bytes(bad.stored[:-1] + b"?")

    field.client.send_pictures()

    assert field.folder.pictures.waiting() == [bad.name]
    assert list(field.here.parts.pictures.names()) == [good.name]
    (field.folder.pictures._path / "waiting" / bad.name).write_bytes(bad.stored)
    field.client.send_pictures()
    assert field.folder.pictures.waiting() == [bad.name]  # it rests
    field.clock.at += 3_600_000_000
    field.here.clock.at = field.clock.at  # type: ignore[attr-defined]
    field.client.send_pictures()
    assert field.folder.pictures.waiting() == []


def test_one_that_the_office_is_busy_with_holds_up_no_other(field: Field) -> None:
    first, second = taken(field, 1), taken(field, 2)
    office = field.here.parts.pictures
    office.begin(first.name, len(first.stored))
    sending = office.resume(first.name, 0)

    field.client.send_pictures()
    assert list(office.names()) == [second.name]

    sending.close()
    field.client.send_pictures()
    assert field.folder.pictures.waiting() == []


def test_what_is_refused_is_tried_again_where_a_person_asks(field: Field) -> None:
    picture = taken(field)
    file = field.folder.pictures._path / "waiting" / picture.name
    file.write_bytes(b"damaged")
    field.client.send_pictures()
    file.write_bytes(picture.stored)

    field.client.try_again()
    field.client.send_pictures()

    assert field.folder.pictures.waiting() == []


def test_what_is_recorded_meanwhile_goes_before_the_next_picture(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        taken(field, number)
    field.client.push_all()
    send = field.client._sender.send
    held: list[bool] = []

    def sending(name: str, stored: bytes) -> None:
        held.append(field.client.outbox.held == field.log.held.sequence)
        send(name, stored)
        field.log.record(said("while it was sent"))

    monkeypatch.setattr(field.client._sender, "send", sending)
    field.client.send_pictures()

    assert held == [True, True]
    assert field.client.outbox.held == field.log.held.sequence


def test_a_long_way_of_pictures_is_gone_in_rounds(field: Field) -> None:
    for number in range(4):
        taken(field, number)
    said = iter([False, False, True])

    assert field.client.send_pictures(lambda: next(said)) == 2
    assert len(field.folder.pictures.waiting()) == 2


def test_the_loop_hands_pictures_in(field: Field) -> None:
    picture, rested = taken(field), Event()

    def heard(status: Status) -> None:
        if not status.syncing:
            rested.set()

    loop = SyncLoop(field.client, heard)
    loop.start()
    assert rested.wait(20)
    loop.stop()
    assert field.here.parts.pictures.holds(picture.name)


# ── what the office takes ──────────────────────────────────────────────────────────


def test_it_goes_on_where_it_ended_and_nowhere_else(upload: Uploading) -> None:
    picture = a_picture()
    length = len(picture.stored)

    assert upload.progress(picture.name).status_code == 404
    begun = upload.begin(picture.name, length)
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "0")
    assert begun.headers["location"] == f"/sync/pictures/{picture.name}"
    assert upload.more(picture.name, 0, picture.stored[:100]).headers["upload-offset"] == "100"
    elsewhere = upload.more(picture.name, 50, picture.stored[50:])
    assert (elsewhere.status_code, elsewhere.json()["offset"]) == (409, 100)
    again = upload.begin(picture.name, length)
    assert again.headers["upload-offset"] == "100"
    last = upload.more(picture.name, 100, picture.stored[100:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(length))
    there = upload.progress(picture.name)
    assert (there.headers["upload-offset"], there.headers["upload-length"]) == (str(length),) * 2
    assert upload.more(picture.name, length, b"").status_code == 409


def test_what_is_not_what_its_name_says_is_not_kept(upload: Uploading) -> None:
    picture = a_picture()
    wrong = picture.stored[:-1] + bytes([picture.stored[-1] ^ 1])

    answer = upload.begin(picture.name, len(wrong), wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, "picture-damaged")
    assert upload.progress(picture.name).status_code == 404
    assert upload.begin(picture.name, len(wrong), picture.stored).status_code == 201


def test_no_more_is_taken_than_was_announced(upload: Uploading) -> None:
    picture = a_picture()

    more = upload.begin(picture.name, 100, picture.stored)
    larger = upload.begin(picture.name, pictures.MOST_BYTES + 1)

    assert (more.status_code, larger.status_code) == (413, 413)
    anew = upload.begin(picture.name, len(picture.stored), picture.stored)
    assert anew.headers["upload-offset"] == str(len(picture.stored))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"tus_resumable": "0.2.2"}, "upload-version"),
        ({"tus_resumable": ""}, "upload-version"),
        ({"authorization": ""}, "unsigned"),
        ({"authorization": f"Xunji log={'0' * 64}, at=1, signature={'0' * 128}"}, "not-enrolled"),
        ({"upload_metadata": "sha256 !!!"}, "malformed"),
        ({"upload_metadata": "filename aGk="}, "malformed"),
        ({"upload_metadata": upload_metadata("../" * 21 + "a")}, "malformed"),
        ({"upload_length": "-1"}, "bad-request"),
        ({"upload_length": "many"}, "bad-request"),
    ],
)
def test_what_is_no_upload_is_refused(upload: Uploading, said: dict[str, str], code: str) -> None:
    about = {"upload_length": "100", "upload_metadata": upload_metadata("a" * 64), **said}
    answer = upload.ask("POST", "/sync/pictures", **about)

    assert answer.json()["code"] == code
    assert not list(upload.field.here.parts.pictures.path.glob("arriving/*"))


def test_more_needs_its_content_type_and_a_name(upload: Uploading) -> None:
    name = "a" * 64
    upload.begin(name, 10)
    target = f"/sync/pictures/{name}"
    plain = upload.ask("PATCH", target, b"x", upload_offset="0", content_type="text/plain")

    assert plain.json()["code"] == "media-type"
    assert upload.more("..%2f..%2fhistory.sqlite", 0, b"x").status_code in {400, 404}
    assert upload.more("b" * 64, 0, b"x").status_code == 404


def test_a_revoked_tablet_hands_in_no_picture(field: Field, upload: Uploading) -> None:
    log = field.log.log.hex()
    field.here.tell(DeviceRevoked(field.folder.tablet.device, log, 1, "lost"))

    assert upload.begin("a" * 64, 10).json()["code"] == "revoked"


def test_two_do_not_send_one_picture_at_once(tmp_path: Path) -> None:
    folder, picture = PictureFolder(tmp_path), a_picture()
    folder.begin(picture.name, len(picture.stored))
    sending = folder.resume(picture.name, 0)
    sending.write(picture.stored[:100])

    for again in (
        lambda: folder.resume(picture.name, 0),
        lambda: folder.resume(picture.name, 100),
        lambda: folder.begin(picture.name, len(picture.stored)),
        lambda: folder.begin(picture.name, 7),
    ):
        with pytest.raises(ProblemError, match="upload-busy"):
            again()
    assert folder.progress(picture.name) == Progress(100, len(picture.stored))
    sending.write(picture.stored[100:])
    with pytest.raises(ProblemError, match="upload-busy"):  # all came, and is not durable yet
        folder.progress(picture.name)
    assert sending.close().is_whole
    assert folder.read(picture.name) == picture.stored


@pytest.mark.parametrize("is_right", [True, False])
@pytest.mark.parametrize("asked", ["progress", "begin", "resume"])
def test_what_all_came_before_the_server_was_killed_is_looked_at(
    tmp_path: Path, asked: str, is_right: bool
) -> None:
    picture = a_picture()
    length = len(picture.stored)
    killed = PictureFolder(tmp_path)
    killed.begin(picture.name, length)
    sending = killed.resume(picture.name, 0)
    sending.write(picture.stored if is_right else bytes(length))
    sending._file.close()  # as the system does; nobody else hears of it

    folder = PictureFolder(tmp_path)
    if asked == "resume":
        with pytest.raises(ProblemError):
            folder.resume(picture.name, length)
    else:
        told = (
            folder.progress(picture.name)
            if asked == "progress"
            else folder.begin(picture.name, length)
        )
        anew = None if asked == "progress" else Progress(0, length)
        assert told == (Progress(length, length) if is_right else anew)

    assert folder.holds(picture.name) == is_right
    assert folder.begin(picture.name, length).is_whole == is_right


def test_a_tablet_does_not_take_a_strange_number_for_the_whole(field: Field) -> None:
    picture = taken(field)

    class Office(httpx.Client):
        def request(self, *_what: object, **_how: object) -> httpx.Response:  # type: ignore[override]
            return httpx.Response(200, headers={"upload-offset": str(len(picture.stored) + 1)})

    client = SyncClient(field.folder, field.log, field.clock, Office())
    with pytest.raises(LineError):
        client._send_picture(picture.name)
    assert field.folder.pictures.waiting() == [picture.name]


def test_what_was_begun_and_never_went_on_is_forgotten(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    folder.begin("a" * 64, 10)
    now = time()

    assert folder.forget_old(now + 59 * 86_400) == 0
    assert folder.forget_old(now + 61 * 86_400) == 1
    assert folder.progress("a" * 64) is None


def test_a_server_that_starts_forgets_what_never_went_on(tmp_path: Path) -> None:
    pictures = PictureFolder(found(tmp_path / "office", SetClock(NOON)).path / "pictures")
    pictures.begin("a" * 64, 10)
    pictures.begin("b" * 64, 10)
    old = time() - 61 * 86_400
    os.utime(next(pictures.path.glob("arriving/a*")), (old, old))

    with site(tmp_path / "office"):
        assert pictures.progress("a" * 64) is None
        assert pictures.progress("b" * 64)


def test_pictures_leave_room_for_the_history(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path, reserve=2**62)
    with pytest.raises(StorageError):
        folder.begin("a" * 64, 10)
    assert folder.progress("a" * 64) is None

    PictureFolder(tmp_path).begin("a" * 64, 10)
    with pytest.raises(StorageError):  # it was there when the picture was begun
        folder.resume("a" * 64, 0)


def test_a_disk_that_is_full_keeps_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, picture = PictureFolder(tmp_path), a_picture()
    folder.begin(picture.name, len(picture.stored))
    sending = folder.resume(picture.name, 0)
    sending.write(picture.stored)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space"):
            sending.close()

    assert not folder.holds(picture.name)
    assert folder.progress(picture.name) == Progress(len(picture.stored), len(picture.stored))
    assert folder.read(picture.name) == picture.stored


@pytest.mark.parametrize("silent", [True, False])
def test_a_line_that_broke_or_fell_silent_is_the_end_of_what_comes(
    monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    """No FIN came, or one did: either way what was under way is let go."""

    class Sending:
        async def stream(self) -> AsyncIterator[bytes]:
            yield b"so far"
            if silent:
                await anyio.sleep_forever()
            raise InternalServerException

    async def heard() -> list[bytes]:
        return [chunk async for chunk in picture_upload._chunks(Sending())]  # type: ignore[arg-type]

    monkeypatch.setattr(picture_upload, "SILENT_SECONDS", 0.05)
    assert anyio.run(heard) == [b"so far"]


# ── proving and backing up ─────────────────────────────────────────────────────────


def named(field: Field, visit: Visit, picture: Picture) -> None:
    """Record that a picture was taken, as a tablet does."""
    fact = EvidenceCaptured(
        visit=visit,
        evidence=new_id(),
        sha256=picture.name,
        size=len(picture.stored),
        media_type=picture.media_type,
        sealed=(SealedPart(pictures.PART, visit.inspection),),
    )
    key = {"key": picture.key.key, "sha256": picture.key.sha256}
    field.log.record(Said(fact, (msgspec.json.encode(key),)))


def test_verify_says_which_pictures_are_here_and_unharmed(field: Field) -> None:
    visit = a_visit(new_id())
    here, away, damaged = (taken(field, number) for number in range(3))
    for picture in (here, away, damaged):
        named(field, visit, picture)
    field.client.push_all()
    field.client.send_pictures()
    office = field.here.parts.pictures
    office.file(away.name).unlink()
    assert verify(field.here.folder).fault is None
    office.file(damaged.name).write_bytes(b"painted over")

    report = verify(field.here.folder)

    assert (report.pictures, report.waiting) == (3, 1)
    assert [one.code for one in report.faults] == ["picture"]
    assert report.faults[0].log == field.log.log.hex()
    assert "picture" in MEANING


def test_a_backup_has_the_pictures_and_a_restore_brings_them_back(
    field: Field, tmp_path: Path
) -> None:
    visit = a_visit(new_id())
    old, new = taken(field, 1), taken(field, 2)
    named(field, visit, old)
    field.client.push_all()
    field.client.send_pictures()
    backups = tmp_path / "backups"
    back_up(field.here.folder, backups, field.clock, 14)
    field.clock.at += 1_000_000
    named(field, visit, new)
    field.client.push_all()
    field.client.send_pictures()
    backup = back_up(field.here.folder, backups, field.clock, 14).path

    restored(backup, tmp_path / "new", at=field.clock.at + 1)

    folder = DataFolder.open(tmp_path / "new")
    assert list(folder.pictures().names()) == sorted((old.name, new.name))
    assert (verify(folder).pictures, verify(folder).waiting) == (2, 0)


def test_a_backup_of_the_history_is_whole_whatever_hinders_the_pictures(
    field: Field, tmp_path: Path
) -> None:
    good, bad = taken(field, 1), taken(field, 2)
    field.client.send_pictures()
    field.here.parts.pictures.file(bad.name).write_bytes(b"rotten")
    backups = tmp_path / "backups"
    backups.mkdir()
    (backups / "pictures").write_text("in the way")
    hindered = back_up(field.here.folder, backups, field.clock, 14)
    (backups / "pictures").unlink()
    field.clock.at += 1_000_000
    done = back_up(field.here.folder, backups, field.clock, 14)

    assert hindered.fault
    assert read_manifest(hindered.path).size == hindered.manifest.size
    assert (done.fault, done.pictures) == ("", Copied(1, (bad.name,)))
    assert PictureFolder(backups / "pictures").read(good.name) == good.stored


def test_a_restore_says_how_many_pictures_are_not_here(field: Field, tmp_path: Path) -> None:
    named(field, a_visit(new_id()), taken(field))
    field.client.push_all()
    field.client.send_pictures()
    backup = back_up(field.here.folder, tmp_path / "backups", field.clock, 14).path
    alone = backup.rename(tmp_path / backup.name)  # carried off without what lay beside it

    done = restore(alone, tmp_path / "new", None, SetClock(field.clock.at + 1), os.urandom)

    assert (done.pictures, done.missing) == (1, 1)


def test_verify_reports_a_picture_that_cannot_be_read(field: Field) -> None:
    picture = taken(field)
    named(field, a_visit(new_id()), picture)
    field.client.push_all()
    field.client.send_pictures()
    office = field.here.parts.pictures
    office.file(picture.name).unlink()
    office.file(picture.name).symlink_to(office.file(picture.name))

    assert verify(field.here.folder).waiting == 1  # it leads nowhere
    assert office.is_damaged(picture.name)


def test_what_a_restore_lost_comes_again(tmp_path: Path) -> None:
    clock = SetClock(NOON + 86_400_000_000)
    with site(tmp_path / "office", clock=clock) as here:
        tablet = Field(here, tmp_path / "tablet")
        tablet.clock.at = clock.at
        backup = back_up(here.folder, tmp_path / "backups", clock, 14).path
        picture = taken(tablet)
        named(tablet, a_visit(new_id()), picture)
        tablet.client.push_all()
        tablet.client.send_pictures()
        tablet.client.pull()
        tablet.folder.close()
    clock.at += 60_000_000
    restored(backup, tmp_path / "new", at=clock.at)

    with site(tmp_path / "new", clock=clock) as here:
        folder = TabletFolder.open(tmp_path / "tablet")
        at = SetClock(clock.at)
        client = SyncClient(folder, folder.device_log(at), at, here.client)
        enrolling_again = here.code()
        folder.close()
        folder = enrolling.prepare(
            tmp_path / "tablet", here.client, enrolling_again, at, os.urandom
        )
        client = SyncClient(folder, folder.device_log(at), at, here.client)
        client.push_all()
        client.pull()
        client.send_pictures()
        assert here.parts.pictures.read(picture.name) == picture.stored
        folder.close()


# ── what its answer says ───────────────────────────────────────────────────────────


def test_an_answer_of_pictures_says_when_they_were_taken() -> None:
    taken = [
        {"sha256": letter * 64, "taken_at": f"2026-06-0{day}T09:16:56+08:00"}
        for day, letter in enumerate("ab", 1)
    ]
    answer = Answer("FU-29", None, "", "given", False, taken, None, 1)

    assert said_value(answer, "zh") == "2026-06-01 09:16; 2026-06-02 09:16"


# ── pages of them ──────────────────────────────────────────────────────────────────


def a_line(position: int, size: int = 10, state: State = "here") -> PictureLine:
    return PictureLine(position, moment(NOON), "a" * 64, size, state, 0)


def test_a_page_has_what_is_here_behind_a_position_and_no_more_than_it_can_bear() -> None:
    half = MOST_BYTES // 2
    found = [a_line(1), a_line(2, state="waiting"), a_line(3, state="unsealed"), a_line(4, half)]
    found += [a_line(5, half), a_line(6, 2 * MOST_BYTES), a_line(7)]

    pages = []
    after = 0
    for _page in range(4):
        shown, after = page_of(found, after)
        pages.append([one.position for one in shown])
        if not after:
            break
    assert pages == [[1, 4], [5], [6], [7]]


def test_what_was_taken_back_and_what_is_no_picture_is_not_among_them(tmp_path: Path) -> None:
    at = moment(NOON)
    detail = {"sha256": "a" * 64, "size": 5}
    entries = [
        Entry(1, "", 1, tag_of(EvidenceCaptured), at, at, detail=detail, sealed=("picture",)),
        Entry(2, "", 2, tag_of(EvidenceCaptured), at, at, detail=detail, struck=True),
        Entry(3, "", 3, tag_of(InspectionStarted), at, at),
    ]

    (line,) = lines(entries, PictureFolder(tmp_path))

    assert (line.position, line.state, line.part) == (1, "waiting", 0)


# ── opening ────────────────────────────────────────────────────────────────────────


class Case:
    """An inspection with a picture that came, and one that did not yet."""

    def __init__(self, field: Field) -> None:
        self.field = field
        thing = an_object()
        field.here.tell(thing)
        self.visit = a_visit(thing.object)
        begun = InspectionStarted(visit=self.visit, checklist="c", version=1)
        field.log.record(Said(begun))
        self.picture = taken(field, 1)
        named(field, self.visit, self.picture)
        named(field, self.visit, a_picture(2))
        field.client.push_all()
        field.client.send_pictures()
        field.here.folded()
        self.address = f"/inspections/{self.visit.inspection}/pictures"

    def open(self, role: Role, purpose: str = "complaint") -> httpx.Response:
        client = self.field.here.sign_in(role, **SCOPES.get(role, {}))
        token = {CSRF_HEADER: csrf_of(client.cookies["xunji"])}
        return client.post(self.address, data={"purpose": purpose}, headers=token | HTML)


SCOPES = {
    Role.SECTION_CHIEF: {"domains": ("funeral",)},
    Role.TOWNSHIP: {"townships": ("440804001",)},
}


@pytest.fixture
def case(field: Field) -> Case:
    return Case(field)


def test_a_picture_is_shown_for_a_purpose_and_recorded(case: Case) -> None:
    here = case.field.here
    looks = len(_looks(here))

    unsaid, opened = case.open(Role.MANAGER, " "), case.open(Role.MANAGER)

    assert (unsaid.status_code, opened.status_code) == (422, 200)
    assert "data:image" not in unsaid.text
    shown = re.findall(r'src="data:image/png;base64,([^"]+)"', opened.text)
    assert [b64decode(one) for one in shown] == [draw(Random(1))]
    assert "1 photo has not come yet" in opened.text
    (look,) = _looks(here)[looks:]
    assert (look.subjects, look.purpose) == ((case.visit.inspection,), "complaint")


@pytest.mark.parametrize("role", Role)
def test_only_who_may_open_what_is_sealed_sees_a_picture(case: Case, role: Role) -> None:
    answer = case.open(role)

    may = Right.READ_PEOPLE_SEALED in GRANTS[role]
    assert answer.status_code == (200 if may else 403)
    assert ("data:image" in answer.text) == may


def test_how_much_fits_a_page_is_what_is_stored_and_not_what_a_tablet_says(case: Case) -> None:
    entry = Entry(
        1, "", 1, tag_of(EvidenceCaptured), moment(NOON), moment(NOON),
        detail={"sha256": case.picture.name, "size": 1}, sealed=(pictures.PART,),
    )  # fmt: skip

    (line,) = lines([entry], case.field.here.parts.pictures)

    assert line.size == len(case.picture.stored)


@pytest.mark.parametrize("after", ["-1", "x", "9" * 5_000])
def test_where_a_page_begins_is_a_position(case: Case, after: str) -> None:
    client = case.field.here.sign_in(Role.MANAGER)
    token = {CSRF_HEADER: csrf_of(client.cookies["xunji"])}
    said = {"purpose": "complaint", "after": after}

    assert client.post(case.address, data=said, headers=token).status_code == 400


def test_the_page_of_the_inspection_says_how_many_there_are(case: Case) -> None:
    manager, inspector = (case.field.here.sign_in(one) for one in (Role.MANAGER, Role.INSPECTOR))
    address = f"/inspections/{case.visit.inspection}"
    told = [one.get(address, headers=HTML).text for one in (manager, inspector)]

    assert ["2 photos · 1 not here yet" in one for one in told] == [True, True]
    assert [case.address in one for one in told] == [True, False]


def test_a_picture_of_what_was_erased_stays_shut(case: Case) -> None:
    here = case.field.here
    with Office(here.folder, "console", here.clock, os.urandom) as office:
        keys = office.vault.erase(id_bytes(case.visit.inspection))
        gone = tuple(id_text(key) for key in keys)
        office.record(PersonalDataErased(case.visit.inspection, gone, "request"))

    answer = case.open(Role.MANAGER)

    assert "data:image" not in answer.text
    assert "The photo was erased" in answer.text


def test_a_picture_that_was_changed_at_the_office_is_not_shown(case: Case) -> None:
    case.field.here.parts.pictures.file(case.picture.name).write_bytes(a_picture(3).stored)

    answer = case.open(Role.MANAGER)

    assert "data:image" not in answer.text
    assert "does not open" in answer.text
