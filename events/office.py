"""What the office does besides its lists: logs and keys, plans, calendars, supervision, access."""

from typing import Any, Literal

from events.facts import Code, Count, Day, Fact, Moment, Name
from events.ids import EntryRef, HashText, Id

Signal = Literal["typhoon", "rainstorm", "heat", "cold", "thunder_gale"]

# ── logs, devices and keys ─────────────────────────────────────────────────────────


class LogOpened(Fact, frozen=True):
    """The genesis of a log (docs/format.md, section 4). Keys are 64 hex digits.

    `certificate` is the hex of the certificate (docs/format.md, section 10) that certifies
    `signing_key`, for logs of the office. `continues`, `continues_hash` and `reason` name
    the last trusted entry of the log before, if any.
    """

    bureau: HashText
    role: Literal["tablet", "office", "access"]
    device: Id
    signing_key: HashText
    sealing_key: HashText | None = None
    certificate: str | None = None
    continues: EntryRef | None = None
    continues_hash: HashText | None = None
    reason: Literal["first", "new_key", "reinstall", "fork", "restore"] = "first"


class DeviceEnrolled(Fact, frozen=True):
    """The office trusts a log to be that of `device`, from here on."""

    device: Id
    log: HashText
    name: Name
    signing_key: HashText
    sealing_key: HashText
    townships: tuple[Code, ...] = ()
    domains: tuple[Code, ...] = ()


class DeviceRevoked(Fact, frozen=True):
    """The office trusts `log` up to `last_trusted` (0: nothing) and no further."""

    device: Id
    log: HashText
    last_trusted: Count
    reason: Code


class KeyCertified(Fact, frozen=True):
    """A certificate of docs/format.md, section 10, in hex, as published in the history."""

    certificate: str
    serial: Count


class KeyRevoked(Fact, frozen=True):
    """A certificate no longer holds from `at` on."""

    serial: Count
    at: Moment
    reason: Code


class EntryAdopted(Fact, frozen=True):
    """The office takes in an entry from quarantine: `envelope` is its bytes in hex.

    It counts as if it had arrived here. The sealed parts of the original are not taken in.
    """

    envelope: str
    log: HashText
    entry: Count
    reason: Code


class EpochOpened(Fact, frozen=True):
    """The history was restored from a backup; it had `size` records with `root` before.

    `restored` of them are here; without it, all up to this entry. `at_least`: there may have
    been more than `size`, and nobody can say how many.
    """

    epoch: Count
    size: Count
    root: HashText
    reason: Code
    restored: Count | None = None
    at_least: bool = False


class IrregularityNoted(Fact, frozen=True):
    """The server found afterwards that an acknowledged entry has a fault."""

    entry: EntryRef
    fault: Literal["signature", "revoked", "clock", "missing-blob"]


# ── plans ──────────────────────────────────────────────────────────────────────────


class PlanAdopted(Fact, frozen=True):
    """检查计划. Each line: item, object_type, required number, per."""

    plan: Id
    name: Name
    valid_from: Day
    valid_to: Day
    lines: tuple[dict[str, Any], ...] = ()


class InspectionAssigned(Fact, frozen=True):
    """检查任务: who is to inspect what, on which tablet, until when."""

    assignment: Id
    object: Id
    object_type: Code
    kind: Code
    domain: Code
    township: Code
    device: Id
    officers: tuple[Id, ...]
    due_on: Day
    village: Code | None = None
    items: tuple[Code, ...] = ()
    plan: Id | None = None
    reason: Code = "plan"


class AssignmentApproved(Fact, frozen=True):
    """检查已批准, beforehand and at the office: what was assigned may be inspected.

    It is of the assignment as it was given last before; what is given anew is approved anew.
    """

    assignment: Id
    approver: Id
    document: Code | None = None


class AssignmentWithdrawn(Fact, frozen=True):
    """检查任务 taken back."""

    assignment: Id
    device: Id
    reason: Code


# ── calendars ──────────────────────────────────────────────────────────────────────


class SensitivePeriodDeclared(Fact, frozen=True):
    """敏感时期: multiplies the required passes of a patrol."""

    period: Id
    name: Name
    valid_from: Day
    valid_to: Day
    multiplier: Count = 2


class WeatherWarningIssued(Fact, frozen=True):
    """气象预警. `townships` empty: the whole district."""

    warning: Id
    signal: Signal
    level: Literal["blue", "yellow", "orange", "red"]
    issued_at: Moment
    townships: tuple[Code, ...] = ()


class WeatherWarningLifted(Fact, frozen=True):
    """气象预警 lifted."""

    warning: Id
    lifted_at: Moment


class CalendarDayDeclared(Fact, frozen=True):
    """A public holiday, or a weekend day that is worked."""

    day: Day
    kind: Literal["holiday", "working"]


# ── supervision, persons, access ───────────────────────────────────────────────────


class SupervisionRecorded(Fact, frozen=True):
    """面面有监督: a supervisory act in a cell of domain and township."""

    act: Literal["file_review", "joint_check", "reinspection", "replay"]
    domain: Code
    township: Code
    by: Id
    inspection: Id | None = None
    result: Code | None = None


class PersonsLinked(Fact, frozen=True):
    """Two person ids are found to be one person."""

    person: Id
    same_as: Id


class PersonalDataErased(Fact, frozen=True):
    """个人信息已清除: the data keys of `subject` were destroyed. `keys` are their ids."""

    subject: Id
    keys: tuple[Id, ...]
    basis: Code


class SensitiveDataViewed(Fact, frozen=True):
    """敏感数据已查看. Written to a log of its own, so that it floods nothing."""

    viewer: Code
    subjects: tuple[Id, ...]
    purpose: Code


class AccountOpened(Fact, frozen=True):
    """账号已开立. Who may use the office's pages, and how far; `header.actor` says who opened it.

    Names, passwords and second factors are no records: they stand elsewhere, and can be deleted.
    """

    account: Id
    role: Code
    domains: tuple[Code, ...] = ()
    townships: tuple[Code, ...] = ()
    until: Day | None = None
    officer: Id | None = None  # 执法人员 whom it may sign in on a tablet


class AccountChanged(Fact, frozen=True):
    """账号已变更. What was done, and what the account may from here on. `key`: an app key's id."""

    account: Id
    change: Literal["scope", "locked", "unlocked", "reset", "key-made", "key-revoked"]
    role: Code
    domains: tuple[Code, ...] = ()
    townships: tuple[Code, ...] = ()
    until: Day | None = None
    key: Code | None = None
    officer: Id | None = None


LogFact = (
    LogOpened
    | DeviceEnrolled
    | DeviceRevoked
    | KeyCertified
    | KeyRevoked
    | EntryAdopted
    | EpochOpened
    | IrregularityNoted
)
AssignmentFact = InspectionAssigned | AssignmentApproved | AssignmentWithdrawn
CalendarFact = (
    SensitivePeriodDeclared | WeatherWarningIssued | WeatherWarningLifted | CalendarDayDeclared
)
AccountFact = AccountOpened | AccountChanged
PersonFact = PersonsLinked | PersonalDataErased | SensitiveDataViewed | AccountFact
OfficeFact = (
    LogFact | PlanAdopted | AssignmentFact | CalendarFact | SupervisionRecorded | PersonFact
)
