"""Eight writers in four processes, killed one after the other, as is the database.

    python -m tests.mongodb.chaos --rounds 50

Each round kills a writer's process or the database, by SIGKILL, and starts another. Then it is
compared what was acknowledged with what is held: nothing lost, no gap, nothing twice, nothing
where it was not said to be.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from threading import Thread
from time import monotonic, sleep
from typing import NamedTuple

from eventsourcing.persistence import OperationalError, StoredEvent

from backend.mongodb.persistence import MongoApplicationRecorder, MongoDatastore
from tests.mongodb.standin import StandIn

PROCESSES, THREADS = 4, 2
DATABASE = "chaos"
MOST = 20  # events of an append
_PATIENCE = 60.0  # seconds until writers go on after a kill


class Outcome(NamedTuple):
    """What a run came to. `wrong` says in words what should not be."""

    rounds: int
    acknowledged: int
    held: int
    wrong: list[str]


# ── a writer ───────────────────────────────────────────────────────────────────────


def write(uri: str, notes: Path, name: str) -> None:
    """Append until killed; note each append once it is acknowledged."""
    recorder = MongoApplicationRecorder(MongoDatastore(uri, DATABASE))
    with notes.open("ab", buffering=0) as out:
        threads = [
            Thread(target=_write, args=(recorder, out.fileno(), f"{name}.{number}"))
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _write(recorder: MongoApplicationRecorder, notes: int, originator: str) -> None:
    dice, version = Random(originator), 1
    while True:
        count = dice.randint(1, MOST)
        events = [
            StoredEvent(originator, version + n, "written", b"%s %d" % (originator.encode(), n))
            for n in range(count)
        ]
        try:
            (first, *_others) = recorder.insert_events(events) or ()
        except OperationalError:
            return  # unknown outcome: never acknowledged, never repeated
        os.write(notes, f"{originator} {version} {count} {first}\n".encode())
        version += count


# ── who kills them ─────────────────────────────────────────────────────────────────


def run(rounds: int, seed: int = 7, pause: float = 0.4) -> Outcome:
    """Kill so often; return what came of it."""
    dice = Random(seed)
    with ExitStack() as stack:
        standin = stack.enter_context(StandIn())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xunji-chaos-")))
        with closing(MongoDatastore(standin.uri, DATABASE)) as datastore:
            MongoApplicationRecorder(datastore).create_table()
        writers = [_Writer(standin.uri, folder, f"w{number}") for number in range(PROCESSES)]
        stack.callback(_end, writers)
        for number in range(rounds):
            _progress(writers)
            sleep(pause * dice.random())
            if number % 2:
                standin.kill()
                standin.start()
            else:
                at = dice.randrange(PROCESSES)
                writers[at].kill()
                writers[at] = _Writer(standin.uri, folder, f"r{number}")
        _progress(writers)
        _end(writers)
        notes = [note for file in folder.iterdir() for note in _acknowledged(file)]
        with closing(MongoDatastore(standin.uri, DATABASE)) as datastore:
            return _compared(rounds, notes, MongoApplicationRecorder(datastore))


class _Writer:
    def __init__(self, uri: str, folder: Path, name: str) -> None:
        self.notes = folder / name
        self.notes.touch()
        program = [sys.executable, "-m", "tests.mongodb.chaos", "--write", uri, name]
        self._process = subprocess.Popen([*program, str(self.notes)])

    def kill(self) -> None:
        assert self._process.poll() is None, f"{self.notes.name} ended by itself"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def noted(self) -> int:
        assert self._process.poll() is None, f"{self.notes.name} ended by itself"
        return self.notes.stat().st_size

    def is_running(self) -> bool:
        return self._process.poll() is None


def _end(writers: Sequence[_Writer]) -> None:
    for writer in writers:
        if writer.is_running():
            writer.kill()


def _progress(writers: Sequence[_Writer]) -> None:
    """Wait until each writer appended something more."""
    before = [writer.noted() for writer in writers]
    until = monotonic() + _PATIENCE
    while any(writer.noted() <= size for writer, size in zip(writers, before, strict=True)):
        assert monotonic() < until, "the writers do not go on"
        sleep(0.01)


# ── what came of it ────────────────────────────────────────────────────────────────


class _Note(NamedTuple):
    originator: str
    version: int
    count: int
    position: int


def _acknowledged(file: Path) -> Generator[_Note]:
    for line in file.read_text("ascii").splitlines(keepends=True):
        if line.endswith("\n"):
            originator, version, count, position = line.split()
            yield _Note(originator, int(version), int(count), int(position))


def _compared(rounds: int, notes: Sequence[_Note], recorder: MongoApplicationRecorder) -> Outcome:
    held = recorder.select_recorded(1, sys.maxsize)
    wrong: list[str] = []
    if [one.position for one in held] != list(range(1, (recorder.max_notification_id() or 0) + 1)):
        wrong.append("there is a gap")
    if len({(one.originator_id, one.version) for one in held}) != len(held):
        wrong.append("something is held twice")
    by_position = {one.position: (one.originator_id, one.version) for one in held}
    for note in notes:
        for n in range(note.count):
            found = by_position.get(note.position + n)
            if found != (note.originator, note.version + n):
                wrong.append(f"{note}: {found} at {note.position + n}")
    return Outcome(rounds, sum(note.count for note in notes), len(held), wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--write", metavar="URI")
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args()
    if given.write:
        write(given.write, Path(given.rest[1]), given.rest[0])
        return 0
    outcome = run(given.rounds)
    print(f"{outcome.rounds} kills, {outcome.acknowledged} acknowledged, {outcome.held} held")  # noqa: T201
    for wrong in outcome.wrong:
        print(wrong)  # noqa: T201
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
