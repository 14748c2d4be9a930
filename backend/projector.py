"""Work that no request waits for: folding, verifying in the background, signing checkpoints.

One thread for each kind of work. It is woken when something arrived, looks by itself now and
then for what other processes appended, and finishes what is there before it ends.
"""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic, thread_time
from typing import Final

from backend.logs import LOG, say

_AFTER_A_FAULT: Final = 5.0  # seconds
_PUT_OFF: Final = 15.0  # seconds: even where something always arrives, a piece is done so often


class Worker:
    """Calls `work` until it says that nothing is left; then rests until woken or `poll` is over.

    `work` does a bounded piece and tells whether more is left. A fault is logged and the work
    tried again later: what it works from is durable. Where `quiet` is set, each piece is put off
    until nothing arrived for so many seconds: what tablets wait for comes first. `cpu` is the
    processor time it has used, in seconds; `rests` tells whether it is up to date and waits.
    """

    def __init__(
        self, name: str, work: Callable[[], bool], poll: float = 1.0, *, quiet: float = 0.0
    ) -> None:
        self.name = name
        self.faults = 0
        self.cpu = 0.0
        self.rests = False
        self._work = work
        self._poll = poll
        self._quiet = quiet
        self._arrived = -quiet
        self._woken = Event()
        self._ending = Event()
        self._thread = Thread(target=self._run, name=f"xunji-{name}", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something arrived."""
        self._arrived = monotonic()
        self._woken.set()

    def end(self, patience: float = 10.0) -> bool:
        """Finish what is there, then stop; tell whether that was possible in `patience` s."""
        self._ending.set()
        self._woken.set()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            ending = self._ending.is_set()
            self._woken.clear()
            rest = self._poll if self._exhaust() else _AFTER_A_FAULT
            self.cpu = thread_time()
            if ending:
                say("ended", worker=self.name)
                return
            if not self._ending.is_set():
                self.rests = not self._woken.is_set()
                self._woken.wait(rest)
                self.rests = False

    def _let_go_first(self) -> None:
        latest = monotonic() + _PUT_OFF
        while (left := min(self._arrived + self._quiet, latest) - monotonic()) > 0:
            if self._ending.wait(left):
                return

    def _exhaust(self) -> bool:
        try:
            self._let_go_first()
            while self._work():
                self._let_go_first()
        except Exception as fault:  # noqa: BLE001  whatever it was: the thread must live on
            self.faults += 1
            LOG.error("fault", exc_info=fault, extra={"fields": {"worker": self.name}})
            return False
        return True
