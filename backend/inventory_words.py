"""What the pages of the inventories call things: columns, outcomes, why something does not count.

English here, Chinese in the catalogue. A code that is not in a table is said as it is written.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from msgspec import Struct

from backend.measure_words import DOMAINS
from backend.pages import Words
from events import checklists, object_types
from events.language import Language


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


OBJECT_COLUMNS: Final[Mapping[str, str]] = {
    "object_type": _("type"),
    "domain": _("domain"),
    "township": _("township"),
    "village": _("village"),
    "last_inspected_on": _("last inspected"),
    "last_outcome": _("outcome"),
    "last_officers": _("by whom"),
    "open_findings": _("open findings"),
    "next_due": _("due next"),
    "order_due": _("order to rectify due"),
    "standing": _("standing"),
}
"""Columns of the list of objects that may be chosen, in their order; the name is always there."""

USUAL_COLUMNS: Final = (
    "object_type", "township", "village", "last_inspected_on", "last_outcome", "open_findings",
    "next_due",
)  # fmt: skip

OUTCOMES: Final[Mapping[str, str]] = {
    "nothing_found": _("nothing found"),
    "findings": _("findings"),
    "aborted": _("broken off"),
}

REASONS: Final[Mapping[str, str]] = {
    "not_started": _("no start is on record"),
    "not_completed": _("not completed"),
    "voided": _("voided"),
    "aborted": _("broken off"),
    "crew": _("fewer than two of the crew"),
    "certificates": _("certificates not shown"),
    "unanswered": _("left unanswered"),
    "kinship": _("kinship to the household"),
    "home_visit": _("no home visit"),
    "nobody_home": _("nobody at home, no second visit arranged"),
}
"""Why an inspection does not count."""

DUE_WITHIN: Final[Mapping[str, str]] = {
    "overdue": _("overdue"),
    "week": _("due within 7 days"),
    "month": _("due within 30 days"),
}

ORDERS: Final[Mapping[str, str]] = {
    "last_on": _("last inspected"),
    "name": _("name"),
    "open_findings": _("open findings"),
    "order_due_on": _("order to rectify due"),
}

FACTS: Final[Mapping[str, str]] = {
    "item-listed": _("put on the list"),
    "item-revised": _("entry revised"),
    "item-withdrawn": _("taken off the list"),
    "object-listed": _("put on the list"),
    "object-revised": _("entry revised"),
    "object-closed": _("taken off the list"),
    "object-merged": _("merged"),
    "object-split": _("split"),
    "object-exempted": _("exempted"),
    "inspection-started": _("inspection started"),
    "inspection-completed": _("inspection completed"),
    "inspection-voided": _("inspection voided"),
    "inspection-cancelled": _("inspection cancelled"),
    "inspection-approved": _("inspection approved"),
    "notice-given": _("notice given beforehand"),
    "officer-signed-in": _("officer signed in"),
    "certificate-shown": _("certificate shown"),
    "enterprise-code-checked": _("enterprise code checked"),
    "arrival-located": _("arrival located"),
    "answer-recorded": _("question answered"),
    "evidence-captured": _("photo or file taken"),
    "finding-raised": _("finding"),
    "segment-covered": _("segment walked"),
    "person-encountered": _("person met"),
    "relief-offered": _("help offered"),
    "relief-refused": _("help refused"),
    "person-handed-over": _("person handed over"),
    "zero-report-filed": _("zero report"),
    "home-visit-completed": _("home visit"),
    "statement-recorded": _("statement recorded"),
    "party-signed": _("party signed"),
    "party-refused-to-sign": _("party refused to sign"),
    "party-absent": _("party absent"),
    "officer-signed": _("officer signed"),
    "contribution-recorded": _("second tablet contributed"),
    "correction-recorded": _("correction"),
    "follow-up-opened": _("follow-up opened"),
    "follow-up-done": _("follow-up done"),
    "rectification-ordered": _("ordered to rectify"),
    "rectification-extended": _("deadline extended"),
    "reinspection-completed": _("looked at again"),
    "rectification-closed": _("order closed"),
    "case-opened": _("case opened"),
    "case-transferred": _("case transferred"),
    "case-closed": _("case closed"),
    "benefit-proposed": _("change of benefit proposed"),
    "benefit-decided": _("benefit decided"),
    "mismatch-cause-established": _("cause of mismatch established"),
    "recovery-started": _("recovery started"),
    "recovery-received": _("money received back"),
    "recovery-remitted": _("recovery remitted"),
    "recovery-closed": _("recovery closed"),
}
"""Facts, by their tag without its version."""

DETAILS: Final[Mapping[str, str]] = {
    "severity": _("severity"),
    "item": _("item"),
    "deadline": _("deadline"),
    "result": _("result"),
    "amount_fen": _("amount"),
    "months": _("months"),
    "effective_from": _("from"),
    "due_at": _("due"),
    "to": _("handed to"),
    "cause": _("cause"),
    "officer": _("officer"),
    "officers": _("officers"),
    "role": _("role"),
    "certificate": _("certificate"),
    "valid_to": _("valid to"),
    "department": _("department"),
    "kinship": _("kinship"),
    "approver": _("approved by"),
    "emergency": _("emergency"),
    "form": _("form"),
    "method": _("method"),
    "band": _("distance"),
    "accuracy_m": _("accuracy in metres"),
    "mock": _("simulated position"),
    "question": _("question"),
    "follow_up": _("follow-up"),
    "fraction": _("share walked"),
    "minor": _("child or youth"),
    "begging": _("begging"),
    "sleeping_rough": _("sleeping rough"),
    "revisit_by": _("revisit by"),
    "second_visit_on": _("second visit on"),
    "by": _("by"),
    "witness": _("witness"),
    "size": _("size"),
    "media_type": _("kind of file"),
    "sha256": "SHA-256",
    "reason": _("reason"),
    "rights_told": _("rights told"),
}
"""Members of facts, where a page shows them; the rest are ids and stay out."""

MEMBERS: Final[Mapping[str, str]] = {
    "name": _("name"),
    "object_type": _("type"),
    "domain": _("domain"),
    "township": _("township"),
    "village": _("village"),
    "uscc": _("credit code"),
    "lon": _("longitude"),
    "lat": _("latitude"),
    "level": _("level"),
    "key_slots": _("key hours"),
    "hukou_type": _("kind of household register"),
    "member_count": _("members"),
    "labour_capacity": _("able to work"),
    "income_class": _("class of income"),
    "length_m": _("length in metres"),
    "number": _("the bureau's number"),
    "confirmed_on": _("confirmed on"),
    "last_recheck_on": _("last recheck on"),
    "record_filed_on": _("record filed on"),
    "name_zh": _("name in Chinese"),
    "name_en": _("name in English"),
    "kind": _("kind of item"),
    "plannable": _("plannable"),
    "object_types": _("types of objects"),
    "frequency": _("how often"),
    "legal_basis": _("legal basis"),
    "enterprise_related": _("may concern an enterprise"),
}
"""Members of the register."""

VALUES: Final[Mapping[str, str]] = {
    "critical": _("critical"),
    "major": _("major"),
    "minor": _("minor"),
    "info": _("for information"),
    "passed": _("passed"),
    "failed": _("failed"),
    "lead": _("lead"),
    "assisting": _("assisting"),
    "auxiliary": _("auxiliary"),
    "partner": _("partner"),
    "le50": _("at most 50 m away"),
    "le500": _("at most 500 m away"),
    "more": _("more than 500 m away"),
    "unknown": _("unknown"),
    "yes": _("yes"),
    "no": _("no"),
    "na": _("not applicable"),
    "party": _("party"),
    "witness": _("witness"),
    "rectified": _("rectified"),
    "transferred": _("transferred"),
    "case": _("case opened"),
    "withdrawn": _("withdrawn"),
    "settled": _("settled"),
    "unrecoverable": _("not recoverable"),
    "change": _("circumstances changed"),
    "error": _("paid in error"),
    "favour": _("paid as a favour"),
    "fraud": _("fraud"),
    "death": _("death"),
    "accepted": _("accepted"),
    "done": _("done"),
    "refused_again": _("refused again"),
    "hotspot": _("hotspot"),
    "arterial": _("arterial segment"),
    "other": _("other segment"),
    "administrative": _("administrative"),
    "service": _("service"),
    "eligibility": _("eligibility"),
    "routine": _("routine"),
    "plan": _("plan"),
    "double_random": _("double random"),
    "special": _("special campaign"),
    "complaint": _("complaint"),
    "transfer": _("transfer"),
    "reinspection": _("reinspection"),
    "patrol": _("patrol"),
    "in": _("somebody was at home"),
    "nobody": _("nobody at home"),
    "rural": _("rural"),
    "urban": _("urban"),
    "stable": _("stable income"),
    "unfixed": _("no fixed income"),
    "civil_affairs": _("civil affairs"),
    "police": _("police"),
    "urban_mgmt": _("urban management"),
    "health": _("health"),
    "township": _("township"),
    "volunteer": _("volunteers"),
}


ITEM_KINDS: Final[Mapping[str, str]] = {
    "行政检查": _("administrative inspection"),
    "行政处罚": _("administrative penalty"),
    "行政强制": _("administrative compulsion"),
    "行政确认": _("administrative confirmation"),
    "行政给付": _("administrative payment"),
    "其他行政权力": _("other administrative power"),
    "内部监督": _("internal supervision"),
    "inspection": _("inspection of an item"),
}
"""Kinds of items, as the bureau's data name them."""


_OTHER_DOMAINS: Final[Mapping[str, str]] = {"child_welfare": _("child welfare")}
"""Domains of items that no object is of, besides the eight that are measured."""


class Terms(Struct, frozen=True):
    """Says in one language what codes mean."""

    words: Words
    language: Language

    def fact(self, tag: str) -> str:
        """Return what a fact is called, by its tag."""
        plain = tag.partition(".")[0]
        return self._said(FACTS, plain, plain.replace("-", " "))

    def kind(self, code: str) -> str:
        """Return what a kind of inspection is called: as its checklist is."""
        known = checklists.bundled().get(code)
        return code.replace("_", " ") if known is None else self.one_of(known)

    def type(self, code: str) -> str:
        """Return what a type of objects is called."""
        known = object_types.names().get(code)
        return code.replace("_", " ") if known is None else self.one_of(known)

    def one_of(self, both: "InBoth") -> str:
        """Return what is said in both languages in this one."""
        return both.zh if self.language == "zh" else both.en

    def domain(self, code: str) -> str:
        """Return what a domain is called."""
        return self._said(_OTHER_DOMAINS if code in _OTHER_DOMAINS else DOMAINS, code)

    def outcome(self, code: str) -> str:
        """Return what came of an inspection."""
        return self._said(OUTCOMES, code)

    def why(self, code: str) -> str:
        """Return why an inspection does not count."""
        return self._said(REASONS, code)

    def member(self, name: str) -> str:
        """Return what a member of a fact is called."""
        return self._said({**DETAILS, **MEMBERS}, name)

    def value(self, code: str) -> str:
        """Return what a value means."""
        return self._said(VALUES, code)

    def all_of(self, table: Mapping[str, str]) -> Mapping[str, str]:
        """Return a table in this language."""
        return {code: self.words.gettext(title) for code, title in table.items()}

    def _said(self, table: Mapping[str, str], code: str, otherwise: str = "") -> str:
        known = table.get(code)
        return otherwise or code.replace("_", " ") if known is None else self.words.gettext(known)


class InBoth(Protocol):
    """Something that is said in both languages."""

    @property
    def zh(self) -> str:
        """In Chinese."""
        ...

    @property
    def en(self) -> str:
        """In English."""
        ...


def types(language: Language) -> Mapping[str, str]:
    """Return what all types of objects are called."""
    names = object_types.names().items()
    return {code: one.zh if language == "zh" else one.en for code, one in names}
