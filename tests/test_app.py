"""The tablet as it is used: the app on a window, its folder, and a server process.

`XUNJI_PICTURES=folder` keeps the pictures.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from backend.codes import Codes
from backend.folder import DataFolder
from backend.office import Office
from backend.people.people import People
from backend.people.rights import Role
from backend.picture_folder import PictureFolder
from events.clock import SystemClock
from events.coordinates import GeoPoint
from events.facts import Fact
from events.ids import id_text
from events.inspections import EvidenceCaptured, InspectionCompleted, OfficerSignedIn
from events.office import InspectionAssigned
from events.register import AreaListed, CertificateIssued, ObjectListed, OfficerListed
from mobile import enrolling
from mobile.answer_policy import AnswerPolicy, Scene
from mobile.tablet_folder import TabletFolder
from tests.screen_driver import LANDSCAPE, Driver, catalogues, part, parts, speak
from tests.server import found, serving

# isort: split
from mobile import main, words
from mobile.desk import Machine
from mobile.fakes import FakeGps
from mobile.ports import CAMERA, FilePictures
from mobile.scenery import draw
from mobile.screens.answers import Picture
from mobile.screens.cover import AccountForm, CoverScreen, Key, OfficerPick
from mobile.screens.empty import Alone
from mobile.screens.outbox import PassageCard
from mobile.screens.question import QuestionCard
from mobile.screens.today import WorkCard
from mobile.screens.widgets import Action, Badge, Chip, RailItem, Segment

STREET, LEAD, SECOND, BADGE_1, BADGE_2, WORK = (id_text(os.urandom(16)) for _ in range(6))
HERE = "440804001"
JANUARY = date(2026, 1, 1)
PASSWORD = "七只白鹭飞过湖面 1204"
SLOW = 0.3  # seconds of each request: time enough to see that it is on its way


def facts(device: str) -> list[Fact]:
    """A street, two officers, and work for a tablet that is due today."""
    today = datetime.now(UTC).date()
    ends = today + timedelta(days=900)
    return [
        AreaListed(area=HERE, name_zh="南调街道", name_en="Nandiao", level="township",
                   valid_from=JANUARY),
        ObjectListed(object=STREET, object_type="street_segment", domain="social_assistance",
                     township=HERE, valid_from=JANUARY, name="海景路3段", lon=110.45, lat=21.24),
        OfficerListed(officer=LEAD, name="陈大文", role="officer", valid_from=JANUARY),
        OfficerListed(officer=SECOND, name="林小明", role="officer", valid_from=JANUARY),
        CertificateIssued(certificate=BADGE_1, officer=LEAD, number="GD-0001",
                          valid_from=JANUARY, valid_to=ends),
        CertificateIssued(certificate=BADGE_2, officer=SECOND, number="GD-0002",
                          valid_from=JANUARY, valid_to=ends),
        InspectionAssigned(assignment=WORK, object=STREET, object_type="street_segment",
                           kind="street_patrol", domain="social_assistance", township=HERE,
                           device=device, officers=(LEAD, SECOND), due_on=today),
    ]  # fmt: skip


class Bureau:
    """A server process over a real folder, that can be stopped and started again."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path
        self._stack = stack
        self.folder: DataFolder = found(path, SystemClock())
        self.served = stack.enter_context(serving(path))
        self.address = self.served.address

    def code(self) -> str:
        codes = Codes(self.folder.codes_file, SystemClock(), os.urandom)
        try:
            return codes.issue("平板 01", (), (), 3600)
        finally:
            codes.close()

    def tell(self, *told: Fact) -> None:
        with Office(self.folder, "console", SystemClock(), os.urandom) as console:
            for fact in told:
                console.record(fact, ())
            size = console.store.size()
        until = monotonic() + 60
        while httpx.get(f"{self.address}/ready", timeout=60).json()["folded"] < size:
            assert monotonic() < until, "the projector does not come after"
            sleep(0.05)

    def open_accounts(self) -> None:
        with closing(People.open(self.path, SystemClock(), demo=False)) as people:
            for name, officer in (("chen", LEAD), ("lin", SECOND)):
                made = people.accounts.open(name, name, Role.INSPECTOR, officer=officer)
                people.accounts.join(people.accounts.link(made.account), PASSWORD)

    def start_again(self) -> None:
        port = self.address.rpartition(":")[2]
        self.served = self._stack.enter_context(serving(self.path, "--port", port))


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    with ExitStack() as stack:
        yield Bureau(tmp_path / "office", stack)


@pytest.fixture
def folder(bureau: Bureau, tmp_path: Path) -> Path:
    """The folder of a tablet that is enrolled and has work."""
    path = tmp_path / "tablet"
    with httpx.Client(base_url=bureau.address, timeout=60) as http:
        tablet = enrolling.prepare(path, http, bureau.code(), SystemClock(), os.urandom)
    device = tablet.tablet.device
    tablet.close()
    bureau.tell(*facts(device))
    bureau.open_accounts()
    return path


class Person:
    """Somebody before the tablet: looks, taps, and waits until something is seen."""

    def __init__(self, app: main.TabletApp, driver: Driver) -> None:
        self.app = app
        self.driver = driver

    @property
    def screen(self) -> Any:  # noqa: ANN401  one of the four
        return self.app.shell.screens[self.app.shell.here]

    def until(self, true: Callable[[], object], seconds: float = 60) -> None:
        end = monotonic() + seconds
        while not true():
            assert monotonic() < end, "it is not seen"
            self.driver.wait(0.05)

    def go(self, name: str) -> None:
        self.driver.tap(part(self.app.shell.rail, RailItem, name=name))
        self.until(lambda: self.app.shell.here == name)

    def tap(self, kind: type, **wanted: object) -> None:
        self.driver.tap(part(self.driver.root, kind, **wanted))

    def reads(self, text: str, within: object = None) -> bool:
        shown = (within or self.driver.root).walk(restrict=True)  # type: ignore[attr-defined]
        return any(re.search(text, getattr(one, "text", "")) for one in shown)

    def sees(self, text: str) -> None:
        self.until(lambda: self.reads(text))

    def question(self, slot: str) -> QuestionCard:
        self.screen.jump(slot)
        self.driver.pump(3)
        return self.screen.list.card(slot)

    def choose(self, slot: str, value: str, kind: type = Segment) -> None:
        self.driver.tap(part(self.question(slot), kind, value=value))
        self.driver.pump(2)

    @property
    def cover(self) -> CoverScreen:
        found = self.app.shell.cover
        assert found
        return found

    def sign_in(self, account: str) -> None:
        """Sign in for the first time: password, then a new PIN, twice."""
        self.until(lambda: self.app.shell.cover)
        self.until(lambda: parts(self.cover, AccountForm))
        form = part(self.cover, AccountForm)
        self.write(form.ids.name, account)
        self.write(form.ids.password, PASSWORD)
        self.driver.tap(form.ids.send)
        self.until(lambda: self.cover.state.step == "new")
        self.type_pin()
        self.until(lambda: self.cover.state.step == "again")
        self.type_pin()
        self.until(lambda: self.app.shell.cover is None)

    def unlock(self, name: str) -> None:
        """Choose a name, and type the PIN."""
        self.until(lambda: parts(self.cover, OfficerPick))
        (pick,) = [one for one in parts(self.cover, OfficerPick) if one.row.name == name]
        self.driver.tap(pick)
        self.until(lambda: parts(self.cover, Key))
        self.type_pin()
        self.until(lambda: self.app.shell.cover is None)

    def write(self, field: object, text: str) -> None:
        self.driver.tap(field)
        self.driver.type(text)

    def type_pin(self, pin: str = "271828") -> None:
        for digit in pin:
            self.driver.tap(part(self.cover, Key, text=digit))

    def begin(self) -> None:
        """Begin the one piece of work there is, or go on with it."""
        self.go("today")
        self.until(lambda: parts(self.screen, WorkCard))
        (card,) = parts(self.screen, WorkCard)
        self.driver.tap(card.start)
        self.until(lambda: self.app.shell.here == "inspection")
        self.driver.settle()

    def meet(self) -> str:
        """Say that somebody was met; return the person's id."""
        self.choose("SP-08", "yes")
        self.screen.list.jump("add person")
        self.driver.pump(3)
        self.tap(Action, text="Add a person met")
        inspection = self.app.desk.inspection
        assert inspection
        (met,) = inspection.state.persons
        return met

    def fill(self) -> None:
        """Answer whatever is still asked."""
        inspection = self.app.desk.inspection
        assert inspection
        scene = Scene(officers=(LEAD, SECOND), at=(110.45, 21.24))
        policy = AnswerPolicy(inspection.form, Random("the rest"), scene)
        while slots := inspection.review.missing:
            for slot in slots:
                offered = inspection.offered(slot)
                given = policy.answer(slot, offered, inspection.now())
                inspection.answer(slot, given.value)  # type: ignore[union-attr]
        self.app.refresh()
        self.driver.settle()

    def passage(self) -> str:
        (card,) = parts(self.screen, PassageCard)
        return part(card, Badge).text


@contextmanager
def using(path: Path, language: str = "en") -> Iterator[Person]:
    """Open the app over a tablet's folder, in a window."""
    speak(language)
    words.FOLDER, shipped = catalogues(), words.FOLDER
    here = GeoPoint(
        lon=110.45, lat=21.24, datum="WGS84", accuracy_m=6.0, fixed_at=datetime.now(UTC)
    )
    folder = TabletFolder.open(path)
    slowly = {"request": [lambda _request: sleep(SLOW)]}
    with httpx.Client(base_url=folder.tablet.server, timeout=60, event_hooks=slowly) as http:
        app = main.TabletApp(folder, http)
        app.desk._machine = Machine(FakeGps(here), FilePictures(path / "camera"))
        driver = Driver(app.build(), LANDSCAPE)
        app._app_window = driver.root.get_parent_window()
        app.dispatch("on_start")
        try:
            yield Person(app, driver)
        finally:
            app.dispatch("on_stop")
            driver.close()
            words.FOLDER = shipped


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("XUNJI_PICTURES") or tmp_path)


_CHILD = """
import sys
from pathlib import Path
from tests.test_app import using
with using(Path(sys.argv[1])) as person:
    person.until(lambda: person.app.status.pulled)
    person.sign_in("chen")
    person.begin()
    person.meet()
    print(len(person.app.desk.inspection.answers), flush=True)
    sys.stdin.read()
"""


def test_a_patrol_from_the_list_to_the_receipt_with_a_kill_between(
    bureau: Bureau, folder: Path, pictures: Path
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout
        assert child.stdout.readline().strip() == "1"
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()

    with using(folder) as person:
        assert person.app.root_window.softinput_mode == "below_target"
        person.driver.picture(pictures / "app-locked-en.png")
        person.unlock("陈大文")
        (card,) = parts(person.screen, WorkCard)
        assert (card.row.title, card.row.due) == ("海景路3段", "started")
        person.driver.picture(pictures / "app-today-en.png")
        person.begin()
        inspection = person.app.desk.inspection
        assert inspection
        person.go("today")
        person.sees("The second officer has not signed in yet")
        person.driver.tap(person.screen.ids.another)
        person.tap(Action, text="Sign in with an account")
        person.sign_in("lin")
        person.sees("On duty: 陈大文, 林小明")
        person.go("inspection")
        assert [given.value for given in inspection.answers.values()] == ["yes"]  # type: ignore[union-attr]
        (met,) = inspection.state.persons
        person.choose(f"SP-12@{met}", "no")
        person.choose(f"SP-10@{met}", "elder", Chip)
        person.choose("SP-06", "full", Chip)
        person.driver.picture(pictures / "app-patrol-en.png")
        person.fill()
        person.driver.tap(person.screen.panel.ids.complete)
        person.until(lambda: person.app.shell.here == "today")
        person.go("outbox")
        person.until(lambda: person.passage() == "Sent")
        person.until(lambda: person.passage() == "Received")
        person.driver.picture(pictures / "app-outbox-en.png")
        said = [one.fact for one in person.app.desk.log.read()]
        (done,) = [one for one in said if isinstance(one, InspectionCompleted)]
        crew = [(one.officer, one.role) for one in said if isinstance(one, OfficerSignedIn)]
        assert crew == [(LEAD, "lead"), (SECOND, "assisting")]
        actors = [id_text(one.actor) for one in person.app.desk.log.read(1)]
        assert set(actors) == {LEAD, SECOND}  # nothing names nobody
        assert not done.zero_report
        assert person.reads(r"No. \d+")


def test_a_photo_taken_on_the_tablet_reaches_the_office(
    bureau: Bureau, folder: Path, pictures: Path
) -> None:
    (folder / CAMERA).mkdir()
    (folder / CAMERA / "1.png").write_bytes(draw(Random(1)))
    with using(folder) as person:
        person.until(lambda: person.app.status.pulled)
        person.sign_in("chen")
        person.begin()
        met = person.meet()
        person.choose(f"SP-12@{met}", "no")
        person.driver.tap(part(person.question(f"SP-21@{met}"), Action, icon="camera"))
        person.until(lambda: parts(person.question(f"SP-21@{met}"), Picture))
        (shown,) = parts(person.question(f"SP-21@{met}"), Picture)
        assert tuple(shown._image.texture.size) == (480, 360)
        person.driver.picture(pictures / "app-photo-en.png")
        person.go("outbox")
        person.sees("Photos 1 of 1")

        logged = person.app.desk.log.read()
        (taken,) = [one.fact for one in logged if isinstance(one.fact, EvidenceCaptured)]
        office = PictureFolder(bureau.path / "pictures")
        assert [*office.names()] == [taken.sha256]
        assert not office.is_damaged(taken.sha256)


def test_without_the_office_it_says_so_and_goes_on_when_it_is_back(
    bureau: Bureau, folder: Path, pictures: Path
) -> None:
    with using(folder) as person:
        person.until(lambda: person.app.status.pulled)
        person.sign_in("chen")
        bureau.served.stop()
        person.go("today")
        person.driver.tap(person.screen.ids.lock)
        person.unlock("陈大文")
        person.begin()
        person.choose("SP-08", "no")
        person.go("outbox")
        person.sees("The office does not answer")
        person.until(lambda: person.passage() == "Recorded here")
        person.driver.picture(pictures / "app-offline-en.png")
        assert person.app.shell.rail.waiting > 0

        person.go("settings")
        person.tap(Segment, value="zh")
        person.go("outbox")
        person.sees("连不上单位服务器")
        person.driver.picture(pictures / "app-offline-zh.png")

        bureau.start_again()
        person.tap(Action, icon="sync")
        person.until(lambda: person.passage() == "已收到")
        assert not person.reads("连不上")
        person.go("today")
        person.sees("街面巡查")
        person.driver.picture(pictures / "app-today-zh.png")
        assert person.app.folder.tablet.language == "zh"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_tablet_that_is_not_enrolled_says_what_to_do(
    tmp_path: Path, pictures: Path, language: str
) -> None:
    speak(language)
    with httpx.Client() as http:
        app = main._app(tmp_path / "none", "", "", http)
    root = app.build()
    driver = Driver(root, LANDSCAPE)
    try:
        assert isinstance(root, Alone)
        driver.picture(pictures / f"not-enrolled-{language}.png")
        shown = " ".join(getattr(one, "text", "") for one in root.walk())
        assert "xunji tablet --data" in shown
        assert ("登记码" if language == "zh" else "code") in shown
        assert not (tmp_path / "none").exists()
    finally:
        driver.close()


def test_an_office_that_does_not_answer_is_named_at_enrolment(tmp_path: Path) -> None:
    speak("en")
    with httpx.Client() as http:
        app = main._app(tmp_path / "none", "http://127.0.0.1:9", "CODE", http)

    assert isinstance(app, main.SayApp)
    assert "http://127.0.0.1:9 cannot be reached" in app._said
