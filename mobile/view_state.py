"""What a screen is given to show: plain values, in words ready to read.

Screens decide nothing. A view-model makes one of these from the log; `screen.show(state)`
draws it, and what people do comes back as events. No Kivy here.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

QuestionType = Literal[
    "yes_no_na",
    "choice",
    "multi",
    "number",
    "date",
    "datetime",
    "text",
    "photo",
    "gps",
    "signature",
]
AnswerStatus = Literal["unanswered", "given", "na"]
Severity = Literal["critical", "major", "minor", "info"]
Due = Literal["overdue", "due", "assigned", "started"]
Passage = Literal["recorded", "sent", "received", "refused"]
Reception = Literal["off", "searching", "good", "poor", "stale"]
Device = Literal["photo", "fix"]


class Choice(Struct, frozen=True, kw_only=True):
    value: str
    text: str
    enabled: bool = True
    exclusive: bool = False  # no other option beside it


class Fix(Struct, frozen=True, kw_only=True):
    lon: float
    lat: float
    accuracy_m: float
    fixed_at: datetime
    datum: str = "CGCS2000"


class Photo(Struct, frozen=True, kw_only=True):
    ref: str
    thumbnail: str  # path of a small picture
    caption: str = ""


class Signature(Struct, frozen=True, kw_only=True):
    """One signer: drawn, or refused or absent with a reason and perhaps a witness."""

    role: str
    name: str = ""
    strokes: tuple[tuple[float, ...], ...] = ()  # x, y, x, y … within 0 to 1
    refused: bool = False
    absent: bool = False
    reason: str = ""
    witness: str = ""
    when: str = ""


Value = (
    str
    | tuple[str, ...]
    | Decimal
    | datetime
    | date
    | Fix
    | tuple[Photo, ...]
    | tuple[Signature, ...]
    | None
)


class QuestionRow(Struct, frozen=True, kw_only=True):
    slot: str  # where the answer goes: question, and person if it repeats
    number: str
    text: str
    type: QuestionType
    status: AnswerStatus = "unanswered"
    value: Value = None
    na_reason: str = ""
    help: str = ""
    options: tuple[Choice, ...] = ()
    pending: tuple[Photo, ...] = ()  # taken, and not enough for an answer yet
    problem: str = ""  # why this answer cannot stand
    required: bool = True
    sealed: bool = False
    allow_na: bool = True
    allow_absent: bool = False
    allow_refused: bool = True
    unit: str = ""
    minimum: Decimal | None = None  # of the number, or how many photos or signatures
    maximum: Decimal | None = None
    step: Decimal | None = None  # what plus and minus add; without it there are none
    signers: tuple[Choice, ...] = ()  # roles that may sign here
    suggested: datetime | date | None = None  # where the calendar opens
    computed: str = ""  # how the tablet came to its value; replacing it asks why


class SectionRow(Struct, frozen=True, kw_only=True):
    key: str
    title: str
    questions: tuple[QuestionRow, ...]
    person: bool = False
    note: str = ""
    removable: bool = False


class MissingRow(Struct, frozen=True, kw_only=True):
    slot: str
    text: str
    number: str = ""
    section: str = ""


class FindingRow(Struct, frozen=True, kw_only=True):
    slot: str
    severity: Severity
    title: str
    follow_up: str = ""


class Gps(Struct, frozen=True, kw_only=True):
    """The position now; `fix` is what an answer would hold."""

    reception: Reception = "searching"
    fix: Fix | None = None
    age_s: int = 0


class Stop(Struct, frozen=True, kw_only=True):
    reason: str
    went_on: str = ""  # the reason given for going on all the same


class InspectionState(Struct, frozen=True, kw_only=True):
    inspection: str
    kind: str
    kind_text: str
    object_name: str
    checklist: str
    place: str = ""
    crew: tuple[str, ...] = ()
    gps: Gps = Gps()
    sections: tuple[SectionRow, ...] = ()
    missing: tuple[MissingRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    stop: Stop | None = None
    answered: int = 0
    asked: int = 0
    add_person: str = ""  # words of the button; empty: nobody can be added
    add_person_after: str = ""  # key of the section the button stands behind
    blocked: str = ""  # why it cannot be completed yet
    caution: str = ""  # what completing it now would mean; asked before it is done
    saved: str = ""
    track: str = ""  # that one is being recorded, and how much is covered


class TodayRow(Struct, frozen=True, kw_only=True):
    work: str
    kind: str
    kind_text: str
    title: str
    due: Due
    due_text: str
    place: str = ""
    note: str = ""
    problem: str = ""  # worth knowing before going there


class TodayState(Struct, frozen=True, kw_only=True):
    date_text: str
    officers: tuple[str, ...] = ()
    trust: str = ""  # for how long their PINs are enough
    trust_ends: bool = False  # soon: worth signing in again while there is network
    alone: str = ""  # that a second officer has not signed in
    rows: tuple[TodayRow, ...] = ()
    kinds: tuple[Choice, ...] = ()
    kind: str = ""  # empty: every kind
    query: str = ""
    total: int = 0  # before search and filter


class OutboxRow(Struct, frozen=True, kw_only=True):
    inspection: str
    kind: str
    title: str
    passage: Passage
    recorded: str
    sent: str = ""
    received: str = ""
    receipt: str = ""
    advice: str = ""  # refused: what to do
    photos_received: int = 0
    photos: int = 0


class OutboxState(Struct, frozen=True, kw_only=True):
    rows: tuple[OutboxRow, ...] = ()
    waiting: int = 0
    last_sync: str = ""
    next_try: str = ""
    failure: str = ""
    syncing: bool = False


class OfficerRow(Struct, frozen=True, kw_only=True):
    officer: str
    name: str
    certificate: str
    valid: str = ""
    problem: str = ""


class CoverOfficer(Struct, frozen=True, kw_only=True):
    """Somebody who may type their PIN, or what keeps them from it."""

    officer: str
    name: str
    certificate: str = ""
    note: str = ""
    problem: str = ""


class CoverState(Struct, frozen=True, kw_only=True):
    """Who signs in, and how far they are. Of a PIN it says how many digits are typed."""

    step: Literal["choose", "pin", "account", "new", "again"]
    title: str
    text: str = ""
    about: str = ""
    officers: tuple[CoverOfficer, ...] = ()
    digits: int = 0
    of: int = 6
    account: str = ""
    needs_code: bool = False
    waiting: bool = False
    problem: str = ""
    todo: str = ""
    back: str = ""  # words of the button; empty: there is no way back


class SettingsState(Struct, frozen=True, kw_only=True):
    language: str
    officers: tuple[OfficerRow, ...] = ()
    lock_after: str = ""  # minutes
    lock_choices: tuple[Choice, ...] = ()
    device: str = ""
    device_key: str = ""
    bureau: str = ""
    server: str = ""
    version: str = ""
    data_folder: str = ""
    storage: str = ""
    clock: str = ""
