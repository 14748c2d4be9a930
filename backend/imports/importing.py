"""Bringing a list in: a file is held while its preview is looked at, then recorded, once.

Files hold names of homes, so they stand in memory only, few of them, and not for long.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from secrets import token_urlsafe
from threading import Lock
from typing import Any, Final, cast

from msgspec import Struct

from backend import cards
from backend.imports.object_plan import Cards, Change, Plan, facts, held_in, plan
from backend.imports.object_rows import Known, read_rows
from backend.imports.tables import FileError, read_lines
from backend.measure_words import DOMAINS
from backend.office import Office
from backend.pages import Pages
from backend.people.reader import Reader
from backend.readings import Reading
from events.ids import id_bytes, id_text
from events.writer import Said
from projections.views import Query, ViewReader

MOST_HELD: Final = 8
HOLDS: Final = 30 * 60 * 1_000_000
"""How long a file is held, in microseconds."""


class Upload(Struct, frozen=True):
    """A file that waits to be confirmed."""

    token: str
    account: str
    name: str
    content: bytes
    at: int


class Recorded(Struct, frozen=True):
    """What was recorded, with its first and last sequence in the office's log."""

    counts: Mapping[Change, int]
    facts: int
    log: str
    first: int
    last: int


class Importing:
    """The uploads of this process. Thread-safe."""

    def __init__(self) -> None:
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._lock = Lock()
        self._turn = Lock()

    def hold(self, account: str, name: str, content: bytes, now: int) -> Upload:
        """Keep a file for the one who brought it."""
        made = Upload(token_urlsafe(24), account, name[:120], content, now)
        with self._lock:
            self._uploads[made.token] = made
            self._forget(now)
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
    ) -> Recorded | Plan | None:
        """Record what a file does, if that is still what was shown; else return what it does now.

        None while the views have not yet counted what the office recorded last.
        """
        with self._turn:
            with reading.held() as views:
                if not _counted(views, office):
                    return None
                now = planned(upload.content, views, office, reader, reading)
                peeked = card_reader(views, office)
                if now.digest != digest or not now.may_be_recorded:
                    return now
                said = facts(
                    now.steps, peeked, reading.today(), lambda: id_text(office.entropy(16)),
                    demo=office.folder.about.demo,
                )  # fmt: skip
            actor = id_bytes(reader.account)
            entries = office.record_all([Said(one.fact, one.texts, actor) for one in said])
            self.drop(upload.token)
        first, last = entries[0].header, entries[-1].header
        return Recorded(now.counts(), len(entries), office.log.hex(), first.sequence, last.sequence)


def _counted(views: ViewReader, office: Office) -> bool:
    """Tell whether all that the office recorded is folded."""
    return views.position() >= office.store.held(office.log).position


def planned(
    content: bytes, views: ViewReader, office: Office, reader: Reader, reading: Reading
) -> Plan:
    """Return what a file would do; `FileError` where it cannot be read."""
    wishes, faults = read_rows(read_lines(content), known_in(views))
    return plan(
        wishes,
        faults,
        held_in(views),
        card_reader(views, office),
        reading.today(),
        lambda domain, township: reader.sees(domain=domain, township=township),
    )


def card_reader(views: ViewReader, office: Office) -> Cards:
    """Return what reads the card of an object, for the program itself: to compare, not to show."""

    def read(key: str) -> dict[str, Any] | None:
        part = cards.part_of(office, views, key)
        text = cards.peek(office, part) if part else None
        if text is None:
            return None
        try:
            found = json.loads(text)
        except ValueError:
            return None
        return cast("dict[str, Any]", found) if isinstance(found, dict) else None

    return read


def known_in(views: ViewReader) -> Known:
    """Return what names stand for: domains in both languages, areas as they are listed."""
    domains: dict[str, str] = {}
    for code, title in DOMAINS.items():
        said = {Pages.words(language).gettext(title) for language in ("zh", "en")}
        domains |= {code: code, **dict.fromkeys(said, code)}
    rows = views.select(Query("areas", columns=("level", "name_zh", "name_en", "within")))
    townships: dict[str, str] = {}
    villages: dict[tuple[str, str], str] = {}
    for row in rows:
        level, zh, en, within = map(str, row.values)
        if level == "township":
            townships |= {row.key: row.key, zh: row.key, en: row.key}
        elif level == "village":
            township = within or row.key[:9]
            spelled = (row.key, zh, en, f"{row.key} {zh}", f"{row.key} {en}")
            villages |= {(township, one): row.key for one in spelled}
    townships.pop("", None)
    return Known(domains, townships, villages)


__all__ = ["FileError", "Importing", "Recorded", "Upload", "known_in", "planned"]
