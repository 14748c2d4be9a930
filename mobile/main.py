"""The only place where the tablet's parts meet: folder, log, sync, view-models and screens.

The log is written by the thread that owns the screen; the sync has a thread of its own and
says what it does through Kivy's clock. Nothing here decides anything.
"""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import httpx
from kivy.app import App
from kivy.clock import Clock
from kivy.uix.widget import Widget

from events import language as chosen
from events.clock import SystemClock
from events.errors import Refusal
from mobile import pinned, words
from mobile.cover import Answer, Cover
from mobile.desk import Desk, Machine
from mobile.enrolling import prepare
from mobile.line import TIMEOUT, LineError, RefusedError
from mobile.ports import CAMERA, FilePictures, NoGps
from mobile.screens.empty import Alone
from mobile.screens.shell import Shell
from mobile.screens.theme import install_font
from mobile.signing_in import Typed, sign_in
from mobile.sync_client import Status, SyncClient, SyncLoop
from mobile.tablet_folder import TabletFolder
from mobile.words import _

_REFRESH = 1.0  # seconds: the position's age, and what the sync said
_USED = ("on_touch_down", "on_touch_move", "on_key_down", "on_textinput", "on_textedit")


class TabletApp(App):
    """Passes the screens' gestures to the desk, and the desk's states to the screens."""

    title = "Xunji"

    def __init__(self, folder: TabletFolder, http: httpx.Client) -> None:
        super().__init__()
        clock = SystemClock()
        log = folder.device_log(clock)
        machine = Machine(NoGps(), FilePictures(folder.path / CAMERA))
        self.folder = folder
        self.desk = Desk(folder, log, machine)
        self.cover = Cover(self.desk.duty, self._ask, self.desk.joined)
        self.status = Status()
        self._http, self._clock = http, clock
        self.sync = SyncLoop(SyncClient(folder, log, clock, http), self._heard)
        log.on_recorded(self.sync.wake)

    def build(self) -> Widget:
        install_font()
        self.shell = Shell()
        self.shell.bind(
            on_go=lambda _shell, name: self.go(name), on_made=lambda _shell: self._listen()
        )
        self._listen()
        self._listen_to_cover()
        self.go("today")
        self._beat = Clock.schedule_interval(lambda _dt: self.refresh(), _REFRESH)
        self.sync.start()
        return self.shell

    def on_start(self) -> None:
        """Have the keyboard push up the field that is written in; notice each use."""
        self.root_window.softinput_mode = "below_target"
        self.root_window.bind(**dict.fromkeys(_USED, self._used))

    def on_pause(self) -> bool:
        """Nothing to save: every answer is recorded already."""
        return True

    def on_resume(self) -> None:
        self.sync.wake()

    def _used(self, *_what: object) -> None:
        self.desk.duty.touch()

    def on_stop(self) -> None:
        self.root_window.unbind(**dict.fromkeys(_USED, self._used))
        self.shell.cover_with(None)
        self._beat.cancel()
        self.sync.stop()
        self.folder.close()

    # ── showing ────────────────────────────────────────────────────────────────────

    def go(self, name: str) -> None:
        if name == "inspection" and self.desk.inspection is None:
            name = "today"
        self.shell.go(name)
        self.refresh()

    def refresh(self) -> None:
        """Show what changed; screens draw only what differs."""
        self.desk.beat()
        self.shell.cover_with(self.cover.state(self.desk.settings.about()))
        outbox = self.desk.outbox_state(self.status)
        self.shell.wait(outbox.waiting)
        match self.shell.here:
            case "today":
                self.shell.show("today", self.desk.today_state())
            case "outbox":
                self.shell.show("outbox", outbox)
            case "settings":
                self.shell.show("settings", self.desk.settings_state())
            case _:
                state = self.desk.inspection_state()
                if state is not None:
                    self.shell.show("inspection", state)

    def _heard(self, status: Status) -> None:
        Clock.schedule_once(lambda _dt: self._note(status), 0)  # from the sync's thread

    def _note(self, status: Status) -> None:
        self.status = status
        if status.pulled:
            self.desk.register.forget()

    # ── gestures ───────────────────────────────────────────────────────────────────

    def _listen(self) -> None:
        screens, desk = self.shell.screens, self.desk
        screens["today"].bind(
            on_start=lambda _s, work: self._do(lambda: desk.start(work), "inspection"),
            on_search=lambda _s, query: self._do(lambda: setattr(desk.today, "query", query)),
            on_kind=lambda _s, kind: self._do(lambda: setattr(desk.today, "kind", kind)),
            on_lock=lambda _s: self._do(desk.lock),
            on_another=lambda _s: self._do(self.cover.rise),
        )
        screens["inspection"].bind(
            on_answer=lambda _s, slot, value: self._do(lambda: desk.answer(slot, value)),
            on_not_applicable=lambda _s, slot, why: self._do(
                lambda: desk.not_applicable(slot, why)
            ),
            on_clear=lambda _s, slot: self._do(lambda: desk.clear(slot)),
            on_capture=lambda _s, slot, device: self._do(lambda: desk.capture(slot, device)),
            on_overrule=lambda _s, slot, value, why: self._do(
                lambda: desk.answer(slot, value, overrule=why)
            ),
            on_add_person=lambda _s: self._do(desk.add_person),
            on_remove_person=lambda _s, person: self._do(lambda: desk.remove_person(person)),
            on_abort=lambda _s: self._do(desk.complete, "today"),
            on_go_on=lambda _s, reason: self._do(lambda: desk.go_on(reason)),
            on_complete=lambda _s: self._do(desk.complete, "today"),
            on_leave=lambda _s: self._do(desk.leave, "today"),
        )
        screens["outbox"].bind(
            on_sync=lambda _s: self.sync.ask(),
            on_open=lambda _s, inspection: self._do(lambda: self._reopen(inspection)),
        )
        screens["settings"].bind(
            on_language=lambda _s, code: self.speak(code),
            on_sign_in=lambda _s: self._do(self.cover.rise),
            on_sign_out=lambda _s, officer: self._do(lambda: desk.duty.leave(officer)),
            on_lock_after=lambda _s, minutes: self._do(lambda: desk.settings.lock_after(minutes)),
        )

    def _listen_to_cover(self) -> None:
        cover = self.cover
        self.shell.bind(
            on_choose=lambda _s, officer: self._do(lambda: cover.choose(officer)),
            on_digit=lambda _s, digit: self._do(lambda: cover.press(digit)),
            on_rub=lambda _s: self._do(cover.rub),
            on_account=lambda _s, *typed: self._do(lambda: cover.submit(Typed(*typed))),
            on_other=lambda _s: self._do(cover.other),
            on_forgot=lambda _s: self._do(cover.forgot),
            on_back=lambda _s: self._do(cover.back),
            on_speak=lambda _s, code: self.speak(code),
        )

    def _do(self, act: Callable[[], None], then: str = "") -> None:
        """Carry out a gesture; what the log refused is said, and nothing of it is recorded."""
        try:
            act()
        except (Refusal, RuntimeError) as refused:
            self.shell.toast(str(refused))
            return
        if then:
            self.go(then)
        else:
            self.refresh()

    def _reopen(self, inspection: str) -> None:
        if self.desk.journal.lines[inspection].stage == "open":
            self.desk.open(inspection)
            self.shell.go("inspection")

    def speak(self, code: str) -> None:
        words.use("zh" if code == "zh" else "en")
        self.folder.keep(language=code)
        self.shell.make()
        self.refresh()

    def _ask(self, typed: Typed, hear: Callable[[Answer], None]) -> None:
        """Ask the office who this is, beside the screen; hear it on the screen's thread."""

        def asking() -> None:
            answer = asked(self.folder, self._http, self._clock, typed)
            Clock.schedule_once(lambda _dt: self._answered(answer, hear), 0)

        Thread(target=asking, name="sign-in", daemon=True).start()

    def _answered(self, answer: Answer, hear: Callable[[Answer], None]) -> None:
        hear(answer)
        self.sync.wake()  # where the office answers, its lists are to be had
        self.refresh()


def asked(folder: TabletFolder, http: httpx.Client, clock: SystemClock, typed: Typed) -> Answer:
    """Return what the office answers, or why it does not."""
    try:
        return sign_in(folder, http, clock, typed)
    except (LineError, RefusedError) as refused:
        return refused
    except Refusal as broken:
        return RefusedError(broken.code, str(broken))


class SayApp(App):
    """Says why the tablet cannot be used yet, and what to do."""

    title = "Xunji"

    def __init__(self, said: str) -> None:
        super().__init__()
        self._said = said

    def build(self) -> Widget:
        install_font()
        title, _blank, text = self._said.partition("\n\n")
        return Alone(("tablet", title, text))


def run(path: Path, server: str, code: str, authority: Path | None = None) -> None:
    """Open the tablet in `path`; without enrolment say what to do.

    `authority` is the certificate of who vouches for the server: kept, and from then on the
    only one that is believed.
    """
    words.use(chosen.language())
    if authority:
        pinned.keep(path, authority)
    http = httpx.Client(timeout=TIMEOUT, verify=pinned.context(path))
    try:
        app = _app(path, server, code, http)
        app.run()
    finally:
        http.close()


def _app(path: Path, server: str, code: str, http: httpx.Client) -> App:
    if not (TabletFolder.exists(path) or (server and code)):
        return SayApp(not_enrolled_words(path))
    if server:
        http.base_url = httpx.URL(server)
    try:
        folder = prepare(path, http, code, SystemClock(), os.urandom)
    except RefusedError as refused:
        said = not_enrolled_words(path) if refused.code == "not-enrolled" else refused.title
        return SayApp(f"{said}\n\n{refused.todo}")
    except LineError as failure:
        said = _("{server} cannot be reached: {why}\n\nCheck the network, then start again.")
        return SayApp(said.format(server=server, why=failure))
    if not server:
        http.base_url = httpx.URL(folder.tablet.server)
    http.headers["Accept-Language"] = words.language()
    if folder.tablet.language:
        words.use("zh" if folder.tablet.language == "zh" else "en")
    return TabletApp(folder, http)


def not_enrolled_words(path: Path) -> str:
    """Return what to do with a tablet that no office knows."""
    said = _(
        "This tablet is not enrolled yet.\n\nAsk the office for a code, then start it so:\n"
        "xunji tablet --data {path} --server ADDRESS --code CODE"
    )
    return said.format(path=path)
