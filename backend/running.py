"""A data folder opened as a server does: everything `create_app` needs, closed again after."""

import logging
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from threading import RLock
from time import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.admission import admit
from backend.app import Parts
from backend.checkpoints import Checkpoints
from backend.codes import Codes
from backend.enrol import Bureau, Registrar, SealingKey
from backend.folder import DataFolder
from backend.frame import Standings
from backend.health import Ready
from backend.live import HEARTBEAT, QUIET, Live
from backend.logs import say
from backend.measuring import Measuring
from backend.office import Office
from backend.officer_sign_in import Officers
from backend.overview import Overview
from backend.people.people import People
from backend.problems import ProblemError
from backend.projector import Worker
from backend.pull import Puller
from backend.quarantine import QuarantineFile
from backend.reach import authority_of
from backend.readings import Reading
from backend.rebuilding import Opened, Projection, Served, open_views
from backend.settings import Settings
from backend.simulated import SimulatedEntropy, advance
from backend.sync import Intake
from backend.verifying import Verifier
from backend.words import _
from events.clock import Clock, Entropy, SetClock, SystemClock
from events.envelope import received_at_of
from events.errors import FolderError, Refusal, UnverifiedError
from events.statements import Checkpoint, Receipt, Role
from events.store import Held


@contextmanager
def opened(
    settings: Settings, clock: Clock | None = None, entropy: Entropy = os.urandom
) -> Generator[Parts]:
    """Open the folder that `settings` name. `FolderError` or `BusyError` say why not."""
    folder = DataFolder.open(settings.data)
    if settings.simulated and not folder.about.demo:
        raise FolderError(_("time is only simulated in a folder made for demonstration"))
    clock = clock or (SetClock(0, boot=folder.bureau[:16]) if settings.simulated else SystemClock())
    if settings.simulated:
        entropy = SimulatedEntropy(folder.bureau, clock)
    with ExitStack() as stack:
        office = stack.enter_context(Office(folder, "server", clock, entropy))
        if settings.simulated:
            advance(clock, _last_received(office))
        _require_trust(office)
        quarantine = QuarantineFile(folder.quarantine_file, clock)
        stack.callback(quarantine.close)
        codes = Codes(folder.codes_file, clock, entropy)
        stack.callback(codes.close)
        folder.pictures().forget_old(time())
        people = People.open(folder.path, clock, demo=folder.about.demo)
        stack.callback(people.close)
        views = open_views(folder)
        stack.callback(views.close)
        served = Served(views.served)
        stack.callback(served.let_go)
        newest = Newest(Checkpoints(folder, office.store, office.enrolments, clock))
        verifier = Verifier(office, folder.path / "verified")
        parts = _parts(settings, office, quarantine, codes, people, views, served, newest, verifier)
        yield parts
        _leave(settings, newest, verifier)


def _parts(  # noqa: PLR0913, PLR0917  what a server is made of
    settings: Settings,
    office: Office,
    quarantine: QuarantineFile,
    codes: Codes,
    people: People,
    views: Opened,
    served: Served,
    newest: "Newest",
    verifier: Verifier,
) -> Parts:
    folder = office.folder
    reading = Reading(
        served,
        office.store,
        office.clock,
        folder.bureau,
        lambda: office.enrolments.roll().epoch,
        demo=folder.about.demo,
    )
    measuring = Measuring(reading)
    projection = Projection(folder, views, served, reading, measuring)

    def sign() -> bool:
        if office.store.size() - newest.size >= settings.checkpoint_every:
            newest.make()
        return False

    standings = Standings(reading)
    live = Live(standings)

    def fold() -> bool:
        before = served.position()
        more = projection.step()
        if served.position() != before:
            workers["live"].wake()
        return more

    workers = {
        "projector": Worker("projector", fold, settings.poll_seconds),
        "live": Worker("live", live.step, HEARTBEAT, quiet=QUIET),
        "verifier": Worker(
            "verifier", verifier.step, settings.poll_seconds, quiet=settings.quiet_seconds
        ),
        "checkpoints": Worker("checkpoints", sign, settings.poll_seconds),
    }

    def arrived() -> None:
        for name, worker in workers.items():
            if name != "live":  # it waits for what is folded
                worker.wake()

    intake = Intake(
        store=office.store,
        vault=office.vault,
        enrolment=office.enrolments,
        quarantine=quarantine,
        clock=office.clock,
        turn=RLock(),
        sign=_receipts(office),
        checkpoint=newest,
        arrived=arrived,
    )
    officers = Officers(people, served)
    return Parts(
        bureau=folder.bureau,
        name=folder.about.name,
        demo=folder.about.demo,
        intake=intake,
        registrar=Registrar(
            intake,
            lambda genesis, code: admit(genesis, code, office=office, codes=codes),
            lambda: _bureau(office),
        ),
        puller=Puller(office, served, settings.card_days, officers.holding, authority_of(settings)),
        reading=reading,
        overview=Overview(
            name=folder.about.name,
            bureau=folder.bureau,
            demo=folder.about.demo,
            reading=reading,
            measuring=measuring,
            enrolments=office.enrolments,
            checkpoint=newest,
            rebuilding=projection.rebuilding,
        ),
        office=office,
        codes=codes,
        live=live,
        people=people,
        pictures=folder.pictures(),
        officers=officers,
        readiness=lambda: _ready(office, projection, newest, verifier, workers),
        rebuilding=projection.rebuilding,
        checkpoint=newest.make,
        workers=workers,
    )


def _require_trust(office: Office) -> None:
    """Refuse to serve with a key that does not hold now: nobody would believe what is said."""
    now = office.clock.now()
    if not office.enrolments.trust().is_office(office.log, now.at):
        said = _(
            "by this machine's clock ({now}) the server's key does not hold, or was revoked; set "
            "the clock right, or type: xunji rotate --role office"
        )
        raise FolderError(said.format(now=now.local().isoformat(" ", "minutes")))


def _last_received(office: Office) -> int:
    last = office.store.read(office.store.size() - 1, 1)
    return received_at_of(last[0].state) if last else 0


class Newest:
    """The newest checkpoint, held so that no request reads a file for it."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._newest = checkpoints.latest()

    def __call__(self) -> Checkpoint | None:
        return self._newest

    @property
    def size(self) -> int:
        """How many records it covers."""
        return self._newest.size if self._newest else 0

    def make(self) -> Checkpoint:
        """Sign the history as it is now."""
        self._newest = self._checkpoints.make()
        return self._newest


def _receipts(office: Office) -> Callable[[bytes, Held], Receipt]:
    keys: dict[int, Ed25519PrivateKey] = {}

    def sign(log: bytes, held: Held) -> Receipt:
        roll = office.enrolments.roll()
        try:
            serial = roll.trust.current(Role.CHECKPOINT, office.clock.now().at).serial
        except UnverifiedError as none:  # ours to mend: no tablet is to stop for it
            raise ProblemError("not-ready", reason=str(none)) from none
        if serial not in keys:
            keys[serial] = office.folder.checkpoint_key(serial)
        blank = Receipt(
            office.folder.bureau,
            roll.epoch,
            log,
            held.sequence,
            held.hash,
            held.position,
            held.received_at,
        )
        return blank.sign(keys[serial])

    return sign


def _bureau(office: Office) -> Bureau:
    trust = office.enrolments.trust()
    sealing = office.sealing_certificate()
    return Bureau(
        bureau=office.folder.about.bureau,
        name=office.folder.about.name,
        first_root=office.folder.about.first_root,
        certificates=[raw.hex() for raw in trust.certificates],
        sealing=SealingKey(sealing.serial, sealing.key.hex()),
    )


def _leave(settings: Settings, newest: Newest, verifier: Verifier) -> None:
    """Sign the history as it is left, and remember how far it was checked."""
    try:
        verifier.keep()
        if not settings.simulated:  # a simulated year signs when it is told to
            newest.make()
    except (Refusal, OSError) as failing:
        say("leaving", logging.ERROR, refused=type(failing).__name__)


def _ready(
    office: Office,
    projection: Projection,
    newest: Newest,
    verifier: Verifier,
    workers: Mapping[str, Worker],
) -> Ready:
    position = office.store.size()
    return Ready(
        status="ready",
        writable=os.access(office.folder.path, os.W_OK),
        position=position,
        folded=projection.shown,
        lag=max(0, position - projection.shown),
        verified=verifier.position,
        checkpoint=newest.size,
        workers={name: worker.is_alive for name, worker in workers.items()},
        rebuilding=projection.rebuilding(),
    )
