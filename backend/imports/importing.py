"""Bringing a list in: a file is held while its preview is looked at, then recorded, once.

Files hold names of homes, so they stand in memory only, few of them, and not for long. The
same file is known by its hash: an import that stands is not repeated, whoever brings it.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from secrets import token_urlsafe
from threading import Lock
from time import monotonic, sleep
from typing import Final

from msgspec import Struct

from backend.imports import past
from backend.imports.lists import LISTS, Desk, Name
from backend.imports.steps import Change, Plan
from backend.imports.tables import FileError, Table
from backend.imports.undoing import UndoPlan, undo_facts, undo_plan
from backend.office import Office
from backend.people.reader import Reader
from backend.readings import Reading
from events.facts import Fact
from events.ids import id_bytes, id_text
from events.register import ImportUndone, ListImported
from events.writer import Said
from projections.imports import Import
from projections.views import ViewReader

MOST_HELD: Final = 8
HOLDS: Final = 30 * 60 * 1_000_000
"""How long a file is held, in microseconds."""
PATIENCE: Final = 10.0
"""Seconds that an import waits until the views have counted the one before."""
_MOST_NAME: Final = 120
_PRIVATE: Final = re.compile(r"\d{17}[\dXx]|[\x00-\x1f\x7f]")


class Upload(Struct):
    """A file that waits to be confirmed; `rows` are those read so far."""

    token: str
    account: str
    list: Name
    name: str
    content: bytes
    sha256: str
    at: int
    table: Future[Table]
    rows: int = 0


class Recorded(Struct, frozen=True):
    """What was recorded, with its first and last sequence in the office's log."""

    imported: str
    counts: Mapping[Change, int]
    facts: int
    log: str
    first: int
    last: int
    left: int = 0


class Importing:
    """The uploads of this process. Thread-safe."""

    def __init__(self) -> None:
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._lock = Lock()
        self._turn = Lock()
        self._readers = ThreadPoolExecutor(2, "importing")

    def hold(self, account: str, which: Name, name: str, content: bytes, now: int) -> Upload:
        """Keep a file for the one who brought it, and begin to read it."""
        made = Upload(
            token_urlsafe(24), account, which, _shown(name), content,
            sha256(content).hexdigest(), now, Future(),
        )  # fmt: skip
        with self._lock:
            self._uploads[made.token] = made
            self._forget(now)
        made.table = self._readers.submit(_read, made)
        return made

    def held(self, account: str, token: str, now: int) -> Upload | None:
        """Return a file; None where it is another's, or is held no more."""
        with self._lock:
            self._forget(now)
            found = self._uploads.get(token)
        return found if found is not None and found.account == account else None

    def drop(self, token: str) -> None:
        """Forget a file."""
        with self._lock:
            self._uploads.pop(token, None)

    def _forget(self, now: int) -> None:
        old = [token for token, one in self._uploads.items() if now - one.at > HOLDS]
        for token in old:
            del self._uploads[token]
        while len(self._uploads) > MOST_HELD:
            self._uploads.popitem(last=False)

    def confirm(
        self, upload: Upload, digest: str, reading: Reading, office: Office, reader: Reader
    ) -> Recorded | Plan | Import | None:
        """Record what a file does, if that is still what was shown; else return what it does now.

        Where it was imported before, that import is returned. None while the views have not yet
        counted what the office recorded last.
        """
        with self._turn:
            if not counted(reading, office):
                return None
            with reading.held() as views:
                known = past.standing(views, upload.sha256)
                if known is not None:
                    self.drop(upload.token)
                    return known
                desk = Desk(views, office, reader, reading.today())
                shown = LISTS[upload.list].plan(upload.table.result(), desk)
                if shown.digest != digest or not shown.may_be_recorded:
                    return shown
                said = LISTS[upload.list].facts(shown, desk)
            counts = shown.counts()
            fact = ListImported(
                imported=id_text(office.entropy(16)),
                list=upload.list,
                sha256=upload.sha256,
                by=reader.account,
                facts=len(said),
                file=upload.name,
                listed=counts["new"],
                revised=counts["revised"],
                closed=counts["closed"],
                reopened=counts["reopened"],
            )
            found = _record(office, reader, said, fact, fact.imported, counts)
            self.drop(upload.token)
        counted(reading, office)  # what is shown next has it
        return found

    def undo(
        self, imported: str, digest: str, reading: Reading, office: Office, reader: Reader
    ) -> Recorded | UndoPlan | Import | None:
        """Take an import back, if that still does what was shown; else return what it does now.

        Where it was taken back before, the import is returned. None as in `confirm`, or where
        there is no such import.
        """
        with self._turn:
            if not counted(reading, office):
                return None
            with reading.held() as views:
                one = past.find(views, imported)
                if one is None or one.undone is not None:
                    return one
                shown = undo_plan(Desk(views, office, reader, reading.today()), one)
                if shown.digest != digest or not shown.may_be_recorded:
                    return shown
                said = undo_facts(shown, one)
            fact = ImportUndone(
                imported=imported,
                by=reader.account,
                facts=len(said),
                put_back=len(shown.backs),
                left=len(shown.left),
            )
            found = _record(office, reader, said, fact, imported, {}, len(shown.left))
        counted(reading, office)
        return found


def _read(upload: Upload) -> Table:
    def passed(row: int) -> None:
        upload.rows = row

    return LISTS[upload.list].read(upload.content, passed)


def _shown(name: str) -> str:
    """Return what a file is called, without what must not stand in clear."""
    return _PRIVATE.sub("…", name)[-_MOST_NAME:] or "—"


def _record(
    office: Office,
    reader: Reader,
    said: Sequence[Said],
    last: Fact,
    imported: str,
    counts: Mapping[Change, int],
    left: int = 0,
) -> Recorded:
    """Record facts and, right behind them, the one that names them: whole or not at all."""
    actor = id_bytes(reader.account)
    gesture = [Said(one.fact, one.texts, actor) for one in (*said, Said(last))]
    entries = office.record_all(gesture)
    first, end = entries[0].header.sequence, entries[-1].header.sequence
    return Recorded(imported, counts, len(said), office.log.hex(), first, end, left)


def counted(reading: Reading, office: Office) -> bool:
    """Wait until all that the office recorded is folded; tell whether it is."""
    until = monotonic() + PATIENCE
    while not _is_counted(reading, office):
        if monotonic() > until:
            return False
        sleep(0.02)
    return True


def _is_counted(reading: Reading, office: Office) -> bool:
    with reading.held() as views:
        return _covers(views, office)


def _covers(views: ViewReader, office: Office) -> bool:
    return views.position() >= office.store.held(office.log).position


__all__ = ["FileError", "Importing", "Recorded", "Upload"]
