"""A tablet without a screen, driven by lines of JSON: for the demo year and for trials.

It is the same log, the same view-model and the same sync as on a real tablet; only the clock
is set, the dice are seeded and the answers come from `AnswerPolicy`. So the same seed and the
same commands give the same bytes.

    {"do":"enrol","code":…,"server":…,"at":µs}
    {"do":"inspect","inspection":…,"at":µs,"kind":…,"object":…,"source":…,"officers":[…],
     "answers":{question: value},"persons":[{question: value}],"faults":[…],"after":[…],
     "stroll":part of the street that is walked}
    {"do":"push","at":µs}   {"do":"pull","at":µs}   {"do":"quit"}

Each line is answered by one: {"ok":true,…} or {"ok":false,"error":…}.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import httpx
import msgspec
from msgspec import Struct

from events.answers import Answer, Given, Slot, problem
from events.checklists import Checklist
from events.clock import Instant, SetClock, microseconds
from events.conditions import JSON
from events.inspections import CrewRole, Source
from events.pictures import Picture
from mobile import sync_client
from mobile.answer_policy import AnswerPolicy, Scene
from mobile.closing import MINORS
from mobile.device_log import DeviceLog
from mobile.inspection import Inspection
from mobile.line import TIMEOUT, LineError
from mobile.outbox import advice
from mobile.place import Place
from mobile.ports import CAMERA
from mobile.register import Register
from mobile.scenery import draw
from mobile.strolling import stroll
from mobile.sync_client import Backoff, SyncClient
from mobile.tablet_folder import TabletFolder
from mobile.track import Track, to_cover

T = TypeVar("T")

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_FAR: Final = 0.03  # degrees: some three kilometres
_WEAK: Final = 180.0  # metres
_PICTURES: Final = 6


class Enrol(Struct, tag_field="do", tag="enrol"):
    code: str
    server: str
    at: int = 0


class Inspect(Struct, tag_field="do", tag="inspect"):
    """One visit. `answers` and `persons` override the usual answers, by question.

    `stroll` is the part of the segment that a patrol walks, or of five minutes that it stays;
    None: the receiver is off.
    """

    at: int
    kind: str
    object: str
    officers: tuple[str, ...]
    inspection: str | None = None
    source: Source = "plan"
    assignment: str | None = None
    answers: dict[str, Any] = {}
    persons: tuple[dict[str, Any], ...] = ()
    faults: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    stroll: float | None = None
    place: Place | None = None


class Push(Struct, tag_field="do", tag="push"):
    at: int


class Pull(Struct, tag_field="do", tag="pull"):
    at: int


class Quit(Struct, tag_field="do", tag="quit"):
    pass


Command = Enrol | Inspect | Push | Pull | Quit


class JumpingClock(SetClock):
    """A clock that somebody sets, and that can be wrong: its uptime goes on evenly."""

    wrong_by = 0

    def reach(self, at: int) -> None:
        """Go on to an instant; never back. The first one is when the machine was started."""
        if not self.at:
            self._started = at
        self.at = max(self.at, at)

    def now(self) -> Instant:
        right = super().now()
        return msgspec.structs.replace(right, at=right.at + self.wrong_by)


class Stage(Struct, frozen=True):
    """One visit being played: what is asked of whom, with which dice."""

    command: Inspect
    form: Checklist
    place: Place
    dice: Random


class SimulatedTablet:
    """The tablet in `path`. `seed` decides every key, nonce, identity and usual answer."""

    def __init__(self, path: Path, seed: int, *, patience: float = 2.0) -> None:
        self._path = path
        self._seed = seed
        self._patience = patience
        self._clock = JumpingClock(0)
        self._folder: TabletFolder | None = None
        self._parts: tuple[DeviceLog, SyncClient, Register] | None = None
        self._http = httpx.Client(timeout=TIMEOUT)
        if TabletFolder.exists(path):
            self._open(TabletFolder.open(path))

    def close(self) -> None:
        self._http.close()
        if self._folder:
            self._folder.close()

    def do(self, command: Command) -> dict[str, Any]:
        """Carry out one command; return what to answer."""
        match command:
            case Enrol():
                return self._enrol(command)
            case Inspect():
                return self._inspect(command)
            case Push(at=at):
                return self._push(at)
            case Pull(at=at):
                return self._pull(at)
            case Quit():
                return {}

    # ── the office ─────────────────────────────────────────────────────────────────

    def _enrol(self, command: Enrol) -> dict[str, Any]:
        self._set(command.at)
        self._http.base_url = httpx.URL(command.server)
        if self._folder is None:
            bureau = self._patiently(lambda: sync_client.ask_bureau(self._http))
            folder = TabletFolder.begin(self._path, bureau, self._entropy("begin"))
            folder.open_log(self._clock)
        else:
            folder = self._folder
        welcome = self._patiently(lambda: sync_client.enrol(folder, command.code, self._http))
        self._stock_camera(folder.path / CAMERA)
        self._open(folder)
        tablet = folder.tablet
        return {"device": tablet.device, "log": folder.current.log, "name": welcome.device_name}

    def _stock_camera(self, path: Path) -> None:
        """Leave pictures for whoever opens this tablet on a desktop and takes some."""
        path.mkdir(exist_ok=True)
        dice = Random(f"xunji camera {self._seed}")  # noqa: S311  a demo's
        for number in range(1, _PICTURES + 1):
            (path / f"{number}.png").write_bytes(draw(dice))

    def _push(self, at: int) -> dict[str, Any]:
        log, client, _ = self._ready()
        self._set(at)
        before = client.outbox.held
        held = self._patiently(client.push_all)
        stopped = client.stopped()
        if stopped:
            msg = f"sending stopped: {stopped.code}: {advice(stopped)}"
            raise RuntimeError(msg)
        self._patiently(client.send_pictures)
        folder = self._folder
        return {
            "held": held,
            "entries": held - before,
            "waiting": log.held.sequence - held,
            "pictures": len(folder.pictures.waiting()) if folder else 0,
        }

    def _pull(self, at: int) -> dict[str, Any]:
        _, client, register = self._ready()
        self._set(at)
        changed = self._patiently(client.pull)
        register.forget()
        return {"documents": changed}

    def _patiently(self, act: Callable[[], T]) -> T:
        """Try until the office answers."""
        backoff = Backoff(Random(0), least=0.05, most=self._patience)  # noqa: S311  only how long to wait
        while True:
            try:
                return act()
            except LineError as failure:
                time.sleep(backoff.failed(failure.after))

    def _set(self, at: int) -> None:
        self._clock.reach(at)
        self._http.headers[sync_client.SIMULATED_AT] = str(at)

    def _open(self, folder: TabletFolder) -> None:
        # What comes after a new start never repeats what came before: nonces are used once.
        start = folder.store.held(bytes.fromhex(folder.current.log)).sequence
        folder.entropy = self._entropy(f"open {start}")
        log = folder.device_log(self._clock)
        if folder.tablet.server:
            self._http.base_url = httpx.URL(folder.tablet.server)
        client = SyncClient(folder, log, self._clock, self._http, sees_checkpoints=False)
        self._folder = folder
        self._parts = (log, client, Register(folder.reference))

    def _entropy(self, purpose: str) -> Callable[[int], bytes]:
        return Random(f"xunji tablet {self._seed} {purpose}").randbytes  # noqa: S311  a demo's

    def _ready(self) -> tuple[DeviceLog, SyncClient, Register]:
        if self._parts is None:
            msg = "this tablet is not enrolled"
            raise RuntimeError(msg)
        return self._parts

    # ── a visit ────────────────────────────────────────────────────────────────────

    def _inspect(self, command: Inspect) -> dict[str, Any]:
        log, _, register = self._ready()
        self._clock.reach(command.at)
        before = log.held.sequence
        dice = Random(f"xunji visit {self._seed} {command.inspection} {command.at}")  # noqa: S311
        place = command.place or register.place(command.object)
        if place is None:
            msg = f"object {command.object} is not in reference data; pull first"
            raise RuntimeError(msg)
        form = register.form(command.kind, log.now().local().date())
        self._clock.wrong_by = _DAY if "clock_jump" in command.faults else 0
        try:
            played = self._play(Stage(command, form, place, dice), log, register)
        finally:
            self._clock.wrong_by = 0
        done = played.state.completed
        return {
            "inspection": played.id,
            "entries": log.held.sequence - before,
            "sequence": log.held.sequence,
            "outcome": done.outcome if done else played.state.stage,
            "unanswered": len(done.unanswered) if done else 0,
            "findings": done.findings if done else 0,
        }

    def _play(self, stage: Stage, log: DeviceLog, register: Register) -> Inspection:
        command = stage.command
        visit = Inspection.start(
            log,
            stage.form,
            stage.place,
            officer=command.officers[0] if command.officers else "",
            source=command.source,
            assignment=command.assignment,
            inspection=command.inspection,
        )
        self._arrive(stage, visit, register)
        if "cancel" in command.after:
            visit.cancel("weather", lawful=True)
            return visit
        track = self._walk(stage, visit)
        _Form(stage, visit, self._clock, self._photograph).fill()
        self._pause(stage)
        visit.complete(points=track.points if track else ())
        if track:
            track.forget()
        if "emergency" in command.faults:  # no fault: it is filed within the hours
            self._clock.at += 600 * _SECOND
            if stage.form.requires_approval and (manager := register.manager()):
                visit.approved(manager.officer, emergency=True)
        self._afterwards(stage, visit)
        return visit

    def _photograph(self, dice: Random) -> Picture:
        """Take a picture of a street that was drawn, and keep it for the office."""
        folder = self._folder
        if folder is None:
            msg = "this tablet is not enrolled"
            raise RuntimeError(msg)
        return folder.pictures.keep(draw(dice), folder.entropy, looked_at=False)

    def _walk(self, stage: Stage, visit: Inspection) -> Track | None:
        """Walk as told, with the receiver on; the time passes as it does on the street."""
        place = to_cover(stage.place, stage.form.nature)
        if place is None or stage.command.stroll is None or self._folder is None:
            return None
        dice = Random(f"xunji stroll {self._seed} {visit.id}")  # noqa: S311
        drove = "drove" in stage.command.faults
        track = Track(self._folder.tracks / visit.id, place)
        for fix in stroll(place, dice, stage.command.stroll, self._clock.at, drove=drove):
            self._clock.at = microseconds(fix.fixed_at)
            track.take(fix)
        return track

    def _arrive(self, stage: Stage, visit: Inspection, register: Register) -> None:
        command = stage.command
        day = visit.visit.started_on
        for place, officer in enumerate(command.officers):
            told = register.officer(officer)
            certificate = told.certificate(day) if told else None
            role: CrewRole = "assisting" if place else "lead"
            self._pause(stage)
            visit.sign_in(
                officer,
                role,
                certificate=certificate.certificate if certificate else None,
                kinship=bool(place and "kinship" in command.faults),
            )
            is_shown = not (place and "certificate_not_shown" in command.faults)
            if certificate and is_shown and stage.form.nature != "service":
                ends = certificate.valid[1] or day
                if not place and "expired_card" in command.faults:
                    ends = day - timedelta(days=1)  # the old card, not the renewed one
                visit.show_certificate(officer, certificate.certificate, ends)

    def _afterwards(self, stage: Stage, visit: Inspection) -> None:
        for wish in ("correct", "correct_again"):
            if wish in stage.command.after:
                self._clock.at += stage.dice.randint(60, 3_600) * _SECOND
                _correct(stage, visit)
        if "void" in stage.command.after and len(stage.command.officers) > 1:
            self._clock.at += 600 * _SECOND
            visit.void("wrong_object", stage.command.officers[1])

    def _pause(self, stage: Stage) -> None:
        self._clock.at += stage.dice.randint(8, 40) * _SECOND


def _correct(stage: Stage, visit: Inspection) -> None:
    """Correct an answer that has another value to give, in the order of the form."""
    candidates = [
        (slot, other)
        for slot, answer in visit.answers.items()
        if slot.person is None
        for other in [_other(stage.form, slot, answer)]
        if other is not None and not visit.steers(slot.question)
    ] or [
        (slot, other)
        for slot, answer in visit.answers.items()
        for other in [_other(stage.form, slot, answer)]
        if other is not None
    ]
    if candidates:
        slot, other = candidates[stage.dice.randrange(len(candidates))]
        visit.correct(slot, other, "wrong_entry", note="现场录入有误")


def _other(form: Checklist, slot: Slot, answer: Answer) -> JSON:
    """Return another value for an answer, None where there is none to speak of."""
    question = form.question(slot.question)
    if not isinstance(answer, Given) or question.stop_if is not None or question.sets is not None:
        return None
    if question.type == "number" and isinstance(answer.value, int | float):
        more = answer.value + 1
        return more if question.max is None or more <= question.max else None
    if question.type == "text":
        return f"{answer.value}(更正)"
    return None


class _Form:
    """Fills one form: every question that is asked and required, and some that are not."""

    def __init__(
        self,
        stage: Stage,
        visit: Inspection,
        clock: JumpingClock,
        camera: Callable[[Random], Picture],
    ) -> None:
        self._stage = stage
        self._visit = visit
        self._clock = clock
        self._tried: set[Slot] = set()
        self._of: dict[str, Mapping[str, Any]] = {}
        command, place, faults = stage.command, stage.place, stage.command.faults
        lon, lat = place.at or (110.45, 21.24)
        shift = _FAR if "far_away" in faults else 0.0
        scene = Scene(
            officers=command.officers,
            at=(lon + shift, lat + shift),
            accuracy_m=_WEAK if "weak_fix" in faults else 6.0,
            fields=place.fields,
            object_type=place.object_type,
            source=command.source,
        )
        self._policy = AnswerPolicy(stage.form, stage.dice, scene, camera)
        self._skipped = frozenset(self._passed_over(faults))

    def fill(self) -> None:
        """Answer until nothing more is asked."""
        while slots := [slot for slot in self._asked() if slot not in self._tried]:
            for slot in slots:
                self._tried.add(slot)
                if self._answer(slot) and self._visit.steers(slot.question):
                    break

    def _asked(self) -> Iterator[Slot]:
        visit = self._visit
        if visit.review.awaits_person:
            for overrides in self._stage.command.persons or ({},):
                self._meet(overrides)
        return (slot for slot in visit.review.visible if slot not in visit.answers)

    def _meet(self, overrides: Mapping[str, Any]) -> None:
        self._pause()
        means = self._visit.means
        person = self._visit.add_person(
            minor=overrides.get(means.age) in MINORS,
            emergency=overrides.get(means.danger) == "yes",
        )
        self._of[person] = overrides

    def _answer(self, slot: Slot) -> bool:
        question = self._stage.form.question(slot.question)
        wanted = self._wanted(slot)
        is_idle = not question.required and wanted is None
        if slot.question in self._skipped or (is_idle and self._stage.dice.random() > 0.1):  # noqa: PLR2004  a few
            return False
        self._pause()
        visit = self._visit
        if wanted is None and question.computed:
            formula = visit.computed(slot)
            wanted = formula.standing if formula else None
        offered = visit.offered(slot) if question.options else []
        if question.options and not offered:
            return False
        answer = self._policy.answer(slot, offered, visit.now(), wanted)
        if problem(question, answer):  # one officer cannot sign for two: it stays open
            return False
        if isinstance(answer, Given):
            visit.answer(slot, answer.value)
        else:
            visit.not_applicable(slot, answer.reason)
        return True

    def _wanted(self, slot: Slot) -> JSON:
        overrides = self._of.get(slot.person or "", self._stage.command.answers)
        return overrides.get(slot.question)

    def _passed_over(self, faults: Collection[str]) -> Iterator[str]:
        """Yield the questions that the officers pass over."""
        if "unanswered" in faults:
            yield self._left_out()
        if "code_missing" in faults:
            yield self._visit.means.enterprise
        if "no_pictures" in faults:
            yield from (one.id for one in self._stage.form.questions if one.type == "photo")

    def _left_out(self) -> str:
        """Choose a question that is always asked, and that nothing else depends on."""
        form = self._stage.form
        plain = [
            question.id
            for question in form.questions
            if question.required
            and question.show_if is None
            and question.type != "signature"
            and question.id not in form.repeated_ids
            and not self._visit.steers(question.id)
        ]
        return self._stage.dice.choice(plain) if plain else ""

    def _pause(self) -> None:
        self._clock.at += self._stage.dice.randint(6, 30) * _SECOND


# ── lines ──────────────────────────────────────────────────────────────────────────


def serve(lines: Iterator[str], tablet: SimulatedTablet) -> Iterator[bytes]:
    """Answer each line; stops behind `quit`. What fails is said, and the next line is read."""
    decode = msgspec.json.Decoder(Command).decode
    for line in lines:
        if not line.strip():
            continue
        try:
            command = decode(line)
            reply = {"ok": True, **tablet.do(command)}
        except Exception as failure:  # noqa: BLE001  a driver has to hear of every failure
            yield msgspec.json.encode(
                {"ok": False, "error": f"{type(failure).__name__}: {failure}"}
            )
            continue
        yield msgspec.json.encode(reply)
        if isinstance(command, Quit):
            return
