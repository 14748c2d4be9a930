"""Building the demo: a real server, eight real tablets, and an order of turns.

What a tablet records needs no turn: all record side by side. Whatever reaches the history
does: pushes, pulls and the office's own steps take turns in the order of their simulated
time. So the same seed gives the same history, whichever process is faster, and also if the
server is killed on the way.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Final

from msgspec import Struct

from backend.checkpoints import Checkpoints
from backend.codes import Codes
from backend.demo.actors import Server, Tablet
from backend.demo.chance import Dice
from backend.demo.desk import Desk
from backend.demo.district import NEW_YEAR, District, district
from backend.demo.follow_up import FollowUps
from backend.demo.year import (
    Inspection,
    Morning,
    OfficeStep,
    Pull,
    Push,
    Review,
    Year,
    instant,
    year,
)
from backend.folder import DataFolder
from backend.office import Office
from events.clock import SetClock
from events.writer import Said

BUREAU: Final = "坡头区民政局(演示数据)"
_LISTED_AT_ONCE: Final = 500
_A_DAY: Final = 86_400  # seconds that an enrolment code holds


class Progress(Struct, frozen=True):
    """How far the demo is: visits done of all, entries so far, and the simulated time (µs)."""

    done: int
    total: int
    entries: int
    at: int


class Built(Struct, frozen=True):
    """What came out. `head` is the head hash of the history in hex."""

    size: int
    head: str
    inspections: int
    entries: int


Step = Push | Pull | OfficeStep | Review | Morning


class Turns:
    """Lets those who touch the history go one after the other, in the order of their time."""

    def __init__(self, steps: Sequence[Step]) -> None:
        order = sorted(range(len(steps)), key=lambda index: (steps[index].at, index))
        self._place = {id(steps[index]): turn for turn, index in enumerate(order)}
        self._next = 0
        self._failed = False
        self._changed = Condition()

    def take(self, step: Step, act: Callable[[], None]) -> bool:
        """Wait for the step's turn, act, let the next go. False: somebody failed, stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._failed or self._next == self._place[id(step)])
            if self._failed:
                return False
        act()
        with self._changed:
            self._next += 1
            self._changed.notify_all()
        return True

    def fail(self) -> None:
        """Send everybody home."""
        with self._changed:
            self._failed = True
            self._changed.notify_all()


class Demo:
    """One demo being built in `path`."""

    def __init__(self, path: Path, seed: int, scale: float, told: Callable[[str], None]) -> None:
        self._path = path
        self._seed = seed
        self._told = told
        self._district: District = district(seed, scale)
        self._scale = scale
        self._clock = SetClock(instant(NEW_YEAR, 0))
        self._failures: list[BaseException] = []
        self._done = 0
        self._entries = 0
        self._counting = Lock()

    def build(self, report: Callable[[Progress], None]) -> Built:
        """Build it all; returns once every tablet has handed in what it will."""
        entropy = Dice.for_purpose(self._seed, "office").randbytes
        folder = DataFolder.create(self._path, BUREAU, entropy, self._clock, demo=True)
        logs = self._path / "logs"
        logs.mkdir()
        with ExitStack() as stack:
            office = stack.enter_context(Office(folder, "console", self._clock, entropy))
            self._list(office)
            server = Server(self._path, logs / "server.log", self._told)
            stack.callback(server.stop)
            tablets = [
                self._tablet(stack, number, logs) for number in range(len(self._district.tablets))
            ]
            devices = self._enrol(folder, server, tablets)
            plan = year(self._district, devices, self._seed, self._scale)
            self._play(plan, office, server, tablets, report)
            server.wait_until_folded()
        return self._ended(folder, plan)

    def _list(self, office: Office) -> None:
        waiting = list(self._district.said())
        for start in range(0, len(waiting), _LISTED_AT_ONCE):
            office.record_all(waiting[start : start + _LISTED_AT_ONCE])

    def _tablet(self, stack: ExitStack, number: int, logs: Path) -> Tablet:
        home = self._path / "tablets" / str(number + 1)
        home.parent.mkdir(exist_ok=True)
        tablet = Tablet(
            home, self._seed * 100 + number, logs / f"tablet-{number + 1}.log", self._told
        )
        stack.callback(tablet.stop)
        return tablet

    def _enrol(self, folder: DataFolder, server: Server, tablets: Sequence[Tablet]) -> list[str]:
        devices: list[str] = []
        codes = Codes(
            folder.codes_file, self._clock, Dice.for_purpose(self._seed, "codes").randbytes
        )
        try:
            for number, (tablet, known) in enumerate(
                zip(tablets, self._district.tablets, strict=True)
            ):
                at = instant(NEW_YEAR, 9, number)
                self._clock.at = at
                code = codes.issue(known.name, known.townships, known.domains, _A_DAY)
                welcome = tablet.do("enrol", {"code": code, "server": server.address, "at": at})
                devices.append(str(welcome["device"]))
        finally:
            codes.close()
        return devices

    # ── the year ───────────────────────────────────────────────────────────────────

    def _play(
        self,
        plan: Year,
        office: Office,
        server: Server,
        tablets: Sequence[Tablet],
        report: Callable[[Progress], None],
    ) -> None:
        turns = Turns([*plan.office, *_contacts(plan)])
        threads = [
            Thread(
                target=self._guarded,
                args=(turns, self._carry, own, tablet, server, turns, plan, report),
            )
            for own, tablet in zip(plan.tablets, tablets, strict=True)
        ]
        for thread in threads:
            thread.start()
        self._guarded(turns, self._keep_office, plan, office, turns)
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def _guarded(self, turns: Turns, act: Callable[..., None], *arguments: object) -> None:
        try:
            act(*arguments)
        except BaseException as failure:  # noqa: BLE001  raised again by `_play`
            self._failures.append(failure)
            turns.fail()

    def _carry(
        self,
        own: Sequence[Inspection | Push | Pull],
        tablet: Tablet,
        server: Server,
        turns: Turns,
        plan: Year,
        report: Callable[[Progress], None],
    ) -> None:
        for one in own:
            match one:
                case Inspection():
                    self._count(int(tablet.do("inspect", one)["entries"]))
                    report(Progress(self._done, plan.inspections, self._entries, one.at))
                case Push():
                    if not turns.take(one, lambda step=one: _contact(tablet, "push", step)):
                        return
                case Pull():
                    if not turns.take(one, lambda step=one: _pull(tablet, server, step)):
                        return

    def _count(self, entries: int) -> None:
        with self._counting:
            self._entries += entries
            self._done += 1

    def _keep_office(self, plan: Year, office: Office, turns: Turns) -> None:
        managers = [one.officer for one in self._district.officers if one.role == "manager"]
        desk = Desk(office, self._seed, plan.reinspected, managers[0])

        mornings = FollowUps(office, managers[0])

        def act(step: OfficeStep | Review | Morning) -> None:
            self._clock.at = max(self._clock.at, step.at)
            match step:
                case Review():
                    desk.review()
                case Morning():
                    mornings.morning()
                case OfficeStep():
                    office.record_all([Said(fact) for fact in step.facts])

        for step in plan.office:
            if not turns.take(step, lambda step=step: act(step)):
                return

    def _ended(self, folder: DataFolder, plan: Year) -> Built:
        entropy = Dice.for_purpose(self._seed, "end").randbytes
        with Office(folder, "console", self._clock, entropy, wait=5) as office:
            checkpoint = Checkpoints(folder, office.store, office.enrolments, self._clock).make()
        return Built(checkpoint.size, checkpoint.root.hex(), plan.inspections, self._entries)


def _contacts(plan: Year) -> Iterator[Push | Pull]:
    for own in plan.tablets:
        yield from (one for one in own if not isinstance(one, Inspection))


def _contact(tablet: Tablet, what: str, step: Push | Pull) -> None:
    tablet.do(what, step)


def _pull(tablet: Tablet, server: Server, step: Pull) -> None:
    server.wait_until_folded()  # what a pull brings must not depend on how fast folding is
    _contact(tablet, "pull", step)
