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


class RecoveryStarted(OfVisit, frozen=True):
    """追缴已启动. The amount is sealed; `months` are how many it covers."""

    recovery: Id
    months: Count


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
    | RecoveryStarted
)
