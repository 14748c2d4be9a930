"""What columns of exported lists are called: one table. The texts are the English ones.

Heads of figures come from `backend.measure_words`, which this table goes before.
"""

from functools import cache
from typing import Final

from backend import measure_words as naming
from backend.pages import LOCALEDIR, Pages, Words
from events.language import Language, translation


def _(message: str) -> str:
    """Mark a text for the catalogue."""
    return message


COLUMNS: Final[dict[str, str]] = {
    "adopted": _("adopted after a revocation"),
    "age_days": _("days open"),
    "answered": _("followed by something"),
    "assignment": _("assignment"),
    "balance_fen": _("still due, fen"),
    "balance_yuan": _("still due, yuan"),
    "basis": _("basis"),
    "beyond_trust": _("entries beyond trust"),
    "byte": _("state as a byte"),
    "cancelled": _("cancelled because"),
    "cap": _("cap"),
    "cause": _("cause"),
    "cell": _("cell"),
    "closed_on": _("closed on"),
    "code": _("code"),
    "completed_on": _("completed on"),
    "count": _("count"),
    "counted": _("counted against the cap"),
    "desk": _("desk check"),
    "device": _("device"),
    "domain": _("domain"),
    "domains": _("domains"),
    "done": _("done"),
    "due_at": _("due at"),
    "due_fen": _("to be recovered, fen"),
    "due_on": _("due on"),
    "due_yuan": _("to be recovered, yuan"),
    "effective": _("counts"),
    "ended_on": _("ended on"),
    "enrolled": _("enrolled"),
    "enterprise": _("enterprise"),
    "entries": _("entries"),
    "erased": _("erased"),
    "established": _("established"),
    "exempt": _("exempt"),
    "from": _("from"),
    "goal": _("goal"),
    "id": _("id"),
    "in_force": _("in force"),
    "inspection": _("inspection"),
    "irregular": _("irregularities"),
    "item": _("item"),
    "item_en": _("item, English"),
    "item_zh": _("item, Chinese"),
    "items": _("items"),
    "key": _("row"),
    "kind": _("kind"),
    "last_desk": _("last one at a desk"),
    "last_inspected_on": _("last inspected on"),
    "last_inspection": _("last inspection"),
    "last_officers": _("last officers"),
    "last_outcome": _("last outcome"),
    "last_received_at": _("last received (UTC+8)"),
    "last_trusted": _("last trusted entry"),
    "last_used_on": _("last used on"),
    "late": _("late"),
    "log": _("log"),
    "may_plan": _("more may be planned"),
    "mended_at": _("mended at record"),
    "mended_by": _("mended by"),
    "mends_en": _("what mends it, English"),
    "mends_zh": _("what mends it, Chinese"),
    "merged_into": _("merged into"),
    "met": _("persons met"),
    "months": _("months"),
    "name": _("name"),
    "name_en": _("name, English"),
    "name_zh": _("name, Chinese"),
    "nature": _("nature"),
    "next_due": _("next due"),
    "next_due_en": _("why due, English"),
    "next_due_item": _("item due next"),
    "next_due_zh": _("why due, Chinese"),
    "object": _("object"),
    "object_type": _("type of object"),
    "objects": _("objects"),
    "of": _("of"),
    "officers": _("officers"),
    "on": _("on"),
    "open_findings": _("open findings"),
    "opened_on": _("opened on"),
    "order_due": _("order due"),
    "outcome": _("outcome"),
    "overdue_days": _("days overdue"),
    "patrols": _("patrols"),
    "plannable": _("plannable"),
    "planned": _("planned"),
    "position": _("record"),
    "reached": _("goal reached"),
    "reason": _("reason"),
    "reason_en": _("reason, English"),
    "reason_zh": _("reason, Chinese"),
    "reasons": _("why it does not count"),
    "received_fen": _("received, fen"),
    "received_in_period_fen": _("received in the period, fen"),
    "received_in_period_yuan": _("received in the period, yuan"),
    "received_yuan": _("received, yuan"),
    "recovery": _("recovery"),
    "remitted_fen": _("remitted, fen"),
    "remitted_yuan": _("remitted, yuan"),
    "required": _("required"),
    "result": _("result"),
    "role": _("role"),
    "sealed": _("sealed"),
    "sequence": _("number in its log"),
    "severity": _("severity"),
    "started_on": _("started on"),
    "state": _("state"),
    "status": _("status"),
    "summed": _("in the sums"),
    "target": _("goal's target"),
    "to": _("to"),
    "together_with": _("told together with"),
    "township": _("township"),
    "townships": _("townships"),
    "unknown": _("unknown entries"),
    "unsaid": _("not said"),
    "use": _("use of the cap"),
    "uses": _("uses"),
    "valid_from": _("valid from"),
    "valid_to": _("valid to"),
    "village": _("village"),
    "voided": _("voided"),
    "watched": _("under an exception"),
    "what": _("what"),
    "window_from": _("window from"),
    "window_to": _("window to"),
    "year": _("year"),
}


@cache
def words_of(language: Language) -> Words:
    """Return the catalogue of exports in a language."""
    return translation("exports", LOCALEDIR, language)


def column_head(name: str, language: Language) -> str:
    """Return the head of a column."""
    known = COLUMNS.get(name)
    return words_of(language).gettext(known) if known else naming.head(name, Pages.words(language))
