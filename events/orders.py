"""What follows from findings: orders to rectify, cases, benefit changes."""

from typing import Literal

from events.facts import Code, Count, Day, OfVisit
from events.ids import Id


class RectificationOrdered(OfVisit, frozen=True):
    """责令整改已下达, to be re-inspected at the deadline."""

    order: Id
    deadline: Day
    findings: tuple[Id, ...] = ()
    document: Code | None = None


class RectificationExtended(OfVisit, frozen=True):
    """整改已延期: once, with reasons (sealed)."""

    order: Id
    deadline: Day
    approver: Id


class ReinspectionCompleted(OfVisit, frozen=True):
    """复查完成. `visit` are the keys of the first inspection; `by` is the one that re-inspected."""

    order: Id
    result: Literal["passed", "failed"]
    by: Id
    officers: tuple[Id, ...] = ()


class RectificationClosed(OfVisit, frozen=True):
    """整改销号."""

    order: Id
    result: Literal["rectified", "transferred", "case", "withdrawn"]


class CaseOpened(OfVisit, frozen=True):
    """案件已立案."""

    case: Id
    findings: tuple[Id, ...] = ()
    document: Code | None = None


class CaseTransferred(OfVisit, frozen=True):
    """案件已移送 (police, natural resources, market regulation, discipline …)."""

    case: Id
    to: Code
    document: Code | None = None


class CaseClosed(OfVisit, frozen=True):
    """案件已结案."""

    case: Id
    result: Code


class BenefitProposed(OfVisit, frozen=True):
    """待遇建议已提出, by the township. What is proposed, and the cause, are sealed."""

    proposal: Id


class BenefitDecided(OfVisit, frozen=True):
    """待遇决定已作出, by the bureau. The decision is sealed; rights were told or not."""

    proposal: Id
    decided_by: Id
    effective_from: Day
    rights_told: bool
    document: Code | None = None


class MismatchCauseEstablished(OfVisit, frozen=True):
    """不符合条件的原因已认定, by the bureau: what follows depends on it (domain.md, 4).

    What the tablet proposed is sealed; this is what was found, and a ledger needs it in clear.
    `error` 错保, `favour` 人情保, `fraud` 骗保, `death`: a share was paid on after a death.
    """

    cause: Literal["change", "error", "favour", "fraud", "death"]
    established_by: Id
    proposal: Id | None = None
    follow_up: Code | None = None


class RecoveryStarted(OfVisit, frozen=True):
    """追缴已启动. `months` are how many it covers, `amount_fen` what is due, in fen.

    Where the amount is sealed, `amount_fen` is None.
    """

    recovery: Id
    months: Count
    amount_fen: Count | None = None


class RecoveryReceived(OfVisit, frozen=True):
    """追缴款已收到, in fen."""

    recovery: Id
    amount_fen: Count
    document: Code | None = None


class RecoveryRemitted(OfVisit, frozen=True):
    """追缴款已减免, in fen: it will not be asked for. Reasons are sealed."""

    recovery: Id
    amount_fen: Count
    approver: Id


class RecoveryClosed(OfVisit, frozen=True):
    """追缴已结清, or given up with what is still due: `unrecoverable`."""

    recovery: Id
    result: Literal["settled", "unrecoverable", "withdrawn"]


OrderFact = (
    RectificationOrdered
    | RectificationExtended
    | ReinspectionCompleted
    | RectificationClosed
    | CaseOpened
    | CaseTransferred
    | CaseClosed
    | BenefitProposed
    | BenefitDecided
    | MismatchCauseEstablished
    | RecoveryStarted
    | RecoveryReceived
    | RecoveryRemitted
    | RecoveryClosed
)
