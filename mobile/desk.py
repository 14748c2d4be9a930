"""What the screens' gestures do, without any screen: `main` only passes them on.

Each gesture is recorded before its method returns. What an answer's problem was is kept for
the next state, so that the screen can say it.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct

from events.answers import Slot
from events.checklists import Question
from events.clock import Instant
from events.errors import FolderError, Refusal, StorageError
from mobile import form_view, sync_client
from mobile.device_log import DeviceLog
from mobile.duty import Duty
from mobile.form_view import Seen, answer_of, gps_of, slot_of
from mobile.inspection import CannotAnswerError, Inspection, NotNowError
from mobile.journal import Journal, Line
from mobile.outbox import Outbox, Reached
from mobile.pins import Pins
from mobile.ports import Camera, Gps
from mobile.register import Register
from mobile.settings import Settings
from mobile.sync_client import Status
from mobile.tablet_folder import TabletFolder
from mobile.today import Today
from mobile.track import Track, sweep, to_cover
from mobile.view_state import InspectionState, OutboxState, SettingsState, TodayState
from mobile.words import _

_SHOWN: Final = "cert_no"


class Machine(Struct, frozen=True):
    """What the tablet's machine can do."""

    gps: Gps
    camera: Camera


class Desk:
    """One tablet in use: its lists, and the inspection that is open on the screen."""

    def __init__(
        self, folder: TabletFolder, log: DeviceLog, machine: Machine, pins: Pins | None = None
    ) -> None:
        self.log = log
        self.register = Register(folder.reference, folder.open_card)
        self.duty = Duty(folder, self.register, log.now, pins)
        self.settings = Settings(folder, self.duty)
        self.journal = Journal(log.read(opened=False))
        self.today = Today(self.register, self.journal)
        self.outbox = Outbox(self.journal, folder.reference, self._title)
        self.inspection: Inspection | None = None
        self.track: Track | None = None
        self._track_failed = False
        self._folder = folder
        self._machine = machine
        self._problems: dict[Slot, str] = {}
        self._read_to = log.held.sequence
        sweep(folder.tracks, {line.inspection for line in self.journal.open()})
        self._close_pictures()

    # ── states ─────────────────────────────────────────────────────────────────────

    def today_state(self) -> TodayState:
        return self.today.state(self.now(), self.duty)

    def settings_state(self) -> SettingsState:
        return self.settings.state(self.now())

    def outbox_state(self, status: Status) -> OutboxState:
        log = self.log.log
        reached = Reached(
            log,
            sync_client.held_by_office(self._folder, log),
            sync_client.stopped(self._folder, log),
            frozenset(self._folder.pictures.waiting()),
        )
        return self.outbox.state(reached, status, self.now().utc_offset, self.log.held.sequence)

    def inspection_state(self) -> InspectionState | None:
        """Return what the inspection screen shows, None where none is open."""
        inspection = self.inspection
        if inspection is None:
            return None
        now = self.now()
        card = self.register.card(inspection.place.object, now.at)
        seen = Seen(
            now=now,
            place=card.address if card else "",
            name=card.name if card else "",
            names=self._names(inspection),
            gps=gps_of(self._machine.gps.reception(), self._machine.gps.fix(), now),
            thumbnail=lambda name: str(self._folder.pictures.look(name)),
            problems=self._problems,
            track=self._track_words(),
        )
        return form_view.inspection_state(inspection, seen)

    def now(self) -> Instant:
        return self.log.now()

    def _names(self, inspection: Inspection) -> Mapping[str, str]:
        told = (self.register.officer(one) for one in inspection.state.crew)
        return {one.officer: one.name for one in told if one}

    def _title(self, line: Line) -> str:
        card = self.register.card(line.visit.object, self.now().at)
        told = self.register.object(line.visit.object)
        return card.name if card else (told.name or "" if told else "")

    # ── who is there ───────────────────────────────────────────────────────────────

    def joined(self, officer: str) -> None:
        """Have an officer who proved who they are take part in what is open."""
        inspection = self.inspection
        if inspection is None or inspection.state.stage != "open":
            return
        inspection.officer = self._hand()
        if officer not in inspection.state.crew:
            self._signed_in(inspection, officer)
            self._catch_up()

    def lock(self) -> None:
        self.duty.lock()

    def _hand(self) -> str:
        """Return who holds the tablet: nothing is recorded that names nobody."""
        if self.duty.locked:
            raise NotNowError(_("Sign in first: every record names its officer"))
        return self.duty.holder

    # ── beginning ──────────────────────────────────────────────────────────────────

    def start(self, key: str) -> None:
        """Begin the work of a row of today's list, or go on with it."""
        hand = self._hand()
        work = self.today.work(key)
        self._problems = {}
        if work.inspection is not None:
            self.open(work.inspection)
            return
        place = self.register.place(work.object)
        if place is None:
            raise FolderError(_("This object is not in the tablet's lists"))
        form = self.register.form(work.kind, self.now().local().date())
        self.inspection = Inspection.start(
            self.log,
            form,
            place,
            officer=hand,
            assignment=work.assignment,
        )
        self._sign_in(self.inspection)
        self._follow(self.inspection)
        self._catch_up()

    def open(self, inspection: str) -> None:
        """Go on with an inspection, from what our log says of it."""
        line = self.journal.lines[inspection]
        visit = line.visit
        place = self.register.place(visit.object) or form_view.place_of(visit)
        hand = self._hand()
        self.inspection = Inspection.resume(
            self.log,
            self.register.version(visit.kind, line.version),
            place,
            inspection,
            officer=hand,
            after=line.first - 1,
        )
        if self.inspection.state.stage == "open":
            self._sign_in(self.inspection)
        self._follow(self.inspection)
        self._catch_up()

    def _sign_in(self, inspection: Inspection) -> None:
        """Record who takes part of those on duty, whoever holds the tablet first."""
        for officer in self.duty.on_duty:
            if officer not in inspection.state.crew:
                self._signed_in(inspection, officer)

    def _signed_in(self, inspection: Inspection, officer: str) -> None:
        told = self.register.officer(officer)
        certificate = told.certificate(inspection.visit.started_on) if told else None
        has_lead = any(one.role == "lead" for one in inspection.state.crew.values())
        inspection.sign_in(
            officer,
            "assisting" if has_lead else "lead",
            certificate=certificate.certificate if certificate else None,
        )

    # ── where a patrol goes ────────────────────────────────────────────────────────

    def beat(self) -> None:
        """Take in where we are, once a second: the track of the patrol that is open.

        It goes on while the tablet is locked, which happens here when nobody used it.
        """
        self.duty.beat()
        if self.track is None:
            return
        try:
            self.track.take(self._machine.gps.fix())
            self._track_failed = False
        except StorageError:  # a patrol goes on without its track
            self._track_failed = True

    def _track_words(self) -> str:
        track = self.track
        if track is None or (self._machine.gps.reception() == "off" and not track.points):
            return ""
        return form_view.track_words(track, failed=self._track_failed)

    def _follow(self, inspection: Inspection) -> None:
        """Keep a track from here on, if this is a patrol of something that can be measured."""
        place = to_cover(inspection.place, inspection.form.nature)
        if place is None or inspection.state.stage != "open":
            self.track = None
        else:
            self.track = Track(self._folder.tracks / inspection.id, place)

    # ── answering ──────────────────────────────────────────────────────────────────

    def answer(self, key: str, value: object, *, overrule: str = "") -> None:
        """Record an answer; what is wrong with it is said in the next state."""
        inspection, slot = self._open(), slot_of(key)
        self._problems.pop(slot, None)
        if inspection.form.question(slot.question).type == "photo":
            inspection.leave_out(slot, form_view.refs_of(value))
        try:
            told = answer_of(value, inspection, slot)
            inspection.answer(slot, told, overrule=overrule)
        except CannotAnswerError as found:
            self._problems[slot] = form_view.problem_words(found.problem)
            return
        self._certificates(inspection, inspection.form.question(slot.question), value)
        self._catch_up()

    def not_applicable(self, key: str, reason: str) -> None:
        self._open().not_applicable(slot_of(key), reason)
        self._catch_up()

    def clear(self, key: str) -> None:
        inspection, slot = self._open(), slot_of(key)
        self._problems.pop(slot, None)
        inspection.leave_out(slot, ())
        inspection.clear(slot)
        self._catch_up()

    def capture(self, key: str, device: str) -> None:
        """Take a picture or the position, and answer with it."""
        inspection, slot = self._open(), slot_of(key)
        if device == "fix":
            fix = self._machine.gps.fix()
            if fix is not None:
                self.answer(key, form_view.fix_of(fix))
            return
        content = self._machine.camera.take()
        if content is None:
            self._problems[slot] = _("No picture was taken.")
            return
        self._problems.pop(slot, None)
        try:
            picture = self._folder.pictures.keep(content, self._folder.entropy)
        except Refusal as refused:
            self._problems[slot] = form_view.picture_words(refused)
            return
        try:
            inspection.photograph(slot, form_view.photo_of(picture, self.now()))
        except CannotAnswerError as found:  # it is on record all the same
            self._problems[slot] = form_view.problem_words(found.problem)
        self._catch_up()

    def _close_pictures(self) -> None:
        """Keep none to be looked at but those of inspections that are open."""
        self._folder.pictures.close({one for line in self.journal.open() for one in line.photos})

    def _certificates(self, inspection: Inspection, question: Question, value: object) -> None:
        """Record whose certificates were shown where the form's answer says so."""
        is_asked = any(one.startswith(_SHOWN) for one in question.evidence)
        if not is_asked or value != "yes":
            return
        day = self.now().local().date()
        for officer, member in list(inspection.state.crew.items()):
            told = self.register.officer(officer)
            certificate = told.certificate(day) if told else None
            if certificate and not member.certificate_shown:
                inspection.show_certificate(
                    officer, certificate.certificate, certificate.valid[1] or day
                )

    # ── persons, and the end ───────────────────────────────────────────────────────

    def add_person(self) -> None:
        self._open().add_person()
        self._catch_up()

    def remove_person(self, person: str) -> None:
        self._open().remove_person(person)
        self._catch_up()

    def go_on(self, reason: str) -> None:
        self._open().go_on(reason)
        self._catch_up()

    def complete(self) -> None:
        """End the inspection as it stands; where an answer ended the visit, as broken off."""
        track = self.track
        self._open().complete(points=track.points if track else ())
        self.inspection = self.track = None
        self._catch_up()
        with suppress(StorageError):  # all is sealed; what is left goes when the tablet starts next
            self._close_pictures()
            if track:
                track.forget()

    def leave(self) -> None:
        """Go back to the list: all is recorded, nothing is lost."""
        self.inspection = None
        self.track = None
        self._problems = {}

    def _open(self) -> Inspection:
        if self.inspection is None:
            raise FolderError(_("No inspection is open"))
        if not self.duty.locked:  # what was typed before it was locked is still recorded
            self.inspection.officer = self.duty.holder
        return self.inspection

    def _catch_up(self) -> None:
        for logged in self.log.read(self._read_to, opened=False):
            self.journal.take(logged)
            self._read_to = logged.ref.sequence
