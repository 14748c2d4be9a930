"""A tablet's folder and log for tests, with a clock that is set and dice that are seeded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from events.answers import Slot
from events.checklists import Checklist, bundled
from events.clock import SetClock
from events.conditions import JSON
from events.facts import Fact
from events.ids import id_text
from mobile.answer_policy import AnswerPolicy, Scene
from mobile.desk import Desk
from mobile.device_log import DeviceLog, Logged
from mobile.duty import Believed
from mobile.inspection import Inspection
from mobile.pins import SlowPins
from mobile.place import Place
from mobile.tablet_folder import TabletFolder

MORNING = 1_772_413_200_000_000  # 2026-03-02 09:00 in Zhanjiang
BUREAU = bytes(range(32))
SECOND = 1_000_000
DAY = 86_400 * SECOND
PIN = "271828"
QUICK = SlowPins(memory=8, passes=1)

_dice = Random("identities")
LEAD, ASSISTANT, MANAGER = (id_text(_dice.randbytes(16)) for _ in range(3))
HOME, STREET, CEMETERY, HOUSEHOLD = (id_text(_dice.randbytes(16)) for _ in range(4))
CARE_HOME, DWELLING = (id_text(_dice.randbytes(16)) for _ in range(2))

PLACES = {
    "street_patrol": Place(
        object=STREET,
        object_type="street_segment",
        domain="social_assistance",
        township="440804001",
        name="海景路3段",
        at=(110.45, 21.24),
    ),
    "funeral_order": Place(
        object=CEMETERY,
        object_type="cemetery_commercial",
        domain="funeral",
        township="440804002",
        fields={"uscc": "91999999MA00000000"},
        at=(110.47, 21.3),
    ),
    "low_income_recheck": Place(
        object=HOME,
        object_type="low_income_household",
        domain="social_assistance",
        township="440804001",
        person=HOUSEHOLD,
        fields={"hukou_type": "rural", "member_count": 3, "labour_capacity": False},
    ),
    "general_inspection": Place(
        object=CARE_HOME,
        object_type="elderly_care_institution",
        domain="elderly_care",
        township="440804003",
        fields={"uscc": "52999999MA00000001"},
        at=(110.46, 21.26),
    ),
}

# A home where ashes are kept: inspected by the form for cemeteries.
DWELLING_OF_ASHES = Place(
    object=DWELLING,
    object_type="dwelling_ashes",
    domain="funeral",
    township="440804002",
    at=(110.47, 21.3),
)


class Bench:
    """A folder with a log that nobody has enrolled."""

    def __init__(self, folder: TabletFolder, clock: SetClock) -> None:
        self.folder = folder
        self.clock = clock
        self.log: DeviceLog = folder.device_log(clock)

    def facts(self, after: int = 0) -> list[Fact]:
        return [logged.fact for logged in self.logged(after)]  # type: ignore[misc]

    def logged(self, after: int = 0) -> list[Logged]:
        return list(self.log.read(after))

    def start(
        self, kind: str, form: Checklist | None = None, place: Place | None = None
    ) -> Inspection:
        begun = Inspection.start(
            self.log,
            form or bundled()[kind],
            place or PLACES[kind],
            officer=LEAD,
            source="plan",
        )
        begun.sign_in(LEAD, "lead")
        begun.sign_in(ASSISTANT, "assisting")
        return begun

    def fill(self, begun: Inspection, **wanted: JSON) -> None:
        """Answer all that is asked and not answered: as wanted, else harmlessly."""
        place = begun.place
        scene = Scene(
            officers=(LEAD, ASSISTANT),
            at=place.at or (110.4, 21.2),
            fields=place.fields,
            object_type=place.object_type,
        )
        policy = AnswerPolicy(begun.form, Random("answers"), scene)
        tried = set[Slot]()
        while slots := [
            one for one in begun.review.visible if one not in begun.answers and one not in tried
        ]:
            for slot in slots:
                tried.add(slot)
                question = begun.form.question(slot.question)
                value = wanted.get(slot.question.replace("-", "_"))
                if value is None and not question.required:
                    continue
                offered = begun.offered(slot) if question.options else []
                self.clock.at += 10 * SECOND
                given = policy.answer(slot, offered, begun.now(), value)
                begun.answer(slot, given.value)  # type: ignore[union-attr]
                if begun.steers(slot.question):
                    break


def believed(officer: str, name: str = "陈志明", at: int = MORNING, days: int = 30) -> Believed:
    """Return what the office answers where an officer's name and password hold."""
    return Believed(
        sign_in=id_text(_dice.randbytes(16)),
        officer=officer,
        name=name,
        trusted_until=at + days * DAY,
        at=at,
    )


def on_duty(desk: Desk, officer: str, name: str = "陈志明") -> None:
    """Have an officer sign in, for the first time on this tablet."""
    desk.duty.trust("account", believed(officer, name, desk.now().at), PIN)
    desk.joined(officer)


@contextmanager
def bench(path: Path, seed: str = "tablet") -> Iterator[Bench]:
    clock = SetClock(MORNING)
    entropy = Random(seed).randbytes
    if TabletFolder.exists(path):
        folder = TabletFolder.open(path, entropy)
    else:
        folder = TabletFolder.begin(path, BUREAU, entropy)
        folder.open_log(clock)
    try:
        yield Bench(folder, clock)
    finally:
        folder.close()
